"""The two locks of an outlet: the one that keeps the plug in the car, the one that keeps it in the station.

Neither is believed: after every stroke the switch at the bolt is read, and a bolt that is not where it was sent
is a fault.
"""

from __future__ import annotations

import asyncio

from wattest.evse import status
from wattest.evse.station import Fault, Outlet, Station
from wattest.world.behaviour import behaviour, defect

PATIENCE_S = 2.0
"""A stroke takes 0.3 s; a bolt that has not arrived after this long is stuck."""

RETRY_S = 30.0
"""How often a stuck bolt is tried again."""

RELOCK_S = 0.5
"""After the plug is back in its holster, so that it can settle; LCK-02 allows 5 s."""


@behaviour
def lock_before_current(station: Station, outlet: Outlet) -> bool:
    """Whether the connector must be locked before the contactor closes."""
    return outlet.hardware.connector_lock.fitted


@defect(
    "LOCK-D01",
    breaks=lock_before_current,
    area="locking",
    requirement="LCK-07",
    text="the contactor closes without the connector being locked",
    source="OCPP 2.0.1 G05; IEC 61851-1 (recalled)",
)
def never_locks(station: Station, outlet: Outlet) -> bool:
    """The lock output was never wired to the state machine."""
    return False


@behaviour
def bolt_arrived(station: Station, outlet: Outlet) -> bool:
    """Whether the connector is locked, by the switch at its bolt."""
    return outlet.hardware.connector_lock.feedback() == "locked"


@defect(
    "LOCK-D03",
    breaks=bolt_arrived,
    area="locking",
    requirement="LCK-04",
    text="charging starts although the connector lock failed, and nothing is reported",
    source="OCPP 2.0.1 G05; OCPP 1.6 ChargePointErrorCode ConnectorLockFailure",
)
def does_not_look_at_bolt(station: Station, outlet: Outlet) -> bool:
    """The command is taken for the deed."""
    return True


@behaviour
def relocks_holster(station: Station, outlet: Outlet) -> bool:
    """Whether the plug is locked in when it comes back."""
    return True


@defect(
    "LOCK-D09",
    breaks=relocks_holster,
    area="locking",
    requirement="LCK-02",
    text="the holster stays unlocked after the plug is returned",
    source="project: relocked within 5 s of the return (T15)",
)
def leaves_holster_open(station: Station, outlet: Outlet) -> bool:
    """Whoever comes next takes the plug without asking."""
    return False


@behaviour
def frees_for_vehicle(station: Station) -> bool:
    """Whether the connector is released when the vehicle side ends the transfer."""
    return station.settings.on("unlock_on_ev_disconnect")


@defect(
    "LOCK-D05",
    breaks=frees_for_vehicle,
    area="locking",
    requirement="LCK-07",
    text="the connector is released on the vehicle's side although the setting forbids it",
    source="OCPP 1.6 9.1 UnlockConnectorOnEVSideDisconnect",
)
def frees_whatever_is_set(station: Station) -> bool:
    """The setting is stored and never read."""
    return True


ENGAGE = Fault("ConnectorLockFailure", "CX001", "engage", "Connector lock failed / Verrou défectueux")
RELEASE = Fault("ConnectorLockFailure", "CX001", "release", "Connector lock stuck / Verrou bloqué")
HOLSTER = Fault(
    "ConnectorLockFailure", "CX001", "holster", "Holster lock failed / Verrou du support défectueux"
)


def engage(station: Station, outlet: Outlet) -> None:
    """Lock the connector in the car; ``stroke_over`` sees what became of it."""
    if outlet.grip != "open":
        return
    if not station.conduct(lock_before_current)(station, outlet):
        outlet.grip = "engaged"
        station.wake(outlet)
        return
    outlet.grip = "engaging"
    outlet.hardware.connector_lock.drive(True)
    station.set_timer(outlet, "grip", PATIENCE_S, lambda o: stroke_over(station, o))


def release(station: Station, outlet: Outlet) -> None:
    """Let go of the connector. Only with the contactor open."""
    outlet.grip = "open"
    lock = outlet.hardware.connector_lock
    if lock.fitted and (lock.commanded or lock.feedback() != "unlocked"):
        lock.drive(False)
        station.set_timer(outlet, "grip", PATIENCE_S, lambda o: stroke_over(station, o))


def stroke_over(station: Station, outlet: Outlet) -> None:
    """A stroke of the connector lock has ended, or should have."""
    station.clear_timer(outlet, "grip")
    lock = outlet.hardware.connector_lock
    if outlet.grip == "engaging":
        if station.conduct(bolt_arrived)(station, outlet):
            outlet.grip = "engaged"
            if outlet.fault is RELEASE:
                status.set_fault(station, outlet, None)
            station.wake(outlet)
        else:
            outlet.grip = "open"
            lock.drive(False)
            status.set_fault(station, outlet, ENGAGE)
    elif outlet.grip == "open" and lock.fitted:
        _released(station, outlet, lock.feedback() == "unlocked")


def _released(station: Station, outlet: Outlet, released: bool) -> None:
    if released:
        if outlet.fault is RELEASE:
            status.set_fault(station, outlet, None)
        return
    if outlet.fault is None:
        status.set_fault(station, outlet, RELEASE)
    station.set_timer(outlet, "retry", RETRY_S, lambda o: release(station, o) if o.grip == "open" else None)


async def unlock(station: Station, outlet: Outlet) -> bool:
    """Release the connector because the central system says so; True when the bolt is out."""
    lock = outlet.hardware.connector_lock
    release(station, outlet)
    deadline = station.clock.monotonic() + PATIENCE_S
    while lock.feedback() != "unlocked" and station.clock.monotonic() < deadline:  # noqa: ASYNC110 - a switch is read
        await asyncio.sleep(0.05)
    return lock.feedback() == "unlocked"


def secure_holster(station: Station, outlet: Outlet) -> None:
    """Hold the plug captive unless somebody may take it."""
    lock = outlet.hardware.holster_lock
    if not lock.fitted or outlet.fault is HOLSTER:
        return  # a stuck bolt is tried again by its own timer, the way it failed
    if outlet.permit is not None:
        station.clear_timer(outlet, "relock")
        _drive_holster(station, outlet, lock=False)
    elif (
        outlet.hardware.plug_holstered
        and not lock.commanded
        and station.conduct(relocks_holster)(station, outlet)
    ):
        station.set_timer(outlet, "relock", RELOCK_S, lambda o: _relock(station, o))


def _relock(station: Station, outlet: Outlet) -> None:
    if outlet.permit is None and outlet.hardware.plug_holstered:
        _drive_holster(station, outlet, lock=True)


def _drive_holster(station: Station, outlet: Outlet, *, lock: bool) -> None:
    outlet.hardware.holster_lock.drive(lock)
    station.set_timer(outlet, "holster", PATIENCE_S, lambda o: holster_over(station, o))


def holster_over(station: Station, outlet: Outlet) -> None:
    """A stroke of the holster lock has ended, or should have."""
    station.clear_timer(outlet, "holster")
    lock = outlet.hardware.holster_lock
    right = lock.feedback() == ("locked" if lock.commanded else "unlocked")
    if right and outlet.fault is HOLSTER:
        status.set_fault(station, outlet, None)
    elif not right:
        if outlet.fault is None:
            status.set_fault(station, outlet, HOLSTER)
        station.set_timer(
            outlet, "holster retry", RETRY_S, lambda o: _drive_holster(station, o, lock=lock.commanded)
        )
