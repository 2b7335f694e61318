"""What installed packages offer under an entry-point group, found in a millisecond.

``importlib.metadata`` imports the mail and zip machinery to read a few lines of text and takes longer than checking
a scenario. Here the same files, ``*.dist-info/entry_points.txt`` on ``sys.path``, are read directly.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from importlib import import_module
from typing import Any

from wattest.errors import BenchError


@cache
def entry_points(group: str) -> Mapping[str, str]:
    """Names of a group and what they stand for, ``package.module:attribute``; the first on ``sys.path`` counts."""
    found: dict[str, str] = {}
    for name, value in _entries(group):
        found.setdefault(name, value)
    return dict(sorted(found.items()))


def _entries(group: str) -> Iterator[tuple[str, str]]:
    for folder in dict.fromkeys(sys.path):
        try:
            names = os.listdir(folder or ".")  # noqa: PTH208 - pathlib takes three times as long
        except OSError:
            continue
        for name in names:
            if name.endswith((".dist-info", ".egg-info")):
                yield from _section(os.path.join(folder, name, "entry_points.txt"), group)  # noqa: PTH118 - as above


def _section(path: str, group: str) -> Iterator[tuple[str, str]]:
    """The entries of one section of an INI file without any of INI's subtleties."""
    try:
        with open(path, encoding="utf-8") as file:  # noqa: PTH123 - as above
            text = file.read()
    except (OSError, UnicodeDecodeError):
        return
    if f"[{group}]" not in text:
        return
    inside = False
    for line in text.splitlines():
        if line.startswith("["):
            inside = line.strip() == f"[{group}]"
        elif inside and "=" in line:
            name, _, value = line.partition("=")
            yield name.strip(), value.split("[")[0].strip()


def load(value: str) -> Any:
    """Import what an entry point stands for. Raises whatever that raises."""
    module, _, attribute = value.partition(":")
    found: Any = import_module(module)
    for name in attribute.split(".") if attribute else ():
        found = getattr(found, name)
    return found


@dataclass(frozen=True)
class Installed(Mapping[str, Any]):
    """What a group offers, each imported when it is first asked for.

    Raises ``BenchError`` when something installed cannot be imported.
    """

    group: str
    what: str

    @cached_property
    def _entries(self) -> Mapping[str, str]:
        return entry_points(self.group)

    def __getitem__(self, name: str) -> Any:
        value = self._entries[name]
        try:
            return load(value)
        except Exception as reason:
            raise BenchError(f"the {self.what} '{name}' ({value}) cannot be imported: {reason}") from reason

    def __contains__(self, name: object) -> bool:
        return name in self._entries

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)


DRIVERS = Installed("wattest.instruments", "driver")
"""Driver factories by the names that bench files use."""
