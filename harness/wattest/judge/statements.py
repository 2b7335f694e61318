"""What an acquirer's statement amounts to: reserved, taken, given back, and what is still reserved. Money in ``Decimal``."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from wattest.roles import Movement, MovementKind

NOTHING = Decimal("0.00")


@dataclass(frozen=True)
class Account:
    """All movements since a card was presented, added up.

    ``still_reserved``: what is neither captured nor released, reservation by reservation. A capture ends its reservation: the
    rest goes with it or by a release of its own, as acquirers differ. ``unfounded`` are references with a capture and no
    authorisation since then: of an earlier session, or of none.
    """

    authorised: Decimal
    refused: int
    captured: Decimal
    refunded: Decimal
    still_reserved: Decimal
    currency: str | None
    """The one currency; several joined by 'and'; None without a movement."""
    unfounded: tuple[str, ...] = ()

    @property
    def taken(self) -> Decimal:
        """Captured and not refunded."""
        return self.captured - self.refunded


def account(movements: Iterable[Movement]) -> Account:
    """Add up a statement.

    >>> one = Movement("authorised", Decimal("50.00"), "CAD", "1111", "A1")
    >>> other = Movement("captured", Decimal("12.34"), "CAD", "1111", "A1")
    >>> account([one, other]).taken, account([one, other]).still_reserved, account([one]).still_reserved
    (Decimal('12.34'), Decimal('0.00'), Decimal('50.00'))
    """
    seen = tuple(movements)
    still, unfounded = NOTHING, list[str]()
    for reference in dict.fromkeys(movement.reference for movement in seen):
        mine = [movement for movement in seen if movement.reference == reference]
        authorised, captured = _sum(mine, "authorised"), _sum(mine, "captured")
        if captured and not authorised:
            unfounded.append(reference)
        if not captured:
            still += max(NOTHING, authorised - _sum(mine, "released"))
    return Account(
        authorised=_sum(seen, "authorised"),
        refused=sum(1 for movement in seen if movement.kind == "refused"),
        captured=_sum(seen, "captured"),
        refunded=_sum(seen, "refunded"),
        still_reserved=still,
        currency=" and ".join(dict.fromkeys(movement.currency for movement in seen)) or None,
        unfounded=tuple(unfounded),
    )


def _sum(movements: Iterable[Movement], kind: MovementKind) -> Decimal:
    return sum((movement.amount for movement in movements if movement.kind == kind), NOTHING)
