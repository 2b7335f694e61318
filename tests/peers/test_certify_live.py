from __future__ import annotations

import json
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

PEERS = Path(__file__).resolve().parent
FIXTURES = PEERS.parents[1] / "fixtures"
SCENARIO = PEERS / "short_session.scenario.yaml"

pytestmark = [pytest.mark.real_time, pytest.mark.parametrize("dialect", ["1.6", "2.0.1"])]


def certify(bench: Path, dialect: str, out: Path) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Run the short session; the verdicts as certify prints them, and the entries of its record."""
    wattest = [sys.executable, "-m", "wattest"]
    arguments = [
        "certify",
        str(SCENARIO),
        "--bench",
        str(bench),
        "--ocpp",
        dialect,
        "--out",
        str(out),
        "--json",
    ]
    done = subprocess.run([*wattest, *arguments], capture_output=True, text=True, timeout=90, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    record = out / "record.jsonl"
    checked = subprocess.run([*wattest, "verify", str(record)], capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout
    entries = [json.loads(line) for line in record.read_text(encoding="utf-8").splitlines()]
    verdicts: dict[str, Any] = json.loads(done.stdout)
    return verdicts, entries


def passed(entries: list[dict[str, Any]]) -> set[str]:
    """Requirements that passed in the record."""
    return {
        entry["requirement"] for entry in entries if entry["kind"] == "verdict" and entry["verdict"] == "pass"
    }


def test_a_charger_in_another_process_is_certified(dialect: str, tmp_path: Path) -> None:
    """Over a real WebSocket, with the analyser read over TCP through PyVISA, and a record that verifies."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    text = (FIXTURES / "benches" / "loopback.yaml").read_text(encoding="utf-8")
    bench = tmp_path / "loopback.yaml"
    bench.write_text(text.replace("../", f"{FIXTURES}/").replace("15025", str(port)), encoding="utf-8")
    _, entries = certify(bench, dialect, tmp_path / "run")
    assert {"AUT-02", "LCK-02", "LCK-03", "OCP-02"} <= passed(entries)
    powers = [e["value"] for e in entries if e["kind"] == "reading" and e["name"] == "power"]
    assert any(power == pytest.approx(32 * 240, rel=0.02) for power in powers)
    analyser = [e for e in entries if e["kind"] == "exchange" and e["role"] == "reference_meter"]
    assert any(str(e["rx"]).startswith("YOKOGAWA,WT") for e in analyser)


def test_a_strangers_charger_is_certified(dialect: str, tmp_path: Path, node: str) -> None:
    """The charger in Node, its hardware reached over HTTP, meets what the short session asks."""
    _, entries = certify(FIXTURES / "benches" / "node_peer.yaml", dialect, tmp_path / "run")
    assert {"AUT-02", "LCK-02", "LCK-03", "OCP-02"} <= passed(entries)
