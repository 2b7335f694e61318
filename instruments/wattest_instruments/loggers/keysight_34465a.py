"""Keysight (Agilent) 34460A to 34470A multimeters: a voltage that other drivers and steps can read.

No role of a bench is a voltmeter, so it is a rig, and everything on the bench finds it under its name::

    rigs:
      proximity_voltage:
        driver: keysight_34465a
        resource: "TCPIP::192.0.2.41::inst0::INSTR"
        function: dc_voltage       # or ac_voltage

A driver reads it with ``await around.rigs["proximity_voltage"].measure()``, a step of one's own with the rig of that name.
Connected to the control pilot it shows the mean of the pulses, which is no plateau.

Commands: operating and service guide and public drivers; tried on the twin only. Infinity (9.9E+37) is flagged ``over-range``.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any, Literal

from wattest.document.quantity import Voltage
from wattest.errors import BenchError, InstrumentError
from wattest.roles import Identity, Reading, Rig, Surroundings
from wattest.run.rehearse import Options, Rehearsal
from wattest_instruments.calibration import Calibration, calibration_of
from wattest_instruments.exchanges import reading, tell
from wattest_instruments.identify import identify
from wattest_instruments.links.visa import VisaLink
from wattest_instruments.loggers.twin import dmm34465a_device
from wattest_instruments.twins.server import serve_scpi

Function = Literal["dc_voltage", "ac_voltage"]
RANGES: Mapping[Function, tuple[float, ...]] = {
    "dc_voltage": (0.1, 1.0, 10.0, 100.0, 1000.0),
    "ac_voltage": (0.1, 1.0, 10.0, 100.0, 750.0),
}
WORDS: Mapping[Function, str] = {"dc_voltage": "VOLT:DC", "ac_voltage": "VOLT:AC"}


def keysight_34465a(
    around: Surroundings,
    *,
    resource: str,
    library: str = "@py",
    function: Function = "dc_voltage",
    range_: Voltage = 100.0,
    calibration: str | None = None,
) -> Rig:
    """A Keysight multimeter as a rig with ``measure()``.

    Args:
        around: what the bench gives to every driver
        resource: VISA name, such as TCPIP::192.0.2.41::inst0::INSTR
        library: PyVISA backend, such as @py or @ivi
        function: dc_voltage or ac_voltage (rms)
        range_: fixed range
        calibration: file with serial number, due date and limits of error; without it no reading has an uncertainty
    """
    if range_ not in RANGES[function]:
        known = ", ".join(f"{one:g} V" for one in RANGES[function])
        raise BenchError(f"{around.role} (keysight_34465a): range is {range_:g} V; {function} has {known}.")
    link = VisaLink(around, resource, library=library, timeout_s=5.0)
    return Keysight34465a(around, link, function, range_, calibration_of(calibration, around.folder))


@asynccontextmanager
async def keysight_34465a_twin(there: Rehearsal) -> AsyncIterator[Options]:
    """A twin on the pilot (DC: the mean of its pulses) or the output (AC) of the simulated outlet 1, over TCP."""
    known = calibration_of(there.options.get("calibration"), there.folder)
    device = dmm34465a_device(there.world, serial="MY54500001" if known is None else known.serial)
    async with serve_scpi(device) as server:
        yield {"resource": server.resource, "library": "@py"}


class Keysight34465a:
    """The driver, over any link. ``facts`` hold maker, model and serial number once it is open."""

    supports: frozenset[str] = frozenset()

    def __init__(
        self,
        around: Surroundings,
        link: VisaLink,
        function: Function,
        range_: float,
        calibration: Calibration | None,
    ) -> None:
        self.facts: Mapping[str, Any] = {}
        self._around = around
        self._link = link
        self._function: Function = function
        self._range = range_
        self._calibration = calibration

    async def open(self) -> Identity:
        """Identify the multimeter, hold it against its calibration file, and fix function and range."""
        identity = identify(await self._link.open(), "keysight_34465a", self._link.place)
        if self._calibration is not None:
            self._calibration.check_serial(identity.serial, identity.model, self._link.place)
        await self._link.write("*CLS")
        await tell(self._link, f"CONF:{WORDS[self._function]} {self._range:g}")
        await tell(self._link, "SAMP:COUN 1")
        self.facts = {"maker": identity.maker, "model": identity.model, "serial": identity.serial}
        return identity

    async def measure(self) -> Reading:
        """One voltage, with its uncertainty."""
        heard = await self._link.query("READ?")
        if "," in heard.text:
            raise InstrumentError(
                f"{self._link.place} answered READ? with {heard.text!r}, more than one value. Somebody may have changed its "
                "settings."
            )
        calibration = self._calibration
        return reading(
            heard.text,
            "V",
            self._around.clock,
            (heard.seq,),
            self._link.place,
            calibration=calibration,
            u=lambda value: None if calibration is None else calibration.u("voltage", value, self._range),
        )

    async def restart(self) -> None:
        """Set up again, as after somebody has played with the front panel."""
        await self.open()

    async def make_safe(self) -> None:
        """A multimeter is harmless."""

    async def close(self) -> None:
        """Let go of the link."""
        await self._link.close()
