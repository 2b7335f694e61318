"""Every frame of the station can be read, satisfies the schema of its action and waits for its turn (OCP-02)."""

from __future__ import annotations

from wattest.judge.monitors.finding import Finding, Flaw, Monitor, held
from wattest.judge.sessions import Scene

REQUIREMENTS = ("OCP-02",)
FORM = ("decode.", "schema.", "session.error-code", "session.second-call")
"""Rules about a frame by itself and about taking turns; answers and ids belong to other monitors."""


def watch(scene: Scene) -> tuple[Finding, ...]:
    """Frames with violations of form, as they were noted when they came."""
    trace = scene.trace
    cases: list[int] = []
    flaws: list[Flaw] = []
    for entry in trace.kind("frame"):
        if entry["direction"] != "in":
            continue
        seq = int(entry["seq"])
        wrong = [part for part in entry.get("violations") or () if str(part["rule"]).startswith(FORM)]
        if wrong:
            said = wrong[0]["sentence"]
            flaws.append(Flaw(f"A frame (entry {seq}, {trace.during(seq)}) is not valid: {said}", (seq,)))
        elif entry.get("message"):
            cases.append(seq)
    return held(
        trace,
        REQUIREMENTS,
        "frames valid",
        "every frame is readable and satisfies its schema",
        cases=cases,
        flaws=flaws,
    )


MONITOR = Monitor("frames_valid", REQUIREMENTS, watch)
