"""Performing a scenario: whatever goes wrong gets the verdict it deserves, and the bench is made safe."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from wattest.errors import (
    BenchError,
    CallTimedOut,
    Inconclusive,
    RecordError,
    RequirementFailed,
    RunAborted,
    StationGone,
)
from wattest.model.scenario import Given, Reference
from wattest.run.perform import perform

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.run.conftest import Bench


def raising(problem: BaseException) -> Callable[..., Any]:
    """A step that raises."""

    async def bad_step(run: Any) -> None:
        """Raise."""
        raise problem

    return bad_step


async def proves_it(run: Any) -> None:
    """Pass a check for AUT-02."""
    run.check("c", "occurred", {"what": "it", "within_s": 0, "after_s": 0}, proves=("AUT-02",))


async def dawdles(run: Any) -> None:
    """Take an hour."""
    await run.clock.sleep(3600)


@pytest.mark.parametrize(
    ("problem", "sentence"),
    [
        (KeyError("register"), "the suite failed with KeyError: 'register' (bad_step, line "),
        (TimeoutError("no answer"), "the suite failed with TimeoutError: no answer (bad_step, line "),
        (ZeroDivisionError(), "the suite failed with ZeroDivisionError:  (bad_step, line "),
        (BenchError("The load is unplugged."), "The load is unplugged, before all was asked"),
    ],
)
def test_what_our_side_does_wrong_is_an_error(bench: Bench, problem: Exception, sentence: str) -> None:
    """An exception inside a step is an error with its sentence, never a pass and never a fail."""
    outcome = bench.perform(bench.scenario(proves_it, raising(problem)))
    assert outcome.verdict == "error"
    assert outcome.sentence.startswith(f"The scenario ended in step 2 (bad_step): {sentence}")
    assert outcome.requirements["AUT-02"] == "error"
    assert bench.entries("step_end")[-1]["outcome"] == "error"
    assert bench.venue.left == 1


def test_a_failed_check_is_a_fail(bench: Bench) -> None:
    """What the charger contradicts is a fail, with the sentence of the rule."""

    async def finds_fault(run: Any) -> None:
        """Fail a check."""
        run.check("c", "occurred", {"what": "the lamp", "within_s": 5, "after_s": None}, proves=("AUT-02",))

    outcome = bench.perform(bench.scenario(finds_fault))
    assert (outcome.verdict, outcome.sentence) == ("fail", "The lamp did not come within 5 s.")


def test_a_failure_without_a_check_is_in_doubt(bench: Bench) -> None:
    """A step that says failed and leaves no check proves nothing: inconclusive."""
    outcome = bench.perform(bench.scenario(raising(RequirementFailed("It is blue."))))
    assert outcome.verdict == "inconclusive"


def test_an_undecided_step_is_inconclusive(bench: Bench) -> None:
    """Inconclusive stays inconclusive, with its sentence."""
    outcome = bench.perform(bench.scenario(raising(Inconclusive("Too little energy."))))
    assert outcome.verdict == "inconclusive"
    assert "step 1 (bad_step): Too little energy, before anything proved AUT-02." in outcome.sentence


def test_covered_but_never_asked_does_not_pass(bench: Bench) -> None:
    """A scenario whose steps check nothing passes nothing."""

    async def looks(run: Any) -> None:
        """Only look."""

    outcome = bench.perform(bench.scenario(looks))
    assert (outcome.verdict, outcome.sentence) == (
        "inconclusive",
        "No check of the scenario was about AUT-02.",
    )


def test_time_limit_is_inconclusive(bench: Bench) -> None:
    """A scenario that is not done in its time names the limit and the step that was running."""
    outcome = bench.perform(bench.scenario(proves_it, dawdles, time_limit_s=90.0))
    assert outcome.verdict == "inconclusive"
    assert outcome.sentence.startswith(
        "The scenario ended in step 2 (dawdles): The scenario was not done within its time limit of 90 s"
    )
    assert outcome.seconds == 90.0
    assert [entry["index"] for entry in bench.entries("step_end")] == [1, 2]


def test_time_limit_while_getting_ready(bench: Bench) -> None:
    """The limit counts from the beginning."""
    bench.venue.on_enter = lambda: bench.clock.sleep(100)
    outcome = bench.perform(bench.scenario(proves_it, time_limit_s=90.0))
    assert outcome.verdict == "inconclusive"
    assert outcome.sentence.startswith(
        "The scenario ended in getting ready: The scenario was not done within its time limit of 90 s"
    )


@pytest.mark.parametrize(
    ("problem", "sentence"),
    [
        (BenchError("The analyser is off."), "Getting ready failed: The analyser is off"),
        (TimeoutError(), "Getting ready failed: the suite failed with TimeoutError:"),
    ],
)
def test_a_bench_that_does_not_get_ready_is_an_error(bench: Bench, problem: Exception, sentence: str) -> None:
    """What fails before the first step is an error of the bench, a time-out of its own too."""

    def enter() -> None:
        raise problem

    bench.venue.on_enter = enter
    outcome = bench.perform(bench.scenario(proves_it))
    assert outcome.verdict == "error"
    assert outcome.sentence.startswith(f"The scenario ended in getting ready: {sentence}")
    assert bench.venue.left == 1


def test_a_bench_that_cannot_be_made_safe_is_closed(bench: Bench) -> None:
    """The scenario is an error although all it asked was proven, and nothing may be started any more."""

    def leave() -> None:
        raise BenchError("The relay is stuck.")

    bench.venue.on_leave = leave
    outcome = bench.perform(bench.scenario(proves_it))
    assert outcome.verdict == "error"
    assert outcome.sentence.startswith("The bench was not made safe: The relay is stuck")
    assert bench.campaign.closed == "The bench could not be made safe: The relay is stuck."
    safe = bench.entries("safe")[-1]
    assert (safe["ok"], safe["sentence"]) == (False, "The relay is stuck.")


@pytest.mark.parametrize(
    "problem", [StationGone("No station is connected."), CallTimedOut("Reset was not answered within 30 s.")]
)
def test_a_station_that_goes_away_is_its_own_finding(bench: Bench, problem: Exception) -> None:
    """A station that is gone or silent fails NET-02, naming the step; the requirement asked about stays undecided."""
    outcome = bench.perform(bench.scenario(proves_it, raising(problem)))
    sentence = f"Not there: the station during step 2 (bad_step) of TINY-001: {problem}"
    assert [found.rstrip(".") for found in bench.failed()["NET-02"]] == [sentence.rstrip(".")]
    assert outcome.sentence.startswith(sentence.rstrip("."))
    assert outcome.verdict == "fail"
    assert outcome.requirements == {"AUT-02": "inconclusive", "NET-02": "fail"}
    assert bench.campaign.closed is None


def test_a_station_that_is_gone_before_the_first_step(bench: Bench) -> None:
    """A setting that the scenario needs cannot be made on a station that is not there: NET-02."""
    outcome = bench.perform(bench.scenario(proves_it, given=Given(settings={"heartbeat_interval": "60"})))
    assert "the station during getting ready of TINY-001" in bench.failed()["NET-02"][0]
    assert outcome.requirements["AUT-02"] == "inconclusive"


def test_a_station_that_we_cut_off_is_no_finding(bench: Bench) -> None:
    """While a fault of ours stands, its absence is no wonder."""

    async def cuts_and_asks(run: Any) -> None:
        """Cut, then ask."""
        run.cuts.append("network")
        raise StationGone("No station is connected.")

    outcome = bench.perform(bench.scenario(cuts_and_asks))
    assert bench.failed() == {}
    assert outcome.verdict == "inconclusive"


def test_troubles_of_our_central_system_are_errors(bench: Bench) -> None:
    """A failure of the reference central system during the scenario is an error; an earlier one is not."""
    bench.venue.csms.trouble("EVSE-1", "an old story")
    assert bench.perform(bench.scenario(proves_it)).verdict == "pass"

    async def breaks_csms(run: Any) -> None:
        """Let our own side fail."""
        run.csms.trouble("EVSE-1", "ValueError in the answer to BootNotification")

    outcome = bench.perform(bench.scenario(proves_it, breaks_csms))
    assert outcome.verdict == "error"
    assert outcome.sentence.startswith(
        "The scenario ended in serving the station: ValueError in the answer to BootNotification"
    )


def test_a_name_that_was_saved_as_nothing_is_an_error_of_its_step(bench: Bench) -> None:
    """A reference that leads nowhere is blamed on the step that follows it, not on getting ready."""

    async def uses(run: Any, *, what: str) -> None:
        """Use it."""

    call = bench.referring(uses, what=Reference("paid", ("energy_wh",)))
    outcome = bench.perform(bench.scenario(steps=(call,)))
    assert outcome.verdict == "error"
    assert "ended in step 1 (uses): the suite failed with KeyError: 'paid'" in outcome.sentence


def test_a_stopped_run_is_an_error_and_says_so(bench: Bench) -> None:
    """A run that is stopped in a step: aborted is noted once, the bench left, later steps not begun."""

    async def stops(run: Any) -> None:
        """Be stopped from outside."""
        bench.campaign.stop = "stopped by SIGTERM"
        current = asyncio.current_task()
        assert current is not None
        current.cancel()
        await run.clock.sleep(1)

    with pytest.raises(RunAborted, match=r"^The run was stopped by SIGTERM\.$"):
        bench.perform(bench.scenario(stops, proves_it))
    assert [entry["reason"] for entry in bench.entries("aborted")] == ["stopped by SIGTERM"]
    ends = bench.entries("step_end")
    assert [(end["outcome"], end["sentence"]) for end in ends] == [
        ("aborted", "The run was stopped by SIGTERM.")
    ]
    assert bench.venue.left == 1
    assert bench.entries("scenario_end")[-1]["verdict"] == "error"


def test_making_safe_is_never_cut_short(bench: Bench) -> None:
    """A run that is stopped while the bench is made safe waits until it is, and is aborted then."""
    bench.venue.on_leave = lambda: bench.clock.sleep(3)

    async def stopped_meanwhile() -> None:
        task = asyncio.create_task(perform(bench.campaign, bench.scenario(proves_it), "1.6"))
        await bench.clock.sleep(1)
        task.cancel()
        await bench.clock.sleep(1)
        task.cancel()
        with pytest.raises(RunAborted, match="the run was cancelled"):
            await task

    bench.clock.run(stopped_meanwhile())
    assert bench.venue.left == 1
    assert bench.clock.monotonic() == 3.0
    assert len(bench.entries("aborted")) == 1


def test_a_record_that_cannot_be_written_still_makes_safe(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a full disk there is no verdict, but the bench is left in good order."""

    async def fills_the_disk(run: Any) -> None:
        """No entry can be written any more."""
        monkeypatch.setattr(bench.recorder, "note", full)

    def full(kind: str, /, **fields: Any) -> int:
        raise RecordError("no space left")

    with pytest.raises(RecordError, match="no space left"):
        bench.perform(bench.scenario(fills_the_disk))
    assert bench.venue.left == 1
    bench.recorder.close()
