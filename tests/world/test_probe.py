"""The probe of the connector, its proximity contact, and a cut pilot, as the world has them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from wattest.world.probe import HEATER_C

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.world.conftest import MakeWorld

    from wattest.world import World

    Wait = Callable[[World, float], None]
    StartCharge = Callable[..., None]


def test_a_probe_is_as_warm_as_the_air_until_it_is_heated(world: World, wait: Wait) -> None:
    """It goes to the heater and back with its own time constant, and is exact whenever it is asked."""
    probe = world.outlets[0].probe
    world.climate.set_ambient(-10.0)
    assert (probe.temperature_c(), probe.crosses_s(90.0)) == (-10.0, None)
    world.vehicle().set_fault("hot", True)
    due = probe.crosses_s(90.0)
    assert due is not None
    assert due == pytest.approx(120.0 * 1.2528, abs=0.1)  # ln(140 / 40)
    wait(world, due)
    assert probe.temperature_c() == pytest.approx(90.0, abs=0.02)
    assert probe.crosses_s(HEATER_C) is None
    wait(world, 3600.0)
    assert probe.temperature_c() == pytest.approx(HEATER_C)
    world.vehicle().set_fault("hot", False)
    assert probe.temperature_c() == pytest.approx(HEATER_C)
    wait(world, probe.crosses_s(75.0) or 0.0)
    assert probe.temperature_c() == pytest.approx(75.0, abs=0.02)
    assert probe.crosses_s(90.0) is None


def test_the_station_is_told_of_heat_only_when_it_changes(world: World) -> None:
    """Heating twice is told once for each order, and not to a station without power."""
    heard: list[bool] = []
    outlet = world.outlets[0]
    stop = outlet.on_probe(lambda: heard.append(outlet.probe.heated))
    world.vehicle().set_fault("hot", True)
    world.vehicle().set_fault("hot", False)
    world.grid.set_power(False)
    world.vehicle().set_fault("hot", True)
    assert heard == [True, False]
    stop()
    world.grid.set_power(True)
    world.vehicle().set_fault("hot", False)
    assert heard == [True, False]


def test_a_cut_pilot_looks_like_no_vehicle(world: World, start_charge: StartCharge, wait: Wait) -> None:
    """State A with the plug still in and the earth whole; mended, the car asks again."""
    start_charge(world)
    outlet = world.outlets[0]
    world.vehicle().set_fault("cp", True)
    assert (outlet.pilot, outlet.plug, outlet.earthed, outlet.rectified) == ("A", "plugged in", True, True)
    assert outlet.true_current_a() == 0.0
    world.vehicle().set_fault("cp", False)
    wait(world, 1.0)
    assert outlet.pilot == "C"


@pytest.mark.parametrize(("ohm", "flows"), [(480.0, 0.0), (None, 0.0), (150.0, 48.0)])
def test_a_car_heeds_the_button(
    world: World, start_charge: StartCharge, ohm: float | None, flows: float
) -> None:
    """At 480 Ohm, or without a connector, it stops asking at once; a latched one lets it charge."""
    start_charge(world)
    world.vehicle().set_proximity(ohm)
    assert world.outlets[0].true_current_a() == flows
    assert world.outlets[0].pilot == ("C" if flows else "B")


def test_a_bridged_button_shows_nothing(make_world: MakeWorld, start_charge: StartCharge) -> None:
    """PROX-D46: the car sees 150 Ohm whatever the hand does."""
    with make_world("PROX-D46") as world:
        start_charge(world)
        world.vehicle().set_proximity(480.0)
        assert (world.vehicle().proximity_ohm, world.outlets[0].true_current_a()) == (150.0, 48.0)


@pytest.mark.parametrize(
    ("id_", "inside_c", "watts"),
    [
        ("", -40.0, 64.0),
        ("", 23.0, 4.0),
        ("V125", -40.0, 24.0),
        ("COLD-D49", -25.0, 64.0),
        ("COLD-D49", -40.0, 304.0),
    ],
)
def test_heaters(make_world: MakeWorld, id_: str, inside_c: float, watts: float) -> None:
    """What the station takes for itself in the cold, sound and not."""
    with make_world(*([id_] if id_ else []), features=("card_reader", "heater")) as world:
        world.climate.set_ambient(inside_c)
        world.climate.settle()
        assert world.input_power_w() == pytest.approx(watts)
