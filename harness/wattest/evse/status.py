"""What an outlet's status is, and telling the central system when it changes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from wattest.evse import display
from wattest.evse.link import CallRefused, CallSilent, LinkLost
from wattest.evse.station import Fault, Outlet, Station, Word
from wattest.ocpp.neutral import ChargingState
from wattest.world.behaviour import behaviour, defect, variation

IN_SESSION: Mapping[ChargingState, Word] = {
    "idle": "preparing",
    "ev connected": "preparing",
    "charging": "charging",
    "suspended ev": "suspended ev",
    "suspended evse": "suspended evse",
}


@behaviour
def status_of(station: Station, outlet: Outlet) -> Word:
    """Status in the words of OCPP 1.6 section 4.9."""
    if outlet.fault is not None:
        return "faulted"
    if outlet.session is not None:
        return IN_SESSION[station.conduct(state_told)(station, outlet)]
    if not station.operative(outlet.id):
        return "unavailable"
    if outlet.plugged:
        return "finishing" if outlet.finishing and outlet.permit is None else "preparing"
    return "available" if outlet.permit is None else "preparing"


@defect(
    "STATUS-D01",
    breaks=status_of,
    area="authentication",
    requirement="OCP-03",
    text="the connector is called Available although the cable is still plugged in after a session",
    source="OCPP 1.6 4.9; seen in libocpp #813",
)
def forgets_plugged_cable(station: Station, outlet: Outlet) -> Word:
    """The end of a session is taken for the departure of the car."""
    word = status_of(station, outlet)
    return "available" if word == "finishing" else word


@defect(
    "STATUS-D02",
    breaks=status_of,
    area="authentication",
    requirement="OCP-03",
    text="after a session the connector goes from Charging back to Preparing instead of Finishing",
    source="OCPP 1.6 4.9, table of transitions",
    dialects=("1.6",),
)
def never_finishes(station: Station, outlet: Outlet) -> Word:
    """A plug without a session looks the same before and after."""
    word = status_of(station, outlet)
    return "preparing" if word == "finishing" else word


@behaviour
def state_told(station: Station, outlet: Outlet) -> ChargingState:
    """The charging state of a session as it is told."""
    return outlet.state


@defect(
    "BILL-D04",
    breaks=state_told,
    area="billing",
    requirement="BIL-12",
    text="the charger says SuspendedEV while it withholds power itself, so that the driver pays for idling",
    source="OCPI 2.3.0 PARKING_TIME; OCPP 1.6 4.9",
)
def blames_the_vehicle(station: Station, outlet: Outlet) -> ChargingState:
    """No current flows, so the car must be full."""
    return "suspended ev" if outlet.state == "suspended evse" else outlet.state


@defect(
    "STATUS-D08",
    breaks=status_of,
    area="monitoring",
    requirement="MON-08",
    text="after each session the connector is out of service for half an hour, for a test of itself",
    source="23 CFR 680.116(b): up is available or in use",
)
def tests_itself_for_long(station: Station, outlet: Outlet) -> Word:
    """A relay test that was meant for the factory."""
    word = status_of(station, outlet)
    if word in {"charging", "finishing"}:
        station.set_timer(outlet, "self test", 1800.0, lambda o: refresh(station, o))
    return "unavailable" if word == "available" and "self test" in outlet.timers else word


@behaviour
def report_delay_s(station: Station, outlet: Outlet) -> float:
    """How long a change of status waits before it is told."""
    return 0.0


@defect(
    "STATUS-D09",
    breaks=report_delay_s,
    area="monitoring",
    requirement="MON-05",
    text="without a session, changes of status are told 45 s late",
    source="UK Public Charge Point Regulations 2023, guidance: 30 s to what is published",
)
def tells_status_late(station: Station, outlet: Outlet) -> float:
    """They are collected, to save traffic."""
    return 45.0 if outlet.session is None else 0.0


@variation(
    "V80",
    alters=report_delay_s,
    text="a change of status is told a second after it",
    source="OCPP 1.6 4.9 and MinimumStatusDuration; within 5 s (project)",
    area="monitoring",
)
def waits_a_second(station: Station, outlet: Outlet) -> float:
    """Bouncing contacts shall not make a storm."""
    return 1.0


@behaviour
def takes_back(station: Station, outlet: Outlet) -> bool:
    """Whether a fault is over when its reason is gone."""
    return True


@defect(
    "STATUS-D11",
    breaks=takes_back,
    area="monitoring",
    requirement="MON-04",
    text="a fault stays for ever, whether its reason is gone or not",
    source="ChargeX MREC: cleared on recovery; OCPP 1.6 4.9",
)
def latches_every_fault(station: Station, outlet: Outlet) -> bool:
    """Only a technician may clear it."""
    return False


@behaviour
def fault_words(station: Station, fault: Fault) -> tuple[str, str | None]:
    """The errorCode of OCPP 1.6 and the minimum required error code of a fault."""
    return fault.code, fault.vendor_code


@defect(
    "STATUS-D12",
    breaks=fault_words,
    area="monitoring",
    requirement="MON-04",
    text="every fault is called a failure of the contactor of the vehicle (CX016)",
    source="ChargeX MREC: a code means one fault",
)
def one_code_for_all(station: Station, fault: Fault) -> tuple[str, str | None]:
    """The table of codes was never filled in."""
    return fault.code, "CX016"


@variation(
    "V81",
    alters=fault_words,
    text="a fault of the pilot is an EVCommunicationError, with its code beside it",
    source="OCPP 1.6 7.6: what has no errorCode of its own may take the nearest",
    area="monitoring",
    dialects=("1.6",),
)
def pilot_is_communication(station: Station, fault: Fault) -> tuple[str, str | None]:
    """The pilot is how the vehicle communicates."""
    return ("EVCommunicationError" if fault.cause == "pilot" else fault.code), fault.vendor_code


@behaviour
def repetitions(station: Station) -> int:
    """How often a changed status is sent."""
    return 1


@variation(
    "V30",
    alters=repetitions,
    text="every StatusNotification is sent twice",
    source="OCPP 1.6 4.9 forbids no repetition",
    area="authentication",
)
def says_status_twice(station: Station) -> int:
    """Once by the state machine, once by the connector task."""
    return 2


def refresh(station: Station, outlet: Outlet) -> None:
    """Report the outlet's status if it is not what the central system was last told."""
    word = station.dialect.status_word(station, outlet)
    if word == outlet.told or not station.accepted:
        return
    outlet.told = word
    messages = station.dialect.statuses(station, outlet)
    delay = station.conduct(report_delay_s)(station, outlet)
    for _ in range(station.conduct(repetitions)(station)):
        if delay > 0:
            station.spawn(_tell_later(station, outlet, messages, delay))
        else:
            _tell_all(station, outlet, messages)


def refresh_all(station: Station, *, forget: bool) -> None:
    """After boot or reconnect: everything (``forget``), or only what changed meanwhile."""
    if forget:
        _tell_all(station, None, station.dialect.statuses(station, None))
    for outlet in station.outlets:
        if forget:
            outlet.told = None
        refresh(station, outlet)


def report(station: Station, outlet: Outlet) -> None:
    """Tell the status once more, because somebody asked."""
    outlet.told = None
    refresh(station, outlet)


def set_fault(station: Station, outlet: Outlet, fault: Fault | None) -> None:
    """Enter or leave a fault, and say so."""
    if fault == outlet.fault or (fault is None and not station.conduct(takes_back)(station, outlet)):
        return
    outlet.fault = fault
    if fault is not None:
        display.say(station, fault.text)
    elif station.message:
        station.message = ()
    if station.accepted and (message := station.dialect.problem(station, outlet)) is not None:
        tell(station, *message)
    refresh(station, outlet)
    station.wake(outlet)


def warn(station: Station, outlet: Outlet, warning: Fault | None) -> None:
    """Say what is wrong although the outlet can charge, or that it is over."""
    outlet.warning = warning
    if station.accepted and (message := station.dialect.problem(station, outlet)) is not None:
        tell(station, *message)
    report(station, outlet)
    station.wake(outlet)


async def _tell_later(
    station: Station, outlet: Outlet, messages: list[tuple[str, Mapping[str, Any]]], delay_s: float
) -> None:
    await station.clock.sleep(delay_s)
    _tell_all(station, outlet, messages)


def _tell_all(station: Station, outlet: Outlet | None, messages: list[tuple[str, Mapping[str, Any]]]) -> None:
    for action, payload in messages:
        tell(station, action, payload, outlet)


def tell(station: Station, action: str, payload: Mapping[str, Any], outlet: Outlet | None = None) -> None:
    """Send something whose answer means nothing; an outlet's status counts as untold when the link dies first."""
    station.spawn(_tell(station, action, payload, outlet))


async def _tell(station: Station, action: str, payload: Mapping[str, Any], outlet: Outlet | None) -> None:
    try:
        await station.line.call(action, payload)
    except LinkLost:
        if outlet is not None:
            outlet.told = None
    except (CallRefused, CallSilent):
        pass
