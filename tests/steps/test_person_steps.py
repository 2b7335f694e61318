"""Steps that a person does: what a picture and a gauge prove, and what they do not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from wattest.errors import BenchError, Inconclusive, RequirementFailed
from wattest.roles import Photo, Reading
from wattest.steps.person import inspect, measure_by_hand

if TYPE_CHECKING:
    from tests.steps.conftest import Stand


class FakePerson:
    """Answers and reads what it was told to, and takes pictures."""

    def __init__(
        self, stand: Stand, answer: str = "whole", value: float = 0.0, u: float | None = 0.5
    ) -> None:
        self.answer, self.value, self.u = answer, value, u
        self.unit: str | None = None
        self.asked: list[Any] = []
        stand.parts["operator"] = self

    async def ask(self, question: str, answers: tuple[str, ...]) -> str:
        self.asked.append(question)
        return self.answer

    async def measure(self, subject: str, unit: str) -> Reading:
        self.asked.append((subject, unit))
        return Reading(self.value, self.unit or unit, 0.0, u=self.u, seq=(4,))

    async def photograph(self, subject: str) -> Photo:
        self.asked.append(f"picture of {subject}")
        return Photo("jacket.jpg", "0" * 64, 7)


def look(stand: Stand, **more: Any) -> Any:
    """Ask whether the jacket is whole."""
    return inspect(
        stand.run_, question="Is it whole?", answers=("whole", "cracked"), accept=("whole",), **more
    )


def test_a_look_is_proven_by_a_picture(stand: Stand) -> None:
    """The picture comes first, and is evidence of the check."""
    person = FakePerson(stand)
    stand.do(look(stand))
    assert person.asked == ["picture of Is it whole?", "Is it whole?"]
    check = next(entry for entry in stand.notes if entry["kind"] == "check")
    assert (check["outcome"], 7 in check["evidence"]) == ("pass", True)
    assert stand.checks() == [("Is it whole?", "pass")]


def test_what_was_seen_can_fail(stand: Stand) -> None:
    """An answer that is not accepted fails, in the person's words; a picture can be left out."""
    person = FakePerson(stand, "cracked")
    with pytest.raises(RequirementFailed) as caught:
        stand.do(look(stand, photo=False))
    assert str(caught.value) == "The answer to 'Is it whole?' is 'cracked'; allowed is 'whole'."
    assert person.asked == ["Is it whole?"]


def test_accepting_what_nobody_can_answer(stand: Stand) -> None:
    """A scenario whose accepted answer cannot be given is a mistake."""
    FakePerson(stand)
    with pytest.raises(BenchError) as caught:
        stand.do(inspect(stand.run_, question="Is it whole?", answers=("yes", "no"), accept=("whole",)))
    assert str(caught.value) == "'whole' is accepted but is none of the answers: yes, no."


def test_a_gauge_is_held_against_its_limit(stand: Stand) -> None:
    """The limit says the unit; the reading has its picture beside it."""
    person = FakePerson(stand, value=18.0)
    stand.do(measure_by_hand(stand.run_, subject="force to straighten", at_most="cable_straighten"))
    assert person.asked == ["picture of force to straighten", ("force to straighten", "N")]
    assert stand.checks() == [("force to straighten", "pass")]


def test_a_ruler_is_read_in_metres(stand: Stand) -> None:
    """A limit in mm is held against a reading in m."""
    FakePerson(stand, value=0.08, u=0.002)
    with pytest.raises(RequirementFailed) as caught:
        stand.do(measure_by_hand(stand.run_, subject="lowest point", at_least="cable_clearance", photo=False))
    assert str(caught.value).startswith(
        "The lowest point is 0.08 +- 0.004 m; at least 0.15 m is allowed (cable_clearance"
    )


def test_a_gauge_that_nobody_calibrated(stand: Stand) -> None:
    """A value without uncertainty decides nothing."""
    FakePerson(stand, value=5.0, u=None)
    with pytest.raises(Inconclusive) as caught:
        stand.do(measure_by_hand(stand.run_, subject="force", at_most="cable_straighten"))
    assert "the uncertainty of the reading is unknown" in str(caught.value)


def test_a_reading_in_another_unit(stand: Stand) -> None:
    """Pounds are not newtons."""
    FakePerson(stand, value=5.0).unit = "lbf"
    with pytest.raises(Inconclusive) as caught:
        stand.do(measure_by_hand(stand.run_, subject="force", at_most="cable_straighten"))
    assert str(caught.value) == "'force' was read in lbf, and its limits are in N."


@pytest.mark.parametrize(
    ("bounds", "said"),
    [
        ({}, "'force' is measured against nothing: name a limit under at_most or at_least."),
        (
            {"at_most": "cable_straighten", "at_least": "cable_clearance"},
            "The limits of 'force' are in N and mm; both must be in one unit.",
        ),
    ],
)
def test_limits_that_make_no_sense(stand: Stand, bounds: dict[str, Any], said: str) -> None:
    """Nothing, or two units, is a mistake of the scenario."""
    FakePerson(stand)
    with pytest.raises(BenchError) as caught:
        stand.do(measure_by_hand(stand.run_, subject="force", **bounds))
    assert str(caught.value) == said
