"""A formula of uptime, as data: ``fixtures/uptime``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Reason = Literal["utility", "vehicle", "maintenance", "vandalism", "disaster", "closed", "bench"]
"""Why time may be excluded; ``bench`` is what a bench took away on purpose."""


@dataclass(frozen=True)
class UptimeFormula:
    """Which statuses of OCPI are up, down or left out, and what becomes of excluded time.

    ``counts_as_up`` keeps excluded time in the period; ``leaves_the_period`` takes it out of both sides.
    """

    name: str
    text: str
    source: str
    provenance: str
    limit: str
    up: frozenset[str]
    down: frozenset[str]
    left_out: frozenset[str]
    excluded_time: Literal["counts_as_up", "leaves_the_period"]
    exclusions: frozenset[str]
