"""A member of a group on one feeder: how it takes its share, and what it keeps to when the controller is lost.

The controller is the central system, which gives each station a share by a charging profile. A station that has one and
loses its link cannot know what the others draw: it goes down to the fallback that its maker declares (the rule of energy
management systems, CSA C22.2 No. 343, recalled).
"""

from __future__ import annotations

import math

from wattest.evse.station import Outlet, Station
from wattest.world.behaviour import behaviour, defect, variation

ALONE_AFTER_S = 30.0
"""How long a lost link may come back before the controller counts as lost."""


@behaviour
def share_taken(station: Station, evse_id: int, limit_a: float) -> float:
    """The limit that holds from now on when a charging profile brings one: that of the profile."""
    return limit_a


def _charging(station: Station, evse_id: int) -> float | None:
    """The limit that a running session has so far."""
    outlet = station.outlet(evse_id)
    running = outlet is not None and outlet.session is not None
    return station.flash.limits_a.get(evse_id) if running else None


@defect(
    "SHARE-D01",
    breaks=share_taken,
    area="sharing",
    requirement="LOD-01",
    text="a lower share is accepted and taken over with the next session only",
    source="project: excursion of a group at most 10 s after a step",
)
def keeps_share_for_session(station: Station, evse_id: int, limit_a: float) -> float:
    """What the vehicle was promised is promised."""
    return max(limit_a, _charging(station, evse_id) or 0.0)


@defect(
    "SHARE-D03",
    breaks=share_taken,
    area="sharing",
    requirement="LOD-05",
    text="a share that was lowered is never raised again in the session",
    source="project: what a leaver took is given out within 60 s",
)
def never_takes_back(station: Station, evse_id: int, limit_a: float) -> float:
    """The least of all limits so far, unless it was a pause."""
    before = _charging(station, evse_id)
    return min(limit_a, before) if before and limit_a else limit_a


@defect(
    "SHARE-D04",
    breaks=share_taken,
    area="sharing",
    requirement="LOD-04",
    text="three quarters of its share are offered to the vehicle",
    source="project: equal demand gives shares within 10 %",
)
def is_too_modest(station: Station, evse_id: int, limit_a: float) -> float:
    """A margin for safety that nobody asked for."""
    return limit_a * 0.75 if limit_a * 0.75 >= station.sheet.minimum_current_a else limit_a


@variation(
    "V105",
    alters=share_taken,
    text="a share is rounded down to whole amperes",
    source="a limit is the most that is drawn; OCPP 1.6 7.14, 2.0.1 K01",
    area="sharing",
)
def rounds_down(station: Station, evse_id: int, limit_a: float) -> float:
    """Firmware that counts in amperes."""
    return float(math.floor(limit_a))


@behaviour
def fallback_a(station: Station) -> float | None:
    """What may be drawn without the controller; None for as much as before."""
    return station.sheet.fallback_current_a


@defect(
    "SHARE-D02",
    breaks=fallback_a,
    area="sharing",
    requirement="LOD-03",
    text="the last share is kept for ever when the link to the controller is lost",
    source="CSA C22.2 No. 343 (recalled); project: fallback within 60 s",
)
def keeps_share_offline(station: Station) -> float | None:
    """Nobody said otherwise."""
    return None


@variation(
    "V104",
    alters=fallback_a,
    text="a station that lost its controller pauses instead of drawing its fallback",
    source="declared fallback is the most that it draws; less is allowed",
    area="sharing",
)
def pauses_offline(station: Station) -> float | None:
    """The safest share is none."""
    return 0.0


def link_lost(station: Station) -> None:
    """Look again when the controller counts as lost."""
    for outlet in station.outlets:
        station.set_timer(outlet, "controller", ALONE_AFTER_S, station.wake)


def limits(station: Station, outlet: Outlet) -> list[float]:
    """What membership in a group adds to the limits of an outlet."""
    member = "load_sharing" in station.sheet.features and bool(station.flash.limits_a)
    away_s = station.clock.monotonic() - station.offline_since
    if not member or station.line.online or away_s < ALONE_AFTER_S:
        return []
    fallback = station.conduct(fallback_a)(station)
    return [] if fallback is None else [fallback]
