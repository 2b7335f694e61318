"""Clock-aligned meter values: on the grid of the charger's own clock, counted from midnight UTC (OCPP 1.6 3.16.2)."""

from __future__ import annotations

from wattest.evse import metering, sessions, status
from wattest.evse.station import Outlet, Station


def arm(station: Station) -> None:
    """(Re)start the grid, at boot and when the interval was changed; 0 means none."""
    for outlet in station.outlets:
        station.clear_timer(outlet, "aligned")
        _next(station, outlet)


def _next(station: Station, outlet: Outlet) -> None:
    interval = station.settings.number("aligned_interval")
    if interval:
        now = station.now()
        midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
        past = (now - midnight).total_seconds()
        left = interval - past % interval
        station.set_timer(outlet, "aligned", left, lambda o: _due(station, o))


def _due(station: Station, outlet: Outlet) -> None:
    _next(station, outlet)
    if outlet.session is not None:
        sessions.sample_now(station, outlet, "Sample.Clock", "clock")
    elif station.accepted:
        message = station.dialect.meter_values(
            station, outlet, metering.sample(station, outlet, "Sample.Clock")
        )
        if message is not None:
            status.tell(station, *message)
