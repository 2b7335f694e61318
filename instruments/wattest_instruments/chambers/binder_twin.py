"""Twin of a Binder MK 53 with the controller MB1: its holding registers, around the simulated station.

``box.trip()`` sets the alarm and its text and ends every mode; ``automatic`` runs a program.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from wattest_instruments.chambers.box import Box
from wattest_instruments.links.modbus import Table, float32, float32_registers
from wattest_instruments.twins.modbus import ILLEGAL_ADDRESS, ILLEGAL_VALUE, Refused

AIR, SETPOINT, MANUAL_SETPOINT, BASIC_SETPOINT = 0x11A9, 0x1077, 0x1581, 0x156F
MODE, ALARM_TEXT, ALARM = 0x1A22, 0x1228, 0x123D
TEXT_LENGTH = 20

IDLE, AUTOMATIC, MANUAL, BASIC = 0, 0x0400, 0x0800, 0x1000
MODES = AUTOMATIC | MANUAL | BASIC

RANGE_C = (-40.0, 180.0)
ALARM_WORDS = "Safety controller"


@dataclass
class BinderTwin:
    """Its basic mode is as good as its manual mode."""

    box: Box
    automatic: bool = False
    basic_c: float = 23.0

    def read(self, table: Table, address: int, count: int) -> Sequence[int]:
        """One whole value; anything else is no address of this device."""
        known = {
            AIR: _float(self.box.air_c()),
            SETPOINT: _float(self.box.setpoint_c),
            MANUAL_SETPOINT: _float(self.box.setpoint_c),
            BASIC_SETPOINT: _float(self.basic_c),
            MODE: (self._mode(),),
            ALARM: (int(self.box.tripped),),
            ALARM_TEXT: tuple(map(ord, (ALARM_WORDS if self.box.tripped else "").ljust(TEXT_LENGTH))),
        }
        values = known.get(address, ()) if table == "holding" else ()
        if len(values) != count:
            raise Refused(ILLEGAL_ADDRESS)
        return values

    def write(self, table: Table, address: int, values: Sequence[int]) -> None:
        """Both set points, and the mode."""
        if table == "holding" and address == MODE and len(values) == 1:
            self._set_mode(values[0])
        elif table == "holding" and address in {MANUAL_SETPOINT, BASIC_SETPOINT} and len(values) == 2:
            celsius = float32(values[1], values[0])
            if not RANGE_C[0] <= celsius <= RANGE_C[1]:
                raise Refused(ILLEGAL_VALUE)
            if address == MANUAL_SETPOINT:
                self.box.set_point(celsius)
            else:
                self.basic_c = celsius
        else:
            raise Refused(ILLEGAL_ADDRESS)

    def _mode(self) -> int:
        if self.automatic:
            return AUTOMATIC
        return MANUAL if self.box.running else IDLE

    def _set_mode(self, mode: int) -> None:
        if mode not in {IDLE, MANUAL, BASIC}:
            raise Refused(ILLEGAL_VALUE)
        self.automatic = False
        if mode == IDLE:
            self.box.stand_by()
        else:
            self.box.run()


def _float(celsius: float) -> tuple[int, int]:
    """Low word first."""
    high, low = float32_registers(celsius)
    return low, high
