"""Tektronix PA1000, PA3000 and PA4000 power analysers, of Voltech's lineage.

Bench entry::

    reference_meter:
      driver: tektronix_pa
      resource: "TCPIP::192.0.2.10::5025::SOCKET"
      voltage_range: 500 V              # peak values, as these analysers count their ranges,
      voltage_range_number: 6           # and their numbers in the manual of your model
      current_range: 100 A
      current_range_number: 8
      calibration: my_pa1000.yaml

Ranges are chosen and read back by number; which number is which range differs by model and is not public for all, so
the bench file states both. Commands go one per line. Over Ethernet each line is answered, with an empty line where
nothing is asked, and that paces the settings; elsewhere the question for the status register does.

It cannot read energy: what is public of the integrator's commands is of the PM1000+ before these, and pieces of the
PA3000's. Energy is flagged ``no data`` and ``this driver cannot read energy``. What is shown beyond a range is not
public either: the peak of a sine beyond its range is flagged over-range.

A PA3000 or PA4000 tells when it was last adjusted: a calibration file that is older than that no longer describes it.
How a PA1000 is asked is not public. One channel must be measured, alone in the first group.

Commands: manual pages of the PA3000 and the PM1000+ and public programs of the PA1000 (found). Tried on the twin only.
"""

from __future__ import annotations

import math
import re
from datetime import date
from typing import Annotated

from wattest.document.quantity import Current, Voltage
from wattest.document.signature import Between
from wattest.errors import InstrumentError
from wattest.roles import Identity, PowerReading, ReferenceMeter, Surroundings
from wattest_instruments.analysers.measured import (
    Ranges,
    Ruler,
    check_ranges,
    scpi_number,
    split,
)
from wattest_instruments.analysers.plug import plugged_in
from wattest_instruments.analysers.status import identified, set_by_register
from wattest_instruments.analysers.tektronix_pa_twin import build
from wattest_instruments.calibration import Calibration, calibration_of
from wattest_instruments.links.visa import VisaLink

ITEMS = ("VLT", "AMP", "WAT")
QUESTION = ":FRD?"
ADJUSTED = 2
"""The date of adjustment; 1 is the date of verification."""
PEAK = 1.0 / math.sqrt(2.0)

RangeNumber = Annotated[int, Between(1, 14)]


def tektronix_pa(
    around: Surroundings,
    *,
    resource: str,
    voltage_range_number: RangeNumber,
    current_range_number: RangeNumber,
    library: str = "@py",
    voltage_range: Voltage = 500.0,
    current_range: Current = 100.0,
    channel: Annotated[int, Between(1, 4)] = 1,
    calibration: str | None = None,
) -> ReferenceMeter:
    """A Tektronix PA analyser as reference meter, without energy.

    Args:
        around: what the bench gives to every driver
        resource: VISA name, such as TCPIP::192.0.2.10::5025::SOCKET
        voltage_range_number: number of the fixed voltage range in the manual of the model
        current_range_number: number of the fixed current range in the manual of the model
        library: PyVISA backend, such as @py, @ivi or @wattest
        voltage_range: what that voltage range is, in volts peak
        current_range: what that current range is, in amperes peak
        channel: whose date of adjustment is asked
        calibration: file with serial number, due date and limits of error; without it no reading has an uncertainty
    """
    check_ranges(around, "tektronix_pa", voltage_range, current_range)
    known = calibration_of(calibration, around.folder)
    library = plugged_in(around, resource, library, build, known)
    link = VisaLink(around, resource, library=library)
    ranges = Ranges(voltage_range, current_range, headroom=PEAK)
    return TektronixPa(around, link, ranges, (voltage_range_number, current_range_number), channel, known)


class TektronixPa:
    """The driver, over any link. ``numbers`` are those of the voltage and the current range."""

    supports: frozenset[str] = frozenset()

    def __init__(
        self,
        around: Surroundings,
        link: VisaLink,
        ranges: Ranges,
        numbers: tuple[int, int],
        channel: int,
        calibration: Calibration | None,
    ) -> None:
        self._link = link
        self._numbers = numbers
        self._channel = channel
        self.calibration = calibration
        self._ruler = Ruler(around, link.place, ranges, calibration)
        self._answered = link.resource.upper().endswith("::SOCKET")
        self._open = False

    async def open(self) -> Identity:
        """Identify the analyser, hold it against its calibration file, and set it up.

        Raises ``InstrumentError`` when something else answers, when the serial number is not the calibrated
        one, when it was adjusted after its calibration, or when a range is not accepted.
        """
        identity = await identified(self._link, "tektronix_pa", self.calibration)
        if self.calibration is not None and "1000" not in identity.model:
            await self._check_adjusted(identity.model, self.calibration)
        for line in ("*CLS", ":SYST:ZERO 0", ":BLK:DIS"):
            await self._set(line)
        for input_, wanted in zip(("VLT", "AMP"), self._numbers, strict=True):
            await self._set(f":RNG:{input_}:FIX {wanted}")
            answer = (await self._link.query(f":RNG:{input_}?")).text
            if answer.strip() != str(wanted):
                raise InstrumentError(
                    f"{self._link.place} was set to the range number {wanted} ({input_}) and answers {answer!r}: it "
                    "has no such range. Choose one of its own in the bench file."
                )
        await self._set(":SEL:CLR")
        for item in ITEMS:
            await self._set(f":SEL:{item}")
        self._open = True
        return identity

    async def start_integration(self) -> None:
        """Nothing happens: the commands of the integrator are not public, and energy stays flagged."""

    async def stop_integration(self) -> None:
        """As ``start_integration``."""

    async def read(self) -> PowerReading:
        """Voltage, current and power in one answer; energy is missing."""
        heard = await self._link.query(QUESTION)
        values = split(heard, (QUESTION, ITEMS), self._link.place, reads=scpi_number)
        seq = (heard.seq,)
        return self._ruler.together(
            values, seq, self._ruler.missing("energy", seq), self._ruler.missing("elapsed", seq)
        )

    async def make_safe(self) -> None:
        """An analyser is harmless."""

    async def close(self) -> None:
        """Hand the instrument back to its front panel and let go of the link."""
        try:
            if self._open:
                self._open = False
                await self._tell(":REM:OFF")
        finally:
            await self._link.close()

    async def _check_adjusted(self, model: str, calibration: Calibration) -> None:
        question = f":CAL:DATE? {self._channel},{ADJUSTED}"
        answer = (await self._link.query(question)).text.strip()
        adjusted = day_of(answer)
        if adjusted is None:
            raise InstrumentError(
                f"{self._link.place} answered {answer!r} to {question}, where a day such as 31-12-2025 was expected: "
                "whether it was adjusted since its calibration cannot be known."
            )
        if adjusted > calibration.calibrated:
            raise InstrumentError(
                f"{model} at {self._link.place} was adjusted on {adjusted}, after the calibration of "
                f"{calibration.calibrated} in its file (certificate {calibration.certificate}): that certificate no longer "
                "describes it. Name the file of the new one."
            )

    async def _tell(self, line: str) -> None:
        if self._answered:
            await self._link.query(line)
        else:
            await self._link.write(line)

    async def _set(self, line: str) -> None:
        await set_by_register(self._link, line, answered=self._answered)


def day_of(text: str) -> date | None:
    """A day written dd-mm-yyyy, None for anything else.

    >>> day_of("31-12-2025"), day_of("2025-12-31")
    (datetime.date(2025, 12, 31), None)
    """
    match = re.fullmatch(r"(\d{2})-(\d{2})-(\d{4})", text)
    if match is None:
        return None
    try:
        return date(int(match[3]), int(match[2]), int(match[1]))
    except ValueError:
        return None
