"""Cold and warm: whether everything has come to a temperature, and how fast the air moved.

Pure functions of readings, oldest first, with ``t_s`` in seconds and values in degC::

    state = stable({"air": air, "enclosure": enclosure}, target_c=-40.0)
    if state.outcome == "stable": ...          # the soak counts from here
    steepest = ramp_k_per_min(air)             # -0.98: at most 0.98 K/min, downwards
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from wattest.errors import Inconclusive
from wattest.judge.decision import begun, shown
from wattest.roles import Reading

TOLERANCE_K = 3.0
"""How far a thermometer may be from the target (IEC 60068-2-1, recalled; for every thermocouple: project criterion)."""
DRIFT_K = 1.0
DRIFT_S = 1800.0
"""Less than this drift in this time counts as stable (project criterion, no standard behind it)."""
RAMP_S = 300.0
"""IEC 60068-2-1 averages the rate of change over 5 min (recalled)."""
COVERAGE = 2.0
"""k of the expanded uncertainty that must fit into the tolerance beside the deviation."""
GAPS = 5
"""A window counts as watched when no two neighbouring readings are further apart than a fifth of it (project)."""

Outcome = Literal["stable", "not stable", "undecided"]


@dataclass(frozen=True)
class Stability:
    """``sentence`` names the thermometer that decided, its value, the limit and the time."""

    outcome: Outcome
    sentence: str


def stable(
    readings: Mapping[str, Sequence[Reading]],
    target_c: float,
    tolerance_k: float = TOLERANCE_K,
    drift_k: float = DRIFT_K,
    window_s: float = DRIFT_S,
) -> Stability:
    """Whether every thermometer stands at the target, over the window that ends with the newest reading of all.

    Stable: in the whole window each is within ``tolerance_k`` of the target with its expanded uncertainty (k = 2), and its
    highest and lowest value are less than ``drift_k`` apart. The drift takes no uncertainty: what one thermometer
    has wrong, it has wrong all the time. Not stable: one is outside the tolerance or drifts. Undecided, and never
    stable: a flagged reading, an unknown uncertainty, a tolerance that lies inside the uncertainty, a window that
    was not watched from its begin or has gaps, or no thermometer at all.

    Source: project criterion (thermocouples within 3 K and less than 1 K drift in 30 min), on the tolerance of
    IEC 60068-2-1 (recalled).
    """
    times = [reading.t_s for series in readings.values() for reading in series]
    if not times:
        return Stability("undecided", "No thermometer was read, so nothing can be called stable.")
    now_s = max(times)
    judged = [
        _place(name, _watched(series, now_s, window_s), now_s, target_c, tolerance_k, drift_k, window_s)
        for name, series in readings.items()
    ]
    for outcome in ("not stable", "undecided"):
        for one in judged:
            if one.outcome == outcome:
                return one
    names = ", ".join(readings)
    return Stability(
        "stable",
        f"{begun(names)}: within {shown(tolerance_k)} K of {shown(target_c)} degC, and less than {shown(drift_k)} K of "
        f"drift in {shown(window_s)} s.",
    )


def ramp_k_per_min(readings: Sequence[Reading], window_s: float = RAMP_S) -> float:
    """The steepest mean rate of change over any stretch of ``window_s``, in K/min; below zero when it cools.

    IEC 60068-2-1 allows 1 K/min, averaged over 5 min (recalled). Between readings the temperature is taken as a straight
    line; the resolution of the thermometer stays in the rate (0.1 K is worth 0.02 K/min over 5 min). Raises
    ``Inconclusive`` when the readings cannot tell: fewer than the window, a gap longer than a fifth of it, or a flagged
    reading.
    """
    for reading in readings:
        if reading.flags or not math.isfinite(reading.value):
            raise Inconclusive(
                f"The ramp cannot be told: a reading at {shown(reading.t_s)} s is {_why(reading)}."
            )
    span = readings[-1].t_s - readings[0].t_s if readings else 0.0
    if span < window_s:
        raise Inconclusive(
            f"The ramp cannot be told: readings over {shown(span)} s are fewer than the {shown(window_s)} s it is "
            "averaged over."
        )
    gap = max(after.t_s - before.t_s for before, after in pairwise(readings))
    if gap > window_s / GAPS:
        raise Inconclusive(
            f"The ramp cannot be told: {shown(gap)} s passed between two readings; at most {shown(window_s / GAPS)} s "
            f"may, for a mean over {shown(window_s)} s."
        )
    first, last = readings[0].t_s, readings[-1].t_s - window_s
    # The difference of two broken lines is steepest at a corner of one of them.
    begins = sorted({t for r in readings for t in (r.t_s, r.t_s - window_s) if first <= t <= last})
    corners = [(r.t_s, r.value) for r in readings]
    ends = _along(corners, [t + window_s for t in begins])
    rates = [
        (end - begin) / (window_s / 60.0) for begin, end in zip(_along(corners, begins), ends, strict=True)
    ]
    return max(rates, key=abs)


def dew_point_c(air_c: float, humidity_pct: float) -> float:
    """Dew point over water in degC, by Magnus' formula with the coefficients of WMO-No. 8 (recalled); below 0 degC it is frost sooner."""
    gamma = math.log(humidity_pct / 100.0) + 17.62 * air_c / (243.12 + air_c)
    return 243.12 * gamma / (17.62 - gamma)


def bedewed(place: str, surface: Reading, air: Reading, humidity: Reading) -> str | None:
    """A sentence when a surface was surely colder than the dew point of the air around it, each with k = 2; else None.

    A flagged reading, one without uncertainty, or air without moisture shows nothing.
    """
    readings = (surface, air, humidity)
    if any(one.flags or one.u is None or not math.isfinite(one.value) for one in readings):
        return None
    driest = humidity.value - COVERAGE * (humidity.u or 0.0)
    if driest <= 0:
        return None
    dew_c = dew_point_c(air.value - COVERAGE * (air.u or 0.0), driest)
    if surface.value + COVERAGE * (surface.u or 0.0) >= dew_c:
        return None
    return (
        f"{begun(place)} was at {shown(surface.value)} degC, below the dew point of {shown(dew_c)} degC of air at "
        f"{shown(air.value)} degC and {shown(humidity.value)} %."
    )


def _watched(series: Sequence[Reading], now_s: float, window_s: float) -> list[Reading]:
    """Readings of the window, and the last one before it, which tells of its begin."""
    begin = now_s - window_s
    before = [reading for reading in series if reading.t_s <= begin]
    return [*before[-1:], *(reading for reading in series if reading.t_s > begin)]


def _place(
    name: str,
    series: Sequence[Reading],
    now_s: float,
    target_c: float,
    tolerance_k: float,
    drift_k: float,
    window_s: float,
) -> Stability:
    """One thermometer: what speaks against it first, then what leaves it open."""
    undecided = _open(series, now_s, window_s)
    sound = [reading for reading in series if not reading.flags and math.isfinite(reading.value)]
    for reading in sound:
        deviation, expanded = abs(reading.value - target_c), COVERAGE * (reading.u or 0.0)
        if deviation - expanded > tolerance_k:
            return Stability(
                "not stable",
                f"{begun(name)} read {shown(reading.value)} degC at {shown(reading.t_s)} s, {shown(deviation)} K from "
                f"{shown(target_c)} degC; {shown(tolerance_k)} K are allowed.",
            )
        if deviation + expanded > tolerance_k and undecided is None:
            undecided = (
                f"read {shown(reading.value)} degC at {shown(reading.t_s)} s: whether that is within "
                f"{shown(tolerance_k)} K of {shown(target_c)} degC lies inside its uncertainty of {shown(expanded)} K (k = 2)"
            )
    drift = max((r.value for r in sound), default=0.0) - min((r.value for r in sound), default=0.0)
    if drift >= drift_k:
        return Stability(
            "not stable",
            f"{begun(name)} moved by {shown(drift)} K in {shown(window_s)} s; less than {shown(drift_k)} K is allowed.",
        )
    return (
        Stability("stable", "")
        if undecided is None
        else Stability("undecided", f"{begun(name)} {undecided}.")
    )


def _open(series: Sequence[Reading], now_s: float, window_s: float) -> str | None:
    """Why the readings of one thermometer cannot decide; None when they can."""
    most = window_s / GAPS
    if not series or series[0].t_s > now_s - window_s:
        return f"was not watched over the whole {shown(window_s)} s"
    times = [*(reading.t_s for reading in series), now_s]
    gap = max(after - before for before, after in pairwise(times))
    if gap > most:
        return f"was not read for {shown(gap)} s; at most {shown(most)} s may pass, for {shown(window_s)} s of watching"
    for reading in series:
        if reading.flags or not math.isfinite(reading.value):
            return f"has a reading at {shown(reading.t_s)} s that is {_why(reading)}"
        if reading.u is None:
            return "has no uncertainty: state its accuracy or its calibration in the bench file"
    return None


def _why(reading: Reading) -> str:
    return "flagged " + ", ".join(sorted(reading.flags)) if reading.flags else "no number"


def _along(corners: Sequence[tuple[float, float]], times: Sequence[float]) -> list[float]:
    """Values of a broken line at ascending times within it."""
    values: list[float] = []
    place = 0
    for t in times:
        while place + 2 < len(corners) and corners[place + 1][0] <= t:
            place += 1
        (t0, v0), (t1, v1) = corners[place], corners[place + 1]
        values.append(v1 if t >= t1 else v0 + (v1 - v0) * (t - t0) / (t1 - t0) if t1 > t0 else v1)
    return values
