from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from typing import Any

import pytest

from wattest.clock import VirtualClock
from wattest.model.charger import ChargerSheet
from wattest.world import World

SHEET = ChargerSheet(
    maker="Maple",
    model="Street 48",
    serial="M-0001",
    firmware="1.0",
    dialects=("1.6", "2.0.1"),
    connectors=1,
    cable="tethered",
    phases=1,
    rated_voltage_v=240.0,
    rated_current_a=48.0,
    minimum_current_a=6.0,
    register_step_wh=1.0,
    temperature_min_c=-40.0,
    temperature_max_c=50.0,
    power_loss="ends_after_boot",
    connection_timeout_s=60.0,
    boot_time_s=10.0,
    features=("card_reader", "display", "holster_lock", "connector_lock"),
)

MakeWorld = Callable[..., AbstractContextManager[World]]


@pytest.fixture(scope="session")
def make_world() -> MakeWorld:
    @contextmanager
    def make(*active: str, **sheet: Any) -> Iterator[World]:
        with VirtualClock() as clock:
            yield World(clock, replace(SHEET, **sheet), active=frozenset(active))

    return make


@pytest.fixture
def world(make_world: MakeWorld) -> Iterator[World]:
    with make_world() as made:
        yield made


@pytest.fixture(scope="session")
def wait() -> Callable[[World, float], None]:
    def sleep(world: World, seconds: float) -> None:
        world.clock.run(world.clock.sleep(seconds))

    return sleep


@pytest.fixture(scope="session")
def start_charge(wait: Callable[[World, float], None]) -> Callable[..., None]:
    """A vehicle that draws: plug taken, ready, offered, contactor closed."""

    def start(world: World, current_a: float = 48.0) -> None:
        outlet = world.outlets[0]
        outlet.holster_lock.drive(False)
        wait(world, 1.0)
        outlet.vehicle.plug_in()
        outlet.vehicle.set_current(current_a)
        outlet.vehicle.set_ready(True)
        outlet.offer(48.0)
        wait(world, 1.0)
        outlet.contactor.close()

    return start
