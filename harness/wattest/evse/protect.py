"""What the firmware does against too much current, against welded contacts, and against a vehicle that will not stop."""

from __future__ import annotations

from wattest.evse import sessions, status
from wattest.evse.station import Fault, Outlet, Station
from wattest.world.behaviour import behaviour, defect, variation

WELD = Fault("OtherError", "CX017", "weld", "Out of order / Hors service")

OVER_CURRENT = Fault(
    "OverCurrentFailure", "CX004", "over current", "Vehicle takes too much / Le véhicule prend trop"
)

TRIP_S = 6.5
"""How long too much is borne. A vehicle has 5 s to follow a new offer (IEC 61851-1 Annex A, recalled)."""


def _too_much(drawn_a: float, offered_a: float) -> bool:
    """More than a tenth and half an ampere above the offer, as one open charger firmware has it (found)."""
    return drawn_a > 1.1 * offered_a + 0.5


@behaviour
def trips_after_s(drawn_a: float, offered_a: float) -> float | None:
    """How long a current may flow before the output is switched off; None for one that may flow for ever."""
    return TRIP_S if _too_much(drawn_a, offered_a) else None


@defect(
    "PILOT-D11",
    breaks=trips_after_s,
    area="electrical",
    requirement="ELE-12",
    text="a vehicle that takes more than it is offered is never switched off: only the rating is watched",
    source="practice of one maker: from 1.25 times the current offered",
)
def watches_the_rating_only(drawn_a: float, offered_a: float) -> float | None:
    """The breaker upstream is meant to see to it."""
    return TRIP_S if drawn_a > 100.0 else None


@defect(
    "PILOT-D12",
    breaks=trips_after_s,
    area="electrical",
    requirement="ELE-12",
    text="a vehicle that takes more than it is offered is switched off after 25 s",
    source="project: 10 s",
)
def trips_late(drawn_a: float, offered_a: float) -> float | None:
    """A thermal model of the cable decides."""
    return 25.0 if _too_much(drawn_a, offered_a) else None


@variation(
    "V110",
    alters=trips_after_s,
    text="a vehicle that takes more than 1.2 times what it is offered is switched off after 200 ms",
    source="project: within 10 s, and sooner is as good",
    area="electrical",
)
def trips_at_once(drawn_a: float, offered_a: float) -> float | None:
    """An electronic breaker."""
    return 0.2 if drawn_a > 1.2 * offered_a else None


@behaviour
def over_current_fault(station: Station) -> Fault | None:
    """What a trip is told as."""
    return OVER_CURRENT


@defect(
    "PILOT-D13",
    breaks=over_current_fault,
    area="electrical",
    requirement="ELE-12",
    text="after a trip the session is over, and nobody is told of a fault",
    source="ChargeX MREC CX004",
)
def trips_silently(station: Station) -> Fault | None:
    """The contactor is opened by hardware, and the firmware sees only that the current has gone."""
    return None


@variation(
    "V111",
    alters=over_current_fault,
    text="over-current is told by its name in OCPP 1.6, without a vendor's code",
    source="OCPP 1.6 7.6 OverCurrentFailure, which is CX004",
    area="electrical",
    dialects=("1.6",),
)
def over_current_by_name(station: Station) -> Fault | None:
    """The errorCode says it all."""
    return Fault("OverCurrentFailure", None, "over current", OVER_CURRENT.text)


@behaviour
def over_current_is_over(station: Station, outlet: Outlet) -> bool:
    """When a vehicle that took too much may try again: when it was unplugged."""
    return outlet.hardware.pilot == "A"


@variation(
    "V112",
    alters=over_current_is_over,
    text="the report of over-current is taken back as soon as the session has ended",
    source="ChargeX MREC: cleared on recovery",
    area="electrical",
)
def over_current_passes(station: Station, outlet: Outlet) -> bool:
    """Nothing flows any more."""
    return outlet.session is None


def watch_current(station: Station, outlet: Outlet) -> None:
    """Start or stop the patience with a vehicle that takes too much; its fault ends when it may try again."""
    hardware, fault = outlet.hardware, outlet.fault
    if fault is not None and fault.cause == "over current":
        if station.conduct(over_current_is_over)(station, outlet):
            status.set_fault(station, outlet, None)
        return
    after = None
    if outlet.session is not None and hardware.offer_a is not None:
        after = station.conduct(trips_after_s)(hardware.true_current_a(), hardware.offer_a)
    if after is None:
        station.clear_timer(outlet, "over current")
    elif "over current" not in outlet.timers:
        station.set_timer(outlet, "over current", after, lambda o: _trip(station, o))


def _trip(station: Station, outlet: Outlet) -> None:
    fault = station.conduct(over_current_fault)(station)
    if fault is None:
        sessions.end(station, outlet, "Other", trigger="fault")
    elif outlet.fault is None:
        status.set_fault(station, outlet, fault)


@behaviour
def weld_seen(station: Station, outlet: Outlet) -> bool:
    """Whether the contacts must have welded: mirror contact or voltage although the coil is off."""
    hardware = outlet.hardware
    return not hardware.contactor.energised and (hardware.contactor.mirror() or hardware.output_sensed)


@defect(
    "PILOT-D14",
    breaks=weld_seen,
    area="electrical",
    requirement="ELE-15",
    text="voltage at the output behind an open contactor is not looked at",
    source="IEC 61851-1; ChargeX MREC CX017",
)
def nobody_looks_at_the_output(station: Station, outlet: Outlet) -> bool:
    """The sense is read for the display only."""
    return False


@variation(
    "V113",
    alters=weld_seen,
    text="a weld is looked for only when a session is about to begin",
    source="IEC 61851-1: before each closing is soon enough",
    area="electrical",
)
def looks_before_closing(station: Station, outlet: Outlet) -> bool:
    """A test of one second before each closing."""
    known = outlet.fault is not None and outlet.fault.cause == "weld"
    return (known or outlet.permit is not None) and weld_seen(station, outlet)


def output_changed(station: Station, outlet: Outlet) -> None:
    """Current or voltage at the output is another than before: too much of it, or where there should be none."""
    watch_current(station, outlet)
    known = outlet.fault is not None and outlet.fault.cause == "weld"
    if known or station.conduct(weld_seen)(station, outlet):
        station.wake(outlet)


@behaviour
def weld_fault(station: Station) -> Fault:
    """What a weld is told as."""
    return WELD


@defect(
    "PILOT-D15",
    breaks=weld_fault,
    area="electrical",
    requirement="ELE-15",
    text="a welded contactor is told as a fault of the vehicle's pilot",
    source="ChargeX MREC CX017",
)
def weld_told_as_pilot(station: Station) -> Fault:
    """One bit for all that keeps the output from being used."""
    return Fault("OtherError", "CX014", "weld", WELD.text)


def look_for_weld(station: Station, outlet: Outlet) -> None:
    """Enter or leave the fault of welded contacts."""
    if station.conduct(weld_seen)(station, outlet):
        status.set_fault(station, outlet, station.conduct(weld_fault)(station))
    elif outlet.fault is not None and outlet.fault.cause == "weld":
        status.set_fault(station, outlet, None)


@behaviour
def patience_s(station: Station) -> float | None:
    """How long after the pulses a vehicle may go on before the contacts open under its load; None for ever."""
    return 7.0


@defect(
    "PILOT-D19",
    breaks=patience_s,
    area="electrical",
    requirement="ELE-08",
    text="the contactor opens under load a second after the pulses have stopped",
    source="IEC 61851-1 Annex A Table A.6 sequence 10.2: 6 s",
)
def opens_under_load(station: Station) -> float | None:
    """Contacts wear out sooner."""
    return 1.0


@defect(
    "PILOT-D16",
    breaks=patience_s,
    area="electrical",
    requirement="ELE-08",
    text="a vehicle that goes on after the pulses have stopped is charged for ever",
    source="IEC 61851-1 Annex A Table A.6 sequence 10.2",
)
def never_opens_under_load(station: Station) -> float | None:
    """It waits for the vehicle to be so kind."""
    return None


@variation(
    "V115",
    alters=patience_s,
    text="a vehicle that goes on after the pulses have stopped is given 20 s",
    source="IEC 61851-1 Annex A Table A.6 sequence 10.2: at least 6 s",
    area="electrical",
)
def waits_longer(station: Station) -> float | None:
    """Kind to slow vehicles."""
    return 20.0


def withdraw(station: Station, outlet: Outlet) -> None:
    """Stop the pulses, and open the contacts when the vehicle has stopped, or when patience is at an end."""
    hardware = outlet.hardware
    if hardware.offer_a is not None:
        hardware.offer(None)
    if not hardware.contactor.energised:
        station.clear_timer(outlet, "patience")
    elif hardware.pilot != "C":
        station.clear_timer(outlet, "patience")
        _part(station, outlet)
    elif "patience" not in outlet.timers:
        patience = station.conduct(patience_s)(station)
        if patience is not None:
            station.set_timer(outlet, "patience", patience, lambda o: _part(station, o))


def _part(station: Station, outlet: Outlet) -> None:
    outlet.hardware.contactor.open()
    station.wake(outlet)
