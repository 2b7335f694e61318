"""Twin of a Tektronix PA1000, PA3000 or PA4000: one command per line, ranges by number, dates of calibration.

Over Ethernet every line is answered; so does this twin when it is served there. Beyond a range it goes on showing
values.
"""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from datetime import date

from wattest.run.rehearse import Options, Rehearsal
from wattest_instruments.analysers.plug import over_tcp
from wattest_instruments.analysers.table_twin import (
    COMMAND_ERROR,
    EXECUTION_ERROR,
    Register,
    Table,
    ignored,
)
from wattest_instruments.calibration import Calibration
from wattest_instruments.twins.plane import Plane
from wattest_instruments.twins.scpi import Answer, command

RANGE_NUMBERS = 10
"""So many ranges (assumed)."""


def build(plane: Plane, known: Calibration | None) -> PaTwin:
    """The instrument of a calibration file, adjusted when it was calibrated, or a PA1000."""
    if known is None:
        return PaTwin(plane)
    return PaTwin(plane, serial=known.serial, model=known.model, adjusted=known.calibrated)


def tektronix_pa_twin(there: Rehearsal) -> AbstractAsyncContextManager[Options]:
    """A twin with model and serial number of the calibration file, at the connector of outlet 1, over TCP."""
    return over_tcp(there, build)


class PaTwin:
    """One analyser on phase 1. ``answers_all`` is how it is over Ethernet."""

    def __init__(
        self,
        plane: Plane,
        *,
        serial: str = "B010123",
        model: str = "PA1000",
        adjusted: date = date(2025, 12, 1),
        answers_all: bool = True,
    ) -> None:
        self.identity = f"Tektronix,{model},{serial},1.002"
        self._plane = plane
        self._adjusted = adjusted
        self._answers_all = answers_all
        self._register = Register()
        self._numbers = {"VLT": 1, "AMP": 1}
        self._selected: list[str] = []
        self._table = Table(
            self._register.unknown,
            *self._register.commands,
            command("*IDN", query=lambda _n, _a: self.identity),
            command(":CAL:DATE", query=self._date),
            command(":SYST:ZERO", write=ignored),
            command(":BLK:DIS", write=ignored),
            command(":REM:OFF", write=ignored),
            command(":RNG:VLT:FIX", write=lambda _n, argument: self._fix("VLT", argument)),
            command(":RNG:AMP:FIX", write=lambda _n, argument: self._fix("AMP", argument)),
            command(":RNG:VLT", query=lambda _n, _a: str(self._numbers["VLT"])),
            command(":RNG:AMP", query=lambda _n, _a: str(self._numbers["AMP"])),
            command(":SEL:CLR", write=lambda _n, _a: self._selected.clear()),
            command(":SEL:VLT", write=lambda _n, _a: self._selected.append("VLT")),
            command(":SEL:AMP", write=lambda _n, _a: self._selected.append("AMP")),
            command(":SEL:WAT", write=lambda _n, _a: self._selected.append("WAT")),
            command(":FRD", query=self._results),
        )

    def handle(self, line: str) -> str | None:
        """Obey one command; two in a line are none."""
        if ";" in line:
            self._register.complain(COMMAND_ERROR)
            answer = None
        else:
            answer = self._table.handle(line)
        return "" if answer is None and self._answers_all else answer

    def _fix(self, input_: str, argument: str) -> None:
        if argument.isdecimal() and 1 <= int(argument) <= RANGE_NUMBERS:
            self._numbers[input_] = int(argument)
        else:
            self._register.complain(EXECUTION_ERROR)

    def _date(self, _numbers: tuple[int, ...], _argument: str) -> Answer:
        return f"{self._adjusted:%d-%m-%Y}"

    def _results(self, _numbers: tuple[int, ...], _argument: str) -> Answer:
        plane = self._plane
        values = {
            "VLT": plane.voltage_v(),
            "AMP": plane.current_a(),
            "WAT": plane.power_w() / plane.phases,
        }
        return ",".join(f"{values[name]:.5E}" for name in self._selected)
