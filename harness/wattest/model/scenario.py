"""What a scenario file says, as frozen data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal

from wattest.errors import Place
from wattest.model.tariff import Tariff

CardStatus = Literal["accepted", "blocked", "expired", "invalid", "unknown"]
Dialect = Literal["1.6", "2.0.1", "2.1"]
DIALECTS: tuple[Dialect, ...] = ("1.6", "2.0.1", "2.1")
"""Every OCPP version that is spoken here, the oldest first."""
Family = Literal["1.6", "2.x"]
Maturity = Literal["stable", "watchlist", "experimental"]


def family(dialect: object) -> Family:
    """Which messages a dialect has: 2.1 says all that 2.0.1 says in the same words, and more; 1.6 has its own.

    >>> family("2.1")
    '2.x'
    """
    return "1.6" if dialect == "1.6" else "2.x"


@dataclass(frozen=True)
class Card:
    """A card and what the central system will say of it. ``unknown`` means that it has never heard of it."""

    uid: str
    status: CardStatus = "accepted"
    group: str | None = None


@dataclass(frozen=True)
class Given:
    """State before the first step; ``settings`` are neutral names such as ``local_authorize_offline``."""

    cards: Mapping[str, Card] = field(default_factory=dict)
    tariff: Tariff | None = None
    settings: Mapping[str, str] = field(default_factory=dict)
    temperature_c: float | None = None
    date: date | None = None
    """The day on which it happens, where the bench can choose it; it begins at 17:00 UTC, daytime in all of Canada."""


@dataclass(frozen=True)
class Reference:
    """``$paid.energy_wh`` in a scenario: the value of a name saved by an earlier step."""

    name: str
    path: tuple[str, ...] = ()

    def __str__(self) -> str:
        return "$" + ".".join((self.name, *self.path))


@dataclass(frozen=True)
class StepCall:
    """One step as written: the verb, arguments read by the verb's signature, and the place in the file.

    ``proves`` names the requirements that this step's checks count for; empty means the verb's own.
    """

    verb: str
    arguments: Mapping[str, Any]
    place: Place
    text: str
    proves: tuple[str, ...] = ()
    save_as: str | None = None


@dataclass(frozen=True)
class Scenario:
    """One YAML file of the library.

    ``parameters`` holds this variant's values of ``for_each`` as written (``{"current": "16 A"}``): one file
    yields one ``Scenario`` per variant.
    """

    id: str
    title: str
    title_fr: str
    covers: tuple[str, ...]
    needs: tuple[str, ...]
    dialects: tuple[Dialect, ...]
    given: Given
    steps: tuple[StepCall, ...]
    path: str
    sha256: str
    area: str
    parameters: Mapping[str, str] = field(default_factory=dict)
    time_limit_s: float = 3600.0
    maturity: Maturity = "stable"

    @property
    def key(self) -> str:
        """Id with its parameters, unique in a run: ``MET-001 [16 A]``."""
        if not self.parameters:
            return self.id
        return f"{self.id} [{', '.join(self.parameters.values())}]"
