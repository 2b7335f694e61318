"""One stretch of constant load: the piece that energy is made of."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from wattest.clock import Clock


@dataclass(frozen=True)
class Draw:
    """A constant load since an instant, and until another one if its end can be foreseen (battery full).

    ``voltage_v`` and ``current_a`` are per phase; a power factor of 1 is assumed.
    """

    clock: Clock
    since_s: float
    phases: int
    voltage_v: float
    current_a: float
    until_s: float = math.inf

    @property
    def power_w(self) -> float:
        """Watts of all phases while it lasts."""
        return self.phases * self.voltage_v * self.current_a

    def elapsed_s(self) -> float:
        """How long it has lasted, in seconds."""
        return max(0.0, min(self.clock.monotonic(), self.until_s) - self.since_s)

    def over(self) -> bool:
        """Whether its foreseen end has come."""
        return self.clock.monotonic() >= self.until_s

    def current_now_a(self) -> float:
        """Amperes per phase at this instant."""
        return 0.0 if self.over() else self.current_a

    def energy_wh(self) -> float:
        """Energy so far, Wh."""
        return self.power_w * self.elapsed_s() / 3600.0
