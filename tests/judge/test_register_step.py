"""The step of a register, found in what it said."""

from __future__ import annotations

from decimal import Decimal
from math import gcd
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wattest.errors import BenchError
from wattest.judge.register_step import by_accident, found_step
from wattest.judge.rules import decide


def decimals(*values: Any) -> list[Decimal]:
    return [Decimal(str(value)) for value in values]


@pytest.mark.parametrize(
    ("values", "step", "draws"),
    [
        ((0, 20, 50, 90, 140, 150), 10.0, 5),
        ((0, 24, 48, 72), 24.0, 1),
        (("0.0", "0.3", "0.8"), 0.1, 2),
        (("1000.25", "1000.75"), 0.5, 1),
        ((5, 5, 5), None, 0),
        ((5,), None, 0),
        ((), None, 0),
        ((30, 20, 10), 10.0, 1),
    ],
)
def test_the_greatest_common_divisor_of_differences(values: Any, step: float | None, draws: int) -> None:
    """Exact in Decimal; equal differences count once, since steady power repeats itself."""
    found = found_step(decimals(*values), 1.0)
    assert (found.step_wh, found.draws) == (step, draws)


def test_moments_that_somebody_chose_count_all() -> None:
    """Differences at uneven moments are independent even where they are equal."""
    assert found_step(decimals(0, 20, 40, 60), 1.0, draws=3).draws == 3
    assert found_step(decimals(0, 20, 40, 60), 1.0, draws=9).draws == 3


def test_the_chance_of_an_accident_is_never_told_too_small() -> None:
    """Against 20,000 random registers of the declared step: the bound lies above what happens."""
    random = Random(1)
    for draws in (2, 3, 5):
        for ratio in (2, 5, 10):
            hits = sum(
                gcd(*(random.randrange(1, 10_000) for _ in range(draws))) >= ratio for _ in range(20_000)
            )
            assert hits / 20_000 <= by_accident(ratio, draws) * 1.05 + 1e-3, (draws, ratio)
    assert by_accident(1.0, 50) == by_accident(10.0, 1) == by_accident(10.0, 0) == 1.0


@settings(deadline=None)
@given(st.lists(st.integers(0, 10_000), min_size=1, max_size=30), st.sampled_from(["1", "0.1", "10", "2.5"]))
def test_a_found_step_divides_every_difference(counts: list[int], step: str) -> None:
    """And it is a whole multiple of the true step."""
    values = [Decimal(count) * Decimal(step) for count in counts]
    found = found_step(values, float(step)).step_wh
    if found is None:
        assert len(set(values)) == 1
        return
    assert (found / float(step)) == pytest.approx(round(found / float(step)))
    for value in values:
        ratio = float(value - values[0]) / found
        assert ratio == pytest.approx(round(ratio), abs=1e-6)


FINE: dict[str, Any] = {"what": "the register", "declared_wh": 1, "limit_wh": 1}


@pytest.mark.parametrize(
    ("more", "outcome", "sentence"),
    [
        ({"registers": [0, 3, 7]}, "pass", "The register moves in steps of 1 Wh; at most 1 Wh is allowed."),
        (
            {"registers": ["0", "0.4", "0.9"], "declared_wh": 0.05},
            "pass",
            "The register moves in steps of 0.1 Wh; at most 1 Wh is allowed; the charger sheet declares 0.05 Wh.",
        ),
        (
            {"registers": [0, 10, 30, 60, 100, 150], "limit_id": "register_step"},
            "fail",
            (
                "The register moves in steps of 10 Wh, seen in 5 independent differences; at most 1 Wh is allowed "
                "(register_step); the charger sheet declares 1 Wh."
            ),
        ),
        (
            {"registers": [0, 10, 30, 60, 100, 150], "declared_wh": 10},
            "fail",
            "The register moves in steps of 10 Wh, seen in 5 independent differences; at most 1 Wh is allowed.",
        ),
        (
            {"registers": [0, 10, 30]},
            "inconclusive",
            (
                "The register was seen in steps of 10 Wh, but 2 different differences are too few to tell that from an "
                "accident (chance 10.5263 %); at most 1 Wh is allowed."
            ),
        ),
        (
            {"registers": [7, 7]},
            "inconclusive",
            "The register did not move in 2 readings, so that its step cannot be told.",
        ),
    ],
)
def test_a_register_is_fine_enough_or_not(more: Any, outcome: str, sentence: str) -> None:
    """A coarse one fails once it is no accident; too few values decide nothing."""
    decision = decide("fine_enough", {**FINE, **more})
    assert (decision.outcome, decision.sentence) == (outcome, sentence)


def test_a_declared_step_of_nothing_is_a_mistake_of_the_suite() -> None:
    """A register advances in steps."""
    with pytest.raises(BenchError) as caught:
        decide("fine_enough", {**FINE, "registers": [1, 2], "declared_wh": 0})
    assert str(caught.value) == (
        "Input 'declared_wh' of a rule is 0; a register advances in steps above 0 Wh."
    )


def test_enough_is_never_a_failure() -> None:
    """Too little energy is inconclusive, and says why so much is needed."""
    asked = {"what": "the energy", "unit": "Wh", "least": 1000, "reason": "10 steps over 1 %"}
    assert decide("enough", {**asked, "value": 1000}).sentence == (
        "The energy is 1000 Wh; at least 1000 Wh is needed (10 steps over 1 %)."
    )
    short = decide("enough", {**asked, "value": 999})
    assert (short.outcome, short.sentence) == (
        "inconclusive",
        "The energy is 999 Wh; at least 1000 Wh is needed (10 steps over 1 %), so that nothing is judged by it.",
    )
