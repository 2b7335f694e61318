"""Rules for measured values: limits under a decision rule, agreement of two sources.

The decision rule is ILAC-G8:09/2019: pass up to ``limit - guard * U``, fail beyond ``limit + guard * U``, inconclusive
between; with ``guard`` 0 (simple acceptance, as weights and measures practise it) the limit itself decides.
``U = k * u``. Below ``tur_min`` (limit / U) nothing can pass, and nothing fails unless it lies beyond ``limit + U``.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from wattest.judge.decision import Band, Decision, Result, at, begun, number, plain, shown
from wattest.judge.uncertainty import conformity, probability_below, uncertainty_ratio

SCREENING = "; the limit is unverified, so this screens and does not certify"


@dataclass(frozen=True)
class Terms:
    """How a value is held against a limit, read from a rule's inputs."""

    k: float
    guard: float
    tur_min: float
    tur_warn: float

    def decide(self, margin: float, expanded: float, limit: float) -> tuple[Result, Band, str]:
        """Outcome, ILAC band and a remark for a value that keeps ``margin`` to its limit."""
        outcome, band = conformity(margin, expanded, self.guard)
        ratio = uncertainty_ratio(limit, expanded)
        if ratio < self.tur_min and band != "FAIL":
            return (
                "inconclusive",
                band,
                f"; the limit is only {shown(ratio)} times U, {shown(self.tur_min)} is asked for",
            )
        if outcome == "inconclusive":
            return outcome, band, "; the limit lies inside the uncertainty"
        if ratio < self.tur_warn:
            return outcome, band, f"; mind that the limit is only {shown(ratio)} times U"
        return outcome, band, ""


def terms_of(k: Any, guard: Any, tur_min: Any, tur_warn: Any) -> Terms:
    """The terms in a rule's inputs."""
    return Terms(
        number("k", k), number("guard", guard), number("tur_min", tur_min), number("tur_warn", tur_warn)
    )


def source_of(limit_id: str, limit_source: str) -> str:
    """Where a limit stands, in brackets, or nothing."""
    names = ", ".join(part for part in (limit_id, limit_source) if part)
    return f" ({names})" if names else ""


def doubt(thing: str, reason: str, figures: Mapping[str, Any]) -> Decision:
    """Nothing can be said, for this reason."""
    return Decision("inconclusive", f"{thing}: {reason}.", figures=figures)


def unusable(value: Any, flags: Sequence[str], u: Any) -> str:
    """Why a reading cannot decide anything; empty when it can."""
    if value is None:
        return "no value is known"
    if not math.isfinite(number("value", value)):
        return f"the reading is {value}, which is no value"
    if flags:
        return f"the reading is flagged '{', '.join(flags)}', and a flagged reading decides nothing"
    if u is None:
        return "the uncertainty of the reading is unknown, so that it cannot be held against a limit"
    return ""


def _held(
    *,
    what: str,
    value: Any,
    unit: str,
    limit: Any,
    upper: bool,
    u: Any,
    terms: Terms,
    flags: Sequence[str],
    provenance: str,
    source: str,
    place: str,
) -> Decision:
    thing = begun(what) + at(place)
    bound = number("limit", limit)
    figures: dict[str, Any] = {"value": value, "unit": unit, "limit": bound, "u": u}
    reason = unusable(value, flags, u)
    if reason:
        return doubt(thing, reason, figures)
    measured, expanded = number("value", value), terms.k * number("u", u)
    margin = bound - measured if upper else measured - bound
    outcome, band, remark = terms.decide(margin, expanded, bound)
    chance = probability_below(measured, bound, expanded / terms.k if terms.k else 0.0)
    figures |= {
        "U": expanded,
        "k": terms.k,
        "guard": terms.guard,
        "p_conform": chance if upper else 1.0 - chance if expanded else float(margin >= 0),
    }
    word = "at most" if upper else "at least"
    spread = f" +- {shown(expanded)}" if expanded else ""
    if outcome == "pass" and provenance == "unverified":
        remark += SCREENING
        figures["screening"] = True
    return Decision(
        outcome,
        f"{thing} is {shown(measured)}{spread} {unit}; {word} {shown(bound)} {unit} is allowed{source}{remark}.",
        band if expanded else None,
        figures,
    )


def at_most(
    *,
    what: str,
    value: Any,
    unit: str,
    limit: Any,
    u: Any = 0.0,
    k: Any = 2.0,
    guard: Any = 1.0,
    tur_min: Any = 0.0,
    tur_warn: Any = 0.0,
    flags: Sequence[str] = (),
    provenance: str = "",
    limit_id: str = "",
    limit_source: str = "",
    place: str = "",
) -> Decision:
    """A value does not exceed a limit. ``u`` left out means counted, not measured; ``u`` None means nobody knows."""
    return _held(
        what=what,
        value=value,
        unit=unit,
        limit=limit,
        upper=True,
        u=u,
        terms=terms_of(k, guard, tur_min, tur_warn),
        flags=flags,
        provenance=provenance,
        source=source_of(limit_id, limit_source),
        place=place,
    )


def at_least(
    *,
    what: str,
    value: Any,
    unit: str,
    limit: Any,
    u: Any = 0.0,
    k: Any = 2.0,
    guard: Any = 1.0,
    tur_min: Any = 0.0,
    tur_warn: Any = 0.0,
    flags: Sequence[str] = (),
    provenance: str = "",
    limit_id: str = "",
    limit_source: str = "",
    place: str = "",
) -> Decision:
    """A value is not below a limit; inputs as for ``at_most``."""
    return _held(
        what=what,
        value=value,
        unit=unit,
        limit=limit,
        upper=False,
        u=u,
        terms=terms_of(k, guard, tur_min, tur_warn),
        flags=flags,
        provenance=provenance,
        source=source_of(limit_id, limit_source),
        place=place,
    )


def between(
    *,
    what: str,
    value: Any,
    unit: str,
    low: Any,
    high: Any,
    u: Any = 0.0,
    k: Any = 2.0,
    guard: Any = 1.0,
    flags: Sequence[str] = (),
    provenance: str = "",
    limit_id: str = "",
    limit_source: str = "",
    place: str = "",
) -> Decision:
    """A value keeps two limits; the worse side decides. Inputs as for ``at_most``; a range has no uncertainty ratio."""
    sides = tuple(
        _held(
            what=what,
            value=value,
            unit=unit,
            limit=limit,
            upper=upper,
            u=u,
            terms=terms_of(k, guard, 0, 0),
            flags=flags,
            provenance=provenance,
            source=source_of(limit_id, limit_source),
            place=place,
        )
        for limit, upper in ((low, False), (high, True))
    )
    order = ("pass", "inconclusive", "fail")
    return max(sides, key=lambda side: order.index(side.outcome))


def agree(
    *,
    what: str,
    values: Mapping[str, Any],
    unit: str,
    allowance: Mapping[str, Any],
    too_coarse: Any = 0.2,
    place: str = "",
) -> Decision:
    """Two sources say the same, within the sum of named worst-case allowances in the same unit.

    ``values`` holds exactly two values by the name of their source. A gap within an allowance that is a larger
    share of the second value than ``too_coarse`` is inconclusive.
    """
    (one, first), (other, second) = ((name, number(name, part)) for name, part in values.items())
    room = math.fsum(number(name, part) for name, part in allowance.items())
    gap = first - second
    thing = begun(what) + at(place)
    figures = {
        "difference": gap,
        "allowed": room,
        "unit": unit,
        "values": plain(values),
        "allowance": plain(allowance),
    }
    parts = ", ".join(f"{name} {shown(number(name, part))}" for name, part in allowance.items())
    said = (
        f"{thing}: {one} {shown(first)} {unit}, {other} {shown(second)} {unit}, a difference of {shown(gap)} {unit}; "
        f"{shown(room)} {unit} is allowed ({parts})"
    )
    if abs(gap) > room:
        return Decision("fail", f"{said}.", figures=figures)
    if room > number("too_coarse", too_coarse) * abs(second):
        return Decision("inconclusive", f"{said}, which is too coarse to tell.", figures=figures)
    return Decision("pass", f"{said}.", figures=figures)
