"""Where the plug was, by what the suite did with it and saw of it."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from typing import Any

from wattest.judge.trace import Entry, Trace

AFTER = {"plug_in": "plugged in", "unplug": "in hand", "holster": "holstered"}
"""Where the plug is after an action of the vehicle role went well."""


@dataclass(frozen=True)
class Plug:
    """Whereabouts over time; ``unknown`` until something was done or seen."""

    times: tuple[float, ...]
    places: tuple[str, ...]

    def at(self, t: float) -> str:
        """Whereabouts at a time."""
        place = bisect_right(self.times, t)
        return self.places[place - 1] if place else "unknown"

    def throughout(self, begin: float, end: float) -> str:
        """The whereabouts that held from ``begin`` to ``end``; ``unknown`` when they changed."""
        first = self.at(begin)
        inside = (place for t, place in zip(self.times, self.places, strict=True) if begin < t <= end)
        return first if all(place == first for place in inside) else "unknown"


def plug_of(trace: Trace) -> Plug:
    """Whereabouts from actions of the vehicle role and from observations, in order."""
    told = [
        (float(entry["t"]), _place(entry))
        for entry in trace.entries
        if entry["kind"] in {"action", "observation"}
    ]
    known = [(t, place) for t, place in told if place is not None]
    return Plug(tuple(t for t, _ in known), tuple(place for _, place in known))


def _place(entry: Entry) -> str | None:
    if entry["role"] != "vehicle":
        return None
    if entry["kind"] == "observation":
        return _seen(entry.get("value")) if entry["what"] == "whereabouts" else None
    if entry["action"] == "whereabouts":
        return _seen(entry.get("result"))
    return AFTER.get(entry["action"]) if not entry.get("error") else None


def _seen(value: Any) -> str | None:
    """The word for a place, alone or under ``plug``; an observer who does not know leaves it as it was."""
    word = value.get("plug") if isinstance(value, dict) else value
    return word if isinstance(word, str) and word != "unknown" else None
