"""Charging sessions and registers as the station stated them, folded from its CALLs.

The judge keeps its own fold beside the central system's ledger: it needs when things were said, not only what.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from functools import cached_property
from typing import Any

from wattest.judge.facts import Facts
from wattest.judge.trace import Call, Spans, Trace
from wattest.ocpp.neutral import Event, Metered, Sample, StatusChanged, TransactionChanged
from wattest.ocpp.normalise import YEARS
from wattest.ocpp.normalise import events as normalised

REGISTER = "Energy.Active.Import.Register"
POWER = "Power.Active.Import"
_WH = {"Wh": Decimal(1), "kWh": Decimal(1000)}
_W = {"W": Decimal(1), "kW": Decimal(1000)}


@dataclass(frozen=True)
class Said:
    """One event and the CALL that carried it."""

    event: Event
    call: Call


@dataclass(frozen=True)
class Register:
    """One statement of an energy register. ``resolution_wh`` is what its last digit is worth."""

    evse: int
    wh: Decimal
    resolution_wh: Decimal
    stated: datetime | None
    call: Call
    session: str | None
    source: str


@dataclass
class Session:
    """One transaction, as far as the attempt shows it. ``id`` is None when the central system never gave one."""

    id: str | None
    evse: int | None
    token: str | None = None
    started: tuple[TransactionChanged, Call] | None = None
    ended: tuple[TransactionChanged, Call] | None = None
    updates: list[tuple[TransactionChanged, Call]] = field(default_factory=list)

    @property
    def begin(self) -> datetime | None:
        """Stated start."""
        return self.started[0].timestamp if self.started else None

    @property
    def end(self) -> datetime | None:
        """Stated end."""
        return self.ended[0].timestamp if self.ended else None

    @property
    def events(self) -> list[tuple[TransactionChanged, Call]]:
        """Everything said of it: start, updates, end."""
        ends = [part for part in (self.started, self.ended) if part is not None]
        return sorted([*ends, *self.updates], key=lambda part: part[1].seq)

    @property
    def evidence(self) -> tuple[int, ...]:
        """Entries that prove start and end."""
        return tuple(part[1].seq for part in (self.started, self.ended) if part is not None)

    @property
    def name(self) -> str:
        """How sentences call it."""
        return f"transaction {self.id}" if self.id else "a transaction without id"


@dataclass(frozen=True, eq=False)
class Scene:
    """One attempt as monitors see it: the trace, the facts, and what the station said in them."""

    trace: Trace
    facts: Facts

    @cached_property
    def said(self) -> tuple[Said, ...]:
        """All events of the station in the order in which they came."""
        return tuple(
            Said(event, call)
            for call in self.trace.said
            for event in normalised(call.dialect, call.action, call.payload, call.reply)
        )

    @cached_property
    def sessions(self) -> tuple[Session, ...]:
        """Transactions in the order of their first message."""
        found: list[Session] = []
        by_id: dict[tuple[str, str], Session] = {}
        for said in self.said:
            event, call = said.event, said.call
            if not isinstance(event, TransactionChanged):
                continue
            session = _session(event, call, found, by_id)
            if session.evse is None:
                session.evse = event.evse_id or (1 if self.facts.connectors == 1 else None)
            session.token = session.token or event.token
            if event.kind == "started":
                session.started = _fuller(session.started, event, call)
            elif event.kind == "ended":
                session.ended = session.ended or (event, call)
            else:
                session.updates.append((event, call))
        return tuple(found)

    @cached_property
    def registers(self) -> tuple[Register, ...]:
        """Every statement of a connector's energy register, in the order in which it came."""
        owner = {call.seq: session for session in self.sessions for _, call in session.events}
        return tuple(
            register
            for said in self.said
            for register in _registers(said.event, said.call, owner.get(said.call.seq))
        )

    @cached_property
    def unregistered(self) -> Spans:
        """From each BootNotification to the answer that accepted the station."""
        spans: list[tuple[float, float]] = []
        since: float | None = None
        for call in self.trace.said:
            if call.action == "BootNotification":
                since = call.t if since is None else since
                if call.status == "Accepted" and call.answer is not None:
                    spans.append((since, call.answer.t))
                    since = None
        if since is not None:
            spans.append((since, float("inf")))
        return Spans(tuple(spans))

    @cached_property
    def statuses(self) -> tuple[tuple[StatusChanged, Call], ...]:
        """Every status of a connector, in the order in which it came."""
        return tuple((said.event, said.call) for said in self.said if isinstance(said.event, StatusChanged))


def _session(
    event: TransactionChanged, call: Call, found: list[Session], by_id: dict[tuple[str, str], Session]
) -> Session:
    """The session an event belongs to; a start that was sent again, now with an id, is the same start."""
    known = by_id.get((call.station, event.transaction_id)) if event.transaction_id else None
    if known is not None:
        return known
    if event.kind == "started":
        again = next((session for session in found if _same_start(session, event)), None)
        if again is not None:
            if event.transaction_id and again.id is None:
                again.id = event.transaction_id
                by_id[call.station, event.transaction_id] = again
            return again
    session = Session(event.transaction_id, event.evse_id)
    found.append(session)
    if event.transaction_id:
        by_id[call.station, event.transaction_id] = session
    return session


def _same_start(session: Session, event: TransactionChanged) -> bool:
    if session.started is None or (session.id is not None and event.transaction_id is not None):
        return False
    first = session.started[0]
    return (first.timestamp, first.token, first.evse_id, first.register_wh) == (
        event.timestamp,
        event.token,
        event.evse_id,
        event.register_wh,
    )


def _fuller(
    known: tuple[TransactionChanged, Call] | None, event: TransactionChanged, call: Call
) -> tuple[TransactionChanged, Call]:
    """The first start, unless it had no answer and this one has."""
    if known is not None and (known[1].reply is not None or call.reply is None):
        return known
    return event, call


def _registers(event: Event, call: Call, session: Session | None) -> list[Register]:
    if isinstance(event, Metered) and event.evse_id:
        evse, name, stated = event.evse_id, None, None
    elif isinstance(event, TransactionChanged):
        known = event.evse_id or (session.evse if session else None)
        if known is None:
            return []
        evse, stated = known, event.timestamp
        name = event.transaction_id or (session.id if session else None)
    else:
        return []
    found = [
        Register(evse, wh, step, sample.timestamp or stated, call, name, "sample")
        for sample in event.samples
        for wh, step in energy_of(sample)
    ]
    meter = _stated(call, event)
    if meter is not None:
        source = "start" if call.action == "StartTransaction" else "stop"
        found.append(Register(evse, meter, Decimal(1), stated, call, name, source))
    return found


def _stated(call: Call, event: Metered | TransactionChanged) -> Decimal | None:
    """What OCPP 1.6 calls meterStart or meterStop, which are no samples; 2.0.1 states registers as samples only."""
    if isinstance(event, TransactionChanged) and call.action in {"StartTransaction", "StopTransaction"}:
        return event.register_wh
    return None


def energy_of(sample: Sample) -> tuple[tuple[Decimal, Decimal], ...]:
    """Wh of the register and what the last digit is worth; nothing when the sample is something else."""
    factor = _WH.get(sample.unit)
    if sample.measurand != REGISTER or sample.phase is not None or factor is None:
        return ()
    if sample.location not in {None, "Outlet"}:
        return ()
    return ((sample.value * factor, _last_digit(sample.value) * factor),)


def power_of(sample: Sample) -> Decimal | None:
    """W of the power drawn, all phases together; None when the sample is something else."""
    factor = _W.get(sample.unit)
    if sample.measurand != POWER or sample.phase is not None or factor is None:
        return None
    return sample.value * factor if sample.location in {None, "Outlet"} else None


def _last_digit(value: Decimal) -> Decimal:
    exponent = value.as_tuple().exponent
    return Decimal(1).scaleb(exponent) if isinstance(exponent, int) else Decimal(1)


def stamp(text: Any) -> datetime | None:
    """A stated time; None when it is no time, has no zone, or lies beyond ``YEARS``.

    >>> stamp("2026-01-15T12:00:00Z").isoformat()
    '2026-01-15T12:00:00+00:00'
    """
    if not isinstance(text, str):
        return None
    found: datetime | None
    try:
        found = datetime.fromisoformat(text.replace("z", "Z"))
        found = found.astimezone(UTC) if found.tzinfo is not None else None
    except (ValueError, OverflowError):
        return None
    return found if found is not None and found.year in YEARS else None


def token_status(session: Session) -> tuple[str, float] | None:
    """What the central system said of the session's token, and when: the first answer that says anything."""
    for event, call in session.events:
        if event.token_status is not None and call.answer is not None:
            return event.token_status, call.answer.t
    return None
