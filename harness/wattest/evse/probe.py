"""What the firmware does about a connector that grows too hot: it stops, and says so (ChargeX MREC CX018 and CX019)."""

from __future__ import annotations

from typing import Literal

from wattest.evse import status
from wattest.evse.station import Fault, Outlet, Station
from wattest.world.behaviour import behaviour, defect, variation

LIMIT_C = 90.0
"""Where a connector is too hot when the sheet states nothing else (project)."""

BACK_K = 15.0
"""How far it must have cooled below the limit before all is well again (project)."""

DERATED = 0.5
"""Share of the rated current that a hot connector may carry where the station derates (project)."""

STOP = Fault("HighTemperature", "CX019", "connector", "Connector too hot / Connecteur trop chaud")
DERATE = Fault(
    "HighTemperature", "CX018", "connector", "Less current, hot connector / Connecteur chaud, courant réduit"
)

Answer = Literal["stop", "derate", "derate silently", "nothing"]


@behaviour
def heat_answer(station: Station) -> Answer:
    """What follows from a connector beyond its limit."""
    return "stop"


@defect(
    "CABLE-D42",
    breaks=heat_answer,
    area="cable",
    requirement="CBL-15",
    text="the probe of the connector is read by nobody: at 130 degC the current flows on",
    source="ChargeX MREC CX018, CX019: derate or stop",
)
def probe_is_not_read(station: Station) -> Answer:
    """The input is there, and its task was never written."""
    return "nothing"


@defect(
    "CABLE-D43",
    breaks=heat_answer,
    area="cable",
    requirement="CBL-15",
    text="a hot connector halves the current, and nobody is told why",
    source="ChargeX MREC CX018",
)
def derates_without_a_word(station: Station) -> Answer:
    """The driver is told that the car is slow."""
    return "derate silently"


@variation(
    "V121",
    alters=heat_answer,
    text="a hot connector halves the current (CX018), and the session goes on",
    source="ChargeX MREC CX018",
    area="cable",
)
def derates(station: Station) -> Answer:
    """Half the current is a quarter of the heat."""
    return "derate"


def share(station: Station, outlet: Outlet) -> float:
    """Share of the rated current that the connector allows."""
    derates_now = outlet.hot and station.conduct(heat_answer)(station) in {"derate", "derate silently"}
    return DERATED if derates_now else 1.0


def changed(station: Station, outlet: Outlet) -> None:
    """Something heats the probe, or no longer does."""
    station.clear_timer(outlet, "probe")
    station.wake(outlet)


def look(station: Station, outlet: Outlet) -> None:
    """Enter or leave what a hot connector means, and look again when its probe will have crossed the next limit."""
    hardware, answer = outlet.hardware.probe, station.conduct(heat_answer)(station)
    limit_c = station.sheet.connector_limit_c or LIMIT_C
    was_hot = outlet.hot
    outlet.hot = hardware.temperature_c() > (limit_c - BACK_K if was_hot else limit_c)
    if answer == "stop" and outlet.hot and outlet.fault is None:
        status.set_fault(station, outlet, STOP)
    elif outlet.fault is STOP and not outlet.hot:
        status.set_fault(station, outlet, None)
    elif answer == "derate" and outlet.hot and not was_hot:
        status.set_warning(station, outlet, DERATE)
    elif outlet.warning is DERATE and not outlet.hot:
        status.set_warning(station, outlet, None)
    due_s = hardware.crosses_s(limit_c - BACK_K if outlet.hot else limit_c)
    if due_s is not None and "probe" not in outlet.timers:
        station.set_timer(outlet, "probe", due_s, station.wake)
