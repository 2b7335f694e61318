"""Coming and going of the link: boot notification, heartbeats, back-off, and what is caught up on return."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import suppress

from wattest.evse import aligned, commands, outbox, power, status
from wattest.evse.link import CallRefused, CallSilent, LinkLost
from wattest.evse.station import Station
from wattest.world.behaviour import behaviour, defect, variation

OWN_INTERVAL_S = 30.0
"""Wait before another BootNotification when the central system gave no interval."""

LONGEST_WAIT_S = 86400.0


@behaviour
def back_off_s(station: Station, failures: int) -> float:
    """Seconds before the next attempt to connect (OCPP 2.0.1 Part 4 5.3): doubled each time, with fresh jitter."""
    settings = station.settings
    doublings = min(failures, settings.number("back_off_repeats"))
    jitter = station.random.random() * settings.number("back_off_random")
    return float(settings.number("back_off_minimum") * 2**doublings) + jitter


@defect(
    "OUTAGE-D11",
    breaks=back_off_s,
    area="outage",
    requirement="NET-04",
    text="after an outage the charger dials five times a second, without back-off or jitter",
    source="OCPP 2.0.1 Part 4 5.3",
)
def storms(station: Station, failures: int) -> float:
    """A thousand of these bring any central system down."""
    return 0.2


@defect(
    "OUTAGE-D17",
    breaks=back_off_s,
    area="outage",
    requirement="MON-10",
    text="after five attempts in vain the charger gives up until somebody restarts it",
    source="project: service within 5 min without a visit; OCPP 2.0.1 Part 4 5.3",
)
def gives_up(station: Station, failures: int) -> float:
    """The counter of attempts was meant for a wrong password."""
    return back_off_s(station, failures) if failures < 5 else 10.0 * LONGEST_WAIT_S


@variation(
    "V162",
    alters=back_off_s,
    text="each attempt to connect waits 15 s to 45 s at random, and no longer after more of them",
    source="OCPP 1.6 has no rule; OCPP 2.0.1 Part 4 5.3: settings of the back-off",
    area="outage",
)
def waits_at_random(station: Station, failures: int) -> float:
    """Jitter is enough to spread a street of chargers."""
    return 15.0 + 30.0 * station.random.random()


@behaviour
def answer_timeout_s(station: Station) -> float:
    """How long an answer of the central system is waited for: the setting (OCPP 2.0.1 MessageTimeout)."""
    return float(station.settings.number("message_timeout"))


@defect(
    "OUTAGE-D18",
    breaks=answer_timeout_s,
    area="outage",
    requirement="MON-10",
    text="a message without an answer is waited for for ever, and nothing is sent after it",
    source="project: service within 5 min without a visit; OCPP 1.6J 4.1.1: no further CALL before answer or time-out",
)
def waits_for_ever(station: Station) -> float:
    """A time-out was never set."""
    return 100.0 * LONGEST_WAIT_S


@behaviour
def boots_first(station: Station) -> bool:
    """Whether BootNotification goes out, and is accepted, before anything else (OCPP 1.6 4.2; 2.0.1 B01.FR.08)."""
    return True


@defect(
    "OUTAGE-D16",
    breaks=boots_first,
    area="outage",
    requirement="OCP-05",
    text="after a boot, status and queued messages are sent before BootNotification",
    source="OCPP 1.6 4.2; OCPP 2.0.1 B01.FR.08",
)
def talks_before_boot(station: Station) -> bool:
    """The queue is quicker than the boot task."""
    return False


@behaviour
def heartbeat_s(station: Station) -> float:
    """Seconds between heartbeats: the setting, which the answer to BootNotification sets (OCPP 1.6 4.2; 2.0.1 B01)."""
    return float(station.settings.number("heartbeat_interval")) or LONGEST_WAIT_S


@defect(
    "STATUS-D05",
    breaks=heartbeat_s,
    area="outage",
    requirement="MON-03",
    text="heartbeats come every ten minutes whatever interval was given",
    source="OCPP 1.6 4.2, 4.6",
)
def heartbeat_is_fixed(station: Station) -> float:
    """A constant in the firmware."""
    return 600.0


@defect(
    "STATUS-D07",
    breaks=heartbeat_s,
    area="monitoring",
    requirement="MON-03",
    text="a heartbeat interval below five minutes is accepted, and five minutes are kept",
    source="OCPP 1.6 4.6 and 9.1; EVerest ships 900 s and 86400 s, which hide an outage",
)
def heartbeat_has_a_floor(station: Station) -> float:
    """Traffic costs money, so the firmware knows better."""
    return max(heartbeat_s(station), 300.0)


@behaviour
def heartbeat_due(station: Station, interval_s: float) -> bool:
    """Whether a heartbeat is sent when its time has come."""
    return True


@variation(
    "V12",
    alters=heartbeat_due,
    text="no heartbeat is sent while other messages flow",
    source="OCPP 1.6 4.6: any message shows that the charger lives",
    area="outage",
)
def heartbeat_only_when_quiet(station: Station, interval_s: float) -> bool:
    """Traffic costs money on a mobile plan."""
    return station.line.quiet_s >= interval_s


@behaviour
def boots_on_reconnect(station: Station) -> bool:
    """Whether a mere reconnect brings a BootNotification: it should not (OCPP 2.0.1 Part 4 5.3)."""
    return False


@variation(
    "V11",
    alters=boots_on_reconnect,
    text="a BootNotification is sent at every reconnect",
    source="OCPP 2.0.1 Part 4 5.3: only a should-not",
    area="outage",
)
def boots_again(station: Station) -> bool:
    """Simple firmware: a new link is a new life."""
    return True


MODEM: Mapping[str, str] = {"iccid": "89014103211118510720", "imsi": "340011234567895"}
"""Of a modem whose numbers satisfy Luhn, as every ICCID does."""


@behaviour
def modem_told(station: Station) -> Mapping[str, str]:
    """What a 2.0.1 BootNotification says of the modem."""
    return {}


@variation(
    "V101",
    alters=modem_told,
    text="the modem's ICCID and IMSI are told, digits that satisfy Luhn; the IMSI begins as some payment cards do",
    source="OCPP 1.6 BootNotification iccid, imsi; ITU-T E.118, E.212",
    area="payment",
)
def tells_modem(station: Station) -> Mapping[str, str]:
    """A SIM of the French Antilles: MCC 340."""
    return MODEM


def opened(station: Station) -> None:
    """A wire is open: boot if need be, else catch up."""
    station.wake_ping.set()
    away_s = station.clock.monotonic() - station.offline_since
    if station.registration == "accepted" and station.conduct(boots_on_reconnect)(station):
        station.registration = "none"
    if station.registration == "accepted":
        _catch_up(station, forget=away_s > station.settings.number("offline_threshold"))
        return
    if not station.conduct(boots_first)(station):
        station.registration = "accepted"
        _catch_up(station, forget=True)
    station.spawn(_register(station))


def lost(station: Station) -> None:
    """The wire is gone."""
    station.offline_since = station.clock.monotonic()
    if station.registration != "accepted":
        station.registration = "none"
    if any(outlet.session is not None for outlet in station.outlets):
        station.lost_link_in_session = True
    outbox.link_lost(station)
    power.link_lost(station)


def _catch_up(station: Station, *, forget: bool) -> None:
    status.refresh_all(station, forget=forget)
    station.wake_outbox.set()
    station.wake_heart.set()
    for outlet in station.outlets:
        station.wake(outlet)


async def _register(station: Station) -> None:
    """BootNotification until it is accepted (OCPP 1.6 4.2; 2.0.1 B01 to B03)."""
    while station.line.online:
        wait = OWN_INTERVAL_S
        try:
            payload = station.dialect.boot(station, station.flash.boot_reason)
            answer = await station.line.call("BootNotification", payload, probe=False)
        except LinkLost:
            return
        except CallSilent:
            station.line.drop("no answer to BootNotification")
            return
        except CallRefused:
            station.registration = "none"
        else:
            commands.set_clock(station, answer.get("currentTime"))
            told = answer.get("interval")
            interval = float(told) if isinstance(told, int) and told > 0 else 0.0
            if answer.get("status") == "Accepted":
                if interval:
                    station.flash.settings["heartbeat_interval"] = str(int(min(interval, LONGEST_WAIT_S)))
                aligned.arm(station)
                station.registration = "accepted"
                _catch_up(station, forget=True)
                return
            station.registration = "pending" if answer.get("status") == "Pending" else "rejected"
            wait = min(interval, LONGEST_WAIT_S) or OWN_INTERVAL_S
        station.wake_boot.clear()
        with suppress(TimeoutError):
            async with asyncio.timeout(wait):
                await station.wake_boot.wait()


async def beat(station: Station) -> None:
    """Heartbeats, and a look at the card reader with each."""
    while True:
        interval = station.conduct(heartbeat_s)(station)
        station.wake_heart.clear()
        try:
            async with asyncio.timeout(interval if station.accepted else None):
                await station.wake_heart.wait()
        except TimeoutError:
            _look_at_reader(station)
            if station.accepted and station.conduct(heartbeat_due)(station, interval):
                await commands.heartbeat(station)


def _look_at_reader(station: Station) -> None:
    works = station.world.reader.self_test()
    if works != station.reader_works:
        station.reader_works = works
        for action, payload in station.dialect.statuses(station, None):
            status.tell(station, action, payload)
