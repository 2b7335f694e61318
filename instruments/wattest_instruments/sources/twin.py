"""Twins of AC sources: three grammars in front of one output, which feeds the grid of the simulated world.

At the start the output is on at the grid's own voltage, since a world begins with power. Lists run on the world's clock.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from wattest_instruments.twins.device import CONFLICT, OUT_OF_RANGE, Device, nothing, told
from wattest_instruments.twins.scpi import Command, command

if TYPE_CHECKING:
    from wattest.world import World

LEAST_V = 1.0
"""Below this the simulated grid has no power at all."""


class Output:
    """What comes out: voltage and frequency as set or as the list has it, while state and relay are on."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.on = self.relay = world.grid.powered
        self.volts = world.grid.nominal_v
        self.hertz = world.grid.frequency_hz
        self.voltage_limit = 1000.0
        self.current_limit = 1000.0
        self.dwell_s: list[float] = []
        self.list_volts: list[float] = []
        self.list_hertz: list[float] = []
        self.listing = False
        self._timers: list[asyncio.TimerHandle] = []

    def switch(self, on: bool) -> None:
        """The output's state."""
        self.on = on
        self._feed(self.volts, self.hertz)

    def switch_relay(self, on: bool) -> None:
        """The output's relay, where it is a thing of its own."""
        self.relay = on
        self._feed(self.volts, self.hertz)

    def set_volts(self, volts: float) -> None:
        """Fixed voltage."""
        self.volts = volts
        self._feed(volts, self.hertz)

    def set_hertz(self, hertz: float) -> None:
        """Fixed frequency."""
        self.hertz = hertz
        self._feed(self.volts, hertz)

    def start(self) -> bool:
        """Play the list once; False when its columns do not fit together. The last point stays until ``fix``."""
        points = list(zip(self.dwell_s, self.list_volts, self.list_hertz, strict=False))
        if not points or not len(points) == len(self.list_volts) == len(self.list_hertz) == len(self.dwell_s):
            return False
        self.stop()
        self.listing = True
        at = 0.0
        for seconds, volts, hertz in points:
            self._later(at, partial(self._feed, volts, hertz))
            at += seconds
        self._later(at, self.stop)
        return True

    def stop(self) -> None:
        """End the list where it is."""
        for timer in self._timers:
            timer.cancel()
        self._timers.clear()
        self.listing = False

    def fix(self) -> None:
        """Fixed voltage and frequency again."""
        self.stop()
        self._feed(self.volts, self.hertz)

    def _later(self, delay_s: float, does: Callable[[], None]) -> None:
        if delay_s == 0.0:
            does()
        else:
            self._timers.append(self._world.clock.call_later(delay_s, does))

    def _feed(self, volts: float, hertz: float) -> None:
        grid = self._world.grid
        on = self.on and self.relay and volts >= LEAST_V
        if on:
            grid.set_voltage(volts)
            grid.set_frequency(hertz)
        grid.set_power(on)

    # What it measures at its own terminals.

    def measured_volts(self) -> float:
        """0 while nothing comes out."""
        return self._world.grid.nominal_v if self._world.grid.powered else 0.0

    def measured_amps(self) -> float:
        """What the station takes, per phase."""
        return self._world.input_current_a()

    def measured_watts(self) -> float:
        """What the station takes, all phases."""
        return self._world.input_power_w()

    def measured_hertz(self) -> float:
        """0 while nothing comes out."""
        return self._world.grid.frequency_hz if self._world.grid.powered else 0.0


def _common(device: Device, output: Output, *, digits: str) -> list[Command]:
    def setting(write: Callable[[float], None]) -> Callable[[float], None]:
        def does(value: float) -> None:
            if value > output.voltage_limit:
                device.complain(OUT_OF_RANGE)
            else:
                write(value)

        return does

    measures = {
        "VOLTage:AC": output.measured_volts,
        "CURRent:AC": output.measured_amps,
        "POWer:AC": output.measured_watts,
        "FREQuency": output.measured_hertz,
    }
    return [
        command(
            ":OUTPut[:STATe]",
            write=device.word(lambda word: output.switch(word == "ON"), "ON", "OFF"),
            query=told(lambda: str(int(output.on))),
        ),
        command(
            "[:SOURce]:VOLTage[:LEVel][:IMMediate][:AMPLitude][:AC]",
            write=device.value(setting(output.set_volts), least=0.0, most=1000.0),
            query=told(lambda: format(output.volts, digits)),
        ),
        command(
            "[:SOURce]:FREQuency",
            write=device.value(output.set_hertz, least=40.0, most=70.0),
            query=told(lambda: format(output.hertz, digits)),
        ),
        *(
            command(f":MEASure:{what}", query=told(partial(_printed, value, digits)))
            for what, value in measures.items()
        ),
    ]


def _printed(value: Callable[[], float], digits: str) -> str:
    return format(value(), digits)


def _set(output: Output, name: str) -> Callable[[float], None]:
    return lambda value: setattr(output, name, value)


def _listed(output: Output, name: str, scale: float = 1.0) -> Callable[[list[float]], None]:
    return lambda values: setattr(output, name, [value * scale for value in values])


def chroma_61500_device(world: World, *, serial: str = "615000001") -> Device:
    """A 61505 at 300 V."""
    device, output = Device(f"Chroma ATE,61505,{serial},1.00,1.01,1.02"), Output(world)
    mode = "FIXED"

    def set_mode(word: str) -> None:
        nonlocal mode
        if output.listing:
            device.complain(CONFLICT)
            return
        mode = word
        if word == "FIXED":
            output.fix()

    def trigger(word: str) -> None:
        if word == "OFF":
            output.stop()
        elif mode != "LIST" or not output.start():
            device.complain(CONFLICT)

    def column(name: str, scale: float = 1.0, most: float = 9e9) -> Callable[[tuple[int, ...], str], None]:
        set_column = device.numbers(_listed(output, name, scale), most=most)

        def does(numbers: tuple[int, ...], argument: str) -> None:
            if mode == "FIXED" and not output.listing:  # a list is edited in fixed mode only
                set_column(numbers, argument)
            else:
                device.complain(CONFLICT)

        return does

    device.add(
        [
            command(
                ":OUTPut:RELay",
                write=device.word(lambda word: output.switch_relay(word == "ON"), "ON", "OFF"),
                query=told(lambda: "ON" if output.relay else "OFF"),
            ),
            command(":OUTPut:MODE", write=device.word(set_mode, "FIXED", "LIST"), query=told(lambda: mode)),
            command(":TRIGger", write=device.word(trigger, "ON", "OFF")),
            command(":TRIGger:STATE", query=told(lambda: "RUNNING" if output.listing else "OFF")),
            command(
                "[:SOURce]:VOLTage:RANGe",
                write=device.word(lambda _w: None, "HIGH"),
                query=told(lambda: "HIGH"),
            ),
            command(
                "[:SOURce]:VOLTage:LIMit:AC",
                write=device.value(_set(output, "voltage_limit"), least=0.0, most=300.0),
                query=told(lambda: f"{output.voltage_limit:.1f}"),
            ),
            command(
                "[:SOURce]:CURRent:LIMit",
                write=device.value(_set(output, "current_limit"), least=0.0, most=64.0),
                query=told(lambda: f"{output.current_limit:.2f}"),
            ),
            command(":INSTrument:PHASE", write=device.word(lambda _w: None, "SINGLE", "THREE")),
            command(":INSTrument:COUPle", write=device.word(lambda _w: None, "ALL", "NONE")),
            command(":INSTrument:EDIT", write=device.word(lambda _w: None, "ALL", "EACH")),
            command(":LIST:COUPle", write=device.word(lambda _w: None, "ALL", "NONE")),
            command(":LIST:COUNt", write=device.value(lambda _v: None, least=1, most=1)),
            command(":LIST:BASE", write=device.word(lambda _w: None, "TIME")),
            command(":LIST:TRIGger", write=device.word(lambda _w: None, "AUTO")),
            command(":LIST:DWELl", write=column("dwell_s", 1e-3)),
            command(":LIST:SHAPe", write=nothing),
            command(":LIST:VOLTage:AC:STARt", write=column("list_volts", most=300.0)),
            command(":LIST:VOLTage:AC:END", write=nothing),
            command(":LIST:FREQuency:STARt", write=column("list_hertz", most=70.0)),
            command(":LIST:FREQuency:END", write=nothing),
            *_common(device, output, digits=".4f"),
        ]
    )
    return device


def california_device(world: World, *, serial: str = "A389Z20", voltage_range: float = 300.0) -> Device:
    """A CSW5550 in one range; outside its list modes a list does not start."""
    device, output = Device(f"California Instruments,CSW5550,{serial},Version 2.2a"), Output(world)
    output.voltage_limit = voltage_range
    modes: dict[str, str] = {}

    def mode(name: str) -> Command:
        def write(word: str) -> None:
            modes[name] = word
            if all(one != "LIST" for one in modes.values()):
                output.fix()

        return command(f"[:SOURce]:{name}:MODE", write=device.word(write, "FIX", "LIST"))

    def initiate(_numbers: tuple[int, ...], _argument: str) -> None:
        if {modes.get("VOLTage"), modes.get("FREQuency")} != {"LIST"} or not output.start():
            device.complain(CONFLICT)

    device.add(
        [
            command(":ABORt", write=lambda _n, _a: output.stop()),
            command(":INITiate[:IMMediate]", write=initiate),
            command(":TRIGger:STATe", query=told(lambda: "BUSY" if output.listing else "IDLE")),
            command(":TRIGger:TRANsient:SOURce", write=device.word(lambda _w: None, "IMM")),
            command(":TRIGger:SYNChronize:SOURce", write=device.word(lambda _w: None, "IMM")),
            command(
                "[:SOURce]:VOLTage:RANGe",
                write=device.value(lambda _v: None, least=voltage_range, most=voltage_range),
                query=told(lambda: f"{voltage_range:.1f}"),
            ),
            command(
                "[:SOURce]:CURRent",
                write=device.value(_set(output, "current_limit"), least=0.0, most=92.0),
                query=told(lambda: f"{output.current_limit:.3f}"),
            ),
            command(":INSTrument:COUPle", write=device.word(lambda _w: None, "ALL", "NONE")),
            mode("VOLTage"),
            mode("VOLTage:SLEW"),
            mode("FREQuency"),
            mode("FREQuency:SLEW"),
            command("[:SOURce]:LIST:STEP", write=device.word(lambda _w: None, "AUTO")),
            command("[:SOURce]:LIST:COUNt", write=device.value(lambda _v: None, least=1, most=1)),
            command("[:SOURce]:LIST:DWELl", write=device.numbers(_listed(output, "dwell_s"), most=9e4)),
            command(
                "[:SOURce]:LIST:VOLTage",
                write=device.numbers(_listed(output, "list_volts"), most=voltage_range),
            ),
            command(
                "[:SOURce]:LIST:FREQuency", write=device.numbers(_listed(output, "list_hertz"), most=500.0)
            ),
            command("[:SOURce]:LIST:VOLTage:SLEW", write=nothing),
            command("[:SOURce]:LIST:FREQuency:SLEW", write=nothing),
            command("[:SOURce]:LIST:REPeat", write=nothing),
            *_common(device, output, digits=".3f"),
        ]
    )
    return device


def keysight_ac6800_device(
    world: World, *, serial: str = "MY58000001", voltage_range: float = 310.0
) -> Device:
    """An AC6804B in one range, with soft limits that hold once they are switched on."""
    device, output = Device(f"Keysight Technologies,AC6804B,{serial},A.01.03.0161"), Output(world)
    soft = False

    def limits(word: str) -> None:
        nonlocal soft
        soft = word == "ON"

    def level(write: Callable[[float], None], most: float) -> Callable[[tuple[int, ...], str], None]:
        def does(_numbers: tuple[int, ...], argument: str) -> None:
            device.numbers(within, most=most)(_numbers, argument)

        def within(values: list[float]) -> None:
            if len(values) not in {1, 3}:
                device.complain((-115, "Unexpected number of parameters"))
            elif len(values) == 3 and soft and not values[1] <= values[0] <= values[2]:
                device.complain(OUT_OF_RANGE)
            else:
                write(values[0])

        return does

    device.add(
        [
            command(":ABORt", write=nothing),
            command(
                "[:SOURce]:VOLTage",
                write=level(output.set_volts, voltage_range),
                query=told(lambda: f"{output.volts:+.5E}"),
            ),
            command(
                "[:SOURce]:FREQuency",
                write=level(output.set_hertz, 70.0),
                query=told(lambda: f"{output.hertz:+.5E}"),
            ),
            command(
                "[:SOURce]:VOLTage:RANGe",
                write=device.value(lambda _v: None, least=voltage_range, most=voltage_range),
                query=told(lambda: f"{voltage_range:+.5E}"),
            ),
            command(
                "[:SOURce]:VOLTage:LIMit:STATe",
                write=device.word(limits, "ON", "OFF"),
                query=told(lambda: str(int(soft))),
            ),
            command(
                "[:SOURce]:CURRent",
                write=device.value(_set(output, "current_limit"), least=0.0, most=42.0),
                query=told(lambda: f"{output.current_limit:+.5E}"),
            ),
            *_common(device, output, digits="+.5E"),
        ]
    )
    return device
