"""Twin of a Thermotron 8800: the commands that its driver uses, around the simulated station.

``box.trip()`` is a trip of the Therm-Alarm, ``box.open_door()`` an open door; ``program`` runs a program.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from wattest_instruments.chambers.box import Box

END = b"\r"
RANGE_C = (-87.0, 190.0)
OK, SYNTAX, RANGE, MODE = "0", "1", "2", "3"
"""Error numbers; those of the real controller differ, and only 0 is known to all."""

_SETTING = re.compile(r"(SETP|MRMP|PALH|PALL)1,(-?\d+(?:\.\d+)?)")


@dataclass
class ThermotronTwin:
    """Channel 1 is temperature in degC."""

    box: Box
    program: bool = False
    low_c: float = RANGE_C[0]
    high_c: float = RANGE_C[1]
    stop_code: int = 0

    def handle(self, line: str) -> str | None:
        """The answer to a line; there always is one."""
        setting = _SETTING.fullmatch(line)
        if setting is not None:
            return self._set(setting[1], float(setting[2]))
        match line:
            case "IDEN?":
                return "8800 Chamber Controller"
            case "VRSN?":
                return "4.2.1"
            case "PVAR1?":
                return f"{self.box.air_c():.2f}"
            case "SETP1?":
                return f"{self.box.setpoint_c:.2f}"
            case "MRMP1?":
                return f"{self.box.ramp_k_per_min:.2f}"
            case "PALL1?":
                return f"{self.low_c:.2f}"
            case "PALH1?":
                return f"{self.high_c:.2f}"
            case "STAT?":
                return str(1 if self.program else 16 * self.box.running)
            case "SCOD?":
                return str(self._stop_code())
            case "RUNM":
                if self.box.running or self.program:
                    return MODE
                self.box.run()
                self.stop_code = 1
                return OK
            case "STOP":
                if not self.box.running and not self.program:
                    return MODE
                self.program, self.stop_code = False, 5
                self.box.stand_by()
                return OK
            case _:
                return SYNTAX

    def _set(self, name: str, value: float) -> str:
        if name == "MRMP":
            self.box.set_ramp(value)
            return OK
        if not RANGE_C[0] <= value <= RANGE_C[1]:
            return RANGE
        match name:
            case "SETP":
                self.box.set_point(value)
            case "PALL":
                self.low_c = value
            case _:
                self.high_c = value
        return OK

    def _stop_code(self) -> int:
        if self.box.door_open:
            return 26
        return 10 if self.box.tripped else self.stop_code
