"""Twin of a Chroma 66202, 66203 or 66204: FETCh? with its words for no value, and energy by trigger."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager

from wattest.run.rehearse import Options, Rehearsal
from wattest_instruments.analysers.counter_twin import Counter
from wattest_instruments.analysers.plug import over_tcp
from wattest_instruments.analysers.table_twin import COMMAND_ERROR, EXECUTION_ERROR, Register, Table
from wattest_instruments.calibration import Calibration
from wattest_instruments.twins.plane import Plane
from wattest_instruments.twins.scpi import Answer, command

VOLTAGE_RANGES = {"V150": 150.0, "V300": 300.0, "V600": 600.0}
CURRENT_RANGES = {"A05": 0.5, "A2": 2.0, "A5": 5.0, "A20": 20.0}
"""Names as a public program of the 66205 has them; those of the 66202 to 66204 are assumed to be alike."""

CHANNELS = {"66203": 3, "66204": 4}


def build(plane: Plane, known: Calibration | None) -> ChromaTwin:
    """The instrument of a calibration file, or a 66204."""
    return ChromaTwin(plane) if known is None else ChromaTwin(plane, serial=known.serial, model=known.model)


def chroma_6620x_twin(there: Rehearsal) -> AbstractAsyncContextManager[Options]:
    """A twin with model and serial number of the calibration file, at the connector of outlet 1, over TCP."""
    return over_tcp(there, build)


class ChromaTwin:
    """One power meter; each channel sees a phase of the same plane. ``time_s`` is its energy time, 0 without end."""

    def __init__(
        self, plane: Plane, *, serial: str = "66204M000066", model: str = "66204", time_s: float = 0.0
    ) -> None:
        self.identity = f"Chroma ATE,{model},{serial},1.00"
        self.time_s = time_s
        self._plane = plane
        self._channels = CHANNELS.get(model, 1)
        self._count = Counter(plane)
        self._register = Register()
        self._volts, self._amps = "AUTO", "AUTO"
        self._mode = "NONE"
        self._joules = False
        self._table = Table(
            self._register.unknown,
            *self._register.commands,
            command("*IDN", query=lambda _n, _a: self.identity),
            command(":CHANnel", write=self._set_channel),
            command(":VOLTage:RANGe", write=self._set_volts, query=lambda _n, _a: self._volts),
            command(":CURRent:RANGe", write=self._set_amps, query=lambda _n, _a: self._amps),
            command(":ENERgy:MODE", write=self._set_unit),
            command(":TRIGger:MODE", write=self._set_mode, query=lambda _n, _a: self._mode),
            command(":TRIGger", write=self._trigger, query=self._triggered),
            command(":FETCh", query=self._fetch),
        )

    def handle(self, line: str) -> str | None:
        """Obey a line."""
        return self._table.handle(line)

    def _set_channel(self, _numbers: tuple[int, ...], argument: str) -> None:
        if self._channels == 1:
            self._register.complain(COMMAND_ERROR)
        elif not (argument.isdecimal() and 1 <= int(argument) <= self._channels):
            self._register.complain(EXECUTION_ERROR)

    def _set_volts(self, _numbers: tuple[int, ...], argument: str) -> None:
        self._volts = self._named(argument, VOLTAGE_RANGES, self._volts)

    def _set_amps(self, _numbers: tuple[int, ...], argument: str) -> None:
        self._amps = self._named(argument, CURRENT_RANGES, self._amps)

    def _named(self, argument: str, ranges: dict[str, float], now: str) -> str:
        if argument in ranges:
            return argument
        self._register.complain(EXECUTION_ERROR)
        return now

    def _set_unit(self, _numbers: tuple[int, ...], argument: str) -> None:
        self._joules = argument.upper() == "JOULE"

    def _set_mode(self, _numbers: tuple[int, ...], argument: str) -> None:
        self._mode = argument.upper()

    def _trigger(self, _numbers: tuple[int, ...], argument: str) -> None:
        if self._count.running:
            self._count.stop()
        if argument.upper() == "ON" and self._mode == "ENERGY":
            self._count.reset()
            self._count.start()

    def _triggered(self, _numbers: tuple[int, ...], _argument: str) -> Answer:
        if self._count.running and 0.0 < self.time_s <= self._count.elapsed_s:
            self._count.stop()
            self._count.state = "TIMEUP"
        return {"START": "RUNNING", "TIMEUP": "FINISH"}.get(self._count.state, "STOP")

    def _fetch(self, _numbers: tuple[int, ...], argument: str) -> Answer:
        plane = self._plane
        over_u = plane.voltage_v() > VOLTAGE_RANGES.get(self._volts, float("inf"))
        over_i = plane.current_a() > CURRENT_RANGES.get(self._amps, float("inf"))
        energy = self._count.energy_wh / plane.phases * (3600.0 if self._joules else 1.0)
        values = {
            "V": "-3" if over_u else f"{plane.voltage_v():.2f}",
            "I": "-3" if over_i else f"{plane.current_a():.4f}",
            "W": "-3" if over_u or over_i else f"{plane.power_w() / plane.phases:.2f}",
            "ENEG": f"{energy:.1f}",
        }
        items = [item.strip().upper() for item in argument.split(",")]
        if not set(items) <= set(values):
            self._register.complain(EXECUTION_ERROR)
            return None
        return ",".join(values[item] for item in items)
