"""OCPP 1.6J: how this charger says things. What it is asked stands in ``v16_calls``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from wattest.evse import authorise, metering, reservations, signed, status
from wattest.evse.flash import Flash, Notice, Queued, Sampled, TokenInfo
from wattest.evse.registration import MODEM
from wattest.evse.station import Outlet, Purpose, Station, Word
from wattest.world.behaviour import behaviour, defect, variation

Payload = dict[str, Any]

STATUS: Mapping[Word, str] = {
    "available": "Available",
    "preparing": "Preparing",
    "charging": "Charging",
    "suspended ev": "SuspendedEV",
    "suspended evse": "SuspendedEVSE",
    "finishing": "Finishing",
    "unavailable": "Unavailable",
    "faulted": "Faulted",
}

REASONS = {"ImmediateReset": "HardReset", "LocalOutOfCredit": "Other"}
"""Reasons that have another name here, or none of their own."""

UNKNOWN_NUMBER = -1
"""transactionId of messages whose StartTransaction was never answered (errata 3.18)."""


@behaviour
def optional_fields(station: Station, payload: Payload) -> Payload:
    """A message with the optional fields that this charger fills in."""
    return payload


@variation(
    "V01",
    alters=optional_fields,
    text="optional fields are absent: no serial number, no meter type, no time of a status, no code of the vendor",
    source="OCPP 1.6 schemas",
    area="metering",
    dialects=("1.6",),
)
def leaves_optional_fields_out(station: Station, payload: Payload) -> Payload:
    """The least that the schema wants."""
    spare = {"chargePointSerialNumber", "firmwareVersion", "meterType", "vendorErrorCode", "vendorId", "info"}
    if "errorCode" in payload:
        spare.add("timestamp")
    return {key: value for key, value in payload.items() if key not in spare}


@variation(
    "V101",
    alters=optional_fields,
    text="the modem's ICCID and IMSI are told, digits that satisfy Luhn; the IMSI begins as some payment cards do",
    source="OCPP 1.6 BootNotification iccid, imsi; ITU-T E.118, E.212",
    area="payment",
)
def tells_modem(station: Station, payload: Payload) -> Payload:
    """A SIM of the French Antilles: MCC 340."""
    return {**payload, **MODEM} if "meterType" in payload else payload


@variation(
    "V102",
    alters=optional_fields,
    text="the meter's serial number has the digits of a payment card",
    source="OCPP 1.6 BootNotification meterSerialNumber: free text of 25 characters",
    area="payment",
    dialects=("1.6",),
)
def tells_meter_serial(station: Station, payload: Payload) -> Payload:
    """Sixteen digits with a check digit, as makers number their meters."""
    return {**payload, "meterSerialNumber": "4539578763621486"} if "meterType" in payload else payload


@behaviour
def stop_reason(reason: str | None) -> str | None:
    """Reason of StopTransaction."""
    return reason


@variation(
    "V02",
    alters=stop_reason,
    text="the reason of a local stop is left out",
    source="OCPP 1.6 4.10 and 2.0.1 E06: Local is the default",
    area="authentication",
)
def local_goes_unsaid(reason: str | None) -> str | None:
    """The default need not be said."""
    return None if reason == "Local" else reason


@behaviour
def transaction_number(flash: Flash, queued: Queued) -> int:
    """The central system's transactionId for a queued message (errata 3.18)."""
    return flash.numbers.get(queued.notice.key, UNKNOWN_NUMBER)


@defect(
    "OUTAGE-D05",
    breaks=transaction_number,
    area="outage",
    requirement="DAT-06",
    text="messages queued before StartTransaction was answered keep the placeholder -1",
    source="OCPP 1.6 errata 3.18; seen in libocpp #495",
    dialects=("1.6",),
)
def placeholder_stays(flash: Flash, queued: Queued) -> int:
    """The message was written to flash with the number of that day."""
    return UNKNOWN_NUMBER if queued.offline else transaction_number(flash, queued)


class V16:
    """The dialect. It has no state of its own."""

    subprotocol = "ocpp1.6"

    def boot(self, station: Station, reason: str) -> Mapping[str, Any]:  # noqa: ARG002 - 2.0.1 tells the reason
        """Payload of BootNotification (4.2)."""
        sheet = station.sheet
        return station.conduct(optional_fields)(
            station,
            {
                "chargePointVendor": sheet.maker[:20],
                "chargePointModel": sheet.model[:20],
                "chargePointSerialNumber": sheet.serial[:25],
                "firmwareVersion": station.firmware[:50],
                "meterType": "AC revenue",
            },
        )

    def status_word(self, station: Station, outlet: Outlet) -> str:
        """One of the nine of 4.9."""
        return STATUS[station.conduct(status.status_of)(station, outlet)]

    def statuses(self, station: Station, outlet: Outlet | None) -> list[tuple[str, Mapping[str, Any]]]:
        """StatusNotification of a connector, or of the charge point as a whole (connector 0)."""
        if outlet is None:
            payload = {
                "connectorId": 0,
                "errorCode": "NoError" if station.reader_works else "ReaderFailure",
                "status": "Available" if station.operative(0) else "Unavailable",
            }
        else:
            word = self.status_word(station, outlet)
            payload = {"connectorId": outlet.id, "errorCode": "NoError", "status": word}
            if (trouble := outlet.trouble) is not None:
                payload["errorCode"], code = station.conduct(status.fault_words)(station, trouble)
                payload["info"] = trouble.text[:50]
                if code:
                    payload["vendorId"] = "ChargeX"
                    payload["vendorErrorCode"] = code
        broken = payload["errorCode"] != "NoError"
        payload["timestamp"] = station.written(station.now(), "fault" if broken else "event")
        return [("StatusNotification", station.conduct(optional_fields)(station, payload))]

    async def authorize(self, station: Station, token: str) -> TokenInfo:
        """Authorize (4.1)."""
        answer = await station.line.call("Authorize", {"idTag": token})
        return token_info(answer.get("idTagInfo")) or authorise.REFUSED

    def notice(self, station: Station, queued: Queued) -> tuple[str, Mapping[str, Any]] | None:
        """StartTransaction, MeterValues or StopTransaction; None for what 1.6 does not tell."""
        notice = queued.notice
        purpose: Purpose = "queued" if queued.offline else "event"
        if notice.kind == "started":
            return "StartTransaction", {
                "connectorId": notice.evse_id,
                "idTag": notice.token,
                "meterStart": int(notice.register_wh),
                "timestamp": station.written(notice.at, purpose),
            }
        number = station.conduct(transaction_number)(station.flash, queued)
        if notice.kind == "updated":
            if not notice.samples:
                return None
            values = [meter_value(station, sample, purpose) for sample in notice.samples]
            return "MeterValues", {
                "connectorId": notice.evse_id,
                "transactionId": number,
                "meterValue": values,
            }
        payload: Payload = {
            "transactionId": number,
            "meterStop": int(notice.register_wh),
            "timestamp": station.written(notice.at, purpose),
        }
        if notice.reveals_token:
            payload["idTag"] = notice.token
        reason = station.conduct(stop_reason)(notice.reason)
        if reason is not None:
            payload["reason"] = REASONS.get(reason, reason)
        wanted = station.settings.words("stop_sampled_data")
        both = (*(() if notice.first is None else (notice.first,)), *notice.samples)
        if (wanted and notice.first is not None) or any(sample.signed for sample in both):
            payload["transactionData"] = [meter_value(station, sample, purpose, wanted) for sample in both]
        return "StopTransaction", payload

    def answered(self, station: Station, notice: Notice, answer: Mapping[str, Any]) -> TokenInfo | None:
        """Learn the transactionId; what the answer says of the token."""
        numbers = station.flash.numbers
        if notice.kind == "started":
            number = answer.get("transactionId")
            if isinstance(number, int):
                numbers[notice.key] = number
                station.flash.last_numbers[notice.evse_id] = number
                reservations.numbered(station, notice.key, number)
        elif notice.kind == "ended":
            numbers.pop(notice.key, None)
            reservations.ended(station, notice.key)
        info = token_info(answer.get("idTagInfo"))
        if info is not None and notice.token is not None:
            authorise.remember(station, notice.token, info)
        return info if notice.kind == "started" else None

    def meter_values(
        self, station: Station, outlet: Outlet, sample: Sampled
    ) -> tuple[str, Mapping[str, Any]] | None:
        """MeterValues outside a transaction."""
        return "MeterValues", {"connectorId": outlet.id, "meterValue": [meter_value(station, sample)]}

    def problem(self, station: Station, outlet: Outlet) -> tuple[str, Mapping[str, Any]] | None:  # noqa: ARG002
        """1.6 has the errorCode of StatusNotification, and nothing beside it."""
        return None


def token_info(told: object) -> TokenInfo | None:
    """An idTagInfo; None when there is none."""
    if not isinstance(told, Mapping):
        return None
    word, group = told.get("status"), told.get("parentIdTag")
    return TokenInfo(
        status=word if isinstance(word, str) else "Invalid",
        group=group if isinstance(group, str) and group else None,
        expires=authorise.expiry(told.get("expiryDate")),
    )


def meter_value(
    station: Station, sample: Sampled, purpose: Purpose = "event", wanted: tuple[str, ...] | None = None
) -> Payload:
    """One MeterValue with the measurands that the setting for its kind names, if not those ``wanted``."""
    if wanted is None:
        aligned = sample.context == "Sample.Clock"
        wanted = station.settings.words("aligned_measurands" if aligned else "sampled_measurands")
    values = [value for name in wanted if (value := _sampled(name, sample)) is not None]
    values = values or [_sampled(metering.REGISTER, sample) or {}]
    if sample.signed:
        data = station.conduct(signed.value_in_16)(sample.signed)
        values.append({"value": data, "context": sample.context, "format": "SignedData"})
    return {"timestamp": station.written(sample.at, purpose), "sampledValue": values}


def _sampled(measurand: str, sample: Sampled) -> Payload | None:
    found = metering.value_of(measurand, sample)
    if found is None:
        return None
    value, unit = found
    told = {"value": str(value), "context": sample.context, "measurand": measurand}
    if unit:
        told["unit"] = unit
    if where := metering.location_of(measurand, sample):
        told["location"] = where
    return told
