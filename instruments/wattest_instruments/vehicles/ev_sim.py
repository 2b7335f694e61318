"""nsayer's "EV Sim Remote" (J1772 EV Simulator with USB): a board that switches the control pilot to A, B, C or D.

Bench entry::

    rigs:
      person: {driver: by_hand}
    vehicle: {driver: ev_sim, port: /dev/ttyUSB0, rig: person}

One letter switches, at 9600 baud 8N1; by itself the board sends a line about the pilot about once a second. Two
forms of that line are found in the author's repository, and both are read::

    { state: "B", state_changes: 1000, low_count: 8000, high_count: 8000, min_volts: -11.973, max_volts: 8.941 }
    { state_changes=2000, low_count=50000, high_count=100000, low_adc=172, high_adc=844 }

Tried on the twin only. A line of the first form confirms the state; the second has none, and its counts are of
one second, so that only it tells a frequency. The firmware prints values between -1 V and 0 V without their
sign.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from wattest.errors import InstrumentError
from wattest.model.words import RigName
from wattest.roles import (
    Identity,
    PilotReading,
    ReadBack,
    Reading,
    Surroundings,
    Vehicle,
    VehicleFault,
    Whereabouts,
)
from wattest.run.rehearse import Options, Rehearsal
from wattest_instruments.links.protocol_wattest import plugged_in
from wattest_instruments.links.serial import SerialLink, until
from wattest_instruments.twins.vehicles import EvSimTwin
from wattest_instruments.vehicles.plug import Plug, no_fault, no_load, no_proximity

DRIVER = "ev_sim"

FRESH_S = 4.0
"""How long the next line may take; they come about once a second."""
ADC_ZERO, ADC_VOLT = 556, 0.032
"""Where 0 V is on the converter, and what one step is worth (the author's README)."""
ASKS_V = (1.5, 7.5)
"""Between these the pilot's high plateau is that of C or D (half way between nominal states)."""
NOT_CALIBRATED = frozenset({"no calibration"})

_LINE = re.compile(r"\{\s*(.*?)\s*\}")
_PAIR = re.compile(r'(\w+)\s*[:=]\s*("?)(-?[A-Za-z0-9.]+)\2')
_NUMBER = re.compile(r"-?\d{1,9}(\.\d{1,6})?")


@dataclass(frozen=True)
class Line:
    """What the board says of the pilot. ``state`` and ``frequency_hz`` are None where a line does not tell them."""

    high_v: float
    low_v: float
    duty_pct: float
    steady: bool
    high_raw: str
    low_raw: str
    state: str | None = None
    frequency_hz: float | None = None


def parse(frame: bytes) -> Line | None:
    """A line of either form; None for anything else, such as one that was cut.

    >>> parse(b'{ state: "B", state_changes: 0, low_count: 0, high_count: 0, min_volts: 8.9, max_volts: 9.0 }').state
    'B'
    """
    whole = _LINE.fullmatch(frame.decode("latin-1").strip())
    if whole is None:
        return None
    found = {name: value for name, _, value in _PAIR.findall(whole[1])}
    adc = "high_adc" in found
    ends = ("low_adc", "high_adc") if adc else ("min_volts", "max_volts")
    names = ("state_changes", "low_count", "high_count", *ends)
    if not all(_NUMBER.fullmatch(found.get(name, "")) for name in names):
        return None
    changes, low_count, high_count, low, high = (float(found[name]) for name in names)
    counted = low_count + high_count
    steady = changes == 0 or counted <= 0
    if adc:
        low, high = (low - ADC_ZERO) * ADC_VOLT, (high - ADC_ZERO) * ADC_VOLT
    return Line(
        high_v=high,
        low_v=low,
        duty_pct=100.0 if steady else 100.0 * high_count / counted,
        steady=steady,
        high_raw=found[ends[1]],
        low_raw=found[ends[0]],
        state=found.get("state"),
        frequency_hz=0.0 if steady else changes / 2.0 if adc else None,
    )


def ev_sim(around: Surroundings, *, port: str, rig: RigName | None = None) -> Vehicle:
    """An EV Sim Remote as vehicle.

    Args:
        around: what the bench gives to every driver
        port: serial port, best /dev/serial/by-id/..., or socket://host:port
        rig: the person under 'rigs' who moves the plug
    """
    return EvSim(around, SerialLink(around, port, split=until(b"\n")), Plug(around, DRIVER, rig))


@asynccontextmanager
async def ev_sim_twin(there: Rehearsal) -> AsyncIterator[Options]:
    """A board in memory whose pilot is that of outlet 1; the world moves the plug."""
    with plugged_in(there.role, EvSimTwin(there.world)) as port:
        yield {"port": port, "rig": None}


class EvSim:
    """The driver, over any link."""

    supports = frozenset({"pilot_reading"})

    def __init__(self, around: Surroundings, link: SerialLink, plug: Plug) -> None:
        self._around = around
        self._link = link
        self._plug = plug
        self._pilot = plug.rest
        self._open = False

    async def open(self) -> Identity:
        """See that the board speaks, and show the pilot of a vehicle that asks for nothing."""
        if not self._open:
            await self._link.open()
            try:
                await self._line()
                await self._set(self._plug.rest)
                await self._plug.open()
            except BaseException:
                await self._link.close()
                raise
            self._open = True
        return Identity("nsayer", "EV Sim Remote", "")

    async def plug_in(self) -> None:
        """Show B, then have the plug moved."""
        if self._pilot == "A":
            await self._set("B")
        await self._plug.plug_in()

    async def unplug(self) -> None:
        """Have the plug pulled out; the pilot stays as it is, since the EVSE sees the plug leave."""
        await self._plug.unplug()

    async def holster(self) -> None:
        """Have the plug put back."""
        await self._plug.holster()

    async def set_ready(self, ready: bool) -> None:
        """C or B. Where nobody moves a plug, A stays A. ``InstrumentError`` when the board stays in another state."""
        await self._set("C" if ready else "A" if self._pilot == "A" else "B")

    async def set_current(self, current_a: float) -> None:
        """The board carries none."""
        raise no_load(self._around, DRIVER, current_a)

    async def whereabouts(self) -> Whereabouts:
        """Where the plug is, by who moves it."""
        return await self._plug.whereabouts(self._pilot)

    async def set_fault(self, fault: VehicleFault, on: bool) -> None:
        """The board makes none."""
        del on
        raise no_fault(self._around, DRIVER, fault, "none")

    async def set_proximity(self, resistance_ohm: float | None) -> None:
        """The board shows none that could be changed."""
        del resistance_ohm
        raise no_proximity(self._around, DRIVER)

    async def read_pilot(self) -> PilotReading:
        """What the board measured since it was asked, which is in the second line to come.

        It is no calibrated instrument, and every reading says so.
        """
        await self._line()
        line, seq = await self._line()
        now = self._around.clock.monotonic()

        def reading(value: float, unit: str, raw: str = "") -> Reading:
            return Reading(value, unit, now, None, (seq,), NOT_CALIBRATED, raw)

        return PilotReading(
            high=reading(line.high_v, "V", line.high_raw),
            duty=reading(line.duty_pct, "%"),
            low=None if line.steady else reading(line.low_v, "V", line.low_raw),
            frequency=None if line.frequency_hz is None else reading(line.frequency_hz, "Hz"),
        )

    async def read_back(self) -> ReadBack:
        """State and pilot, by a line that the board measured since it was asked."""
        await self._line()
        line, seq = await self._line()
        asks = line.state in {"C", "D"} or ASKS_V[0] < line.high_v < ASKS_V[1]
        says = f"says state {line.state}" if line.state else f"was told state {self._pilot}"
        return ReadBack(not asks, f"the board {says} and measures {line.high_v:.1f} V on the pilot", (seq,))

    async def make_safe(self) -> None:
        """Stop asking for energy; nothing before ``open``. The letter goes out even when the board says nothing."""
        if self._open:
            await self._link.open()  # anew, when the port failed
            await self._set(self._plug.rest)

    async def close(self) -> None:
        """Let go of the port."""
        self._open = False
        await self._link.close()

    async def _set(self, state: str) -> None:
        """Send the letter, and wait until a line confirms it, where lines do."""
        await self._link.send(state.encode())
        self._pilot = state
        said: str | None = None
        end = self._around.clock.monotonic() + FRESH_S
        while self._around.clock.monotonic() < end:
            said = (await self._line())[0].state
            if said in (state, None):
                return
        raise InstrumentError(
            f"{self._link.place} was told to show state {state} and says {said} after {FRESH_S:g} s: reset the board."
        )

    async def _line(self) -> tuple[Line, int]:
        """The next line to come; what it tells may have been measured just before the question."""
        heard = await self._link.next(lambda frame: parse(frame) is not None, within_s=FRESH_S)
        if heard is None:
            raise InstrumentError(
                f"{self._link.place} sent no line about the pilot within {FRESH_S:g} s: check port and cable, and that it is "
                "an EV Sim Remote at 9600 baud."
            )
        line = parse(heard.frame)
        assert line is not None
        return line, heard.seq
