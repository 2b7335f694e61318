"""California Instruments (AMETEK) i/iX, CSW, MX, RX, RS and BPS AC sources as ``mains``.

Bench entry::

    mains:
      driver: california
      resource: "TCPIP::192.0.2.21::5025::SOCKET"
      voltage: 240 V             # per phase, set whenever power is switched on
      voltage_range: 300 V       # one of the source's own: above it, it gives nothing
      voltage_limit: 280 V       # enforced here
      current_limit: 32 A        # enforced by the source

Commands: SCPI programming manual of BPS, MX and RS (7003-961), public drivers of a CSW5550 and of SunSpec; tried on the
twin only. The source has no publicly known voltage limit but its range, which is set and read back; the limit of the
bench entry is enforced in the driver. After its relay has moved it must not be spoken to for a second. Dips are a
transient list of at most 32 points, in milliseconds; a last point of 1 ms holds the voltage from before, since the
manual says that the trigger may be idle before the last dwell is over. Readings of three phases are left out.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Literal

from wattest.clock import Clock
from wattest.document.quantity import Current, Frequency, Voltage
from wattest.errors import BenchError
from wattest.roles import Mains, SupplyStep, Surroundings
from wattest.run.rehearse import Options, Rehearsal
from wattest_instruments.calibration import calibration_of
from wattest_instruments.exchanges import confirm, tell
from wattest_instruments.links.visa import VisaLink
from wattest_instruments.sources.source import (
    AcSource,
    Ratings,
    SourceWords,
    checked_ratings,
    played,
    ranged,
)
from wattest_instruments.sources.twin import california_device
from wattest_instruments.twins.server import serve_scpi

LAST_POINT_S = 0.001
VOLTAGE_RANGE_V = 300.0


def california(
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
    phases: Literal["1", "3"] = "1",
    calibration: str | None = None,
) -> Mains:
    """A California Instruments AC source as mains.

    Args:
        around: what the bench gives to every driver
        resource: VISA name, such as GPIB0::1::INSTR or TCPIP::192.0.2.21::5025::SOCKET
        library: PyVISA backend, such as @py or @ivi
        voltage: rms phase voltage that is set whenever power is switched on
        frequency: set whenever power is switched on
        voltage_range: one of the source's own, such as 150 V, 156 V, 300 V or 312 V
        voltage_limit: no higher phase voltage is ever set
        current_limit: rms current per phase at which the source protects itself
        current_range: full scale of its current reading, if the calibration file has limits in percent of the range
        phases: 1, or 3 phases that are set alike; with 3 the source measures nothing for us
        calibration: file with serial number, due date and limits of error; without it no reading has an uncertainty
    """
    ratings = checked_ratings(
        around,
        "california",
        Ratings(voltage, frequency, voltage_limit, current_limit, voltage_range, current_range, int(phases)),
    )
    if voltage_limit > voltage_range:
        raise BenchError(
            f"{around.role} (california): voltage_limit is {voltage_limit:g} V, above voltage_range {voltage_range:g} V."
        )
    link = VisaLink(around, resource, library=library)
    return AcSource(around, link, _words(voltage_range), ratings, calibration_of(calibration, around.folder))


@asynccontextmanager
async def california_twin(there: Rehearsal) -> AsyncIterator[Options]:
    """A twin that feeds the simulated station, over TCP."""
    known = calibration_of(there.options.get("calibration"), there.folder)
    device = california_device(
        there.world,
        serial="A389Z20" if known is None else known.serial,
        voltage_range=there.options.get("voltage_range", VOLTAGE_RANGE_V),
    )
    async with serve_scpi(device) as server:
        yield {"resource": server.resource, "library": "@py"}


async def _play(
    link: VisaLink, clock: Clock, ratings: Ratings, steps: tuple[SupplyStep, ...], before: SupplyStep
) -> None:
    """One pass through a list in which every change is as fast as the source can; then fixed modes again."""
    del ratings
    points = (*steps, SupplyStep(LAST_POINT_S, before.voltage_v, before.frequency_hz))
    fastest = ",".join("MAX" for _ in points)
    for line in (
        "ABOR",
        "TRIG:TRAN:SOUR IMM",
        "TRIG:SYNC:SOUR IMM",
        "LIST:STEP AUTO",
        "LIST:COUN 1",
        "FREQ:MODE LIST",
        "FREQ:SLEW:MODE LIST",
        "VOLT:MODE LIST",
        "VOLT:SLEW:MODE LIST",
        "LIST:DWEL " + ",".join(f"{point.duration_s:.3f}" for point in points),
        "LIST:FREQ " + ",".join(f"{point.frequency_hz:.2f}" for point in points),
        f"LIST:FREQ:SLEW {fastest}",
        "LIST:VOLT " + ",".join(f"{point.voltage_v:.1f}" for point in points),
        f"LIST:VOLT:SLEW {fastest}",
        "LIST:REP " + ",".join("0" for _ in points),
        "INIT",
    ):
        await tell(link, line)
    duration_s = sum(point.duration_s for point in points)
    await played(link, clock, "TRIG:STAT?", "IDLE", duration_s, "ABOR")
    for line in ("VOLT:MODE FIX", "VOLT:SLEW:MODE FIX", "FREQ:MODE FIX", "FREQ:SLEW:MODE FIX"):
        await tell(link, line)


def _words(voltage_range: float) -> SourceWords:
    async def prepare(link: VisaLink, ratings: Ratings) -> None:
        """No list runs; range and current limit are set and read back."""
        await tell(link, "ABOR")
        if ratings.phases == 3:
            await tell(link, "INST:COUP ALL")
        await ranged(link, "VOLT:RANG?", f"{voltage_range:g}", "VOLT:RANG {}", ("OUTP?",))
        await confirm(link, "VOLT:RANG?", voltage_range, "V", "choose a voltage_range that it has")
        await tell(link, f"CURR {ratings.current_limit_a:.2f}")
        await confirm(link, "CURR?", ratings.current_limit_a, "A", "choose a current_limit that it has")

    return SourceWords(
        driver="california",
        on=("VOLT:MODE FIX", "FREQ:MODE FIX", "OUTP ON"),
        off=("ABOR", "OUTP OFF"),
        states=("OUTP?",),
        voltage="VOLT {:.1f}",
        voltage_query="VOLT?",
        frequency="FREQ {:.2f}",
        frequency_query="FREQ?",
        measure_voltage="MEAS:VOLT:AC?",
        measure_current="MEAS:CURR:AC?",
        measure_power="MEAS:POW:AC?",
        measure_frequency="MEAS:FREQ?",
        settle_s=1.0,
        prepare=prepare,
        play=_play,
        longest_list=31,
    )
