"""Rules: what they decide, and in which words."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wattest.errors import BenchError
from wattest.judge.decision import listed, plain, shown
from wattest.judge.rules import RULES, decide


@pytest.mark.parametrize(
    ("rule", "inputs", "outcome", "sentence"),
    [
        (
            "occurred",
            {"what": "the relock of the plug", "within_s": 5, "after_s": 1.2, "place": "EVSE 1"},
            "pass",
            "The relock of the plug at EVSE 1 came after 1.2 s; 5 s are allowed.",
        ),
        (
            "occurred",
            {"what": "a boot", "within_s": Decimal(300), "after_s": 301},
            "fail",
            "A boot came after 301 s; 300 s are allowed.",
        ),
        (
            "occurred",
            {"what": "a boot", "within_s": 300, "after_s": None},
            "fail",
            "A boot did not come within 300 s.",
        ),
        ("occurred", {"what": "a session", "within_s": 0, "after_s": None}, "fail", "Not there: a session."),
        ("occurred", {"what": "a session", "within_s": 0, "after_s": 0}, "pass", "There it is: a session."),
        (
            "occurred",
            {"what": "a boot", "within_s": 5, "after_s": None, "channel_alive": False},
            "inconclusive",
            "A boot was not seen, but the channel that would have shown it was down.",
        ),
        (
            "never",
            {"what": "a start", "count": 1, "window_s": 60, "channel_alive": True},
            "fail",
            "A start came once in 60 s; never is allowed.",
        ),
        (
            "never",
            {"what": "a start", "count": 2, "window_s": 60, "channel_alive": False},
            "fail",
            "A start came 2 times in 60 s; never is allowed.",
        ),
        (
            "never",
            {"what": "a start", "count": 0, "window_s": 60, "channel_alive": True},
            "pass",
            "A start did not come in 60 s, as it must.",
        ),
        (
            "never",
            {"what": "a start", "count": 0, "window_s": 60, "channel_alive": False},
            "inconclusive",
            "A start was not seen in 60 s, but the channel that would have shown it was down for a time.",
        ),
        (
            "never",
            {"what": "a start", "count": 0, "window_s": 0, "channel_alive": True},
            "inconclusive",
            "A start was not looked for: the window is 0 s long.",
        ),
        ("equals", {"what": "it", "expected": "a", "observed": "a"}, "pass", "It is 'a', as expected."),
        (
            "equals",
            {"what": "it", "expected": "a", "observed": "A"},
            "fail",
            "It is 'A', but 'a' was expected.",
        ),
        (
            "equals",
            {"what": "it", "expected": "a", "observed": "A", "ignore_case": True},
            "pass",
            "It is 'A', as expected.",
        ),
        ("equals", {"what": "it", "expected": 16, "observed": 16.0}, "pass", "It is '16.0', as expected."),
        (
            "equals",
            {"what": "it", "expected": 1, "observed": True},
            "fail",
            "It is 'True', but '1' was expected.",
        ),
        ("equals", {"what": "it", "expected": None, "observed": None}, "pass", "It is 'None', as expected."),
        (
            "equals",
            {"what": "it", "expected": "a", "observed": None},
            "inconclusive",
            "It was not observed, so nothing can be said; 'a' was expected.",
        ),
        (
            "equals",
            {"what": "it", "expected": "a", "observed": None, "absent": "fail"},
            "fail",
            "It is missing; 'a' was expected.",
        ),
        (
            "one_of",
            {"what": "the reason", "allowed": ("Local", None), "observed": None},
            "pass",
            "The reason is left out; allowed is 'Local' or nothing.",
        ),
        (
            "one_of",
            {"what": "the answer", "allowed": ["Accepted"], "observed": "Rejected"},
            "fail",
            "The answer is 'Rejected'; allowed is 'Accepted'.",
        ),
        (
            "one_of",
            {"what": "the answer", "allowed": ["Accepted"], "observed": None},
            "inconclusive",
            "The answer was not observed, so nothing can be said; 'Accepted' was expected.",
        ),
        ("held", {"what": "all is well", "cases": 2}, "pass", "All is well: held in all 2 cases looked at."),
        (
            "held",
            {"what": "all is well", "cases": 0},
            "inconclusive",
            "There was no case to look at for this: all is well.",
        ),
        (
            "held",
            {"what": "x", "cases": 5, "violations": ["A.", "B.", "C.", "D."], "doubts": ["E."]},
            "fail",
            "A.; B.; C.; and 1 more",
        ),
        ("held", {"what": "x", "cases": 5, "doubts": ["E."]}, "inconclusive", "E."),
    ],
)
def test_a_rule_decides_in_a_sentence(rule: str, inputs: Any, outcome: str, sentence: str) -> None:
    """Each sentence names the thing, the value, the limit and the unit."""
    decision = decide(rule, inputs)
    assert (decision.outcome, decision.sentence) == (outcome, sentence)


def _at(rule: str, **inputs: Any) -> tuple[str, str | None, str]:
    decision = decide(rule, {"what": "the time", "unit": "s", **inputs})
    return decision.outcome, decision.band, decision.sentence


def test_a_counted_value_is_exact() -> None:
    """Without ``u`` the limit itself decides, without a band."""
    assert _at("at_most", value=5, limit=5) == ("pass", None, "The time is 5 s; at most 5 s is allowed.")
    assert _at("at_most", value="5.1", limit=5)[0] == "fail"
    assert _at("at_least", value=5, limit=5) == ("pass", None, "The time is 5 s; at least 5 s is allowed.")
    assert _at("at_least", value=4, limit=5)[0] == "fail"


@pytest.mark.parametrize(
    ("value", "outcome", "band"),
    [
        (0.79, "pass", "PASS"),
        (0.75, "pass", "PASS"),
        (0.9, "inconclusive", "CONDITIONAL_PASS"),
        (1.1, "inconclusive", "CONDITIONAL_FAIL"),
        (1.3, "fail", "FAIL"),
    ],
)
def test_a_measured_value_falls_into_one_of_four_bands(value: float, outcome: str, band: str) -> None:
    """ILAC-G8:09/2019 4.2.3 with a guard band of U = 0.2."""
    assert _at("at_most", value=value, limit=1.0, u=0.1)[:2] == (outcome, band)
    assert _at("at_least", value=2.0 - value, limit=1.0, u=0.1)[:2] == (outcome, band)


def test_simple_acceptance_decides_at_the_limit() -> None:
    """With guard 0 only the band tells that it was close."""
    assert _at("at_most", value=0.99, limit=1.0, u=0.1, guard=0)[:2] == ("pass", "CONDITIONAL_PASS")
    assert _at("at_most", value=1.01, limit=1.0, u=0.1, guard=0)[:2] == ("fail", "CONDITIONAL_FAIL")


def test_sentences_of_measured_values() -> None:
    """Value, U, limit, source and the reason of any doubt."""
    assert _at("at_most", value=0.9, limit=1, u=0.1, limit_id="x", limit_source="HB44")[2] == (
        "The time is 0.9 +- 0.2 s; at most 1 s is allowed (x, HB44); the limit lies inside the uncertainty."
    )
    assert _at("at_most", value=0.1, limit=1, u=0.2, tur_min=3)[::2] == (
        "inconclusive",
        "The time is 0.1 +- 0.4 s; at most 1 s is allowed; the limit is only 2.5 times U, 3 is asked for.",
    )
    assert _at("at_most", value=9, limit=1, u=0.2, tur_min=3)[0] == "fail"
    assert _at("at_most", value=0.1, limit=1, u=0.15, tur_min=3, tur_warn=4)[::2] == (
        "pass",
        "The time is 0.1 +- 0.3 s; at most 1 s is allowed; mind that the limit is only 3.33333 times U.",
    )


@pytest.mark.parametrize(
    ("inputs", "reason"),
    [
        ({"value": None}, "no value is known"),
        ({"value": "nan"}, "the reading is nan, which is no value"),
        (
            {"value": 1, "flags": ["over-range"]},
            "the reading is flagged 'over-range', and a flagged reading decides nothing",
        ),
        (
            {"value": 1, "u": None},
            "the uncertainty of the reading is unknown, so that it cannot be held against a limit",
        ),
    ],
)
def test_a_reading_that_cannot_be_used_is_inconclusive(inputs: Any, reason: str) -> None:
    """Neither a pass nor a fail rests on it, however far it is from the limit."""
    for limit in (0, 100):
        assert _at("at_most", limit=limit, **inputs) == ("inconclusive", None, f"The time: {reason}.")


def test_an_unverified_limit_screens_and_does_not_certify() -> None:
    """The pass stays, and says what it is worth; a fail needs no such remark."""
    decision = decide(
        "at_most", {"what": "x", "value": 1, "unit": "s", "limit": 2, "provenance": "unverified"}
    )
    assert decision.outcome == "pass"
    assert decision.figures["screening"] is True
    assert decision.sentence.endswith("; the limit is unverified, so this screens and does not certify.")
    failed = decide("at_most", {"what": "x", "value": 3, "unit": "s", "limit": 2, "provenance": "unverified"})
    assert "screening" not in failed.figures


def test_between_keeps_the_worse_side() -> None:
    """Low and high limit, one decision."""
    inputs = {"what": "it", "unit": "V", "low": 11.4, "high": 12.6}
    assert decide("between", {**inputs, "value": 12, "u": 0.01}).outcome == "pass"
    assert decide("between", {**inputs, "value": 13}).sentence == "It is 13 V; at most 12.6 V is allowed."
    assert decide("between", {**inputs, "value": 11}).sentence == "It is 11 V; at least 11.4 V is allowed."


def test_agreement_names_its_allowances() -> None:
    """A gap beyond the sum of them fails; a sum too large to tell is inconclusive."""
    inputs = {"what": "energy", "values": {"a": 100, "b": 110}, "unit": "Wh"}
    assert decide("agree", {**inputs, "allowance": {"steps": 2, "noise": 3}}).sentence == (
        "Energy: a 100 Wh, b 110 Wh, a difference of -10 Wh; 5 Wh is allowed (steps 2, noise 3)."
    )
    assert decide("agree", {**inputs, "allowance": {"steps": 12}}).outcome == "pass"
    assert decide("agree", {**inputs, "allowance": {"steps": 30}}).sentence.endswith(
        ", which is too coarse to tell."
    )


# --- decide ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rule", "inputs", "sentence"),
    [
        ("ocurred", {}, "There is no rule 'ocurred'; did you mean 'occurred'?"),
        ("zzz", {}, f"There is no rule 'zzz'; known are {', '.join(RULES)}."),
        (
            "occurred",
            {"what": "x", "whithin_s": 1, "after_s": 1},
            "Rule 'occurred' has no input 'whithin_s'; did you mean 'within_s'?",
        ),
        (
            "never",
            {"q": 1},
            "Rule 'never' has no input 'q'; it takes what, count, window_s, channel_alive, place.",
        ),
        ("never", {"what": "x"}, "Rule 'never' needs the input 'count'; it was given what."),
        ("never", {}, "Rule 'never' needs the input 'what'; it was given none."),
        (
            "occurred",
            {"what": "x", "within_s": "soon", "after_s": 1},
            "Input 'within_s' of a rule is 'soon', which is not a number.",
        ),
        (
            "occurred",
            {"what": "x", "within_s": True, "after_s": 1},
            "Input 'within_s' of a rule is True, which is not a number.",
        ),
        (
            "equals",
            {"what": "x", "expected": object(), "observed": 1},
            "A object cannot be an input of a rule; only what JSON can write can.",
        ),
    ],
)
def test_a_mistake_of_the_suite_is_told_as_such(rule: str, inputs: Any, sentence: str) -> None:
    """Wrong rules and inputs are errors of the bench, never of the charger."""
    with pytest.raises(BenchError) as problem:
        decide(rule, inputs)
    assert str(problem.value) == sentence


def test_rules_see_their_inputs_as_a_record_holds_them() -> None:
    """A decision made live is the one made from the record."""
    inputs = {
        "what": "x",
        "transactions": ({"id": 7, "started": True, "ended": True, "register_wh": (1000, Decimal(2000))},),
    }
    written = json.loads(json.dumps(plain(inputs)))
    assert decide("ledger", inputs) == decide("ledger", written)


def test_plain_knows_everything_that_a_record_can_hold() -> None:
    """Times in UTC, sets sorted, dataclasses as mappings."""
    from wattest.judge.facts import Facts

    assert plain(datetime(2026, 1, 15, 7, tzinfo=UTC)) == "2026-01-15T07:00:00.000000Z"
    assert plain(date(2026, 1, 15)) == "2026-01-15"
    assert plain({1: frozenset({"b", "a"})}) == {"1": ["a", "b"]}
    assert plain(Facts())["features"] == []


@settings(deadline=None)
@given(st.floats(allow_nan=False, allow_infinity=False, width=32))
def test_numbers_are_shown_without_powers_and_close_to_what_they_are(value: float) -> None:
    """Six digits are enough for a sentence."""
    text = shown(value)
    assert "e" not in text
    assert float(text) == pytest.approx(value, rel=1e-5, abs=1e-45)


def test_what_is_no_number_is_shown_as_it_is() -> None:
    """Infinity has no digits; a long list is cut."""
    assert shown(float("inf")) == "inf"
    assert shown(0.0) == "0"
    assert listed(["a", "b"]) == "a; b"
