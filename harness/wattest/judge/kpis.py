"""Key figures of charging from a record, after the definitions of ChargeX (names recalled) and the Charging Success Rate.

An *attempt* is a session, or a card that was accepted while a vehicle was or came there within ``PATIENCE_S``, without a
session following. A driver who never plugged in is no attempt.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from statistics import median
from typing import Any

from wattest.judge.session_table import SessionRow, chapters, session_rows
from wattest.ocpp.ledger import Ledger, Transaction
from wattest.ocpp.neutral import Authorized, StatusChanged, TransactionChanged

PATIENCE_S = 180.0
"""How long an accepted card may wait for its vehicle and session (project; connection timeouts are 30 s to 120 s)."""


@dataclass(frozen=True)
class Kpis:
    """Counts; a share of them is None when there is nothing to share. Times in seconds."""

    attempts: int
    sessions: int
    charged: int
    """Sessions in which energy flowed."""
    complete: int
    """Those that also ended without a fault, for a reason of the driver, the vehicle or the operator."""
    ended: int
    times_to_charge: tuple[float, ...]
    """From the stated begin of a session to its first state of charging."""

    @property
    def start_success(self) -> Decimal | None:
        """Percent of attempts in which energy flowed: *charge start success*."""
        return _percent(self.charged, self.attempts)

    @property
    def end_success(self) -> Decimal | None:
        """Percent of sessions with energy, and over, that ended well: *charge end success*."""
        return _percent(self.complete, self.ended)

    @property
    def session_success(self) -> Decimal | None:
        """Percent of attempts that delivered energy and ended well: *session success*, Charging Success Rate.

        Sessions that still run are left out: nobody knows yet.
        """
        return _percent(self.complete, self.attempts - (self.charged - self.ended))

    @property
    def time_to_charge(self) -> float | None:
        """Median."""
        return median(self.times_to_charge) if self.times_to_charge else None


def _percent(part: int, whole: int) -> Decimal | None:
    if whole <= 0:
        return None
    exact = Fraction(100 * part, whole)
    return (Decimal(exact.numerator) / Decimal(exact.denominator)).quantize(Decimal("0.1"))


def kpis(entries: Iterable[Mapping[str, Any]], rows: Sequence[SessionRow] | None = None) -> Kpis:
    """The key figures of a record; ``rows`` are its sessions, where they were computed already."""
    entries = list(entries)
    rows = session_rows(entries) if rows is None else rows
    charged = [row for row in rows if row.energy_wh is not None and row.energy_wh > 0]
    return Kpis(
        attempts=len(rows) + sum(_lost(chapter) for chapter in chapters(entries)),
        sessions=len(rows),
        charged=len(charged),
        complete=sum(1 for row in charged if row.result == "complete"),
        ended=sum(1 for row in charged if row.result != "running"),
        times_to_charge=tuple(took for row in rows if (took := _took(row.transaction)) is not None),
    )


def _took(one: Transaction) -> float | None:
    first = next((at for at, state in one.states if state == "charging"), None)
    if first is None or one.started_at is None:
        return None
    return max(timedelta(), first - one.started_at).total_seconds()


def _lost(entries: Sequence[Mapping[str, Any]]) -> int:
    """Cards that were accepted with a vehicle there, and no session came of it."""
    ledger = Ledger()
    waiting: dict[tuple[str, str], float] = {}
    there: set[str] = set()
    met: set[tuple[str, str]] = set()
    running: dict[tuple[str, str], tuple[str, str]] = {}
    lost = 0
    now = 0.0
    for entry in entries:
        now = float(entry.get("t") or now)
        for key in [key for key, since in waiting.items() if now - since > PATIENCE_S]:
            del waiting[key]
            lost += key in met
            met.discard(key)
        if entry.get("kind") not in {"frame", "link"}:
            continue
        station = str(entry.get("station"))
        for event in ledger.feed(entry):
            if isinstance(event, Authorized):
                key = (station, event.token.casefold())
                if event.status == "Accepted" and key not in running.values() and key not in waiting:
                    waiting[key] = now
                    if station in there:
                        met.add(key)
            elif isinstance(event, StatusChanged) and event.evse_id > 0:
                if event.occupancy == "occupied":
                    there.add(station)
                    met |= {key for key in waiting if key[0] == station}
                else:
                    there.discard(station)
            elif isinstance(event, TransactionChanged):
                _followed(event, station, waiting, met, running)
    return lost


def _followed(
    event: TransactionChanged,
    station: str,
    waiting: dict[tuple[str, str], float],
    met: set[tuple[str, str]],
    running: dict[tuple[str, str], tuple[str, str]],
) -> None:
    """A session came of the card, or ended."""
    session = (station, str(event.transaction_id))
    if event.kind == "ended":
        running.pop(session, None)
    elif event.token is not None:
        key = (station, event.token.casefold())
        waiting.pop(key, None)
        met.discard(key)
        running[session] = key
