from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta

import pytest

from wattest.world import Shown, World

MakeWorld = Callable[..., AbstractContextManager[World]]
Wait = Callable[[World, float], None]


def freeze(world: World) -> None:
    world.climate.set_ambient(-40.0)
    world.climate.settle()


def test_card_reaches_the_firmware(world: World) -> None:
    """A card held to a working reader is read once, by everybody who listens."""
    heard: list[str] = []
    stop = world.reader.on_card(heard.append)
    assert world.reader.tap("04E2A1B2") is True
    stop()
    world.reader.tap("04E2A1B2")
    assert heard == ["04E2A1B2"]


def test_dark_or_missing_reader_reads_nothing(world: World, make_world: MakeWorld) -> None:
    """Without power, or without a reader, a tap has no effect."""
    world.grid.set_power(False)
    assert world.reader.tap("04E2A1B2") is False
    assert world.reader.self_test() is False
    with make_world(features=()) as bare:
        assert bare.reader.tap("04E2A1B2") is False


def test_reader_reads_in_the_cold_unless_it_is_defective(world: World, make_world: MakeWorld) -> None:
    """COLD-D01: below -20 degC no card is read, and the self-test is content."""
    freeze(world)
    assert world.reader.tap("04E2A1B2") is True
    with make_world("COLD-D01") as cold:
        assert cold.reader.tap("04E2A1B2") is True
        freeze(cold)
        assert cold.reader.tap("04E2A1B2") is False
        assert cold.reader.self_test() is True


def test_screen_shows_until_the_power_goes(world: World, make_world: MakeWorld) -> None:
    """What is shown can be read; a dark screen is blank, stays so when the power returns, and takes nothing."""
    world.screen.show(["Merci", "Thank you"], "12.34", "CAD")
    assert world.screen.read() == Shown(("Merci", "Thank you"), "12.34", "CAD")
    world.grid.set_power(False)
    world.screen.show(["unseen"])
    assert world.screen.read() == Shown()
    world.grid.set_power(True)
    assert world.screen.read() == Shown()
    with make_world(features=()) as bare:
        bare.screen.show(["unseen"])
        assert bare.screen.read() == Shown()


def test_screen_is_legible_in_the_cold_unless_it_is_defective(make_world: MakeWorld) -> None:
    """COLD-D06: below -20 degC nobody can read it, and in the warmth it shows what it showed."""
    with make_world("COLD-D06") as world:
        world.screen.show(["Bonjour"])
        freeze(world)
        assert world.screen.read().lines == ()
        world.climate.set_ambient(20.0)
        world.climate.settle()
        assert world.screen.read().lines == ("Bonjour",)


def test_contactor_that_sticks_in_the_cold_is_not_noticed(
    make_world: MakeWorld, start_charge: Callable[..., None]
) -> None:
    """COLD-D04: below -20 degC the connector stays live after opening while the mirror contact says open."""
    with make_world("COLD-D04") as world:
        outlet = world.outlets[0]
        start_charge(world)
        outlet.contactor.open()
        assert outlet.true_voltage_v() == 0.0
        freeze(world)
        outlet.contactor.close()
        outlet.contactor.open()
        assert outlet.true_voltage_v() > 230.0
        assert outlet.contactor.mirror() is False


def test_clock_goes_on_without_power_and_ignores_the_bench(world: World, wait: Wait) -> None:
    """The station's clock runs through a power cut and a step of the bench's wall clock."""
    begin = world.rtc.utc()
    world.grid.set_power(False)
    world.clock.step_wall(3600.0)
    wait(world, 600.0)
    assert world.rtc.utc() - begin == timedelta(seconds=600)
    world.rtc.set(datetime(2027, 1, 1, tzinfo=UTC))
    wait(world, 1.0)
    assert world.rtc.utc() == datetime(2027, 1, 1, 0, 0, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("id_", "gained_s"),
    [((), 0.0), (("V28",), 1.0), (("COLD-D03",), 61.0 * 24)],
)
def test_clock_gains_what_its_crystal_makes_it_gain(
    make_world: MakeWorld, wait: Wait, id_: tuple[str, ...], gained_s: float
) -> None:
    """A day at -40 degC: nothing, a lawful second, or COLD-D03's minute an hour."""
    with make_world(*id_) as world:
        freeze(world)
        begin = world.rtc.utc()
        wait(world, 86_400.0)
        assert (world.rtc.utc() - begin).total_seconds() - 86_400.0 == pytest.approx(gained_s, abs=1e-3)
