"""The table of sessions: each session once, with times, energy, peak, method, code and money that follow from the record."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from pyarrow import parquet

from wattest.errors import BenchError
from wattest.judge.kpis import kpis
from wattest.judge.session_export import as_csv, as_json, as_parquet, columns
from wattest.judge.session_table import session_rows

TARIFF = {
    "id": "t",
    "currency": "CAD",
    "energy": "0.35",
    "time": "0",
    "flat": "0",
    "idle": "0",
    "idle_grace_s": 600.0,
    "idle_cap": None,
    "tax_included": False,
    "province": "QC",
}
RATES = [
    {
        "province": "QC",
        "name": name,
        "percent": percent,
        "valid_from": "2013-01-01",
        "valid_to": None,
        "source": "x",
    }
    for name, percent in (("GST", "5"), ("QST", "9.975"))
]


def test_a_session_is_a_row(both: Any) -> None:
    """Begin, end, exact duration, energy, highest power and who authorised it, in either dialect."""
    both.session(1000, 2000, minutes=10)
    (row,) = session_rows(both.entries)
    assert (row.begin, row.end) == (
        datetime(2026, 1, 15, 12, 0, 12, tzinfo=UTC),
        datetime(2026, 1, 15, 12, 10, 12, tzinfo=UTC),
    )
    assert row.duration_s == Decimal(600)
    assert row.energy_wh == Decimal(1000)
    assert (row.peak_w, row.peak_from) == (Decimal("6000.0"), "stated")
    assert row.method == ("card" if both.dialect == "2.0.1" else "card or tag")
    assert (row.station, row.evse, row.result, row.error) == ("CP1", 1, "complete", None)
    assert (row.total, row.remark) == (None, "")


def test_money_is_that_of_the_tariff_before_the_session(both: Any) -> None:
    """A price that changes in mid-session changes nothing; before tax, each tax and total stand apart."""
    both.note("setting", what="tariff", tariff=TARIFF, taxes=RATES)
    both.start(1000)
    both.note("setting", what="tariff", tariff={**TARIFF, "id": "later", "energy": "9.99"}, taxes=RATES)
    both.wait(3600).stop(13486)
    (row,) = session_rows(both.entries)
    assert (row.tariff, row.before_tax, row.total) == ("t", Decimal("4.37"), Decimal("5.03"))
    assert [(tax.name, tax.amount) for tax in row.taxes] == [
        ("GST", Decimal("0.22")),
        ("QST", Decimal("0.44")),
    ]
    assert row.total == sum((tax.amount for tax in row.taxes), row.before_tax or Decimal(0))


@pytest.mark.parametrize(
    ("setting", "remark"),
    [
        ({"tariff": TARIFF}, "the record does not hold the taxes"),
        (
            {"tariff": {**TARIFF, "tiers": [1]}, "taxes": RATES},
            "The tariff 't' has 'tiers', which this table cannot price.",
        ),
        (
            {"tariff": {**TARIFF, "province": "YT"}, "taxes": RATES},
            "No tax rate of YT is in force on 2026-01-15; add it under fixtures/taxes.",
        ),
    ],
)
def test_a_price_that_cannot_be_known_is_not_made_up(
    story: Any, setting: dict[str, Any], remark: str
) -> None:
    """Without taxes, or with a tariff of another version, there is no revenue, and the remark says why."""
    story.note("setting", what="tariff", **setting)
    story.session()
    (row,) = session_rows(story.entries)
    assert (row.total, row.before_tax, row.remark) == (None, None, remark)


def test_a_remote_start_is_told_from_a_card(both: Any) -> None:
    """1.6 by the accepted RemoteStartTransaction for that tag, 2.0.1 by remoteStartId; the next card is a card again."""
    if both.dialect == "1.6":
        both.ask("RemoteStartTransaction", {"idTag": "aa"})
        both.start(0, uid="AA")
    else:
        info = {"transactionId": "7", "remoteStartId": 4, "chargingState": "EVConnected"}
        both.call(
            "TransactionEvent",
            {"eventType": "Started", "timestamp": both.iso(), "seqNo": 0, "transactionInfo": info},
        )
    both.wait(60).stop(10)
    both.wait(60).start(10, tx=8, uid="AA")
    first, second = session_rows(both.entries)
    assert first.method == "remote start"
    assert second.method != "remote start"


def test_a_refused_remote_start_starts_nothing(story: Any) -> None:
    """The card that comes afterwards is a card."""
    story.ask("RemoteStartTransaction", {"idTag": "AA"}, "Rejected")
    story.session()
    assert session_rows(story.entries)[0].method == "card or tag"


def test_a_fault_in_a_session_gives_its_code(both: Any) -> None:
    """A failed session has the minimum required error code of the fault that was told while it ran, not of a later one."""
    both.start(1000)
    both.wait(60)
    if both.dialect == "1.6":
        fault = {"errorCode": "OtherError", "vendorErrorCode": "CX014"}
        both.call("StatusNotification", {"connectorId": 1, "status": "Faulted", **fault})
    else:
        event = {"techCode": "CX014", "actualValue": "true", "timestamp": both.iso()}
        where = {"name": "CPPWMController", "evse": {"id": 1}}
        both.call(
            "NotifyEvent", {"eventData": [{**event, "component": where, "variable": {"name": "Problem"}}]}
        )
    both.stop(1200)
    both.wait(600).start(1200, tx=8)
    both.wait(60).stop(1300, tx=8)
    first, second = session_rows(both.entries)
    assert (first.result, first.error) == ("failed", "CX014")
    assert (second.result, second.error) == ("complete", None)


def test_a_peak_is_no_step_of_the_register(story: Any) -> None:
    """Without power samples the peak is the highest mean over a minute at least; a shorter session has none."""
    story.start(1000)
    for wh in (1001, 1101, 1301):
        story.wait(0.24 if wh == 1001 else 60).meter(wh)
    story.stop(1301)
    (row,) = session_rows(story.entries)
    assert (row.peak_w, row.peak_from) == (Decimal("12000.0"), "registers")
    short = type(story)().connect()
    short.start(0)
    short.wait(10).stop(30)
    assert session_rows(short.entries)[0].peak_w is None


def test_the_same_id_on_another_simulated_charger_is_another_session(story: Any) -> None:
    """On a simulated bench scenarios do not share transactions; on a live one they do."""
    for kind, rows in (("simulated", 2), ("live", 1)):
        told = type(story)()
        told.note("header", bench={"kind": kind})
        for key in ("A-001", "A-002"):
            told.note("scenario", key=key)
            told.connect().session(1000, 2000, tx=7)
        found = session_rows(told.entries)
        assert len(found) == rows
        assert found[0].scenario == "A-001"


def test_csv_and_json_hold_every_session_once(both: Any) -> None:
    """No float, no token; taxes are columns; a zero is a zero and what is unknown is empty."""
    both.note("setting", what="tariff", tariff=TARIFF, taxes=RATES)
    both.session(1000, 2000)
    both.start(2000, tx=8, uid="SECRET")
    rows = session_rows(both.entries)
    lines = list(csv.DictReader(io.StringIO(as_csv(rows))))
    assert tuple(lines[0]) == columns(rows)
    assert [line["total"] for line in lines] == ["0.40", ""]
    assert (lines[0]["tax_GST"], lines[0]["tax_QST"]) == ("0.02", "0.03")
    assert lines[1]["energy_wh"] == "0"
    assert "SECRET" not in as_csv(rows) + as_json(rows)
    data = json.loads(as_json(rows))
    assert (data[0]["begin"], data[0]["energy_wh"]) == ("2026-01-15T12:00:12.000000Z", "1000")
    assert not any(isinstance(value, float) for one in data for value in one.values())


def test_parquet_keeps_decimals(story: Any) -> None:
    """Money and energy come back as exact decimals, times in UTC."""
    story.note("setting", what="tariff", tariff=TARIFF, taxes=RATES)
    story.session(1000, 2000)
    (row,) = parquet.read_table(io.BytesIO(as_parquet(session_rows(story.entries)))).to_pylist()
    assert (row["total"], row["energy_wh"]) == (Decimal("0.40"), Decimal("1000.000000"))
    assert row["begin"] == datetime(2026, 1, 15, 12, 0, 12, tzinfo=UTC)


def test_parquet_keeps_every_digit_or_says_that_it_cannot(story: Any) -> None:
    """A charger may state more places than usual; a number of more than 38 digits fits into no column."""
    story.session(1000, 2000)
    (row,) = session_rows(story.entries)
    fine = replace(row, energy_wh=Decimal("999.876543211"))
    (stored,) = parquet.read_table(io.BytesIO(as_parquet((fine,)))).to_pylist()
    assert stored["energy_wh"] == Decimal("999.876543211")
    for wide in (replace(row, energy_wh=Decimal("1E+40")), replace(row, connector=2**70)):
        with pytest.raises(
            BenchError, match=r"does not fit into a column of Parquet: .*--format csv or json\."
        ):
            as_parquet((wide,))


def test_key_figures_count_attempts_and_not_passers_by(both: Any) -> None:
    """A session is an attempt, and so is a card accepted with a vehicle there from which no session came."""
    both.session(1000, 2000)
    both.authorize("BB")
    both.wait(300)
    assert (kpis(both.entries).attempts, kpis(both.entries).session_success) == (1, Decimal("100.0"))
    both.status("Preparing" if both.dialect == "1.6" else "Occupied")
    both.authorize("CC")
    both.wait(300).status("Available")
    found = kpis(both.entries)
    assert (found.attempts, found.sessions, found.charged, found.complete) == (2, 1, 1, 1)
    assert (found.start_success, found.end_success) == (Decimal("50.0"), Decimal("100.0"))
    assert found.session_success == Decimal("50.0")
    assert found.time_to_charge == (60.0 if both.dialect == "2.0.1" else 0.0)


def test_key_figures_of_nothing_are_unknown(story: Any) -> None:
    """A record without an attempt has no share of anything."""
    found = kpis(story.entries)
    assert (found.attempts, found.start_success, found.time_to_charge) == (0, None, None)
