"""Numbers as instruments print them: NR1, NR2 and NR3 of IEEE 488.2, and the words they have for none."""

from __future__ import annotations

import math
import re
import struct

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


def float32_digits(value: float) -> str:
    """The fewest digits that are this 32 bit float and no other, for devices that send numbers as bits.

    >>> float32_digits(struct.unpack(">f", bytes.fromhex("43663333"))[0])
    '230.2'
    """
    if not math.isfinite(value):
        return "NAN" if math.isnan(value) else "INF" if value > 0 else "-INF"
    for digits in range(6, 9):
        text = f"{value:.{digits}g}"
        if struct.pack(">f", float(text)) == struct.pack(">f", value):
            return text
    return f"{value:.9g}"
