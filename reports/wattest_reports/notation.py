"""Numbers, durations and entry numbers as a reader of English or French expects them.

Nothing is rounded that has no uncertainty to round it by: values of the record keep their digits.
"""

from __future__ import annotations

import math
from decimal import Decimal, InvalidOperation
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable

Language = Literal["en", "fr"]

NARROW_SPACE = "\u202f"
MINUS = "\u2212"
UNITS = {"degC": "°C", "deg": "°", "ohm": "Ω"}
COUNTED = {"values": "valeurs", "attempts": "essais"}
"""Things that are counted, in French."""


def parse(value: Any) -> Decimal | None:
    """The finite number behind a value of the record (Decimals are text there), or None."""
    if value is None or isinstance(value, bool):
        return None
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def plain(value: Any, language: Language = "en") -> str:
    """A number, thousands set apart, decimal comma in French; a computed one with six significant digits.

    Text of the record keeps its digits, and what is no number stays as it is: a charger may have sent anything.

    Example::

        plain(12345.6789012345, "fr")   # '12 345,7'
        plain("12345.67890", "fr")      # '12 345,67890'
    """
    number = parse(value)
    if number is None:
        return "" if value is None else str(value)
    if abs(number.adjusted()) > 12:
        return f"{number:.6g}"
    if number == number.to_integral_value():
        text = f"{number:f}" if isinstance(value, str) else f"{int(number)}"
    elif isinstance(value, str):
        text = f"{number:f}"
    else:
        decimals = max(0, 5 - number.adjusted())
        text = f"{number:.{decimals}f}"
        text = text.rstrip("0").rstrip(".") if "." in text else text
    return _dressed(text, language)


def fixed(value: Any, decimals: int, language: Language = "en") -> str:
    """A number with so many decimals."""
    number = parse(value)
    if number is None:
        return plain(value, language)
    return _dressed(f"{number:.{max(decimals, 0)}f}", language)


def measured(value: Any, expanded: Any, language: Language = "en") -> tuple[str, str]:
    """A value and its expanded uncertainty, both to the second significant digit of the uncertainty.

    GUM 7.2.6. Without an uncertainty the value keeps its digits and the second text is empty.

    Example::

        measured(1003.217, 2.31)   # ('1003.2', '2.3')
    """
    wide = parse(expanded)
    if wide is None or wide <= 0:
        return plain(value, language), ""
    decimals = min(max(1 - math.floor(math.log10(wide)), 0), 9)
    return fixed(value, decimals, language), fixed(wide, decimals, language)


def span(seconds: float, language: Language = "en") -> str:
    """A duration: tenths of a second below two minutes, then hours, minutes, seconds (``16:00:05.2``)."""
    sign = MINUS if seconds < 0 else ""
    tenths = round(abs(seconds) * 10)
    if tenths < 1200:
        return sign + fixed(tenths / 10, 1, language) + "\u00a0s"
    hours, rest = divmod(tenths, 36000)
    minutes, rest = divmod(rest, 600)
    point = "," if language == "fr" else "."
    return f"{sign}{hours}:{minutes:02d}:{rest // 10:02d}{point}{rest % 10}"


def unit(name: Any, language: Language = "en") -> str:
    """A unit as people write it: ``degC`` becomes ``°C``; what is counted has its French."""
    text = "" if name is None else str(name)
    return COUNTED.get(text, text) if language == "fr" and text in COUNTED else UNITS.get(text, text)


def with_unit(value: str, name: Any, language: Language = "en") -> str:
    """A formatted number and its unit, held together by a no-break space."""
    written = unit(name, language)
    return f"{value}\u00a0{written}" if written and value else value


def ranges(numbers: Iterable[int], most: int = 6) -> str:
    """Entry numbers, runs joined: ``12, 20-24``; after ``most`` pieces the rest is counted.

    Example::

        ranges([4, 5, 6, 9])   # '4-6, 9' with an en dash
    """
    ordered = sorted(set(numbers))
    begins = [place for place, number in enumerate(ordered) if not place or ordered[place - 1] != number - 1]
    pieces = [
        (ordered[begin], ordered[end - 1]) for begin, end in pairwise([*begins[: most + 1], len(ordered)])
    ]
    shown = [str(first) if first == last else f"{first}\u2013{last}" for first, last in pieces[:most]]
    left = len(ordered) - begins[most] if len(begins) > most else 0
    return ", ".join(shown) + (f" (+{left})" if left else "")


def _dressed(text: str, language: Language) -> str:
    sign = MINUS if text.startswith("-") else ""
    whole, _, part = text.lstrip("-").partition(".")
    if len(whole) > 4:
        whole = f"{int(whole):,}".replace(",", NARROW_SPACE)
    point = "," if language == "fr" else "."
    return sign + whole + (point + part if part else "")
