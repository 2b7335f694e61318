"""Everything around and inside one simulated station, in one place."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Literal

from wattest.card_data import TEST_NUMBERS, tap_question
from wattest.roles import PRESS_STOP, RELEASE_STOP
from wattest.world.behaviour import Conduct
from wattest.world.cable import Cable
from wattest.world.climate import Climate
from wattest.world.front import Reader, Screen
from wattest.world.grid import SOURCE_IMPEDANCE_OHM, Grid
from wattest.world.outlet import Outlet
from wattest.world.rtc import Rtc
from wattest.world.stop_button import StopButton
from wattest.world.supply import standby_w
from wattest.world.terminal import Terminal

if TYPE_CHECKING:
    from wattest.clock import Clock
    from wattest.model.charger import ChargerSheet
    from wattest.world.vehicle import Vehicle

STANDBY_RISE_K = 2.0
"""How far the electronics alone warm the inside."""

LOAD_RISE_K = 5.0
"""How much more at rated current through every outlet; both are project figures."""

HEATER_W = 60.0
"""What the heater takes below ``HEATER_BELOW_C``; both are project figures."""
HEATER_BELOW_C = 0.0


class World:
    """Grid, climate, station hardware and vehicles of one charger.

    Physics without OCPP: quantities are piecewise closed-form and exact whenever they are asked for; nothing
    ticks. The only timers are those of foreseen events: battery full, a lock's end of stroke, a car's answer
    to the pilot. ``seed`` gives each register its own past, unless ``registers_wh`` tells it: ``registers()`` of
    the world in which the same station lived before. ``active`` names defects and variations; unknown ones
    raise ``BenchError``.

    ::

        world = World(clock, sheet, active={"METER-D01"})
        world.vehicle(0).plug_in()
        world.outlets[0].true_energy_wh()
    """

    def __init__(
        self,
        clock: Clock,
        sheet: ChargerSheet,
        *,
        seed: int = 0,
        active: Iterable[str] = frozenset(),
        registers_wh: Sequence[float] = (),
    ) -> None:
        self.clock = clock
        self.sheet = sheet
        self.conduct = Conduct(active)
        between_lines = sheet.phases == 3  # a sheet states the voltage between lines; loads see one phase
        self.grid = Grid(sheet.rated_voltage_v / math.sqrt(3.0) if between_lines else sheet.rated_voltage_v)
        self.climate = Climate(clock)
        has = frozenset(sheet.features)
        self.reader = Reader(
            fitted="card_reader" in has, grid=self.grid, climate=self.climate, conduct=self.conduct
        )
        self.screen = Screen(
            fitted="display" in has, grid=self.grid, climate=self.climate, conduct=self.conduct
        )
        self.terminal = Terminal(fitted="payment_terminal" in has, grid=self.grid)
        self.stop_button = StopButton(fitted="emergency_stop" in has)
        self.rtc = Rtc(clock=clock, climate=self.climate, conduct=self.conduct)
        past = random.Random(f"registers of {sheet.serial} {seed}")
        begins = [float(past.randrange(10_000, 1_000_000)) for _ in range(sheet.connectors)]
        begins[: len(registers_wh)] = registers_wh
        self.outlets = tuple(
            Outlet(
                number,
                clock=clock,
                sheet=sheet,
                grid=self.grid,
                climate=self.climate,
                conduct=self.conduct,
                register_wh=begin,
                loaded=self._warm,
            )
            for number, begin in enumerate(begins[: sheet.connectors], 1)
        )
        self.cable = Cable(self.climate, self.conduct)
        self.inspection: dict[str, Callable[[], float]] = self.cable.measures()
        """What a person with a gauge would read off this station, by subject."""
        self.sights: dict[str, Callable[[], str]] = self.cable.sights() | {
            tap_question(card): lambda number=number: "yes" if self.terminal.tap(number) else "no"
            for card, number in TEST_NUMBERS.items()
        }
        self.sights[PRESS_STOP] = lambda: "yes" if self.stop_button.move(pressed=True) else "no"
        self.sights[RELEASE_STOP] = lambda: "yes" if self.stop_button.move(pressed=False) else "no"
        """What a person would answer after a look at it, or after doing as told, by question; the first answer to any other."""
        self.grid.on_change(self._follow_grid)
        self._warm()
        self.climate.settle()

    def vehicle(self, outlet: int = 0) -> Vehicle:
        """The car at an outlet, counted from 0."""
        return self.outlets[outlet].vehicle

    def registers(self) -> tuple[float, ...]:
        """Every register with all its digits, Wh: what the same station begins its next world with."""
        return tuple(outlet.meter.indicated_wh() for outlet in self.outlets)

    def input_power_w(self) -> float:
        """What the station takes from the grid now, W: standby, heater, and the outlets with the loss before them."""
        if not self.grid.powered:
            return 0.0
        heated = "heater" in self.sheet.features and self.climate.internal_c() < HEATER_BELOW_C
        flowing = math.fsum(
            outlet.true_power_w() + outlet.phases * SOURCE_IMPEDANCE_OHM * outlet.true_current_a() ** 2
            for outlet in self.outlets
        )
        return self.conduct(standby_w)(self) + (HEATER_W if heated else 0.0) + flowing

    def input_current_a(self) -> float:
        """Amperes per phase at the input, at unity power factor."""
        phases = self.sheet.phases
        return self.input_power_w() / (phases * self.grid.nominal_v) if self.grid.powered else 0.0

    def jam(self, which: Literal["holster", "connector"], jammed: bool = True, outlet: int = 0) -> None:
        """Block a lock mechanically, or free it."""
        place = self.outlets[outlet]
        (place.holster_lock if which == "holster" else place.connector_lock).jam(jammed)

    def _follow_grid(self) -> None:
        for outlet in self.outlets:
            outlet.settle()
            if not self.grid.powered:
                outlet.lose_power()
        if not self.grid.powered:
            self.screen.lose_power()
        self._warm()

    def _warm(self) -> None:
        """Self-heating follows the square of the load."""
        rated = self.sheet.rated_current_a
        load = sum((outlet.draw.current_a / rated) ** 2 for outlet in self.outlets) / len(self.outlets)
        self.climate.set_rise(STANDBY_RISE_K + LOAD_RISE_K * load if self.grid.powered else 0.0)
