"""Values as they stand in a YAML file of ours: plain where nothing can be misread, in double quotes elsewhere."""

from __future__ import annotations

import re

_PLAIN = re.compile(r"-?\w(?:[\w ./+%°-]*[\w./+%°-])?")
_NOTHING = frozenset({"null", "Null", "NULL"})
_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r"}


def scalar(text: str) -> str:
    """One value.

    >>> scalar("Street 48"), scalar("yes: no"), scalar("")
    ('Street 48', '"yes: no"', '""')
    """
    if _PLAIN.fullmatch(text) and text not in _NOTHING:
        return text
    return f'"{"".join(map(_escaped, text))}"'


def in_brackets(words: str) -> str:
    """A list of words separated by commas, in one line."""
    parts = [part.strip() for part in words.split(",") if part.strip()]
    return f"[{', '.join(scalar(part) for part in parts)}]"


def _escaped(character: str) -> str:
    if character in _ESCAPES:
        return _ESCAPES[character]
    if character.isprintable():
        return character
    return f"\\u{ord(character):04x}" if ord(character) < 0x10000 else f"\\U{ord(character):08x}"
