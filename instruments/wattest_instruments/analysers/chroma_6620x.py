"""Chroma digital power meters 66202 (one channel), 66203 (three) and 66204 (four).

Bench entry::

    reference_meter:
      driver: chroma_6620x
      resource: "USB0::0x1698::0x0837::66204M000066::INSTR"
      voltage_range: 300 V
      current_range: 20 A
      calibration: my_66204.yaml

One channel is read, in one query; no query gives energy and current of three phases together. Energy is asked for in
joules and told in watt-hours. Set on the front panel, since the commands are not public: headers off, and the longest
energy time; when that time is over the integration ends, and energy is flagged as broken off. ``elapsed`` is the time
of the bench since the start.

Commands: the 66203/66204 manual for FETCh?, CHANnel, TRIGger, VOLT:RANG and the words -1, -2 and -3 (found), public
programs for ENER:MODE JOULE and the names of ranges (found, partly of the 66205). That a 66202 knows FETCh? with
several items, ENEG and TRIGger is assumed. Tried on the twin only.
"""

from __future__ import annotations

import math
from typing import Annotated

from wattest.document.quantity import Current, Voltage
from wattest.document.signature import Between
from wattest.errors import InstrumentError
from wattest.roles import Identity, PowerReading, ReferenceMeter, Surroundings
from wattest_instruments.analysers.chroma_6620x_twin import build
from wattest_instruments.analysers.measured import (
    Digits,
    Ranges,
    Ruler,
    check_range,
    check_ranges,
    split,
)
from wattest_instruments.analysers.plug import plugged_in
from wattest_instruments.analysers.status import identified, set_by_register
from wattest_instruments.calibration import Calibration, calibration_of
from wattest_instruments.links.visa import VisaLink
from wattest_instruments.notation import number

ITEMS = ("V", "I", "W", "ENEG")
QUESTION = f"FETC? {','.join(ITEMS)}"
JOULE_WH = 1.0 / 3600.0

NOT_YET, RANGE_CHANGED, EXCEEDED = "-1", "-2", "-3"
"""Not yet calculated; range changed while integrating; no valid data, since a range or the current was exceeded."""


def chroma_6620x(
    around: Surroundings,
    *,
    resource: str,
    library: str = "@py",
    voltage_range: Voltage = 300.0,
    current_range: Current = 20.0,
    channel: Annotated[int, Between(1, 4)] = 1,
    calibration: str | None = None,
) -> ReferenceMeter:
    """A Chroma 66202, 66203 or 66204 as reference meter.

    Args:
        around: what the bench gives to every driver
        resource: VISA name, such as USB0::0x1698::0x0837::66204M000066::INSTR
        library: PyVISA backend, such as @py, @ivi or @wattest
        voltage_range: fixed range; the highest line voltage must fit
        current_range: fixed range; the highest charging current must fit
        channel: measuring channel
        calibration: file with serial number, due date and limits of error; without it no reading has an uncertainty
    """
    check_ranges(around, "chroma_6620x", voltage_range, current_range)
    known = calibration_of(calibration, around.folder)
    library = plugged_in(around, resource, library, build, known)
    link = VisaLink(around, resource, library=library)
    return Chroma6620x(around, link, Ranges(voltage_range, current_range), channel, known)


class Chroma6620x:
    """The driver, over any link."""

    supports: frozenset[str] = frozenset()

    def __init__(
        self,
        around: Surroundings,
        link: VisaLink,
        ranges: Ranges,
        channel: int,
        calibration: Calibration | None,
    ) -> None:
        self._around = around
        self._link = link
        self._ranges = ranges
        self._channel = channel
        self.calibration = calibration
        self._ruler = Ruler(around, link.place, ranges, calibration)
        self.foresee = self._ruler.foresee
        self._ordered = "STOP"
        self._since_s = 0.0

    async def open(self) -> Identity:
        """Identify the meter, hold it against its calibration file, and set it up.

        Raises ``InstrumentError`` when something else answers, when the serial number is not the calibrated
        one, when it has no such channel, or when a range is not accepted.
        """
        identity = await identified(self._link, "chroma_6620x", self.calibration)
        channels = {"66203": 3, "66204": 4}.get(identity.model, 1)
        if self._channel > channels:
            raise InstrumentError(
                f"{identity.model} at {self._link.place} has {channels} channel{'s' * (channels > 1)}, and channel "
                f"{self._channel} was chosen: correct 'channel' in the bench file."
            )
        await self._link.write("*CLS")
        if channels > 1:
            await self._set(f"CHAN {self._channel}")
        await self._set("TRIG OFF")
        await self._fix_range("VOLT", "V", self._ranges.voltage_v)
        await self._fix_range("CURR", "A", self._ranges.current_a)
        await self._set("ENER:MODE JOULE")
        await self._set("TRIG:MODE ENERGY")
        self._forget("STOP")
        return identity

    async def start_integration(self) -> None:
        """Stop counting energy and begin anew."""
        await self._set("TRIG OFF")
        await self._set("TRIG ON")
        self._forget("RUNNING")
        state = await self._state()
        if state != "RUNNING":
            raise InstrumentError(
                f"{self._link.place} was told to integrate and is in state {state!r}: look at its display."
            )

    async def stop_integration(self) -> None:
        """Stop; harmless when it does not run."""
        await self._set("TRIG OFF")
        self._ordered = "STOP"

    async def read(self) -> PowerReading:
        """Voltage, current, power and energy in one answer, so that they belong to one instant."""
        heard = await self._link.query(QUESTION)
        values = split(heard, (QUESTION, ITEMS), self._link.place, reads=chroma_number)
        state = await self._link.query("TRIG?")
        changed = heard.text.split(",")[3].strip() == RANGE_CHANGED
        ended = self._ordered == "RUNNING" and state.text.strip() != "RUNNING"
        flags = self._ruler.broken(changed or ended)
        both = (heard.seq, state.seq)
        elapsed = self._ruler.elapsed(self._since_s, both, flags)
        watt_hours = Digits(values[3].text, values[3].value * JOULE_WH, scale=JOULE_WH)
        energy = self._ruler.reading("energy", watt_hours, both, flags=flags, elapsed_s=elapsed.value)
        return self._ruler.together(values, (heard.seq,), energy, elapsed)

    async def make_safe(self) -> None:
        """A power meter is harmless; the integral is kept."""

    async def close(self) -> None:
        """Let go of the link."""
        await self._link.close()

    def _forget(self, ordered: str) -> None:
        self._ordered, self._since_s = ordered, self._around.clock.monotonic()
        self._ruler.begin()

    async def _fix_range(self, node: str, unit: str, wanted: float) -> None:
        await self._set(f"{node}:RANG {range_word(unit, wanted)}")
        answer = (await self._link.query(f"{node}:RANG?")).text.strip()
        got = wanted if answer == range_word(unit, wanted) else None
        check_range(self._link.place, wanted, unit, answer, got)

    async def _state(self) -> str:
        return (await self._link.query("TRIG?")).text.strip()

    async def _set(self, line: str) -> None:
        await set_by_register(self._link, line)


def range_word(unit: str, value: float) -> str:
    """A range as the meters call it: ``V300``, ``A20``, and ``A05`` for half an ampere.

    >>> range_word("V", 300.0), range_word("A", 0.5), range_word("A", 0.005)
    ('V300', 'A05', 'A0005')
    """
    return unit + f"{value:g}".replace(".", "")


def chroma_number(raw: str) -> float | None:
    """A number, or ``nan`` and ``inf`` for the words -1, -2 and -3 that stand for none.

    >>> chroma_number("239.36"), chroma_number("-3"), chroma_number("-1")
    (239.36, inf, nan)
    """
    words = {NOT_YET: math.nan, RANGE_CHANGED: math.nan, EXCEEDED: math.inf}
    return words[raw] if raw in words else number(raw)
