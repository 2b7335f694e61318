"""From what somebody read to a ``Reading`` with its standard uncertainty.

Accuracy is a limit of error and resolution a width: both are rectangular distributions, so a limit of error a
contributes a / sqrt(3) and a step q contributes q / sqrt(12) (JCGM 100:2008, 4.3.7).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from wattest.document.quantity import Current, Energy, Percent, Power, TemperatureDifference, Voltage
from wattest.roles import Component, Reading

Quantity = Literal["voltage", "current", "power", "energy", "elapsed", "temperature"]

UNITS: dict[str, str] = {
    "voltage": "V",
    "current": "A",
    "power": "W",
    "energy": "Wh",
    "elapsed": "s",
    "temperature": "degC",
}


@dataclass(frozen=True)
class Accuracy:
    """Limits of error of an instrument, in percent of what it reads: ``accuracy: {energy: 1 %}``."""

    voltage: Percent | None = None
    current: Percent | None = None
    power: Percent | None = None
    energy: Percent | None = None


@dataclass(frozen=True)
class Resolution:
    """The last step that an instrument shows: ``resolution: {energy: 10 Wh, temperature: 0.1 K}``."""

    voltage: Voltage | None = None
    current: Current | None = None
    power: Power | None = None
    energy: Energy | None = None
    temperature: TemperatureDifference | None = None


def uncertainty(
    quantity: str, value: float, accuracy: Accuracy, resolution: Resolution, *, readings: int = 1
) -> float | None:
    """Standard uncertainty (k = 1) in the unit of ``value``; None when neither accuracy nor resolution is stated.

    ``readings`` counts how often the display was read for this value: 2 for the difference of two registers.

    >>> round(uncertainty("energy", 1000.0, Accuracy(energy=1.0), Resolution(energy=10.0)), 3)
    6.455
    """
    percent: float | None = getattr(accuracy, quantity, None)
    step: float | None = getattr(resolution, quantity, None)
    if percent is None and step is None:
        return None
    limit = abs(value) * (percent or 0.0) / 100
    return math.sqrt(limit**2 / 3 + readings * (step or 0.0) ** 2 / 12)


def energy_components(value: float, accuracy: Accuracy, resolution: Resolution) -> tuple[Component, ...]:
    """Parts of an energy's uncertainty, for ``Reading.budget``; empty when neither accuracy nor resolution is stated.

    One display is one reading, so a difference of two counts its resolution twice.
    """
    if accuracy.energy is None and resolution.energy is None:
        return ()
    limit = abs(value) * (accuracy.energy or 0.0) / 100
    return (
        Component("reference meter specification", limit, "rectangular", common=True),
        Component("reference meter resolution", (resolution.energy or 0.0) / 2, "rectangular"),
    )


def reading(
    quantity: str,
    number: Decimal | None,
    *,
    t_s: float,
    seq: tuple[int, ...],
    u: float | None,
    raw: str = "",
    flags: frozenset[str] = frozenset(),
    budget: tuple[Component, ...] = (),
) -> Reading:
    """A reading of one quantity; without a number it is 0 and flagged ``no data``, which never supports a pass."""
    if number is None:
        flags = flags | {"no data"}
    return Reading(
        value=float(number) if number is not None else 0.0,
        unit=UNITS[quantity],
        t_s=t_s,
        u=u,
        seq=seq,
        flags=flags,
        raw=raw,
        budget=budget,
    )
