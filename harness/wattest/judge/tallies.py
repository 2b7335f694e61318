"""Rules for what must add up exactly: money and the ledger of transactions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from decimal import Decimal
from itertools import pairwise
from typing import Any, Literal

from wattest.errors import BenchError
from wattest.judge.decision import Decision, Result, at, begun, listed, number, shown

MOST_EVENTS = 100_000
"""Events of one transaction that are looked at for gaps; a larger seqNo is nonsense that other rules find."""


def amount_of(text: Any) -> Decimal | None:
    """An amount as a person or a camera reads it: ``12.34``, ``12,34``, ``$12.34``; None when it is none.

    >>> amount_of("12,34 $")
    Decimal('12.34')
    """
    cleaned = str(text).replace("CAD", "").replace("$", "").replace("\u00a0", "").replace(" ", "")
    try:
        amount = Decimal(cleaned.replace(",", "."))
    except ArithmeticError:
        return None
    return amount if amount.is_finite() else None


def cost_equal(
    *,
    what: str,
    expected: Any,
    observed: Any,
    currency_expected: str | None = None,
    currency_observed: str | None = None,
    tolerance: Any = "0.00",
    low: Any = None,
    high: Any = None,
    lines: Mapping[str, Any] | None = None,
    absent: Literal["inconclusive", "fail"] = "fail",
    place: str = "",
) -> Decision:
    """An amount of money is the expected one; ``lines`` says what the expected one is made of.

    No amount at all is a failure, since it was asked for where it must stand (``absent``). A currency that was not shown
    makes an equal amount inconclusive. Where nobody knows to the second when a step of the tariff began, another amount
    from ``low`` to ``high`` is inconclusive as well.
    """
    thing = begun(what) + at(place)
    right = amount_of(expected)
    if right is None:
        raise BenchError(
            f"Input 'expected' of rule 'cost_equal' is {expected!r}, which is no amount of money."
        )
    made_of = ", ".join(f"{name} {part}" for name, part in (lines or {}).items())
    made_of = f" ({made_of})" if made_of else ""
    currency = f" {currency_expected}" if currency_expected else ""
    figures: dict[str, Any] = {"expected": str(right), "observed": observed, "lines": dict(lines or {})}
    if observed is None:
        return Decision(absent, f"{thing} is missing; {right}{currency}{made_of} is due.", figures=figures)
    seen = amount_of(observed)
    if seen is None:
        return Decision(
            "inconclusive",
            f"{thing} reads '{observed}', which is no amount; {right}{currency}{made_of} is due.",
            figures=figures,
        )
    figures["difference"] = str(seen - right)
    if currency_expected and currency_observed and currency_observed.upper() != currency_expected.upper():
        return Decision(
            "fail", f"{thing} is in {currency_observed}; {currency_expected} is due.", figures=figures
        )
    same = abs(seen - right) <= Decimal(str(tolerance))
    if same and currency_expected and not currency_observed:
        return Decision(
            "inconclusive", f"{thing} is {seen}, as due, but no currency was seen beside it.", figures=figures
        )
    least, most = amount_of(low), amount_of(high)
    if least is not None and most is not None:
        figures |= {"low": str(least), "high": str(most)}
        if not same and least <= seen <= most:
            return Decision(
                "inconclusive",
                f"{thing} is {seen}{currency}; {right}{currency}{made_of} is due by what was told at the begin of each "
                f"stretch, and anything from {least} to {most} may be, since a step began within one.",
                figures=figures,
            )
    outcome: Result = "pass" if same else "fail"
    return Decision(
        outcome, f"{thing} is {seen}{currency}; {right}{currency}{made_of} is due.", figures=figures
    )


def cost_within(
    *,
    what: str,
    low: Any,
    high: Any,
    observed: Any,
    currency_expected: str | None = None,
    currency_observed: str | None = None,
    lines: Mapping[str, Any] | None = None,
    place: str = "",
) -> Decision:
    """An amount of money lies between two amounts, both right, where a standard leaves the order of rounding open.

    No amount at all is a failure; one that cannot be read is doubt. ``lines`` says what the amount is made of.
    """
    thing = begun(what) + at(place)
    bounds = [amount_of(low), amount_of(high)]
    if bounds[0] is None or bounds[1] is None:
        raise BenchError(
            f"Inputs 'low' and 'high' of rule 'cost_within' are {low!r} and {high!r}: these are no amounts of money."
        )
    currency = f" {currency_expected}" if currency_expected else ""
    made_of = ", ".join(f"{name} {part}" for name, part in (lines or {}).items())
    due = f"{bounds[0]}" if bounds[0] == bounds[1] else f"{bounds[0]} to {bounds[1]}"
    due = f"{due}{currency}{f' ({made_of})' if made_of else ''} is due"
    figures: dict[str, Any] = {"low": str(bounds[0]), "high": str(bounds[1]), "observed": observed}
    if observed is None:
        return Decision("fail", f"{thing} is missing; {due}.", figures=figures)
    seen = amount_of(observed)
    if seen is None:
        return Decision(
            "inconclusive", f"{thing} reads '{observed}', which is no amount; {due}.", figures=figures
        )
    if currency_expected and currency_observed and currency_observed.upper() != currency_expected.upper():
        return Decision(
            "fail", f"{thing} is in {currency_observed}; {currency_expected} is due.", figures=figures
        )
    outcome: Result = "pass" if bounds[0] <= seen <= bounds[1] else "fail"
    return Decision(outcome, f"{thing} is {seen}{currency}; {due}.", figures=figures)


def amount_at_most(
    *, what: str, most: Any, observed: Any, currency: str = "CAD", place: str = ""
) -> Decision:
    """An amount of money is not above another, to the cent: money has no uncertainty.

    Nothing observed is doubt; an amount that is none is a mistake of the suite.
    """
    thing = begun(what) + at(place)
    limit, seen = amount_of(most), None if observed is None else amount_of(observed)
    for name, given, read in (("most", most, limit), ("observed", observed, seen)):
        if given is not None and read is None:
            raise BenchError(
                f"Input '{name}' of rule 'amount_at_most' is {given!r}, which is no amount of money."
            )
    if limit is None or seen is None:
        return Decision("inconclusive", f"{thing} is not known; at most {limit} {currency} is allowed.")
    outcome: Result = "pass" if seen <= limit else "fail"
    figures = {"most": str(limit), "observed": str(seen)}
    return Decision(
        outcome, f"{thing} is {seen} {currency}; at most {limit} {currency} is allowed.", figures=figures
    )


def ledger(
    *,
    what: str,
    transactions: Sequence[Mapping[str, Any]],
    tolerance_wh: Any = 1.0,
    place: str = "",
) -> Decision:
    """Every transaction is there once and whole, and none says two things.

    Each mapping has ``id``, ``started``, ``ended``, and may have ``meter_start_wh``, ``meter_stop_wh``, ``register_wh``
    with ``register_times``, ``contradictions`` (sentences) and ``seq_nos``. Sequence numbers may miss single
    events between two that came, as a station short of memory drops every other ``Updated`` (2.0.1 E04.FR.07): that is
    inconclusive; two in a row, the first or the last missing is a loss. Sources: OCPP 1.6 3.7; 2.0.1 E04, E08, E12.
    """
    thing = begun(what) + at(place)
    if not transactions:
        return Decision(
            "inconclusive", f"{thing} holds no transaction to look at.", figures={"transactions": 0}
        )
    wrong: list[str] = []
    doubts: list[str] = []
    counts = Counter(str(entry["id"]) for entry in transactions)
    wrong += [f"transaction {name} stands {many} times" for name, many in counts.items() if many > 1]
    for entry in transactions:
        lost, unsure = _one(entry, number("tolerance_wh", tolerance_wh))
        wrong += [f"transaction {entry['id']} {sentence}" for sentence in lost]
        doubts += [f"transaction {entry['id']} {sentence}" for sentence in unsure]
    figures = {"transactions": len(transactions), "wrong": len(wrong), "doubts": len(doubts)}
    if wrong:
        return Decision("fail", f"{thing}: {listed(wrong)}.", figures=figures)
    if doubts:
        return Decision("inconclusive", f"{thing}: {listed(doubts)}.", figures=figures)
    many = "the one transaction is" if len(transactions) == 1 else f"all {len(transactions)} transactions are"
    return Decision("pass", f"{thing}: {many} there once, whole and without contradiction.", figures=figures)


def _one(entry: Mapping[str, Any], tolerance_wh: float) -> tuple[list[str], list[str]]:
    wrong = [f"has no {end}" for end, key in (("start", "started"), ("end", "ended")) if not entry[key]]
    wrong += [f"contradicts itself: {sentence}" for sentence in entry.get("contradictions", ())]
    start, stop = entry.get("meter_start_wh"), entry.get("meter_stop_wh")
    if start is not None and stop is not None:
        first, last = number("meter_start_wh", start), number("meter_stop_wh", stop)
        if last < first - tolerance_wh:
            wrong.append(f"ends at {shown(last)} Wh, below its start at {shown(first)} Wh")
    wrong += _backwards(entry, tolerance_wh)
    missing, isolated = _gaps([int(no) for no in entry.get("seq_nos", ()) if no is not None])
    if missing:
        sentence = f"misses the events with seqNo {', '.join(map(str, missing[:5]))}"
        return (wrong, [sentence]) if isolated else ([*wrong, sentence], [])
    return wrong, []


def _backwards(entry: Mapping[str, Any], tolerance_wh: float) -> list[str]:
    times = [str(time) for time in entry.get("register_times", ())]
    values = [number("register_wh", wh) for wh in entry.get("register_wh", ())]
    highest = float("-inf")
    for time, wh in sorted(zip(times, values, strict=False)):
        if wh < highest - tolerance_wh:
            return [f"has a register that goes back from {shown(highest)} Wh to {shown(wh)} Wh at {time}"]
        highest = max(highest, wh)
    return []


def _gaps(numbers: list[int]) -> tuple[list[int], bool]:
    """Sequence numbers missing between the first and the last, and whether none of them are neighbours."""
    if not numbers:
        return [], True
    came = set(numbers)
    first = min(came)
    missing = [no for no in range(first, min(max(came), first + MOST_EVENTS)) if no not in came]
    isolated = all(later - earlier > 1 for earlier, later in pairwise(missing))
    return missing, isolated
