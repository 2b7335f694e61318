from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wattest.errors import Inconclusive
from wattest.judge.thermal import Stability, bedewed, ramp_k_per_min, stable
from wattest.roles import Reading


def series(*points: tuple[float, float], u: float | None = 0.2) -> list[Reading]:
    """Readings in degC at minutes."""
    return [Reading(value, "degC", minute * 60.0, u=u) for minute, value in points]


def flat(value: float = -40.0, minutes: int = 30, u: float | None = 0.2) -> list[Reading]:
    return series(*((float(minute), value) for minute in range(minutes + 1)), u=u)


def test_half_an_hour_at_the_target_is_stable() -> None:
    """Every thermometer within the tolerance and without drift; the sentence names them and the criterion."""
    state = stable({"air": flat(-40.5), "enclosure": flat(-38.1)}, -40.0)
    assert state == Stability(
        "stable", "Air, enclosure: within 3 K of -40 degC, and less than 1 K of drift in 1800 s."
    )


def test_one_warm_thermometer_keeps_the_rest_from_being_stable() -> None:
    """The thermometer outside the tolerance is named with its value, the time and the limit."""
    state = stable({"air": flat(-40.0), "contactor": flat(-36.0)}, -40.0)
    assert state == Stability(
        "not stable", "Contactor read -36 degC at 0 s, 4 K from -40 degC; 3 K are allowed."
    )


@pytest.mark.parametrize(("end", "outcome"), [(-39.01, "stable"), (-39.0, "not stable")])
def test_drift_must_be_less_than_one_kelvin(end: float, outcome: str) -> None:
    """Just below 1 K in 30 min is stable, 1 K is not."""
    drifting = [replace(reading, value=end) if reading.t_s == 1800.0 else reading for reading in flat()]
    assert stable({"meter": drifting}, -40.0).outcome == outcome


def test_drift_is_named_with_its_size() -> None:
    """What moved, by how much, and in which time."""
    drifting = [replace(r, value=-40.0 + r.t_s / 1200.0) for r in flat()]
    assert stable({"meter": drifting}, -40.0).sentence == (
        "Meter moved by 1.5 K in 1800 s; less than 1 K is allowed."
    )


def test_what_was_before_the_window_does_not_count() -> None:
    """An hour of cooling before the half hour is forgotten."""
    cooling = series(*((float(minute), 23.0 - minute) for minute in range(63)))
    then = [replace(reading, t_s=reading.t_s + 63 * 60.0) for reading in flat()]
    assert stable({"air": [*cooling, *then]}, -40.0).outcome == "stable"
    assert stable({"air": [*cooling, *then[:-1]]}, -40.0).outcome == "not stable"


@pytest.mark.parametrize(
    ("readings", "sentence"),
    [
        ({}, "No thermometer was read, so nothing can be called stable."),
        ({"air": []}, "No thermometer was read, so nothing can be called stable."),
        ({"air": flat(minutes=29)}, "Air was not watched over the whole 1800 s."),
        ({"air": flat(), "cable": []}, "Cable was not watched over the whole 1800 s."),
        (
            {"air": series((0, -40), (7, -40), (12, -40), (18, -40), (24, -40), (30, -40))},
            "Air was not read for 420 s; at most 360 s may pass, for 1800 s of watching.",
        ),
        (
            {"air": flat(), "cable": flat(minutes=23)},
            "Cable was not read for 420 s; at most 360 s may pass, for 1800 s of watching.",
        ),
        (
            {"air": [*flat()[:-1], replace(flat()[-1], flags=frozenset({"no data"}))]},
            "Air has a reading at 1800 s that is flagged no data.",
        ),
        (
            {"air": [*flat()[:-1], replace(flat()[-1], value=float("nan"))]},
            "Air has a reading at 1800 s that is no number.",
        ),
        (
            {"air": flat(u=None)},
            "Air has no uncertainty: state its accuracy or its calibration in the bench file.",
        ),
        (
            {"air": flat(-37.3)},
            (
                "Air read -37.3 degC at 0 s: whether that is within 3 K of -40 degC lies inside its uncertainty of 0.4 K "
                "(k = 2)."
            ),
        ),
    ],
)
def test_doubt_is_undecided(readings: dict[str, list[Reading]], sentence: str) -> None:
    """Gaps, flags and unknown or large uncertainty are never stable, and the sentence says which it was."""
    assert stable(readings, -40.0) == Stability("undecided", sentence)


def test_what_contradicts_outweighs_doubt() -> None:
    """A thermometer that is surely too warm decides, although another has no uncertainty."""
    assert stable({"air": flat(u=None), "meter": flat(-30.0)}, -40.0).outcome == "not stable"


def test_criteria_can_be_chosen() -> None:
    """Tolerance, drift and window are arguments."""
    assert stable({"air": flat(-40.5, minutes=10, u=0.01)}, -40.0, 0.6, 0.1, 600.0).outcome == "stable"
    assert stable({"air": flat(-40.5, minutes=10, u=0.01)}, -40.0, 0.4, 0.1, 600.0).outcome == "not stable"


def test_steady_ramp_is_its_slope_with_its_sign() -> None:
    """Cooling at 1 K/min is -1, warming +1, holding 0."""
    down = series(*((minute / 2, 23.0 - minute / 2) for minute in range(60)))
    assert ramp_k_per_min(down) == pytest.approx(-1.0)
    assert ramp_k_per_min([replace(r, value=-r.value) for r in down]) == pytest.approx(1.0)
    assert ramp_k_per_min(flat()) == 0.0


def test_short_spurt_is_averaged_over_five_minutes() -> None:
    """Two kelvin within a minute after a rest are 0.4 K/min; spread over nine minutes they are less."""
    spurt = series(*((float(minute), 23.0 if minute < 8 else 21.0) for minute in range(20)))
    assert ramp_k_per_min(spurt) == pytest.approx(-0.4)
    assert ramp_k_per_min(spurt, 540.0) == pytest.approx(-2.0 / 9.0)


def test_steepest_stretch_may_begin_between_two_readings() -> None:
    """A stretch that begins and ends between readings is found: corners of either end count."""
    readings = [
        Reading(value, "degC", t) for t, value in ((0, 0), (50, 0), (110, 2), (170, 4), (230, 6), (290, 8))
    ]
    readings += [Reading(value, "degC", t) for t, value in ((330, 9), (380, 9), (430, 9))]
    assert ramp_k_per_min(readings) == pytest.approx(9.0 / 5.0)


@pytest.mark.parametrize(
    ("readings", "sentence"),
    [
        (
            [],
            "The ramp cannot be told: readings over 0 s are fewer than the 300 s it is averaged over.",
        ),
        (
            flat(minutes=4),
            "The ramp cannot be told: readings over 240 s are fewer than the 300 s it is averaged over.",
        ),
        (
            series((0, 20), (1, 20), (2, 20), (3, 20), (5, 20)),
            "The ramp cannot be told: 120 s passed between two readings; at most 60 s may, for a mean over 300 s.",
        ),
        (
            [*flat(), Reading(20.0, "degC", 1860.0, flags=frozenset({"over-range"}))],
            "The ramp cannot be told: a reading at 1860 s is flagged over-range.",
        ),
    ],
)
def test_ramp_that_was_not_watched_is_inconclusive(readings: list[Reading], sentence: str) -> None:
    """Too short, too sparse or flagged readings tell no rate."""
    with pytest.raises(Inconclusive) as caught:
        ramp_k_per_min(readings)
    assert str(caught.value) == sentence


@given(st.lists(st.floats(-60.0, 60.0), min_size=12, max_size=40))
def test_no_window_is_steeper_than_the_answer(values: list[float]) -> None:
    """Whatever the air does, no stretch of five minutes between readings moves faster than the rate told."""
    readings = [Reading(value, "degC", 30.0 * place) for place, value in enumerate(values)]
    steepest = abs(ramp_k_per_min(readings))
    for before, after in zip(readings, readings[10:], strict=False):
        assert abs(after.value - before.value) / 5.0 <= steepest + 1e-9


def one(value: float, unit: str = "degC", **more: object) -> Reading:
    return replace(Reading(value, unit, 0.0, u=0.3), **more)  # type: ignore[arg-type]


def test_a_surface_below_the_dew_point_is_bedewed() -> None:
    """The sentence names surface, dew point, air and humidity; the dew point is the lowest that the readings allow."""
    assert bedewed("enclosure", one(10.0), one(20.0), one(95.0, "%", u=1.0)) == (
        "Enclosure was at 10 degC, below the dew point of 18.2377 degC of air at 20 degC and 95 %."
    )


@pytest.mark.parametrize(
    ("surface", "humidity"),
    [
        (one(18.0), one(95.0, "%", u=1.0)),
        (one(10.0, flags=frozenset({"no data"})), one(95.0, "%")),
        (one(10.0, u=None), one(95.0, "%")),
        (one(10.0), one(95.0, "%", u=None)),
        (one(10.0), one(0.5, "%")),
    ],
    ids=["inside the uncertainty", "flagged", "no uncertainty", "humidity without uncertainty", "dry"],
)
def test_doubt_shows_no_dew(surface: Reading, humidity: Reading) -> None:
    """Nothing is called wet that might be dry."""
    assert bedewed("enclosure", surface, one(20.0), humidity) is None
