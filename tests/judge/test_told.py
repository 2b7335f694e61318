"""What was told of a cost, from the bytes of frames."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

from wattest.judge.told import COST_VENDOR, Told, costs_told
from wattest.ocpp.decode import decode
from wattest.ocpp.messages import described


def frame(seq: int, direction: str, raw: str, *, answers: int | None = None, action: str | None = None) -> dict[str, Any]:  # fmt: skip
    message = json.loads(json.dumps(described(decode(raw).message, action), default=str))
    return {"kind": "frame", "seq": seq, "direction": direction, "raw": raw, "answers": answers, "message": message}  # fmt: skip


def cost_message(seq: int, name: str, data: str) -> dict[str, Any]:
    payload = {"vendorId": COST_VENDOR, "messageId": name, "data": data}
    return frame(seq, "out", json.dumps([2, f"m{seq}", "DataTransfer", payload]))


def test_costs_of_2_0_1() -> None:
    """CostUpdated with its answer, and the total in the answer to the end; those of other transactions are not."""
    ended = {"eventType": "Ended", "transactionInfo": {"transactionId": "T1"}}
    entries = [
        frame(1, "out", '[2,"a","CostUpdated",{"totalCost":1.10,"transactionId":"T1"}]'),
        frame(2, "in", '[3,"a",{}]', answers=1, action="CostUpdated"),
        frame(3, "out", '[2,"b","CostUpdated",{"totalCost":9,"transactionId":"T2"}]'),
        frame(4, "out", '[2,"c","CostUpdated",{"totalCost":1.20,"transactionId":"T1"}]'),
        frame(5, "in", '[4,"c","NotSupported","",{}]', answers=4),
        frame(6, "in", json.dumps([2, "d", "TransactionEvent", ended])),
        frame(7, "out", '[3,"d",{"totalCost":5.10}]', answers=6, action="TransactionEvent"),
    ]
    assert costs_told(entries, "T1") == [
        Told("running", Decimal("1.10"), 1, True, 2),
        Told("running", Decimal("1.20"), 4, False, 5),
        Told("final", Decimal("5.10"), 7),
    ]
    assert costs_told(entries, "T1")[0].evidence == (1, 2)


def test_costs_of_1_6() -> None:
    """RunningCost and FinalCost with what the station answered; broken data and other vendors say nothing."""
    entries = [
        cost_message(1, "RunningCost", '{"transactionId":7,"cost":0.30}'),
        frame(2, "in", '[3,"m1",{"status":"Accepted"}]', answers=1, action="DataTransfer"),
        cost_message(3, "FinalCost", '{"transactionId":7,"cost":0.77}'),
        frame(4, "in", '[3,"m3",{"status":"UnknownMessageId"}]', answers=3, action="DataTransfer"),
        cost_message(5, "FinalCost", '{"transactionId":8,"cost":0.77}'),
        cost_message(6, "FinalCost", '{"transactionId":7,"cost'),
        cost_message(7, "SetUserPrice", '{"idToken":"04AA","priceText":"0.35 CAD/kWh"}'),
        frame(8, "out", '[2,"m8","DataTransfer",{"vendorId":"else","data":"{}"}]'),
        cost_message(9, "FinalCost", '{"transactionId":7,"cost":0.78}'),
    ]
    assert costs_told(entries, "7") == [
        Told("running", Decimal("0.30"), 1, True, 2),
        Told("final", Decimal("0.77"), 3, False, 4),
        Told("final", Decimal("0.78"), 9),
    ]
