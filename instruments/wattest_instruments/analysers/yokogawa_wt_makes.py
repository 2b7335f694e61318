"""What tells the models apart that speak the grammar of the Yokogawa WT, for their twin."""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Make:
    """What tells one model from another. Ranges at crest factor 3."""

    voltage_ranges: tuple[float, ...] = (
        1.5, 3.0, 6.0, 10.0, 15.0, 30.0, 60.0, 100.0, 150.0, 300.0, 600.0, 1000.0,
    )  # fmt: skip
    current_ranges: tuple[float, ...] = (1.0, 2.0, 5.0, 10.0, 20.0, 50.0)
    """Of a 50 A element (recalled)."""
    elements: frozenset[str] = frozenset("123")
    by_element: bool = True
    wirings: frozenset[str] = frozenset({"P1W2", "P1W3", "P3W3", "P3W4", "V3A3"})
    most_items: int = 255
    digits: int = 5
    native: bool = False
    over: float = 1.4
    """Part of a range up to which it shows a value (recalled)."""
    copied: bool = False
    """A look-alike: items without elements, another short form, another word for counting without end."""


LOW = (15.0, 30.0, 60.0, 150.0, 300.0, 600.0)
MILLI = (0.005, 0.01, 0.02, 0.05, 0.1, 0.2)
AMPERE = (0.5, 1.0, 2.0, 5.0, 10.0, 20.0)

MAKES: tuple[tuple[str, Make], ...] = (
    (
        r"WT310E?H.*",
        Make(LOW, (1.0, 2.0, 5.0, 10.0, 20.0, 40.0), frozenset("1"), False, frozenset(), 10, native=True),
    ),
    (r"WT310.*", Make(LOW, MILLI + AMPERE, frozenset("1"), False, frozenset(), 10, native=True)),
    (r"WT332.*", Make(LOW, AMPERE, frozenset("13"), False, frozenset({"P1W3", "P3W3"}), 10, native=True)),
    (
        r"WT333.*",
        Make(
            LOW,
            AMPERE,
            by_element=False,
            wirings=frozenset({"P1W3", "P3W3", "P3W4", "V3A3"}),
            most_items=10,
            native=True,
        ),
    ),
    (r"WT5000.*", Make(digits=6)),
    (
        r"GPM-8.*",
        Make(LOW, MILLI + AMPERE, frozenset("1"), False, frozenset(), most_items=34, copied=True),
    ),
)
"""WT310E and WT33xE: IM WT310E-01EN (found); GPM-8213: a public program (found); WT5000: six digits (recalled)."""


def make_of(model: str) -> Make:
    """What a model can do; as a WT1800E when it is not listed."""
    return next((make for pattern, make in MAKES if re.fullmatch(pattern, model)), Make())
