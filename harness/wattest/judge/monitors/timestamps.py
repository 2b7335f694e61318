"""Stated times have a zone, are in order, true and not in the future (DAT-01).

Order is asked for within a transaction; truth only for starts and ends that were surely sent at once, and never while the suite
played with the clock. ``Offline`` times cannot be known better than that. Sources: OCPP 1.6 3.14, OCPP 2.0.1 Part 2
(dateTime), project limit of 2 s.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from wattest.judge.monitors.finding import Finding, Flaw, Monitor, held
from wattest.judge.sessions import Scene, Session, stamp
from wattest.judge.trace import Call, Trace
from wattest.ocpp.neutral import TransactionChanged
from wattest.ocpp.normalise import YEARS

REQUIREMENTS = ("DAT-01",)
SLACK = timedelta(seconds=1)
"""Times that are stated in whole seconds may seem out of order by this."""
QUIET_S = 2.0
"""A station that could send and was silent for so long has nothing left in its queue."""
INSTANT_S = 1e-6
"""In virtual time a link may end at the very moment at which a message came: that came before."""
RECOVERY_S = 60.0
"""After coming back a station may still be recovering what it owes."""

_ZONE = re.compile(r"[Tt ]\d\d:\d\d.*([Zz]|[+-]\d\d:?\d\d)$")
_QUEUED = frozenset({"StartTransaction", "StopTransaction", "TransactionEvent", "MeterValues"})


def watch(scene: Scene) -> tuple[Finding, ...]:
    """Zones and futures of all times, order within transactions, truth of starts and ends."""
    trace = scene.trace
    flaws: list[Flaw] = []
    doctored = trace.clock_stepped or _misled(trace, scene.facts.clock_tolerance_s)
    for call in trace.said:
        flaws += _forms(trace, call, None if doctored else scene.facts.clock_tolerance_s)
    for session in scene.sessions:
        flaws += _order(trace, session)
    cases: list[int] = []
    if not doctored:
        allowed = scene.facts.clock_tolerance_s + scene.facts.delay_tolerance_s
        prompt = _prompt(scene)
        for session in scene.sessions:
            for part in (session.started, session.ended):
                if part is not None and part[1].seq in prompt and part[0].timestamp is not None:
                    late = (part[1].utc - part[0].timestamp).total_seconds()
                    if late <= allowed:
                        cases.append(part[1].seq)
                    else:
                        flaws.append(_late(trace, session, part, late, allowed))
    doubts = [] if cases or flaws or not scene.sessions else [_unproven(scene.sessions[0])]
    return held(
        trace,
        REQUIREMENTS,
        "timestamps",
        "stated times have a zone, are in order, and true",
        cases=cases,
        flaws=flaws,
        doubts=doubts,
    )


def _unproven(session: Session) -> Flaw:
    return Flaw(
        f"No start or end was surely sent at once (such as that of {session.name}), so that no stated time could be "
        "held against the clock of the bench.",
        session.evidence,
    )


def _late(
    trace: Trace, session: Session, part: tuple[TransactionChanged, Call], late: float, allowed: float
) -> Flaw:
    event, call = part
    return Flaw(
        f"The time of the {event.kind} event of {session.name} (entry {call.seq}, {trace.during(call.seq)}) is "
        f"{late:.1f} s behind the clock of the bench although it was sent at once; {allowed:g} s are allowed.",
        (call.seq,),
    )


def _stamps(value: Any) -> Iterator[Any]:
    """Every value under a key ``timestamp``, however deep."""
    if isinstance(value, (dict, Mapping)):  # dict first: asking whether something is a Mapping takes longer
        for name, part in value.items():
            if name == "timestamp":
                yield part
            else:
                yield from _stamps(part)
    elif isinstance(value, list):
        for part in value:
            yield from _stamps(part)


def _forms(trace: Trace, call: Call, tolerance_s: float | None) -> list[Flaw]:
    """At most one flaw of each form per CALL: its times are of one make."""
    flaws: list[Flaw] = []
    future: datetime | None = None
    unzoned: Any = None
    for text in _stamps(call.payload):
        if not isinstance(text, str) or not _ZONE.search(text) or stamp(text) is None:
            unzoned = text if unzoned is None else unzoned
            continue
        time = stamp(text)
        if tolerance_s is not None and time is not None and time - call.utc > timedelta(seconds=tolerance_s):
            future = time if future is None else future
    where = f"{call} {trace.during(call.seq)}"
    if unzoned is not None:
        beyond = f", or not of the years {YEARS[0]} to {YEARS[-1]}" if _ZONE.search(str(unzoned)) else ""
        flaws.append(
            Flaw(
                f"The time '{unzoned}' in {where} is no ISO 8601 time with 'Z' or an offset{beyond}.",
                (call.seq,),
            )
        )
    if future is not None:
        ahead = (future - call.utc).total_seconds()
        flaws.append(
            Flaw(
                f"A time in {where} is {ahead:.1f} s ahead of the clock of the bench; {tolerance_s:g} s are allowed.",
                (call.seq,),
            )
        )
    return flaws


def _order(trace: Trace, session: Session) -> list[Flaw]:
    """Nothing before the start, nothing after the end, and no step back between."""
    begin, end = session.begin, session.end
    events = [(event, call) for event, call in session.events if event.timestamp is not None]
    numbered = [part for part in events if part[0].seq_no is not None]
    ordered = sorted(numbered, key=lambda part: part[0].seq_no or 0) if numbered else events
    last: tuple[datetime, Call] | None = None
    for event, call in ordered:
        times = [event.timestamp, *(sample.timestamp for sample in event.samples)]
        stated = [time for time in times if time is not None]
        if begin is not None and min(stated) < begin - SLACK:
            return [_misplaced(trace, session, call, min(stated), f"before its start at {begin.isoformat()}")]
        if end is not None and max(stated) > end + SLACK:
            return [_misplaced(trace, session, call, max(stated), f"after its end at {end.isoformat()}")]
        assert event.timestamp is not None
        if last is not None and event.timestamp < last[0] - SLACK and not trace.disturbed(last[1].t, call.t):
            text = f"before {last[0].isoformat()}, which was told earlier (entry {last[1].seq})"
            return [_misplaced(trace, session, call, event.timestamp, text)]
        last = (event.timestamp, call)
    return []


def _misplaced(trace: Trace, session: Session, call: Call, time: datetime, how: str) -> Flaw:
    where = f"entry {call.seq}, {trace.during(call.seq)}"
    return Flaw(f"A time of {session.name} ({where}), {time.isoformat()}, is {how}.", (call.seq,))


def _misled(trace: Trace, tolerance_s: float) -> bool:
    """Whether the central system told a wrong time: then the station's need not be right."""
    for call in trace.said:
        told = stamp((call.reply or {}).get("currentTime"))
        if told is not None and call.answer is not None:
            true = call.utc + timedelta(seconds=call.answer.t - call.t)
            if abs((told - true).total_seconds()) > tolerance_s:
                return True
    return False


def _prompt(scene: Scene) -> frozenset[int]:
    """CALLs of the station that cannot have waited in a queue when they were sent."""
    trace = scene.trace
    returns = trace.opened if trace.carry else trace.opened[1:]
    clean, owing = False, False
    active = trace.begin
    found: set[int] = set()
    for call in trace.said:
        back = max((t for t in returns if t <= call.t), default=None)
        until = call.t - INSTANT_S
        if trace.disturbed(active, until) or scene.unregistered.touch(active, until):
            clean = False
        since = max([active, *(t for t in (*trace.opened, *trace.healed) if t <= call.t)])
        quiet = call.t - since >= QUIET_S and not trace.disturbed(since, until)
        recovered = back is None or call.t - back >= RECOVERY_S
        if quiet and recovered and not owing and call.t not in scene.unregistered:
            clean = True
        if clean:
            found.add(call.seq)
        answer = call.answer
        if call.action in _QUEUED:
            owing = answer is None or answer.code is not None
        waited = answer is None or answer.t - call.t > QUIET_S / 2
        if owing or waited or (call.action == "BootNotification" and call.status != "Accepted"):
            clean = False
        active = max(active, answer.t if answer is not None else call.t)
    return frozenset(found)


MONITOR = Monitor("timestamps", REQUIREMENTS, watch)
