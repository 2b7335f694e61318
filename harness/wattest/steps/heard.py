"""What the station said so far, by the record: its CALLs, and what it told of something that was asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wattest.ocpp.neutral import Reported

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

CALL = 2
"""OCPP-J message type."""

Heard = dict[str, Any]


def calls(entries: Iterable[Heard], *actions: str) -> Iterator[tuple[Heard, dict[str, Any]]]:
    """Entry and payload of each CALL of the station, in order; of these actions only, where some are named; what is no object is empty."""
    for entry in entries:
        message = entry.get("message") if entry["kind"] == "frame" and entry["direction"] == "in" else None
        if message and message.get("type") == CALL and (not actions or message.get("action") in actions):
            payload = message.get("payload")
            yield entry, payload if isinstance(payload, dict) else {}


def progress(entries: Iterable[Heard], action: str, number: int, since: int) -> list[tuple[str, int]]:
    """Every state told of one request after an entry, in order, each with its own; 1.6 names no request."""
    return [
        (str(payload.get("status")), int(entry["seq"]))
        for entry, payload in calls(entries, action)
        if int(entry["seq"]) > since and payload.get("requestId") in {None, number}
    ]


def state_told(event: object, action: str, number: int) -> str | None:
    """The state that a notification tells of one request; None for any other event."""
    if not isinstance(event, Reported) or event.action != action:
        return None
    word, _, told = event.detail.partition(" ")
    return word if told in {"", str(number)} else None
