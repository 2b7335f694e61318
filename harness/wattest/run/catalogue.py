"""The catalogue of requirements with everything that can show each of them, read from the library's documents."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from wattest.judge.coverage import coverage
from wattest.judge.monitors import MONITORS
from wattest.model.library import library_folder
from wattest.model.read import (
    read_checklist,
    read_demands,
    read_levels,
    read_limits,
    read_papers,
    read_requirements,
    read_scenario,
)
from wattest.steps import verbs

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from wattest.model.evidence import Demand, Item, Level, Paper
    from wattest.model.requirement import Limit, Requirement
    from wattest.model.scenario import Scenario


@dataclass(frozen=True)
class Listed:
    """One requirement, the numbers behind it, and every way to show it; ``level`` is the lowest that asks for it."""

    requirement: Requirement
    limits: tuple[Limit, ...]
    demands: tuple[Demand, ...]
    level: Level | None
    scenarios: tuple[tuple[str, str, str], ...]
    """Id, English and French title, each scenario once."""
    monitors: tuple[str, ...]
    items: tuple[Item, ...]
    papers: tuple[Paper, ...]

    @property
    def area(self) -> str:
        """The part of the id before the number."""
        return self.requirement.id.partition("-")[0]

    @property
    def ways(self) -> tuple[str, ...]:
        """Kinds of ways, as words."""
        found = (
            ("scenario", self.scenarios),
            ("monitor", self.monitors),
            ("checklist", self.items),
            ("document", self.papers),
        )
        return tuple(word for word, those in found if those)


def catalogue() -> tuple[Listed, ...]:
    """Every requirement of the library, in the order of area and number. Raises ``DocumentError``."""
    requirements, limits, demands = read_requirements(), read_limits(), read_demands()
    items, papers = read_checklist().values(), read_papers().values()
    levels = read_levels().values()
    known = verbs()
    scenarios = tuple(_scenarios(known, requirements))
    titles = {scenario.id: (scenario.id, scenario.title, scenario.title_fr) for scenario in scenarios}
    ids = {scenario.key: scenario.id for scenario in scenarios}
    listed = []
    for row in coverage(scenarios, sorted(requirements), known):
        requirement = requirements[row.requirement]
        listed.append(
            Listed(
                requirement,
                tuple(limits[id_] for id_ in requirement.limits),
                tuple(demands[id_] for id_ in requirement.traces),
                next((level for level in levels if level.takes(requirement)), None),
                tuple(titles[id_] for id_ in dict.fromkeys(ids[key] for key in row.scenarios)),
                row.monitors,
                tuple(item for item in items if requirement.id in item.covers),
                tuple(paper for paper in papers if requirement.id in paper.covers),
            )
        )
    return tuple(listed)


def _scenarios(known: Any, requirements: Collection[str]) -> Iterable[Scenario]:
    monitored = {id_ for monitor in MONITORS for id_ in monitor.requirements}
    for path in sorted(library_folder("scenarios").rglob("*.scenario.yaml")):
        yield from read_scenario(path, known, requirements=requirements, monitored=monitored)
