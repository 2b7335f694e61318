"""Numbers as instruments print them: NR1, NR2 and NR3 of IEEE 488.2, and the words they have for none."""

from __future__ import annotations

import re

_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)(E[+-]?\d{1,3})?", re.IGNORECASE)
_WORDS = {"NAN": "nan", "INF": "inf", "+INF": "inf", "-INF": "-inf"}


def number(raw: str) -> float | None:
    """The number, ``nan`` or ``inf`` where the instrument says so; None for what only Python would call a number.

    >>> number("1.00021E+03"), number("-12"), number("NAN"), number("1_000"), number("48.00 V")
    (1000.21, -12.0, nan, None, None)
    """
    text = raw.strip()
    if text.upper() in _WORDS:
        return float(_WORDS[text.upper()])
    return float(text) if _NUMBER.fullmatch(text) else None


def last_digit(raw: str) -> float:
    """What the last digit of a number as printed is worth: 0.01 for ``1.00021E+03``."""
    mantissa, _, exponent = raw.strip().upper().partition("E")
    return 10.0 ** (int(exponent or 0) - len(mantissa.partition(".")[2]))
