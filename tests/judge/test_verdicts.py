"""From checks to verdicts: the algebra, attempts, and the table of a run."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wattest.judge.verdicts import (
    VERDICTS,
    attempts,
    item_verdict,
    requirement_verdicts,
    run_table,
    sealed,
    standing,
    worst,
)

VERDICT = st.sampled_from(VERDICTS)


@settings(deadline=None)
@given(VERDICT, VERDICT, VERDICT)
def test_worst_is_associative_commutative_and_idempotent(a: str, b: str, c: str) -> None:
    """Verdicts can be joined in any order and grouping."""
    assert worst((worst((a, b)), c)) == worst((a, worst((b, c))))
    assert worst((a, b)) == worst((b, a))
    assert worst((a, a)) == a


def test_the_order_of_verdicts() -> None:
    """Error, fail, inconclusive, not tested, pass, not applicable; nothing at all is not tested."""
    assert sorted(["pass", "error", "not tested", "fail", "inconclusive"], key=VERDICTS.index) == [
        "pass",
        "not tested",
        "inconclusive",
        "fail",
        "error",
    ]
    assert worst([]) == "not tested"
    assert worst(["pass", "nonsense"]) == "error"


class Tale:
    """Entries of a run, told shortly."""

    def __init__(self, *requirements: str, dialects: tuple[str, ...] = ("1.6",)) -> None:
        self.entries: list[dict[str, Any]] = []
        self.note("preamble")
        self.note(
            "header", requirements={name: {"id": name} for name in requirements}, dialects=list(dialects)
        )

    def note(self, kind: str, **fields: Any) -> int:
        self.entries.append({"seq": len(self.entries), "kind": kind, "t": 0.0, **fields})
        return len(self.entries) - 1

    def scenario(self, *covers: str, key: str = "X-001", dialect: str = "1.6", attempt: int = 1) -> Tale:
        self.note("scenario", key=key, dialect=dialect, attempt=attempt, covers=list(covers))
        return self

    def step(self, outcome: str | None = "done", sentence: str = "", *, index: int = 1) -> Tale:
        self.note("step", key="X-001", index=index, verb="charge")
        if outcome is not None:
            self.note("step_end", key="X-001", index=index, outcome=outcome, sentence=sentence)
        return self

    def check(self, requirement: str, outcome: str, sentence: str = "", **more: Any) -> int:
        fields = {"monitor": None, "figures": {}, **more}
        return self.note(
            "check",
            requirements=[requirement],
            name="c",
            outcome=outcome,
            sentence=sentence or f"It {outcome}ed.",
            **fields,
        )

    def end(self) -> Tale:
        self.note("scenario_end", key="X-001", dialect="1.6", attempt=1, verdict="pass", sentence="")
        return self

    def lines(self, *covers: str) -> dict[str, tuple[str, str]]:
        found = requirement_verdicts(self.entries, covers)
        return {name: (line.verdict, line.sentence) for name, line in found.items()}

    def item(self, *covers: str) -> tuple[str, str]:
        return item_verdict(self.entries, requirement_verdicts(self.entries, covers))


def test_the_worst_check_decides_and_gives_its_sentence() -> None:
    """Checks of a requirement stand worst first."""
    tale = Tale().step()
    good = tale.check("A-01", "pass")
    doubt = tale.check("A-01", "inconclusive", "Who knows.")
    bad = tale.check("A-01", "fail", "It is broken.")
    worse = tale.check("A-01", "fail", "And this.")
    line = requirement_verdicts(tale.entries, ["A-01"])["A-01"]
    assert (line.verdict, line.sentence, line.checks) == ("fail", "It is broken.", (bad, worse, doubt, good))


def test_a_requirement_that_was_covered_and_never_checked_is_inconclusive() -> None:
    """No evidence, no pass."""
    tale = Tale().step()
    assert tale.lines("A-01") == {"A-01": ("inconclusive", "No check of the scenario was about A-01.")}


def test_passes_are_counted() -> None:
    """One check speaks for itself, several are summed up."""
    tale = Tale().step()
    tale.check("A-01", "pass", "Well.")
    assert tale.lines("A-01")["A-01"] == ("pass", "Well.")
    tale.check("A-01", "pass", "Well again.")
    assert tale.lines("A-01")["A-01"] == ("pass", "2 checks passed, the last: Well again.")


@pytest.mark.parametrize(
    ("outcome", "verdict"),
    [("failed", "inconclusive"), ("inconclusive", "inconclusive"), ("error", "error"), ("aborted", "error")],
)
def test_what_a_scenario_that_ended_early_left_open(outcome: str, verdict: str) -> None:
    """Passed so far is not passed; a failure of the bench is an error; a fail stays a fail."""
    tale = Tale().step()
    tale.check("A-01", "pass")
    tale.check("A-03", "fail", "It is broken.")
    tale.step(outcome, "The plug fell.", index=4)
    assert tale.lines("A-01", "A-02", "A-03") == {
        "A-01": (
            verdict,
            "The scenario ended in step 4 (charge): The plug fell, before all was asked that proves A-01.",
        ),
        "A-02": (
            verdict,
            "The scenario ended in step 4 (charge): The plug fell, before anything proved A-02.",
        ),
        "A-03": ("fail", "It is broken."),
    }
    assert tale.item("A-01", "A-03")[0] == ("error" if verdict == "error" else "fail")


def test_what_a_monitor_saw_stands_though_the_scenario_ended_early() -> None:
    """A monitor judged all there was."""
    tale = Tale().step("failed", "x")
    tale.check("OCP-01", "pass", monitor="calls_answered")
    assert tale.lines() == {"OCP-01": ("pass", "It passed.")}


def test_doubts_of_monitors_count_only_where_they_were_asked() -> None:
    """For a covered requirement that nothing else spoke of."""
    tale = Tale().step()
    tale.check("DAT-03", "inconclusive", "Too little energy.", monitor="balance")
    assert tale.lines() == {}
    assert tale.lines("DAT-03") == {"DAT-03": ("inconclusive", "Too little energy.")}
    tale.check("DAT-03", "pass")
    assert tale.lines("DAT-03")["DAT-03"][0] == "pass"
    assert tale.lines()["DAT-03"][0] == "pass"


def test_a_pass_by_an_unverified_limit_is_a_screening() -> None:
    """It is noted beside the verdict."""
    tale = Tale().step()
    tale.check("A-01", "pass", figures={"screening": True})
    assert requirement_verdicts(tale.entries, ["A-01"])["A-01"].note == "screening"


def test_errors_of_the_bench_make_the_item_an_error() -> None:
    """Aborted, not made safe, getting ready failed, or interrupted in a step."""
    for kind, fields, sentence in (
        ("aborted", {"reason": "SIGTERM"}, "The run was aborted: SIGTERM."),
        ("safe", {"ok": False, "sentence": "Mains is on."}, "The bench was not made safe: Mains is on."),
        (
            "step_end",
            {"index": 0, "outcome": "error", "sentence": "No instrument."},
            "The scenario ended in getting ready: No instrument.",
        ),
    ):
        tale = Tale().step()
        tale.check("A-01", "pass")
        tale.note("safe", ok=True)
        tale.note(kind, **fields)
        assert tale.item()[0:1] == ("error",)
        assert tale.item() == ("error", sentence)
    cut = Tale().step(None)
    assert cut.item("A-01") == (
        "error",
        "The scenario was interrupted in step 1 (charge), before anything proved A-01.",
    )


def test_an_item_says_the_sentence_of_its_worst_requirement() -> None:
    """And nothing when it passed."""
    tale = Tale().step()
    tale.check("A-01", "pass")
    assert tale.item("A-01") == ("pass", "")
    tale.check("A-02", "fail", "Broken.")
    assert tale.item("A-01", "A-02") == ("fail", "Broken.")


# --- attempts and the table ------------------------------------------------------------------------------


def test_an_interrupted_attempt_is_an_error_and_keeps_its_fail() -> None:
    """Killed at any moment, a run never reads as passed."""
    tale = Tale("A-01", "A-02").scenario("A-01", "A-02").step()
    tale.check("A-01", "pass")
    bad = tale.check("A-02", "fail", "Broken.")
    (attempt,) = attempts(tale.entries)
    assert attempt.verdict() == ("error", "X-001 (attempt 1) was interrupted before its end.")
    rows = {row.requirement: row for row in run_table(tale.entries)}
    assert rows["A-01"].verdicts == {"1.6": "error"}
    assert rows["A-01"].sentence == "X-001 (attempt 1) was interrupted before its end."
    assert rows["A-02"].verdicts == {"1.6": "fail"}
    assert rows["A-02"].cells["1.6"].evidence == (bad,)


def test_entries_between_scenarios_belong_to_none() -> None:
    """A resumed run begins a new attempt."""
    tale = Tale().scenario().end()
    tale.note("safe", ok=True)
    tale.scenario(key="X-002").step()
    tale.note("resumed", from_seq=5)
    tale.scenario(key="X-002", attempt=2).step().end()
    found = attempts(tale.entries)
    assert [(one.key, one.number, one.ended, len(one.entries)) for one in found] == [
        ("X-001", 1, True, 2),
        ("X-002", 1, False, 3),
        ("X-002", 2, True, 4),
    ]
    assert found[0].verdict() == ("not tested", "")


def test_a_retry_replaces_errors_and_doubts_but_never_a_fail() -> None:
    """All attempts stay in the record; the table counts those that stand."""
    tale = Tale("A-01")
    for attempt, outcome in enumerate(("inconclusive", "fail", "pass"), 1):
        tale.scenario("A-01", attempt=attempt).step()
        tale.check("A-01", outcome)
        tale.end()
    assert [one.number for one in standing(attempts(tale.entries))] == [2, 3]
    assert run_table(tale.entries)[0].verdict == "fail"


def test_the_table_shows_what_was_not_tested() -> None:
    """Requirements without any scenario, scenarios that were left out, and every dialect of the run."""
    tale = Tale("A-01", "A-02", "A-03", dialects=("1.6", "2.0.1")).scenario("A-01").step()
    tale.check("A-01", "pass", "Well.", figures={"screening": True})
    tale.end()
    tale.note(
        "not_tested",
        key="X-009",
        dialect="2.0.1",
        requirements=["A-01", "A-02"],
        reason="the bench has no chamber",
    )
    rows = run_table(tale.entries)
    assert {row.requirement: row.verdicts for row in rows} == {
        "A-01": {"1.6": "pass", "2.0.1": "not tested"},
        "A-02": {"1.6": "not tested", "2.0.1": "not tested"},
        "A-03": {"1.6": "not tested", "2.0.1": "not tested"},
    }
    assert rows[0].sentence == "Not tested: the bench has no chamber."
    assert rows[2].sentence == "No scenario of this run was about it."
    assert rows[0].cells["1.6"].note == "screening"
    assert rows[0].cells["1.6"].scenarios == {"X-001": "pass"}
    assert sealed(rows)["A-01"] == {"1.6": "pass", "2.0.1": "not tested"}


def test_a_fail_stays_visible_under_an_error() -> None:
    """The worst verdict is the error; that it failed as well is not forgotten."""
    tale = Tale("A-01").scenario("A-01").step()
    tale.check("A-01", "fail")
    tale.end().scenario("A-01", key="X-002").step("error", "No meter.")
    tale.end()
    (row,) = run_table(tale.entries)
    assert (row.verdict, row.failed) == ("error", True)
    assert row.cells["1.6"].scenarios == {"X-001": "fail", "X-002": "error"}


def test_a_header_may_list_its_requirements_or_be_missing() -> None:
    """What was never written down is taken from the scenarios."""
    tale = Tale().scenario("A-01").step().end()
    listed = [
        {"kind": "header", "requirements": [{"id": "B-01"}, "B-02"], "dialects": ["1.6"]},
        *tale.entries[2:],
    ]
    assert [row.requirement for row in run_table(listed)] == ["B-01", "B-02", "A-01"]
    assert [row.requirement for row in run_table(tale.entries[2:])] == ["A-01"]
