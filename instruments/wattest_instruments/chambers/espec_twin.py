"""Twin of an ESPEC chamber: the lines that its driver uses, around the simulated station.

``box`` is set by tests: ``trip`` raises an alarm, ``protected`` locks the panel, ``program`` starts a program.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from wattest_instruments.chambers.box import Box

END = b"\r\n"
RANGE_C = (-75.0, 180.0)
ALARM = 3
"""The number under which this chamber reports that its protection stopped it."""

_SETTING = re.compile(r"([SHL])(-?\d+(?:\.\d+)?)")


@dataclass
class EspecTwin:
    """A P-300 with temperature and humidity."""

    box: Box
    protected: bool = False
    program: bool = False
    low_c: float = RANGE_C[0]
    high_c: float = RANGE_C[1]
    on: bool = True
    wet_pct: float | None = None
    """Set point of the humidity; None is off."""

    def handle(self, line: str) -> str | None:
        """The answer to a line; there always is one."""
        head, _, rest = line.partition(",")
        rest = rest.strip()
        match head:
            case "TYPE?":
                return "T,T,P300,180.0"
            case "ROM?":
                return "P300 2.10"
            case "MON?":
                return f"{self.box.air_c():.1f},{self.box.humidity_pct():.0f},{self._mode()},{int(self.box.tripped)}"
            case "MODE?":
                return self._mode()
            case "TEMP?":
                return f"{self.box.air_c():.1f},{self.box.setpoint_c:.1f},{self.high_c:.1f},{self.low_c:.1f}"
            case "HUMI?":
                wanted = "OFF" if self.wet_pct is None else f"{self.wet_pct:.1f}"
                return f"{self.box.humidity_pct():.1f},{wanted},100.0,0.0"
            case "ALARM?":
                return f"1,{ALARM}" if self.box.tripped else "0"
            case "TEMP" | "HUMI" | "MODE" | "POWER" if self.protected:
                return "NA:PROTECT ON"
            case "TEMP":
                return self._temperature(rest)
            case "HUMI":
                return self._humidity(rest)
            case "MODE":
                return self._set_mode(rest)
            case "POWER" if rest == "ON":
                return self._set_mode("CONSTANT", f"OK:{head},{rest}")
            case _:
                return "NA:CMD ERR"

    def _mode(self) -> str:
        if self.program:
            return "RUN"
        if self.box.running:
            return "CONSTANT"
        return "STANDBY" if self.on else "OFF"

    def _temperature(self, text: str) -> str:
        found = _SETTING.findall(text)
        if not found or " ".join(f"{letter}{value}" for letter, value in found) != text:
            return "NA:PARA ERR"
        new = {letter: float(value) for letter, value in found}
        low, high = new.get("L", self.low_c), new.get("H", self.high_c)
        point = new.get("S", self.box.setpoint_c)
        if not RANGE_C[0] <= low < high <= RANGE_C[1] or ("S" in new and not low <= point <= high):
            return "NA:DATA OUT OF RANGE"
        self.low_c, self.high_c = low, high
        if "S" in new:
            self.box.set_point(point)
        return f"OK:TEMP, {text}"

    def _humidity(self, text: str) -> str:
        if text == "SOFF":
            self.wet_pct = None
            return "OK:HUMI,SOFF"
        found = _SETTING.fullmatch(text)
        if found is None or found[1] != "S":
            return "NA:PARA ERR"
        if not 0.0 <= float(found[2]) <= 100.0:
            return "NA:DATA OUT OF RANGE"
        self.wet_pct = float(found[2])
        self.box.set_humidity(self.wet_pct)
        return f"OK:HUMI, {text}"

    def _set_mode(self, mode: str, answer: str = "") -> str:
        if mode == "CONSTANT":
            if self.box.tripped:
                return "NA:CHB NOT READY"
            self.on, self.program = True, False
            self.box.run()
        elif mode in {"STANDBY", "OFF"}:
            self.on, self.program = mode == "STANDBY", False
            self.box.stand_by()
        else:
            return "NA:PARA ERR"
        return answer or f"OK:MODE,{mode}"
