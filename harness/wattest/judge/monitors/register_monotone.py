"""The energy register never goes back: not in a session, not between sessions, not over a reboot (MET-10).

Values are compared in the order of their stated times as well as of their arrival, so that queued and reordered messages
are no fall. A fall must exceed the last digit of both values and the register's step.
"""

from __future__ import annotations

from bisect import insort
from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from wattest.judge.monitors.finding import Finding, Flaw, Monitor, held
from wattest.judge.sessions import Register, Scene
from wattest.judge.trace import Trace, moment

REQUIREMENTS = ("MET-10",)
SIMULTANEOUS = timedelta(seconds=1)
"""Stated times closer than this have no order: many stations state whole seconds."""

Known = tuple[Decimal, Decimal, datetime | None, int]
"""Wh, worth of the last digit, stated time, and the entry that stated it."""


def watch(scene: Scene) -> tuple[Finding, ...]:
    """Every register value against the highest before it."""
    trace = scene.trace
    step = Decimal(str(scene.facts.register_step_wh))
    highest: dict[str, list[Known]] = {
        place: [_carried(told)] for place, told in trace.carry.get("registers", {}).items()
    }
    cases: list[int] = []
    flaws: list[Flaw] = []
    for register in scene.registers:
        place = _place(register)
        before = highest.setdefault(place, [])
        if before:
            higher = _fallen_from(register, before, step, ordered=not trace.clock_stepped)
            if higher is None:
                cases.append(register.call.seq)
            else:
                flaws.append(_flaw(trace, register, higher))
        known = (register.wh, register.resolution_wh, register.stated, register.call.seq)
        insort(before, known, key=lambda value: -value[0])
    return held(
        trace,
        REQUIREMENTS,
        "register monotone",
        "the energy register never goes back",
        cases=cases,
        flaws=flaws,
    )


def carried(scene: Scene) -> Mapping[str, Any]:
    """The last value of every register, for the next attempt on the same charger."""
    last: dict[str, Any] = dict(scene.trace.carry.get("registers", {}))
    for register in scene.registers:
        last[_place(register)] = {
            "wh": str(register.wh),
            "resolution_wh": str(register.resolution_wh),
            "stated": register.stated.isoformat() if register.stated else None,
            "seq": register.call.seq,
        }
    return last


def _carried(told: Mapping[str, Any]) -> Known:
    stated = moment(told["stated"]) if told.get("stated") else None
    return Decimal(str(told["wh"])), Decimal(str(told["resolution_wh"])), stated, int(told["seq"])


def _place(register: Register) -> str:
    return f"{register.call.station}/{register.evse}"


def _fallen_from(register: Register, before: list[Known], step: Decimal, *, ordered: bool) -> Known | None:
    """The value that the register fell from; ``before`` is sorted from the highest."""
    for known in before:
        wh, resolution, stated, _seq = known
        if wh <= register.wh + max(resolution, register.resolution_wh, step):
            return None
        if not ordered or stated is None or register.stated is None:
            return known
        if stated + SIMULTANEOUS <= register.stated:
            return known
    return None


def _flaw(trace: Trace, register: Register, higher: Known) -> Flaw:
    wh, _resolution, _stated, seq = higher
    now = register.call.seq
    return Flaw(
        f"The register of EVSE {register.evse} went back from {wh:f} Wh (entry {seq}) to {register.wh:f} Wh "
        f"(entry {now}, {trace.during(now)}).",
        (seq, now),
    )


MONITOR = Monitor("register_monotone", REQUIREMENTS, watch)
