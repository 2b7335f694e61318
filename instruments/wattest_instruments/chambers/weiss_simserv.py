"""Weiss and Vötsch chambers with S!MPAC, over SimServ.

Bench entry::

    chamber:
      driver: weiss_simserv
      resource: "TCPIP::192.0.2.21::2049::SOCKET"
      low_limit: -45 degC
      high_limit: 60 degC
      accuracy: 1 K

Fields are separated by the byte 0xB6 and a line ends with CR. The first field of an answer is 1, or an error below 0.
Temperature is control variable 1; the chamber moves along its own gradient, up (11068) and down (11072), read back
with 11066 and 11070. No public command writes the chamber's limits: the driver alone keeps those of the bench file.
The door is told by a message, if at all. A program of the chamber's own is not told from manual operation: stop it
before. Set the chamber to external operation.

Commands: from public drivers of several laboratories (SiLab/basil, IzaakWN, SengerM); reading messages is marked as not
tested there; tried on the twin only.
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
from wattest_instruments.chambers.simserv_twin import END, SEPARATOR, SimServTwin
from wattest_instruments.identify import identify
from wattest_instruments.link import VisaLink
from wattest_instruments.notation import number

ERRORS = {
    "-1": "the line was empty",
    "-2": "the number of the chamber is missing",
    "-3": "there is no chamber of that number",
    "-4": "the chamber is not there",
    "-5": "the command is unknown",
    "-6": "a parameter is missing or wrong",
    "-7": "its server does not run",
    "-8": "there is no variable of that number",
    "-9": "the command failed",
    "-12": "the user may not give commands",
}
"""Error codes in words of our own."""

RUNNING, ALARM = 2, 8
"""Bits of the status: 1 is idle, 3 running, 4 more with a warning, 8 more with an alarm."""
ALARM_MESSAGE = 1
"""Bit of a message's type."""
MOST_MESSAGES = 100
"""More messages than a chamber has are not asked for."""


def weiss_simserv(
    around: Surroundings,
    *,
    resource: str,
    low_limit: Temperature,
    high_limit: Temperature,
    library: str = "@py",
    accuracy: TemperatureDifference | None = None,
) -> Chamber:
    """A Weiss or Vötsch chamber with S!MPAC.

    With the library ``@wattest`` on a simulated bench, a twin stands around the station of that bench's own world.

    Args:
        around: what the bench gives to every driver
        resource: VISA name, such as TCPIP::192.0.2.21::2049::SOCKET
        low_limit: the coldest air that chamber and station allow
        high_limit: the warmest air that chamber and station allow
        library: PyVISA backend, such as @py, @ivi or @wattest
        accuracy: limit of error of the chamber's thermometer; without it no reading has an uncertainty
    """
    end = END.decode()
    link = VisaLink(
        around,
        resource,
        library=twin_library(around, resource, library, SimServTwin, END),
        identify=SEPARATOR.join(("99997", "1", "1")),
        end=end,
        ended=end,
    )
    return ClimateChamber(around, SimServ(link), Limits(low_limit, high_limit), accuracy)


@asynccontextmanager
async def weiss_simserv_twin(there: Rehearsal) -> AsyncIterator[Options]:
    """A twin around the station of the simulated world, over TCP."""
    async with over_tcp(there, SimServTwin, END) as options:
        yield options


class SimServ:
    """The dialect: numbered commands for chamber 1."""

    name = "weiss_simserv"
    ramps = True

    def __init__(self, link: VisaLink) -> None:
        self._link = link

    @property
    def place(self) -> str:
        """Resource and library."""
        return self._link.place

    async def open(self) -> Identity:
        """Type and serial number of the chamber."""
        answer = await self._link.open()
        identify(answer, "weiss_simserv", self.place)
        serial, _ = await self._ask("99997", "3")
        return Identity("Weiss Technik", answer.split(SEPARATOR)[1].strip(), serial)

    async def set_limits(self, low_c: float, high_c: float) -> None:
        """Nothing: no public command writes them."""

    async def look(self) -> Look:
        """Air, set point and status, and the texts of active alarms when the status says that there are some."""
        air, air_seq = await self._ask("11004", "1")
        setpoint_c, setpoint_seq = await self._number("11002", "1")
        status, status_seq = await self._whole("10012")
        return Look(
            air,
            air_seq,
            setpoint_c,
            bool(status & RUNNING),
            (air_seq, setpoint_seq, status_seq),
            index=1,
            alarms=await self._alarms() if status & ALARM else (),
        )

    async def set_point(self, temperature_c: float, ramp_k_per_min: float) -> None:
        """Both gradients, read back, then the set point.

        It is not public whether 11002 tells where the set point goes or where it is on its way, so it proves nothing here;
        the command is acknowledged.
        """
        for write, read in (("11068", "11066"), ("11072", "11070")):
            await self._set_gradient(write, read, ramp_k_per_min)
        await self._ask("11001", "1", str(tenths(temperature_c)))

    async def run(self) -> None:
        """Manual operation."""
        await self._ask("14001", "1", "1")

    async def standby(self) -> None:
        """Manual operation off; when it still runs, the program that runs is ended."""
        await self._ask("14001", "1", "0")
        status, _ = await self._whole("10012")
        if status & RUNNING:
            await self._ask("19015")

    async def close(self) -> None:
        """Let go of the link."""
        await self._link.close()

    async def _alarms(self) -> tuple[str, ...]:
        """Active messages of type alarm, in the chamber's own words; the bare status when none is found."""
        count, _ = await self._whole("17002")
        found: list[str] = []
        for message in range(1, min(count, MOST_MESSAGES) + 1):
            active, _ = await self._ask("17009", str(message))
            if active != "1":
                continue
            kind, _ = await self._whole("17005", str(message))
            if kind & ALARM_MESSAGE:
                found.append((await self._ask("17007", str(message)))[0])
        return tuple(found) or ("an alarm without a message",)

    async def _whole(self, *fields: str) -> tuple[int, int]:
        text, seq = await self._ask(*fields)
        if not text.isdecimal():
            raise InstrumentError(
                f"{self.place} answered {text!r} to command {fields[0]} where a whole number was expected."
            )
        return int(text), seq

    async def _set_gradient(self, write: str, read: str, k_per_min: float) -> None:
        await self._ask(write, "1", f"{k_per_min:.2f}")
        got, _ = await self._number(read, "1")
        if abs(got - k_per_min) > 0.01:
            raise InstrumentError(
                f"{self.place} was given a gradient of {k_per_min:.2f} K/min (command {write}) and answers {got:g} K/min: "
                "choose a ramp that the chamber has, or look whether somebody operates it at its panel."
            )

    async def _number(self, *fields: str) -> tuple[float, int]:
        text, seq = await self._ask(*fields)
        value = number(text)
        if value is None:
            raise InstrumentError(
                f"{self.place} answered {text!r} to command {fields[0]} where a number was expected."
            )
        return value, seq

    async def _ask(self, command: str, *arguments: str) -> tuple[str, int]:
        """The first field of data of the answer, empty when it has none, and the number of the entry."""
        line = SEPARATOR.join((command, "1", *arguments))
        answer = await self._link.query(line)
        code, *data = answer.text.split(SEPARATOR)
        if code.strip() != "1":
            meaning = ERRORS.get(code.strip())
            raise InstrumentError(
                f"{self.place} refused {line!r}: error {code.strip()!r}{f' ({meaning})' if meaning else ''}."
            )
        return (data[0].strip() if data else ""), answer.seq
