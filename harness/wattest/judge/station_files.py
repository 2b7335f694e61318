"""What a file that a station handed out shows: card data for certain, perhaps, or not at all.

A log of megabytes is full of long numbers, and one in some hundreds satisfies Luhn and begins as a card does. So in a
file a bare number counts for certain only when it is one of the test cards that the bench uses; another one is a doubt that
a person settles. What has the form of a card's track or verification code is certain whoever's it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from wattest.card_data import TEST_NUMBERS, card_issuer

ORIGIN = "station"
"""``origin`` of an entry of kind ``file`` that a station handed out."""

_PLANTED = frozenset((card_issuer(number), number[-4:]) for number in TEST_NUMBERS.values())


def is_certain(found: Mapping[str, Any]) -> bool:
    """Whether a finding in a station's file is card data beyond doubt."""
    return found.get("what") != "card number" or (found.get("issuer"), found.get("last_four")) in _PLANTED


def words_of(found: Mapping[str, Any]) -> str:
    """A finding in words.

    >>> words_of({"what": "card number", "issuer": "Visa", "last_four": "1111", "wrapped": ["base64"], "field": "a.log"})
    "a card number of Visa ending in 1111 in 'a.log' (base64)"
    """
    field = f" in '{found['field']}'" if found.get("field") else ""
    wrapped = f" ({', then '.join(found['wrapped'])})" if found.get("wrapped") else ""
    whose = f" of {found['issuer']} ending in {found['last_four']}" if found.get("last_four") else ""
    return f"a {found['what']}{whose}{field}{wrapped}"


def leaks(files: Iterable[Mapping[str, Any]]) -> tuple[list[str], list[str]]:
    """Violations and doubts of file entries, a sentence each."""
    certain: list[str] = []
    doubts: list[str] = []
    for file in files:
        what = f"The file '{file['name']}' of the station (entry {file['seq']})"
        for found in file.get("card_data") or ():
            if is_certain(found):
                certain.append(f"{what} holds {words_of(found)}.")
            else:
                doubts.append(f"{what} holds what may be {words_of(found)}; no card of the bench has it.")
        doubts += [f"{what} could not be searched whole: {left}." for left in file.get("not_searched") or ()]
    return certain, doubts
