"""No card number leaves the station in a frame, a log or a file, and none stands whole on its screen (PAY-02, PAY-03).

Numbers are looked for when an entry is written, and hidden there (``wattest.card_data``): the monitor reads what was
noted beside. What comes from us, such as the number of a card that the bench holds, blames no station. That nothing
was found proves something only where a payment card was used.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from wattest.judge.monitors.finding import Finding, Flaw, Monitor, held
from wattest.judge.sessions import Scene

REQUIREMENTS = ("PAY-02", "PAY-03")


def watch(scene: Scene) -> tuple[Finding, ...]:
    """What the station said, what it gave out as a file, and what it showed."""
    trace = scene.trace
    used = any(
        entry.get("what") == "payment card" and entry["value"]["taken"] for entry in trace.kind("observation")
    )
    said = _leaks(scene, [entry for entry in trace.kind("frame") if entry["direction"] == "in"], "A frame")
    kept = _leaks(scene, trace.kind("file"), "A file")
    screens = [entry for entry in trace.kind("observation") if entry.get("what") == "display"]
    shown = _leaks(scene, screens, "The screen")
    frames = [int(entry["seq"]) for entry in trace.kind("frame") if entry["direction"] == "in"]
    looks = [int(entry["seq"]) for entry in screens]
    return (
        *held(
            trace,
            ("PAY-02",),
            "no card number",
            "no card number leaves the station",
            cases=frames if used else (),
            flaws=sorted((*said, *kept, *shown), key=lambda flaw: flaw.evidence),
        ),
        *held(
            trace,
            ("PAY-03",),
            "card number masked",
            "no card number stands whole on the screen",
            cases=looks if used else (),
            flaws=shown,
        ),
    )


def _leaks(scene: Scene, entries: Any, what: str) -> list[Flaw]:
    return [
        Flaw(
            f"{what} (entry {entry['seq']}, {scene.trace.during(int(entry['seq']))}) holds {told}.",
            (int(entry["seq"]),),
        )
        for entry in entries
        if (told := ", and ".join(_told(entry)))
    ]


def _told(entry: Mapping[str, Any]) -> Iterator[str]:
    for one in entry.get("card_data") or ():
        field = f" in '{one['field']}'" if one.get("field") else ""
        wrapped = f" ({', then '.join(one['wrapped'])})" if one.get("wrapped") else ""
        whose = f" of {one['issuer']} ending in {one['last_four']}" if one.get("last_four") else ""
        yield f"a {one['what']}{whose}{field}{wrapped}"


MONITOR = Monitor("card_data", REQUIREMENTS, watch)
