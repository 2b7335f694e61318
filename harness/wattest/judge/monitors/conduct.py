"""The station keeps its link and its manners: no flood, no unprovoked disconnect, no storm of connections (NET-02).

Each is blamed on the step that was running. Provoked is whatever the suite could have caused: a fault, a reset, mains, an
answer held back, a frame spoiled on purpose, a new password or network profile.
"""

from __future__ import annotations

from bisect import bisect_left
from datetime import datetime

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
    flaws = [*_floods(scene), *_disconnects(trace), *_storms(scene)]
    flaws.sort(key=lambda flaw: flaw.evidence[0])
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
    """More CALLs in a window than anything asked for."""
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
            names = {other.action for other in counted[first:last]}
            return [
                Flaw(
                    f"The station flooded {trace.during(call.seq)}: {many} CALLs ({', '.join(sorted(names)[:3])}) within "
                    f"{WINDOW_S:g} s from entry {call.seq} on; {most:g} are allowed.",
                    (call.seq, counted[last - 1].seq),
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
    for entry in trace.kind("link"):
        if entry["event"] not in {"closed", "lost"} or entry.get("by") not in {"station", None}:
            continue
        seq, t = int(entry["seq"]), float(entry["t"])
        if trace.is_left(seq) or _provoked(trace, entry, t):
            continue
        code = f" with code {entry['code']}" if entry.get("code") is not None else ""
        flaws.append(
            Flaw(
                f"The station left{code} {trace.during(seq)} (entry {seq}), and nothing had been done to its link.",
                (seq,),
            )
        )
    return flaws


def _provoked(trace: Trace, entry: Entry, t: float) -> bool:
    since = t - AFTERMATH_S
    if trace.faults.touch(since, t) or trace.unpowered.touch(since, t):
        return True
    if any(call.action in PROVOKING and since <= call.t <= t for call in trace.asked):
        return True
    if any(_kept_waiting(call, since, t) for call in trace.said):
        return True
    for other in (*trace.kind("action"), *trace.kind("frame"), *trace.kind("link")):
        if not since <= float(other["t"]) <= t or int(other["seq"]) >= int(entry["seq"]):
            continue
        if other["kind"] == "action" and other["action"] in RESTARTS:
            return True
        if other["kind"] == "frame" and other["direction"] == "out" and _spoiled(other):
            return True
        if other["kind"] == "link" and other["event"] == "opened" and _replaced(trace, other, entry):
            return True
    return False


def _spoiled(entry: Entry) -> bool:
    return bool(entry.get("violations")) or not entry.get("message")


def _replaced(trace: Trace, opened: Entry, ended: Entry) -> bool:
    """Whether the link that ended was an older one, given up after a newer had been opened."""
    return any(
        entry["event"] == "opened"
        and entry.get("station") == ended.get("station")
        and int(entry["seq"]) < int(opened["seq"])
        and not any(
            other["event"] in {"closed", "lost"}
            and int(entry["seq"]) < int(other["seq"]) < int(opened["seq"])
            for other in trace.kind("link")
        )
        for entry in trace.kind("link")
    )


def _kept_waiting(call: Call, since: float, t: float) -> bool:
    if not since <= call.t <= t:
        return False
    until = call.answer.t if call.answer is not None else t
    return min(until, t) - call.t >= KEPT_WAITING_S


def _storms(scene: Scene) -> list[Flaw]:
    """Attempts to connect that come faster than a station may try."""
    trace = scene.trace
    tries = [
        entry for entry in trace.kind("link") if entry["event"] in {"opened", "refused", "handshake_failed"}
    ]
    times = [float(entry["t"]) for entry in tries]
    for first, entry in enumerate(tries):
        last = bisect_left(times, times[first] + 60.0)
        cut = sum(1 for _, end in trace.faults.spans if times[first] <= end < times[first] + 60.0)
        if last - first > scene.facts.attempts_per_minute + cut:
            seq = int(entry["seq"])
            return [
                Flaw(
                    f"The station tried to connect {last - first} times within 60 s {trace.during(seq)}, from entry {seq} on; "
                    f"{scene.facts.attempts_per_minute} are allowed.",
                    (seq, int(tries[last - 1]["seq"])),
                )
            ]
    return []


MONITOR = Monitor("conduct", REQUIREMENTS, watch)
