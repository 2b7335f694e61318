"""Steps that hold together what display, protocol, session record and receipt say of one session."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from wattest.document.quantity import Duration
from wattest.errors import BenchError, Inconclusive
from wattest.judge.tallies import amount_of
from wattest.model.tariff import Bill
from wattest.model.verb import Saved
from wattest.model.words import NewName
from wattest.ocpp.ledger import Transaction
from wattest.steps.context import POLL_S, Run
from wattest.steps.money import bracket, due, lines_of
from wattest.steps.registry import step

if TYPE_CHECKING:
    from wattest.judge.receipts import Receipt


@step(proves=("DSP-04",))
async def check_cost_told(run: Run, *, transaction: Saved[Transaction]) -> None:
    """The station took what it was told of the cost, and the last word of it is the total that is due.

    OCPP 2.0.1: every CostUpdated is answered, and the end of the transaction with the total. OCPP 1.6: RunningCost and
    FinalCost of OCA's white paper on pricing (recalled) are accepted.
    """
    from wattest.judge.told import costs_told  # noqa: PLC0415 - reading scenarios needs no judge

    current = run.csms.ledger.transactions[transaction.id]
    expected = due(run, current)
    told = costs_told(run.entries(), transaction.id)
    refused = [
        f"The station did not take the {one.kind} cost {one.cost} of transaction {transaction.id} (entry {one.seq})."
        for one in told
        if one.taken is False
    ]
    silent = [
        f"The station has not answered the {one.kind} cost {one.cost} of transaction {transaction.id} (entry {one.seq})."
        for one in told
        if one.taken is None and (one.kind == "running" or run.dialect == "1.6")
    ]
    evidence = [seq for one in told for seq in one.evidence]
    run.check(
        "costs told are taken",
        "held",
        {
            "what": f"the station takes every cost of transaction {transaction.id}",
            "cases": len(told),
            "violations": refused,
            "doubts": silent,
        },
        evidence=evidence,
    )
    final = [one.cost for one in told if one.kind == "final"]
    _same_as_kept(run, current, expected)
    if not final or final[-1] != expected.total:
        said = f"told {final[-1]}" if final else "told no total"
        raise Inconclusive(
            f"The central system has {said} for transaction {transaction.id} by what it knew at its end, and "
            f"{expected.total} is due by what it knows now."
        )


@step(proves=("BIL-10",))
async def check_receipt(
    run: Run, *, transaction: Saved[Transaction], supplier: NewName = "example", buyer: str = "Test buyer"
) -> None:
    """From what the station stated a receipt can be made that holds all it must.

    Sources: CRA supporting documents by amount, NIST HB44 3.40 (recalled). What the seller's file lacks is an error of
    ours, what the station never stated a failure of the station.
    """
    from wattest.judge.receipts import missing  # noqa: PLC0415 - reading scenarios needs no judge

    due(run, run.csms.ledger.transactions[transaction.id])
    receipt = _receipt(run, transaction, supplier, buyer)
    lacks, ours = missing(receipt)
    if ours:
        raise BenchError(
            f"The receipt cannot be complete: {'; '.join(ours)}. Complete the supplier '{supplier}'."
        )
    run.check(
        "contents of the receipt",
        "held",
        {
            "what": f"the receipt of transaction {transaction.id} holds all that it must",
            "cases": 1,
            "violations": [
                f"The receipt of transaction {transaction.id} is not complete: {one}." for one in lacks
            ],
        },
        evidence=receipt.transaction.evidence,
    )


@step(proves=("MET-12",))
async def check_agreement(
    run: Run, *, transaction: Saved[Transaction], supplier: NewName = "example"
) -> None:
    """Display, OCPP, session record and receipt state one energy and one total.

    Energies agree within one digit of the display (or of the register, where that is coarser), amounts to the cent. The
    session record is what the central system keeps, the receipt the judge's own computation from the record.
    """
    from wattest.judge import screen  # noqa: PLC0415 - reading scenarios needs no judge
    from wattest.judge.told import costs_told  # noqa: PLC0415 - as above

    current = run.csms.ledger.transactions[transaction.id]
    expected = due(run, current)
    assert current.energy_wh is not None
    receipt = _receipt(run, transaction, supplier, "")
    shown, seq = await run.display()
    evidence = (*current.evidence, seq)
    read = screen.energy_kwh(shown.lines)
    doubts = (
        []
        if read is not None
        else [f"The display shows no energy in kWh; it shows '{' | '.join(shown.lines)}'."]
    )
    run.check(
        "energy on the display",
        "held",
        {"what": "the display shows the energy of the session", "cases": 1, "doubts": doubts},
        evidence=evidence,
    )
    assert read is not None
    energy, digit = (float(part) * 1000.0 for part in read)
    for name, other in (
        ("the end of the transaction", current.energy_wh),
        ("the receipt", receipt.transaction.energy_wh),
    ):
        run.check(
            f"energy on the display and in {name}",
            "agree",
            {
                "what": f"energy of transaction {transaction.id}",
                "values": {"display": energy, name: other},
                "unit": "Wh",
                "allowance": {"one digit": max(digit, run.sheet.register_step_wh)},
            },
            evidence=evidence,
        )
    _same_as_kept(run, current, expected)
    if receipt.bill is None or receipt.bill.total != expected.total:
        raise BenchError(
            f"The receipt of transaction {transaction.id}, made from the record, has another total than the "
            f"{expected.total} that is due: {receipt.problem or (receipt.bill and receipt.bill.total)}."
        )
    told = [one for one in costs_told(run.entries(), transaction.id) if one.kind == "final"]
    if not told or told[-1].cost != expected.total:
        raise Inconclusive(
            f"Of transaction {transaction.id} the station was told {told[-1].cost if told else 'no total'}; "
            f"{expected.total} is due by what it stated: what it was told last is not what it could show."
        )
    run.check(
        "total on the display and everywhere else",
        "cost_equal",
        {
            "what": f"the total of transaction {transaction.id} on the display",
            "expected": expected.total,
            "observed": shown.cost,
            "currency_expected": expected.currency,
            "currency_observed": shown.currency,
            "lines": lines_of(expected),
            **bracket(run, current),
        },
        evidence=evidence,
    )


@step(proves=("BIL-09",))
async def read_total(run: Run, *, within: Duration = 30.0) -> None:
    """Read the total of a session that has ended from the display, for ``check_remission``."""
    begin = run.clock.monotonic()
    while True:
        shown, seq = await run.display()
        amount = None if shown.cost is None else amount_of(shown.cost)
        if amount is not None or run.clock.monotonic() - begin >= within:
            break
        await run.clock.sleep(POLL_S)
    run.check(
        "total read",
        "occurred",
        {
            "what": "a total on the display",
            "within_s": within,
            "after_s": None if amount is None else run.clock.monotonic() - begin,
        },
        evidence=[seq],
    )
    assert amount is not None
    run.totals.append((amount, seq))


@step(proves=("BIL-09",))
async def check_remission(run: Run, *, supplier: NewName = "example") -> None:
    """The taxes to remit by month are those of the receipts, and the receipts are what drivers were shown.

    The sum of the totals that ``read_total`` read, one of every session, is the sum of all receipts, to the cent: or
    somebody paid what nobody remits.
    """
    from wattest.judge.receipts import receipts, remission, station_of  # noqa: PLC0415 - as above

    made = receipts(run.entries(), station_of(vars(run.sheet)), _supplier(run, supplier))
    unpriced = [one for one in made if one.bill is None]
    if unpriced:
        raise Inconclusive(
            f"Session {unpriced[0].transaction.id} has no bill, so nothing can be added up: {unpriced[0].problem}"
        )
    rows = remission(made)
    run.note("remission", rows=rows)
    totals: list[Decimal] = [one.bill.total for one in made if one.bill is not None]
    run.check(
        "sessions on receipts",
        "equals",
        {"what": "the number of receipts", "expected": len(run.totals), "observed": len(made)},
        evidence=[seq for one in made for seq in one.transaction.evidence],
    )
    before = sum((one.bill.before_tax for one in made if one.bill is not None), Decimal(0))
    taxes = sum((row.amount for row in rows), Decimal(0))
    if before + taxes != sum(totals, Decimal(0)):
        raise BenchError(f"The taxes to remit are {taxes}, and the receipts say {sum(totals) - before}.")
    run.check(
        "sum of the totals shown",
        "cost_equal",
        {
            "what": "the sum of the totals shown to drivers",
            "expected": sum(totals, Decimal(0)),
            "observed": str(sum((amount for amount, _ in run.totals), Decimal(0))),
            "lines": {"before tax": before, **{f"{row.tax} {row.month}": row.amount for row in rows}},
        },
        evidence=[seq for _, seq in run.totals],
    )


@step(proves=("DSP-05",))
async def check_cost_kept(run: Run, *, transaction: Saved[Transaction]) -> None:
    """After a loss of power the cost of the session can still be found: on the display, or from what the station told.

    Source: NIST HB44 3.40 S.2.5 (unverified): for 8 h where cars park for long.
    """
    current = run.csms.ledger.transactions[transaction.id]
    shown, seq = await run.display()
    told = None not in (current.energy_wh, current.started_at, current.ended_at)
    run.check(
        "cost of the session found",
        "occurred",
        {
            "what": f"the cost of transaction {transaction.id}, on the display or from its energy, start and end",
            "within_s": 0,
            "after_s": 0 if told or shown.cost is not None else None,
            "channel_alive": run.csms.connected,
        },
        evidence=(*current.evidence, seq),
    )


def _same_as_kept(run: Run, transaction: Transaction, expected: Bill) -> None:
    """The central system's own bill is that of the judge: if not, one of the two is wrong, and it is ours."""
    kept = run.csms.till.bill(transaction)
    if kept is None or kept.total != expected.total:
        raise BenchError(
            f"The central system bills {None if kept is None else kept.total} for transaction {transaction.id}, and the "
            f"judge {expected.total}: the suite contradicts itself."
        )


def _supplier(run: Run, name: str) -> Any:
    """The seller by name, noted so that receipts can be made from the record alone."""
    from wattest.model.supplier import read_supplier  # noqa: PLC0415 - few scenarios need it

    supplier = read_supplier(name)
    run.note("setting", what="supplier", supplier=supplier)
    return supplier


def _receipt(run: Run, transaction: Transaction, supplier: str, buyer: str) -> Receipt:
    from wattest.judge.receipts import receipts, station_of  # noqa: PLC0415 - reading scenarios needs no judge

    seller = _supplier(run, supplier)
    made = receipts(run.entries(), station_of(vars(run.sheet)), seller, buyer=buyer)
    found = [one for one in made if one.transaction.id == transaction.id]
    if not found:
        raise BenchError(
            f"The record holds no session {transaction.id} that has ended: no receipt can be made."
        )
    return found[0]
