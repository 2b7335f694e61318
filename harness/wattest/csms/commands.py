"""Commands to a station in words that no OCPP version owns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

from wattest.csms.tokens import id_tag_info, id_token, id_token_info
from wattest.model.scenario import Card
from wattest.ocpp.settings import setting as words_of

if TYPE_CHECKING:
    from wattest.csms.station import Answer, Station

Log = Literal["diagnostics", "security"]
"""Which log of a station."""

ACCEPTED = frozenset({"Accepted", "Scheduled", "RebootRequired", "Unlocked"})
"""Statuses that mean that the station does as asked, now or later."""


async def remote_start(station: Station, card: Card | str, evse_id: int | None) -> Answer:
    """OCPP 1.6 section 5.11; OCPP 2.0.1 F01, F02."""
    uid = card if isinstance(card, str) else card.uid
    if station.dialect == "1.6":
        payload: dict[str, Any] = {"idTag": uid}
        if evse_id is not None:
            payload["connectorId"] = evse_id
        return await station.call("RemoteStartTransaction", payload)
    payload = {"idToken": id_token(uid), "remoteStartId": station.next_number()}
    if evse_id is not None:
        payload["evseId"] = evse_id
    return await station.call("RequestStartTransaction", payload)


async def remote_stop(station: Station, transaction_id: str) -> Answer:
    """OCPP 1.6 section 5.12; OCPP 2.0.1 F03."""
    plain = transaction_id.rpartition("/")[2]
    if station.dialect == "1.6":
        return await station.call("RemoteStopTransaction", {"transactionId": int(plain)})
    return await station.call("RequestStopTransaction", {"transactionId": plain})


async def unlock(station: Station, evse_id: int) -> Answer:
    """OCPP 1.6 section 5.18; OCPP 2.0.1 F05."""
    if station.dialect == "1.6":
        return await station.call("UnlockConnector", {"connectorId": evse_id})
    return await station.call("UnlockConnector", {"evseId": evse_id, "connectorId": 1})


async def reset(station: Station, kind: Literal["soft", "hard"]) -> Answer:
    """OCPP 1.6 section 5.14; OCPP 2.0.1 B11, B12. OnIdle waits for transactions to end, which 1.6 does not know."""
    if station.dialect == "1.6":
        return await station.call("Reset", {"type": kind.capitalize()})
    return await station.call("Reset", {"type": "OnIdle" if kind == "soft" else "Immediate"})


async def change_availability(station: Station, operative: bool, evse_id: int) -> Answer:
    """OCPP 1.6 section 5.2; OCPP 2.0.1 G03, G04."""
    word = "Operative" if operative else "Inoperative"
    if station.dialect == "1.6":
        return await station.call("ChangeAvailability", {"connectorId": evse_id, "type": word})
    where = {"evse": {"id": evse_id}} if evse_id else {}
    return await station.call("ChangeAvailability", {"operationalStatus": word, **where})


async def configure(station: Station, name: str, value: str) -> Answer:
    """OCPP 1.6 section 5.3; OCPP 2.0.1 B05. Raises ``BenchError`` for a name that nobody knows."""
    words = words_of(name)
    if station.dialect == "1.6":
        return await station.call("ChangeConfiguration", {"key": words.key, "value": value})
    wanted = {**_variable(name), "attributeValue": value}
    answer = await station.call("SetVariables", {"setVariableData": [wanted]})
    return _first(answer, "setVariableResult")


async def read_setting(station: Station, name: str) -> str | None:
    """OCPP 1.6 section 5.8; OCPP 2.0.1 B06. Raises ``BenchError`` for a name that nobody knows."""
    words = words_of(name)
    if station.dialect == "1.6":
        answer = await station.call("GetConfiguration", {"key": [words.key]})
        found = [
            item.get("value")
            for item in _dicts(answer.payload.get("configurationKey"))
            if str(item.get("key", "")).lower() == words.key.lower()
        ]
    else:
        answer = await station.call("GetVariables", {"getVariableData": [_variable(name)]})
        found = [item.get("attributeValue") for item in _dicts(answer.payload.get("getVariableResult"))]
    return found[0] if found and isinstance(found[0], str) else None


async def send_local_list(station: Station, cards: Sequence[Card], full: bool) -> Answer:
    """OCPP 1.6 section 5.15; OCPP 2.0.1 D01. Each list gets the next version number."""
    station.list_version += 1
    kind = "Full" if full else "Differential"
    if station.dialect == "1.6":
        entries = [{"idTag": card.uid, "idTagInfo": id_tag_info(card)} for card in cards]
        payload: dict[str, Any] = {"listVersion": station.list_version, "updateType": kind}
    else:
        entries = [{"idToken": id_token(card.uid), "idTokenInfo": id_token_info(card)} for card in cards]
        payload = {"versionNumber": station.list_version, "updateType": kind}
    if entries:
        payload["localAuthorizationList"] = entries
    return await station.call("SendLocalList", payload)


async def trigger(station: Station, message: str, evse_id: int | None) -> Answer:
    """OCPP 1.6 section 5.17; OCPP 2.0.1 F06."""
    payload: dict[str, Any] = {"requestedMessage": message}
    if evse_id is not None:
        payload |= {"connectorId": evse_id} if station.dialect == "1.6" else {"evse": {"id": evse_id}}
    return await station.call("TriggerMessage", payload)


async def ask_for_log(station: Station, log: Log, url: str, number: int, retries: int | None) -> Answer:
    """OCPP 1.6 section 5.9 (GetDiagnostics), and GetLog of its security white paper; OCPP 2.0.1 N01."""
    again = {} if retries is None else {"retries": retries}
    if station.dialect == "1.6" and log == "diagnostics":
        return await station.call("GetDiagnostics", {"location": url, **again})
    kind = "DiagnosticsLog" if log == "diagnostics" else "SecurityLog"
    payload = {"logType": kind, "requestId": number, "log": {"remoteLocation": url}, **again}
    return await station.call("GetLog", payload)


async def update_firmware(
    station: Station, url: str, number: int, certificate: str, signature: str, at: datetime
) -> Answer:
    """OCPP 1.6 security white paper, SignedUpdateFirmware; OCPP 2.0.1 L01."""
    firmware = {
        "location": url,
        "retrieveDateTime": at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "signingCertificate": certificate,
        "signature": signature,
    }
    action = "SignedUpdateFirmware" if station.dialect == "1.6" else "UpdateFirmware"
    return await station.call(action, {"requestId": number, "firmware": firmware})


async def set_limit(station: Station, current_a: float, evse_id: int) -> Answer:
    """OCPP 1.6 section 5.16; OCPP 2.0.1 K01. A TxDefaultProfile applies to the running transaction too."""
    schedule: dict[str, Any] = {
        "chargingRateUnit": "A",
        "chargingSchedulePeriod": [{"startPeriod": 0, "limit": current_a}],
    }
    profile: dict[str, Any] = {
        "stackLevel": 0,
        "chargingProfilePurpose": "TxDefaultProfile",
        "chargingProfileKind": "Relative",
    }
    if station.dialect == "1.6":
        profile |= {"chargingProfileId": 1, "chargingSchedule": schedule}
        return await station.call(
            "SetChargingProfile", {"connectorId": evse_id, "csChargingProfiles": profile}
        )
    profile |= {"id": 1, "chargingSchedule": [{"id": 1, **schedule}]}
    return await station.call("SetChargingProfile", {"evseId": evse_id, "chargingProfile": profile})


def _variable(name: str) -> dict[str, Any]:
    words = words_of(name)
    variable = {"name": words.variable}
    if words.instance is not None:
        variable["instance"] = words.instance
    return {"component": {"name": words.component}, "variable": variable}


def _dicts(value: object) -> list[Mapping[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _first(answer: Answer, key: str) -> Answer:
    """The outcome of the only variable that was asked for."""
    results = _dicts(answer.payload.get(key))
    status = results[0].get("attributeStatus") if results else None
    if not isinstance(status, str):
        return answer
    return type(answer)(status in ACCEPTED, status, answer.seq, answer.payload)
