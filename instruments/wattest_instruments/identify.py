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
    # Today's names, and the codes that older instruments state instead (recalled); a look-alike (found).
    "yokogawa_wt": (
        r"YOKOGAWA,(WT\d{3,4}[A-Z]*(-[^,]*)?|760[35]\d\d[^,]*),.*",
        r"GW ?INSTEK,GPM-8\d\d\d,.*",
    ),
    # The manufacturer's form of answer is found, the models' names with their suffixes are recalled.
    "hioki_pw": (r"HIOKI,PW(3390|8001|333[567])(-[^,]*)?,.*",),
    # Recalled: no public answer of an LMG600 was found.
    "zes_lmg": (r'ZES ZIMMER[^,]*,\s*"?LMG6\d\d[^,]*,.*',),
    # From the example of CHANnel:ID? in the manual of the 66203 and 66204.
    "chroma_6620x": (r"CHROMA( ATE)?,\s*6620[234],.*",),
    # From the vendor's instrument driver; HAMEG and the NPA are recalled.
    "rs_hmc8015": (r"(ROHDE ?& ?SCHWARZ|HAMEG),(HMC8015|NPA\d+)[^,]*,.*",),
    # From the manual of the PA3000, and a public program for the PA1000.
    "tektronix_pa": (r"TEKTRONIX,\s*PA ?[134]000[^,]*,.*",),
    # As seen by public drivers and test suites; the manuals of the 61500 print a space where others saw a comma,
    # which the driver mends before it asks here.
    "chroma_61500": (r"CHROMA ATE,61[5678]\d\d[^,]*,.*",),
    "california": (r"CALIFORNIA INSTRUMENTS,\s*(CSW|BPS|MX|RX|RS|\d+(I|IX|LX|LS))[^,]*,.*",),
    "keysight_ac6800": (r"(KEYSIGHT|AGILENT) TECHNOLOGIES,AC680[1-4][AB]\b.*",),
    "chroma_63800": (r"CHROMA( ATE)?,6380[2345][^,]*,.*",),
    "ea_load": (r"EA ELEKTRO-AUTOMATIK( GMBH( & CO\. ?KG)?)?,(EL|ELR|PSB|PSBE)[ -]?\d+[^,]*,.*",),
    "keysight_daq970a": (
        r"(HEWLETT-PACKARD|AGILENT|AGILENT TECHNOLOGIES|KEYSIGHT TECHNOLOGIES),(34970A|34972A|DAQ97[03]A),.*",
    ),
    "keysight_34465a": (r"(AGILENT|KEYSIGHT) TECHNOLOGIES,344(60|61|65|70)A,.*",),
    "rigol_ds1000z": (r"RIGOL TECHNOLOGIES,(DS|MSO)1\d\d4Z.*",),
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
