"""Faults on the vehicle's side of the pilot, as the station's hardware sees them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from wattest.errors import RigError
from wattest.world import Conduct
from wattest.world.pilot import duty_pct, signal_of, state_taken

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.world.conftest import MakeWorld

    from wattest.roles import PilotResistor
    from wattest.world import World

    Wait = Callable[[World, float], None]
    StartCharge = Callable[..., None]


def test_without_the_diode_the_low_plateau_is_loaded(world: World, start_charge: StartCharge) -> None:
    """In state C it is as far below zero as the high one is above, and the station can tell."""
    start_charge(world)
    outlet = world.outlets[0]
    assert (outlet.pilot_signal().low_v, outlet.rectified) == (-12.0, True)
    world.vehicle().set_fault("diode", True)
    assert (outlet.pilot, outlet.pilot_signal().low_v, outlet.rectified) == ("C", -6.0, False)


def test_lost_earth_looks_like_no_vehicle(world: World, start_charge: StartCharge, wait: Wait) -> None:
    """The pilot's current has no way back: state A with the plug still in, and the car stops at once."""
    start_charge(world)
    outlet = world.outlets[0]
    world.vehicle().set_fault("pe", True)
    assert (outlet.pilot, outlet.plug, outlet.earthed) == ("A", "plugged in", False)
    assert outlet.true_current_a() == 0.0
    world.vehicle().set_fault("pe", False)
    wait(world, 1.0)
    assert (outlet.pilot, outlet.earthed) == ("C", True)


def test_shorted_pilot_is_state_e_with_power(world: World, start_charge: StartCharge) -> None:
    """0 V on both plateaus, told like any other state, and current stops."""
    start_charge(world)
    outlet = world.outlets[0]
    heard: list[tuple[str, str]] = []
    outlet.on_pilot(lambda old, new: heard.append((old, new)))
    world.vehicle().set_fault("short", True)
    assert (outlet.pilot, outlet.pilot_signal().high_v, outlet.true_current_a()) == ("E", 0.0, 0.0)
    world.vehicle().set_fault("diode", True)
    world.vehicle().set_fault("short", False)
    assert heard == [("C", "E"), ("E", "B")]


def test_a_diode_is_news_though_the_state_is_not(world: World, start_charge: StartCharge) -> None:
    """The station is told of a change of diode or earth with the state that it has."""
    start_charge(world)
    heard: list[tuple[str, str]] = []
    world.outlets[0].on_pilot(lambda old, new: heard.append((old, new)))
    world.vehicle().set_fault("diode", True)
    assert heard == [("C", "C")]


def test_a_heedless_vehicle_goes_on(world: World, start_charge: StartCharge, wait: Wait) -> None:
    """It draws what it was told under a smaller offer and under none, in state C, until the contactor opens."""
    start_charge(world, 20.0)
    outlet, car = world.outlets[0], world.vehicle()
    car.set_fault("heedless", True)
    outlet.offer(10.0)
    assert outlet.true_current_a() == 20.0
    outlet.offer(None)
    wait(world, 10.0)
    assert (outlet.pilot, outlet.pilot_signal().steady, outlet.true_current_a()) == ("C", True, 20.0)
    outlet.contactor.open()
    assert outlet.true_current_a() == 0.0
    car.set_fault("heedless", False)
    wait(world, 1.0)
    assert outlet.pilot == "B"


def test_a_load_that_draws_as_told(world: World, start_charge: StartCharge, wait: Wait) -> None:
    """It knows nothing of the offer; the car behind it opens its switch when the pulses stop."""
    start_charge(world, 20.0)
    outlet = world.outlets[0]
    world.vehicle().set_draws_as_told(True)
    outlet.offer(10.0)
    assert outlet.true_current_a() == 20.0
    outlet.offer(None)
    wait(world, 1.0)
    assert outlet.true_current_a() == 0.0


@pytest.mark.parametrize(
    ("state", "ohm", "volts"),
    [("B", 1870.0, 8.06), ("B", 4610.0, 9.99), ("C", 909.0, 5.28), ("C", 1723.0, 6.51)],
)
@pytest.mark.parametrize("active", [(), ("V114",)])
def test_resistors_at_the_edges(
    make_world: MakeWorld,
    start_charge: StartCharge,
    wait: Wait,
    state: PilotResistor,
    ohm: float,
    volts: float,
    active: tuple[str, ...],
) -> None:
    """The plateau is that of a divider with a diode, and a station with any sensible threshold takes it for the right state."""
    with make_world(*active) as world:
        start_charge(world)
        outlet, car = world.outlets[0], world.vehicle()
        if state == "B":
            car.set_ready(False)
            wait(world, 1.0)
        car.set_pilot_resistance(state, ohm)
        assert outlet.pilot_signal().high_v == pytest.approx(volts, abs=0.01)
        assert outlet.pilot == state
        car.set_pilot_resistance(state, None)
        assert outlet.pilot_signal().high_v == {"B": 9.0, "C": 6.0}[state]


def test_other_thresholds_take_other_levels() -> None:
    """Half way between the levels it is decided; the variation decides elsewhere, where no vehicle may be."""
    other = Conduct({"V114"})
    assert [state_taken(volts) for volts in (10.6, 7.3, 4.4, 1.0)] == ["A", "C", "D", "E"]
    assert [other(state_taken)(volts) for volts in (10.6, 7.3, 4.4, 1.0)] == ["B", "B", "C", "E"]


@pytest.mark.parametrize("ohm", [0.0, -5.0, 2e6, float("nan")])
def test_no_such_resistor(world: World, ohm: float) -> None:
    """A resistor that no rig has is refused with what there is."""
    with pytest.raises(RigError) as caught:
        world.vehicle().set_pilot_resistance("B", ohm)
    assert str(caught.value) == f"a vehicle has no pilot resistor of {ohm:g} Ohm: give 1 Ohm to 1 MOhm"


def test_a_power_cut_is_no_news_of_the_pilot(world: World, start_charge: StartCharge, wait: Wait) -> None:
    """Losing and regaining power tells nothing, also with a shorted pilot; mending it afterwards does."""
    start_charge(world)
    heard: list[tuple[str, str]] = []
    world.outlets[0].on_pilot(lambda old, new: heard.append((old, new)))
    world.grid.set_power(False)
    world.vehicle().set_fault("short", True)
    world.grid.set_power(True)
    wait(world, 1.0)
    assert heard == []
    world.vehicle().set_fault("short", False)
    assert heard == [("E", "B")]


@pytest.mark.parametrize(
    ("id_", "high", "low", "hertz", "duty"),
    [
        ("", 9.0, -12.0, 1000.0, duty_pct(48.0)),
        ("PILOT-D01", 8.2, -10.9, 1000.0, duty_pct(48.0)),
        ("PILOT-D02", 9.0, -12.0, 950.0, duty_pct(48.0)),
        ("PILOT-D03", 9.0, -12.0, 1000.0, duty_pct(48.8)),
        ("V31", 9.3, -12.4, 1000.0, duty_pct(48.0)),
        ("V32", 9.0, -12.0, 1012.0, duty_pct(48.0)),
        ("V33", 9.0, -12.0, 1000.0, duty_pct(48.0) - 0.2),
    ],
)
def test_pilots_of_all_kinds(
    make_world: MakeWorld, wait: Wait, id_: str, high: float, low: float, hertz: float, duty: float
) -> None:
    """What an oscilloscope sees in state B, sound, defective and at the edge of the tolerance."""
    with make_world(*([id_] if id_ else [])) as world:
        outlet = world.outlets[0]
        outlet.holster_lock.drive(False)
        wait(world, 1.0)
        world.vehicle().plug_in()
        outlet.offer(48.0)
        seen = outlet.pilot_signal()
    assert (seen.high_v, seen.low_v, seen.frequency_hz) == (high, low, hertz)
    assert seen.duty_pct == pytest.approx(duty)
    assert outlet.rectified


def test_long_pulses_are_obeyed(make_world: MakeWorld, start_charge: StartCharge) -> None:
    """The vehicle takes what the pulse width says, not what the station means."""
    with make_world("PILOT-D03") as world:
        start_charge(world, 80.0)
        assert world.outlets[0].true_current_a() == pytest.approx(48.8)


def test_steady_states_have_no_pulses() -> None:
    """A, E and F are steady whatever is offered."""
    for state in ("A", "E", "F"):
        assert signal_of(state, 32.0).steady
