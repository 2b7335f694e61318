"""Who answered, and whether a setting was taken: instruments complain in a queue or in a status register."""

from __future__ import annotations

from wattest.errors import InstrumentError
from wattest.roles import Identity
from wattest_instruments.calibration import Calibration
from wattest_instruments.identify import identify
from wattest_instruments.link import VisaLink

COMPLAINTS = {
    32: "command error",
    16: "execution error",
    8: "device error",
    4: "query error",
}
"""Bits of the standard event status register (IEEE 488.2, 11.5.1)."""


async def identified(link: VisaLink, driver: str, calibration: Calibration | None) -> Identity:
    """Open the link; raise ``InstrumentError`` unless the driver's instrument answers, and the calibrated one."""
    identity = identify(await link.open(), driver, link.place)
    if calibration is not None:
        calibration.check_serial(identity.serial, identity.model, link.place)
    return identity


async def set_by_queue(link: VisaLink, line: str, question: str) -> None:
    """Send a setting and ask the error queue, which begins with 0 when it is empty. Raises ``InstrumentError``."""
    await link.write(line)
    error = (await link.query(question)).text
    if error.partition(",")[0].strip().lstrip("+") != "0":
        raise InstrumentError(f"{link.place} refused {line!r}: error {error}.")


async def set_by_register(link: VisaLink, line: str, *, answered: bool = False) -> None:
    """Send a setting and ask ``*ESR?``, which forgets what it tells. Raises ``InstrumentError``.

    ``answered`` is for instruments that answer every line, with an empty one where nothing was asked.
    """
    if answered:
        await link.query(line)
    else:
        await link.write(line)
    register = (await link.query("*ESR?")).text
    if not register.isdigit():
        raise InstrumentError(f"{link.place} answered {register!r} to *ESR? where a number was expected.")
    complaints = [name for bit, name in COMPLAINTS.items() if int(register) & bit]
    if complaints:
        raise InstrumentError(
            f"{link.place} refused {line!r}: {' and '.join(complaints)} (*ESR? {register})."
        )
