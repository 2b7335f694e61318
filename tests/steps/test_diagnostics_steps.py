"""Steps with a station's logs, against stations that do it otherwise: what fails, and what nobody can blame."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from tests.steps.conftest import Stand

from wattest.card_data import Look
from wattest.clock.http import Request
from wattest.clock.network import FILES, Greeting, MemoryNetwork, Wire, WireClosed
from wattest.csms import Csms
from wattest.errors import BenchError, Inconclusive, RequirementFailed
from wattest.judge.station_files import ORIGIN
from wattest.record.evidence import store
from wattest.steps.diagnostics import (
    ask_for_diagnostics,
    check_diagnostics_without_card,
    expect_diagnostics,
)

VISA = "4111111111111111"
Act = tuple[str, Any]
"""What a station does: ``("tell", word)``, ``("put", bytes)``, ``("wait", seconds)``."""


class Scripted:
    """A station that answers what it was told to, then acts by its script."""

    def __init__(self, network: MemoryNetwork, wire: Wire, answers: dict[str, Any], acts: list[Act]) -> None:
        self.network, self.wire, self.answers, self.acts = network, wire, answers, acts
        self.doing: list[asyncio.Task[None]] = [asyncio.create_task(self.serve())]

    async def serve(self) -> None:
        with suppress(WireClosed):
            while True:
                kind, unique, *rest = json.loads(await self.wire.recv())
                if kind != 2:
                    continue
                action, payload = rest
                answer = self.answers.get(action, {"status": "Accepted"})
                frame = [4, unique, answer, "", {}] if isinstance(answer, str) else [3, unique, answer]
                await self.wire.send(json.dumps(frame))
                if action in {"GetDiagnostics", "GetLog"}:
                    self.doing.append(asyncio.create_task(self.act(action, payload)))

    async def act(self, action: str, payload: dict[str, Any]) -> None:
        old = action == "GetDiagnostics"
        url = payload["location"] if old else payload["log"]["remoteLocation"]
        for number, (verb, what) in enumerate(self.acts):
            if verb == "wait":
                await asyncio.sleep(what)
            elif verb == "put":
                name = "a.log" if isinstance(what, bytes) else what[0]
                body = what if isinstance(what, bytes) else what[1]
                await self.network.fetch(FILES, Request("PUT", f"{urlsplit(url).path}{name}", {}, body))
            else:
                told = "DiagnosticsStatusNotification" if old else "LogStatusNotification"
                extra = {} if old else {"requestId": payload["requestId"]}
                await self.wire.send(json.dumps([2, f"s{number}", told, {"status": what, **extra}]))
            await asyncio.sleep(0.1)


class Logging(Stand):
    """A run whose central system is the real one, with a scripted station."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.network = MemoryNetwork(self.clock)
        self.real = Csms(self.clock, self.note)
        self.real.files.base = lambda _reached: FILES
        self.network.listen(self.real.accept, self.real.choose)
        self.network.serve_files(self.real.files.answer)
        self.folder = folder
        self.answers: dict[str, Any] = {
            "GetDiagnostics": {"fileName": "a.log"},
            "GetLog": {"status": "Accepted", "filename": "a.log"},
            "GetConfiguration": {"configurationKey": [], "unknownKey": []},
        }
        self.sheet(file_transfer=("http",))
        self.run_.csms = self.real
        self.run_.entries = lambda: [{"seq": n, **entry} for n, entry in enumerate(self.notes, 1)]
        self.run_.store = self.keep

    def sheet(self, **facts: Any) -> None:
        self.run_.sheet = replace(self.run_.sheet, **facts)

    async def keep(self, name: str, content: bytes) -> int:
        return self.note("file", origin=ORIGIN, **store(self.folder, name, content, look=Look(b"")))

    def play(self, *acts: Act, log: Any = "diagnostics", outcome: Any = "uploaded") -> None:
        """Ask, and expect, while the station does this."""
        place: Any = "open" if outcome == "uploaded" else "refusing"

        async def scene() -> None:
            wire = await self.network.connect(Greeting("CP001", (f"ocpp{self.run_.dialect}",)))
            await asyncio.sleep(0.01)
            station = Scripted(self.network, wire, self.answers, list(acts))
            try:
                await ask_for_diagnostics(self.run_, log=log, place=place)
                await expect_diagnostics(self.run_, outcome=outcome)
            finally:
                for task in station.doing:
                    task.cancel()
                await wire.close()
                await asyncio.sleep(0.01)

        self.do(scene())


@pytest.fixture(params=["1.6", "2.0.1"])
def logging(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Logging]:
    made = Logging(tmp_path)
    made.run_.dialect = request.param
    yield made
    made.clock.close()


GOOD: tuple[Act, ...] = (("tell", "Uploading"), ("put", b"all is well\n"), ("tell", "Uploaded"))
PASSED = [
    "log promised",
    "log promised in time",
    "upload ended",
    "upload told",
    "log arrived",
    "upload told in order",
]


@pytest.mark.parametrize(
    "acts",
    [
        GOOD,
        (("put", b"x"), ("tell", "Uploaded")),
        (("tell", "Uploading"), ("tell", "Uploading"), ("put", b"x"), ("tell", "Uploaded"), ("tell", "Idle")),
        (("tell", "Idle"), ("wait", 500.0), *GOOD, ("tell", "Uploaded")),
        (("tell", "Uploading"), ("tell", "Uploaded"), ("put", b"late but there")),
    ],
)
def test_every_lawful_way_passes(logging: Logging, acts: tuple[Act, ...]) -> None:
    """Without Uploading, with repetitions, slowly, and the file a moment after the word; Idle is not judged."""
    logging.play(*acts)
    assert logging.checks() == [(name, "pass") for name in PASSED]
    assert [entry["name"] for entry in logging.notes if entry["kind"] == "file"] == ["a.log"]


@pytest.mark.parametrize(
    ("acts", "sentence"),
    [
        (
            (("tell", "Uploading"),),
            "The end of the upload, as the station tells it, did not come within 600 s.",
        ),
        ((("put", b"x"),), "The end of the upload, as the station tells it, did not come within 600 s."),
        ((("wait", 700.0), *GOOD), "did not come within 600 s."),
        ((("tell", "Uploaded"),), "and no file has arrived where it was asked for."),
        ((*GOOD, ("tell", "Uploading")), "'Uploading' was told"),
    ],
)
def test_what_contradicts_itself_fails(logging: Logging, acts: tuple[Act, ...], sentence: str) -> None:
    """No end, no file, or an end that is none."""
    with pytest.raises(RequirementFailed) as failed:
        logging.play(*acts)
    assert sentence in str(failed.value)
    assert logging.checks()[-1][1] == "fail"


def failure(logging: Logging) -> str:
    return "UploadFailed" if logging.run_.dialect == "1.6" else "UploadFailure"


def test_a_failure_without_reason_fails(logging: Logging) -> None:
    """The place was there, and the sheet says that the station speaks HTTP."""
    with pytest.raises(RequirementFailed, match="allowed is 'Uploaded'"):
        logging.play(("tell", failure(logging)))


def test_a_station_that_speaks_other_schemes_is_not_blamed(logging: Logging) -> None:
    """By its sheet, or by what it says itself; both say which schemes."""
    logging.sheet(file_transfer=("ftp", "sftp"))
    with pytest.raises(
        Inconclusive, match="The charger sheet states that it moves files by ftp, sftp; the place"
    ):
        logging.play(*GOOD)
    logging.sheet(file_transfer=())
    said = {"key": "SupportedFileTransferProtocols", "readonly": True, "value": "FTP,FTPS"}
    logging.answers["GetConfiguration"] = {"configurationKey": [said]}
    variable = {
        "attributeStatus": "Accepted",
        "attributeValue": "FTP,FTPS",
        "component": {"name": "OCPPCommCtrlr"},
        "variable": {"name": "FileTransferProtocols"},
    }
    logging.answers["GetVariables"] = {"getVariableResult": [variable]}
    with pytest.raises(Inconclusive, match="The station states that it moves files by ftp, ftps; the place"):
        logging.play(*GOOD)


def test_where_nobody_says_which_schemes_a_failure_is_doubt(logging: Logging) -> None:
    """It may have been the scheme; what arrives by HTTP all the same is judged as ever."""
    logging.sheet(file_transfer=())
    logging.answers["GetVariables"] = {"getVariableResult": []}
    for acts in ((("tell", failure(logging)),), (("tell", "Uploading"),)):
        with pytest.raises(Inconclusive, match="state 'file_transfer:' in the charger sheet"):
            logging.play(*acts)
    with pytest.raises(RequirementFailed, match="no file has arrived"):
        logging.play(("tell", "Uploaded"))
    logging.play(*GOOD)


def test_a_rejection_is_doubt_only_where_the_scheme_may_be_the_reason(logging: Logging) -> None:
    """GetLog: Rejected."""
    logging.answers["GetLog"] = {"status": "Rejected"}
    with pytest.raises(RequirementFailed, match="is 'Rejected'"):
        logging.play(log="security")
    logging.sheet(file_transfer=())
    logging.answers["GetVariables"] = {"getVariableResult": []}
    with pytest.raises(Inconclusive, match="The station rejected the request"):
        logging.play(log="security")


def test_what_the_sheet_states_must_be_there(logging: Logging) -> None:
    """A CALLERROR to what the sheet states fails."""
    logging.answers |= {"GetDiagnostics": "NotSupported", "GetLog": "NotSupported"}
    with pytest.raises(RequirementFailed, match="is 'NotSupported'"):
        logging.play(*GOOD)


def test_a_station_without_a_log_says_so_by_naming_none(logging: Logging) -> None:
    """OCPP 1.6 6.26: no file name when there is no diagnostic information."""
    logging.answers |= {"GetDiagnostics": {}, "GetLog": {"status": "Accepted"}}
    with pytest.raises(Inconclusive, match="named no file and sent none"):
        logging.play()


def test_an_empty_file_is_doubt(logging: Logging) -> None:
    """Perhaps nothing happened yet."""
    with pytest.raises(Inconclusive, match="What arrived has no bytes in it"):
        logging.play(("put", b""), ("tell", "Uploaded"))


def test_what_we_turned_away_blames_nobody(logging: Logging, monkeypatch: pytest.MonkeyPatch) -> None:
    """Too large a file is our limit, not the station's fault, whatever it says of it."""
    monkeypatch.setattr("wattest.csms.files.MOST_BYTES", 3)
    for word in ("Uploaded", failure(logging)):
        with pytest.raises(Inconclusive, match="is more than the 3 that are taken"):
            logging.play(("put", b"four"), ("tell", word))


def test_a_refused_upload_must_be_told_as_failed(logging: Logging) -> None:
    """Failed passes, Uploaded fails, and a failure without an attempt proves nothing."""
    logging.play(("put", b"x"), ("tell", failure(logging)), outcome="failed")
    assert logging.checks()[-1] == ("failure told", "pass")
    with pytest.raises(RequirementFailed, match="is 'Uploaded'"):
        logging.play(("put", b"x"), ("tell", "Uploaded"), outcome="failed")
    with pytest.raises(RequirementFailed, match="is 'Uploaded'"):
        logging.play(("tell", "Uploaded"), outcome="failed")
    with pytest.raises(Inconclusive, match="without ever reaching the place"):
        logging.play(("tell", failure(logging)), outcome="failed")


def tapped(logging: Logging) -> None:
    value = {"card": "visa ending in 1111", "taken": True}
    logging.note("observation", role="operator", what="payment card", value=value, evidence=())


def sent(content: bytes, name: str = "a.log") -> tuple[Act, ...]:
    return (("put", (name, content)), ("tell", "Uploaded"))


def test_a_log_without_card_data_passes(logging: Logging) -> None:
    """Once a card was used; before that it proves nothing."""
    logging.play(*sent(b"approved, card ************1111\n"))
    with pytest.raises(Inconclusive, match="No payment card was used"):
        logging.do(check_diagnostics_without_card(logging.run_))
    tapped(logging)
    logging.do(check_diagnostics_without_card(logging.run_))
    assert logging.checks()[-1] == ("no card data in the log", "pass")


def test_the_card_of_the_bench_fails_and_a_long_number_is_doubt(logging: Logging) -> None:
    """The file that is kept has neither."""
    tapped(logging)
    logging.play(*sent(b"seen 4012888888881881 by chance\n"))
    with pytest.raises(
        Inconclusive, match="what may be a card number of Visa ending in 1881; no card of the bench"
    ):
        logging.do(check_diagnostics_without_card(logging.run_))
    logging.play(*sent(f"pan={VISA}\n".encode()))
    with pytest.raises(RequirementFailed, match="holds a card number of Visa ending in 1111"):
        logging.do(check_diagnostics_without_card(logging.run_))
    for path in (logging.folder / "evidence").iterdir():
        assert VISA.encode() not in path.read_bytes()
        assert b"4012888888881881" not in path.read_bytes()


def test_a_step_out_of_turn_is_our_mistake(stand: Stand) -> None:
    """Nothing was asked for, or there is no place for files."""
    with pytest.raises(BenchError, match="put 'ask_for_diagnostics' before 'expect_diagnostics'"):
        stand.do(expect_diagnostics(stand.run_))
    with pytest.raises(BenchError, match="this run keeps no files"):
        stand.do(stand.run_.keep("a.log", b""))
