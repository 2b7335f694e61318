"""What a session costs.

Every line is rounded half up to whole cents, taxes each on the same price before tax, never on one another. Sources:
CRA (GST/HST to the nearest cent, half up), Revenu Quebec (QST half up; recalled), ETA s. 165.2; energy and time are
priced as stated by the EVSE, without rounding before the price.

A tariff by steps prices each stretch between two readings of the register: by its mean power, or by the state of charge
told nearest to its begin (project). What was not told is not guessed: ``Inconclusive``.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal, localcontext
from itertools import pairwise
from zoneinfo import ZoneInfo

from wattest.errors import BenchError, Inconclusive
from wattest.model.tariff import TIME_ZONES, Bill, PriceStep, Tariff, TaxLine, TaxRate

CENT = Decimal("0.01")
_HOUR_S = Decimal(3600)
_SECOND = timedelta(seconds=1)


def cents(amount: Decimal) -> Decimal:
    """Whole cents, half up.

    >>> cents(Decimal("0.125"))
    Decimal('0.13')
    """
    return amount.quantize(CENT, ROUND_HALF_UP)


def tax_day(province: str, at: datetime) -> date:
    """The day in a province; taxes change at midnight there, not in UTC."""
    return at.astimezone(ZoneInfo(TIME_ZONES[province])).date()


def bill(
    tariff: Tariff,
    taxes: Iterable[TaxRate],
    *,
    energy_wh: Decimal,
    started: datetime,
    ended: datetime,
    idle: timedelta = timedelta(),
    on: date,
    register: Sequence[tuple[datetime, Decimal]] = (),
    soc: Sequence[tuple[datetime, Decimal]] = (),
) -> Bill:
    """The bill of a session.

    ``energy_wh`` in Wh, ``idle`` the time for which the vehicle asked for nothing while it could have had power; the
    tariff's grace is taken off and its cap kept. ``register`` (Wh) and ``soc`` (percent) are needed for a tariff by
    steps; ``Inconclusive`` when they do not tell the step of every stretch. Taxes are those of ``tariff.province`` in
    force ``on`` that day; ``BenchError`` when there is none, or when the tariff must state one and does not. With
    ``tax_included`` the lines contain the taxes, and the cent that rounding may leave over goes to the last tax.

    >>> from decimal import Decimal; from datetime import datetime
    >>> t = datetime(2026, 1, 15); qc = Tariff("t", energy=Decimal("0.35"))
    >>> rates = [TaxRate("QC", "GST", Decimal(5), date(2008, 1, 1), None, ""),
    ...          TaxRate("QC", "QST", Decimal("9.975"), date(2013, 1, 1), None, "")]
    >>> bill(qc, rates, energy_wh=Decimal(12486), started=t, ended=t, on=date(2026, 1, 15)).total
    Decimal('5.03')
    """
    with localcontext() as context:
        context.prec = 50
        by_energy = energy_wh * tariff.energy
        by_time = _seconds(ended - started) * tariff.time
        if tariff.steps:
            for wh, seconds, step in _stretches(tariff, energy_wh, started, ended, register, soc):
                by_energy += wh * step.energy
                by_time += seconds * step.time
        energy, time, flat = cents(by_energy / 1000), cents(by_time / _HOUR_S), cents(tariff.flat)
        idling = _idle(tariff, _seconds(idle))
        sum_ = energy + time + flat + idling
        total = _within(tariff, sum_)
        rates = rates_on(taxes, tariff.province, on, tariff.provincial_tax)
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
            idling,
            before_tax,
            lines,
            before_tax + sum(amounts, Decimal(0)),
            total - sum_,
        )


def rates_on(
    taxes: Iterable[TaxRate], province: str, on: date, provincial_tax: str | None = None
) -> list[TaxRate]:
    """Tax rates of a province in force on a day, in the order of the table.

    ``provincial_tax`` is what the operator states of a tax that is not settled: ``applies`` or ``exempt``. Raises
    ``BenchError`` when there is no rate, and when such a tax exists and nothing is stated.
    """
    found = [
        rate
        for rate in taxes
        if rate.province == province
        and rate.valid_from <= on
        and (rate.valid_to is None or on <= rate.valid_to)
    ]
    if not any(rate.settled for rate in found):
        raise BenchError(
            f"No tax of province '{province}' is in force on {on.isoformat()}: the tax table needs a row for it, even of 0 %."
        )
    unsettled = [rate for rate in found if not rate.settled]
    if unsettled and provincial_tax is None:
        raise BenchError(
            f"Whether {unsettled[0].name} of {unsettled[0].percent} % applies to charging in {province} is not settled; "
            "the tariff must state 'provincial_tax: applies' or 'exempt', with its 'provincial_tax_source'."
        )
    return found if provincial_tax == "applies" else [rate for rate in found if rate.settled]


def _stretches(
    tariff: Tariff,
    energy_wh: Decimal,
    started: datetime,
    ended: datetime,
    register: Sequence[tuple[datetime, Decimal]],
    soc: Sequence[tuple[datetime, Decimal]],
) -> list[tuple[Decimal, Decimal, PriceStep]]:
    """Wh, seconds and step of each stretch between two readings. Raises ``Inconclusive`` when one has no step."""
    points = _points(register, started, ended)
    found = []
    for (since, before), (until, after) in pairwise(points):
        wh, seconds = after - before, _seconds(until - since)
        if wh < 0:
            raise Inconclusive(
                f"The register goes back by {-wh} Wh at {until.isoformat()}: no step is certain."
            )
        if seconds > tariff.longest_gap_s:
            raise Inconclusive(
                f"From {since.isoformat()} on the register was not told for {seconds:f} s; a tariff by steps needs it "
                f"every {tariff.longest_gap_s:f} s."
            )
        if tariff.steps_by == "soc":
            reached = _soc_at(tariff, soc, since)
            step = [one for one in tariff.steps if one.above <= reached][-1]
        else:
            step = [one for one in tariff.steps if one.above * seconds <= wh * _HOUR_S][-1]
        found.append((wh, seconds, step))
    told = sum((wh for wh, _, _ in found), Decimal(0))
    if told != energy_wh:
        raise Inconclusive(
            f"The readings of the register add up to {told} Wh and the session to {energy_wh} Wh: no step is certain."
        )
    return found


def _points(
    register: Sequence[tuple[datetime, Decimal]], started: datetime, ended: datetime
) -> list[tuple[datetime, Decimal]]:
    """One reading per instant from start to end, the lowest at the start and the highest after."""
    found: dict[datetime, Decimal] = {}
    for at, wh in sorted(register):
        moment = started if abs(at - started) <= _SECOND else ended if abs(at - ended) <= _SECOND else at
        if started <= moment <= ended:
            better = min if moment == started else max
            found[moment] = better(wh, found.get(moment, wh))
    if started not in found or ended not in found or started == ended:
        raise Inconclusive(
            "A tariff by steps needs the register at the start and at the end of the session, and it was not told."
        )
    return sorted(found.items())


def _soc_at(tariff: Tariff, soc: Sequence[tuple[datetime, Decimal]], at: datetime) -> Decimal:
    if soc:
        told, percent = min(soc, key=lambda one: (abs(one[0] - at), one[0]))
        if _seconds(abs(told - at)) <= tariff.longest_gap_s:
            return max(percent, Decimal(0))
    raise Inconclusive(
        f"The tariff has steps by state of charge, and none was told within {tariff.longest_gap_s:f} s of {at.isoformat()}."
    )


def _seconds(span: timedelta) -> Decimal:
    return Decimal(max(span, timedelta()) // timedelta(microseconds=1)) / 1_000_000


def _idle(tariff: Tariff, idle_s: Decimal) -> Decimal:
    beyond = max(Decimal(0), idle_s - tariff.idle_grace_s)
    fee = cents(beyond * tariff.idle / _HOUR_S)
    return fee if tariff.idle_cap is None else min(fee, cents(tariff.idle_cap))


def _within(tariff: Tariff, amount: Decimal) -> Decimal:
    """Nothing stays nothing: a minimum is due only of a session that costs something."""
    if tariff.minimum is not None and amount > 0:
        amount = max(amount, cents(tariff.minimum))
    return amount if tariff.maximum is None else min(amount, cents(tariff.maximum))


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
    for step in tariff.steps:
        prices = [
            f"{price} {tariff.currency}{per}"
            for price, per in ((step.energy, "/kWh"), (step.time, "/h"))
            if price
        ]
        at = f"{step.above / 1000:f} kW" if tariff.steps_by == "power" else f"{step.above:f} %"
        parts.append(f"{' and '.join(prices) or 'free'} from {at}")
    if tariff.idle:
        parts.append(f"{tariff.idle} {tariff.currency}/h idle after {tariff.idle_grace_s / 60:f} min")
    parts += [
        f"{word} {amount} {tariff.currency}"
        for word, amount in (("at least", tariff.minimum), ("at most", tariff.maximum))
        if amount is not None
    ]
    words = ", ".join(parts) or f"free of charge ({tariff.currency})"
    return f"{words}, tax included" if tariff.tax_included else f"{words} + tax"
