"""The emergency stop as the firmware handles it: power off at once, told as a fault, over when the button is released."""

from __future__ import annotations

from wattest.evse import status
from wattest.evse.station import Fault, Outlet, Station
from wattest.world.behaviour import behaviour, defect, variation

STOPPED = Fault("OtherError", "CX008", "stop", "Emergency stop / Arrêt d'urgence")


@behaviour
def stop_told(station: Station) -> Fault | None:
    """What a pressed emergency stop is told as."""
    return STOPPED


@defect(
    "STATUS-D17",
    breaks=stop_told,
    area="monitoring",
    requirement="MON-04",
    text="an emergency stop is told as a failure of the pilot (CX014)",
    source="ChargeX MREC CX008",
)
def stop_is_a_pilot_fault(station: Station) -> Fault | None:
    """The contact of the button lies in the circuit of the pilot."""
    return Fault("OtherError", "CX014", "stop", STOPPED.text)


@behaviour
def over_when_released(station: Station) -> bool:
    """Whether the station is in order again once the button is released."""
    return True


@variation(
    "V165",
    alters=over_when_released,
    text="after an emergency stop the station wants to be restarted",
    source="IEC 60204-1 (recalled): releasing the button alone restarts nothing",
    area="monitoring",
)
def wants_a_restart(station: Station) -> bool:
    """Somebody shall have looked first."""
    return False


def look(station: Station, outlet: Outlet) -> None:
    """Enter the fault while the button is pressed, and leave it afterwards."""
    pressed = station.world.stop_button.pressed
    if pressed and outlet.fault is None:
        status.set_fault(station, outlet, station.conduct(stop_told)(station))
        return
    stopped = outlet.fault is not None and outlet.fault.cause == "stop"
    if stopped and not pressed and station.conduct(over_when_released)(station):
        status.set_fault(station, outlet, None)
