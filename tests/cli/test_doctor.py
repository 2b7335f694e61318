from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from wattest.cli import main
from wattest.errors import BenchError
from wattest.run import doctor

FIXTURES = Path(__file__).resolve().parents[2] / "fixtures"


@pytest.fixture
def ask(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """Runs ``wattest doctor`` on a computer whose clock is in step."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(doctor, "kernel_synchronised", lambda: True)
    return lambda *arguments: CliRunner().invoke(
        main, ["doctor", *map(str, arguments)], env={"COLUMNS": "200"}
    )


def test_a_sound_bench_is_well(ask: Callable[..., Result]) -> None:
    """The simulated bench on a sound computer has neither warning nor problem, and everything is testable."""
    result = ask()
    assert result.exit_code == 0, result.output
    lines = result.output.splitlines()
    assert any(line.startswith("✓  reference_meter") and "WT1804E" in line for line in lines)
    assert (
        "scenarios are testable on the bench 'simulated' (OCPP 1.6, OCPP 2.0.1, OCPP 2.1)." in result.output
    )
    assert lines[-1] == "All is well."


def test_json_says_the_same(ask: Callable[..., Result]) -> None:
    """Every finding has topic, subject, state and sentence."""
    told = json.loads(ask("--json").output)
    assert (told["bench"], told["state"], told["rehearsed"]) == ("simulated", "fine", False)
    assert {finding["topic"] for finding in told["findings"]} == {"host", "bench", "part", "charger"}
    assert {finding["state"] for finding in told["findings"]} == {"fine"}


def test_a_bench_is_rehearsed_in_french(ask: Callable[..., Result]) -> None:
    """A live bench is examined with twins of its instruments; without steel its ports are not looked at."""
    bench = FIXTURES / "benches" / "loopback.yaml"
    result = ask("--bench", bench, "--rehearse", "--lang", "fr")
    assert result.exit_code == 0, result.output
    assert "YOKOGAWA WT1804E" in result.output
    assert "Tout va bien." in result.output
    assert "csms" not in result.output


def test_a_twin_that_cannot_be_plugged_in_is_a_problem(
    ask: Callable[..., Result], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other findings are told all the same."""

    async def broken(*_: object) -> None:
        raise BenchError("The twin of x needs a calibration file.")

    monkeypatch.setattr("wattest.run.doctor.parts.with_twins", broken)
    result = ask("--bench", FIXTURES / "benches" / "loopback.yaml", "--rehearse")
    assert result.exit_code == 11
    assert "The twin of x needs a calibration file." in result.output
    assert "scenarios are testable" in result.output


def test_warnings_and_problems_have_their_exit_codes(ask: Callable[..., Result], tmp_path: Path) -> None:
    """10 for warnings, 11 as soon as there is a problem."""
    text = "bench: b\nkind: live\nvehicle: {driver: by_hand}\nsafe_order: [vehicle]\n"
    (tmp_path / "bench.yaml").write_text(text)
    result = ask("--bench", "bench.yaml")
    assert result.exit_code == 10
    assert result.output.splitlines()[-1] == "A run can begin; mind the warnings."
    (tmp_path / "bench.yaml").write_text(
        text + "mains: {driver: by_hand, rig: nobody}\nrigs: {nobody: {driver: simulated}}\n"
    )
    result = ask("--bench", "bench.yaml")
    assert result.exit_code == 11
    assert "The simulated driver plays no role 'nobody'" in result.output


def test_chargers_are_told_one_by_one(ask: Callable[..., Result]) -> None:
    """Each sheet has its own count and reasons."""
    sheets = [FIXTURES / "chargers" / f"{name}.yaml" for name in ("reference", "socket")]
    told = json.loads(ask("--evse", sheets[0], "--evse", sheets[1], "--json").output)
    counted = [
        finding
        for finding in told["findings"]
        if finding["topic"] == "charger" and "testable" in finding["sentence"]
    ]
    assert len(counted) == 2
    assert counted[0]["subject"] != counted[1]["subject"]
    assert counted[1]["details"]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("bench: b\nkind: live\nvehicle: {driver: by_hnd}\n", "did you mean 'by_hand'?"),
        (None, "there is no such file"),
    ],
)
def test_a_document_that_cannot_be_used_exits_12(
    ask: Callable[..., Result], tmp_path: Path, text: str | None, sentence: str
) -> None:
    """Every mistake is told with its place."""
    if text is not None:
        (tmp_path / "bench.yaml").write_text(text)
    result = ask("--bench", "bench.yaml")
    assert result.exit_code == 12
    assert sentence in result.output
