"""Which level a record reaches, and what it names as missing."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from wattest.judge.levels import Levels, levels_of, takes
from wattest.judge.verdicts import run_table
from wattest.model.read import read_levels, read_requirements

LEVEL = {"title": "T", "title_fr": "T", "text": "t", "text_fr": "t", "ranks": ["mandatory"], "also": []}
LEVELS = {
    "low": {"id": "low", **LEVEL, "methods": ["ocpp", "document"]},
    "high": {"id": "high", **LEVEL, "methods": ["ocpp", "document", "chamber"], "also": ["S-01"]},
}


def _requirement(id_: str, *methods: str, **more: Any) -> dict[str, Any]:
    return {
        "id": id_,
        "methods": list(methods),
        "level": "mandatory",
        "provenance": "found",
        "limits": [],
        "planned": "",
        **more,
    }


def _scenario(key: str, id_: str, *covers: str, dialect: str = "1.6") -> dict[str, Any]:
    return {"key": key, "id": id_, "covers": list(covers), "dialect": dialect}


class Tale:
    """A record in memory with two scenarios, a document and a checklist item."""

    def __init__(self, **header: Any) -> None:
        self.entries: list[dict[str, Any]] = []
        requirements = [_requirement("A-01", "ocpp"), _requirement("B-01", "chamber")]
        facts: dict[str, Any] = {
            "requirements": {one["id"]: one for one in requirements},
            "limits": {"soft": {"id": "soft", "provenance": "unverified"}},
            "levels": LEVELS,
            "dialects": ["1.6"],
            "checklist": {},
            "papers": {},
            "ways": {
                "A-01": {"scenarios": {"X": 1}, "monitors": []},
                "B-01": {"scenarios": {"Y": 2}, "monitors": []},
            },
            "plan": [
                _scenario("X", "X", "A-01"),
                _scenario("Y [1]", "Y", "B-01"),
                _scenario("Y [2]", "Y", "B-01"),
            ],
        }
        self.note("header", **{**facts, **header})

    def note(self, kind: str, **fields: Any) -> int:
        self.entries.append({"seq": len(self.entries), "kind": kind, "t": 0.0, **fields})
        return len(self.entries) - 1

    def play(self, key: str, requirement: str, outcome: str = "pass", **figures: Any) -> Tale:
        self.note("scenario", key=key, dialect="1.6", attempt=1, covers=[requirement])
        self.note(
            "check",
            requirements=[requirement],
            name="c",
            outcome=outcome,
            sentence=f"It {outcome}ed.",
            monitor=None,
            figures=figures,
        )
        self.note("scenario_end", key=key, dialect="1.6", attempt=1, verdict=outcome, sentence="")
        return self

    def show(self, thing: str, requirement: str, outcome: str = "pass", **figures: Any) -> Tale:
        self.note(
            "check",
            thing=thing,
            requirements=[requirement],
            name="c",
            outcome=outcome,
            sentence=f"It is {outcome}.",
            monitor=None,
            figures=figures,
        )
        return self

    def whole(self) -> Tale:
        return self.play("X", "A-01").play("Y [1]", "B-01").play("Y [2]", "B-01")

    def levels(self, *, sealed: bool = True) -> Levels:
        if sealed:
            self.note("footer")
        return levels_of(self.entries)


def _held(levels: Levels) -> dict[str, tuple[str, ...]]:
    return {one.requirement: one.reasons for level in levels.levels for one in level.held}


def test_everything_passed_reaches_the_highest_level() -> None:
    """Nothing lacks, nothing screens."""
    levels = Tale().whole().levels()
    assert [level.standing for level in levels.levels] == ["reached", "reached"]
    assert levels.certified is not None
    assert levels.certified.id == "high"


def test_a_record_that_was_not_sealed_reaches_nothing() -> None:
    """A run that was cut off is no result."""
    levels = Tale().whole().levels(sealed=False)
    assert (levels.reached, levels.certified) == (None, None)


def test_a_failure_holds_back_from_its_level_on() -> None:
    """The level below still stands; the sentence of the verdict is the reason."""
    levels = Tale().play("X", "A-01").play("Y [1]", "B-01").play("Y [2]", "B-01", "fail").levels()
    assert levels.certified is not None
    assert levels.certified.id == "low"
    assert _held(levels) == {"B-01": ("It failed.",)}


def test_a_level_counts_only_with_those_below_it() -> None:
    """A level whose lower one is held back is not reached, whatever it passed itself."""
    only_high = {"id": "high", **LEVEL, "methods": ["chamber"]}
    tale = Tale(levels={"low": LEVELS["low"], "high": only_high})
    levels = tale.play("X", "A-01", "fail").play("Y [1]", "B-01").play("Y [2]", "B-01").levels()
    assert [level.standing for level in levels.levels] == ["held back", "reached"]
    assert levels.reached is None


def test_a_scenario_of_the_library_that_was_left_away_is_missed() -> None:
    """Selecting only what passes does not reach a level: neither a scenario nor a variant may be missing."""
    plan = [_scenario("Y [1]", "Y", "B-01")]
    levels = Tale(plan=plan).play("Y [1]", "B-01").levels()
    assert _held(levels) == {
        "A-01": ("Not tested: X was not part of this run.",),
        "B-01": ("Not tested: only 1 of 2 variants of Y were part of this run.",),
    }


def test_a_role_that_the_bench_lacks_is_named() -> None:
    """What was left out says why."""
    tale = Tale().play("X", "A-01")
    for key in ("Y [1]", "Y [2]"):
        tale.note(
            "not_tested", key=key, dialect="1.6", requirements=["B-01"], reason="the bench 'b' has no chamber"
        )
    assert _held(tale.levels()) == {"B-01": ("Not tested: the bench 'b' has no chamber.",)}


def test_what_is_planned_holds_back() -> None:
    """Also where a document about the same requirement is there."""
    planned = _requirement("C-01", "document", planned="no TLS yet")
    tale = Tale(requirements={"C-01": planned}, ways={}, papers=_papers("C-01"))
    assert _held(tale.show("cert", "C-01").levels()) == {"C-01": ("Not tested: planned; no TLS yet.",)}


def _papers(requirement: str) -> dict[str, Any]:
    return {"cert": {"id": "cert", "title": "Certificate", "statements": [{"covers": [requirement]}]}}


def test_a_missing_document_and_an_unanswered_question_are_named() -> None:
    """A scenario that passed does not make up for them."""
    checklist = {"look": {"id": "look", "question": "Is it there?", "covers": ["A-01"]}}
    levels = Tale(papers=_papers("A-01"), checklist=checklist).whole().levels()
    assert _held(levels) == {
        "A-01": ("The checklist was not answered: Is it there?", "A document is missing: Certificate.")
    }
    assert levels.levels[0].held[0].verdict == "not tested"


def test_a_part_that_was_shown_is_no_pass() -> None:
    """Neither one document of two, nor a scenario without the document that is asked for, nor either where more is planned."""
    checklist = {"look": {"id": "look", "question": "Is it there?", "covers": ["A-01"]}}
    half = Tale(papers=_papers("A-01"), checklist=checklist).show("cert", "A-01")
    assert [(row.verdict, row.sentence) for row in run_table(half.entries) if row.requirement == "A-01"] == [
        ("not tested", "The checklist was not answered: Is it there?")
    ]
    planned = Tale(requirements={"A-01": _requirement("A-01", "ocpp", planned="no TLS yet")}).play(
        "X", "A-01"
    )
    assert run_table(planned.entries)[0].sentence == "Not tested: planned; no TLS yet."
    failed = Tale(papers=_papers("A-01")).play("X", "A-01", "fail")
    assert run_table(failed.entries)[0].verdict == "fail"


def test_an_expired_document_is_told_by_its_verdict() -> None:
    """It is there, and decides nothing."""
    levels = Tale(papers=_papers("A-01")).whole().show("cert", "A-01", "inconclusive").levels()
    assert (levels.levels[0].held[0].verdict, _held(levels)["A-01"]) == (
        "inconclusive",
        ("It is inconclusive.",),
    )


def test_what_does_not_concern_the_charger_asks_for_no_document() -> None:
    """No payment terminal, no listing of it."""
    tale = Tale(
        papers=_papers("A-01"),
        checklist={"look": {"id": "look", "question": "Is it?", "covers": ["A-01"]}},
        ways={},
        requirements={"A-01": _requirement("A-01", "document")},
    )
    levels = tale.show("look", "A-01", inapplicable=True).levels()
    assert levels.levels[0].passed == ("A-01",)


def test_unverified_numbers_screen_and_do_not_certify() -> None:
    """Whether a check used one, a limit of the requirement is one, or the requirement itself is recalled."""
    by_check = Tale().play("X", "A-01", screening=True).play("Y [1]", "B-01").play("Y [2]", "B-01")
    by_limit = Tale(requirements={"A-01": _requirement("A-01", "ocpp", limits=["soft"])}).whole()
    by_itself = Tale(requirements={"A-01": _requirement("A-01", "ocpp", provenance="unverified")}).whole()
    for tale in (by_check, by_limit, by_itself):
        levels = tale.levels()
        assert levels.levels[0].screened == ("A-01",)
        assert levels.levels[0].standing == "screened"
        assert levels.reached is not None
        assert levels.certified is None


def test_a_requirement_that_nothing_is_about_is_told() -> None:
    """Not one falls through."""
    tale = Tale(requirements={"D-01": _requirement("D-01", "ocpp")}, ways={}, plan=[])
    assert _held(tale.levels()) == {"D-01": ("Not tested: no scenario of this run was about it.",)}


def test_a_monitor_that_saw_nothing_is_told() -> None:
    """What only monitors watch needs a run in which they had something to say."""
    tale = Tale(
        requirements={"D-01": _requirement("D-01", "ocpp")},
        ways={"D-01": {"scenarios": {}, "monitors": ["frames_valid"]}},
        plan=[],
    )
    assert _held(tale.levels()) == {
        "D-01": ("Not tested: the monitor frames_valid found nothing to say in this run.",)
    }


def test_a_record_of_old_states_no_levels() -> None:
    """There was nothing to reach."""
    assert levels_of([{"seq": 1, "kind": "header", "requirements": {}}]) == Levels(())


def test_the_header_and_the_documents_take_the_same_requirements() -> None:
    """What a record's header says a level takes is what the documents say."""
    requirements, levels = read_requirements(), read_levels()
    for level in levels.values():
        for one in requirements.values():
            assert takes(asdict(level), asdict(one)) == level.takes(one)
