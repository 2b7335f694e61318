"""Twin of a Rigol DS1000Z: samples of the simulated pilot and output, made when they are asked for.

CHAN1 sees the control pilot of an outlet and CHAN2 its output, as the outlet's history has them: nothing is sampled before
somebody reads, so recording costs nothing. Samples are 8 bit, 25 steps to a division, with seeded noise on both channels.
"""

from __future__ import annotations

import itertools
import math
import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from wattest.world.pilot import Moment
from wattest_instruments.twins.device import CONFLICT, Device, told
from wattest_instruments.twins.scpi import Command, command

if TYPE_CHECKING:
    from wattest.world import World

STEPS_PER_DIV = 25
MIDDLE = 127
LONGEST = 250_000
EDGE_S = 5e-6
"""From plateau to plateau; 10 % to 90 % take 4 us, less than the 7 us that SAE J1772 allows. A project figure."""
NOISE_V = (-0.04, 0.05)
"""On the pilot; the noise of the other channel is as large a part of its range."""
TILE = 4096
DEPTHS = {1: (12_000, 120_000, 1_200_000), 2: (6_000, 60_000, 600_000)}


@dataclass
class Channel:
    """As set: displayed, volts per division and by how much its probe divides."""

    shown: bool = False
    per_div_v: float = 1.0
    probe: float = 10.0


class ScopeTwin:
    """One oscilloscope on outlet 1. ``handle`` answers text, and bytes to ``:WAVeform:DATA?``."""

    def __init__(
        self,
        world: World,
        *,
        serial: str = "DS1ZA000000001",
        noise_v: tuple[float, float] = NOISE_V,
        seed: int = 0,
    ) -> None:
        self._world = world
        self._device = Device(f"RIGOL TECHNOLOGIES,DS1104Z,{serial},00.04.04.SP4")
        noisy = random.Random(f"scope {serial} {seed}")
        self._noise = [noisy.uniform(*noise_v) for _ in range(TILE)]
        self.channels = {number: Channel(shown=number == 1) for number in (1, 2, 3, 4)}
        self._per_div_s, self._offset_s, self._depth = 1e-3, 0.0, 12_000
        self._source, self._level_v = 1, 0.0
        self._state = "RUN"
        self._since_s = 0.0
        self._from_s: float | None = None
        self._wave, self._first, self._last = 1, 1, 1200
        self._device.add(self._table())

    def handle(self, line: str) -> str | bytes | None:
        """Obey a line."""
        if line.strip().upper() in {":WAV:DATA?", ":WAVEFORM:DATA?"}:
            return self._data()
        return self._device.handle(line)

    def _table(self) -> list[Command]:
        device = self._device
        numbers = "e"

        def keep(_word: str) -> None:
            """The only word that this twin has there."""

        return [
            *itertools.chain.from_iterable(self._of_channel(number) for number in self.channels),
            command(":ACQuire:TYPE", write=device.word(keep, "NORM")),
            command(":ACQuire:MDEPth", write=self._set_depth, query=told(lambda: str(self._depth))),
            command(
                ":TIMebase[:MAIN]:SCALe",
                write=device.value(self._setter("_per_div_s"), least=5e-9, most=50.0),
                query=told(lambda: format(self._per_div_s, numbers)),
            ),
            command(
                ":TIMebase[:MAIN]:OFFSet",
                write=self._set_offset,
                query=told(lambda: format(self._offset_s, numbers)),
            ),
            command(":TRIGger:MODE", write=device.word(keep, "EDGE")),
            command(":TRIGger:COUPling", write=device.word(keep, "DC")),
            command(":TRIGger:EDGe:SOURce", write=device.word(self._set_source, "CHAN1", "CHAN2")),
            command(":TRIGger:EDGe:SLOPe", write=device.word(keep, "POS")),
            command(
                ":TRIGger:EDGe:LEVel",
                write=device.value(self._setter("_level_v"), least=-1000.0, most=1000.0),
            ),
            command(":TRIGger:SWEep", write=device.word(keep, "AUTO")),
            command(":TRIGger:STATus", query=told(self.status)),
            command(":RUN", write=lambda _n, _a: self._run("RUN")),
            command(":SINGle", write=lambda _n, _a: self._run("SINGLE")),
            command(":STOP", write=lambda _n, _a: self._stop()),
            command(":WAVeform:SOURce", write=device.word(self._set_wave, "CHAN1", "CHAN2")),
            command(":WAVeform:MODE", write=device.word(keep, "RAW")),
            command(":WAVeform:FORMat", write=device.word(keep, "BYTE")),
            command(":WAVeform:STARt", write=device.value(self._setter("_first"), least=1, most=12e6)),
            command(":WAVeform:STOP", write=device.value(self._setter("_last"), least=1, most=12e6)),
            command(":WAVeform:PREamble", query=told(self._preamble)),
        ]

    def _of_channel(self, number: int) -> list[Command]:
        channel, device = self.channels[number], self._device

        def show(word: str) -> None:
            channel.shown = word == "ON"

        def scale(volts: float) -> None:
            channel.per_div_v = volts

        def probe(factor: float) -> None:
            channel.probe = factor

        at = f":CHANnel{number}"
        return [
            command(f"{at}:DISPlay", write=device.word(show, "ON", "OFF")),
            command(f"{at}:COUPling", write=device.word(lambda _w: None, "DC")),
            command(f"{at}:BWLimit", write=device.word(lambda _w: None, "20M", "OFF")),
            command(
                f"{at}:PROBe",
                write=device.value(probe, least=0.01, most=1000.0),
                query=told(lambda: format(channel.probe, "e")),
            ),
            command(
                f"{at}:SCALe",
                write=device.value(scale, least=1e-3 * channel.probe / 10.0, most=10_000.0),
                query=told(lambda: format(channel.per_div_v, "e")),
            ),
            command(f"{at}:OFFSet", write=device.value(lambda _v: None, least=0.0, most=0.0)),
        ]

    def _setter(self, name: str) -> Callable[[float], None]:
        return lambda value: setattr(self, name, value)

    def _set_source(self, word: str) -> None:
        self._source = int(word[-1])

    def _set_wave(self, word: str) -> None:
        self._wave = int(word[-1])

    def _set_offset(self, numbers: tuple[int, ...], argument: str) -> None:
        half = 6.0 * self._per_div_s
        self._device.value(self._setter("_offset_s"), least=-half, most=1.0)(numbers, argument)

    def _set_depth(self, _numbers: tuple[int, ...], argument: str) -> None:
        shown = sum(channel.shown for channel in self.channels.values())
        if self._state == "RUN" and argument.isdigit() and int(argument) in DEPTHS.get(shown, ()):
            self._depth = int(argument)
        else:
            self._device.complain(CONFLICT)

    # When it records.

    @property
    def _length_s(self) -> float:
        return 12.0 * self._per_div_s

    @property
    def _before_s(self) -> float:
        return self._length_s / 2.0 - self._offset_s

    def _run(self, state: str) -> None:
        self._state, self._since_s = state, self._world.clock.monotonic()

    def _stop(self) -> None:
        if self._state == "RUN":
            self._from_s = self._world.clock.monotonic() - self._length_s
        elif self.status() != "STOP":
            self._from_s = None  # a single sweep that caught nothing
        self._state = "STOP"

    def status(self) -> str:
        """Of the trigger: RUN while the time before it is recorded, WAIT, TD while the rest is, STOP."""
        if self._state != "SINGLE":
            return "STOP" if self._state == "STOP" else "TD"
        now = self._world.clock.monotonic()
        ready = self._since_s + self._before_s
        if now < ready:
            return "RUN"
        trigger = self._triggered(ready, now)
        if trigger is None:
            return "WAIT"
        if now < trigger - self._before_s + self._length_s:
            return "TD"
        self._from_s, self._state = trigger - self._before_s, "STOP"
        return "STOP"

    def _triggered(self, from_s: float, to_s: float) -> float | None:
        """When the chosen channel first rose through the level, in a span of time."""
        for moment, before, begin, end in self._stretches(from_s, to_s):
            low = self._volts(before, self._source, begin) if before is not None else math.inf
            if low < self._level_v <= self._volts(moment, self._source, begin):
                return begin
            rises = self._next_rise(moment, begin)
            if rises is not None and rises < end:
                return rises
        return None

    def _next_rise(self, moment: Moment, after_s: float) -> float | None:
        if self._source == 2:
            peak = math.sqrt(2.0) * moment.output_v
            if peak <= abs(self._level_v):
                return None
            hertz = self._world.grid.frequency_hz
            phase = math.asin(self._level_v / peak) / (2.0 * math.pi)
            return (math.ceil(after_s * hertz - phase) + phase) / hertz
        signal = moment.signal
        if signal.steady or not signal.low_v < self._level_v <= signal.high_v:
            return None
        return math.ceil(after_s * signal.frequency_hz) / signal.frequency_hz

    def _stretches(self, from_s: float, to_s: float) -> list[tuple[Moment, Moment | None, float, float]]:
        """What was there, what had been before, from when and until when."""
        moments = self._world.outlets[0].history.since(from_s)
        ends = [*(moment.t_s for moment in moments[1:]), to_s]
        begins = [from_s, *(moment.t_s for moment in moments[1:])]
        before = [None, *moments[:-1]]
        return [
            (moment, previous, begin, end)
            for moment, previous, begin, end in zip(moments, before, begins, ends, strict=True)
            if begin <= to_s
        ]

    # What it recorded.

    def _preamble(self) -> str:
        interval = self._length_s / self._depth
        step = self.channels[self._wave].per_div_v / STEPS_PER_DIV
        return f"0,2,{self._depth},1,{interval:.6e},{-self._before_s:.6e},0,{step:.6e},0,{MIDDLE}"

    def _data(self) -> bytes:
        first, last = int(self._first) - 1, min(int(self._last), self._depth)
        if self._state != "STOP" or self._from_s is None or not 0 <= last - first <= LONGEST:
            return b"#9000000000"
        step = self.channels[self._wave].per_div_v / STEPS_PER_DIV
        louder = self.channels[self._wave].per_div_v / self.channels[1].per_div_v
        noise = [louder * volts for volts in self._noise]
        codes = bytes(
            min(255, max(0, MIDDLE + round((volts + noise[index % TILE]) / step)))
            for index, volts in enumerate(self._samples(first, last), first)
        )
        return b"#9%09d" % len(codes) + codes

    def _samples(self, first: int, last: int) -> list[float]:
        """Volts at the samples ``first`` to ``last``, the last one left out."""
        assert self._from_s is not None
        interval = self._length_s / self._depth
        begins = self._from_s + first * interval
        ends = self._from_s + last * interval
        samples: list[float] = []
        for moment, _, _, end in self._stretches(begins, ends):
            until = min(last - first, math.ceil((end - begins) / interval - 1e-9))
            count = until - len(samples)
            if count > 0:
                samples += self._stretch(moment, begins + len(samples) * interval, interval, count)
        return samples

    def _stretch(self, moment: Moment, from_s: float, interval: float, count: int) -> list[float]:
        if self._wave == 2:
            if moment.output_v == 0.0:
                return [0.0] * count
            omega, peak = 2.0 * math.pi * self._world.grid.frequency_hz, math.sqrt(2.0) * moment.output_v
            return [peak * math.sin(omega * (from_s + i * interval)) for i in range(count)]
        signal = moment.signal
        if signal.steady:
            return [signal.high_v] * count
        period = 1.0 / signal.frequency_hz / interval
        if abs(period - round(period)) < 1e-6:
            one = [self._volts(moment, 1, from_s + i * interval) for i in range(round(period))]
            return (one * (count // len(one) + 1))[:count]
        return [self._volts(moment, 1, from_s + i * interval) for i in range(count)]

    def _volts(self, moment: Moment, channel: int, t_s: float) -> float:
        """What one channel sees at an instant; pulses begin at whole periods of the world's clock."""
        if channel == 2:
            omega = 2.0 * math.pi * self._world.grid.frequency_hz
            return math.sqrt(2.0) * moment.output_v * math.sin(omega * t_s)
        signal = moment.signal
        if signal.steady:
            return signal.high_v
        period = 1.0 / signal.frequency_hz
        inside = t_s % period
        length = signal.duty_pct / 100.0 * period
        rising = (inside + EDGE_S / 2.0) / EDGE_S
        again = (inside - period + EDGE_S / 2.0) / EDGE_S
        falling = (length + EDGE_S / 2.0 - inside) / EDGE_S
        share = max(0.0, min(1.0, rising, falling), min(1.0, again))
        return signal.low_v + (signal.high_v - signal.low_v) * share
