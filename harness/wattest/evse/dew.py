"""What standing water does to the electronics."""

from __future__ import annotations

from wattest.evse import status
from wattest.evse.station import Fault, Station
from wattest.world.behaviour import behaviour, defect, variation

LOOKS_EVERY_S = 300.0
"""How often insulation and humidity are looked at without a session (project)."""
DAMP_PCT = 90.0

GROUND = Fault("GroundFailure", "CX002", "ground", "Ground fault / Défaut à la terre")


@behaviour
def leaks(station: Station) -> bool:
    """Whether the ground-fault protection sees a current to earth."""
    return False


@defect(
    "COLD-D10",
    breaks=leaks,
    area="climate",
    requirement="ROB-10",
    text="dew on the board looks like a ground fault",
    source="project: no ground-fault trip while dew forms (ROB-10)",
)
def dew_is_a_ground_fault(station: Station) -> bool:
    """The board has no coating."""
    return station.world.dew.stands()


@behaviour
def remarks_on_damp_air(station: Station) -> bool:
    """Whether damp air is worth a message."""
    return False


@variation(
    "V190",
    alters=remarks_on_damp_air,
    text="in damp air the station tells its maker so in DataTransfer, and goes on",
    source="OCPP 1.6 4.3, OCPP 2.0.1 P01: DataTransfer is the maker's own",
    area="climate",
)
def warns_of_damp_air(station: Station) -> bool:
    """Service wants to know where enclosures breathe."""
    return station.world.climate.humidity_pct >= DAMP_PCT


async def watch(station: Station) -> None:
    """Look for leakage, for as long as the firmware lives."""
    while True:
        await station.clock.sleep(LOOKS_EVERY_S)
        leaking = station.conduct(leaks)(station)
        for outlet in station.outlets:
            if leaking and outlet.fault is None:
                status.set_fault(station, outlet, GROUND)
            elif not leaking and outlet.fault is not None and outlet.fault.cause == "ground":
                status.set_fault(station, outlet, None)
        if station.conduct(remarks_on_damp_air)(station) and station.accepted:
            status.tell(
                station,
                "DataTransfer",
                {"vendorId": "ca.wattest.reference", "messageId": "damp", "data": "90"},
            )
