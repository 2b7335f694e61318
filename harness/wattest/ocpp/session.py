"""One OCPP-J conversation, without any I/O: frames in, what they mean out.

A session knows which CALLs are outstanding in both directions, correlates answers, times calls out and notes
every violation. It never raises because of what a peer sent. Time is given to it.

Of one's own calls one is outstanding at a time; the others wait in a queue (OCPP-J 1.6 section 4.1.1; OCPP 2.0.1
Part 4 section 4.1.1). Calls and answers of both sides may cross.

Example of a shell around it::

    session = Session("csms", ids, dialect="1.6")
    ticket = session.call("Reset", {"type": "Soft"})
    while (due := session.due(now)) is not None:
        send(due.text)
    received = session.receive(frame, now)
    if received.ticket is not None:
        session.settle(received.ticket, received.message)
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from wattest.model.scenario import family
from wattest.ocpp import outcomes
from wattest.ocpp.decode import SLOPPY, decode
from wattest.ocpp.messages import (
    Call,
    CallError,
    CallResult,
    CallResultError,
    Dialect,
    Message,
    Send,
    Side,
    Violation,
    encode,
)
from wattest.ocpp.validate import READABLE, violations, violations_of_send

TIMEOUT_S = 30.0
"""Default time that a peer has for an answer. The project's own: OCPP leaves it to the implementation."""
PATIENCE_S = 5.0
"""A second CALL this soon after an unanswered first is a violation; later the peer may have timed out."""
REMEMBERED = 100_000
"""Message ids remembered per identity."""

_TOLERATED = SLOPPY | READABLE

State = Literal["queued", "sent", "answered", "timed out", "abandoned"]


@dataclass(slots=True, eq=False)
class Ticket:
    """One CALL of ours and what became of it. ``text`` is the frame as it goes out."""

    call: Call
    text: str
    timeout_s: float
    state: State = "queued"
    sent_at: float | None = None
    outcome: CallResult | CallError | None = None
    seq: int | None = None
    """The record entry of the CALL; for shells to set."""
    done: Callable[[Ticket], None] | None = None
    """Called once when the state is final; for shells to set."""

    def settle(self, state: State, outcome: CallResult | CallError | None = None) -> None:
        """End this call."""
        self.state, self.outcome = state, outcome
        if self.done is not None:
            self.done(self)


@dataclass(frozen=True, slots=True)
class Received:
    """What one frame means. ``action`` is that of the CALL, or of the CALL that an answer answers.

    ``refusal`` is the CALLERROR that a broken CALL deserves; None for sound frames and where silence is right.
    """

    message: Message | None
    violations: tuple[Violation, ...]
    clean: bool
    action: str | None = None
    ticket: Ticket | None = None
    refusal: CallError | None = None


@dataclass(slots=True)
class CallIds:
    """Message ids that one identity has used for CALLs, over all its connections."""

    connection: int = 0
    used: dict[str, tuple[int, str]] = field(default_factory=dict)

    def reused(self, call: Call, dialect: Dialect, *, unanswered: bool) -> Violation | None:
        """Remember the id; a violation when it stood for another CALL before.

        OCPP-J 1.6 section 4.1.4 counts per connection, OCPP 2.0.1 Part 4 section 4.1.4 per identity. A retry of
        a CALL that got no answer may keep its id (errata 2025-04).
        """
        before = self.used.get(call.id)
        self.used[call.id] = (self.connection, call.action)
        if before is None:
            if len(self.used) > REMEMBERED:
                del self.used[next(iter(self.used))]
            return None
        connection, action = before
        same = connection == self.connection
        if (same and unanswered and action == call.action) or (not same and dialect == "1.6"):
            return None
        if not same and action == call.action:
            return None
        where = "on this connection" if same else "on an earlier connection"
        sentence = f"Message id {call.id!r} was used before {where}, for {action[:60]}."
        return Violation("session.id-reused", sentence)


class Session:
    """One connection seen from ``side``. ``ids`` makes the id of each new CALL.

    ``known`` carries the peer's message ids over from earlier connections of the same identity.
    """

    def __init__(
        self,
        side: Side,
        ids: Callable[[], str],
        *,
        dialect: Dialect,
        timeout_s: float = TIMEOUT_S,
        known: CallIds | None = None,
    ) -> None:
        self.side = side
        self.dialect: Dialect = dialect
        self.timeout_s = timeout_s
        self._ids = ids
        self._queue: deque[Ticket] = deque()
        self._sent: dict[str, Ticket] = {}
        self._ended: dict[str, State] = {}
        self._open: dict[str, float] = {}
        self._unanswered: set[str] = set()
        self._known = CallIds() if known is None else known
        self._known.connection += 1

    # --- one's own calls -------------------------------------------------------------------------------

    def call(self, action: str, payload: Mapping[str, Any], *, timeout_s: float | None = None) -> Ticket:
        """Queue a CALL; ``due`` hands it out when its turn comes."""
        call = Call(self._ids(), action, payload)
        ticket = Ticket(call, encode(call), self.timeout_s if timeout_s is None else timeout_s)
        self._queue.append(ticket)
        return ticket

    def expect(self, call: Call, text: str, now: float, *, timeout_s: float | None = None) -> Ticket:
        """Watch for the answer to a CALL that is sent out of turn, as a deliberate fault."""
        ticket = Ticket(call, text, self.timeout_s if timeout_s is None else timeout_s, "sent", now)
        self._sent[call.id] = ticket
        return ticket

    def due(self, now: float) -> Ticket | None:
        """The next CALL to send, marked as sent; None while one is outstanding or none is queued."""
        if self._sent or not self._queue:
            return None
        ticket = self._queue.popleft()
        ticket.state, ticket.sent_at = "sent", now
        self._sent[ticket.call.id] = ticket
        return ticket

    def deadline(self) -> float | None:
        """When the next outstanding CALL times out; None when none is outstanding."""
        return min(
            ((ticket.sent_at or 0.0) + ticket.timeout_s for ticket in self._sent.values()), default=None
        )

    def tick(self, now: float) -> tuple[Ticket, ...]:
        """CALLs whose time is over, settled as ``timed out``."""
        late = self.late(now)
        for ticket in late:
            self._end(ticket, "timed out")
        return late

    def late(self, now: float) -> tuple[Ticket, ...]:
        """CALLs whose time is over, not settled yet."""
        return tuple(t for t in self._sent.values() if now >= (t.sent_at or 0.0) + t.timeout_s)

    def close(self) -> tuple[Ticket, ...]:
        """The link is gone: everything queued or outstanding is settled as ``abandoned``."""
        left = (*self._sent.values(), *self._queue)
        self._queue.clear()
        for ticket in left:
            self._end(ticket, "abandoned")
        return left

    def _end(self, ticket: Ticket, state: State, outcome: CallResult | CallError | None = None) -> None:
        self._sent.pop(ticket.call.id, None)
        self._ended[ticket.call.id] = state
        if len(self._ended) > 1000:
            del self._ended[next(iter(self._ended))]
        ticket.settle(state, outcome)

    # --- what the peer sends ---------------------------------------------------------------------------

    def receive(self, data: str | bytes, now: float) -> Received:
        """Decode, correlate and validate one frame."""
        decoded = decode(data, self.dialect)
        message = decoded.message
        if isinstance(message, Call):
            noted = decoded.violations + self._calls(message, now)
            noted += violations(self.dialect, message.action, False, message.payload)
            return Received(
                message, noted, decoded.clean, message.action, refusal=self._refusal(message.id, noted)
            )
        if message is None:
            refusal = None
            if decoded.broken_id is not None and (decoded.broken_id != "-1" or family(self.dialect) == "2.x"):
                refusal = self._refusal(decoded.broken_id, decoded.violations)
            return Received(None, decoded.violations, decoded.clean, refusal=refusal)
        if isinstance(message, Send):
            noted = decoded.violations + self._sends(message)
            return Received(message, noted, decoded.clean, message.action)
        if isinstance(message, CallResultError):
            return self._refuses(message, decoded.violations, decoded.clean)
        return self._answers(message, decoded.violations, decoded.clean)

    def answered(self, id_: str) -> None:
        """This side's answer to the peer's CALL goes out."""
        self._open.pop(id_, None)
        self._unanswered.discard(id_)

    def withheld(self, id_: str) -> None:
        """This side will not answer the peer's CALL, or only later: a retry may keep the id."""
        self._unanswered.add(id_)

    def _calls(self, call: Call, now: float) -> tuple[Violation, ...]:
        unanswered = call.id in self._open or call.id in self._unanswered
        reused = self._known.reused(call, self.dialect, unanswered=unanswered)
        found = () if reused is None else (reused,)
        soon = [open_id for open_id, at in self._open.items() if now - at < PATIENCE_S]
        if soon:
            sentence = f"CALL {call.id!r} came while CALL {soon[0]!r} had no answer yet."
            found = (*found, Violation("session.second-call", sentence))
        self._open[call.id] = now
        if len(self._open) > 100:
            del self._open[next(iter(self._open))]
        return found

    def _sends(self, sent: Send) -> tuple[Violation, ...]:
        """What is wrong with a SEND: its id must be as fresh as that of a CALL, and few actions may be sent so."""
        reused = self._known.reused(Call(sent.id, sent.action, sent.payload), self.dialect, unanswered=False)
        found = violations_of_send(self.dialect, sent.action, sent.payload)
        return found if reused is None else (reused, *found)

    def _refuses(self, message: CallResultError, noted: tuple[Violation, ...], clean: bool) -> Received:
        """A CALLRESULTERROR about an answer of ours. It is no answer to a CALL, and nothing answers it."""
        answered = self._known.used.get(message.id)
        if answered is None:
            sentence = f"There was no answer to a CALL {message.id[:60]!r} that could be refused."
            return Received(message, (*noted, Violation("session.unknown-answer", sentence)), clean)
        if not outcomes.is_known(message.code, self.dialect):
            sentence = f"OCPP {self.dialect} has no error code {message.code[:60]!r}."
            noted = (*noted, Violation("session.error-code", sentence))
        return Received(message, noted, clean, answered[1])

    def _refusal(self, id_: str, noted: tuple[Violation, ...]) -> CallError | None:
        if not noted:
            return None
        for violation in noted:
            if violation.rule not in _TOLERATED and not violation.rule.startswith("session."):
                code = outcomes.refusal(violation.rule, self.dialect)
                return CallError(id_[:36], code, violation.sentence[:255])
        return None

    def _answers(
        self, message: CallResult | CallError, noted: tuple[Violation, ...], clean: bool
    ) -> Received:
        ticket = self._sent.get(message.id)
        if ticket is None:
            return Received(message, (*noted, self._orphan(message.id)), clean)
        action = ticket.call.action
        if isinstance(message, CallResult):
            noted += violations(self.dialect, action, True, message.payload)
        elif not outcomes.is_known(message.code, self.dialect):
            sentence = f"OCPP {self.dialect} has no CALLERROR code {message.code[:60]!r}."
            noted = (*noted, Violation("session.error-code", sentence))
        return Received(message, noted, clean, action, ticket)

    def settle(self, ticket: Ticket, outcome: CallResult | CallError) -> None:
        """End a CALL with the answer that ``receive`` found for it, once the answer is on record."""
        self._end(ticket, "answered", outcome)

    def _orphan(self, id_: str) -> Violation:
        state = self._ended.get(id_)
        if state == "answered":
            return Violation("session.duplicate-answer", f"CALL {id_!r} was answered before.")
        if state is not None:
            return Violation("session.late-answer", f"The answer to CALL {id_!r} came after its time-out.")
        return Violation("session.unknown-answer", f"There was no CALL {id_[:60]!r} to answer.")
