"""What a point of an accuracy profile will take."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from wattest.errors import BenchError
from wattest.judge.schedule import PROBING_S, planned, told_step_wh
from wattest.model.profile import LimitAt, Point, Profile
from wattest.model.requirement import Limit
from wattest.steps.accuracy import PROBES_S


def limit(name: str, value: str, unit: str = "%") -> Limit:
    return Limit(name, Decimal(value), unit, "source", "2026", "project", date(2026, 1, 1))


LIMITS = {
    one.id: one
    for one in (
        limit("one", "1"),
        limit("half", "0.5"),
        limit("five", "50"),
        limit("mmq", "2", "kWh"),
        limit("s", "1", "s"),
    )
}
PROFILE = Profile("p", "P", "s", "e", "project", (LimitAt("one"),), "hb44", (Point("low", 6.0, None),))


def plan(profile: Profile = PROFILE, point: Point | None = None, **more: Any) -> Any:
    arguments: dict[str, Any] = {"step_wh": 1.0, "rated_a": 32.0, "rated_w": 7680.0, **more}
    return planned(profile, point or profile.points[0], LIMITS, **arguments)


@pytest.mark.parametrize(
    ("profile", "point", "step", "energy", "why"),
    [
        (PROFILE, None, 1.0, 1000.0, "10 register steps of 1 Wh over the limit of 1 %"),
        (replace(PROFILE, mmq="mmq"), None, 1.0, 2000.0, "the minimum measured quantity, 2000 Wh"),
        (
            replace(PROFILE, mmq="mmq"),
            Point("high", None, 100.0, mmq_times=2.0),
            1.0,
            4000.0,
            "2 times the minimum measured quantity, 4000 Wh",
        ),
        (
            replace(PROFILE, limits=(LimitAt("five"),)),
            None,
            10.0,
            1000.0,
            "100 register steps of 10 Wh (1000 Wh)",
        ),
    ],
)
def test_the_energy_and_why(
    profile: Profile, point: Point | None, step: float, energy: float, why: str
) -> None:
    """The largest of minimum measured quantity, ten steps over the limit, a hundred steps."""
    found = plan(profile, point, step_wh=step)
    assert (found.energy_wh, found.why) == (energy, why)


def test_the_time_of_one_kilowatt_hour() -> None:
    """42 min at 6 A and 7.8 min at 32 A, 240 V; and what a session takes beside."""
    assert plan().charging_s / 60 == pytest.approx(41.7, abs=0.1)
    assert plan(point=Point("high", None, 100.0)).charging_s / 60 == pytest.approx(7.8, abs=0.05)
    quick = plan(point=Point("high", None, 100.0), rated_w=1e6)
    assert quick.duration_s > PROBING_S > quick.charging_s
    assert sum(PROBES_S) + 1 == PROBING_S


def test_a_share_is_of_the_rated_current() -> None:
    """50 % of 32 A are 16 A; a current beyond the rated one cannot be tried."""
    assert plan(point=Point("middle", None, 50.0)).current_a == 16.0
    with pytest.raises(BenchError) as caught:
        plan(point=Point("low", 40.0, None))
    assert str(caught.value) == "Point 'low' of profile 'p' asks for 40 A, and the charger is rated 32 A."


COLD = replace(PROFILE, limits=(LimitAt("one", 5.0, 30.0), LimitAt("five", -40.0, 5.0)))


def test_the_temperature_chooses_the_limit() -> None:
    """Where two meet, the first one holds."""
    assert [plan(COLD, air_c=t).limit.id for t in (23.0, 5.0, 4.9, -40.0)] == ["one", "one", "five", "five"]


@pytest.mark.parametrize(
    ("profile", "air_c", "sentence"),
    [
        (COLD, 31.0, "Profile 'p' has no limit at 31 degC."),
        (
            COLD,
            None,
            (
                "The limit of profile 'p' hangs on the temperature of the air, and nobody measures it: the bench needs a "
                "chamber."
            ),
        ),
        (
            replace(PROFILE, limits=(LimitAt("two"),)),
            None,
            "Profile 'p' names the limit 'two', which no file under fixtures/limits states.",
        ),
        (
            replace(PROFILE, limits=(LimitAt("s"),)),
            None,
            "Limit 's' is in s; an energy error needs a limit in %.",
        ),
    ],
)
def test_a_limit_that_cannot_be_known(profile: Profile, air_c: float | None, sentence: str) -> None:
    """It is an error of bench or suite, with the way out."""
    with pytest.raises(BenchError) as caught:
        plan(profile, air_c=air_c)
    assert str(caught.value) == sentence


def test_a_point_that_is_not_there() -> None:
    """The sentence names those there are."""
    with pytest.raises(BenchError) as caught:
        PROFILE.point("hgih")
    assert str(caught.value) == "Profile 'p' has no point 'hgih'; there are low."


def test_meter_start_and_stop_of_ocpp_16_are_whole_watt_hours() -> None:
    """However fine the register is."""
    assert [told_step_wh(0.1, "1.6"), told_step_wh(0.1, "2.0.1"), told_step_wh(10, "1.6")] == [1.0, 0.1, 10]
