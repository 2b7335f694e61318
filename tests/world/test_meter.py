from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest

from wattest.clock import VirtualClock
from wattest.world import World

MakeWorld = Callable[..., AbstractContextManager[World]]
Wait = Callable[[World, float], None]
StartCharge = Callable[..., None]


@pytest.fixture
def error_pct(start_charge: StartCharge, wait: Wait) -> Callable[..., float]:
    def measure(world: World, current_a: float, *, hours: float = 1.0) -> float:
        start_charge(world, current_a)
        outlet = world.outlets[0]
        world.vehicle().set_battery(capacity_wh=1e6)
        energy, register = outlet.true_energy_wh(), outlet.meter.indicated_wh()
        wait(world, hours * 3600.0)
        true = outlet.true_energy_wh() - energy
        outlet.contactor.open()
        return 100.0 * (outlet.meter.indicated_wh() - register - true) / true

    return measure


@pytest.mark.parametrize("current", [0.5, 6.0, 24.0, 48.0])
def test_sound_meter_has_no_error(world: World, error_pct: Callable[..., float], current: float) -> None:
    """Without defects the register agrees with the truth at every load."""
    assert error_pct(world, current) == pytest.approx(0.0, abs=1e-6)


@pytest.mark.parametrize(
    ("id_", "current", "expected"),
    [
        ("METER-D01", 6.0, 1.5),
        ("METER-D01", 48.0, 1.5),
        ("METER-D02", 6.0, 4.0),
        ("METER-D02", 24.0, 0.0),
        ("METER-D03", 0.5, -100.0),
        ("METER-D03", 6.0, 0.0),
        ("V27", 6.0, 0.3),
    ],
)
def test_defective_meter_errs_as_described(
    make_world: MakeWorld, error_pct: Callable[..., float], id_: str, current: float, expected: float
) -> None:
    """Gain, low-load error, dead band and the lawful error show at the loads they name, and only there."""
    with make_world(id_) as world:
        assert error_pct(world, current) == pytest.approx(expected, abs=1e-6)


def test_drifting_meter_follows_the_temperature_inside(
    make_world: MakeWorld, error_pct: Callable[..., float], wait: Wait
) -> None:
    """METER-D13: +0.05 % per kelvin below 23 degC, integrated along the changing temperature."""
    with make_world("METER-D13") as world:
        world.climate.set_ambient(-40.0)
        world.climate.settle()
        before = world.climate.degree_seconds()
        begin = world.clock.monotonic()
        error = error_pct(world, 48.0, hours=3.0)
        mean = (world.climate.degree_seconds() - before) / (world.clock.monotonic() - begin)
        assert error == pytest.approx(0.05 * (23.0 - mean), abs=0.01)
        assert 2.7 < error < 3.1
        seen = world.outlets[0].meter
        assert seen.snapshot().power_w == 0.0


def test_drift_shows_in_the_power_too(make_world: MakeWorld, start_charge: StartCharge) -> None:
    """The instantaneous values of a drifting meter are as wrong as its register."""
    with make_world("METER-D13") as world:
        world.climate.set_ambient(-40.0)
        world.climate.settle()
        start_charge(world, 16.0)
        seen = world.outlets[0].meter.snapshot()
        assert seen.current_a == pytest.approx(16.0 * (1 + 0.0005 * (23.0 + 38.0)), rel=1e-3)
        assert seen.power_w == pytest.approx(seen.voltage_v * seen.current_a)


@pytest.mark.parametrize("step", [0.1, 1.0, 10.0])
def test_truncation_is_only_in_what_is_shown(
    make_world: MakeWorld, start_charge: StartCharge, wait: Wait, step: float
) -> None:
    """Twenty short sessions, each shown in whole steps, lose nothing together."""
    with make_world(register_step_wh=step) as world:
        start_charge(world, 10.0)
        outlet = world.outlets[0]
        begin, truth = outlet.meter.register_wh(), outlet.true_energy_wh()
        for _ in range(20):
            wait(world, 7.0)
            outlet.contactor.open()
            shown = outlet.meter.register_wh()
            assert shown / step == pytest.approx(round(shown / step))
            outlet.contactor.close()
        assert outlet.meter.register_wh() - begin == pytest.approx(outlet.true_energy_wh() - truth, abs=step)


def test_register_survives_a_power_cut_unless_it_is_forgetful(
    make_world: MakeWorld, start_charge: StartCharge, wait: Wait
) -> None:
    """The register goes on where it was; with METER-D05 it starts again at zero."""
    for id_, survives in (((), True), (("METER-D05",), False)):
        with make_world(*id_) as world:
            start_charge(world)
            wait(world, 3600.0)
            meter = world.outlets[0].meter
            before = meter.register_wh()
            assert before > 10_000.0
            world.grid.set_power(False)
            world.grid.set_power(True)
            assert meter.register_wh() == (before if survives else 0.0)


def test_meter_sees_grid_voltage_before_the_contactor(world: World, start_charge: StartCharge) -> None:
    """Volts are there without a session, amperes and watts only with one."""
    meter = world.outlets[0].meter
    assert meter.snapshot() == (240.0, 0.0, 0.0)
    start_charge(world, 10.0)
    assert meter.snapshot() == pytest.approx((239.8, 10.0, 2398.0))
    world.grid.set_power(False)
    assert meter.snapshot() == (0.0, 0.0, 0.0)


def test_registers_go_on_in_the_next_world_of_a_station(
    make_world: MakeWorld, start_charge: StartCharge, wait: Wait
) -> None:
    """A station that is moved into a new world keeps its registers to the last digit."""
    with make_world(connectors=2) as world:
        start_charge(world, 7.0)
        wait(world, 1000.0)
        left = world.registers()
    with VirtualClock() as clock:
        again = World(clock, world.sheet, registers_wh=left)
        assert again.registers() == left
        assert World(clock, world.sheet, seed=1).registers() != World(clock, world.sheet, seed=2).registers()


@pytest.mark.parametrize(
    ("id_", "volts", "hertz", "expected"),
    [
        ("METER-D47", 216.0, 60.0, 0.5),
        ("METER-D47", 264.0, 60.0, -0.5),
        ("METER-D47", 240.0, 57.0, 0.0),
        ("METER-D48", 240.0, 57.0, -0.6),
        ("METER-D48", 216.0, 60.0, 0.0),
        ("V124", 216.0, 60.0, -0.1),
        ("V124", 240.0, 63.0, 0.1),
    ],
)
def test_mains_move_the_error_as_described(
    make_world: MakeWorld,
    error_pct: Callable[..., float],
    id_: str,
    volts: float,
    hertz: float,
    expected: float,
) -> None:
    """Voltage and frequency add their error, and only away from the rated ones."""
    with make_world(id_) as world:
        world.grid.set_voltage(volts)
        world.grid.set_frequency(hertz)
        assert error_pct(world, 32.0) == pytest.approx(expected, abs=1e-6)


def test_a_frequency_that_changes_under_load_begins_another_stretch(
    make_world: MakeWorld, start_charge: StartCharge, wait: Wait
) -> None:
    """METER-D48 errs for the half hour at 57 Hz, not for the one before."""
    with make_world("METER-D48") as world:
        start_charge(world, 32.0)
        meter, outlet = world.outlets[0].meter, world.outlets[0]
        world.vehicle().set_battery(capacity_wh=1e6)
        energy, register = outlet.true_energy_wh(), meter.indicated_wh()
        wait(world, 1800.0)
        world.grid.set_frequency(57.0)
        wait(world, 1800.0)
        true = outlet.true_energy_wh() - energy
        assert 100.0 * (meter.indicated_wh() - register - true) / true == pytest.approx(-0.3, abs=1e-6)


def test_a_sleepy_meter_misses_the_first_second_of_each_load(
    make_world: MakeWorld, start_charge: StartCharge, wait: Wait
) -> None:
    """METER-D41: once after each pause, and not again when the current only changes."""
    with make_world("METER-D41") as world:
        outlet = world.outlets[0]
        register = outlet.meter.indicated_wh()
        start_charge(world, 30.0)
        for _ in range(2):
            wait(world, 60.0)
            world.vehicle().set_current(15.0)
            wait(world, 60.0)
            world.vehicle().set_current(30.0)
            wait(world, 60.0)
            outlet.contactor.open()
            wait(world, 10.0)
            outlet.contactor.close()
        wait(world, 60.0)
        missed = outlet.true_energy_wh() - (outlet.meter.indicated_wh() - register)
        assert outlet.meter.loads == 3
        assert missed == pytest.approx(3 * outlet.true_power_w() / 3600.0)
