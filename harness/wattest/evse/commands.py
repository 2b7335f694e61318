"""What the central system may ask of a charger, in words of no OCPP version; the dialects translate."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import Literal

from wattest.evse import aligned, authorise, display, grip, outbox, power, sessions, sharing, status
from wattest.evse.flash import TokenInfo
from wattest.evse.link import CallRefused, CallSilent, LinkLost
from wattest.evse.settings import Outcome
from wattest.evse.station import Outlet, Permit, Station
from wattest.world.behaviour import behaviour, defect, variation

DRAIN_S = 10.0
"""How long a reset waits for the last messages to be acknowledged."""


@behaviour
def unlock_rule(station: Station) -> Literal["ends", "refuses", "ignores"]:
    """UnlockConnector in a session: 1.6 ends it first (5.18, errata), 2.0.1 refuses (F05.FR.02)."""
    return "ends" if station.dialect.subprotocol == "ocpp1.6" else "refuses"


@defect(
    "LOCK-D02",
    breaks=unlock_rule,
    area="locking",
    requirement="LCK-03",
    text="UnlockConnector opens the lock in a session that goes on",
    source="OCPP 1.6 5.18; OCPP 2.0.1 F05",
)
def unlocks_under_load(station: Station) -> Literal["ends", "refuses", "ignores"]:
    """The lock driver does not know of sessions."""
    return "ignores"


@behaviour
def says_goodbye(station: Station) -> bool:
    """Whether a reset ends sessions properly first."""
    return True


@defect(
    "STATUS-D04",
    breaks=says_goodbye,
    area="outage",
    requirement="DAT-06",
    text="a reset kills the session without StopTransaction",
    source="OCPP 1.6 5.14, errata 3.36; OCPP 2.0.1 B12",
)
def just_reboots(station: Station) -> bool:
    """The watchdog is left to bite, and the transaction is forgotten."""
    return False


@behaviour
def kept_availability(station: Station) -> dict[int, bool]:
    """What of ChangeAvailability survives a boot: all of it (OCPP 1.6 5.2; 2.0.1 B01.FR.07)."""
    return station.flash.operative


@defect(
    "STATUS-D03",
    breaks=kept_availability,
    area="outage",
    requirement="MON-02",
    text="a connector taken out of service is back in service after a reboot",
    source="OCPP 1.6 5.2; OCPP 2.0.1 B01.FR.07",
)
def forgets_availability(station: Station) -> dict[int, bool]:
    """Kept in memory only."""
    return {}


@behaviour
def write_setting(station: Station, name: str, value: str) -> Outcome:
    """ChangeConfiguration or SetVariables: accepted means applied and kept."""
    return station.settings.write(station.settings.rows[name], value)


@defect(
    "STATUS-D06",
    breaks=write_setting,
    area="authentication",
    requirement="NET-06",
    text="a changed setting is accepted and not applied",
    source="OCPP 1.6 5.3",
)
def pretends_to_write(station: Station, name: str, value: str) -> Outcome:
    """The answer is sent before the value is stored, and the store fails."""
    setting = station.settings.rows[name]
    if setting.read_only:
        return "read only"
    return "rejected" if setting.refuses(value) else "accepted"


@variation(
    "V25",
    alters=write_setting,
    text="a changed setting is answered with RebootRequired, although it holds at once",
    source="OCPP 1.6 7.21: a regular answer of the enumeration",
    area="authentication",
)
def asks_for_reboot(station: Station, name: str, value: str) -> Outcome:
    """Cautious firmware."""
    outcome = write_setting(station, name, value)
    return "reboot required" if outcome == "accepted" else outcome


def configure(station: Station, name: str, value: str) -> Outcome:
    """Write a setting and let what depends on it know."""
    outcome = station.conduct(write_setting)(station, name, value)
    if outcome in {"accepted", "reboot required"}:
        if name == "meter_interval":
            sessions.interval_changed(station)
        elif name == "aligned_interval":
            aligned.arm(station)
        elif name == "heartbeat_interval":
            station.wake_heart.set()
        elif name == "websocket_ping":
            station.wake_ping.set()
    return outcome


def remote_start(
    station: Station,
    token: str,
    evse_id: int | None,
    *,
    remote_id: int | None = None,
    group: str | None = None,
    limit_a: float | None = None,
) -> bool:
    """Start for a driver without a card; accepted means that the plug is free or the car is about to charge."""
    outlet = authorise.choose_outlet(station) if evse_id is None else station.outlet(evse_id)
    if outlet is None or not authorise.is_free(station, outlet):
        return False
    display.next_customer(station)
    permit = Permit(token, group, "remote", remote_id, limit_a)
    if station.settings.on("authorize_remote"):
        station.spawn(_remote_after_asking(station, outlet, permit))
    else:
        sessions.grant(station, outlet, permit)
    return True


async def _remote_after_asking(station: Station, outlet: Outlet, permit: Permit) -> None:
    info = await authorise.decide(station, permit.token)
    if info.accepted and authorise.is_free(station, outlet):
        sessions.grant(station, outlet, replace(permit, group=info.group))
    else:
        display.say(station, info.message or sessions.refusal(info))


def remote_stop(station: Station, key: str) -> bool:
    """End a running transaction; False when it does not run."""
    session = station.session(key)
    outlet = None if session is None else station.outlets[session.evse_id - 1]
    if outlet is None or outlet.session is None:
        return False
    sessions.end(station, outlet, "Remote", trigger="remote stop")
    return True


async def unlock(
    station: Station, evse_id: int
) -> Literal["unlocked", "failed", "unknown", "not supported", "ongoing"]:
    """UnlockConnector."""
    outlet = station.outlet(evse_id)
    if outlet is None:
        return "unknown"
    if not outlet.hardware.connector_lock.fitted:
        return "not supported"
    if outlet.session is not None:
        rule = station.conduct(unlock_rule)(station)
        if rule == "refuses":
            return "ongoing"
        if rule == "ends":
            sessions.end(station, outlet, "UnlockCommand", trigger="unlock command")
        else:
            outlet.hardware.connector_lock.drive(False)
            await asyncio.sleep(grip.PATIENCE_S)
            return "unlocked" if outlet.hardware.connector_lock.feedback() == "unlocked" else "failed"
    return "unlocked" if await grip.unlock(station, outlet) else "failed"


def change_availability(
    station: Station, evse_id: int, operative: bool
) -> Literal["accepted", "scheduled", "rejected"]:
    """Take an EVSE (0: the station) out of service or back; kept in flash."""
    if evse_id and station.outlet(evse_id) is None:
        return "rejected"
    station.flash.operative[evse_id] = operative
    if evse_id == 0:
        for outlet in station.outlets:
            station.flash.operative[outlet.id] = operative
    touched = [outlet for outlet in station.outlets if evse_id in {0, outlet.id}]
    for outlet in touched:
        station.wake(outlet)
    busy = not operative and any(outlet.session is not None for outlet in touched)
    return "scheduled" if busy else "accepted"


def reset(station: Station, kind: Literal["soft", "hard", "immediate"]) -> Callable[[], None]:
    """What to do once the reset is answered."""
    reasons = {"soft": "SoftReset", "hard": "HardReset", "immediate": "ImmediateReset"}
    return lambda: station.spawn(_reset(station, reasons[kind]))


async def _reset(station: Station, reason: str) -> None:
    if station.conduct(says_goodbye)(station):
        for outlet in station.outlets:
            sessions.end(station, outlet, reason, trigger="reset")
        await outbox.drained(station, DRAIN_S)
    else:
        station.flash.transactions.clear()
    station.reboot("remote reset")


def reset_when_idle(station: Station) -> bool:
    """Reset after the last transaction; True when it has to wait."""
    busy = any(outlet.session is not None for outlet in station.outlets)
    if busy:
        station.reset_when_idle = True
    return busy


def look_for_idle_reset(station: Station) -> None:
    """Called after every end of a session."""
    if station.reset_when_idle and all(outlet.session is None for outlet in station.outlets):
        station.reset_when_idle = False
        station.spawn(_reset(station, "ImmediateReset"))


def limit(station: Station, evse_id: int, purpose: str, limit_a: float | None, name: str) -> bool:
    """Take or clear a simple limit in amperes; False when it cannot be placed."""
    outlet = station.outlet(evse_id)
    if purpose == "transaction":
        if outlet is None or outlet.session is None:
            return False
        if limit_a is None:
            outlet.tx_limits_a.pop(name, None)
        else:
            outlet.tx_limits_a[name] = limit_a
    elif evse_id and outlet is None:
        return False
    elif limit_a is None:
        station.flash.limits_a.pop(evse_id, None)
    else:
        station.flash.limits_a[evse_id] = station.conduct(sharing.share_taken)(station, evse_id, limit_a)
    for each in station.outlets:
        station.wake(each)
    return True


def composite_limit_a(station: Station, evse_id: int) -> float | None:
    """What may be offered now, for GetCompositeSchedule; None for an EVSE that does not exist."""
    if evse_id == 0:
        return sum(power.ceiling_a(station, outlet) for outlet in station.outlets)
    outlet = station.outlet(evse_id)
    return None if outlet is None else power.ceiling_a(station, outlet)


def send_local_list(
    station: Station, version: int, entries: list[tuple[str, TokenInfo | None]], *, full: bool
) -> str:
    """Replace the local list, or change it; the answer's status (OCPP 1.6 5.15, 2.0.1 D01)."""
    if not station.settings.on("local_list"):
        return "NotSupported" if station.dialect.subprotocol == "ocpp1.6" else "Failed"
    flash = station.flash
    if not full and version <= flash.local_list_version:
        return "VersionMismatch"
    if full:
        if any(info is None for _token, info in entries):
            return "Failed"
        flash.local_list.clear()
    for token, info in entries:
        if info is None:
            flash.local_list.pop(token.casefold(), None)
        else:
            flash.local_list[token.casefold()] = info
    flash.local_list_version = 0 if full and not entries else version
    return "Accepted"


def status_again(station: Station, evse_id: int | None) -> bool:
    """TriggerMessage(StatusNotification)."""
    wanted = [outlet for outlet in station.outlets if evse_id in {None, 0, outlet.id}]
    for outlet in wanted:
        status.report(station, outlet)
    return bool(wanted)


async def heartbeat(station: Station) -> None:
    """Send a heartbeat and set the clock by its answer."""
    try:
        answer = await station.line.call("Heartbeat", {})
    except (LinkLost, CallSilent, CallRefused):
        return
    set_clock(station, answer.get("currentTime"))


def set_clock(station: Station, told: object) -> None:
    """Set the charger's clock by the central system; nonsense and times before 2020 are ignored (N40)."""
    at = authorise.expiry(told)
    if at is not None and 2020 <= at.year < 2100:
        station.world.rtc.set(at)


def clear_limits(station: Station, number: int | None, purpose: str | None) -> bool:
    """Forget limits of one outlet, of the station (0) or of all (None), of one purpose or any; whether there were some."""
    before = bool(station.flash.limits_a) or any(outlet.tx_limits_a for outlet in station.outlets)
    for outlet in station.outlets:
        if number in {None, outlet.id}:
            if purpose in {None, "TxProfile"}:
                outlet.tx_limits_a.clear()
            if purpose in {None, "TxDefaultProfile"}:
                station.flash.limits_a.pop(outlet.id, None)
        station.wake(outlet)
    if number in {None, 0} and purpose != "TxProfile":
        station.flash.limits_a.pop(0, None)
    return before
