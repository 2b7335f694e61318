"""The live log of a central system: one readable line per frame and link, one more per violation."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from typing import Any

from wattest.card_data import hidden_fields
from wattest.clock import Clock
from wattest.ocpp.normalise import events
from wattest.roles import Note

_WIDTH = 160


class Log:
    """Stands where the record's ``note`` does, says each entry in a line, and passes it on.

    ``say`` prints a line; ``note`` appends to a record when there is one; ``raw`` shows frames as on the wire. Card data
    is hidden in either.
    """

    def __init__(
        self, clock: Clock, say: Callable[[str], None], *, note: Note | None = None, raw: bool = False
    ) -> None:
        self._clock = clock
        self._say = say
        self._note = note
        self._raw = raw
        self._numbers = itertools.count()

    def note(self, kind: str, /, **fields: Any) -> int:
        """Append to the record, if any, and say it."""
        seq = next(self._numbers) if self._note is None else self._note(kind, **fields)
        at = self._clock.utc().strftime("%H:%M:%S.%f")[:-3]
        shown = hidden_fields(kind, fields, b"")
        for line in lines(kind, shown, raw=self._raw):
            self._say(f"{at}  {line}")
        return seq


def lines(kind: str, fields: Mapping[str, Any], *, raw: bool = False) -> list[str]:
    """An entry as lines for a person.

    >>> lines("link", {"station": "CP1", "event": "opened", "subprotocol": "ocpp1.6", "code": None, "reason": ""})
    ['CP1  opened  ocpp1.6']
    """
    if kind == "link":
        parts = (fields["event"].replace("_", " "), fields["subprotocol"], fields["code"], fields["reason"])
        return [f"{fields['station'] or '?'}  {'  '.join(str(part) for part in parts if part)}"]
    if kind != "frame":
        return [f"{kind}: {fields}"]
    arrow = "->" if fields["direction"] == "in" else "<-"
    head = f"{fields['station']}  {arrow} "
    text = str(fields.get("raw", fields.get("raw_b64", ""))) if raw else _words(fields)
    found = [f"{head}{_cut(text)}"]
    found += [f"{' ' * len(head)}! {violation['sentence']}" for violation in fields["violations"]]
    return found + [
        f"{' ' * len(head)}! card data: {one['what']} ending in {one['last_four']}"
        for one in fields.get("card_data", ())
    ]


def _words(fields: Mapping[str, Any]) -> str:
    message = fields["message"]
    if message is None:
        return str(fields.get("raw") or "(nothing readable)")
    if message["type"] in {4, 5}:
        word = "CALLERROR" if message["type"] == 4 else "CALLRESULTERROR"
        return f"{message['action'] or '?'}: {word} {message['code']}  {message['description']}"
    told = _short(message["payload"])
    if message["type"] == 3:
        return f"{message['action'] or '?'}: {told or 'ok'}"
    said = ""
    if fields["direction"] == "in":
        for event in events(fields["dialect"], message["action"], message["payload"]):
            said = getattr(event, "charging_state", None) or ""
    return f"{message['action']}  {told}{f'  ({said})' if said else ''}"


def _short(payload: Mapping[str, Any]) -> str:
    """Fields as ``name=value``, nested ones with their last name only."""
    parts = []
    for key, value in payload.items():
        if isinstance(value, dict):
            parts.append(f"{key}({_short(value)})")
        elif isinstance(value, list):
            inner = "; ".join(_short(item) if isinstance(item, dict) else str(item) for item in value[:3])
            parts.append(f"{key}[{inner}{'; ...' if len(value) > 3 else ''}]")
        else:
            parts.append(f"{key}={value}")
    return " ".join(parts)


def _cut(text: str) -> str:
    plain = "".join(character if character.isprintable() else "?" for character in text)
    return plain if len(plain) <= _WIDTH else f"{plain[:_WIDTH]}..."
