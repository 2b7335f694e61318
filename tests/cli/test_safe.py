"""``wattest safe``: by hand, with sentences and exit codes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner, Result

import wattest.run.terminal
from wattest.cli import main
from wattest.run.bench_state import Claim, Story

if TYPE_CHECKING:
    from collections.abc import Callable

BY_HAND = """
bench: by hand
kind: live
rigs:
  person: {driver: by_hand, person: Anna Roy}
vehicle: {driver: by_hand, rig: person}
mains: {driver: by_hand, rig: person}
reference_meter: {driver: by_hand, rig: person, quantities: [current], resolution: {current: 0.1 A}}
display: {driver: by_hand, rig: person}
"""


@pytest.fixture
def safe(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """The command beside a bench that a person plays, who types these answers."""
    monkeypatch.chdir(tmp_path)
    Path("bench.yaml").write_text(BY_HAND, encoding="utf-8")

    def run(*arguments: str, typed: tuple[str, ...] = (), bench: bool = True) -> Result:
        answers = iter(typed)

        def terminal() -> Any:
            async def prompt(_text: str) -> str:
                return next(answers)

            return prompt

        monkeypatch.setattr(wattest.run.terminal, "terminal", terminal)
        result = CliRunner().invoke(main, ["safe", *(["--bench", "bench.yaml"] if bench else []), *arguments])
        assert "Traceback" not in result.output
        assert list(answers) == []
        return result

    return run


def test_a_person_makes_it_safe(safe: Callable[..., Result]) -> None:
    """0: what is powered is switched off, in order, and the meter read; the story says so."""
    Story("bench.yaml").add("closed", "Mains is on.")
    result = safe(typed=("done", "done", "0"))
    assert result.exit_code == 0, result.output
    assert result.stdout.splitlines()[-4:] == [
        "vehicle is safe",
        "mains is safe",
        "reference_meter is safe",
        "The bench 'by hand' is safe, confirmed by reference_meter: the reference meter reads 0.000 A.",
    ]
    last = Story("bench.yaml").events()[-1]
    assert (last.what, last.sentence, last.more) == (
        "safe",
        "the reference meter reads 0.000 A",
        {"by": "hand"},
    )


def test_a_person_who_says_no(safe: Callable[..., Result]) -> None:
    """11: the bench is closed, with what was refused, and the ways out."""
    no = "no, it is stuck"
    result = safe(typed=("done", no, "0", no, "0", no, "0"))
    assert result.exit_code == 11
    assert result.stderr.startswith(
        "The bench 'by hand' is NOT safe for certain, and closed: mains could not be made safe: mains.make_safe was not "
        "done; Anna Roy said no"
    )
    closed = Story("bench.yaml").closed()
    assert closed is not None
    assert closed.more == {"by": "hand"}


def test_somebody_answers_for_it(safe: Callable[..., Result]) -> None:
    """0: with a name and what was checked, and only for a bench that is closed; 4 without either."""
    story = Story("bench.yaml")
    result = safe("--acknowledge", "Anna Roy: nothing")
    assert (result.exit_code, result.stdout) == (
        0,
        "The bench 'by hand' is not closed: there is nothing to acknowledge.\n",
    )
    story.add("closed", "Mains is on.")
    utc = story.events()[0].utc
    for text in ("all is well", "Anna Roy:", ": all is well"):
        result = safe("--acknowledge", text)
        assert (result.exit_code, result.stderr) == (
            4,
            f"'{text}' does not say who checked what: write --acknowledge \"name: what was checked\".\n",
        )
    assert story.closed() is not None
    result = safe("--acknowledge", "Anna Roy: breaker out: no voltage")
    assert result.exit_code == 0
    assert result.stdout == (
        f"The bench 'by hand' was closed since {utc}: Mains is on. It is open again on the word of Anna Roy: breaker out: "
        "no voltage. The record of the next run says so.\n"
    )
    assert story.closed() is None


def test_a_bench_in_use(safe: Callable[..., Result]) -> None:
    """11: the run that has it makes it safe itself."""
    claim = Claim("bench.yaml")
    result = safe()
    claim.release()
    assert result.exit_code == 11
    assert result.stderr.startswith("The bench bench.yaml is in use by process ")


def test_nothing_to_do(safe: Callable[..., Result]) -> None:
    """0: a simulated bench ends with its run, and a station that the run itself plays does too."""
    result = safe(bench=False)
    assert (result.exit_code, result.stdout) == (
        0,
        "The bench 'simulated' is simulated: nothing of it outlives a run.\n",
    )
    Path("bench.yaml").write_text(
        "bench: loop\nkind: live\nrigs: {evse: {driver: process_rig, command: [x, '{csms}']}}\n"
        "vehicle: {driver: process, rig: evse}\nmains: {driver: process, rig: evse}\n"
    )
    result = safe()
    assert result.exit_code == 0
    assert result.stdout.splitlines() == [
        "vehicle was played by a program that the run had started, and that ends with it",
        "mains was played by a program that the run had started, and that ends with it",
        "The bench 'loop' is safe, confirmed by no other instrument: nothing of this bench outlives a run.",
    ]


def test_a_bench_file_that_cannot_be_used(safe: Callable[..., Result]) -> None:
    """12: with every place."""
    Path("bench.yaml").write_text("bench: x\nkind: imaginary\n")
    result = safe()
    assert result.exit_code == 12
    assert "bench.yaml:2:7: " in result.stderr
