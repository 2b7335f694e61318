"""What every AC source is told and asked, whatever its words: limits first, power last, and all of it read back.

A driver of a source is a table of its words (``SourceWords``) and, where it can play lists, a function that programs
one. The limits of the bench entry are enforced here and programmed into the source: a mistake has to be made twice.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass

from wattest.clock import Clock
from wattest.errors import BenchError, InstrumentError
from wattest.roles import Identity, ReadBack, SupplyReading, SupplyStep, Surroundings
from wattest_instruments.calibration import Calibration, Quantity
from wattest_instruments.exchanges import confirm, flagged, measured, tell
from wattest_instruments.identify import identify
from wattest_instruments.link import VisaLink

LIVE_V = 30.0
"""rms voltage from which an output can hurt somebody (IEC 61010-1:2010, 6.3.1, recalled)."""
FREQUENCIES_HZ = (40.0, 70.0)
"""What a station for 50 Hz or 60 Hz may be fed with; a project figure."""
SHORTEST_STEP_S = 1e-3
"""Sources time their lists in milliseconds."""


@dataclass(frozen=True)
class Ratings:
    """Of one bench entry: nominal values, and limits that nothing may pass. Volts are rms and per phase."""

    voltage_v: float
    frequency_hz: float
    voltage_limit_v: float
    current_limit_a: float
    voltage_range_v: float
    current_range_a: float | None = None
    """Full scale of what the source measures, for limits of error in percent of the range; None when nobody told."""
    phases: int = 1


@dataclass(frozen=True)
class SourceWords:
    """How one family says it. ``{}`` takes a number; ``off`` must leave no energy whatever was running.

    ``states`` are queries of which every one answers 0 or OFF when nothing comes out. ``settle_s`` is how long the
    source needs after a relay has moved. ``prepare`` sets limits and reads them back.
    """

    driver: str
    on: tuple[str, ...]
    off: tuple[str, ...]
    states: tuple[str, ...]
    voltage: str
    voltage_query: str
    frequency: str
    frequency_query: str
    measure_voltage: str
    measure_current: str
    measure_power: str
    measure_frequency: str
    settle_s: float
    prepare: Callable[[VisaLink, Ratings], Awaitable[None]]
    play: Callable[[VisaLink, Clock, Ratings, tuple[SupplyStep, ...], SupplyStep], Awaitable[None]] | None = (
        None
    )
    longest_list: int = 0
    normal: Callable[[str], str] = str
    """Brings the answer to ``*IDN?`` into the form ``maker,model,serial,firmware``."""


def checked_ratings(around: Surroundings, driver: str, ratings: Ratings) -> Ratings:
    """The ratings, if they make sense together. Raises ``BenchError``."""
    who = f"{around.role} ({driver})"
    for name, value in (
        ("voltage", ratings.voltage_v),
        ("voltage_limit", ratings.voltage_limit_v),
        ("current_limit", ratings.current_limit_a),
    ):
        if not value > 0.0:
            raise BenchError(f"{who}: {name} is {value:g}; it must be above 0.")
    if ratings.voltage_v > ratings.voltage_limit_v:
        raise BenchError(
            f"{who}: voltage is {ratings.voltage_v:g} V, above voltage_limit {ratings.voltage_limit_v:g} V."
        )
    if not FREQUENCIES_HZ[0] <= ratings.frequency_hz <= FREQUENCIES_HZ[1]:
        raise BenchError(
            f"{who}: frequency is {ratings.frequency_hz:g} Hz; give {FREQUENCIES_HZ[0]:g} Hz to "
            f"{FREQUENCIES_HZ[1]:g} Hz."
        )
    return ratings


class AcSource:
    """The role ``mains`` over any link. ``open`` energises nothing and leaves an output that is on as it is."""

    def __init__(
        self,
        around: Surroundings,
        link: VisaLink,
        words: SourceWords,
        ratings: Ratings,
        calibration: Calibration | None,
    ) -> None:
        self._around = around
        self._link = link
        self._words = words
        self._ratings = ratings
        self._calibration = calibration
        can = {"supply_voltage", "supply_frequency"}
        if words.play is not None:
            can.add("supply_dips")
        if ratings.phases == 1:
            can.add("supply_reading")
        self.supports = frozenset(can)

    async def open(self) -> Identity:
        """Identify the source, hold it against its calibration file, program the limits and read them back."""
        identity = await self._identified()
        if self._calibration is not None:
            self._calibration.check_serial(identity.serial, identity.model, self._link.place)
        await self._link.write("*CLS")
        await self._words.prepare(self._link, self._ratings)
        return identity

    async def set_power(self, on: bool) -> None:
        """Feed the station with the nominal voltage and frequency, or cut it off: output and output relay."""
        if not on:
            await self._off()
            return
        await self.set_voltage(self._ratings.voltage_v)
        await self.set_frequency(self._ratings.frequency_hz)
        for line in self._words.on:
            await tell(self._link, line)
            if line.startswith("OUTP"):  # a relay moves
                await self._around.clock.sleep(self._words.settle_s)
        states, _ = await self._states()
        if not all(states):
            raise InstrumentError(
                f"{self._link.place} was told to switch on and answers that its output is off: look at its display for "
                "a protection that tripped."
            )

    async def set_voltage(self, voltage_v: float) -> None:
        """Change the rms phase voltage; 0 V to the limit of the bench entry."""
        self._within(voltage_v)
        await tell(self._link, self._words.voltage.format(voltage_v))
        way_out = "look at its range and its limits"
        await confirm(self._link, self._words.voltage_query, voltage_v, "V", way_out, digit=0.1)

    async def set_frequency(self, frequency_hz: float) -> None:
        """Change the frequency; 40 Hz to 70 Hz."""
        self._hertz(frequency_hz)
        await tell(self._link, self._words.frequency.format(frequency_hz))
        await confirm(
            self._link, self._words.frequency_query, frequency_hz, "Hz", "look at its limits", digit=0.01
        )

    async def run_profile(self, steps: tuple[SupplyStep, ...]) -> None:
        """Play dips as a list of the source's own; afterwards voltage and frequency are as before, and read back."""
        words = self._words
        if words.play is None:
            raise InstrumentError(
                f"{self._link.place}: the driver '{words.driver}' plays no dips, since no list of this source is publicly "
                "known, and dips timed by this computer would prove nothing. Use a source that has 'supply_dips'."
            )
        if not 1 <= len(steps) <= words.longest_list:
            raise InstrumentError(
                f"{self._link.place} plays 1 to {words.longest_list} steps; the profile has {len(steps)}."
            )
        for step in steps:
            self._within(step.voltage_v)
            self._hertz(step.frequency_hz)
            if not step.duration_s >= SHORTEST_STEP_S:
                raise InstrumentError(
                    f"{self._link.place} times its list in milliseconds; a step lasts {step.duration_s:g} s."
                )
        if not all((await self._states())[0]):
            raise InstrumentError(
                f"{self._link.place} has its output off: switch power on before dips are played."
            )
        before = SupplyStep(0.0, await self._set(words.voltage_query), await self._set(words.frequency_query))
        await words.play(self._link, self._around.clock, self._ratings, steps, before)
        await self.set_voltage(before.voltage_v)
        await self.set_frequency(before.frequency_hz)

    async def measure(self) -> SupplyReading:
        """Voltage, current, power and frequency, asked one after the other: no source answers all four together."""
        if self._ratings.phases != 1:
            raise InstrumentError(
                f"{self._link.place}: readings of three phases are left out, since how this source selects a phase for "
                "reading without changing what is coupled is not publicly known. Use a power analyser."
            )
        words, link, clock, calibration = self._words, self._link, self._around.clock, self._calibration

        def u(quantity: Quantity, range_: float | None) -> Callable[[float], float | None]:
            row = None if calibration is None else calibration.specification.get(quantity)
            if row is None or (range_ is None and row.range_pct > 0.0):
                return lambda _value: None  # in percent of a range that nobody has told
            return lambda value: row.u(value, range_ or 0.0)

        volts, amps = self._ratings.voltage_range_v, self._ratings.current_range_a
        return SupplyReading(
            voltage=await measured(
                link, words.measure_voltage, "V", clock, calibration=calibration, u=u("voltage", volts)
            ),
            current=await measured(
                link, words.measure_current, "A", clock, calibration=calibration, u=u("current", amps)
            ),
            power=await measured(
                link,
                words.measure_power,
                "W",
                clock,
                calibration=calibration,
                u=u("power", None if amps is None else volts * amps),
            ),
            frequency=await measured(link, words.measure_frequency, "Hz", clock, calibration=calibration),
        )

    async def make_safe(self) -> None:
        """Cut the station off, connecting again if need be. Raises ``InstrumentError`` unless it is confirmed."""
        await self._identified()
        await self._off()

    async def read_back(self) -> ReadBack:
        """Ask the source whether its output is off, and what it measures there."""
        await self._identified()
        states, seq = await self._states()
        heard = await self._link.query(self._words.measure_voltage)
        volts, _ = flagged(heard.text, self._link.place)
        safe = not any(states) and abs(volts) < LIVE_V
        return ReadBack(safe, f"output {'on' if any(states) else 'off'}, {volts:g} V", (*seq, heard.seq))

    async def close(self) -> None:
        """Let go of the link; the output stays as it is."""
        await self._link.close()

    async def _set(self, query: str) -> float:
        """What a setting is now, by the source's own word."""
        answer = (await self._link.query(query)).text
        return flagged(answer, self._link.place)[0]

    async def _identified(self) -> Identity:
        answer = self._words.normal(await self._link.open())
        return identify(answer, self._words.driver, self._link.place)

    async def _off(self) -> None:
        """Every word that takes energy away, whatever the one before did; then the source is asked."""
        problems = []
        for line in self._words.off:
            try:
                await self._link.write(line)
            except InstrumentError as problem:
                problems.append(str(problem))
                with suppress(InstrumentError):
                    await self._link.open()
        await self._around.clock.sleep(self._words.settle_s)
        states, _ = await self._states()
        await self._link.write("*CLS")
        if any(states):
            said = f" {problems[0]}" if problems else ""
            raise InstrumentError(
                f"{self._link.place} was told to switch off and answers that its output is on: cut the supply of the "
                f"station by hand.{said}"
            )

    async def _states(self) -> tuple[tuple[bool, ...], tuple[int, ...]]:
        """Whether output and relay are on, in the source's own words."""
        on, seq = [], []
        for query in self._words.states:
            heard = await self._link.query(query)
            word = {"0": "OFF", "1": "ON"}.get(heard.text.strip(), heard.text.strip().upper())
            if word not in {"ON", "OFF"}:
                raise InstrumentError(
                    f"{self._link.place} answered {heard.text!r} to {query!r}, where 0, 1, ON or OFF was expected."
                )
            on.append(word == "ON")
            seq.append(heard.seq)
        return tuple(on), tuple(seq)

    def _within(self, voltage_v: float) -> None:
        if not 0.0 <= voltage_v <= self._ratings.voltage_limit_v:
            raise InstrumentError(
                f"{self._link.place}: {voltage_v:g} V was asked for, outside 0 V to the voltage_limit of "
                f"{self._ratings.voltage_limit_v:g} V in the bench entry. Nothing was changed."
            )

    def _hertz(self, frequency_hz: float) -> None:
        least, most = FREQUENCIES_HZ
        if not least <= frequency_hz <= most:
            raise InstrumentError(
                f"{self._link.place}: {frequency_hz:g} Hz was asked for, outside {least:g} Hz to {most:g} Hz. Nothing "
                "was changed."
            )


async def played(link: VisaLink, clock: Clock, query: str, done: str, duration_s: float, stop: str) -> None:
    """Wait for a list to end. Raises ``InstrumentError`` when it goes on long after its time, having stopped it."""
    await clock.sleep(duration_s)
    for _ in range(50):
        state = (await link.query(query)).text.strip().upper()
        if state == done:
            return
        await clock.sleep(0.1)
    await link.write(stop)
    raise InstrumentError(
        f"{link.place} should have ended its list after {duration_s:g} s and still answers {state!r} to {query!r}: the "
        "list was stopped. Look at its display."
    )


async def ranged(link: VisaLink, query: str, wanted: str, command: str, states: tuple[str, ...]) -> None:
    """Choose a voltage range, unless it is chosen. Raises ``InstrumentError`` rather than switch it under power."""
    answer = (await link.query(query)).text.strip().upper()
    if answer == wanted.upper():
        return
    with suppress(ValueError):
        if float(answer) == float(wanted):
            return
    for state in states:
        if (await link.query(state)).text.strip().upper() not in {"0", "OFF"}:
            raise InstrumentError(
                f"{link.place} is in the range {answer} with its output on, and this bench needs {wanted}: switch the "
                "output off at the instrument, then start again."
            )
    await tell(link, command.format(wanted))
