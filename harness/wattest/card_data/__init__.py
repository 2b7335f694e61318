"""Card numbers of payment cards: found wherever they stand, and kept out of everything that we write.

Requirement PAY-02 wants that a station leaks none (PCI DSS 4.0.1 3.3.1, 3.5.1), and a suite that recorded a leak as it
came would leak it again. ``Look`` finds and hides in one pass; ``hidden`` does it for a line of a record.
"""

from wattest.card_data.cards import TEST_NUMBERS, TestCard, read_question, tap_question, told
from wattest.card_data.entries import FIELD, distinct, hidden, hidden_fields, suspect
from wattest.card_data.look import CardData, Look
from wattest.card_data.numbers import card_issuer, luhn, numbers

__all__ = [
    "FIELD",
    "TEST_NUMBERS",
    "CardData",
    "Look",
    "TestCard",
    "card_issuer",
    "distinct",
    "hidden",
    "hidden_fields",
    "luhn",
    "numbers",
    "read_question",
    "suspect",
    "tap_question",
    "told",
]
