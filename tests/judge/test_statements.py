"""What an acquirer's statement amounts to."""

from __future__ import annotations

from decimal import Decimal

import pytest

from wattest.errors import BenchError
from wattest.judge.rules import decide
from wattest.judge.statements import account
from wattest.roles import Movement


def movement(kind: str, amount: str, reference: str = "A1", currency: str = "CAD") -> Movement:
    return Movement(kind, Decimal(amount), currency, "1111", reference)  # type: ignore[arg-type]


def test_an_empty_statement() -> None:
    """Nothing reserved, nothing taken, no currency."""
    seen = account([])
    assert [seen.authorised, seen.taken, seen.still_reserved] == [Decimal("0.00")] * 3
    assert (seen.refused, seen.currency) == (0, None)


@pytest.mark.parametrize(
    ("movements", "still"),
    [
        ([("authorised", "50.00")], "50.00"),
        ([("authorised", "50.00"), ("released", "50.00")], "0.00"),
        ([("authorised", "50.00"), ("released", "20.00")], "30.00"),
        ([("authorised", "50.00"), ("captured", "12.34")], "0.00"),
        ([("authorised", "50.00"), ("captured", "12.34"), ("released", "37.66")], "0.00"),
        ([("authorised", "50.00"), ("authorised", "30.00"), ("released", "50.00")], "30.00"),
        ([("released", "50.00")], "0.00"),
    ],
)
def test_what_is_still_reserved(movements: list[tuple[str, str]], still: str) -> None:
    """A capture ends its reservation, with a release of the rest or without; a release of something else frees nothing."""
    seen = account([movement(kind, amount) for kind, amount in movements])
    assert str(seen.still_reserved) == still


def test_reservations_are_told_apart() -> None:
    """What one captures does not free another, and sums go over all of them."""
    seen = account(
        [
            movement("authorised", "50.00", "A1"),
            movement("refused", "50.00", "A2"),
            movement("authorised", "50.00", "A3"),
            movement("captured", "12.34", "A1"),
            movement("refunded", "2.34", "A1"),
        ]
    )
    assert (seen.authorised, seen.taken, seen.still_reserved, seen.refused) == (
        Decimal("100.00"),
        Decimal("10.00"),
        Decimal("50.00"),
        1,
    )
    assert seen.unfounded == ()


def test_a_capture_without_an_authorisation_is_told() -> None:
    """It may be of an earlier session; and two currencies are never one."""
    seen = account([movement("captured", "5.00", "Z9"), movement("authorised", "1.00", "A1", "USD")])
    assert seen.unfounded == ("Z9",)
    assert seen.currency == "CAD and USD"


@pytest.mark.parametrize(
    ("observed", "outcome", "sentence"),
    [
        ("50.00", "pass", "What was captured is 50.00 CAD; at most 50.00 CAD is allowed."),
        ("50.01", "fail", "What was captured is 50.01 CAD; at most 50.00 CAD is allowed."),
        (None, "inconclusive", "What was captured is not known; at most 50.00 CAD is allowed."),
    ],
)
def test_an_amount_is_held_against_another(observed: str | None, outcome: str, sentence: str) -> None:
    """To the cent, without tolerance."""
    decision = decide("amount_at_most", {"what": "what was captured", "most": "50.00", "observed": observed})
    assert (decision.outcome, decision.sentence) == (outcome, sentence)


def test_an_amount_that_is_none_is_a_mistake_of_the_suite() -> None:
    """Neither side is guessed."""
    with pytest.raises(
        BenchError, match="Input 'observed' of rule 'amount_at_most' is 'much', which is no amount"
    ):
        decide("amount_at_most", {"what": "x", "most": "50.00", "observed": "much"})
    with pytest.raises(
        BenchError, match="Input 'most' of rule 'amount_at_most' is 'little', which is no amount"
    ):
        decide("amount_at_most", {"what": "x", "most": "little", "observed": "1.00"})
