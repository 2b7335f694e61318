"""An acquirer's statement as a rig or a person tells it: one movement per mapping or line, amounts with every digit.

``authorised 50.00 CAD 1111 A17`` is a reservation, A17, of 50.00 CAD on a card that ends in 1111; where the last four digits
are not shown a ``-`` stands for them. ``{"kind": "captured", "amount": "12.34", "currency": "CAD", "last_four": "1111",
"reference": "A17"}`` says the same of a capture. More than four digits of a card are refused: no card number comes in here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, cast, get_args

from wattest.roles import Movement, MovementKind
from wattest_instruments.answers import as_decimal
from wattest_instruments.placeholders import spelled

KINDS: Mapping[str, MovementKind] = {word: word for word in get_args(MovementKind)} | cast(
    "dict[str, MovementKind]",
    {
        "authorized": "authorised",
        "autorisé": "authorised",
        "autorisée": "authorised",
        "refusé": "refused",
        "refusée": "refused",
        "capturé": "captured",
        "libéré": "released",
        "annulé": "released",
        "remboursé": "refunded",
    },
)
"""Words for what a movement is, in English and French."""
FIELDS = ("kind", "amount", "currency", "last_four", "reference")
_LAST_FOUR = re.compile("[0-9]{4}|-|")
_CURRENCY = re.compile("[A-Z]{3}")
_CENTS = Decimal("0.01")


def movement_of(told: Any) -> Movement | str:
    """The movement, or what is wrong with it in half a sentence.

    >>> movement_of("captured 12,34 CAD 1111 A17").amount
    Decimal('12.34')
    >>> movement_of("captured 12.345 CAD 1111 A17")
    "'12.345' is no amount in cents"
    """
    if isinstance(told, Mapping):
        missing = [name for name in FIELDS if name not in told]
        if missing:
            return f"a movement has no '{missing[0]}'; it needs {', '.join(FIELDS)}"
        words = [spelled(told[name]).strip() for name in FIELDS]
    else:
        words = str(told).split(maxsplit=4)
        if len(words) != len(FIELDS):
            return f"'{told}' is no movement such as 'captured 12.34 CAD 1111 A17'"
    kind, amount, currency, last_four, reference = words
    number = as_decimal(amount.replace(",", "."))
    if kind.casefold() not in KINDS:
        return f"'{kind}' is none of {', '.join(get_args(MovementKind))}"
    if number is None or number < 0 or number != number.quantize(_CENTS):
        return f"'{amount}' is no amount in cents"
    if not _CURRENCY.fullmatch(currency.upper()):
        return f"'{currency}' is no currency such as CAD"
    if not _LAST_FOUR.fullmatch(last_four):
        return "the last four digits of a card are four digits, or - where they are not shown"
    if not reference:
        return "a movement needs the reference of its reservation"
    return Movement(
        KINDS[kind.casefold()], number.quantize(_CENTS), currency.upper(), last_four.strip("-"), reference
    )


def movements_of(told: Any) -> tuple[Movement, ...] | str:
    """All movements of a list, or of lines separated by ``/`` or line ends; or what is wrong with the first that is none."""
    lines = told if isinstance(told, (list, tuple)) else re.split(r"\s*[/\n]\s*", str(told).strip())
    found: list[Movement] = []
    for line in lines:
        if line in ("", "-"):
            continue
        movement = movement_of(line)
        if isinstance(movement, str):
            return movement
        found.append(movement)
    return tuple(found)
