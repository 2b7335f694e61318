"""Pilot, contactor, plug and battery."""

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest

from wattest.errors import RigError
from wattest.world import World

MakeWorld = Callable[..., AbstractContextManager[World]]
Wait = Callable[[World, float], None]
StartCharge = Callable[..., None]


def pilot(world: World) -> str:
    return world.outlets[0].pilot


def take_plug(world: World, wait: Wait) -> None:
    world.outlets[0].holster_lock.drive(False)
    wait(world, 1.0)
    world.vehicle().plug_in()


def test_pilot_goes_from_a_to_c_only_with_vehicle_offer_and_will(world: World, wait: Wait) -> None:
    """A without vehicle, B with one, C once it is ready and current is offered, after its reaction."""
    outlet = world.outlets[0]
    assert pilot(world) == "A"
    take_plug(world, wait)
    assert pilot(world) == "B"
    outlet.vehicle.set_ready(True)
    wait(world, 5.0)
    assert pilot(world) == "B"
    outlet.offer(16.0)
    assert pilot(world) == "B"
    wait(world, 0.2)
    assert pilot(world) == "C"
    outlet.vehicle.set_ready(False)
    assert pilot(world) == "B"


def test_station_hears_of_every_change_that_is_not_its_own(world: World, wait: Wait) -> None:
    """Pilot and holster call back with old and new state, until one stops listening."""
    outlet = world.outlets[0]
    heard: list[object] = []
    stop = outlet.on_pilot(lambda old, new: heard.append(f"{old}{new}"))
    outlet.on_holster(lambda there: heard.append(f"holstered {there}"))
    take_plug(world, wait)
    outlet.offer(16.0)
    outlet.vehicle.set_ready(True)
    wait(world, 1.0)
    outlet.signal_fault(True)
    assert pilot(world) == "F"
    outlet.signal_fault(False)
    outlet.vehicle.set_ready(False)
    stop()
    outlet.vehicle.unplug()
    outlet.vehicle.holster()
    assert heard == ["holstered False", "AB", "BC", "CB", "holstered True"]


def test_fault_stops_the_current(world: World, wait: Wait, start_charge: StartCharge) -> None:
    """State F is an offer withdrawn: current stops at once, and comes back only through B and C."""
    start_charge(world)
    outlet = world.outlets[0]
    outlet.signal_fault(True)
    assert (outlet.pilot, outlet.true_current_a()) == ("F", 0.0)
    wait(world, 1.0)
    outlet.signal_fault(False)
    assert pilot(world) == "B"
    wait(world, 1.0)
    assert pilot(world) == "C"


def test_power_cut_stops_everything_and_nobody_is_told_of_pilot(
    world: World, wait: Wait, start_charge: StartCharge
) -> None:
    """Without grid the pilot is E, the contactor open, the offer gone; power back leaves the vehicle in B."""
    start_charge(world)
    outlet = world.outlets[0]
    heard: list[object] = []
    outlet.on_pilot(lambda old, new: heard.append((old, new)))
    world.grid.on_power(heard.append)
    wait(world, 60.0)
    energy = outlet.true_energy_wh()
    world.grid.set_power(False)
    world.grid.set_power(False)
    assert (outlet.pilot, outlet.contactor.closed, outlet.offer_a) == ("E", False, None)
    outlet.offer(16.0)
    outlet.contactor.close()
    wait(world, 3600.0)
    assert outlet.true_energy_wh() == energy
    world.grid.set_power(True)
    assert (outlet.pilot, outlet.contactor.closed, outlet.offer_a) == ("B", False, None)
    assert heard == [False, True]


def test_battery_is_full_to_the_watt_hour_and_to_the_second(
    world: World, wait: Wait, start_charge: StartCharge
) -> None:
    """The pilot goes to B exactly when the battery is full, and not a watt-hour flows after."""
    world.vehicle().set_battery(capacity_wh=10_000.0, soc=0.5)
    start_charge(world, 16.0)
    outlet = world.outlets[0]
    heard: list[float] = []
    begin = world.clock.monotonic()
    expected = begin + 5_000.0 * 3600.0 / outlet.true_power_w()
    outlet.on_pilot(lambda _old, _new: heard.append(world.clock.monotonic()))
    wait(world, 24 * 3600.0)
    assert heard == [pytest.approx(expected, abs=1e-6)]
    assert outlet.true_energy_wh() == pytest.approx(5_000.0, abs=1e-6)
    assert (outlet.vehicle.soc(), outlet.true_power_w()) == (1.0, 0.0)


def test_each_arrival_brings_an_emptier_car(world: World, wait: Wait, start_charge: StartCharge) -> None:
    """Unplugging a full car and plugging in again is another car with the arrival charge."""
    start_charge(world)
    wait(world, 24 * 3600.0)
    outlet = world.outlets[0]
    assert pilot(world) == "B"
    outlet.contactor.open()
    outlet.vehicle.unplug()
    outlet.vehicle.plug_in()
    wait(world, 1.0)
    assert (outlet.pilot, outlet.vehicle.soc()) == ("C", 0.2)


def test_another_battery_in_mid_session_takes_what_fits(
    world: World, wait: Wait, start_charge: StartCharge
) -> None:
    """What flowed before went into the old battery; the new one fills from its own charge."""
    start_charge(world, 16.0)
    outlet = world.outlets[0]
    wait(world, 3600.0)
    before = outlet.true_energy_wh()
    outlet.vehicle.set_battery(capacity_wh=1_000.0, soc=0.5)
    assert outlet.true_energy_wh() == before
    wait(world, 3600.0)
    assert outlet.true_energy_wh() == pytest.approx(before + 500.0)
    with pytest.raises(
        RigError, match=r"no battery holds 0 Wh at a charge of 0\.5: give more than 0 Wh, 0 to 1"
    ):
        outlet.vehicle.set_battery(capacity_wh=0.0, soc=0.5)


def test_locked_plug_can_neither_be_taken_nor_pulled(world: World, wait: Wait) -> None:
    """The holster lock keeps the plug in the station, the connector lock in the vehicle; each refusal says so."""
    car, outlet = world.vehicle(), world.outlets[0]
    with pytest.raises(
        RigError,
        match=r"^the plug of outlet 1 cannot be taken: its holster lock is locked; authorise first, "
        r"and give its motor time to move$",
    ):
        car.plug_in()
    assert car.whereabouts() == "holstered"
    take_plug(world, wait)
    car.plug_in()
    outlet.connector_lock.drive(True)
    wait(world, 1.0)
    with pytest.raises(
        RigError,
        match=r"^the plug of outlet 1 cannot be pulled from the vehicle: the connector lock is locked; "
        r"end the transaction or unlock the connector first$",
    ):
        car.unplug()
    with pytest.raises(
        RigError, match="the plug of outlet 1 is still in the vehicle: unplug it before holstering it"
    ):
        car.holster()
    outlet.connector_lock.drive(False)
    wait(world, 1.0)
    car.unplug()
    car.unplug()
    assert car.whereabouts() == "in hand"
    car.holster()
    car.holster()
    assert car.whereabouts() == "holstered"


def test_stranger_who_pulls_is_noticed_only_when_the_plug_comes_loose(world: World, wait: Wait) -> None:
    """A held plug stays where it is; a loose one leaves its seat and is put back, and the station sees both."""
    outlet = world.outlets[0]
    heard: list[object] = []
    outlet.on_holster(heard.append)
    assert outlet.pull("holster") is False
    assert outlet.pull("connector") is False
    assert heard == []
    outlet.holster_lock.drive(False)
    wait(world, 1.0)
    assert outlet.pull("holster") is True
    assert heard == [False, True]
    assert outlet.plug_holstered
    outlet.vehicle.plug_in()
    assert outlet.pull("connector") is True
    assert pilot(world) == "B"


def test_socket_station_has_no_plug_of_its_own(make_world: MakeWorld, wait: Wait) -> None:
    """At a socket the driver's cable is in the hand before and after, and no holster lock exists."""
    with make_world(cable="socket") as world:
        outlet = world.outlets[0]
        assert outlet.vehicle.whereabouts() == "in hand"
        assert not outlet.holster_lock.fitted
        outlet.vehicle.plug_in()
        outlet.vehicle.unplug()
        outlet.vehicle.holster()
        assert outlet.vehicle.whereabouts() == "in hand"


def test_welded_contactor_stays_closed_and_its_mirror_tells(world: World, start_charge: StartCharge) -> None:
    """A weld keeps voltage on the connector after opening and through a power cut; broken, it lets go."""
    start_charge(world)
    outlet = world.outlets[0]
    outlet.contactor.weld()
    outlet.contactor.open()
    assert (outlet.contactor.closed, outlet.contactor.mirror()) == (True, True)
    world.grid.set_power(False)
    world.grid.set_power(True)
    assert outlet.true_voltage_v() == 240.0
    assert outlet.true_power_w() == 0.0
    outlet.contactor.weld(False)
    assert (outlet.contactor.closed, outlet.contactor.mirror()) == (False, False)


def test_a_fed_output_is_live_behind_an_open_contactor(world: World) -> None:
    """What the bench feeds is sensed though the mirror sees nothing, is told, and dies with the supply that it comes from."""
    outlet = world.outlets[0]
    heard: list[bool] = []
    stop = outlet.on_output(lambda: heard.append(outlet.output_sensed))
    outlet.vehicle.set_fault("weld", True)
    assert (outlet.true_voltage_v(), outlet.output_sensed, outlet.contactor.mirror()) == (240.0, True, False)
    world.grid.set_power(False)
    assert outlet.true_voltage_v() == 0.0
    world.grid.set_power(True)
    outlet.vehicle.set_fault("weld", False)
    stop()
    outlet.vehicle.set_fault("weld", True)
    assert heard == [True, True, False]


def test_outlets_do_not_share_anything_but_the_grid(make_world: MakeWorld, wait: Wait) -> None:
    """A session at one outlet leaves the register of the other alone."""
    with make_world(connectors=2) as world:
        first, second = world.outlets
        registers = [outlet.meter.register_wh() for outlet in world.outlets]
        assert registers[0] != registers[1]
        second.move_plug("in hand")
        second.vehicle.plug_in()
        second.vehicle.set_ready(True)
        second.offer(10.0)
        wait(world, 1.0)
        second.contactor.close()
        wait(world, 3600.0)
        assert first.true_energy_wh() == 0.0
        assert second.true_energy_wh() == pytest.approx(2398.0)
        world.jam("connector", outlet=1)
        assert second.connector_lock.jammed
        assert not first.connector_lock.jammed
