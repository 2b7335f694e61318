"""One outlet: pilot, contactor, locks, plug, meter, and the load that flows through them."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Literal

from wattest.roles import Whereabouts
from wattest.world.behaviour import behaviour, defect
from wattest.world.contactor import Contactor, voltage_sense
from wattest.world.draw import Draw
from wattest.world.lock import Lock
from wattest.world.meter import Meter
from wattest.world.pilot import (
    RESISTORS_OHM,
    History,
    Moment,
    PilotSignal,
    loaded_v,
    oscillator_hz,
    pilot_levels,
    said_a,
    signal_of,
    state_taken,
)
from wattest.world.probe import Probe
from wattest.world.vehicle import LATCHED_OHM, Battery, Vehicle

if TYPE_CHECKING:
    from wattest.clock import Clock
    from wattest.model.charger import ChargerSheet
    from wattest.world.behaviour import Conduct
    from wattest.world.climate import Climate
    from wattest.world.grid import Grid

Pilot = Literal["A", "B", "C", "D", "E", "F"]

REACTION_S = 0.2
"""Seconds until a car answers an offer by closing or opening its pilot switch. Cars may take 3 s."""

DIODE_V = -10.0
"""A low plateau above this means that the vehicle's diode does not rectify (project; -12 V is nominal)."""

LEAST_OFFER_A = 6.0
"""IEC 61851-1: a duty cycle of 10 % means 6 A, and less is no permission to charge (recalled)."""


@behaviour
def proximity_shown_ohm(asked_ohm: float | None) -> float | None:
    """What the connector shows between proximity and earth when it is to show this, as a pressed button does."""
    return asked_ohm


@defect(
    "PROX-D46",
    breaks=proximity_shown_ohm,
    area="electrical",
    requirement="ELE-17",
    text="the switch under the button of the connector is bridged: pressed or not, the vehicle sees 150 Ohm",
    source="SAE J1772: 480 Ohm with the button pressed",
    physical=True,
)
def button_is_bridged(asked_ohm: float | None) -> float | None:  # noqa: ARG001
    """Water under the button."""
    return LATCHED_OHM


class Outlet:
    """The station's side of one connector, and the truth that only the world knows.

    Current flows while the grid is up, the contactor closed, the pilot in C and at least 6 A offered; it is
    the smaller of offer and what the vehicle takes. Energy is summed only when the load changes: queries
    never alter anything, so their number and order cannot matter.
    """

    def __init__(
        self,
        number: int,
        *,
        clock: Clock,
        sheet: ChargerSheet,
        grid: Grid,
        climate: Climate,
        conduct: Conduct,
        register_wh: float,
        loaded: Callable[[], None],
    ) -> None:
        self.number = number
        self.tethered = sheet.cable == "tethered"
        self.plug: Whereabouts = "holstered" if self.tethered else "in hand"
        self.faulted = False
        self.offer_a: float | None = None
        self.phases = sheet.phases
        self._clock = clock
        self._grid = grid
        self._conduct = conduct
        self._loaded = loaded
        self._switch = False
        self._reaction: asyncio.TimerHandle | None = None
        self._end: asyncio.TimerHandle | None = None
        self._true_wh = 0.0
        self._seen: tuple[Pilot, bool, bool] = ("A", True, True)
        self._dark = False
        self._on_pilot: list[Callable[[Pilot, Pilot], None]] = []
        self._on_holster: list[Callable[[bool], None]] = []
        self._on_probe: list[Callable[[], None]] = []
        self.probe = Probe(clock, climate)
        self._on_output: list[Callable[[], None]] = []
        self._output = (0.0, False)
        self.contactor = Contactor(grid=grid, climate=climate, conduct=conduct, changed=self.settle)
        holster = self.tethered and "holster_lock" in sheet.features
        self.holster_lock = Lock(
            "holster", fitted=holster, locked=True, clock=clock, grid=grid, climate=climate, conduct=conduct
        )
        self.connector_lock = Lock(
            "connector",
            fitted="connector_lock" in sheet.features,
            locked=False,
            clock=clock,
            grid=grid,
            climate=climate,
            conduct=conduct,
        )
        self.meter = Meter(
            step_wh=sheet.register_step_wh,
            rated_current_a=sheet.rated_current_a,
            start_wh=register_wh,
            grid=grid,
            climate=climate,
            conduct=conduct,
        )
        self.vehicle = Vehicle(self, sheet.rated_current_a)
        self.draw = self._draw_now(0.0)
        self._drawn_hz = grid.frequency_hz
        self.meter.follow(self.draw)
        self.history = History()
        self._remember()

    # What the station sees and does.

    @property
    def pilot(self) -> Pilot:
        """State of the control pilot: A no vehicle, B connected, C asks and is offered, E no power or shorted, F fault.

        Its current returns through protective earth: without earth it looks as without a vehicle, as with its own
        conductor cut.
        """
        if not self._grid.powered:
            return "E"
        if self.faulted:
            return "F"
        if self.plug != "plugged in" or not self.earthed or "cp" in self.vehicle.faults:
            return "A"
        if "short" in self.vehicle.faults:
            return "E"
        shown = self._shown_v()
        if shown is not None:
            return self._conduct(state_taken)(shown)
        return "C" if self._asks() else "B"

    def _asks(self) -> bool:
        return self._switch and not self._full()

    def _shown_v(self) -> float | None:
        """The high plateau at a vehicle whose resistors are not the nominal ones; None at any other."""
        chosen = self.vehicle.resistors_ohm
        if not chosen:
            return None
        resistors = {**RESISTORS_OHM, **chosen}
        conductance = 1.0 / resistors["B"] + (1.0 / resistors["C"] if self._asks() else 0.0)
        return loaded_v(1.0 / conductance)

    def pilot_signal(self) -> PilotSignal:
        """What an oscilloscope at the connector sees on the control pilot now."""
        state = self.pilot
        levels = self._conduct(pilot_levels)(state)
        shown = self._shown_v() if self.plug == "plugged in" and state not in {"E", "F"} else None
        return signal_of(
            state,
            self._conduct(said_a)(self.offer_a) if self.offer_a is not None and self._offered() else None,
            levels_v=levels if shown is None else (shown, levels[1]),
            frequency_hz=self._conduct(oscillator_hz)(),
            rectified="diode" not in self.vehicle.faults,
        )

    @property
    def earthed(self) -> bool:
        """What the ground monitor says: protective earth reaches through to a plugged vehicle."""
        return self.plug != "plugged in" or "pe" not in self.vehicle.faults

    @property
    def rectified(self) -> bool:
        """What the pilot circuit can tell of the vehicle's diode: False when its low plateau is loaded."""
        signal = self.pilot_signal()
        return signal.steady or signal.low_v <= DIODE_V

    @property
    def output_sensed(self) -> bool:
        """What the station measures at its output: True for voltage, whether its contactor is closed or not."""
        return self._conduct(voltage_sense)(self.contactor, self.true_voltage_v() > 0.0)

    def offer(self, current_a: float | None) -> None:
        """Offer this many amperes per phase by pulse width; None or less than 6 A offers nothing.

        The current obeys at once; the car answers with its pilot switch after ``REACTION_S``.
        """
        self.offer_a = current_a if self._grid.powered else None
        self.settle()

    def signal_fault(self, faulted: bool) -> None:
        """Hold the pilot in state F, or let go of it."""
        self.faulted = faulted
        self._seen = self._state()  # the station's own doing is no news to it
        self.settle()

    @property
    def plug_holstered(self) -> bool:
        """What the switch in the holster says."""
        return self.plug == "holstered"

    def on_pilot(self, tell: Callable[[Pilot, Pilot], None]) -> Callable[[], None]:
        """Be told of the old and the new pilot state while the station has power. Returns how to stop.

        The two are equal when only earth or the vehicle's diode changed.
        """
        self._on_pilot.append(tell)
        return lambda: self._on_pilot.remove(tell)

    def on_holster(self, tell: Callable[[bool], None]) -> Callable[[], None]:
        """Be told when the plug leaves (False) or enters (True) its holster. Returns how to stop."""
        self._on_holster.append(tell)
        return lambda: self._on_holster.remove(tell)

    def on_probe(self, tell: Callable[[], None]) -> Callable[[], None]:
        """Be told when something begins or ceases to heat the probe of the connector. Returns how to stop."""
        self._on_probe.append(tell)
        return lambda: self._on_probe.remove(tell)

    def on_output(self, tell: Callable[[], None]) -> Callable[[], None]:
        """Be told when current or voltage at the output changed while the station has power. Returns how to stop."""
        self._on_output.append(tell)
        return lambda: self._on_output.remove(tell)

    # What only the world knows.

    def heat_probe(self, on: bool) -> None:
        """Heat the probe of the connector from outside, or let it cool."""
        self.probe.heat(on)
        if self._grid.powered:
            for tell in tuple(self._on_probe):
                tell()

    def shown_ohm(self, pressed_ohm: float | None) -> float | None:
        """What the vehicle sees between proximity and earth when the connector is to show this."""
        return self._conduct(proximity_shown_ohm)(pressed_ohm)

    def true_energy_wh(self) -> float:
        """Energy through the connector since the world began, Wh, exact at this instant."""
        return self._true_wh + self.draw.energy_wh()

    def true_power_w(self) -> float:
        """Power of all phases now, W."""
        return 0.0 if self.draw.over() else self.draw.power_w

    def true_current_a(self) -> float:
        """Current per phase now, A."""
        return self.draw.current_now_a()

    def true_voltage_v(self) -> float:
        """Phase voltage at the connector now, V: that of the grid behind a closed contactor or fed by the bench, otherwise 0.

        The bench takes what it feeds from the supply of the station.
        """
        live = self.contactor.closed or "weld" in self.vehicle.faults
        return self._grid.voltage_at(self.true_current_a()) if live else 0.0

    def pull(self, which: Literal["holster", "connector"]) -> bool:
        """Pull at the plug as a stranger would; True when it comes loose, and then it is put back.

        A plug that comes loose moves its switches: the station notices.
        """
        seat: Whereabouts = "holstered" if which == "holster" else "plugged in"
        lock = self.holster_lock if which == "holster" else self.connector_lock
        if self.plug != seat or lock.holds:
            return False
        self.move_plug("in hand")
        self.move_plug(seat)
        return True

    def move_plug(self, to: Whereabouts) -> None:
        """Put the plug somewhere, whatever its locks; those who pull ask the locks first."""
        was, self.plug = self.plug, to
        if (was == "holstered") != (to == "holstered") and self._grid.powered:
            for tell in tuple(self._on_holster):
                tell(to == "holstered")
        self.settle()

    def lose_power(self) -> None:
        """The grid went away: the coil drops, the offer ends, the meter keeps what it can."""
        self.offer_a = None
        self.contactor.open()
        self.meter.lose_power()

    # How it hangs together.

    def settle(self) -> None:
        """Bring pilot switch, load and callbacks into line after any change."""
        self._react()
        current = self._current_a()
        draw = self.draw
        mains = (self._grid.voltage_at(current), self._grid.frequency_hz)
        if current != draw.current_a or mains != (draw.voltage_v, self._drawn_hz) or draw.over():
            self._count()
            self._load(current)
        self._remember()
        self._tell_pilot()
        self._tell_output()

    def swap_battery(self, battery: Battery) -> None:
        """Another battery behind the same plug; what flowed until now went into the old one."""
        self._count()
        self.vehicle.battery = battery
        self._load(self._current_a())
        self.settle()

    def _count(self) -> None:
        """The running stretch of load is over: its energy is counted, once."""
        done = self.draw.energy_wh()
        self._true_wh += done
        battery = self.vehicle.battery
        battery.stored_wh = battery.capacity_wh if self.draw.over() else battery.stored_wh + done

    def _load(self, current_a: float) -> None:
        self.draw, self._drawn_hz = self._draw_now(current_a), self._grid.frequency_hz
        self.meter.follow(self.draw)
        if self._end is not None:
            self._end.cancel()
            self._end = None
        if math.isfinite(self.draw.until_s):
            self._end = self._clock.call_later(self.draw.until_s - self._clock.monotonic(), self._fill)
        self._loaded()

    def _fill(self) -> None:
        """The foreseen end of a stretch has come: the battery is full, to the last digit."""
        self._count()
        battery = self.vehicle.battery
        battery.stored_wh = battery.capacity_wh
        self._load(self._current_a())
        self.settle()

    def _draw_now(self, current_a: float) -> Draw:
        now = self._clock.monotonic()
        voltage = self._grid.voltage_at(current_a)
        power = self.phases * voltage * current_a
        until = now + self.vehicle.battery.room_wh() * 3600.0 / power if power else math.inf
        return Draw(self._clock, now, self.phases, voltage, current_a, until)

    def _full(self) -> bool:
        return self.draw.over() or self.vehicle.battery.room_wh() <= 0.0

    def _offered(self) -> bool:
        return self.offer_a is not None and self.offer_a >= LEAST_OFFER_A and not self.faulted

    def _current_a(self) -> float:
        if not self.contactor.closed:
            return 0.0
        if "heedless" in self.vehicle.faults:
            return self.vehicle.current_a if self._asks() else 0.0
        if self.pilot != "C" or not self._asks() or not self._offered():
            return 0.0
        if self.vehicle.draws_as_told:
            return self.vehicle.current_a
        return min(self._conduct(said_a)(self.offer_a or 0.0), self.vehicle.current_a)

    def _react(self) -> None:
        """The car's pilot switch: its own will at once, an answer to the station after a while."""
        here = (
            self._grid.powered
            and self.plug == "plugged in"
            and not self.vehicle.faults & {"pe", "short", "cp"}
        )
        if not here or not self.vehicle.ready or self.vehicle.button_pressed or self._full():
            self._switch = False
            wanted = False
        else:
            wanted = self._offered() or (self._switch and "heedless" in self.vehicle.faults)
        if self._reaction is not None and wanted == self._switch:
            self._reaction.cancel()
            self._reaction = None
        elif self._reaction is None and wanted != self._switch:
            self._reaction = self._clock.call_later(REACTION_S, self._flip, wanted)

    def _flip(self, closed: bool) -> None:
        self._reaction = None
        self._switch = closed
        self.settle()

    def _remember(self) -> None:
        self.history.note(Moment(self._clock.monotonic(), self.pilot_signal(), self.true_voltage_v()))

    def _tell_output(self) -> None:
        was, self._output = self._output, (self.draw.current_a, self.true_voltage_v() > 0.0)
        if self._output != was and self._grid.powered:
            for tell in tuple(self._on_output):
                tell()

    def _state(self) -> tuple[Pilot, bool, bool]:
        return self.pilot, self.earthed, self.rectified

    def _tell_pilot(self) -> None:
        old, new = self._seen, self._state()
        dark, self._dark = self._dark, not self._grid.powered
        self._seen = new
        if old != new and not (dark or self._dark):
            for tell in tuple(self._on_pilot):
                tell(old[0], new[0])
