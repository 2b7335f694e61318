"""The charging cord of a station: its resistance, stated or worked out from length and gauge.

::

    cord: {loop_resistance: 31.4 mOhm, tolerance: 5 %}     # measured, out and back, at 20 degC
    cord: {length: 7.62 m, gauge: 8 AWG}                    # two conductors of copper; 10 % unless stated

It stands in the charger sheet, or in the bench file where the cord of this one station was measured. An energy that is
measured before the cord is corrected by it (NIST HB44 3.40 N.4, recalled).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Annotated, Literal

from wattest.document.quantity import Length, Percent, Resistance
from wattest.document.signature import Made

Gauge = Literal["14 AWG", "12 AWG", "10 AWG", "8 AWG", "6 AWG", "4 AWG", "2 AWG"]

COPPER_OHM_MM2_PER_M = 0.017241
"""Resistivity of annealed copper at 20 degC (IACS)."""


@dataclass(frozen=True)
class Cord:
    """``loop_ohm`` is out and back at 20 degC; ``tolerance_pct`` is how far it may be off, as a limit of error."""

    loop_ohm: float
    tolerance_pct: float


def ohm_per_m(gauge: str) -> float:
    """Resistance of one copper conductor at 20 degC.

    >>> round(1000 * ohm_per_m("8 AWG"), 3)
    2.061
    """
    number = int(gauge.removesuffix(" AWG"))
    diameter_mm: float = 0.127 * 92.0 ** ((36 - number) / 39)
    return COPPER_OHM_MM2_PER_M / (math.pi * diameter_mm**2 / 4)


def _cord(
    *,
    loop_resistance: Resistance | None = None,
    length: Length | None = None,
    gauge: Gauge | None = None,
    tolerance: Percent = 10.0,
) -> Cord:
    """The charging cord.

    Args:
        loop_resistance: of both conductors together, at 20 degC; or else length and gauge
        length: from the station's terminals to the connector
        gauge: of one copper conductor
        tolerance: how far the resistance may be off
    """
    if not 0 <= tolerance <= 100:
        raise ValueError(f"tolerance is {tolerance:g} %; it is from 0 % to 100 %")
    if loop_resistance is not None:
        if length is not None or gauge is not None:
            raise ValueError("a cord has either loop_resistance, or length and gauge; not both")
        return Cord(loop_resistance, tolerance)
    if length is None or gauge is None:
        raise ValueError("a cord needs loop_resistance, or both length and gauge")
    return Cord(2 * length * ohm_per_m(gauge), tolerance)


CordEntry = Annotated[Cord, Made(_cord)]
