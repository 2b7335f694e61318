"""What a session must cost by the tariffs that a station of OCPP 2.1 was given, computed from what the station stated.

Fractions, as ``money``, and no code of the station's. Two things are left open by 2.1 (recalled), so that a range of cents
is right: in which order amounts are rounded, and whether time before the first energy and time that the station withholds
is idle. Prices that hang on power, energy or the time of day cannot be told to the cent from readings of the register.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise, product
from typing import Any

from wattest.errors import Inconclusive
from wattest.judge.money import half_up
from wattest.ocpp.ledger import Transaction

TariffType = Mapping[str, Any]
SLACK_S = 2
"""Times of usage are whole seconds, and clocks tell whole seconds."""


@dataclass(frozen=True)
class Owed:
    """The cents between which a session may cost, with taxes and before, and each of its parts before taxes.

    ``lines`` is the computation line by line.
    """

    low: Decimal
    high: Decimal
    low_before_tax: Decimal
    high_before_tax: Decimal
    currency: str
    parts: Mapping[str, tuple[Decimal, Decimal]]
    lines: Mapping[str, Decimal]


@dataclass(frozen=True)
class Usage:
    """What a session used: Wh, and seconds with the least and the most that may count as idle."""

    energy_wh: Decimal
    duration_s: Fraction
    idle_s: tuple[Fraction, Fraction]


_Parts = list[tuple[str, Fraction, tuple[tuple[Fraction, int], ...]]]
"""Parts of a cost: name, amount before tax, and taxes as share and stack."""


def usage(transaction: Transaction) -> Usage:
    """What a transaction used, as the station stated it. ``Inconclusive`` when it has not stated energy, start and end."""
    energy, start, end = transaction.energy_wh, transaction.started_at, transaction.ended_at
    if energy is None or start is None or end is None:
        raise Inconclusive(f"Transaction {transaction.id} has no energy, start or end: it cannot be priced.")
    return Usage(energy, _seconds(end - start), _idle(transaction, start, end))


def owed(tariffs: Sequence[tuple[datetime, TariffType]], transaction: Transaction) -> Owed:
    """What a transaction may cost by the tariffs it ran under, each with the time since when; the first from its start.

    Raises ``Inconclusive`` for prices that hang on what readings cannot tell to the cent, and for states of the session
    that are missing.
    """
    used = usage(transaction)
    start, end = transaction.started_at, transaction.ended_at
    assert start is not None
    assert end is not None
    types = [tariff for _, tariff in tariffs]
    moments = [start, *(min(max(at, start), end) for at, _ in tariffs[1:]), end]
    found: list[tuple[Fraction, Fraction]] = []
    ranges: dict[str, list[Decimal]] = {}
    for registers in product(*(_register(transaction, at) for at in moments[1:-1])):
        levels = [Fraction(0), *registers, Fraction(used.energy_wh)]
        for late in (0, 1):
            for slack in (-1, 1):
                parts = _parts(types, levels, _times(transaction, moments, late, slack))
                found += _sums(types[-1], parts)
                for name, sums in _by_name(parts).items():
                    ranges.setdefault(name, []).extend(half_up(one) for one in sums)
    totals = sorted(half_up(total) for _, total in found)
    befores = sorted(half_up(before) for before, _ in found)
    levels = [Fraction(0), *(_register(transaction, at)[0] for at in moments[1:-1]), Fraction(used.energy_wh)]
    exact = _parts(types, levels, _times(transaction, moments, 0, 0))
    return Owed(
        low=totals[0],
        high=totals[-1],
        low_before_tax=befores[0],
        high_before_tax=befores[-1],
        currency=str(types[0]["currency"]),
        parts={name: (min(amounts), max(amounts)) for name, amounts in ranges.items()},
        lines={name: half_up(sums[0]) for name, sums in _by_name(exact).items()},
    )


def _by_name(parts: _Parts) -> dict[str, tuple[Fraction, Fraction]]:
    """The sum of each part over all tariffs: with each amount rounded to cents, and without."""
    found: dict[str, tuple[Fraction, Fraction]] = {}
    for name, amount, _ in parts:
        rounded, whole = found.get(name, (Fraction(0), Fraction(0)))
        found[name] = (rounded + Fraction(half_up(amount)), whole + amount)
    return found


# --- energy and time -------------------------------------------------------------------------------------


def _register(transaction: Transaction, at: datetime) -> tuple[Fraction, ...]:
    """Wh since the start at a moment: the last reading before and the first after, one value when they are equal."""
    readings = [(when, wh) for when, wh, _ in transaction.register]
    begin = transaction.meter_start_wh
    if not readings or begin is None:
        raise Inconclusive(
            f"Transaction {transaction.id} has no register: a change of tariff cannot be placed."
        )
    times = [when for when, _ in readings]
    before = readings[max(0, bisect_right(times, at) - 1)][1]
    after = readings[min(len(readings) - 1, bisect_left(times, at))][1]
    low, high = (Fraction(max(wh - begin, Decimal(0))) for wh in (min(before, after), max(before, after)))
    return (low,) if low == high else (low, high)


def _idle(transaction: Transaction, since: datetime, until: datetime) -> tuple[Fraction, Fraction]:
    """Seconds of a stretch for which the vehicle asked for nothing, and for which no energy flowed."""
    states = [*transaction.states]
    if not states:
        raise Inconclusive(f"Transaction {transaction.id} has told no charging state: idle time is unknown.")
    least = most = Fraction(0)
    ends = [at for at, _ in states[1:]] + [max(until, states[-1][0])]
    most += _seconds(min(states[0][0], until) - since)
    for (at, state), end in zip(states, ends, strict=True):
        span = _seconds(min(end, until) - max(at, since))
        if state == "suspended ev":
            least += span
        if state != "charging":
            most += span
    return least, most


def _times(
    transaction: Transaction, moments: Sequence[datetime], late: int, slack: int
) -> list[tuple[Fraction, Fraction]]:
    """Charging and idle seconds of each stretch, ``late`` 0 for the least idle time and 1 for the most."""
    found = []
    for since, until in pairwise(moments):
        whole = _seconds(until - since)
        idle = _idle(transaction, since, until)[late]
        found.append((max(Fraction(0), whole - idle + slack), max(Fraction(0), idle + slack)))
    return found


def _seconds(span: timedelta) -> Fraction:
    return Fraction(max(span, timedelta()) // timedelta(microseconds=1), 1_000_000)


# --- prices ----------------------------------------------------------------------------------------------


def _parts(
    types: Sequence[TariffType], levels: Sequence[Fraction], times: Sequence[tuple[Fraction, Fraction]]
) -> _Parts:
    """The parts of a cost, one tariff after the other; idle and charging time are counted from the start."""
    fixed = types[0].get("fixedFee")
    found: _Parts = [] if fixed is None else [("fixedFee", _flat(fixed, "priceFixed"), _taxes(fixed))]
    charged = idled = Fraction(0)
    for tariff, (before, after), (charging, idle) in zip(types, pairwise(levels), times, strict=True):
        if "energy" in tariff:
            part = tariff["energy"]
            found.append(("energy", (after - before) / 1000 * _flat(part, "priceKwh"), _taxes(part)))
        for name, bound, done, more in (
            ("chargingTime", "ChargingTime", charged, charging),
            ("idleTime", "IdleTime", idled, idle),
        ):
            if name in tariff:
                part = tariff[name]
                found.append((name, _by_minute(part, bound, done, done + more), _taxes(part)))
        charged, idled = charged + charging, idled + idle
    return found


def _flat(part: Mapping[str, Any], word: str) -> Fraction:
    prices = part["prices"]
    if prices[0].get("conditions"):
        raise Inconclusive(
            f"The price {word} hangs on {', '.join(prices[0]['conditions'])}, which readings do not tell to the cent."
        )
    return Fraction(prices[0][word])


def _by_minute(part: Mapping[str, Any], bound: str, since: Fraction, until: Fraction) -> Fraction:
    """The cost of the seconds from one count to another, by prices that hang on that count at most."""
    edges = {since, until}
    spans = []
    for price in part["prices"]:
        stated = dict(price.get("conditions") or {})
        low, high = stated.pop(f"min{bound}", None), stated.pop(f"max{bound}", None)
        if stated:
            raise Inconclusive(
                f"A price of a minute hangs on {', '.join(stated)}, which readings do not tell to the cent."
            )
        spans.append((price["priceMinute"], low, high))
        edges |= {Fraction(edge) for edge in (low, high) if edge is not None and since < edge < until}
    total = Fraction(0)
    for begin, end in pairwise(sorted(edges)):
        for price, low, high in spans:
            if (low is None or begin >= low) and (high is None or begin < high):
                total += (end - begin) / 60 * Fraction(price)
                break
    return total


def _taxes(part: Mapping[str, Any]) -> tuple[tuple[Fraction, int], ...]:
    return tuple((Fraction(one["tax"]) / 100, one.get("stack", 0)) for one in part.get("taxRates") or ())


# --- the sum, in every order of rounding -----------------------------------------------------------------


def _sums(tariff: TariffType, parts: _Parts) -> Iterator[tuple[Fraction, Fraction]]:
    """Amounts before tax and with taxes: rounded line by line or not, taxed together or part by part."""
    for lines, taxes, by_part in product((True, False), repeat=3):
        amounts = [(Fraction(half_up(amount)) if lines else amount, rates) for _, amount, rates in parts]
        before = sum((amount for amount, _ in amounts), Fraction(0))
        limited = _limited(tariff, before)
        if limited != before:
            amounts = [(limited, amounts[0][1])]
        groups: dict[tuple[tuple[Fraction, int], ...], list[Fraction]] = {}
        for amount, rates in amounts:
            groups.setdefault(rates, []).append(amount)
        total = limited
        for rates, bases in groups.items():
            for base in bases if by_part else [sum(bases, Fraction(0))]:
                total += _taxed(base, rates, rounded=taxes)
        yield limited, total


def _limited(tariff: TariffType, before: Fraction) -> Fraction:
    """Minimum and maximum before tax; nothing stays nothing."""
    low, high = (tariff.get(name, {}).get("exclTax") for name in ("minCost", "maxCost"))
    if low is not None and before > 0:
        before = max(before, Fraction(low))
    return before if high is None else min(before, Fraction(high))


def _taxed(base: Fraction, rates: tuple[tuple[Fraction, int], ...], *, rounded: bool) -> Fraction:
    total = Fraction(0)
    for stack in sorted({level for _, level in rates}):
        on = base + total
        for share, level in rates:
            if level == stack:
                total += Fraction(half_up(on * share)) if rounded else on * share
    return total
