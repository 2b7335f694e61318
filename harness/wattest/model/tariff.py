"""Tariffs and taxes: money is Decimal, and every rate says since when and by whom."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import date
from decimal import Decimal
from typing import Any, Literal


def no_float(thing: Any) -> None:
    """Nothing in a dataclass of money is a float; ``TypeError`` names what is. Called by each of them when it is made.

    >>> Tariff("t", energy=0.35)
    Traceback (most recent call last):
    TypeError: Tariff.energy is the float 0.35; money is Decimal, made from text.
    """
    for field in fields(thing):
        value = getattr(thing, field.name)
        if isinstance(value, float):
            raise TypeError(
                f"{type(thing).__name__}.{field.name} is the float {value!r}; money is Decimal, made from text."
            )


@dataclass(frozen=True)
class PriceStep:
    """What energy and time cost from one power, or one state of charge, up to that of the next step.

    ``above`` is in W, or in percent; the value itself belongs to the step. A step with a price of time and none of
    energy bills slow charging by the hour (anti-abuse threshold of the Circuit électrique).
    """

    above: Decimal
    energy: Decimal = Decimal(0)
    """Per kWh."""
    time: Decimal = Decimal(0)
    """Per hour, charged by the second."""

    def __post_init__(self) -> None:
        no_float(self)


@dataclass(frozen=True)
class Tariff:
    """What a session costs before tax, unless ``tax_included``.

    ``idle`` is charged per hour while the vehicle asks for nothing, after ``idle_grace_s`` and up to
    ``idle_cap``; never while the EVSE withholds power (OCPI 2.3.0 PARKING_TIME).
    """

    id: str
    currency: str = "CAD"
    energy: Decimal = Decimal(0)
    """Per kWh."""
    time: Decimal = Decimal(0)
    """Per hour, charged by the second, from start to end of the transaction."""
    flat: Decimal = Decimal(0)
    """Once per session."""
    idle: Decimal = Decimal(0)
    """Per hour of idling."""
    idle_grace_s: Decimal = Decimal(600)
    idle_cap: Decimal | None = None
    tax_included: bool = False
    province: str = "QC"
    steps: tuple[PriceStep, ...] = ()
    """By rising ``above``, the first at 0; on top of ``energy`` and ``time``."""
    steps_by: Literal["power", "soc"] = "power"
    longest_gap_s: Decimal = Decimal(300)
    """Readings further apart than this do not tell which step a stretch belongs to (project)."""
    minimum: Decimal | None = None
    """The least that a session costs which costs anything."""
    maximum: Decimal | None = None
    """The most that a session costs, idling included."""
    provincial_tax: Literal["applies", "exempt"] | None = None
    """What the operator states of a provincial sales tax (PST, RST) on charging; None when nothing is stated."""
    provincial_tax_source: str = ""
    """The ruling or the rule of law that the operator names for it."""

    def __post_init__(self) -> None:
        no_float(self)


@dataclass(frozen=True)
class TaxRate:
    """One tax line of one province, valid between two dates; ``percent`` of the price before tax.

    ``settled`` is False where nobody could say whether the tax applies to charging: only an operator can, with a
    source (``Tariff.provincial_tax``), and a bill without that cannot be made.
    """

    province: str
    name: str
    percent: Decimal
    valid_from: date
    valid_to: date | None
    source: str
    settled: bool = True

    def __post_init__(self) -> None:
        no_float(self)


@dataclass(frozen=True)
class TaxLine:
    """One tax as it stands on a bill."""

    name: str
    percent: Decimal
    amount: Decimal

    def __post_init__(self) -> None:
        no_float(self)


@dataclass(frozen=True)
class Bill:
    """A session in money, every amount in whole cents.

    ``adjustment`` is what a minimum adds to the other lines, or a maximum takes off them.
    """

    currency: str
    energy: Decimal
    time: Decimal
    flat: Decimal
    idle: Decimal
    before_tax: Decimal
    taxes: tuple[TaxLine, ...]
    total: Decimal
    adjustment: Decimal = Decimal(0)

    def __post_init__(self) -> None:
        no_float(self)


TIME_ZONES = {
    "AB": "America/Edmonton",
    "BC": "America/Vancouver",
    "MB": "America/Winnipeg",
    "NB": "America/Moncton",
    "NL": "America/St_Johns",
    "NS": "America/Halifax",
    "NT": "America/Edmonton",
    "NU": "America/Iqaluit",
    "ON": "America/Toronto",
    "PE": "America/Halifax",
    "QC": "America/Toronto",
    "SK": "America/Regina",
    "YT": "America/Whitehorse",
}
"""The zone in which most people of a province live: the day of a tax is a day there, not in UTC."""
