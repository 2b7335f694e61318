"""Yokogawa WT power analysers, from the WT310E to the WT5000: the reference for energy.

Bench entry::

    reference_meter:
      driver: yokogawa_wt
      resource: "TCPIP::192.0.2.10::INSTR"
      current_range: 50 A
      calibration: my_wt1804e.yaml      # beside the bench file, or among fixtures/calibration

Ranges are fixed and read back, since a change of range leaves a gap in an integration. After every setting the
error queue is read. Commands: IM WT1801E-17EN, IM WT310E-17EN (recalled; tried on the twin only).
"""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, Literal
from weakref import WeakKeyDictionary

import pyvisa_wattest
from wattest.document.quantity import Current, Voltage
from wattest.document.signature import Between
from wattest.errors import BenchError, InstrumentError
from wattest.roles import Component, Identity, PowerReading, Reading, ReferenceMeter, Surroundings
from wattest.run.rehearse import Options, Rehearsal
from wattest.world import World
from wattest_instruments.calibration import Calibration, find_calibration, read_calibration
from wattest_instruments.identify import identify
from wattest_instruments.link import Heard, VisaLink
from wattest_instruments.notation import last_digit, number
from wattest_instruments.twins.plane import OutletPlane
from wattest_instruments.twins.server import serve_scpi
from wattest_instruments.twins.wt import WtTwin

Wiring = Literal["P1W2", "P3W4"]

ITEMS = ("U", "I", "P", "WH", "TIME")

NO_DATA = "no data"
OVER_RANGE = "over-range"
BROKEN_OFF = "integration broken off"
NOT_CALIBRATED = "no calibration"

_worlds: WeakKeyDictionary[World, str] = WeakKeyDictionary()
_numbers = itertools.count(1)


def yokogawa_wt(
    around: Surroundings,
    *,
    resource: str,
    library: str = "@py",
    voltage_range: Voltage = 300.0,
    current_range: Current = 50.0,
    element: Annotated[int, Between(1, 7)] = 1,
    wiring: Wiring = "P1W2",
    calibration: str | None = None,
) -> ReferenceMeter:
    """A Yokogawa WT analyser as reference meter.

    With the library ``@wattest`` on a simulated bench, a twin of the analyser is connected to outlet 1 of that
    bench's own world.

    Args:
        around: what the bench gives to every driver
        resource: VISA name, such as TCPIP::192.0.2.10::INSTR or USB0::0x0B21::0x0025::91K225895::INSTR
        library: PyVISA backend, such as @py, @ivi or @wattest
        voltage_range: fixed range; the highest line voltage must fit
        current_range: fixed range; the highest charging current must fit
        element: input element, when wiring is P1W2
        wiring: P1W2 for one phase, P3W4 for the sum of three
        calibration: file with serial number, due date and limits of error; without it no reading has an uncertainty
    """
    for name, value in (("voltage_range", voltage_range), ("current_range", current_range)):
        if not value > 0.0:
            raise BenchError(
                f"{around.role} (yokogawa_wt): {name} is {value:g}; a range is above 0, such as 300 V."
            )
    if library == "@wattest" and isinstance(around.world, World):
        bench = _worlds.setdefault(around.world, f"world-{next(_numbers)}")
        library = f"{bench}@wattest"
        pyvisa_wattest.register(resource, WtTwin(OutletPlane(around.world)), bench=bench)
        calibration = calibration or "simulated_wt.yaml"
    certificate = (
        None if calibration is None else read_calibration(find_calibration(calibration, around.folder))
    )
    link = VisaLink(around, resource, library=library)
    return YokogawaWt(
        around,
        link,
        voltage_range=voltage_range,
        current_range=current_range,
        target="SIGM" if wiring == "P3W4" else str(element),
        wiring=wiring,
        calibration=certificate,
    )


@asynccontextmanager
async def yokogawa_wt_twin(there: Rehearsal) -> AsyncIterator[Options]:
    """A twin with the serial number of the calibration file, at the connector of outlet 1, over TCP."""
    name = there.options["calibration"]
    known = None if name is None else read_calibration(find_calibration(name, there.folder))
    twin = WtTwin(OutletPlane(there.world))
    if known is not None:
        twin = WtTwin(OutletPlane(there.world), serial=known.serial, model=known.model)
    async with serve_scpi(twin) as server:
        yield {"resource": server.resource, "library": "@py"}


class YokogawaWt:
    """The driver, over any link. ``target`` is the element read, or ``SIGM`` for the sum."""

    supports: frozenset[str] = frozenset()

    def __init__(
        self,
        around: Surroundings,
        link: VisaLink,
        *,
        voltage_range: float,
        current_range: float,
        target: str,
        wiring: Wiring,
        calibration: Calibration | None,
    ) -> None:
        self._around = around
        self._link = link
        self._voltage_range = voltage_range
        self._current_range = current_range
        self._target = target
        self._wiring = wiring
        self._calibration = calibration
        self._open = False

    async def open(self) -> Identity:
        """Identify the analyser, hold it against its calibration file, and set it up.

        Raises ``InstrumentError`` when something else answers, when the serial number is not the calibrated
        one, or when a range is not accepted.
        """
        identity = identify(await self._link.open(), "yokogawa_wt", self._link.place)
        if self._calibration is not None:
            self._calibration.check_serial(identity.serial, identity.model, self._link.place)
        await self._link.write("*CLS")
        await self._set(":COMM:REM ON")
        await self._set(":COMM:HEAD OFF")
        await self._set(":COMM:VERB OFF")
        if re.match(r"WT3\d\dE", identity.model):
            await self._set(":SYST:COMM:COMM WT300")
        if (await self._state()).text == "STAR":
            await self._set(":INTEG:STOP")
        await self._set(":INTEG:RES")
        await self._set(f":INP:WIR {self._wiring}")
        await self._fix_range("VOLT", self._voltage_range, "V")
        await self._fix_range("CURR", self._current_range, "A")
        await self._set(":NUM:FORM ASC")
        await self._set(f":NUM:NORM:NUM {len(ITEMS)}")
        for place, item in enumerate(ITEMS, 1):
            await self._set(f":NUM:NORM:ITEM{place} {item},{self._target}")
        await self._set(":INTEG:MODE NORM")
        await self._set(":INTEG:TIM 0,0,0")
        self._open = True
        return identity

    async def start_integration(self) -> None:
        """Reset the integral and start it."""
        if (await self._state()).text == "STAR":
            await self._set(":INTEG:STOP")
        await self._set(":INTEG:RES")
        await self._set(":INTEG:STAR")
        state = await self._state()
        if state.text != "STAR":
            raise InstrumentError(
                f"{self._link.place} was told to integrate and is in state {state.text!r}: look at its display."
            )

    async def stop_integration(self) -> None:
        """Stop; harmless when it does not run."""
        if (await self._state()).text == "STAR":
            await self._set(":INTEG:STOP")

    async def read(self) -> PowerReading:
        """Voltage, current, power, energy and time in one answer, so that they belong to one instant."""
        heard = await self._link.query(":NUM:NORM:VAL?")
        raws = [raw.strip() for raw in heard.text.split(",")]
        if len(raws) != len(ITEMS):
            raise InstrumentError(
                f"{self._link.place} answered {heard.text!r} to :NUM:NORM:VAL?: {len(raws)} values instead of the "
                f"{len(ITEMS)} that were chosen ({', '.join(ITEMS)}). Somebody may have changed its settings."
            )
        state = await self._state()
        broken = frozenset({BROKEN_OFF}) if state.text == "ERR" else frozenset[str]()
        now = self._around.clock.monotonic()
        seq = (heard.seq,)
        voltage = self._reading("V", raws, 0, now, seq)
        current = self._reading("A", raws, 1, now, seq)
        power = self._reading("W", raws, 2, now, seq)
        elapsed = self._reading("s", raws, 4, now, (*seq, state.seq), broken)
        energy = self._reading("Wh", raws, 3, now, (*seq, state.seq), broken, elapsed_s=elapsed.value)
        return PowerReading(voltage, current, power, energy, elapsed)

    async def make_safe(self) -> None:
        """An analyser is harmless; the integral is kept."""

    async def close(self) -> None:
        """Hand the instrument back to its front panel and let go of the link."""
        if self._open:
            self._open = False
            try:
                await self._link.write(":COMM:REM OFF")
            finally:
                await self._link.close()
        else:
            await self._link.close()

    async def _set(self, line: str) -> None:
        """A setting, and proof that it was taken: the error queue stays empty."""
        await self._link.write(line)
        error = (await self._link.query(":STAT:ERR?")).text
        if error.partition(",")[0].strip() != "0":
            raise InstrumentError(f"{self._link.place} refused {line!r}: error {error}.")

    async def _fix_range(self, input_: str, wanted: float, unit: str) -> None:
        element = "ALL" if self._wiring == "P3W4" else f"ELEM{self._target}"
        await self._set(f":INP:{input_}:AUTO:{element} OFF")
        await self._set(f":INP:{input_}:RANG:{element} {wanted:g}{unit}")
        asked = "ELEM1" if self._wiring == "P3W4" else element
        answer = (await self._link.query(f":INP:{input_}:RANG:{asked}?")).text
        got = number(answer)
        if got is None or not math.isclose(got, wanted, rel_tol=1e-6):
            raise InstrumentError(
                f"{self._link.place} was set to the range {wanted:g} {unit} and answers {answer!r}: it has no such "
                "range. Choose one of its own in the bench file."
            )

    async def _state(self) -> Heard:
        return await self._link.query(":INTEG:STAT?")

    def _reading(
        self,
        unit: str,
        raws: list[str],
        index: int,
        now: float,
        seq: tuple[int, ...],
        flags: frozenset[str] = frozenset(),
        *,
        elapsed_s: float = 0.0,
    ) -> Reading:
        raw = raws[index]
        value = number(raw)
        if value is None:
            raise InstrumentError(f"{self._link.place} answered {raw!r} where a number was expected.")
        if math.isnan(value):
            flags |= {NO_DATA}
        elif math.isinf(value):
            flags |= {OVER_RANGE}
        u: float | None = None
        budget: tuple[Component, ...] = ()
        if self._calibration is None:
            flags |= {NOT_CALIBRATED}
        else:
            flags |= self._calibration.flags(self._around.clock.utc().date())
            if math.isfinite(value):
                u = self._u(self._calibration, unit, raw, value, elapsed_s)
                budget = self._budget(value, elapsed_s, last_digit(raw)) if unit == "Wh" else ()
        return Reading(value, unit, now, u, seq, flags, raw, index, budget)

    def foresee(self, energy_wh: float, elapsed_s: float) -> tuple[Component, ...]:
        """What its calibration file will leave unknown of the difference of two energies.

        The resolution is left out: how many digits there will be, only a reading shows.
        """
        return tuple(part for part in self._budget(energy_wh, elapsed_s, 0.0) if part.common)

    def _budget(self, energy_wh: float, elapsed_s: float, digit_wh: float) -> tuple[Component, ...]:
        if self._calibration is None:
            return ()
        return self._calibration.energy_budget(energy_wh, self._range_w, elapsed_s, digit_wh)

    @property
    def _range_w(self) -> float:
        return self._voltage_range * self._current_range * (3 if self._wiring == "P3W4" else 1)

    def _u(
        self, calibration: Calibration, unit: str, raw: str, value: float, elapsed_s: float
    ) -> float | None:
        match unit:
            case "V":
                return calibration.u("voltage", value, self._voltage_range)
            case "A":
                return calibration.u("current", value, self._current_range)
            case "W":
                return calibration.u("power", value, self._range_w)
            case "s":
                return 1.0 / math.sqrt(12.0)
            case _:
                return calibration.u_energy_wh(value, self._range_w, elapsed_s, last_digit(raw))
