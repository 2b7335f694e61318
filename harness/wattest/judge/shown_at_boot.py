"""Which connectors a station has shown since its last accepted boot, from frames.

Sources: OCPP 1.6 4.9 (a status of each connector; connector 0 stands for the charge point and is optional); OCPP 2.0.1 B01
(StatusNotification of each connector once the boot is accepted). A 2.0.1 station may tell the AvailabilityState of a
connector by NotifyEvent instead, as 2.1 does.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from wattest.judge.trace import Entry
from wattest.model.scenario import Dialect
from wattest.ocpp.neutral import StatusChanged
from wattest.ocpp.normalise import events

Place = tuple[int, int]
"""EVSE and connector; in OCPP 1.6 the connector, and 1."""


@dataclass(frozen=True)
class Shown:
    """``boot`` and ``accepted`` are the entries of the last BootNotification that was accepted and of the answer; None without one.

    ``places`` has the entry of the first status of each connector after that answer.
    """

    boot: int | None = None
    accepted: int | None = None
    places: Mapping[Place, int] = field(default_factory=dict)


def shown_since_boot(entries: Sequence[Entry]) -> Shown:
    """What the frames among these entries show. Statuses told before the boot was accepted do not count."""
    frames = [entry for entry in entries if entry["kind"] == "frame" and entry.get("message")]
    boots = {
        entry["seq"]
        for entry in frames
        if entry["direction"] == "in" and entry["message"].get("action") == "BootNotification"
    }
    answer = next(
        (
            entry
            for entry in reversed(frames)
            if entry["direction"] == "out"
            and entry.get("answers") in boots
            and (entry["message"].get("payload") or {}).get("status") == "Accepted"
        ),
        None,
    )
    if answer is None:
        return Shown()
    places: dict[Place, int] = {}
    for entry in frames:
        message = entry["message"]
        if entry["seq"] <= answer["seq"] or entry["direction"] != "in" or message["type"] != 2:
            continue
        for event in events(entry["dialect"], message["action"], message["payload"]):
            if isinstance(event, StatusChanged) and event.evse_id > 0:
                places.setdefault((event.evse_id, event.connector_id), entry["seq"])
    return Shown(answer["answers"], answer["seq"], places)


def lacking(shown: Shown, dialect: Dialect, connectors: int) -> tuple[list[str], list[str]]:
    """Violations and doubts, in sentences, when the charger sheet states so many connectors.

    A station that shows more of them than its sheet states leaves doubt: one of the two is wrong.
    """
    if dialect == "1.6":
        missing = [f"connector {n}" for n in range(1, connectors + 1) if (n, 1) not in shown.places]
        found = ", ".join(f"connector {n}" for n, _ in sorted(shown.places)) or "none"
    else:
        count = connectors - len(shown.places)
        missing = [] if count <= 0 else [f"{count} of {connectors} connectors"]
        found = (
            ", ".join(f"connector {place} of EVSE {evse}" for evse, place in sorted(shown.places)) or "none"
        )
    lacks = (
        f"after the accepted BootNotification of entry {shown.boot} there is no status of {', '.join(missing)}; "
        f"the charger sheet states {connectors}, and shown was {found}"
    )
    extra = f"the charger sheet states {connectors} connectors, and a status came of {found}"
    return ([lacks] if missing else []), ([extra] if len(shown.places) > connectors else [])
