"""The firmware and its mains: within which limits it charges, and what it does when they come back after a dip."""

from __future__ import annotations

import math

from wattest.evse import display, sessions, status
from wattest.evse.station import Fault, Outlet, Station
from wattest.world.behaviour import behaviour, defect

FIT_V = (0.85, 1.15)
"""Shares of the rated voltage between which it charges; 0.9 to 1.1 must be possible (Measurement Canada PS-EVSE-01)."""

FIT_HZ = (54.0, 66.0)
"""Frequencies between which it charges: 10 % either way."""

LATCHED = Fault("PowerSwitchFailure", "CX017", "supply", "Out of order / Hors service")

UNDERVOLTAGE = Fault("UnderVoltage", "CX006", "supply", "Mains too low / Tension trop basse")
OVERVOLTAGE = Fault("OverVoltage", "CX005", "supply", "Mains too high / Tension trop haute")

WARNS_AFTER_S = 2.0
"""A dip is over before; a voltage that stays beyond its limits is told (project)."""


def share(station: Station) -> float:
    """The phase voltage of the mains as a share of the rated one."""
    sheet = station.sheet
    rated = sheet.rated_voltage_v / math.sqrt(3.0) if sheet.phases == 3 else sheet.rated_voltage_v
    return station.world.grid.nominal_v / rated


@behaviour
def supply_fit(station: Station) -> bool:
    """Whether voltage and frequency allow charging; otherwise it pauses until they do."""
    return (
        FIT_V[0] <= share(station) <= FIT_V[1] and FIT_HZ[0] <= station.world.grid.frequency_hz <= FIT_HZ[1]
    )


@defect(
    "SUPPLY-D02",
    breaks=supply_fit,
    area="electrical",
    requirement="ROB-19",
    text="below 0.95 of the rated voltage nothing is charged",
    source="Measurement Canada PS-EVSE-01: 0.9 to 1.1 of the rated voltage",
)
def wants_a_stiff_grid(station: Station) -> bool:
    """The limit of the last street of the network was not thought of."""
    return supply_fit(station) and share(station) >= 0.95


@behaviour
def fault_after_dip(station: Station, outlet: Outlet) -> Fault | None:
    """What the firmware makes of contacts that fell open in a dip which it lived through: nothing."""
    return None


@defect(
    "SUPPLY-D03",
    breaks=fault_after_dip,
    area="electrical",
    requirement="ROB-21",
    text="a dip of one cycle while charging leaves a fault that only a power cut takes away",
    source="IEC 61000-4-11 and -34 (recalled): recovery by itself",
)
def takes_a_dip_for_a_broken_contactor(station: Station, outlet: Outlet) -> Fault | None:
    """The mirror contact was open although the coil was on."""
    return LATCHED if outlet.state == "charging" else None


@behaviour
def brown_out_fault(station: Station) -> Fault | None:
    """What the firmware makes of too little voltage: a pause, and no fault."""
    return None


@defect(
    "SUPPLY-D04",
    breaks=brown_out_fault,
    area="electrical",
    requirement="ROB-21",
    text="a brown-out to 70 % leaves an undervoltage fault for ever",
    source="IEC 61000-4-11 and -34 (recalled): recovery by itself",
)
def remembers_brown_outs(station: Station) -> Fault | None:
    """The fault is entered, and no line of the program leaves it."""
    return UNDERVOLTAGE if share(station) < FIT_V[0] else None


def look(station: Station, outlet: Outlet) -> None:
    """Enter a fault of the supply."""
    fault = station.conduct(brown_out_fault)(station)
    if fault is not None and outlet.fault is None:
        status.set_fault(station, outlet, fault)
    beyond = _beyond(station)
    if beyond is None:
        station.clear_timer(outlet, "voltage")
        if outlet.warning in {UNDERVOLTAGE, OVERVOLTAGE}:
            status.set_warning(station, outlet, None)
    elif outlet.warning is None and "voltage" not in outlet.timers:
        station.set_timer(outlet, "voltage", WARNS_AFTER_S, lambda o: _warn(station, o))


def _beyond(station: Station) -> Fault | None:
    if not station.world.grid.powered or FIT_V[0] <= share(station) <= FIT_V[1]:
        return None
    return UNDERVOLTAGE if share(station) < FIT_V[0] else OVERVOLTAGE


def _warn(station: Station, outlet: Outlet) -> None:
    beyond = _beyond(station)
    if beyond is not None:
        status.set_warning(station, outlet, beyond)


def ride_through(station: Station) -> None:
    """The mains came back before the electronics died: what fell open is closed again, and the vehicle given time."""
    station.world.screen.follow(lambda: display.shown(station))
    for outlet in station.outlets:
        fault = station.conduct(fault_after_dip)(station, outlet)
        if fault is not None:
            status.set_fault(station, outlet, fault)
        elif outlet.session is not None:
            sessions.await_vehicle(station, outlet)
        station.wake(outlet)
