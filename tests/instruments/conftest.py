from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from wattest.clock import Clock, VirtualClock
from wattest.model.charger import ChargerSheet
from wattest.roles import Surroundings
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


@dataclass
class SimulatedBench:
    """A clock, a world, and a notebook in the place of a record."""

    clock: Clock
    world: World
    notes: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    def note(self, kind: str, /, **fields: Any) -> int:
        self.notes.append((kind, fields))
        return len(self.notes) - 1

    def around(self, role: str, *, world: bool = True, **rigs: Any) -> Surroundings:
        return Surroundings(
            clock=self.clock,
            note=self.note,
            role=role,
            folder=str(Path(__file__).parent),
            world=self.world if world else None,
            rigs=rigs,
        )

    def said(self) -> list[str]:
        """What was sent to instruments."""
        return [fields["tx"] for kind, fields in self.notes if kind == "exchange"]

    def start_charge(self, current_a: float = 32.0) -> None:
        """Close the circuit; current flows once the vehicle has reacted."""
        outlet = self.world.outlets[0]
        outlet.move_plug("in hand")
        outlet.vehicle.plug_in()
        outlet.vehicle.set_current(current_a)
        outlet.vehicle.set_ready(True)
        outlet.offer(48.0)
        outlet.contactor.close()


@pytest.fixture
def simulated_bench() -> Iterator[SimulatedBench]:
    with VirtualClock() as clock:
        yield SimulatedBench(clock, World(clock, SHEET))


@pytest.fixture(scope="session")
def simulated_bench_on() -> type[SimulatedBench]:
    """For a clock of one's own: ``simulated_bench_on(clock, World(clock, sheet))``."""
    return SimulatedBench


@pytest.fixture(scope="session")
def charger_sheet() -> ChargerSheet:
    return SHEET
