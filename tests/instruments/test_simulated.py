from __future__ import annotations

import asyncio
import inspect
from typing import TYPE_CHECKING, Any

import pytest

from wattest.clock import VirtualClock
from wattest.clock.network import MemoryNetwork
from wattest.errors import BenchError, RigError
from wattest.roles import ROLES, Battery, Identity, Part
from wattest.world import World
from wattest_instruments.simulated import simulated

if TYPE_CHECKING:
    from tests.instruments.conftest import SimulatedBench


def driver(bench: SimulatedBench, role: str) -> Any:
    return simulated(bench.around(role, network=MemoryNetwork(bench.clock)))


@pytest.mark.parametrize("role", ROLES)
def test_every_role_has_a_driver_that_keeps_the_protocol(simulated_bench: SimulatedBench, role: str) -> None:
    """Each driver identifies itself, has the verbs of its role, names what it supports, and is safe at any time."""
    part = driver(simulated_bench, role)

    async def live() -> Identity:
        await part.make_safe()
        identity = await part.open()
        await part.make_safe()
        await part.make_safe()
        await part.close()
        await part.close()
        assert isinstance(identity, Identity)
        return identity

    identity = simulated_bench.clock.run(live())
    assert isinstance(part, Part)
    assert identity.maker
    assert identity.model
    assert isinstance(part.supports, frozenset)
    for name, verb in inspect.getmembers(ROLES[role], inspect.isfunction):
        if name.startswith("_"):
            continue
        own = getattr(part, name)
        assert inspect.iscoroutinefunction(own), name
        wanted = [p.name for p in inspect.signature(verb).parameters.values() if p.name != "self"]
        assert list(inspect.signature(own).parameters) == wanted, name


def test_a_session_by_the_drivers_alone(simulated_bench: SimulatedBench) -> None:
    """Card, plug, load, locks and display act on one and the same world, and every deed is in the record."""
    bench = simulated_bench
    vehicle, reader, sensor = (driver(bench, role) for role in ("vehicle", "card_reader", "lock_sensor"))
    display, outlet = driver(bench, "display"), bench.world.outlets[0]
    taps: list[str] = []
    bench.world.reader.on_card(taps.append)

    async def live() -> None:
        await reader.present("04E2A1B2")
        assert (await sensor.read()).holster == "locked"
        with pytest.raises(RigError, match="its holster lock is locked"):
            await vehicle.plug_in()
        assert await sensor.pull("holster") is False
        outlet.holster_lock.drive(False)
        await asyncio.sleep(1.0)
        await vehicle.plug_in()
        assert await vehicle.whereabouts() == "plugged in"
        await vehicle.set_current(16.0)
        await vehicle.set_ready(True)
        outlet.offer(48.0)
        outlet.contactor.close()
        await asyncio.sleep(1.0)
        assert outlet.true_current_a() == 16.0
        await vehicle.make_safe()
        assert outlet.true_current_a() == 0.0
        await vehicle.unplug()
        await vehicle.holster()
        bench.world.screen.show(("Total",), "3.21", "CAD")
        shown = await display.read()
        assert (shown.lines, shown.cost, shown.currency) == (("Total",), "3.21", "CAD")

    bench.clock.run(live())
    assert taps == ["04E2A1B2"]
    assert bench.said()[:4] == [
        '{"do": "card", "uid": "04E2A1B2"}',
        '{"do": "locks"}',
        '{"do": "plug_in"}',
        '{"do": "pull", "which": "holster"}',
    ]
    refused = bench.notes[2][1]
    assert refused["rx"] is None
    assert "its holster lock is locked" in refused["error"]
    assert {kind for kind, _ in bench.notes} == {"exchange"}
    assert bench.notes[1][1]["rx"] == '{"holster": "locked", "connector": "unlocked"}'


def test_jammed_lock_is_freed_when_made_safe(simulated_bench: SimulatedBench) -> None:
    """The lock sensor offers lock_jam, and takes its wedges out at the end."""
    sensor = driver(simulated_bench, "lock_sensor")
    assert sensor.supports == {"lock_jam", "lock_pull"}
    simulated_bench.clock.run(sensor.jam("connector", True))
    assert simulated_bench.world.outlets[0].connector_lock.jammed
    simulated_bench.clock.run(sensor.make_safe())
    assert not simulated_bench.world.outlets[0].connector_lock.jammed


def test_mains_are_off_when_made_safe(simulated_bench: SimulatedBench) -> None:
    """The switch before the station cuts it off, and feeds it again when asked."""
    mains = driver(simulated_bench, "mains")
    simulated_bench.clock.run(mains.make_safe())
    assert not simulated_bench.world.grid.powered
    simulated_bench.clock.run(mains.set_power(True))
    assert simulated_bench.world.grid.powered


def test_chamber_reading_points_to_its_evidence(simulated_bench: SimulatedBench) -> None:
    """Air temperature comes with uncertainty, its raw digits and the entry that holds them."""
    chamber = driver(simulated_bench, "chamber")

    async def live() -> Any:
        await chamber.set_temperature(-40.0, 1.0)
        await asyncio.sleep(1800.0)
        return await chamber.read_temperature()

    reading = simulated_bench.clock.run(live())
    assert (reading.value, reading.unit, reading.t_s, reading.u) == (-7.0, "degC", 1800.0, 0.3)
    evidence = simulated_bench.notes[reading.seq[0]][1]
    assert evidence["rx"].split(",")[reading.index] == reading.raw == "-7.000000"


def test_network_is_cut_and_healed(simulated_bench: SimulatedBench) -> None:
    """The driver cuts the bench's own in-memory network; made safe it is whole."""
    network = MemoryNetwork(simulated_bench.clock)
    part: Any = simulated(simulated_bench.around("network", network=network))
    simulated_bench.clock.run(part.cut())
    assert network.state == "reset"
    simulated_bench.clock.run(part.make_safe())
    assert network.state is None


def test_operator_gives_the_first_answer(simulated_bench: SimulatedBench) -> None:
    """Question and answer are in the record; a question without answers is a mistake."""
    operator = driver(simulated_bench, "operator")
    assert simulated_bench.clock.run(operator.ask("Is the screen lit?", ("yes", "no"))) == "yes"
    assert simulated_bench.notes == [
        ("prompt", {"question": "Is the screen lit?", "answer": "yes", "by": "simulated operator"})
    ]
    with pytest.raises(
        BenchError, match=r"The question 'Why\?' has no answers to choose from: name at least one"
    ):
        simulated_bench.clock.run(operator.ask("Why?", ()))


@pytest.mark.parametrize(
    ("role", "sentence"),
    [
        (
            "vehicle",
            "The simulated vehicle needs a simulated world, and this bench has none: set 'kind: simulated'",
        ),
        ("network", "The simulated network needs the in-memory network as a rig called 'network'"),
        (
            "robot",
            "The simulated driver plays no role 'robot'; it plays acquirer, alerts, card_reader, chamber, display",
        ),
    ],
)
def test_what_is_missing_is_said(simulated_bench: SimulatedBench, role: str, sentence: str) -> None:
    """Roles without their world or network, and roles that do not exist, are sentences."""
    with pytest.raises(BenchError, match=sentence):
        simulated(simulated_bench.around(role, world=False))


def test_worlds_side_by_side_never_mix(simulated_bench: SimulatedBench) -> None:
    """Two benches with the same resource name read their own circuits."""
    bench = simulated_bench
    with VirtualClock() as clock:
        other = type(bench)(clock, World(clock, bench.world.sheet))
        meters = [simulated(each.around("reference_meter")) for each in (bench, other)]
        bench.start_charge(16.0)
        currents = []
        for each, meter in zip((bench, other), meters, strict=True):

            async def live(meter: Any) -> float:
                await meter.open()
                await asyncio.sleep(1.0)
                reading = await meter.read()
                await meter.close()
                return float(reading.current.value)

            currents.append(each.clock.run(live(meter)))
    assert currents == [16.0, 0.0]


def test_a_car_arrives_with_a_state_of_charge_and_tells_it(simulated_bench: SimulatedBench) -> None:
    """What the driver reads is the car's own word to the station, in whole percent, and an exchange proves it."""
    car = driver(simulated_bench, "vehicle")

    async def arrive() -> Any:
        await car.set_state_of_charge(87.9)
        return await car.read_state_of_charge()

    found = simulated_bench.clock.run(arrive())
    assert isinstance(car, Battery)
    assert (found.value, found.unit, found.u, found.raw) == (87.0, "%", 0.0, "87")
    with pytest.raises(RigError, match=r"^no battery holds"):
        simulated_bench.clock.run(car.set_state_of_charge(120.0))
