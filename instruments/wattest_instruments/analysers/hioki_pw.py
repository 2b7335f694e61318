"""Hioki power analysers PW3390 and PW8001, and the smaller PW3335, PW3336 and PW3337.

Bench entry::

    reference_meter:
      driver: hioki_pw
      resource: "TCPIP::192.0.2.10::3390::SOCKET"     # PW3335, PW3336, PW3337: port 3300
      voltage_range: 300 V
      current_range: 50 A
      calibration: my_pw3390.yaml

The wiring is set on the instrument: a PW3390 or PW8001 reads the sum of three phases with ``wiring: P3W4``. No item
for the time of an integration is publicly known, so ``elapsed`` is the time of the bench since the start.

A power failure during an integration resets the integral and stops it: a state that the driver did not order, or an
energy that fell, flags the energy as broken off. Older instruments of the maker answer 0 for their serial number,
and are then not the one of any calibration file.

Commands: manuals and public programs of the PW3390, PW3335 and PW3336 for headers, items, integration and over-range
(found); the numbered range commands and the sums (recalled). Tried on the twin only.
"""

from __future__ import annotations

import math
import re
from typing import Annotated, Literal

from wattest.document.quantity import Current, Voltage
from wattest.document.signature import Between
from wattest.errors import InstrumentError
from wattest.roles import Identity, PowerReading, ReferenceMeter, Surroundings
from wattest_instruments.analysers.hioki_pw_twin import build
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

Wiring = Literal["P1W2", "P3W4"]
State = Literal["RESET", "START", "STOP"]

OVER = 9e11
"""From here on it is over-range: ``+9999.9E+99``, on small models ``+999.99E+9``. No such value exists."""
OFFSET = 0.001
"""Of the range of power: more is no offset of an idle input any more (a figure of this project)."""
BLANK = (6.6666e102, 7.7777e102)
"""Display blank and scaling error, on older models."""


def hioki_pw(
    around: Surroundings,
    *,
    resource: str,
    library: str = "@py",
    voltage_range: Voltage = 300.0,
    current_range: Current = 50.0,
    channel: Annotated[int, Between(1, 8)] = 1,
    wiring: Wiring = "P1W2",
    calibration: str | None = None,
) -> ReferenceMeter:
    """A Hioki PW analyser as reference meter.

    Args:
        around: what the bench gives to every driver
        resource: VISA name, such as TCPIP::192.0.2.10::3390::SOCKET
        library: PyVISA backend, such as @py, @ivi or @wattest
        voltage_range: fixed range; the highest line voltage must fit
        current_range: fixed range of the current sensor; the highest charging current must fit
        channel: input channel, when wiring is P1W2
        wiring: P1W2 for one phase, P3W4 for the sum of channels 1 to 3
        calibration: file with serial number, due date and limits of error; without it no reading has an uncertainty
    """
    check_ranges(around, "hioki_pw", voltage_range, current_range)
    known = calibration_of(calibration, around.folder)
    library = plugged_in(around, resource, library, build, known)
    link = VisaLink(around, resource, library=library, end="\r\n")
    ranges = Ranges(voltage_range, current_range, 3 if wiring == "P3W4" else 1)
    return HiokiPw(around, link, ranges, channel, known)


class HiokiPw:
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
        self._items: tuple[str, ...] = ()
        self._separator = ","
        self._ordered: State = "RESET"
        self._since_s = 0.0
        self._latest = (0.0, -math.inf)

    async def open(self) -> Identity:
        """Identify the analyser, hold it against its calibration file, and set it up.

        Raises ``InstrumentError`` when something else answers, when the serial number is not the calibrated
        one, when it cannot sum three phases, or when a range is not accepted.
        """
        identity = await identified(self._link, "hioki_pw", self.calibration)
        small = re.match(r"PW333\d", identity.model) is not None
        if small and self._ranges.phases == 3:
            raise InstrumentError(
                f"{identity.model} at {self._link.place} is not read as a sum of three phases (wiring P3W4): no public "
                "source names the items. Choose wiring P1W2, or a PW3390 or PW8001."
            )
        alone = identity.model.startswith("PW3335")
        self._items, self._separator = self._items_of(small=small, alone=alone)
        await self._link.write("*CLS")
        await self._set(":HEADER OFF")
        if await self._state() == "START":
            await self._set(":INTEGRATE:STATE STOP")
        await self._set(":INTEGRATE:STATE RESET")
        for channel in ("",) if alone else self._channels():
            await self._fix_range(f":VOLTAGE{channel}", self._ranges.voltage_v, "V")
            await self._fix_range(f":CURRENT{channel}", self._ranges.current_a, "A")
        self._forget("RESET")
        return identity

    async def start_integration(self) -> None:
        """Reset the integral and start it."""
        if await self._state() == "START":
            await self._set(":INTEGRATE:STATE STOP")
        await self._set(":INTEGRATE:STATE RESET")
        await self._set(":INTEGRATE:STATE START")
        self._forget("START")
        state = await self._state()
        if state != "START":
            raise InstrumentError(
                f"{self._link.place} was told to integrate and is in state {state!r}: look at its display."
            )

    async def stop_integration(self) -> None:
        """Stop; harmless when it does not run."""
        if await self._state() == "START":
            await self._set(":INTEGRATE:STATE STOP")
            self._ordered = "STOP"

    async def read(self) -> PowerReading:
        """Voltage, current, power and energy in one answer, so that they belong to one instant."""
        question = f":MEASURE? {','.join(self._items)}"
        heard = await self._link.query(question)
        values = split(
            heard, (question, self._items), self._link.place, separator=self._separator, reads=hioki_number
        )
        state = await self._link.query(":INTEGRATE:STATE?")
        flags = self._ruler.broken(state.text.strip() != self._ordered or self._fell(values[3]))
        both = (heard.seq, state.seq)
        elapsed = self._ruler.elapsed(self._since_s, both, flags)
        energy = self._ruler.reading("energy", values[3], both, flags=flags, elapsed_s=elapsed.value)
        return self._ruler.together(values, (heard.seq,), energy, elapsed)

    async def make_safe(self) -> None:
        """An analyser is harmless; the integral is kept."""

    async def close(self) -> None:
        """Let go of the link."""
        await self._link.close()

    def _items_of(self, *, small: bool, alone: bool) -> tuple[tuple[str, ...], str]:
        """What to ask for in a model's words, and what separates its answers."""
        if alone:
            return ("U", "I", "P", "WH"), ";"
        if small:
            return tuple(f"{item}{self._channel}" for item in ("U", "I", "P", "WP")), ";"
        whose = "123" if self._ranges.phases == 3 else str(self._channel)
        return tuple(f"{item}{whose}" for item in ("Urms", "Irms", "P", "WP")), ","

    def _channels(self) -> tuple[str, ...]:
        return ("1", "2", "3") if self._ranges.phases == 3 else (str(self._channel),)

    def _forget(self, ordered: State) -> None:
        self._ordered = ordered
        self._since_s = self._around.clock.monotonic()
        self._latest = (self._since_s, -math.inf)
        self._ruler.begin()

    def _fell(self, energy: Digits) -> bool:
        """Whether energy went back faster than the offset of an idle input could take it."""
        since_s, before_wh = self._latest
        now_s = self._around.clock.monotonic()
        offset_wh = OFFSET * self._ranges.power_w * (now_s - since_s) / 3600.0 + 2.0 * energy.step
        if math.isfinite(energy.value):
            self._latest = (now_s, energy.value)
        return energy.value < before_wh - offset_wh

    async def _fix_range(self, node: str, wanted: float, unit: str) -> None:
        await self._set(f"{node}:AUTO OFF")
        await self._set(f"{node}:RANGE {wanted:g}")
        answer = (await self._link.query(f"{node}:RANGE?")).text
        check_range(self._link.place, wanted, unit, answer, number(answer))

    async def _state(self) -> str:
        return (await self._link.query(":INTEGRATE:STATE?")).text.strip()

    async def _set(self, line: str) -> None:
        await set_by_register(self._link, line)


def hioki_number(raw: str) -> float | None:
    """A number as the analysers print it; ``inf`` for over-range, ``nan`` for a blank display.

    >>> hioki_number("+110.14E+0"), hioki_number("+9999.9E+99"), hioki_number("+7777.7E+99")
    (110.14, inf, nan)
    """
    value = number(raw)
    if value is None or not math.isfinite(value) or abs(value) < OVER:
        return value
    if any(math.isclose(abs(value), blank, rel_tol=1e-4) for blank in BLANK):
        return math.nan
    return math.copysign(math.inf, value)
