"""Which requirement is proven by what."""

from __future__ import annotations

from typing import Any

from wattest.errors import Place
from wattest.judge.coverage import coverage, proven_by
from wattest.model.scenario import Given, Scenario, StepCall
from wattest.model.verb import Verb


async def charge(run: Any) -> None:
    """Let it flow."""


VERBS = {"charge": Verb("charge", charge, proves=("MET-01",))}
HERE = Place("x.yaml", 1, 1)


def _scenario(
    id_: str, covers: tuple[str, ...], *steps: StepCall, dialects: tuple[Any, ...] = ("1.6",)
) -> Scenario:
    return Scenario(id_, "t", "t", covers, (), dialects, Given(), steps, "x.yaml", "0", "metering")


def test_a_requirement_is_proven_by_steps_or_by_a_monitor() -> None:
    """Each row names who can say something about it."""
    plain = StepCall("charge", {}, HERE, "charge")
    told = StepCall("charge", {}, HERE, "charge", proves=("BIL-02",))
    scenarios = [
        _scenario("MET-001", ("MET-01", "OCP-01"), told, plain),
        _scenario("BIL-001", ("BIL-02", "X-99"), told, dialects=("2.0.1", "1.6")),
    ]
    rows = {
        row.requirement: row for row in coverage(scenarios, ["MET-01", "BIL-02", "OCP-01", "LCK-04"], VERBS)
    }
    assert list(rows) == ["MET-01", "BIL-02", "OCP-01", "LCK-04", "X-99"]
    assert rows["MET-01"].scenarios == {"MET-001": (2,)}
    assert rows["BIL-02"].scenarios == {"BIL-001": (1,)}
    assert rows["BIL-02"].dialects == ("1.6", "2.0.1")
    assert (rows["OCP-01"].monitors, rows["OCP-01"].scenarios) == (("calls_answered",), {"MET-001": ()})
    assert [row.requirement for row in rows.values() if not row.proven] == ["LCK-04", "X-99"]


def test_an_unknown_verb_proves_nothing() -> None:
    """Checking documents is for others."""
    assert proven_by(StepCall("fly", {}, HERE, "fly"), VERBS) == ()
