"""What the control pilot means, written down a second time for the judge: nothing here is shared with the simulated world.

Sources: IEC 61851-1:2017 Annex A, SAE J1772 (figures found; tolerances in ``fixtures/limits/pilot.yaml``).
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from math import hypot, sqrt

NOMINAL_V = {"A": 12.0, "B": 9.0, "C": 6.0, "D": 3.0, "E": 0.0, "F": -12.0}

GAP_A = (51.0, 52.5)
"""Between these no duty cycle says a current: 85 % means 51 A by one law and 52.5 A by the other."""

SAME_PCT = 0.3
"""Two duty cycles nearer than this are one, seen twice."""


def state_of(high_v: float) -> str:
    """The state whose nominal level is nearest.

    >>> state_of(8.2), state_of(5.6), state_of(-11.0)
    ('B', 'C', 'F')
    """
    return min(NOMINAL_V, key=lambda state: abs(NOMINAL_V[state] - high_v))


def duty_for(current_a: float) -> float:
    """Duty cycle that offers a current, in percent. ``ValueError`` with a sentence where none does.

    >>> [round(duty_for(a), 2) for a in (6.0, 16.0, 32.0, 51.0, 60.0, 80.0)]
    [10.0, 26.67, 53.33, 85.0, 88.0, 96.0]
    """
    if not 6.0 <= current_a <= 80.0:
        raise ValueError(f"{current_a:g} A cannot be offered by a duty cycle: choose 6 A to 80 A")
    low, high = GAP_A
    if low < current_a < high:
        raise ValueError(
            f"{current_a:g} A cannot be said by a duty cycle, nor can anything between {low:g} A and {high:g} A: "
            "choose another current"
        )
    return current_a / 0.6 if current_a <= low else current_a / 2.5 + 64.0


def current_for(duty_pct: float) -> float:
    """Current that a duty cycle in percent offers; 0 where it permits no charging, or speaks digitally (5 %).

    >>> current_for(26.7), current_for(88.0), current_for(5.0), current_for(100.0)
    (16.02, 60.0, 0.0, 0.0)
    """
    if not 8.0 <= duty_pct <= 97.0:
        return 0.0
    if duty_pct < 10.0:
        return 6.0
    return round(0.6 * duty_pct if duty_pct <= 85.0 else min(80.0, 2.5 * (duty_pct - 64.0)), 6)


def spacings(samples: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """Seconds between changes of the duty cycle, each with its standard uncertainty, from samples ``(t_s, duty_pct)``.

    A change lies somewhere between two samples: rectangular, so that its instant is known to a 12th of their
    distance squared. Steady stretches (duty above 97 %) begin and end without counting as a change.

    >>> spacings([(0.0, 10.0), (1.0, 20.0), (2.0, 20.0), (3.0, 30.0)])
    [(2.0, 0.408248290463863)]
    """
    changes = [
        ((t1 + t0) / 2, t1 - t0)
        for (t0, d0), (t1, d1) in pairwise(samples)
        if abs(d1 - d0) > SAME_PCT and max(d0, d1) <= 97.0
    ]
    return [(b - a, hypot(wide_a, wide_b) / sqrt(12.0)) for (a, wide_a), (b, wide_b) in pairwise(changes)]
