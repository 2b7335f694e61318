"""Rules for what must add up exactly: money and ledgers."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from wattest.errors import BenchError
from wattest.judge.rules import decide
from wattest.judge.tallies import amount_of


@pytest.mark.parametrize(
    ("changes", "outcome", "sentence"),
    [
        ({}, "pass", "The total is 14.38 CAD; 14.38 CAD (GST 0.63, QST 1.25) is due."),
        ({"observed": "14,38 $"}, "pass", "The total is 14.38 CAD; 14.38 CAD (GST 0.63, QST 1.25) is due."),
        ({"observed": "14.37"}, "fail", "The total is 14.37 CAD; 14.38 CAD (GST 0.63, QST 1.25) is due."),
        (
            {"observed": "14.37", "tolerance": "0.01"},
            "pass",
            "The total is 14.37 CAD; 14.38 CAD (GST 0.63, QST 1.25) is due.",
        ),
        ({"observed": None}, "fail", "The total is missing; 14.38 CAD (GST 0.63, QST 1.25) is due."),
        (
            {"observed": None, "absent": "inconclusive"},
            "inconclusive",
            "The total is missing; 14.38 CAD (GST 0.63, QST 1.25) is due.",
        ),
        (
            {"observed": "l4.38"},
            "inconclusive",
            "The total reads 'l4.38', which is no amount; 14.38 CAD (GST 0.63, QST 1.25) is due.",
        ),
        ({"currency_observed": "USD"}, "fail", "The total is in USD; CAD is due."),
        (
            {"currency_observed": None},
            "inconclusive",
            "The total is 14.38, as due, but no currency was seen beside it.",
        ),
        (
            {"currency_observed": None, "observed": "1"},
            "fail",
            "The total is 1 CAD; 14.38 CAD (GST 0.63, QST 1.25) is due.",
        ),
        (
            {"currency_expected": None, "currency_observed": None, "lines": None},
            "pass",
            "The total is 14.38; 14.38 is due.",
        ),
    ],
)
def test_money_is_compared_to_the_cent(changes: Any, outcome: str, sentence: str) -> None:
    """The amount, what it is made of, and its currency."""
    inputs = {
        "what": "the total",
        "expected": Decimal("14.38"),
        "observed": "14.38",
        "currency_expected": "CAD",
        "currency_observed": "CAD",
        "lines": {"GST": Decimal("0.63"), "QST": Decimal("1.25")},
        **changes,
    }
    decision = decide("cost_equal", inputs)
    assert (decision.outcome, decision.sentence) == (outcome, sentence)


@pytest.mark.parametrize(
    ("changes", "outcome", "sentence"),
    [
        ({}, "pass", "The total is 4.80 CAD; 4.79 to 4.80 CAD (energy 0.67) is due."),
        ({"observed": "4.78"}, "fail", "The total is 4.78 CAD; 4.79 to 4.80 CAD (energy 0.67) is due."),
        (
            {"high": "4.79", "observed": "4.79"},
            "pass",
            "The total is 4.79 CAD; 4.79 CAD (energy 0.67) is due.",
        ),
        ({"observed": None}, "fail", "The total is missing; 4.79 to 4.80 CAD (energy 0.67) is due."),
        (
            {"observed": "much"},
            "inconclusive",
            "The total reads 'much', which is no amount; 4.79 to 4.80 CAD (energy 0.67) is due.",
        ),
        ({"currency_observed": "EUR"}, "fail", "The total is in EUR; CAD is due."),
    ],
)
def test_money_between_two_right_amounts(changes: Any, outcome: str, sentence: str) -> None:
    """Where the order of rounding is open both ends are right, and what lies beyond them is wrong."""
    inputs = {
        "what": "the total",
        "low": Decimal("4.79"),
        "high": Decimal("4.80"),
        "observed": Decimal("4.80"),
        "currency_expected": "CAD",
        "lines": {"energy": Decimal("0.67")},
        **changes,
    }
    decision = decide("cost_within", inputs)
    assert (decision.outcome, decision.sentence) == (outcome, sentence)


def test_bounds_that_are_no_amounts_are_an_error_of_the_suite() -> None:
    """Nobody can lie between two words."""
    with pytest.raises(BenchError, match=r"'low' and 'high' of rule 'cost_within' are 'a' and 'b'"):
        decide("cost_within", {"what": "x", "low": "a", "high": "b", "observed": "1"})


def test_an_amount_that_nobody_can_expect_is_an_error_of_the_suite() -> None:
    """Only what is seen may be unreadable."""
    with pytest.raises(
        BenchError, match=r"Input 'expected' of rule 'cost_equal' is 'much', which is no amount of money\."
    ):
        decide("cost_equal", {"what": "x", "expected": "much", "observed": "1"})


@pytest.mark.parametrize(
    ("text", "amount"), [("$ 1,50", "1.50"), ("CAD 2", "2"), ("Infinity", None), ("", None)]
)
def test_amounts_as_people_write_them(text: str, amount: str | None) -> None:
    """Comma or point, with or without a sign."""
    assert amount_of(text) == (Decimal(amount) if amount else None)


SOUND = {
    "id": "7",
    "started": True,
    "ended": True,
    "meter_start_wh": "1000",
    "meter_stop_wh": Decimal(2000),
    "register_wh": [1000, 1500, 1499.5, 2000],
    "register_times": [datetime(2026, 1, 15, 12, minute, tzinfo=UTC) for minute in range(4)],
    "contradictions": [],
    "seq_nos": [0, 1, 2, 3],
}


@pytest.mark.parametrize(
    ("entries", "outcome", "sentence"),
    [
        ([SOUND], "pass", "The ledger: the one transaction is there once, whole and without contradiction."),
        (
            [SOUND, {**SOUND, "id": "8"}],
            "pass",
            "The ledger: all 2 transactions are there once, whole and without contradiction.",
        ),
        ([], "inconclusive", "The ledger holds no transaction to look at."),
        ([SOUND, SOUND], "fail", "The ledger: transaction 7 stands 2 times."),
        ([{**SOUND, "started": False}], "fail", "The ledger: transaction 7 has no start."),
        ([{**SOUND, "ended": False}], "fail", "The ledger: transaction 7 has no end."),
        ([{**SOUND, "contradictions": ["x"]}], "fail", "The ledger: transaction 7 contradicts itself: x."),
        (
            [{**SOUND, "meter_stop_wh": 900}],
            "fail",
            "The ledger: transaction 7 ends at 900 Wh, below its start at 1000 Wh.",
        ),
        (
            [{**SOUND, "register_wh": [1000, 1500, 1400, 2000]}],
            "fail",
            (
                "The ledger: transaction 7 has a register that goes back from 1500 Wh to 1400 Wh at "
                "2026-01-15T12:02:00.000000Z."
            ),
        ),
        (
            [{**SOUND, "seq_nos": [0, 2, 4]}],
            "inconclusive",
            "The ledger: transaction 7 misses the events with seqNo 1, 3.",
        ),
        (
            [{**SOUND, "seq_nos": [0, 1, 4]}],
            "fail",
            "The ledger: transaction 7 misses the events with seqNo 2, 3.",
        ),
        ([{"id": 9, "started": True, "ended": True, "seq_nos": [None]}], "pass", None),
    ],
)
def test_a_ledger_is_whole(entries: Any, outcome: str, sentence: str | None) -> None:
    """Nothing lost, doubled, contradictory or backwards."""
    decision = decide("ledger", {"what": "the ledger", "transactions": entries})
    assert (decision.outcome, decision.sentence) == (outcome, sentence or decision.sentence)
