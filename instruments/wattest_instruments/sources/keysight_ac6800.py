"""Keysight AC6801A/B to AC6804B basic AC sources as ``mains``.

Bench entry::

    mains:
      driver: keysight_ac6800
      resource: "TCPIP::192.0.2.22::inst0::INSTR"
      voltage: 240 V             # set whenever power is switched on
      voltage_limit: 260 V       # enforced here, and as soft limit of the source
      current_limit: 16 A

Commands: operating and service guides of the AC6800 and AC6800B as far as they are public (VOLTage, FREQuency, OUTPut,
MEASure, ABORt); ``CURR`` and ``MEAS:POW:AC?`` are recalled; tried on the twin only. A word that the source does not know goes to its
error queue, and ``open`` stops there, before anything is energised. Soft limits have no publicly known query for their
values: that the voltage's is switched on is read back; the frequency's is sent, and enforced here. No list is publicly known, so this driver plays no dips. One phase.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from wattest.document.quantity import Current, Frequency, Voltage
from wattest.roles import Mains, Surroundings
from wattest.run.rehearse import Options, Rehearsal
from wattest_instruments.calibration import calibration_of
from wattest_instruments.exchanges import confirm, tell
from wattest_instruments.links.visa import VisaLink
from wattest_instruments.sources.source import (
    FREQUENCIES_HZ,
    AcSource,
    Ratings,
    SourceWords,
    checked_ratings,
    ranged,
)
from wattest_instruments.sources.twin import keysight_ac6800_device
from wattest_instruments.twins.server import serve_scpi

VOLTAGE_RANGE_V = 310.0
"""High range of the AC6800B."""


def keysight_ac6800(
    around: Surroundings,
    *,
    resource: str,
    library: str = "@py",
    voltage: Voltage,
    frequency: Frequency = 60.0,
    voltage_range: Voltage = VOLTAGE_RANGE_V,
    voltage_limit: Voltage,
    current_limit: Current,
    current_range: Current | None = None,
    calibration: str | None = None,
) -> Mains:
    """A Keysight AC6800 AC source as mains.

    Args:
        around: what the bench gives to every driver
        resource: VISA name, such as TCPIP::192.0.2.22::inst0::INSTR
        library: PyVISA backend, such as @py or @ivi
        voltage: rms voltage that is set whenever power is switched on
        frequency: set whenever power is switched on
        voltage_range: 155 V or 310 V (AC6800B), 135 V or 270 V (AC6800A)
        voltage_limit: no higher voltage is ever set
        current_limit: rms current at which the source protects itself
        current_range: full scale of its current reading, if the calibration file has limits in percent of the range
        calibration: file with serial number, due date and limits of error; without it no reading has an uncertainty
    """
    ratings = checked_ratings(
        around,
        "keysight_ac6800",
        Ratings(voltage, frequency, voltage_limit, current_limit, voltage_range, current_range),
    )
    link = VisaLink(around, resource, library=library)
    return AcSource(
        around, link, _words(voltage_range, ratings), ratings, calibration_of(calibration, around.folder)
    )


@asynccontextmanager
async def keysight_ac6800_twin(there: Rehearsal) -> AsyncIterator[Options]:
    """A twin that feeds the simulated station, over TCP."""
    known = calibration_of(there.options.get("calibration"), there.folder)
    device = keysight_ac6800_device(
        there.world,
        serial="MY58000001" if known is None else known.serial,
        voltage_range=there.options.get("voltage_range", VOLTAGE_RANGE_V),
    )
    async with serve_scpi(device) as server:
        yield {"resource": server.resource, "library": "@py"}


def _words(voltage_range: float, ratings: Ratings) -> SourceWords:
    least_hz, most_hz = FREQUENCIES_HZ

    async def prepare(link: VisaLink, ratings: Ratings) -> None:
        """Range, soft limits and current limit; soft limits hold for settings made after they were switched on."""
        await tell(link, "ABOR")
        await ranged(link, "VOLT:RANG?", f"{voltage_range:g}", "VOLT:RANG {}", ("OUTP?",))
        await confirm(link, "VOLT:RANG?", voltage_range, "V", "choose a voltage_range that it has")
        await tell(link, "VOLT:LIM:STAT ON")
        await confirm(link, "VOLT:LIM:STAT?", 1, "(soft limits on)", "look at its display")
        await tell(link, f"CURR {ratings.current_limit_a:.2f}")
        await confirm(link, "CURR?", ratings.current_limit_a, "A", "choose a current_limit that it has")

    return SourceWords(
        driver="keysight_ac6800",
        on=("OUTP ON",),
        off=("ABOR", "OUTP OFF"),
        states=("OUTP?",),
        voltage=f"VOLT {{:.1f}},0,{ratings.voltage_limit_v:.1f}",
        voltage_query="VOLT?",
        frequency=f"FREQ {{:.2f}},{least_hz:g},{most_hz:g}",
        frequency_query="FREQ?",
        measure_voltage="MEAS:VOLT:AC?",
        measure_current="MEAS:CURR:AC?",
        measure_power="MEAS:POW:AC?",
        measure_frequency="MEAS:FREQ?",
        settle_s=0.0,
        prepare=prepare,
    )
