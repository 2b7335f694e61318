"""Numbers as analysers print them, for their twins."""

from __future__ import annotations

import math


def nr3(value: float, digits: int, *, plus: str = "", width: int = 2) -> str:
    """So many significant digits, and an exponent in steps of three with at least ``width`` figures.

    >>> nr3(7659.5, 5), nr3(0.0, 6), nr3(110.14, 5, plus="+", width=1)
    ('7.6595E+03', '0.00000E+00', '+110.14E+0')
    """
    sign = "-" if value < 0.0 else plus
    if value == 0.0:
        return f"{sign}{0.0:.{digits - 1}f}E+{0:0{width}d}"
    size = math.floor(math.log10(abs(value)))
    if float(f"{abs(value):.{digits - 1}e}") >= 10.0 ** (size + 1):
        size += 1
    exponent = 3 * (size // 3)
    decimals = digits - 1 - (size - exponent)
    return f"{sign}{abs(value) / 10.0**exponent:.{decimals}f}E{exponent:+0{width + 1}d}"
