"""Chroma 61500, 61600, 61700 and 61800 AC sources as ``mains``.

Bench entry::

    mains:
      driver: chroma_61500
      resource: "GPIB0::30::INSTR"
      library: "@ivi"
      voltage: 240 V             # per phase, set whenever power is switched on
      frequency: 60 Hz
      voltage_limit: 280 V       # enforced here, and programmed into the source
      current_limit: 32 A

Commands: user's manuals of the 61501 to 61504 and 61605, a public driver of a 61845 (SunSpec) and one of a 61604
(libsigrok); tried on the twin only. The source has an output state *and* an output relay; both are switched and read
back. Dips are a list of the source's own, timed by it in milliseconds. What comes out between ``OUTP:MODE LIST`` and
``TRIG ON``, and between the list's end and ``OUTP:MODE FIXED``, is not publicly documented: look at it with a scope once
before trusting a verdict about dips. Readings of three phases are left out.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Literal

from wattest.clock import Clock
from wattest.document.quantity import Current, Frequency, Voltage
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
from wattest_instruments.sources.twin import chroma_61500_device
from wattest_instruments.twins.server import serve_scpi

STATES = ("OUTP?", "OUTP:REL?")
LOW_RANGE_V, HIGH_RANGE_V = 150.0, 300.0
"""Above the first, the range HIGH is needed (user's manual of the 61500)."""
LONGEST_LIST = 100
"""Sequences of a list (61500 manual, recalled)."""


def chroma_61500(
    around: Surroundings,
    *,
    resource: str,
    library: str = "@py",
    voltage: Voltage,
    frequency: Frequency = 60.0,
    voltage_limit: Voltage,
    current_limit: Current,
    current_range: Current | None = None,
    phases: Literal["1", "3"] = "1",
    calibration: str | None = None,
) -> Mains:
    """A Chroma AC source as mains.

    Args:
        around: what the bench gives to every driver
        resource: VISA name, such as GPIB0::30::INSTR or TCPIP::192.0.2.20::2101::SOCKET
        library: PyVISA backend, such as @py or @ivi
        voltage: rms phase voltage that is set whenever power is switched on
        frequency: set whenever power is switched on
        voltage_limit: no higher phase voltage is ever set
        current_limit: rms current per phase at which the source protects itself
        current_range: full scale of its current reading, if the calibration file has limits in percent of the range
        phases: 1, or 3 phases that are set alike; with 3 the source measures nothing for us
        calibration: file with serial number, due date and limits of error; without it no reading has an uncertainty
    """
    ratings = checked_ratings(
        around,
        "chroma_61500",
        Ratings(
            voltage,
            frequency,
            voltage_limit,
            current_limit,
            HIGH_RANGE_V if voltage_limit > LOW_RANGE_V else LOW_RANGE_V,
            current_range,
            int(phases),
        ),
    )
    link = VisaLink(around, resource, library=library)
    return AcSource(around, link, CHROMA_61500, ratings, calibration_of(calibration, around.folder))


@asynccontextmanager
async def chroma_61500_twin(there: Rehearsal) -> AsyncIterator[Options]:
    """A twin that feeds the simulated station, over TCP."""
    known = calibration_of(there.options.get("calibration"), there.folder)
    device = chroma_61500_device(there.world, serial="615000001" if known is None else known.serial)
    async with serve_scpi(device) as server:
        yield {"resource": server.resource, "library": "@py"}


def _commas(answer: str) -> str:
    """The manuals print ``Chroma ATE 61500,123456,...``, other people saw ``Chroma ATE,61604,...``."""
    return re.sub(r"^(Chroma ATE) +(?=\d)", r"\1,", answer, flags=re.IGNORECASE)


async def _prepare(link: VisaLink, ratings: Ratings) -> None:
    """No list runs; range and limits are set and read back."""
    await tell(link, "TRIG OFF")
    await tell(link, "OUTP:MODE FIXED")
    if ratings.phases == 3:
        for line in ("INST:PHASE THREE", "INST:COUP ALL", "INST:EDIT ALL"):
            await tell(link, line)
    wanted = "HIGH" if ratings.voltage_limit_v > LOW_RANGE_V else "LOW"
    await ranged(link, "VOLT:RANG?", wanted, "VOLT:RANG {}", STATES)
    await tell(link, f"VOLT:LIM:AC {ratings.voltage_limit_v:.1f}")
    await confirm(link, "VOLT:LIM:AC?", ratings.voltage_limit_v, "V", "choose a voltage_limit that it has")
    await tell(link, f"CURR:LIM {ratings.current_limit_a:.2f}")
    await confirm(link, "CURR:LIM?", ratings.current_limit_a, "A", "choose a current_limit that it has")


async def _play(
    link: VisaLink, clock: Clock, ratings: Ratings, steps: tuple[SupplyStep, ...], before: SupplyStep
) -> None:
    """A list is edited with the trigger off and the mode fixed; it runs once and is polled until it is over."""
    del before
    volts = ",".join(f"{step.voltage_v:.1f}" for step in steps)
    hertz = ",".join(f"{step.frequency_hz:.2f}" for step in steps)
    await tell(link, "TRIG OFF")
    await tell(link, "OUTP:MODE FIXED")
    if ratings.phases == 3:
        await tell(link, "LIST:COUP ALL")
    for line in (
        "LIST:COUN 1",
        "LIST:BASE TIME",
        "LIST:TRIG AUTO",
        "LIST:DWEL " + ",".join(f"{1000.0 * step.duration_s:.1f}" for step in steps),
        "LIST:SHAP " + ",".join("A" for _ in steps),
        f"LIST:VOLT:AC:STAR {volts}",
        f"LIST:VOLT:AC:END {volts}",
        f"LIST:FREQ:STAR {hertz}",
        f"LIST:FREQ:END {hertz}",
        "OUTP:MODE LIST",
        "TRIG ON",
    ):
        await tell(link, line)
    duration_s = sum(step.duration_s for step in steps)
    await played(link, clock, "TRIG:STATE?", "OFF", duration_s, "TRIG OFF")
    await tell(link, "OUTP:MODE FIXED")


CHROMA_61500 = SourceWords(
    driver="chroma_61500",
    on=("OUTP:REL ON", "OUTP ON"),
    off=("TRIG OFF", "OUTP OFF", "OUTP:REL OFF", "OUTP:MODE FIXED"),
    states=STATES,
    voltage="VOLT:AC {:.1f}",
    voltage_query="VOLT:AC?",
    frequency="FREQ {:.2f}",
    frequency_query="FREQ?",
    measure_voltage="MEAS:VOLT:AC?",
    measure_current="MEAS:CURR:AC?",
    measure_power="MEAS:POW:AC?",
    measure_frequency="MEAS:FREQ?",
    settle_s=0.1,
    prepare=_prepare,
    play=_play,
    longest_list=LONGEST_LIST,
    normal=_commas,
)
