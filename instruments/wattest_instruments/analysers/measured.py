"""From an analyser's digits to readings: the same for all of them, whatever they speak.

A driver says which words mean "no data" and "over-range"; ranges and calibration file make the uncertainty::

    ruler = Ruler(around, place, Ranges(300.0, 50.0), calibration)
    volts, amps, watts = split(heard, (":MEAS? U,I,P", ("U", "I", "P")), place)
    reading = ruler.reading("voltage", volts, (heard.seq,))
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

from wattest.errors import BenchError, InstrumentError
from wattest.roles import Component, PowerReading, Reading, Surroundings
from wattest_instruments.calibration import Calibration
from wattest_instruments.links.visa import Heard
from wattest_instruments.notation import last_digit, number
from wattest_instruments.readings import UNITS

Quantity = Literal["voltage", "current", "power", "energy", "elapsed"]

NO_DATA = "no data"
OVER_RANGE = "over-range"
BROKEN_OFF = "integration broken off"
NOT_CALIBRATED = "no calibration"
NO_ENERGY = "this driver cannot read energy"

NONE: frozenset[str] = frozenset()

HIGHEST = 9.9e37
"""From here on a number is SCPI's word for infinity, and 9.91E+37 its word for "not a number" (SCPI-99, 7.2.1)."""


@dataclass(frozen=True)
class Ranges:
    """Fixed ranges of one input, in V and A, and how many phases are summed up.

    ``headroom`` is the part of a range beyond which a value is over-range although the instrument shows it; only for
    instruments whose own word for it is not known.
    """

    voltage_v: float
    current_a: float
    phases: int = 1
    headroom: float = math.inf

    @property
    def power_w(self) -> float:
        """Range of the power, of all phases together."""
        return self.voltage_v * self.current_a * self.phases


@dataclass(frozen=True)
class Digits:
    """One value as an instrument printed it; ``value`` is ``nan`` for no data and ``inf`` for over-range.

    ``scale`` is what its unit is worth in the unit of the reading; ``index`` its place among commas, None where a
    reading is not simply these digits.
    """

    text: str
    value: float
    index: int | None = None
    scale: float = 1.0

    @property
    def step(self) -> float:
        """What the last digit is worth."""
        return last_digit(self.text) * self.scale if math.isfinite(self.value) else 0.0


def scpi_number(raw: str) -> float | None:
    """As ``number``, with the large numbers that SCPI has for infinity and for no number."""
    value = number(raw)
    if value is None or not math.isfinite(value) or abs(value) < HIGHEST:
        return value
    return math.nan if math.isclose(abs(value), 9.91e37, rel_tol=1e-4) else math.copysign(math.inf, value)


def split(
    heard: Heard,
    asked: tuple[str, tuple[str, ...]],
    place: str,
    *,
    separator: str = ",",
    reads: Callable[[str], float | None] = number,
) -> tuple[Digits, ...]:
    """The values of an answer. ``asked`` is the question and the names of what was asked for.

    Raises ``InstrumentError`` when there are more or fewer, or one is no number.
    """
    question, names = asked
    raws = [raw.strip() for raw in heard.text.split(separator)]
    if len(raws) != len(names):
        raise InstrumentError(
            f"{place} answered {heard.text!r} to {question}: {len(raws)} values instead of the "
            f"{len(names)} that were chosen ({', '.join(names)}). Somebody may have changed its settings."
        )
    found: list[Digits] = []
    for index, raw in enumerate(raws):
        value = reads(raw)
        if value is None:
            raise InstrumentError(f"{place} answered {raw!r} where a number was expected.")
        found.append(Digits(raw, value, index if separator == "," else None))
    return tuple(found)


@dataclass
class Ruler:
    """What digits are held against: the ranges they were measured on, and the calibration file, if there is one.

    ``exceeded`` remembers that a range was seen exceeded since ``begin``: what was integrated meanwhile is wrong,
    however sound the energy looks. ``interrupted`` remembers that the integration was, although it may go on.
    """

    around: Surroundings
    place: str
    ranges: Ranges
    calibration: Calibration | None
    exceeded: bool = False
    interrupted: bool = False

    def begin(self) -> None:
        """A new integration."""
        self.exceeded = self.interrupted = False

    def broken(self, seen: bool) -> frozenset[str]:
        """Flags of energy and elapsed time, once the integration was ``seen`` interrupted since ``begin``."""
        self.interrupted = self.interrupted or seen
        return frozenset({BROKEN_OFF}) if self.interrupted else NONE

    def reading(
        self,
        quantity: Quantity,
        digits: Digits,
        seq: tuple[int, ...],
        *,
        flags: frozenset[str] = NONE,
        elapsed_s: float = 0.0,
    ) -> Reading:
        """A reading with standard uncertainty and flags; for energy with the time that it was gathered in."""
        if math.isnan(digits.value):
            flags |= {NO_DATA}
        elif math.isinf(digits.value) or self._beyond(quantity, digits.value):
            flags |= {OVER_RANGE}
        u: float | None = None
        budget: tuple[Component, ...] = ()
        if self.calibration is None:
            flags |= {NOT_CALIBRATED}
        else:
            flags |= self.calibration.flags(self.around.clock.utc().date())
            if math.isfinite(digits.value):
                u = self._u(self.calibration, quantity, digits, elapsed_s)
                budget = self._budget(digits.value, elapsed_s, digits.step) if quantity == "energy" else ()
        now = self.around.clock.monotonic()
        return Reading(digits.value, UNITS[quantity], now, u, seq, flags, digits.text, digits.index, budget)

    def foresee(self, energy_wh: float, elapsed_s: float) -> tuple[Component, ...]:
        """What the calibration file will leave unknown of the difference of two energies.

        The resolution is left out: how many digits there will be, only a reading shows.
        """
        return tuple(part for part in self._budget(energy_wh, elapsed_s, 0.0) if part.common)

    def _budget(self, energy_wh: float, elapsed_s: float, digit_wh: float) -> tuple[Component, ...]:
        if self.calibration is None:
            return ()
        return self.calibration.energy_budget(energy_wh, self.ranges.power_w, elapsed_s, digit_wh)

    def elapsed(self, since_s: float, seq: tuple[int, ...], flags: frozenset[str] = NONE) -> Reading:
        """Seconds by the clock of the bench, for an instrument that does not tell its own."""
        now = self.around.clock.monotonic()
        return Reading(now - since_s, "s", now, 0.0, seq, flags)

    def missing(
        self, quantity: Quantity, seq: tuple[int, ...], why: frozenset[str] = frozenset({NO_ENERGY})
    ) -> Reading:
        """Energy, or its time, that there is none of; as a rule since the driver has no command for it."""
        now = self.around.clock.monotonic()
        return Reading(math.nan, UNITS[quantity], now, None, seq, why | {NO_DATA})

    def together(
        self,
        values: tuple[Digits, ...],
        seq: tuple[int, ...],
        energy: Reading,
        elapsed: Reading,
    ) -> PowerReading:
        """Voltage, current and power from the first three values.

        Where a range is exceeded power is over-range too, and so is the energy until the next integration.
        """
        voltage = self.reading("voltage", values[0], seq)
        current = self.reading("current", values[1], seq)
        over = frozenset({OVER_RANGE}) & (voltage.flags | current.flags)
        power = self.reading("power", values[2], seq, flags=over)
        self.exceeded = self.exceeded or OVER_RANGE in power.flags
        if self.exceeded and math.isfinite(energy.value):
            energy = replace(energy, flags=energy.flags | {OVER_RANGE})
        return PowerReading(voltage, current, power, energy, elapsed)

    def _beyond(self, quantity: Quantity, value: float) -> bool:
        match quantity:
            case "voltage":
                return abs(value) > self.ranges.headroom * self.ranges.voltage_v
            case "current":
                return abs(value) > self.ranges.headroom * self.ranges.current_a
            case _:
                return False

    def _u(
        self, calibration: Calibration, quantity: Quantity, digits: Digits, elapsed_s: float
    ) -> float | None:
        match quantity:
            case "voltage":
                return calibration.u("voltage", digits.value, self.ranges.voltage_v)
            case "current":
                return calibration.u("current", digits.value, self.ranges.current_a)
            case "power":
                return calibration.u("power", digits.value, self.ranges.power_w)
            case "elapsed":
                return digits.step / math.sqrt(12.0)
            case "energy":
                return calibration.u_energy_wh(digits.value, self.ranges.power_w, elapsed_s, digits.step)


def check_ranges(around: Surroundings, driver: str, voltage_range: float, current_range: float) -> None:
    """Raise ``BenchError`` for a range of nothing."""
    for name, value in (("voltage_range", voltage_range), ("current_range", current_range)):
        if not value > 0.0:
            raise BenchError(
                f"{around.role} ({driver}): {name} is {value:g}; a range is above 0, such as 300 V."
            )


def check_range(place: str, wanted: float, unit: str, answer: str, got: float | None) -> None:
    """Raise ``InstrumentError`` unless the range that was read back is the one that was set."""
    if got is None or not math.isclose(got, wanted, rel_tol=1e-6):
        raise InstrumentError(
            f"{place} was set to the range {wanted:g} {unit} and answers {answer!r}: it has no such "
            "range. Choose one of its own in the bench file."
        )
