"""Twin of a ZES LMG600: the short commands that its driver uses. Ranges are recalled; beyond a range it goes on."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager

from wattest.run.rehearse import Options, Rehearsal
from wattest_instruments.analysers.plug import over_tcp
from wattest_instruments.analysers.table_twin import Register, Table, ignored
from wattest_instruments.calibration import Calibration
from wattest_instruments.twins.plane import Plane
from wattest_instruments.twins.scpi import command

VOLTAGE_RANGES = (3.0, 6.0, 12.5, 25.0, 60.0, 130.0, 250.0, 400.0, 600.0, 1000.0)
CURRENT_RANGES = (0.15, 0.3, 0.6, 1.2, 2.5, 5.0, 10.0, 20.0, 32.0)


def build(plane: Plane, known: Calibration | None) -> LmgTwin:
    """The instrument of a calibration file, or an LMG670."""
    return LmgTwin(plane) if known is None else LmgTwin(plane, serial=known.serial, model=known.model)


def zes_lmg_twin(there: Rehearsal) -> AbstractAsyncContextManager[Options]:
    """A twin with model and serial number of the calibration file, at the connector of outlet 1, over TCP."""
    return over_tcp(there, build)


class LmgTwin:
    """One analyser. It begins with SCPI commands, of which this twin knows none, until ``*ZLANG SHORT``."""

    def __init__(self, plane: Plane, *, serial: str = "12345678", model: str = "LMG670") -> None:
        self.identity = f"ZES ZIMMER Electronic Systems GmbH,{model},{serial},10.043"
        self._plane = plane
        self._register = Register()
        self._short = False
        self._volts, self._amps = VOLTAGE_RANGES[-1], CURRENT_RANGES[-1]
        self._common = Table(
            self._register.unknown,
            *self._register.commands,
            command("*IDN", query=lambda _n, _a: self.identity),
            command("*ZLANG", write=self._set_language),
        )
        self._table = Table(
            self._register.unknown,
            *self._common.commands,
            command(":FRMT", write=ignored),
            command(":UAUTO<x>", write=ignored),
            command(":IAUTO<x>", write=ignored),
            command(":URNG<x>", write=self._set_volts, query=lambda _n, _a: f"{self._volts:.5E}"),
            command(":IRNG<x>", write=self._set_amps, query=lambda _n, _a: f"{self._amps:.5E}"),
            command(":INIM", write=ignored),
            command(":UTRMS<x>", query=lambda _n, _a: f"{plane.voltage_v():.5E}"),
            command(":ITRMS<x>", query=lambda _n, _a: f"{plane.current_a():.5E}"),
            command(":P<x>", query=lambda _n, _a: f"{plane.power_w() / plane.phases:.5E}"),
            command(":GTL", write=ignored),
        )

    def handle(self, line: str) -> str | None:
        """Obey a line."""
        return (self._table if self._short else self._common).handle(line)

    def _set_language(self, _numbers: tuple[int, ...], argument: str) -> None:
        self._short = argument.upper() == "SHORT"

    def _set_volts(self, _numbers: tuple[int, ...], argument: str) -> None:
        self._volts = self._register.chosen(argument, VOLTAGE_RANGES, self._volts)

    def _set_amps(self, _numbers: tuple[int, ...], argument: str) -> None:
        self._amps = self._register.chosen(argument, CURRENT_RANGES, self._amps)
