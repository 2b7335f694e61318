"""Worked examples of uptime: logs of a year of 525 600 minutes, and what a person computes from them by each formula."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True)
class Worked:
    """A log of port A1 and the percentage by formula, to four decimals, rounded down."""

    text: str
    log: str
    percents: Mapping[str, Decimal]


def _year(*rows: str) -> str:
    first, last = "2025-01-01T00:00:00Z,A1,Available,", "2026-01-01T00:00:00Z,A1,END,"
    return "\n".join(["time,port,status,reason", first, *rows, last]) + "\n"


WORKED: tuple[Worked, ...] = (
    Worked(
        "a year without an outage",
        _year(),
        {"nevi": Decimal("100.0000"), "uk": Decimal("100.0000"), "host": Decimal("100.0000")},
    ),
    # 3 % of 525 600 min are 15 768 min: 10 d 22 h 48 min.
    Worked(
        "15 768 min out of order",
        _year("2025-03-01T00:00:00Z,A1,Faulted,", "2025-03-11T22:48:00Z,A1,Available,"),
        {"nevi": Decimal("97.0000"), "uk": Decimal("97.0000"), "host": Decimal("97.0000")},
    ),
    Worked(
        "15 768 min offline: an outage for NEVI, nothing for the UK",
        _year("2025-03-01T00:00:00Z,A1,Offline,", "2025-03-11T22:48:00Z,A1,Available,"),
        {"nevi": Decimal("97.0000"), "uk": Decimal("100.0000"), "host": Decimal("97.0000")},
    ),
    # 1440 min excluded of 17 208 min: NEVI (525 600 - 15 768) / 525 600; the host (525 600 - 17 208) / (525 600 - 1440).
    Worked(
        "the same out of order, and a day without mains of the utility's making",
        _year(
            "2025-03-01T00:00:00Z,A1,Faulted,",
            "2025-03-11T22:48:00Z,A1,Available,",
            "2025-06-01T00:00:00Z,A1,Unavailable,utility",
            "2025-06-02T00:00:00Z,A1,Available,",
        ),
        {"nevi": Decimal("97.0000"), "uk": Decimal("96.7260"), "host": Decimal("96.9917")},
    ),
    # 52 560 min blocked by a car: up for NEVI, out of the sum for the UK: 15 768 / (525 600 - 52 560) are 3.3333 %.
    Worked(
        "out of order as before, and blocked for 36 d 12 h",
        _year(
            "2025-03-01T00:00:00Z,A1,Faulted,",
            "2025-03-11T22:48:00Z,A1,Finishing,",
            "2025-04-17T10:48:00Z,A1,Available,",
        ),
        {"nevi": Decimal("97.0000"), "uk": Decimal("96.6666"), "host": Decimal("97.0000")},
    ),
)
