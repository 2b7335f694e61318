"""Rules for answers of people and statements of documents: what is old, unsigned or without proof decides nothing."""

from __future__ import annotations

from typing import Any

import pytest

from wattest.errors import BenchError
from wattest.judge.rules import decide

ANSWER: dict[str, Any] = {
    "what": "Is the stall marked?",
    "answer": "yes",
    "accept": ["yes"],
    "inapplicable": ["none there"],
    "signed_by": "A. Roy",
    "signed_on": "2026-11-01T10:00:00.000000Z",
    "on": "2026-11-27",
    "valid_days": 366,
    "photo_required": True,
    "photos": 1,
}
PAPER: dict[str, Any] = {
    "what": "The enclosure reaches IK10.",
    "document": "Impact test report",
    "answer": "yes",
    "files": 1,
    "issuer": "Lab",
    "number": "N-1",
    "number_required": True,
    "issued": "2026-01-15",
    "expires": "2026-11-27",
    "expires_required": True,
    "max_age_days": 366,
    "signed_by": "A. Roy",
    "signed_on": "2026-11-27T10:00:00.000000Z",
    "on": "2026-11-27",
}


@pytest.mark.parametrize(
    ("change", "outcome", "words"),
    [
        ({}, "pass", "A. Roy answered 'yes' on 2026-11-01 to: Is the stall marked?"),
        (
            {"answer": "no"},
            "fail",
            "A. Roy answered 'no' on 2026-11-01 to: Is the stall marked? Only 'yes' passes.",
        ),
        ({"answer": "none there"}, "pass", "Does not concern this charger; A. Roy answered"),
        ({"signed_by": " "}, "inconclusive", "Is the stall marked?: nobody signed it."),
        (
            {"on": "2026-10-31"},
            "inconclusive",
            "it is signed 2026-11-01, after the day of the run, 2026-10-31",
        ),
        ({"on": "2027-11-02"}, "pass", "A. Roy answered"),
        ({"on": "2027-11-03"}, "inconclusive", "answered 367 days before the run; 366 days are allowed"),
        ({"photos": 0}, "inconclusive", "there is no picture of it, and one is asked for"),
        ({"photos": 0, "photo_required": False}, "pass", "A. Roy answered"),
        ({"answer": "no", "photos": 0}, "inconclusive", "there is no picture of it"),
    ],
)
def test_an_answer(change: dict[str, Any], outcome: str, words: str) -> None:
    """A good answer passes, a bad one fails, and one without proof decides nothing."""
    decision = decide("answered", {**ANSWER, **change})
    assert (decision.outcome, words in decision.sentence) == (outcome, True), decision.sentence


@pytest.mark.parametrize(
    ("change", "outcome", "words"),
    [
        (
            {},
            "pass",
            "Impact test report N-1 of Lab, issued 2026-01-15, in force until 2026-11-27, states: The enclosure",
        ),
        (
            {"answer": "no"},
            "fail",
            "Impact test report N-1 of Lab says otherwise than: The enclosure reaches IK10.",
        ),
        ({"answer": "not stated"}, "inconclusive", "does not state: The enclosure reaches IK10."),
        (
            {"on": "2026-11-28"},
            "inconclusive",
            "it expired on 2026-11-27, before the day of the run, 2026-11-28",
        ),
        ({"expires": None}, "inconclusive", "it does not say until when it holds"),
        ({"expires": None, "expires_required": False}, "pass", "issued 2026-01-15, states"),
        ({"files": 0}, "inconclusive", "its file is missing"),
        ({"issuer": ""}, "inconclusive", "nobody is named who issued it"),
        ({"number": ""}, "inconclusive", "it has no number, and one is asked for"),
        ({"issued": None}, "inconclusive", "it has no date of issue"),
        ({"issued": "2026-11-28"}, "inconclusive", "it is issued 2026-11-28, after the day of the run"),
        ({"issued": "2025-11-25"}, "inconclusive", "367 days before the run; 366 days are allowed"),
        ({"answer": "no", "expires": "2026-01-16"}, "inconclusive", "it expired on 2026-01-16"),
        ({"signed_by": ""}, "inconclusive", "nobody signed it"),
    ],
)
def test_a_document(change: dict[str, Any], outcome: str, words: str) -> None:
    """Only a document that is there, named, signed for and in force says anything."""
    decision = decide("stated", {**PAPER, **change})
    assert (decision.outcome, words in decision.sentence) == (outcome, True), decision.sentence


@pytest.mark.parametrize(("rule", "inputs"), [("answered", ANSWER), ("stated", PAPER)])
def test_unverified_numbers_only_screen(rule: str, inputs: dict[str, Any]) -> None:
    """A pass on a number that nobody verified says so."""
    decision = decide(rule, {**inputs, "provenance": "unverified"})
    assert (decision.outcome, decision.figures) == ("pass", {"screening": True})
    assert decision.sentence.endswith("; the limit is unverified, so this screens and does not certify.")


def test_a_reading_is_in_date_or_not() -> None:
    """The proof of a reading is judged beside its value."""
    proof = {
        name: ANSWER[name]
        for name in ("what", "signed_by", "signed_on", "on", "valid_days", "photo_required")
    }
    assert decide("in_date", {**proof, "photos": 1}).outcome == "pass"
    assert decide("in_date", {**proof, "photos": 0}).outcome == "inconclusive"


def test_a_date_that_is_none_is_a_mistake_of_ours() -> None:
    """It says which input."""
    with pytest.raises(
        BenchError, match="Input 'on' of a rule is 'soon', which is not a date such as 2026-11-27"
    ):
        decide("answered", {**ANSWER, "on": "soon"})
