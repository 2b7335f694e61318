"""A planted card number is found in the charger's traffic and stands in no output of ours."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from click.testing import CliRunner

from wattest.card_data import TEST_NUMBERS, Look
from wattest.cli import main
from wattest.clock import VirtualClock
from wattest.csms import Csms
from wattest.csms.log import Log
from wattest.judge.monitors import MONITORS
from wattest.judge.recheck import recheck
from wattest.model.library import library_folder
from wattest.record import Recorder, keep, read_record, verify_chain
from wattest.record.evidence import missing_evidence
from wattest.run.assemble import documents, open_campaign, seal
from wattest.run.perform import _kept, perform
from wattest.run.prove import library

VISA = TEST_NUMBERS["visa"]
FORMS = tuple(
    form
    for number in TEST_NUMBERS.values()
    for form in (
        number,
        " ".join(number[at : at + 4] for at in range(0, len(number), 4)),
        base64.b64encode(number.encode()).decode()[:16],
        number.encode().hex(),
        f"5A08{number[:8]}",
    )
)
"""Every scheme's number, plain and in the wrappings of the defects below."""


ONE_CARD = {"PAY-D04": "1111", "PAY-D07": "1111", "PAY-D08": "4444", "PAY-D09": "1111"}
"""Defects that show in one scenario only: the card that it uses."""


@pytest.mark.parametrize("defect", ["PAY-D01", "PAY-D02", "PAY-D03", "PAY-D05", *ONE_CARD])
def test_no_output_holds_the_number(defect: str, tmp_path: Path) -> None:
    """Record, evidence, HTML, JUnit, Allure and terminal of a leaking charger: the finding stands there, the number does not."""
    out, allure = tmp_path / "run", tmp_path / "allure"
    said = CliRunner().invoke(
        main,
        [
            "certify",
            str(library_folder("scenarios") / "payment"),
            "--select",
            "PAY-001 or PAY-002 or PAY-003 or PAY-004",
            "--defect",
            defect,
            "--out",
            str(out),
            "--allure",
            str(allure),
        ],
    )
    assert said.exit_code == 1, said.output
    texts = {"terminal": said.output} | {
        str(path): path.read_text(encoding="utf-8", errors="replace")
        for folder in (out, allure)
        for path in folder.rglob("*")
        if path.is_file()
    }
    assert any(name.endswith("junit.xml") for name in texts)
    assert any("allure" in name for name in texts)
    for name, text in texts.items():
        for form in FORMS:
            assert form not in text, (name, form)
    leaks = [entry for entry in read_record(out / "record.jsonl").entries if entry.get("card_data")]
    found = {one["last_four"] for entry in leaks for one in entry["card_data"]}
    assert found == ({ONE_CARD[defect]} if defect in ONE_CARD else {"1111", "4444", "3222", "0005"})
    assert verify_chain(out / "record.jsonl") == []
    assert recheck(read_record(out / "record.jsonl")) == []


def _record(folder: Path, seed: int, defect: str) -> bytes:
    read = documents()
    plan = [(one, dialect) for one in library() if one.key == "PAY-001 [visa]" for dialect in read.dialects]
    campaign = open_campaign(read, plan=plan, out=folder, seed=seed, active=frozenset({defect}))
    for scenario, dialect in plan:
        campaign.clock.run(perform(campaign, scenario, dialect))
    seal(campaign)
    return b"\n".join((folder / "record.jsonl").read_bytes().splitlines()[1:-1])


def test_findings_are_repeatable_in_simulation(tmp_path: Path) -> None:
    """The same seed gives the same record, fingerprints included, and another seed other fingerprints."""
    first, again, other = (
        _record(tmp_path / name, seed, "PAY-D02") for name, seed in (("a", 1), ("b", 1), ("c", 2))
    )
    assert first == again
    prints = [
        {one["fingerprint"] for line in lines.splitlines() for one in json.loads(line).get("card_data", ())}
        for lines in (first, other)
    ]
    assert len(prints[0]) == len(prints[1]) == 1
    assert prints[0] != prints[1]


@pytest.fixture
def clock() -> Iterator[VirtualClock]:
    clock = VirtualClock()
    yield clock
    clock.close()


@pytest.fixture
def recorder(clock: VirtualClock, tmp_path: Path) -> Recorder:
    recorder = Recorder.open(tmp_path / "run" / "record.jsonl", clock, preamble={})
    recorder.note("header", format=1, seed=0, plan=[])
    return recorder


def test_every_kind_of_entry_is_hidden(recorder: Recorder) -> None:
    """Exchanges, prompts, checks, links and file names go through the same gate."""
    told: dict[str, Any] = {
        "exchange": {"tx": "card?", "rx": f"OK {VISA}"},
        "prompt": {"question": "which card?", "answer": VISA},
        "check": {"inputs": {"observed": VISA}, "sentence": f"It was '{VISA}'.", "outcome": "fail"},
        "link": {"station": VISA},
        "note": {VISA: [{"deep": (VISA, int(VISA))}]},
    }
    for kind, fields in told.items():
        recorder.note(kind, **fields)
    keep(recorder, f"receipt {VISA}.txt", b"nothing")
    recorder.close()
    text = recorder.path.read_text()
    assert VISA not in text
    assert text.count('"card_data"') == len(told) + 1


def test_kept_files_are_searched(recorder: Recorder) -> None:
    """A log is kept without the number, an archive not at all, a picture as it is and named as not searched."""
    import gzip

    log = read_entry(recorder, keep(recorder, "a.log", f"card {VISA}\n".encode()))
    packed = read_entry(recorder, keep(recorder, "d.gz", gzip.compress(f"card {VISA}".encode(), mtime=0)))
    picture = read_entry(recorder, keep(recorder, "screen.png", b"\x89PNG\r\n\x1a\n"))
    folder = recorder.path.parent
    assert (folder / log["path"]).read_text() == "card ************1111\n"
    assert json.loads((folder / packed["path"]).read_text())["withheld"] == "d.gz"
    assert packed["withheld"] is True
    assert picture["not_searched"] == ["screen.png: a picture"]
    assert [len(entry.get("card_data", ())) for entry in (log, packed, picture)] == [1, 1, 0]
    recorder.close()


def read_entry(recorder: Recorder, seq: int) -> dict[str, Any]:
    return recorder.entries(since=seq)[0]


def test_two_records_cannot_be_compared(clock: VirtualClock, tmp_path: Path) -> None:
    """Without a key of its own a record draws a secret: the same card has another fingerprint in the next one."""
    prints = []
    for name in ("a", "b"):
        with Recorder.open(tmp_path / name / "record.jsonl", clock, preamble={}) as recorder:
            recorder.note("exchange", rx=VISA)
            recorder.note("exchange", rx=VISA)
            found = [entry["card_data"][0]["fingerprint"] for entry in recorder.entries(since=1)]
        assert found[0] == found[1]
        prints.append(found[0])
    assert prints[0] != prints[1]


def test_the_live_log_hides_it(clock: VirtualClock) -> None:
    """``wattest csms`` shows that there was card data, on the terminal too only with its last four digits."""
    said: list[str] = []
    csms = Csms(clock, Log(clock, said.append, raw=True).note)
    from wattest.clock.network import Greeting

    line = csms.opened(Greeting("CP1", ("ocpp1.6",)), "ocpp1.6", lambda _text: None, lambda _code, _why: None)
    assert line is not None
    line.receive(f'[2,"1","DataTransfer",{{"vendorId":"x","data":"{VISA}"}}]')
    shown = "\n".join(said)
    assert VISA not in shown
    assert "! card data: card number ending in 1111" in shown


def test_the_whole_library_holds_none(tmp_path: Path) -> None:
    """All traffic, readings and sentences of every scenario of a sound charger: nothing is taken for a card number."""
    read = documents()
    plan = [(scenario, "1.6" if at % 2 else "2.0.1") for at, scenario in enumerate(library())]
    campaign = open_campaign(read, plan=plan, out=tmp_path, seed=3)  # type: ignore[arg-type]  # dialects, as told
    for scenario, dialect in plan:
        campaign.clock.run(perform(campaign, scenario, dialect))  # type: ignore[arg-type]
    seal(campaign)
    look = Look(b"")
    for line in (tmp_path / "record.jsonl").read_text(encoding="utf-8").splitlines()[1:]:
        entry = json.loads(line)
        assert "card_data" not in entry, entry
        look.value(entry)
    assert look.found == []


def test_the_monitor_watches() -> None:
    """It is among the monitors, and says which requirements it can prove."""
    assert [m.requirements for m in MONITORS if m.name == "card_data"] == [("PAY-02", "PAY-03")]


def test_a_number_in_the_name_of_a_stations_file_is_hidden(tmp_path: Path) -> None:
    """In the entry and on the disk; the finding stands in the entry, and the record still verifies its file."""
    with VirtualClock() as clock, Recorder.open(tmp_path / "record.jsonl", clock) as recorder:
        campaign: Any = SimpleNamespace(clock=clock, recorder=recorder)
        clock.run(_kept(campaign, f"receipt-{VISA}.log", b"nothing else\n"))
    (entry,) = (json.loads(line) for line in (tmp_path / "record.jsonl").read_text().splitlines()[1:2])
    assert (entry["origin"], entry["card_data"][0]["last_four"]) == ("station", "1111")
    assert VISA not in json.dumps(entry)
    (kept,) = (tmp_path / "evidence").iterdir()
    assert VISA not in kept.name
    assert missing_evidence(tmp_path / "record.jsonl", [entry]) == []
