"""``wattest check``: every document under some paths, and what only several documents together can show."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from wattest.document.node import Document, Fields, Text
from wattest.document.reader import read
from wattest.errors import DocumentError, Problem
from wattest.model.documents import KINDS, SUFFIX, Kind, check, kind_of

if TYPE_CHECKING:
    from wattest.model.read_bench import Factory
    from wattest.model.read_scenario import Knowledge


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
        except DocumentError as error:
            checked.problems += error.problems
            continue
        counted = found[0] if kind.name == "tax" else found
        checked.holds[kind.plural] += len(counted) if kind.name in _MANY else 1
        if kind.name == "scenario" and len(found) > 1:
            checked.holds["variants"] += len(found)
    checked.problems.sort()
    return checked


_MANY = {"requirement", "limit", "decision-rule", "tax", "card", "error-code"}


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
    elif kind.name in {"requirement", "limit", "decision-rule"}:
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
