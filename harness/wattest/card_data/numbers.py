"""Card numbers in plain text: 13 to 19 digits of an issuer's range that satisfy Luhn, and track data.

Issuer ranges and lengths: Visa 4, Mastercard 51-55 and 2221-2720, American Express 34 and 37, Discover 6011 and
644-65, UnionPay 62, JCB 3528-3589 (ISO/IEC 7812; ranges found, lengths recalled). Interac numbers that are not co-badged
have no published range and are not seen.

What looks alike and is none: the fraction of a number, a telephone number after ``+``, groups that no card is printed in
(dates, UUIDs), digits inside a hexadecimal id or hash. An ICCID begins with 89 and an IMEI with the code of a reporting
body, which no issuer here uses for 19 or 15 digits.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

MASK = "*"
LAST = 4
"""Digits that may be shown (PCI DSS 4.0.1, 3.4.1 allows the issuer's digits as well; we keep less)."""

_SEPARATORS = " \\-\u00a0\u202f\u2010\u2011"
_RUN = re.compile(rf"[0-9](?:[{_SEPARATORS}]?[0-9]){{12,}}")
_DIGITS = re.compile("[0-9]+")
_WORD = re.compile("[0-9A-Za-z]+")
_WORD_BEFORE = re.compile(r"[0-9A-Za-z]+\Z")
_UUID = re.compile(r"\b[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}\b")
_TRACK = re.compile(r"[=D][0-9]{7,40}\??|\^[^^]{2,26}\^[0-9]{4}[^?\s\"]{0,60}\??")
"""What follows the number on track 2 (``=``, in chip data ``D``) and on track 1 (name, then expiry; ISO/IEC 7813)."""
_CHIP = re.compile(
    r"5[Aa]08(?P<a>[0-9]{16})|5[Aa]08(?P<b>[0-9]{15})[Ff]|5[Aa]0[Aa](?P<c>[0-9]{19})[Ff]|57[01][0-9A-Fa-f](?P<d>[0-9]{13,19})[Dd][0-9]{7}"
)
"""Chip data in hexadecimal: tag 5A is the card number, tag 57 what stands on track 2 (EMV Book 3, recalled)."""
_PRINTED = {(4, 6, 5), (4, 6, 4), (6, 13), (4, 4, 5)}
"""Groups of unequal size in which card numbers are printed."""
UUID_SIGNS = 36
_FAR = 64
"""Signs that are looked at on either side of a number to tell what it is a part of: a long text must not take for ever."""
_WIDEST = 8
"""Digits of the widest group where all are equal."""


@dataclass(frozen=True)
class Number:
    """A card number at ``begin`` to ``end`` of a text; ``end`` includes the rest of its track."""

    digits: str
    issuer: str
    begin: int
    end: int
    track: bool = False


def luhn(digits: str) -> bool:
    """Whether the last digit is the check digit of the others (ISO/IEC 7812-1 Annex B).

    >>> luhn("4111111111111111"), luhn("4111111111111112")
    (True, False)
    """
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (1 + place % 2)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


def issuer(digits: str) -> str | None:
    """Whose number this would be by its first digits and its length; None when nobody's."""
    length = len(digits)
    two, three, four = int(digits[:2]), int(digits[:3]), int(digits[:4])
    if digits[0] == "4":
        return "Visa" if length in {13, 16, 19} else None
    if 51 <= two <= 55 or 2221 <= four <= 2720:
        return "Mastercard" if length == 16 else None
    if two in {34, 37}:
        return "American Express" if length == 15 else None
    if four == 6011 or 644 <= three <= 659:
        return "Discover" if 16 <= length <= 19 else None
    if two == 62:
        return "UnionPay" if 16 <= length <= 19 else None
    if 3528 <= four <= 3589:
        return "JCB" if 16 <= length <= 19 else None
    return None


def card_issuer(digits: str) -> str | None:
    """The issuer of a card number; None when these digits are none."""
    if not 13 <= len(digits) <= 19:
        return None
    whose = issuer(digits)
    return whose if whose is not None and luhn(digits) else None


def numbers(text: str) -> Iterator[Number]:
    """Every card number in a text, in order, without overlaps.

    >>> [number.digits for number in numbers("paid with 4111 1111-1111 1111")]
    ['4111111111111111']
    """
    for run in _RUN.finditer(text):
        if not _in_uuid(text, run.start(), run.end()):
            yield from _in_run(text, run)
    for match in _CHIP.finditer(text):
        digits = str(next(group for group in match.groups() if group))
        whose = card_issuer(digits)
        word = _word(text, match.start(), match.end())
        if whose is not None and _hexadecimal(word):
            yield Number(digits, whose, match.start(), match.end(), track=match["d"] is not None)


def masked(text: str, found: Number) -> str:
    """The part of a text that holds a number, with all but its last four digits hidden, and no track data."""
    part = text[found.begin : found.end]
    places = [place for place, sign in enumerate(part) if sign in "0123456789"]
    if found.track or len(places) != len(found.digits):
        return f"{MASK * (len(found.digits) - LAST)}{found.digits[-LAST:]}[track hidden]"
    shown = set(places[-LAST:])
    hidden = set(places) - shown
    return "".join(MASK if place in hidden else sign for place, sign in enumerate(part))


def _in_run(text: str, run: re.Match[str]) -> Iterator[Number]:
    groups = [match.span() for match in _DIGITS.finditer(text, run.start(), run.end())]
    first = 0
    if _is_rest(text, run.start()):
        first = 1
    while first < len(groups):
        last, number = _from_group(text, groups, first)
        if number is not None:
            yield number
        first = last + 1


def _in_uuid(text: str, begin: int, end: int) -> bool:
    """Whether a run of digits and hyphens is a UUID, or a part of one."""
    if end - begin > UUID_SIGNS:
        return False
    first = max(0, begin - UUID_SIGNS)
    return any(
        match.start() <= begin and end <= match.end()
        for match in _UUID.finditer(text, first, end + UUID_SIGNS)
    )


def _is_rest(text: str, begin: int) -> bool:
    """Whether digits go on a number with a decimal point, or are a telephone number."""
    before = text[max(0, begin - 2) : begin]
    return before[-1:] == "+" or (before[-1:] == "." and before[:1] in set("0123456789"))


def _from_group(text: str, groups: list[tuple[int, int]], first: int) -> tuple[int, Number | None]:
    """The longest card number that begins with this group, and its last group."""
    digits, sizes = "", []
    found: tuple[int, Number | None] = (first, None)
    for last in range(first, len(groups)):
        begin, end = groups[last]
        digits += text[begin:end]
        sizes.append(end - begin)
        if len(digits) > 19:
            break
        whose = card_issuer(digits)
        if whose is None or not _as_printed(sizes):
            continue
        number = _bounded(text, groups[first][0], end, digits, whose)
        if number is not None:
            found = last, number
    return found


def _as_printed(sizes: list[int]) -> bool:
    if len(sizes) == 1 or tuple(sizes) in _PRINTED:
        return True
    return sizes[0] <= _WIDEST and len(set(sizes[:-1])) == 1 and sizes[-1] <= sizes[0]


def _bounded(text: str, begin: int, end: int, digits: str, whose: str) -> Number | None:
    """The number, unless it is a piece of a hexadecimal word; its track belongs to it."""
    rest = _TRACK.match(text, end)
    if rest is not None:
        return Number(digits, whose, begin, rest.end(), track=True)
    for word in (_word(text, begin, begin), _word(text, end, end)):
        if _hexadecimal(word):
            return None
    return Number(digits, whose, begin, end)


def _word(text: str, begin: int, end: int) -> str:
    """The letters and digits around a stretch, as far as they reach, but not further than ``_FAR``."""
    before = _WORD_BEFORE.search(text[max(0, begin - _FAR) : begin])
    after = _WORD.match(text, end, end + _FAR)
    return text[begin - len(before[0]) if before else begin : after.end() if after else end]


def _hexadecimal(word: str) -> bool:
    """Whether a word is of hexadecimal digits with a letter among them."""
    signs = set(word.lower())
    return bool(signs & set("abcdef")) and signs <= set("0123456789abcdef")
