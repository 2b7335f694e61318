"""Whether energy errors are stated as a laboratory states them: with U, k, a ratio to the limit and a valid calibration.

This judges how we measured, never the charger, so nothing here fails: what is missing is ``inconclusive`` (MET-07).
Sources: JCGM 100:2008 7.2.3, ILAC-G8:09/2019, NIST Handbook 44 Appendix A (recalled: the standard's uncertainty is at
most a third of the tolerance).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from wattest.judge.decision import Decision, begun, listed, number, shown

COVERAGE = 2.0
"""The least coverage factor of an expanded uncertainty (JCGM 100 6.3.3); few repeats ask for a larger one."""


def stated_with_uncertainty(
    *, what: str, errors: Sequence[Mapping[str, Any]], unstated: Sequence[str] = ()
) -> Decision:
    """Every energy error has its uncertainty, its budget, a fine enough instrument and a calibration in date.

    ``errors`` hold ``name``, ``U_pct``, ``k``, ``tur`` (the limit over U, None where U is 0), ``tur_min``, ``tur_warn``, ``parts``
    (lines of the budget), ``day`` on which it was measured, and ``calibration`` (``model``, ``serial``, ``certificate``,
    ``calibrated``, ``due``), None when the record tells of none. ``unstated`` are sentences of why there is no error.
    """
    doubts = [*unstated, *(reason for error in errors if (reason := _lacking(error)))]
    figures: dict[str, Any] = {"errors": len(errors), "doubts": len(doubts)}
    if not errors and not doubts:
        doubts = [f"{begun(what)}: none was stated, so nothing can be said of its uncertainty."]
    if errors:
        figures["U_pct"] = worst = max(number("U_pct", error["U_pct"]) for error in errors)
        figures["k"] = max(number("k", error["k"]) for error in errors)
    if doubts:
        return Decision("inconclusive", listed(list(dict.fromkeys(doubts))), figures=figures)
    figures["tur"] = ratio = min(number("tur", error["tur"]) for error in errors)
    told = errors[-1]["calibration"]
    warned = any(number("tur", one["tur"]) < number("tur_warn", one["tur_warn"]) for one in errors)
    mind = (
        f", which is less than the {shown(number('tur_warn', errors[0]['tur_warn']))} that are wished for"
        if warned
        else ""
    )
    return Decision(
        "pass",
        f"{begun(what)}: {_counted(len(errors))} stated with U up to {shown(worst)} % "
        f"(k = {shown(figures['k'])}), the limit is at least {shown(ratio)} times U{mind}; {_named(told)} is calibrated "
        f"until {told['due']}.",
        figures=figures,
    )


def _counted(count: int) -> str:
    return "1 is" if count == 1 else f"{count} are"


def _lacking(error: Mapping[str, Any]) -> str:
    """What keeps one energy error from being stated as it must be; empty when nothing does."""
    name, told = f"'{error['name']}'", error["calibration"]
    day = date.fromisoformat(error["day"])
    if told is None:
        return (
            f"{begun(name)} rests on a reference meter without a calibration in the record; name its file under "
            "'calibration' in the bench file."
        )
    if day > date.fromisoformat(told["due"]):
        return f"{begun(name)} was measured on {day}, and the calibration of {_named(told)} expired on {told['due']}."
    if day < date.fromisoformat(told["calibrated"]):
        return f"{begun(name)} was measured on {day}, and the calibration of {_named(told)} begins on {told['calibrated']}."
    if not error["parts"] or number("U_pct", error["U_pct"]) <= 0:
        return f"{begun(name)} is stated without a budget of its uncertainty."
    if number("k", error["k"]) < COVERAGE:
        return f"{begun(name)} is stated with k = {shown(number('k', error['k']))}; k = {shown(COVERAGE)} is asked for."
    ratio, least = number("tur", error["tur"]), number("tur_min", error["tur_min"])
    if ratio < least:
        return (
            f"{begun(name)}: the limit is only {shown(ratio)} times U, {shown(least)} is asked for; take a range or "
            "an instrument that fits the current better, or more energy."
        )
    return ""


def _named(told: Mapping[str, Any]) -> str:
    return f"{told['model']} {told['serial']} (certificate {told['certificate']})"
