"""How many sessions show a rate of success, and what a number of them shows."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wattest.errors import BenchError
from wattest.judge.demonstration import chance, sessions_needed
from wattest.judge.rules import decide

TABLE = {
    0.90: (29, 46, 61, 76),
    0.95: (59, 93, 124, 153),
    0.97: (99, 157, 208, 257),
    0.98: (149, 236, 313, 386),
    0.99: (299, 473, 628, 773),
}


@pytest.mark.parametrize(("rate", "needed"), TABLE.items())
def test_the_table_of_the_reference(rate: float, needed: tuple[int, ...]) -> None:
    """Sessions for 95 % confidence with no, one, two and three failures."""
    assert tuple(sessions_needed(rate, 0.95, failures) for failures in range(4)) == needed


def test_one_in_a_thousand_needs_three_thousand() -> None:
    """99.9 % takes 2995 sessions without a failure."""
    assert sessions_needed(0.999, 0.95) == 2995


@settings(max_examples=40, deadline=None)
@given(rate=st.sampled_from([0.8, 0.9, 0.97]), failures=st.integers(0, 4))
def test_one_session_less_is_not_enough(rate: float, failures: int) -> None:
    """The number is the least that does."""
    needed = sessions_needed(rate, 0.95, failures)
    doubt = Fraction("0.05")
    assert chance(needed, failures, Fraction(repr(rate))) <= doubt
    assert chance(needed - 1, failures, Fraction(repr(rate))) > doubt


def _outcome(sessions: int, failures: int) -> str:
    inputs = {"what": "32 A", "sessions": sessions, "failures": failures, "rate_pct": "97"}
    return decide("demonstrated", inputs).outcome


@pytest.mark.parametrize(
    ("sessions", "failures", "outcome"),
    [
        (99, 0, "pass"),
        (98, 0, "inconclusive"),
        (0, 0, "inconclusive"),
        (157, 1, "pass"),
        (156, 1, "inconclusive"),
        (99, 6, "inconclusive"),
        (99, 7, "fail"),
        (99, 99, "fail"),
    ],
)
def test_shown_contradicted_or_neither(sessions: int, failures: int, outcome: str) -> None:
    """Few failures in many sessions pass, many fail, and what lies between decides nothing."""
    assert _outcome(sessions, failures) == outcome


def test_the_sentence_says_how_many_more_are_needed() -> None:
    """Too few sessions: the sentence names the number that would do."""
    inputs = {
        "what": "32 A",
        "sessions": 99,
        "failures": 1,
        "rate_pct": "97",
        "why": ["Session 4: no current."],
    }
    assert decide("demonstrated", inputs).sentence == (
        "99 sessions of 32 A, 1 of them failed: too few to show 97 % at 95 % confidence; with 1 failed, 157 are needed. "
        "Session 4: no current."
    )


def test_shares_outside_zero_and_one_are_mistakes() -> None:
    """100 % can never be shown."""
    with pytest.raises(BenchError, match="The rate of a demonstration is 1"):
        sessions_needed(1.0, 0.95)
    with pytest.raises(BenchError, match="There cannot be 3 failures in 2 sessions"):
        _outcome(2, 3)
