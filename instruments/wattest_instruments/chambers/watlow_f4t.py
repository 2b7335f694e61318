"""Chambers with the Watlow F4T controller (TestEquity, CSZ, ESPEC North America), over SCPI.

Bench entry::

    chamber:
      driver: watlow_f4t
      resource: "TCPIP::192.0.2.24::5025::SOCKET"
      low_limit: -45 degC
      high_limit: 60 degC
      accuracy: 1 K
      run_output: 1          # the event output that starts the chamber; its builder says which

Control loop 1 is temperature. The driver asks the controller for degC on this link and reads that back, since it may talk
in degF. Settings are not answered: what has a query is read back. The controller moves along its own ramp (RRATE in K/min);
before each ramp the set point is put where the air is, so that the ramp begins there. No public command writes limits,
and none tells a door: the driver alone keeps the limits of the bench file. Which event output starts heating
and cooling is the choice of who built the chamber; without the right one it neither starts nor stops. Stop a profile before:
it is not told.

Commands: the SCPI list of the TestEquity 107 (DAsh0244/te107_control), not for cascade control; tried on the twin only.
"""

from __future__ import annotations

import math
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated

from wattest.document.quantity import Temperature, TemperatureDifference
from wattest.document.signature import Between
from wattest.errors import InstrumentError
from wattest.roles import Chamber, Identity, Surroundings
from wattest.run.rehearse import Options, Rehearsal
from wattest_instruments.chambers.chamber import ClimateChamber, Limits
from wattest_instruments.chambers.controller import Look, tenths
from wattest_instruments.chambers.f4t_twin import END, F4tTwin
from wattest_instruments.chambers.plug import over_tcp, twin_library
from wattest_instruments.identify import identify
from wattest_instruments.link import VisaLink
from wattest_instruments.notation import number

LOOP = ":SOURCE:CLOOP1"


def watlow_f4t(
    around: Surroundings,
    *,
    resource: str,
    low_limit: Temperature,
    high_limit: Temperature,
    library: str = "@py",
    accuracy: TemperatureDifference | None = None,
    run_output: Annotated[int, Between(1, 7)] = 1,
) -> Chamber:
    """A chamber with a Watlow F4T.

    With the library ``@wattest`` on a simulated bench, a twin stands around the station of that bench's own world.

    Args:
        around: what the bench gives to every driver
        resource: VISA name, such as TCPIP::192.0.2.24::5025::SOCKET
        low_limit: the coldest air that chamber and station allow
        high_limit: the warmest air that chamber and station allow
        library: PyVISA backend, such as @py, @ivi or @wattest
        accuracy: limit of error of the chamber's thermometer; without it no reading has an uncertainty
        run_output: the event output that starts heating and cooling
    """
    link = VisaLink(
        around,
        resource,
        library=twin_library(around, resource, library, lambda box: F4tTwin(box, run_output), END),
    )
    return ClimateChamber(around, WatlowF4t(link, run_output), Limits(low_limit, high_limit), accuracy)


@asynccontextmanager
async def watlow_f4t_twin(there: Rehearsal) -> AsyncIterator[Options]:
    """A twin around the station of the simulated world, over TCP."""
    async with over_tcp(there, lambda box: F4tTwin(box, there.options.get("run_output", 1)), END) as options:
        yield options


class WatlowF4t:
    """The dialect, for control loop 1."""

    name = "watlow_f4t"
    ramps = True

    def __init__(self, link: VisaLink, run_output: int) -> None:
        self._link = link
        self._output = f":OUTPUT{run_output}:STATE"

    @property
    def place(self) -> str:
        """Resource and library."""
        return self._link.place

    async def open(self) -> Identity:
        """Identify, and talk in degC."""
        identity = identify(await self._link.open(), "watlow_f4t", self.place)
        await self._link.write(":UNIT:TEMPERATURE C")
        unit = (await self._link.query(":UNIT:TEMPERATURE?")).text
        if unit != "C":
            raise InstrumentError(
                f"{self.place} was told to talk in degC and answers {unit!r}: set the unit of its communication at its display."
            )
        return identity

    async def set_limits(self, low_c: float, high_c: float) -> None:
        """Nothing: no public command writes them."""

    async def look(self) -> Look:
        """Air, set point on its way, state of the output, and whether the sensor is sound."""
        air = await self._link.query(f"{LOOP}:PVALUE?")
        setpoint = await self._link.query(f"{LOOP}:SPOINT?")
        on = await self._link.query(f"{self._output}?")
        error = await self._link.query(f"{LOOP}:ERROR?")
        return Look(
            air.text.strip(),
            air.seq,
            number(setpoint.text),
            on.text == "ON",
            (air.seq, setpoint.seq, on.seq, error.seq),
            alarms=() if error.text == "NONE" else (f"input error {error.text}",),
        )

    async def set_point(self, temperature_c: float, ramp_k_per_min: float) -> None:
        """Put the set point where the air is, without a ramp; then the ramp and the new set point."""
        await self._link.write(f"{LOOP}:RACTION OFF")
        air = (await self._link.query(f"{LOOP}:PVALUE?")).text
        here = number(air)
        if here is None or not math.isfinite(here):
            raise InstrumentError(f"{self.place} answered {air!r} where its air temperature was expected.")
        await self._set("SPOINT", here, "degC", 0.06)
        await self._link.write(f"{LOOP}:RSCALE MINUTES")
        await self._set("RRATE", ramp_k_per_min, "K/min", 0.006)
        await self._link.write(f"{LOOP}:RACTION SETPOINT")
        await self._link.write(f"{LOOP}:SPOINT {tenths(temperature_c)}")

    async def run(self) -> None:
        """Output on, read back."""
        await self._switch("ON")

    async def standby(self) -> None:
        """Output off, read back."""
        await self._switch("OFF")

    async def close(self) -> None:
        """Let go of the link."""
        await self._link.close()

    async def _switch(self, state: str) -> None:
        await self._link.write(f"{self._output} {state}")
        answer = (await self._link.query(f"{self._output}?")).text
        if answer != state:
            raise InstrumentError(
                f"{self.place} was told {self._output} {state} and answers {answer!r}: look at its display."
            )

    async def _set(self, name: str, value: float, unit: str, within: float) -> None:
        await self._link.write(f"{LOOP}:{name} {value:.2f}")
        answer = (await self._link.query(f"{LOOP}:{name}?")).text
        got = number(answer)
        if got is None or abs(got - value) > within:
            raise InstrumentError(
                f"{self.place} was set to {name} = {value:.2f} {unit} and answers {answer!r}: choose a value within its range."
            )
