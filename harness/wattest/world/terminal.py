"""The payment terminal of the station: it reads a payment card and asks its own acquirer, who takes test cards."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from wattest.world.grid import Grid


class Terminal:
    """It gives the firmware the number of each card that was accepted, as a careless one does."""

    def __init__(self, *, fitted: bool, grid: Grid) -> None:
        self.fitted = fitted
        self._grid = grid
        self._told: list[Callable[[str], None]] = []
        self.last = ""
        """Number of the last card that was taken, as a trace of the terminal has it."""

    def tap(self, number: str) -> bool:
        """Hold a payment card to it; True when it was taken."""
        if not (self.fitted and self._grid.powered):
            return False
        self.last = number
        for tell in tuple(self._told):
            tell(number)
        return True

    def on_card(self, tell: Callable[[str], None]) -> Callable[[], None]:
        """Be told the number of each card taken. Returns how to stop."""
        self._told.append(tell)
        return lambda: self._told.remove(tell)
