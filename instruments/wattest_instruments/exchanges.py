"""What drivers of message-based instruments do again and again: a setting and its check, a number and its flags."""

from __future__ import annotations

import math
import re
from collections.abc import Awaitable, Callable

from wattest.clock import Clock
from wattest.errors import InstrumentError
from wattest.roles import Reading
from wattest_instruments.calibration import Calibration
from wattest_instruments.links.visa import VisaLink
from wattest_instruments.notation import number

NO_DATA = "no data"
OVER_RANGE = "over-range"
NOT_CALIBRATED = "no calibration"

OVERFLOW = 9.9e37
"""What SCPI instruments say for infinity; 9.91E37 is "not a number" (SCPI 1999, 7.2.1.4 and 7.2.1.5)."""
NOT_A_NUMBER = 9.91e37

_WITH_UNIT = re.compile(r"([+-]?(?:\d+\.?\d*|\.\d+)(?:E[+-]?\d+)?)\s*[A-Za-z%]+", re.IGNORECASE)

Complaint = Callable[[VisaLink], Awaitable[str]]
"""Asks an instrument whether it has something to complain of; its own words, or nothing."""


async def error_queue(link: VisaLink, query: str = "SYST:ERR?") -> str:
    """The oldest entry of the error queue (SCPI 1999, 21.8); nothing when the queue is empty."""
    answer = (await link.query(query)).text
    return "" if number(answer.partition(",")[0]) == 0.0 else f"error {answer}"


async def event_register(link: VisaLink) -> str:
    """Command, execution, device and query errors of the standard event register (IEEE 488.2, 11.5.1)."""
    answer = (await link.query("*ESR?")).text
    value = number(answer)
    if value is None:
        raise InstrumentError(
            f"{link.place} answered {answer!r} to *ESR?, where a whole number was expected."
        )
    names = {32: "command error", 16: "execution error", 8: "device error", 4: "query error"}
    found = [name for bit, name in names.items() if int(value) & bit]
    return f"{' and '.join(found)} (event register {answer})" if found else ""


async def tell(link: VisaLink, line: str, complaint: Complaint = error_queue) -> None:
    """A setting, and proof that it was taken. Raises ``InstrumentError`` with the instrument's complaint."""
    await link.write(line)
    said = await complaint(link)
    if said:
        raise InstrumentError(f"{link.place} refused {line!r}: {said}.")


async def confirm(
    link: VisaLink, query: str, wanted: float, unit: str, way_out: str, *, digit: float = 0.0
) -> None:
    """Read a setting back. Raises ``InstrumentError`` when the instrument has another value than it was given.

    Allowed are 0.1 % and one ``digit``, the last one that the setting was sent with.
    """
    answer = (await link.query(query)).text
    got = number(without_unit(answer))
    if got is None or not math.isclose(got, wanted, rel_tol=1e-3, abs_tol=digit):
        raise InstrumentError(
            f"{link.place} was set to {wanted:g} {unit} and answers {answer!r} to {query!r}: {way_out}."
        )


def without_unit(raw: str) -> str:
    """A number as printed, without the unit that some instruments add: ``48.00`` of ``48.00 V`` and of ``48.00V``.

    >>> without_unit("48.00 V"), without_unit("-1.5A"), without_unit("1.0E+02")
    ('48.00', '-1.5', '1.0E+02')
    """
    match = _WITH_UNIT.fullmatch(raw.strip())
    return raw.strip() if match is None else match[1]


def flagged(raw: str, place: str) -> tuple[float, frozenset[str]]:
    """Value and flags of a number as printed; infinity and "not a number" are flags, never numbers.

    Raises ``InstrumentError`` when it is no number at all.
    """
    value = number(without_unit(raw))
    if value is None:
        raise InstrumentError(f"{place} answered {raw!r} where a number was expected.")
    if math.isnan(value) or math.isclose(abs(value), NOT_A_NUMBER, rel_tol=1e-4):
        return math.nan, frozenset({NO_DATA})
    if abs(value) >= OVERFLOW * 0.999:
        return math.copysign(math.inf, value), frozenset({OVER_RANGE})
    return value, frozenset()


async def measured(
    link: VisaLink,
    query: str,
    unit: str,
    clock: Clock,
    *,
    calibration: Calibration | None,
    u: Callable[[float], float | None] = lambda _value: None,
) -> Reading:
    """One quantity, asked for by itself. ``u`` gives the standard uncertainty of a finite value."""
    heard = await link.query(query)
    return reading(heard.text, unit, clock, (heard.seq,), link.place, calibration=calibration, u=u)


def reading(
    raw: str,
    unit: str,
    clock: Clock,
    seq: tuple[int, ...],
    place: str,
    *,
    calibration: Calibration | None,
    u: Callable[[float], float | None] = lambda _value: None,
    index: int | None = None,
) -> Reading:
    """A number as printed, with flags for what it is not and for what its calibration is not."""
    value, flags = flagged(raw, place)
    if calibration is None:
        flags |= {NOT_CALIBRATED}
    else:
        flags |= calibration.flags(clock.utc().date())
    known = calibration is not None and math.isfinite(value)
    return Reading(
        value, unit, clock.monotonic(), u(value) if known else None, seq, flags, raw.strip(), index
    )
