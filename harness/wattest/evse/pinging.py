"""WebSocket pings of the charger, as often as it is told to (OCPP 1.6 9.1.27, OCPP 2.0.1 OCPPCommCtrlr.WebSocketPingInterval)."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from wattest.evse.station import Station
from wattest.world.behaviour import behaviour, defect, variation

HAIR_S = 0.001
"""Less than this is no wait: the time of a clock would not move by it, and the loop would never end."""


@behaviour
def interval_s(station: Station) -> float:
    """Seconds between pings: the setting; 0 means none."""
    return float(station.settings.number("websocket_ping"))


@defect(
    "STATUS-D14",
    breaks=interval_s,
    area="monitoring",
    requirement="MON-03",
    text="another ping interval is accepted, and pings go on every five minutes",
    source="OCPP 1.6 9.1 WebSocketPingInterval; OCPP 2.0.1 OCPPCommCtrlr.WebSocketPingInterval",
)
def interval_is_fixed(station: Station) -> float:
    """The library is given its interval once, in the factory."""
    return 300.0


@defect(
    "STATUS-D15",
    breaks=interval_s,
    area="monitoring",
    requirement="MON-03",
    text="a ping interval of 0 is taken for the interval of the factory instead of for none",
    source="OCPP 1.6 9.1 WebSocketPingInterval: 0 disables client side pings",
)
def nought_is_the_default(station: Station) -> float:
    """Nought is false, and false is not set."""
    return interval_s(station) or 30.0


@behaviour
def left_s(station: Station, interval: float) -> float:
    """How much longer a ping waits whose time has come."""
    return 0.0


@variation(
    "V163",
    alters=left_s,
    text="no ping is sent while other messages flow",
    source="OCPP 1.6 9.1: pings are there to keep the link and to notice its end, which any message does",
    area="monitoring",
)
def only_when_quiet(station: Station, interval: float) -> float:
    """As libraries do that keep links alive: every message begins the interval anew."""
    left = interval - station.line.quiet_s
    return left if left >= HAIR_S else 0.0


async def ping(station: Station) -> None:
    """Pings for as long as this life of the firmware lasts."""
    waits: float | None = None
    while True:
        interval = station.conduct(interval_s)(station)
        station.wake_ping.clear()
        with suppress(TimeoutError):
            async with asyncio.timeout(waits or interval if interval > 0 and station.line.online else None):
                await station.wake_ping.wait()
                waits = None
                continue
        waits = station.conduct(left_s)(station, interval)
        if not waits:
            await station.line.ping()
