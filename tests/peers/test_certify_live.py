from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

PEERS = Path(__file__).resolve().parent
FIXTURES = PEERS.parents[1] / "fixtures"
SCENARIO = PEERS / "short_session.scenario.yaml"

pytestmark = pytest.mark.real_time
both_dialects = pytest.mark.parametrize("dialect", ["1.6", "2.0.1"])


def certify(
    bench: Path, dialect: str, out: Path, *, scenario: Path = SCENARIO, typed: str = ""
) -> list[dict[str, Any]]:
    """Certify by one scenario while a person types; the entries of the record, which must verify."""
    wattest = [sys.executable, "-m", "wattest"]
    arguments = [
        "certify",
        str(scenario),
        "--bench",
        str(bench),
        "--ocpp",
        dialect,
        "--out",
        str(out),
    ]
    done = subprocess.run(
        [*wattest, *arguments], input=typed, capture_output=True, text=True, timeout=90, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    record = out / "record.jsonl"
    checked = subprocess.run([*wattest, "verify", str(record)], capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout
    return [json.loads(line) for line in record.read_text(encoding="utf-8").splitlines()]


def passed(entries: list[dict[str, Any]]) -> set[str]:
    """Requirements that passed in the record."""
    return {
        entry["requirement"] for entry in entries if entry["kind"] == "verdict" and entry["verdict"] == "pass"
    }


def loopback(tmp_path: Path, **changes: str) -> Path:
    """The shipped bench file, with some roles played otherwise."""
    text = (FIXTURES / "benches" / "loopback.yaml").read_text(encoding="utf-8")
    text = text.replace("../", f"{FIXTURES}/")
    for role, entry in changes.items():
        assert f"\n{role}: {{" in text
        text = re.sub(rf"(?m)^{role}: .*$", f"{role}: {entry}", text)
    bench = tmp_path / "loopback.yaml"
    bench.write_text(text, encoding="utf-8")
    return bench


@both_dialects
def test_a_charger_in_another_process_is_certified(dialect: str, tmp_path: Path) -> None:
    """Over a real WebSocket, with the analyser read over TCP through PyVISA, and a record that verifies."""
    entries = certify(loopback(tmp_path), dialect, tmp_path / "run")
    assert {"AUT-02", "LCK-02", "LCK-03", "OCP-02"} <= passed(entries)
    powers = [e["value"] for e in entries if e["kind"] == "reading" and e["name"] == "power"]
    assert any(power == pytest.approx(32 * 240, rel=0.02) for power in powers)
    analyser = [e for e in entries if e["kind"] == "exchange" and e["role"] == "reference_meter"]
    assert any(str(e["rx"]).startswith("YOKOGAWA,WT") for e in analyser)


def test_diagnostics_come_over_a_socket(tmp_path: Path) -> None:
    """The station puts its log at the central system's own address by HTTP, and it is kept beside the record."""
    scenario = FIXTURES.parent / "scenarios" / "network" / "diagnostics_delivered.scenario.yaml"
    entries = certify(loopback(tmp_path), "1.6", tmp_path / "run", scenario=scenario)
    assert "NET-06" in passed(entries)
    (file,) = (e for e in entries if e["kind"] == "file")
    assert (file["name"], file["origin"]) == ("diagnostics-SIM-0003.log", "station")
    assert b"firmware 1.0.0" in (tmp_path / "run" / file["path"]).read_bytes()
    asked = next(e["tx"] for e in entries if e["kind"] == "exchange" and e["role"] == "file_place")
    assert re.fullmatch(r"PUT /[a-z]{24}/diagnostics-SIM-0003\.log \(\d+ bytes\)", asked)


@both_dialects
def test_a_strangers_charger_is_certified(dialect: str, tmp_path: Path, node: str) -> None:
    """The charger in Node, its hardware reached over HTTP, meets what the short session asks."""
    entries = certify(FIXTURES / "benches" / "node_peer.yaml", dialect, tmp_path / "run")
    assert {"AUT-02", "LCK-02", "LCK-03", "OCP-02"} <= passed(entries)


def test_a_person_at_the_terminal_takes_part(tmp_path: Path) -> None:
    """A role played by hand is asked on the terminal while the charger goes on being answered."""
    scenario = tmp_path / "asked.scenario.yaml"
    asking = "  - ask_operator: {question: Is the seal whole?, answers: [whole, broken], accept: [whole], proves: [LCK-02]}\n"
    scenario.write_text(SCENARIO.read_text(encoding="utf-8") + asking, encoding="utf-8")
    bench = loopback(tmp_path, operator="{driver: by_hand}")
    entries = certify(bench, "1.6", tmp_path / "run", scenario=scenario, typed="Ada\nwhat?\nwhole\n")
    asked = [(e["question"], e["answer"], e["by"]) for e in entries if e["kind"] == "prompt"]
    question = "[operator] Is the seal whole? (1 = whole, 2 = broken)"
    assert asked[:3] == [
        ("[bench] Who is at the bench? Your name for the record", "Ada", None),
        (question, "what?", "Ada"),
        (question, "whole", "Ada"),
    ]
