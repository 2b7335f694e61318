"""Card numbers that payment processors publish for testing: nobody's money, and known to every terminal's test host.

Scenarios name them by brand, so that not even these digits stand in a scenario, a step or a report.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

TestCard = Literal["visa", "mastercard", "mastercard 2", "amex", "discover", "jcb", "unionpay"]

TEST_NUMBERS: Mapping[TestCard, str] = {
    "visa": "4111111111111111",
    "mastercard": "5555555555554444",
    "mastercard 2": "2223003122003222",
    "amex": "378282246310005",
    "discover": "6011111111111117",
    "jcb": "3530111333300000",
    "unionpay": "6200000000000005",
}
"""By brand; Visa, Mastercard and American Express as the reference has them (found), the others recalled."""


def told(card: TestCard) -> str:
    """A test card in words that give nothing away.

    >>> told("amex")
    'amex ending in 0005'
    """
    return f"{card} ending in {TEST_NUMBERS[card][-4:]}"


def tap_question(card: TestCard) -> str:
    """What a person at the bench is asked to do with a test card."""
    return f"Hold the test card {told(card)} at the payment terminal. Was it taken?"


def read_question(card: TestCard) -> str:
    """The same where the card is to be refused, or to have no answer."""
    return f"Hold the test card {told(card)} at the payment terminal. Did the terminal read it, whatever it said then?"
