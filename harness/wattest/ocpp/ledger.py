"""Transactions, folded from the frames between a station and its central system.

The same code runs live in the central system and afterwards over the entries of a record::

    ledger = Ledger()
    for entry in record.entries:
        ledger.feed(entry)
    ledger.transactions["7"].energy_wh

A CALL counts when it was answered with a CALLRESULT, or when it is plain that no answer will come; one that got
a CALLERROR does not count, since the station has to send it again (OCPP 1.6 section 3.7.1; OCPP 2.0.1 E13).

Messages may come late, after an outage, in another order, and twice: a copy with the same content is folded
(nobody can promise exactly-once), one that says something else is kept as a sentence in ``duplicates``. States are
those of the transaction's own events in 2.0.1, and those of its connector's StatusNotifications in 1.6.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from wattest.model.scenario import Dialect, family
from wattest.ocpp.neutral import ChargingState, Event, StatusChanged, TransactionChanged
from wattest.ocpp.normalise import events
from wattest.ocpp.samples import Samples, in_wh, moment

SKEW = timedelta(seconds=10)
"""What was stated this long before the link was opened was said while there was none."""

_STATES_16: Mapping[str, ChargingState] = {
    "Available": "idle",
    "Preparing": "ev connected",
    "Charging": "charging",
    "SuspendedEV": "suspended ev",
    "SuspendedEVSE": "suspended evse",
    "Finishing": "ev connected",
    "Faulted": "suspended evse",
    "Unavailable": "suspended evse",
}


@dataclass(frozen=True)
class Transaction:
    """What the station stated about one transaction. Times are the station's own, energies in Wh, exact.

    ``register`` holds (time, Wh, entry) in the order of time, ``states`` (time, state); ``evidence`` the entries of
    its CALLs in the order in which they came, copies left out. ``seq_nos`` are those of 2.0.1, sorted: complete
    when gap-free. What is None was never stated.
    """

    id: str
    station: str
    evse_id: int | None = None
    connector_id: int | None = None
    token: str | None = None
    started_at: datetime | None = None
    ended_at: datetime | None = None
    meter_start_wh: Decimal | None = None
    meter_stop_wh: Decimal | None = None
    stop_reason: str | None = None
    register: tuple[tuple[datetime, Decimal, int], ...] = ()
    states: tuple[tuple[datetime, ChargingState], ...] = ()
    offline: bool = False
    evidence: tuple[int, ...] = ()
    duplicates: tuple[str, ...] = ()
    seq_nos: tuple[int, ...] = ()
    dialect: Dialect = "1.6"
    soc: tuple[tuple[datetime, Decimal], ...] = ()
    """State of charge of the vehicle in percent, where it was told."""
    remote: bool = False
    """Started by the central system (RemoteStartTransaction, RequestStartTransaction)."""
    token_type: str | None = None
    """What 2.0.1 says that the token is, such as ISO14443; 1.6 does not tell."""

    @property
    def energy_wh(self) -> Decimal | None:
        """Register at the end (so far, while it runs) less register at the start."""
        start = self.meter_start_wh
        stop = self.meter_stop_wh
        if start is None and self.register:
            start = self.register[0][1]
        if stop is None and self.register:
            stop = self.register[-1][1]
        return None if start is None or stop is None else stop - start

    @property
    def duration_s(self) -> float | None:
        """From stated start to stated end; None while it runs."""
        if self.started_at is None or self.ended_at is None:
            return None
        return (self.ended_at - self.started_at).total_seconds()

    def idle_s(self, until: datetime | None = None) -> float:
        """``idling`` in seconds."""
        return self.idling(until).total_seconds()

    def idling(self, until: datetime | None = None) -> timedelta:
        """Time for which the vehicle asked for nothing: state ``suspended ev`` only.

        Never while the EVSE withholds power (OCPI 2.3.0, PARKING_TIME). ``until`` bounds a running transaction.
        """
        end = self.ended_at or until
        total = timedelta()
        for index, (since, state) in enumerate(self.states):
            later = self.states[index + 1][0] if index + 1 < len(self.states) else end
            if state == "suspended ev" and later is not None:
                total += max(timedelta(), (min(later, end) if end else later) - since)
        return total


@dataclass(slots=True)
class _Pending:
    """A CALL that has no answer yet."""

    seq: int
    at: datetime
    station: str
    dialect: Dialect
    action: str
    payload: Mapping[str, Any]
    told: bool = False


@dataclass(slots=True)
class _Draft:
    """A transaction while it is being folded."""

    known: Transaction
    register: dict[tuple[datetime, Decimal], int] = field(default_factory=dict)
    soc: dict[datetime, Decimal] = field(default_factory=dict)
    states: list[tuple[datetime, ChargingState]] = field(default_factory=list)
    said: dict[str, _Said] = field(default_factory=dict)
    evidence: list[int] = field(default_factory=list)
    duplicates: list[str] = field(default_factory=list)
    seq_nos: set[int] = field(default_factory=set)
    last_seq: int = -1
    built: Transaction | None = None


class Ledger:
    """Folds ``frame`` and ``link`` entries; everything else is ignored."""

    def __init__(self) -> None:
        self._drafts: dict[str, _Draft] = {}
        self._pending: dict[int, _Pending] = {}
        self._last: dict[str, _Pending] = {}
        self._starts: dict[tuple[str, int | None, datetime | None], list[str]] = {}
        self._connectors: dict[tuple[str, int], list[tuple[datetime, ChargingState]]] = {}
        self._opened: dict[str, datetime] = {}
        self._asked: dict[int, tuple[str, str]] = {}
        self._remote: set[tuple[str, str]] = set()

    @property
    def transactions(self) -> Mapping[str, Transaction]:
        """Every transaction by its id, in the order in which they were first heard of."""
        return MappingProxyType({key: self._transaction(draft) for key, draft in self._drafts.items()})

    def transaction(self, id_: str) -> Transaction | None:
        """One transaction by its id."""
        draft = self._drafts.get(id_)
        return None if draft is None else self._transaction(draft)

    def same_start(self, station: str, request: Mapping[str, Any]) -> str | None:
        """The id given to a 1.6 transaction whose StartTransaction said the very same, or None."""
        (event,) = events("1.6", "StartTransaction", request)
        assert isinstance(event, TransactionChanged)
        for id_ in self._starts.get((station, event.evse_id, event.timestamp), ()):
            if _difference(self._drafts[id_].said["started"], _said(0, event)) is None:
                return id_
        return None

    def feed(self, entry: Mapping[str, Any]) -> tuple[Event, ...]:
        """Fold one entry of a record; returns what the station said, as soon as it counts."""
        kind = entry.get("kind")
        if kind == "link":
            if entry.get("event") == "opened":
                self._opened[str(entry["station"])] = _time(entry["utc"])
            return ()
        message = entry.get("message") if kind == "frame" else None
        if message is None:
            return ()
        if entry["direction"] == "in":
            if message["type"] == 2:
                return self._called(entry, message)
            self._answered(entry, message)
            return ()
        if message["type"] == 2:
            self._commanded(entry, message)
            return ()
        answers = entry.get("answers")
        pending = self._pending.pop(answers, None) if answers is not None else None
        if pending is None or message["type"] != 3:
            return ()
        return self._take(pending, message["payload"])

    def withheld(self, seq: int) -> tuple[Event, ...]:
        """The CALL of entry ``seq`` gets no answer, or a late one: what it said counts already."""
        pending = self._pending.get(seq)
        if pending is None or pending.told:
            return ()
        pending.told = True
        return self._take(pending, None)

    def as_if_answered(self, seq: int) -> Transaction | None:
        """The transaction as it will stand once the pending CALL of entry ``seq`` counts; None when it is about none."""
        call = self._pending.get(seq)
        if call is None:
            return None
        for event in events(call.dialect, call.action, call.payload):
            if isinstance(event, TransactionChanged) and event.transaction_id is not None:
                draft = self._drafts.get(event.transaction_id)
                if draft is None:
                    draft = _Draft(Transaction(event.transaction_id, call.station, dialect=call.dialect))
                elif (event.kind if event.seq_no is None else f"seqNo {event.seq_no}") in draft.said:
                    return self._transaction(draft)
                twin = replace(
                    draft,
                    register=dict(draft.register),
                    soc=dict(draft.soc),
                    states=list(draft.states),
                    seq_nos=set(draft.seq_nos),
                    built=None,
                )
                self._state(twin, call, event)
                return self._transaction(twin)
        return None

    def _called(self, entry: Mapping[str, Any], message: Mapping[str, Any]) -> tuple[Event, ...]:
        station = str(entry["station"])
        last = self._last.get(station)
        found = self.withheld(last.seq) if last is not None and last.seq in self._pending else ()
        payload = message["payload"]
        pending = _Pending(
            int(entry["seq"]), _time(entry["utc"]), station, entry["dialect"], message["action"], payload
        )
        self._pending[pending.seq] = self._last[station] = pending
        if len(self._pending) > 1000:
            del self._pending[next(iter(self._pending))]
        return found

    # --- remote starts of 1.6, whose StartTransaction does not say so -------------------------------------

    def _commanded(self, entry: Mapping[str, Any], message: Mapping[str, Any]) -> None:
        token = message["payload"].get("idTag") if message["action"] == "RemoteStartTransaction" else None
        if isinstance(token, str):
            self._asked[int(entry["seq"])] = (str(entry["station"]), token.casefold())

    def _answered(self, entry: Mapping[str, Any], message: Mapping[str, Any]) -> None:
        asked = self._asked.pop(entry.get("answers") or -1, None)
        if asked is not None and message["type"] == 3 and message["payload"].get("status") == "Accepted":
            self._remote.add(asked)

    def _take(self, call: _Pending, response: Mapping[str, Any] | None) -> tuple[Event, ...]:
        found = events(call.dialect, call.action, call.payload, response)
        for event in found:
            if isinstance(event, TransactionChanged) and event.transaction_id is not None:
                self._fold(call, event, event.transaction_id)
            elif isinstance(event, StatusChanged) and call.dialect == "1.6":
                self._connector(call, event)
        return found

    # --- statuses of 1.6 -------------------------------------------------------------------------------

    def _connector(self, call: _Pending, event: StatusChanged) -> None:
        state = _STATES_16.get(event.raw)
        if state is None:
            return
        history = self._connectors.setdefault((call.station, event.evse_id), [])
        at = event.timestamp or call.at
        history.append((at, state))
        del history[:-1000]
        for draft in self._drafts.values():
            ended = draft.known.ended_at  # what came later is nothing to a transaction that was over
            if draft.known.station == call.station and (ended is None or at <= ended):
                draft.built = None

    # --- transactions ----------------------------------------------------------------------------------

    def _fold(self, call: _Pending, event: TransactionChanged, id_: str) -> None:
        draft = self._drafts.get(id_)
        if draft is not None and draft.known.station != call.station:
            id_ = f"{call.station}/{id_}"
            draft = self._drafts.get(id_)
        if draft is None:
            draft = _Draft(Transaction(id_, call.station, dialect=call.dialect))
            self._drafts[id_] = draft
        draft.built = None
        name = event.kind if event.seq_no is None else f"seqNo {event.seq_no}"
        if event.kind != "updated" or event.seq_no is not None:
            before = draft.said.get(name)
            if before is not None:
                self._again(draft, name, before, call, event)
                return
            draft.said[name] = _said(call.seq, event)
        if event.kind == "started" and call.dialect == "1.6":
            self._started_16(call, draft, event)
            asked = (call.station, (event.token or "").casefold())
            draft.known = replace(draft.known, remote=asked in self._remote)
            self._remote.discard(asked)
        if call.seq != draft.last_seq:
            draft.evidence.append(call.seq)
            draft.last_seq = call.seq
        self._state(draft, call, event)

    def _started_16(self, call: _Pending, draft: _Draft, event: TransactionChanged) -> None:
        others = self._starts.setdefault((call.station, event.evse_id, event.timestamp), [])
        now = _said(call.seq, event)
        for other in others:
            first = self._drafts[other].said["started"]
            text = _contradiction("StartTransaction", first, now)
            draft.duplicates.append(
                text or f"StartTransaction of entry {first[0]} came again in entry {call.seq}."
            )
        others.append(draft.known.id)

    def _again(
        self, draft: _Draft, name: str, first: _Said, call: _Pending, event: TransactionChanged
    ) -> None:
        if first[0] == call.seq:
            return
        message = {"started": "StartTransaction", "ended": "StopTransaction"}.get(
            name, f"TransactionEvent {name}"
        )
        sentence = _contradiction(f"{message} of transaction {draft.known.id}", first, _said(call.seq, event))
        if sentence is not None:
            draft.duplicates.append(sentence)

    def _state(self, draft: _Draft, call: _Pending, event: TransactionChanged) -> None:
        """What one event adds to a transaction."""
        at = event.timestamp or call.at
        known = draft.known
        changes: dict[str, Any] = {}
        if event.kind == "updated":
            pass
        elif event.kind == "started":
            changes = {"started_at": at, "meter_start_wh": event.register_wh}
        else:
            changes = {"ended_at": at, "meter_stop_wh": event.register_wh, "stop_reason": event.stop_reason}
        if known.evse_id is None and event.evse_id is not None:
            changes["evse_id"] = event.evse_id
        if known.connector_id is None and event.connector_id is not None:
            changes["connector_id"] = event.connector_id
        if known.token is None and event.token is not None:
            changes["token"] = event.token
        if not known.offline and (event.offline or (call.dialect == "1.6" and self._before_link(call, at))):
            changes["offline"] = True
        if family(call.dialect) == "2.x":
            changes |= _told_of_token(known, call.payload)
        if changes:
            draft.known = replace(known, **changes)
        if event.kind != "updated" and event.register_wh is not None:
            draft.register.setdefault((at, event.register_wh), call.seq)
        if isinstance(event.samples, Samples):
            for sample in event.samples.registers:
                draft.register.setdefault((sample.timestamp or at, in_wh(sample)), call.seq)
            for sample in event.samples.soc:
                draft.soc.setdefault(sample.timestamp or at, sample.value)
        if event.charging_state is not None:
            draft.states.append((at, event.charging_state))
        if event.seq_no is not None:
            draft.seq_nos.add(event.seq_no)

    def _before_link(self, call: _Pending, at: datetime) -> bool:
        opened = self._opened.get(call.station)
        return opened is not None and at < opened - SKEW

    def _transaction(self, draft: _Draft) -> Transaction:
        if draft.built is None:
            known = draft.known
            states = draft.states if family(known.dialect) == "2.x" else self._states_16(known)
            draft.built = replace(
                known,
                register=tuple((at, wh, seq) for (at, wh), seq in sorted(draft.register.items())),
                states=tuple(sorted(states, key=lambda item: item[0])),
                soc=tuple(sorted(draft.soc.items())),
                evidence=tuple(draft.evidence),
                duplicates=tuple(draft.duplicates),
                seq_nos=tuple(sorted(draft.seq_nos)),
            )
        return draft.built

    def _states_16(self, known: Transaction) -> list[tuple[datetime, ChargingState]]:
        """States of the connector while the transaction ran, the one it started in first."""
        start, end = known.started_at, known.ended_at
        if start is None or known.evse_id is None:
            return []
        history = sorted(self._connectors.get((known.station, known.evse_id), ()), key=lambda item: item[0])
        before = [state for at, state in history if at < start]
        during = [(at, state) for at, state in history if at >= start and (end is None or at <= end)]
        return [(start, before[-1]), *during] if before else during


def _told_of_token(known: Transaction, payload: Mapping[str, Any]) -> dict[str, Any]:
    """Type of the token and whether the start was remote, as a TransactionEvent says it."""
    info, token = payload.get("transactionInfo"), payload.get("idToken")
    found: dict[str, Any] = {}
    if isinstance(info, Mapping) and info.get("remoteStartId") is not None:
        found["remote"] = True
    kind = token.get("type") if isinstance(token, Mapping) else None
    if known.token_type is None and isinstance(kind, str):
        found["token_type"] = kind
    return found


def _time(value: object) -> datetime:
    """The time of an entry, live as a datetime or read back as text."""
    if isinstance(value, datetime):
        return value
    return moment(value) or datetime.min.replace(tzinfo=UTC)


_Said = tuple[int, datetime | None, Decimal | None, str | None, str | None, str | None, int]
"""What copies must agree in, and the entry it stands in: little enough to keep for every message."""
_COMPARED = ("", "timestamp", "register", "token", "charging state", "reason", "meter values")


def _said(seq: int, event: TransactionChanged) -> _Said:
    """``offline`` is left out: it may turn true in a retry. Of meter values a fingerprint is enough."""
    return (
        seq,
        event.timestamp,
        event.register_wh,
        event.token,
        event.charging_state,
        event.stop_reason,
        event.samples.fingerprint() if isinstance(event.samples, Samples) else 0,
    )


def _difference(first: _Said, second: _Said) -> int | None:
    """The first thing that two messages that should be copies state differently."""
    return next((index for index in range(1, len(_COMPARED)) if first[index] != second[index]), None)


def _contradiction(what: str, first: _Said, second: _Said) -> str | None:
    """The sentence about two copies that say different things; None when they say the same."""
    found = _difference(first, second)
    if found is None:
        return None
    if found == len(_COMPARED) - 1:
        detail = "with other meter values"
    else:
        detail = f"with {_COMPARED[found]} {second[found]} instead of {first[found]}"
    return f"{what} came again in entry {second[0]} {detail} (entry {first[0]})."
