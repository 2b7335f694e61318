"""Requirements and limits: what is demanded, by whom, and how far the number can be trusted."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal

Provenance = Literal["found", "calculated", "recalled", "unverified", "project"]
"""found: read in the source; calculated: derived, assumptions stated; recalled: with high confidence;
unverified: recalled with less, may screen but cannot certify; project: no standard behind it."""

Method = Literal["ocpp", "instrument", "chamber", "network", "portal", "operator", "document"]

Rank = Literal["mandatory", "should", "informational"]
"""What missing a requirement means for a purchase."""


@dataclass(frozen=True)
class Limit:
    """A number with unit, source, edition, dates of validity and provenance."""

    id: str
    value: Decimal
    unit: str
    source: str
    edition: str
    provenance: Provenance
    valid_from: date | None = None
    valid_to: date | None = None
    note: str = ""


@dataclass(frozen=True)
class DecisionRule:
    """How a measured value is held against a limit.

    Acceptance limit = limit - ``guard`` x U, with U = ``k`` x u. ILAC-G8:09/2019 calls guard 0 simple
    acceptance. Below ``tur_min`` (limit / U) the verdict is inconclusive; below ``tur_warn`` it is said.
    """

    id: str
    guard: float = 1.0
    k: float = 2.0
    tur_min: float = 3.0
    tur_warn: float = 4.0
    source: str = "ILAC-G8:09/2019 4.2.3"


@dataclass(frozen=True)
class Requirement:
    """One testable demand. ``limits`` are ids of limits; ``traces`` are the statements T01 to T23 it serves.

    ``planned`` says what Wattest does not have yet to test it; as long as that stands, it holds back every level that asks
    for the requirement.
    """

    id: str
    text: str
    text_fr: str
    criterion: str
    criterion_fr: str
    source: str
    provenance: Provenance
    methods: tuple[Method, ...]
    level: Rank
    traces: tuple[str, ...] = ()
    limits: tuple[str, ...] = ()
    planned: str = ""
    planned_fr: str = ""
