"""``wattest csms``, in a process of its own and as a command."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner
from websockets.asyncio.client import connect
from websockets.typing import Subprotocol

from wattest.cli.csms import command
from wattest.record import read_record, verify_chain


@pytest.mark.real_time
def test_live_log(tmp_path: Path) -> None:
    """It listens, logs every frame with what is wrong with it, keeps a record, and ends on SIGTERM."""
    record = tmp_path / "record.jsonl"
    arguments = ["-m", "wattest", "csms", "--port", "0", "--record", str(record), "--card", "AB=blocked"]
    code = "import sys; from wattest.cli import main; main(sys.argv[2:])"
    server = subprocess.Popen(
        [sys.executable, "-c", code, *arguments[1:]],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )
    assert server.stdout is not None
    first = server.stdout.readline()
    assert first.endswith("/ocpp/<identity> for 2.1, 2.0.1, 1.6. Ctrl-C ends.\n")
    url = first.split()[2].replace("<identity>", "CP7")

    async def talk() -> None:
        async with connect(url, subprotocols=[Subprotocol("ocpp1.6")]) as station:
            await station.send('[2,"1","Authorize",{"idTag":"ab"}]')
            assert await station.recv() == '[3,"1",{"idTagInfo":{"status":"Blocked"}}]'
            await station.send('[2,"2","Authorize",{}]')
            await station.recv()

    asyncio.run(talk())
    server.send_signal(signal.SIGTERM)
    said = server.communicate(timeout=10)[0]
    assert server.returncode == 0, said
    lines = [line.partition("  ")[2] for line in said.splitlines()]
    assert lines[:3] == [
        "CP7  opened  ocpp1.6",
        "CP7  -> Authorize  idTag=ab",
        "CP7  <- Authorize: idTagInfo(status=Blocked)",
    ]
    assert '        ! Authorize request: "idTag" is a required property.' in lines
    assert verify_chain(record) == []
    assert [e["kind"] for e in read_record(record).entries].count("frame") == 4


@pytest.mark.parametrize(
    ("arguments", "code", "sentence"),
    [
        (
            ["--card", "AB=odd"],
            2,
            "'AB=odd' is no card; write UID or UID=STATUS, STATUS one of accepted, blocked",
        ),
        (["--port", "99999"], 2, "99999 is not in the range 0<=x<=65535"),
        (["--port", "0", "--tariff", "nowhere.yaml"], 12, "nowhere.yaml"),
        (
            ["--host", "192.0.2.1", "--port", "0"],
            11,
            "The central system cannot listen on 192.0.2.1 port 0: ",
        ),
    ],
)
def test_what_cannot_be(arguments: list[str], code: int, sentence: str) -> None:
    """Wrong options, files and addresses end with a sentence and an exit code."""
    before = [signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)]
    try:
        result = CliRunner().invoke(command, arguments)
    finally:
        for number, action in zip((signal.SIGTERM, signal.SIGINT, signal.SIGHUP), before, strict=True):
            signal.signal(number, action)
    assert result.exit_code == code
    assert sentence in result.output
