"""Yokogawa WT power analysers, from the WT310E to the WT5000, and the GW Instek GPM-8213, which speaks like them.

Bench entry::

    reference_meter:
      driver: yokogawa_wt
      resource: "TCPIP::192.0.2.10::INSTR"      # GPM-8213: "TCPIP::192.0.2.10::23::SOCKET" and line_end: CRLF
      current_range: 50 A
      calibration: my_wt1804e.yaml      # beside the bench file, or among fixtures/calibration

A charger of 48 A needs a current transformer in front of an instrument of 20 A: ``ct_ratio: 10`` with a transformer
50 A to 5 A and ``current_range: 5 A``, the range of the instrument itself. The calibration file must then be one of
both together. Without a ratio the instrument's scaling is switched off.

Ranges are fixed and read back, since a change of range leaves a gap in an integration. After every setting the
error queue is read. A WT3000 answers 0 for its serial number (found): with ``serial: "0"`` in its calibration file
a person must see to it that it is the right one. WT332E and WT333E have one range for all elements, and no wiring
P1W2: their elements measure by themselves whatever the wiring, so none is set for one phase.

Commands: IM WT1801E-17EN, IM WT310E-17EN (recalled; tried on the twin only). Ranges, elements and crest factor of the
WT310E and WT33xE: IM WT310E-01EN (found). GPM-8213 and GPM-8310: public programs that talk to them (found), except the
error queue, which is assumed to be copied with the rest.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, replace
from typing import Annotated, Literal

from wattest.document.quantity import Current, Voltage
from wattest.document.signature import Between
from wattest.errors import BenchError, InstrumentError
from wattest.roles import Identity, PowerReading, ReferenceMeter, Surroundings
from wattest_instruments.analysers.measured import (
    Ranges,
    Ruler,
    check_range,
    check_ranges,
    split,
)
from wattest_instruments.analysers.plug import plugged_in, simulated
from wattest_instruments.analysers.status import identified, set_by_queue
from wattest_instruments.analysers.yokogawa_wt_twin import build
from wattest_instruments.calibration import Calibration, calibration_of
from wattest_instruments.links.visa import Heard, VisaLink
from wattest_instruments.notation import number

Wiring = Literal["P1W2", "P3W4"]
LineEnd = Literal["LF", "CRLF"]

ITEMS = ("U", "I", "P", "WH", "TIME")
QUESTION = ":NUM:NORM:VAL?"


@dataclass(frozen=True)
class Family:
    """How a family of models differs in what it must be told."""

    models: str
    elements: tuple[int, ...]
    """Numbers of the input elements; empty when the model's name counts them."""
    by_element: bool = True
    """Each element has ranges of its own."""
    items_by_element: bool = True
    """An item is chosen with its element, ``U,1``."""
    wirings: tuple[Wiring, ...] = ("P1W2", "P3W4")
    """What it can be wired to and told."""
    hello: tuple[str, ...] = ()
    """What it must hear besides."""
    number: str = ":NUM:NORM:NUM"
    ascii: bool = True
    """Knows the command for the format of numbers."""
    scales: bool = True
    """Knows the commands for the ratio of a transformer."""
    integrate: tuple[str, ...] = (":INTEG:MODE NORM", ":INTEG:TIM 0,0,0")
    """Count until told to stop."""


NATIVE = (":SYST:COMM:COMM WT300",)
"""Otherwise a WT300E may speak like the WT200 before it."""

FAMILIES = (
    Family(r"WT310.*", (1,), by_element=False, wirings=(), hello=NATIVE),
    Family(r"WT332.*", (1, 3), by_element=False, wirings=(), hello=NATIVE),
    Family(r"WT333.*", (1, 2, 3), by_element=False, wirings=("P3W4",), hello=NATIVE),
    Family(r"WT5000.*", (1, 2, 3, 4, 5, 6, 7)),
    Family(r"WT500.*", (1, 2, 3)),
    Family(r"WT(?:180|300)([1-7]).*", ()),
    Family(
        r"GPM-8\d\d\d.*",
        (1,),
        by_element=False,
        items_by_element=False,
        wirings=(),
        number=":NUM:NORM:NUMB",
        ascii=False,
        scales=False,
        integrate=(":INTEG:MODE MANU",),
    ),
)
OTHERS = Family(r".*", (1, 2, 3, 4, 5, 6, 7))
"""For models that are not listed, such as the codes 7603xx of older instruments."""


def family_of(model: str) -> Family:
    """What is known of a model; the WT1804E says in its name that it has four elements."""
    for family in FAMILIES:
        match = re.fullmatch(family.models, model)
        if match is not None:
            return family if family.elements else replace(family, elements=tuple(range(1, int(match[1]) + 1)))
    return OTHERS


def yokogawa_wt(
    around: Surroundings,
    *,
    resource: str,
    library: str = "@py",
    voltage_range: Voltage = 300.0,
    current_range: Current = 50.0,
    element: Annotated[int, Between(1, 7)] = 1,
    wiring: Wiring = "P1W2",
    ct_ratio: float = 1.0,
    line_end: LineEnd = "LF",
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
        current_range: fixed range of the instrument; the highest charging current must fit, divided by ct_ratio
        element: input element, when wiring is P1W2
        wiring: P1W2 for one phase, P3W4 for the sum of three
        ct_ratio: of a current transformer, primary by secondary: 10 for 50 A to 5 A; 1 without one
        line_end: what ends a line that is sent; the GPM-8213 wants CRLF
        calibration: file with serial number, due date and limits of error; without it no reading has an uncertainty
    """
    check_ranges(around, "yokogawa_wt", voltage_range, current_range)
    if not ct_ratio > 0.0:
        raise BenchError(
            f"{around.role} (yokogawa_wt): ct_ratio is {ct_ratio:g}; a ratio is above 0, such as 10."
        )
    if simulated(around, library):
        calibration = calibration or "simulated_wt.yaml"
    known = calibration_of(calibration, around.folder)
    library = plugged_in(around, resource, library, build, known)
    link = VisaLink(around, resource, library=library, end="\r\n" if line_end == "CRLF" else "\n")
    return YokogawaWt(
        around,
        link,
        voltage_range=voltage_range,
        current_range=current_range,
        element=element,
        wiring=wiring,
        ct_ratio=ct_ratio,
        calibration=known,
    )


class YokogawaWt:
    """The driver, over any link."""

    supports: frozenset[str] = frozenset()

    def __init__(
        self,
        around: Surroundings,
        link: VisaLink,
        *,
        voltage_range: float,
        current_range: float,
        element: int,
        wiring: Wiring,
        ct_ratio: float,
        calibration: Calibration | None,
    ) -> None:
        self._link = link
        self._element = element
        self._wiring = wiring
        self.calibration = calibration
        self._voltage_range, self._current_range = voltage_range, current_range
        self._ct_ratio = ct_ratio
        ranges = Ranges(voltage_range, current_range * ct_ratio, 3 if wiring == "P3W4" else 1)
        self._ruler = Ruler(around, link.place, ranges, calibration)
        self.foresee = self._ruler.foresee
        self._open = False

    async def open(self) -> Identity:
        """Identify the analyser, hold it against its calibration file, and set it up.

        Raises ``InstrumentError`` when something else answers, when the serial number is not the calibrated
        one, when it has no such element or wiring, or when a range is not accepted.
        """
        identity = await identified(self._link, "yokogawa_wt", self.calibration)
        family = family_of(identity.model)
        self._check_inputs(identity.model, family)
        await self._link.write("*CLS")
        for line in (":COMM:REM ON", ":COMM:HEAD OFF", ":COMM:VERB OFF", *family.hello):
            await self._set(line)
        if (await self._state()).text == "STAR":
            await self._set(":INTEG:STOP")
        await self._set(":INTEG:RES")
        if self._wiring in family.wirings:
            await self._set(f":INP:WIR {self._wiring}")
        await self._fix_range(family, "VOLT", self._voltage_range, "V")
        await self._fix_range(family, "CURR", self._current_range, "A")
        if family.scales:
            await self._scale(family)
        if family.ascii:
            await self._set(":NUM:FORM ASC")
        await self._set(f"{family.number} {len(ITEMS)}")
        target = "SIGM" if self._wiring == "P3W4" else str(self._element)
        for place, item in enumerate(ITEMS, 1):
            chosen = f"{item},{target}" if family.items_by_element else item
            await self._set(f":NUM:NORM:ITEM{place} {chosen}")
        for line in family.integrate:
            await self._set(line)
        self._ruler.begin()
        self._open = True
        return identity

    async def start_integration(self) -> None:
        """Reset the integral and start it."""
        if (await self._state()).text == "STAR":
            await self._set(":INTEG:STOP")
        await self._set(":INTEG:RES")
        await self._set(":INTEG:STAR")
        self._ruler.begin()
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
        heard = await self._link.query(QUESTION)
        values = split(heard, (QUESTION, ITEMS), self._link.place)
        state = await self._state()
        broken = self._ruler.broken(state.text == "ERR")
        both = (heard.seq, state.seq)
        elapsed = self._ruler.reading("elapsed", values[4], both, flags=broken)
        energy = self._ruler.reading("energy", values[3], both, flags=broken, elapsed_s=elapsed.value)
        return self._ruler.together(values, (heard.seq,), energy, elapsed)

    async def make_safe(self) -> None:
        """An analyser is harmless; the integral is kept."""

    async def close(self) -> None:
        """Hand the instrument back to its front panel and let go of the link."""
        try:
            if self._open:
                self._open = False
                await self._link.write(":COMM:REM OFF")
        finally:
            await self._link.close()

    async def _set(self, line: str) -> None:
        await set_by_queue(self._link, line, ":STAT:ERR?")

    async def _state(self) -> Heard:
        return await self._link.query(":INTEG:STAT?")

    def _check_inputs(self, model: str, family: Family) -> None:
        if self._wiring == "P3W4":
            if "P3W4" not in family.wirings or len(family.elements) < 3:
                raise InstrumentError(
                    f"{model} at {self._link.place} cannot sum three phases (wiring P3W4): it has "
                    f"{_inputs(family.elements)}. Choose wiring P1W2, or an analyser with three elements."
                )
        elif self._ct_ratio != 1.0 and not family.scales:
            raise InstrumentError(
                f"{model} at {self._link.place} is not told of a current transformer (ct_ratio {self._ct_ratio:g}): how is not "
                "public. Measure directly, or choose another analyser."
            )
        elif self._element not in family.elements:
            raise InstrumentError(
                f"{model} at {self._link.place} has no input element {self._element}: it has "
                f"{_inputs(family.elements)}. Correct 'element' in the bench file."
            )

    def _whose(self, family: Family) -> tuple[str, str]:
        """Which element is told, and which is asked."""
        if not family.by_element:
            return "", ""
        if self._wiring == "P3W4":
            return ":ALL", ":ELEM1"
        return f":ELEM{self._element}", f":ELEM{self._element}"

    async def _scale(self, family: Family) -> None:
        whose, asked = self._whose(family)
        if self._ct_ratio == 1.0:
            await self._set(":INP:SCAL OFF")
            return
        for ratio, value in (("VT", 1.0), ("SFAC", 1.0), ("CT", self._ct_ratio)):
            await self._set(f":INP:SCAL:{ratio}{whose} {value:.9g}")
        await self._set(":INP:SCAL ON")
        answer = (await self._link.query(f":INP:SCAL:CT{asked}?")).text
        got = number(answer)
        if got is None or not math.isclose(got, self._ct_ratio, rel_tol=1e-6):
            raise InstrumentError(
                f"{self._link.place} was told a current transformer of ratio {self._ct_ratio:.9g} and answers {answer!r}: "
                "choose a ratio that it can keep."
            )

    async def _fix_range(self, family: Family, input_: str, wanted: float, unit: str) -> None:
        whose, asked = self._whose(family)
        await self._set(f":INP:{input_}:AUTO{whose} OFF")
        await self._set(f":INP:{input_}:RANG{whose} {wanted:g}{unit}")
        answer = (await self._link.query(f":INP:{input_}:RANG{asked}?")).text
        check_range(self._link.place, wanted, unit, answer, number(answer))


def _inputs(elements: tuple[int, ...]) -> str:
    if len(elements) == 1:
        return f"the element {elements[0]} only"
    return f"the elements {', '.join(map(str, elements[:-1]))} and {elements[-1]}"
