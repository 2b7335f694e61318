"""``wattest check``: every document under some paths, and what only several documents together can show."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wattest.document.node import Document, Fields, Text
from wattest.document.reader import read
from wattest.errors import DocumentError, Problem
from wattest.model.documents import KINDS, SUFFIX, Kind, check, kind_of

if TYPE_CHECKING:
    from wattest.model.read_bench import Factory
    from wattest.model.read_scenario import Knowledge
    from wattest.model.requirement import Requirement


@dataclass
class Checked:
    """What was read, what it holds, what is wrong. ``other`` counts YAML files that are no document of ours."""

    files: int = 0
    other: int = 0
    holds: Counter[str] = field(default_factory=Counter)
    problems: list[Problem] = field(default_factory=list)

    def said(self) -> str:
        """One sentence on the whole."""
        if self.problems:
            wrong = len({problem.place.path for problem in self.problems})
            return f"{_count(len(self.problems), 'problem')} in {wrong} of {_count(self.files, 'file')}"
        held = ", ".join(f"{name}: {number}" for name, number in self.holds.items())
        other = f"; {_count(self.other, 'other YAML file')} read for form only" if self.other else ""
        return f"{_count(self.files, 'file')} checked, nothing wrong: {held or 'nothing of ours'}{other}"


def check_paths(
    paths: Iterable[str | os.PathLike[str]],
    knowledge: Callable[[], Knowledge],
    factories: Mapping[str, Factory],
) -> Checked:
    """Check files, and every YAML file under folders; the problems of all files come back in their order."""
    checked = Checked()
    ids: dict[tuple[str, str], Text] = {}
    demanded: list[tuple[Document, Mapping[str, Requirement]]] = []
    shown: set[str] = set()
    for path, named in _files(paths):
        checked.files += 1
        try:
            document = read(path)
            kind = kind_of(document)
            if kind is None:
                _unknown(document, named=named)
                checked.other += 1
                continue
            found = check(document, kind, knowledge, factories)
            _take_ids(document, kind, ids)
            document.problems.stop_if_any()
            if kind.name == "requirement":
                demanded.append((document, found))
            shown.update(_covered(kind, found))
        except DocumentError as error:
            checked.problems += error.problems
            continue
        counted = found[0] if kind.name == "tax" else found
        checked.holds[kind.plural] += len(counted) if kind.name in _MANY else 1
        if kind.name == "scenario" and len(found) > 1:
            checked.holds["variants"] += len(found)
    for document, found in demanded:
        checked.problems += _without_a_way(document, found, shown, knowledge)
    checked.problems.sort()
    return checked


def _covered(kind: Kind, found: Any) -> Iterator[str]:
    """Requirements that a document of scenarios, checklist items or papers is about."""
    if kind.name in {"scenario", "checklist", "document"}:
        for one in found if kind.name == "scenario" else found.values():
            yield from one.covers


def _without_a_way(
    document: Document, found: Mapping[str, Requirement], shown: set[str], knowledge: Callable[[], Knowledge]
) -> Iterable[Problem]:
    """A problem for each requirement that nothing can show and for which nothing is planned."""
    assert isinstance(document.root, Fields)
    rows = document.root.get(_REQUIREMENTS)
    assert isinstance(rows, Fields)
    for name, _ in rows.entries:
        requirement = found[name.text]
        if requirement.planned or requirement.id in shown:
            continue
        ways = knowledge().ways
        if ways is not None and requirement.id not in ways:
            document.problems.add(
                name,
                f"nothing can show {requirement.id}: no scenario, monitor, checklist item or document is about it; "
                "write one, or say under 'planned' what is missing",
            )
    return document.problems


_MANY = {
    "requirement",
    "limit",
    "decision-rule",
    "tax",
    "card",
    "error-code",
    "checklist",
    "document",
    "level",
    "demand",
}

_REQUIREMENTS = "requirements"
_OF_ONE_FOLDER = _MANY - {"tax", "card"}
"""Kinds whose entries have ids that stand once among all files."""


def _files(paths: Iterable[str | os.PathLike[str]]) -> Iterator[tuple[str, bool]]:
    """Files to read, each once; True for those named one by one."""
    seen: set[str] = set()
    for path in paths:
        name = os.fspath(path)
        inside = _inside(Path(name)) if Path(name).is_dir() else None
        for file in [name] if inside is None else inside:
            if os.path.realpath(file) not in seen:
                seen.add(os.path.realpath(file))
                yield file, inside is None


def _inside(folder: Path) -> list[str]:
    """YAML files of a folder and those below, hidden folders left out."""
    found = []
    for file in folder.rglob("*"):
        parts = file.relative_to(folder).parts
        if file.suffix in {".yaml", ".yml"} and not any(
            part.startswith(".") or part == "node_modules" for part in parts
        ):
            found.append(str(file))
    return sorted(found)


def _unknown(document: Document, *, named: bool) -> None:
    if named:
        keys = ", ".join(f"'{kind.key}:'" for kind in KINDS)
        document.problems.add(
            document.root, f"no key tells what document this is; one of {keys} or the name '*{SUFFIX}' would"
        )
    document.problems.stop_if_any()


def _take_ids(document: Document, kind: Kind, ids: dict[tuple[str, str], Text]) -> None:
    """Ids of scenarios are unique among all files; those of requirements, limits and rules too."""
    assert isinstance(document.root, Fields)
    if kind.name == "scenario":
        node = document.root.get("id")
        names = [node] if isinstance(node, Text) else []
    elif kind.name in _OF_ONE_FOLDER:
        rows = document.root.get(kind.key)
        names = [key for key, _ in rows.entries] if isinstance(rows, Fields) else []
    else:
        return
    for name in names:
        earlier = ids.setdefault((kind.name, name.text), name)
        if earlier is not name:
            document.problems.add(name, f"the {kind.name} id '{name.text}' is taken by {earlier.place}")


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
