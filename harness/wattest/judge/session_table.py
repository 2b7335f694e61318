"""The table of sessions of a record: what a host must know of every session afterwards (DAT-01 to DAT-05).

::

    for row in session_rows(read_record("run/record.jsonl").entries):
        print(row.begin, row.duration_s, row.energy_wh, row.total)

Pure: everything comes from the frames and settings that the record holds. Times are those that the station stated, exact
to the microsecond; energy is stop register less start register; revenue is computed again by ``judge.money`` from the tariff
that was in force when the session was first heard of (BIL-05), with the taxes that the record holds.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any, Literal

from wattest.errors import BenchError, Inconclusive
from wattest.judge import money
from wattest.judge.fault_reports import FaultReport, fault_reports
from wattest.judge.noted_money import rate_from, tariff_from
from wattest.judge.sessions import power_of
from wattest.model.tariff import Bill, TaxLine
from wattest.ocpp.ledger import Ledger, Transaction
from wattest.ocpp.neutral import TransactionChanged

Entry = Mapping[str, Any]
Result = Literal["complete", "failed", "running"]

AFTER_S = 10.0
"""A fault told so long after the last message of a session still explains its end (project)."""

LEAST_SPAN = timedelta(seconds=60)
"""A mean power is taken over no less (project): at 1 Wh a step of the register is 60 W then."""

ABNORMAL = frozenset(
    {
        "EmergencyStop",
        "GroundFault",
        "HardReset",
        "ImmediateReset",
        "Other",
        "OvercurrentFault",
        "PowerLoss",
        "PowerQuality",
        "Reboot",
        "ReqEnergyTransferRejected",
        "SoftReset",
        "Timeout",
    }
)
"""Reasons to stop that no driver, vehicle or operator gave (OCPP 1.6 Reason, OCPP 2.0.1 and 2.1 ReasonEnumType)."""

_METHODS: Mapping[str, str] = {
    "Central": "remote start",
    "ISO14443": "card",
    "ISO15693": "card",
    "KeyCode": "key code",
    "Local": "local",
    "MacAddress": "vehicle address",
    "NoAuthorization": "none",
    "eMAID": "plug and charge",
    "DirectPayment": "direct payment",
}


@dataclass(frozen=True)
class SessionRow:
    """One session. Energies in Wh, power in W, money in ``currency``; what is None was never stated.

    ``peak_from`` says what the peak was taken from: ``stated`` power samples, or the mean between two ``registers``.
    ``result`` is ``complete`` when energy flowed and it ended for a reason of the driver, the vehicle or the operator, without a
    fault. ``method`` is how it was authorised; ``error`` the code of a fault of its EVSE during it. ``remark`` says why there is
    no revenue, where there should be one.
    """

    scenario: str
    dialect: str
    station: str
    evse: int | None
    connector: int | None
    id: str
    begin: datetime | None
    end: datetime | None
    duration_s: Decimal | None
    energy_wh: Decimal | None
    peak_w: Decimal | None
    peak_from: str
    method: str
    token: str | None
    result: Result
    stop_reason: str | None
    error: str | None
    tariff: str | None
    currency: str | None
    before_tax: Decimal | None
    taxes: tuple[TaxLine, ...]
    total: Decimal | None
    remark: str
    evidence: tuple[int, ...]
    transaction: Transaction
    bill: Bill | None
    priced_by: Entry | None
    """The setting of the record that holds tariff and taxes."""


def session_rows(entries: Iterable[Entry]) -> tuple[SessionRow, ...]:
    """Every session that the entries of a record speak of, each once, in the order in which they were first heard of.

    On a simulated bench every scenario has a charger of its own, so that equal transaction ids are other sessions there.
    """
    return tuple(row for chapter in chapters(entries) for row in _rows(chapter))


def chapters(entries: Iterable[Entry]) -> list[list[Entry]]:
    """For folding: the entries scenario by scenario where each has a world of its own, else all together."""
    chapters: list[list[Entry]] = [[]]
    split = False
    for entry in entries:
        if entry.get("kind") == "header":
            split = (entry.get("bench") or {}).get("kind") == "simulated"
        elif entry.get("kind") == "scenario" and split:
            chapters.append([])
        chapters[-1].append(entry)
    return chapters


def _rows(entries: Sequence[Entry]) -> list[SessionRow]:
    ledger = Ledger()
    told: dict[tuple[str, str], list[tuple[TransactionChanged, Entry]]] = {}
    for entry in entries:
        if entry.get("kind") in {"frame", "link"}:
            for event in ledger.feed(entry):
                if isinstance(event, TransactionChanged) and event.transaction_id is not None:
                    key = (str(entry["station"]), event.transaction_id)
                    told.setdefault(key, []).append((event, entry))
    transactions = tuple(ledger.transactions.values())
    if not transactions:
        return []
    reports = fault_reports(entries)
    scenarios = [entry for entry in entries if entry.get("kind") == "scenario"]
    tariffs = [e for e in entries if e.get("kind") == "setting" and e.get("what") == "tariff"]
    times = {int(entry["seq"]): float(entry["t"]) for entry in entries if entry.get("kind") == "frame"}
    rows = []
    for one in transactions:
        first = one.evidence[0] if one.evidence else -1
        heard = told.get((one.station, one.id.rpartition("/")[2]), [])
        peak, source = _peak(one, [event for event, _ in heard])
        within = next((e for e in reversed(scenarios) if int(e["seq"]) < first), {})
        error = _error(one, reports, times)
        before = [entry for entry in tariffs if int(entry["seq"]) < first]
        tariff, bill, remark = _priced(one, before)
        rows.append(
            SessionRow(
                scenario=str(within.get("key", "")),
                dialect=one.dialect,
                station=one.station,
                evse=one.evse_id,
                connector=one.connector_id,
                id=one.id,
                begin=one.started_at,
                end=one.ended_at,
                duration_s=_duration(one),
                energy_wh=one.energy_wh,
                peak_w=peak,
                peak_from=source,
                method=method_of(one),
                token=one.token,
                result=_result(one, error),
                stop_reason=one.stop_reason,
                error=error,
                tariff=tariff,
                currency=None if bill is None else bill.currency,
                before_tax=None if bill is None else bill.before_tax,
                taxes=() if bill is None else bill.taxes,
                total=None if bill is None else bill.total,
                remark=remark,
                evidence=one.evidence,
                transaction=one,
                bill=bill,
                priced_by=before[-1] if before else None,
            )
        )
    return rows


def _duration(one: Transaction) -> Decimal | None:
    """End less start to the microsecond: no float comes near it (DAT-02)."""
    if one.started_at is None or one.ended_at is None:
        return None
    return Decimal((one.ended_at - one.started_at) // timedelta(microseconds=1)) / 1_000_000


def _result(one: Transaction, error: str | None) -> Result:
    if one.ended_at is None:
        return "running"
    energy = one.energy_wh
    sound = error is None and one.stop_reason not in ABNORMAL and energy is not None and energy > 0
    return "complete" if sound else "failed"


def _error(one: Transaction, reports: Sequence[FaultReport], times: Mapping[int, float]) -> str | None:
    """The first fault of the session's EVSE, or of the whole station, that was told while it ran."""
    if not one.evidence:
        return None
    first, last = one.evidence[0], one.evidence[-1]
    end = times.get(last, float("inf")) + AFTER_S if one.ended_at is not None else float("inf")
    for report in reports:
        here = report.station == one.station and report.evse_id in {0, one.evse_id}
        if here and not report.cleared and report.seq > first and report.t <= end:
            return report.word or "fault"
    return None


def _peak(one: Transaction, events: Sequence[TransactionChanged]) -> tuple[Decimal | None, str]:
    stated = [
        watts for event in events for sample in event.samples if (watts := power_of(sample)) is not None
    ]
    means = [
        (after - before) * 3600 * 1_000_000 / Decimal((till - since) // timedelta(microseconds=1))
        for (since, before), (till, after) in pairwise(_spaced(one.register))
    ]
    # A mean is below the peak, but a lone sample at the start or the end may be lower still.
    mean = max(means).quantize(Decimal("0.1")) if means else None
    if stated and (mean is None or max(stated) >= mean):
        return max(stated), "stated"
    return mean, "" if mean is None else "registers"


def _spaced(register: Iterable[tuple[datetime, Decimal, int]]) -> list[tuple[datetime, Decimal]]:
    """Registers at least ``LEAST_SPAN`` apart: over less, one step of the register would pass for a peak."""
    found: list[tuple[datetime, Decimal]] = []
    for at, wh, _ in register:
        if not found or at - found[-1][0] >= LEAST_SPAN:
            found.append((at, wh))
    return found


def method_of(one: Transaction) -> str:
    """How a session was authorised, as far as the station said: 1.6 tells a tag from a remote start, and no more."""
    if one.remote:
        return "remote start"
    if one.token_type is not None:
        return _METHODS.get(one.token_type, one.token_type)
    return "card or tag" if one.token else "unknown"


# --- what it cost ------------------------------------------------------------------------------------------


def _priced(one: Transaction, settings: Sequence[Entry]) -> tuple[str | None, Bill | None, str]:
    """Tariff, bill and a remark when there is a tariff but no bill."""
    stated = settings[-1].get("tariff") if settings else None
    if not isinstance(stated, Mapping):
        return None, None, ""
    name = str(stated.get("id", ""))
    rates = settings[-1].get("taxes")
    if not isinstance(rates, list):
        return name, None, "the record does not hold the taxes"
    try:
        tariff, known = tariff_from(stated), [rate_from(rate) for rate in rates]
        owed = money.bill(
            tariff,
            known,
            energy_wh=one.energy_wh,
            started=one.started_at,
            ended=one.ended_at,
            states=one.states,
            register=[(at, wh) for at, wh, _ in one.register],
            soc=one.soc,
        )
    except (BenchError, Inconclusive, KeyError, TypeError, ValueError, ArithmeticError) as problem:
        return name, None, str(problem)
    return name, owed, ""
