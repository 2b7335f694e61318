"""The air around the station and the temperature inside it, both in closed form."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from wattest.errors import BenchError

if TYPE_CHECKING:
    from wattest.clock import Clock

TIME_CONSTANT_S = 5400.0
"""The enclosure follows the air as a first-order system with 1.5 h; a project figure, no standard behind it."""

REFERENCE_C = 23.0
"""Where everything is adjusted: IEC 60068-1 calls 23 degC a standard reference atmosphere."""

ROOM_PCT = 45.0
"""Relative humidity of a laboratory."""

ABSOLUTE_ZERO_C = -273.15


class Climate:
    """Ambient air that ramps linearly, and the station's inside that follows with a lag.

    ``T_inside' = (T_air + rise - T_inside) / tau``. With a linear ramp this has an exact solution, and so has
    its integral over time, which the drift of the meter and of the clock need.
    """

    def __init__(self, clock: Clock, ambient_c: float = REFERENCE_C) -> None:
        self._clock = clock
        self._t0 = clock.monotonic()
        self._air0 = ambient_c
        self._target = ambient_c
        self._slope = 0.0
        self._inside0 = ambient_c
        self._integral0 = 0.0
        self._rise = 0.0
        self._coldest = ambient_c
        self.humidity_pct = ROOM_PCT
        """Relative humidity of the air, which a chamber's control holds at any temperature."""

    def set_ambient(self, temperature_c: float, ramp_k_per_min: float | None = None) -> None:
        """Move the air towards a temperature at a ramp; at once without a ramp.

        Raises ``BenchError`` for a temperature below absolute zero or a ramp that is not positive.
        """
        if not math.isfinite(temperature_c) or temperature_c < ABSOLUTE_ZERO_C:
            raise BenchError(
                f"{temperature_c:g} degC is no air temperature: it must be finite, above -273.15 degC"
            )
        if ramp_k_per_min is not None and not (math.isfinite(ramp_k_per_min) and ramp_k_per_min > 0):
            raise BenchError(
                f"a ramp of {ramp_k_per_min:g} K/min never arrives: give a positive ramp, such as 1 K/min"
            )
        self._anchor()
        self._target = temperature_c
        if ramp_k_per_min is None:
            self._air0 = temperature_c
        self._slope = math.copysign((ramp_k_per_min or 0.0) / 60.0, temperature_c - self._air0)

    def set_humidity(self, humidity_pct: float) -> None:
        """Give the air a relative humidity at once. Raises ``BenchError`` for what is none."""
        if not 0.0 <= humidity_pct <= 100.0:
            raise BenchError(f"{humidity_pct:g} % is no relative humidity: it lies between 0 % and 100 %")
        self.humidity_pct = humidity_pct

    @property
    def target_c(self) -> float:
        """Where the air goes, or already is, degC."""
        return self._target

    @property
    def coldest_c(self) -> float:
        """The lowest that it has been inside, degC, now or whenever air or load began to change."""
        return min(self._coldest, self.internal_c())

    def ambient_c(self) -> float:
        """Air temperature now, degC."""
        return self._air(self._clock.monotonic())

    def internal_c(self) -> float:
        """Temperature inside the station now, degC."""
        return self._inside(self._clock.monotonic())[0]

    def settle(self) -> None:
        """Let the inside reach the air's final temperature at once, as after a day of waiting."""
        self._anchor()
        self._air0 = self._target
        self._slope = 0.0
        self._inside0 = self._target + self._rise
        self._coldest = min(self._coldest, self._inside0)

    def set_rise(self, rise_k: float) -> None:
        """Self-heating: how far the inside would end above the air, in kelvin."""
        if rise_k != self._rise:
            self._anchor()
            self._rise = rise_k

    def degree_seconds(self, t_s: float | None = None) -> float:
        """Integral of the inside temperature since the world began, in degC x s, at a time not in the past.

        The difference of two values, minus 23 degC times the interval, is what a linear drift acts on.
        """
        return self._inside(self._clock.monotonic() if t_s is None else t_s)[1]

    def _anchor(self) -> None:
        now = self._clock.monotonic()
        inside, integral = self._inside(now)
        self._coldest = min(self._coldest, inside)
        self._air0, self._inside0, self._integral0, self._t0 = self._air(now), inside, integral, now

    def _ramp_s(self) -> float:
        return abs((self._target - self._air0) / self._slope) if self._slope else 0.0

    def _air(self, t_s: float) -> float:
        elapsed = max(0.0, t_s - self._t0)
        return self._target if elapsed >= self._ramp_s() else self._air0 + self._slope * elapsed

    def _inside(self, t_s: float) -> tuple[float, float]:
        elapsed = max(0.0, t_s - self._t0)
        ramping = min(elapsed, self._ramp_s())
        inside, gathered = _follow(self._inside0, self._air0 + self._rise, self._slope, ramping)
        inside, more = _follow(inside, self._target + self._rise, 0.0, elapsed - ramping)
        return inside, self._integral0 + gathered + more


def _follow(start: float, drive: float, slope: float, s: float) -> tuple[float, float]:
    """First-order response and its integral after ``s`` seconds to ``drive + slope * t``."""
    tau = TIME_CONSTANT_S
    transient = start - drive + slope * tau
    left = -math.expm1(-s / tau)
    value = drive + slope * (s - tau) + transient * (1.0 - left)
    integral = drive * s + slope * s * (s / 2.0 - tau) + transient * tau * left
    return value, integral
