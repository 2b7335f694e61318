"""A reference meter made of registers that only count up.

Such a meter has no integrator: energy since ``start_integration`` is the register now less the register then,
so the step of the register counts twice in the uncertainty. With steps of 100 Wh a comparison at 0.5 % needs 20
kWh to 40 kWh; a meter with a finer register, or an analyser, needs less. The register lags behind by the
meter's own update time, about a second: compare energies while no current flows.
"""

from __future__ import annotations

import math
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Literal

from wattest.errors import InstrumentError
from wattest.roles import Component, Identity, PowerReading, Reading, Surroundings
from wattest_instruments.calibration import Calibration

Wiring = Literal["P1W2", "P3W4"]
"""One phase, or three with a neutral; all phases are summed."""

NO_DATA = "no data"
OVER_RANGE = "over-range"
NOT_CALIBRATED = "no calibration"
REGISTER_FELL = "register fell"


@dataclass(frozen=True)
class Digits:
    """One value as the record has it: its text, and its place among the values of the exchange ``seq``.

    ``value`` is ``nan`` where the meter says that it has none, ``inf`` where it is over its range.
    """

    text: str
    value: float
    seq: int
    index: int
    spacing: float = 0.0
    """How far the next number is that the meter's format can hold, where that may be more than its step."""


@dataclass(frozen=True)
class Block:
    """What a meter read at one instant: V, A and W of the phase that has most, W and kWh of all phases."""

    voltage: Digits
    current: Digits
    power: Digits
    energy_kwh: Digits


@dataclass(frozen=True)
class Limits:
    """Highest voltage and current that the meter is made for, and the step of its energy register."""

    voltage_v: float
    current_a: float
    phases: int
    step_wh: float


class RegisterMeter:
    """The driver of any such meter.

    ``enter`` connects, identifies and checks settings; ``block`` reads; ``leave`` disconnects.
    """

    supports: frozenset[str] = frozenset()

    def __init__(
        self,
        around: Surroundings,
        place: str,
        limits: Limits,
        calibration: Calibration | None,
        *,
        enter: Callable[[], Awaitable[Identity]],
        block: Callable[[], Awaitable[Block]],
        leave: Callable[[], Awaitable[None]],
    ) -> None:
        self._around = around
        self._place = place
        self._limits = limits
        self.calibration = calibration
        self._enter, self._block, self._leave = enter, block, leave
        self._begin: tuple[Digits, float] | None = None
        self._end: tuple[Digits, float] | None = None

    async def open(self) -> Identity:
        """Identify the meter and hold its serial number against the calibration file, if there is one."""
        identity = await self._enter()
        if self.calibration is not None:
            try:
                self.calibration.check_serial(identity.serial, identity.model, self._place)
            except InstrumentError:
                await self._leave()
                raise
        return identity

    async def start_integration(self) -> None:
        """Take the register as the beginning. Raises ``InstrumentError`` when it has no value."""
        now = (await self._block()).energy_kwh
        if not math.isfinite(now.value):
            raise InstrumentError(
                f"{self._place} has no energy to begin with: its register says {now.text!r}. Look at its display."
            )
        self._begin, self._end = (now, self._around.clock.monotonic()), None

    async def stop_integration(self) -> None:
        """Take the register as the end, which stays readable; harmless when nothing was started."""
        if self._begin is not None and self._end is None:
            now = (await self._block()).energy_kwh
            self._end = (now, self._around.clock.monotonic())

    async def read(self) -> PowerReading:
        """Voltage and current of the phase that has most, power and energy of all phases."""
        block = await self._block()
        now = self._around.clock.monotonic()
        at = self._end or (block.energy_kwh, now)
        return PowerReading(
            self._reading("V", block.voltage, now),
            self._reading("A", block.current, now),
            self._reading("W", block.power, now),
            *self._energy(at, now),
        )

    async def make_safe(self) -> None:
        """A meter is harmless; its register is kept."""

    async def close(self) -> None:
        """Let go of the meter; the register goes on counting."""
        self._begin = self._end = None
        await self._leave()

    def _reading(self, unit: Literal["V", "A", "W"], digits: Digits, now: float) -> Reading:
        limits = self._limits
        limit = {
            "V": limits.voltage_v,
            "A": limits.current_a,
            "W": limits.voltage_v * limits.current_a * limits.phases,
        }[unit]
        flags = self._flags(digits, limit)
        u = None
        if self.calibration is not None and math.isfinite(digits.value):
            quantity: dict[str, Literal["voltage", "current", "power"]] = {
                "V": "voltage",
                "A": "current",
                "W": "power",
            }
            u = self.calibration.u(quantity[unit], digits.value, limit)
        return Reading(digits.value, unit, now, u, (digits.seq,), flags, digits.text, digits.index)

    def _energy(self, at: tuple[Digits, float], now: float) -> tuple[Reading, Reading]:
        """Energy since the start and its time, which is the bench's: such meters tell none."""
        digits, t_s = at
        flags = self._flags(digits, math.inf)
        if self._begin is None:
            none = frozenset({NO_DATA})
            return (
                Reading(math.nan, "Wh", now, None, (digits.seq,), flags | none),
                Reading(math.nan, "s", now, None, (digits.seq,), none),
            )
        first, began_s = self._begin
        seq = (first.seq, digits.seq)
        energy_wh = round((digits.value - first.value) * 1000.0, 6)
        if energy_wh < 0.0:
            flags |= {REGISTER_FELL}
        step_wh = max(self._limits.step_wh, digits.spacing * 1000.0)
        u = self._u_energy(energy_wh, t_s - began_s, step_wh)
        budget = self._budget(energy_wh, t_s - began_s, step_wh) if math.isfinite(energy_wh) else ()
        return (
            Reading(energy_wh, "Wh", now, u, seq, flags, digits.text, budget=budget),
            Reading(t_s - began_s, "s", now, None, seq),
        )

    def foresee(self, energy_wh: float, elapsed_s: float) -> tuple[Component, ...]:
        """What calibration file and register will leave unknown of the difference of two energies."""
        parts = self._budget(energy_wh, elapsed_s, self._limits.step_wh)
        return tuple(one for part in parts for one in ((part,) if part.common else (part, part)))

    def _budget(self, energy_wh: float, elapsed_s: float, step_wh: float) -> tuple[Component, ...]:
        if self.calibration is None:
            return ()
        return self.calibration.energy_budget(energy_wh, self._range_w, elapsed_s, step_wh)

    @property
    def _range_w(self) -> float:
        limits = self._limits
        return limits.voltage_v * limits.current_a * limits.phases

    def _u_energy(self, energy_wh: float, elapsed_s: float, step_wh: float) -> float | None:
        """Error limit and certificate as of any calibrated meter; the register's step at both ends."""
        if self.calibration is None or not math.isfinite(energy_wh):
            return None
        return self.calibration.u_energy_wh(energy_wh, self._range_w, elapsed_s, math.sqrt(2.0) * step_wh)

    def _flags(self, digits: Digits, limit: float) -> frozenset[str]:
        flags = (
            frozenset({NOT_CALIBRATED})
            if self.calibration is None
            else self.calibration.flags(self._around.clock.utc().date())
        )
        if math.isnan(digits.value):
            return flags | {NO_DATA}
        return flags | {OVER_RANGE} if abs(digits.value) > limit or math.isinf(digits.value) else flags


def most(candidates: tuple[Digits, ...]) -> Digits:
    """The phase that has most; one without a value counts most, so that it is seen."""
    return max(candidates, key=lambda one: math.inf if math.isnan(one.value) else abs(one.value))
