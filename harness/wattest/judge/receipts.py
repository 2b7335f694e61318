"""Receipts of the sessions in a record, and what a receipt must say.

A receipt is made from entries only: what the station stated, the tariff and the tax rows that were noted, the seller. Its
amounts are the judge's own computation (``wattest.judge.money``), not what the central system told anybody.

Contents by amount: CRA supporting documents since 2021-04-20 (found); HB44 3.40 receipt (recalled). That GST/HST and
QST numbers, rates and amounts stand on every receipt is a project criterion.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from wattest.errors import BenchError, Inconclusive
from wattest.judge import money
from wattest.judge.noted_money import rate_from, tariff_from
from wattest.judge.trace import Entry
from wattest.model.supplier import Supplier
from wattest.model.tariff import TIME_ZONES, Bill, Tariff, TaxRate
from wattest.ocpp.ledger import Ledger, Transaction
from wattest.ocpp.samples import moment

CRA_MIDDLE = Decimal(100)
CRA_HIGH = Decimal(500)
"""CAD with tax from which a receipt must say more (CRA, since 2021-04-20; found)."""


@dataclass(frozen=True)
class Station:
    """What is known of the EVSE from the record's header."""

    model: str = ""
    serial: str = ""
    power_kw: Decimal | None = None
    """The most it can deliver; alternating current."""


@dataclass(frozen=True)
class Receipt:
    """One session in money. ``bill`` is None when it cannot be made; ``problem`` says why."""

    supplier: Supplier
    station: Station
    transaction: Transaction
    tariff: Tariff
    bill: Bill | None
    problem: str = ""
    buyer: str = ""

    @property
    def evse(self) -> str | None:
        """Station and EVSE as one name; None when the station never said which EVSE it was."""
        one = self.transaction
        return None if one.evse_id is None else f"{one.station}/{one.evse_id}"

    @property
    def local(self) -> tuple[datetime | None, datetime | None]:
        """Start and end on the clock of the province."""
        zone = ZoneInfo(TIME_ZONES[self.tariff.province])
        start, end = self.transaction.started_at, self.transaction.ended_at
        return (start and start.astimezone(zone), end and end.astimezone(zone))

    @property
    def day(self) -> date | None:
        """The day of the session, on which its taxes hang."""
        start = self.local[0]
        return None if start is None else start.date()


def station_of(charger: Mapping[str, Any]) -> Station:
    """What a receipt says of the station, from the charger sheet as a record's header holds it."""
    volts, amperes, phases = (charger.get(key) for key in ("rated_voltage_v", "rated_current_a", "phases"))
    power = None
    if volts and amperes and phases:
        power = (Decimal(str(volts)) * Decimal(str(amperes)) * int(phases) / 1000).quantize(Decimal("0.1"))
    return Station(str(charger.get("model", "")), str(charger.get("serial", "")), power)


def receipts(
    entries: Iterable[Entry], station: Station, supplier: Supplier | None = None, *, buyer: str = ""
) -> list[Receipt]:
    """A receipt of every session that ended under a tariff, in the order of the record.

    ``supplier`` takes the place of the one that was noted. Raises ``BenchError`` when there is neither.
    """
    found: list[Receipt] = []
    for attempt in _attempts(entries):
        prices = _prices(attempt)
        seller = supplier or _noted_supplier(attempt)
        if not prices:
            continue
        ledger = Ledger()
        for entry in attempt:
            ledger.feed(entry)
        for transaction in ledger.transactions.values():
            if transaction.ended_at is None:
                continue
            if seller is None:
                raise BenchError(
                    "The record holds sessions and no seller; name one with --supplier, a file as under fixtures/suppliers."
                )
            found.append(_receipt(transaction, prices, station, seller, buyer))
    return found


def _attempts(entries: Iterable[Entry]) -> Iterator[list[Entry]]:
    """Entries of one attempt at a time; a stretch that begins without its ``scenario`` counts too."""
    attempt: list[Entry] = []
    for entry in entries:
        if entry["kind"] == "scenario" and attempt:
            yield attempt
            attempt = []
        attempt.append(entry)
    yield attempt


Prices = Sequence[tuple[datetime | None, Tariff, tuple[TaxRate, ...]]]


def _prices(entries: Sequence[Entry]) -> Prices:
    """Tariffs with the moment they were noted; the first holds from the beginning of time."""
    found: list[tuple[datetime | None, Tariff, tuple[TaxRate, ...]]] = []
    for entry in entries:
        if entry["kind"] == "setting" and entry.get("what") == "tariff" and entry.get("tariff"):
            rates = tuple(rate_from(row) for row in entry.get("taxes") or ())
            noted = entry["utc"]
            since = noted if isinstance(noted, datetime) else moment(noted)
            found.append((since if found else None, tariff_from(entry["tariff"]), rates))
    return found


def _receipt(
    transaction: Transaction, prices: Prices, station: Station, supplier: Supplier, buyer: str
) -> Receipt:
    start = transaction.started_at
    _, tariff, rates = [one for one in prices if one[0] is None or (start is not None and one[0] <= start)][
        -1
    ]
    try:
        bill = money.bill(
            tariff,
            rates,
            energy_wh=transaction.energy_wh,
            started=start,
            ended=transaction.ended_at,
            states=transaction.states,
            register=[(at, wh) for at, wh, _ in transaction.register],
            soc=transaction.soc,
        )
    except (BenchError, Inconclusive) as problem:
        return Receipt(supplier, station, transaction, tariff, None, str(problem), buyer)
    return Receipt(supplier, station, transaction, tariff, bill, "", buyer)


def _noted_supplier(entries: Sequence[Entry]) -> Supplier | None:
    noted = [entry["supplier"] for entry in entries if entry.get("what") == "supplier"]
    return Supplier(**noted[-1]) if noted else None


# --- what a receipt must say -----------------------------------------------------------------------------


def missing(receipt: Receipt) -> tuple[list[str], list[str]]:
    """What a receipt lacks: what the station never stated, and what the seller never gave; sentences with the source."""
    bill = receipt.bill
    if bill is None:
        return [f"there is no total: {receipt.problem}"], []
    one = receipt.transaction
    told = {
        "the date and times of the session (CRA; HB44 3.40)": one.started_at and one.ended_at,
        "the energy in kWh (HB44 3.40)": one.energy_wh is not None,
        "the EVSE (HB44 3.40)": receipt.evse,
        "a session that does not end before it starts": bool(
            one.started_at and one.ended_at and one.ended_at >= one.started_at
        ),
    }
    seller = receipt.supplier
    given: dict[str, object] = {
        "the seller's name (CRA)": seller.name and seller.name_fr,
        "the place of the sale (HB44 3.40)": seller.address,
        "the kind of current and highest power (HB44 3.40)": receipt.station.power_kw,
    }
    for line in bill.taxes:
        given[f"the registration number for {line.name} (CRA from {CRA_MIDDLE} CAD; below it project)"] = (
            seller.number_for(line.name)
        )
    if bill.total >= CRA_HIGH:
        given[f"the buyer's name (CRA from {CRA_HIGH} CAD)"] = receipt.buyer
        given[f"the terms of payment (CRA from {CRA_HIGH} CAD)"] = seller.terms and seller.terms_fr
    return (
        [f"it lacks {name}" for name, there in told.items() if not there],
        [f"it lacks {name}" for name, there in given.items() if not there],
    )


@dataclass(frozen=True)
class Remitted:
    """One tax of one month under one registration number; ``base`` is the sum of prices before tax."""

    month: str
    tax: str
    percent: Decimal
    number: str
    sessions: int
    base: Decimal
    amount: Decimal


def remission(found: Iterable[Receipt]) -> list[Remitted]:
    """Taxes to remit by month, tax and rate, from receipts; months are those of the province (BIL-09).

    Raises ``BenchError`` when a session has no bill: a sum without it would be too low.
    """
    sums: dict[tuple[str, str, Decimal, str], tuple[int, Decimal, Decimal]] = {}
    for receipt in found:
        if receipt.bill is None or receipt.day is None:
            raise BenchError(
                f"Session {receipt.transaction.id} has no bill, so the taxes of its month cannot be added up: "
                f"{receipt.problem}"
            )
        for line in receipt.bill.taxes:
            key = (f"{receipt.day:%Y-%m}", line.name, line.percent, receipt.supplier.number_for(line.name))
            many, base, amount = sums.get(key, (0, Decimal(0), Decimal(0)))
            sums[key] = many + 1, base + receipt.bill.before_tax, amount + line.amount
    return [Remitted(*key, *sums[key]) for key in sorted(sums)]
