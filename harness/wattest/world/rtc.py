"""The station's own clock: a crystal and a backup cell, ignorant of the bench's time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from wattest.world.behaviour import Conduct, behaviour, defect, variation
from wattest.world.climate import REFERENCE_C

if TYPE_CHECKING:
    from wattest.clock import Clock
    from wattest.world.climate import Climate


@behaviour
def rtc_gain_s_per_h(rtc: Rtc) -> float:  # noqa: ARG001
    """Seconds gained per hour whatever the temperature."""
    return 0.0


@variation(
    "V28",
    alters=rtc_gain_s_per_h,
    text="the station's clock gains 1 s a day",
    source="project: within 2 s after synchronisation (NET-08)",
    area="climate",
    physical=True,
)
def rtc_gains_a_little(rtc: Rtc) -> float:  # noqa: ARG001
    """11.6 ppm, an ordinary crystal."""
    return 1.0 / 24.0


@behaviour
def rtc_gain_s_per_h_per_k(rtc: Rtc) -> float:  # noqa: ARG001
    """Seconds gained per hour for each kelvin below 23 degC inside the station."""
    return 0.0


@defect(
    "COLD-D03",
    breaks=rtc_gain_s_per_h_per_k,
    area="climate",
    requirement="NET-08",
    text="the station's clock gains a second an hour for each kelvin below 23 degC: a minute an hour at -40 degC",
    source="project: within 10 s after 24 h offline",
    physical=True,
)
def rtc_runs_away_in_the_cold(rtc: Rtc) -> float:  # noqa: ARG001
    """A load capacitor of the wrong dielectric."""
    return 1.0


class Rtc:
    """Counts from the last ``set``; goes on without power. Steps of the bench's wall clock leave it alone."""

    def __init__(self, *, clock: Clock, climate: Climate, conduct: Conduct) -> None:
        self.climate = climate
        self._clock = clock
        self._conduct = conduct
        self.set(clock.utc())

    def set(self, utc: datetime) -> None:
        """Set it, as after the currentTime of a BootNotification or Heartbeat."""
        self._set = utc.astimezone(UTC)
        self._t0 = self._clock.monotonic()
        self._degree_seconds = self.climate.degree_seconds()

    def utc(self) -> datetime:
        """What the station believes the time to be."""
        elapsed = self._clock.monotonic() - self._t0
        gained = self._conduct(rtc_gain_s_per_h)(self) * elapsed
        per_k = self._conduct(rtc_gain_s_per_h_per_k)(self)
        if per_k:
            cold = REFERENCE_C * elapsed - (self.climate.degree_seconds() - self._degree_seconds)
            gained += per_k * cold
        return self._set + timedelta(seconds=elapsed + gained / 3600.0)
