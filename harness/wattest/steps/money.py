"""Steps that recompute a bill and look at what the driver is shown."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING

from wattest.document.quantity import Duration, EnergyPrice, Money, TimePrice
from wattest.errors import BenchError, Inconclusive
from wattest.model.tariff import Bill, Tariff
from wattest.model.verb import Saved
from wattest.ocpp.ledger import Transaction
from wattest.steps.context import POLL_S, Run
from wattest.steps.registry import step

if TYPE_CHECKING:
    from wattest.judge.money import Crossing


@step()
async def change_tariff(
    run: Run,
    *,
    energy: EnergyPrice = Decimal(0),
    time: TimePrice = Decimal(0),
    flat: Money = Decimal(0),
    idle: TimePrice = Decimal(0),
) -> None:
    """From now on sessions have these prices only; those that run keep the price of their start (BIL-05).

    Province, taxes, grace and cap stay those of the scenario's tariff. A station that shows prices is told the new one:
    DefaultPriceText in 1.6 (recalled), TariffFallbackMessage in 2.0.1.
    """
    given = run.scenario.given.tariff
    if given is None:
        raise BenchError(f"Scenario {run.scenario.id} changes a tariff without 'tariff:' under 'given:'.")
    tariff = replace(given, id="changed", energy=energy, time=time, flat=flat, idle=idle, steps=())
    run.repriced.append((run.clock.utc(), tariff))
    run.csms.tariff = tariff
    own = [rate for rate in run.taxes if rate.province == tariff.province]
    run.note("setting", what="tariff", tariff=tariff, taxes=own)
    price = run.csms.till.price_text()
    if price is not None and "price_display" in run.sheet.features:
        answer = await run.csms.station().configure("default_price", price)
        run.note(
            "setting",
            what="station",
            setting="default_price",
            value=price,
            status=answer.status,
            evidence=answer.seq,
        )


def tariff_in_force(run: Run) -> Tariff:
    """What a session that starts now costs. ``BenchError`` when the scenario has no tariff."""
    tariff = run.scenario.given.tariff
    if tariff is None:
        raise BenchError(f"Scenario {run.scenario.id} checks a price without 'tariff:' under 'given:'.")
    return run.repriced[-1][1] if run.repriced else tariff


def tariff_of(run: Run, transaction: Transaction) -> Tariff:
    """The tariff in force when a transaction started. ``BenchError`` when the scenario has none."""
    tariff = run.scenario.given.tariff
    if tariff is None:
        raise BenchError(f"Scenario {run.scenario.id} checks a cost without 'tariff:' under 'given:'.")
    started = transaction.started_at
    later = [other for since, other in run.repriced if started is not None and since <= started]
    return later[-1] if later else tariff


def due(run: Run, transaction: Transaction, crossing: Crossing = "told") -> Bill:
    """What a transaction must cost by what the station stated, computed by the judge; ``crossing`` as for its ``bill``.

    Raises ``RequirementFailed`` when the station has not stated energy, start and end, ``Inconclusive`` when what it
    stated does not decide the price, ``BenchError`` without a tariff.
    """
    tariff = tariff_of(run, transaction)
    stated = (transaction.energy_wh, transaction.started_at, transaction.ended_at)
    run.check(
        "energy and times of the session are stated",
        "occurred",
        {
            "what": f"energy, start and end of transaction {transaction.id}",
            "within_s": 0,
            "after_s": None if None in stated else 0,
        },
        evidence=transaction.evidence,
        proves=("DAT-03",),
    )
    from wattest.judge import money  # noqa: PLC0415 - reading scenarios needs no judge

    _taxed_on(run, tariff, transaction)
    return money.bill(
        tariff,
        run.taxes,
        energy_wh=transaction.energy_wh,
        started=transaction.started_at,
        ended=transaction.ended_at,
        states=transaction.states,
        register=[(at, wh) for at, wh, _ in transaction.register],
        soc=transaction.soc,
        crossing=crossing,
    )


def bracket(run: Run, transaction: Transaction) -> dict[str, Decimal]:
    """Inputs ``low`` and ``high`` of the rule ``cost_equal``, for a tariff by state of charge; none for any other."""
    if tariff_of(run, transaction).steps_by != "soc":
        return {}
    return {
        "low": due(run, transaction, "cheapest").total,
        "high": due(run, transaction, "dearest").total,
    }


def lines_of(bill: Bill) -> dict[str, Decimal]:
    """What a total is made of, by name."""
    lines = {"energy": bill.energy, "time": bill.time, "flat": bill.flat, "idle": bill.idle}
    if bill.adjustment:
        lines["minimum or maximum"] = bill.adjustment
    return {**lines, "before tax": bill.before_tax, **{tax.name: tax.amount for tax in bill.taxes}}


@step(proves=("BIL-02", "DSP-04"))
async def check_cost(run: Run, *, transaction: Saved[Transaction], within: Duration = 30.0) -> None:
    """The total shown at the end equals, to the cent, an independent computation from what was reported.

    Energy and times are those of the transaction; the tariff and taxes those in force when it started. Sources:
    NIST HB44 G-S.5.5 (one cent; recalled), CRA and Revenu Quebec rounding (half up, per line).
    """
    current = run.csms.ledger.transactions[transaction.id]
    expected = due(run, current)
    begin = run.clock.monotonic()
    while True:
        shown, seq = await run.display()
        if shown.cost == str(expected.total) or run.clock.monotonic() - begin >= within:
            break
        await run.clock.sleep(POLL_S)
    run.check(
        "total shown to the driver",
        "cost_equal",
        {
            "what": f"the total of transaction {transaction.id} on the display",
            "expected": expected.total,
            "observed": shown.cost,
            "currency_expected": expected.currency,
            "currency_observed": shown.currency,
            "tolerance": Decimal("0.00"),
            "lines": lines_of(expected),
            **bracket(run, current),
        },
        evidence=(*current.evidence, seq),
    )


def _taxed_on(run: Run, tariff: Tariff, transaction: Transaction) -> None:
    """The day that the station states has taxes. Raises ``Inconclusive`` when it has not, and today has."""
    from wattest.judge import money  # noqa: PLC0415 - reading scenarios needs no judge

    assert transaction.started_at is not None
    province, stated_tax = tariff.province, tariff.provincial_tax
    stated = money.local_day(province, transaction.started_at)
    today = money.local_day(province, run.clock.utc())
    money.rates_on(run.taxes, province, today, stated_tax)
    try:
        money.rates_on(run.taxes, province, stated, stated_tax)
    except BenchError as problem:
        raise Inconclusive(
            f"The station states that transaction {transaction.id} started at {transaction.started_at.isoformat()}, and today is "
            f"{today.isoformat()}: {problem}"
        ) from None


@step(proves=("DSP-04",))
async def expect_cost_shown(run: Run, *, for_: Duration = 30.0) -> None:
    """The total stays on the display for so long after the session."""
    first, seq = await run.display()
    await run.clock.sleep(for_)
    last, later = await run.display()
    run.check(
        "total stays on the display",
        "equals",
        {
            "what": f"the total on the display {for_:g} s later",
            "expected": first.cost or "a total",
            "observed": last.cost or "nothing",
        },
        evidence=(seq, later),
    )


@step(proves=("DSP-02",))
async def expect_price_shown(run: Run, *, within: Duration = 5.0) -> None:
    """Before the session starts the display shows the unit price of the tariff in force, with its currency."""
    tariff = tariff_in_force(run)
    stated = [tariff.energy, tariff.time, tariff.flat]
    stated += [price for one in tariff.steps for price in (one.energy, one.time)]
    prices = [price for price in stated if price]
    begin = run.clock.monotonic()
    while True:
        shown, seq = await run.display()
        text = " ".join(shown.lines)
        missing = [str(price) for price in prices if str(price) not in text]
        if not missing or run.clock.monotonic() - begin >= within:
            break
        await run.clock.sleep(POLL_S)
    run.check(
        "price shown before the start",
        "equals",
        {
            "what": f"prices on the display (it shows '{text}')",
            "expected": "all shown",
            "observed": "all shown" if not missing else f"{', '.join(missing)} missing",
        },
        evidence=[seq],
    )


@step(proves=("DAT-02",))
async def check_duration(run: Run, *, transaction: Saved[Transaction], tolerance: Duration = 2.0) -> None:
    """The duration reported equals the one that the bench saw between begin and end messages.

    Holds for a session that was online throughout; the bench clock is the reference.
    """
    current = run.csms.ledger.transactions[transaction.id]
    seen = run.csms.seen_between(current.evidence[0], current.evidence[-1])
    run.check(
        "duration of the session",
        "between",
        {
            "what": f"the duration of transaction {transaction.id}, against the bench's {seen:.1f} s",
            "value": current.duration_s,
            "unit": "s",
            "low": seen - tolerance,
            "high": seen + tolerance,
        },
        evidence=current.evidence,
    )


@step(proves=("BIL-11",))
async def check_idle(
    run: Run, *, transaction: Saved[Transaction], idle: Duration, tolerance: Duration = 60.0
) -> None:
    """The time that the station reported the vehicle idle (SuspendedEV) is what the vehicle really idled."""
    current = run.csms.ledger.transactions[transaction.id]
    from wattest.judge import money  # noqa: PLC0415 - reading scenarios needs no judge

    reported = (
        None
        if current.ended_at is None
        else money.idle_time(current.states, current.ended_at).total_seconds()
    )
    run.check(
        "idle time reported",
        "between",
        {
            "what": f"the idle time of transaction {transaction.id}",
            "value": reported,
            "unit": "s",
            "low": idle - tolerance,
            "high": idle + tolerance,
        },
        evidence=current.evidence,
    )
