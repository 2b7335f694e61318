"""Locks follow the session, as a sensor sees them (LCK-01, LCK-02, LCK-03).

While energy flows the connector is locked in the car; a plug on the station is held there unless somebody may take it.
Positions that nobody knows, moments right after a change, and times without link or mains say nothing: what the station
may decide by itself cannot be known then. Only charger sheets that state such a lock are judged.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from wattest.judge.authority import authorised, number_in_force
from wattest.judge.monitors.finding import Finding, Flaw, Monitor, held
from wattest.judge.plug import Plug, plug_of
from wattest.judge.sessions import Scene, Session
from wattest.judge.trace import Entry, Spans, Trace

CAPTIVE = ("LCK-01",)
RELOCK = ("LCK-02",)
CONNECTOR = ("LCK-03",)


def watch(scene: Scene) -> tuple[Finding, ...]:
    """Every observation of a lock against what was going on around it."""
    trace, features = scene.trace, scene.facts.features
    findings: tuple[Finding, ...] = ()
    if "connector_lock" in features:
        cases, flaws = _connector(scene)
        findings += held(
            trace,
            CONNECTOR,
            "connector locked while charging",
            "the connector is locked in the vehicle while it charges",
            cases=cases,
            flaws=flaws,
        )
    if "holster_lock" in features:
        findings += _holster(scene)
    return findings


def _seen(trace: Trace) -> Iterator[tuple[Entry, Mapping[str, Any]]]:
    for entry in trace.kind("observation"):
        if entry["what"] == "locks" and isinstance(entry.get("value"), Mapping):
            yield entry, entry["value"]


def _connector(scene: Scene) -> tuple[list[int], list[Flaw]]:
    cases: list[int] = []
    flaws: list[Flaw] = []
    charging = [(session, spans) for session in scene.sessions if (spans := _charging(scene, session)).spans]
    for entry, value in _seen(scene.trace):
        position, t, seq = value.get("connector"), float(entry["t"]), int(entry["seq"])
        session = next((session for session, spans in charging if t in spans), None)
        if session is None or position not in {"locked", "unlocked"} or scene.trace.is_left(seq):
            continue
        if position == "locked":
            cases.append(seq)
        else:
            flaws.append(
                Flaw(
                    f"The connector lock was seen unlocked (entry {seq}, {scene.trace.during(seq)}) while {session.name} "
                    "was charging.",
                    (seq, *session.evidence),
                )
            )
    return cases, flaws


def _charging(scene: Scene, session: Session) -> Spans:
    """When a session surely charged: its state says so, less the time that a lock may need to follow."""
    trace, settle = scene.trace, scene.facts.settle_s
    if session.evse not in {None, 1} or session.started is None:
        return Spans()
    begin = session.started[1].t
    end = session.ended[1].t if session.ended is not None else trace.end
    told = [
        (call.t, event.charging_state) for event, call in session.events if event.charging_state is not None
    ]
    if session.started[1].dialect == "1.6":
        told = [
            (max(call.t, begin), "charging" if status.raw == "Charging" else "idle")
            for status, call in scene.statuses
            if status.evse_id == 1 and call.t <= end
        ]
    spans: list[tuple[float, float]] = []
    for index, (t, state) in enumerate(told):
        until = told[index + 1][0] if index + 1 < len(told) else end
        if state == "charging" and until - settle > t + settle:
            spans.append((t + settle, until - settle))
    return Spans(tuple(span for span in spans if not trace.disturbed(*span)))


def _holster(scene: Scene) -> tuple[Finding, ...]:
    """A plug on the station is captive while nobody may take it; after a return it is so again."""
    trace = scene.trace
    plug, free = plug_of(trace), _releases(scene)
    cases: dict[tuple[str, ...], list[int]] = {CAPTIVE: [], RELOCK: []}
    flaws: dict[tuple[str, ...], list[Flaw]] = {CAPTIVE: [], RELOCK: []}
    settle = scene.facts.settle_s
    returned = [t for t, place in zip(plug.times, plug.places, strict=True) if place == "holstered"]
    for entry, value in _seen(trace):
        position, t, seq = value.get("holster"), float(entry["t"]), int(entry["seq"])
        if position not in {"locked", "unlocked"} or not _must_be_captive(scene, plug, free, t, seq):
            continue
        back = any(since <= t - settle for since in returned if plug.throughout(since, t) == "holstered")
        requirements = RELOCK if back and _was_away(plug, t) else CAPTIVE
        if position == "locked":
            cases[requirements].append(seq)
        else:
            flaws[requirements].append(
                Flaw(
                    f"The holster lock was seen unlocked (entry {seq}, {trace.during(seq)}) with the plug on the station "
                    "and nobody authorised to take it.",
                    (seq,),
                )
            )
    what = {
        CAPTIVE: "the plug is captive on the station until somebody may take it",
        RELOCK: "the plug is locked again",
    }
    return tuple(
        finding
        for requirements, text in what.items()
        for finding in held(
            trace,
            requirements,
            "holster locked" if requirements == CAPTIVE else "holster locked again",
            text,
            cases=cases[requirements],
            flaws=flaws[requirements],
        )
    )


def _was_away(plug: Plug, t: float) -> bool:
    return any(place != "holstered" for when, place in zip(plug.times, plug.places, strict=True) if when < t)


def _must_be_captive(scene: Scene, plug: Plug, free: Spans, t: float, seq: int) -> bool:
    trace, settle = scene.trace, scene.facts.settle_s
    begin = t - settle
    if plug.throughout(begin, t) != "holstered" or trace.is_left(seq):
        return False
    if free.touch(begin, t) or trace.disturbed(begin, t) or scene.unregistered.touch(begin, t):
        return False
    return not any(0 <= t - back <= scene.facts.boot_time_s for back in (*trace.opened, *trace.healed))


def _releases(scene: Scene) -> Spans:
    """When somebody may take the plug: authorised, presenting a card, or let by UnlockConnector."""
    wait = scene.facts.settle_s + max(
        scene.facts.connection_timeout_s,
        number_in_force(scene.trace, "connection_timeout", scene.facts.connection_timeout_s),
    )
    spans = list(authorised(scene).spans)
    for entry in scene.trace.kind("action"):
        if entry["role"] == "card_reader" and entry["action"] == "present":
            t = float(entry["t"])
            spans.append((t, t + scene.facts.settle_s))
    spans += [(call.t, call.t + wait) for call in scene.trace.asked if call.action == "UnlockConnector"]
    return Spans(tuple(sorted(spans)))


MONITOR = Monitor("lock_follows_state", (*CAPTIVE, *RELOCK, *CONNECTOR), watch)
