r"""Reading what a rig answers: JSON by path, plain text by a pattern, both translated by a table of words.

::

    answer: {where: plug.where, energy: "/meters/0/kwh * 1000", currency: "=CAD"}
    match: 'LOCK (?P<connector>\d) (?P<holster>\d)'
    words: {"1": locked, "0": unlocked}

A path is dotted or a JSON pointer (RFC 6901), may end in ``* factor``, and ``=text`` is the text itself.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from wattest.errors import BenchError, RigError
from wattest_instruments.actions import Action
from wattest_instruments.placeholders import spelled

SHOWN = 200
"""Characters of an answer that a sentence repeats."""


@dataclass(frozen=True)
class Reader:
    """How one action's answer is read; ``place`` names it in sentences: ``vehicle.whereabouts``."""

    place: str
    paths: Mapping[str, str] = field(default_factory=dict)
    match: str | None = None
    words: Mapping[str, str] = field(default_factory=dict)

    def check(self, action: Action) -> None:
        """Raise ``BenchError`` when the role needs a field that is not read, or does not know one that is."""
        needs, may = action.needs, action.may
        groups = tuple(_compiled(self.match, self.place).groupindex) if self.match is not None else ()
        read = {*self.paths, *groups}
        if action.places:
            if not read:
                raise BenchError(
                    f"{self.place} reads no place from the answer: name each, 'answer: {{enclosure: path.to.it}}', or "
                    "'match:' with a group (?P<enclosure>...)."
                )
            return
        for name in sorted(read - {*needs, *may}):
            known = ", ".join((*needs, *may)) or "nothing"
            raise BenchError(f"{self.place} reads '{name}' from the answer; this action answers {known}.")
        missing = [name for name in needs if name not in read]
        if missing:
            raise BenchError(
                f"{self.place} needs '{missing[0]}' in the answer: say where it stands, "
                f"'answer: {{{missing[0]}: path.to.it}}', or 'match:' with a group (?P<{missing[0]}>...)."
            )

    def read(self, text: str, document: Any = None) -> dict[str, Any]:
        """The fields of an answer; paths begin at ``document``, or at the text read as JSON.

        Raises ``RigError`` when the answer is not what the bench file says it is.
        """
        found: dict[str, Any] = {}
        if self.match is not None:
            match = _compiled(self.match, self.place).search(text)
            if match is None:
                raise RigError(
                    f"{self.place} was answered {shown(text)}, which does not match '{self.match}'."
                )
            found |= {name: value for name, value in match.groupdict().items() if value is not None}
        if self.paths:
            if document is None and any(not path.startswith("=") for path in self.paths.values()):
                document = self._parsed(text)
            for name, path in self.paths.items():
                found[name] = self._followed(document, path, text)
        return self.translated(found)

    def translated(self, fields: Mapping[str, Any]) -> dict[str, Any]:
        """Fields with the rig's words replaced by the role's."""
        return {name: self._translated(value) for name, value in fields.items()}

    def _parsed(self, text: str) -> Any:
        try:
            return parse_json(text)
        except (ValueError, RecursionError):
            raise RigError(f"{self.place} was answered {shown(text)}, which is not JSON.") from None

    def _followed(self, document: Any, path: str, text: str) -> Any:
        if path.startswith("="):
            return path[1:]
        way, _, factor = path.partition("*")
        here = document
        for name in _names(way.strip()):
            try:
                here = here[int(name)] if isinstance(here, list) else here[name]
            except (KeyError, IndexError, TypeError, ValueError):
                raise RigError(
                    f"{self.place} was answered {shown(text)}, which has nothing at '{way.strip()}' "
                    f"(looked for '{name}')."
                ) from None
        if not factor:
            return here
        number = as_decimal(here)
        if number is None:
            raise RigError(
                f"{self.place} was answered {shown(text)}: '{here}' at '{way.strip()}' is not a number."
            )
        return number * Decimal(factor.strip())

    def _translated(self, value: Any) -> Any:
        if isinstance(value, (str, bool, int, float, Decimal)):
            return self.words.get(spelled(value), value)
        return value


def parse_json(text: str) -> Any:
    """JSON with every digit kept: fractions come as ``Decimal``. Raises ``ValueError``."""
    return json.loads(text, parse_float=Decimal, parse_constant=str)


def as_decimal(value: Any) -> Decimal | None:
    """A number as ``Decimal``, whether it came as number or as digits; None when it is none."""
    if isinstance(value, bool) or value is None:
        return None
    try:
        number = Decimal(str(value).strip())
    except ArithmeticError:
        return None
    return number if number.is_finite() else None


def shown(text: str) -> str:
    """An answer as a sentence repeats it: quoted, shortened."""
    plain = " ".join(text.split())
    return f"'{plain[:SHOWN]}{'...' if len(plain) > SHOWN else ''}'" if plain else "with nothing"


def _names(way: str) -> list[str]:
    if way.startswith("/"):
        return [part.replace("~1", "/").replace("~0", "~") for part in way[1:].split("/")]
    return [] if way in {"", "."} else way.split(".")


def _compiled(pattern: str, place: str) -> re.Pattern[str]:
    try:
        return re.compile(pattern)
    except re.error as wrong:
        raise BenchError(f"{place}: '{pattern}' is not a regular expression: {wrong}.") from None
