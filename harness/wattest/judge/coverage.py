"""Which requirement is proven by which scenario or monitor, and which by none.

Read from documents alone, before anything is run::

    for row in coverage(scenarios, requirements, verbs()):
        print(row.requirement, "not proven" if not row.proven else ", ".join(row.scenarios))
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from wattest.judge.monitors import MONITORS
from wattest.judge.monitors.finding import Monitor
from wattest.model.scenario import Scenario, StepCall
from wattest.model.verb import Verb


@dataclass(frozen=True)
class Coverage:
    """One requirement. ``scenarios`` maps the key of each scenario that covers it to the indexes of its proving steps.

    A scenario with no such step rests on the monitors, which watch every scenario.
    """

    requirement: str
    scenarios: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    monitors: tuple[str, ...] = ()
    dialects: tuple[str, ...] = ()
    """Dialects of the scenarios that cover it."""

    @property
    def proven(self) -> bool:
        """Whether any step of a covering scenario, or any monitor, can say something about it."""
        return bool(self.monitors) or any(self.scenarios.values())


def coverage(
    scenarios: Iterable[Scenario],
    requirements: Iterable[str],
    verbs: Mapping[str, Verb],
    *,
    monitors: Iterable[Monitor] = MONITORS,
) -> tuple[Coverage, ...]:
    """A row per requirement: those given, in their order, then those that only scenarios name."""
    library = tuple(scenarios)
    watching = tuple(monitors)
    named = (name for scenario in library for name in scenario.covers)
    return tuple(
        Coverage(
            name,
            {
                scenario.key: tuple(
                    index for index, step in enumerate(scenario.steps, 1) if name in proven_by(step, verbs)
                )
                for scenario in library
                if name in scenario.covers
            },
            tuple(monitor.name for monitor in watching if name in monitor.requirements),
            tuple(
                sorted(
                    {
                        dialect
                        for scenario in library
                        if name in scenario.covers
                        for dialect in scenario.dialects
                    }
                )
            ),
        )
        for name in dict.fromkeys((*requirements, *named))
    )


def proven_by(step: StepCall, verbs: Mapping[str, Verb]) -> tuple[str, ...]:
    """Requirements that a step's checks count for: its own ``proves``, or its verb's when it has none."""
    if step.proves:
        return step.proves
    verb = verbs.get(step.verb)
    return verb.proves if verb is not None else ()
