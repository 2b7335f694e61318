"""A station as the central system knows it, over all its connections."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

from wattest.csms import commands
from wattest.csms.answers import Registration
from wattest.csms.commands import Log
from wattest.errors import CallTimedOut, StationGone
from wattest.model.scenario import Card, Dialect
from wattest.ocpp.messages import CallResult
from wattest.ocpp.neutral import Booted, StatusChanged
from wattest.ocpp.session import TIMEOUT_S, CallIds, Ticket

if TYPE_CHECKING:
    from wattest.csms.line import Line


LONGEST_WORD = 100
"""Characters of a status that are kept: no status of OCPP is as long."""


@dataclass(frozen=True)
class Answer:
    """What a station answered to a command. ``status`` is its word, or the code of its CALLERROR.

    ``accepted`` says whether it will do as asked. ``seq`` is the record entry of the CALL.
    """

    accepted: bool
    status: str
    seq: int
    payload: Mapping[str, Any]


class Station:
    """One identity. Commands raise ``StationGone`` without a link and ``CallTimedOut`` without an answer."""

    def __init__(self, identity: str) -> None:
        self.identity = identity
        self.dialect: Dialect = "1.6"
        self.reached = ""
        """Host by which it reached the central system; empty when a shell cannot tell."""
        self.line: Line | None = None
        self.registration: Registration | None = None
        """What its last BootNotification was answered with; None when it has not booted here."""
        self.booted: tuple[Booted, int] | None = None
        """What it said of itself in its last BootNotification, and the record entry; None when it has not booted here."""
        self.known = CallIds()
        self.list_version = 0
        self.shows_costs = True
        self.cost_under_way = False
        self.reckons = False
        """Whether it was given a tariff by which it reckons costs itself (OCPP 2.1)."""
        self.statuses: dict[int, tuple[StatusChanged, int]] = {}
        self._triggered: set[str] = set()
        self._number = 0

    @property
    def connected(self) -> bool:
        """Whether there is a link now."""
        return self.line is not None

    def last_status(self, evse_id: int) -> StatusChanged | None:
        """The last status of an EVSE (1.6: connector); 0 is the station itself."""
        found = self.statuses.get(evse_id)
        return None if found is None else found[0]

    def last_status_seq(self, evse_id: int) -> int | None:
        """The record entry of that status."""
        found = self.statuses.get(evse_id)
        return None if found is None else found[1]

    def triggered(self, action: str) -> bool:
        """Whether this station was asked for messages of this action."""
        return action in self._triggered

    def next_number(self) -> int:
        """A fresh number for requests that carry one (remoteStartId)."""
        self._number += 1
        return self._number

    # --- any call --------------------------------------------------------------------------------------

    def _line(self) -> Line:
        if self.line is None:
            raise StationGone(f"Station {self.identity!r} is not connected.")
        return self.line

    def post(self, action: str, payload: Mapping[str, Any]) -> Ticket | None:
        """Queue a CALL whose answer nobody waits for; None without a link."""
        return None if self.line is None else self.line.call(action, payload)

    async def call(self, action: str, payload: Mapping[str, Any], *, timeout_s: float = TIMEOUT_S) -> Answer:
        """Any CALL in the station's own dialect. The time-out counts from when it is sent, not queued."""
        ticket = self._line().call(action, payload, timeout_s=timeout_s)
        return await self._settled(ticket)

    async def _settled(self, ticket: Ticket) -> Answer:
        if ticket.state in ("queued", "sent"):
            settled: asyncio.Future[None] = asyncio.get_running_loop().create_future()

            def done(_: Ticket) -> None:
                if not settled.done():
                    settled.set_result(None)

            ticket.done = done
            await settled
        action = ticket.call.action or "the frame"
        if ticket.state == "timed out":
            raise CallTimedOut(
                f"Station {self.identity!r} did not answer {action} {ticket.call.id!r} within {ticket.timeout_s:g} s."
            )
        outcome, seq = ticket.outcome, -1 if ticket.seq is None else ticket.seq
        if outcome is None:
            raise StationGone(
                f"Station {self.identity!r} went before it answered {action} {ticket.call.id!r}."
            )
        if isinstance(outcome, CallResult):
            status = outcome.payload.get("status", "")
            word = status[:LONGEST_WORD] if isinstance(status, str) else ""
            return Answer(word in commands.ACCEPTED, word, seq, outcome.payload)
        return Answer(
            False,
            outcome.code[:LONGEST_WORD],
            seq,
            {"description": outcome.description, "details": outcome.details},
        )

    async def send_raw(self, text: str, *, within_s: float | None = None) -> Answer:
        """Send a frame exactly as written, however wrong, out of turn.

        With ``within_s`` it waits for an answer; status ``silence`` when none comes, or none can be recognised.
        """
        ticket = self._line().send_text(text, timeout_s=within_s)
        if ticket is None or within_s is None:
            seq = -1 if ticket is None or ticket.seq is None else ticket.seq
            return Answer(False, "sent" if within_s is None else "silence", seq, {})
        try:
            return await self._settled(ticket)
        except CallTimedOut:
            return Answer(False, "silence", -1 if ticket.seq is None else ticket.seq, {})

    # --- commands in neutral words ---------------------------------------------------------------------

    async def remote_start(self, card: Card | str, evse_id: int | None = 1) -> Answer:
        """Start a session for a card (RemoteStartTransaction, RequestStartTransaction)."""
        return await commands.remote_start(self, card, evse_id)

    async def remote_stop(self, transaction_id: str) -> Answer:
        """End a transaction (RemoteStopTransaction, RequestStopTransaction)."""
        return await commands.remote_stop(self, transaction_id)

    async def unlock(self, evse_id: int = 1) -> Answer:
        """Unlock a connector (UnlockConnector)."""
        return await commands.unlock(self, evse_id)

    async def reset(self, kind: Literal["soft", "hard"] = "soft") -> Answer:
        """Restart (Reset): 2.0.1 has OnIdle and Immediate instead of soft and hard."""
        return await commands.reset(self, kind)

    async def change_availability(self, operative: bool, evse_id: int = 1) -> Answer:
        """Take an EVSE (0: the station) out of service or back (ChangeAvailability)."""
        return await commands.change_availability(self, operative, evse_id)

    async def configure(self, setting: str, value: str) -> Answer:
        """Set a setting by its neutral name (ChangeConfiguration, SetVariables)."""
        return await commands.configure(self, setting, value)

    async def read_setting(self, setting: str) -> str | None:
        """Read a setting by its neutral name (GetConfiguration, GetVariables); None when it has none."""
        return await commands.read_setting(self, setting)

    async def send_local_list(self, cards: list[Card], full: bool = True) -> Answer:
        """Send the local authorization list, or additions to it (SendLocalList)."""
        return await commands.send_local_list(self, cards, full)

    async def clear_cache(self) -> Answer:
        """Forget cached cards (ClearCache)."""
        return await self.call("ClearCache", {})

    async def trigger(self, message: str, evse_id: int | None = None) -> Answer:
        """Ask for a message by OCPP's name for it (TriggerMessage)."""
        self._triggered.add(message)
        return await commands.trigger(self, message, evse_id)

    async def ask_for_log(self, log: Log, url: str, number: int, retries: int | None = None) -> Answer:
        """Have a log put at a URL (GetDiagnostics, GetLog); ``number`` is the request's own where it has one."""
        return await commands.ask_for_log(self, log, url, number, retries)

    async def update_firmware(
        self, url: str, number: int, certificate: str, signature: str, at: datetime
    ) -> Answer:
        """Have signed firmware fetched and installed at once (SignedUpdateFirmware, UpdateFirmware)."""
        return await commands.update_firmware(self, url, number, certificate, signature, at)

    async def set_limit(self, current_a: float, evse_id: int = 1) -> Answer:
        """Limit the current of an EVSE, in ampere per phase (SetChargingProfile, TxDefaultProfile)."""
        return await commands.set_limit(self, current_a, evse_id)
