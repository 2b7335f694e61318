"""The pilot's shape from samples: exact on clean records, close on noisy ones, and silent where it cannot know."""

from __future__ import annotations

import math
import random
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wattest_instruments.waveform import Waveform, crossings, pilot_shape


def pulses(
    *, high: float, duty: float, edge_s: float = 4e-6, frequency: float = 1000.0, phase: float = 0.3
) -> Callable[[float], float]:
    """A pilot as a function of time; ``edge_s`` from 0 % to 100 %, centred where the duty cycle is counted."""

    def at(t: float) -> float:
        inside = (t * frequency + phase) % 1.0 / frequency
        length = duty / 100.0 / frequency
        rise = (inside + edge_s / 2) / edge_s if inside < 0.5 / frequency else 1.0
        again = (inside - 1.0 / frequency + edge_s / 2) / edge_s
        fall = (length + edge_s / 2 - inside) / edge_s
        share = max(0.0, min(1.0, rise, fall), min(1.0, again))
        return -12.0 + (high + 12.0) * share

    return at


def record(
    signal: Callable[[float], float],
    *,
    interval_s: float = 0.4e-6,
    duration_s: float = 24e-3,
    noise: tuple[float, float] = (0.0, 0.0),
    seed: int = 1,
) -> Waveform:
    noisy = random.Random(seed)
    return Waveform(
        -duration_s / 2,
        interval_s,
        [
            signal(-duration_s / 2 + i * interval_s) + noisy.uniform(*noise)
            for i in range(round(duration_s / interval_s))
        ],
    )


def test_a_clean_pilot_is_read_exactly() -> None:
    """Plateaus, duty, frequency and edges of 32 A in state C, over at least 20 periods."""
    shape = pilot_shape(record(pulses(high=6.0, duty=53.333, edge_s=5e-6)))
    assert shape.periods >= 20
    assert not shape.flags
    assert shape.high.value == pytest.approx(6.0)
    assert shape.low is not None
    assert shape.low.value == pytest.approx(-12.0)
    assert shape.duty.value == pytest.approx(53.333, abs=0.005)
    assert shape.frequency.value == pytest.approx(1000.0, abs=0.01)
    assert shape.rise is not None
    assert shape.fall is not None
    assert shape.rise.value == pytest.approx(4e-6, rel=0.02)
    assert shape.fall.value == pytest.approx(4e-6, rel=0.02)


@settings(max_examples=40, deadline=None)
@given(
    high=st.sampled_from([3.0, 6.0, 9.0]),
    duty=st.floats(5.0, 96.0),
    frequency=st.floats(980.0, 1020.0),
    phase=st.floats(0.0, 1.0),
    seed=st.integers(0, 2**32),
)
def test_noise_moves_a_reading_by_less_than_its_uncertainty_allows(
    high: float, duty: float, frequency: float, phase: float, seed: int
) -> None:
    """With noise from -40 mV to +50 mV every value lies within three standard uncertainties, noise bias allowed for."""
    signal = pulses(high=high, duty=duty, frequency=frequency, phase=phase)
    shape = pilot_shape(record(signal, interval_s=1e-6, noise=(-0.04, 0.05), seed=seed))
    assert not shape.flags
    assert shape.periods >= 20
    assert shape.low is not None
    assert abs(shape.high.value - high - 0.005) <= 3 * shape.high.u + 0.01
    assert abs(shape.low.value + 12.0 - 0.005) <= 3 * shape.low.u + 0.01
    assert abs(shape.duty.value - duty) <= 3 * shape.duty.u
    assert abs(shape.frequency.value - frequency) <= 3 * shape.frequency.u


@settings(max_examples=30, deadline=None)
@given(level=st.sampled_from([12.0, 9.0, 6.0, 0.0, -12.0]), seed=st.integers(0, 2**32))
def test_a_steady_pilot_is_recognised_in_noise(level: float, seed: int) -> None:
    """Duty 100, frequency 0, no low level and no edges."""
    shape = pilot_shape(record(lambda _t: level, interval_s=10e-6, noise=(-0.04, 0.05), seed=seed))
    assert (shape.duty.value, shape.frequency.value, shape.low, shape.rise) == (100.0, 0.0, None, None)
    assert shape.high.value == pytest.approx(level + 0.005, abs=0.01)
    assert not shape.flags


@settings(max_examples=60, deadline=None)
@given(st.lists(st.floats(-400.0, 400.0), max_size=200))
def test_no_record_upsets_the_algorithm(volts: list[float]) -> None:
    """Whatever was recorded, there is a shape or the flag that there is none."""
    shape = pilot_shape(Waveform(0.0, 1e-5, volts))
    assert math.isfinite(shape.high.value) or shape.flags == {"no data"}


@pytest.mark.parametrize(
    "later",
    [pulses(high=9.0, duty=50.0), pulses(high=6.0, duty=20.0), lambda _t: 6.0],
    ids=["another state", "another duty", "pulses stopped"],
)
def test_a_pilot_that_changed_meanwhile_is_flagged(later: Callable[[float], float]) -> None:
    """A mean over two states belongs to neither."""
    first = pulses(high=6.0, duty=50.0)
    shape = pilot_shape(record(lambda t: first(t) if t < 0.004 else later(t), interval_s=2e-6))
    assert shape.flags == {"not settled"}


def test_a_step_between_two_steady_levels_is_flagged() -> None:
    """From 9 V to 6.5 V without pulses: less than a pulse spans, more than noise explains."""
    shape = pilot_shape(record(lambda t: 9.0 if t < 0 else 6.5, interval_s=1e-5))
    assert shape.flags == {"not settled"}


def test_less_than_two_periods_are_no_data() -> None:
    """A single pulse tells no frequency."""
    shape = pilot_shape(record(pulses(high=9.0, duty=50.0), duration_s=1.5e-3))
    assert shape.flags == {"no data"}
    assert math.isnan(shape.duty.value)
    assert pilot_shape(Waveform(0.0, 1e-6, [])).flags == {"no data"}


def test_an_edge_faster_than_the_samples_keeps_its_doubt() -> None:
    """0.8 of the sampling interval is what a step looks like; its uncertainty says so."""
    shape = pilot_shape(record(pulses(high=9.0, duty=50.0, edge_s=1e-9, phase=0.3003), interval_s=5e-6))
    assert shape.rise is not None
    assert shape.rise.value == pytest.approx(4e-6, abs=1e-6)
    assert shape.rise.u > 1e-6


def test_plateaus_do_not_see_ringing() -> None:
    """Overshoot after the edges lies outside the middle of the half period."""
    clean = pulses(high=6.0, duty=50.0)

    def ringing(t: float) -> float:
        inside = (t * 1000.0 + 0.3) % 1.0 / 1000.0
        return clean(t) + (3.0 if 5e-6 < inside < 40e-6 else 0.0)

    assert pilot_shape(record(ringing)).high.value == pytest.approx(6.0)


def test_a_crossing_needs_to_go_on() -> None:
    """Touching the level and turning back is no crossing."""
    assert crossings([0.0, 1.2, 0.0, 1.2, 0.0], 1.0, 0.5) == []
    assert [c.rising for c in crossings([0.0, 2.0, 0.9, 1.1, 2.0, 0.0], 1.0, 0.5)] == [True, False]
