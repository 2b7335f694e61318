"""Binder chambers with the controller MB1, such as the MK 53, over Modbus.

Bench entry::

    chamber:
      driver: binder
      resource: "socket://192.0.2.25:10001"     # RTU frames on TCP; or /dev/ttyUSB0 (RS-422, 9600 baud 8N1)
      low_limit: -38 degC
      high_limit: 60 degC
      accuracy: 1 K

Numbers are IEEE 754 in two registers, low word first. The chamber tells neither maker nor serial number: it is recognised by
a mode and an air temperature that make sense. It has no public ramp, so the driver moves the set point in steps,
and no public limits: the driver alone keeps those of the bench file. An alarm and its text stand in registers that were
found by trying; the one said to hold the door is disputed, so the door is left out. The MB2, the MCS and the MK 56 have other
registers and are left out too.

Registers: SiLab/basil (MK 53), ecree-solarflare/ovenctl; tried on the twin only.
"""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated
from weakref import WeakKeyDictionary

from wattest.document.quantity import Temperature, TemperatureDifference
from wattest.document.signature import Between
from wattest.errors import InstrumentError
from wattest.roles import Chamber, Identity, Surroundings
from wattest.run.rehearse import Options, Rehearsal
from wattest.world import World
from wattest_instruments.chambers.binder_twin import (
    AIR,
    ALARM,
    ALARM_TEXT,
    AUTOMATIC,
    BASIC_SETPOINT,
    IDLE,
    MANUAL,
    MANUAL_SETPOINT,
    MODE,
    MODES,
    SETPOINT,
    TEXT_LENGTH,
    BinderTwin,
)
from wattest_instruments.chambers.box import Box
from wattest_instruments.chambers.chamber import ClimateChamber, Limits
from wattest_instruments.chambers.controller import Look
from wattest_instruments.links.modbus import ModbusLink, float32, float32_registers
from wattest_instruments.links.ports import Speed, in_memory
from wattest_instruments.links.protocol_wattest import register
from wattest_instruments.twins.modbus import RtuLine, serve_modbus

PLAUSIBLE_C = (-100.0, 250.0)
"""The air of a chamber; anything else is no chamber of this kind."""

_worlds: WeakKeyDictionary[World, int] = WeakKeyDictionary()
_numbers = itertools.count(1)


def binder(
    around: Surroundings,
    *,
    resource: str,
    low_limit: Temperature,
    high_limit: Temperature,
    accuracy: TemperatureDifference | None = None,
    device_id: Annotated[int, Between(1, 247)] = 1,
    baud: Annotated[int, Between(1200, 115200)] = 9600,
) -> Chamber:
    """A Binder chamber with an MB1 controller.

    With a resource ``wattest://...`` on a simulated bench, a twin stands around the station of that bench's own world.

    Args:
        around: what the bench gives to every driver
        resource: socket://host:10001, tcp://host:502, or a serial port
        low_limit: the coldest air that chamber and station allow
        high_limit: the warmest air that chamber and station allow
        accuracy: limit of error of the chamber's thermometer; without it no reading has an uncertainty
        device_id: the chamber's number on the line
        baud: of a serial line
    """
    if in_memory(resource) and isinstance(around.world, World):
        number = _worlds.setdefault(around.world, next(_numbers))
        twin = BinderTwin(Box(around.world.climate))
        resource = register(f"{resource.partition('://')[2]}-{number}", RtuLine(twin, device_id))
    link = ModbusLink(around, resource, device_id=device_id, speed=Speed(baud))
    return ClimateChamber(around, Binder(link), Limits(low_limit, high_limit), accuracy)


@asynccontextmanager
async def binder_twin(there: Rehearsal) -> AsyncIterator[Options]:
    """A twin around the station of the simulated world, by Modbus TCP."""
    twin = BinderTwin(Box(there.world.climate))
    async with serve_modbus(twin, device_id=there.options.get("device_id", 1)) as server:
        yield {"resource": server.address}


class Binder:
    """The dialect: a few holding registers."""

    name = "binder"
    ramps = False

    def __init__(self, link: ModbusLink) -> None:
        self._link = link

    @property
    def place(self) -> str:
        """Address and device."""
        return self._link.place

    async def open(self) -> Identity:
        """Recognised by what makes sense in its registers; it tells neither maker nor serial number."""
        await self._link.open()
        mode, _ = await self._word(MODE)
        air, _, _ = await self._number(AIR)
        if mode & ~MODES or not PLAUSIBLE_C[0] <= air <= PLAUSIBLE_C[1]:
            raise InstrumentError(
                f"{self.place} has mode {mode:#06x} and {air:g} degC where a Binder MB1 keeps its mode and its air temperature: "
                "that is none. Correct the resource in the bench file, or choose the driver of that chamber."
            )
        return Identity("Binder", "MB1", "")

    async def set_limits(self, low_c: float, high_c: float) -> None:
        """Nothing: no public register holds them."""

    async def look(self) -> Look:
        """Air, set point, mode, alarm and, when there is one, its text."""
        _, air, air_seq = await self._number(AIR)
        setpoint_c, _, setpoint_seq = await self._number(SETPOINT)
        mode, mode_seq = await self._word(MODE)
        alarm, alarm_seq = await self._word(ALARM)
        return Look(
            air,
            air_seq,
            setpoint_c,
            bool(mode & MODES),
            (air_seq, setpoint_seq, mode_seq, alarm_seq),
            alarms=(await self._text(),) if alarm else (),
            program=bool(mode & AUTOMATIC),
        )

    async def set_point(self, temperature_c: float, ramp_k_per_min: float) -> None:
        """The set points of manual and of basic mode, the former read back."""
        del ramp_k_per_min
        high, low = float32_registers(temperature_c)
        for address in (MANUAL_SETPOINT, BASIC_SETPOINT):
            await self._link.write_registers(address, (low, high))
        got, _, _ = await self._number(MANUAL_SETPOINT)
        if abs(got - temperature_c) > 0.06:
            raise InstrumentError(
                f"{self.place} was given the set point {temperature_c:g} degC and keeps {got:g} degC: choose one within its range."
            )

    async def run(self) -> None:
        """Manual mode, read back."""
        await self._set_mode(MANUAL)

    async def standby(self) -> None:
        """Idle mode, read back."""
        await self._set_mode(IDLE)

    async def close(self) -> None:
        """Let go of the link."""
        await self._link.close()

    async def _set_mode(self, mode: int) -> None:
        await self._link.write_register(MODE, mode)
        got, _ = await self._word(MODE)
        if got & MODES != mode:
            raise InstrumentError(
                f"{self.place} was told mode {mode:#06x} and is in mode {got:#06x}: look at its display."
            )

    async def _word(self, address: int) -> tuple[int, int]:
        heard = await self._link.read("holding", address, 1)
        return heard.values[0], heard.seq

    async def _number(self, address: int) -> tuple[float, str, int]:
        """A number, its digits as they stand in the record, and the entry."""
        heard = await self._link.read("holding", address, 2, shown=_digits)
        digits = _digits(heard.values)
        return float(digits), digits, heard.seq

    async def _text(self) -> str:
        """One character in each register."""

        def shown(values: tuple[int, ...]) -> str:
            return "".join(chr(value & 0xFF) for value in values).strip(" \0")

        heard = await self._link.read("holding", ALARM_TEXT, TEXT_LENGTH, shown=shown)
        return shown(heard.values) or "an alarm without a text"


def _digits(registers: tuple[int, ...]) -> str:
    """A number as the record holds it: three decimals are more than the sensor has."""
    low, high = registers
    return f"{float32(high, low):.3f}"
