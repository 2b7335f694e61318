"""From the pilot's edge to the output: within the stated uncertainty at whatever phase the contactor moves."""

from __future__ import annotations

import math
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wattest.roles import PilotEvent
from wattest_instruments.switching import pilot_changes, switching_delay
from wattest_instruments.waveform import Estimate, Waveform

INTERVAL_S = 1e-5


def pilot(
    *states: tuple[float, float, float], length_s: float, interval_s: float = INTERVAL_S, phase: float = 0.0
) -> Waveform:
    """From ``t`` on, ``(t, high, duty)``; duty 1 is steady."""
    volts = []
    for index in range(round(length_s / interval_s)):
        t = index * interval_s
        _, high, duty = [state for state in states if state[0] <= t + 1e-12][-1]
        volts.append(high if (t * 1000.0 + phase) % 1.0 < duty else -12.0)
    return Waveform(0.0, interval_s, volts, 0.2)


def output(
    *live: tuple[float, float],
    length_s: float,
    volts: float = 240.0,
    phase: float = 0.0,
    noise_v: float = 4.0,
    residual_v: float = 0.0,
    seed: int = 1,
) -> Waveform:
    """A sine that is there between each pair of times, with the noise and the steps of an 8 bit converter."""
    noisy = random.Random(seed)
    samples = []
    for index in range(round(length_s / INTERVAL_S)):
        t = index * INTERVAL_S
        on = any(begin <= t < end for begin, end in live)
        rms = volts if on else residual_v
        value = math.sqrt(2.0) * rms * math.sin(2.0 * math.pi * 60.0 * t + phase)
        samples.append(4.0 * round((value + noisy.uniform(-noise_v, noise_v)) / 4.0))
    return Waveform(0.0, INTERVAL_S, samples, 4.0)


def delay(p: Waveform, o: Waveform, event: PilotEvent) -> Estimate | None:
    return switching_delay(p, o, event, threshold_v=30.0, frequency_hz=60.0)


@settings(max_examples=25, deadline=None)
@given(
    opens_s=st.floats(0.001, 0.12),
    phase=st.floats(0.0, 2 * math.pi),
    duty=st.floats(0.1, 0.96),
    edge_s=st.floats(0.05, 0.06),
    seed=st.integers(0, 2**32),
)
def test_opening_is_timed_within_its_uncertainty(
    opens_s: float, phase: float, duty: float, edge_s: float, seed: int
) -> None:
    """At any phase of the mains and any duty cycle: never more than a pulse gap and a zero crossing beside the truth."""
    seen = delay(
        pilot((0.0, 6.0, duty), (edge_s, 9.0, duty), length_s=0.25),
        output((0.0, edge_s + opens_s), length_s=0.25, phase=phase, seed=seed),
        "open",
    )
    assert seen is not None
    # Rectangular parts: half of each gap, which is sqrt(3) standard uncertainties; two of them add up at worst.
    assert abs(seen.value - opens_s) <= math.sqrt(6.0) * seen.u + 2 * INTERVAL_S
    assert seen.u < 0.4e-3


@settings(max_examples=25, deadline=None)
@given(
    closes_s=st.floats(0.001, 0.12),
    phase=st.floats(0.0, 2 * math.pi),
    duty=st.floats(0.1, 0.96),
    edge_s=st.floats(0.05, 0.06),
    seed=st.integers(0, 2**32),
)
def test_closing_is_timed_within_its_uncertainty(
    closes_s: float, phase: float, duty: float, edge_s: float, seed: int
) -> None:
    """The same for the output that becomes live."""
    seen = delay(
        pilot((0.0, 9.0, duty), (edge_s, 6.0, duty), length_s=0.25),
        output((edge_s + closes_s, 1.0), length_s=0.25, phase=phase, seed=seed),
        "close",
    )
    assert seen is not None
    assert abs(seen.value - closes_s) <= math.sqrt(6.0) * seen.u + 2 * INTERVAL_S
    assert seen.u < 0.4e-3


def test_a_step_at_the_peak_is_seen_itself() -> None:
    """Then a sample interval is all the doubt that the output adds; the rest is the pilot's."""
    peak_s = 0.1 + 1.0 / 240.0  # 60 Hz: a quarter of a period after a zero crossing
    seen = delay(
        pilot((0.0, 6.0, 0.96), (0.08, 12.0, 1.0), length_s=0.2),
        output((0.0, peak_s), length_s=0.2, noise_v=0.0),
        "open",
    )
    assert seen is not None
    assert seen.value == pytest.approx(peak_s - 0.08, abs=2.5e-5)
    assert seen.u < 2e-5


def test_a_residual_voltage_below_the_threshold_is_dead() -> None:
    """25 V rms left over by capacitors: its peaks pass 30 V, its rms does not."""
    seen = delay(
        pilot((0.0, 6.0, 0.5), (0.05, 9.0, 0.5), length_s=0.2),
        output((0.0, 0.1), length_s=0.2, residual_v=25.0),
        "open",
    )
    assert seen is not None
    assert seen.value == pytest.approx(0.05, abs=1e-3)


def test_a_spike_is_not_live() -> None:
    """One sample of 300 V does not make a half period live."""
    dead = output(length_s=0.2)
    volts = list(dead.volts)
    volts[15_000] = 300.0
    seen = delay(
        pilot((0.0, 9.0, 0.5), (0.05, 6.0, 0.5), length_s=0.2),
        Waveform(0.0, INTERVAL_S, volts, 4.0),
        "close",
    )
    assert seen is None


@pytest.mark.parametrize(
    ("states", "live", "event"),
    [
        (((0.0, 6.0, 0.5), (0.05, 9.0, 0.5)), ((0.0, 1.0),), "open"),  # welded: never dead
        (((0.0, 9.0, 0.5), (0.05, 6.0, 0.5)), (), "close"),  # never live
        (((0.0, 6.0, 0.5),), ((0.0, 0.1),), "open"),  # the pilot never left C
        (((0.0, 9.0, 0.5), (0.05, 6.0, 0.5), (0.09, 9.0, 0.5)), ((0.12, 1.0),), "close"),  # gone back before
        (((0.0, 6.0, 0.5), (0.05, 9.0, 0.5)), ((0.0, 0.05), (0.1, 1.0)), "open"),  # live again at the end
    ],
)
def test_what_did_not_happen_has_no_delay(
    states: tuple[tuple[float, float, float], ...], live: tuple[tuple[float, float], ...], event: PilotEvent
) -> None:
    """Without both the pilot's edge and the output following it, nothing is told."""
    assert delay(pilot(*states, length_s=0.2), output(*live, length_s=0.2), event) is None


@pytest.mark.parametrize(
    ("states", "live", "event"),
    [
        (((0.0, 9.0, 0.5), (0.05, 6.0, 0.5)), ((0.0, 1.0),), "close"),
        (((0.0, 6.0, 0.5), (0.05, 9.0, 0.5)), (), "open"),
        (((0.0, 6.0, 0.5), (0.05, 9.0, 0.5)), ((0.0, 0.02),), "open"),
    ],
)
def test_an_output_that_was_so_already_has_a_delay_of_nothing(
    states: tuple[tuple[float, float, float], ...], live: tuple[tuple[float, float], ...], event: PilotEvent
) -> None:
    """As the simulated oscilloscope has it: 0 s."""
    seen = delay(pilot(*states, length_s=0.2), output(*live, length_s=0.2), event)
    assert seen is not None
    assert seen.value == 0.0


@pytest.mark.parametrize(
    "after",
    [(9.0, 0.5), (12.0, 1.0), (0.0, 1.0), (-12.0, 1.0), (3.0, 0.5), (9.0, 1.0)],
    ids=["B", "A", "E", "F", "D", "B1"],
)
def test_every_way_out_of_state_c_is_seen(after: tuple[float, float]) -> None:
    """To B, A, E, F, and to D, which is not C."""
    changes = pilot_changes(pilot((0.0, 6.0, 0.5), (0.05, *after), length_s=0.1))
    assert [change.enters for change in changes] == [False]
    assert changes[0].t_s == pytest.approx(0.05, abs=1e-3)


def test_a_change_within_a_pulse_is_seen_to_the_sample() -> None:
    """On the high plateau the step itself is in the samples."""
    (change,) = pilot_changes(pilot((0.0, 9.0, 0.9), (0.0504, 6.0, 0.9), length_s=0.1))
    assert change.t_s == pytest.approx(0.0504, abs=2e-5)
    assert change.u_s < 1e-5


def test_pulses_of_a_digital_pilot_are_seen() -> None:
    """5 % duty: 50 us are plateau enough, and the 950 us between two pulses are no silence."""
    (change,) = pilot_changes(pilot((0.0, 9.0, 0.05), (0.05, 6.0, 0.05), length_s=0.1))
    assert change.enters
    assert change.t_s == pytest.approx(0.05, abs=1e-3)
