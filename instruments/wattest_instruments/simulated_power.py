# ruff: noqa: D102 - the Protocols in wattest.roles say what each verb does
"""Supply, load, pilot and temperatures of the simulated world, for ``{driver: simulated}``.

Instruments here are nearly ideal; each claims the uncertainty of an ordinary laboratory device, so that limits are
held against a spread as on a real bench.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Protocol, TypeVar

from wattest.errors import BenchError, InstrumentError
from wattest.roles import (
    Identity,
    LoadReading,
    Photo,
    PilotEvent,
    PilotReading,
    Reading,
    SupplyReading,
    SupplyStep,
    Surroundings,
    SwitchingDelay,
)
from wattest.world import World
from wattest.world.pilot import Moment

T = TypeVar("T")

U_TEMPERATURE_K = 0.3
"""Standard uncertainty claimed for the simulated air sensor, as of a class B platinum thermometer."""

U_HUMIDITY_PCT = 1.0
"""The same for its humidity, in percentage points."""

U_PILOT_V = 0.03
U_DUTY_PCT = 0.05
U_FREQUENCY_HZ = 0.5
U_DELAY_S = 0.5e-3
U_SHARE = 0.001
"""Standard uncertainties of the simulated instruments: an 8 bit oscilloscope after averaging, and 0.1 % for powers."""

RECORD_S = 10.0
"""How far back the simulated oscilloscope remembers."""
LIVE_V = 30.0
"""rms voltage from which the output counts as live (IEC 61851-1, recalled)."""


@dataclass(frozen=True)
class Asked:
    """The world, and the record of what was asked of it."""

    around: Surroundings
    world: World

    def ask(self, what: str, does: Callable[[], T], **arguments: Any) -> tuple[T, int]:
        """Do it, note it, and return the result with the number of the note; errors are noted and go on."""
        tx = json.dumps({"do": what, **arguments})
        try:
            result = does()
        except BenchError as error:
            self.note(tx, None, str(error))
            raise
        return result, self.note(tx, _plain(result), None)

    def note(self, tx: str, rx: str | None, error: str | None) -> int:
        """One exchange with the world."""
        return self.around.note(
            "exchange", role=self.around.role, resource="world", op="request", tx=tx, rx=rx, error=error
        )

    def identity(self) -> Identity:
        """The simulated part, told apart by its role."""
        return Identity("Wattest", f"simulated {self.around.role}", f"SIM-{self.world.sheet.serial}")


def _plain(result: object) -> str:
    if isinstance(result, float):
        return f"{result:.6f}"
    return result if isinstance(result, str) else json.dumps(result)


def _reading(asked: Asked, value: float, unit: str, u: float, seq: int, index: int | None = None) -> Reading:
    now = asked.around.clock.monotonic()
    return Reading(value, unit, now, u=u, seq=(seq,), raw=f"{value:.6f}", index=index)


def pilot_reading(asked: Asked) -> PilotReading:
    """The pilot as an instrument at the connector measures it."""
    signal = asked.world.outlets[0].pilot_signal()
    _, seq = asked.ask(
        "pilot",
        lambda: {
            "high": signal.high_v,
            "low": signal.low_v,
            "duty": signal.duty_pct,
            "frequency": signal.frequency_hz,
        },
    )
    return PilotReading(
        high=_reading(asked, signal.high_v, "V", U_PILOT_V, seq),
        duty=_reading(asked, signal.duty_pct, "%", U_DUTY_PCT, seq),
        low=None if signal.steady else _reading(asked, signal.low_v, "V", U_PILOT_V, seq),
        frequency=_reading(asked, signal.frequency_hz, "Hz", U_FREQUENCY_HZ, seq),
    )


class Mains:
    """The supply before the station: a source that can do everything."""

    supports = frozenset({"supply_voltage", "supply_frequency", "supply_dips", "supply_reading"})

    def __init__(self, asked: Asked) -> None:
        self._asked = asked

    async def open(self) -> Identity:
        return self._asked.identity()

    async def set_power(self, on: bool) -> None:
        self._asked.ask("power", lambda: self._asked.world.grid.set_power(on), on=on)

    async def set_voltage(self, voltage_v: float) -> None:
        self._asked.ask("voltage", lambda: self._asked.world.grid.set_voltage(voltage_v), voltage_v=voltage_v)

    async def set_frequency(self, frequency_hz: float) -> None:
        grid = self._asked.world.grid
        self._asked.ask("frequency", lambda: grid.set_frequency(frequency_hz), frequency_hz=frequency_hz)

    async def run_profile(self, steps: tuple[SupplyStep, ...]) -> None:
        grid = self._asked.world.grid
        was_v, was_hz = grid.nominal_v, grid.frequency_hz
        try:
            for step in steps:
                self._step(step)
                await self._asked.around.clock.sleep(step.duration_s)
        finally:
            self._step(SupplyStep(0.0, was_v, was_hz))

    def _step(self, step: SupplyStep) -> None:
        grid = self._asked.world.grid

        def does() -> None:
            if step.voltage_v > 0:
                grid.set_voltage(step.voltage_v)
                grid.set_frequency(step.frequency_hz)
            grid.set_power(step.voltage_v > 0)

        self._asked.ask("supply", does, voltage_v=step.voltage_v, frequency_hz=step.frequency_hz)

    async def measure(self) -> SupplyReading:
        world = self._asked.world
        seen, seq = self._asked.ask(
            "measure_supply",
            lambda: {
                "voltage": world.grid.nominal_v if world.grid.powered else 0.0,
                "current": world.input_current_a(),
                "power": world.input_power_w(),
                "frequency": world.grid.frequency_hz,
            },
        )
        units = {"voltage": "V", "current": "A", "power": "W", "frequency": "Hz"}
        return SupplyReading(
            **{
                name: _reading(self._asked, value, units[name], U_SHARE * abs(value), seq)
                for name, value in seen.items()
            }
        )

    async def make_safe(self) -> None:
        """Cut the station off."""
        await self.set_power(False)

    async def close(self) -> None:
        """Nothing is held."""


class Load:
    """The power side of the simulated car."""

    supports = frozenset({"obeys_pilot", "heedless"})

    def __init__(self, asked: Asked) -> None:
        self._asked = asked
        self._current_a = asked.world.sheet.rated_current_a
        self._on = True

    async def open(self) -> Identity:
        return self._asked.identity()

    async def set_current(self, current_a: float) -> None:
        self._current_a = current_a
        self._asked.ask("set_current", self._apply, current_a=current_a)

    async def set_input(self, on: bool) -> None:
        self._on = on
        self._asked.ask("set_input", self._apply, on=on)

    async def set_heedless(self, heedless: bool) -> None:
        car = self._asked.world.vehicle()
        self._asked.ask("heedless", lambda: car.set_draws_as_told(heedless), heedless=heedless)

    def _apply(self) -> None:
        self._asked.world.vehicle().set_current(self._current_a if self._on else 0.0)

    async def measure(self) -> LoadReading:
        outlet = self._asked.world.outlets[0]
        seen, seq = self._asked.ask(
            "measure_load",
            lambda: {
                "voltage": outlet.true_voltage_v(),
                "current": outlet.true_current_a(),
                "power": outlet.true_power_w(),
            },
        )
        units = {"voltage": "V", "current": "A", "power": "W"}
        return LoadReading(
            **{
                name: _reading(self._asked, value, units[name], U_SHARE * abs(value), seq)
                for name, value in seen.items()
            }
        )

    async def make_safe(self) -> None:
        """Draw nothing, and keep to the offer again."""
        await self.set_input(False)
        await self.set_heedless(False)

    async def close(self) -> None:
        """Nothing is held."""


class PilotScope:
    """An oscilloscope on pilot and output of outlet 1."""

    supports = frozenset({"output_channel"})

    def __init__(self, asked: Asked) -> None:
        self._asked = asked
        self._armed: tuple[PilotEvent, float] | None = None

    async def open(self) -> Identity:
        return self._asked.identity()

    async def read(self) -> PilotReading:
        return pilot_reading(self._asked)

    async def arm(self, event: PilotEvent) -> None:
        clock = self._asked.around.clock
        self._armed = (event, clock.monotonic())
        self._asked.ask("arm", lambda: None, event=event)

    async def fetch(self) -> SwitchingDelay:
        if self._armed is None:
            raise InstrumentError("The simulated pilot_scope was asked for a delay before it was armed.")
        event, since_s = self._armed
        moments = self._asked.world.outlets[0].history.since(since_s)
        delay, seq = self._asked.ask("fetch", lambda: switching_delay(moments, event), event=event)
        now = self._asked.around.clock.monotonic()
        if delay is None:
            return SwitchingDelay(event, Reading(0.0, "s", now, seq=(seq,), flags=frozenset({"no data"})))
        return SwitchingDelay(event, _reading(self._asked, delay, "s", U_DELAY_S, seq))

    async def make_safe(self) -> None:
        """An oscilloscope is harmless."""

    async def close(self) -> None:
        """Nothing is held."""


def switching_delay(moments: tuple[Moment, ...], event: PilotEvent) -> float | None:
    """Seconds from the pilot's edge into (``close``) or out of C (``open``) to the output following; None without both.

    An output that was already as it should be when the pilot changed has a delay of 0 s.
    """
    edge: float | None = None
    was_c: bool | None = None
    for moment in moments:
        is_c = 4.5 <= moment.signal.high_v <= 7.5
        live = moment.output_v >= LIVE_V
        if was_c is not None and is_c != was_c:
            edge = moment.t_s if is_c == (event == "close") else None
        if edge is not None and live == (event == "close"):
            return moment.t_s - edge
        was_c = is_c
    return None


class Thermometers:
    """Thermocouples on the simulated station: its inside, its connector and the air."""

    supports: frozenset[str] = frozenset()

    def __init__(self, asked: Asked) -> None:
        self._asked = asked

    async def open(self) -> Identity:
        return self._asked.identity()

    async def read_all(self) -> Mapping[str, Reading]:
        climate, probe = self._asked.world.climate, self._asked.world.outlets[0].probe
        seen, seq = self._asked.ask(
            "temperatures",
            lambda: {
                "air": round(climate.ambient_c(), 3),
                "enclosure": round(climate.internal_c(), 3),
                "connector": round(probe.temperature_c(), 3),
            },
        )
        return {
            place: _reading(self._asked, value, "degC", U_TEMPERATURE_K, seq) for place, value in seen.items()
        }

    async def make_safe(self) -> None:
        """A thermometer is harmless."""

    async def close(self) -> None:
        """Nothing is held."""


class Inspectable(Protocol):
    """What a person could measure on a simulated station: ``wattest.world.World`` knows."""

    inspection: Mapping[str, Callable[[], float]]


def inspected(around: Surroundings, subject: str, unit: str) -> Reading:
    """A value that a person reads off; ``BenchError`` when the world has nothing of that name."""
    known: Mapping[str, Callable[[], float]] = getattr(around.world, "inspection", {})
    if subject not in known:
        names = ", ".join(known) or "nothing"
        raise BenchError(
            f"The simulated operator cannot measure '{subject}': the simulated station shows {names}."
        )
    value = known[subject]()
    seq = around.note("prompt", question=f"{subject} in {unit}", answer=f"{value:g}", by="simulated operator")
    return Reading(value, unit, around.clock.monotonic(), u=0.01 * abs(value), seq=(seq,), raw=f"{value:g}")


def pictured(around: Surroundings, subject: str) -> Photo:
    """A picture of nothing, kept like a real one; ``BenchError`` where nothing can be kept."""
    if around.keep is None:
        raise BenchError(f"A picture of '{subject}' cannot be kept: this run has no folder for evidence.")
    name, content = f"{subject}.txt", f"simulated picture: {subject}\n".encode()
    seq = around.keep(name, content)
    return Photo(name, sha256(content).hexdigest(), seq)
