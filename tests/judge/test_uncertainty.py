"""Uncertainty: the worked examples of the reference, and what must always hold."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wattest.errors import BenchError
from wattest.judge.uncertainty import (
    Budget,
    Contribution,
    acceptance_limit,
    conformity,
    coverage_factor,
    minimum_energy,
    probability_below,
    register_difference,
    register_session,
    repeatability,
    session_bias,
    uncertainty_ratio,
)


@pytest.mark.parametrize(
    ("current_a", "range_kw", "cable_pct", "analyser", "combined", "expanded", "ratio"),
    [(32, 12, 0.24, 0.103, 0.113, 0.23, 4.4), (6, 3, 0.05, 0.118, 0.125, 0.25, 4.0)],
)
def test_the_worked_budget_of_one_kwh(
    current_a: float,
    range_kw: float,
    cable_pct: float,
    analyser: float,
    combined: float,
    expanded: float,
    ratio: float,
) -> None:
    """240 V, 0.1 % of reading and 0.05 % of range, a register step of 1 Wh, cable loss known to 10 %."""
    power_kw = 0.24 * current_a
    reference = Contribution("analyser", 0.1 + 0.05 * range_kw / power_kw, "rectangular")
    register = register_difference(100.0 * 1 / 1000)
    cable = Contribution("cable-loss correction", 0.1 * cable_pct)
    budget = Budget((reference, register, cable))
    assert reference.u == pytest.approx(analyser, abs=0.0015)
    assert register.u == pytest.approx(0.041, abs=0.0005)
    assert budget.combined == pytest.approx(combined, abs=0.001)
    assert budget.expanded() == pytest.approx(expanded, abs=0.005)
    assert uncertainty_ratio(1.0, budget.expanded()) == pytest.approx(ratio, abs=0.05)
    assert uncertainty_ratio(2.0, budget.expanded()) == pytest.approx(2 * ratio, abs=0.1)


def test_register_resolution() -> None:
    """Monte Carlo gives 0.408 d for a difference and 0.289 d with a bias of -d/2 for a session register."""
    assert register_difference(1.0).u == pytest.approx(0.408, abs=0.0005)
    assert register_session(1.0).u == pytest.approx(0.289, abs=0.0005)
    assert session_bias(1.0) == -0.5


@pytest.mark.parametrize(
    ("step", "kwh"),
    [(0.1, (0.2, 0.1, 0.05, 0.02)), (1, (2, 1, 0.5, 0.2)), (10, (20, 10, 5, 2)), (100, (200, 100, 50, 20))],
)
def test_minimum_energy_table(step: float, kwh: tuple[float, ...]) -> None:
    """Ten steps over the limit, at 0.5, 1, 2 and 5 %."""
    found = tuple(minimum_energy(step, limit) / 1000 for limit in (0.5, 1.0, 2.0, 5.0))
    assert found == pytest.approx(kwh)


def test_minimum_energy_has_two_floors() -> None:
    """The minimum measured quantity, and a hundred steps."""
    assert minimum_energy(1, 1.0, mmq_wh=2500) == 2500
    assert minimum_energy(1, 50) == 100
    with pytest.raises(BenchError, match="The limit of an energy error must be above 0 %, not 0 %"):
        minimum_energy(1, 0)


@pytest.mark.parametrize(("guard", "risk"), [(0.0, 0.5), (0.5, 0.159), (1.0, 0.0228)])
def test_risk_of_false_acceptance_at_the_acceptance_limit(guard: float, risk: float) -> None:
    """ILAC-G8: 50 % by simple acceptance, 15.9 % with half of U, 2.28 % with U."""
    u, limit = 0.1, 1.0
    value = acceptance_limit(limit, 2 * u, guard)
    assert 1 - probability_below(value, limit, u) == pytest.approx(risk, abs=0.0005)


def test_probability_without_uncertainty_is_certainty() -> None:
    """An exact value is on one side of its limit."""
    assert (probability_below(1, 1, 0), probability_below(1.1, 1, 0)) == (1.0, 0.0)


def test_type_a_and_few_degrees_of_freedom() -> None:
    """Few repeats need a larger factor (GUM Table G.2)."""
    part = repeatability((0.1, 0.2, 0.3))
    assert part.u == pytest.approx(0.1 / math.sqrt(3))
    assert part.dof == 2
    budget = Budget((part, Contribution("reference", 0.0)))
    assert budget.dof == pytest.approx(2)
    assert coverage_factor(budget.dof * 0.999999 + 0.001) == 4.53
    assert Budget((Contribution("reference", 1.0),)).dof == math.inf
    assert [coverage_factor(dof) for dof in (1, 20, 30, 100, 5000)] == [13.97, 2.13, 2.13, 2.05, 2.0]
    with pytest.raises(BenchError, match="Repeatability needs at least 3 repeats, not 2"):
        repeatability((1.0, 2.0))
    with pytest.raises(BenchError, match=r"A coverage factor needs at least 1 degree of freedom, not 0\.5"):
        coverage_factor(0.5)


@pytest.mark.parametrize("value", [-1.0, math.inf, math.nan])
def test_a_contribution_is_a_finite_number_from_zero(value: float) -> None:
    """A negative uncertainty is a mistake of the suite."""
    with pytest.raises(BenchError, match="Contribution 'x' of an uncertainty budget is"):
        Contribution("x", value)


@settings(deadline=None)
@given(st.floats(-10, 10), st.floats(0, 5), st.sampled_from([0.0, 0.5, 1.0]))
def test_bands_and_outcomes_partition(margin: float, expanded: float, guard: float) -> None:
    """Every margin has one band and one outcome, and they never contradict one another."""
    outcome, band = conformity(margin, expanded, guard)
    assert (band in {"PASS", "CONDITIONAL_PASS"}) == (margin >= 0)
    if outcome == "pass":
        assert band in {"PASS", "CONDITIONAL_PASS"}
    if outcome == "fail":
        assert band in {"CONDITIONAL_FAIL", "FAIL"}
    if guard == 0:
        assert outcome != "inconclusive"


@settings(deadline=None)
@given(st.floats(-10, 10), st.floats(0, 5), st.floats(0, 5))
def test_more_room_never_makes_it_worse(margin: float, more: float, expanded: float) -> None:
    """Outcomes are monotone in the margin."""
    order = ("fail", "inconclusive", "pass")
    first, second = conformity(margin, expanded, 1.0)[0], conformity(margin + more, expanded, 1.0)[0]
    assert order.index(first) <= order.index(second)


@settings(deadline=None)
@given(st.lists(st.floats(0, 100), min_size=1, max_size=8))
def test_a_budget_is_at_least_its_largest_part_and_at_most_their_sum(values: list[float]) -> None:
    """Root of the sum of squares."""
    budget = Budget(tuple(Contribution(str(index), value) for index, value in enumerate(values)))
    assert max(values) * (1 - 1e-9) <= budget.combined <= sum(values) * (1 + 1e-9) + 1e-150
    assert [row["u"] for row in budget.rows()] == values
