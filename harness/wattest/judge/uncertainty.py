"""Measurement uncertainty: budgets with named contributions, and what follows from them.

Sources: JCGM 100 (GUM), JCGM 106, ILAC-G8:09/2019, NIST Handbook 44 Appendix A (a standard's uncertainty of at most a third
of the tolerance; recalled). Example, the analyser of a bench (0.1 % of reading and 0.05 % of a 12 kW range at 7.68 kW)::

    Budget((
        Contribution("analyser", 0.1 + 0.05 * 12 / 7.68, "rectangular"),
        Contribution("register", 100 * 1 / 1000, "triangular"),
    )).expanded(k=2)      # 0.22 %
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from wattest.errors import BenchError
from wattest.judge.decision import Band, Result
from wattest.roles import Distribution

DIVISORS: dict[str, float] = {
    "standard": 1.0,
    "rectangular": math.sqrt(3.0),
    "triangular": math.sqrt(6.0),
    "arcsine": math.sqrt(2.0),
}
"""What a half-width is divided by to become a standard uncertainty (GUM 4.3)."""

MANY = 1000.0
"""Degrees of freedom from which the normal distribution is good enough."""

_STUDENT = (
    *(13.97, 4.53, 3.31, 2.87, 2.65, 2.52, 2.43, 2.37, 2.32, 2.28),
    *(2.25, 2.23, 2.21, 2.20, 2.18, 2.17, 2.16, 2.15, 2.14, 2.13),
)
"""t for 95.45 % and 1 to 20 degrees of freedom (GUM Table G.2; recalled)."""


@dataclass(frozen=True)
class Contribution:
    """One line of a budget: a half-width, or a standard uncertainty, in its own unit.

    ``sensitivity`` turns that unit into the unit of the result. ``dof`` are degrees of freedom, infinite unless
    the value comes from few repeats. Raises ``BenchError`` for a value or a distribution that makes no sense.
    """

    name: str
    value: float
    distribution: Distribution = "standard"
    sensitivity: float = 1.0
    dof: float = math.inf

    def __post_init__(self) -> None:
        if not self.value >= 0 or math.isinf(self.value):
            raise BenchError(
                f"Contribution '{self.name}' of an uncertainty budget is {self.value}; it must be a finite number "
                "from 0 up."
            )
        if self.distribution not in DIVISORS:
            raise BenchError(
                f"Contribution '{self.name}' of an uncertainty budget has the distribution '{self.distribution}'; "
                f"known are {', '.join(DIVISORS)}."
            )

    @property
    def u(self) -> float:
        """Standard uncertainty in the unit of the result."""
        return self.value / DIVISORS[self.distribution] * abs(self.sensitivity)


@dataclass(frozen=True)
class Budget:
    """Independent contributions to one result."""

    contributions: tuple[Contribution, ...]

    @property
    def combined(self) -> float:
        """Root of the sum of squares: the standard uncertainty of the result."""
        return math.hypot(*(part.u for part in self.contributions))

    @property
    def dof(self) -> float:
        """Effective degrees of freedom by Welch and Satterthwaite (GUM G.4)."""
        few = math.fsum(part.u**4 / part.dof for part in self.contributions)
        return self.combined**4 / few if few > 0 else math.inf

    def factor(self, k: float = 2.0) -> float:
        """``k``, or the larger factor of the same coverage where a part rests on few repeats (GUM G.4).

        Raises ``BenchError`` for few repeats with another ``k`` than 2: the table is for 95.45 %.
        """
        dof = self.dof
        if dof >= MANY:
            return k
        if k != 2.0:
            raise BenchError(
                f"The budget has {dof:.1f} effective degrees of freedom and the decision rule asks for k = {k:g}; the "
                "factors for few repeats are known for k = 2 only. Take a rule with k = 2."
            )
        return coverage_factor(max(1.0, dof))

    def expanded(self, k: float = 2.0) -> float:
        """``k`` times the combined uncertainty; with few repeats by Student's factor instead of ``k``."""
        return self.factor(k) * self.combined

    def rows(self) -> list[dict[str, float | str | None]]:
        """The budget line by line, as figures of a decision; ``dof`` None is infinite."""
        return [
            {
                "name": part.name,
                "value": part.value,
                "distribution": part.distribution,
                "sensitivity": part.sensitivity,
                "u": part.u,
                "dof": None if math.isinf(part.dof) else part.dof,
            }
            for part in self.contributions
        ]


def coverage_factor(dof: float) -> float:
    """Student's t for 95.45 %: 2 for many repeats, more for few; between table lines the larger value.

    >>> coverage_factor(2), coverage_factor(float("inf"))
    (4.53, 2.0)
    """
    if dof < 1:
        raise BenchError(f"A coverage factor needs at least 1 degree of freedom, not {dof:g}.")
    if dof < len(_STUDENT) + 1:
        return _STUDENT[int(dof) - 1]
    return 2.13 if dof < 50 else 2.05 if dof < MANY else 2.0


def repeatability(values: Sequence[float], name: str = "repeatability") -> Contribution:
    """Type A: standard deviation of the mean of at least three repeats (GUM 4.2)."""
    if len(values) < 3:
        raise BenchError(f"Repeatability needs at least 3 repeats, not {len(values)}.")
    return Contribution(
        name, statistics.stdev(values) / math.sqrt(len(values)), "standard", dof=len(values) - 1
    )


def register_difference(step: float) -> Contribution:
    """Two truncated registers subtracted: triangular on +-step, mean zero, ``u = step / sqrt(6)``."""
    return Contribution("register resolution (difference)", step, "triangular")


def register_session(step: float) -> Contribution:
    """A register that starts from zero and truncates: ``u = step / sqrt(12)``, and a bias of -step/2 beside it."""
    return Contribution("register resolution (session)", step / 2.0, "rectangular")


def session_bias(step: float) -> float:
    """Mean error of a truncating session register; reported, corrected only if the device documents truncation."""
    return -step / 2.0


def minimum_energy(step_wh: float, limit_pct: float, mmq_wh: float = 0.0) -> float:
    """Wh below which an energy comparison decides nothing: ``max(MMQ, 10 d / MPE, 100 d)``.

    >>> minimum_energy(1, 1.0), minimum_energy(0.1, 0.5), minimum_energy(1, 20.0)
    (1000.0, 200.0, 100.0)
    """
    if limit_pct <= 0:
        raise BenchError(f"The limit of an energy error must be above 0 %, not {limit_pct:g} %.")
    return max(mmq_wh, 1000.0 * step_wh / limit_pct, 100.0 * step_wh)


def uncertainty_ratio(limit: float, expanded: float) -> float:
    """Test uncertainty ratio: the limit over the expanded uncertainty; infinite when there is none."""
    return abs(limit) / expanded if expanded > 0 else math.inf


def acceptance_limit(limit: float, expanded: float, guard: float) -> float:
    """Limit less the guard band ``guard * U``; ``guard`` 0 is simple acceptance (ILAC-G8:09/2019)."""
    return limit - guard * expanded


def conformity(margin: float, expanded: float, guard: float) -> tuple[Result, Band]:
    """Outcome and ILAC band of a value that keeps ``margin`` to its limit (negative: beyond it).

    The bands always stand at ``U``; the outcome decides at ``guard * U`` and is inconclusive between.
    """
    band: Band
    if margin >= expanded:
        band = "PASS"
    elif margin >= 0:
        band = "CONDITIONAL_PASS"
    elif margin >= -expanded:
        band = "CONDITIONAL_FAIL"
    else:
        band = "FAIL"
    if margin >= guard * expanded:
        return "pass", band
    if margin < -guard * expanded:
        return "fail", band
    return "inconclusive", band


def probability_below(value: float, limit: float, u: float) -> float:
    """Probability that the true value is at most ``limit`` when ``value`` was measured with ``u`` (JCGM 106 7)."""
    if u <= 0:
        return 1.0 if value <= limit else 0.0
    return 0.5 * (1.0 + math.erf((limit - value) / (u * math.sqrt(2.0))))
