"""EV boards that are not there, at the connector of outlet 1 of a simulated world.

The world moves the plug; a board only closes the pilot switch of the car (state C or D) or opens it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING

from wattest_instruments.links.protocol_wattest import Send
from wattest_instruments.links.serial import until
from wattest_instruments.vehicles import yeti_frames as yeti

if TYPE_CHECKING:
    from wattest.world import World
    from wattest.world.pilot import PilotSignal

PERIOD_S = 1.0
"""How often both boards speak by themselves."""


class _Ticking:
    """Calls something once a period while a port is open."""

    def __init__(self, world: World, tick: Callable[[], None]) -> None:
        self._world = world
        self._tick = tick
        self._timer: asyncio.TimerHandle | None = None

    def start(self) -> None:
        self.stop()
        self._timer = self._world.clock.call_later(PERIOD_S, self._go)

    def stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _go(self) -> None:
        self._timer = self._world.clock.call_later(PERIOD_S, self._go)
        self._tick()


def _at_connector(world: World) -> PilotSignal | None:
    """The pilot at the plug, while it is in the vehicle."""
    outlet = world.outlets[0]
    return outlet.pilot_signal() if outlet.plug == "plugged in" else None


_ALIVE = yeti.frame(
    yeti.field(3, yeti.field(2, 1) + yeti.field(3, 2) + yeti.field(5, 1) + yeti.field(6, b"twin 1.0"))
)


@lru_cache(maxsize=64)
def _measurement(signal: PilotSignal | None) -> bytes:
    """What a Yeti board says of a pilot; of none, that there is no voltage."""
    duty, high, low, running = (
        (0.0, 0.0, 0.0, False)
        if signal is None
        else (signal.duty_pct / 100.0, signal.high_v, signal.low_v, not signal.steady)
    )
    body = yeti.field(1, duty) + yeti.field(2, high) + yeti.field(3, low)
    return yeti.frame(yeti.field(5, body + (yeti.field(4, 1) if running else b"")))


class YetiTwin:
    """As a Yeti EV board: confirms a reset, gives signs of life, measures, and obeys."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._ticking = _Ticking(world, self._tick)
        self._send: Send | None = None
        self._arrived = bytearray()
        self._split = until(b"\0")
        self.pilot = "A"
        self.allowed = False
        self.alive = True
        """Whether it gives signs of life and answers."""
        self.measures: Callable[[PilotSignal | None], bytes] = _measurement
        """The frame that it sends of a pilot."""
        self.heard = 0
        """Signs of life that came from the bench."""

    def plugged(self, send: Send) -> None:
        """Somebody listens."""
        self._send = send
        self._ticking.start()

    def receive(self, data: bytes) -> None:
        """Obey whole frames; garbled ones are dropped, as the firmware does."""
        self._arrived += data
        for frame in self._split(self._arrived):
            try:
                self._obey(*yeti.read_command(frame))
            except yeti.Garbled:
                continue

    def unplugged(self) -> None:
        """Nobody listens any more."""
        self._send = None
        self._ticking.stop()

    def restart(self) -> None:
        """The board starts anew, asked for or by itself."""
        self._show("A")
        self.allowed = False
        self._say(yeti.frame(yeti.field(7, b"")))

    def say_events(self, number: int) -> None:
        """Something happened."""
        self._say(yeti.frame(yeti.field(6, yeti.field(1, number))))

    def _obey(self, number: int, value: int) -> None:
        if not self.alive:
            return
        if number == yeti.RESET:
            self.restart()
        elif number == yeti.KEEP_ALIVE:
            self.heard += 1
        elif number == yeti.ALLOW_POWER_ON:
            self.allowed = bool(value)
        elif number == yeti.SET_BCDE:
            self._show(next((name for name, mode in yeti.MODES.items() if mode == value), self.pilot))

    def _show(self, state: str) -> None:
        self.pilot = state
        car = self._world.vehicle()
        car.set_fault("short", state == "E")
        car.set_ready(state in {"C", "D"})

    def _tick(self) -> None:
        if not self.alive:
            return
        self._say(_ALIVE)
        self._say(self.measures(_at_connector(self._world)))

    def _say(self, frame: bytes) -> None:
        if self._send is not None and self.alive:
            self._send(frame)


class EvSimTwin:
    """As an EV Sim Remote with the newer firmware; ``old`` sends the lines of the older one."""

    def __init__(self, world: World, *, old: bool = False) -> None:
        self._world = world
        self._old = old
        self._ticking = _Ticking(world, self._tick)
        self._send: Send | None = None
        self.pilot = "A"
        self.deaf = False
        """Whether letters no longer do anything."""

    def plugged(self, send: Send) -> None:
        """Somebody listens."""
        self._send = send
        self._ticking.start()

    def receive(self, data: bytes) -> None:
        """Every letter from A to D, small or capital, switches."""
        for letter in data.decode("latin-1").upper():
            if letter in "ABCD" and not self.deaf:
                self.pilot = letter
                self._world.vehicle().set_ready(letter in "CD")

    def unplugged(self) -> None:
        """Nobody listens any more."""
        self._send = None
        self._ticking.stop()

    def _tick(self) -> None:
        if self._send is None:
            return
        signal = _at_connector(self._world)
        high, low = (0.0, 0.0) if signal is None else (signal.high_v, signal.low_v)
        changes = 0 if signal is None else round(signal.frequency_hz)
        part = 0.0 if signal is None or not changes else signal.duty_pct / 100.0
        if self._old:
            counts = f"low_count={round(150_000 * (1 - part))}, high_count={round(150_000 * part)}"
            adc = f"low_adc={556 + round(low / 0.032)}, high_adc={556 + round(high / 0.032)}"
            self._send(f"{{ state_changes={2 * changes}, {counts}, {adc} }}\r\n".encode())
            return
        periods = (0, 0) if not changes else (round(16_000 * (1 - part)), round(16_000 * part))
        self._send(
            f'{{ state: "{self.pilot}", state_changes: {changes}, low_count: {periods[0]}, high_count: {periods[1]}, '
            f"min_volts: {low:.3f}, max_volts: {high:.3f} }}\r\n".encode()
        )
