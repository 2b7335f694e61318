"""How often a decision rule accepts a bad meter or rejects a good one: simulated through the real rule, and predicted.

Meters have true errors of a normal distribution around 0. Each is measured once: the reference is off by its own
standard uncertainty, and the register is truncated to its step at both ends. What ``energy_error`` says of it is held
against what it is. The prediction is that of JCGM 106:2012, 9.5: the integral of the prior times the chance that a
measured value falls where the rule accepts, or rejects.

::

    simulate(Setting(limit_pct=1.0, expanded_pct=0.25, spread_pct=0.6), {"certification": rule}, meters=1000, seed=1)
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from random import Random
from statistics import NormalDist

from wattest.errors import BenchError
from wattest.judge.rules import decide
from wattest.judge.uncertainty import minimum_energy
from wattest.model.requirement import DecisionRule

STEP_WH = 1.0
"""Step of the simulated registers."""
REGISTER_SHARE = 0.5
"""The most that the register may have of the standard uncertainty: more energy flows until it has no more."""
OUTCOMES = ("true accept", "false accept", "true reject", "false reject", "inconclusive")


@dataclass(frozen=True)
class Setting:
    """``expanded_pct`` is U (k = 2) of one measurement, ``spread_pct`` the standard deviation of the meters' errors."""

    limit_pct: float
    expanded_pct: float
    spread_pct: float

    def __post_init__(self) -> None:
        for name, value in (
            ("limit", self.limit_pct),
            ("budget", self.expanded_pct),
            ("spread", self.spread_pct),
        ):
            if not (math.isfinite(value) and value > 0):
                raise BenchError(f"The {name} of a risk is {value:g} %; it must be above 0 %.")

    @property
    def u_pct(self) -> float:
        """Standard uncertainty of one measurement."""
        return self.expanded_pct / 2.0

    @property
    def energy_wh(self) -> float:
        """Energy of one measurement: the floor of the limit, or what leaves the register its share of ``u_pct``."""
        register = 100.0 * STEP_WH / math.sqrt(6.0) / (REGISTER_SHARE * self.u_pct)
        return 1.05 * max(minimum_energy(STEP_WH, self.limit_pct), register)

    @property
    def u_reference_wh(self) -> float:
        """What is left for the reference meter."""
        whole = self.u_pct / 100.0 * self.energy_wh
        return math.sqrt(whole**2 - STEP_WH**2 / 6.0)


def simulate(
    setting: Setting,
    rules: Mapping[str, DecisionRule],
    *,
    meters: int,
    seed: int,
    told: Callable[[int], object] = lambda _done: None,
) -> dict[str, dict[str, int]]:
    """How many meters had each of ``OUTCOMES`` under each rule; all rules see the same measurements.

    ``told`` hears after every hundred meters how many are done. Raises ``BenchError`` for less than one meter.
    """
    if meters < 1:
        raise BenchError(f"A risk needs at least one meter, not {meters}.")
    random = Random(f"{seed}:{setting.limit_pct!r}:{setting.expanded_pct!r}:{setting.spread_pct!r}")
    counts = {name: dict.fromkeys(OUTCOMES, 0) for name in rules}
    for done in range(1, meters + 1):
        true_pct = random.gauss(0.0, setting.spread_pct)
        start_wh = 1e6 + random.uniform(0.0, STEP_WH)
        end_wh = start_wh + setting.energy_wh * (1.0 + true_pct / 100.0)
        reference_wh = setting.energy_wh + random.gauss(0.0, setting.u_reference_wh)
        reported_wh = _told(end_wh) - _told(start_wh)
        for name, rule in rules.items():
            said = _outcome(setting, rule, reported_wh, reference_wh)
            counts[name][_kind(said, conforms=abs(true_pct) <= setting.limit_pct)] += 1
        if done % 100 == 0 or done == meters:
            told(done)
    return counts


def _told(register_wh: float) -> float:
    return math.floor(register_wh / STEP_WH) * STEP_WH


def _outcome(setting: Setting, rule: DecisionRule, reported_wh: float, reference_wh: float) -> str:
    """What the rule that judges real chargers says."""
    return decide(
        "energy_error",
        {
            "what": "a simulated meter",
            "reported_wh": reported_wh,
            "reported_step_wh": STEP_WH,
            "reference_wh": reference_wh,
            "u_reference_wh": setting.u_reference_wh,
            "limit_pct": setting.limit_pct,
            "guard": rule.guard,
            "k": rule.k,
            "tur_min": rule.tur_min,
            "tur_warn": rule.tur_warn,
        },
    ).outcome


def _kind(outcome: str, *, conforms: bool) -> str:
    if outcome == "pass":
        return "true accept" if conforms else "false accept"
    if outcome == "fail":
        return "false reject" if conforms else "true reject"
    return "inconclusive"


def predict(setting: Setting, rule: DecisionRule) -> dict[str, float]:
    """The share of each of ``OUTCOMES`` by JCGM 106, with normal distributions.

    Accepted is what measures within ``limit - guard U``, rejected what measures beyond ``limit + guard U``; below the
    least ratio of limit to U nothing is accepted, and rejected only what lies beyond ``limit + U``.
    """
    expanded = rule.k * setting.u_pct
    poor = setting.limit_pct / expanded < rule.tur_min
    accept = -1.0 if poor else setting.limit_pct - rule.guard * expanded
    reject = setting.limit_pct + (1.0 if poor else rule.guard) * expanded
    prior, noise = NormalDist(0.0, setting.spread_pct), NormalDist(0.0, setting.u_pct)

    def within(bound: float, true: float) -> float:
        return 0.0 if bound < 0 else noise.cdf(bound - true) - noise.cdf(-bound - true)

    far = max(8.0 * setting.spread_pct, 2.0 * setting.limit_pct)
    inside = (-setting.limit_pct, setting.limit_pct)
    outside = ((-far, -setting.limit_pct), (setting.limit_pct, far))
    found = {
        "true accept": _integral(lambda e: prior.pdf(e) * within(accept, e), inside),
        "false accept": sum(_integral(lambda e: prior.pdf(e) * within(accept, e), part) for part in outside),
        "true reject": sum(
            _integral(lambda e: prior.pdf(e) * (1.0 - within(reject, e)), part) for part in outside
        ),
        "false reject": _integral(lambda e: prior.pdf(e) * (1.0 - within(reject, e)), inside),
    }
    return {**found, "inconclusive": max(0.0, 1.0 - sum(found.values()))}


def _integral(function: Callable[[float], float], over: tuple[float, float], pieces: int = 2000) -> float:
    """Simpson's rule."""
    begin, end = over
    width = (end - begin) / pieces
    inner = sum((4 if index % 2 else 2) * function(begin + index * width) for index in range(1, pieces))
    return width / 3.0 * (function(begin) + inner + function(end))


def interval(count: int, of: int, confidence: float) -> tuple[float, float]:
    """Wilson's confidence interval of a share.

    >>> low, high = interval(50, 100, 0.95)
    >>> round(low, 3), round(high, 3)
    (0.404, 0.596)
    """
    z = NormalDist().inv_cdf(0.5 + confidence / 2.0)
    share = count / of
    middle = (share + z**2 / (2 * of)) / (1 + z**2 / of)
    half = z / (1 + z**2 / of) * math.sqrt(share * (1 - share) / of + z**2 / (4 * of**2))
    return max(0.0, middle - half), min(1.0, middle + half)
