"""CALLs of a station in any dialect, as the events of ``neutral``.

Pure, and tolerant: a field that is missing or garbage becomes None, a sample that is no number is left out. What is
wrong with a payload is for ``validate`` to say.

OCPP 1.6 knows connectors only; connector *n* is EVSE *n* with connector 1 here. Sampled values without a measurand
are ``Energy.Active.Import.Register`` in Wh (OCPP 1.6 section 7.43; OCPP 2.0.1 Part 2, SampledValueType).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from wattest.model.scenario import Dialect, family
from wattest.ocpp.messages import exact
from wattest.ocpp.neutral import (
    Authorized,
    Booted,
    ChargingState,
    Event,
    Metered,
    Occupancy,
    Reported,
    StatusChanged,
    TransactionChanged,
)
from wattest.ocpp.samples import (
    YEARS,
    Payload,
    Samples,
    in_wh,
    inside,
    items,
    moment,
    text,
    value_2x,
    value_16,
    whole,
)

__all__ = ["YEARS", "events", "moment"]

_OCCUPANCY: Mapping[str, Occupancy] = {
    "Available": "available",
    "Occupied": "occupied",
    "Preparing": "occupied",
    "Charging": "occupied",
    "SuspendedEV": "occupied",
    "SuspendedEVSE": "occupied",
    "Finishing": "occupied",
    "Reserved": "reserved",
    "Unavailable": "unavailable",
    "Faulted": "faulted",
}
_STATES: Mapping[str, ChargingState] = {
    "Idle": "idle",
    "EVConnected": "ev connected",
    "Charging": "charging",
    "SuspendedEV": "suspended ev",
    "SuspendedEVSE": "suspended evse",
}
_KINDS: Mapping[str, Any] = {"Started": "started", "Updated": "updated", "Ended": "ended"}


def events(
    dialect: Dialect, action: str, request: Payload, response: Payload | None = None
) -> tuple[Event, ...]:
    """What a CALL of a station says. ``response`` is the CALLRESULT it got, None while there is none.

    >>> events("1.6", "Authorize", {"idTag": "04E2"}, {"idTagInfo": {"status": "Blocked"}})
    (Authorized(token='04E2', status='Blocked'),)
    """
    read = _READERS[family(dialect)].get(action)
    if read is None:
        return (Reported(action, _detail(request)),)
    return read(request, response or {})


def _detail(payload: Payload) -> str:
    """The words by which one recognises a message that has no event of its own."""
    words = (payload.get(key) for key in ("vendorId", "messageId", "type", "status", "requestId"))
    return " ".join(str(word)[:100] for word in words if isinstance(word, (str, int)))


def _register(samples: Samples, context: str | None = None) -> Decimal | None:
    """The last register among samples, of this context if there is one of it."""
    registers = samples.registers
    chosen = [sample for sample in registers if sample.context == context] or registers
    return in_wh(chosen[-1]) if chosen else None


# --- OCPP 1.6 --------------------------------------------------------------------------------------------


def _boot_16(request: Payload, _: Payload) -> tuple[Event, ...]:
    serial = request.get("chargePointSerialNumber") or request.get("chargeBoxSerialNumber")
    vendor, model = text(request.get("chargePointVendor")), text(request.get("chargePointModel"))
    return (Booted(vendor or "", model or "", text(serial), text(request.get("firmwareVersion")), None),)


def _status_16(request: Payload, _: Payload) -> tuple[Event, ...]:
    raw, connector = text(request.get("status")), whole(request.get("connectorId"))
    if raw is None or raw not in _OCCUPANCY or connector is None:
        return (Reported("StatusNotification", _detail(request)),)
    error = text(request.get("errorCode"))
    return (
        StatusChanged(
            connector,
            min(connector, 1),
            _OCCUPANCY[raw],
            raw,
            moment(request.get("timestamp")),
            None if error == "NoError" else error,
            text(request.get("vendorErrorCode")),
        ),
    )


def _authorize_16(request: Payload, response: Payload) -> tuple[Event, ...]:
    return (Authorized(text(request.get("idTag")) or "", text(inside(response, "idTagInfo").get("status"))),)


def _start_16(request: Payload, response: Payload) -> tuple[Event, ...]:
    given = whole(response.get("transactionId"))
    return (
        TransactionChanged(
            "started",
            None if given is None else str(given),
            whole(request.get("connectorId")),
            1,
            moment(request.get("timestamp")),
            token=text(request.get("idTag")),
            register_wh=exact(request.get("meterStart")),
            token_status=text(inside(response, "idTagInfo").get("status")),
        ),
    )


def _stop_16(request: Payload, response: Payload) -> tuple[Event, ...]:
    of = whole(request.get("transactionId"))
    return (
        TransactionChanged(
            "ended",
            None if of is None else str(of),
            None,
            None,
            moment(request.get("timestamp")),
            token=text(request.get("idTag")),
            register_wh=exact(request.get("meterStop")),
            samples=Samples(items(request, "transactionData"), value_16),
            stop_reason=text(request.get("reason")) or "Local",
            token_status=text(inside(response, "idTagInfo").get("status")),
        ),
    )


def _meter_16(request: Payload, _: Payload) -> tuple[Event, ...]:
    samples = Samples(items(request, "meterValue"), value_16)
    connector, of = whole(request.get("connectorId")), whole(request.get("transactionId"))
    if of is None:
        return (Metered(connector or 0, samples),)
    return (
        TransactionChanged(
            "updated",
            str(of),
            connector,
            1,
            samples.last_time,
            register_wh=_register(samples),
            samples=samples,
        ),
    )


# --- OCPP 2.0.1 and 2.1 ----------------------------------------------------------------------------------


def _boot_2x(request: Payload, _: Payload) -> tuple[Event, ...]:
    station = inside(request, "chargingStation")
    return (
        Booted(
            text(station.get("vendorName")) or "",
            text(station.get("model")) or "",
            text(station.get("serialNumber")),
            text(station.get("firmwareVersion")),
            text(request.get("reason")),
        ),
    )


def _status_2x(request: Payload, _: Payload) -> tuple[Event, ...]:
    raw = text(request.get("connectorStatus"))
    evse, connector = whole(request.get("evseId")), whole(request.get("connectorId"))
    if raw is None or raw not in _OCCUPANCY or evse is None:
        return (Reported("StatusNotification", _detail(request)),)
    return (
        StatusChanged(
            evse,
            1 if connector is None else connector,
            _OCCUPANCY[raw],
            raw,
            moment(request.get("timestamp")),
        ),
    )


def _authorize_2x(request: Payload, response: Payload) -> tuple[Event, ...]:
    token = text(inside(request, "idToken").get("idToken")) or ""
    return (Authorized(token, text(inside(response, "idTokenInfo").get("status"))),)


def _transaction_2x(request: Payload, response: Payload) -> tuple[Event, ...]:
    kind = _KINDS.get(text(request.get("eventType")) or "")
    if kind is None:
        return (Reported("TransactionEvent", _detail(request)),)
    info, evse = inside(request, "transactionInfo"), inside(request, "evse")
    samples = Samples(items(request, "meterValue"), value_2x)
    stopped = text(info.get("stoppedReason"))
    return (
        TransactionChanged(
            kind,
            text(info.get("transactionId")),
            whole(evse.get("id")),
            whole(evse.get("connectorId")),
            moment(request.get("timestamp")),
            token=text(inside(request, "idToken").get("idToken")),
            register_wh=_register(
                samples, {"started": "Transaction.Begin", "ended": "Transaction.End"}.get(kind)
            ),
            samples=samples,
            charging_state=_STATES.get(text(info.get("chargingState")) or ""),
            stop_reason=stopped or ("Local" if kind == "ended" else None),
            seq_no=whole(request.get("seqNo")),
            offline=request.get("offline") is True,
            token_status=text(inside(response, "idTokenInfo").get("status")),
        ),
    )


def _meter_2x(request: Payload, _: Payload) -> tuple[Event, ...]:
    return (Metered(whole(request.get("evseId")) or 0, Samples(items(request, "meterValue"), value_2x)),)


def _availability_2x(item: Payload) -> StatusChanged | None:
    """A connector's AvailabilityState, which a station may tell by NotifyEvent as well (OCPP 2.1 G01; recalled)."""
    component, variable = inside(item, "component"), inside(item, "variable")
    evse = inside(component, "evse")
    raw, number = text(item.get("actualValue")), whole(evse.get("id"))
    if (component.get("name"), variable.get("name")) != ("Connector", "AvailabilityState"):
        return None
    if raw is None or raw not in _OCCUPANCY or number is None:
        return None
    connector = whole(evse.get("connectorId"))
    return StatusChanged(
        number, 1 if connector is None else connector, _OCCUPANCY[raw], raw, moment(item.get("timestamp"))
    )


def _event_2x(request: Payload, _: Payload) -> tuple[Event, ...]:
    found: list[Event] = []
    for item in items(request, "eventData"):
        if (status := _availability_2x(item)) is not None:
            found.append(status)
            continue
        words = (
            inside(item, "component").get("name"),
            inside(item, "variable").get("name"),
            item.get("actualValue"),
        )
        found.append(Reported("NotifyEvent", " ".join(word[:200] for word in words if isinstance(word, str))))
    return tuple(found) or (Reported("NotifyEvent"),)


_Reader = Callable[[Payload, Payload], tuple[Event, ...]]
_READERS: Mapping[str, Mapping[str, _Reader]] = {
    "1.6": {
        "BootNotification": _boot_16,
        "StatusNotification": _status_16,
        "Authorize": _authorize_16,
        "StartTransaction": _start_16,
        "StopTransaction": _stop_16,
        "MeterValues": _meter_16,
    },
    "2.x": {
        "BootNotification": _boot_2x,
        "StatusNotification": _status_2x,
        "Authorize": _authorize_2x,
        "TransactionEvent": _transaction_2x,
        "MeterValues": _meter_2x,
        "NotifyEvent": _event_2x,
    },
}
