"""Chroma 63802, 63803 and 63804 AC/DC electronic loads as ``load``: the power side of a car on an AC outlet.

Bench entry::

    load:
      driver: chroma_63800
      resource: "ASRL/dev/ttyUSB0::INSTR"
      current_limit: 40 A        # rms; enforced here, and as peak current in the load

Commands: pages of the 63800 user's manual and two public drivers; tried on the twin only. The two drivers spell
``SYSTem:SETup`` differently, so it is written out in full. The event register tells whether a setting was taken, since no error
queue is publicly known. The load works from 45 V on: whether it stays on while the outlet is still dead is not publicly
known, and a load that went off is an error with its protection register in the sentence.
"""

from __future__ import annotations

import math
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from wattest.clock import Clock
from wattest.document.quantity import Current
from wattest.errors import InstrumentError
from wattest.roles import Identity, Load, LoadReading, Reading, Surroundings
from wattest.run.rehearse import Options, Rehearsal
from wattest_instruments.calibration import Calibration, Quantity, calibration_of
from wattest_instruments.exchanges import confirm, event_register, measured, tell
from wattest_instruments.links.visa import VisaLink
from wattest_instruments.loads.load import (
    ElectronicLoad,
    Limits,
    LoadWords,
    Ranges,
    checked_limits,
)
from wattest_instruments.loads.twin import chroma_63800_device
from wattest_instruments.notation import number
from wattest_instruments.twins.server import serve_scpi

FULL_SCALE = {
    "63802": Ranges(350.0, 18.0, 1800.0),
    "63803": Ranges(350.0, 36.0, 3600.0),
    "63804": Ranges(350.0, 45.0, 4500.0),
}
"""By model (user's manual, protection thresholds)."""
PEAK_MARGIN = 1.1
"""Above the peak of a sine at the current limit: control of the load overshoots a little. A project figure."""
PROTECTIONS = (
    "frequency out of range",
    "no voltage at its terminals (below 45 V)",
    "no voltage at its terminals (below 45 V)",
    "over-voltage",
    "peak over-voltage",
    "over-current",
    "over-power",
    "over-temperature",
    "fan failure",
    "load failure",
    "frequency changed",
    "its own supply failed",
)
"""Bits of ``PROT?`` from the lowest on (user's manual)."""


def chroma_63800(
    around: Surroundings,
    *,
    resource: str,
    library: str = "@py",
    current_limit: Current,
    calibration: str | None = None,
) -> Load:
    """A Chroma AC load as load: constant current at unity power factor.

    Args:
        around: what the bench gives to every driver
        resource: VISA name, such as ASRL/dev/ttyUSB0::INSTR (57600 baud) or GPIB0::8::INSTR
        library: PyVISA backend, such as @py or @ivi
        current_limit: no larger rms current is ever set
        calibration: file with serial number, due date and limits of error; without it no reading has an uncertainty
    """
    limits = checked_limits(around, "chroma_63800", Limits(current_limit))
    link = VisaLink(around, resource, library=library, baud=57600)
    return ElectronicLoad(
        around, link, "chroma_63800", _words, limits, calibration_of(calibration, around.folder)
    )


@asynccontextmanager
async def chroma_63800_twin(there: Rehearsal) -> AsyncIterator[Options]:
    """A twin that stands in for what the simulated car draws, over TCP."""
    known = calibration_of(there.options.get("calibration"), there.folder)
    device = chroma_63800_device(there.world, serial="638040000001" if known is None else known.serial)
    async with serve_scpi(device) as server:
        yield {"resource": server.resource, "library": "@py"}


async def _words(link: VisaLink, identity: Identity) -> LoadWords:
    ranges = FULL_SCALE.get(identity.model[:5])
    if ranges is None:
        raise InstrumentError(
            f"{link.place} is a {identity.model}, whose full scale this driver does not know: it is made for "
            f"{', '.join(FULL_SCALE)}."
        )
    return LoadWords(
        driver="chroma_63800",
        ranges=ranges,
        current="LOAD:CURR {:.2f}",
        current_query="LOAD:CURR?",
        on="LOAD ON",
        off="LOAD OFF",
        state="LOAD?",
        measure=_measure,
        prepare=_prepare,
        explain=_explain,
        complaint=event_register,
    )


async def _prepare(link: VisaLink, limits: Limits) -> None:
    """Off, AC, constant current, unity power factor, and no peak beyond the limit."""
    peak_a = round(math.sqrt(2.0) * PEAK_MARGIN * limits.current_a, 1)
    for line in (
        "LOAD OFF",
        "SYSTEM:SETUP:MODE AC",
        "SYSTEM:SETUP:CFPF:MODE PF",
        "LOAD:MODE CURR",
        "PFAC 1",
        f"LOAD:CURR:PEAK:MAX {peak_a:.1f}",
    ):
        await tell(link, line, event_register)
    mode = (await link.query("LOAD:MODE?")).text.strip().upper()
    if mode not in {"CURR", "0"}:
        raise InstrumentError(
            f"{link.place} was set to constant current and answers {mode!r} to 'LOAD:MODE?'."
        )
    await confirm(link, "LOAD:CURR:PEAK:MAX?", peak_a, "A", "choose a current_limit that it has")


async def _explain(link: VisaLink) -> str:
    answer = (await link.query("LOAD:PROT?")).text
    bits = int(number(answer) or 0)
    found = dict.fromkeys(name for bit, name in enumerate(PROTECTIONS) if bits & 1 << bit)
    return f"{', '.join(found)} (LOAD:PROT? {answer})" if found else "its protection register names no reason"


async def _measure(
    link: VisaLink, clock: Clock, calibration: Calibration | None, ranges: Ranges
) -> LoadReading:
    """Three questions one after the other: the load answers no two quantities together."""

    async def one(query: str, unit: str, quantity: Quantity, full: float) -> Reading:
        return await measured(
            link,
            query,
            unit,
            clock,
            calibration=calibration,
            u=lambda value: None if calibration is None else calibration.u(quantity, value, full),
        )

    return LoadReading(
        voltage=await one("MEAS:VOLT?", "V", "voltage", ranges.voltage_v),
        current=await one("MEAS:CURR?", "A", "current", ranges.current_a),
        power=await one("MEAS:POW:REAL?", "W", "power", ranges.power_w),
    )
