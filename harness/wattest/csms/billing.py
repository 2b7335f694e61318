"""What a session costs.

Every line is rounded half up to whole cents, taxes each on the same price before tax, never on one another. Sources:
CRA (GST/HST to the nearest cent, half up), Revenu Quebec (QST half up; recalled), ETA s. 165.2; energy and time are
priced as stated by the EVSE, without rounding before the price.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal, localcontext

from wattest.errors import BenchError
from wattest.model.tariff import Bill, Tariff, TaxLine, TaxRate

CENT = Decimal("0.01")
_HOUR_S = Decimal(3600)


def cents(amount: Decimal) -> Decimal:
    """Whole cents, half up.

    >>> cents(Decimal("0.125"))
    Decimal('0.13')
    """
    return amount.quantize(CENT, ROUND_HALF_UP)


def bill(
    tariff: Tariff,
    taxes: Iterable[TaxRate],
    *,
    energy_wh: Decimal,
    started: datetime,
    ended: datetime,
    idle_s: float,
    on: date,
) -> Bill:
    """The bill of a session.

    ``energy_wh`` in Wh, ``idle_s`` seconds for which the vehicle asked for nothing while it could have had power; the
    tariff's grace is taken off and its cap kept. Taxes are those of ``tariff.province`` in force ``on`` that day;
    ``BenchError`` when there is none. With ``tax_included`` the lines contain the taxes, and the cent that
    rounding may leave over goes to the last tax.

    >>> from decimal import Decimal; from datetime import datetime
    >>> t = datetime(2026, 1, 15); qc = Tariff("t", energy=Decimal("0.35"))
    >>> rates = [TaxRate("QC", "GST", Decimal(5), date(2008, 1, 1), None, ""),
    ...          TaxRate("QC", "QST", Decimal("9.975"), date(2013, 1, 1), None, "")]
    >>> bill(qc, rates, energy_wh=Decimal(12486), started=t, ended=t, idle_s=0, on=date(2026, 1, 15)).total
    Decimal('5.02')
    """
    with localcontext() as context:
        context.prec = 50
        energy = cents(energy_wh * tariff.energy / 1000)
        time = cents(_seconds(ended - started) * tariff.time / _HOUR_S)
        flat = cents(tariff.flat)
        idle = _idle(tariff, Decimal(repr(float(idle_s))))
        total = energy + time + flat + idle
        rates = rates_on(taxes, tariff.province, on)
        if tariff.tax_included:
            before_tax = cents(total / (1 + sum((rate.percent for rate in rates), Decimal(0)) / 100))
        else:
            before_tax = total
        amounts = [cents(before_tax * rate.percent / 100) for rate in rates]
        if tariff.tax_included:
            amounts[-1] += total - before_tax - sum(amounts, Decimal(0))
        lines = tuple(
            TaxLine(rate.name, rate.percent, amount) for rate, amount in zip(rates, amounts, strict=True)
        )
        return Bill(
            tariff.currency,
            energy,
            time,
            flat,
            idle,
            before_tax,
            lines,
            before_tax + sum(amounts, Decimal(0)),
        )


def rates_on(taxes: Iterable[TaxRate], province: str, on: date) -> list[TaxRate]:
    """Tax rates of a province in force on a day, in the order of the table. ``BenchError`` when there is none."""
    found = [
        rate
        for rate in taxes
        if rate.province == province
        and rate.valid_from <= on
        and (rate.valid_to is None or on <= rate.valid_to)
    ]
    if not found:
        raise BenchError(
            f"No tax of province '{province}' is in force on {on.isoformat()}: the tax table needs a row for it, even of 0 %."
        )
    return found


def _seconds(span: timedelta) -> Decimal:
    return Decimal(max(span, timedelta()) // timedelta(microseconds=1)) / 1_000_000


def _idle(tariff: Tariff, idle_s: Decimal) -> Decimal:
    beyond = max(Decimal(0), idle_s - Decimal(repr(tariff.idle_grace_s)))
    fee = cents(beyond * tariff.idle / _HOUR_S)
    return fee if tariff.idle_cap is None else min(fee, cents(tariff.idle_cap))


def price_text(tariff: Tariff) -> str:
    """The prices of a tariff as a driver reads them before the start.

    >>> price_text(Tariff("t", energy=Decimal("0.35")))
    '0.35 CAD/kWh + tax'
    """
    parts = [
        f"{price} {tariff.currency}{per}"
        for price, per in ((tariff.energy, "/kWh"), (tariff.time, "/h"), (tariff.flat, " per session"))
        if price
    ]
    if tariff.idle:
        grace = f"{tariff.idle_grace_s / 60:g} min"
        parts.append(f"{tariff.idle} {tariff.currency}/h idle after {grace}")
    words = ", ".join(parts) or f"free of charge ({tariff.currency})"
    return f"{words}, tax included" if tariff.tax_included else f"{words} + tax"
