"""The reference central system: who may connect, what was said, what it costs, and what one can wait for."""

from __future__ import annotations

import itertools
import random
import uuid
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Protocol

from wattest.clock import Clock
from wattest.clock.network import Choice, Greeting, HearsPings, Wire, WireClosed
from wattest.csms import costs
from wattest.csms.answers import Answers
from wattest.csms.door import DIALECT_OF, refusal
from wattest.csms.files import Files
from wattest.csms.happenings import By, Happenings, Link, LinkEvent, Seen
from wattest.csms.line import Line
from wattest.csms.station import Station
from wattest.csms.tokens import Cards
from wattest.csms.wire_shell import WireShell
from wattest.errors import StationGone
from wattest.model.scenario import DIALECTS, Card, Dialect
from wattest.model.tariff import Tariff, TaxRate
from wattest.ocpp.ledger import Ledger, Transaction
from wattest.ocpp.messages import CallError
from wattest.ocpp.neutral import Authorized, Booted, Event, StatusChanged, TransactionChanged
from wattest.ocpp.session import Ticket
from wattest.roles import Note

_EPOCH = datetime(2026, 1, 1, tzinfo=UTC)


class Listener(Protocol):
    """Where links come from: an in-memory network, or a socket."""

    async def pause(self) -> None:
        """Listen no more; links that are open stay."""
        ...

    async def resume(self) -> None:
        """Listen again."""
        ...


class Csms:
    """One central system for any number of stations, without sockets: shells bring the links.

    In simulation ``network.listen(csms.accept, csms.choose)``; on a bench ``csms.server.serve``. Everything runs in the
    clock's loop. ``note`` appends to the record; ``seed`` makes message ids repeatable.

    ``troubles`` holds failures of the central system itself: a run that has some is an ``error``.
    """

    def __init__(self, clock: Clock, note: Note, *, seed: int = 0, password: str | None = None) -> None:
        self.clock = clock
        self.note = note
        self.password = password
        self.dialects: tuple[Dialect, ...] = DIALECTS[::-1]
        self.turned_away: Choice | None = None
        """What every station is answered that wants a link; None lets them in."""
        self.listener: Listener | None = None
        """What the shell listens with, so that a scenario can restart the central system; None where no shell has said so."""
        self.listeners: list[Callable[[str, Event], None]] = []
        """Told of everything that a station says, with its identity, before anybody who waits is woken."""
        self.notes_pings = False
        """Whether every WebSocket ping of a station is noted; while nobody asks they would be most of a record."""
        self.mute = False
        """Whether no CALL of a station is answered, as by a central system that hangs."""
        self.answers = Answers()
        self.cards = Cards()
        self.ledger = Ledger()
        self.till = costs.Till(clock)
        self.driver_tariffs: dict[str, Mapping[str, Any]] = {}
        """Tariffs that stations of 2.1 are given with the authorisation of a card, by its UID (TariffType)."""
        self.troubles: list[str] = []
        self.stations: dict[str, Station] = {}
        self._happenings = Happenings(clock)
        self._said_at: dict[int, float] = {}
        self._last_link: int | None = None
        self._last_loss: int | None = None
        self._lost_at: float | None = None
        self._back_until = 0
        started = clock.utc()
        self._random = random.Random(f"{seed} {started.isoformat()}")
        self.files = Files(
            clock, note, f"{seed} {started.isoformat()}", lambda text, trace: self.trouble("", text, trace)
        )
        """Where stations put their logs and fetch firmware."""
        # Seconds since 2026 as the first id: a station that still holds a transaction of an earlier run cannot collide.
        first = int((started - _EPOCH).total_seconds()) % 2**30 + 1
        self._transaction_ids = itertools.count(first)

    # --- what is arranged ------------------------------------------------------------------------------

    @property
    def accepts_unknown(self) -> bool:
        """Whether a card that nobody has set is accepted; otherwise it is ``unknown``."""
        return self.cards.otherwise == "accepted"

    @accepts_unknown.setter
    def accepts_unknown(self, accepts: bool) -> None:
        self.cards.otherwise = "accepted" if accepts else "unknown"

    def set_card(self, card: Card) -> None:
        """Know a card, or change what is said of it. A card that was never set is unknown."""
        self.cards.set(card)

    @property
    def taxes(self) -> tuple[TaxRate, ...]:
        """The tax table that bills are made with."""
        return self.till.taxes

    @taxes.setter
    def taxes(self, taxes: tuple[TaxRate, ...]) -> None:
        self.till.taxes = taxes

    @property
    def tariff(self) -> Tariff | None:
        """What sessions that start now cost. Setting one raises ``BenchError`` when its province has no taxes today."""
        return self.till.tariff

    @tariff.setter
    def tariff(self, tariff: Tariff | None) -> None:
        self.till.tariff = tariff

    def only(self, *dialects: Dialect) -> None:
        """Agree to these dialects only from the next connection on, the first being preferred."""
        self.dialects = dialects

    # --- who is there ----------------------------------------------------------------------------------

    @property
    def connected(self) -> bool:
        """Whether any station has a link."""
        return any(station.connected for station in self.stations.values())

    def station(self, identity: str | None = None) -> Station:
        """A connected station: the one of this identity, or the only one. Raises ``StationGone``."""
        here = [s for s in self.stations.values() if s.connected and identity in (None, s.identity)]
        if len(here) == 1:
            return here[0]
        if here:
            names = ", ".join(sorted(s.identity for s in here))
            raise StationGone(f"Several stations are connected ({names}): name the one that is meant.")
        if identity is None:
            raise StationGone("No station is connected.")
        raise StationGone(f"Station {identity!r} is not connected.")

    # --- links -----------------------------------------------------------------------------------------

    def choose(self, greeting: Greeting) -> Choice:
        """Let a station in or turn it away; a refusal is noted.

        A station whose dialects are all unknown is connected without one and then closed, as OCPP-J wants it
        (1.6 section 3.2; 2.0.1 Part 4 section 3.1.2).
        """
        choice = self.turned_away or refusal(greeting, self.password)
        if choice is not None:
            self.refused(greeting.identity, choice.status, choice.reason)
            return choice
        known = [word for word in greeting.subprotocols if DIALECT_OF.get(word) in self.dialects]
        return Choice(known[0] if known else None)

    def refused(self, identity: str, code: int, reason: str, event: LinkEvent = "refused") -> None:
        """Note a connection that did not come about."""
        self._link(Link(identity, event, code=code, reason=reason, by="csms"))

    def opened(
        self,
        greeting: Greeting,
        subprotocol: str,
        post: Callable[[str], None],
        hang_up: Callable[[int, str], None],
    ) -> Line | None:
        """A link is open. None when no dialect was agreed on: the shell should close it with 1002.

        An older link of the same identity is closed: the newer one is the station's, the older half-open.
        """
        dialect = DIALECT_OF.get(subprotocol)
        if dialect is None:
            offered = ", ".join(greeting.subprotocols) or "none"
            spoken = ", ".join(f"ocpp{name}" for name in self.dialects)
            self.refused(
                greeting.identity, 1002, f"no common sub-protocol: offered {offered}, spoken {spoken}"
            )
            return None
        station = self.stations.setdefault(greeting.identity, Station(greeting.identity))
        if station.line is not None:
            old = station.line
            self.gone(old, 1000, "replaced by a newer connection", by="csms")
            old.hang_up(1000, "replaced by a newer connection")
        station.dialect = dialect
        station.reached = greeting.reached
        line = Line(self, station, dialect, post, hang_up)
        station.line = line
        self._link(Link(station.identity, "opened", subprotocol))
        return line

    def gone(self, line: Line, code: int, reason: str, by: By | None = None) -> None:
        """A link has ended; ``code`` 1006 means that no close frame came."""
        if not line.open:
            return
        line.closed()
        line.station.line = None
        who: By = by or ("network" if code == 1006 else "station")
        event: LinkEvent = "lost" if code == 1006 else "closed"
        self._last_loss = len(self._happenings)
        self._lost_at = self.clock.monotonic()
        self._link(
            Link(line.station.identity, event, f"ocpp{line.dialect}", code, reason, who),
        )

    def _link(self, link: Link) -> None:
        fields = {
            "station": link.station,
            "event": link.event,
            "subprotocol": link.subprotocol,
            "code": link.code,
            "reason": link.reason,
            "by": link.by,
        }
        self._last_link = self.note("link", **fields)
        self.ledger.feed({"kind": "link", "utc": self.clock.utc(), **fields})
        self._happenings.tell(link, self._last_link)

    async def accept(self, greeting: Greeting, wire: Wire) -> None:
        """Serve one station over a ``Wire`` until the link ends; never raises because of the station."""
        shell = WireShell(wire)
        line = self.opened(greeting, wire.subprotocol, shell.post, shell.hang_up)
        if line is None:
            await wire.close(1002, "no common sub-protocol")
            return
        if isinstance(wire, HearsPings):
            wire.on_ping(lambda: self.pinged(line))
        try:
            while True:
                data = await wire.recv()
                shell.busy = True
                line.receive(data)
                shell.busy = False
                await shell.flush()
        except WireClosed as closed:
            self.gone(line, closed.code, closed.reason)
        finally:
            self.gone(line, 1001, "the central system goes away", by="csms")
            shell.end()

    def pinged(self, line: Line) -> None:
        """A station sent a WebSocket ping."""
        if self.notes_pings and line.open:
            self.note("ping", station=line.station.identity, direction="in")

    async def close(self) -> None:
        """Hang up on every station."""
        for station in self.stations.values():
            if station.line is not None:
                line = station.line
                self.gone(line, 1001, "the central system goes away", by="csms")
                line.hang_up(1001, "the central system goes away")

    # --- for lines -------------------------------------------------------------------------------------

    def new_id(self) -> str:
        """A message id: a version 4 UUID out of the run's generator."""
        return str(uuid.UUID(int=self._random.getrandbits(128), version=4))

    def next_transaction_id(self) -> int:
        """A transaction id for OCPP 1.6, unique in 34 years."""
        return next(self._transaction_ids)

    def trouble(self, identity: str, text: str, trace: str = "") -> None:
        """The central system itself failed while it served a station: a sentence, and where in the code."""
        self.troubles.append(text)
        self.note("setting", what="csms_trouble", station=identity, text=text, trace=trace)

    def frame(self, line: Line, entry: Mapping[str, Any]) -> None:
        """A frame was noted: fold it, and tell what it said."""
        seq = int(entry["seq"])
        if entry["direction"] == "in":
            self._said_at[seq] = self.clock.monotonic()
        elif entry["answers"] is not None:
            seq = entry["answers"]
        for event in self.ledger.feed(entry):
            self.tell(line, event, seq)

    def tell(self, line: Line, event: Event, seq: int, *, answered: bool = True) -> None:
        """The station said something; ``answered`` is false while its CALL has no answer."""
        station = line.station
        if isinstance(event, StatusChanged):
            station.statuses[event.evse_id] = (event, seq)
        elif isinstance(event, Booted):
            station.statuses.clear()
            station.booted = (event, seq)
        elif isinstance(event, TransactionChanged) and event.transaction_id is not None:
            self.till.lock(event.transaction_id, event.timestamp if event.kind == "started" else None)
        for listener in self.listeners:
            listener(station.identity, event)
        self._happenings.tell(event, seq)
        if answered and line.open:
            self._tell_costs(line, event)

    # --- money -----------------------------------------------------------------------------------------

    def _tell_costs(self, line: Line, event: Event) -> None:
        if isinstance(event, Authorized):
            price = self.till.price_text()
            if price is not None and event.status == "Accepted" and line.dialect == "1.6":
                line.call(*costs.user_price_16(event.token, price))
        elif isinstance(event, TransactionChanged) and self.till.charges(str(event.transaction_id)):
            transaction = self.ledger.transaction(str(event.transaction_id))
            if transaction is None:
                return
            if event.kind == "ended" and line.dialect == "1.6":
                owed = self.till.bill(transaction)
                if owed is not None:
                    line.call(*costs.final_cost_16(transaction, owed))
            elif event.kind == "updated" and event.register_wh is not None and transaction.ended_at is None:
                self._tell_running_cost(line, event, transaction)

    def _tell_running_cost(self, line: Line, event: TransactionChanged, transaction: Transaction) -> None:
        station = line.station
        owed = self.till.bill(transaction, event.timestamp or self.clock.utc())
        if owed is None or not station.shows_costs or station.cost_under_way or station.reckons:
            return
        if line.dialect == "1.6":
            ticket = line.call(*costs.running_cost_16(transaction, owed, event))
        else:
            ticket = line.call(*costs.running_cost_2x(transaction, owed))
        station.cost_under_way = ticket.state in ("queued", "sent")

        def told(ticket: Ticket) -> None:
            station.cost_under_way = False
            outcome = ticket.outcome
            if isinstance(outcome, CallError):
                station.shows_costs = outcome.code not in ("NotSupported", "NotImplemented")
            elif outcome is not None:
                station.shows_costs = outcome.payload.get("status") not in (
                    "UnknownVendorId",
                    "UnknownMessageId",
                )

        ticket.done = told

    # --- waiting ---------------------------------------------------------------------------------------

    def mark(self) -> int:
        """The position of now, for ``since``."""
        return len(self._happenings)

    async def wait_for(
        self, predicate: Callable[[Event | Link], bool], *, within_s: float, since: int | None = None
    ) -> Seen:
        """The first thing from position ``since`` on (None: from now on) for which the predicate holds.

        Raises ``TimeoutError`` when none comes within so many seconds.
        """
        return await self._happenings.wait_for(predicate, within_s=within_s, since=since)

    async def wait_connected(self, within_s: float) -> Station:
        """A station that is connected. Raises ``StationGone`` when none is within the time."""
        if not await self._until(lambda: self.connected, within_s):
            raise StationGone(f"No station connected within {within_s:g} s.")
        return next(s for s in self.stations.values() if s.connected)

    async def wait_booted(self, within_s: float) -> Station:
        """A connected station whose BootNotification was accepted. Raises ``StationGone``."""

        def booted() -> bool:
            return any(s.connected and s.registration == "Accepted" for s in self.stations.values())

        if not await self._until(booted, within_s):
            raise StationGone(f"No station booted and was accepted within {within_s:g} s.")
        return next(s for s in self.stations.values() if s.connected and s.registration == "Accepted")

    async def wait_ready(self, within_s: float) -> bool:
        """Until a station is connected, accepted unless it never asked, and has reported a connector.

        False when that did not happen within the time.
        """

        def ready() -> bool:
            return any(
                s.connected and s.registration in (None, "Accepted") and any(evse > 0 for evse in s.statuses)
                for s in self.stations.values()
            )

        came = await self._until(ready, within_s)
        self._back_until = self.mark()
        return came

    async def _until(self, condition: Callable[[], bool], within_s: float) -> bool:
        end = self.clock.monotonic() + within_s
        while not condition():
            left = end - self.clock.monotonic()
            if left <= 0:
                return False
            try:
                await self._happenings.wait_for(lambda _event: True, within_s=left)
            except TimeoutError:
                return condition()
        return True

    def away_s(self) -> float | None:
        """Seconds since the last link ended; None while a station is connected, and before the first came."""
        return None if self.connected or self._lost_at is None else self.clock.monotonic() - self._lost_at

    def last_loss(self) -> int:
        """Position of the last loss of a link from which no return was waited for yet; of now when there is none."""
        lost = self._last_loss
        return self.mark() if lost is None or lost < self._back_until else lost

    async def wait_back(self, *, within_s: float, since: int | None = None) -> int | None:
        """The record entry of a station's return: a BootNotification, or a new link. None when none comes.

        A reset shows as a boot or as a reconnect; ``since`` as of ``last_loss``.
        """

        def back(event: Event | Link) -> bool:
            return isinstance(event, Booted) or (isinstance(event, Link) and event.event == "opened")

        try:
            seen = await self.wait_for(back, within_s=within_s, since=since)
        except TimeoutError:
            return None
        self._back_until = seen.index + 1
        return seen.seq

    def last_link_evidence(self) -> tuple[int, ...]:
        """The record entry of the last thing that happened to a link."""
        return () if self._last_link is None else (self._last_link,)

    def seen_between(self, first: int, last: int) -> float:
        """Seconds of the bench's monotonic clock between two frames that came in, by their record entries."""
        return self._said_at[last] - self._said_at[first]
