"""Vötsch, Weiss and CTS chambers with the ASCII-2 protocol, over a serial line or TCP.

Bench entry::

    chamber:
      driver: ascii2
      resource: "ASRL/dev/ttyUSB0::INSTR"      # 9600 baud 8N1; or "TCPIP::192.0.2.22::2049::SOCKET"
      low_limit: -45 degC
      high_limit: 60 degC
      accuracy: 1 K
      line_end: CR LF                          # newer controllers want CR alone

``$01I`` is answered with nominal and actual value of every channel in turn, temperature first, and a string of digital
channels whose second one is *start*. ``$01E`` sets all nominal values and all digital channels at once: what is not to
change is sent again as it was read, and the nominal temperature is read back. The chamber tells no maker, no serial number, no
limits, no alarm and no door: that it stands still when it should run is all that can be seen. There is a command
for its slopes whose units are not public, so the driver moves the set point in steps.

Commands: from the help text of a VC3 7060 as public drivers quote it, ondrejh/VT4002 and others; tried on the twin only.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Literal

from wattest.document.quantity import Temperature, TemperatureDifference
from wattest.errors import InstrumentError
from wattest.roles import Chamber, Identity, Surroundings
from wattest.run.rehearse import Options, Rehearsal
from wattest_instruments.chambers.ascii2_twin import Ascii2Twin
from wattest_instruments.chambers.chamber import ClimateChamber, Limits
from wattest_instruments.chambers.controller import Look, tenths
from wattest_instruments.chambers.plug import over_tcp, twin_library
from wattest_instruments.identify import identify
from wattest_instruments.link import Heard, VisaLink
from wattest_instruments.notation import number

LineEnd = Literal["CR LF", "CR"]
ENDS: dict[LineEnd, bytes] = {"CR LF": b"\r\n", "CR": b"\r"}

START = 1
"""Place of the digital channel that starts the chamber, counted from 0."""
ACCEPTED = "0"


def ascii2(
    around: Surroundings,
    *,
    resource: str,
    low_limit: Temperature,
    high_limit: Temperature,
    library: str = "@py",
    accuracy: TemperatureDifference | None = None,
    line_end: LineEnd = "CR LF",
    baud: int = 9600,
) -> Chamber:
    """A chamber with the ASCII-2 protocol.

    With the library ``@wattest`` on a simulated bench, a twin stands around the station of that bench's own world.

    Args:
        around: what the bench gives to every driver
        resource: VISA name, such as ASRL/dev/ttyUSB0::INSTR or TCPIP::192.0.2.22::2049::SOCKET
        low_limit: the coldest air that chamber and station allow
        high_limit: the warmest air that chamber and station allow
        library: PyVISA backend, such as @py, @ivi or @wattest
        accuracy: limit of error of the chamber's thermometer; without it no reading has an uncertainty
        line_end: what ends a line and an answer, CR LF or CR
        baud: speed of a serial resource
    """
    end = ENDS[line_end]
    link = VisaLink(
        around,
        resource,
        library=twin_library(around, resource, library, Ascii2Twin, end),
        identify="$01I",
        end=end.decode(),
        ended=end.decode(),
        baud=baud,
        lasting=_shape,
    )
    return ClimateChamber(around, Ascii2(link), Limits(low_limit, high_limit), accuracy)


@asynccontextmanager
async def ascii2_twin(there: Rehearsal) -> AsyncIterator[Options]:
    """A twin around the station of the simulated world, over TCP."""
    async with over_tcp(there, Ascii2Twin, ENDS[there.options.get("line_end", "CR LF")]) as options:
        yield options


def fixed(value: float) -> str:
    """A nominal value of six characters with one decimal.

    >>> fixed(-40.0), fixed(23.5)
    ('-040.0', '0023.5')
    """
    return f"{tenths(value):06.1f}"


def _shape(answer: str) -> str:
    """The form of a sound answer, the same for every reading: all that this chamber tells of itself."""
    *values, digital = answer.split() or [""]
    if (
        not values
        or not re.fullmatch("[01]{2,32}", digital)
        or any(number(value) is None for value in values)
    ):
        return answer
    return " ".join(["0000.0"] * len(values) + ["0" * len(digital)])


class Ascii2:
    """The dialect. Reading and writing again what was read is one step that nothing may come between."""

    name = "ascii2"
    ramps = False

    def __init__(self, link: VisaLink) -> None:
        self._link = link
        self._whole = asyncio.Lock()

    @property
    def place(self) -> str:
        """Resource and library."""
        return self._link.place

    async def open(self) -> Identity:
        """Recognised by the form of its answer; it tells neither maker nor serial number."""
        identify(await self._link.open(), "ascii2", self.place)
        return Identity("unknown maker", "ASCII-2 chamber", "")

    async def set_limits(self, low_c: float, high_c: float) -> None:
        """Nothing: the protocol has none."""

    async def look(self) -> Look:
        """Nominal and actual temperature, and whether *start* is on, in one answer."""
        heard, values, digital = await self._read()
        return Look(values[1], heard.seq, number(values[0]), digital[START] == "1", (heard.seq,), index=1)

    async def set_point(self, temperature_c: float, ramp_k_per_min: float) -> None:
        """A new nominal temperature; everything else as it was read just before."""
        del ramp_k_per_min
        await self._change(temperature_c=temperature_c)

    async def run(self) -> None:
        """Start on."""
        await self._change(start=True)

    async def standby(self) -> None:
        """Start off."""
        await self._change(start=False)

    async def close(self) -> None:
        """Let go of the link."""
        await self._link.close()

    async def _change(self, *, temperature_c: float | None = None, start: bool | None = None) -> None:
        async with self._whole:
            _, values, digital = await self._read()
            nominal = values[::2]
            if temperature_c is not None:
                nominal[0] = fixed(temperature_c)
            if start is not None:
                digital = f"{digital[:START]}{int(start)}{digital[START + 1 :]}"
            line = " ".join(["$01E", *nominal, digital])
            answer = await self._link.query(line)
            if answer.text.strip() != ACCEPTED:
                raise InstrumentError(
                    f"{self.place} answered {answer.text!r} to {line!r}; {ACCEPTED!r} was expected. It takes all channels "
                    "or none: look whether it is set to external operation."
                )
            _, values, _ = await self._read()
        if number(values[0]) != number(nominal[0]):
            raise InstrumentError(
                f"{self.place} accepted {line!r} and then told the nominal temperature {values[0]}: it was not taken. Look "
                "whether it is set to external operation."
            )

    async def _read(self) -> tuple[Heard, list[str], str]:
        """The answer, nominal and actual values in turn, and the digital channels."""
        heard = await self._link.query("$01I")
        *values, digital = heard.text.split() or [""]
        sound = all(number(value) is not None for value in values)
        if len(values) < 2 or len(values) % 2 or not sound or not re.fullmatch("[01]{2,32}", digital):
            raise InstrumentError(
                f"{self.place} answered {heard.text!r} to $01I: pairs of nominal and actual values and a string of digital "
                "channels were expected."
            )
        return heard, values, digital
