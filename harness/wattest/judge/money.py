"""What a session must have cost, computed a second time.

It shares no code with the central system's billing: fractions here, so that no rounding happens but the one that the
rule demands, to whole cents, half up, once per line. Sources: CRA (GST/HST half up), Revenu Quebec (QST half up;
recalled), ETA s. 165.2, OCPI 2.3.0 PARKING_TIME (idle is the vehicle not asking for power).
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Literal
from zoneinfo import ZoneInfo

from wattest.errors import BenchError, Inconclusive
from wattest.model.tariff import TIME_ZONES, Bill, Tariff, TaxLine, TaxRate
from wattest.ocpp.neutral import ChargingState

__all__ = ["bill", "half_up", "idle_time", "local_day", "rates_on", "taxed"]

_CENT = 100

Crossing = Literal["told", "cheapest", "dearest"]
"""How a stretch is priced in which a state of charge passes from one step to the next."""


def half_up(amount: Fraction) -> Decimal:
    """Whole cents, a half going away from zero.

    >>> half_up(Fraction("0.125")), half_up(Fraction("-0.125"))
    (Decimal('0.13'), Decimal('-0.13'))
    """
    cents = math.floor(abs(amount) * _CENT + Fraction(1, 2))
    return Decimal(cents if amount >= 0 else -cents).scaleb(-2)


def local_day(province: str, at: datetime) -> date:
    """The day on the calendar of the province, which is what a rate's dates mean."""
    return at.astimezone(ZoneInfo(TIME_ZONES[province])).date()


def rates_on(
    taxes: Iterable[TaxRate], province: str, on: date, stated: str | None = None
) -> tuple[TaxRate, ...]:
    """Tax lines of a province in force on a day. Raises ``BenchError`` when none is: no tax is never assumed.

    Of a provincial sales tax that is not settled, ``stated`` says whether it ``applies`` or whether charging is
    ``exempt``; without it ``BenchError`` as well.
    """
    found = tuple(
        rate
        for rate in taxes
        if rate.province == province
        and rate.valid_from <= on
        and (rate.valid_to is None or on <= rate.valid_to)
    )
    settled = tuple(rate for rate in found if rate.settled)
    if not settled:
        raise BenchError(
            f"No tax rate of {province} is in force on {on.isoformat()}; add it under fixtures/taxes."
        )
    if len(settled) == len(found) or stated == "exempt":
        return settled
    if stated == "applies":
        return found
    open_ = next(rate for rate in found if not rate.settled)
    raise BenchError(
        f"The tariff does not state whether {open_.name} ({open_.percent} %) applies to charging in {province}; only its "
        "operator can, with 'provincial_tax' and 'provincial_tax_source'."
    )


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
    register: Sequence[tuple[datetime, Decimal]] = (),
    soc: Sequence[tuple[datetime, Decimal]] = (),
    crossing: Crossing = "told",
) -> Bill:
    """The bill of a session by the tariff in force when it started, with the taxes of that day in its province.

    Time is charged by the second, by what the EVSE stated as start and end. Raises ``BenchError`` when energy or a time
    that the tariff charges for is unknown: a price cannot be guessed. Raises ``Inconclusive`` when a rate of tax
    changed during the session, and when readings of the register (Wh) or states of charge (percent) are too few to tell
    which step of the tariff a stretch belongs to.

    A stretch in which a state of charge passes the begin of a step is priced as a whole by what was told at its begin.
    ``crossing`` prices such stretches by the ``cheapest`` or the ``dearest`` of the steps that it touches instead: a total
    between these two is one that nobody can call wrong.
    """
    if started is None or ended is None:
        raise BenchError(
            "A bill needs the start and the end of the session, and the EVSE has not stated both."
        )
    if energy_wh is None:
        raise BenchError("A bill needs the energy of the session, and the EVSE has not stated it.")
    lasted = max(timedelta(), ended - started)
    kwh_money = Fraction(energy_wh) / 1000 * Fraction(tariff.energy)
    hour_money = _hours(lasted) * Fraction(tariff.time)
    if tariff.steps:
        for wh, hours, touched in _by_step(tariff, Fraction(energy_wh), started, ended, register, soc):
            step = _chosen(tariff, wh, hours, touched, crossing)
            kwh_money += wh / 1000 * Fraction(tariff.steps[step].energy)
            hour_money += hours * Fraction(tariff.steps[step].time)
    energy, time, flat = half_up(kwh_money), half_up(hour_money), half_up(Fraction(tariff.flat))
    idle = _idle(tariff, idle_time(states, ended))
    adjustment = _adjustment(tariff, energy + time + flat + idle)
    rates = _rates_of_session(tariff, tuple(taxes), started, ended)
    before, lines, total = taxed(
        energy + time + flat + idle + adjustment, rates, included=tariff.tax_included
    )
    return Bill(tariff.currency, energy, time, flat, idle, before, lines, total, adjustment)


def _rates_of_session(
    tariff: Tariff, taxes: tuple[TaxRate, ...], started: datetime, ended: datetime
) -> tuple[TaxRate, ...]:
    first, last = local_day(tariff.province, started), local_day(tariff.province, max(started, ended))
    rates = rates_on(taxes, tariff.province, first, tariff.provincial_tax)
    if first != last and rates_on(taxes, tariff.province, last, tariff.provincial_tax) != rates:
        raise Inconclusive(
            f"The taxes of {tariff.province} changed between {first.isoformat()} and {last.isoformat()}, while the session "
            "ran: which rate is due is for the operator's accountant to say."
        )
    return rates


def _adjustment(tariff: Tariff, lines: Decimal) -> Decimal:
    """What minimum and maximum make of the lines; a session that costs nothing has no minimum (BIL-14)."""
    low = half_up(Fraction(tariff.minimum)) if tariff.minimum is not None and lines else lines
    high = half_up(Fraction(tariff.maximum)) if tariff.maximum is not None else max(lines, low)
    return min(max(lines, low), high) - lines


def _hours(span: timedelta) -> Fraction:
    return Fraction(span // timedelta(microseconds=1), 3_600_000_000)


def _idle(tariff: Tariff, idling: timedelta) -> Decimal:
    beyond = max(Fraction(0), _hours(idling) - Fraction(tariff.idle_grace_s) / 3600)
    fee = half_up(beyond * Fraction(tariff.idle))
    return fee if tariff.idle_cap is None else min(fee, half_up(Fraction(tariff.idle_cap)))


# --- tariffs by steps ------------------------------------------------------------------------------------

_SAME = Fraction(1, 3600)
"""A reading this near to the start or the end, in hours, is the one of that moment: many clocks tell whole seconds."""


def _by_step(
    tariff: Tariff,
    energy: Fraction,
    started: datetime,
    ended: datetime,
    register: Sequence[tuple[datetime, Decimal]],
    soc: Sequence[tuple[datetime, Decimal]],
) -> Iterator[tuple[Fraction, Fraction, Sequence[int]]]:
    """Wh, hours and numbers of the steps touched, that of the begin first, stretch by stretch between two readings."""
    end = _hours(max(timedelta(), ended - started))
    curve = _curve([(_signed(at - started), Fraction(wh)) for at, wh in register], end)
    if len(curve) < 2 or curve[0][0] != 0 or curve[-1][0] != end:
        raise Inconclusive(
            "The register at start and end of the session was not told: its steps are unknown."
        )
    if curve[-1][1] - curve[0][1] != energy:
        raise Inconclusive("The readings of the register do not add up to the energy of the session.")
    thresholds = [Fraction(step.above) for step in tariff.steps]
    levels = sorted((_signed(at - started), Fraction(percent)) for at, percent in soc)
    widest = Fraction(tariff.longest_gap_s) / 3600
    for index in range(1, len(curve)):
        hours, wh = (now - before for now, before in zip(curve[index], curve[index - 1], strict=True))
        if hours > widest:
            raise Inconclusive(
                f"The register was not told for {round(hours * 3600)} s, {round(curve[index - 1][0] * 3600)} s after "
                f"the start; at most {tariff.longest_gap_s} s leave no doubt about the step."
            )
        if wh < 0:
            raise Inconclusive("The register goes back during the session: its steps are unknown.")
        if tariff.steps_by == "soc":
            first = bisect_right(thresholds, _level(levels, curve[index - 1][0], widest)) - 1
            yield wh, hours, _touched(levels, curve[index][0], widest, thresholds, first)
        else:
            yield wh, hours, (bisect_right(thresholds, wh / hours) - 1,)


def _touched(
    levels: list[tuple[Fraction, Fraction]],
    until: Fraction,
    widest: Fraction,
    thresholds: list[Fraction],
    first: int,
) -> Sequence[int]:
    """Steps from that at the begin of a stretch to that at its end; to the last one where no state of charge was told near."""
    try:
        last = bisect_right(thresholds, _level(levels, until, widest)) - 1
    except Inconclusive:
        last = len(thresholds) - 1
    return range(first, last + 1) if first <= last else range(first, last - 1, -1)


def _chosen(tariff: Tariff, wh: Fraction, hours: Fraction, touched: Sequence[int], crossing: Crossing) -> int:
    """Number of the step by which a stretch is priced."""
    if crossing == "told":
        return touched[0]

    def price(number: int) -> Fraction:
        step = tariff.steps[number]
        return wh / 1000 * Fraction(step.energy) + hours * Fraction(step.time)

    return min(touched, key=price) if crossing == "cheapest" else max(touched, key=price)


def _curve(readings: list[tuple[Fraction, Fraction]], end: Fraction) -> list[tuple[Fraction, Fraction]]:
    """(hours since the start, Wh) without repeats: the lowest reading of the start, the highest of any later moment."""
    at_start = [wh for at, wh in readings if abs(at) <= _SAME]
    later: dict[Fraction, Fraction] = {}
    for at, wh in readings:
        moment = end if abs(at - end) <= _SAME else at
        if abs(at) > _SAME and 0 < moment <= end:
            later[moment] = max(wh, later.get(moment, wh))
    return [*([(Fraction(0), min(at_start))] if at_start else []), *sorted(later.items())]


def _level(levels: list[tuple[Fraction, Fraction]], at: Fraction, widest: Fraction) -> Fraction:
    """The state of charge told nearest to a moment, the earlier of two as near."""
    nearest = min(levels, key=lambda level: (abs(level[0] - at), level[0]), default=None)
    if nearest is None or abs(nearest[0] - at) > widest:
        raise Inconclusive(
            f"No state of charge was told within {round(widest * 3600)} s of a stretch that is priced by it."
        )
    return max(Fraction(0), nearest[1])


def _signed(span: timedelta) -> Fraction:
    return Fraction(span // timedelta(microseconds=1), 3_600_000_000)
