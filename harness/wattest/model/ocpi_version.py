"""The field lists of one version of OCPI, as data: ``fixtures/ocpi``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

OcpiName = Literal["2.2.1", "2.3.0"]
OcpiStatus = Literal[
    "AVAILABLE",
    "BLOCKED",
    "CHARGING",
    "INOPERATIVE",
    "OUTOFORDER",
    "PLANNED",
    "REMOVED",
    "RESERVED",
    "UNKNOWN",
]
"""Status of an EVSE, the same words in both versions."""
Cardinality = Literal["1", "?", "*", "+"]


@dataclass(frozen=True)
class OcpiField:
    """Type and cardinality of one field; ``most`` is the greatest length of a text."""

    kind: str
    cardinality: Cardinality
    most: int | None = None


@dataclass(frozen=True)
class OcpiVersion:
    """Objects with their fields, and the words of every enumeration."""

    name: OcpiName
    source: str
    provenance: str
    objects: Mapping[str, Mapping[str, OcpiField]]
    enums: Mapping[str, tuple[str, ...]]
