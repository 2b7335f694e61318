"""Carlo Gavazzi EM24 (Ethernet) and EM340: three-phase meters for a rail, 65 A direct, by Modbus.

Bench entries::

    reference_meter: {driver: carlo_gavazzi_em, model: em24, resource: "tcp://192.0.2.30", calibration: my_em24.yaml}

or::

    reference_meter: {driver: carlo_gavazzi_em, model: em340, resource: /dev/ttyUSB0, device_id: 1}

Registers hold signed 32 bit numbers, low word first: V/10 from 0, A/1000 from 000C, W/10 of all phases at 0028,
kWh/10 at 0034. Current, power and energy come in one request of 42 registers, voltage in one before: an EM340
gives 50 at once (recalled). The identification code at 000B, the serial number from 5000 on and the application
A000, which must be 7 ("H") in an EM24, are found in Victron's driver; that 7FFFFFFF means over-range is
recalled. Tried on the twin only.

The register steps by 100 Wh: a comparison at 0.5 % needs 20 kWh to 40 kWh.
"""

from __future__ import annotations

import math
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, Literal

from wattest.document.quantity import Current, Duration, Voltage
from wattest.document.signature import Between
from wattest.errors import InstrumentError
from wattest.roles import Identity, ReferenceMeter, Surroundings
from wattest.run.rehearse import Options, Rehearsal
from wattest_instruments.calibration import calibration_of
from wattest_instruments.links.modbus import Heard, ModbusLink, Probe, int32
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
from wattest_instruments.twins.meters import GavazziTwin
from wattest_instruments.twins.modbus import RtuLine
from wattest_instruments.twins.plane import OutletPlane

Model = Literal["em24", "em340"]

VOLTS, AMPS, WATTS, KWH = 0x0000, 0x000C, 0x0028, 0x0034
SERIAL = Probe("holding", 0x5000, 7)
IDENTIFICATION = 0x000B
APPLICATION, APPLICATION_H = 0xA000, 7
EM24_CODES = range(1648, 1654)
"""What an EM24 with Ethernet states (found in Victron's driver)."""
STEP_WH = 100.0
OVER = 0x7FFFFFFF


def carlo_gavazzi_em(
    around: Surroundings,
    *,
    resource: str,
    model: Model,
    device_id: Annotated[int, Between(1, 247)] = 1,
    baud: Annotated[int, Between(9600, 115200)] = 9600,
    parity: Parity = "none",
    wiring: Wiring = "P1W2",
    voltage_limit: Voltage = 300.0,
    current_limit: Current = 65.0,
    timeout: Duration = 2.0,
    calibration: str | None = None,
) -> ReferenceMeter:
    """A Carlo Gavazzi EM24 or EM340 as reference meter.

    Args:
        around: what the bench gives to every driver
        resource: tcp://host[:502], or a serial port
        model: em24 or em340
        device_id: its number on the line
        baud: as set in the meter
        parity: as set in the meter
        wiring: P1W2 for one phase, P3W4 for the sum of three
        voltage_limit: above this a voltage is over-range
        current_limit: above this a current is over-range
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
        probe=SERIAL,
    )
    meter = _Gavazzi(link, model, wiring)
    limits = Limits(voltage_limit, current_limit, len(meter.phases), STEP_WH)
    return RegisterMeter(
        around, link.place, limits, known, enter=meter.enter, block=meter.block, leave=link.close
    )


@asynccontextmanager
async def carlo_gavazzi_em_twin(there: Rehearsal) -> AsyncIterator[Options]:
    """A meter with the serial number of the calibration file, in memory, at the connector of outlet 1 or where it is put."""
    serial = "KS2400017001A"
    known = calibration_of(there.options["calibration"], there.folder)
    if known is not None:
        serial = known.serial
    twin = GavazziTwin(
        there.plane or OutletPlane(there.world), serial, ethernet=there.options["model"] == "em24"
    )
    with plugged_in(there.role, RtuLine(twin, there.options["device_id"])) as resource:
        yield {"resource": resource}


class _Gavazzi:
    def __init__(self, link: ModbusLink, model: Model, wiring: Wiring) -> None:
        self.phases = (0,) if wiring == "P1W2" else (0, 1, 2)
        self._link = link
        self._model = model

    async def enter(self) -> Identity:
        serial = await self._link.open()
        try:
            code = (await self._link.read("holding", IDENTIFICATION, 1)).values[0]
            await self._check(code)
        except InstrumentError:
            await self._link.close()
            raise
        text = b"".join(register.to_bytes(2, "big") for register in serial).decode("latin-1")
        return Identity(
            "Carlo Gavazzi", self._model.upper(), text.strip("\0 "), f"identification code {code}"
        )

    async def _check(self, code: int) -> None:
        """The model of the bench file, and in an EM24 the application in which the registers are these."""
        if (code in EM24_CODES) != (self._model == "em24"):
            raise InstrumentError(
                f"{self._link.place} states the identification code {code}, which is "
                f"{'an EM24' if code in EM24_CODES else 'no EM24 with Ethernet'}; the bench file says {self._model}: correct "
                "the model or the address."
            )
        if self._model != "em24":
            return
        if (await self._link.read("holding", APPLICATION, 1)).values[0] == APPLICATION_H:
            return
        await self._link.write_register(APPLICATION, APPLICATION_H)
        got = (await self._link.read("holding", APPLICATION, 1)).values[0]
        if got != APPLICATION_H:
            raise InstrumentError(
                f"{self._link.place} was set to application H (7) and is in {got}: turn the selector at the meter away "
                "from 'lock', or set it there."
            )

    async def block(self) -> Block:
        volts = await self._link.read("holding", VOLTS, 6, shown=_tenths)
        rest = await self._link.read("holding", AMPS, KWH + 2 - AMPS, shown=_mixed)
        return Block(
            most(tuple(_at(volts, _tenths, phase) for phase in self.phases)),
            most(tuple(_at(rest, _mixed, phase) for phase in self.phases)),
            _at(rest, _mixed, (WATTS - AMPS) // 2),
            _at(rest, _mixed, (KWH - AMPS) // 2),
        )


def _at(heard: Heard, shown: _Shown, index: int) -> Digits:
    text = shown(heard.values).split(",")[index]
    return Digits(text, math.inf if text == "INF" else float(text), heard.seq, index)


class _Shown:
    """Numbers of 32 bits, low word first, divided by a power of ten that depends on their place."""

    def __init__(self, *decimals: int) -> None:
        self._decimals = decimals

    def __call__(self, registers: tuple[int, ...]) -> str:
        numbers = [int32(high, low) for low, high in zip(registers[::2], registers[1::2], strict=True)]
        return ",".join(self._text(number, index) for index, number in enumerate(numbers))

    def _text(self, number: int, index: int) -> str:
        decimals = self._decimals[min(index, len(self._decimals) - 1)]
        return "INF" if number == OVER else f"{number / 10**decimals:.{decimals}f}"


_tenths = _Shown(1)
_mixed = _Shown(3, 3, 3, 1)
"""Three currents in thousandths, then tenths. What is no quantity of these stands between them and is not used."""
