"""Everything that one run has from its first to its last scenario."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from wattest.judge.facts import facts_of
from wattest.roles import ROLES

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

    from wattest.clock import Clock
    from wattest.csms import Csms
    from wattest.judge.facts import Facts
    from wattest.model.bench import Bench
    from wattest.model.charger import ChargerSheet
    from wattest.model.profile import Profile
    from wattest.model.requirement import DecisionRule, Limit, Requirement
    from wattest.model.scenario import Dialect, Scenario
    from wattest.model.tariff import TaxRate
    from wattest.record import Recorder
    from wattest.roles import Feeder, Part


@dataclass(frozen=True)
class Stage:
    """What one scenario finds when it starts: the parts of the bench and the central system.

    ``fallen`` tells how the EVSE died so far although nobody asked it to, where the bench can know: a sentence each.
    ``breach`` tells why the scenario must not go on, such as a reading beyond a limit of the bench; None while it may.
    """

    parts: Mapping[str, Part]
    csms: Csms
    fallen: Callable[[], Sequence[str]] | None = None
    breach: Callable[[], str | None] = lambda: None
    feeder: Feeder | None = None


class Venue(Protocol):
    """Where scenarios are performed: the simulated world, or a live bench."""

    async def open(self) -> None:
        """Before the first scenario: identify instruments, listen for the station."""
        ...

    async def enter(self, scenario: Scenario, dialect: Dialect, seed: int) -> Stage:
        """Bring everything to the state in which a scenario may begin."""
        ...

    async def leave(self) -> None:
        """After a scenario: make everything safe and note how that was confirmed."""
        ...

    async def close(self) -> None:
        """After the last scenario."""
        ...

    def lacks(self, needs: tuple[str, ...]) -> str | None:
        """Why a scenario with these needs cannot be performed here; None when it can."""
        ...


@dataclass
class Campaign:
    """One run: what is tested, by which rules, where, and the record it writes."""

    clock: Clock
    recorder: Recorder
    bench: Bench
    sheet: ChargerSheet
    requirements: Mapping[str, Requirement]
    limits: Mapping[str, Limit]
    rule: DecisionRule
    taxes: tuple[TaxRate, ...]
    venue: Venue
    seed: int = 0
    carry: Any = None
    """What monitors remember from scenario to scenario on a live bench, such as the register."""
    closed: str | None = None
    """Why nothing more may be started on this bench; None while all is well."""
    stop: str | None = None
    """Why the run was stopped from outside; None while it runs."""
    stop_noted: bool = False
    """Whether the record says so already."""
    finished: set[tuple[str, str]] = field(default_factory=set)
    """Scenarios (key, dialect) that an earlier part of this run has settled."""
    attempts: dict[tuple[str, str], int] = field(default_factory=dict)
    """How often each was tried before."""

    performed: set[tuple[str, str]] = field(default_factory=set)
    """Scenarios (key, dialect) that this part of the run has tried."""
    left_out: set[tuple[str, str]] = field(default_factory=set)
    """Scenarios (key, dialect) of which the record says already that, and why, they were not tested."""
    planned: tuple[tuple[Scenario, Dialect], ...] = ()
    """What this run was begun for, in order."""
    rules: Mapping[str, DecisionRule] = field(default_factory=dict)
    """Decision rules by id, for the profiles that name one."""
    profiles: Mapping[str, Profile] = field(default_factory=dict)
    """Accuracy profiles by name."""
    folder: Path = Path()
    """Where the charger sheet stands."""
    part: str | None = None
    """Which part of a run shared by several processes this is, such as ``gw0``; None for a whole run."""

    @property
    def facts(self) -> Facts:
        """What monitors and steps may know."""
        return facts_on(self.bench, self.sheet)

    def leave_out(self, scenario: Scenario, dialect: Dialect, reason: str) -> None:
        """Note once that a scenario is not tested, and why."""
        if (scenario.key, dialect) in self.left_out:
            return
        self.left_out.add((scenario.key, dialect))
        self.recorder.note(
            "not_tested", key=scenario.key, dialect=dialect, requirements=scenario.covers, reason=reason
        )

    def note_stop(self) -> None:
        """Note once that the run was stopped from outside."""
        if self.stop is not None and not self.stop_noted:
            self.stop_noted = True
            self.recorder.note("aborted", reason=self.stop)

    def seed_of(self, scenario: Scenario, dialect: Dialect) -> int:
        """Seed of one scenario: depends on the run's seed and the scenario alone, not on what else is run."""
        text = f"{self.seed}:{scenario.key}:{dialect}".encode()
        return int.from_bytes(hashlib.sha256(text).digest()[:6], "big")


def facts_on(bench: Bench, sheet: ChargerSheet) -> Facts:
    """The charger sheet's figures, where the bench measures, and the cord behind that place as it was measured."""
    cord = bench.cord
    measured = (
        {} if cord is None else {"cord_loop_ohm": cord.loop_ohm, "cord_tolerance_pct": cord.tolerance_pct}
    )
    return facts_of(sheet, measurement_plane=bench.measurement_plane, **measured)


def not_tested_reason(scenario: Scenario, dialect: Dialect, sheet: ChargerSheet, venue: Venue) -> str | None:
    """Why a scenario is not tested with this charger on this bench; None when it is.

    The charger sheet decides, never the behaviour of the charger.
    """
    if dialect not in scenario.dialects:
        return f"the scenario is not for OCPP {dialect}"
    if dialect not in sheet.dialects:
        return f"the charger sheet of {sheet.model} does not state OCPP {dialect}"
    features = set(sheet.features)
    missing = tuple(need for need in scenario.needs if need not in features)
    return venue.lacks(missing)


def lacking(needs: Iterable[str], can: Collection[str], bench: Bench, sheet: ChargerSheet) -> str | None:
    """The first need that is not among what a bench can, as a sentence; None when it can all of them."""
    feeder = () if bench.feeder is None else ("feeder",)
    missing = next((need for need in needs if need not in can and need not in feeder), None)
    if missing is None:
        return None
    if missing in ROLES:
        return f"the bench '{bench.name}' has no {missing}"
    return f"neither the charger sheet of {sheet.model} nor the bench states '{missing}'"
