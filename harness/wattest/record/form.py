r"""What a line of a record looks like.

::

    {"seq":7,"t":12.5,"utc":"2026-01-15T12:00:12.500000Z","kind":"exchange",<fields>,"prev":"<64 hex digits>"}

One JSON object per line, UTF-8, no blanks, ended by a line feed. ``seq`` counts the lines from 0, ``t`` is the
bench's monotonic time in seconds with six decimals, ``utc`` its wall time. ``prev`` is the SHA-256 of the line
before, without its line feed.

- Line 0, kind ``preamble``, holds what differs between equal runs: host, versions, paths. The chain starts after
  it, so that equal seeds give equal lines; its hash stands in the footer.
- Line 1, kind ``header``, says what was to be run. Its ``prev`` is 64 zeros, as the preamble's.
- The last line, kind ``footer``, seals the run: ``entries`` before it, ``head`` (hash of the last of them),
  ``preamble_sha256``, ``verdicts``, and at its very end ``seal``: the SHA-256 of the footer up to there. A record
  without a footer is not a result: a plain chain cannot tell that its tail was cut off.

Whoever rewrites the whole file can chain and seal it anew: against that only a signature helps.

JSON has no words for some values. Decimals become text, as do integers beyond 64 bits; times become text in UTC with
six decimals; sets become sorted lists; NaN and infinities become null; a lone surrogate, which UTF-8 cannot
carry, becomes its escape ``\udc80`` as text.
"""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum
from pathlib import PurePath
from typing import Any

import orjson

from wattest.errors import RecordError

FORMAT = 1
"""Stands in the header as ``format``."""

ZEROS = "0" * 64
RESERVED = frozenset({"seq", "t", "utc", "kind", "prev", "seal"})
DEEPEST = 200
"""Most levels of nesting in a field; an OCPP frame that decodes has far fewer."""

_OPTIONS = orjson.OPT_PASSTHROUGH_DATETIME
_LEAST, _MOST = -(2**63), 2**64 - 1


def digest(line: bytes) -> str:
    """The hash that the next line carries as ``prev``: SHA-256 in hex, of the line without its line feed."""
    return hashlib.sha256(line).hexdigest()


def encode(seq: int, t: float, utc: str, kind: str, fields: Mapping[str, Any], prev: str) -> bytes:
    """One line without its line feed; ``utc`` as ``utc_text`` writes it. Raises ``RecordError`` for a value or a name that no line can hold."""
    if not RESERVED.isdisjoint(fields):
        taken = ", ".join(sorted(RESERVED.intersection(fields)))
        raise RecordError(
            f"An entry of kind {kind!r} cannot have a field named {taken}: every line has that itself."
        )
    head = {"seq": seq, "t": round(t, 6), "utc": utc, "kind": kind}
    try:
        return orjson.dumps({**head, **fields, "prev": prev}, _plain, _OPTIONS)
    except TypeError:
        fields = {_text(name): _spelled(value, f"{kind}.{name}", 0) for name, value in fields.items()}
        return orjson.dumps({**head, **fields, "prev": prev})


def kind_of(line: bytes) -> str:
    """The kind of a line that ``encode`` wrote, without parsing the rest of it."""
    return line.split(b'"', 12)[11].decode()


def with_seal(line: bytes) -> bytes:
    """The footer with its seal."""
    return line[:-1] + b',"seal":"' + digest(line[:-1]).encode() + b'"}'


def seal_holds(line: bytes) -> bool:
    """True when a footer ends in the seal of its own content."""
    content = line[: -len(b',"seal":""}') - 64]
    return line == content + b',"seal":"' + digest(content).encode() + b'"}'


def utc_text(moment: datetime) -> str:
    """``2026-01-15T12:00:00.000000Z``; the moment must be aware. One that UTC cannot express keeps its own zone."""
    if moment.tzinfo is not UTC:
        try:
            moment = moment.astimezone(UTC)
        except OverflowError:
            return moment.isoformat(timespec="microseconds")
    return moment.isoformat(timespec="microseconds")[:-6] + "Z"


def _plain(value: object) -> object:
    """One level of what orjson does not know."""
    if isinstance(value, frozenset):  # far the most: flags
        return _sorted(value, "")
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise TypeError
        return utc_text(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, AbstractSet):
        return _sorted(value, "")
    if isinstance(value, PurePath):
        return str(value)
    raise TypeError


def _sorted(values: AbstractSet[Any], where: str) -> list[Any]:
    """In their own order, or in that of what they look like when they have none."""
    try:
        return sorted(values)
    except TypeError:
        return sorted(values, key=lambda value: orjson.dumps(_spelled(value, f"{where}[in a set]", 0)))


def _spelled(value: Any, where: str, depth: int) -> Any:
    """Every level, slowly, for values that orjson refuses; raises ``RecordError`` with the place of a hopeless one."""
    if depth > DEEPEST:
        raise RecordError(
            f"The field {where} is nested deeper than {DEEPEST} levels: the record cannot hold it."
        )
    if isinstance(value, Enum):
        value = value.value
    if isinstance(value, str):
        return _text(value)
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):
        return int(value) if _LEAST <= value <= _MOST else str(value)
    if isinstance(value, float):
        return float(value)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        value = {part.name: getattr(value, part.name) for part in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {
            _text(str(name)): _spelled(part, f"{where}.{name}", depth + 1) for name, part in value.items()
        }
    if isinstance(value, list | tuple):
        return [_spelled(part, f"{where}[{index}]", depth + 1) for index, part in enumerate(value)]
    if isinstance(value, AbstractSet):
        return [
            _spelled(part, f"{where}[{index}]", depth + 1) for index, part in enumerate(_sorted(value, where))
        ]
    if isinstance(value, datetime) and value.tzinfo is None:
        raise RecordError(
            f"The field {where} is {value.isoformat()} without a time zone: make it aware, in UTC."
        )
    try:
        return _plain(value)
    except TypeError:
        raise RecordError(
            f"The field {where} is of type {type(value).__name__}, which the record cannot hold: "
            "give text, a number, a Decimal, an aware datetime, a list, a mapping, a set or a dataclass of these."
        ) from None


def _text(value: str) -> str:
    return value.encode("utf-8", "backslashreplace").decode("utf-8")
