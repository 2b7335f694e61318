"""The rule for states of charge: what the station told, against what the vehicle told at the bench.

A vehicle's state of charge rises while it charges. So what the station tells at a moment lies between what the vehicle
told a while before (the station may ask seldom) and what it tells soon after (clocks). Project criterion.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from wattest.judge.decision import Decision, begun, listed, number, shown

CLOCKS_S = 3.0
"""How far the stated time of a value and the bench's may be apart (project; as ``Facts.delay_tolerance_s``)."""
CUT_OFF_PCT = 1.0
"""A whole percent that was cut off is less than this below what the vehicle has; so much or more is another value."""
ROUNDED_UP_PCT = 0.5
"""One that was rounded is at most this above."""
FEWEST = 2
"""Values that must have been told between two looks at the vehicle, or nothing is said (project)."""


def state_of_charge_told(
    *,
    what: str,
    told: Sequence[Mapping[str, Any]],
    seen: Sequence[Mapping[str, Any]],
    age_s: Any,
    k: Any = 2.0,
) -> Decision:
    """Every state of charge that was told is the vehicle's, at most ``age_s`` old.

    ``told`` (``t_s``, ``percent``) are the station's by its own times, ``seen`` (``t_s``, ``percent``, ``u``, ``flags``) the
    vehicle's. A percent or more below what the vehicle told before, or more than half of one above what it tells after,
    fails, where it is so by ``k * u`` as well; within ``k * u`` is doubt, as are flags, an unknown ``u``, and fewer than two values that can be held
    between two looks.
    """
    thing, age, factor = begun(what), number("age_s", age_s), number("k", k)
    figures: dict[str, Any] = {"told": len(told), "seen": len(seen)}
    known = sorted(
        (number("t_s", one["t_s"]), number("percent", one["percent"]), factor * number("u", one["u"]))
        for one in seen
        if not one.get("flags") and one.get("u") is not None
    )
    wrong: list[str] = []
    doubts: list[str] = []
    held = 0
    for one in told:
        t, percent = number("t_s", one["t_s"]), number("percent", one["percent"])
        before = [(value, spread) for at, value, spread in known if at <= t - age - CLOCKS_S]
        at_first = known[:1] if known and known[0][0] <= t + CLOCKS_S else []
        low = before[-1] if before else at_first[0][1:] if at_first else None
        high = next(((value, spread) for at, value, spread in known if at >= t + CLOCKS_S), None)
        if low is None or high is None:
            continue
        held += 1
        below, above = low[0] - percent - CUT_OFF_PCT, percent - high[0] - ROUNDED_UP_PCT
        if below < 0 and above <= 0:
            continue
        off, spread = (below, low[1]) if below >= 0 else (above, high[1])
        sentence = (
            f"The station told {shown(percent)} % for {shown(round(t, 1))} s after the begin, and the vehicle told "
            f"{shown(low[0])} % up to {shown(age)} s before and {shown(high[0])} % after"
        )
        if off >= spread:
            wrong.append(f"{sentence}.")
        else:
            doubts.append(f"{sentence}, +- {shown(spread)} %.")
    figures |= {"held": held, "violations": len(wrong), "doubts": len(doubts)}
    if wrong:
        return Decision("fail", listed(wrong), figures=figures)
    if doubts:
        return Decision("inconclusive", listed(doubts), figures=figures)
    if held < FEWEST:
        return Decision(
            "inconclusive",
            f"{thing}: {held} of {len(told)} values lie between two looks at the vehicle with known uncertainty, and "
            f"{FEWEST} are needed.",
            figures=figures,
        )
    return Decision(
        "pass",
        f"{thing}: all {held} values held against the vehicle are its own, at most {shown(age)} s old.",
        figures=figures,
    )
