"""What documents are checked against on this machine: installed steps and monitors, requirements of the library."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from wattest.model.ids import Ids, ids_in
from wattest.model.library import library_folder
from wattest.model.read_scenario import Knowledge, profile_names


@cache
def installed() -> Knowledge:
    """Steps of this installation; ids of requirements, limits and monitors, gathered when they are needed."""
    from wattest.steps import verbs

    fixtures = library_folder("fixtures")
    return Knowledge(
        verbs(),
        Ids(lambda: ids_in(fixtures / "requirements", "requirements")),
        Ids(lambda: ids_in(fixtures / "limits", "limits")),
        Ids(_monitored),
        rules=Ids(lambda: ids_in(fixtures / "limits", "decision_rules")),
        profiles=profile_names(),
        ways=Ids(_shown),
    )


def _shown() -> Iterator[str]:
    """Requirements that a scenario, a monitor, a checklist item or a document of the library is about."""
    from wattest.model.read_evidence import covered_by_people, read_checklist, read_papers
    from wattest.model.ways import scenario_ways

    yield from scenario_ways(library_folder("scenarios"))
    yield from _monitored()
    yield from covered_by_people(read_checklist().values(), read_papers().values())


def _monitored() -> Iterator[str]:
    """Requirements that some monitor watches."""
    from wattest.judge.monitors import MONITORS

    for monitor in MONITORS:
        yield from monitor.requirements


def printable(text: str) -> str:
    """Text that any terminal can take, whatever bytes a file name held."""
    return text.encode(errors="backslashreplace").decode()
