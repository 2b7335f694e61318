"""The rule for the error of a billed energy, with its whole budget line by line.

``e = 100 (E - E_ref) / E_ref`` in percent, so a Wh of the reference counts ``-100 E / E_ref^2`` and a Wh of the register
``100 / E_ref``. Sources: NIST HB44 3.40 N.5 (recalled), JCGM 100 (GUM), ILAC-G8:09/2019 4.2.3.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from wattest.judge.decision import Decision, at, begun, number, shown
from wattest.judge.measured import SCREENING, doubt, source_of, terms_of, unusable
from wattest.judge.register_step import UNLIKELY
from wattest.judge.uncertainty import (
    Budget,
    Contribution,
    conformity,
    minimum_energy,
    probability_below,
    register_difference,
    register_session,
    repeatability,
    session_bias,
    uncertainty_ratio,
)


def energy_error(
    *,
    what: str,
    reported_wh: Any,
    reported_step_wh: Any,
    reference_wh: Any,
    limit_pct: Any,
    u_reference_wh: Any = None,
    reference_budget: Sequence[Mapping[str, Any]] = (),
    corrections: Sequence[Mapping[str, Any]] = (),
    reported_kind: str = "difference",
    found_step_wh: Any = None,
    found_step_chance: Any = 1.0,
    extra_u: Mapping[str, Any] | None = None,
    repeats_pct: Sequence[Any] = (),
    runs: Any = 1,
    minimum_wh: Any = None,
    mmq_wh: Any = 0.0,
    reference_flags: Sequence[str] = (),
    correct_bias: bool = False,
    k: Any = 2.0,
    guard: Any = 1.0,
    tur_min: Any = 3.0,
    tur_warn: Any = 4.0,
    provenance: str = "",
    limit_id: str = "",
    limit_source: str = "",
    place: str = "",
) -> Decision:
    """Error of a reported energy against a reference, in percent, both signs.

    ``reference_budget`` holds the parts of the reference's uncertainty in Wh (``name``, ``value``, ``distribution``,
    perhaps ``dof``); without them ``u_reference_wh`` is its standard uncertainty, and with neither nothing is decided.
    ``corrections`` (``name``, ``wh``, ``parts``) are taken off the reference energy: what is lost before the connector.
    ``extra_u`` holds further standard uncertainties in Wh by name, such as start/stop timing. ``repeats_pct`` are the
    errors of at least three runs of which this is the mean: their standard deviation of the mean joins the budget.
    With ``runs`` above 1 the energies are sums over so many runs, each with a register difference of its own.

    ``reported_kind`` is ``difference`` of two registers or a ``session`` register that starts from zero, whose bias
    of minus half a step is reported and corrected only when ``correct_bias`` says that the maker documents it.
    ``found_step_wh`` is the step that the register showed (``wattest.judge.register_step``): one coarser than
    ``reported_step_wh``, and not by accident, is inconclusive. ``minimum_wh`` None asks for
    ``max(MMQ, 10 d / MPE, 100 d)``; below it the outcome is inconclusive.
    """
    thing = begun(what) + at(place)
    known_u = 0.0 if reference_budget else u_reference_wh
    reason = unusable(reported_wh, (), 0.0) or unusable(reference_wh, reference_flags, known_u)
    limit, step = number("limit_pct", limit_pct), number("reported_step_wh", reported_step_wh)
    least = (
        minimum_energy(step, limit, number("mmq_wh", mmq_wh))
        if minimum_wh is None
        else number("minimum_wh", minimum_wh)
    )
    figures: dict[str, Any] = {
        "reported_wh": reported_wh,
        "reference_wh": reference_wh,
        "limit_pct": limit,
        "minimum_wh": least,
    }
    if reason:
        return doubt(thing, reason, figures)
    reported, seen = number("reported_wh", reported_wh), number("reference_wh", reference_wh)
    lost = math.fsum(number("wh", correction["wh"]) for correction in corrections)
    reference = seen - lost
    where = "" if not corrections else " at the connector"
    if corrections:
        figures["at_connector_wh"] = reference
    if reference <= 0:
        reason = f"the reference meter saw {shown(reference)} Wh{where}, which nothing can be held against"
        return doubt(thing, reason, figures)
    times = number("runs", runs)
    if reference / times < least:
        mmq = minimum_wh is None and least == number("mmq_wh", mmq_wh)
        because = (
            "as the minimum measured quantity"
            if mmq
            else f"for a register step of {shown(step)} Wh and a limit of {shown(limit)} %"
        )
        reason = f"the reference meter saw {shown(reference / times)} Wh{where}, and {shown(least)} Wh are needed {because}"
        return doubt(thing, reason, figures)
    remarks = ""
    if found_step_wh is not None:
        found, chance = number("found_step_wh", found_step_wh), number("found_step_chance", found_step_chance)
        figures |= {"found_step_wh": found, "found_step_chance": chance}
        if found > step * (1 + 1e-9) and chance < UNLIKELY:
            reason = (
                f"its register moves in steps of {shown(found)} Wh, although {shown(step)} Wh are declared; "
                "the charger sheet must state the real step before an error can be judged"
            )
            return doubt(thing, reason, figures)
        if found > step * (1 + 1e-9):
            remarks = (
                f"; the register was seen in steps of {shown(found)} Wh, too seldom to contradict the declared "
                f"{shown(step)} Wh"
            )
    session = reported_kind == "session"
    bias = times * session_bias(step) if session else 0.0
    if correct_bias:
        reported -= bias
    share = 100.0 / reference
    resolution = register_session(step) if session else register_difference(step)
    own = reference_budget or ({"name": "reference meter", "value": u_reference_wh},)
    parts = [*own, *(part for correction in corrections for part in correction["parts"])]
    budget = Budget(
        (
            *(_line(part, share * max(reported, 0.0) / reference) for part in parts),
            Contribution(
                resolution.name, resolution.value * math.sqrt(times), resolution.distribution, share
            ),
            *(Contribution(name, number(name, u), sensitivity=share) for name, u in (extra_u or {}).items()),
            *([repeatability([number("repeats_pct", one) for one in repeats_pct])] if repeats_pct else ()),
        )
    )
    terms = terms_of(k, guard, tur_min, tur_warn)
    error = share * (reported - reference)
    factor = budget.factor(terms.k)
    expanded = factor * budget.combined
    margin = limit - abs(error)
    outcome, band, remark = terms.decide(margin, expanded, limit)
    simple = "pass" if margin >= 0 else "fail"
    guarded = conformity(margin, expanded, 1.0)[0]
    figures |= {
        "error_pct": error,
        "u_pct": budget.combined,
        "U_pct": expanded,
        "k": factor,
        "dof": None if math.isinf(budget.dof) else budget.dof,
        "guard": terms.guard,
        "tur": uncertainty_ratio(limit, expanded) if expanded else None,
        "bias_wh": bias,
        "bias_corrected": correct_bias,
        "simple_acceptance": simple,
        "guard_band": guarded,
        "p_conform": probability_below(error, limit, budget.combined)
        - probability_below(error, -limit, budget.combined),
        "budget": budget.rows(),
    }
    remark += _both(simple, guarded) + remarks
    if outcome == "pass" and provenance == "unverified":
        remark += SCREENING
        figures["screening"] = True
    less = f", {shown(reference)} Wh{where}" if corrections else ""
    return Decision(
        outcome,
        f"{thing} is reported as {shown(reported)} Wh, the reference meter saw {shown(seen)} Wh{less}: error "
        f"{error:+.2f} % +- {expanded:.2f} % (k = {shown(factor)}); {shown(limit)} % is allowed"
        f"{source_of(limit_id, limit_source)}{remark}.",
        band,
        figures,
    )


def _line(part: Mapping[str, Any], sensitivity: float) -> Contribution:
    """One part of the reference's budget, as a record holds it."""
    dof = part.get("dof")
    return Contribution(
        str(part["name"]),
        number(str(part["name"]), part["value"]),
        part.get("distribution", "standard"),
        sensitivity,
        math.inf if dof is None else number("dof", dof),
    )


def _both(simple: str, guarded: str) -> str:
    """Where simple acceptance and a guard band of U come to different ends, both are told."""
    return "" if simple == guarded else f"; simple acceptance says {simple}, a guard band of U says {guarded}"
