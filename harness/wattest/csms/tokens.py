"""What the central system says of a card, in each dialect's words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from wattest.model.scenario import Card, CardStatus, Dialect

_WORDS: Mapping[CardStatus, tuple[str, str]] = {
    "accepted": ("Accepted", "Accepted"),
    "blocked": ("Blocked", "Blocked"),
    "expired": ("Expired", "Expired"),
    "invalid": ("Invalid", "Invalid"),
    "unknown": ("Invalid", "Unknown"),
}


class Cards:
    """Cards by UID. UIDs are compared without regard to case (OCPP 1.6 CiString20Type)."""

    def __init__(self) -> None:
        self._cards: dict[str, Card] = {}
        self.otherwise: CardStatus = "unknown"
        """What is said of a card that was never set."""

    def set(self, card: Card) -> None:
        """Add a card, or change what is said of it."""
        self._cards[card.uid.lower()] = card

    def find(self, uid: object) -> Card:
        """The card of this UID, whatever its case."""
        text = uid if isinstance(uid, str) else ""
        return self._cards.get(text.lower(), Card(text, self.otherwise))


def word(status: CardStatus, dialect: Dialect) -> str:
    """A card's status in a dialect's word; 1.6 says Invalid of cards that it does not know (section 7.2)."""
    old, new = _WORDS[status]
    return old if dialect == "1.6" else new


def id_tag_info(card: Card) -> dict[str, Any]:
    """``IdTagInfo`` of OCPP 1.6."""
    info: dict[str, Any] = {"status": word(card.status, "1.6")}
    if card.group is not None:
        info["parentIdTag"] = card.group
    return info


def id_token_info(card: Card) -> dict[str, Any]:
    """``IdTokenInfoType`` of OCPP 2.0.1."""
    info: dict[str, Any] = {"status": word(card.status, "2.0.1")}
    if card.group is not None:
        info["groupIdToken"] = {"idToken": card.group, "type": "Central"}
    return info


def id_token(uid: str) -> dict[str, Any]:
    """A card's UID as ``IdTokenType``."""
    return {"idToken": uid, "type": "ISO14443"}
