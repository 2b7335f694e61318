"""The control pilot as the firmware handles it: how fast it acts, what is a fault, when the pulse width may change.

Sources: IEC 61851-1:2017 Annex A and SAE J1772; which figures are found and which recalled stands in
``fixtures/limits/pilot.yaml``.
"""

from __future__ import annotations

from typing import Literal

from wattest.evse import status
from wattest.evse.station import Fault, Outlet, Station
from wattest.world.behaviour import behaviour, defect, variation

Edge = Literal["close", "open", "fault"]
"""State C begins; it ends; earth, diode or pilot fail."""

DIODE = Fault("OtherError", "CX014", "pilot", "Vehicle fault: diode / Véhicule en défaut : diode")
SHORT = Fault("OtherError", "CX014", "pilot", "Vehicle fault: pilot / Véhicule en défaut : pilote")
EARTH = Fault("OtherError", "CX014", "pilot", "No protective earth / Terre de protection absente")
CUT = Fault("OtherError", "CX026", "pilot", "Cable cut / Câble coupé")
LOST = Fault("OtherError", "CX014", "pilot", "No pilot / Pilote absent")


@behaviour
def reaction_s(station: Station, edge: Edge) -> float:
    """Seconds from an edge of the pilot until the contacts have moved: debounce, coil and travel together."""
    return 0.04


@defect(
    "LOCK-D06",
    breaks=reaction_s,
    area="electrical",
    requirement="ELE-05",
    text="the contactor opens 400 ms after the vehicle ended state C",
    source="IEC 61851-1 Annex A Table A.6 sequence 8.1: 100 ms",
)
def opens_late(station: Station, edge: Edge) -> float:
    """A debounce of the length that keys on a front panel get."""
    return 0.4 if edge == "open" else 0.04


@defect(
    "PILOT-D04",
    breaks=reaction_s,
    area="electrical",
    requirement="ELE-04",
    text="the contactor closes 4.5 s after the vehicle asked for energy",
    source="IEC 61851-1 Annex A Table A.6 sequence 4: 3 s",
)
def closes_late(station: Station, edge: Edge) -> float:
    """The self-test of the residual current device runs before each closing."""
    return 4.5 if edge == "close" else 0.04


@defect(
    "PILOT-D08",
    breaks=reaction_s,
    area="electrical",
    requirement="ELE-07",
    text="after the loss of protective earth the output stays live for a second",
    source="IEC 61851-1 (recalled): 100 ms",
)
def mends_late(station: Station, edge: Edge) -> float:
    """Faults are looked for once a second."""
    return 1.0 if edge == "fault" else 0.04


@variation(
    "V34",
    alters=reaction_s,
    text="the contactor closes after 1.5 s and opens after 85 ms",
    source="IEC 61851-1 Annex A Table A.6: 3 s and 100 ms",
    area="electrical",
)
def reacts_slowly(station: Station, edge: Edge) -> float:
    """A large contactor behind a self-test."""
    return 1.5 if edge == "close" else 0.085


@behaviour
def fault_seen(station: Station, outlet: Outlet) -> Fault | None:
    """What is wrong with earth, pilot or the vehicle's diode, by the ground monitor and the levels of the pilot.

    A plug that is locked in the car cannot have left: without its pilot the cable is cut.
    """
    hardware = outlet.hardware
    if not hardware.earthed:
        return EARTH
    if (
        outlet.session is not None
        and hardware.pilot == "A"
        and hardware.connector_lock.feedback() == "locked"
    ):
        return CUT
    if hardware.pilot == "E" and station.world.grid.powered:
        return SHORT
    return None if hardware.rectified else DIODE


@defect(
    "PILOT-D06",
    breaks=fault_seen,
    area="electrical",
    requirement="ELE-07",
    text="a vehicle without its pilot diode is charged as if nothing were wrong",
    source="IEC 61851-1 Annex A, SAE J1772: the low plateau shows the diode",
)
def diode_is_not_looked_at(station: Station, outlet: Outlet) -> Fault | None:
    """Only the high plateau is measured."""
    seen = fault_seen(station, outlet)
    return None if seen is DIODE else seen


@defect(
    "PILOT-D07",
    breaks=fault_seen,
    area="electrical",
    requirement="ELE-07",
    text="a pilot shorted to earth is taken for a vehicle that left: the power goes off, and nobody is told of a fault",
    source="project: faults are reported within 10 s; ChargeX MREC CX014",
)
def short_is_taken_for_departure(station: Station, outlet: Outlet) -> Fault | None:
    """What is neither B nor C must be A."""
    seen = fault_seen(station, outlet)
    return None if seen is SHORT else seen


@variation(
    "V35",
    alters=fault_seen,
    text="without a ground monitor: lost earth looks like an unplugged vehicle, and is told as one",
    source="IEC 61851-1: the pilot's current returns through protective earth",
    area="electrical",
)
def earth_is_seen_by_the_pilot_alone(station: Station, outlet: Outlet) -> Fault | None:
    """The power goes off all the same."""
    seen = fault_seen(station, outlet)
    return None if seen is EARTH else seen


@defect(
    "CABLE-D44",
    breaks=fault_seen,
    area="cable",
    requirement="ROB-17",
    text="a lost pilot under a locked plug takes the power away, and is told to nobody: the session goes on as charging",
    source="ChargeX MREC CX026; project: reported within 60 s",
)
@variation(
    "V122",
    alters=fault_seen,
    text="a cut pilot looks like an unplugged vehicle, and is told as one",
    source="IEC 61851-1: without a pilot the station sees state A",
    area="cable",
)
def cut_is_taken_for_departure(station: Station, outlet: Outlet) -> Fault | None:
    """The lock and the pilot do not know of each other."""
    seen = fault_seen(station, outlet)
    return None if seen is CUT else seen


@defect(
    "CABLE-D45",
    breaks=fault_seen,
    area="cable",
    requirement="ROB-17",
    text="a lost pilot or earth under a locked plug is taken for a bad contact: the output stays live",
    source="IEC 61851-1: the output is dead in state A (recalled)",
)
def lost_pilot_is_a_bad_contact(station: Station, outlet: Outlet) -> Fault | None:
    """It will come back."""
    seen = fault_seen(station, outlet)
    return None if seen in {CUT, EARTH} else seen


@variation(
    "V123",
    alters=fault_seen,
    text="a cut pilot is told as a fault of the pilot (CX014)",
    source="project: CX026 or a fault",
    area="cable",
)
def cut_is_a_pilot_fault(station: Station, outlet: Outlet) -> Fault | None:
    """One code for everything about the pilot."""
    seen = fault_seen(station, outlet)
    return LOST if seen is CUT else seen


@behaviour
def duty_spacing_s(station: Station) -> float:
    """Least time between two pulse widths: half a second more than the 5 s of IEC 61851-1."""
    return 5.5


@defect(
    "PILOT-D09",
    breaks=duty_spacing_s,
    area="electrical",
    requirement="ELE-10",
    text="every charging profile changes the pulse width at once, however fast they come",
    source="IEC 61851-1 Annex A: 5 s between changes",
)
def duty_follows_at_once(station: Station) -> float:
    """Vehicles that need 5 s to follow trip over it."""
    return 0.0


@variation(
    "V36",
    alters=duty_spacing_s,
    text="the pulse width changes every 8 s at the most",
    source="IEC 61851-1 Annex A: 5 s at the least; SAE J1772: within 10 s",
    area="electrical",
)
def duty_follows_slowly(station: Station) -> float:
    """Kind to slow vehicles."""
    return 8.0


def look(station: Station, outlet: Outlet) -> None:
    """Enter a fault of earth, pilot or diode; it lasts until the plug is out and earth is back, and a cut until it is mended."""
    seen, fault = station.conduct(fault_seen)(station, outlet), outlet.fault
    if fault is None:
        status.set_fault(station, outlet, seen)
    elif fault in {CUT, LOST}:
        if outlet.plugged or outlet.hardware.plug_holstered:
            status.set_fault(station, outlet, None)
    elif fault.cause == "pilot" and outlet.hardware.pilot == "A" and outlet.hardware.earthed:
        status.set_fault(station, outlet, None)


def edge(station: Station, outlet: Outlet, old: str, new: str) -> None:
    """The pilot changed: the outlet is looked at when debounce, coil and contacts have had their time."""
    if station.conduct(fault_seen)(station, outlet) is not None:
        kind: Edge = "fault"
    elif "C" in {old, new}:
        kind = "close" if new == "C" else "open"
    else:
        station.wake(outlet)
        return
    station.set_timer(outlet, "pilot", station.conduct(reaction_s)(station, kind), station.wake)


def offer(station: Station, outlet: Outlet, current_a: float) -> None:
    """Offer a current by pulse width; when the last change is too recent, once it no longer is."""
    if outlet.hardware.offer_a == current_a:
        return
    now = station.clock.monotonic()
    due = outlet.duty_at_s + station.conduct(duty_spacing_s)(station)
    if outlet.hardware.offer_a is not None and now < due:
        station.set_timer(outlet, "duty", due - now, station.wake)
        return
    station.clear_timer(outlet, "duty")
    outlet.duty_at_s = now
    outlet.hardware.offer(current_a)
