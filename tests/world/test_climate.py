from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wattest.clock import VirtualClock
from wattest.errors import BenchError
from wattest.world import Climate, World
from wattest.world.climate import TIME_CONSTANT_S

Wait = Callable[[World, float], None]

temperatures = st.floats(-60.0, 80.0)
changes = st.lists(
    st.tuples(temperatures, st.floats(0.1, 5.0), st.floats(0.0, 20_000.0)), min_size=1, max_size=4
)


def test_air_follows_the_ramp_in_a_straight_line(world: World, wait: Wait) -> None:
    """At 1 K/min, 23 degC to -40 degC takes 63 minutes, half of it half the time."""
    world.climate.set_ambient(-40.0, 1.0)
    wait(world, 31.5 * 60)
    assert world.climate.ambient_c() == pytest.approx(-8.5)
    wait(world, 31.5 * 60)
    assert world.climate.ambient_c() == -40.0
    wait(world, 1e6)
    assert world.climate.ambient_c() == -40.0


def test_without_ramp_the_air_changes_at_once(world: World) -> None:
    """A setting without a ramp is there immediately."""
    world.climate.set_ambient(-30.0)
    assert world.climate.ambient_c() == -30.0


def test_inside_follows_with_its_time_constant(world: World, wait: Wait) -> None:
    """After one time constant 63.2 % of a jump has reached the inside."""
    before = world.climate.internal_c()
    world.climate.set_ambient(-77.0)  # 100 K below
    wait(world, TIME_CONSTANT_S)
    assert before - world.climate.internal_c() == pytest.approx(63.212, abs=1e-3)


def test_inside_is_warmer_under_load_and_not_without_power(
    world: World, wait: Wait, start_charge: Callable[..., None]
) -> None:
    """Electronics warm the inside by 2 K, a full load by 7 K, a dead station not at all."""
    assert world.climate.internal_c() == pytest.approx(25.0)
    world.vehicle().set_battery(capacity_wh=1e6)
    start_charge(world)
    wait(world, 30 * 3600.0)
    assert world.climate.internal_c() == pytest.approx(30.0, abs=1e-3)
    world.grid.set_power(False)
    wait(world, 30 * 3600.0)
    assert world.climate.internal_c() == pytest.approx(23.0, abs=1e-3)


@given(changes)
def test_closed_form_equals_step_by_step(plan: list[tuple[float, float, float]]) -> None:
    """The exact solution agrees with a fine numerical one, for temperature and for its integral."""
    with VirtualClock() as clock:
        climate = Climate(clock)

        async def live() -> None:
            inside, integral, step = 23.0, 0.0, 20.0
            for target, ramp, duration in plan:
                climate.set_ambient(target, ramp)
                for _ in range(int(duration / step)):
                    before = climate.ambient_c()
                    await clock.sleep(step)
                    air = (before + climate.ambient_c()) / 2
                    middle = inside + (air - inside) * step / 2 / TIME_CONSTANT_S
                    integral += middle * step
                    inside += (air - middle) * step / TIME_CONSTANT_S
            assert climate.internal_c() == pytest.approx(inside, abs=0.01)
            assert climate.degree_seconds() == pytest.approx(integral, rel=1e-3, abs=50.0)

        clock.run(live())


@given(changes, st.lists(st.floats(0.0, 1.0), max_size=5))
def test_queries_alter_nothing(plan: list[tuple[float, float, float]], looks: list[float]) -> None:
    """Temperature and integral are the same to the last bit however often they were asked for."""
    results = []
    for curious in (False, True):
        with VirtualClock() as clock:
            climate = Climate(clock)

            async def live(clock: VirtualClock, climate: Climate, curious: bool) -> None:
                begin = 0.0
                for target, ramp, duration in plan:
                    climate.set_ambient(target, ramp)
                    for look in sorted(looks):
                        await clock.sleep(begin + look * duration - clock.monotonic())
                        if curious:
                            climate.internal_c()
                            climate.ambient_c()
                            climate.degree_seconds()
                    await clock.sleep(begin + duration - clock.monotonic())
                    begin += duration

            clock.run(live(clock, climate, curious))
            results.append((climate.ambient_c(), climate.internal_c(), climate.degree_seconds()))
    assert results[0] == results[1]


@pytest.mark.parametrize(
    ("temperature", "ramp", "sentence"),
    [
        (-300.0, 1.0, "-300 degC is no air temperature: it must be finite, above -273.15 degC"),
        (float("nan"), 1.0, "nan degC is no air temperature"),
        (-40.0, 0.0, "a ramp of 0 K/min never arrives: give a positive ramp, such as 1 K/min"),
        (-40.0, -1.0, "a ramp of -1 K/min never arrives"),
    ],
)
def test_impossible_weather_is_refused(world: World, temperature: float, ramp: float, sentence: str) -> None:
    """Absolute zero and backward ramps are sentences."""
    with pytest.raises(BenchError, match=sentence):
        world.climate.set_ambient(temperature, ramp)
