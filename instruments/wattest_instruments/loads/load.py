"""What every electronic load is told and asked, whatever its words: limits first, input last, and all of it read back."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass

from wattest.clock import Clock
from wattest.errors import BenchError, InstrumentError
from wattest.roles import Identity, LoadReading, ReadBack, Surroundings
from wattest_instruments.calibration import Calibration
from wattest_instruments.exchanges import Complaint, confirm, error_queue, tell
from wattest_instruments.identify import identify
from wattest_instruments.link import VisaLink

IDLE_A = 0.1
"""A load that draws less than this, by its own word, draws nothing."""


@dataclass(frozen=True)
class Limits:
    """Of one bench entry: nothing beyond is ever set. Amperes are rms and per phase of the load."""

    current_a: float
    power_w: float | None = None


@dataclass(frozen=True)
class Ranges:
    """Full scale of the instrument, for limits of error in percent of the range."""

    voltage_v: float
    current_a: float
    power_w: float


Measure = Callable[[VisaLink, Clock, Calibration | None, Ranges], Awaitable[LoadReading]]


@dataclass(frozen=True)
class LoadWords:
    """How one family says it. ``{}`` takes a number; ``prepare`` sets mode and limits, and reads them back."""

    driver: str
    ranges: Ranges
    current: str
    current_query: str
    on: str
    off: str
    state: str
    measure: Measure
    prepare: Callable[[VisaLink, Limits], Awaitable[None]]
    explain: Callable[[VisaLink], Awaitable[str]]
    """Why the load does not stay on, in its own words."""
    hello: str = ""
    """What must be said before the load obeys anybody, and ``goodbye`` what hands it back."""
    goodbye: str = ""
    complaint: Complaint = error_queue


Words = Callable[[VisaLink, Identity], Awaitable[LoadWords]]
"""The words of the instrument that answered; some families have more than one."""


def checked_limits(around: Surroundings, driver: str, limits: Limits) -> Limits:
    """The limits, if they make sense. Raises ``BenchError``."""
    for name, value in (("current_limit", limits.current_a), ("power_limit", limits.power_w)):
        if value is not None and not value > 0.0:
            raise BenchError(f"{around.role} ({driver}): {name} is {value:g}; it must be above 0.")
    return limits


class ElectronicLoad:
    """The role ``load`` over any link. ``open`` takes the load off and sets 0 A."""

    supports: frozenset[str] = frozenset()

    def __init__(
        self,
        around: Surroundings,
        link: VisaLink,
        driver: str,
        words: Words,
        limits: Limits,
        calibration: Calibration | None,
    ) -> None:
        self._around = around
        self._link = link
        self._driver = driver
        self._words_of = words
        self._words: LoadWords | None = None
        self._limits = limits
        self._calibration = calibration

    async def open(self) -> Identity:
        """Identify the load, take it off, set mode and limits, and read them back."""
        identity, words = await self._identified()
        if self._calibration is not None:
            self._calibration.check_serial(identity.serial, identity.model, self._link.place)
        most = words.ranges.current_a
        if self._limits.current_a > most:
            raise InstrumentError(
                f"{self._link.place} is a {identity.model} for {most:g} A, and current_limit in the bench entry is "
                f"{self._limits.current_a:g} A: lower it."
            )
        await self._link.write("*CLS")
        await words.prepare(self._link, self._limits)
        await tell(self._link, words.current.format(0.0), words.complaint)
        return identity

    async def set_current(self, current_a: float) -> None:
        """Draw this much while the input is on; 0 A to the limit of the bench entry."""
        words = self._opened()
        if not 0.0 <= current_a <= self._limits.current_a:
            raise InstrumentError(
                f"{self._link.place}: {current_a:g} A was asked for, outside 0 A to the current_limit of "
                f"{self._limits.current_a:g} A in the bench entry. Nothing was changed."
            )
        await tell(self._link, words.current.format(current_a), words.complaint)
        await confirm(
            self._link, words.current_query, current_a, "A", "look at its mode and its limits", digit=0.01
        )

    async def set_input(self, on: bool) -> None:
        """Connect the load or take it off, and see that it is so."""
        if not on:
            await self._off(await self._ready())
            return
        words = self._opened()
        await tell(self._link, words.on, words.complaint)
        drawing, _ = await self._state(words)
        if not drawing:
            why = await words.explain(self._link)
            raise InstrumentError(f"{self._link.place} was told to draw and answers that it is off: {why}.")

    async def measure(self) -> LoadReading:
        """What it sees at its own terminals."""
        words = self._opened()
        return await words.measure(self._link, self._around.clock, self._calibration, words.ranges)

    async def make_safe(self) -> None:
        """Draw nothing, connecting again if need be. Raises ``InstrumentError`` unless it is confirmed."""
        await self._off(await self._ready())

    async def read_back(self) -> ReadBack:
        """Ask the load whether its input is off, and what current it measures."""
        words = await self._ready()
        drawing, seq = await self._state(words)
        current = (await words.measure(self._link, self._around.clock, None, words.ranges)).current
        safe = not drawing and abs(current.value) < IDLE_A
        return ReadBack(safe, f"input {'on' if drawing else 'off'}, {current.value:g} A", (seq, *current.seq))

    async def close(self) -> None:
        """Hand the load back to its front panel and let go of the link; its input stays as it is."""
        words, self._words = self._words, None
        if words is not None and words.goodbye:
            with suppress(InstrumentError):
                await self._link.write(words.goodbye)
        await self._link.close()

    def _opened(self) -> LoadWords:
        if self._words is None:
            raise InstrumentError(f"{self._link.place} is not open: call open() first.")
        return self._words

    async def _ready(self) -> LoadWords:
        _, words = await self._identified()
        return words

    async def _identified(self) -> tuple[Identity, LoadWords]:
        identity = identify(await self._link.open(), self._driver, self._link.place)
        if self._words is None:
            self._words = await self._words_of(self._link, identity)
        return identity, self._words

    async def _off(self, words: LoadWords) -> None:
        lines = [line for line in (words.hello, words.off) if line]
        try:
            for line in lines:
                await self._link.write(line)
        except InstrumentError:
            await self._link.open()
            for line in lines:
                await self._link.write(line)
        drawing, _ = await self._state(words)
        if drawing:
            raise InstrumentError(
                f"{self._link.place} was told to stop drawing and answers that it is on: switch it off by hand."
            )

    async def _state(self, words: LoadWords) -> tuple[bool, int]:
        heard = await self._link.query(words.state)
        word = {"0": "OFF", "1": "ON"}.get(heard.text.strip(), heard.text.strip().upper())
        if word not in {"ON", "OFF"}:
            raise InstrumentError(
                f"{self._link.place} answered {heard.text!r} to {words.state!r}, where 0, 1, ON or OFF was expected."
            )
        return word == "ON", heard.seq
