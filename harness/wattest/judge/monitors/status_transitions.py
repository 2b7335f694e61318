"""Connector states follow one another as the table allows, and none contradicts the plug (OCP-03).

OCPP 1.6 4.9 has a table of transitions; 2.0.1 allows every order of its five states. With a MinimumStatusDuration a state
that lasts too short stays unreported, so what could have passed through Preparing counts as allowed then. A new link or
a start resets everything: stale states are not replayed.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping
from typing import Any

from wattest.judge.monitors.finding import Finding, Flaw, Monitor, held
from wattest.judge.plug import plug_of
from wattest.judge.sessions import Scene
from wattest.judge.trace import Call, Trace
from wattest.ocpp.neutral import StatusChanged

REQUIREMENTS = ("OCP-03",)

_SESSION = frozenset({"Charging", "SuspendedEV", "SuspendedEVSE"})
_ENDS = frozenset({"Available", "Finishing", "Unavailable", "Faulted"})
ALLOWED = {
    "Available": _SESSION | {"Preparing", "Reserved", "Unavailable", "Faulted"},
    "Preparing": _SESSION | _ENDS,
    "Charging": _SESSION | _ENDS,
    "SuspendedEV": _SESSION | _ENDS,
    "SuspendedEVSE": _SESSION | _ENDS,
    "Finishing": frozenset({"Available", "Preparing", "Unavailable", "Faulted"}),
    "Reserved": frozenset({"Available", "Preparing", "Unavailable", "Faulted"}),
    "Unavailable": _SESSION | {"Available", "Preparing", "Faulted"},
}
"""OCPP 1.6 4.9, A2 to H9. Preparing to Unavailable is not in the table but follows from 5.2, and is allowed here."""

_Place = tuple[str, int, int]
"""Station, EVSE, connector; in OCPP 1.6 the connector is the EVSE."""

WHOLE_STATION = frozenset({"Available", "Unavailable", "Faulted"})
"""States of connector 0 (OCPP 1.6 4.9)."""


def watch(scene: Scene) -> tuple[Finding, ...]:
    """Statuses connector by connector, and Available against the plug."""
    trace = scene.trace
    cases: list[int] = []
    flaws: list[Flaw] = []
    resets, skips = _resets(trace), _may_skip(trace)
    last: dict[_Place, tuple[StatusChanged, Call]] = {}
    sound: dict[_Place, str] = {}
    """State before a fault, to which the station returns."""
    for status, call in scene.statuses:
        place = (call.station, status.evse_id, status.connector_id)
        before = last.get(place)
        if before is not None and bisect_left(resets, before[1].seq) < bisect_left(resets, call.seq):
            before = None
            sound.pop(place, None)
        flaw = _illegal(trace, before, status, call, sound.get(place), skips=skips)
        if flaw is not None:
            flaws.append(flaw)
        else:
            cases.append(call.seq)
        if status.raw != "Faulted":
            sound[place] = status.raw
        last[place] = (status, call)
    flaws += _available_while_plugged(scene)
    return held(
        trace,
        REQUIREMENTS,
        "status transitions",
        "connector states follow one another as the table allows",
        cases=cases,
        flaws=flaws,
    )


def _resets(trace: Trace) -> list[int]:
    """Entries with which the station came back or started."""
    opened = [int(entry["seq"]) for entry in trace.kind("link") if entry["event"] == "opened"]
    return sorted([*opened, *(call.seq for call in trace.said if call.action == "BootNotification")])


def _may_skip(trace: Trace) -> bool:
    """Whether a MinimumStatusDuration above 0 was set or read in this attempt."""
    for call in trace.asked:
        told: Any = (
            [call.payload] if call.action == "ChangeConfiguration" and call.status == "Accepted" else []
        )
        if call.action == "GetConfiguration":
            told = (call.reply or {}).get("configurationKey")
        for key in told if isinstance(told, list) else []:
            if (
                isinstance(key, Mapping)
                and key.get("key") == "MinimumStatusDuration"
                and str(key.get("value")).strip()
                not in {
                    "",
                    "0",
                    "None",
                }
            ):
                return True
    return False


def _illegal(
    trace: Trace,
    before: tuple[StatusChanged, Call] | None,
    status: StatusChanged,
    call: Call,
    sound: str | None,
    *,
    skips: bool,
) -> Flaw | None:
    if call.dialect != "1.6":
        return None
    if status.evse_id == 0:
        if status.raw in WHOLE_STATION:
            return None
        return Flaw(
            f"Connector 0 was reported {status.raw} (entry {call.seq}); the whole station knows only "
            f"{', '.join(sorted(WHOLE_STATION))}.",
            (call.seq,),
        )
    if before is None or before[0].raw == status.raw:
        return None
    old, first = before[0].raw, before[1]
    if old == "Faulted":
        allowed = sound is None or status.raw not in _SESSION or sound in _SESSION | {"Preparing"}
    else:
        through = ALLOWED["Preparing"] if skips and "Preparing" in ALLOWED.get(old, ()) else frozenset()
        allowed = old not in ALLOWED or status.raw in ALLOWED[old] | through
    if allowed:
        return None
    after = f" after {sound} before the fault" if old == "Faulted" else ""
    return Flaw(
        f"Connector {status.evse_id} went from {old} (entry {first.seq}) to {status.raw} (entry {call.seq}, "
        f"{trace.during(call.seq)}){after}, which OCPP 1.6 4.9 does not allow.",
        (first.seq, call.seq),
    )


def _available_while_plugged(scene: Scene) -> list[Flaw]:
    """Available means that the next driver may plug in, which a plug in the vehicle forbids (EVSE 1, the rig's)."""
    trace, settle = scene.trace, scene.facts.settle_s
    plug = plug_of(trace)
    flaws: list[Flaw] = []
    own = [(status, call) for status, call in scene.statuses if status.evse_id == 1]
    for index, (status, call) in enumerate(own):
        begin, end = call.t - settle, call.t + settle
        if status.occupancy != "available" or end > trace.end or trace.is_left(call.seq):
            continue
        if plug.throughout(begin, end) != "plugged in" or trace.disturbed(begin, end):
            continue
        if any(begin <= t <= end for t in trace.opened) or scene.unregistered.touch(begin, end):
            continue
        later = own[index + 1][1].t if index + 1 < len(own) else float("inf")
        if later > end:
            flaws.append(
                Flaw(
                    f"EVSE 1 was reported {status.raw} (entry {call.seq}, {trace.during(call.seq)}) and stayed so for "
                    f"{settle:g} s although the plug was in the vehicle.",
                    (call.seq,),
                )
            )
    return flaws


MONITOR = Monitor("status_transitions", REQUIREMENTS, watch)
