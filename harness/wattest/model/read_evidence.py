"""Readers of checklists, documents asked for, levels and demands: ``fixtures/evidence``, ``fixtures/levels``, ``fixtures/requirements``."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Annotated, Any

from wattest.document.decode import Decoder
from wattest.document.node import Document
from wattest.document.quantity import DIMENSION_OF
from wattest.document.signature import Between, Made
from wattest.document.suggest import did_you_mean, shown
from wattest.model.evidence import Demand, Item, Level, Paper, Statement
from wattest.model.library import library_folder
from wattest.model.read_profile import library_words
from wattest.model.read_requirements import in_folder
from wattest.model.requirement import Method, Rank
from wattest.model.words import LimitId, NewName, RequirementId, Trace

Days = Annotated[int, Between(1, 36600)]
YEAR = 366
"""Days for which an answer holds unless its item says otherwise: a project criterion."""


def _item(
    *,
    question: str,
    question_fr: str,
    covers: tuple[RequirementId, ...],
    answers: Mapping[str, str] | None = None,
    accept: tuple[str, ...] = (),
    inapplicable: tuple[str, ...] = (),
    unit: str = "",
    at_least: LimitId | None = None,
    at_most: LimitId | None = None,
    photo: bool = True,
    valid_days: Days = YEAR,
) -> Item:
    """One question to a person at the station.

    Args:
        question: what to look at, try or measure, in English
        question_fr: the same in French
        covers: requirements that the answer is about
        answers: words that can be answered, each with its French; 'yes' and 'no' unless told otherwise
        accept: answers that pass; 'yes' unless told otherwise
        inapplicable: answers that say that the charger has no such thing
        unit: of the value to read, for an item that is measured
        at_least: id of the lower limit of the value
        at_most: id of the upper limit of the value
        photo: a picture of what was seen must be kept
        valid_days: how long an answer holds
    """
    if not covers:
        raise ValueError("an item covers at least one requirement")
    if unit:
        if answers or accept or inapplicable:
            raise ValueError("an item has either a unit, to be measured, or answers")
        if unit not in DIMENSION_OF:
            raise ValueError(f"the unit {shown(unit)} is not known{did_you_mean(unit, DIMENSION_OF)}")
        if at_least is None and at_most is None:
            raise ValueError("a measured item needs at_least or at_most, the id of a limit")
        words: dict[str, str] = {}
    else:
        if at_least is not None or at_most is not None:
            raise ValueError("at_least and at_most need the unit of the value")
        words = dict(answers or {"yes": "oui", "no": "non"})
        accept = accept or ("yes",)
        for word in (*accept, *inapplicable):
            if word not in words:
                raise ValueError(f"{shown(word)} is none of the answers: {', '.join(words)}")
    return Item(
        "",
        question,
        question_fr,
        covers,
        words,
        accept,
        inapplicable,
        unit,
        at_least,
        at_most,
        photo,
        valid_days,
    )


def _statement(*, text: str, text_fr: str, covers: tuple[RequirementId, ...]) -> Statement:
    """What must stand in a document.

    Args:
        text: in English
        text_fr: in French
        covers: requirements that it shows
    """
    if not covers:
        raise ValueError("a statement covers at least one requirement")
    return Statement("", text, text_fr, covers)


def _paper(
    *,
    title: str,
    title_fr: str,
    states: Mapping[NewName, Annotated[Statement, Made(_statement)]],
    number: bool = False,
    expires: bool = False,
    max_age_days: Days | None = None,
) -> Paper:
    """A document asked for.

    Args:
        title: what it is called, in English
        title_fr: in French
        states: what must stand in it, by name
        number: it must carry a number
        expires: it must say until when it holds
        max_age_days: how old it may be
    """
    if not states:
        raise ValueError("a document states at least one thing")
    statements = tuple(replace(statement, id=id_) for id_, statement in states.items())
    return Paper("", title, title_fr, statements, number, expires, max_age_days)


def _level(
    *,
    title: str,
    title_fr: str,
    text: str,
    text_fr: str,
    methods: tuple[Method, ...],
    ranks: tuple[Rank, ...] = ("mandatory",),
    also: tuple[RequirementId, ...] = (),
) -> Level:
    """A level of certification; each level of a file is above the one before it.

    Args:
        title: its name, in English
        title_fr: in French
        text: what it means to a buyer, in English
        text_fr: in French
        methods: requirements all of whose methods are among these belong to it
        ranks: of the requirements that belong to it
        also: further requirements
    """
    if not methods:
        raise ValueError("a level needs at least one method")
    return Level("", title, title_fr, text, text_fr, ranks, methods, also)


def _demand(*, text: str, text_fr: str) -> Demand:
    """What a host of public chargers demands.

    Args:
        text: in English
        text_fr: in French
    """
    return Demand("", text, text_fr)


def _checklist(*, checklist: Mapping[NewName, Annotated[Item, Made(_item)]]) -> dict[str, Item]:
    """Questions by id."""
    return {id_: replace(item, id=id_) for id_, item in checklist.items()}


def _papers(*, documents: Mapping[NewName, Annotated[Paper, Made(_paper)]]) -> dict[str, Paper]:
    """Documents asked for, by id."""
    return {id_: replace(paper, id=id_) for id_, paper in documents.items()}


def _levels(*, levels: Mapping[NewName, Annotated[Level, Made(_level)]]) -> dict[str, Level]:
    """Levels by id, the lowest first."""
    return {id_: replace(level, id=id_) for id_, level in levels.items()}


def _demands(*, demands: Mapping[Trace, Annotated[Demand, Made(_demand)]]) -> dict[str, Demand]:
    """Demands by their trace key."""
    return {id_: replace(demand, id=id_) for id_, demand in demands.items()}


CHECKLIST, PAPERS, LEVELS, DEMANDS = Made(_checklist), Made(_papers), Made(_levels), Made(_demands)


def _made(document: Document, made: Made) -> Any:
    value = Decoder(document.problems, library_words()).make(document.root, made)
    document.problems.stop_if_any()
    return value


def checklist_of(document: Document) -> dict[str, Item]:
    """The items in a document; adds what is wrong to its problems and raises ``DocumentError``."""
    made: dict[str, Item] = _made(document, CHECKLIST)
    return made


def papers_of(document: Document) -> dict[str, Paper]:
    """The documents asked for in a document; adds what is wrong to its problems and raises ``DocumentError``."""
    made: dict[str, Paper] = _made(document, PAPERS)
    return made


def levels_of(document: Document) -> dict[str, Level]:
    """The levels in a document; adds what is wrong to its problems and raises ``DocumentError``."""
    made: dict[str, Level] = _made(document, LEVELS)
    return made


def demands_of(document: Document) -> dict[str, Demand]:
    """The demands in a document; adds what is wrong to its problems and raises ``DocumentError``."""
    made: dict[str, Demand] = _made(document, DEMANDS)
    return made


def read_checklist(folder: str | os.PathLike[str] | None = None) -> dict[str, Item]:
    """All items of a folder by id; without a folder, those that come with Wattest. Raises ``DocumentError``."""
    return in_folder(folder or library_folder("fixtures") / "evidence", "checklist", checklist_of)


def read_papers(folder: str | os.PathLike[str] | None = None) -> dict[str, Paper]:
    """All documents asked for in a folder by id; without a folder, Wattest's own. Raises ``DocumentError``."""
    return in_folder(folder or library_folder("fixtures") / "evidence", "documents", papers_of)


def read_levels(folder: str | os.PathLike[str] | None = None) -> dict[str, Level]:
    """All levels of a folder, the lowest first; without a folder, Wattest's own. Raises ``DocumentError``."""
    return in_folder(folder or library_folder("fixtures") / "levels", "levels", levels_of)


def read_demands(folder: str | os.PathLike[str] | None = None) -> dict[str, Demand]:
    """All demands of a folder by trace key; without a folder, Wattest's own. Raises ``DocumentError``."""
    return in_folder(folder or library_folder("fixtures") / "requirements", "demands", demands_of)


def covered_by_people(items: Collection[Item], papers: Collection[Paper]) -> frozenset[str]:
    """Requirements that an item or a document is about."""
    named = [*(item.covers for item in items), *(paper.covers for paper in papers)]
    return frozenset(id_ for covers in named for id_ in covers)
