"""The insulated box behind a simulated controller: it moves the air of the simulated world."""

from __future__ import annotations

from wattest.world import Climate

ROOM_C = 23.0
"""Where the air drifts to when nothing heats or cools: the temperature of a laboratory."""
DRIFT_K_PER_MIN = 1.0
"""How fast it drifts; a real chamber is slower, and a test that waits for it would learn nothing more."""
FASTEST_K_PER_MIN = 3.0
"""How fast the machine can heat and cool without a ramp (project figure, usual for this size of chamber)."""


class Box:
    """Fan, heater and compressor. ``climate`` is that of the simulated world; all temperatures in degC."""

    def __init__(self, climate: Climate) -> None:
        self._climate = climate
        self.setpoint_c = ROOM_C
        self.ramp_k_per_min = FASTEST_K_PER_MIN
        self.running = False
        self.tripped = False
        """Its protection has stopped it."""
        self.door_open = False

    def air_c(self) -> float:
        """By its own thermometer, which is perfect."""
        return self._climate.ambient_c()

    def humidity_pct(self) -> float:
        """Relative humidity, by a hygrometer that is perfect too."""
        return self._climate.humidity_pct

    def set_humidity(self, humidity_pct: float) -> None:
        """Humidify or dry the air; at once, since a test that waits for it would learn nothing more."""
        self._climate.set_humidity(humidity_pct)

    def moving_setpoint_c(self) -> float:
        """The set point on its ramp: the air follows it closely."""
        slow = self.running and self.ramp_k_per_min < FASTEST_K_PER_MIN
        return self.air_c() if slow else self.setpoint_c

    def set_point(self, temperature_c: float) -> None:
        """A new set point; it counts at once when the box runs."""
        self.setpoint_c = temperature_c
        self._move()

    def set_ramp(self, ramp_k_per_min: float) -> None:
        """A gradient for the next set point."""
        self.ramp_k_per_min = min(ramp_k_per_min, FASTEST_K_PER_MIN)

    def run(self) -> None:
        """Begin to control the temperature, unless the protection forbids it."""
        self.running = not self.tripped
        self._move()

    def stand_by(self) -> None:
        """Neither heat nor cool."""
        self.running = False
        self._move()

    def trip(self) -> None:
        """The protection stops it: over-temperature, refrigerant pressure, or a person at the front."""
        self.tripped = True
        self.stand_by()

    def open_door(self) -> None:
        """Somebody opens the door: the machine stops."""
        self.door_open = True
        self.stand_by()

    def _move(self) -> None:
        if self.running:
            self._climate.set_ambient(self.setpoint_c, self.ramp_k_per_min)
        else:
            self._climate.set_ambient(ROOM_C, DRIFT_K_PER_MIN)
