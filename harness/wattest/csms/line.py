"""One connection of one station: frames in are noted, then acted on; frames out are noted, then sent.

Nothing that a station sends raises out of ``Line.receive``. A trouble of our own is answered with ``InternalError``,
kept in ``Csms.troubles`` and noted, so that it can become the verdict ``error`` and never the station's fault.
"""

from __future__ import annotations

import asyncio
import base64
import traceback
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from wattest.csms.answers import Corrupt, Delay, Drop, Hold, Plan, Reject, Replace
from wattest.csms.replies import REPLIES
from wattest.model.scenario import family
from wattest.ocpp import outcomes
from wattest.ocpp.decode import decode, undecoded
from wattest.ocpp.messages import Call, CallError, CallResult, Dialect, Message, Violation, described, encode
from wattest.ocpp.session import Received, Session, Ticket
from wattest.ocpp.validate import knows, violations

if TYPE_CHECKING:
    from wattest.csms.csms import Csms
    from wattest.csms.station import Station

NOTED = 64 * 1024
"""Characters of a frame that the record keeps when it is too big to be read."""
_EARLY = frozenset({"BootNotification", "NotifyReport"})
"""What a 2.x station that is not accepted may send (B02.FR.02)."""


class Line:
    """``post`` takes the text of a frame to send, ``hang_up`` a close code and a reason; both return at once."""

    def __init__(
        self,
        csms: Csms,
        station: Station,
        dialect: Dialect,
        post: Callable[[str], None],
        hang_up: Callable[[int, str], None],
    ) -> None:
        self.station = station
        self.dialect: Dialect = dialect
        self.open = True
        self.hang_up = hang_up
        self._csms = csms
        self._post = post
        self._timer: asyncio.TimerHandle | None = None
        self.session = Session("csms", csms.new_id, dialect=dialect, known=station.known)

    # --- frames in -------------------------------------------------------------------------------------

    def receive(self, data: str | bytes) -> None:
        """Take one frame from the station."""
        if not self.open:
            return
        try:
            self._take(data)
        except Exception as error:  # noqa: BLE001 - the station must not pay for a trouble of ours
            self._trouble(error, "taking a frame")

    def _take(self, data: str | bytes) -> None:
        received = self.session.receive(data, self._csms.clock.monotonic())
        ticket = received.ticket
        seq = self._note(
            "in",
            data,
            received.message,
            received.violations + self._wrong_way(received.message),
            clean=received.clean,
            action=received.action,
            answers=None if ticket is None else ticket.seq,
        )
        try:
            if ticket is not None and isinstance(received.message, (CallResult, CallError)):
                self.session.settle(ticket, received.message)
                self.pump()
            elif isinstance(received.message, Call):
                self._serve(received.message, received, seq)
            elif received.refusal is not None:
                self._send(received.refusal, None, None)
        except Exception as error:  # noqa: BLE001 - as above, but the station can still be told
            self._trouble(error, f"serving {received.action or 'a frame'} (entry {seq})")
            if isinstance(received.message, Call):
                call = received.message
                self.session.answered(call.id)
                self._send(CallError(call.id, "InternalError", "The central system failed."), None, seq)

    def _trouble(self, error: Exception, doing: str) -> None:
        where = traceback.extract_tb(error.__traceback__)[-1]
        self._csms.trouble(
            self.station.identity,
            f"The central system failed with {type(error).__name__} in {where.name}, {doing}: {error}",
            "".join(traceback.format_exception(error)),
        )

    def _wrong_way(self, message: Message | None) -> tuple[Violation, ...]:
        """A CALL that only a central system makes."""
        if not isinstance(message, Call) or message.action in REPLIES[self.dialect]:
            return ()
        if not knows(self.dialect, message.action):
            return ()
        sentence = f"{message.action} is for the central system to send, not for a station."
        return (Violation("session.direction", sentence),)

    def _serve(self, call: Call, received: Received, seq: int) -> None:
        refusal = received.refusal or self._out_of_turn(call)
        if refusal is not None:
            self._answer(call, refusal, seq)
            return
        plan = Drop() if self._csms.mute else self._csms.answers.take(call.action)
        if isinstance(plan, Drop):
            self._withhold(call, seq)
            return
        answer = self._answer_to(call, plan, seq)
        if isinstance(plan, Hold):
            self._withhold(call, seq)
            self._csms.answers.keep(call.action, lambda: self._answer(call, answer, seq))
        elif isinstance(plan, Delay):
            self._withhold(call, seq)
            self._csms.clock.call_later(plan.seconds, self._answer, call, answer, seq)
        elif isinstance(plan, Corrupt):
            self._withhold(call, seq)
            self.session.answered(call.id)
            self.send_text(plan.raw.replace("{id}", call.id), answers=seq)
        else:
            self._answer(call, answer, seq)

    def _answer_to(self, call: Call, plan: Plan | None, seq: int) -> CallResult | CallError:
        if isinstance(plan, Reject):
            code = outcomes.spelled(outcomes.modern(plan.code), self.dialect)
            return CallError(call.id, code, "Refused on purpose by the scenario.")
        if isinstance(plan, Replace):
            return CallResult(call.id, plan.payload)
        reply = REPLIES[self.dialect][call.action]
        return CallResult(call.id, reply(self._csms, self.station, call.payload, seq))

    def _out_of_turn(self, call: Call) -> CallError | None:
        """Calls that only a central system sends, and calls of a station that is not accepted."""
        if call.action not in REPLIES[self.dialect]:
            return CallError(call.id, "NotSupported", f"{call.action} is for the central system to send.")
        status = self.station.registration
        if status in (None, "Accepted") or call.action in _EARLY or self.station.triggered(call.action):
            return None
        if family(self.dialect) == "2.x" or status == "Rejected":
            return CallError(
                call.id, "SecurityError", f"The station is {status}: only BootNotification is taken."
            )
        return None

    def _withhold(self, call: Call, seq: int) -> None:
        self.session.withheld(call.id)
        for event in self._csms.ledger.withheld(seq):
            self._csms.tell(self, event, seq, answered=False)

    def _answer(self, call: Call, answer: CallResult | CallError, seq: int) -> None:
        if not self.open:
            return
        self.session.answered(call.id)
        self._send(answer, call.action, seq)

    # --- frames out ------------------------------------------------------------------------------------

    def _send(self, answer: CallResult | CallError, action: str | None, answers: int | None) -> None:
        text = encode(answer)
        found: tuple[Violation, ...] = ()
        if isinstance(answer, CallResult) and action is not None:
            found = violations(self.dialect, action, True, answer.payload)
        self._note("out", text, answer, found, action=action, answers=answers)
        self._post(text)

    def call(self, action: str, payload: Mapping[str, Any], *, timeout_s: float | None = None) -> Ticket:
        """Queue a CALL and send it when its turn comes."""
        ticket = self.session.call(action, payload, timeout_s=timeout_s)
        self.pump()
        return ticket

    def pump(self) -> None:
        """Send what is due, and watch over its time-out."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if not self.open:
            return
        now = self._csms.clock.monotonic()
        while (ticket := self.session.due(now)) is not None:
            call = ticket.call
            found = violations(self.dialect, call.action, False, call.payload)
            ticket.seq = self._note("out", ticket.text, call, found, action=call.action)
            self._post(ticket.text)
        deadline = self.session.deadline()
        if deadline is not None:
            self._timer = self._csms.clock.call_later(max(0.0, deadline - now), self._tick)

    def _tick(self) -> None:
        """Note calls that got no answer, before anybody is told."""
        self._timer = None
        now = self._csms.clock.monotonic()
        for ticket in self.session.late(now):
            sentence = f"{ticket.call.action} {ticket.call.id!r} got no answer within {ticket.timeout_s:g} s."
            self._note("in", "", None, (Violation("session.unanswered", sentence),), answers=ticket.seq)
        self.session.tick(now)
        self.pump()

    def send_text(
        self, text: str, *, answers: int | None = None, timeout_s: float | None = None
    ) -> Ticket | None:
        """Send a frame exactly as given, out of turn. A ticket when an answer to it can be recognised."""
        decoded = decode(text)
        message = decoded.message
        call = message if isinstance(message, Call) else None
        if call is None and answers is None and decoded.broken_id not in (None, "-1"):
            call = Call(str(decoded.broken_id), "", {})
        seq = self._note(
            "out",
            text,
            message,
            decoded.violations,
            clean=decoded.clean,
            action=None if call is None else call.action,
            answers=answers,
        )
        ticket = None
        if call is not None:
            ticket = self.session.expect(call, text, self._csms.clock.monotonic(), timeout_s=timeout_s)
            ticket.seq = seq
        self._post(text)
        self.pump()
        return ticket

    # --- the record ------------------------------------------------------------------------------------

    def _note(
        self,
        direction: str,
        data: str | bytes,
        message: Message | None,
        found: tuple[Violation, ...],
        *,
        clean: bool = True,
        action: str | None = None,
        answers: int | None = None,
    ) -> int:
        if direction == "out" and isinstance(message, (Call, CallResult)) and _holds_decimal(message.payload):
            # Money goes out as a number: the entry holds what the bytes say, as for every other frame.
            message = decode(data).message
        entry: dict[str, Any] = {
            "station": self.station.identity,
            "dialect": self.dialect,
            "direction": direction,
            **_raw(data, clean=clean),
            "message": described(message, action),
            "violations": [{"rule": v.rule, "sentence": v.sentence} for v in found] if found else [],
            "answers": answers,
        }
        seq = self._csms.note("frame", **entry)
        entry["kind"], entry["seq"], entry["utc"] = "frame", seq, self._csms.clock.utc()
        self._csms.frame(self, entry)
        return seq

    # --- the end ---------------------------------------------------------------------------------------

    def closed(self) -> None:
        """The link is gone: nobody gets an answer any more."""
        self.open = False
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self.session.close()


def _holds_decimal(value: object) -> bool:
    if isinstance(value, Mapping):
        return any(_holds_decimal(one) for one in value.values())
    if isinstance(value, list):
        return any(_holds_decimal(one) for one in value)
    return isinstance(value, Decimal)


def _raw(data: str | bytes, *, clean: bool) -> dict[str, Any]:
    if isinstance(data, str) and clean:
        if len(data) <= NOTED * 4:
            return {"raw": data}
        return {"raw": data[:NOTED], "raw_characters": len(data)}
    raw = data if isinstance(data, bytes) else undecoded(data)
    if clean and len(raw) <= NOTED * 4:
        return {"raw": raw.decode(), "binary": True}
    return {"raw_b64": base64.b64encode(raw[:NOTED]).decode(), "raw_bytes": len(raw)}
