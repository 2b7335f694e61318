"""The step of an energy register, found in what it said: the greatest common divisor of its differences.

The charger sheet declares a step. A register that is coarser than declared makes an energy error look smaller or larger
than it is, so the declared step is never taken on trust. A few differences may share a divisor by accident (the
chance that two whole numbers do is 39 %), which is why the divisor comes with that chance::

    found = found_step([Decimal(n) for n in (0, 20, 50, 90, 140, 150)], declared_wh=1)
    found.step_wh, found.draws    # 10.0, 5
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise
from typing import Any

from wattest.errors import BenchError
from wattest.judge.decision import Decision, at, begun, number, shown

UNLIKELY = 0.01
"""Below this chance of an accident a register counts as coarser than declared: nothing is judged by it."""
PROVEN = 0.001
"""Below this one it fails a limit."""


@dataclass(frozen=True)
class FoundStep:
    """``step_wh`` divides every difference, None when there is none; ``draws`` of them differ from one another.

    ``chance`` is how probable it is that a register of the declared step would look this coarse.
    """

    step_wh: float | None
    draws: int
    chance: float


def found_step(registers: Sequence[Decimal], declared_wh: float, draws: int | None = None) -> FoundStep:
    """The step in successive values of a register, in the order in which it was read.

    ``draws`` is how many of the differences are independent, where somebody chose the moments so; otherwise only those
    that differ from one another count, since steady power repeats itself.
    """
    differences = [abs(later - earlier) for earlier, later in pairwise(registers) if later != earlier]
    if not differences:
        return FoundStep(None, 0, 1.0)
    places = max(0, *(-int(one.as_tuple().exponent) for one in differences))
    whole = math.gcd(*(int(one.scaleb(places)) for one in differences))
    step = float(Decimal(whole).scaleb(-places))
    count = len(set(differences)) if draws is None else min(draws, len(differences))
    return FoundStep(step, count, by_accident(step / declared_wh, count))


def by_accident(ratio: float, draws: int) -> float:
    """Chance that the greatest common divisor of so many numbers is ``ratio`` or more.

    ``sum of k^-m for k >= ratio``, over zeta(m), is at most the integral from ``ratio - 1/2``.

    >>> by_accident(10, 4) < 0.001 < by_accident(10, 2)
    True
    """
    if ratio < 1.5 or draws < 2:
        return 1.0
    return float(min(1.0, (ratio - 0.5) ** (1 - draws) / (draws - 1)))


def enough(*, what: str, value: Any, unit: str, least: Any, reason: str = "", place: str = "") -> Decision:
    """There is enough of something to judge by (MET-06). Too little is nobody's failure: it is inconclusive."""
    thing, seen, needed = begun(what) + at(place), number("value", value), number("least", least)
    why = f" ({reason})" if reason else ""
    said = f"{thing} is {shown(seen)} {unit}; at least {shown(needed)} {unit} is needed{why}"
    figures = {"value": seen, "least": needed, "unit": unit}
    if seen < needed:
        return Decision("inconclusive", f"{said}, so that nothing is judged by it.", figures=figures)
    return Decision("pass", f"{said}.", figures=figures)


def fine_enough(
    *,
    what: str,
    registers: Sequence[Any],
    declared_wh: Any,
    limit_wh: Any,
    draws: Any = None,
    limit_id: str = "",
    place: str = "",
) -> Decision:
    """A register advances in steps of at most ``limit_wh``, by the values that it showed (MET-11).

    ``draws`` as for ``found_step``. Too few different values to tell an accident from a coarse register are inconclusive.
    """
    thing = begun(what) + at(place)
    declared, limit = number("declared_wh", declared_wh), number("limit_wh", limit_wh)
    if declared <= 0:
        raise BenchError(
            f"Input 'declared_wh' of a rule is {declared:g}; a register advances in steps above 0 Wh."
        )
    values = [Decimal(str(value)) for value in registers]
    found = found_step(values, limit, None if draws is None else int(number("draws", draws)))
    figures = {
        "step_wh": found.step_wh,
        "declared_wh": declared,
        "limit_wh": limit,
        "draws": found.draws,
        "chance": found.chance,
    }
    if found.step_wh is None:
        return Decision(
            "inconclusive",
            f"{thing} did not move in {len(values)} readings, so that its step cannot be told.",
            figures=figures,
        )
    stated = f"; the charger sheet declares {shown(declared)} Wh" if found.step_wh > declared else ""
    allowed = f"at most {shown(limit)} Wh is allowed{f' ({limit_id})' if limit_id else ''}"
    if found.step_wh <= limit * (1 + 1e-9):
        said = f"{thing} moves in steps of {shown(found.step_wh)} Wh; {allowed}{stated}."
        return Decision("pass", said, figures=figures)
    if found.chance < PROVEN:
        said = (
            f"{thing} moves in steps of {shown(found.step_wh)} Wh, seen in {found.draws} independent differences; "
            f"{allowed}{stated}."
        )
        return Decision("fail", said, figures=figures)
    return Decision(
        "inconclusive",
        f"{thing} was seen in steps of {shown(found.step_wh)} Wh, but {found.draws} different differences are too few "
        f"to tell that from an accident (chance {shown(100 * found.chance)} %); {allowed}.",
        figures=figures,
    )
