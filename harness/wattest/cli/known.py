"""What documents are checked against on this machine: installed steps, monitors and drivers, loaded when needed."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from functools import cache, cached_property

from wattest.model.read_requirements import read_limits, read_requirements
from wattest.model.read_scenario import Knowledge


class _Monitored(Collection[str]):
    """Requirements that some monitor watches; the monitors are imported only when somebody asks."""

    @cached_property
    def _ids(self) -> frozenset[str]:
        from wattest.judge.monitors import MONITORS

        return frozenset(id_ for monitor in MONITORS for id_ in monitor.requirements)

    def __contains__(self, id_: object) -> bool:
        return id_ in self._ids

    def __iter__(self) -> Iterator[str]:
        return iter(self._ids)

    def __len__(self) -> int:
        return len(self._ids)


@cache
def installed() -> Knowledge:
    """Steps and monitors of this installation, requirements and limits of the library. Raises ``DocumentError``."""
    from wattest.steps import verbs

    return Knowledge(verbs(), read_requirements(), read_limits(), _Monitored())


def printable(text: str) -> str:
    """Text that any terminal can take, whatever bytes a file name held."""
    return text.encode(errors="backslashreplace").decode()
