"""From the control pilot's edge to the output following it, out of one record of both.

The pilot shows its state only on its high plateau. A change between two pulses cannot be seen before the next pulse,
so the edge lies somewhere in that gap: half its width either way, rectangular.

An alternating output has no moment at which it "is dead": twice per period the voltage is zero anyway. *Whether* it
is live is told by its rms value over half a period, which no zero crossing and no spike deceives, but which lags or
leads by up to half a period. *When* it changed is told by the samples themselves: the last (or first) one beyond the
threshold's peak value. Close to a zero crossing a live sine stays below that value for ``2 asin(level / peak) / omega``,
about 0.7 ms with 30 V on 240 V at 60 Hz; in that gap the change may hide, so half of it is added and the rest is
uncertainty. When the samples show the step itself, one sample interval is all that is left.
"""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

from wattest.roles import PilotEvent
from wattest_instruments.waveform import SQRT12, Estimate, Waveform

C_V = (4.5, 7.5)
"""Between the nominal high levels of states B, C and D (9 V, 6 V, 3 V), half-way: inside is state C."""
PULSE_LOW_V = -6.0
"""Half-way between the low level and 0 V: below is the low part of a pulse, or no pilot at all."""
LEAST_S = 20e-6
"""How long samples must agree before they are a plateau and no edge; edges take 13 us at most (SAE J1772)."""
SILENT_S = 3e-3
"""After three periods without a pulse a low pilot is no pulse any more: state F, or broken off."""
SEEN_STEP = 4.0
"""A drop that is so many times as large as the sine and the converter's step explain is the switching itself."""


@dataclass(frozen=True)
class Change:
    """The pilot entered or left state C at ``t_s``."""

    t_s: float
    u_s: float
    enters: bool


def switching_delay(
    pilot: Waveform, output: Waveform, event: PilotEvent, *, threshold_v: float, frequency_hz: float
) -> Estimate | None:
    """Seconds from the pilot's edge into C (``close``) or out of C (``open``) to the output live or dead.

    ``threshold_v`` is the rms voltage from which the output counts as live. None when the record does not hold both.
    An output that was already as it should be when the pilot changed has a delay of 0 s. Dead means dead to the end
    of the record.
    """
    wanted = event == "close"
    changes = pilot_changes(pilot)
    seen = _followed(output, threshold_v, frequency_hz, live=wanted)
    edges = [change for change in changes if change.enters == wanted]
    if seen is None or not edges:
        return None
    before = [change for change in changes if change.t_s <= seen.value + seen.u]
    if not before or not any(change.enters == wanted for change in before):
        return Estimate(0.0, math.hypot(edges[0].u_s, seen.u if math.isfinite(seen.value) else 0.0))
    if before[-1].enters != wanted:
        return None  # the pilot had gone back before the output followed
    edge = before[-1]
    return Estimate(max(0.0, seen.value - edge.t_s), math.hypot(edge.u_s, seen.u))


def pilot_changes(pilot: Waveform) -> list[Change]:
    """Every change into and out of state C, in the order of the record."""
    kinds = bytes(
        67 if C_V[0] <= v <= C_V[1] else 72 if v > C_V[1] else 76 if v < PULSE_LOW_V else 77
        for v in pilot.volts
    )  # C, H above it, L low, M between low and C
    least = max(2, math.ceil(LEAST_S / pilot.interval_s))
    silent = max(least, math.ceil(SILENT_S / pilot.interval_s))
    plateau = re.compile(b"C{%d,}|H{%d,}|M{%d,}|L{%d,}" % (least, least, least, silent))
    runs = [(match.start(), match.end() - 1, match[0][:1] == b"C") for match in plateau.finditer(kinds)]
    changes: list[Change] = []
    for (_, last, was_c), (first, _, is_c) in itertools.pairwise(runs):
        if was_c != is_c:
            width_s = (first - last) * pilot.interval_s
            changes.append(Change(pilot.time_s((first + last) / 2.0), width_s / SQRT12, is_c))
    return changes


def _followed(output: Waveform, threshold_v: float, frequency_hz: float, *, live: bool) -> Estimate | None:
    """When the output first became live, or was live for the last time; minus infinity when it was so all along.

    None when it never became so within the record.
    """
    window = max(1, round(0.5 / frequency_hz / output.interval_s))
    windows = _live_windows(output.volts, window, threshold_v)
    if windows is None:
        return None if live else Estimate(-math.inf, 0.0)
    first, last, strongest = windows
    if live and first == 0:
        return Estimate(-math.inf, 0.0)
    if not live and last + window >= len(output.volts) - 1:
        return None
    begin = first if live else last
    level = math.sqrt(2.0) * threshold_v
    beyond = [i for i in range(begin, begin + window) if abs(output.volts[i]) >= level] or [
        max(range(begin, begin + window), key=lambda i: abs(output.volts[i]))
    ]
    at, step = (beyond[0], -1) if live else (beyond[-1], +1)
    omega = 2.0 * math.pi * frequency_hz
    peak = math.sqrt(2.0) * strongest
    drop = abs(abs(output.volts[at]) - abs(output.volts[at + step]))
    if drop > SEEN_STEP * (peak * omega * output.interval_s + output.step_v):
        return Estimate(output.time_s(at + step / 2.0), output.interval_s / SQRT12)
    gap_s = 2.0 * math.asin(min(1.0, level / peak)) / omega
    return Estimate(output.time_s(at) + step * gap_s / 2.0, max(gap_s, output.interval_s) / SQRT12)


def _live_windows(volts: Sequence[float], window: int, threshold_v: float) -> tuple[int, int, float] | None:
    """Where the first and the last half period begin whose rms reaches the threshold, and the largest rms."""
    if len(volts) < window:
        return None
    sums = [0.0, *itertools.accumulate(v * v for v in volts)]
    squares = [after - before for before, after in zip(sums, sums[window:], strict=False)]
    least = threshold_v * threshold_v * window
    first = next((i for i, square in enumerate(squares) if square >= least), None)
    if first is None:
        return None
    last = next(i for i in range(len(squares) - 1, -1, -1) if squares[i] >= least)
    return first, last, math.sqrt(max(squares) / window)
