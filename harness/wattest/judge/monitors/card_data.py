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
from wattest.judge.station_files import ORIGIN, is_certain, words_of

REQUIREMENTS = ("PAY-02", "PAY-03")


def watch(scene: Scene) -> tuple[Finding, ...]:
    """What the station said, what it gave out as a file, and what it showed."""
    trace = scene.trace
    used = any(
        entry.get("what") == "payment card" and entry["value"]["taken"] for entry in trace.kind("observation")
    )
    said = _leaks(scene, [entry for entry in trace.kind("frame") if entry["direction"] == "in"], "A frame")
    files = list(trace.kind("file"))
    kept = _leaks(scene, [file for file in files if file.get("origin") != ORIGIN], "A file")
    certain = [file for file in files if file.get("origin") == ORIGIN and _certain(file)]
    kept += _leaks(scene, certain, "A file that the station handed out")
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
        if entry.get("origin") != ORIGIN or is_certain(one):
            yield words_of(one)


def _certain(file: Mapping[str, Any]) -> bool:
    return any(is_certain(one) for one in file.get("card_data") or ())


MONITOR = Monitor("card_data", REQUIREMENTS, watch)
