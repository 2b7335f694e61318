"""OCPP 1.6J: what the central system may ask, and what this charger answers."""

from __future__ import annotations

import json
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
)
from wattest.evse.answering import Handler, Refuse, Reply
from wattest.evse.flash import TokenInfo
from wattest.evse.settings import Setting
from wattest.evse.station import Outlet, Station
from wattest.evse.v16 import token_info
from wattest.world.behaviour import behaviour, variation

Payload = Mapping[str, Any]

COST_VENDOR = "org.openchargealliance.costmsg"
"""Vendor id of the OCA white paper on California pricing (recalled): RunningCost, FinalCost, SetUserPrice."""


@behaviour
def vendor_keys(station: Station) -> list[dict[str, Any]]:
    """Keys of the maker's own in GetConfiguration."""
    return []


@variation(
    "V14",
    alters=vendor_keys,
    text="settings of the maker's own are listed",
    source="OCPP 1.6 5.8, 2.0.1 B07: extension points",
    area="authentication",
)
def has_vendor_keys(station: Station) -> list[dict[str, Any]]:
    """As most chargers do."""
    return [
        {"key": "Vendor-FanHysteresis", "readonly": False, "value": "4"},
        {"key": "Vendor-PanelBuild", "readonly": True, "value": "2025-11"},
    ]


def remote_start(station: Station, payload: Payload) -> Reply:
    """5.11; connector 0 is refused (TC_027)."""
    connector = payload.get("connectorId")
    limit = None
    if (profile := payload.get("chargingProfile")) is not None:
        if profile["chargingProfilePurpose"] != "TxProfile":
            return Reply({"status": "Rejected"})
        limit = _amperes(station, profile["chargingSchedule"])
    accepted = commands.remote_start(
        station, payload["idTag"], None if connector is None else int(connector), limit_a=limit
    )
    return Reply({"status": "Accepted" if accepted else "Rejected"})


def remote_stop(station: Station, payload: Payload) -> Reply:
    """5.12."""
    key = next(
        (key for key, number in station.flash.numbers.items() if number == payload["transactionId"]), None
    )
    if key is None or station.session(key) is None:
        return Reply({"status": "Rejected"})
    return Reply({"status": "Accepted"}, lambda: commands.remote_stop(station, key))


async def unlock(station: Station, payload: Payload) -> Reply:
    """5.18."""
    words = {"unlocked": "Unlocked", "failed": "UnlockFailed"}
    return Reply(
        {"status": words.get(await commands.unlock(station, int(payload["connectorId"])), "NotSupported")}
    )


def reset(station: Station, payload: Payload) -> Reply:
    """5.14."""
    return Reply(
        {"status": "Accepted"}, commands.reset(station, "soft" if payload["type"] == "Soft" else "hard")
    )


def change_availability(station: Station, payload: Payload) -> Reply:
    """5.2."""
    done = commands.change_availability(station, int(payload["connectorId"]), payload["type"] == "Operative")
    return Reply({"status": done.capitalize()})


def get_configuration(station: Station, payload: Payload) -> Reply:
    """5.8; keys are compared without case (CiString50)."""
    wanted = payload.get("key") or []
    settings = station.settings
    if not wanted:
        rows = [_row(station, setting) for setting in settings.by_key.values()]
        return Reply({"configurationKey": rows + station.conduct(vendor_keys)(station), "unknownKey": []})
    known = [settings.by_key[key.lower()] for key in wanted if key.lower() in settings.by_key]
    unknown = [key for key in wanted if key.lower() not in settings.by_key]
    return Reply({"configurationKey": [_row(station, setting) for setting in known], "unknownKey": unknown})


def _row(station: Station, setting: Setting) -> dict[str, Any]:
    return {"key": setting.key, "readonly": setting.read_only, "value": station.settings.text(setting.name)}


def change_configuration(station: Station, payload: Payload) -> Reply:
    """5.3."""
    setting = station.settings.by_key.get(payload["key"].lower())
    if setting is None:
        return Reply({"status": "NotSupported"})
    words = {"accepted": "Accepted", "reboot required": "RebootRequired"}
    return Reply(
        {"status": words.get(commands.configure(station, setting.name, payload["value"]), "Rejected")}
    )


def clear_cache(station: Station, _payload: Payload) -> Reply:
    """5.4."""
    if not station.settings.on("auth_cache"):
        return Reply({"status": "Rejected"})
    station.conduct(authorise.forget_cache)(station)
    return Reply({"status": "Accepted"})


def local_list_version(station: Station, _payload: Payload) -> Reply:
    """5.10; -1 when there is no list."""
    return Reply(
        {"listVersion": station.flash.local_list_version if station.settings.on("local_list") else -1}
    )


def send_local_list(station: Station, payload: Payload) -> Reply:
    """5.15."""
    entries: list[tuple[str, TokenInfo | None]] = [
        (entry["idTag"], token_info(entry.get("idTagInfo")))
        for entry in payload.get("localAuthorizationList") or ()
    ]
    full = payload["updateType"] == "Full"
    return Reply(
        {"status": commands.send_local_list(station, int(payload["listVersion"]), entries, full=full)}
    )


def trigger(station: Station, payload: Payload) -> Reply:
    """5.17; a boot notification is not repeated once accepted (errata 3.40)."""
    wanted, number = payload["requestedMessage"], payload.get("connectorId")
    if number is not None and not 0 <= number <= len(station.outlets):
        return Reply({"status": "Rejected"})
    outlets = [outlet for outlet in station.outlets if number in {None, 0, outlet.id}]
    if wanted == "Heartbeat":
        return Reply({"status": "Accepted"}, lambda: station.spawn(commands.heartbeat(station)))
    if wanted == "StatusNotification":
        return Reply({"status": "Accepted"}, lambda: commands.status_again(station, number))
    if wanted == "MeterValues":
        return Reply({"status": "Accepted"}, lambda: meter_values(station, outlets))
    if wanted in {"DiagnosticsStatusNotification", "FirmwareStatusNotification"}:
        return Reply({"status": "Accepted"}, lambda: diagnostics.tell_again(station, wanted))
    if wanted == "BootNotification" and station.registration == "pending":
        return Reply({"status": "Accepted"}, station.wake_boot.set)
    return Reply({"status": "Rejected"})


def meter_values(station: Station, outlets: list[Outlet]) -> None:
    """Send meter values because somebody asked."""
    for outlet in outlets:
        if outlet.session is not None:
            sessions.sample_now(station, outlet, "Trigger", "trigger")
            continue
        message = station.dialect.meter_values(station, outlet, metering.sample(station, outlet, "Trigger"))
        if message is not None:
            status.tell(station, *message)


def set_profile(station: Station, payload: Payload) -> Reply:
    """5.16, for a single period: all that this charger announces (ChargingScheduleMaxPeriods 1)."""
    profile, connector = payload["csChargingProfiles"], int(payload["connectorId"])
    if not 0 <= connector <= len(station.outlets):
        raise Refuse("PropertyConstraintViolation", f"There is no connector {connector}.")
    purpose = profile["chargingProfilePurpose"]
    if purpose == "ChargePointMaxProfile" and connector:
        return Reply({"status": "Rejected"})
    if profile["stackLevel"] > station.settings.number("profile_max_level"):
        return Reply({"status": "Rejected"})
    limit = _amperes(station, profile["chargingSchedule"])
    scope = "transaction" if purpose == "TxProfile" else "station"
    placed = limit is not None and commands.limit(station, connector, scope, limit, "profile")
    return Reply({"status": "Accepted" if placed else "Rejected"})


def _amperes(station: Station, schedule: Payload) -> float | None:
    """The limit of a schedule of one period, per phase; None when it has several."""
    periods = schedule["chargingSchedulePeriod"]
    if len(periods) != 1:
        return None
    limit = float(periods[0]["limit"])
    if schedule["chargingRateUnit"] == "W":
        phases = int(periods[0].get("numberPhases") or station.sheet.phases)
        limit /= station.sheet.rated_voltage_v * min(phases, station.sheet.phases)
    return max(0.0, limit)


def composite_schedule(station: Station, payload: Payload) -> Reply:
    """5.7: one period, since this charger knows no other schedules."""
    connector, unit = int(payload["connectorId"]), payload.get("chargingRateUnit", "A")
    limit = commands.composite_limit_a(station, connector)
    if limit is None:
        return Reply({"status": "Rejected"})
    factor = station.sheet.rated_voltage_v * station.sheet.phases if unit == "W" else 1.0
    period = {"startPeriod": 0, "limit": round(limit * factor, 1)}
    schedule = {
        "duration": int(payload["duration"]),
        "chargingRateUnit": unit,
        "chargingSchedulePeriod": [period],
    }
    now = station.written(station.now())
    return Reply(
        {"status": "Accepted", "connectorId": connector, "scheduleStart": now, "chargingSchedule": schedule}
    )


def clear_profile(station: Station, payload: Payload) -> Reply:
    """5.5."""
    number, purpose = payload.get("connectorId"), payload.get("chargingProfilePurpose")
    cleared = commands.clear_limits(station, number, purpose)
    return Reply({"status": "Accepted" if cleared else "Unknown"})


def data_transfer(station: Station, payload: Payload) -> Reply:
    """5.6; the cost messages of the OCA white paper, nothing else."""
    if payload["vendorId"] != COST_VENDOR:
        return Reply({"status": "UnknownVendorId"})
    take = _COSTS.get(payload.get("messageId", ""))
    if take is None:
        return Reply({"status": "UnknownMessageId"})
    data = payload.get("data")
    if isinstance(data, str):
        try:
            data = json.loads(data)
        except ValueError:
            return Reply({"status": "Rejected"})
    if not isinstance(data, Mapping):
        return Reply({"status": "Rejected"})
    return Reply({"status": "Accepted" if take(station, data) else "Rejected"})


def _running_cost(station: Station, data: Payload) -> bool:
    outlet = _outlet_of(station, data)
    if outlet is None or outlet.session is None:
        return False
    display.running_cost(station, outlet, data.get("cost"))
    return True


def _final_cost(station: Station, data: Payload) -> bool:
    number = data.get("transactionId")
    reservations.total_told(station, data.get("cost"), number=number if isinstance(number, int) else None)
    outlet = _outlet_of(station, data)
    if outlet is None or outlet.session is not None:
        return False
    currency = data.get("currency")
    display.final_cost(station, outlet, data.get("cost"), currency if isinstance(currency, str) else None)
    return True


def _outlet_of(station: Station, data: Payload) -> Outlet | None:
    told = str(data.get("transactionId"))
    return next(
        (station.outlet(evse) for evse, number in station.flash.last_numbers.items() if str(number) == told),
        None,
    )


def _user_price(station: Station, data: Payload) -> bool:
    text = data.get("priceText")
    if not isinstance(text, str):
        return False
    station.price = text
    return True


def get_diagnostics(station: Station, payload: Payload) -> Reply:
    """5.9; 4.4 for the notifications."""
    if "diagnostics" not in station.sheet.features:
        raise Refuse("NotSupported")
    name = diagnostics.hand_out(
        station,
        "diagnostics",
        payload["location"],
        lambda word: ("DiagnosticsStatusNotification", {"status": word}),
        int(payload.get("retries", 1)),
    )
    return Reply({"fileName": name})


_COSTS = {"RunningCost": _running_cost, "FinalCost": _final_cost, "SetUserPrice": _user_price}

HANDLERS: Mapping[str, Handler] = {
    "RemoteStartTransaction": remote_start,
    "RemoteStopTransaction": remote_stop,
    "UnlockConnector": unlock,
    "Reset": reset,
    "ChangeAvailability": change_availability,
    "GetConfiguration": get_configuration,
    "ChangeConfiguration": change_configuration,
    "ClearCache": clear_cache,
    "GetLocalListVersion": local_list_version,
    "SendLocalList": send_local_list,
    "TriggerMessage": trigger,
    "SetChargingProfile": set_profile,
    "ClearChargingProfile": clear_profile,
    "GetCompositeSchedule": composite_schedule,
    "DataTransfer": data_transfer,
    "GetDiagnostics": get_diagnostics,
    "GetLog": diagnostics.get_log,
    "SignedUpdateFirmware": firmware.order,
}
