"""Uptime by formulas that are data: worked examples, logs that cannot be used, and records."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from wattest.errors import BenchError
from wattest.judge.uptime import Span, spans_of_csv, spans_of_record, uptime
from wattest.judge.uptime_examples import WORKED
from wattest.model.read_uptime import read_uptimes

BEGIN = datetime(2025, 1, 1, tzinfo=UTC)
YEAR = timedelta(minutes=525_600)


@pytest.mark.parametrize("example", WORKED, ids=lambda example: example.text)
def test_worked_examples(example: Any) -> None:
    """Each formula gives what a person computes by hand."""
    spans = spans_of_csv(example.log)["A1"]
    assert sum((span.length for span in spans), timedelta()) == YEAR
    found = {name: uptime(read_uptimes()[name], spans).percent for name in example.percents}
    assert found == example.percents


def test_three_per_cent_of_a_year() -> None:
    """NEVI: 15 768 minutes of 525 600 are three per cent, and one more minute is below 97 %."""
    nevi = read_uptimes()["nevi"]

    def down(minutes: int) -> Decimal | None:
        edge = BEGIN + timedelta(minutes=minutes)
        return uptime(nevi, [Span(BEGIN, edge, "OUTOFORDER"), Span(edge, BEGIN + YEAR, "AVAILABLE")]).percent

    assert down(15_768) == Decimal("97.0000")
    assert down(15_769) == Decimal("96.9998")


def test_what_is_shown_is_never_rounded_up() -> None:
    """A microsecond of outage in a year is not 100 %."""
    edge = BEGIN + timedelta(microseconds=1)
    spans = [Span(BEGIN, edge, "OUTOFORDER"), Span(edge, BEGIN + YEAR, "AVAILABLE")]
    assert uptime(read_uptimes()["nevi"], spans).percent == Decimal("99.9999")


def test_formulas_disagree_on_offline_time() -> None:
    """Half a year offline: half up for NEVI; for the UK the other half is all there is."""
    half = BEGIN + YEAR / 2
    spans = [Span(BEGIN, half, "AVAILABLE"), Span(half, BEGIN + YEAR, "UNKNOWN")]
    found = {name: uptime(formula, spans).percent for name, formula in read_uptimes().items()}
    assert found == {"nevi": Decimal("50.0000"), "uk": Decimal("100.0000"), "host": Decimal("50.0000")}


def test_no_time_that_counts_is_no_share() -> None:
    """A port that was blocked throughout has no UK reliability."""
    assert uptime(read_uptimes()["uk"], [Span(BEGIN, BEGIN + YEAR, "BLOCKED")]).percent is None


HEAD = "time,port,status,reason\n"
T0, T1 = "2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "log:1: the log has no column 'time'"),
        (HEAD, "log: the log holds no row."),
        (f"{HEAD}{T0},1,Broken,\n", "log:2: 'Broken' is no status"),
        (f"{HEAD}2026-01-01,1,Available,\n", "log:2: '2026-01-01' is no time with a zone"),
        (f"{HEAD}{T0},1,Available,rain\n", "log:2: 'rain' is no reason to exclude time; known are utility"),
        (f"{HEAD}{T1},1,Available,\n{T0},1,END,\n", "log:3: this is before line 2"),
        (f"{HEAD}{T0},1,END,\n{T1},1,Available,\n", "log:3: port '1' has ended in line 2 already."),
        (f"{HEAD}{T0},1,Available,\n", "log:2: nobody knows how long 'AVAILABLE' of port '1' lasted"),
    ],
)
def test_a_log_that_cannot_be_used_is_explained(text: str, sentence: str) -> None:
    """The line, what stands there, and the way out."""
    with pytest.raises(BenchError) as caught:
        spans_of_csv(text, "log")
    assert sentence in str(caught.value)


def test_words_of_ocpp_and_ocpi_mix() -> None:
    """SuspendedEV is CHARGING, Finishing BLOCKED, Offline UNKNOWN; each port by itself."""
    text = f"{HEAD}{T0},1,SuspendedEV,\n{T0},2,available,\n{T1},1,Offline,\n{T1},2,END,\n2026-01-03T00:00:00Z,1,END,\n"
    found = {port: [span.status for span in spans] for port, spans in spans_of_csv(text).items()}
    assert found == {"1": ["CHARGING", "UNKNOWN"], "2": ["AVAILABLE"]}


def test_a_record_as_the_central_system_saw_it(both: Any) -> None:
    """Without a link a port is unknown; what the bench took away has its reason."""
    both.wait(90).link("lost", by="network")
    both.wait(50).link("opened")
    both.wait(50).status("Unavailable")
    both.wait(100).note("fault", id="network")
    both.link("lost", by="csms")
    both.wait(60).note("heal", id="network")
    spans = spans_of_record(both.entries)["CP1-1"]
    assert [(s.status, s.length.total_seconds(), s.reason) for s in spans] == [
        ("AVAILABLE", 100.0, None),
        ("UNKNOWN", 50.0, None),
        ("AVAILABLE", 50.0, None),
        ("INOPERATIVE", 100.0, None),
        ("UNKNOWN", 60.0, "bench"),
    ]


def test_a_status_told_by_event_counts(story201: Any) -> None:
    """A 2.0.1 station may tell the AvailabilityState of its connector by NotifyEvent."""
    story201.connect()
    for word in ("Available", "Faulted"):
        where = {"name": "Connector", "evse": {"id": 1, "connectorId": 1}}
        data = {"component": where, "variable": {"name": "AvailabilityState"}, "actualValue": word}
        story201.call("NotifyEvent", {"eventData": [data]})
        story201.wait(60)
    story201.note("end")
    found = [span.status for span in spans_of_record(story201.entries)["CP1-1"]]
    assert found[-2:] == ["AVAILABLE", "OUTOFORDER"]


def test_time_between_two_simulated_chargers_is_nobodys(story: Any) -> None:
    """Each scenario of a simulated bench has a charger of its own."""
    told = type(story)()
    told.note("header", bench={"kind": "simulated"})
    for _ in range(2):
        told.note("scenario", key="A-001")
        told.connect().wait(90)
        told.note("safe", role="mains")
        told.wait(1000)
    spans = spans_of_record(told.entries)["CP1-1"]
    assert [span.length.total_seconds() for span in spans] == [100.0, 100.0]
