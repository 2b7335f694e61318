"""Monitors: what must hold in every scenario, whatever it is about.

Each looks at the entries of one attempt only as a stranger could: frames, links, readings, observations, what the
suite did. None knows of a particular defect; each tolerates what OCPP leaves free. A monitor that sees nothing
of its matter says nothing.
"""

from __future__ import annotations

import traceback
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

from wattest.judge import authority
from wattest.judge.facts import Facts
from wattest.judge.monitors import (
    balance,
    boot_order,
    calls_answered,
    card_data,
    conduct,
    frames_valid,
    ids_unique,
    instruments,
    lock_follows_state,
    register_monotone,
    status_transitions,
    timestamps,
    unauthorised_energy,
)
from wattest.judge.monitors.finding import Finding, Monitor
from wattest.judge.sessions import Scene
from wattest.judge.trace import Trace

__all__ = ["MONITORS", "Finding", "Monitor", "run_monitors"]

MONITORS: tuple[Monitor, ...] = (
    frames_valid.MONITOR,
    calls_answered.MONITOR,
    boot_order.MONITOR,
    ids_unique.MONITOR,
    timestamps.MONITOR,
    status_transitions.MONITOR,
    register_monotone.MONITOR,
    balance.MONITOR,
    unauthorised_energy.MONITOR,
    lock_follows_state.MONITOR,
    conduct.MONITOR,
    card_data.MONITOR,
    instruments.MONITOR,
)
"""All monitors, in the order in which their findings are noted."""


def run_monitors(
    entries: Sequence[Mapping[str, Any]], facts: Facts, carry: Mapping[str, Any] | None = None
) -> tuple[tuple[Finding, ...], Mapping[str, Any]]:
    """Findings of all monitors over the entries of one attempt, and what the next attempt must know.

    ``carry`` is what the attempt before returned, on a bench whose charger lives through the whole run; None at the
    start, and for every scenario on a simulated bench, where each begins with a new charger.
    """
    scene = Scene(Trace.of(entries, carry), facts)
    findings = tuple(
        replace(finding, monitor=monitor.name) for monitor in MONITORS for finding in _watch(monitor, scene)
    )
    after = dict(carry or {})
    for carried in (_registers, ids_unique.carried, authority.carried):
        with suppress(
            Exception
        ):  # a monitor that failed has said so; the next attempt goes by what was known before
            after |= carried(scene)
    return findings, after


def _registers(scene: Scene) -> Mapping[str, Any]:
    return {"registers": register_monotone.carried(scene)}


def _watch(monitor: Monitor, scene: Scene) -> tuple[Finding, ...]:
    """What a monitor finds. One that fails is an error of ours: it is told, and the others look all the same."""
    try:
        return monitor.watch(scene)
    except Exception as problem:  # noqa: BLE001 - whatever a station said, the run goes on and is judged
        where = traceback.extract_tb(problem.__traceback__)[-1]
        said = (
            f"the suite failed with {type(problem).__name__}: {problem} ({where.name}, line {where.lineno})"
        )
        what = f"what monitor '{monitor.name}' watches"
        return (Finding(monitor.requirements, monitor.name, "unjudged", {"what": what, "problem": said}),)
