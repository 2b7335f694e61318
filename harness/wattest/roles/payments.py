"""What the acquirer of a payment terminal saw of a card: movements of money, in ``Decimal``, without card numbers."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

AcquirerAnswer = Literal["approve", "refuse", "silent"]
"""What becomes of the next authorisations: approved, refused, or never answered."""

MovementKind = Literal["authorised", "refused", "captured", "released", "refunded"]
"""Released: what was reserved is free again, all or a part of it (void, reversal, cancellation)."""


@dataclass(frozen=True)
class Movement:
    """One line of the acquirer's statement, such as 12.34 CAD captured of reservation A17 on a card ending in 1111."""

    kind: MovementKind
    amount: Decimal
    currency: str
    last_four: str
    """The last four digits of the card; empty where the acquirer does not show them."""
    reference: str
    """The acquirer's word for the reservation; one word holds all movements of one reservation together."""


@dataclass(frozen=True)
class Statement:
    """What the acquirer booked since a time, oldest first, and the record entries that prove it."""

    movements: tuple[Movement, ...]
    seq: tuple[int, ...] = ()
