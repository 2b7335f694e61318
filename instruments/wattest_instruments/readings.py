"""From what somebody read to a ``Reading`` with its standard uncertainty.

Accuracy is a limit of error and resolution a width: both are rectangular distributions, so a limit of error a
contributes a / sqrt(3) and a step q contributes q / sqrt(12) (JCGM 100:2008, 4.3.7).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from wattest.document.quantity import (
    Current,
    Duration,
    Energy,
    Frequency,
    Percent,
    Power,
    TemperatureDifference,
    Voltage,
    split,
)
from wattest.errors import BenchError
from wattest.roles import Component, Reading

Quantity = Literal[
    "voltage",
    "current",
    "power",
    "energy",
    "elapsed",
    "temperature",
    "humidity",
    "frequency",
    "state_of_charge",
]

UNITS: dict[str, str] = {
    "voltage": "V",
    "current": "A",
    "power": "W",
    "energy": "Wh",
    "elapsed": "s",
    "temperature": "degC",
    "humidity": "%",
    "frequency": "Hz",
    "duty": "%",
    "time": "s",
    "state_of_charge": "%",
}


@dataclass(frozen=True)
class Accuracy:
    """Limits of error of an instrument, in percent of what it reads: ``accuracy: {energy: 1 %}``.

    A thermometer's is a difference, since a percentage of degC means nothing: ``accuracy: {temperature: 0.5 K}``; that of a
    hygrometer is in percentage points, and that of a state of charge too, such as between dashboard and what the car tells
    the station.
    """

    voltage: Percent | None = None
    current: Percent | None = None
    power: Percent | None = None
    energy: Percent | None = None
    frequency: Percent | None = None
    duty: Percent | None = None
    """Percent of the duty cycle that is read, not percentage points."""
    time: Percent | None = None
    temperature: TemperatureDifference | None = None
    humidity: Percent | None = None
    state_of_charge: Percent | None = None


@dataclass(frozen=True)
class Resolution:
    """The last step that an instrument shows: ``resolution: {energy: 10 Wh, temperature: 0.1 K}``."""

    voltage: Voltage | None = None
    current: Current | None = None
    power: Power | None = None
    energy: Energy | None = None
    temperature: TemperatureDifference | None = None
    humidity: Percent | None = None
    frequency: Frequency | None = None
    duty: Percent | None = None
    time: Duration | None = None
    state_of_charge: Percent | None = None


@dataclass(frozen=True)
class ByEye:
    """An instrument without a link, for what an operator measures: ``N: {name: Sauter FK 250 no. 7, resolution: 0.1 N}``.

    ``accuracy`` is a limit of error in percent of what it shows.
    """

    name: str
    resolution: str | None = None
    """The last step that it shows, in the unit under which the instrument stands."""
    accuracy: Percent | None = None

    def step(self, unit: str) -> float:
        """The resolution as a number. Raises ``BenchError`` when it is not one in ``unit``."""
        if self.resolution is None:
            return 0.0
        parts = split(self.resolution)
        if parts is None or parts[1] != unit or parts[0] <= 0:
            raise BenchError(
                f"The resolution '{self.resolution}' of {self.name} is no step in {unit}; write it like '0.1 {unit}'."
            )
        return float(parts[0])

    def uncertainty(self, unit: str, value: float) -> float | None:
        """Standard uncertainty (k = 1) in ``unit``; None when neither resolution nor accuracy is stated."""
        if self.resolution is None and self.accuracy is None:
            return None
        limit = abs(value) * (self.accuracy or 0.0) / 100
        return math.sqrt(limit**2 / 3 + self.step(unit) ** 2 / 12)


def uncertainty(
    quantity: str, value: float, accuracy: Accuracy, resolution: Resolution, *, readings: int = 1
) -> float | None:
    """Standard uncertainty (k = 1) in the unit of ``value``; None when neither accuracy nor resolution is stated.

    ``readings`` counts how often the display was read for this value: 2 for the difference of two registers.

    >>> round(uncertainty("energy", 1000.0, Accuracy(energy=1.0), Resolution(energy=10.0)), 3)
    6.455
    """
    stated: float | None = getattr(accuracy, quantity, None)
    step: float | None = getattr(resolution, quantity, None)
    if stated is None and step is None:
        return None
    absolute = quantity in {"temperature", "humidity", "state_of_charge"}
    limit = (stated or 0.0) if absolute else abs(value) * (stated or 0.0) / 100
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
    """A reading of one quantity of ``UNITS``; without a number it is 0 and flagged ``no data``: never proof of a pass."""
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
