"""What people and papers can show: questions of a checklist, documents asked for; levels made of requirements; the demands behind.

All of it is data: ``fixtures/evidence``, ``fixtures/levels`` and ``fixtures/requirements/demands.yaml``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from wattest.model.requirement import Method, Rank, Requirement


@dataclass(frozen=True)
class Item:
    """One question to a person at the station, answered with one of ``answers`` or with a reading.

    ``answers`` maps the word that is recorded to the French one. ``accept`` pass, ``inapplicable`` say that the charger has
    no such thing; any other answer fails. A reading is in ``unit`` and is held against ``at_least`` and ``at_most``, ids of limits.
    An answer older than ``valid_days`` decides nothing.
    """

    id: str
    question: str
    question_fr: str
    covers: tuple[str, ...]
    answers: Mapping[str, str]
    accept: tuple[str, ...]
    inapplicable: tuple[str, ...]
    unit: str
    at_least: str | None
    at_most: str | None
    photo: bool
    valid_days: int


@dataclass(frozen=True)
class Statement:
    """What must stand in a document, and which requirements that shows."""

    id: str
    text: str
    text_fr: str
    covers: tuple[str, ...]


@dataclass(frozen=True)
class Paper:
    """A document asked for, such as a certificate.

    ``number``: it must carry one; ``expires``: it must say until when it holds; older than ``max_age_days`` it decides nothing.
    """

    id: str
    title: str
    title_fr: str
    statements: tuple[Statement, ...]
    number: bool
    expires: bool
    max_age_days: int | None

    @property
    def covers(self) -> tuple[str, ...]:
        """Requirements that any of its statements shows."""
        return tuple(dict.fromkeys(id_ for statement in self.statements for id_ in statement.covers))


@dataclass(frozen=True)
class Level:
    """A name that a buyer understands, for the requirements that can be shown with some methods.

    It takes every requirement of ``ranks`` all of whose methods are among ``methods``, and those named under ``also``.
    """

    id: str
    title: str
    title_fr: str
    text: str
    text_fr: str
    ranks: tuple[Rank, ...]
    methods: tuple[Method, ...]
    also: tuple[str, ...] = ()

    def takes(self, requirement: Requirement) -> bool:
        """Whether the level asks for this requirement."""
        return requirement.id in self.also or (
            requirement.level in self.ranks and set(requirement.methods) <= set(self.methods)
        )


@dataclass(frozen=True)
class Demand:
    """One statement of a host of public chargers, T01 to T23: what the requirements are for."""

    id: str
    text: str
    text_fr: str
