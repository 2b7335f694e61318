"""The station keeps its link and its manners: no flood, no unprovoked disconnect, no storm of connections (NET-02).

Each is blamed on the step that was running. Provoked is whatever the suite could have caused: a fault, a reset, mains, an
answer held back, a frame spoiled on purpose, a new password or network profile.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from math import inf
from typing import Any

from wattest.judge.monitors.finding import Finding, Flaw, Monitor, held
from wattest.judge.sessions import Scene, stamp
from wattest.judge.trace import Call, Entry, Trace

REQUIREMENTS = ("NET-02",)
WINDOW_S = 5.0
SHORTEST_S = 10.0
"""A link that was watched for less says nothing about its reliability (project)."""
KEPT_WAITING_S = 10.0
"""A station without an answer for so long may think that the link is dead."""
AFTERMATH_S = 120.0
"""A station may still react to what was done to it after so long."""
FRESH_S = 5.0

PROVOKING = frozenset(
    {
        *("Reset", "UpdateFirmware", "SignedUpdateFirmware", "SetNetworkProfile", "CertificateSigned"),
        *("ChangeConfiguration", "SetVariables", "InstallCertificate", "DeleteCertificate"),
    }
)
"""CALLs after which a station may have to reconnect."""
REPORTS = frozenset(
    {"NotifyReport", "NotifyMonitoringReport", "NotifyCustomerInformation", "NotifyDisplayMessages"}
)
"""CALLs that come in many parts because one CALL of the central system asked for them."""
QUEUED = frozenset({"StartTransaction", "StopTransaction", "MeterValues", "TransactionEvent"})
RESTARTS = frozenset({"restart", "reboot", "power_cycle", "reset", "start", "stop"})


def watch(scene: Scene) -> tuple[Finding, ...]:
    """Rates of CALLs, ends of links, and attempts to connect."""
    trace = scene.trace
    flaws = [*_storms(scene), *_floods(scene), *_disconnects(trace)]
    cases = [call.seq for call in trace.said if not trace.is_left(call.seq)]
    if trace.end - trace.begin < SHORTEST_S or not any(
        _up(trace, begin) for begin in (trace.begin, *trace.opened)
    ):
        cases = []
    return held(
        trace,
        REQUIREMENTS,
        "conduct",
        "the station keeps its link and does not flood",
        cases=cases,
        flaws=flaws,
    )


def _up(trace: Trace, begin: float) -> bool:
    return begin not in trace.down


def _floods(scene: Scene) -> list[Flaw]:
    """More CALLs in a window than anything asked for; blamed on the one that was too many."""
    trace = scene.trace
    counted = [call for call in trace.said if _counts(call)]
    times = [call.t for call in counted]
    most = scene.facts.flood_per_s * WINDOW_S
    asked = [call.t for call in trace.asked]
    for first, call in enumerate(counted):
        last = bisect_left(times, call.t + WINDOW_S)
        provoked = bisect_left(asked, call.t + WINDOW_S) - bisect_left(asked, call.t)
        many = last - first - provoked
        if many > most:
            names = Counter(other.action for other in counted[first:last]).most_common(3)
            excess = counted[min(first + int(most) + provoked, last - 1)].seq
            return [
                Flaw(
                    f"The station flooded {trace.during(excess)}: {many} CALLs ({', '.join(name for name, _ in names)}) within "
                    f"{WINDOW_S:g} s from entry {call.seq} on; {most:g} are allowed.",
                    (excess, counted[last - 1].seq),
                )
            ]
    return []


def _counts(call: Call) -> bool:
    """Whether a CALL counts towards a flood: a queue that drains is none, nor are reports in parts."""
    if call.action in REPORTS:
        return False
    if call.action not in QUEUED:
        return True
    stated = _stated(call)
    return stated is not None and abs((call.utc - stated).total_seconds()) <= FRESH_S


def _stated(call: Call) -> datetime | None:
    if call.action == "MeterValues":
        values = call.payload.get("meterValue")
        last = values[-1] if isinstance(values, list) and values else None
        return stamp(last.get("timestamp")) if isinstance(last, dict) else None
    return stamp(call.payload.get("timestamp"))


def _disconnects(trace: Trace) -> list[Flaw]:
    """Links that ended although nobody did anything to them."""
    flaws: list[Flaw] = []
    provocations = _Provocations.of(trace)
    for entry in trace.kind("link"):
        if entry["event"] not in {"closed", "lost"} or entry.get("by") not in {"station", "network", None}:
            continue
        seq = int(entry["seq"])
        if trace.is_left(seq) or provocations.explain(trace, entry):
            continue
        if entry.get("by") == "network":
            boot = _boot_after(trace, entry)
            if boot is not None:
                flaws.append(
                    Flaw(
                        f"The station was lost {trace.during(seq)} (entry {seq}) and started anew (entry {boot.seq}), "
                        "and nothing had been done to it.",
                        (seq, boot.seq),
                    )
                )
            continue
        code = f" with code {entry['code']}" if entry.get("code") is not None else ""
        flaws.append(
            Flaw(
                f"The station left{code} {trace.during(seq)} (entry {seq}), and nothing had been done to its link.",
                (seq,),
            )
        )
    return flaws


def _boot_after(trace: Trace, lost: Entry) -> Call | None:
    """The BootNotification with which a station came back after its link was lost; None when it came back otherwise."""
    first = next(
        (call for call in trace.said if call.seq > int(lost["seq"]) and call.station == lost.get("station")),
        None,
    )
    return first if first is not None and first.action == "BootNotification" else None


@dataclass(frozen=True)
class _Provocations:
    """What the suite did that may end a link, sorted, so that a thousand ends are looked up quickly."""

    asked: tuple[float, ...]
    """When CALLs went out after which a station may have to reconnect."""
    waiting: tuple[float, ...]
    """When CALLs came that were kept waiting."""
    done: tuple[tuple[int, float], ...]
    """Entries and times of restarts, spoiled frames, and links opened while an older one was still there."""

    @classmethod
    def of(cls, trace: Trace) -> _Provocations:
        done = [entry for entry in trace.kind("action") if entry["action"] in RESTARTS]
        done += [entry for entry in trace.kind("frame") if entry["direction"] == "out" and _is_spoiled(entry)]
        done += _replacing(trace)
        return cls(
            tuple(call.t for call in trace.asked if call.action in PROVOKING),
            tuple(call.t for call in trace.said if _kept_waiting(call)),
            tuple(sorted((int(entry["seq"]), float(entry["t"])) for entry in done)),
        )

    def explain(self, trace: Trace, end: Entry) -> bool:
        """Whether the end of a link may come from something done in the time before."""
        t = float(end["t"])
        since = t - AFTERMATH_S
        if trace.faults.touch(since, t) or trace.unpowered.touch(since, t):
            return True
        if _any_between(self.asked, since, t) or _any_between(self.waiting, since, t - KEPT_WAITING_S):
            return True
        place = bisect_left(self.done, (int(end["seq"]), -inf))
        return place > 0 and self.done[place - 1][1] >= since


def _any_between(times: Sequence[float], begin: float, end: float) -> bool:
    place = bisect_left(times, begin)
    return place < len(times) and times[place] <= end


def _is_spoiled(entry: Entry) -> bool:
    return bool(entry.get("violations")) or not entry.get("message")


def _replacing(trace: Trace) -> list[Entry]:
    """Links that were opened while an older one of the same station was not given up yet."""
    found: list[Entry] = []
    up: set[Any] = set()
    for entry in trace.kind("link"):
        station = entry.get("station")
        if entry["event"] == "opened":
            if station in up:
                found.append(entry)
            up.add(station)
        elif entry["event"] in {"closed", "lost"}:
            up.discard(station)
    return found


def _kept_waiting(call: Call) -> bool:
    return call.answer is None or call.answer.t - call.t >= KEPT_WAITING_S


def _storms(scene: Scene) -> list[Flaw]:
    """Attempts to connect that come faster than a station may try; blamed on the one that was too many."""
    trace, allowed = scene.trace, scene.facts.attempts_per_minute
    tries = [
        entry for entry in trace.kind("link") if entry["event"] in {"opened", "refused", "handshake_failed"}
    ]
    times = [float(entry["t"]) for entry in tries]
    for first, begin in enumerate(times):
        last = bisect_left(times, begin + 60.0)
        cut = sum(1 for _, end in trace.faults.spans if begin <= end < begin + 60.0)
        if last - first > allowed + cut:
            seq = int(tries[first + allowed + cut]["seq"])
            return [
                Flaw(
                    f"The station tried to connect {last - first} times within 60 s; the one too many came "
                    f"{trace.during(seq)} (entry {seq}); {allowed} are allowed.",
                    (seq, int(tries[last - 1]["seq"])),
                )
            ]
    return []


MONITOR = Monitor("conduct", REQUIREMENTS, watch)
