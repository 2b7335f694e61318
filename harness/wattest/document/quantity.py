"""Quantities are text with a unit: ``16 A``, ``-30 degC``, ``2 kWh``, ``0.35 CAD/kWh``.

The annotation of a parameter says which dimension it takes; the value arrives as an SI float (energy in Wh,
temperature in degC), money as ``Decimal``::

    async def charge(run, *, current: Current, energy: Energy | None = None, within: Duration = 3600.0): ...

    - charge: {current: 16 A, energy: 2 kWh}

A number without a unit, or with a unit of another dimension, is an error. Temperature (``degC``) and temperature
difference (``K``) are two dimensions: 5 K more is not 278 K.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated

from wattest.document.suggest import nearest, shown


@dataclass(frozen=True, eq=False)
class Dimension:
    """A kind of quantity. ``unit`` is what values are in once read; ``units`` holds what each unit is worth.

    ``exact`` keeps ``Decimal`` (money); everything else becomes a float. Nothing below ``least`` exists.
    """

    name: str
    unit: str
    units: Mapping[str, Decimal]
    example: str
    least: Decimal | None = Decimal(0)
    exact: bool = False

    @property
    def spoken(self) -> str:
        """The name with its article."""
        return f"an {self.name}" if self.name[0] in "aeiou" else f"a {self.name}"

    def pattern(self) -> str:
        """Regular expression of the text, for editor schemas."""
        units = "|".join(re.escape(unit) for unit in self.units)
        sign = "" if self.least == 0 else "[+\\-\N{MINUS SIGN}]?"
        return f"^{sign}[0-9]+(\\.[0-9]+)?\\s*({units})$"


def _units(**factors: str) -> dict[str, Decimal]:
    return {unit: Decimal(factor) for unit, factor in factors.items()}


CURRENT = Dimension("current", "A", _units(A="1", mA="0.001", kA="1000"), "16 A")
VOLTAGE = Dimension("voltage", "V", _units(V="1", mV="0.001", kV="1000"), "240 V")
POWER = Dimension("power", "W", _units(W="1", kW="1000", MW="1000000"), "7.2 kW")
ENERGY = Dimension(
    "energy",
    "Wh",
    {
        **_units(Wh="1", kWh="1000", MWh="1000000"),
        "J": Decimal(1) / 3600,
        "kJ": Decimal(1000) / 3600,
        "MJ": Decimal(1000000) / 3600,
    },
    "2 kWh",
)
DURATION = Dimension("time", "s", _units(s="1", ms="0.001", min="60", h="3600", d="86400"), "30 s")
TEMPERATURE = Dimension(
    "temperature", "degC", {"degC": Decimal(1), "°C": Decimal(1)}, "-30 degC", least=Decimal("-273.15")
)
TEMPERATURE_DIFFERENCE = Dimension("temperature difference", "K", _units(K="1"), "3 K", least=None)
TEMPERATURE_RAMP = Dimension(
    "temperature ramp", "K/min", {"K/min": Decimal(1), "K/h": Decimal(1) / 60}, "1 K/min", least=None
)
FREQUENCY = Dimension("frequency", "Hz", _units(Hz="1", kHz="1000"), "60 Hz")
PERCENT = Dimension("percentage", "%", {"%": Decimal(1)}, "1.0 %", least=None)
MONEY = Dimension("amount of money", "CAD", _units(CAD="1"), "1.50 CAD", least=None, exact=True)
ENERGY_PRICE = Dimension("price of energy", "CAD/kWh", {"CAD/kWh": Decimal(1)}, "0.35 CAD/kWh", exact=True)
TIME_PRICE = Dimension(
    "price of time",
    "CAD/h",
    {"CAD/h": Decimal(1), "CAD/min": Decimal(60), "CAD/s": Decimal(3600)},
    "1.50 CAD/h",
    exact=True,
)
LENGTH = Dimension("length", "m", _units(m="1", cm="0.01", mm="0.001", km="1000"), "7 m")
FORCE = Dimension("force", "N", _units(N="1", kN="1000"), "200 N")
RESISTANCE = Dimension(
    "resistance",
    "Ohm",
    {
        **_units(Ohm="1", mOhm="0.001", kOhm="1000"),
        "\N{GREEK CAPITAL LETTER OMEGA}": Decimal(1),
    },
    "150 Ohm",
)
COUNT = Dimension("number of times", "times", _units(times="1", cycles="1", sessions="1"), "20 times")

DIMENSIONS: tuple[Dimension, ...] = (
    CURRENT,
    VOLTAGE,
    POWER,
    ENERGY,
    DURATION,
    TEMPERATURE,
    TEMPERATURE_DIFFERENCE,
    TEMPERATURE_RAMP,
    FREQUENCY,
    PERCENT,
    MONEY,
    ENERGY_PRICE,
    TIME_PRICE,
    LENGTH,
    FORCE,
    RESISTANCE,
    COUNT,
)
DIMENSION_OF: Mapping[str, Dimension] = {
    unit: dimension for dimension in DIMENSIONS for unit in dimension.units
}
"""Every known unit and the one dimension that it belongs to."""

Current = Annotated[float, CURRENT]
Voltage = Annotated[float, VOLTAGE]
Power = Annotated[float, POWER]
Energy = Annotated[float, ENERGY]
"""Wh."""
Duration = Annotated[float, DURATION]
"""Seconds."""
Temperature = Annotated[float, TEMPERATURE]
"""degC."""
TemperatureDifference = Annotated[float, TEMPERATURE_DIFFERENCE]
"""K."""
TemperatureRamp = Annotated[float, TEMPERATURE_RAMP]
"""K/min."""
Frequency = Annotated[float, FREQUENCY]
Percent = Annotated[float, PERCENT]
"""In percent: ``1.0 %`` is 1.0."""
Money = Annotated[Decimal, MONEY]
EnergyPrice = Annotated[Decimal, ENERGY_PRICE]
"""CAD per kWh."""
TimePrice = Annotated[Decimal, TIME_PRICE]
"""CAD per hour."""
Length = Annotated[float, LENGTH]
Force = Annotated[float, FORCE]
Resistance = Annotated[float, RESISTANCE]
Count = Annotated[float, COUNT]

_QUANTITY = re.compile(
    "(?P<number>[+\\-\N{MINUS SIGN}]?[0-9]{1,25}(\\.[0-9]{1,25})?)\\s*(?P<unit>.*)", re.DOTALL
)
_DECIMAL_COMMA = re.compile(r"(?P<whole>[+-]?[0-9]+),(?P<part>[0-9]+)(?P<rest>\s*\S*)")


def split(text: str) -> tuple[Decimal, str] | None:
    """Number and unit of a quantity, whatever its dimension; None when it does not begin with a number.

    >>> split("16 A")
    (Decimal('16'), 'A')
    """
    match = _QUANTITY.fullmatch(text.strip())
    if match is None:
        return None
    return Decimal(match["number"].replace("\N{MINUS SIGN}", "-")), match["unit"]


def parse_exact(text: str, dimension: Dimension) -> Decimal:
    """The quantity in ``dimension.unit``. Raises ``ValueError`` with a sentence that shows the way out.

    >>> parse_exact("0.02 CAD/min", TIME_PRICE)
    Decimal('1.20')
    """
    wanted = f"{dimension.spoken} is needed here"
    comma = _DECIMAL_COMMA.fullmatch(text.strip())
    if comma is not None:
        point = f"{comma['whole']}.{comma['part']}{comma['rest']}"
        raise ValueError(f"{shown(text)} has a decimal comma; write {shown(point)}")
    parts = split(text)
    if parts is None:
        raise ValueError(
            f"{shown(text)} is not a number with a unit; {wanted}, such as '{dimension.example}'"
        )
    number, unit = parts
    if not unit:
        raise ValueError(f"{shown(text)} has no unit; {wanted}, such as '{dimension.example}'")
    if unit not in dimension.units:
        other = DIMENSION_OF.get(unit)
        if other is not None:
            raise ValueError(f"{shown(text)} is {other.spoken}; {wanted}, such as '{dimension.example}'")
        suggestion = nearest(unit, dimension.units)
        hint = (
            f"did you mean '{suggestion}'?"
            if suggestion
            else f"{dimension.spoken} is written in {', '.join(dimension.units)}"
        )
        raise ValueError(f"{shown(unit)} is not a known unit; {hint}")
    value = number * dimension.units[unit]
    if dimension.least is not None and value < dimension.least:
        raise ValueError(
            f"{shown(text)} is too low: {dimension.spoken} is never below {dimension.least} {dimension.unit}"
        )
    return value


def parse(text: str, dimension: Dimension) -> float:
    """The quantity as a float in ``dimension.unit``. Raises ``ValueError`` with a sentence.

    >>> parse("0.1 kWh", ENERGY)
    100.0
    """
    return float(parse_exact(text, dimension))


def written(value: float | Decimal, dimension: Dimension) -> str:
    """A value in ``dimension.unit`` as one would write it: whole units first, nothing rounded.

    >>> written(5400.0, DURATION)
    '90 min'
    >>> written(2000.0, ENERGY)
    '2 kWh'
    """
    exact = value if isinstance(value, Decimal) else Decimal(repr(value))
    best = dimension.unit
    if not dimension.exact and exact != 0:
        for unit, factor in dimension.units.items():
            if factor > dimension.units[best] and exact % factor == 0:
                best = unit
    amount = exact / dimension.units[best]
    text = f"{amount:f}"
    if "." in text and not dimension.exact:
        text = text.rstrip("0").rstrip(".")
    return f"{text} {best}"
