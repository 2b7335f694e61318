"""Default answers of the central system to every CALL that a station may send, in every dialect.

Sources: OCPP 1.6 section 4 and its security white paper; OCPP 2.0.1 and 2.1 Part 2. What this central system does not do
(signing certificates, Plug and Charge) it declines in the message's own words.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from wattest.csms.tokens import id_tag_info, id_token_info
from wattest.model.scenario import Dialect

if TYPE_CHECKING:
    from wattest.csms.csms import Csms
    from wattest.csms.station import Station

Payload = Mapping[str, Any]
Reply = Callable[["Csms", "Station", Payload, int], Payload]
"""``(csms, station, request, seq of the CALL)`` to the payload of the CALLRESULT."""


def written(at: datetime) -> str:
    """A time as OCPP writes it: UTC with milliseconds.

    >>> from datetime import UTC
    >>> written(datetime(2026, 1, 15, 12, tzinfo=UTC))
    '2026-01-15T12:00:00.000Z'
    """
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _always(payload: Payload) -> Reply:
    return lambda _csms, _station, _request, _seq: payload


def _boot(csms: Csms, station: Station, _request: Payload, _seq: int) -> Payload:
    station.registration = csms.answers.registration
    return {
        "status": csms.answers.registration,
        "currentTime": written(csms.clock.utc()),
        "interval": csms.answers.interval_s,
    }


def _heartbeat(csms: Csms, _station: Station, _request: Payload, _seq: int) -> Payload:
    return {"currentTime": written(csms.clock.utc())}


# --- OCPP 1.6 --------------------------------------------------------------------------------------------


def _authorize_16(csms: Csms, _station: Station, request: Payload, _seq: int) -> Payload:
    return {"idTagInfo": id_tag_info(csms.cards.find(request.get("idTag")))}


def _start_16(csms: Csms, station: Station, request: Payload, _seq: int) -> Payload:
    same = csms.ledger.same_start(station.identity, request)
    number = csms.next_transaction_id() if same is None else int(same.rpartition("/")[2])
    return {"transactionId": number, "idTagInfo": id_tag_info(csms.cards.find(request.get("idTag")))}


def _stop_16(csms: Csms, _station: Station, request: Payload, _seq: int) -> Payload:
    if request.get("idTag") is None:
        return {}
    return {"idTagInfo": id_tag_info(csms.cards.find(request["idTag"]))}


# --- OCPP 2.0.1 and 2.1 ----------------------------------------------------------------------------------


def _token_info(csms: Csms, token: object) -> Payload:
    uid = token.get("idToken") if isinstance(token, dict) else None
    info = id_token_info(csms.cards.find(uid))
    price = csms.till.price_text()
    if price is not None and info["status"] == "Accepted":
        info["personalMessage"] = {"format": "UTF8", "content": price}
    return info


def _authorize_2x(csms: Csms, station: Station, request: Payload, _seq: int) -> Payload:
    info = _token_info(csms, request.get("idToken"))
    answer: dict[str, Any] = {"idTokenInfo": info}
    if station.dialect == "2.1" and info["status"] == "Accepted":
        tariff = csms.driver_tariffs.get(str(request["idToken"]["idToken"]).casefold())
        if tariff is not None:
            answer["tariff"] = tariff
    return answer


def _reckoned_there(request: Payload) -> bool:
    """Whether the station states the cost itself: then no total is told (2.1 I12, recalled)."""
    details = request.get("costDetails")
    return isinstance(details, dict) and details.get("failureToCalculate") is not True


def _transaction_2x(csms: Csms, _station: Station, request: Payload, seq: int) -> Payload:
    answer: dict[str, Any] = {}
    if request.get("idToken") is not None:
        answer["idTokenInfo"] = _token_info(csms, request["idToken"])
    if request.get("eventType") == "Ended" and not _reckoned_there(request):
        transaction = csms.ledger.as_if_answered(seq)
        owed = None if transaction is None else csms.till.bill(transaction)
        if owed is not None:
            answer["totalCost"] = owed.total
    return answer


def _no_chain_status(csms: Csms, _station: Station, request: Payload, _seq: int) -> Payload:
    """This central system asks no certificate authority: each status is ``Failed``."""
    asked = request["certificateStatusRequests"]
    now = written(csms.clock.utc())
    return {
        "certificateStatus": [
            {
                "certificateHashData": one["certificateHashData"],
                "source": one["source"],
                "status": "Failed",
                "nextUpdate": now,
            }
            for one in asked
        ]
    }


def _no_vat_number(_csms: Csms, _station: Station, request: Payload, _seq: int) -> Payload:
    """This central system knows no company."""
    return {"vatNumber": request["vatNumber"], "status": "Rejected"}


_NOTHING = _always({})
_UNKNOWN_VENDOR = _always({"status": "UnknownVendorId"})
_REJECTED = _always({"status": "Rejected"})

_REPLIES_2X: Mapping[str, Reply] = {
    "Authorize": _authorize_2x,
    "BootNotification": _boot,
    "ClearedChargingLimit": _NOTHING,
    "DataTransfer": _UNKNOWN_VENDOR,
    "FirmwareStatusNotification": _NOTHING,
    "Get15118EVCertificate": _always({"status": "Failed", "exiResponse": ""}),
    "GetCertificateStatus": _always({"status": "Failed"}),
    "Heartbeat": _heartbeat,
    "LogStatusNotification": _NOTHING,
    "MeterValues": _NOTHING,
    "NotifyChargingLimit": _NOTHING,
    "NotifyCustomerInformation": _NOTHING,
    "NotifyDisplayMessages": _NOTHING,
    "NotifyEVChargingNeeds": _REJECTED,
    "NotifyEVChargingSchedule": _REJECTED,
    "NotifyEvent": _NOTHING,
    "NotifyMonitoringReport": _NOTHING,
    "NotifyReport": _NOTHING,
    "PublishFirmwareStatusNotification": _NOTHING,
    "ReportChargingProfiles": _NOTHING,
    "ReservationStatusUpdate": _NOTHING,
    "SecurityEventNotification": _NOTHING,
    "SignCertificate": _REJECTED,
    "StatusNotification": _NOTHING,
    "TransactionEvent": _transaction_2x,
}
_NEW_IN_21: Mapping[str, Reply] = {
    "BatterySwap": _NOTHING,
    "ClosePeriodicEventStream": _NOTHING,
    "GetCertificateChainStatus": _no_chain_status,
    "NotifyDERAlarm": _NOTHING,
    "NotifyDERStartStop": _NOTHING,
    "NotifyPriorityCharging": _NOTHING,
    "NotifySettlement": _NOTHING,
    "OpenPeriodicEventStream": _REJECTED,
    "PullDynamicScheduleUpdate": _REJECTED,
    "ReportDERControl": _NOTHING,
    "VatNumberValidation": _no_vat_number,
}

REPLIES: Mapping[Dialect, Mapping[str, Reply]] = {
    "1.6": {
        "Authorize": _authorize_16,
        "BootNotification": _boot,
        "DataTransfer": _UNKNOWN_VENDOR,
        "DiagnosticsStatusNotification": _NOTHING,
        "FirmwareStatusNotification": _NOTHING,
        "Heartbeat": _heartbeat,
        "LogStatusNotification": _NOTHING,
        "MeterValues": _NOTHING,
        "SecurityEventNotification": _NOTHING,
        "SignCertificate": _REJECTED,
        "SignedFirmwareStatusNotification": _NOTHING,
        "StartTransaction": _start_16,
        "StatusNotification": _NOTHING,
        "StopTransaction": _stop_16,
    },
    "2.0.1": _REPLIES_2X,
    "2.1": {**_REPLIES_2X, **_NEW_IN_21},
}
"""Actions that a station sends, and how each is answered."""
