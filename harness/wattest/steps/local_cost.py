"""Steps of sessions whose cost the station reckons by itself, from a tariff that it was given (OCPP 2.1)."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from wattest.document.quantity import Duration, EnergyPrice, Money, TimePrice
from wattest.errors import BenchError, Inconclusive
from wattest.model.verb import Saved
from wattest.ocpp.ledger import Transaction
from wattest.steps.context import POLL_S, Run
from wattest.steps.registry import step

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from wattest.judge.local_cost import Owed
    from wattest.model.tariff import Tariff

_MAY_DECLINE = frozenset({"TooManyElements", "ConditionNotSupported"})
"""Answers with which a station leaves a tariff to the central system, as it may."""


def _own_tariff(run: Run, **prices: Decimal | None) -> Tariff:
    given = run.scenario.given.tariff
    if given is None:
        raise BenchError(f"Scenario {run.scenario.id} gives a tariff without 'tariff:' under 'given:'.")
    changed = {name: price for name, price in prices.items() if price is not None}
    return replace(given, **changed, steps=()) if changed else given  # type: ignore[arg-type]  # prices only


def _told(run: Run, tariff: Tariff) -> Mapping[str, Any] | None:
    """The tariff in 2.1's words, under an id that no other had; None, with sentences in the record, when it has none."""
    from wattest.csms.local_cost import carried  # noqa: PLC0415 - few scenarios need it

    now, number = run.clock.utc(), len(run.local_tariffs) + 1
    told, lacks = carried(tariff, run.taxes, now, f"{tariff.id[:36]}-{int(now.timestamp())}-{number}")
    for sentence in lacks:
        run.note("setting", what="local tariff", tariff=tariff, sentence=sentence)
    return told


@step()
async def give_tariff(
    run: Run,
    *,
    energy: EnergyPrice | None = None,
    time: TimePrice | None = None,
    flat: Money | None = None,
    idle: TimePrice | None = None,
) -> None:
    """The station is given the scenario's tariff, or one with these prices, to reckon by from the next session on.

    SetDefaultTariff of OCPP 2.1. What 2.1 cannot carry is said in the record, and the central system goes on telling the
    cost. A station that declines conditions or so many prices, as it may, leaves the scenario inconclusive.
    """
    from wattest.csms import local_cost  # noqa: PLC0415 - few scenarios need it

    tariff = _own_tariff(run, energy=energy, time=time, flat=flat, idle=idle)
    told = _told(run, tariff)
    if told is None:
        return
    answer = await local_cost.set_default(run.csms.station(), 0, told)
    _taken(run, "a default tariff", answer.status, answer.seq)
    _given(run, told, None, answer.seq)
    if run.scenario.given.tariff != tariff:
        run.repriced.append((run.clock.utc(), tariff))
        run.csms.tariff = tariff


@step()
async def change_session_tariff(
    run: Run,
    *,
    energy: EnergyPrice | None = None,
    time: TimePrice | None = None,
    flat: Money | None = None,
    idle: TimePrice | None = None,
) -> None:
    """The tariff of the session that runs is changed, from now on (ChangeTransactionTariff of OCPP 2.1)."""
    from wattest.csms import local_cost  # noqa: PLC0415 - few scenarios need it

    running = [one for one in run.transactions() if one.ended_at is None]
    if len(running) != 1:
        raise Inconclusive(f"{len(running)} transactions run: it is not clear whose tariff is to change.")
    told = _told(run, _own_tariff(run, energy=energy, time=time, flat=flat, idle=idle))
    if told is None:
        raise BenchError("OCPP 2.1 cannot carry the tariff that this step changes to.")
    name = running[0].id.rpartition("/")[2]
    answer = await local_cost.change(run.csms.station(), name, told)
    _taken(run, "a tariff for the running session", answer.status, answer.seq)
    _given(run, told, running[0].id, answer.seq)


def _taken(run: Run, what: str, status: str, seq: int) -> None:
    if status in _MAY_DECLINE:
        raise Inconclusive(
            f"The station answered '{status}' to {what}, as it may; the central system reckons."
        )
    run.check(
        "the tariff is taken",
        "equals",
        {"what": f"the answer to {what}", "expected": "Accepted", "observed": status},
        evidence=[seq],
        proves=("BIL-02",),
    )


def _given(run: Run, told: Mapping[str, Any], transaction_id: str | None, seq: int) -> None:
    run.local_tariffs.append((run.clock.utc(), transaction_id, told))
    run.note("setting", what="local tariff", transaction=transaction_id, told=told, evidence=seq)


def _ran_under(run: Run, transaction: Transaction) -> list[tuple[datetime, Mapping[str, Any]]]:
    """The TariffTypes of a transaction: the default of its start, then those that were changed for it."""
    start = transaction.started_at
    defaults = [
        (at, told) for at, of, told in run.local_tariffs if of is None and start is not None and at <= start
    ]
    changes = [(at, told) for at, of, told in run.local_tariffs if of == transaction.id]
    if not defaults:
        raise BenchError(
            f"Scenario {run.scenario.id} checks a cost that the station reckons, and gave it no tariff."
        )
    return [defaults[-1], *changes]


@step(proves=("BIL-02", "DSP-04"))
async def check_cost_details(run: Run, *, transaction: Saved[Transaction], within: Duration = 30.0) -> None:
    """The cost that the station reckoned is right to the cent, and the total that it sends is the one that it shows.

    Right is what an independent computation gives from energy and times of the session; where OCPP 2.1 leaves the order
    of rounding open, each order is right. Usage that it states must be that of the session.
    """
    from wattest.judge import local_cost  # noqa: PLC0415 - reading scenarios needs no judge

    current = run.csms.ledger.transactions[transaction.id]
    begin = run.clock.monotonic()
    while True:
        details, evidence = _details(run, transaction.id)
        shown, seen = await run.display()
        if (details is not None and shown.cost is not None) or run.clock.monotonic() - begin >= within:
            break
        await run.clock.sleep(POLL_S)
    run.check(
        "cost details of the session",
        "occurred",
        {
            "what": f"cost details with the end of transaction {transaction.id}",
            "within_s": 0,
            "after_s": None if details is None else 0,
            "channel_alive": run.csms.connected,
        },
        evidence=(*current.evidence, *evidence),
    )
    assert details is not None
    if details.get("failureToCalculate") is True:
        raise Inconclusive(
            f"The station states that it could not reckon the cost of transaction {transaction.id}: "
            f"{str(details.get('failureReason', 'no reason'))[:200]}."
        )
    tariffs = _ran_under(run, current)
    expected = local_cost.owed(tariffs, current)
    _agrees(run, current, expected, len(tariffs))
    _check_usage(run, details, local_cost.usage(current), evidence)
    _check_total(run, current, details, expected, evidence)
    _check_shown(run, current, details, expected, (shown.cost, shown.currency), (*evidence, seen))


def _details(run: Run, transaction_id: str) -> tuple[Mapping[str, Any] | None, tuple[int, ...]]:
    """The cost details of the end of a transaction, with exact numbers, and the entry that holds them."""
    from wattest.ocpp.decode import decode  # noqa: PLC0415 - reading scenarios needs no decoder

    plain = transaction_id.rpartition("/")[2]
    for entry in reversed(run.entries()):
        message = entry.get("message") if entry["kind"] == "frame" and entry["direction"] == "in" else None
        payload = (message or {}).get("payload") or {}
        if payload.get("eventType") != "Ended" or "costDetails" not in payload or "raw" not in entry:
            continue
        if payload["transactionInfo"].get("transactionId") == plain:
            exact = getattr(decode(entry["raw"], "2.1").message, "payload", {}).get("costDetails")
            return (exact if isinstance(exact, dict) else None), (entry["seq"],)
    return None, ()


def _agrees(run: Run, transaction: Transaction, expected: Owed, tariffs: int) -> None:
    """Our own bill by the scenario's tariff lies where the computation from 2.1's words lies, or one of the two is wrong."""
    from wattest.steps.money import due  # noqa: PLC0415 - as above

    if tariffs > 1:
        return
    ours = due(run, transaction).total
    if not expected.low <= ours <= expected.high:
        raise BenchError(
            f"The judge bills {ours} for transaction {transaction.id} by the scenario's tariff, and {expected.low} to "
            f"{expected.high} by the same in the words of OCPP 2.1: the suite contradicts itself."
        )


def _check_usage(run: Run, details: Mapping[str, Any], used: Any, evidence: tuple[int, ...]) -> None:
    from wattest.judge.local_cost import SLACK_S  # noqa: PLC0415 - as above

    least, most = used.idle_s
    whole = used.duration_s
    stated = details.get("totalUsage") or {}
    wrong = []
    for name, unit, ranges in (
        ("energy", "Wh", [(Fraction(used.energy_wh) - 1, Fraction(used.energy_wh) + 1)]),
        ("idleTime", "s", [(least - SLACK_S, most + SLACK_S)]),
        (
            "chargingTime",
            "s",
            [(whole - most - SLACK_S, whole - least + SLACK_S), (whole - SLACK_S, whole + SLACK_S)],
        ),
    ):
        value = stated.get(name)
        number = value if isinstance(value, (int, float, Decimal)) else None
        if number is None or not any(low <= Fraction(str(number)) <= high for low, high in ranges):
            low, high = (float(round(edge, 1)) for edge in (ranges[0][0], ranges[-1][1]))
            wrong.append(f"The {name} of the usage is {value} {unit}; {low:g} to {high:g} {unit} is right.")
    run.check(
        "usage of the session",
        "held",
        {"what": "the usage stated is that of the session", "cases": 3, "violations": wrong},
        evidence=evidence,
    )


def _check_total(
    run: Run, transaction: Transaction, details: Mapping[str, Any], expected: Owed, evidence: tuple[int, ...]
) -> None:
    cost = details.get("totalCost") or {}
    total = cost.get("total") or {}
    for name, words, low, high in (
        ("inclTax", "with taxes", expected.low, expected.high),
        ("exclTax", "before taxes", expected.low_before_tax, expected.high_before_tax),
    ):
        if name in total or (name == "inclTax" and "exclTax" not in total):
            run.check(
                f"total {words}",
                "cost_within",
                {
                    "what": f"the total {words} of transaction {transaction.id} in its cost details",
                    "low": low,
                    "high": high,
                    "observed": _cents(total.get(name)),
                    "currency_expected": expected.currency,
                    "currency_observed": cost.get("currency"),
                    "lines": dict(expected.lines),
                },
                evidence=(*transaction.evidence, *evidence),
            )


def _check_shown(
    run: Run,
    transaction: Transaction,
    details: Mapping[str, Any],
    expected: Owed,
    shown: tuple[str | None, str | None],
    evidence: tuple[int, ...],
) -> None:
    what = f"the total of transaction {transaction.id} on the display"
    sent = _cents(((details.get("totalCost") or {}).get("total") or {}).get("inclTax"))
    common = {
        "what": what,
        "observed": shown[0],
        "currency_expected": expected.currency,
        "currency_observed": shown[1],
    }
    if sent is None:
        inputs = {**common, "low": expected.low, "high": expected.high}
        run.check("total shown to the driver", "cost_within", inputs, evidence=evidence)
    else:
        run.check("total shown to the driver", "cost_equal", {**common, "expected": sent}, evidence=evidence)


def _cents(amount: object) -> Decimal | None:
    """An amount as it is billed: no clause of 2.1 rounds what is sent (recalled)."""
    from wattest.judge.money import half_up  # noqa: PLC0415 - reading scenarios needs no judge
    from wattest.ocpp.messages import exact  # noqa: PLC0415 - as above

    number = exact(amount)
    return None if number is None else half_up(Fraction(number))
