"""A feeder of real devices: who measures which place, and what a meter without a value means."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import pytest

from wattest.clock import VirtualClock
from wattest.errors import BenchError, InstrumentError
from wattest.model.bench import Bench, FeederEntry
from wattest.model.library import library_folder
from wattest.model.read import read_charger
from wattest.roles import Identity, PowerReading, Reading
from wattest.run.feeder import metered, plane_of, taken_out
from wattest.world import World

ENTRY = FeederEntry(("reference_meter", "two", "three"), "trunk", (9002, 9003))
BENCH = Bench("feeder", "simulated", "b.yaml", feeder=ENTRY)


class Meter:
    """A meter that reads one current, or does not open."""

    def __init__(self, current_a: float, *, flags: frozenset[str] = frozenset(), opens: bool = True) -> None:
        self.current_a, self.flags, self.opens = current_a, flags, opens
        self.done: list[str] = []

    async def open(self) -> Identity:
        self.done.append("open")
        if not self.opens:
            raise InstrumentError("nobody answers")
        return Identity("Eastron", "SDM630", "1")

    async def close(self) -> None:
        self.done.append("close")

    async def start_integration(self) -> None: ...

    async def read(self) -> PowerReading:
        one = Reading(self.current_a, "A", 0.0, u=0.1, seq=(7,), flags=self.flags)
        return PowerReading(one, one, one, one, one)


class Nobody:
    """Stations of the bench that are never asked."""

    async def join(self, place: int) -> None: ...

    async def leave(self, place: int) -> None: ...

    async def set_share(self, place: int, current_a: float) -> str:
        return f"{place} {current_a}"


def feeder(own: dict[str, Any], reference: Meter | None = None) -> Any:
    parts = {"reference_meter": Meter(6.0) if reference is None else reference}
    return metered(BENCH, own, parts, Nobody())


def test_places_are_read_in_their_order_and_the_whole_by_its_own_meter() -> None:
    """Place 1 is the reference meter here; the order is that of the bench file, not of the rigs."""
    made = feeder({"trunk": Meter(30.0), "three": Meter(16.0), "two": Meter(8.0)})
    with VirtualClock() as clock:
        assert made.places == 3
        assert [one.value for one in clock.run(made.read())] == [6.0, 8.0, 16.0]
        assert clock.run(made.read_group()).value == 30.0
        assert clock.run(made.set_share(2, 8.0)) == "2 8.0"


@pytest.mark.parametrize(
    ("meter", "why"),
    [
        (Meter(math.nan), "no value"),
        (Meter(0.0, flags=frozenset({"no data"})), "no data"),
        (Meter(99.0, flags=frozenset({"over-range"})), "over-range"),
    ],
)
def test_a_place_without_a_value_is_an_error_of_the_bench(meter: Meter, why: str) -> None:
    """A sum that leaves out one place would pass a group that is above its limit."""
    made = feeder({"two": meter, "three": Meter(1.0), "trunk": Meter(1.0)})
    with VirtualClock() as clock, pytest.raises(InstrumentError) as stopped:
        clock.run(made.read())
    assert str(stopped.value) == f"The meter of place 2 on the feeder gives no current ({why})."


def test_meters_of_its_own_are_opened_together_or_not_at_all() -> None:
    """The reference meter belongs to the bench; one that does not answer leaves none of the others open."""
    reference, two = Meter(1.0), Meter(1.0)
    made = feeder({"two": two, "three": Meter(1.0, opens=False), "trunk": Meter(1.0)}, reference)
    with VirtualClock() as clock:
        with pytest.raises(InstrumentError, match="nobody answers"):
            clock.run(made.open())
        assert (two.done, reference.done) == (["open", "close"], [])
        made = feeder({"two": two, "three": Meter(1.0), "trunk": Meter(1.0)}, reference)
        assert set(clock.run(made.open())) == {"two", "three", "trunk"}


def test_what_measures_nothing_is_no_meter() -> None:
    """A rig of another kind, and a place whose meter the bench has not, are sentences."""
    with pytest.raises(BenchError) as stopped:
        feeder({"two": object(), "three": Meter(1.0), "trunk": Meter(1.0)})
    assert str(stopped.value) == (
        "The feeder names 'two', which is no meter: put a driver that can be a reference_meter under 'rigs'."
    )
    with pytest.raises(BenchError) as stopped:
        metered(BENCH, {"two": Meter(1.0), "three": Meter(1.0), "trunk": Meter(1.0)}, {}, Nobody())
    assert str(stopped.value) == (
        "The feeder names 'reference_meter' as a meter, and this bench has no reference_meter."
    )


def test_meters_leave_the_rigs() -> None:
    """Nobody else opens, restarts or closes them; other rigs stay, and a bench without a feeder keeps all."""
    rigs: dict[str, Any] = {"two": 2, "three": 3, "trunk": 9, "person": 0}
    assert taken_out(None, rigs) == {}
    assert taken_out(ENTRY, rigs) == {"two": 2, "three": 3, "trunk": 9}
    assert rigs == {"person": 0}


def test_each_twin_looks_at_its_place() -> None:
    """In a rehearsal a meter sees its own station, and that of the whole feeder the sum of all."""
    with VirtualClock() as clock:
        sheet = read_charger(library_folder("fixtures") / "chargers" / "reference.yaml")
        worlds = {place: World(clock, replace(sheet, serial=f"S{place}")) for place in (1, 2, 3)}
        assert plane_of(ENTRY, "two", worlds) == (worlds[2], None)
        assert plane_of(ENTRY, "reference_meter", worlds) == (worlds[1], None)
        assert plane_of(ENTRY, "mains", worlds) == (worlds[1], None)
        assert plane_of(None, "two", worlds) == (worlds[1], None)
        where, trunk = plane_of(ENTRY, "trunk", worlds)
        assert where is worlds[1]
        assert trunk is not None
        assert (trunk.phases, trunk.voltage_v(), trunk.current_a(), trunk.power_w()) == (1, 240.0, 0.0, 0.0)
        for place, amperes in ((1, 10.0), (3, 6.0)):
            outlet = worlds[place].outlets[0]
            outlet.holster_lock.drive(False)
            clock.run(clock.sleep(2.0))
            worlds[place].vehicle().set_current(amperes)
            worlds[place].vehicle().plug_in()
            worlds[place].vehicle().set_ready(True)
            outlet.offer(16.0)
            outlet.contactor.close()
            clock.run(clock.sleep(10.0))
        alone = [world.outlets[0].true_current_a() for world in worlds.values()]
        assert alone == [10.0, 0.0, 6.0]
        assert trunk.current_a() == 16.0
        assert trunk.energy_wh() == pytest.approx(sum(w.outlets[0].true_energy_wh() for w in worlds.values()))
        assert trunk.time_s() == clock.monotonic()
