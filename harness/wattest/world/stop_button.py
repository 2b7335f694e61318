"""The button for emergencies on the face of the station."""

from __future__ import annotations

from collections.abc import Callable


class StopButton:
    """Pressed until it is released; its contact is read by the firmware."""

    def __init__(self, *, fitted: bool) -> None:
        self.fitted = fitted
        self.pressed = False
        self._told: list[Callable[[], None]] = []

    def move(self, *, pressed: bool) -> bool:
        """Press or release it; True when there is one."""
        if self.fitted and pressed != self.pressed:
            self.pressed = pressed
            for tell in tuple(self._told):
                tell()
        return self.fitted

    def on_move(self, tell: Callable[[], None]) -> Callable[[], None]:
        """Be told whenever it moves. Returns how to stop."""
        self._told.append(tell)
        return lambda: self._told.remove(tell)
