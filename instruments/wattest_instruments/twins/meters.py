"""Energy meters that are not there: their registers, filled from a plane of any circuit."""

from __future__ import annotations

import math
from collections.abc import Sequence

from wattest_instruments.links.modbus import Table, float32_registers
from wattest_instruments.twins.modbus import ILLEGAL_ADDRESS, Refused
from wattest_instruments.twins.plane import Plane

PAST_KWH = 1234.5
"""What the meter had counted before it came to this bench."""


class Sdm630Twin:
    """As an Eastron SDM630, as far as its driver reads it; the register steps by ``step_wh``."""

    def __init__(
        self, plane: Plane, serial: int = 18240001, step_wh: float = 10.0, system: float = 3.0
    ) -> None:
        self._plane = plane
        self._serial = serial
        self._step_wh = step_wh
        self.system = system
        self.garbled: dict[int, float] = {}
        """Values that stand in a register whatever flows."""

    def read(self, table: Table, address: int, count: int) -> Sequence[int]:
        """Input registers, serial number and system type."""
        if table == "holding" and (address, count) == (0xFC00, 2):
            return divmod(self._serial, 1 << 16)
        if table == "holding" and (address, count) == (0x0A, 2):
            return float32_registers(self.system)
        if table != "input" or count > 80 or address + count > 382:
            raise Refused(ILLEGAL_ADDRESS)
        cells = [0] * 382
        for register, value in (self._values() | self.garbled).items():
            cells[register : register + 2] = float32_registers(value)
        return cells[address : address + count]

    def write(self, table: Table, address: int, values: Sequence[int]) -> None:
        """Settings need a password that nobody gave."""
        del table, address, values
        raise Refused(ILLEGAL_ADDRESS)

    def _values(self) -> dict[int, float]:
        plane = self._plane
        counted = math.floor(plane.energy_wh() / self._step_wh + 1e-9) * self._step_wh / 1000.0
        found = {52: plane.power_w(), 70: 60.0, 72: PAST_KWH + counted, 74: 0.0}
        for phase in range(plane.phases):
            found[2 * phase] = plane.voltage_v()
            found[6 + 2 * phase] = plane.current_a()
            found[12 + 2 * phase] = plane.power_w() / plane.phases
        return found


class GavazziTwin:
    """As a Carlo Gavazzi EM24 with Ethernet, or an EM340; the register steps by 100 Wh."""

    def __init__(self, plane: Plane, serial: str = "KS2400017001A", *, ethernet: bool = True) -> None:
        self._plane = plane
        self._serial = serial.encode("latin-1")[:14].ljust(14, b"\0")
        self.code = 1648 if ethernet else 340
        self.application = 0
        self.locked = False
        """Whether the selector at the meter forbids settings."""
        self.garbled: dict[int, int] = {}
        """Numbers that stand in a register whatever flows."""

    def read(self, table: Table, address: int, count: int) -> Sequence[int]:
        """Measured values, identification, application and serial number."""
        if table not in {"holding", "input"}:
            raise Refused(ILLEGAL_ADDRESS)
        if (address, count) == (0x000B, 1):
            return (self.code,)
        if (address, count) == (0xA000, 1):
            return (self.application,)
        if (address, count) == (0x5000, 7):
            return [int.from_bytes(self._serial[n : n + 2], "big") for n in range(0, 14, 2)]
        if count > 50 or address + count > 0x50:
            raise Refused(ILLEGAL_ADDRESS)
        cells = [0] * 0x52
        for register, value in (self._values() | self.garbled).items():
            cells[register], cells[register + 1] = value & 0xFFFF, value >> 16 & 0xFFFF
        return cells[address : address + count]

    def write(self, table: Table, address: int, values: Sequence[int]) -> None:
        """The application, unless it is locked."""
        if table != "holding" or address != 0xA000 or len(values) != 1:
            raise Refused(ILLEGAL_ADDRESS)
        if not self.locked:
            self.application = values[0]

    def _values(self) -> dict[int, int]:
        plane = self._plane
        counted = math.floor(plane.energy_wh() / 100.0 + 1e-9)
        found = {0x28: round(plane.power_w() * 10), 0x34: round(PAST_KWH * 10) + counted}
        for phase in range(plane.phases):
            found[2 * phase] = round(plane.voltage_v() * 10)
            found[0x0C + 2 * phase] = round(plane.current_a() * 1000)
            found[0x12 + 2 * phase] = round(plane.power_w() / plane.phases * 10)
        return found
