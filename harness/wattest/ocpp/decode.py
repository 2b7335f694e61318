"""Text from the wire to a message, never raising.

Everything that a hostile or broken charger may send ends as a ``Decoded``: a message where one can be made out,
and every violation as a sentence. What is merely sloppy (a byte order mark, a binary frame, white space) is noted
and read all the same.

Numbers stay exact: a float stands in a payload only where its shortest form is the number that was sent;
anything finer is a ``Decimal``. ``messages.exact`` turns both into ``Decimal``.

Most frames take a short way: when writing the parsed value again gives the very bytes that came, nothing was lost
on the way in (no doubled key, no digit), and few enough brackets cannot nest too deep. All others are read strictly.

Sources: OCPP-J 1.6 sections 4.1 and 4.2; OCPP 2.0.1 Part 4 sections 4.1 and 4.2; OCPP 2.1 Part 4 (recalled); RFC 8259. Sizes and depths are
the project's own.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import orjson

from wattest.model.scenario import Dialect
from wattest.ocpp.messages import (
    Call,
    CallError,
    CallResult,
    CallResultError,
    Message,
    Send,
    Violation,
    exact,
)

__all__ = ["Call", "CallError", "CallResult", "Decoded", "Message", "Violation", "decode", "undecoded"]

MAX_BYTES = 256 * 1024
MAX_DEPTH = 32
INTEGERS = range(-(2**63), 2**64)
"""Integers that are read: OCPP has 31 bits (see ``validate``), 64 bits is what real chargers overflow to."""
MAX_ID = 36
MAX_VIOLATIONS = 20

SLOPPY = frozenset(
    {"decode.byte-order-mark", "decode.binary-frame", "decode.id-length", "decode.arity-error"}
)
"""Violations in spite of which a message is understood and answered as usual."""


@dataclass(frozen=True, slots=True)
class Decoded:
    """What a frame says. ``clean`` means UTF-8 without surrogates, so that it can be recorded as text.

    ``broken_id`` is set when no message could be made out of what looks like a CALL, or like nothing at all: it is the
    id that a CALLERROR should name, ``-1`` when it cannot be read. None when nothing should be answered.
    """

    message: Message | None
    violations: tuple[Violation, ...] = ()
    clean: bool = True
    broken_id: str | None = None


_STRINGS = re.compile(r'"(?:[^"\\]|\\.)*"?', re.DOTALL)
_BRACKETS = re.compile(r"[\[\]{}]")
_HEAD = re.compile(r'\s*\[\s*(-?\d{1,3})\s*,\s*"([^"\\]{1,36})"')
_SURROGATE_ESCAPE = re.compile(r"\\u[dD][89a-fA-F]")


def decode(data: str | bytes, dialect: Dialect = "2.0.1") -> Decoded:
    """Read one frame. Never raises, whatever comes. Message types 5 and 6 are known to OCPP 2.1 only.

    >>> decode('[2,"7","Heartbeat",{}]').message
    Call(id='7', action='Heartbeat', payload={})
    """
    violations: list[Violation] = []
    if isinstance(data, str):
        try:
            raw = data.encode()
        except UnicodeEncodeError:
            return _strictly(undecoded(data), violations, dialect)
    else:
        raw = bytes(data)
        violations.append(
            Violation("decode.binary-frame", "The frame came as binary; OCPP-J uses text frames only.")
        )
    if len(raw) > MAX_BYTES:
        sentence = f"The frame has {len(raw)} bytes; more than {MAX_BYTES} are not read."
        return Decoded(None, (*violations, Violation("decode.size", sentence)), clean=_is_utf8(raw))
    if raw.count(b"[") + raw.count(b"{") <= MAX_DEPTH:
        try:
            value = orjson.loads(raw)
            if orjson.dumps(value) == raw:
                return _message(value, violations, dialect)
        except ValueError:
            pass
    return _strictly(raw, violations, dialect)


def undecoded(text: str) -> bytes:
    """The bytes of a text with lone surrogates: those that ``surrogateescape`` made of bytes, or the surrogates' own."""
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return text.encode("utf-8", "surrogatepass")


def _is_utf8(raw: bytes) -> bool:
    try:
        raw.decode()
    except UnicodeDecodeError:
        return False
    return True


def _strictly(raw: bytes, violations: list[Violation], dialect: Dialect) -> Decoded:
    try:
        text = raw.decode()
    except UnicodeDecodeError as error:
        sentence = f"The frame is not UTF-8: byte {raw[error.start]:#04x} at position {error.start}."
        violations.append(Violation("decode.utf-8", sentence))
        return Decoded(
            None, tuple(violations), clean=False, broken_id=_broken_id(raw.decode(errors="replace"))
        )
    if text.startswith("\ufeff"):
        violations.append(Violation("decode.byte-order-mark", "The frame begins with a byte order mark."))
        text = text[1:]
    depth = _depth(text)
    if depth > MAX_DEPTH:
        sentence = f"The frame nests {depth} deep; more than {MAX_DEPTH} are not read."
        violations.append(Violation("decode.depth", sentence))
        return Decoded(None, tuple(violations), broken_id=_broken_id(text))
    reader = _Reader()
    try:
        value = json.loads(
            text,
            object_pairs_hook=reader.pairs,
            parse_int=reader.integer,
            parse_float=reader.number,
            parse_constant=reader.constant,
        )
    except ValueError as error:
        violations.append(Violation("decode.json", f"The frame is not JSON: {error}."))
        return Decoded(None, tuple(violations), broken_id=_broken_id(text))
    if _SURROGATE_ESCAPE.search(text):
        value = reader.whole(value)
    violations += reader.violations[:MAX_VIOLATIONS]
    return _message(value, violations, dialect)


def _depth(text: str) -> int:
    """How deep brackets nest outside strings; at least that deep in text that is not JSON."""
    depth = deepest = 0
    for character in _BRACKETS.findall(_STRINGS.sub("", text)):
        if character in "[{":
            depth += 1
            deepest = max(deepest, depth)
        elif character in "]}":
            depth -= 1
    return deepest


def _broken_id(text: str) -> str | None:
    """The id in the head of an unreadable frame; ``-1`` unless it begins like an answer, which gets none."""
    head = _HEAD.match(text)
    if head is None:
        return "-1"
    return head[2] if head[1] == "2" else None


class _Reader:
    """Hooks for ``json.loads`` that note what JSON allows and OCPP does not."""

    def __init__(self) -> None:
        self.violations: list[Violation] = []

    def pairs(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) != len(pairs):
            seen: set[str] = set()
            for key, _value in pairs:
                if key in seen:
                    self._note("decode.duplicate-key", f"The key {_short(key)} stands twice in one object.")
                seen.add(key)
        return found

    def integer(self, text: str) -> int | None:
        if len(text) > 21 or int(text) not in INTEGERS:
            self._note("decode.integer", f"The integer {_short(text)} does not fit into 64 bits.")
            return None
        return int(text)

    def number(self, text: str) -> float | Decimal | None:
        sent = exact(text)
        if sent is None or (sent and abs(sent.adjusted()) > 300):
            sentence = f"The number {_short(text)} has more than 64 characters or an exponent beyond 300."
            self._note("decode.number", sentence)
            return None
        nearest = float(sent)
        return nearest if Decimal(repr(nearest)) == sent else sent

    def constant(self, text: str) -> None:
        self._note("decode.number", f"{text} is no JSON number.")

    def whole(self, value: Any) -> Any:
        """The value with lone surrogates replaced, since no record and no answer could hold them."""
        if isinstance(value, str):
            try:
                value.encode()
            except UnicodeEncodeError:
                self._note("decode.surrogate", f"The text {_short(ascii(value))} holds a lone surrogate.")
                return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
            return value
        if isinstance(value, dict):
            return {self.whole(key): self.whole(item) for key, item in value.items()}
        if isinstance(value, list):
            return [self.whole(item) for item in value]
        return value

    def _note(self, rule: str, sentence: str) -> None:
        self.violations.append(Violation(rule, sentence))


def _short(text: str) -> str:
    return repr(text if len(text) <= 40 else f"{text[:40]}...")


class _Unreadable(Exception):
    """The array is no OCPP message. ``broken_id`` as in ``Decoded``."""

    def __init__(self, rule: str, sentence: str, broken_id: str | None) -> None:
        super().__init__(sentence)
        self.violation = Violation(rule, sentence)
        self.broken_id = broken_id


def _message(value: Any, violations: list[Violation], dialect: Dialect) -> Decoded:
    try:
        message = _read(value, violations, dialect)
    except _Unreadable as unreadable:
        return Decoded(None, (*violations, unreadable.violation), broken_id=unreadable.broken_id)
    return Decoded(message, tuple(violations))


def _read(value: Any, violations: list[Violation], dialect: Dialect) -> Message:
    if type(value) is not list:
        raise _Unreadable("decode.array", f"The frame is {_kind(value)} instead of an array.", "-1")
    kind, unique = _read_head(value, dialect)
    if len(unique) > MAX_ID:
        sentence = f"The message id {_short(unique)} has {len(unique)} characters; {MAX_ID} are allowed."
        violations.append(Violation("decode.id-length", sentence))
    if kind in (2, 6):
        name, broken_id = ("CALL", unique) if kind == 2 else ("SEND", None)
        _arity(value, 4, name, broken_id)
        if type(value[2]) is not str:
            sentence = f"The action of {name} {_short(unique)} is {_kind(value[2])} instead of text."
            raise _Unreadable("decode.action", sentence, broken_id)
        payload = _object(value[3], "payload", unique, broken_id)
        return Call(unique, value[2], payload) if kind == 2 else Send(unique, value[2], payload)
    if kind == 3:
        _arity(value, 3, "CALLRESULT", None)
        return CallResult(unique, _object(value[2], "payload", unique, None))
    return _read_error(value, unique, violations, CallError if kind == 4 else CallResultError)


_KNOWN_TYPES = {"1.6": (2, 3, 4), "2.0.1": (2, 3, 4), "2.1": (2, 3, 4, 5, 6)}


def _read_head(value: list[Any], dialect: Dialect) -> tuple[int, str]:
    if len(value) < 2:
        raise _Unreadable(
            "decode.arity", f"The frame has {len(value)} elements; no message has so few.", "-1"
        )
    kind, unique = value[0], value[1]
    known = _KNOWN_TYPES[dialect]
    if type(unique) is not str or not unique:
        broken = "-1" if kind == 2 or kind not in known else None
        shown = "empty" if unique == "" else f"{_kind(unique)} instead of text"
        raise _Unreadable("decode.id", f"The message id is {shown}.", broken)
    if type(kind) is not int or kind not in known:
        words = ", ".join(str(one) for one in known[:-1])
        sentence = f"The message type is {_short(str(kind))}; OCPP knows {words} and {known[-1]}."
        raise _Unreadable("decode.message-type", sentence, None)
    return kind, unique


def _arity(value: list[Any], wanted: int, name: str, broken_id: str | None) -> None:
    if len(value) != wanted:
        sentence = f"{name} {_short(value[1])} has {len(value)} elements instead of {wanted}."
        raise _Unreadable("decode.arity", sentence, broken_id)


def _object(value: Any, what: str, unique: str, broken_id: str | None) -> dict[str, Any]:
    if type(value) is not dict:
        sentence = f"The {what} of message {_short(unique)} is {_kind(value)} instead of an object."
        raise _Unreadable("decode.payload", sentence, broken_id)
    return value


def _read_error(
    value: list[Any], unique: str, violations: list[Violation], made: type[CallError | CallResultError]
) -> CallError | CallResultError:
    """A CALLERROR or CALLRESULTERROR; missing description or details are noted and taken as empty."""
    word = "CALLERROR" if made is CallError else "CALLRESULTERROR"
    if len(value) != 5:
        sentence = f"{word} {_short(unique)} has {len(value)} elements instead of 5."
        violations.append(Violation("decode.arity-error", sentence))
    given = value[2:5]
    code, description, details = given + ["", "", {}][len(given) :]
    for name, part, kind in (
        ("code", code, str),
        ("description", description, str),
        ("details", details, dict),
    ):
        if type(part) is not kind:
            sentence = f"The {name} of {word} {_short(unique)} is {_kind(part)}."
            violations.append(Violation("decode.error", sentence))
    return made(
        unique,
        code if type(code) is str else "",
        description if type(description) is str else "",
        details if type(details) is dict else {},
    )


_KINDS = {
    dict: "an object",
    list: "an array",
    str: "text",
    bool: "true or false",
    int: "a number",
    float: "a number",
}


def _kind(value: Any) -> str:
    return "null" if value is None else _KINDS.get(type(value), "a number")
