"""The charger's side of its link: dialling with back-off, its own CALLs one at a time, those of the central system.

Nothing is known here of charging. A CALL of ours ends in one of four ways: an answer, ``CallRefused`` (a
CALLERROR came), ``CallSilent`` (nothing came in time, although the link lives), or ``LinkLost``.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from contextlib import suppress
from typing import Any

from wattest.clock.network import Wire, WireClosed
from wattest.errors import WattestError
from wattest.model.scenario import Dialect
from wattest.ocpp.messages import Call, CallError, CallResult, Message, encode
from wattest.ocpp.session import Session, Ticket

DIAL_S = 30.0
"""How long a handshake may take."""


class LinkLost(WattestError):
    """The link is down, or went down before the answer came."""


class CallSilent(WattestError):
    """No answer came in time, and the link is alive: a probe was answered."""


class CallRefused(WattestError):
    """The central system answered with a CALLERROR."""

    def __init__(self, action: str, code: str) -> None:
        self.code = code
        super().__init__(f"The central system answered {action} with CALLERROR {code}.")


class _Unanswered(Exception):
    """The time for an answer is over."""


Answered = tuple[Message | None, Callable[[], object] | None]
Handle = Callable[[Call, CallError | None], Awaitable[Answered]]
"""Answers one CALL, of which the session may think that it deserves a CALLERROR: the answer (None to keep silent),
and what to do once it is on its way."""


class Link:
    """One station's connection, whatever is dialled in the course of time.

    ``dial`` opens a wire; ``new_id`` gives message ids; ``timeout_s`` is how long an answer may take.
    ``back_off_s(n)`` is the wait before attempt ``n``, 0 being the first after a loss. ``spawn`` runs a
    coroutine beside. ``opened`` and ``lost`` are told of the link's fate.
    """

    def __init__(
        self,
        *,
        dialect: Dialect,
        dial: Callable[[], Awaitable[Wire]],
        new_id: Callable[[], str],
        timeout_s: Callable[[], float],
        back_off_s: Callable[[int], float],
        spawn: Callable[[Coroutine[Any, Any, Any]], None],
        handle: Handle,
        opened: Callable[[], None],
        lost: Callable[[], None],
    ) -> None:
        self.new_id = new_id
        self._dialect: Dialect = dialect
        self._dial = dial
        self._timeout_s = timeout_s
        self._back_off_s = back_off_s
        self._spawn = spawn
        self._handle = handle
        self._opened = opened
        self._lost = lost
        self._wire: Wire | None = None
        self._session: Session | None = None
        self._next_id: str | None = None
        self._sent_at = 0.0
        self._timer: asyncio.TimerHandle | None = None
        """Of the one CALL of ours that is outstanding."""

    @property
    def quiet_s(self) -> float:
        """Seconds since the last CALL of ours went out."""
        return asyncio.get_running_loop().time() - self._sent_at

    @property
    def online(self) -> bool:
        """Whether a wire is open."""
        return self._wire is not None

    # --- the connection -----------------------------------------------------------------------------------

    async def run(self) -> None:
        """Dial, serve, dial again, for ever."""
        failures = 0
        while True:
            try:
                async with asyncio.timeout(DIAL_S):
                    wire = await self._dial()
            except (OSError, TimeoutError, WireClosed):
                await asyncio.sleep(self._back_off_s(failures))
                failures += 1
                continue
            await self._serve(wire)
            await asyncio.sleep(self._back_off_s(0))
            failures = 1

    async def _serve(self, wire: Wire) -> None:
        self._wire = wire
        self._session = Session("station", self._id, dialect=self._dialect)
        self._opened()
        try:
            while True:
                await self._take(self._session, await wire.recv())
        except WireClosed:
            pass
        finally:
            whole = self._wire is wire
            self._forget()
            if whole:
                with suppress(WireClosed, OSError):
                    await wire.close()
        self._lost()

    def _forget(self) -> None:
        """Whoever waits for an answer, or for its turn, learns that the link is gone."""
        session, self._session, self._wire = self._session, None, None
        self._stop_timer()
        if session is not None:
            session.close()

    def drop(self, reason: str) -> None:
        """Give the connection up; ``run`` dials again."""
        if (wire := self._wire) is not None:
            self._spawn(_close(wire, reason))

    async def ping(self) -> None:
        """Send a WebSocket ping; a link on which no pong comes in the time for an answer is given up."""
        wire = self._wire
        if wire is None:
            return
        try:
            async with asyncio.timeout(self._timeout_s()):
                await wire.ping()
        except TimeoutError:
            if wire is self._wire:
                self.drop("no answer to a ping")
        except WireClosed:
            pass

    def cut_off(self) -> Wire | None:
        """Forget the wire without closing it, as a power cut does; returns it for whoever buries it."""
        wire = self._wire
        self._forget()
        return wire

    def _id(self) -> str:
        unique, self._next_id = self._next_id or self.new_id(), None
        return unique

    # --- CALLs of ours ----------------------------------------------------------------------------------

    async def call(
        self, action: str, payload: Mapping[str, Any], *, message_id: str | None = None, probe: bool = True
    ) -> Mapping[str, Any]:
        """Send a CALL when its turn comes and wait for the answer's payload.

        Silence may mean a dead link or a busy central system; only a second question tells (half-open links).
        Without ``probe`` it is not asked, and silence is ``CallSilent``.
        """
        try:
            return await self._exchange(action, payload, message_id)
        except _Unanswered:
            silence = CallSilent(f"{action} was not answered within {self._timeout_s():g} s.")
        if not probe:
            raise silence
        try:
            await self._exchange("Heartbeat", {}, None)
        except _Unanswered:
            self.drop("no answer")
            raise LinkLost(
                f"{action} and a probe after it were not answered: the link is taken for dead."
            ) from None
        except CallRefused:
            pass
        raise silence

    async def _exchange(
        self, action: str, payload: Mapping[str, Any], message_id: str | None
    ) -> Mapping[str, Any]:
        session = self._session
        if session is None:
            raise LinkLost("There is no link.")
        self._next_id = message_id
        ticket = session.call(action, payload, timeout_s=self._timeout_s())
        settled: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        ticket.done = lambda _ticket: None if settled.done() else settled.set_result(None)
        await self._send_due(session)
        await settled
        return _result(ticket)

    async def _send_due(self, session: Session) -> None:
        loop = asyncio.get_running_loop()
        while (due := session.due(loop.time())) is not None:
            self._sent_at = loop.time()
            self._timer = loop.call_later(due.timeout_s, self._too_late, session, due)
            await self._put(due.text)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _too_late(self, session: Session, ticket: Ticket) -> None:
        if ticket.state == "sent" and session is self._session:
            session.tick(asyncio.get_running_loop().time())
            self._spawn(self._send_due(session))

    # --- what comes in -------------------------------------------------------------------------------------

    async def _take(self, session: Session, data: str | bytes) -> None:
        received = session.receive(data, asyncio.get_running_loop().time())
        message = received.message
        if isinstance(message, Call):
            self._spawn(self._answer(session, message, received.refusal))
        elif message is None:
            if received.refusal is not None:
                await self._put(encode(received.refusal))
        elif received.ticket is not None and isinstance(message, (CallResult, CallError)):
            self._stop_timer()
            session.settle(received.ticket, message)
            await self._send_due(session)

    async def _answer(self, session: Session, call: Call, refusal: CallError | None) -> None:
        answer, then = await self._handle(call, refusal)
        if session is not self._session:
            return
        if answer is not None:
            session.answered(call.id)
            await self._put(encode(answer))
        if then is not None:
            then()

    async def _put(self, text: str) -> None:
        if self._wire is not None:
            with suppress(WireClosed):
                await self._wire.send(text)


def _result(ticket: Ticket) -> Mapping[str, Any]:
    outcome = ticket.outcome
    if ticket.state == "timed out":
        raise _Unanswered
    if outcome is None:
        raise LinkLost(f"The link went down before {ticket.call.action} was answered.")
    if isinstance(outcome, CallError):
        raise CallRefused(ticket.call.action, outcome.code)
    return outcome.payload


async def _close(wire: Wire, reason: str) -> None:
    with suppress(WireClosed, OSError):
        await wire.close(1000, reason)
