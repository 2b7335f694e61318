"""How many sessions show a rate of success, and what a number of sessions shows.

Success run by the binomial distribution: ``n`` sessions with at most ``failures`` failures demonstrate a rate ``p`` with
confidence ``c`` when a charger of exactly that rate would do as well with a probability of at most ``1 - c``::

    sessions_needed(0.97, 0.95)       # 99
    sessions_needed(0.97, 0.95, 1)    # 157

Exact in fractions, so that a boundary is never a matter of rounding. One day on a bench can show the success of sessions; it
shows nothing of uptime.
"""

from __future__ import annotations

from fractions import Fraction
from functools import cache
from math import comb
from typing import Any

from wattest.errors import BenchError
from wattest.judge.decision import Decision, number


def chance(sessions: int, failures: int, rate: Fraction) -> Fraction:
    """Probability of at most so many failures in so many sessions at a rate of success (binomial, exact)."""
    return sum(
        (
            comb(sessions, count) * (1 - rate) ** count * rate ** (sessions - count)
            for count in range(min(failures, sessions) + 1)
        ),
        Fraction(0),
    )


@cache
def sessions_needed(rate: float, confidence: float, failures: int = 0) -> int:
    """Fewest sessions that demonstrate a rate with so many failures. Raises ``BenchError`` for a share not between 0 and 1."""
    p, doubt = _share("rate", rate), 1 - _share("confidence", confidence)
    low, high = failures, failures + 1
    while chance(high, failures, p) > doubt:
        low, high = high, high * 2
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if chance(middle, failures, p) <= doubt else (middle, high)
    return high


def _share(name: str, value: float) -> Fraction:
    found = Fraction(repr(float(value)))
    if not 0 < found < 1:
        raise BenchError(f"The {name} of a demonstration is {value}; it lies between 0 and 1, such as 0.97.")
    return found


def demonstrated(
    *, what: str, sessions: Any, failures: Any, rate_pct: Any, confidence_pct: Any = 95, why: Any = ()
) -> Decision:
    """A rate of success is shown, contradicted, or neither.

    ``pass`` when a charger of exactly this rate would have so few failures with a probability of at most 1 - confidence;
    ``fail`` when it would have so many with a probability of at most 1 - confidence; else ``inconclusive``, with the number of
    sessions that would decide. ``why`` are sentences about the failures.
    """
    n, k = int(number("sessions", sessions)), int(number("failures", failures))
    rate, confidence = number("rate_pct", rate_pct) / 100, number("confidence_pct", confidence_pct) / 100
    if not 0 <= k <= n:
        raise BenchError(f"There cannot be {k} failures in {n} sessions.")
    p, doubt = _share("rate", rate), 1 - _share("confidence", confidence)
    needed = sessions_needed(rate, confidence, k)
    figures = {"sessions": n, "failures": k, "needed": needed}
    told = f"{n} sessions of {what}, {k} of them failed"
    reasons = f" {' '.join(str(one) for one in list(why)[:5])}" if why else ""
    shown = f"{rate_pct} % at {confidence_pct} % confidence"
    if chance(n, k, p) <= doubt:
        return Decision("pass", f"{told}: {shown} is shown; {needed} were needed.{reasons}", figures=figures)
    if k > 0 and 1 - chance(n, k - 1, p) <= doubt:
        return Decision("fail", f"{told}: so many contradict a success of {shown}.{reasons}", figures=figures)
    return Decision(
        "inconclusive",
        f"{told}: too few to show {shown}; with {k} failed, {needed} are needed.{reasons}",
        figures=figures,
    )
