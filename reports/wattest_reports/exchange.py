"""Messages between EVSE and CSMS as lines that a person can read, around what went wrong only."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Literal

from wattest_reports.entries import Entry, mapping, number, rows, text
from wattest_reports.view import Check, Exchange, Line, Step

KINDS = frozenset({"frame", "link", "action", "fault", "heal"})
MOST_LINES = 28
MOST_FIELDS = 12
LONGEST = 160
"""A value longer than this is cut: a charger may send a megabyte."""

_AROUND = 2
_FIRST = 6
"""Of many cited messages, such as all of a transaction, the first few and the last ones are shown."""
_WORDS: Mapping[Any, Literal["call", "result", "error"]] = {2: "call", 3: "result", 4: "error"}


def exchange(entries: Sequence[Entry], steps: Sequence[Step], checks: Sequence[Check]) -> Exchange | None:
    """The lines in and around failed steps, and those that failed checks point to; None when all went well.

    At most ``MOST_LINES``: what checks cite first, then what is nearest to the end of the failed step.
    """
    bad = [check for check in checks if check.outcome != "pass"]
    broken = [step for step in steps if step.outcome != "done"]
    if not bad and not broken:
        return None
    wires = [entry for entry in entries if entry.get("kind") in KINDS]
    if not wires:
        return None
    cited: set[Any] = {seq for check in bad for seq in check.evidence}
    for entry in wires:
        if entry.get("answers") is not None and (entry["answers"] in cited or entry.get("seq") in cited):
            cited |= {entry["answers"], entry.get("seq")}
    pointed = [place for place, entry in enumerate(wires) if entry.get("seq") in cited]
    within = [
        place
        for place, entry in enumerate(wires)
        if any(step.begin <= number(entry.get("t")) <= step.end for step in broken)
    ]
    if not pointed and not within:
        last = max((number(entry.get("t")) for entry in entries), default=0.0)
        moment = max((step.end for step in broken), default=last)
        within = [place for place, entry in enumerate(wires) if number(entry.get("t")) <= moment][-4:]
    chosen = _choose(pointed, within, len(wires))
    return _lines(wires, chosen, cited)


def _choose(pointed: list[int], within: list[int], count: int) -> list[int]:
    chosen: dict[int, None] = dict.fromkeys([*pointed[:_FIRST], *pointed[_FIRST:][-MOST_LINES // 2 :]])
    for place in reversed(within):
        chosen.setdefault(place)
    for place in [*pointed, *within[:1], *within[-1:]]:
        for near in range(max(place - _AROUND, 0), min(place + _AROUND + 1, count)):
            chosen.setdefault(near)
    return sorted(list(chosen)[:MOST_LINES])


def _lines(wires: Sequence[Entry], chosen: Sequence[int], cited: set[Any]) -> Exchange:
    lines: list[Line] = []
    before = -1
    for place in chosen:
        entry, skipped = wires[place], place - before - 1
        line = replace(_line(entry, entry.get("seq") in cited), skipped=skipped)
        before = place
        if line.word == "result" and not line.fields and not line.violations and not skipped:
            asked = lines[-1] if lines else None
            if asked is not None and asked.word == "call" and entry.get("answers") == asked.seq:
                lines[-1] = replace(asked, answered=True)
                continue
        lines.append(line)
    return Exchange(tuple(lines), len(wires) - 1 - before)


def _line(entry: Entry, cited: bool) -> Line:
    kind = entry.get("kind")
    made = _frame(entry) if kind == "frame" else _event(entry)
    return replace(made, cited=cited)


def _frame(entry: Entry) -> Line:
    message = mapping(entry.get("message"))
    seq, at = number(entry.get("seq")), number(entry.get("t"))
    violations = tuple(text(row.get("sentence") or row.get("rule")) for row in rows(entry.get("violations")))
    sender: Literal["evse", "csms"] = "evse" if entry.get("direction") == "in" else "csms"
    word = _WORDS.get(message.get("type"))
    if word is None:
        raw = entry.get("raw")
        shown = cut(text(raw)) if raw is not None else cut(text(entry.get("raw_b64")))
        name = "raw" if raw is not None else "raw (base64)"
        return Line(int(seq), at, sender, "undecoded", "", ((name, shown),), 0, violations, False)
    if word == "error":
        content: Any = {
            name: message[name] for name in ("code", "description", "details") if message.get(name)
        }
    else:
        content = message.get("payload")
    fields, more = flat(content)
    return Line(int(seq), at, sender, word, text(message.get("action")), fields, more, violations, False)


def _event(entry: Entry) -> Line:
    seq, at = int(number(entry.get("seq"))), number(entry.get("t"))
    kind = entry.get("kind")
    if kind == "link":
        fields, more = flat(
            {name: entry[name] for name in ("code", "reason", "by", "subprotocol") if entry.get(name)}
        )
        return Line(seq, at, "link", "link", text(entry.get("event")), fields, more, (), False)
    if kind == "action":
        names = {name: entry[name] for name in ("result", "error") if entry.get(name) is not None}
        fields, more = flat({**mapping(entry.get("arguments")), **names})
        what = f"{text(entry.get('role'))}.{text(entry.get('action'))}"
        return Line(seq, at, "bench", "action", what, fields, more, (), False)
    word: Literal["fault", "heal"] = "fault" if kind == "fault" else "heal"
    fields, more = flat({name: entry[name] for name in ("what", "detail", "backend") if entry.get(name)})
    return Line(seq, at, "bench", word, text(entry.get("id")), fields, more, (), False)


def flat(payload: Any) -> tuple[tuple[tuple[str, str], ...], int]:
    """Path and value of every leaf, ``MOST_FIELDS`` of them, and how many more there are.

    Example::

        flat({"idTag": "04E2", "meterValue": [{"value": "12"}]})
        # ((("idTag", "04E2"), ("meterValue[0].value", "12")), 0)
    """
    found: list[tuple[str, str]] = []
    more = 0
    for path, value in _leaves(payload, ""):
        if len(found) < MOST_FIELDS:
            found.append((path, cut(value)))
        else:
            more += 1
    return tuple(found), more


def _leaves(value: Any, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping):
        if path.endswith("]") and "value" in value and ("measurand" in value or "sampledValue[" in path):
            yield _sample(value)
            return
        for key, item in value.items():
            yield from _leaves(item, f"{path}.{cut(text(key))}" if path else cut(text(key)))
    elif isinstance(value, (list, tuple)):
        for place, item in enumerate(value):
            yield from _leaves(item, f"{path}[{place}]")
    elif isinstance(value, bool):
        yield path, "true" if value else "false"
    else:
        yield path, "null" if value is None else text(value)


def _sample(value: Mapping[str, Any]) -> tuple[str, str]:
    """A sampled value in one piece: ``Energy.Active.Import.Register: 552242 Wh``."""
    measured = mapping(value.get("unitOfMeasure"))
    unit = text(value.get("unit")) or text(measured.get("unit"))
    scale = f" x10^{text(measured['multiplier'])}" if measured.get("multiplier") else ""
    names = (
        value.get("measurand", "Energy.Active.Import.Register"),
        value.get("phase"),
        value.get("context"),
    )
    name = " ".join(text(part) for part in names if part and part != "Sample.Periodic")
    return cut(name), cut(f"{text(value.get('value'))} {unit}{scale}".rstrip())


def cut(value: str) -> str:
    """The text, or its beginning with the number of characters left out."""
    if len(value) <= LONGEST:
        return value
    return f"{value[:LONGEST]}\u2026 (+{len(value) - LONGEST})"
