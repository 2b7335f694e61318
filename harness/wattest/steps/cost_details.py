"""The step that checks what a station states of a cost that it reckoned by itself (OCPP 2.1 CostDetailsType)."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING

from wattest.document.quantity import Duration
from wattest.errors import BenchError, Inconclusive
from wattest.model.verb import Saved
from wattest.ocpp.ledger import Transaction
from wattest.steps.context import POLL_S, Run
from wattest.steps.registry import step

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from typing import Any

    from wattest.judge.local_cost import Owed, Usage

_PARTS = {"energy": "energy", "chargingTime": "chargingTime", "idleTime": "idleTime", "fixedFee": "fixed"}
"""Parts of a tariff as a total names them."""


@step(proves=("BIL-18",))
async def check_cost_details(run: Run, *, transaction: Saved[Transaction], within: Duration = 30.0) -> None:
    """The cost that the station reckoned is right to the cent, and the total that it sends is the one that it shows.

    Right is what an independent computation gives from energy and times of the session; where OCPP 2.1 leaves the order
    of rounding open, each order is right. Usage and charging periods that it states must be those of the session.
    """
    from wattest.judge import local_cost  # noqa: PLC0415 - reading scenarios needs no judge

    current = run.csms.ledger.transactions[transaction.id]
    begin = run.clock.monotonic()
    while True:
        details, told_in = _details(run, transaction.id)
        shown, seen = await run.display()
        if (details is not None and shown.cost is not None) or run.clock.monotonic() - begin >= within:
            break
        await run.clock.sleep(POLL_S)
    evidence = (*current.evidence, *told_in)
    run.check(
        "cost details of the session",
        "occurred",
        {
            "what": f"cost details with the end of transaction {transaction.id}",
            "within_s": 0,
            "after_s": None if details is None else 0,
            "channel_alive": run.csms.connected,
        },
        evidence=evidence,
    )
    assert details is not None
    if details.get("failureToCalculate") is True:
        reason = str(details.get("failureReason", "it gives no reason"))[:200]
        raise Inconclusive(
            f"The station states that it could not reckon the cost of transaction {transaction.id}: {reason}."
        )
    tariffs = _ran_under(run, current)
    expected = local_cost.owed(tariffs, current)
    if len(tariffs) == 1:
        _agrees(run, current, expected)
    _check_usage(run, details, local_cost.usage(current), evidence)
    _check_periods(run, current, details, [told["tariffId"] for _, told in tariffs], evidence)
    _check_total(run, current, details, expected, evidence)
    _check_shown(run, current, details, expected, (shown.cost, shown.currency), (*evidence, seen))


def _details(run: Run, transaction_id: str) -> tuple[Mapping[str, Any] | None, tuple[int, ...]]:
    """The cost details of the end of a transaction, with exact numbers, and the entry that holds them."""
    from wattest.ocpp.decode import decode  # noqa: PLC0415 - reading scenarios needs no decoder

    plain = transaction_id.rpartition("/")[2]
    for entry in reversed(run.entries()):
        payload = _payload(entry, "in")
        if payload.get("eventType") != "Ended" or "costDetails" not in payload or "raw" not in entry:
            continue
        if (payload.get("transactionInfo") or {}).get("transactionId") == plain:
            exact = getattr(decode(entry["raw"], "2.1").message, "payload", {}).get("costDetails")
            return (exact if isinstance(exact, dict) else None), (entry["seq"],)
    return None, ()


def _payload(entry: Mapping[str, Any], direction: str) -> Mapping[str, Any]:
    if entry["kind"] != "frame" or entry["direction"] != direction:
        return {}
    found = (entry.get("message") or {}).get("payload")
    return found if isinstance(found, dict) else {}


def _ran_under(run: Run, transaction: Transaction) -> list[tuple[datetime, Mapping[str, Any]]]:
    """The TariffTypes of a transaction: its driver's or the default of its start, then those that were changed for it."""
    start = transaction.started_at
    own = run.csms.driver_tariffs.get((transaction.token or "").casefold())
    defaults = [
        (at, told) for at, of, told in run.local_tariffs if of is None and start is not None and at <= start
    ]
    first = defaults[-1:] if own is None else [(run.clock.utc(), own)]
    if own is not None and not any(_carries(_payload(entry, "out"), own) for entry in run.entries()):
        raise Inconclusive(
            f"The station did not ask about card {transaction.token}, so that it was not told its driver's tariff."
        )
    if not first:
        raise BenchError(
            f"Scenario {run.scenario.id} checks a cost that the station reckons, and gave it no tariff."
        )
    return [*first, *((at, told) for at, of, told in run.local_tariffs if of == transaction.id)]


def _carries(payload: Mapping[str, Any], tariff: Mapping[str, Any]) -> bool:
    found = payload.get("tariff")
    return isinstance(found, dict) and found.get("tariffId") == tariff["tariffId"]


def _agrees(run: Run, transaction: Transaction, expected: Owed) -> None:
    """Our own bill by the scenario's tariff lies where the computation from 2.1's words lies, or one of the two is wrong."""
    from wattest.steps.money import due  # noqa: PLC0415 - as above

    ours = due(run, transaction).total
    if not expected.low <= ours <= expected.high:
        raise BenchError(
            f"The judge bills {ours} for transaction {transaction.id} by the scenario's tariff, and {expected.low} to "
            f"{expected.high} by the same in the words of OCPP 2.1: the suite contradicts itself."
        )


def _check_usage(run: Run, details: Mapping[str, Any], used: Usage, evidence: tuple[int, ...]) -> None:
    from wattest.judge.local_cost import SLACK_S  # noqa: PLC0415 - as above

    (least, most), whole, energy = used.idle_s, used.duration_s, Fraction(used.energy_wh)
    ranges = {
        "energy": ("Wh", [(energy - 1, energy + 1)]),
        "idleTime": ("s", [(least - SLACK_S, most + SLACK_S)]),
        "chargingTime": (
            "s",
            [(whole - most - SLACK_S, whole - least + SLACK_S), (whole - SLACK_S, whole + SLACK_S)],
        ),
    }
    stated = details.get("totalUsage") or {}
    wrong, doubts = [], []
    for name, (unit, right) in ranges.items():
        value = _number(stated.get(name))
        if value is not None and any(low <= value <= high for low, high in right):
            continue
        shown, low, high = stated.get(name), float(right[0][0]), float(right[-1][1])
        if name == "energy" and value is not None and right[0][0] <= value * 1000 <= right[0][1]:
            doubts.append(f"The energy of the usage is {shown}, as if in kWh; OCPP states energy in Wh.")
        else:
            wrong.append(
                f"The {name} of the usage is {shown} {unit}; {low:.1f} to {high:.1f} {unit} is right."
            )
    run.check(
        "usage of the session",
        "held",
        {
            "what": "the usage stated is that of the session",
            "cases": len(ranges),
            "violations": wrong,
            "doubts": doubts,
        },
        evidence=evidence,
    )


def _check_periods(
    run: Run, transaction: Transaction, details: Mapping[str, Any], ids: list[str], evidence: tuple[int, ...]
) -> None:
    """Periods begin in the session, one after the other, and name its tariffs, each of them."""
    from wattest.judge.local_cost import SLACK_S  # noqa: PLC0415 - as above
    from wattest.ocpp.samples import moment  # noqa: PLC0415 - as above

    told = details.get("chargingPeriods")
    periods = [one for one in told if isinstance(one, dict)] if isinstance(told, list) else []
    if not periods:
        return
    start, end = transaction.started_at, transaction.ended_at
    assert start is not None
    assert end is not None
    slack = timedelta(seconds=SLACK_S)
    begins = [moment(one.get("startPeriod")) for one in periods]
    wrong = [
        f"A charging period begins at {at}, and the session lasts from {start} to {end}."
        for at in begins
        if at is None or not start - slack <= at <= end + slack
    ]
    known = [at for at in begins if at is not None]
    if known != sorted(known):
        wrong.append("The charging periods are not in the order of time.")
    named = [str(one["tariffId"])[:60] for one in periods if "tariffId" in one]
    wrong += [
        f"A charging period names the tariff '{one}', which the session never had."
        for one in dict.fromkeys(named)
        if one not in ids
    ]
    if named:
        wrong += [f"No charging period names the tariff '{one}'." for one in ids if one not in named]
    run.check(
        "charging periods of the session",
        "held",
        {"what": "the charging periods are those of the session", "cases": len(periods), "violations": wrong},
        evidence=evidence,
    )


def _check_total(
    run: Run, transaction: Transaction, details: Mapping[str, Any], expected: Owed, evidence: tuple[int, ...]
) -> None:
    cost = details.get("totalCost") or {}
    total = cost.get("total") or {}
    said = {"currency_expected": expected.currency, "currency_observed": cost.get("currency")}
    rows = []
    if "inclTax" in total or "exclTax" not in total:
        rows.append(("total with taxes", expected.low, expected.high, total.get("inclTax")))
    if "exclTax" in total:
        rows.append(
            ("total before taxes", expected.low_before_tax, expected.high_before_tax, total["exclTax"])
        )
    for name, (low, high) in expected.parts.items() if cost.get("typeOfCost") == "NormalCost" else ():
        part = cost.get(_PARTS[name]) or {}
        if "exclTax" in part:
            rows.append((f"{_PARTS[name]} before taxes", low, high, part["exclTax"]))
    for words, low, high, amount in rows:
        run.check(
            words,
            "cost_within",
            {
                "what": f"the {words} in the cost details of transaction {transaction.id}",
                "low": low,
                "high": high,
                "observed": _cents(amount),
                **said,
                "lines": dict(expected.lines),
            },
            evidence=evidence,
        )


def _check_shown(
    run: Run,
    transaction: Transaction,
    details: Mapping[str, Any],
    expected: Owed,
    shown: tuple[str | None, str | None],
    evidence: tuple[int, ...],
) -> None:
    sent = _cents(((details.get("totalCost") or {}).get("total") or {}).get("inclTax"))
    inputs: dict[str, Any] = {
        "what": f"the total of transaction {transaction.id} on the display",
        "observed": shown[0],
        "currency_expected": expected.currency,
        "currency_observed": shown[1],
    }
    if sent is None:
        rule, due = "cost_within", {"low": expected.low, "high": expected.high}
    else:
        rule, due = "cost_equal", {"expected": sent}
    run.check("total shown to the driver", rule, {**inputs, **due}, evidence=evidence)


def _number(value: object) -> Fraction | None:
    from wattest.ocpp.messages import exact  # noqa: PLC0415 - reading scenarios needs no messages

    number = exact(value)
    return None if number is None else Fraction(number)


def _cents(amount: object) -> Decimal | None:
    """An amount as it is billed: no clause of 2.1 rounds what is sent (recalled)."""
    from wattest.judge.money import half_up  # noqa: PLC0415 - reading scenarios needs no judge

    number = _number(amount)
    return None if number is None else half_up(number)
