"""What a session must have cost, computed a second time.

It shares no code with the central system's billing: fractions here, so that no rounding happens but the one that the
rule demands, to whole cents, half up, once per line. Sources: CRA (GST/HST half up), Revenu Quebec (QST half up;
recalled), ETA s. 165.2, OCPI 2.3.0 PARKING_TIME (idle is the vehicle not asking for power).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction

from wattest.errors import BenchError
from wattest.model.tariff import Bill, Tariff, TaxLine, TaxRate
from wattest.ocpp.neutral import ChargingState

__all__ = ["bill", "half_up", "idle_time", "rates_on", "taxed"]

_CENT = 100


def half_up(amount: Fraction) -> Decimal:
    """Whole cents, a half going away from zero.

    >>> half_up(Fraction("0.125")), half_up(Fraction("-0.125"))
    (Decimal('0.13'), Decimal('-0.13'))
    """
    cents = math.floor(abs(amount) * _CENT + Fraction(1, 2))
    return Decimal(cents if amount >= 0 else -cents).scaleb(-2)


def rates_on(taxes: Iterable[TaxRate], province: str, on: date) -> tuple[TaxRate, ...]:
    """Tax lines of a province in force on a day. Raises ``BenchError`` when none is: no tax is never assumed."""
    found = tuple(
        rate
        for rate in taxes
        if rate.province == province
        and rate.valid_from <= on
        and (rate.valid_to is None or on <= rate.valid_to)
    )
    if not found:
        raise BenchError(
            f"No tax rate of {province} is in force on {on.isoformat()}; add it under fixtures/taxes."
        )
    return found


def taxed(
    amount: Decimal, rates: Sequence[TaxRate], *, included: bool = False
) -> tuple[Decimal, tuple[TaxLine, ...], Decimal]:
    """Price before tax, tax lines and total. All taxes stand on the same price before tax; none compounds.

    ``included`` takes ``amount`` as the total: the cent that rounding leaves over goes to the last tax line.
    """
    shares = [Fraction(rate.percent) / 100 for rate in rates]
    exact = Fraction(amount)
    base = half_up(exact / (1 + sum(shares))) if included else half_up(exact)
    amounts = [half_up(Fraction(base) * share) for share in shares]
    if included and amounts:
        total = half_up(exact)
        amounts[-1] += total - base - sum(amounts, Decimal(0))
    else:
        total = base + sum(amounts, Decimal(0))
    lines = tuple(TaxLine(rate.name, rate.percent, part) for rate, part in zip(rates, amounts, strict=True))
    return base, lines, total


def idle_time(states: Sequence[tuple[datetime, ChargingState]], ended: datetime) -> timedelta:
    """Time for which the vehicle asked for nothing: ``suspended ev`` only, never while the EVSE withholds power."""
    ordered = sorted(states, key=lambda state: state[0])
    total = timedelta()
    for index, (since, state) in enumerate(ordered):
        until = ordered[index + 1][0] if index + 1 < len(ordered) else ended
        if state == "suspended ev" and until > since:
            total += min(until, ended) - min(since, ended)
    return total


def bill(
    tariff: Tariff,
    taxes: Iterable[TaxRate],
    *,
    energy_wh: Decimal | None,
    started: datetime | None,
    ended: datetime | None,
    states: Sequence[tuple[datetime, ChargingState]] = (),
) -> Bill:
    """The bill of a session by the tariff in force when it started, with the taxes of that day (UTC).

    Time is charged by the second, by what the EVSE stated as start and end. Raises ``BenchError`` when energy or a time
    that the tariff charges for is unknown: a price cannot be guessed.
    """
    if started is None or ended is None:
        raise BenchError(
            "A bill needs the start and the end of the session, and the EVSE has not stated both."
        )
    if energy_wh is None:
        raise BenchError("A bill needs the energy of the session, and the EVSE has not stated it.")
    energy = half_up(Fraction(energy_wh) / 1000 * Fraction(tariff.energy))
    time = half_up(_hours(max(timedelta(), ended - started)) * Fraction(tariff.time))
    flat = half_up(Fraction(tariff.flat))
    idle = _idle(tariff, idle_time(states, ended))
    before, lines, total = taxed(
        energy + time + flat + idle,
        rates_on(taxes, tariff.province, started.date()),
        included=tariff.tax_included,
    )
    return Bill(tariff.currency, energy, time, flat, idle, before, lines, total)


def _hours(span: timedelta) -> Fraction:
    return Fraction(span // timedelta(microseconds=1), 3_600_000_000)


def _idle(tariff: Tariff, idling: timedelta) -> Decimal:
    beyond = max(timedelta(), idling - timedelta(seconds=tariff.idle_grace_s))
    fee = half_up(_hours(beyond) * Fraction(tariff.idle))
    return fee if tariff.idle_cap is None else min(fee, half_up(Fraction(tariff.idle_cap)))
