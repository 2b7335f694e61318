"""Entries of a record without card data: hidden before they are written, and what was found said beside.

An entry in which something was found has a field ``card_data``: a list of ``CardData`` as mappings. A frame keeps all
its bytes but the digits, and its message is read again from what is kept, so that the one still follows from the other.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from dataclasses import asdict
from functools import lru_cache
from typing import Any

import orjson

from wattest.card_data.look import CardData, Look
from wattest.ocpp.decode import decode
from wattest.ocpp.messages import described

FIELD = "card_data"

_CHAIN = len(b',"prev":""}') + 64
_SEPARATORS = b" -:\xc2\xa0\xe2\x80\x90\x91\xaf"
"""What may stand between digits, and between the bytes of a dump, as single bytes of UTF-8."""


def _table(kept: bytes) -> bytes:
    """Every byte of these becomes a 1 and every other a blank."""
    return bytes(0x31 if byte in kept else 0x20 for byte in range(256))


_DIGITS = _table(b"0123456789")
_HEX = _table(b"0123456789abcdefABCDEF")
_WORD = _table(b"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ+/_")
_LONG = re.compile(rb"[0-9A-Za-z+/_]{18,}")
_NAME = re.compile(rb"[A-Z]?[a-z]+(?:[A-Z][a-z]+)*")
"""A name such as StatusNotification. Base64 of digits may look like that as well: each name is looked into, once."""


@lru_cache(maxsize=2048)
def _wraps(word: bytes) -> bool:
    """Whether something is found in a word: those of OCPP come again and again."""
    look = Look(b"")
    look.text(word.decode())
    return bool(look.found)


def suspect(line: bytes) -> bool:
    """Whether a line of a record might hold card data: never false when it does.

    Every line goes through here, so this is made of single passes over its bytes and no search by pattern.
    """
    line = line[: max(0, len(line) - _CHAIN)]
    return (
        b"1" * 13 in line.translate(_DIGITS, _SEPARATORS)
        or b"1" * 26 in line.translate(_HEX, _SEPARATORS)
        or (
            b"1" * 18 in line.translate(_WORD)
            and any(_NAME.fullmatch(word) is None or _wraps(word) for word in _LONG.findall(line))
        )
        or b"\\u00" in line
        or b"%" in line
        or b"cvv" in (lower := line.lower())
        or b"cvc" in lower
    )


def hidden(line: bytes, key: bytes) -> dict[str, Any] | None:
    """The fields of a line's entry without card data; None when it has none."""
    entry = orjson.loads(line)
    fields = {name: value for name, value in entry.items() if name not in _OF_EVERY_LINE}
    after = hidden_fields(str(entry["kind"]), fields, key)
    return None if after is fields else dict(after)


_OF_EVERY_LINE = frozenset({"seq", "t", "utc", "kind", "prev", "seal"})


def hidden_fields(kind: str, fields: Mapping[str, Any], key: bytes) -> Mapping[str, Any]:
    """Fields of an entry without card data, and ``card_data``; the same object when nothing was found."""
    look = Look(key)
    after = _frame(fields, look) if kind == "frame" else look.value(fields)
    if not look.found:
        return fields
    return {**after, FIELD: [*fields.get(FIELD, ()), *distinct(look.found)]}


def distinct(found: list[CardData]) -> list[dict[str, Any]]:
    """Findings as they stand in an entry, each once."""
    return [asdict(one) for one in dict.fromkeys(found)]


def _frame(fields: Mapping[str, Any], look: Look) -> Mapping[str, Any]:
    if "raw_b64" in fields:
        content = base64.b64decode(str(fields["raw_b64"]))
        plain: str | bytes = look.text(content.decode("latin-1")).encode("latin-1")
        kept = {"raw_b64": base64.b64encode(plain).decode()}  # type: ignore[arg-type]  # bytes, as just made
    else:
        plain = look.text(str(fields.get("raw", "")))
        kept = {"raw": plain}
    if not look.found:
        return fields
    aside = Look(b"")  # what we say of a frame, such as a violation that quotes it, is no second finding
    after = {**fields, **kept, "violations": aside.value(fields.get("violations") or [])}
    message = fields.get("message")
    if message is not None:
        after["message"] = described(decode(plain).message, message.get("action"))
    return after
