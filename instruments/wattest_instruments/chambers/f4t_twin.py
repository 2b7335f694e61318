"""Twin of a Watlow F4T: control loop 1 around the simulated station, and seven event outputs.

It begins in degF, as some do. ``box.trip()`` breaks the sensor's wire: the input error is told and the box stops.
"""

from __future__ import annotations

from collections.abc import Callable

from wattest_instruments.chambers.box import FASTEST_K_PER_MIN, Box
from wattest_instruments.twins.scpi import Answer, Command, command, statements

END = b"\n"
IDENTITY = "Watlow Electric,F4T1 Controller,1234,4.02.0008"


class F4tTwin:
    """The controller. ``run_output`` is the event output that its chamber is wired to."""

    def __init__(self, box: Box, run_output: int = 1) -> None:
        self.box = box
        self.unit = "F"
        self.ramping = "OFF"
        self.rate = 0.0
        self.outputs = dict.fromkeys(range(1, 8), "OFF")
        self._run_output = run_output
        loop = ":SOURce:CLOOp1"
        self._commands: tuple[Command, ...] = (
            command("*IDN", query=lambda _n, _a: IDENTITY),
            command(":UNIT:TEMPerature", write=self._set_unit, query=lambda _n, _a: self.unit),
            command(f"{loop}:PVALue", query=lambda _n, _a: self._told(self.box.air_c())),
            command(f"{loop}:ERRor", query=lambda _n, _a: "ERROR" if self.box.tripped else "NONE"),
            command(
                f"{loop}:SPOint",
                write=self._set_point,
                query=lambda _n, _a: self._told(self.box.moving_setpoint_c()),
            ),
            command(f"{loop}:RACTion", write=self._set_action),
            command(f"{loop}:RSCAle", write=lambda _n, _a: None),
            command(f"{loop}:RRATe", write=self._set_rate, query=lambda _n, _a: f"{self.rate:.4f}"),
            command(":OUTPut<x>:STATe", write=self._set_output, query=self._output),
        )

    def handle(self, line: str) -> str | None:
        """Obey a line; what is not understood is dropped without a word."""
        answers: list[str] = []
        for header, argument in statements(line):
            for known in self._commands:
                match = known.pattern.fullmatch(header.removesuffix("?"))
                action = known.query if header.endswith("?") else known.write
                if match is not None and action is not None:
                    answer = action(tuple(int(group) for group in match.groups() if group), argument)
                    if answer is not None:
                        answers.append(answer)
        return ";".join(answers) if answers else None

    def _told(self, celsius: float) -> str:
        return f"{celsius if self.unit == 'C' else celsius * 9 / 5 + 32:.4f}"

    def _set_unit(self, _numbers: tuple[int, ...], argument: str) -> Answer:
        if argument in {"C", "F"}:
            self.unit = argument
        return None

    def _set_action(self, _numbers: tuple[int, ...], argument: str) -> Answer:
        if argument in {"OFF", "STARTUP", "SETPOINT", "BOTH"}:
            self.ramping = argument
        return None

    def _set_rate(self, _numbers: tuple[int, ...], argument: str) -> Answer:
        return _with_number(argument, self._take_rate)

    def _take_rate(self, value: float) -> None:
        self.rate = value

    def _set_point(self, _numbers: tuple[int, ...], argument: str) -> Answer:
        return _with_number(argument, self._take_point)

    def _take_point(self, value: float) -> None:
        self.box.set_ramp(self.rate if self.ramping in {"SETPOINT", "BOTH"} else FASTEST_K_PER_MIN)
        self.box.set_point(value if self.unit == "C" else (value - 32) * 5 / 9)

    def _set_output(self, numbers: tuple[int, ...], argument: str) -> Answer:
        output = numbers[0] if numbers else 1
        if output in self.outputs and argument in {"ON", "OFF"}:
            self.outputs[output] = argument
            if output == self._run_output:
                if argument == "ON":
                    self.box.run()
                else:
                    self.box.stand_by()
        return None

    def _output(self, numbers: tuple[int, ...], _argument: str) -> Answer:
        return self.outputs.get(numbers[0] if numbers else 1)


def _with_number(argument: str, take: Callable[[float], None]) -> Answer:
    """Hand a number on; anything else is dropped, as the controller does."""
    try:
        take(float(argument))
    except ValueError:
        return None
    return None
