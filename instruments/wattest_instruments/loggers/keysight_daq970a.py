"""Keysight (Agilent, HP) 34970A, 34972A, DAQ970A and DAQ973A data loggers as ``thermometers``.

Bench entry::

    thermometers:
      driver: keysight_daq970a
      resource: "TCPIP::192.0.2.40::inst0::INSTR"
      thermocouple: K
      channels: {air: 101, enclosure: 102, contactor: 103}
      calibration: my_logger.yaml    # a row ``temperature``: {error: 1.0 K, certificate: 0.3 K}

Commands: 34970A/34972A command reference and public drivers; tried on the twin only. The reference junction is the one of the
multiplexer's terminal block. The logger scans in ascending order of channels, whatever the order of the entry. An open
thermocouple reads 9.9E+37: infinity, flagged ``over-range``.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Literal

from wattest.document.quantity import TemperatureDifference
from wattest.errors import BenchError, InstrumentError
from wattest.roles import Identity, Reading, Surroundings, Thermometers
from wattest.run.rehearse import Options, Rehearsal
from wattest_instruments.calibration import Calibration, Specification, calibration_of
from wattest_instruments.exchanges import NOT_CALIBRATED, reading, tell
from wattest_instruments.identify import identify
from wattest_instruments.links.visa import VisaLink
from wattest_instruments.loggers.twin import daq970a_device
from wattest_instruments.twins.server import serve_scpi

Thermocouple = Literal["B", "E", "J", "K", "N", "R", "S", "T"]

CHANNELS = range(101, 341)
"""Slot 1 to 3 and two digits."""
SCAN_S = 10.0
"""How long a scan of all channels may take: 20 channels of a multiplexer take about 2 s at one power line cycle."""


def keysight_daq970a(
    around: Surroundings,
    *,
    resource: str,
    library: str = "@py",
    channels: Mapping[str, int],
    thermocouple: Thermocouple = "K",
    accuracy: TemperatureDifference | None = None,
    calibration: str | None = None,
) -> Thermometers:
    """A Keysight data logger with a multiplexer as thermometers.

    Args:
        around: what the bench gives to every driver
        resource: VISA name, such as TCPIP::192.0.2.40::inst0::INSTR or ASRL/dev/ttyUSB1::INSTR
        library: PyVISA backend, such as @py or @ivi
        channels: what is measured, and on which channel, such as {air: 101, enclosure: 102}
        thermocouple: type of all of them
        accuracy: limit of error of sensor and logger together; overrides the row temperature of the calibration file
        calibration: file with serial number, due date and limits of error
    """
    who = f"{around.role} (keysight_daq970a)"
    if not channels:
        raise BenchError(f"{who}: channels is empty; name what is measured, such as {{air: 101}}.")
    for place, channel in channels.items():
        if channel not in CHANNELS:
            raise BenchError(f"{who}: channel {channel} of '{place}' is none; slots 1 to 3 have 101 to 340.")
    twice = sorted({channel for channel in channels.values() if list(channels.values()).count(channel) > 1})
    if twice:
        raise BenchError(f"{who}: channel {twice[0]} stands for more than one place.")
    link = VisaLink(around, resource, library=library, timeout_s=SCAN_S)
    return KeysightDaq970a(
        around,
        link,
        channels=channels,
        thermocouple=thermocouple,
        calibration=calibration_of(calibration, around.folder),
        accuracy=None if accuracy is None else Specification(0.0, 0.0, 0.0, 1.0, "bench file", accuracy),
    )


@asynccontextmanager
async def keysight_daq970a_twin(there: Rehearsal) -> AsyncIterator[Options]:
    """A twin whose thermocouples are where the bench entry has them, over TCP."""
    known = calibration_of(there.options.get("calibration"), there.folder)
    device = daq970a_device(
        there.world,
        there.options["channels"],
        serial="MY58000970" if known is None else known.serial,
        model="DAQ970A" if known is None else known.model,
    )
    async with serve_scpi(device) as server:
        yield {"resource": server.resource, "library": "@py"}


class KeysightDaq970a:
    """The driver, over any link."""

    supports: frozenset[str] = frozenset()

    def __init__(
        self,
        around: Surroundings,
        link: VisaLink,
        *,
        channels: Mapping[str, int],
        thermocouple: Thermocouple,
        calibration: Calibration | None,
        accuracy: Specification | None,
    ) -> None:
        self._around = around
        self._link = link
        self._places = sorted(channels, key=channels.__getitem__)
        self._list = "(@" + ",".join(str(channels[place]) for place in self._places) + ")"
        self._thermocouple = thermocouple
        self._calibration = calibration
        self._accuracy = accuracy

    async def open(self) -> Identity:
        """Identify the logger, hold it against its calibration file, and set up one scan of all channels."""
        identity = identify(await self._link.open(), "keysight_daq970a", self._link.place)
        if self._calibration is not None:
            self._calibration.check_serial(identity.serial, identity.model, self._link.place)
        await self._link.write("*CLS")
        for line in (
            f"CONF:TEMP TC,{self._thermocouple},{self._list}",
            f"UNIT:TEMP C,{self._list}",
            f"SENS:TEMP:TRAN:TC:RJUN:TYPE INT,{self._list}",
            f"SENS:TEMP:TRAN:TC:CHEC ON,{self._list}",
            f"ROUT:SCAN {self._list}",
            "TRIG:SOUR IMM",
            "TRIG:COUN 1",
            "FORM:READ:TIME OFF",
            "FORM:READ:CHAN OFF",
            "FORM:READ:UNIT OFF",
            "FORM:READ:ALAR OFF",
        ):
            await tell(self._link, line)
        size = (await self._link.query("ROUT:SCAN:SIZE?")).text
        if size.strip().lstrip("+") != str(len(self._places)):
            raise InstrumentError(
                f"{self._link.place} was given {len(self._places)} channels and scans {size}: look at its modules."
            )
        return identity

    async def read_all(self) -> Mapping[str, Reading]:
        """One scan; an open thermocouple is flagged, and the others beside it stay sound."""
        heard = await self._link.query("READ?")
        raws = heard.text.split(",")
        if len(raws) != len(self._places):
            raise InstrumentError(
                f"{self._link.place} answered READ? with {len(raws)} values for {len(self._places)} channels. Somebody may "
                "have changed its settings."
            )
        return {place: self._reading(raws[i], heard.seq, i) for i, place in enumerate(self._places)}

    async def make_safe(self) -> None:
        """A logger is harmless."""

    async def close(self) -> None:
        """Let go of the link."""
        await self._link.close()

    def _reading(self, raw: str, seq: int, index: int) -> Reading:
        found = reading(
            raw,
            "degC",
            self._around.clock,
            (seq,),
            self._link.place,
            calibration=self._calibration,
            u=self._u,
            index=index,
        )
        if self._accuracy is None or found.flags - {NOT_CALIBRATED}:
            return found
        return Reading(
            found.value, found.unit, found.t_s, self._u(found.value), found.seq, frozenset(), found.raw, index
        )

    def _u(self, value: float) -> float | None:
        if self._accuracy is not None:
            return self._accuracy.u(value, 0.0)
        return None if self._calibration is None else self._calibration.u("temperature", value, 0.0)
