"""Every frame of the station can be read, satisfies the schema of its action and waits for its turn (OCP-02)."""

from __future__ import annotations

from collections.abc import Mapping

from wattest.judge.monitors.finding import Finding, Flaw, Monitor, held
from wattest.judge.sessions import Scene

REQUIREMENTS = ("OCP-02",)
FORM = ("decode.", "schema.", "session.error-code", "session.second-call", "session.direction")
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
    flaws += _unknown_places(scene)
    flaws.sort(key=lambda flaw: flaw.evidence)
    return held(
        trace,
        REQUIREMENTS,
        "frames valid",
        "every frame is readable and satisfies its schema",
        cases=cases,
        flaws=flaws,
    )


def _unknown_places(scene: Scene) -> list[Flaw]:
    """CALLs about a connector or EVSE that the charger sheet does not have."""
    flaws: list[Flaw] = []
    for call in scene.trace.said:
        place = call.payload.get("connectorId" if call.dialect == "1.6" else "evseId")
        evse = call.payload.get("evse")
        if isinstance(evse, Mapping):
            place = evse.get("id")
        least = 1 if call.action == "StartTransaction" else 0
        if not isinstance(place, int) or least <= place <= scene.facts.connectors:
            continue
        what = "connector" if call.dialect == "1.6" else "EVSE"
        flaws.append(
            Flaw(
                f"{call} {scene.trace.during(call.seq)} is about {what} {place}; the charger sheet states "
                f"{scene.facts.connectors}.",
                (call.seq,),
            )
        )
    return flaws


MONITOR = Monitor("frames_valid", REQUIREMENTS, watch)
