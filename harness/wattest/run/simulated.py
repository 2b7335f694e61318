"""The simulated venue: a new world, charger and central system for every scenario, in one process."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from wattest.clock.network import MemoryNetwork
from wattest.csms import Csms
from wattest.errors import StationGone
from wattest.evse import Charger
from wattest.roles import Surroundings
from wattest.run.campaign import Stage, lacking
from wattest.run.drivers import driver
from wattest.run.safety import between_scenarios
from wattest.world import World

if TYPE_CHECKING:
    from collections.abc import Callable

    from wattest.clock import Clock
    from wattest.evse.charger import Connect
    from wattest.model.bench import Bench
    from wattest.model.charger import ChargerSheet
    from wattest.model.scenario import Dialect, Scenario
    from wattest.model.tariff import TaxRate
    from wattest.roles import Note, Part

SETTLE_S = 300.0
"""A sound charger boots, connects and reports within this; one that only connects is tested as it is."""


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
    ) -> None:
        self._bench = bench
        self._sheet = sheet
        self._clock = clock
        self._note = note
        self._taxes = taxes
        self._active = active
        self._between = between
        self._charger: Charger | None = None
        self._csms: Csms | None = None
        self._parts: dict[str, Part] = {}

    async def open(self) -> None:
        """Nothing to do: every scenario gets a bench of its own."""

    async def enter(self, scenario: Scenario, dialect: Dialect, seed: int) -> Stage:
        """A charger fresh from the factory, booted and connected. Raises ``StationGone`` when it did not connect."""
        world = World(self._clock, self._sheet, seed=seed, active=self._active)
        if scenario.given.temperature_c is not None:
            world.climate.set_ambient(scenario.given.temperature_c)
            world.climate.settle()
        network = MemoryNetwork(self._clock)
        self._csms = csms = Csms(self._clock, self._note, seed=seed)
        csms.taxes = self._taxes
        network.listen(csms.accept, csms.choose)
        self._parts = await self._opened(world, network)
        self._charger = Charger(
            world,
            self._clock,
            self._sheet,
            dialect=dialect,
            connect=network.connect if self._between is None else self._between(network.connect),
            seed=seed,
            active=self._active,
        )
        self._charger.start()
        await csms.wait_ready(within_s=SETTLE_S)
        if not csms.connected:
            raise StationGone(f"No station connected within {SETTLE_S:g} s.")
        return Stage(self._parts, csms)

    async def _opened(self, world: World, network: MemoryNetwork) -> dict[str, Part]:
        parts = {
            role: driver(
                entry,
                Surroundings(
                    clock=self._clock,
                    note=self._note,
                    role=role,
                    folder=str(Path(self._bench.path).parent),
                    world=world,
                    rigs={"network": network},
                ),
            )
            for role, entry in self._bench.roles.items()
        }
        for part in parts.values():
            await part.open()
        if "reference_meter" in parts:
            await parts["reference_meter"].start_integration()  # type: ignore[attr-defined]
        return parts

    async def leave(self) -> None:
        """No current flows any more; then this world is forgotten."""
        try:
            await between_scenarios(self._parts, self._bench.safe_order, clock=self._clock, note=self._note)
        finally:
            if self._charger is not None:
                await self._charger.stop()
            if self._csms is not None:
                await self._csms.close()
            for part in self._parts.values():
                await part.close()
            self._charger, self._csms, self._parts = None, None, {}

    async def close(self) -> None:
        """Nothing is left to close."""

    def lacks(self, needs: tuple[str, ...]) -> str | None:
        """The built-in bench plays every role; what else a scenario needs, the charger sheet must state."""
        can = set(self._bench.roles) | {"lock_jam", "lock_pull"}
        return lacking(needs, can, self._bench, self._sheet)
