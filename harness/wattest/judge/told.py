"""What the central system told a station of a transaction's cost, and what the station made of it, from frames.

OCPP 2.0.1: CostUpdated (I02), ``totalCost`` in the answer to the TransactionEvent that ends it (I03). OCPP 1.6:
DataTransfer RunningCost and FinalCost of OCA's white paper on pricing (recalled). Amounts are read from the bytes of the
frame, since only they are exact.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal

from wattest.judge.trace import Entry
from wattest.ocpp.decode import decode
from wattest.ocpp.messages import CallResult, exact

COST_VENDOR = "org.openchargealliance.costmsg"
"""Recalled from the white paper."""


@dataclass(frozen=True)
class Told:
    """One statement of a cost: the amount, its entry, and the answer of the station with its own entry.

    ``taken`` is None while there is no answer, and for a ``totalCost``, which is an answer itself.
    """

    kind: Literal["running", "final"]
    cost: Decimal
    seq: int
    taken: bool | None = None
    answer_seq: int | None = None

    @property
    def evidence(self) -> tuple[int, ...]:
        """Entries that prove it."""
        return (self.seq,) if self.answer_seq is None else (self.seq, self.answer_seq)


def costs_told(entries: Iterable[Entry], transaction_id: str) -> list[Told]:
    """What was told of one transaction, in order. Frames that cannot be read say nothing."""
    frames = [entry for entry in entries if entry["kind"] == "frame" and entry.get("message")]
    answers = {
        entry["answers"]: entry
        for entry in frames
        if entry["direction"] == "in" and entry.get("answers") is not None
    }
    ended = {
        entry["seq"]
        for entry in frames
        if entry["direction"] == "in" and _ends(entry["message"], transaction_id)
    }
    found = []
    for entry in frames:
        if entry["direction"] != "out" or "raw" not in entry:
            continue
        message = entry["message"]
        if message["type"] == 3 and entry.get("answers") in ended:
            cost = _exact(entry, "totalCost")
            found += [] if cost is None else [Told("final", cost, entry["seq"])]
        elif message["type"] == 2:
            told = _called(entry, message, transaction_id)
            if told is not None:
                found.append(_answered(told, answers.get(entry["seq"])))
    return found


def _ends(message: Mapping[str, Any], transaction_id: str) -> bool:
    payload = message.get("payload") or {}
    info = payload.get("transactionInfo") or {}
    return payload.get("eventType") == "Ended" and str(info.get("transactionId")) == transaction_id


def _called(entry: Entry, message: Mapping[str, Any], transaction_id: str) -> Told | None:
    payload = message.get("payload") or {}
    if message.get("action") == "CostUpdated" and payload.get("transactionId") == transaction_id:
        cost = _exact(entry, "totalCost")
        return None if cost is None else Told("running", cost, entry["seq"])
    if message.get("action") != "DataTransfer" or payload.get("vendorId") != COST_VENDOR:
        return None
    data = decode(f'[2,"data","Data",{payload.get("data")}]').message
    told = getattr(data, "payload", {})
    cost = exact(told.get("cost"))
    if cost is None or str(told.get("transactionId")) != transaction_id:
        return None
    kind: Literal["running", "final"] = "final" if payload.get("messageId") == "FinalCost" else "running"
    return Told(kind, cost, entry["seq"])


def _exact(entry: Entry, key: str) -> Decimal | None:
    message = decode(entry["raw"]).message
    payload = getattr(message, "payload", {})
    return exact(payload.get(key))


def _answered(told: Told, answer: Entry | None) -> Told:
    if answer is None or answer["message"] is None:
        return told
    message = decode(answer["raw"]).message if "raw" in answer else None
    taken = isinstance(message, CallResult) and message.payload.get("status", "Accepted") == "Accepted"
    return Told(told.kind, told.cost, told.seq, taken, answer["seq"])
