"""Where stations stand, as a map or a roaming partner must know it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Weekday = Literal[1, 2, 3, 4, 5, 6, 7]
"""1 is Monday (OCPI RegularHours)."""


@dataclass(frozen=True)
class Opening:
    """Open on a weekday from ``begin`` to ``end``, local time as ``08:30``."""

    weekday: int
    begin: str
    end: str


@dataclass(frozen=True)
class SiteEvse:
    """One EVSE of the station: its number in OCPP, its public id, and what is written on it."""

    number: int
    evse_id: str
    physical_reference: str


@dataclass(frozen=True)
class Site:
    """A location with one station. Coordinates are WGS 84 in the text form of OCPI, six decimals.

    ``tax_numbers`` are the operator's registration numbers by the name of the tax. ``hours`` is empty when always open.
    """

    id: str
    name: str
    country: str
    party: str
    address: str
    city: str
    province: str
    postal_code: str
    latitude: str
    longitude: str
    time_zone: str
    operator: str
    help_phone: str | None = None
    hours: tuple[Opening, ...] = ()
    station: str | None = None
    """Serial number of the station that stands there, as on its charger sheet."""
    tax_numbers: Mapping[str, str] = field(default_factory=dict)
    evses: tuple[SiteEvse, ...] = ()

    def evse(self, number: int) -> SiteEvse:
        """The EVSE of this number; without an entry one whose public id is made from party and number."""
        known = (one for one in self.evses if one.number == number)
        return next(known, SiteEvse(number, f"{self.country}*{self.party}*E{number}", str(number)))
