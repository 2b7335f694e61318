"""Telling the driver what a session costs, through the station.

OCPP 2.0.1: CostUpdated while the session runs (I02), ``totalCost`` in the answer to the TransactionEvent that ends it
(I03). OCPP 1.6 has no message for it: DataTransfer with the vendor id and the message ids of OCA's white paper on
California pricing (SetUserPrice, RunningCost, FinalCost; all recalled).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

import orjson

from wattest.clock import Clock
from wattest.csms.billing import bill, price_text, rates_on, tax_day
from wattest.errors import BenchError, Inconclusive
from wattest.model.tariff import Bill, Tariff, TaxRate
from wattest.ocpp.ledger import Transaction
from wattest.ocpp.neutral import TransactionChanged

COST_VENDOR = "org.openchargealliance.costmsg"
"""Recalled from the white paper."""


class Till:
    """The tariff in force, and for every transaction the one that it started with (BIL-05: the price is locked)."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._since: list[tuple[datetime, Tariff | None]] = []
        self._locked: dict[str, Tariff | None] = {}
        self.taxes: tuple[TaxRate, ...] = ()

    @property
    def tariff(self) -> Tariff | None:
        """What sessions that start now will cost; None when nothing is said about money."""
        return self._since[-1][1] if self._since else None

    @tariff.setter
    def tariff(self, tariff: Tariff | None) -> None:
        """Raises ``BenchError`` when the taxes of the tariff's province are not known for today."""
        now = self._clock.utc()
        if tariff is not None:
            self._rates(tariff, now)
        self._since.append((now, tariff))

    def reset(self) -> None:
        """Forget earlier tariffs: what comes next holds for every transaction that is not locked yet."""
        self._since.clear()

    def lock(self, transaction_id: str, started: datetime | None = None) -> None:
        """The transaction was heard of: its price is fixed.

        It is that of its stated start, so that a session that began without a link keeps the price of its beginning; a
        start before anything was said of prices has the first of them.
        """
        if transaction_id not in self._locked:
            told = [tariff for since, tariff in self._since if started is None or since <= started]
            self._locked[transaction_id] = told[-1] if told else self._since[0][1] if self._since else None

    def tariff_of(self, transaction_id: str) -> Tariff | None:
        """What the transaction costs by; None when it costs nothing that could be told."""
        return self._locked.get(transaction_id, self.tariff)

    def charges(self, transaction_id: str) -> bool:
        """Whether the transaction costs anything that could be told."""
        return self._locked.get(transaction_id, self.tariff) is not None

    def bill(self, transaction: Transaction, until: datetime | None = None) -> Bill | None:
        """What a transaction costs, so far when it runs; None without tariff or without what its lines need.

        A station may state any time: taxes of a day that no table knows are those of today.
        """
        tariff = self._locked.get(transaction.id, self.tariff)
        ended = transaction.ended_at or until
        if tariff is None or transaction.energy_wh is None or transaction.started_at is None or ended is None:
            return None
        on = tax_day(tariff.province, transaction.started_at)
        try:
            rates_on(self.taxes, tariff.province, on, tariff.provincial_tax)
        except BenchError:
            on = tax_day(tariff.province, self._clock.utc())
        try:
            return bill(
                tariff,
                self.taxes,
                energy_wh=transaction.energy_wh,
                started=transaction.started_at,
                ended=ended,
                idle=transaction.idling(ended),
                on=on,
                register=[(at, wh) for at, wh, _ in transaction.register] if tariff.steps else (),
                soc=transaction.soc,
            )
        except Inconclusive:
            return None

    def _rates(self, tariff: Tariff, at: datetime) -> None:
        rates_on(self.taxes, tariff.province, tax_day(tariff.province, at), tariff.provincial_tax)

    def price_text(self) -> str | None:
        """The prices as a driver reads them; None without a tariff."""
        return None if self.tariff is None else price_text(self.tariff)


def running_cost_2x(transaction: Transaction, owed: Bill) -> tuple[str, Mapping[str, Any]]:
    """CostUpdated."""
    return "CostUpdated", {"totalCost": owed.total, "transactionId": transaction.id.rpartition("/")[2]}


def running_cost_16(
    transaction: Transaction, owed: Bill, event: TransactionChanged
) -> tuple[str, Mapping[str, Any]]:
    """DataTransfer RunningCost."""
    idle = bool(transaction.states) and transaction.states[-1][1] == "suspended ev"
    data: dict[str, Any] = {
        "transactionId": int(transaction.id.rpartition("/")[2]),
        "cost": owed.total,
        "currency": owed.currency,
        "state": "Idle" if idle else "Charging",
    }
    if event.timestamp is not None:
        data["timestamp"] = event.timestamp.isoformat().replace("+00:00", "Z")
    if event.register_wh is not None:
        data["meterValue"] = event.register_wh
    return _cost_message("RunningCost", data)


def final_cost_16(transaction: Transaction, owed: Bill) -> tuple[str, Mapping[str, Any]]:
    """DataTransfer FinalCost."""
    lines = [f"{tax.name} {tax.amount} {owed.currency}" for tax in owed.taxes]
    return _cost_message(
        "FinalCost",
        {
            "transactionId": int(transaction.id.rpartition("/")[2]),
            "cost": owed.total,
            "currency": owed.currency,
            "priceText": f"{owed.total} {owed.currency}",
            "priceTextExtra": ", ".join([f"before tax {owed.before_tax} {owed.currency}", *lines]),
        },
    )


def user_price_16(uid: str, text: str) -> tuple[str, Mapping[str, Any]]:
    """DataTransfer SetUserPrice, after a card was accepted."""
    return _cost_message("SetUserPrice", {"idToken": uid, "priceText": text})


def _cost_message(name: str, data: Mapping[str, Any]) -> tuple[str, Mapping[str, Any]]:
    def exactly(value: object) -> Any:
        if isinstance(value, Decimal):
            return orjson.Fragment(format(value, "f").encode())
        raise TypeError(f"{type(value).__name__} cannot be written as JSON")

    text = orjson.dumps(data, default=exactly).decode()
    return "DataTransfer", {"vendorId": COST_VENDOR, "messageId": name, "data": text}
