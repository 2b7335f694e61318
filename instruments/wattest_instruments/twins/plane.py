"""Where a simulated analyser is connected: the quantities that flow past it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from wattest.world import World


class Plane(Protocol):
    """A place in a circuit. Volts and amperes per phase, watts and watt-hours of all phases together."""

    @property
    def phases(self) -> int:
        """1 or 3."""
        ...

    def voltage_v(self) -> float:
        """Now."""
        ...

    def current_a(self) -> float:
        """Now."""
        ...

    def power_w(self) -> float:
        """Now."""
        ...

    def energy_wh(self) -> float:
        """Since some beginning; only differences matter."""
        ...

    def time_s(self) -> float:
        """The instrument's own clock; only differences matter."""
        ...


class OutletPlane:
    """The connector of one outlet of a simulated world: behind the contactor, where the vehicle is."""

    def __init__(self, world: World, outlet: int = 0) -> None:
        self._clock = world.clock
        self._outlet = world.outlets[outlet]
        self.phases = self._outlet.phases

    def voltage_v(self) -> float:
        """Volts per phase, 0 behind an open contactor."""
        return self._outlet.true_voltage_v()

    def current_a(self) -> float:
        """Amperes per phase."""
        return self._outlet.true_current_a()

    def power_w(self) -> float:
        """Watts of all phases."""
        return self._outlet.true_power_w()

    def energy_wh(self) -> float:
        """Wh since the world began."""
        return self._outlet.true_energy_wh()

    def time_s(self) -> float:
        """Monotonic seconds."""
        return self._clock.monotonic()
