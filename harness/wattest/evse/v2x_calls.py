"""OCPP 2.0.1 and 2.1: what the central system may ask, and what this charger answers. Variables stand in ``v2x_variables``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from wattest.evse import (
    authorise,
    commands,
    diagnostics,
    display,
    firmware,
    metering,
    reservations,
    sessions,
    status,
    tariffs,
    v2x_variables,
)
from wattest.evse.answering import Handler, Reply
from wattest.evse.flash import TokenInfo
from wattest.evse.station import Outlet, Station
from wattest.evse.v2x import token_info

Payload = Mapping[str, Any]


def request_start(station: Station, payload: Payload) -> Reply:
    """F01, F02."""
    if station.registration != "accepted":
        return Reply({"status": "Rejected"})
    token, group = payload["idToken"], payload.get("groupIdToken")
    profile = payload.get("chargingProfile")
    limit = None
    if profile is not None:
        if profile["chargingProfilePurpose"] != "TxProfile":
            return Reply({"status": "Rejected", "statusInfo": {"reasonCode": "InvalidProfile"}})
        limit = amperes(station, profile["chargingSchedule"][0])
    accepted = commands.remote_start(
        station,
        token["idToken"],
        payload.get("evseId"),
        remote_id=payload["remoteStartId"],
        group=None if group is None else group["idToken"],
        limit_a=limit,
    )
    if accepted:
        station.flash.token_types[token["idToken"].casefold()] = token["type"]
    return Reply({"status": "Accepted" if accepted else "Rejected"})


def request_stop(station: Station, payload: Payload) -> Reply:
    """F03."""
    key = payload["transactionId"]
    if station.session(key) is None:
        return Reply({"status": "Rejected"})
    return Reply({"status": "Accepted"}, lambda: commands.remote_stop(station, key))


async def unlock(station: Station, payload: Payload) -> Reply:
    """F05."""
    words = {
        "unlocked": "Unlocked",
        "failed": "UnlockFailed",
        "ongoing": "OngoingAuthorizedTransaction",
        "unknown": "UnknownConnector",
        "not supported": "UnlockFailed",
    }
    if payload["connectorId"] != 1:
        return Reply({"status": "UnknownConnector"})
    return Reply({"status": words[await commands.unlock(station, payload["evseId"])]})


def reset(station: Station, payload: Payload) -> Reply:
    """B11, B12; single EVSEs cannot be reset."""
    if "evseId" in payload:
        return Reply({"status": "Rejected"})
    if payload["type"] == "OnIdle" and commands.reset_when_idle(station):
        return Reply({"status": "Scheduled"})
    return Reply({"status": "Accepted"}, commands.reset(station, "immediate"))


def change_availability(station: Station, payload: Payload) -> Reply:
    """G03, G04."""
    evse = payload.get("evse")
    if evse is not None and evse.get("connectorId", 1) != 1:
        return Reply({"status": "Rejected"})
    number = 0 if evse is None else evse["id"]
    done = commands.change_availability(station, number, payload["operationalStatus"] == "Operative")
    return Reply({"status": done.capitalize()})


def clear_cache(station: Station, _payload: Payload) -> Reply:
    """C11."""
    if not station.settings.on("auth_cache"):
        return Reply({"status": "Rejected"})
    station.conduct(authorise.forget_cache)(station)
    return Reply({"status": "Accepted"})


def local_list_version(station: Station, _payload: Payload) -> Reply:
    """D02; 0 while the list is switched off."""
    return Reply(
        {"versionNumber": station.flash.local_list_version if station.settings.on("local_list") else 0}
    )


def send_local_list(station: Station, payload: Payload) -> Reply:
    """D01."""
    entries: list[tuple[str, TokenInfo | None]] = [
        (entry["idToken"]["idToken"], token_info(entry.get("idTokenInfo")))
        for entry in payload.get("localAuthorizationList") or ()
    ]
    full = payload["updateType"] == "Full"
    return Reply({"status": commands.send_local_list(station, payload["versionNumber"], entries, full=full)})


def trigger(station: Station, payload: Payload) -> Reply:
    """F06."""
    wanted, evse = payload["requestedMessage"], payload.get("evse")
    if evse is not None and station.outlet(evse["id"]) is None:
        return Reply({"status": "Rejected"})
    outlets = [outlet for outlet in station.outlets if evse is None or evse["id"] == outlet.id]
    if wanted == "Heartbeat":
        return Reply({"status": "Accepted"}, lambda: station.spawn(commands.heartbeat(station)))
    if wanted == "StatusNotification":
        number = None if evse is None else evse["id"]
        return Reply({"status": "Accepted"}, lambda: commands.status_again(station, number))
    if wanted == "MeterValues":
        return Reply({"status": "Accepted"}, lambda: _meter_values(station, outlets))
    if wanted == "TransactionEvent":
        return Reply({"status": "Accepted"}, lambda: _events(station, outlets))
    if wanted in {"LogStatusNotification", "FirmwareStatusNotification"}:
        return Reply({"status": "Accepted"}, lambda: diagnostics.tell_again(station, wanted))
    if wanted == "BootNotification":
        if station.registration == "pending":
            return Reply({"status": "Accepted"}, station.wake_boot.set)
        return Reply({"status": "Rejected"})
    return Reply({"status": "NotImplemented"})


def _meter_values(station: Station, outlets: list[Outlet]) -> None:
    for outlet in outlets:
        sample = metering.sample(station, outlet, "Trigger")
        message = station.dialect.meter_values(station, outlet, sample)
        if message is not None:
            status.tell(station, *message)
    _events(station, outlets)


def _events(station: Station, outlets: list[Outlet]) -> None:
    for outlet in outlets:
        sessions.sample_now(station, outlet, "Trigger", "trigger")


def set_profile(station: Station, payload: Payload) -> Reply:
    """K01, for a single period."""
    profile, evse = payload["chargingProfile"], payload["evseId"]
    purpose = profile["chargingProfilePurpose"]
    if evse and station.outlet(evse) is None:
        return Reply({"status": "Rejected", "statusInfo": {"reasonCode": "UnknownEvse"}})
    limit = amperes(station, profile["chargingSchedule"][0])
    scope = "transaction" if purpose == "TxProfile" else "station"
    if purpose == "ChargingStationMaxProfile" and evse:
        limit = None
    if scope == "transaction" and profile.get("transactionId") not in station.flash.transactions:
        return Reply({"status": "Rejected", "statusInfo": {"reasonCode": "TxNotFound"}})
    placed = limit is not None and commands.limit(station, evse, scope, limit, "profile")
    return Reply({"status": "Accepted" if placed else "Rejected"})


def amperes(station: Station, schedule: Payload) -> float | None:
    """The limit of a schedule of one period, per phase; None when it has several."""
    periods = schedule["chargingSchedulePeriod"]
    if len(periods) != 1:
        return None
    limit = float(periods[0]["limit"])
    if schedule["chargingRateUnit"] == "W":
        phases = periods[0].get("numberPhases") or station.sheet.phases
        limit /= station.sheet.rated_voltage_v * min(phases, station.sheet.phases)
    return max(0.0, limit)


def composite_schedule(station: Station, payload: Payload) -> Reply:
    """K08: one period, since this charger knows no other schedules."""
    limit, unit = commands.composite_limit_a(station, payload["evseId"]), payload.get("chargingRateUnit", "A")
    if limit is None:
        return Reply({"status": "Rejected", "statusInfo": {"reasonCode": "UnknownEvse"}})
    factor = station.sheet.rated_voltage_v * station.sheet.phases if unit == "W" else 1.0
    schedule = {
        "evseId": payload["evseId"],
        "duration": payload["duration"],
        "scheduleStart": station.written(station.now()),
        "chargingRateUnit": unit,
        "chargingSchedulePeriod": [{"startPeriod": 0, "limit": round(limit * factor, 1)}],
    }
    return Reply({"status": "Accepted", "schedule": schedule})


def clear_profile(station: Station, payload: Payload) -> Reply:
    """K10."""
    wanted = payload.get("chargingProfileCriteria", {})
    number, purpose = wanted.get("evseId"), wanted.get("chargingProfilePurpose")
    cleared = commands.clear_limits(station, number, purpose)
    return Reply({"status": "Accepted" if cleared else "Unknown"})


def cost_updated(station: Station, payload: Payload) -> Reply:
    """I02: the running cost, or the total once the transaction has ended."""
    key = payload["transactionId"]
    session = station.session(key)
    if session is not None:
        display.running_cost(station, station.outlets[session.evse_id - 1], payload["totalCost"])
        return Reply({})
    reservations.total_told(station, payload["totalCost"], key=key)
    if station.flash.last_key == key:
        display.final_cost(station, station.outlets[0], payload["totalCost"])
    return Reply({})


def transaction_status(station: Station, payload: Payload) -> Reply:
    """E14."""
    key = payload.get("transactionId")
    waiting = any(key in {None, queued.notice.key} for queued in station.flash.queue)
    if key is None:
        return Reply({"messagesInQueue": waiting})
    return Reply({"ongoingIndicator": station.session(key) is not None, "messagesInQueue": waiting})


def data_transfer(_station: Station, _payload: Payload) -> Reply:
    """P01: no vendor's messages are known here."""
    return Reply({"status": "UnknownVendorId"})


HANDLERS: Mapping[str, Handler] = {
    "RequestStartTransaction": request_start,
    "RequestStopTransaction": request_stop,
    "UnlockConnector": unlock,
    "Reset": reset,
    "ChangeAvailability": change_availability,
    "GetVariables": v2x_variables.get_variables,
    "SetVariables": v2x_variables.set_variables,
    "GetBaseReport": v2x_variables.get_base_report,
    "ClearCache": clear_cache,
    "GetLocalListVersion": local_list_version,
    "SendLocalList": send_local_list,
    "TriggerMessage": trigger,
    "SetChargingProfile": set_profile,
    "ClearChargingProfile": clear_profile,
    "GetCompositeSchedule": composite_schedule,
    "CostUpdated": cost_updated,
    "SetDefaultTariff": tariffs.set_default,
    "GetTariffs": tariffs.get,
    "ClearTariffs": tariffs.clear,
    "ChangeTransactionTariff": tariffs.change,
    "GetTransactionStatus": transaction_status,
    "DataTransfer": data_transfer,
    "GetLog": diagnostics.get_log,
    "UpdateFirmware": firmware.order,
}
