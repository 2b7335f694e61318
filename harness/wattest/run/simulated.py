"""The simulated venue: a new world, charger and central system for every scenario, in one process.

The roles are played by whatever the bench file names: drivers of the simulated world, the drivers of real instruments
with their twins (a rehearsed bench), or a person at the terminal, for whom virtual time waits.
"""

from __future__ import annotations

from contextlib import AsyncExitStack
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wattest.clock.network import FILES, MemoryNetwork
from wattest.csms import Csms
from wattest.errors import StationGone
from wattest.evse import Charger
from wattest.ocpi.alerts import Alerts
from wattest.roles import Surroundings
from wattest.run.campaign import Stage, lacking
from wattest.run.drivers import driver
from wattest.run.feeder import metered, plane_of, taken_out
from wattest.run.following import trouble_of, with_obedient_load
from wattest.run.guard import Guard
from wattest.run.known import Known
from wattest.run.neighbours import PLACES, SimulatedFeeder, SimulatedNeighbours
from wattest.run.rehearse import Rehearsal, with_twins, without_people
from wattest.run.safety import Interlocks
from wattest.run.terminal import terminal
from wattest.world import World

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

    from wattest.clock import Clock
    from wattest.evse.charger import Connect
    from wattest.model.bench import Bench, DriverEntry
    from wattest.model.charger import ChargerSheet
    from wattest.model.scenario import Dialect, Scenario
    from wattest.model.tariff import TaxRate
    from wattest.roles import Feeder, Keep, Note, Part

SETTLE_S = 300.0
"""A sound charger boots, connects and reports within this; one that only connects is tested as it is."""


def at_noon(day: date) -> datetime:
    """17:00 UTC, when it is that day, and daytime, everywhere in Canada."""
    return datetime(day.year, day.month, day.day, 17, tzinfo=UTC)


class SimulatedVenue:
    """Charger and central system meet on an in-memory wire only; ``active`` names defects and variations.

    ``between`` stands on that wire: it is given the way to the central system and returns the one that the charger
    dials, which may delay, change or lose what passes.
    """

    def __init__(
        self,
        bench: Bench,
        sheet: ChargerSheet,
        *,
        clock: Clock,
        note: Note,
        taxes: tuple[TaxRate, ...],
        active: frozenset[str] = frozenset(),
        between: Callable[[Connect], Connect] | None = None,
        keep: Keep | None = None,
        known: Known | None = None,
    ) -> None:
        self._known = known or Known(note)
        self._bench = bench
        self._sheet = sheet
        self._clock = clock
        self._alerts: Alerts | None = None
        self._note = note
        self._keep = keep
        self._taxes = taxes
        self._active = active
        self._between = between
        self._charger: Charger | None = None
        self._csms: Csms | None = None
        self._parts: dict[str, Part] = {}
        self._rigs: dict[str, Any] = {}
        self._interlocks = self._interlocked({})
        self._neighbours: SimulatedNeighbours | None = None
        self._meters: dict[str, Any] = {}
        self._stack = AsyncExitStack()
        self._stepped_s = 0.0
        self._terminal = terminal()

    async def open(self) -> None:
        """Nothing to do: every scenario gets a bench of its own."""

    async def enter(self, scenario: Scenario, dialect: Dialect, seed: int) -> Stage:
        """A charger fresh from the factory, booted and connected. Raises ``StationGone`` when it did not connect."""
        if scenario.given.date is not None:
            self._stepped_s = (at_noon(scenario.given.date) - self._clock.utc()).total_seconds()
            self._clock.step_wall(self._stepped_s)
        world = World(self._clock, self._sheet, seed=seed, active=self._active)
        if scenario.given.temperature_c is not None:
            world.climate.set_ambient(scenario.given.temperature_c)
            world.climate.settle()
        network = MemoryNetwork(self._clock)
        self._csms = csms = Csms(self._clock, self._note, seed=seed)
        csms.taxes = self._taxes
        network.listen(csms.accept, csms.choose)
        csms.listener = network
        self._alerts = Alerts(csms)
        network.serve_files(csms.files.answer)
        csms.files.base = lambda _reached: FILES
        worlds = self._worlds_of(world, scenario, dialect, seed)
        await self._open_parts(worlds, network)
        self._charger = Charger(
            world,
            self._clock,
            self._sheet,
            dialect=dialect,
            connect=network.connect if self._between is None else self._between(network.connect),
            seed=seed,
            active=self._active,
            fetch=network.fetch,
        )
        self._charger.start()
        await csms.wait_ready(within_s=SETTLE_S)
        if not csms.connected:
            raise StationGone(f"No station connected within {SETTLE_S:g} s.")
        self._known.station(csms)
        return Stage(self._parts, csms, breach=self._guard.breach, feeder=await self._feeder_of(world))

    def _worlds_of(self, world: World, scenario: Scenario, dialect: Dialect, seed: int) -> dict[int, World]:
        """The worlds of all stations by place: one, unless the scenario needs a feeder or the bench file names its meters."""
        entry = self._bench.feeder
        if "feeder" not in scenario.needs and entry is None:
            return {1: world}
        places = PLACES if entry is None else len(entry.meters)
        others = SimulatedNeighbours(places, self._clock, self._note, self._sheet, dialect, seed)
        if "feeder" in scenario.needs:
            self._neighbours = others
        return {1: world, **others.worlds}

    async def _feeder_of(self, world: World) -> Feeder | None:
        """The feeder with its stations, when the scenario needs one."""
        if self._neighbours is None:
            return None
        await self._neighbours.open()
        if self._bench.feeder is None:
            return SimulatedFeeder(world, self._neighbours, self._clock, self._note)
        feeder = metered(self._bench, self._meters, self._parts, self._neighbours)
        self._stack.push_async_callback(feeder.close)
        self._known.instruments(await feeder.open())
        return feeder

    def _interlocked(self, parts: dict[str, Part]) -> Interlocks:
        """What makes these parts safe, not armed yet."""
        bench = self._bench
        interlocks = Interlocks(
            parts, bench.safe_order, clock=self._clock, note=self._note, plane=bench.measurement_plane
        )
        self._guard = Guard(
            bench.limits,
            armed=lambda: interlocks.armed,
            off=interlocks.run,
            trouble=lambda: trouble_of(parts),
        )
        return interlocks

    async def _open_parts(self, worlds: dict[int, World], network: MemoryNetwork) -> None:
        bench = self._bench
        if bench.rehearsed:
            bench = await with_twins(
                bench, self._stack, lambda entry, left: self._place(worlds, network, entry, left)
            )
        self._rigs, bare = self._played(bench, worlds[1], network)
        self._meters = taken_out(bench.feeder, self._rigs)
        bare = with_obedient_load(
            bare, rated_a=self._sheet.rated_current_a, clock=self._clock, note=self._note
        )
        self._interlocks = self._interlocked(bare)
        self._parts = parts = {role: self._guard.part(role, part) for role, part in bare.items()}
        for rig in self._rigs.values():
            await rig.open()
        self._known.instruments({role: await part.open() for role, part in parts.items()})
        self._interlocks.arm()
        if "reference_meter" in parts:
            await parts["reference_meter"].start_integration()  # type: ignore[attr-defined]

    def _place(
        self, worlds: dict[int, World], network: MemoryNetwork, entry: DriverEntry, left: dict[str, Any]
    ) -> Rehearsal:
        world, plane = plane_of(self._bench.feeder, entry.role, worlds)
        return Rehearsal(world, self._clock, entry.role, entry.options, self._folder, left, network, plane)

    @property
    def _folder(self) -> str:
        return str(Path(self._bench.path).parent)

    def _played(
        self, bench: Bench, world: World, network: MemoryNetwork
    ) -> tuple[dict[str, Any], dict[str, Part]]:
        """Rigs and roles as drivers that have not been opened yet."""
        found: dict[str, Any] = {"network": network, "alerts": self._alerts}

        def around(role: str) -> Surroundings:
            return Surroundings(
                clock=self._clock,
                note=self._note,
                role=role,
                folder=self._folder,
                world=world,
                rigs=found,
                prompt=self._prompt,
                keep=self._keep,
            )

        rigs = {name: driver(entry, around(name)) for name, entry in bench.rigs.items()}
        found |= rigs
        return rigs, {role: driver(entry, around(role)) for role, entry in bench.roles.items()}

    async def _prompt(self, text: str) -> str:
        """A person takes real time, and no virtual time."""
        with self._clock.hold():
            return await self._terminal(text)

    async def leave(self) -> None:
        """No current flows any more; then this world is forgotten."""
        try:
            await self._interlocks.between()
        finally:
            others, self._neighbours = self._neighbours, None
            if others is not None:
                await others.close()
            if self._charger is not None:
                await self._charger.stop()
            if self._csms is not None:
                await self._csms.close()
            for part in (*self._parts.values(), *self._rigs.values()):
                await part.close()
            await self._stack.aclose()
            self._charger, self._csms, self._parts, self._rigs = None, None, {}, {}
            self._interlocks = self._interlocked({})
            self._clock.step_wall(-self._stepped_s)
            self._stepped_s = 0.0

    async def close(self) -> None:
        """Nothing is left to close."""

    def lacks(self, needs: tuple[str, ...]) -> str | None:
        """Roles come from the bench file, capabilities from the drivers, the rest from the charger sheet."""
        return lacking(needs, self._can, self._bench, self._sheet)

    @cached_property
    def _can(self) -> frozenset[str]:
        world = World(self._clock, self._sheet)
        bench = self._bench
        if bench.rehearsed:
            bench = without_people(bench)
        _, bare = self._played(bench, world, MemoryNetwork(self._clock))
        parts = with_obedient_load(
            bare, rated_a=self._sheet.rated_current_a, clock=self._clock, note=self._note
        )
        can = {"any_date"} if bench.rehearsed else {"any_date", "feeder"}
        return frozenset(parts).union(can, *(part.supports for part in parts.values()))
