"""Tariffs and taxes: money is Decimal, and every rate says since when and by whom."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal


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
    idle_grace_s: float = 600.0
    idle_cap: Decimal | None = None
    tax_included: bool = False
    province: str = "QC"


@dataclass(frozen=True)
class TaxRate:
    """One tax line of one province, valid between two dates; ``percent`` of the price before tax."""

    province: str
    name: str
    percent: Decimal
    valid_from: date
    valid_to: date | None
    source: str


@dataclass(frozen=True)
class TaxLine:
    """One tax as it stands on a bill."""

    name: str
    percent: Decimal
    amount: Decimal


@dataclass(frozen=True)
class Bill:
    """A session in money, every amount in whole cents."""

    currency: str
    energy: Decimal
    time: Decimal
    flat: Decimal
    idle: Decimal
    before_tax: Decimal
    taxes: tuple[TaxLine, ...]
    total: Decimal
