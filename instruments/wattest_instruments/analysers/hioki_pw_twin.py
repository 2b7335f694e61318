"""Twin of a Hioki power analyser: headers, items, ranges by channel, and the three states of its integrator.

Number formats and over-range as the manuals and public programs show them; ranges of a 50 A sensor (recalled).
"""

from __future__ import annotations

import re
from contextlib import AbstractAsyncContextManager

from wattest.run.rehearse import Options, Rehearsal
from wattest_instruments.analysers.counter_twin import Counter
from wattest_instruments.analysers.plug import over_tcp
from wattest_instruments.analysers.printed import nr3
from wattest_instruments.analysers.table_twin import (
    DEVICE_ERROR,
    EXECUTION_ERROR,
    Register,
    Table,
    ignored,
)
from wattest_instruments.calibration import Calibration
from wattest_instruments.twins.plane import Plane
from wattest_instruments.twins.scpi import Answer, command

VOLTAGE_RANGES = (15.0, 30.0, 60.0, 150.0, 300.0, 600.0, 1500.0)
CURRENT_RANGES = (1.0, 2.0, 5.0, 10.0, 20.0, 50.0)
OVER = 1.3
"""Part of a range up to which a value is shown (recalled)."""
OVER_RANGE = "+9999.9E+99"


def build(plane: Plane, known: Calibration | None) -> HiokiTwin:
    """The instrument of a calibration file, or a PW3390."""
    return HiokiTwin(plane) if known is None else HiokiTwin(plane, serial=known.serial, model=known.model)


def hioki_pw_twin(there: Rehearsal) -> AbstractAsyncContextManager[Options]:
    """A twin with model and serial number of the calibration file, at the connector of outlet 1, over TCP."""
    return over_tcp(there, build, end=b"\r\n", ended=b"\r\n")


class HiokiTwin:
    """One analyser; each channel sees a phase of the same plane, ``123`` their sum."""

    def __init__(self, plane: Plane, *, serial: str = "140812345", model: str = "PW3390-01") -> None:
        self.identity = f"HIOKI,{model},{serial},V1.10"
        self._plane = plane
        self._small = model.startswith("PW333")
        self._count = Counter(plane)
        self._register = Register()
        self._header = True
        self._volts, self._amps = VOLTAGE_RANGES[-1], CURRENT_RANGES[-1]
        self._table = Table(
            self._register.unknown,
            *self._register.commands,
            command("*IDN", query=lambda _n, _a: self.identity),
            command(":HEADer", write=self._set_header),
            command(":VOLTage<x>:AUTO", write=ignored),
            command(":CURRent<x>:AUTO", write=ignored),
            command(
                ":VOLTage<x>:RANGe",
                write=self._set_volts,
                query=lambda _n, _a: self._headed(":VOLTAGE:RANGE", f"{self._volts:g}"),
            ),
            command(
                ":CURRent<x>:RANGe",
                write=self._set_amps,
                query=lambda _n, _a: self._headed(":CURRENT:RANGE", f"{self._amps:g}"),
            ),
            command(
                ":INTEGrate:STATe",
                write=self._integrate,
                query=lambda _n, _a: self._headed(":INTEGRATE:STATE", self._count.state),
            ),
            command(":MEASure", query=self._measure),
        )

    def handle(self, line: str) -> str | None:
        """Obey a line."""
        return self._table.handle(line)

    def interrupt(self) -> None:
        """A power failure: the integral is reset and stopped, headers are on again."""
        if self._count.running:
            self._count.stop()
        self._count.reset()

    def _headed(self, head: str, value: str) -> str:
        return f"{head} {value}" if self._header else value

    def _set_header(self, _numbers: tuple[int, ...], argument: str) -> None:
        self._header = argument.upper() == "ON"

    def _set_volts(self, _numbers: tuple[int, ...], argument: str) -> None:
        self._volts = self._range(argument, VOLTAGE_RANGES, self._volts)

    def _set_amps(self, _numbers: tuple[int, ...], argument: str) -> None:
        self._amps = self._range(argument, CURRENT_RANGES, self._amps)

    def _range(self, argument: str, ranges: tuple[float, ...], now: float) -> float:
        if self._count.running:
            self._register.complain(DEVICE_ERROR)
            return now
        return self._register.chosen(argument, ranges, now)

    def _integrate(self, _numbers: tuple[int, ...], argument: str) -> None:
        """START only from reset or stop; STOP only while it runs; RESET not while it runs."""
        word, running = argument.upper(), self._count.running
        if word == "START" and not running:
            self._count.start()
        elif word == "STOP" and running:
            self._count.stop()
        elif word == "RESET" and not running:
            self._count.reset()
        else:
            self._register.complain(DEVICE_ERROR if word in {"START", "STOP", "RESET"} else EXECUTION_ERROR)

    def _measure(self, _numbers: tuple[int, ...], argument: str) -> Answer:
        items = [item.strip() for item in argument.split(",")]
        values = [self._value(item) for item in items]
        if any(value is None for value in values):
            self._register.complain(EXECUTION_ERROR)
            return None
        shown = [
            f"{item} {value}" if self._header else str(value)
            for item, value in zip(items, values, strict=True)
        ]
        return (";" if self._small else ",").join(shown)

    def _value(self, item: str) -> str | None:
        match = re.fullmatch(r"(Urms|Irms|U|I|P|WP|WH)(\d*)", item, re.IGNORECASE)
        if match is None:
            return None
        plane = self._plane
        share = 1.0 if match[2] == "123" else 1.0 / plane.phases
        over_u = plane.voltage_v() > OVER * self._volts
        over_i = plane.current_a() > OVER * self._amps
        match match[1].upper():
            case "U" | "URMS":
                value, over = plane.voltage_v(), over_u
            case "I" | "IRMS":
                value, over = plane.current_a(), over_i
            case "P":
                value, over = plane.power_w() * share, over_u or over_i
            case _:
                return nr3(self._count.energy_wh * share, 6, plus="+", width=self._width)
        return OVER_RANGE if over else nr3(value, 5, plus="+", width=self._width)

    @property
    def _width(self) -> int:
        return 1 if self._small else 2
