"""Eastron SDM630-Modbus: a three-phase meter for a rail, up to 100 A direct, by Modbus.

Bench entry::

    reference_meter:
      {driver: eastron_sdm630, resource: /dev/ttyUSB0, device_id: 1, baud: 9600, calibration: my_sdm630.yaml}

Input registers hold IEEE 754 floats, high word first: volts 0, 2, 4; amperes 6, 8, 10; watts 52 in total; kWh
imported 72. All are read in one request of 74 registers, of the 80 that the meter gives at once (manual of the
SDM630-Modbus MID V2, and EVerest's register list). The serial number in the holding registers FC00 is recalled
for this model, and found in the manual of the SDM320Y; it is asked for only when there is a calibration file.
The step of 10 Wh is recalled from the display. Tried on the twin only.
"""

from __future__ import annotations

import math
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Annotated

from wattest.document.quantity import Current, Duration, Energy, Voltage
from wattest.document.signature import Between
from wattest.errors import BenchError, InstrumentError
from wattest.roles import Identity, ReferenceMeter, Surroundings
from wattest.run.rehearse import Options, Rehearsal
from wattest_instruments.calibration import calibration_of
from wattest_instruments.links.modbus import ModbusLink, Probe, float32
from wattest_instruments.links.ports import Parity, Speed
from wattest_instruments.links.protocol_wattest import plugged_in
from wattest_instruments.meters.register_meter import (
    Block,
    Digits,
    Limits,
    RegisterMeter,
    Wiring,
    most,
)
from wattest_instruments.notation import float32_digits
from wattest_instruments.twins.meters import Sdm630Twin
from wattest_instruments.twins.modbus import RtuLine
from wattest_instruments.twins.plane import OutletPlane

VOLTS, AMPS, WATTS, KWH = (0, 2, 4), (6, 8, 10), 52, 72
REGISTERS = 74
SERIAL = Probe("holding", 0xFC00, 2)
SYSTEM_TYPE = 0x0A
SYSTEM_TYPES = {1: "1P2W", 2: "3P3W", 3: "3P4W"}


def eastron_sdm630(
    around: Surroundings,
    *,
    resource: str,
    device_id: Annotated[int, Between(1, 247)] = 1,
    baud: Annotated[int, Between(2400, 38400)] = 9600,
    parity: Parity = "none",
    wiring: Wiring = "P1W2",
    voltage_limit: Voltage = 300.0,
    current_limit: Current = 100.0,
    resolution: Energy = 10.0,
    timeout: Duration = 2.0,
    calibration: str | None = None,
) -> ReferenceMeter:
    """An Eastron SDM630 as reference meter.

    Args:
        around: what the bench gives to every driver
        resource: serial port, or tcp://host[:502] of a gateway
        device_id: its number on the line
        baud: as set in the meter
        parity: as set in the meter
        wiring: P1W2 for one phase, P3W4 for the sum of three
        voltage_limit: above this a voltage is over-range
        current_limit: above this a current is over-range
        resolution: step of the energy register
        timeout: how long an answer may take
        calibration: file with serial number, due date and limits of error; without it no reading has an uncertainty
    """
    known = calibration_of(calibration, around.folder)
    link = ModbusLink(
        around,
        resource,
        device_id=device_id,
        speed=Speed(baud, parity),
        timeout_s=timeout,
        probe=None if known is None else SERIAL,
    )
    meter = _Sdm630(link, wiring)
    limits = Limits(voltage_limit, current_limit, len(meter.phases), resolution)
    return RegisterMeter(
        around, link.place, limits, known, enter=meter.enter, block=meter.block, leave=link.close
    )


@asynccontextmanager
async def eastron_sdm630_twin(there: Rehearsal) -> AsyncIterator[Options]:
    """A meter with the serial number of the calibration file, in memory, at the connector of outlet 1 or where it is put."""
    serial = "18240001"
    known = calibration_of(there.options["calibration"], there.folder)
    if known is not None:
        serial = known.serial
    if not serial.isdecimal():
        raise BenchError(
            f"{there.role} (eastron_sdm630): its calibration file has the serial number {serial!r}; this meter states "
            "digits only."
        )
    twin = Sdm630Twin(there.plane or OutletPlane(there.world), int(serial), there.options["resolution"])
    with plugged_in(there.role, RtuLine(twin, there.options["device_id"])) as resource:
        yield {"resource": resource}


class _Sdm630:
    def __init__(self, link: ModbusLink, wiring: Wiring) -> None:
        self.phases = (0,) if wiring == "P1W2" else (0, 1, 2)
        self._link = link
        self._wiring = wiring

    async def enter(self) -> Identity:
        serial = await self._link.open()
        try:
            await self._check_system()
        except InstrumentError:
            await self._link.close()
            raise
        return Identity("Eastron", "SDM630", str(serial[0] << 16 | serial[1]) if serial else "")

    async def _check_system(self) -> None:
        """A meter set to one phase would leave two out."""
        heard = await self._link.read(
            "holding", SYSTEM_TYPE, 2, shown=lambda registers: float32_digits(float32(*registers))
        )
        system = float32(*heard.values)
        if system not in SYSTEM_TYPES:
            raise InstrumentError(
                f"{self._link.place} says that its system type is {float32_digits(system)}, which an SDM630 has not (1, 2 or 3): "
                "is it one?"
            )
        if self._wiring == "P3W4" and system != 3:
            raise InstrumentError(
                f"{self._link.place} is set to {SYSTEM_TYPES[int(system)]}, and the bench file says P3W4: set 3P4W at the "
                "meter."
            )

    async def block(self) -> Block:
        heard = await self._link.read("input", 0, REGISTERS, shown=_numbers)
        texts = _numbers(heard.values).split(",")

        def at(register: int) -> Digits:
            index = register // 2
            return Digits(texts[index], float(texts[index]), heard.seq, index)

        energy = at(KWH)
        return Block(
            most(tuple(at(VOLTS[phase]) for phase in self.phases)),
            most(tuple(at(AMPS[phase]) for phase in self.phases)),
            at(WATTS),
            replace(energy, spacing=_spacing(energy.value)),
        )


def _numbers(registers: tuple[int, ...]) -> str:
    """Every pair of registers as a number."""
    return ",".join(
        float32_digits(float32(high, low)) for high, low in zip(registers[::2], registers[1::2], strict=True)
    )


def _spacing(value: float) -> float:
    """How far the next 32 bit float is: 0.0078125 from 65536 on."""
    return 2.0 ** (math.frexp(value)[1] - 24) if math.isfinite(value) else 0.0
