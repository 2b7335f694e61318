"""Uptime of a port, by formulas that are data, from a log or from a record.

::

    spans = spans_of_csv(text, "log.csv")["A1"]
    uptime(read_uptimes()["nevi"], spans).percent

Statuses are those of OCPI; a log may hold words of OCPP as well, and ``Offline``. Exact: time is counted in microseconds,
shares are fractions, and only what is shown is rounded, down, so that 96.9999 never reads as 97.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import ROUND_FLOOR, Decimal
from fractions import Fraction
from typing import Any, get_args

from wattest.errors import BenchError
from wattest.model.ocpi_version import OcpiStatus
from wattest.model.uptime_formula import Reason, UptimeFormula
from wattest.ocpp.neutral import StatusChanged
from wattest.ocpp.normalise import events
from wattest.ocpp.status_words import OF_OCPP

REASONS: tuple[str, ...] = get_args(Reason)
_WORDS: Mapping[str, str] = {
    **{word.casefold(): word for word in get_args(OcpiStatus)},
    **{word.casefold(): status for word, status in OF_OCPP.items()},
    "offline": "UNKNOWN",
}


@dataclass(frozen=True)
class Span:
    """A port had one status from ``begin`` to ``end``; ``reason`` is why the time may be excluded."""

    begin: datetime
    end: datetime
    status: str
    reason: str | None = None

    @property
    def length(self) -> timedelta:
        """End less begin."""
        return self.end - self.begin


@dataclass(frozen=True)
class Uptime:
    """The share of a formula and the times behind it; ``share`` is None when no time counts."""

    formula: str
    share: Fraction | None
    up: timedelta
    outage: timedelta
    excluded: timedelta
    left_out: timedelta
    period: timedelta

    @property
    def percent(self) -> Decimal | None:
        """Four decimals, rounded down."""
        if self.share is None:
            return None
        exact = Decimal(self.share.numerator * 100) / Decimal(self.share.denominator)
        return exact.quantize(Decimal("0.0001"), ROUND_FLOOR)


def uptime(formula: UptimeFormula, spans: Iterable[Span]) -> Uptime:
    """The uptime of one port.

    ``outage`` is all time that is down, excluded or not; ``excluded`` the part of it for which there is a reason that the
    formula knows. With ``leaves_the_period`` time with such a reason leaves the period whatever its status.
    """
    zero = timedelta()
    up = outage = excluded = left_out = zero
    for span in spans:
        proven = span.reason is not None and span.reason in formula.exclusions
        if span.status in formula.left_out or (proven and formula.excluded_time == "leaves_the_period"):
            left_out += span.length
        elif span.status in formula.up:
            up += span.length
        else:
            outage += span.length
            excluded += span.length if proven else zero
    period = up + outage
    share = None
    if period > zero:
        share = Fraction(_us(period - (outage - excluded)), _us(period))
    return Uptime(formula.name, share, up, outage, excluded, left_out, period)


def _us(span: timedelta) -> int:
    return span // timedelta(microseconds=1)


# --- from a log --------------------------------------------------------------------------------------------


def spans_of_csv(text: str, path: str = "the log") -> dict[str, tuple[Span, ...]]:
    """Spans by port, from CSV with a header: ``time,port,status`` and, if there is one, ``reason``.

    A row holds until the next row of its port; the last row of a port must have the status ``END``, since nobody
    knows how long it holds. Raises ``BenchError`` with the line that cannot be used.
    """
    rows = csv.reader(io.StringIO(text.removeprefix("\ufeff")))
    header = [name.strip().casefold() for name in next(rows, [])]
    lacking = [name for name in ("time", "port", "status") if name not in header]
    if lacking:
        raise BenchError(
            f"{path}:1: the log has no column '{lacking[0]}'; its first line names the columns time,port,status,reason."
        )
    begun: dict[str, tuple[datetime, str, str | None, int]] = {}
    found: dict[str, list[Span]] = {}
    for row in rows:
        if not row:
            continue
        line = rows.line_num
        values = dict(zip(header, (value.strip() for value in row), strict=False))
        port, at = values.get("port", ""), _moment(values.get("time", ""), path, line)
        status, reason = _status(values.get("status", ""), path, line), values.get("reason") or None
        if reason is not None and reason not in REASONS:
            raise BenchError(
                f"{path}:{line}: '{reason[:40]}' is no reason to exclude time; known are {', '.join(REASONS)}."
            )
        spans = found.setdefault(port, [])
        if port in begun:
            since, before, why, earlier = begun[port]
            if at < since:
                raise BenchError(
                    f"{path}:{line}: this is before line {earlier}; put the rows of port '{port}' in order."
                )
            if before == "END":
                raise BenchError(f"{path}:{line}: port '{port}' has ended in line {earlier} already.")
            spans.append(Span(since, at, before, why))
        begun[port] = (at, status, reason, line)
    for port, (_, status, _, line) in begun.items():
        if status != "END":
            raise BenchError(
                f"{path}:{line}: nobody knows how long '{status}' of port '{port}' lasted; end it with a row of status END."
            )
    if not found:
        raise BenchError(f"{path}: the log holds no row.")
    return {port: tuple(spans) for port, spans in found.items()}


def _moment(text: str, path: str, line: int) -> datetime:
    at: datetime | None
    try:
        at = datetime.fromisoformat(text)
        at = at.astimezone(UTC) if at.tzinfo is not None else None
    except (ValueError, OverflowError):
        at = None
    if at is None:
        raise BenchError(
            f"{path}:{line}: '{text[:40]}' is no time with a zone, such as 2026-01-15T12:00:00Z."
        )
    return at


def _status(text: str, path: str, line: int) -> str:
    if text == "END":
        return text
    if text.casefold() not in _WORDS:
        raise BenchError(
            f"{path}:{line}: '{text[:40]}' is no status; it is a word of OCPP or OCPI, Offline, or END for the last row."
        )
    return _WORDS[text.casefold()]


# --- from a record -----------------------------------------------------------------------------------------


def spans_of_record(entries: Iterable[Mapping[str, Any]]) -> dict[str, tuple[Span, ...]]:
    """Spans by port (``CP001-1``), as the central system saw it: from the first status to the last entry.

    Without a link a port is UNKNOWN. While the bench has taken something away (fault to heal) the reason is ``bench``. On a
    simulated bench every scenario has a charger of its own, and time between two of them is nobody's.
    """
    fold = _Fold()
    split = False
    for entry in entries:
        if entry.get("kind") == "header":
            split = (entry.get("bench") or {}).get("kind") == "simulated"
        if entry.get("kind") in {"preamble", "header", "footer"}:
            continue
        fold.at = datetime.fromisoformat(entry["utc"])
        if entry["kind"] == "scenario" and split:
            fold.stop()
        else:
            fold.take(entry)
            if (
                entry["kind"] == "safe" and split
            ):  # the scenario is over; its charger is about to be taken away
                fold.stop()
    fold.stop()
    return {port: tuple(spans) for port, spans in fold.found.items()}


class _Fold:
    """Statuses and links of every station, and what the bench has taken away."""

    def __init__(self) -> None:
        self.at = datetime.min.replace(tzinfo=UTC)
        self.found: dict[str, list[Span]] = {}
        self._said: dict[tuple[str, int], str] = {}
        self._linked: set[str] = set()
        self._faults: set[str] = set()
        self._open: dict[str, tuple[datetime, str, str | None]] = {}

    def take(self, entry: Mapping[str, Any]) -> None:
        kind = entry["kind"]
        if kind == "link":
            station = str(entry["station"])
            if entry.get("event") == "opened":
                self._linked.add(station)
            elif entry.get("event") in {"closed", "lost"}:
                self._linked.discard(station)
        elif kind == "fault":
            self._faults.add(str(entry.get("id")))
        elif kind == "heal":
            self._faults.discard(str(entry.get("id")))
        elif kind == "frame":
            self._frame(entry)
        else:
            return
        self._update()

    def _frame(self, entry: Mapping[str, Any]) -> None:
        message = entry.get("message")
        if (
            entry.get("direction") == "in"
        ):  # who speaks has a link, whether its opening stands in these entries or not
            self._linked.add(str(entry["station"]))
        if entry.get("direction") != "in" or not message:
            return
        if message.get("action") == "NotifyEvent":
            for event in events(entry["dialect"], "NotifyEvent", message.get("payload") or {}):
                if isinstance(event, StatusChanged):
                    self._said[str(entry["station"]), event.evse_id] = OF_OCPP[event.raw]
        if message.get("action") != "StatusNotification":
            return
        payload = message.get("payload") or {}
        evse = payload.get("connectorId" if entry.get("dialect") == "1.6" else "evseId")
        raw = payload.get("status", payload.get("connectorStatus"))
        if isinstance(evse, int) and evse > 0 and isinstance(raw, str):
            self._said[str(entry["station"]), evse] = OF_OCPP.get(raw, "UNKNOWN")

    def _update(self) -> None:
        reason = "bench" if self._faults else None
        for (station, evse), said in self._said.items():
            port = f"{station}-{evse}"
            status = said if station in self._linked else "UNKNOWN"
            if self._open.get(port, (None, None, None))[1:] != (status, reason):
                self._close(port)
                self._open[port] = (self.at, status, reason)

    def _close(self, port: str) -> None:
        begun = self._open.pop(port, None)
        if begun is not None and begun[0] < self.at:
            self.found.setdefault(port, []).append(Span(begun[0], self.at, begun[1], begun[2]))

    def stop(self) -> None:
        """The stations are gone: what is open ends here."""
        for port in list(self._open):
            self._close(port)
        self._said.clear()
        self._linked.clear()
        self._faults.clear()


def told(result: Uptime, formula: UptimeFormula, limit_pct: Decimal | None) -> Sequence[str]:
    """The result in sentences for a person."""
    minutes = {
        name: Decimal(_us(getattr(result, name))) / 60_000_000
        for name in ("period", "outage", "excluded", "left_out")
    }
    shown = "no time that counts" if result.percent is None else f"{result.percent} %"
    against = "" if limit_pct is None else f"; asked for are {limit_pct.normalize():f} %"
    return (
        f"{result.formula}: {shown}{against}",
        f"  {formula.text}; " + ", ".join(f"{n.replace('_', ' ')} {v:.2f} min" for n, v in minutes.items()),
    )
