"""Placeholders of bench files: ``{uid}``, ``{current_a*1000}``, ``{on:true=1,false=0}``, ``{charger.http}``.

Text around them stays as it is, so that JSON can be written as JSON::

    body: '{"amps": {current_a}, "lock": "{which:holster=1,connector=2}"}'

Numbers are written without a needless ``.0``, yes and no as ``true`` and ``false``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Mapping
from typing import Any

from wattest.errors import BenchError
from wattest.roles import Surroundings

_PLACEHOLDER = re.compile(
    r"\{(?P<name>[a-z_]+(?:\.[a-z_]+)?)(?:\*(?P<factor>[0-9]+(?:\.[0-9]+)?)|:(?P<words>[^{}=]+=[^{}]*))?\}"
)


def placeholders(text: str) -> tuple[str, ...]:
    """Names of the placeholders in a text, in order."""
    return tuple(match["name"] for match in _PLACEHOLDER.finditer(text))


def check_placeholders(text: str, known: Collection[str], place: str) -> None:
    """Raise ``BenchError`` when a text names what nobody will fill. Names with a dot are facts of a rig."""
    for name in placeholders(text):
        if name not in known and "." not in name:
            offers = ", ".join(f"{{{one}}}" for one in known) if known else "none"
            raise BenchError(
                f"{place} names {{{name}}}, which nobody fills; placeholders there are: {offers}."
            )


def fill(text: str, values: Mapping[str, Any], escape: Callable[[str], str] = str) -> str:
    """The text with every known placeholder replaced; ``escape`` is applied to what is put in.

    Unknown placeholders stay as they stand: ``check_placeholders`` has spoken about them.
    """

    def put(match: re.Match[str]) -> str:
        if match["name"] not in values:
            return match[0]
        value = values[match["name"]]
        if match["factor"] is not None and isinstance(value, (int, float)):
            value = value * float(match["factor"])
        said = spelled(value)
        if match["words"] is not None:
            pairs = (pair.partition("=") for pair in match["words"].split(","))
            words = {key.strip(): word.strip() for key, _, word in pairs}
            if said not in words:
                raise BenchError(
                    f"Placeholder {match[0]} has no word for '{said}'; it has {', '.join(words)}."
                )
            said = words[said]
        return escape(said)

    return _PLACEHOLDER.sub(put, text)


def spelled(value: Any) -> str:
    """A value as it stands in a request: ``16``, ``16.5``, ``true``, text as it is, lists joined by ``|``.

    Nothing is ``null``. The parts of a step of a supply profile are joined by ``:``, so that the profile of 100 ms at 0 V and
    one second at 120 V reads ``0.1:0:60|1:120:60`` (seconds, volts, hertz).
    """
    if value is None:
        return "null"
    if isinstance(value, Mapping):
        return ":".join(spelled(one) for one in value.values())
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return f"{value:.12g}"
    if isinstance(value, (tuple, list)):
        return "|".join(spelled(one) for one in value)
    return str(value)


def json_inside(text: str) -> str:
    """Escape for a place inside a JSON string; numbers and words are left as they are."""
    return json.dumps(text, ensure_ascii=False)[1:-1]


def rig_facts(around: Surroundings) -> dict[str, str]:
    """What the rigs of the bench know by now, as ``rig.fact``: addresses that they printed when ready."""
    return {
        f"{name}.{key}": str(value)
        for name, rig in around.rigs.items()
        for key, value in getattr(rig, "facts", {}).items()
    }
