"""EA Elektro-Automatik EL 9000, ELR 9000/10000 and PSB/PSBE 9000/10000 as ``load``: direct current only.

Bench entry::

    load:
      driver: ea_load
      resource: "TCPIP::192.0.2.30::5025::SOCKET"
      current_limit: 60 A        # enforced here, and as protection in the load (EL, ELR)
      power_limit: 6 kW          # optional: set value of power in the load

These are loads for a DC outlet, or behind a rectifier: an AC outlet must never be connected to them.

Commands: SCPI guide for electronic loads (EA, 2015), public drivers of ELR, EL and PSB 10000 (guide REV 24); tried on the twin only.
The load obeys only after ``SYST:LOCK ON`` and while it answers that REMOTE owns it. Answers carry units. A PSB is a source as
well: its source side is set to 0 V and 0 A, and its current counts negative while it draws. How to program an over-current
protection of its sink side is not publicly known, so there only the driver enforces the limit.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

from wattest.clock import Clock
from wattest.document.quantity import Current, Power
from wattest.errors import InstrumentError
from wattest.roles import Identity, Load, LoadReading, Reading, Surroundings
from wattest.run.rehearse import Options, Rehearsal
from wattest_instruments.calibration import Calibration, Quantity, calibration_of
from wattest_instruments.exchanges import confirm, flagged, reading, tell
from wattest_instruments.links.visa import VisaLink
from wattest_instruments.loads.load import (
    ElectronicLoad,
    Limits,
    LoadWords,
    Ranges,
    checked_limits,
)
from wattest_instruments.loads.twin import ea_device
from wattest_instruments.twins.server import serve_scpi


def ea_load(
    around: Surroundings,
    *,
    resource: str,
    library: str = "@py",
    current_limit: Current,
    power_limit: Power | None = None,
    calibration: str | None = None,
) -> Load:
    """An EA electronic load or bidirectional supply as load, for direct current.

    Args:
        around: what the bench gives to every driver
        resource: VISA name, such as TCPIP::192.0.2.30::5025::SOCKET
        library: PyVISA backend, such as @py or @ivi
        current_limit: no larger current is ever set
        power_limit: the load draws no more power than this
        calibration: file with serial number, due date and limits of error; without it no reading has an uncertainty
    """
    limits = checked_limits(around, "ea_load", Limits(current_limit, power_limit))
    link = VisaLink(around, resource, library=library)
    return ElectronicLoad(around, link, "ea_load", _words, limits, calibration_of(calibration, around.folder))


@asynccontextmanager
async def ea_load_twin(there: Rehearsal) -> AsyncIterator[Options]:
    """A twin that stands in for what the simulated car draws, over TCP."""
    known = calibration_of(there.options.get("calibration"), there.folder)
    device = ea_device(there.world, serial="2815490001" if known is None else known.serial)
    async with serve_scpi(device) as server:
        yield {"resource": server.resource, "library": "@py"}


async def _words(link: VisaLink, identity: Identity) -> LoadWords:
    both_ways = identity.model.upper().startswith("PSB")
    side, switch = ("SINK:", "OUTP") if both_ways else ("", "INP")

    async def prepare(link: VisaLink, limits: Limits) -> None:
        """Remote, off, no source, and the limits."""
        await tell(link, "SYST:LOCK ON")
        owner = (await link.query("SYST:LOCK:OWN?")).text.strip().upper()
        if owner != "REMOTE":
            raise InstrumentError(
                f"{link.place} is owned by {owner!r} and not by REMOTE: leave its menu, allow remote control there, and end "
                "any other program that holds it."
            )
        await tell(link, f"{switch} OFF")
        if both_ways:
            for what, unit in (("VOLT", "V"), ("CURR", "A")):
                await tell(link, f"{what} 0")
                await confirm(
                    link, f"{what}?", 0.0, unit, "it could feed the outlet: do not use it", digit=0.01
                )
        else:
            await tell(link, f"CURR:PROT {limits.current_a:.2f}")
            await confirm(link, "CURR:PROT?", limits.current_a, "A", "choose a current_limit that it has")
        if limits.power_w is not None:
            await tell(link, f"{side}POW {limits.power_w:.0f}")
            await confirm(link, f"{side}POW?", limits.power_w, "W", "choose a power_limit that it has")

    async def measure(
        link: VisaLink, clock: Clock, calibration: Calibration | None, ranges: Ranges
    ) -> LoadReading:
        """Voltage, current and power in one answer, each with its unit."""
        heard = await link.query("MEAS:ARR?")
        raws = heard.text.split(",")
        if len(raws) != 3:
            raise InstrumentError(
                f"{link.place} answered {heard.text!r} to MEAS:ARR?, where voltage, current and power were expected."
            )

        def one(index: int, unit: str, quantity: Quantity, full: float) -> Reading:
            found = reading(
                raws[index],
                unit,
                clock,
                (heard.seq,),
                link.place,
                calibration=calibration,
                u=lambda value: None if calibration is None else calibration.u(quantity, value, full),
                index=index,
            )
            return replace(found, value=-found.value or 0.0) if both_ways and index else found

        return LoadReading(
            voltage=one(0, "V", "voltage", ranges.voltage_v),
            current=one(1, "A", "current", ranges.current_a),
            power=one(2, "W", "power", ranges.power_w),
        )

    async def explain(_link: VisaLink) -> str:
        return "look at its display for an alarm"

    async def nominal(quantity: str) -> float:
        value, _ = flagged((await link.query(f"SYST:NOM:{quantity}?")).text, link.place)
        return value

    return LoadWords(
        driver="ea_load",
        ranges=Ranges(await nominal("VOLT"), await nominal("CURR"), await nominal("POW")),
        current=f"{side}CURR {{:.2f}}",
        current_query=f"{side}CURR?",
        on=f"{switch} ON",
        off=f"{switch} OFF",
        state=f"{switch}?",
        measure=measure,
        prepare=prepare,
        explain=explain,
        hello="SYST:LOCK ON",
        goodbye="SYST:LOCK OFF",
    )
