"""Energy is conserved, whoever looks and whenever."""

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wattest.world import Outlet, World

MakeWorld = Callable[..., AbstractContextManager[World]]
Wait = Callable[[World, float], None]
StartCharge = Callable[..., None]

Deed = tuple[str, float]

deeds = st.lists(
    st.tuples(
        st.sampled_from(
            ["ready", "rest", "offer", "withdraw", "close", "open", "limit", "dark", "light", "fault", "mend"]
        ),
        st.sampled_from([0.5, 6.0, 16.0, 32.0, 48.0]),
    ),
    min_size=3,
    max_size=14,
)


def do(world: World, deed: Deed) -> None:
    outlet, (what, amperes) = world.outlets[0], deed
    match what:
        case "ready" | "rest":
            outlet.vehicle.set_ready(what == "ready")
        case "offer":
            outlet.offer(amperes)
        case "withdraw":
            outlet.offer(None)
        case "close":
            outlet.contactor.close()
        case "open":
            outlet.contactor.open()
        case "limit":
            outlet.vehicle.set_current(amperes)
        case "fault" | "mend":
            outlet.signal_fault(what == "fault")
        case _:
            world.grid.set_power(what == "light")


def plugged(outlet: Outlet) -> None:
    outlet.move_plug("in hand")
    outlet.vehicle.plug_in()
    outlet.vehicle.set_ready(True)
    outlet.offer(32.0)
    outlet.contactor.close()


@settings(max_examples=40, deadline=None)
@given(plan=deeds)
def test_energy_is_the_integral_of_power(make_world: MakeWorld, plan: list[Deed]) -> None:
    """Energy equals power summed over fine slices, the register follows it, and nothing flows without a closed circuit."""
    with make_world() as world:
        outlet = world.outlets[0]
        plugged(outlet)
        begin = outlet.meter.indicated_wh()

        async def live() -> float:
            gathered, last = 0.0, outlet.meter.register_wh()
            for deed in plan:
                do(world, deed)
                for _ in range(5):
                    # Everything happens at whole tenths of a second: the middle of a slice stands for all of it.
                    await world.clock.sleep(0.05)
                    power = outlet.true_power_w()
                    gathered += power * 0.1 / 3600.0
                    if not outlet.contactor.closed or not world.grid.powered or outlet.pilot != "C":
                        assert power == 0.0
                    assert power == pytest.approx(outlet.true_voltage_v() * outlet.true_current_a())
                    assert outlet.meter.register_wh() >= last
                    last = outlet.meter.register_wh()
                    await world.clock.sleep(0.05)
            return gathered

        gathered = world.clock.run(live())
        assert outlet.true_energy_wh() == pytest.approx(gathered, abs=1e-9)
        assert outlet.meter.indicated_wh() - begin == pytest.approx(gathered, abs=1e-6)


@settings(max_examples=40, deadline=None)
@given(plan=deeds, looks=st.lists(st.floats(0.0, 1.0), max_size=6))
def test_looking_changes_nothing(make_world: MakeWorld, plan: list[Deed], looks: list[float]) -> None:
    """Two equal lives, one watched and one not, end with the same energy to the last bit."""
    ends = []
    for curious in (False, True):
        with make_world() as world:
            outlet = world.outlets[0]
            plugged(outlet)

            async def live(world: World, outlet: Outlet, curious: bool) -> None:
                for second, deed in enumerate(plan):
                    do(world, deed)
                    for look in sorted(looks):
                        await world.clock.sleep(second + look - world.clock.monotonic())
                        if curious:
                            outlet.true_energy_wh()
                            outlet.meter.register_wh()
                            outlet.meter.snapshot()
                            outlet.vehicle.soc()
                            world.climate.internal_c()
                    await world.clock.sleep(second + 1.0 - world.clock.monotonic())

            world.clock.run(live(world, outlet, curious))
            ends.append(
                (outlet.true_energy_wh(), outlet.meter.indicated_wh(), outlet.vehicle.soc(), outlet.pilot)
            )
    assert ends[0] == ends[1]


@given(st.lists(st.floats(0.0, 3600.0), min_size=1, max_size=20))
@settings(max_examples=30, deadline=None)
def test_parts_add_up_to_the_whole(
    make_world: MakeWorld, start_charge: StartCharge, wait: Wait, pauses: list[float]
) -> None:
    """The differences between any query points add up to the closed integral of a steady load."""
    with make_world() as world:
        start_charge(world, 16.0)
        outlet, begin = world.outlets[0], world.clock.monotonic()
        power, room = outlet.true_power_w(), outlet.vehicle.battery.room_wh()
        last, parts = outlet.true_energy_wh(), 0.0
        for pause in pauses:
            wait(world, pause)
            now = outlet.true_energy_wh()
            parts += now - last
            last = now
        seconds = world.clock.monotonic() - begin
        assert parts == pytest.approx(min(power * seconds / 3600.0, room))


def test_current_is_the_smaller_of_offer_and_vehicle(
    world: World, wait: Wait, start_charge: StartCharge
) -> None:
    """The vehicle takes what it can, the station what it offers; both limits work while charging."""
    start_charge(world, 20.0)
    outlet = world.outlets[0]
    assert outlet.true_current_a() == 20.0
    outlet.offer(10.0)
    assert outlet.true_current_a() == 10.0
    outlet.offer(48.0)
    outlet.vehicle.set_current(0.5)
    assert outlet.true_current_a() == 0.5


def test_less_than_six_amperes_is_no_offer(world: World, wait: Wait, start_charge: StartCharge) -> None:
    """A duty cycle below 10 % stops the current at once and the pilot after the vehicle's reaction."""
    start_charge(world)
    outlet = world.outlets[0]
    outlet.offer(5.9)
    assert outlet.true_current_a() == 0.0
    assert outlet.pilot == "C"
    wait(world, 0.2)
    assert str(outlet.pilot) == "B"


def test_voltage_sags_under_load_and_is_gone_behind_an_open_contactor(
    world: World, start_charge: StartCharge
) -> None:
    """The connector carries grid voltage less the drop over 20 mOhm, or none."""
    outlet = world.outlets[0]
    assert outlet.true_voltage_v() == 0.0
    start_charge(world)
    assert outlet.true_voltage_v() == pytest.approx(240.0 - 0.02 * 48.0)
    outlet.contactor.open()
    assert outlet.true_voltage_v() == 0.0
    assert outlet.true_power_w() == 0.0


def test_brown_out_lowers_power_while_charging(world: World, wait: Wait, start_charge: StartCharge) -> None:
    """A lower grid voltage takes effect in the middle of a session."""
    start_charge(world, 10.0)
    world.grid.set_voltage(216.0)
    assert world.outlets[0].true_power_w() == pytest.approx((216.0 - 0.2) * 10.0)


def test_three_phases_are_counted_together(make_world: MakeWorld, start_charge: StartCharge) -> None:
    """A sheet states 400 V between lines: three phases of 231 V at 16 A make 11 kW."""
    with make_world(phases=3, rated_voltage_v=400.0) as world:
        start_charge(world, 16.0)
        assert world.outlets[0].true_power_w() == pytest.approx(3 * (400.0 / 3**0.5 - 0.32) * 16.0)


def test_impossible_grid_and_current_are_refused(world: World) -> None:
    """Values that no grid or vehicle has are sentences."""
    with pytest.raises(
        Exception, match="the simulated grid has no 0 V: choose 1 V to 1000 V, or cut the power"
    ):
        world.grid.set_voltage(0.0)
    with pytest.raises(Exception, match="a vehicle cannot take -1 A: give 0 A to 1000 A"):
        world.vehicle().set_current(-1.0)
