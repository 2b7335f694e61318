"""The OCPP messages, violations, and how they become text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Literal

import orjson

from wattest.model.scenario import Dialect

Side = Literal["csms", "station"]


@dataclass(frozen=True, slots=True)
class Call:
    """``[2, id, action, payload]``."""

    id: str
    action: str
    payload: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class CallResult:
    """``[3, id, payload]``."""

    id: str
    payload: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class CallError:
    """``[4, id, code, description, details]``."""

    id: str
    code: str
    description: str = ""
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CallResultError:
    """``[5, id, code, description, details]``: a CALLRESULT could not be processed (OCPP 2.1)."""

    id: str
    code: str
    description: str = ""
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Send:
    """``[6, id, action, payload]``: a CALL that nobody answers (OCPP 2.1)."""

    id: str
    action: str
    payload: Mapping[str, Any]


Message = Call | CallResult | CallError | CallResultError | Send


@dataclass(frozen=True, slots=True)
class Violation:
    """One thing that is wrong with a frame: a stable rule name such as ``decode.depth``, and a sentence."""

    rule: str
    sentence: str


def exact(value: object) -> Decimal | None:
    """The number that was sent, exactly, or None when ``value`` is no finite number.

    ``decode`` yields a float only where its shortest form is the number on the wire. Text that holds a number
    counts too, since OCPP 1.6 sends sampled values as text and records keep ``Decimal`` as text.

    >>> exact(0.1)
    Decimal('0.1')
    >>> exact("16.0")
    Decimal('16.0')
    """
    if isinstance(value, Decimal):
        return value if value.is_finite() else None
    if not isinstance(value, str):
        if value is None or isinstance(value, bool) or not isinstance(value, (int, float)):
            return None
        value = repr(value)
    if len(value) > 64 or not value.isascii():
        return None
    try:
        number = Decimal(value)
    except ArithmeticError:
        return None
    return number if number.is_finite() and -400 < number.adjusted() < 400 else None


def _decimal_as_is(value: object) -> Any:
    if isinstance(value, Decimal):
        return orjson.Fragment(format(value, "f").encode())
    raise TypeError(f"{type(value).__name__} cannot be written as JSON")


_TYPES: Mapping[type, int] = {Call: 2, CallResult: 3, CallError: 4, CallResultError: 5, Send: 6}


def encode(message: Message) -> str:
    """The text of a message; ``Decimal`` keeps its digits: ``12.30`` stays ``12.30``.

    >>> encode(Call("1", "Heartbeat", {}))
    '[2,"1","Heartbeat",{}]'
    """
    if isinstance(message, CallResult):
        frame: list[Any] = [3, message.id, message.payload]
    elif isinstance(message, (Call, Send)):
        frame = [_TYPES[type(message)], message.id, message.action, message.payload]
    else:
        kind = _TYPES[type(message)]
        frame = [kind, message.id, message.code, message.description[:255], message.details]
    return orjson.dumps(frame, default=_decimal_as_is).decode()


def described(message: Message | None, action: str | None) -> dict[str, Any] | None:
    """A message as it stands in a ``frame`` entry of the record; ``action`` is that of the CALL it answers."""
    if message is None:
        return None
    kind = _TYPES[type(message)]
    if isinstance(message, (Call, Send)):
        return {"type": kind, "id": message.id, "action": message.action, "payload": message.payload}
    if isinstance(message, CallResult):
        return {"type": kind, "id": message.id, "action": action, "payload": message.payload}
    return {
        "type": kind,
        "id": message.id,
        "code": message.code,
        "description": message.description,
        "details": message.details,
        "action": action,
    }


__all__ = [
    "Call",
    "CallError",
    "CallResult",
    "CallResultError",
    "Dialect",
    "Message",
    "Send",
    "Side",
    "Violation",
    "described",
    "encode",
    "exact",
]
