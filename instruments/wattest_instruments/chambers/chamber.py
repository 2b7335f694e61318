"""The role ``chamber``, over any controller: limits, a ramp, alarms that stop a run, and standby.

Limits stand in the bench file. They are written into the chamber where that is possible, and kept here in any case.
``make_safe`` is standby: a chamber in standby neither heats nor cools, and its air drifts to room temperature.
"""

from __future__ import annotations

import math
from contextlib import suppress
from dataclasses import dataclass

from wattest.errors import BenchError, InstrumentError
from wattest.roles import ChamberState, Identity, ReadBack, Reading, Surroundings
from wattest_instruments.chambers.controller import Controller, Hygrostat, Look
from wattest_instruments.chambers.walk import Walk
from wattest_instruments.notation import last_digit, number

STARTING_S = 10.0
"""How long a chamber may take until it says that it runs (project)."""
ARRIVED_K = 1.0
"""This close to its target the air has arrived: from then on an open door does not end the run (project)."""


@dataclass(frozen=True)
class Limits:
    """Between which temperatures the bench may bring the air, degC."""

    low_c: float
    high_c: float


class ClimateChamber:
    """The driver, over any dialect.

    ``accuracy_k`` is the limit of error of the chamber's own thermometer, which stands at one place: how the temperature
    differs from place to place in the chamber is not in it. ``hygrostat`` is given where the bench file states a limit of error
    for the humidity, ``humidity_points``.

    Raises ``BenchError`` when the limits are no range.
    """

    patience_s = 12.0
    """How long ``make_safe`` may take: an exchange under way may have to time out before standby can be said."""

    def __init__(
        self,
        around: Surroundings,
        controller: Controller,
        limits: Limits,
        accuracy_k: float | None,
        *,
        hygrostat: Hygrostat | None = None,
        humidity_points: float = 0.0,
    ) -> None:
        name = f"{around.role} ({controller.name})"
        if not limits.low_c < limits.high_c:
            raise BenchError(
                f"{name}: low_limit {limits.low_c:g} degC is not below high_limit {limits.high_c:g} degC."
            )
        if accuracy_k is not None and not (math.isfinite(accuracy_k) and accuracy_k > 0):
            raise BenchError(
                f"{name}: accuracy is {accuracy_k:g} K; a limit of error is above 0, such as 1 K."
            )
        if hygrostat is not None and not (math.isfinite(humidity_points) and humidity_points > 0):
            raise BenchError(
                f"{name}: humidity_accuracy is {humidity_points:g} %; a limit of error is above 0, such as 3 %."
            )
        self.supports = frozenset({"chamber_state"} | ({"humidity"} if hygrostat is not None else set()))
        self._hygrostat = hygrostat
        self._humidity_points = humidity_points
        self._around = around
        self._controller = controller
        self._limits = limits
        self._accuracy_k = accuracy_k
        self._name = name
        self._walk = Walk(around.clock)
        self._open = False
        self._target_c: float | None = None
        self._under_way = False
        self._started_s = 0.0

    async def open(self) -> Identity:
        """Identify the chamber, and set its limits. It goes on doing what it did: a cold station stays cold.

        Raises ``InstrumentError`` when something else answers or when a limit is not accepted.
        """
        identity = await self._controller.open()
        await self._controller.set_limits(self._limits.low_c, self._limits.high_c)
        self._number(await self._controller.look())
        self._open = True
        return identity

    async def set_temperature(self, temperature_c: float, ramp_k_per_min: float) -> None:
        """Start towards a temperature at a ramp.

        Raises ``InstrumentError`` beyond the limits of the bench file, and when the chamber has an alarm, an open door,
        or a program of its own running.
        """
        self._check(temperature_c, ramp_k_per_min)
        await self._walk.stop()
        self._target_c = None
        look = await self._controller.look()
        self._refuse(look, f"it was not sent to {temperature_c:g} degC")
        air_c = self._number(look)
        if not math.isfinite(air_c):
            raise InstrumentError(
                f"{self._controller.place} tells no air temperature ({look.air}), so it was not sent to {temperature_c:g} degC: "
                "look at its sensor."
            )
        start_c = min(max(air_c, self._limits.low_c), self._limits.high_c)
        first_c = temperature_c if self._controller.ramps else start_c
        await self._controller.set_point(first_c, ramp_k_per_min)
        if not look.running:
            await self._controller.run()
            self._started_s = self._around.clock.monotonic()
        self._target_c, self._under_way = temperature_c, True
        self._watch(await self._controller.look())
        if not self._controller.ramps:
            self._walk.start(
                start_c,
                temperature_c,
                ramp_k_per_min,
                lambda point_c: self._controller.set_point(point_c, ramp_k_per_min),
            )

    async def read_temperature(self) -> Reading:
        """Air temperature by the chamber's own thermometer.

        Raises ``InstrumentError`` with the chamber's words when it was sent to a temperature and has an alarm or stands
        still, or has an open door before the air arrived: the run cannot go on.
        """
        if self._walk.problem is not None:
            raise InstrumentError(f"The ramp of {self._name} ended on its way: {self._walk.problem}")
        look = await self._controller.look()
        self._watch(look)
        return self._reading(look)

    async def set_humidity(self, humidity_pct: float) -> None:
        """Start towards a relative humidity. Raises ``InstrumentError`` where the chamber has none, and for what is none."""
        if not 0.0 < humidity_pct <= 100.0:
            raise InstrumentError(
                f"{self._name} was asked for {humidity_pct:g} % of relative humidity: it lies above 0 % and up to 100 %."
            )
        await self._humid().set_humidity(humidity_pct)

    async def read_humidity(self) -> Reading:
        """Relative humidity in percent, its uncertainty from limit of error and last digit, both rectangular."""
        told, seq, index = await self._humid().humidity()
        value = number(told)
        if value is None or not math.isfinite(value):
            raise InstrumentError(
                f"{self._controller.place} answered {told!r} where its relative humidity was expected."
            )
        u = math.hypot(self._humidity_points / math.sqrt(3.0), last_digit(told) / math.sqrt(12.0))
        now = self._around.clock.monotonic()
        return Reading(value, "%", now, u, (seq,), frozenset(), told, index)

    async def state(self) -> ChamberState:
        """What the controller says, alarms included; it raises only when the controller cannot be asked."""
        look = await self._controller.look()
        return ChamberState(
            self._reading(look), _told(look.setpoint_c), look.running, look.alarms, look.door_open
        )

    async def make_safe(self) -> None:
        """Standby, whatever runs: the air then drifts to room temperature. A link that broke is opened anew, once."""
        await self._walk.stop()
        self._target_c = None
        if not self._open:
            try:
                await self._controller.open()
                await self._controller.standby()
            finally:
                await self._controller.close()
            return
        try:
            await self._controller.standby()
        except InstrumentError:
            with suppress(InstrumentError):
                await self._controller.close()
            await self._controller.open()
            await self._controller.standby()

    async def read_back(self) -> ReadBack:
        """Ask whether it runs. In standby it is safe, however cold its air still is."""
        if not self._open:
            await self._controller.open()
        try:
            look = await self._controller.look()
        finally:
            if not self._open:
                await self._controller.close()
        air = f"air at {self._number(look):g} degC"
        if look.running:
            setpoint_c = _told(look.setpoint_c)
            towards = "" if setpoint_c is None else f", set to {setpoint_c:g} degC"
            return ReadBack(False, f"the chamber runs{towards}, {air}", look.seq)
        return ReadBack(True, f"the chamber is in standby, {air}, drifting to room temperature", look.seq)

    async def close(self) -> None:
        """Stop moving the set point and let go of the link; the chamber holds what it was told last."""
        await self._walk.stop()
        self._target_c = None
        self._open = False
        await self._controller.close()

    def _humid(self) -> Hygrostat:
        if self._hygrostat is None:
            raise InstrumentError(
                f"{self._name} sets no humidity: state 'humidity_accuracy' in its bench entry where the driver knows the "
                "commands for it, or leave scenarios away that need 'humidity'."
            )
        return self._hygrostat

    def _check(self, temperature_c: float, ramp_k_per_min: float) -> None:
        low_c, high_c = self._limits.low_c, self._limits.high_c
        if not low_c <= temperature_c <= high_c:
            raise InstrumentError(
                f"{self._name} was asked for {temperature_c:g} degC, outside its limits of {low_c:g} to {high_c:g} degC: "
                "change the step, or low_limit and high_limit in the bench file if the chamber and the station allow it."
            )
        if not (math.isfinite(ramp_k_per_min) and ramp_k_per_min > 0):
            raise InstrumentError(
                f"{self._name} was asked for a ramp of {ramp_k_per_min:g} K/min, which never arrives: give a positive "
                "ramp, such as 1 K/min."
            )

    def _refuse(self, look: Look, outcome: str) -> None:
        """What forbids to start or to go on, in the chamber's own words."""
        if look.alarms:
            raise InstrumentError(
                f"{self._controller.place} reports {', '.join(look.alarms)}, so {outcome}: clear the alarm at the chamber."
            )
        if look.door_open:
            raise InstrumentError(
                f"{self._controller.place} reports an open door, so {outcome}: close the door of the chamber."
            )
        if look.program:
            raise InstrumentError(
                f"{self._controller.place} runs a program of its own, so {outcome}: stop the program at the chamber."
            )

    def _watch(self, look: Look) -> None:
        """Raise when the chamber cannot be on its way any more; note when its air has arrived."""
        if self._target_c is None:
            return
        if self._under_way or look.alarms or look.program:
            self._refuse(look, f"it is no longer on its way to {self._target_c:g} degC")
        if not look.running and self._around.clock.monotonic() >= self._started_s + STARTING_S:
            raise InstrumentError(
                f"{self._controller.place} was sent to {self._target_c:g} degC and stands still: somebody stopped it, or "
                "its protection did. Look at its display."
            )
        if abs(self._number(look) - self._target_c) <= ARRIVED_K:
            self._under_way = False

    def _number(self, look: Look) -> float:
        value = number(look.air)
        if value is None:
            raise InstrumentError(
                f"{self._controller.place} answered {look.air!r} where its air temperature was expected."
            )
        return value

    def _reading(self, look: Look) -> Reading:
        """The air, its uncertainty from limit of error and last digit, both rectangular (JCGM 100:2008, 4.3.7)."""
        value = self._number(look)
        flags = frozenset({"no calibration"}) if self._accuracy_k is None else frozenset[str]()
        if not math.isfinite(value):
            flags |= {"no data"}
        u = None
        if self._accuracy_k is not None and math.isfinite(value):
            u = math.hypot(self._accuracy_k / math.sqrt(3.0), last_digit(look.air) / math.sqrt(12.0))
        now = self._around.clock.monotonic()
        return Reading(value, "degC", now, u, (look.air_seq,), flags, look.air, look.index)


def _told(setpoint_c: float | None) -> float | None:
    """The set point, when it is a number."""
    return setpoint_c if setpoint_c is not None and math.isfinite(setpoint_c) else None
