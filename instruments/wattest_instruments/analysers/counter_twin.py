"""The integrator inside a simulated analyser: it gathers energy and time between start and stop."""

from __future__ import annotations

from typing import Literal

from wattest_instruments.twins.plane import Plane

State = Literal["RESET", "START", "STOP", "ERROR", "TIMEUP"]


class Counter:
    """Counts at a plane. ``state`` is in the words of the Yokogawa WT, which the others translate."""

    def __init__(self, plane: Plane) -> None:
        self.state: State = "RESET"
        self._plane = plane
        self._gathered_wh = 0.0
        self._gathered_s = 0.0
        self._from_wh = 0.0
        self._from_s = 0.0

    @property
    def running(self) -> bool:
        """Between start and stop."""
        return self.state == "START"

    @property
    def energy_wh(self) -> float:
        """Gathered until now."""
        return self._gathered_wh + (self._plane.energy_wh() - self._from_wh if self.running else 0.0)

    @property
    def elapsed_s(self) -> float:
        """Time it has been running for."""
        return self._gathered_s + (self._plane.time_s() - self._from_s if self.running else 0.0)

    def start(self) -> None:
        """Begin, or go on after a stop."""
        self.state = "START"
        self._from_wh, self._from_s = self._plane.energy_wh(), self._plane.time_s()

    def stop(self) -> None:
        """Keep what was gathered."""
        self._gathered_wh, self._gathered_s = self.energy_wh, self.elapsed_s
        self.state = "STOP"

    def reset(self) -> None:
        """Back to zero."""
        self.state = "RESET"
        self._gathered_wh = self._gathered_s = 0.0
