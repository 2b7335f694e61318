"""Twin of a Weiss or Vötsch chamber with S!MPAC: the SimServ commands that its driver uses.

``box.trip()`` makes the second of three messages an active alarm; ``program`` runs a program that manual stop does not end.
"""

from __future__ import annotations

from dataclasses import dataclass

from wattest_instruments.chambers.box import Box

END = b"\r"
SEPARATOR = "\xb6"
"""Between the fields: the byte 0xB6."""
INPUT_RANGE_C = (-75.0, 185.0)
MESSAGES = (("Door contact open", 2), ("Overpressure in refrigerant circuit", 1), ("Water tank empty", 2))
"""Text and type: 1 alarm, 2 warning, 4 information."""

NO_CHAMBER, UNKNOWN, WRONG, NO_SUCH = "-3", "-5", "-6", "-8"
COMMANDS = frozenset(
    [
        "10012",
        "11001",
        "11002",
        "11004",
        "11066",
        "11068",
        "11070",
        "11072",
        "14001",
        "17002",
        "17005",
        "17007",
        "17009",
        "19015",
        "99997",
    ]
)


@dataclass
class SimServTwin:
    """A LabEvent with temperature only."""

    box: Box
    model: str = "LabEvent T/210/70/5"
    serial: str = "58226123450010"
    up_k_per_min: float = 0.0
    down_k_per_min: float = 0.0
    program: bool = False

    def handle(self, line: str) -> str | None:
        """The answer to a line; there always is one."""
        command, *arguments = line.split(SEPARATOR)
        if not arguments or arguments[0] != "1":
            return NO_CHAMBER
        return SEPARATOR.join(self._obey(command, arguments[1:]))

    def _obey(self, command: str, arguments: list[str]) -> tuple[str, ...]:
        match command, arguments:
            case "99997", ["1"]:
                return "1", self.model
            case "99997", ["3"]:
                return "1", self.serial
            case "10012", []:
                return "1", str(1 + 2 * (self.box.running or self.program) + 8 * self.box.tripped)
            case (("11004" | "11002" | "11066" | "11070"), ["1"]):
                return "1", self._read(command)
            case (("11001" | "11068" | "11072"), ["1", text]):
                return (self._write(command, text),)
            case "14001", ["1", "1"]:
                self.box.run()
                return ("1",)
            case "14001", ["1", "0"]:
                self.box.stand_by()
                return ("1",)
            case "19015", []:
                self.program = False
                self.box.stand_by()
                return ("1",)
            case "17002", []:
                return "1", str(len(MESSAGES))
            case (("17005" | "17007" | "17009"), [text]):
                return self._message(command, text)
            case _:
                return (WRONG if command in COMMANDS else UNKNOWN,)

    def _read(self, command: str) -> str:
        values = {
            "11004": self.box.air_c(),
            "11002": self.box.setpoint_c,
            "11066": self.up_k_per_min,
            "11070": self.down_k_per_min,
        }
        return f"{values[command]:.2f}"

    def _write(self, command: str, text: str) -> str:
        try:
            value = float(text)
        except ValueError:
            return WRONG
        match command:
            case "11001":
                if not INPUT_RANGE_C[0] <= value <= INPUT_RANGE_C[1]:
                    return WRONG
                ramp = self.down_k_per_min if value < self.box.air_c() else self.up_k_per_min
                if ramp > 0:
                    self.box.set_ramp(ramp)
                self.box.set_point(value)
            case "11068":
                self.up_k_per_min = value
            case _:
                self.down_k_per_min = value
        return "1"

    def _message(self, command: str, text: str) -> tuple[str, ...]:
        if not text.isdecimal() or not 1 <= int(text) <= len(MESSAGES):
            return (NO_SUCH,)
        words, kind = MESSAGES[int(text) - 1]
        told = {"17005": str(kind), "17007": words, "17009": str(int(self.box.tripped and kind == 1))}
        return "1", told[command]
