"""Matching SCPI commands as instruments do: short and long forms, any case, optional nodes, compound lines.

A pattern is written as in a manual, ``[...]`` around what may be left out, ``<x>`` where a number stands::

    :NUMeric[:NORMal]:ITEM<x>     matches  :NUM:ITEM3, :numeric:normal:item3, :NUM:NORM:ITEM12
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

Answer = str | None
Action = Callable[[tuple[int, ...], str], Answer]
"""Called with the numbers in the header and the argument text; a query's answer or None."""


@dataclass(frozen=True)
class Command:
    """One line of an instrument's command table; ``query`` and ``write`` as far as they exist."""

    pattern: re.Pattern[str]
    write: Action | None
    query: Action | None


def command(pattern: str, *, write: Action | None = None, query: Action | None = None) -> Command:
    """A command from its pattern as written in a manual."""
    return Command(re.compile(_expression(pattern), re.IGNORECASE), write, query)


def statements(line: str) -> Iterator[tuple[str, str]]:
    """Full headers and arguments of a compound line, ``:A:B 1;C?;*CLS`` giving ``:A:B``, ``:A:C?``, ``*CLS``.

    After a semicolon a header without a leading colon stays on the level of the one before it (IEEE 488.2
    appendix A); common commands with an asterisk leave that level alone.
    """
    level = ""
    for part in line.split(";"):
        header, _, argument = part.strip().partition(" ")
        if not header:
            continue
        if header.startswith("*"):
            yield header, argument.strip()
            continue
        if not header.startswith(":"):
            header = f"{level}:{header}"
        level = header.rpartition(":")[0]
        yield header, argument.strip()


def _expression(pattern: str) -> str:
    parts: list[str] = []
    for piece in re.findall(r"\[|\]|<x>|\||[*:]?[A-Za-z]+|.", pattern):
        if piece == "[":
            parts.append("(?:")
        elif piece == "]":
            parts.append(")?")
        elif piece == "<x>":
            parts.append(r"(\d{1,3})?")
        elif piece == "|":
            parts.append("|")
        else:
            parts.append(_node(piece))
    return "".join(parts)


def _node(piece: str) -> str:
    mark = piece[0] if piece[0] in ":*" else ""
    word = piece[len(mark) :]
    short = re.match(r"[A-Z]*", word)
    assert short is not None
    rest = word[len(short[0]) :]
    return re.escape(mark) + short[0] + (f"(?:{rest})?" if rest else "")
