"""What the reference portal tells the operator of a station: an alert for each fault that begins.

::

    alerts = Alerts(csms)
    ...
    alerts.told[-1].text      # 'CP001 EVSE 1 is Faulted (OtherError, CX014)'
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from wattest.csms import Csms
from wattest.ocpp.neutral import Event, StatusChanged


@dataclass(frozen=True)
class Alert:
    """When it was sent, about which EVSE (0: the station), and its text."""

    at: datetime
    evse: int
    text: str


class Alerts:
    """Follows a central system from now on. A fault that is told again is no new one; one that was over and comes back is."""

    def __init__(self, csms: Csms) -> None:
        self.told: list[Alert] = []
        self._csms = csms
        self._open: set[tuple[str, int]] = set()
        csms.listeners.append(self._hear)

    def _hear(self, station: str, event: Event) -> None:
        if not isinstance(event, StatusChanged):
            return
        place = (station, event.evse_id)
        if event.occupancy != "faulted" and event.error is None:
            self._open.discard(place)
        elif place not in self._open:
            self._open.add(place)
            words = ", ".join(word for word in (event.error, event.vendor_error) if word)
            text = f"{station} EVSE {event.evse_id} is {event.raw}{f' ({words})' if words else ''}"
            self.told.append(Alert(self._csms.clock.utc(), event.evse_id, text))
