"""Energy, elapsed time and notices, read from the lines of a display as a driver reads them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal

_ENERGY = re.compile(r"(?<![\d.,])(\d{1,6}(?:[.,]\d{1,4})?)\s*(kWh|Wh)\b", re.IGNORECASE)
_TIME = re.compile(r"(?<!\d)(\d{1,3}):([0-5]\d):([0-5]\d)(?!\d)")
_NOTICE = re.compile(
    r"\b(full|complete|completed|finished|unplug|move|idle fee"
    r"|pleine?|termin[ée]e?|compl[èe]te|d[ée]branche[zr]|lib[ée]re[zr]|frais d'occupation)\b",
    re.IGNORECASE,
)
"""Words of a notice to the driver of a full car, in both languages (project): other words are for a person to judge."""


def energy_kwh(lines: Sequence[str]) -> tuple[Decimal, Decimal] | None:
    """Energy in kWh and what its last digit is worth; None when no line shows an energy.

    >>> energy_kwh(["Charging", "1,234 kWh 0:12:01"])
    (Decimal('1.234'), Decimal('0.001'))
    """
    found = _ENERGY.search(" ".join(lines))
    if found is None:
        return None
    value = Decimal(found[1].replace(",", "."))
    exponent = value.as_tuple().exponent
    digit = Decimal(1).scaleb(exponent) if isinstance(exponent, int) else Decimal(1)
    return (value, digit) if found[2].lower() == "kwh" else (value / 1000, digit / 1000)


def elapsed_s(lines: Sequence[str]) -> int | None:
    """Elapsed time in seconds, shown as h:mm:ss; None when no line shows one.

    >>> elapsed_s(["0.500 kWh", "1:02:03"])
    3723
    """
    found = _TIME.search(" ".join(lines))
    return None if found is None else int(found[1]) * 3600 + int(found[2]) * 60 + int(found[3])


def has_notice(lines: Sequence[str]) -> bool:
    """Whether a line tells the driver that charging is over, or to go."""
    return _NOTICE.search(" ".join(lines)) is not None


def wording(lines: Sequence[str]) -> str:
    """The lines without their figures: what changes in it is a message, not a counter."""
    return re.sub(r"[\d.,:]+", "#", " | ".join(lines))
