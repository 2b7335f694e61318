"""The supply of the station."""

from __future__ import annotations

from collections.abc import Callable

from wattest.errors import BenchError

SOURCE_IMPEDANCE_OHM = 0.02
"""Per phase, from the street to the connector: 0.64 V at 32 A. A project figure."""


class Grid:
    """Mains of one voltage that is there or is not."""

    def __init__(self, voltage_v: float) -> None:
        self.nominal_v = voltage_v
        self.frequency_hz = 60.0
        self.powered = True
        self._changing: list[Callable[[], None]] = []
        self._told: list[Callable[[bool], None]] = []
        self._felt: list[Callable[[], None]] = []

    def set_power(self, on: bool) -> None:
        """Feed the station or cut it off; harmless when it already is so."""
        if on == self.powered:
            return
        self.powered = on
        for follow in self._changing:
            follow()
        for tell in tuple(self._told):
            tell(on)

    def set_voltage(self, voltage_v: float) -> None:
        """Change the voltage, such as to 0.9 of nominal. ``BenchError`` unless it is between 1 V and 1000 V."""
        if not 1.0 <= voltage_v <= 1000.0:
            raise BenchError(
                f"the simulated grid has no {voltage_v:g} V: choose 1 V to 1000 V, or cut the power"
            )
        self.nominal_v = voltage_v
        self._change()

    def set_frequency(self, frequency_hz: float) -> None:
        """Change the frequency. ``BenchError`` unless it is between 40 Hz and 70 Hz."""
        if not 40.0 <= frequency_hz <= 70.0:
            raise BenchError(f"the simulated grid has no {frequency_hz:g} Hz: choose 40 Hz to 70 Hz")
        self.frequency_hz = frequency_hz
        self._change()

    def _change(self) -> None:
        for follow in self._changing:
            follow()
        for tell in tuple(self._felt):
            tell()

    def voltage_at(self, current_a: float) -> float:
        """Phase voltage at the connector under a load, V; 0 without power."""
        return self.nominal_v - SOURCE_IMPEDANCE_OHM * current_a if self.powered else 0.0

    def on_power(self, tell: Callable[[bool], None]) -> Callable[[], None]:
        """Be told of power lost and restored, after contactors and pilot have followed. Returns how to stop."""
        self._told.append(tell)
        return lambda: self._told.remove(tell)

    def on_voltage(self, tell: Callable[[], None]) -> Callable[[], None]:
        """Be told that voltage or frequency changed while there is power. Returns how to stop."""
        self._felt.append(tell)
        return lambda: self._felt.remove(tell)

    def on_change(self, follow: Callable[[], None]) -> None:
        """For the parts of the world that obey the grid."""
        self._changing.append(follow)
