"""Every CALL of the central system is answered once, in time (OCP-01).

Excused are CALLs that the suite itself made invalid (a station may drop those: OCPP 2.0.1 Part 4 4.2.3), CALLs
while the link, the supply or the station's registration was disturbed, and CALLs while the station was itself kept waiting for an
answer. A CALL whose time was not over when the attempt ended says nothing.
"""

from __future__ import annotations

from math import nextafter

from wattest.judge.monitors.finding import Finding, Flaw, Monitor, held
from wattest.judge.sessions import Scene
from wattest.judge.trace import Call, Entry, Trace

REQUIREMENTS = ("OCP-01",)
PATIENCE_S = 1.0
"""A station that waits longer than this for an answer of ours may let our CALL wait as well."""
RESTARTS = frozenset({"Reset", "UpdateFirmware"})


def watch(scene: Scene) -> tuple[Finding, ...]:
    """CALLs that went out, held against the answers that came."""
    trace, timeout = scene.trace, scene.facts.call_timeout_s
    cases: list[int] = []
    flaws: list[Flaw] = []
    for call in trace.asked:
        if call.flawed:
            continue
        if len(call.answers) > 1:
            seqs = (call.seq, *(answer.seq for answer in call.answers))
            times = len(call.answers)
            flaws.append(Flaw(f"CALL {call} {trace.during(call.seq)} was answered {times} times.", seqs))
            continue
        answer = call.answer
        if answer is not None and answer.t - call.t <= timeout:
            cases.append(call.seq)
        elif answer is None and _left_at_once(trace, call, timeout):
            flaws.append(
                Flaw(
                    f"CALL {call} {trace.during(call.seq)} was not answered before the station went; the answer comes "
                    "first (OCPP 1.6 5.14, OCPP 2.0.1 B11, B12).",
                    (call.seq,),
                )
            )
        elif not _excused(scene, call, call.t + timeout):
            where = trace.during(call.seq)
            if answer is not None:
                took = answer.t - call.t
                sentence = f"CALL {call} {where} was answered after {took:.1f} s; {timeout:g} s are allowed."
                flaws.append(Flaw(sentence, (call.seq, answer.seq)))
            else:
                flaws.append(Flaw(f"CALL {call} {where} was not answered within {timeout:g} s.", (call.seq,)))
    flaws += _strays(trace)
    return held(
        trace,
        REQUIREMENTS,
        "calls answered",
        "every CALL of the central system is answered once",
        cases=cases,
        flaws=flaws,
    )


def _left_at_once(trace: Trace, call: Call, timeout_s: float) -> bool:
    """Whether a station that was told to reset let its link go instead of answering, while nothing else was wrong."""
    gone = next((begin for begin, _ in trace.down.spans if begin >= call.t), None)
    return (
        call.action == "Reset"
        and gone is not None
        and gone < call.t + timeout_s
        and call.t not in trace.down
        and not trace.faults.touch(call.t, gone)
        and not trace.unpowered.touch(call.t, gone)
        and not trace.is_left(call.seq)
    )


def _excused(scene: Scene, call: Call, deadline: float) -> bool:
    trace = scene.trace
    deadline = nextafter(deadline, 0.0)  # what happens when the time is over comes too late to excuse
    return (
        trace.end < deadline
        or trace.is_left(call.seq)
        or trace.disturbed(call.t, deadline)
        or scene.unregistered.touch(call.t, deadline)
        or any(_waits(said, call.t, deadline) for said in trace.said)
        or any(
            other.action in RESTARTS and 0 <= call.t - other.t <= scene.facts.boot_time_s + deadline - call.t
            for other in trace.asked
            if other is not call
        )
    )


def _waits(said: Call, begin: float, end: float) -> bool:
    """Whether the station was kept waiting for our answer at a time between ``begin`` and ``end``."""
    if said.answer is None:
        return said.t <= end
    return said.answer.t - said.t > PATIENCE_S and said.t <= end and said.answer.t >= begin


def _strays(trace: Trace) -> list[Flaw]:
    """Answers to nothing. Without the beginning of the link one cannot know what they answer."""
    if not trace.opened:
        return []
    asked = {call.id: call for call in trace.asked}
    spoiled = [str(entry.get("raw", "")) for entry in trace.kind("frame") if _spoiled(entry)]
    flaws: list[Flaw] = []
    for entry in trace.kind("frame"):
        message = entry.get("message") or {}
        if (
            entry["direction"] != "in"
            or message.get("type") not in {3, 4}
            or entry.get("answers") is not None
            or float(entry["t"]) < trace.opened[0]
        ):
            continue
        name, seq = str(message["id"]), int(entry["seq"])
        call = asked.get(name)
        if call is not None and call.seq < seq and not call.flawed:
            if call.answer is not None:
                again = f"CALL {call} {trace.during(call.seq)} was answered again by entry {seq}."
                flaws.append(Flaw(again, (call.seq, seq)))
        elif name != "-1" and not any(name in raw for raw in spoiled):
            flaws.append(
                Flaw(f"Entry {seq} {trace.during(seq)} answers a CALL '{name}' that was never made.", (seq,))
            )
    return flaws


def _spoiled(entry: Entry) -> bool:
    return entry["direction"] == "out" and (bool(entry.get("violations")) or not entry.get("message"))


MONITOR = Monitor("calls_answered", REQUIREMENTS, watch)
