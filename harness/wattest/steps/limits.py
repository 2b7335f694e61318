"""Holding a measured value against limits of ``fixtures/limits``, with all that a rule wants to know about them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wattest.document.quantity import DIMENSION_OF, Dimension
from wattest.errors import BenchError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from wattest.judge.rules import Decision
    from wattest.model.requirement import Limit
    from wattest.roles import Reading
    from wattest.steps.context import Run


def in_unit(limit: Limit, dimension: Dimension) -> float:
    """The value of a limit in the base unit of its dimension: 100 ms is 0.1 s. ``BenchError`` for another dimension."""
    if DIMENSION_OF.get(limit.unit) is not dimension:
        raise BenchError(
            f"Limit '{limit.id}' is in {limit.unit}; {dimension.spoken} is needed, such as '{dimension.example}'."
        )
    return float(limit.value * dimension.units[limit.unit])


def judged(run: Run, *limits: Limit) -> dict[str, Any]:
    """Inputs that every rule for measured values takes: where its limits come from, and the run's decision rule."""
    unsure = any(limit.provenance == "unverified" for limit in limits)
    return {
        "limit_id": ", ".join(limit.id for limit in limits),
        "limit_source": "; ".join(dict.fromkeys(f"{limit.source}, {limit.edition}" for limit in limits)),
        "provenance": "unverified" if unsure else limits[0].provenance,
        "guard": run.rule.guard,
        "k": run.rule.k,
    }


def measured(reading: Reading, what: str) -> dict[str, Any]:
    """Inputs that say what was measured, from a reading."""
    return {
        "what": what,
        "value": reading.value,
        "unit": reading.unit,
        "u": reading.u,
        "flags": sorted(reading.flags),
    }


def check_between(
    run: Run, name: str, reading: Reading, low: str, high: str, dimension: Dimension
) -> Decision:
    """A reading lies between two limits, by their ids."""
    least, most = run.limit(low), run.limit(high)
    return run.check(
        name,
        "between",
        {
            **measured(reading, f"the {name}"),
            "low": in_unit(least, dimension),
            "high": in_unit(most, dimension),
            **judged(run, least, most),
        },
        evidence=reading.seq,
    )


def check_at_most(
    run: Run,
    name: str,
    reading: Reading,
    limit: Limit,
    dimension: Dimension,
    *,
    evidence: Iterable[int] = (),
) -> Decision:
    """A reading does not exceed a limit; it must be known well enough for it (``tur_min`` of the decision rule)."""
    return run.check(
        name,
        "at_most",
        {
            **measured(reading, f"the {name}"),
            "limit": in_unit(limit, dimension),
            "tur_min": run.rule.tur_min,
            "tur_warn": run.rule.tur_warn,
            **judged(run, limit),
        },
        evidence=(*reading.seq, *evidence),
    )
