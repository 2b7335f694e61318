"""Whether current may flow: one function that looks at everything and brings the outlet in line with it.

It is called after every event and may be called too often, never too seldom.
"""

from __future__ import annotations

from decimal import Decimal

from wattest.evse import grip, pilot, probe, protect, sessions, sharing, status, stopping, supply, warmth
from wattest.evse.flash import OpenTransaction
from wattest.evse.station import Outlet, Station
from wattest.world.behaviour import behaviour, defect, variation

ENDS_SESSION = frozenset({"engage", "weld", "pilot", "supply", "ground", "connector", "stop", "over current"})
"""Causes of faults under which no session goes on."""


@behaviour
def charges_offline(station: Station) -> bool:
    """Whether a session goes on while the link is down."""
    return True


@defect(
    "OUTAGE-D14",
    breaks=charges_offline,
    area="outage",
    requirement="MON-11",
    text="charging stops as soon as the link to the central system is lost",
    source="23 CFR 680.114(e); project: the session goes on",
)
def pauses_without_link(station: Station) -> bool:
    """No blessing, no current."""
    return station.line.online


@behaviour
def energises_unasked(station: Station, outlet: Outlet) -> bool:
    """Whether current flows without a session: never."""
    return False


@defect(
    "OUTAGE-D15",
    breaks=energises_unasked,
    area="outage",
    requirement="AUT-05",
    text="after a power cut the outlet is energised again without a transaction",
    source="OCPP 1.6 3.5; project: never left energised without authorisation",
)
def restores_contactor(station: Station, outlet: Outlet) -> bool:
    """The contactor output is restored to what it was."""
    return station.flash.charging_at_cut and outlet.plugged


@behaviour
def releases_on_link_loss(station: Station) -> bool:
    """Whether the connector is freed when the link goes down: no, the session goes on."""
    return False


@defect(
    "LOCK-D04",
    breaks=releases_on_link_loss,
    area="locking",
    requirement="LCK-07",
    text="the connector is released in mid-session when the link is lost",
    source="project: the cable is held while a transaction runs; OCPP 1.6 4.10",
)
def frees_cable_without_link(station: Station) -> bool:
    """Meant kindly: nobody shall be trapped by a broken modem."""
    return True


@behaviour
def starts(station: Station, outlet: Outlet) -> bool:
    """Whether an authorised and plugged vehicle is charged: always."""
    return True


@defect(
    "START-D01",
    breaks=starts,
    area="monitoring",
    requirement="MON-09",
    text="one session in eight does not start, and the driver has to begin anew",
    source="Charging Success Rate of NOW and others; project: 97 % of sessions",
)
def starts_mostly(station: Station, outlet: Outlet) -> bool:
    """A race between two tasks, lost now and then."""
    return station.random.random() >= 0.125


@behaviour
def outlasts_pause(station: Station, session: OpenTransaction) -> bool:
    """Whether a session goes on when its vehicle stops asking for energy: always."""
    return True


@defect(
    "PAUSE-D40",
    breaks=outlasts_pause,
    area="electrical",
    requirement="ELE-16",
    text="the session ends at the tenth pause of the vehicle",
    source="IEC 61851-1: a vehicle may leave state C and come back (recalled)",
)
def loses_patience(station: Station, session: OpenTransaction) -> bool:
    """A guard against worn contacts, counted for each session."""
    return session.pauses < 10


@behaviour
def dead_without_pilot(station: Station, outlet: Outlet) -> bool:
    """Whether the power goes when the pilot says that no vehicle is there."""
    return True


@behaviour
def departs_without_pilot(station: Station, outlet: Outlet) -> bool:
    """Whether a vehicle without a pilot is taken to have left."""
    return True


def _bolted(outlet: Outlet) -> bool:
    return outlet.hardware.connector_lock.feedback() == "locked"


@defect(
    "CABLE-D44",
    breaks=departs_without_pilot,
    area="cable",
    requirement="ROB-17",
    text="a lost pilot under a locked plug takes the power away, and is told to nobody: the session goes on as charging",
    source="ChargeX MREC CX026; project: reported within 60 s",
)
def waits_for_the_pilot(station: Station, outlet: Outlet) -> bool:
    """What is locked cannot have left."""
    return not _bolted(outlet)


@defect(
    "CABLE-D45",
    breaks=departs_without_pilot,
    area="cable",
    requirement="ROB-17",
    text="a lost pilot or earth under a locked plug is taken for a bad contact: the output stays live",
    source="IEC 61851-1: the output is dead in state A (recalled)",
)
def bridges_the_pilot(station: Station, outlet: Outlet) -> bool:
    """As the one before, with the contactor closed."""
    return not _bolted(outlet)


@defect(
    "CABLE-D45",
    breaks=dead_without_pilot,
    area="cable",
    requirement="ROB-17",
    text="a lost pilot or earth under a locked plug is taken for a bad contact: the output stays live",
    source="IEC 61851-1: the output is dead in state A (recalled)",
)
def stays_live_without_pilot(station: Station, outlet: Outlet) -> bool:
    """The vehicle decides when it is over."""
    return not _bolted(outlet)


@behaviour
def pause_told_s(station: Station, session: OpenTransaction) -> float:
    """How long a vehicle must have stopped asking before it is told, s."""
    return 0.0


@variation(
    "V120",
    alters=pause_told_s,
    text="from the third pause of a vehicle on, none below a minute is told: the session is charging all the while",
    source="OCPP 1.6 9.1 MinimumStatusDuration; IEC 61851-1 knows no time for it",
    area="electrical",
)
def says_nothing_of_short_pauses(station: Station, session: OpenTransaction) -> float:
    """A cabin that is kept warm shall not make a storm of messages."""
    return 60.0 if session.pauses > 2 else 0.0


def link_lost(station: Station) -> None:
    """The link went down: charging is none of its business, unless a group depends on it."""
    sharing.link_lost(station)
    for outlet in station.outlets:
        if outlet.session is not None and station.conduct(releases_on_link_loss)(station):
            outlet.hardware.connector_lock.drive(False)
        station.wake(outlet)


@behaviour
def offered_a(station: Station, limits_a: list[float]) -> float:
    """Amperes to offer under the rating, which comes first, and what charging profiles allow."""
    return min(limits_a)


@defect(
    "SMART-D01",
    breaks=offered_a,
    area="electrical",
    requirement="ELE-09",
    text="charging profiles are accepted, and the current stays as it was",
    source="OCPP 1.6 3.13 and 5.16; OCPP 2.0.1 K01",
)
def profiles_change_nothing(station: Station, limits_a: list[float]) -> float:
    """They are stored for GetCompositeSchedule."""
    return limits_a[0]


@defect(
    "SMART-D08",
    breaks=offered_a,
    area="electrical",
    requirement="ELE-09",
    text="a limit below 6 A is taken for 6 A instead of a pause",
    source="OCPP 1.6 3.13; IEC 61851-1 Annex A: nothing below 6 A can be offered (recalled)",
)
def never_pauses(station: Station, limits_a: list[float]) -> float:
    """The least that a pulse width can say."""
    return max(min(limits_a), station.sheet.minimum_current_a)


@defect(
    "PILOT-D10",
    breaks=offered_a,
    area="electrical",
    requirement="ELE-11",
    text="a charging profile above the rating is offered to the vehicle",
    source="IEC 61851-1: never more than the supply, the station and its cable can carry (recalled)",
)
def profile_beats_rating(station: Station, limits_a: list[float]) -> float:
    """The rating is the default of the profile."""
    return min(limits_a[1:] or limits_a)


def ceiling_a(station: Station, outlet: Outlet) -> float:
    """Amperes per phase that may be offered now: rating, profiles, and what is left of an allowance."""
    limits = [station.sheet.rated_current_a * station.conduct(warmth.thermal_share)(station)]
    limits[0] *= probe.share(station, outlet)
    limits += [station.flash.limits_a[i] for i in (0, outlet.id) if i in station.flash.limits_a]
    limits += outlet.tx_limits_a.values()
    limits += sharing.limits(station, outlet)
    session = outlet.session
    if (
        session is not None
        and session.allowance_wh is not None
        and _left_wh(outlet, session.allowance_wh) <= 0
    ):
        return 0.0
    return station.conduct(offered_a)(station, limits)


def _left_wh(outlet: Outlet, allowance_wh: Decimal) -> float:
    return float(allowance_wh) - outlet.hardware.meter.register_wh()


def settle(station: Station, outlet: Outlet) -> None:
    """Bring locks, offer, contactor and state in line with permit, session, vehicle, limits and faults."""
    _look_for_faults(station, outlet)
    if outlet.session is None:
        _without_session(station, outlet)
    else:
        _with_session(station, outlet, outlet.session)
    grip.secure_holster(station, outlet)
    status.refresh(station, outlet)


def _look_for_faults(station: Station, outlet: Outlet) -> None:
    protect.look_for_weld(station, outlet)
    if outlet.fault is grip.ENGAGE and not outlet.plugged:
        status.set_fault(station, outlet, None)
    pilot.look(station, outlet)
    supply.look(station, outlet)
    stopping.look(station, outlet)
    probe.look(station, outlet)
    protect.watch_current(station, outlet)


def _without_session(station: Station, outlet: Outlet) -> None:
    if station.conduct(energises_unasked)(station, outlet):
        if outlet.grip == "engaged":
            outlet.hardware.offer(station.sheet.rated_current_a)
            if outlet.hardware.pilot == "C" and not outlet.hardware.contactor.energised:
                outlet.hardware.contactor.close()
        grip.engage(station, outlet)
        return
    if outlet.fault is None and outlet.plugged:
        protect.withdraw(station, outlet)
    else:
        sessions.isolate(outlet.hardware)
    if outlet.hardware.contactor.energised:
        return
    if outlet.permit is not None and (outlet.fault is not None or not station.operative(outlet.id)):
        sessions.lapse(station, outlet)
    if outlet.permit is None:
        if outlet.grip != "open":
            grip.release(station, outlet)
        return
    if not outlet.plugged:
        if outlet.grip != "open":
            grip.release(station, outlet)
    elif outlet.grip == "engaged":
        if station.conduct(starts)(station, outlet):
            sessions.start(station, outlet, outlet.permit)
        else:
            sessions.lapse(station, outlet)
    else:
        grip.engage(station, outlet)


def _with_session(station: Station, outlet: Outlet, session: OpenTransaction) -> None:
    if outlet.fault is not None and outlet.fault.cause in ENDS_SESSION:
        reason = "EmergencyStop" if outlet.fault.cause == "stop" else "Other"
        sessions.end(station, outlet, reason, trigger="fault")
        return
    if not outlet.plugged:
        if station.conduct(dead_without_pilot)(station, outlet):
            sessions.isolate(outlet.hardware)
        if not station.conduct(departs_without_pilot)(station, outlet):
            return
        if station.settings.on("stop_on_ev_disconnect"):
            sessions.end(station, outlet, "EVDisconnected", trigger="ev gone")
        else:
            sessions.enter(station, outlet, "suspended ev")
        return
    ceiling = ceiling_a(station, outlet)
    fit = station.conduct(supply.supply_fit)(station) and station.conduct(charges_offline)(station)
    if ceiling < station.sheet.minimum_current_a or not fit:
        protect.withdraw(station, outlet)
        sessions.enter(station, outlet, "suspended evse")
        return
    station.clear_timer(outlet, "patience")
    if outlet.state == "suspended evse" and outlet.hardware.offer_a is None:
        sessions.await_vehicle(station, outlet)
    pilot.offer(station, outlet, ceiling)
    if "pilot" in outlet.timers:  # contacts take their time, whatever else happens meanwhile
        return
    if outlet.hardware.pilot != "C":
        _vehicle_waits(station, outlet, session)
    elif outlet.grip != "engaged":
        grip.engage(station, outlet)
    else:
        if not outlet.hardware.contactor.energised:
            outlet.hardware.contactor.close()
        station.clear_timer(outlet, "ready")
        station.clear_timer(outlet, "pause")
        sessions.enter(station, outlet, "charging")
        _watch_allowance(station, outlet, session)


def _vehicle_waits(station: Station, outlet: Outlet, session: OpenTransaction) -> None:
    """Pilot B: the vehicle wants nothing now. Its driver may take the plug, if the setting says so."""
    if outlet.hardware.contactor.energised:
        outlet.hardware.contactor.open()
        session.pauses += 1
        if not station.conduct(outlasts_pause)(station, session):
            sessions.end(station, outlet, "EVDisconnected", trigger="ev gone")
            return
        if (told_s := station.conduct(pause_told_s)(station, session)) > 0:
            station.set_timer(outlet, "pause", told_s, station.wake)
    if "ready" in outlet.timers:
        return
    if "pause" not in outlet.timers:
        sessions.enter(station, outlet, "suspended ev")
    if outlet.grip != "open" and station.conduct(grip.frees_for_vehicle)(station):
        grip.release(station, outlet)


def _watch_allowance(station: Station, outlet: Outlet, session: OpenTransaction) -> None:
    if session.allowance_wh is None:
        return
    watts = outlet.hardware.meter.snapshot().power_w
    if watts > 0:
        delay = _left_wh(outlet, session.allowance_wh) * 3600.0 / watts + 0.05
        station.set_timer(outlet, "allowance", delay, station.wake)
