"""Rohde & Schwarz HMC8015 and NPA power analysers: one channel, up to 20 A.

Bench entry::

    reference_meter:
      driver: rs_hmc8015
      resource: "TCPIP::192.0.2.10::5025::SOCKET"
      voltage_range: 300 V
      current_range: 20 A
      calibration: my_hmc8015.yaml

The ranges come with every reading, so that a reading on another range is never taken for one on the chosen range.

The integrator is reset and started by command; since no manual was at hand, nothing is believed of it: the driver
waits until the instrument's own integration time has gone on between two readings, and otherwise asks for a start
on the front panel. Energy and time count from the first of those readings, whatever the display began with. What
the instrument shows beyond a range is not known: a value of more than 1.1 times its range is flagged over-range (a
figure of this project).

Commands: programs of Rohde & Schwarz and of others for functions, data and ranges (found); the integrator's in the
source of the vendor's own instrument driver and in one more program (found). Tried on the twin only.
"""

from __future__ import annotations

import math

from wattest.document.quantity import Current, Voltage
from wattest.errors import InstrumentError
from wattest.roles import Identity, PowerReading, ReferenceMeter, Surroundings
from wattest_instruments.analysers.measured import (
    NONE,
    Digits,
    Ranges,
    Ruler,
    check_range,
    check_ranges,
    scpi_number,
    split,
)
from wattest_instruments.analysers.plug import plugged_in
from wattest_instruments.analysers.rs_hmc8015_twin import build
from wattest_instruments.analysers.status import identified, set_by_queue
from wattest_instruments.calibration import Calibration, calibration_of
from wattest_instruments.links.visa import Heard, VisaLink

ITEMS = ("URMS", "IRMS", "P", "WH", "TIME", "URAN", "IRAN")
QUESTION = "CHAN1:MEAS:DATA?"
STARTING = ("INT:STAT ON", "INT:MODE MAN", "INT:RES", "INT:STAR")
HEADROOM = 1.1
STEP_S = 2.0
"""How long it is given for its integration time to go on; it is shown in whole seconds at worst."""


def rs_hmc8015(
    around: Surroundings,
    *,
    resource: str,
    library: str = "@py",
    voltage_range: Voltage = 300.0,
    current_range: Current = 20.0,
    calibration: str | None = None,
) -> ReferenceMeter:
    """An R&S HMC8015 or NPA as reference meter.

    Args:
        around: what the bench gives to every driver
        resource: VISA name, such as TCPIP::192.0.2.10::5025::SOCKET
        library: PyVISA backend, such as @py, @ivi or @wattest
        voltage_range: fixed range; the highest line voltage must fit
        current_range: fixed range; the highest charging current must fit
        calibration: file with serial number, due date and limits of error; without it no reading has an uncertainty
    """
    check_ranges(around, "rs_hmc8015", voltage_range, current_range)
    known = calibration_of(calibration, around.folder)
    library = plugged_in(around, resource, library, build, known)
    link = VisaLink(around, resource, library=library)
    return RsHmc8015(around, link, Ranges(voltage_range, current_range, headroom=HEADROOM), known)


class RsHmc8015:
    """The driver, over any link."""

    supports: frozenset[str] = frozenset()

    def __init__(
        self, around: Surroundings, link: VisaLink, ranges: Ranges, calibration: Calibration | None
    ) -> None:
        self._around = around
        self._link = link
        self._ranges = ranges
        self.calibration = calibration
        self._ruler = Ruler(around, link.place, ranges, calibration)
        self.foresee = self._ruler.foresee
        self._zero: tuple[Digits, Digits] | None = None
        self._zero_seq = -1
        self._latest_s = 0.0
        self._open = False

    async def open(self) -> Identity:
        """Identify the analyser, hold it against its calibration file, and set it up.

        Raises ``InstrumentError`` when something else answers, when the serial number is not the calibrated
        one, or when a range is not accepted.
        """
        identity = await identified(self._link, "rs_hmc8015", self.calibration)
        await self._link.write("*CLS")
        await self._set("SYST:REM")
        for input_, wanted in (("VOLT", self._ranges.voltage_v), ("CURR", self._ranges.current_a)):
            await self._set(f"CHAN1:ACQ:{input_}:RANG:AUTO OFF")
            await self._set(f"CHAN1:ACQ:{input_}:RANG {wanted:g}")
        await self._set("CHAN1:MEAS:FORM ASC")
        await self._set(f"CHAN1:MEAS:FUNC {','.join(ITEMS)}")
        self._zero, self._latest_s = None, 0.0
        self._ruler.begin()
        await self._values()
        self._open = True
        return identity

    async def start_integration(self) -> None:
        """Reset the integral and start it; raise ``InstrumentError`` unless its time goes on."""
        refused = ""
        for line in STARTING:
            try:
                await self._set(line)
            except InstrumentError as error:
                refused = refused or f" {error}"
        heard, values = await self._values()
        await self._around.clock.sleep(STEP_S)
        _, later = await self._values()
        if not later[4].value > values[4].value:
            raise InstrumentError(
                f"{self._link.place} does not integrate: its integration time stands at {later[4].text!r}.{refused} "
                "Start the integrator on its front panel in manual mode, then begin again: energy counts from "
                "the first reading after that."
            )
        self._zero, self._zero_seq = (values[3], values[4]), heard.seq
        self._latest_s = 0.0
        self._ruler.begin()

    async def stop_integration(self) -> None:
        """Stop; harmless when it does not run."""
        if self._zero is not None:
            await self._set("INT:STOP")

    async def read(self) -> PowerReading:
        """Voltage, current, power, energy, time and the ranges in one answer, so that they belong to one instant."""
        heard, values = await self._values()
        now = (heard.seq,)
        if self._zero is None:
            energy = self._ruler.missing("energy", now, NONE)
            return self._ruler.together(values, now, energy, self._ruler.missing("elapsed", now, NONE))
        seq = (self._zero_seq, heard.seq)
        since = values[4].value - self._zero[1].value
        flags = self._ruler.broken(since < self._latest_s)
        if math.isfinite(since):
            self._latest_s = max(self._latest_s, since)
        elapsed = self._ruler.reading("elapsed", _less(values[4], self._zero[1]), seq, flags=flags)
        gathered = _less(values[3], self._zero[0])
        energy = self._ruler.reading("energy", gathered, seq, flags=flags, elapsed_s=since)
        return self._ruler.together(values, now, energy, elapsed)

    async def make_safe(self) -> None:
        """An analyser is harmless; the integral is kept."""

    async def close(self) -> None:
        """Hand the instrument back to its front panel and let go of the link."""
        try:
            if self._open:
                self._open = False
                await self._link.write("SYST:LOC")
        finally:
            await self._link.close()

    async def _values(self) -> tuple[Heard, tuple[Digits, ...]]:
        """One answer, on the ranges that were set."""
        heard = await self._link.query(QUESTION)
        values = split(heard, (QUESTION, ITEMS), self._link.place, reads=scpi_number)
        check_range(self._link.place, self._ranges.voltage_v, "V", values[5].text, values[5].value)
        check_range(self._link.place, self._ranges.current_a, "A", values[6].text, values[6].value)
        return heard, values

    async def _set(self, line: str) -> None:
        await set_by_queue(self._link, line, "SYST:ERR?")


def _less(later: Digits, earlier: Digits) -> Digits:
    """A difference of two readings of one display; its digits are in neither answer, so it has no place there.

    The last digit counts twice, once for each reading.
    """
    return Digits(later.text, later.value - earlier.value, scale=math.sqrt(2.0))
