"""The temperature probe in the connector: as warm as the air, unless somebody heats it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from wattest.clock import Clock
    from wattest.world.climate import Climate

HEATER_C = 130.0
"""Where a heated probe ends, degC; a project figure, like the next."""

TIME_CONSTANT_S = 120.0
"""A connector in the hand follows heater or air as a first-order system with 2 min."""

HAIR_S = 0.01
"""How much later than the crossing itself it is foreseen, so that it has happened by then."""


class Probe:
    """A first-order system between a heater and the air, in closed form.

    The heat of contacts under load is left out: a sound connector of the rated section stays within a few kelvin.
    """

    def __init__(self, clock: Clock, climate: Climate) -> None:
        self.heated = False
        self._clock = clock
        self._climate = climate
        self._since_s = clock.monotonic()
        self._off_by_k = 0.0
        """How far it was from where it goes (heater or air) when that changed last."""

    def heat(self, on: bool) -> None:
        """Switch the heater; harmless when it already is so."""
        if on != self.heated:
            now_c = self.temperature_c()
            self.heated, self._since_s = on, self._clock.monotonic()
            self._off_by_k = now_c - self._goal_c()

    def temperature_c(self) -> float:
        """What the probe says now, degC."""
        elapsed = self._clock.monotonic() - self._since_s
        return self._goal_c() + self._off_by_k * math.exp(-elapsed / TIME_CONSTANT_S)

    def crosses_s(self, temperature_c: float) -> float | None:
        """Seconds until it crosses a temperature, if the air stays as it is; None when it never will."""
        here, goal = self.temperature_c() - self._goal_c(), temperature_c - self._goal_c()
        if here == 0.0 or not 0.0 < goal / here < 1.0:
            return None
        return TIME_CONSTANT_S * math.log(here / goal) + HAIR_S

    def _goal_c(self) -> float:
        return HEATER_C if self.heated else self._climate.ambient_c()
