"""Twins of electronic loads: what they draw is what the simulated car takes, while their input is on.

At the start the input is off, so the car takes nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from wattest_instruments.twins.device import Device, told
from wattest_instruments.twins.scpi import command

if TYPE_CHECKING:
    from wattest.world import World

LOCKED_OUT = (-203, "Command protected")


class Draw:
    """Current as set, drawn while the input is on, whatever the station offers: a load knows nothing of the pilot."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.on = False
        self.amps = 0.0
        world.vehicle().set_draws_as_told(True)
        self._apply()

    def switch(self, on: bool) -> None:
        """The input."""
        self.on = on
        self._apply()

    def set_amps(self, amps: float) -> None:
        """Constant current."""
        self.amps = amps
        self._apply()

    def _apply(self) -> None:
        self._world.vehicle().set_current(self.amps if self.on else 0.0)

    def volts(self) -> float:
        """At the connector."""
        return self._world.outlets[0].true_voltage_v()

    def measured_amps(self) -> float:
        """What the station really gives."""
        return self._world.outlets[0].true_current_a()

    def watts(self) -> float:
        """Of all phases."""
        return self._world.outlets[0].true_power_w()


def chroma_63800_device(
    world: World, *, serial: str = "638040000001", model: str = "63804", most_a: float = 45.0
) -> Device:
    """A 63804: no error queue, an event register."""
    device, draw = Device(f"Chroma,{model},{serial},1.10"), Draw(world)
    peak = 135.0

    def set_peak(amps: float) -> None:
        nonlocal peak
        peak = amps

    device.add(
        [
            command(
                ":LOAD",
                write=device.word(lambda word: draw.switch(word == "ON"), "ON", "OFF"),
                query=told(lambda: "ON" if draw.on else "OFF"),
            ),
            command(":SYSTem:SETUP:MODE", write=device.word(lambda _w: None, "AC")),
            command(":SYSTem:SETUP:CFPF:MODE", write=device.word(lambda _w: None, "PF")),
            command("[:LOAD]:MODE", write=device.word(lambda _w: None, "CURR"), query=told(lambda: "CURR")),
            command("[:LOAD]:PFACtor", write=device.value(lambda _v: None, least=-1.0, most=1.0)),
            command(
                "[:LOAD]:CURRent:PEAK:MAXimum",
                write=device.value(set_peak, least=0.0, most=3.0 * most_a),
                query=told(lambda: f"{peak:.1f}"),
            ),
            command(
                "[:LOAD]:CURRent",
                write=device.value(draw.set_amps, least=0.0, most=most_a),
                query=told(lambda: f"{draw.amps:.2f}"),
            ),
            command("[:LOAD]:PROTect", query=told(lambda: "0")),
            command(":MEASure:VOLTage", query=told(lambda: f"{draw.volts():.3f}")),
            command(":MEASure:CURRent", query=told(lambda: f"{draw.measured_amps():.4f}")),
            command(":MEASure:POWer:REAL", query=told(lambda: f"{draw.watts():.2f}")),
        ]
    )
    return device


def ea_device(world: World, *, serial: str = "2815490001", model: str = "ELR 9500-90") -> Device:
    """An ELR of 500 V, 90 A and 10.5 kW, or a PSB: deaf to settings until it is locked, and answering with units."""
    both_ways = model.startswith("PSB")
    device, draw = Device(f"EA Elektro-Automatik GmbH & Co. KG,{model},{serial},V2.10"), Draw(world)
    owner = "NONE"
    values = {"CURR:PROT": 99.0, "POW": 10_500.0, "VOLT": 0.0, "CURR": 0.0}
    sign = -1.0 if both_ways else 1.0

    def lock(word: str) -> None:
        nonlocal owner
        owner = "REMOTE" if word == "ON" else "NONE"

    def switch(word: str) -> None:
        if owner == "REMOTE":
            draw.switch(word == "ON")
        else:
            device.complain(LOCKED_OUT)

    def set_amps(amps: float) -> None:
        if owner == "REMOTE":
            draw.set_amps(amps)
        else:
            device.complain(LOCKED_OUT)

    def keep(name: str, amount: float) -> None:
        if owner == "REMOTE":
            values[name] = amount
        else:
            device.complain(LOCKED_OUT)

    def array() -> str:
        amps, watts = sign * draw.measured_amps(), sign * draw.watts()
        return f"{draw.volts():.2f} V, {amps:.3f} A, {watts:.1f} W"

    side, onoff = (":SINK", ":OUTPut") if both_ways else ("[:SOURce]", ":INPut")
    device.add(
        [
            command(":SYSTem:LOCK[:STATe]", write=device.word(lock, "ON", "OFF")),
            command(":SYSTem:LOCK:OWNer", query=told(lambda: owner)),
            command(":SYSTem:NOMinal:VOLTage", query=told(lambda: "500 V")),
            command(":SYSTem:NOMinal:CURRent", query=told(lambda: "90 A")),
            command(":SYSTem:NOMinal:POWer", query=told(lambda: "10500 W")),
            command(
                f"{onoff}[:STATe]",
                write=device.word(switch, "ON", "OFF"),
                query=told(lambda: "ON" if draw.on else "OFF"),
            ),
            command(
                f"{side}:CURRent",
                write=device.value(set_amps, least=0.0, most=91.8),
                query=told(lambda: f"{draw.amps:.2f} A"),
            ),
            command(
                f"{side}:POWer",
                write=device.value(lambda v: keep("POW", v), least=0.0, most=10_710.0),
                query=told(lambda: f"{values['POW']:.0f} W"),
            ),
            command(
                "[:SOURce]:CURRent:PROTection",
                write=device.value(lambda v: keep("CURR:PROT", v), least=0.0, most=99.0),
                query=told(lambda: f"{values['CURR:PROT']:.2f} A"),
            ),
            command(
                "[:SOURce]:VOLTage",
                write=device.value(lambda v: keep("VOLT", v), least=0.0, most=510.0),
                query=told(lambda: f"{values['VOLT']:.2f} V"),
            ),
            command(
                "[:SOURce]:CURRent",
                write=device.value(lambda v: keep("CURR", v), least=0.0, most=91.8),
                query=told(lambda: f"{values['CURR']:.2f} A"),
            ),
            command(":MEASure[:SCALar]:ARRay", query=told(array)),
        ]
    )
    return device
