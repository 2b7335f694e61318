"""Thermotron chambers with the controller 8800 or 8200.

Bench entry::

    chamber:
      driver: thermotron
      resource: "TCPIP::192.0.2.23::8888::SOCKET"
      low_limit: -45 degC
      high_limit: 60 degC
      accuracy: 1 K

Lines end with CR. A command is answered with an error number, 0 when it was taken. Channel 1 is temperature, in degC (set
the controller's scale to degC). The limits become the process alarm limits of channel 1 (``PALL1``, ``PALH1``) and are
read back; a chamber that exceeds them stops. Its own ramp is used (``MRMP1``, K/min). Alarms and an open door are told by
the code of the last stop, so they are seen once the driver has set the chamber running. The 3800 is left out:
it is not public whether it answers its commands, and an answer left over would be taken for a reading.

Commands: from a public C# driver of the 8800 and pymeasure; the form of PALH1 is recalled; tried on the twin only.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from wattest.document.quantity import Temperature, TemperatureDifference
from wattest.errors import InstrumentError
from wattest.roles import Chamber, Identity, Surroundings
from wattest.run.rehearse import Options, Rehearsal
from wattest_instruments.chambers.chamber import ClimateChamber, Limits
from wattest_instruments.chambers.controller import Look, tenths
from wattest_instruments.chambers.plug import over_tcp, twin_library
from wattest_instruments.chambers.thermotron_twin import END, ThermotronTwin
from wattest_instruments.identify import identify
from wattest_instruments.link import VisaLink
from wattest_instruments.notation import number

PROGRAM = 1 | 2 | 4
MANUAL = 16 | 32
"""Bits of the status word: 1 runs, 2 holds, 4 suspends a program; 16 runs, 32 holds in manual mode."""

OPEN_DOOR = 26
ALARMS = {
    4: "a stop input",
    6: "an open thermocouple or input",
    7: "a process alarm",
    8: "a trip of the system monitor",
    9: "a power failure",
    10: "a trip of the Therm-Alarm",
    12: "a compressor fault",
    24: "a lost module",
    OPEN_DOOR: "an open door",
    30: "a deviation alarm",
}
"""Stop codes that are no ordinary end, in words of our own."""


def thermotron(
    around: Surroundings,
    *,
    resource: str,
    low_limit: Temperature,
    high_limit: Temperature,
    library: str = "@py",
    accuracy: TemperatureDifference | None = None,
) -> Chamber:
    """A Thermotron chamber.

    With the library ``@wattest`` on a simulated bench, a twin stands around the station of that bench's own world.

    Args:
        around: what the bench gives to every driver
        resource: VISA name, such as TCPIP::192.0.2.23::8888::SOCKET or GPIB0::1::INSTR
        low_limit: the coldest air that chamber and station allow
        high_limit: the warmest air that chamber and station allow
        library: PyVISA backend, such as @py, @ivi or @wattest
        accuracy: limit of error of the chamber's thermometer; without it no reading has an uncertainty
    """
    end = END.decode()
    link = VisaLink(
        around,
        resource,
        library=twin_library(around, resource, library, ThermotronTwin, END),
        identify="IDEN?",
        end=end,
        ended=end,
    )
    return ClimateChamber(around, Thermotron(link), Limits(low_limit, high_limit), accuracy)


@asynccontextmanager
async def thermotron_twin(there: Rehearsal) -> AsyncIterator[Options]:
    """A twin around the station of the simulated world, over TCP."""
    async with over_tcp(there, ThermotronTwin, END) as options:
        yield options


class Thermotron:
    """The dialect. A stop code counts as an alarm only once the chamber ran for this driver: before, it is an old one."""

    name = "thermotron"
    ramps = True

    def __init__(self, link: VisaLink) -> None:
        self._link = link
        self._started = self._ran = False

    @property
    def place(self) -> str:
        """Resource and library."""
        return self._link.place

    async def open(self) -> Identity:
        """Name and version of the controller; the serial number is not told."""
        answer = await self._link.open()
        identify(answer, "thermotron", self.place)
        return Identity("Thermotron", answer, "", (await self._link.query("VRSN?")).text)

    async def set_limits(self, low_c: float, high_c: float) -> None:
        """The process alarm limits of channel 1, read back."""
        await self._set("PALL1", str(tenths(low_c)), "degC")
        await self._set("PALH1", str(tenths(high_c)), "degC")

    async def look(self) -> Look:
        """Air, set point, status word and the code of the last stop."""
        air = await self._link.query("PVAR1?")
        setpoint = await self._link.query("SETP1?")
        status, status_seq = await self._whole("STAT?")
        code, code_seq = await self._whole("SCOD?")
        running = bool(status & (PROGRAM | MANUAL))
        self._ran = self._started and (running or self._ran)
        stopped = code if self._ran and not running else 0
        alarm = ALARMS.get(stopped)
        return Look(
            air.text.strip(),
            air.seq,
            number(setpoint.text),
            running,
            (air.seq, setpoint.seq, status_seq, code_seq),
            alarms=() if alarm is None or stopped == OPEN_DOOR else (f"{alarm} (stop code {stopped})",),
            door_open=True if stopped == OPEN_DOOR else None,
            program=bool(status & PROGRAM),
        )

    async def set_point(self, temperature_c: float, ramp_k_per_min: float) -> None:
        """The manual ramp, then the set point; both read back."""
        await self._set("MRMP1", f"{ramp_k_per_min:.2f}", "K/min")
        await self._set("SETP1", str(tenths(temperature_c)), "degC")

    async def run(self) -> None:
        """Manual mode."""
        await self._do("RUNM")
        self._started, self._ran = True, False

    async def standby(self) -> None:
        """Stop, if anything runs."""
        self._started = False
        status, _ = await self._whole("STAT?")
        if status & (PROGRAM | MANUAL):
            await self._do("STOP")

    async def close(self) -> None:
        """Let go of the link."""
        self._started = False
        await self._link.close()

    async def _set(self, name: str, value: str, unit: str) -> None:
        await self._do(f"{name},{value}")
        answer = (await self._link.query(f"{name}?")).text
        got = number(answer)
        if got is None or abs(got - float(value)) > 0.01:
            raise InstrumentError(
                f"{self.place} was set to {name} = {value} {unit} and answers {answer!r}: choose a value that the chamber has, "
                "and look whether its scale is degC."
            )

    async def _do(self, line: str) -> None:
        answer = (await self._link.query(line)).text.strip()
        if answer != "0":
            raise InstrumentError(
                f"{self.place} refused {line!r}: error {answer!r}. Its manual lists the numbers; look at its display."
            )

    async def _whole(self, line: str) -> tuple[int, int]:
        """A whole number and the number of its entry."""
        answer = await self._link.query(line)
        if not answer.text.strip().isdecimal():
            raise InstrumentError(
                f"{self.place} answered {answer.text!r} to {line!r}; a whole number was expected."
            )
        return int(answer.text), answer.seq
