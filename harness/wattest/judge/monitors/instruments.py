"""Energy errors are stated with their uncertainty, by an instrument whose calibration is in date (MET-07).

The only monitor that looks at checks: it judges how the bench measured. A check that gave no error for a reason on the
side of the charger, such as too little energy, states nothing and counts only when no other did.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from wattest.judge.monitors.finding import MOST_EVIDENCE, Finding, Monitor
from wattest.judge.sessions import Scene
from wattest.judge.trace import Entry, Trace

REQUIREMENTS = ("MET-07",)


def watch(scene: Scene) -> tuple[Finding, ...]:
    """One finding over all energy checks of the attempt; none when there was none."""
    checks = [check for check in scene.trace.checks if check["rule"] == "energy_error"]
    if not checks:
        return ()
    stated = [check for check in checks if check["figures"].get("U_pct") is not None]
    unstated = [
        f"'{check['name']}' gave no error: {check['sentence']}"
        for check in checks
        if check not in stated and (_by_the_instrument(check) or not stated)
    ]
    errors = [_row(scene.trace, check) for check in stated]
    seqs = [check["seq"] for check in checks] + [one["seq"] for one in _calibrations(scene.trace)]
    return (
        Finding(
            REQUIREMENTS,
            "uncertainty stated",
            "stated_with_uncertainty",
            {"what": "energy errors of this scenario", "errors": errors, "unstated": unstated},
            tuple(sorted(seqs)[:MOST_EVIDENCE]),
        ),
    )


def _by_the_instrument(check: Entry) -> bool:
    """Whether the reference meter is why there is no error: it was flagged, or nobody knows its uncertainty."""
    inputs = check["inputs"]
    return bool(inputs.get("reference_flags")) or not (
        inputs.get("reference_budget") or inputs.get("u_reference_wh") is not None
    )


def _calibrations(trace: Trace) -> list[Entry]:
    return [one for one in trace.kind("calibration") if one["role"] == "reference_meter"]


def _row(trace: Trace, check: Entry) -> Mapping[str, Any]:
    before = [one for one in _calibrations(trace) if one["seq"] < check["seq"]]
    names = ("model", "serial", "certificate", "laboratory", "calibrated", "due")
    figures, inputs = check["figures"], check["inputs"]
    return {
        "name": check["name"],
        "U_pct": figures["U_pct"],
        "k": figures["k"],
        "tur": figures["tur"],
        "tur_min": inputs.get("tur_min", 3.0),
        "tur_warn": inputs.get("tur_warn", 4.0),
        "parts": len(figures["budget"]),
        "day": check["utc"][:10],
        "calibration": {name: before[-1][name] for name in names} if before else None,
    }


MONITOR = Monitor("instruments", REQUIREMENTS, watch)
