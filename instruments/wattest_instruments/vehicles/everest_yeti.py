"""EVerest Yeti EV board (Pionix): switches the control pilot to A, B, C, D or E and measures it.

Bench entry::

    rigs:
      person: {driver: by_hand}
    vehicle: {driver: everest_yeti, port: /dev/serial/by-id/usb-yeti-if00, rig: person}

The board carries no current: a role ``load`` takes it. Frames, messages and the 5 s after which a silent board
counts as lost are found in EVerest's module ``YetiEvDriver``. Tried on the twin only. The board confirms
nothing but a reset, so a state that was set is seen only in what it measures of the pilot. It is told once a
second that somebody is here. What it does when it hears nothing is not known: a hardware relay must drop the
mains when this program falls silent.

Only ``set_bcde`` makes a fault: state E is the pilot shorted to earth. EVerest's own driver leaves a broken
diode, a current limit and the number of phases undone on this board, and so does this one.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Annotated

from wattest.document.signature import Between
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
from wattest_instruments.links.ports import Speed
from wattest_instruments.links.protocol_wattest import plugged_in
from wattest_instruments.links.serial import SerialLink, until
from wattest_instruments.notation import float32_digits
from wattest_instruments.twins.vehicles import YetiTwin
from wattest_instruments.vehicles import yeti_frames as yeti
from wattest_instruments.vehicles.plug import Plug, no_fault, no_load, no_proximity

DRIVER = "everest_yeti"

BEAT_S = 1.0
"""How often the board is told that somebody is here."""
LOST_S = 5.0
"""After so long without a word from the board the link is lost (EVerest)."""
RESET_S = 1.0
"""How long the board may take to confirm a reset (EVerest)."""
FRESH_S = 3.0
"""How long the next measurement may take."""
LOOK_S = 0.05

ASKS_V = (1.5, 7.5)
"""Between these the pilot's high plateau is that of C or D, and the EVSE may deliver; half way between states."""
NOT_CALIBRATED = frozenset({"no calibration"})


def everest_yeti(
    around: Surroundings,
    *,
    port: str,
    rig: RigName | None = None,
    baud: Annotated[int, Between(9600, 230400)] = 115200,
) -> Vehicle:
    """A Yeti EV board as vehicle.

    Args:
        around: what the bench gives to every driver
        port: serial port, best /dev/serial/by-id/..., or socket://host:port
        rig: the person under 'rigs' who moves the plug
        baud: as the board was flashed
    """
    link = SerialLink(around, port, split=until(b"\0"), speed=Speed(baud), shown=yeti.shown)
    return EverestYeti(around, link, Plug(around, DRIVER, rig))


@asynccontextmanager
async def everest_yeti_twin(there: Rehearsal) -> AsyncIterator[Options]:
    """A board in memory whose pilot is that of outlet 1; the world moves the plug."""
    with plugged_in(there.role, YetiTwin(there.world)) as port:
        yield {"port": port, "rig": None}


class EverestYeti:
    """The driver, over any link."""

    supports = frozenset({"pilot_short", "pilot_reading"})

    def __init__(self, around: Surroundings, link: SerialLink, plug: Plug) -> None:
        self._around = around
        self._link = link
        self._plug = plug
        self._pilot = plug.rest
        self._before_fault = plug.rest
        self._beating: asyncio.Task[None] | None = None
        self._lost = ""
        self._heard_s = 0.0
        self._garbled = 0
        self._alive: yeti.KeepAlive | None = None
        self._was_reset = False
        self._measured: tuple[yeti.Measurements, bytes] | None = None

    async def open(self) -> Identity:
        """Reset the board, wait for its sign of life, and show the pilot of a vehicle that asks for nothing.

        Raises ``InstrumentError`` when no board answers.
        """
        if self._beating is not None and not self._lost:
            return self._identity()
        await self._stop()
        await self._link.open()
        self._lost, self._garbled, self._alive, self._was_reset = "", 0, None, False
        try:
            await self._link.send(yeti.reset())
            await self._await(lambda: self._was_reset, RESET_S, "confirm a reset")
            for _ in range(3):
                await self._link.beat(yeti.keep_alive())  # helps the board to find the beginning of frames
            await self._await(lambda: self._alive is not None, LOST_S, "give a sign of life")
            await self._show(self._plug.rest)
            self._beating = asyncio.get_running_loop().create_task(self._beat(), name="yeti keep-alive")
            await self._plug.open()
        except BaseException:
            await self.close()
            raise
        return self._identity()

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
        """C, with the board's relay allowed, or B. Where nobody moves a plug, A stays A."""
        if ready:
            await self._checked()
            await self._link.send(yeti.allow_power_on(True))
            await self._set("C")
        else:
            await self._set("A" if self._pilot == "A" else "B")
            await self._link.send(yeti.allow_power_on(False))

    async def set_current(self, current_a: float) -> None:
        """The board carries none."""
        raise no_load(self._around, DRIVER, current_a)

    async def whereabouts(self) -> Whereabouts:
        """Where the plug is, by who moves it."""
        return await self._plug.whereabouts(self._pilot)

    async def set_fault(self, fault: VehicleFault, on: bool) -> None:
        """``short`` is state E; mended, the state before it comes back."""
        if fault != "short":
            raise no_fault(self._around, DRIVER, fault, "'short'")
        if on and self._pilot != "E":
            self._before_fault = self._pilot
            await self._set("E")
        elif not on and self._pilot == "E":
            await self._set(self._before_fault)

    async def set_proximity(self, resistance_ohm: float | None) -> None:
        """The board shows none that could be changed."""
        del resistance_ohm
        raise no_proximity(self._around, DRIVER)

    async def read_pilot(self) -> PilotReading:
        """A measurement that the board made since it was asked for, the second to come.

        It is no calibrated instrument, and every reading says so.
        """
        measured, seq = await self._measure()
        now = self._around.clock.monotonic()

        def reading(value: float, unit: str, raw: float | None, index: int | None) -> Reading:
            flags = NOT_CALIBRATED | (frozenset() if math.isfinite(value) else {"no data"})
            text = "" if raw is None else float32_digits(raw)
            return Reading(value, unit, now, None, (seq,), flags, text, index)

        high = reading(measured.high_v, "V", measured.high_v, 1)
        if not measured.running:
            return PilotReading(high, reading(100.0, "%", None, None), None, reading(0.0, "Hz", None, None))
        duty = reading(measured.duty * 100.0, "%", measured.duty, None)
        return PilotReading(high, duty, reading(measured.low_v, "V", measured.low_v, 2))

    async def read_back(self) -> ReadBack:
        """Whether the pilot that the board measures asks for energy."""
        measured, seq = await self._measure()
        low, high = ASKS_V
        asks = not math.isfinite(measured.high_v) or low < measured.high_v < high
        sentence = f"the board was told state {self._pilot} and measures {measured.high_v:.1f} V on the pilot"
        return ReadBack(not asks, sentence, (seq,))

    async def make_safe(self) -> None:
        """Stop asking for energy, whatever was heard of the board; nothing before ``open``."""
        if self._beating is None:
            return
        await self._link.open()  # anew, when the port failed
        await self._show(self._plug.rest)
        await self._link.send(yeti.allow_power_on(False))
        self._before_fault = self._plug.rest

    async def close(self) -> None:
        """Stop the signs of life and let go of the port."""
        await self._stop()
        await self._link.close()

    def _identity(self) -> Identity:
        assert self._alive is not None
        alive = self._alive
        return Identity(
            "Pionix", f"Yeti EV board, hardware {alive.hardware}.{alive.revision}", "", alive.version
        )

    async def _set(self, state: str) -> None:
        await self._checked()
        await self._show(state)

    async def _show(self, state: str) -> None:
        await self._link.send(yeti.set_pilot(state))
        self._pilot = state

    async def _checked(self) -> None:
        """Raise ``InstrumentError`` when the link is lost: what the board does is not known any more."""
        await self._take()
        if self._lost:
            raise InstrumentError(f"{self._link.place} is lost: {self._lost}")

    async def _measure(self) -> tuple[yeti.Measurements, int]:
        """A measurement that was made after it was asked for."""
        await self._checked()
        for _ in range(2):  # the first to come may have been made before
            self._measured = None
            await self._await(lambda: self._measured is not None, FRESH_S, "measure the pilot")
        measured: tuple[yeti.Measurements, bytes] | None = self._measured
        assert measured is not None
        return measured[0], self._link.keep(measured[1])

    async def _await(self, there: Callable[[], bool], within_s: float, what: str) -> None:
        end = self._around.clock.monotonic() + within_s
        while True:
            await self._take()
            if self._lost:
                raise InstrumentError(f"{self._link.place} is lost: {self._lost}")
            if there():
                return
            if self._around.clock.monotonic() >= end:
                heard = (
                    f"{self._garbled} garbled frames came: check the baud rate."
                    if self._garbled
                    else "check port and cable, and that the board runs the firmware of an EV."
                )
                raise InstrumentError(f"{self._link.place} did not {what} within {within_s:g} s; {heard}")
            await self._around.clock.sleep(LOOK_S)

    async def _take(self) -> None:
        """Read what the board said meanwhile."""
        for data in await self._link.take():
            try:
                message = yeti.read(data)
            except yeti.Garbled:
                self._garbled += 1
                continue
            if isinstance(message, yeti.KeepAlive):
                self._alive = message
                self._heard_s = self._around.clock.monotonic()
            elif isinstance(message, yeti.Measurements):
                self._measured = (message, data)
            elif isinstance(message, yeti.Event):
                self._link.keep(data)
            elif isinstance(message, yeti.ResetDone):
                self._was_reset = True
                if self._beating is not None:
                    self._link.keep(data)
                    self._lost = "the board started anew by itself, and its state is not the one that was set. Open it again."

    async def _beat(self) -> None:
        """Say that somebody is here, and notice when the board is not."""
        try:
            while not self._lost:
                await self._around.clock.sleep(BEAT_S)
                await self._link.beat(yeti.keep_alive())
                await self._take()
                silent_s = self._around.clock.monotonic() - self._heard_s
                if silent_s >= LOST_S:
                    self._lost = f"no sign of life came for {silent_s:.0f} s, of {LOST_S:g} s allowed. Check the cable."
        except InstrumentError as error:
            self._lost = str(error)

    async def _stop(self) -> None:
        task, self._beating = self._beating, None
        if task is not None:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
