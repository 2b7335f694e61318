"""Energy seen by the reference meter: readings that can be subtracted from one another."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from wattest.judge.decision import number
from wattest.judge.facts import Facts
from wattest.judge.trace import Trace
from wattest.judge.uncertainty import Contribution
from wattest.roles import Component, Reading

STANDBY_W = 30.0
"""What may flow at the connector without charging: leakage and the meter's own noise (project)."""
STANDBY_INPUT_W = 600.0
"""The same at the input of the station, with its electronics and heaters (project)."""


@dataclass(frozen=True)
class Mark:
    """One unflagged reading of the integrated energy. Marks of one ``segment`` come from one run of the integrator."""

    t: float
    seq: int
    wh: float
    u: float | None
    segment: int


def marks(trace: Trace) -> tuple[Mark, ...]:
    """Readings named ``energy`` of the reference meter, in order.

    A new segment begins where the suite started or stopped the integrator, or where the energy fell.
    """
    found: list[Mark] = []
    segment, last = 0, float("-inf")
    for entry in trace.entries:
        if entry["kind"] == "action" and entry["role"] == "reference_meter":
            if entry["action"] in {"start_integration", "stop_integration"}:
                segment, last = segment + 1, float("-inf")
        elif (
            entry["kind"] == "reading"
            and entry["name"] == "energy"
            and entry["role"] == "reference_meter"
            and entry["unit"] == "Wh"
            and entry["value"] is not None
            and not entry.get("flags")
        ):
            wh = number("value", entry["value"])
            if wh < last:
                segment += 1
            last = wh
            u = entry.get("u")
            found.append(
                Mark(float(entry["t"]), int(entry["seq"]), wh, None if u is None else number("u", u), segment)
            )
    return tuple(found)


def standby_w(facts: Facts) -> float:
    """Power that flows at the measurement plane although nothing is delivered."""
    return STANDBY_INPUT_W if facts.measurement_plane == "input" else STANDBY_W


def row_of(part: Contribution | Component) -> dict[str, Any]:
    """One part of a budget as an input of the rule ``energy_error``."""
    return {"name": part.name, "value": part.value, "distribution": part.distribution}


def difference(begin: Reading, end: Reading) -> tuple[Contribution, ...] | None:
    """What stands behind the energy between two readings of one integration, in Wh; None when nobody knows.

    An error common to both (``Component.common``) counts with what it grew by, any other at both ends. Readings
    without components count as two independent errors, which is never too little unless they oppose each other.
    """
    if begin.u is None or end.u is None:
        return None
    if not (begin.budget and end.budget):
        return (Contribution("reference meter", math.hypot(begin.u, end.u)),)
    before = {part.name: part.value for part in begin.budget if part.common}
    common = [
        Contribution(part.name, abs(part.value - before.get(part.name, 0.0)), part.distribution)
        for part in end.budget
        if part.common
    ]
    own = [
        Contribution(f"{part.name} ({where})", part.value, part.distribution)
        for where, reading in (("begin", begin), ("end", end))
        for part in reading.budget
        if not part.common
    ]
    return (*common, *own)
