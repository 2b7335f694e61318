"""Twins of a data logger and a multimeter, connected to the simulated station."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from wattest_instruments.twins.device import CONFLICT, OUT_OF_RANGE, Device, told
from wattest_instruments.twins.scpi import command

if TYPE_CHECKING:
    from wattest.world import World

OPEN = 9.9e37
"""What an open thermocouple reads."""

OUTSIDE = frozenset({"air", "ambient", "chamber"})
"""Names of channels in the air around the station; but for its connector, every other place is as warm as its inside."""


def daq970a_device(
    world: World, channels: Mapping[str, int], *, serial: str = "MY58000970", model: str = "DAQ970A"
) -> Device:
    """A logger whose channels measure air, connector or inside by their names; other channels are open."""
    device = Device(f"Keysight Technologies,{model},{serial},A.03.01")
    climate = world.climate
    apart = {"connector": world.outlets[0].probe.temperature_c}
    places: dict[int, Callable[[], float]] = {
        channel: climate.ambient_c if place in OUTSIDE else apart.get(place, climate.internal_c)
        for place, channel in channels.items()
    }
    configured: set[int] = set()
    scan: list[int] = []

    def listed(argument: str) -> list[int] | None:
        found = re.fullmatch(r".*\(@([\d,]+)\)", argument.strip())
        return None if found is None else [int(one) for one in found[1].split(",") if one]

    def configure(_numbers: tuple[int, ...], argument: str) -> None:
        chosen = listed(argument)
        if chosen is None or not argument.upper().startswith("TC,"):
            device.complain(CONFLICT)
            return
        configured.update(chosen)
        scan[:] = sorted(chosen)

    def of_channels(_numbers: tuple[int, ...], argument: str) -> None:
        chosen = listed(argument)
        if chosen is None or not configured.issuperset(chosen):
            device.complain(CONFLICT)

    def set_scan(_numbers: tuple[int, ...], argument: str) -> None:
        chosen = listed(argument)
        if chosen is None or any(not 100 < channel < 341 for channel in chosen):
            device.complain(OUT_OF_RANGE)
            return
        scan[:] = sorted(chosen)

    def read() -> str:
        return ",".join(f"{places[one]() if one in places else OPEN:+.8E}" for one in scan)

    device.add(
        [
            command(":CONFigure:TEMPerature", write=configure),
            command(":UNIT:TEMPerature", write=of_channels),
            command(":SENSe:TEMPerature:TRANsducer:TC:RJUNction:TYPE", write=of_channels),
            command(":SENSe:TEMPerature:TRANsducer:TC:CHECk", write=of_channels),
            command(":ROUTe:SCAN", write=set_scan),
            command(":ROUTe:SCAN:SIZE", query=told(lambda: f"+{len(scan)}")),
            command(":TRIGger:SOURce", write=device.word(lambda _w: None, "IMM")),
            command(":TRIGger:COUNt", write=device.value(lambda _v: None, least=1, most=1)),
            *(
                command(f":FORMat:READing:{what}", write=device.word(lambda _w: None, "ON", "OFF"))
                for what in ("TIME", "CHANnel", "UNIT", "ALARm")
            ),
            command(":READ", query=told(read)),
        ]
    )
    return device


def dmm34465a_device(world: World, *, serial: str = "MY54500001") -> Device:
    """A multimeter across control pilot and earth (DC), or across the output (AC)."""
    device = Device(f"Keysight Technologies,34465A,{serial},A.03.01-03.15-03.01-00.52-03-02")
    function, range_ = "DC", 1000.0

    def configure(which: str) -> Callable[[tuple[int, ...], str], None]:
        def keep(volts: float) -> None:
            nonlocal function, range_
            function, range_ = which, volts

        return device.value(keep, least=0.1, most=1000.0)

    def read() -> str:
        outlet = world.outlets[0]
        signal = outlet.pilot_signal()
        share = signal.duty_pct / 100.0
        mean = signal.high_v * share + signal.low_v * (1.0 - share)
        volts = mean if function == "DC" else outlet.true_voltage_v()
        return f"{volts if abs(volts) <= 1.2 * range_ else OPEN:+.8E}"

    device.add(
        [
            command(":CONFigure:VOLTage:DC", write=configure("DC")),
            command(":CONFigure:VOLTage:AC", write=configure("AC")),
            command(":SAMPle:COUNt", write=device.value(lambda _v: None, least=1, most=1)),
            command(":READ", query=told(read)),
        ]
    )
    return device
