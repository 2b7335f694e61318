"""Simulated meters through the real rule, against what JCGM 106 predicts."""

from __future__ import annotations

import pytest

from wattest.errors import BenchError
from wattest.judge.risk import OUTCOMES, Setting, interval, predict, simulate
from wattest.model.read_requirements import read_decision_rules

RULES = {name: read_decision_rules()[name] for name in ("hb44", "certification")}


@pytest.mark.parametrize("expanded", [0.1, 0.25, 0.5])
def test_ten_thousand_meters_are_judged_as_predicted(expanded: float) -> None:
    """Every rate of both rules lies in its interval, 99.9 % each."""
    setting = Setting(1.0, expanded, 0.6)
    counts = simulate(setting, RULES, meters=10_000, seed=3)
    for name, rule in RULES.items():
        expected = predict(setting, rule)
        assert sum(counts[name].values()) == 10_000
        for outcome in OUTCOMES:
            low, high = interval(counts[name][outcome], 10_000, 0.999)
            assert low <= expected[outcome] <= high, (name, outcome)


def test_the_same_seed_gives_the_same_meters() -> None:
    """And another one others."""
    setting = Setting(1.0, 0.25, 0.6)
    first, again, other = (simulate(setting, RULES, meters=300, seed=seed) for seed in (1, 1, 2))
    assert first == again
    assert first != other


def test_a_guard_band_trades_false_acceptance_for_doubt() -> None:
    """W = U accepts far fewer bad meters than simple acceptance, and fewer good ones."""
    setting = Setting(1.0, 0.25, 0.6)
    simple, guarded = predict(setting, RULES["hb44"]), predict(setting, RULES["certification"])
    assert guarded["false accept"] < simple["false accept"] / 20
    assert guarded["true accept"] < simple["true accept"]
    assert simple["inconclusive"] == pytest.approx(0.0, abs=1e-6)


def test_a_poor_ratio_accepts_nobody() -> None:
    """U of 0.5 % at 1 % is a ratio of 2: below 3 nothing passes, by either rule."""
    for rule in RULES.values():
        expected = predict(Setting(1.0, 0.5, 0.6), rule)
        assert expected["true accept"] == expected["false accept"] == 0.0
        assert expected["inconclusive"] > 0.9


def test_rates_add_up_and_tiny_uncertainty_is_never_wrong() -> None:
    """Each meter has one outcome; with hardly any uncertainty there is no false one."""
    expected = predict(Setting(1.0, 0.001, 0.6), RULES["hb44"])
    assert sum(expected.values()) == pytest.approx(1.0)
    assert expected["false accept"] + expected["false reject"] < 1e-3


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ((0.0, 0.1, 0.6), "The limit of a risk is 0 %; it must be above 0 %."),
        ((1.0, -0.1, 0.6), "The budget of a risk is -0.1 %; it must be above 0 %."),
        ((1.0, 0.1, float("nan")), "The spread of a risk is nan %; it must be above 0 %."),
    ],
)
def test_a_question_that_makes_no_sense(arguments: tuple[float, float, float], sentence: str) -> None:
    """It is refused with a sentence."""
    with pytest.raises(BenchError) as caught:
        Setting(*arguments)
    assert str(caught.value) == sentence


def test_no_meters_are_no_risk() -> None:
    """At least one is needed."""
    with pytest.raises(BenchError, match="A risk needs at least one meter, not 0"):
        simulate(Setting(1.0, 0.1, 0.6), RULES, meters=0, seed=0)


def test_told_of_progress() -> None:
    """After each hundred, and at the end."""
    heard: list[int] = []
    simulate(Setting(1.0, 0.25, 0.6), RULES, meters=250, seed=0, told=heard.append)
    assert heard == [100, 200, 250]
