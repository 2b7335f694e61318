"""Twin of an R&S HMC8015: functions of a channel in one answer, fixed ranges, a manual integrator.

Ranges are recalled; beyond a range it goes on showing values. Error numbers are those of SCPI-99.
"""

from __future__ import annotations

from collections import deque
from contextlib import AbstractAsyncContextManager

from wattest.run.rehearse import Options, Rehearsal
from wattest_instruments.analysers.counter_twin import Counter
from wattest_instruments.analysers.plug import over_tcp
from wattest_instruments.analysers.table_twin import Table, ignored
from wattest_instruments.calibration import Calibration
from wattest_instruments.twins.plane import Plane
from wattest_instruments.twins.scpi import Answer, command

VOLTAGE_RANGES = (5.0, 15.0, 30.0, 60.0, 150.0, 300.0, 600.0)
CURRENT_RANGES = (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0)

UNDEFINED_HEADER = (-113, "Undefined header")
OUT_OF_RANGE = (-222, "Data out of range")
NO_DATA = "9.910000E+37"


def build(plane: Plane, known: Calibration | None) -> HmcTwin:
    """The instrument of a calibration file, or an HMC8015."""
    return HmcTwin(plane) if known is None else HmcTwin(plane, serial=known.serial, model=known.model)


def rs_hmc8015_twin(there: Rehearsal) -> AbstractAsyncContextManager[Options]:
    """A twin with model and serial number of the calibration file, at the connector of outlet 1, over TCP."""
    return over_tcp(there, build)


class HmcTwin:
    """One analyser on phase 1. ``obeys`` False makes one whose integrator is started by hand only: ``press_start``."""

    def __init__(
        self, plane: Plane, *, serial: str = "012345678", model: str = "HMC8015", obeys: bool = True
    ) -> None:
        self.identity = f"Rohde&Schwarz,{model},{serial},01.403"
        self._plane = plane
        self._count = Counter(plane)
        self._errors: deque[tuple[int, str]] = deque(maxlen=32)
        self._volts, self._amps = VOLTAGE_RANGES[-1], CURRENT_RANGES[-1]
        self._functions: tuple[str, ...] = ("URMS", "IRMS", "P")
        commands = [
            command("*IDN", query=lambda _n, _a: self.identity),
            command("*CLS", write=lambda _n, _a: self._errors.clear()),
            command(":SYSTem:ERRor", query=self._error),
            command(":SYSTem:REMote", write=ignored),
            command(":SYSTem:LOCal", write=ignored),
            command(":CHANnel<x>:ACQuisition:VOLTage:RANGe:AUTO", write=ignored),
            command(":CHANnel<x>:ACQuisition:CURRent:RANGe:AUTO", write=ignored),
            command(":CHANnel<x>:ACQuisition:VOLTage:RANGe", write=self._set_volts),
            command(":CHANnel<x>:ACQuisition:CURRent:RANGe", write=self._set_amps),
            command(":CHANnel<x>:MEASurement:FORMat", write=ignored),
            command(":CHANnel<x>:MEASurement:FUNCtions", write=self._set_functions),
            command(":CHANnel<x>:MEASurement:DATA", query=self._data),
        ]
        if obeys:
            commands += [
                command(":INTegrator:STATe", write=ignored),
                command(":INTegrator:MODE", write=ignored),
                command(":INTegrator:RESet", write=self._reset),
                command(":INTegrator:STARt", write=lambda _n, _a: self.press_start()),
                command(":INTegrator:STOP", write=self._stop),
            ]
        self._table = Table(lambda: self._errors.append(UNDEFINED_HEADER), *commands)

    def handle(self, line: str) -> str | None:
        """Obey a line."""
        return self._table.handle(line)

    def press_start(self) -> None:
        """The integrator's start key."""
        if not self._count.running:
            self._count.start()

    def _stop(self, _numbers: tuple[int, ...], _argument: str) -> None:
        if self._count.running:
            self._count.stop()

    def _reset(self, numbers: tuple[int, ...], argument: str) -> None:
        self._stop(numbers, argument)
        self._count.reset()

    def _error(self, _numbers: tuple[int, ...], _argument: str) -> Answer:
        number, text = self._errors.popleft() if self._errors else (0, "No error")
        return f'{number},"{text}"'

    def _set_volts(self, _numbers: tuple[int, ...], argument: str) -> None:
        self._volts = self._range(argument, VOLTAGE_RANGES, self._volts)

    def _set_amps(self, _numbers: tuple[int, ...], argument: str) -> None:
        self._amps = self._range(argument, CURRENT_RANGES, self._amps)

    def _range(self, argument: str, ranges: tuple[float, ...], now: float) -> float:
        fitting = [range_ for range_ in ranges if argument == f"{range_:g}"]
        if not fitting:
            self._errors.append(OUT_OF_RANGE)
        return fitting[0] if fitting else now

    def _set_functions(self, _numbers: tuple[int, ...], argument: str) -> None:
        self._functions = tuple(name.strip().upper() for name in argument.split(","))

    def _data(self, _numbers: tuple[int, ...], _argument: str) -> Answer:
        return ",".join(self._value(name) for name in self._functions)

    def _value(self, name: str) -> str:
        plane = self._plane
        values = {
            "URMS": plane.voltage_v(),
            "IRMS": plane.current_a(),
            "P": plane.power_w() / plane.phases,
            "WH": self._count.energy_wh / plane.phases,
            "TIME": float(int(self._count.elapsed_s)),
            "URAN": self._volts,
            "IRAN": self._amps,
        }
        return f"{values[name]:.6E}" if name in values else NO_DATA
