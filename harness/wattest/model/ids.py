"""Ids that the files of a folder state, without reading what stands behind them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from wattest.document.reader import keys_under


@dataclass(frozen=True)
class Ids(Collection[str]):
    """Words that are gathered when somebody first asks for one."""

    gather: Callable[[], Iterable[str]]

    @cached_property
    def _ids(self) -> frozenset[str]:
        return frozenset(self.gather())

    def __contains__(self, id_: object) -> bool:
        return id_ in self._ids

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(self._ids))

    def __len__(self) -> int:
        return len(self._ids)


def ids_in(folder: Path, key: str) -> Iterator[str]:
    """Keys under ``key`` in every YAML file of a folder. Raises ``DocumentError`` when one is no YAML."""
    for path in sorted(folder.glob("*.yaml")):
        yield from keys_under(path, key)
