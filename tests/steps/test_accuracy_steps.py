"""Steps by an accuracy profile, where a session is not needed; whole sessions stand in tests/run/test_metrology.py."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from wattest.errors import BenchError, Inconclusive, RequirementFailed
from wattest.steps.accuracy import PROBES_S, check_register_step, energy_accuracy, repeatability

if TYPE_CHECKING:
    from tests.steps.conftest import Stand

PROFILE: Any = "hb44_ac"


def running(stand: Stand, *values: int) -> None:
    """A transaction that runs and has told these values of its register."""
    begun = stand.transaction().started_at
    assert begun is not None
    told = tuple((begun + timedelta(seconds=n), Decimal(value), 3) for n, value in enumerate(values))
    stand.csms.put(
        stand.transaction(ended_at=None, meter_stop_wh=None, meter_start_wh=Decimal(0), register=told)
    )


def grows(stand: Stand, step: int) -> None:
    """With each question the register has grown, in steps of so many Wh."""
    values: list[int] = []

    def told(command: str) -> None:
        values.append(int(2.7 * sum(PROBES_S[: len(values) + 1]) / step) * step)
        running(stand, *values)

    stand.csms.fake.then = told


@pytest.mark.parametrize(("step", "outcome"), [(1, "pass"), (2, "fail"), (10, "fail")])
def test_the_step_of_a_register_is_found(stand: Stand, step: int, outcome: str) -> None:
    """Asked for at uneven moments, sixteen times: a step of 2 Wh is no accident."""
    running(stand)
    grows(stand, step)
    try:
        stand.do(check_register_step(stand.run_))
    except RequirementFailed as problem:
        assert f"moves in steps of {step} Wh, seen in 16 independent differences" in str(problem)  # noqa: PT017
    assert stand.checks() == [("register fine enough", outcome)]


def test_a_station_that_does_not_answer_decides_nothing(stand: Stand) -> None:
    """Without TriggerMessage the register is not seen often enough."""
    running(stand)
    stand.csms.fake.answers["trigger"] = "NotImplemented"
    with pytest.raises(Inconclusive, match="did not move in 1 readings, so that its step cannot be told"):
        stand.do(check_register_step(stand.run_))


def test_a_step_shows_while_energy_flows(stand: Stand) -> None:
    """Without a transaction there is nothing to look at."""
    with pytest.raises(Inconclusive) as caught:
        stand.do(check_register_step(stand.run_))
    assert str(caught.value) == (
        "The step of the register shows while energy flows, and no transaction is running."
    )


def test_a_limit_of_a_step_is_an_energy(stand: Stand) -> None:
    """Amperes are none."""
    running(stand, 0, 1)
    limit: Any = "hb44_starting_load"
    with pytest.raises(BenchError) as caught:
        stand.do(check_register_step(stand.run_, limit=limit))
    assert str(caught.value) == "Limit 'hb44_starting_load' is in A; the step of a register is in Wh."


def test_what_a_profile_names_must_be_there(stand: Stand) -> None:
    """A profile, a rule, a point, a limit on repeatability: each missing one is named with those there are."""
    run, card = stand.run_, "driver"
    with pytest.raises(BenchError, match="There is no profile 'hb44_ac' under fixtures/profiles; known are "):
        stand.do(energy_accuracy(run, profile=PROFILE, card=card))
    from wattest.model.read_profile import read_profiles
    from wattest.model.read_requirements import read_decision_rules

    run.profiles = read_profiles()
    with pytest.raises(BenchError, match="Profile 'hb44_ac' names the decision rule 'hb44'; known are "):
        stand.do(energy_accuracy(run, profile=PROFILE, card=card))
    run.rules = read_decision_rules()
    with pytest.raises(BenchError, match="has no point 'top'; there are low, middle, high"):
        stand.do(energy_accuracy(run, profile=PROFILE, card=card, point="top"))
    bare = replace(run.profiles["hb44_ac"], repeat_limit=None)
    run.profiles = {"hb44_ac": bare}
    with pytest.raises(BenchError, match="states no repeat_limit, so its repeatability cannot be judged"):
        stand.do(repeatability(run, profile=PROFILE, point="high", card=card))


def test_a_limit_by_temperature_needs_somebody_who_measures_it(stand: Stand) -> None:
    """Without a chamber nobody knows which limit holds."""
    from wattest.model.read_profile import read_profiles
    from wattest.model.read_requirements import read_decision_rules

    stand.run_.profiles, stand.run_.rules = read_profiles(), read_decision_rules()
    cold: Any = "mid_by_temperature"
    with pytest.raises(BenchError, match="hangs on the temperature of the air, and nobody measures it"):
        stand.do(energy_accuracy(stand.run_, profile=cold, card="driver"))
