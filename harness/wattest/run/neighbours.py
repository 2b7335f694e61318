"""Simulated stations beside the one under test, on the same feeder, sound ones, each with its own central system.

What they say is kept in the record under the kind ``neighbour``, where no monitor takes it for the station under test.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

from wattest.clock.network import MemoryNetwork
from wattest.csms import Csms
from wattest.errors import BenchError
from wattest.evse import Charger
from wattest.roles import Reading
from wattest.run.feeder import said_by
from wattest.world import World

if TYPE_CHECKING:
    from wattest.clock import Clock
    from wattest.model.charger import ChargerSheet
    from wattest.model.scenario import Dialect
    from wattest.roles import Note

PLACES = 3
READY_S = 300.0
HANDS_S = 5.0
"""From a card to the plug: the station asks its central system and moves its locks meanwhile."""
U_A = 0.05
"""Standard uncertainty of the simulated current transformers, A (project)."""


class _Neighbour:
    """One station of the bench, its vehicle and its central system."""

    def __init__(
        self, place: int, clock: Clock, note: Note, sheet: ChargerSheet, dialect: Dialect, seed: int
    ) -> None:
        own = replace(sheet, identity=f"NB{place:03}", serial=f"NB-{place:04}")
        self.world = World(clock, own, seed=seed + place)
        self.csms = Csms(clock, said_by(place, note), seed=seed + place)
        self.csms.accepts_unknown = True
        network = MemoryNetwork(clock)
        network.listen(self.csms.accept, self.csms.choose)
        self.charger = Charger(
            self.world, clock, own, dialect=dialect, connect=network.connect, seed=seed + place
        )


class SimulatedNeighbours:
    """Stations like the one under test without its defects, at place 2 and on; the hands of their drivers as well."""

    def __init__(
        self, places: int, clock: Clock, note: Note, sheet: ChargerSheet, dialect: Dialect, seed: int
    ) -> None:
        self._clock = clock
        self._note = note
        self._sheet = sheet
        self._others = {
            place: _Neighbour(place, clock, note, sheet, dialect, seed) for place in range(2, places + 1)
        }

    @property
    def worlds(self) -> dict[int, World]:
        """Their worlds by place."""
        return {place: other.world for place, other in self._others.items()}

    async def open(self) -> None:
        """Every station of the bench is there. Raises ``BenchError`` when one does not come: that is no fault of the EVSE."""
        for other in self._others.values():
            other.charger.start()
        for place, other in self._others.items():
            if not await other.csms.wait_ready(within_s=READY_S):
                raise BenchError(
                    f"The station of the bench at place {place} did not come within {READY_S:g} s."
                )

    async def close(self) -> None:
        """Vehicles go, stations end."""
        for other in self._others.values():
            await other.charger.stop()
            await other.csms.close()

    async def join(self, place: int) -> None:
        """Somebody comes with a card and a vehicle that takes all it can get."""
        world = self._other(place).world
        self._note(
            "action", role="feeder", action="join", arguments={"place": place}, result=None, error=None
        )
        world.vehicle().set_current(self._sheet.rated_current_a)
        world.reader.tap(f"0400000{place}")
        await self._clock.sleep(HANDS_S)
        world.vehicle().plug_in()
        world.vehicle().set_ready(True)

    async def leave(self, place: int) -> None:
        """The driver presents the card again and takes the plug."""
        world = self._other(place).world
        self._note(
            "action", role="feeder", action="leave", arguments={"place": place}, result=None, error=None
        )
        world.vehicle().set_ready(False)
        world.reader.tap(f"0400000{place}")
        await self._clock.sleep(HANDS_S)
        world.vehicle().unplug()

    async def set_share(self, place: int, current_a: float) -> str:
        """By a charging profile of the station's own central system."""
        answer = await self._other(place).csms.station().set_limit(current_a, 1)
        return answer.status

    def _other(self, place: int) -> _Neighbour:
        if place not in self._others:
            raise BenchError(
                f"There is no station of the bench at place {place}: place 1 is the station under test, "
                f"places 2 to {len(self._others) + 1} are the bench's."
            )
        return self._others[place]


class SimulatedFeeder:
    """A ``Feeder`` on a bench without meters: the currents are true ones, with the digits of a meter."""

    def __init__(self, world: World, neighbours: SimulatedNeighbours, clock: Clock, note: Note) -> None:
        self._worlds = (world, *neighbours.worlds.values())
        self.places = len(self._worlds)
        self.join, self.leave, self.set_share = neighbours.join, neighbours.leave, neighbours.set_share
        self._clock = clock
        self._note = note

    async def read(self) -> tuple[Reading, ...]:
        """As the role says."""
        digits = [f"{world.outlets[0].true_current_a():.3f}" for world in self._worlds]
        seq = self._note(
            "exchange",
            role="feeder",
            resource="world",
            op="request",
            tx=json.dumps({"do": "currents"}),
            rx=",".join(digits),
            error=None,
        )
        now = self._clock.monotonic()
        return tuple(
            Reading(float(raw), "A", now, u=U_A, seq=(seq,), raw=raw, index=index)
            for index, raw in enumerate(digits)
        )

    async def read_group(self) -> Reading | None:
        """No meter measures the whole of it."""
        return None
