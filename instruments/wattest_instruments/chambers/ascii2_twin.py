"""Twin of a Vötsch VC3 chamber with ASCII-2: seven analogue and 32 digital channels, all set at once or none."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from wattest_instruments.chambers.box import Box

ANALOGUE = 7
DIGITAL = 32
_FIXED = re.compile(r"-?\d{3,4}\.\d")


@dataclass
class Ascii2Twin:
    """Temperature, humidity, fan speed, four measured values without a nominal one. ``local`` refuses to be set."""

    box: Box
    local: bool = False
    nominal: list[str] = field(default_factory=lambda: ["0000.0", "0080.0", "0090.0", *["0000.0"] * 4])
    digital: str = "0" * DIGITAL

    def handle(self, line: str) -> str | None:
        """The answer to a line; None when it is for another address or not understood, as chambers do."""
        if line == "$01I":
            return self._told()
        if line.startswith("$01E "):
            return self._set(line.split()[1:])
        return None

    def _told(self) -> str:
        nominal = [f"{self.box.setpoint_c:06.1f}", *self.nominal[1:]]
        actual = [
            f"{self.box.air_c():06.1f}",
            "0041.7",
            self.nominal[2],
            "0023.8",
            "0022.2",
            "0025.5",
            "0024.4",
        ]
        pairs = " ".join(f"{wanted} {there}" for wanted, there in zip(nominal, actual, strict=True))
        return f"{pairs} {self.digital[0]}{int(self.box.running)}{self.digital[2:]}"

    def _set(self, fields: list[str]) -> str | None:
        *values, digital = fields
        sound = len(values) == ANALOGUE and all(_FIXED.fullmatch(value) for value in values)
        if not sound or not re.fullmatch(f"[01]{{{DIGITAL}}}", digital):
            return None
        if self.local:
            return "0"
        self.nominal, self.digital = values, digital
        self.box.setpoint_c = float(values[0])
        if digital[1] == "1":
            self.box.run()
        else:
            self.box.stand_by()
        return "0"
