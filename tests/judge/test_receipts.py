"""Receipts from the entries of a record, their contents, and the taxes to remit."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from wattest.errors import BenchError
from wattest.judge.receipts import Receipt, Remitted, missing, receipts, remission, station_of
from wattest.model.read import read_taxes
from wattest.model.supplier import read_supplier
from wattest.model.tariff import PriceStep, Tariff

NOON = datetime(2026, 1, 15, 12, tzinfo=UTC)
SELLER = read_supplier("example")
STATION = station_of({"model": "M", "serial": "1", "rated_voltage_v": 240.0, "rated_current_a": 48.0, "phases": 1})  # fmt: skip
QC = [rate for rate in read_taxes() if rate.province == "QC"]


class Tape:
    """Entries of an attempt in OCPP 1.6, as a record holds them."""

    def __init__(self) -> None:
        self.entries: list[dict[str, Any]] = []

    def note(self, kind: str, at: datetime = NOON, **fields: Any) -> int:
        utc = at.isoformat().replace("+00:00", "Z")
        self.entries.append({"seq": len(self.entries), "kind": kind, "utc": utc, **fields})
        return len(self.entries) - 1

    def tariff(self, tariff: Tariff, at: datetime = NOON) -> None:
        plain = {name: _plain(value) for name, value in vars(tariff).items()}
        self.note("setting", at, what="tariff", tariff=plain, taxes=[{name: _plain(v) for name, v in vars(rate).items()} for rate in QC])  # fmt: skip

    def call(self, action: str, payload: dict[str, Any], answer: dict[str, Any], at: datetime) -> None:
        head = {"station": "CP001", "dialect": "1.6"}
        seq = self.note("frame", at, **head, direction="in", answers=None, message={"type": 2, "action": action, "payload": payload})  # fmt: skip
        self.note("frame", at, **head, direction="out", answers=seq, message={"type": 3, "payload": answer})

    def session(self, number: int, start: datetime, minutes: int, wh: int, **more: Any) -> None:
        stop = start + timedelta(minutes=minutes)
        self.call("StartTransaction", {"connectorId": 1, "idTag": "04AA", "meterStart": 100, "timestamp": start.isoformat()}, {"transactionId": number, "idTagInfo": {"status": "Accepted"}}, start)  # fmt: skip
        self.call("StopTransaction", {"transactionId": number, "meterStop": 100 + wh, "timestamp": stop.isoformat(), **more}, {}, stop)  # fmt: skip


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return [{name: _plain(part) for name, part in vars(one).items()} for one in value]
    return value if value is None or isinstance(value, (bool, str)) else str(value)


def made(tape: Tape, **more: Any) -> list[Receipt]:
    return receipts(tape.entries, STATION, SELLER, **more)


def test_a_receipt_of_every_session() -> None:
    """Each session that ended has one; one that still runs and one of a scenario without a tariff have none."""
    tape = Tape()
    tape.note("scenario")
    tape.session(1, NOON, 10, 1000)
    tape.note("scenario")
    tape.tariff(Tariff("t", energy=Decimal("0.35")))
    tape.session(2, NOON, 10, 12486)
    tape.call("StartTransaction", {"connectorId": 1, "idTag": "04AA", "meterStart": 5, "timestamp": NOON.isoformat()}, {"transactionId": 3}, NOON)  # fmt: skip
    (one,) = made(tape)
    assert one.bill is not None
    assert (one.transaction.id, str(one.bill.total), one.evse) == ("2", "5.03", "CP001/1")
    assert one.station.power_kw == Decimal("11.5")
    assert [at.isoformat() for at in one.local if at] == [
        "2026-01-15T07:00:00-05:00",
        "2026-01-15T07:10:00-05:00",
    ]
    assert missing(one) == ([], [])


def test_the_price_of_the_start_is_on_the_receipt() -> None:
    """A tariff noted later is for sessions that start later."""
    tape = Tape()
    tape.tariff(Tariff("t", flat=Decimal(1), steps=(PriceStep(Decimal(0)),), idle_cap=Decimal(2)))
    tape.tariff(Tariff("u", flat=Decimal(2)), NOON + timedelta(minutes=5))
    tape.session(1, NOON, 10, 1)
    tape.session(2, NOON + timedelta(minutes=6), 10, 1)
    first, second = made(tape)
    assert (first.tariff.id, second.tariff.id) == ("t", "u")
    assert first.tariff.steps == (PriceStep(Decimal(0)),)
    assert first.problem.startswith("The register was not told for 600 s")
    assert second.bill is not None
    assert second.bill.before_tax == 2


def test_a_session_without_a_bill_says_why() -> None:
    """A start that no tax table knows leaves a receipt with a reason, which is not complete, and no sum."""
    tape = Tape()
    tape.tariff(Tariff("t", flat=Decimal(1)))
    tape.session(1, datetime(1999, 1, 1, tzinfo=UTC), 10, 1)
    (one,) = made(tape)
    assert one.bill is None
    assert missing(one) == (
        ["there is no total: No tax rate of QC is in force on 1998-12-31; add it under fixtures/taxes."],
        [],
    )
    with pytest.raises(BenchError) as told:
        remission([one])
    assert str(told.value).startswith(
        "Session 1 has no bill, so the taxes of its month cannot be added up: No tax"
    )


def test_what_a_receipt_lacks() -> None:
    """What the station never stated and what the seller never gave are told apart, with who asks for it."""
    tape = Tape()
    tape.tariff(Tariff("t", flat=Decimal(1)))
    tape.session(1, NOON, 10, 1)
    (one,) = made(tape)
    mute = replace(one, transaction=replace(one.transaction, evse_id=None))
    assert missing(mute) == (["it lacks the EVSE (HB44 3.40)"], [])
    poor = replace(one, supplier=replace(SELLER, qst_number="", address=""))
    assert missing(poor) == (
        [],
        [
            "it lacks the place of the sale (HB44 3.40)",
            "it lacks the registration number for QST (CRA from 100 CAD; below it project)",
        ],
    )


@pytest.mark.parametrize(("flat", "lacks"), [("434.87", 0), ("434.88", 2)])
def test_from_five_hundred_dollars_on(flat: str, lacks: int) -> None:
    """At 500.00 CAD and more the buyer and the terms must stand there; a cent less asks for neither."""
    tape = Tape()
    tape.tariff(Tariff("t", flat=Decimal(flat)))
    tape.session(1, NOON, 10, 1)
    bare = replace(SELLER, terms="", terms_fr="")
    (one,) = receipts(tape.entries, STATION, bare)
    assert one.bill is not None
    assert (one.bill.total >= 500) is bool(lacks)
    assert len(missing(one)[1]) == lacks
    (whole,) = receipts(tape.entries, STATION, SELLER, buyer="A. Buyer")
    assert missing(whole) == ([], [])


def test_taxes_to_remit() -> None:
    """By month of the province, tax and rate: the sums of the receipts, to the cent."""
    tape = Tape()
    tape.tariff(Tariff("t", flat=Decimal("4.37")))
    tape.session(1, NOON, 10, 1)
    tape.session(2, NOON + timedelta(hours=1), 10, 1)
    tape.session(3, datetime(2026, 2, 1, 4, 59, tzinfo=UTC), 10, 1)  # still January in Montreal
    tape.session(4, datetime(2026, 2, 1, 5, 0, tzinfo=UTC), 10, 1)
    gst, qst = SELLER.gst_hst_number, SELLER.qst_number
    five, more = Decimal(5), Decimal("9.975")
    assert remission(made(tape)) == [
        Remitted("2026-01", "GST", five, gst, 3, Decimal("13.11"), Decimal("0.66")),
        Remitted("2026-01", "QST", more, qst, 3, Decimal("13.11"), Decimal("1.32")),
        Remitted("2026-02", "GST", five, gst, 1, Decimal("4.37"), Decimal("0.22")),
        Remitted("2026-02", "QST", more, qst, 1, Decimal("4.37"), Decimal("0.44")),
    ]


def test_the_noted_seller() -> None:
    """The seller is the one that was noted; without any there is no receipt."""
    tape = Tape()
    tape.tariff(Tariff("t"))
    tape.session(1, NOON, 10, 1)
    with pytest.raises(BenchError) as told:
        receipts(tape.entries, STATION)
    assert str(told.value) == (
        "The record holds sessions and no seller; name one with --supplier, a file as under fixtures/suppliers."
    )
    tape.note("setting", what="supplier", supplier=vars(SELLER))
    assert receipts(tape.entries, STATION)[0].supplier == SELLER


def test_a_tariff_that_cannot_be_read() -> None:
    """A record that was tampered with is told, not computed with."""
    tape = Tape()
    tape.note("setting", what="tariff", tariff={"id": "t", "energy": "much"}, taxes=[])
    tape.session(1, NOON, 10, 1)
    with pytest.raises(BenchError) as told:
        made(tape)
    assert str(told.value) == (
        "The record holds a tariff that cannot be read: {'id': 't', 'energy': 'much'}."
    )
