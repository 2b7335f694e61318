"""Stations of the bench on a feeder, on sockets and in memory: sessions begin and end, and nothing is blamed on the EVSE."""

from __future__ import annotations

from contextlib import AsyncExitStack
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from wattest.clock import RealClock, VirtualClock
from wattest.clock.network import MemoryNetwork
from wattest.errors import BenchError
from wattest.evse import Charger
from wattest.evse.wires import dialler
from wattest.model.bench import CsmsEntry, FeederEntry
from wattest.model.library import library_folder
from wattest.model.read import read_charger
from wattest.run.live_neighbours import LiveNeighbours
from wattest.world import World

if TYPE_CHECKING:
    from wattest.clock import Clock

SHEET = read_charger(library_folder("fixtures") / "chargers" / "reference.yaml")
PLUGGED = replace(
    SHEET,
    boot_time_s=0.1,
    features=tuple(word for word in SHEET.features if word not in {"holster_lock", "connector_lock"}),
)
"""A station on whose plug nobody has a hold, so that a vehicle can stay plugged in."""
ENTRY = FeederEntry(("reference_meter", "two", "three"), None, (0, 0))


class Notes:
    """What was noted."""

    def __init__(self) -> None:
        self.kinds: list[tuple[str, Any]] = []

    def __call__(self, kind: str, /, **fields: Any) -> int:
        self.kinds.append((kind, fields.get("place")))
        return len(self.kinds)


class Person:
    """An operator who does what he is asked, or says that it is not possible."""

    def __init__(self, word: str, deed: Any = None) -> None:
        self.word, self.deed = word, deed
        self.asked: list[str] = []

    async def ask(self, question: str, _answers: tuple[str, ...]) -> str:
        self.asked.append(question)
        if self.deed is not None:
            self.deed(question)
        return self.word


def station(clock: Clock, place: int, connect: Any, sheet: Any = PLUGGED) -> Charger:
    own = replace(sheet, identity=f"NB{place:03}", serial=f"NB-{place:04}")
    world = World(clock, own)
    charger = Charger(world, clock, own, dialect="1.6", connect=connect)
    if sheet is PLUGGED:
        world.vehicle().plug_in()
        world.vehicle().set_ready(True)
    return charger


async def in_memory(clock: Clock, neighbours: LiveNeighbours, stack: AsyncExitStack) -> dict[int, Charger]:
    """Stations at both places, without sockets."""
    chargers = {}
    for place, csms in neighbours._csms.items():
        network = MemoryNetwork(clock)
        network.listen(csms.accept, csms.choose)
        chargers[place] = station(clock, place, network.connect)
        chargers[place].start()
        stack.push_async_callback(chargers[place].stop)
        stack.push_async_callback(csms.close)
    await neighbours.ready()
    return chargers


def test_sessions_are_started_and_stopped_remotely() -> None:
    """Who joins draws what it is given, who leaves draws nothing, and every word of it is kept aside."""
    notes = Notes()
    with VirtualClock() as clock:
        neighbours = LiveNeighbours(ENTRY, CsmsEntry(), clock, notes)

        async def scene() -> list[float]:
            async with AsyncExitStack() as stack:
                chargers = await in_memory(clock, neighbours, stack)
                outlet = chargers[3].world.outlets[0]
                seen = []
                assert await neighbours.set_share(3, 10.0) == "Accepted"
                await neighbours.join(3)
                await clock.sleep(20.0)
                seen.append(outlet.true_current_a())
                await neighbours.leave(3)
                seen.append(outlet.true_current_a())
                await neighbours.join(3)
                await clock.sleep(20.0)
                await neighbours.rest()
                seen.append(outlet.true_current_a())
                seen.append(chargers[2].world.outlets[0].true_energy_wh())
                return seen

        assert clock.run(scene()) == [10.0, 0.0, 0.0, 0.0]
    assert {kind for kind, _ in notes.kinds} == {"neighbour"}
    assert {place for _, place in notes.kinds} == {2, 3}


def test_what_a_station_of_the_bench_does_wrong_is_an_error_of_the_bench() -> None:
    """No vehicle, no link, no such place: a BenchError that names the place, never a word against the EVSE."""
    with VirtualClock() as clock:
        neighbours = LiveNeighbours(ENTRY, CsmsEntry(), clock, Notes())

        async def scene() -> None:
            async with AsyncExitStack() as stack:
                with pytest.raises(BenchError) as stopped:
                    await neighbours.ready()
                assert str(stopped.value) == (
                    "The station of the bench at place 2 did not connect to port 0 within 120 s."
                )
                chargers = await in_memory(clock, neighbours, stack)
                chargers[2].world.vehicle().unplug()
                with pytest.raises(BenchError) as stopped:
                    await neighbours.join(2)
                assert str(stopped.value) == "No session began at place 2 of the feeder within 60 s."
                chargers[3].world.grid.set_power(False)
                await clock.sleep(60.0)
                with pytest.raises(BenchError) as stopped:
                    await neighbours.set_share(3, 6.0)
                assert str(stopped.value) == (
                    "The station of the bench at place 3 failed: No station is connected."
                )
                with pytest.raises(BenchError) as stopped:
                    await neighbours.set_share(4, 6.0)
                assert str(stopped.value) == (
                    "There is no station of the bench at place 4: place 1 is the station under test, places 2 to 3 are the "
                    "bench's."
                )

        clock.run(scene())


def test_an_operator_lets_vehicles_come_and_go() -> None:
    """He is asked; the session that he starts must begin, and what he cannot do is an error of the bench."""
    with VirtualClock() as clock:
        entry = replace(ENTRY, arrivals="operator")
        neighbours = LiveNeighbours(entry, CsmsEntry(), clock, Notes())

        async def scene() -> list[str]:
            async with AsyncExitStack() as stack:
                chargers = await in_memory(clock, neighbours, stack)
                with pytest.raises(BenchError, match="this bench has no operator; add one to the bench file"):
                    await neighbours.join(2)
                person: Any = Person("done", lambda _q: chargers[2].world.reader.tap("04ABCDEF"))
                neighbours.operator = person
                await neighbours.join(2)
                await neighbours.leave(2)
                neighbours.operator = Person("not possible")  # type: ignore[assignment]
                with pytest.raises(BenchError, match="The operator could not do this: Plug a vehicle"):
                    await neighbours.join(2)
                return list(person.asked)

        assert clock.run(scene()) == [
            "Plug a vehicle that takes all it can get into the station at place 2 and start its session.",
            "End the session at the station at place 2 and pull its plug.",
        ]


def test_each_station_needs_a_port() -> None:
    """A live bench file without ports says what is missing before anything listens."""
    with VirtualClock() as clock:
        neighbours = LiveNeighbours(replace(ENTRY, ports=()), CsmsEntry(), clock, Notes())
        with pytest.raises(BenchError) as stopped:
            clock.run(neighbours.listen())
    assert str(stopped.value) == (
        "The feeder has 2 stations of the bench and names 0 ports: each needs one for its central system, such as "
        "'ports: [9002, 9003]'."
    )


@pytest.mark.real_time
@pytest.mark.timeout(60)
def test_stations_of_the_bench_over_sockets() -> None:
    """Each comes to its own port, takes its share and a session, and is let go of."""
    with RealClock() as clock:
        neighbours = LiveNeighbours(ENTRY, CsmsEntry(), clock, Notes())

        async def scene() -> list[bool]:
            await neighbours.listen()
            chargers = {
                place: station(clock, place, dialler(server.url))
                for place, server in zip((2, 3), neighbours._servers, strict=True)
            }
            for charger in chargers.values():
                charger.start()
            try:
                await neighbours.ready()
                assert await neighbours.set_share(2, 8.0) == "Accepted"
                await neighbours.join(2)
                return [outlet.session is not None for outlet in _outlets(chargers)]
            finally:
                for charger in chargers.values():
                    await charger.stop()
                await neighbours.close()

        assert clock.run(scene()) == [True, False]


def _outlets(chargers: dict[int, Charger]) -> list[Any]:
    stations = [charger._station for charger in chargers.values()]
    return [station.outlets[0] for station in stations if station is not None]
