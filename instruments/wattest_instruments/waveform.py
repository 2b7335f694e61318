"""What a recorded control pilot says: one algorithm for oscilloscopes, converters in vehicle emulators and twins.

Pure functions on samples, without numpy::

    shape = pilot_shape(Waveform(start_s=0.0, interval_s=0.4e-6, volts=samples, step_v=0.2))
    shape.high.value, shape.duty.value, shape.frequency.value      # V, %, Hz

Periods and duty come from crossings of the level half-way between the plateaus, interpolated between samples;
plateaus are medians of the middle 20 % to 80 % of each half period; edges are timed from 10 % to 90 %. Each value
carries the standard uncertainty that scatter and resolution give it (JCGM 100:2008, 4.2.3 and 4.3.7); what the
instrument's accuracy adds is its driver's to know.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean, median, stdev

NO_DATA = "no data"
NOT_SETTLED = "not settled"
"""The pilot changed its level or its duty cycle while it was recorded."""

STEADY_V = 3.0
"""A pilot that spans less than this does not oscillate: pulses go down to -12 V, so they span 12 V at least."""
SETTLED_V = 1.0
"""How far the plateaus of one record may lie apart: states are 3 V apart, noise is far less. A project figure."""
SETTLED_PCT = 2.0
"""How far the duty cycles of one record may lie apart, in percent of a period. A project figure."""
HYSTERESIS = 0.15
"""Of the span: a crossing counts once the signal has gone so far beyond it, so that noise makes no edges."""
LEAST_PERIODS = 2
SQRT12 = math.sqrt(12.0)


@dataclass(frozen=True)
class Waveform:
    """Samples at equal intervals: ``volts[i]`` was there at ``start_s + i * interval_s``.

    ``step_v`` is what the last digit of the converter is worth, 0 when nobody knows.
    """

    start_s: float
    interval_s: float
    volts: Sequence[float]
    step_v: float = 0.0

    def time_s(self, index: float) -> float:
        """When the sample of this number was taken; a fraction lies between two samples."""
        return self.start_s + index * self.interval_s


@dataclass(frozen=True)
class Estimate:
    """A value and its standard uncertainty (k = 1) from scatter and resolution alone."""

    value: float
    u: float


@dataclass(frozen=True)
class PilotShape:
    """A control pilot in volts, percent, hertz and seconds. A steady one has duty 100 and frequency 0."""

    high: Estimate
    duty: Estimate
    frequency: Estimate
    low: Estimate | None = None
    rise: Estimate | None = None
    fall: Estimate | None = None
    periods: int = 0
    flags: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Crossing:
    """Where a signal passed a level, in samples from the first, and whether it rose."""

    at: float
    rising: bool


def pilot_shape(wave: Waveform) -> PilotShape:
    """Plateaus, duty, frequency and edges of a record.

    Flagged ``not settled`` when state or duty changed meanwhile, and ``no data`` when the signal neither rests nor
    oscillates for ``LEAST_PERIODS`` whole periods.
    """
    if len(wave.volts) < 2:
        return _nothing()
    ordered = sorted(wave.volts)
    low, high = ordered[len(ordered) // 100], ordered[-1 - len(ordered) // 100]
    span = high - low
    if span < STEADY_V:
        return _steady(wave)
    found = crossings(wave.volts, (low + high) / 2.0, HYSTERESIS * span)
    edges = found[1:] if found and not found[0].rising else found
    # A period is a rising crossing, the falling one after it, and the rising one that begins the next period.
    periods = [
        (rise.at, fall.at, end.at)
        for rise, fall, end in zip(edges[::2], edges[1::2], edges[2::2], strict=False)
    ]
    if len(periods) < LEAST_PERIODS:
        return _nothing()
    highs = [_plateau(wave.volts, rise, fall) for rise, fall, _ in periods]
    lows = [_plateau(wave.volts, fall, end) for _, fall, end in periods]
    duties = [100.0 * (fall - rise) / (end - rise) for rise, fall, end in periods]
    length = (periods[-1][2] - periods[0][0]) / len(periods)
    frequency = 1.0 / (length * wave.interval_s)
    settled = (
        max(found[0].at, len(wave.volts) - found[-1].at) <= 1.5 * length  # it oscillated from end to end
        and max(highs) - min(highs) <= SETTLED_V
        and max(lows) - min(lows) <= SETTLED_V
        and max(duties) - min(duties) <= SETTLED_PCT
    )
    plateau_high, plateau_low = median(highs), median(lows)
    rises = [_edge(wave.volts, rise, plateau_low, plateau_high) for rise, _, _ in periods]
    falls = [_edge(wave.volts, fall, plateau_high, plateau_low) for _, fall, _ in periods]
    # Between two samples the signal is taken for a straight line: a crossing may lie a whole interval wrong.
    crossing = 1.0 / SQRT12
    return PilotShape(
        high=Estimate(plateau_high, math.hypot(_scatter(highs), wave.step_v / SQRT12)),
        low=Estimate(plateau_low, math.hypot(_scatter(lows), wave.step_v / SQRT12)),
        duty=Estimate(
            fmean(duties), math.hypot(_scatter(duties), 100.0 * math.sqrt(2.0) * crossing / length)
        ),
        frequency=Estimate(frequency, frequency * math.sqrt(2.0) * crossing / (length * len(periods))),
        rise=_timed(rises, wave.interval_s),
        fall=_timed(falls, wave.interval_s),
        periods=len(periods),
        flags=frozenset() if settled else frozenset({NOT_SETTLED}),
    )


def crossings(volts: Sequence[float], level: float, hysteresis: float) -> list[Crossing]:
    """Where the samples pass a level, interpolated; only those after which they go ``hysteresis`` beyond it.

    >>> crossings([0.0, 0.0, 4.0, 4.0, 0.0], 1.0, 0.5)
    [Crossing(at=1.25, rising=True), Crossing(at=3.75, rising=False)]
    """
    found: list[Crossing] = []
    above: bool | None = None
    if volts and abs(volts[0] - level) >= hysteresis:
        above = volts[0] > level
    last = 0.0
    for index, (before, after) in enumerate(itertools.pairwise(volts)):
        if (before < level) != (after < level):
            last = index + (level - before) / (after - before)
        if above is not True and after >= level + hysteresis:
            if above is False:
                found.append(Crossing(last, rising=True))
            above = True
        elif above is not False and after <= level - hysteresis:
            if above is True:
                found.append(Crossing(last, rising=False))
            above = False
    return found


def _steady(wave: Waveform) -> PilotShape:
    level = median(wave.volts)
    u = math.hypot(_scatter(wave.volts), wave.step_v / SQRT12)
    half = len(wave.volts) // 2
    settled = abs(median(wave.volts[:half]) - median(wave.volts[half:])) <= SETTLED_V
    return PilotShape(
        high=Estimate(level, u),
        duty=Estimate(100.0, 0.0),
        frequency=Estimate(0.0, 0.0),
        flags=frozenset() if settled else frozenset({NOT_SETTLED}),
    )


def _nothing() -> PilotShape:
    none = Estimate(math.nan, math.nan)
    return PilotShape(none, none, none, flags=frozenset({NO_DATA}))


def _plateau(volts: Sequence[float], begin: float, end: float) -> float:
    """Median of the middle of a half period; of its midmost sample when it is that short."""
    first = math.ceil(begin + 0.2 * (end - begin))
    last = math.floor(begin + 0.8 * (end - begin))
    return median(volts[first : last + 1]) if last >= first else volts[round((begin + end) / 2.0)]


def _edge(volts: Sequence[float], at: float, before: float, after: float) -> float | None:
    """Samples from 10 % to 90 % of an edge that crosses half-way at ``at``; None when the record cuts it off."""
    begin = _passed(volts, math.floor(at), -1, before + 0.1 * (after - before), towards=before)
    end = _passed(volts, math.ceil(at), +1, before + 0.9 * (after - before), towards=after)
    return None if begin is None or end is None else end - begin


def _passed(volts: Sequence[float], index: int, step: int, level: float, *, towards: float) -> float | None:
    """Where samples from ``index`` on, forwards or backwards, first reach ``level`` on their way ``towards``."""
    higher = towards > level
    while 0 <= index < len(volts):
        value = volts[index]
        if (value >= level) if higher else (value <= level):
            other = volts[index - step]
            return index - step * (value - level) / (value - other) if value != other else float(index)
        index += step
    return None


def _scatter(values: Sequence[float]) -> float:
    """Standard uncertainty of a mean: type A."""
    return stdev(values) / math.sqrt(len(values)) if len(values) > 1 else 0.0


def _timed(edges: Sequence[float | None], interval_s: float) -> Estimate | None:
    """The median edge in seconds; a faster one than the samples are apart looks 0.8 of an interval long, +- as much."""
    known = [edge for edge in edges if edge is not None]
    if not known:
        return None
    resolution = 2.0 * interval_s / SQRT12
    return Estimate(
        median(known) * interval_s, math.hypot(_scatter(known) * interval_s, math.sqrt(2.0) * resolution)
    )
