"""ZES Zimmer LMG600 power analysers (LMG610 to LMG670).

Bench entry::

    reference_meter:
      driver: zes_lmg
      resource: "TCPIP::192.0.2.10::5025::SOCKET"
      voltage_range: 250 V
      current_range: 20 A
      calibration: my_lmg670.yaml

It reads voltage, current and power of one channel. It cannot read energy: neither the items nor the control of the
integration are public, so energy is flagged ``no data`` and ``this driver cannot read energy``, and nothing is
judged by it. What the instrument shows beyond a range is not public either: a value of more than 1.1 times its
range is flagged over-range (a figure of this project).

Commands: public programs that talk to an LMG670 (found). Tried on the twin only.
"""

from __future__ import annotations

from typing import Annotated

from wattest.document.quantity import Current, Voltage
from wattest.document.signature import Between
from wattest.roles import Identity, PowerReading, ReferenceMeter, Surroundings
from wattest_instruments.analysers.measured import (
    Ranges,
    Ruler,
    check_range,
    check_ranges,
    scpi_number,
    split,
)
from wattest_instruments.analysers.plug import plugged_in
from wattest_instruments.analysers.status import identified, set_by_register
from wattest_instruments.analysers.zes_lmg_twin import build
from wattest_instruments.calibration import Calibration, calibration_of
from wattest_instruments.links.visa import VisaLink

HEADROOM = 1.1


def zes_lmg(
    around: Surroundings,
    *,
    resource: str,
    library: str = "@py",
    voltage_range: Voltage = 250.0,
    current_range: Current = 20.0,
    channel: Annotated[int, Between(1, 7)] = 1,
    calibration: str | None = None,
) -> ReferenceMeter:
    """A ZES LMG600 as reference meter, without energy.

    Args:
        around: what the bench gives to every driver
        resource: VISA name, such as TCPIP::192.0.2.10::5025::SOCKET
        library: PyVISA backend, such as @py, @ivi or @wattest
        voltage_range: fixed nominal range; the highest line voltage must fit
        current_range: fixed nominal range; the highest charging current must fit
        channel: measuring channel
        calibration: file with serial number, due date and limits of error; without it no reading has an uncertainty
    """
    check_ranges(around, "zes_lmg", voltage_range, current_range)
    known = calibration_of(calibration, around.folder)
    library = plugged_in(around, resource, library, build, known)
    link = VisaLink(around, resource, library=library)
    return ZesLmg(around, link, Ranges(voltage_range, current_range, headroom=HEADROOM), channel, known)


class ZesLmg:
    """The driver, over any link."""

    supports: frozenset[str] = frozenset()

    def __init__(
        self,
        around: Surroundings,
        link: VisaLink,
        ranges: Ranges,
        channel: int,
        calibration: Calibration | None,
    ) -> None:
        self._link = link
        self._ranges = ranges
        self._channel = channel
        self.calibration = calibration
        self._ruler = Ruler(around, link.place, ranges, calibration)
        self._asked = (f"UTRMS{channel}?", f"ITRMS{channel}?", f"P{channel}?")
        self._open = False

    async def open(self) -> Identity:
        """Identify the analyser, hold it against its calibration file, and set it up.

        Raises ``InstrumentError`` when something else answers, when the serial number is not the calibrated
        one, or when a range is not accepted.
        """
        identity = await identified(self._link, "zes_lmg", self.calibration)
        await self._link.write("*CLS")
        for line in ("*ZLANG SHORT", "FRMT ASCII"):
            await set_by_register(self._link, line)
        await self._fix_range("U", self._ranges.voltage_v, "V")
        await self._fix_range("I", self._ranges.current_a, "A")
        self._open = True
        return identity

    async def start_integration(self) -> None:
        """Nothing happens: how this instrument integrates is not public, and its energy stays flagged."""

    async def stop_integration(self) -> None:
        """As ``start_integration``."""

    async def read(self) -> PowerReading:
        """Voltage, current and power of the next finished cycle, in one answer; energy is missing."""
        question = f"INIM;{';'.join(self._asked)}"
        heard = await self._link.query(question)
        values = split(heard, (question, self._asked), self._link.place, separator=";", reads=scpi_number)
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
                await self._link.write("GTL")
        finally:
            await self._link.close()

    async def _fix_range(self, input_: str, wanted: float, unit: str) -> None:
        await set_by_register(self._link, f"{input_}AUTO{self._channel} 0")
        await set_by_register(self._link, f"{input_}RNG{self._channel} {wanted:g}")
        answer = (await self._link.query(f"{input_}RNG{self._channel}?")).text
        check_range(self._link.place, wanted, unit, answer, scpi_number(answer))
