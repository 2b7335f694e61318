"""Readers of requirements, limits and decision rules: ``fixtures/requirements``, ``fixtures/limits``."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, TypeVar

from wattest.document.decode import Decoder
from wattest.document.node import Document, Fields, Items, Text
from wattest.document.quantity import DIMENSION_OF, split
from wattest.document.reader import read
from wattest.document.signature import Made
from wattest.document.suggest import did_you_mean, shown
from wattest.errors import DocumentError, Problem
from wattest.model.library import library_folder
from wattest.model.requirement import DecisionRule, Limit, Method, Provenance, Rank, Requirement
from wattest.model.words import NewName, NewRequirementId, Trace

Entry = TypeVar("Entry")


def _requirement(
    *,
    text: str,
    text_fr: str,
    criterion: str,
    criterion_fr: str,
    source: str,
    provenance: Provenance,
    methods: tuple[Method, ...],
    level: Rank,
    traces: tuple[Trace, ...] = (),
    limits: tuple[str, ...] = (),
    planned: str = "",
    planned_fr: str = "",
) -> Requirement:
    """One testable demand.

    Args:
        text: what the EVSE must do, in English
        text_fr: the same in French
        criterion: when it counts as done, in English
        criterion_fr: the same in French, with the same numbers
        source: standard and clause, or 'project criterion'
        provenance: how far the numbers in it can be trusted
        methods: how evidence is gathered; all of them are needed
        level: what missing it means for a purchase
        traces: user statements it serves
        limits: ids of the limits it uses
        planned: what Wattest does not have yet to test it; take it out when a scenario covers the requirement
        planned_fr: the same in French; both stand, or neither
    """
    if not methods:
        raise ValueError("a requirement needs at least one method of gathering evidence")
    if bool(planned) != bool(planned_fr):
        there, missing = ("planned", "planned_fr") if planned else ("planned_fr", "planned")
        raise ValueError(f"a requirement with '{there}' needs '{missing}' too, or neither of them")
    return Requirement(
        "",
        text,
        text_fr,
        criterion,
        criterion_fr,
        source,
        provenance,
        methods,
        level,
        traces,
        limits,
        planned,
        planned_fr,
    )


def _limit(
    *,
    value: str,
    source: str,
    edition: str,
    provenance: Provenance,
    valid_from: date | None = None,
    valid_to: date | None = None,
    note: str = "",
) -> Limit:
    """A number with its unit and where it comes from.

    Args:
        value: number and unit, such as ``1.0 %`` or ``60 s``
        source: standard and clause
        edition: of the source
        provenance: an unverified limit can screen but cannot certify
        valid_from: first day on which it holds
        valid_to: last day on which it holds
        note: anything a reader of a report should know
    """
    parts = split(value)
    if parts is None:
        raise ValueError(f"{shown(value)} is not a number with a unit, such as '1.0 %' or '60 s'")
    number, unit = parts
    if unit not in DIMENSION_OF:
        known = did_you_mean(unit, DIMENSION_OF) if unit else "; a limit without a unit means nothing"
        raise ValueError(f"the unit of {shown(value)} is not known{known}")
    if valid_from is not None and valid_to is not None and valid_to < valid_from:
        raise ValueError(f"valid_to {valid_to} lies before valid_from {valid_from}")
    return Limit("", number, unit, source, edition, provenance, valid_from, valid_to, note)


def _decision_rule(
    *, guard: float = 1.0, k: float = 2.0, tur_min: float = 3.0, tur_warn: float = 4.0, source: str
) -> DecisionRule:
    """How a measured value is held against a limit.

    Args:
        guard: acceptance limit = limit - guard x U; 0 is simple acceptance
        k: coverage factor, U = k x u
        tur_min: below this ratio of limit to U the verdict is inconclusive
        tur_warn: below this ratio the report says so
        source: where the rule comes from
    """
    if not (0 <= guard <= 1 and k > 0 and 0 < tur_min <= tur_warn):
        raise ValueError("a decision rule has guard from 0 to 1, k above 0, and tur_min not above tur_warn")
    return DecisionRule("", guard, k, tur_min, tur_warn, source)


def _requirements(
    *, requirements: Mapping[NewRequirementId, Annotated[Requirement, Made(_requirement)]]
) -> dict[str, Requirement]:
    """Requirements by id."""
    return {id_: replace(entry, id=id_) for id_, entry in requirements.items()}


def _limits(*, limits: Mapping[NewName, Annotated[Limit, Made(_limit)]]) -> dict[str, Limit]:
    """Limits by id."""
    return {id_: replace(entry, id=id_) for id_, entry in limits.items()}


def _decision_rules(
    *, decision_rules: Mapping[NewName, Annotated[DecisionRule, Made(_decision_rule)]]
) -> dict[str, DecisionRule]:
    """Decision rules by id."""
    return {id_: replace(entry, id=id_) for id_, entry in decision_rules.items()}


REQUIREMENTS = Made(_requirements)
LIMITS = Made(_limits)
DECISION_RULES = Made(_decision_rules)


def requirements_of(document: Document, limits: Collection[str] | None = None) -> dict[str, Requirement]:
    """The requirements in a document; adds what is wrong to its problems and raises ``DocumentError``.

    With the ids of all ``limits``, those that a requirement names must be among them.
    """
    made: dict[str, Requirement] = _made(document, REQUIREMENTS)
    if limits is not None:
        _look_for_unknown_limits(document, limits)
    return made


def limits_of(document: Document) -> dict[str, Limit]:
    """The limits in a document; adds what is wrong to its problems and raises ``DocumentError``."""
    made: dict[str, Limit] = _made(document, LIMITS)
    return made


def decision_rules_of(document: Document) -> dict[str, DecisionRule]:
    """The decision rules in a document; adds what is wrong to its problems and raises ``DocumentError``."""
    made: dict[str, DecisionRule] = _made(document, DECISION_RULES)
    return made


def _made(document: Document, made: Made) -> Any:
    value = Decoder(document.problems).make(document.root, made)
    document.problems.stop_if_any()
    return value


def read_requirements(folder: str | os.PathLike[str] | None = None) -> dict[str, Requirement]:
    """All requirements of a folder by id; without a folder, those that come with Wattest.

    Raises ``DocumentError`` with the problems of all files, and when an id stands in two files.
    """
    return in_folder(folder or library_folder("fixtures") / "requirements", "requirements", requirements_of)


def read_limits(folder: str | os.PathLike[str] | None = None) -> dict[str, Limit]:
    """All limits of a folder by id; without a folder, those that come with Wattest. Raises ``DocumentError``."""
    return in_folder(folder or library_folder("fixtures") / "limits", "limits", limits_of)


def read_decision_rules(folder: str | os.PathLike[str] | None = None) -> dict[str, DecisionRule]:
    """All decision rules of a folder by id; without a folder, Wattest's own. Raises ``DocumentError``."""
    return in_folder(folder or library_folder("fixtures") / "limits", "decision_rules", decision_rules_of)


def in_folder(
    folder: str | os.PathLike[str], key: str, entries_of: Callable[[Document], dict[str, Entry]]
) -> dict[str, Entry]:
    """Entries by id of every YAML file of a folder that has ``key`` at its top.

    Raises ``DocumentError`` with the problems of all files, and when an id stands in two of them.
    """
    found: dict[str, Entry] = {}
    problems: list[Problem] = []
    for path in sorted(Path(folder).glob("*.yaml")):
        try:
            document = read(path)
            if not isinstance(document.root, Fields) or document.root.get(key) is None:
                continue
            entries = entries_of(document)
        except DocumentError as error:
            problems += error.problems
            continue
        for id_, entry in entries.items():
            if id_ in found:
                _say_twice(document, key, id_)
            found[id_] = entry
        problems += document.problems
    if problems:
        raise DocumentError(tuple(problems))
    return found


def _say_twice(document: Document, key: str, id_: str) -> None:
    assert isinstance(document.root, Fields)
    rows = document.root.get(key)
    assert isinstance(rows, Fields)
    for name, _ in rows.entries:
        if name.text == id_:
            document.problems.add(name, f"'{id_}' is stated in another file of this folder too")


def _look_for_unknown_limits(document: Document, limits: Collection[str]) -> None:
    """Note every limit that a requirement names and nobody states."""
    assert isinstance(document.root, Fields)
    rows = document.root.get("requirements")
    assert isinstance(rows, Fields)
    for _, row in rows.entries:
        assert isinstance(row, Fields)
        named = row.get("limits")
        for limit in named.items if isinstance(named, Items) else ():
            assert isinstance(limit, Text)
            if limit.text not in limits:
                document.problems.add(
                    limit, f"no limits file states {shown(limit.text)}{did_you_mean(limit.text, limits)}"
                )
    document.problems.stop_if_any()


def decimal_of(limit: Limit) -> Decimal:
    """The limit in the unit that Wattest computes in: ``5 min`` is 300 (seconds)."""
    return limit.value * DIMENSION_OF[limit.unit].units[limit.unit]
