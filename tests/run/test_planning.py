"""Hours of accuracy scenarios, before a live bench begins."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from wattest.errors import Place
from wattest.model.scenario import Reference, Scenario, StepCall
from wattest.run.assemble import documents
from wattest.run.planning import accuracy_hours
from wattest.run.prove import library

PLACE = Place("x", 1, 1)


def scenario(*steps: tuple[str, dict[str, Any]]) -> Scenario:
    calls = tuple(StepCall(verb, arguments, PLACE, verb) for verb, arguments in steps)
    return replace(library()[0], id="TINY-001", steps=calls, parameters={})


def hours(*steps: tuple[str, dict[str, Any]]) -> float:
    ((_, _, found),) = accuracy_hours([(scenario(*steps), "1.6")], documents())
    return found


COMPARE: tuple[str, dict[str, Any]] = ("compare_energy", {})


def test_charging_takes_its_energy_over_its_power() -> None:
    """1 kWh at 6 A and 240 V is 42 min, whichever step stated the current; waiting adds up."""
    assert hours(("charge", {"current": 6.0, "energy": 1000.0}), COMPARE) == pytest.approx(1000 / 1440)
    assert hours(("charge", {"current": 6.0}), ("charge", {"energy": 1000.0}), COMPARE) == pytest.approx(
        1000 / 1440
    )
    assert hours(("wait", {"for_": 1800.0}), COMPARE) == pytest.approx(0.5)


def test_what_is_not_known_before_is_left_out() -> None:
    """A value that an earlier step saves has no hours yet; a current beyond the rated one is cut to it."""
    saved = Reference("paid", ("energy_wh",))
    assert hours(("charge", {"energy": saved}), COMPARE) == 0.0
    assert hours(("charge", {"current": 500.0, "energy": 11_520.0}), COMPARE) == pytest.approx(1.0)


def test_profile_steps_take_what_their_points_take() -> None:
    """All points, one point, or one point several times."""
    whole = hours(("energy_accuracy", {"profile": "hb44_ac", "card": "driver", "point": None}))
    parts = [
        hours(("energy_accuracy", {"profile": "hb44_ac", "point": name}))
        for name in ("low", "middle", "high")
    ]
    assert whole == pytest.approx(sum(parts))
    assert hours(("repeatability", {"profile": "hb44_ac", "point": "high"})) == pytest.approx(3 * parts[2])
    assert hours(("repeatability", {"profile": "hb44_ac", "point": "high", "runs": 5})) == pytest.approx(
        5 * parts[2]
    )
    assert hours(("repeatability", {"profile": "hb44_ac", "point": "nowhere"})) == 0.0


def test_a_chamber_chooses_the_limit() -> None:
    """At -30 degC the table asks for a quarter of the energy."""
    step: tuple[str, dict[str, Any]] = ("energy_accuracy", {"profile": "mid_by_temperature", "point": "low"})
    assert hours(("set_temperature", {"temperature": -30.0}), step) < 0.6 * hours(step)


def test_other_scenarios_have_no_hours() -> None:
    """Only those that compare energy are named, in the order of their keys."""
    assert accuracy_hours([(scenario(("wait", {"for_": 60.0})), "1.6")], documents()) == ()
    plan: Any = [(one, "1.6") for one in reversed(library())]
    keys = [key for key, _, _ in accuracy_hours(plan, documents())]
    assert keys == sorted(keys)
    assert {"METER-001", "METER-008", "METER-009", "COLD-001"} <= set(keys)
