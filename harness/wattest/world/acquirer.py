"""The acquirer behind the payment terminal: it approves or refuses, and books what it is told. It knows no card numbers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from wattest.roles import AcquirerAnswer, Movement, MovementKind

if TYPE_CHECKING:
    from wattest.clock import Clock

ANSWER_S = 2.0
"""How long a host takes to decide."""


@dataclass
class Acquirer:
    """A test host without judgement: it captures whatever it is told to, so that a station's mistakes can be seen.

    ``answer``: what becomes of authorisations. A silent host has booked them, and its word is lost on the way: the worst case.
    """

    clock: Clock
    answer: AcquirerAnswer = "approve"
    _booked: list[tuple[datetime, Movement]] = field(default_factory=list)

    def authorise(
        self, reference: str, last_four: str, amount: Decimal, decided: Callable[[bool], object]
    ) -> None:
        """Reserve an amount in CAD; ``decided`` is told whether, unless the host is silent."""
        self._book("refused" if self.answer == "refuse" else "authorised", reference, last_four, amount)
        if self.answer != "silent":
            self.clock.call_later(ANSWER_S, decided, self.answer == "approve")

    def capture(self, reference: str, last_four: str, amount: Decimal) -> None:
        """Take an amount."""
        self._book("captured", reference, last_four, amount)

    def release(self, reference: str, last_four: str, amount: Decimal) -> None:
        """Let an amount go that was reserved."""
        self._book("released", reference, last_four, amount)

    def since(self, when: datetime) -> tuple[Movement, ...]:
        """What was booked since then, oldest first."""
        return tuple(movement for at, movement in self._booked if at >= when)

    def _book(self, kind: MovementKind, reference: str, last_four: str, amount: Decimal) -> None:
        movement = Movement(kind, amount, "CAD", last_four, reference)
        self._booked.append((self.clock.utc(), movement))
