"""Answering CALLs of the central system: exactly once each, however wrong they are."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from wattest.evse.link import Answered
from wattest.evse.station import Station
from wattest.ocpp.messages import Call, CallError, CallResult
from wattest.world.behaviour import behaviour, variation


class Refuse(Exception):
    """Answer with a CALLERROR of this code."""

    def __init__(self, code: str, description: str = "") -> None:
        self.code = code
        self.description = description
        super().__init__(code)


@dataclass(frozen=True)
class Reply:
    """Payload of a CALLRESULT, and what to do once it is on its way."""

    payload: Mapping[str, Any]
    then: Callable[[], object] | None = None


Handler = Callable[[Station, Mapping[str, Any]], Reply | Awaitable[Reply]]


@behaviour
def drops_malformed(station: Station) -> bool:
    """Whether a CALL that breaks its schema is dropped instead of answered with a CALLERROR."""
    return False


@variation(
    "V07",
    alters=drops_malformed,
    text="a malformed CALL is silently dropped",
    source="OCPP 2.0.1 Part 4 4.2.3: allowed to drop",
    area="authentication",
)
def drops_silently(station: Station) -> bool:
    """What cannot be understood is not discussed."""
    return True


async def answer(
    station: Station, handlers: Mapping[str, Handler], call: Call, refusal: CallError | None
) -> Answered:
    """The answer to a CALL, or None where it is allowed to keep silent.

    ``refusal`` is the CALLERROR that the session holds ready for a CALL that breaks its schema.
    """
    if station.registration not in {"accepted", "pending"}:
        if station.dialect.subprotocol == "ocpp1.6":
            return None, None
        return CallError(call.id, "SecurityError", "The charging station is not accepted yet."), None
    if refusal is not None:
        return (None if station.conduct(drops_malformed)(station) else refusal), None
    handler = handlers.get(call.action)
    if handler is None:
        return CallError(call.id, "NotSupported", "This charger has no such function."), None
    try:
        reply = handler(station, call.payload)
        if not isinstance(reply, Reply):
            reply = await reply
    except Refuse as refused:
        return CallError(call.id, refused.code, refused.description), None
    return CallResult(call.id, reply.payload), reply.then
