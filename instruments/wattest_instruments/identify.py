"""Who answered? Each message-based instrument is told apart by a pattern of its answer to ``*IDN?`` or its like.

One table for all drivers, so that exactly one of them knows an answer, and a wrong one can name the right one::

    identify("YOKOGAWA,WT333E,C3SA12345V,F1.04", "yokogawa_wt", place)

A pattern is matched against the whole answer, without regard to case. What is behind a pattern stands beside it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache

from wattest.errors import InstrumentError
from wattest.roles import Identity

PATTERNS: Mapping[str, tuple[str, ...]] = {
    # Today's names, and the codes that older instruments state instead (recalled).
    "yokogawa_wt": (r"YOKOGAWA,(WT\d{3,4}[A-Z]*(-[^,]*)?|760[35]\d\d[^,]*),.*",),
    # The answer to TYPE?: sensors, controller, highest temperature.
    "espec": (r"[TK](,[TK])?,[^,]+,\d+(\.\d+)?",),
    # The answer to 99997 (type of the chamber), its fields separated by the byte 0xB6.
    "weiss_simserv": (r"1\xb6[^\xb6]+",),
    # The form of the answer to $01I: nominal and actual values, then digital channels.
    "ascii2": (r"(0000\.0 )+0{2,32}",),
    # The answer to IDEN?.
    "thermotron": (r"(THERMOTRON )?8[28]00\b.*",),
    "watlow_f4t": (r"WATLOW ELECTRIC[^,]*,[^,]*,\d+,.*",),
}
"""Patterns of the answers that a driver is made for, by the driver's name."""


def knowers(answer: str) -> tuple[str, ...]:
    """Drivers whose patterns match an answer; more than one would be a mistake in the table."""
    return tuple(driver for driver in PATTERNS if _matches(driver, answer))


def identify(answer: str, driver: str, place: str) -> Identity:
    """Maker, model, serial number and firmware from ``maker,model,serial,firmware``.

    Raises ``InstrumentError`` when this driver is not made for what answered; the sentence names the driver that is.
    """
    if not _matches(driver, answer):
        others = knowers(answer)
        way_out = (
            f"choose the driver '{others[0]}', or correct the resource in the bench file"
            if len(others) == 1
            else "correct the resource in the bench file, or choose the driver of that instrument"
        )
        raise InstrumentError(
            f"{place} answered {answer!r}, which is nothing that the driver '{driver}' is made for: {way_out}."
        )
    fields = ([part.strip().strip('"') for part in answer.split(",")] + [""] * 4)[:4]
    return Identity(*fields)


def _matches(driver: str, answer: str) -> bool:
    return any(pattern.fullmatch(answer) for pattern in _compiled(driver))


@cache
def _compiled(driver: str) -> tuple[re.Pattern[str], ...]:
    return tuple(re.compile(pattern, re.IGNORECASE) for pattern in PATTERNS[driver])
