"""CALLs of a station in either dialect, as the events of ``neutral``.

Pure, and tolerant: a field that is missing or garbage becomes None, a sample that is no number is left out. What is
wrong with a payload is for ``validate`` to say.

OCPP 1.6 knows connectors only; connector *n* is EVSE *n* with connector 1 here. Sampled values without a measurand
are ``Energy.Active.Import.Register`` in Wh (OCPP 1.6 section 7.43; OCPP 2.0.1 Part 2, SampledValueType).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, overload

import orjson

from wattest.model.scenario import Dialect
from wattest.ocpp.messages import exact
from wattest.ocpp.neutral import (
    Authorized,
    Booted,
    ChargingState,
    Event,
    Metered,
    Occupancy,
    Reported,
    Sample,
    StatusChanged,
    TransactionChanged,
)

REGISTER = "Energy.Active.Import.Register"
YEARS = range(1900, 9000)
"""Years that a stated time may lie in and still be reckoned with."""
LARGEST = Decimal(10) ** 15
"""No meter of a charger reads as much, whatever it measures; what claims to is no value (project)."""

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
_UNITS = {
    "Energy": "Wh",
    "Power": "W",
    "Current": "A",
    "Voltage": "V",
    "SoC": "Percent",
    "Temperature": "Celsius",
}
_KINDS: Mapping[str, Any] = {"Started": "started", "Updated": "updated", "Ended": "ended"}

Payload = Mapping[str, Any]
_ReadValue = Callable[[Payload], tuple[Decimal | None, object]]


def events(
    dialect: Dialect, action: str, request: Payload, response: Payload | None = None
) -> tuple[Event, ...]:
    """What a CALL of a station says. ``response`` is the CALLRESULT it got, None while there is none.

    >>> events("1.6", "Authorize", {"idTag": "04E2"}, {"idTagInfo": {"status": "Blocked"}})
    (Authorized(token='04E2', status='Blocked'),)
    """
    read = _READERS[dialect].get(action)
    if read is None:
        return (Reported(action, _detail(request)),)
    return read(request, response or {})


def moment(value: object) -> datetime | None:
    """A timestamp as an aware UTC time; one without offset is taken as UTC.

    None when it cannot be read or lies beyond ``YEARS``.
    """
    if not isinstance(value, str) or not 10 <= len(value) <= 40:
        return None
    try:
        found = datetime.fromisoformat(value)
        found = found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return found if found.year in YEARS else None


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _whole(value: object) -> int | None:
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _inside(payload: Payload, key: str) -> Payload:
    value = payload.get(key)
    return value if isinstance(value, dict) else {}


def _items(payload: Payload, key: str) -> list[Payload]:
    value = payload.get(key)
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _detail(payload: Payload) -> str:
    """The words by which one recognises a message that has no event of its own."""
    words = (payload.get(key) for key in ("vendorId", "messageId", "type", "status", "requestId"))
    return " ".join(str(word)[:100] for word in words if isinstance(word, (str, int)))


# --- meter values ----------------------------------------------------------------------------------------


class Samples(Sequence[Sample]):
    """Sampled values of one message, read when somebody looks at them: of most, only the register ever is.

    Equal to any sequence of equal samples. ``registers`` are those of the energy register; ``fingerprint`` is equal
    for copies of a message.
    """

    __slots__ = ("_found", "_groups", "_read", "registers")

    def __init__(self, groups: list[Payload], read: _ReadValue) -> None:
        self._groups = groups
        self._read = read
        self._found: tuple[Sample, ...] | None = None
        registers = []
        for group in groups:
            for item in _items(group, "sampledValue"):
                if item.get("measurand", REGISTER) == REGISTER:
                    sample = _sample(group, item, read)
                    if sample is not None and is_register(sample):
                        registers.append(sample)
        self.registers = tuple(registers)

    def _all(self) -> tuple[Sample, ...]:
        if self._found is None:
            found = (
                _sample(group, item, self._read)
                for group in self._groups
                for item in _items(group, "sampledValue")
            )
            self._found = tuple(sample for sample in found if sample is not None)
        return self._found

    def fingerprint(self) -> int:
        """Cheaper than a hash of all samples."""
        return hash(orjson.dumps(self._groups, default=str))

    @property
    def last_time(self) -> datetime | None:
        """When the last values were taken."""
        return moment(self._groups[-1].get("timestamp")) if self._groups else None

    def __len__(self) -> int:
        return len(self._all())

    @overload
    def __getitem__(self, index: int) -> Sample: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Sample]: ...
    def __getitem__(self, index: int | slice) -> Sample | Sequence[Sample]:
        return self._all()[index]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and self._all() == tuple(other)

    def __hash__(self) -> int:
        return hash(self._all())

    def __repr__(self) -> str:
        return repr(self._all())


def _value_16(item: Payload) -> tuple[Decimal | None, object]:
    value = item.get("value")
    return exact(value) if isinstance(value, str) else None, item.get("unit")


def _value_201(item: Payload) -> tuple[Decimal | None, object]:
    value, unit = item.get("value"), _inside(item, "unitOfMeasure")
    number = None if isinstance(value, str) else exact(value)
    power = _whole(unit.get("multiplier"))
    if number is not None and power and -30 <= power <= 30:
        number = number.scaleb(power)
    return number, unit.get("unit")


def _sample(group: Payload, item: Payload, read: _ReadValue) -> Sample | None:
    value, unit = read(item)
    if value is None or not -LARGEST < value < LARGEST:
        return None
    get = item.get
    measurand, phase, context, where = get("measurand"), get("phase"), get("context"), get("location")
    if not isinstance(measurand, str):
        measurand = REGISTER
    return Sample(
        moment(group.get("timestamp")),
        measurand,
        value,
        unit if isinstance(unit, str) else _UNITS.get(measurand.partition(".")[0], ""),
        phase if isinstance(phase, str) else None,
        context if isinstance(context, str) else None,
        where if isinstance(where, str) else None,
    )


def is_register(sample: Sample) -> bool:
    """Whether a sample is the total of the energy register at the outlet."""
    return (
        sample.measurand == REGISTER
        and sample.phase is None
        and sample.location in (None, "Outlet")
        and sample.unit in ("Wh", "kWh")
    )


def in_wh(sample: Sample) -> Decimal:
    """The value of an energy sample in Wh."""
    return sample.value * 1000 if sample.unit == "kWh" else sample.value


def _register(samples: Samples, context: str | None = None) -> Decimal | None:
    """The last register among samples, of this context if there is one of it."""
    registers = samples.registers
    chosen = [sample for sample in registers if sample.context == context] or registers
    return in_wh(chosen[-1]) if chosen else None


# --- OCPP 1.6 --------------------------------------------------------------------------------------------


def _boot_16(request: Payload, _: Payload) -> tuple[Event, ...]:
    serial = request.get("chargePointSerialNumber") or request.get("chargeBoxSerialNumber")
    vendor, model = _text(request.get("chargePointVendor")), _text(request.get("chargePointModel"))
    return (Booted(vendor or "", model or "", _text(serial), _text(request.get("firmwareVersion")), None),)


def _status_16(request: Payload, _: Payload) -> tuple[Event, ...]:
    raw, connector = _text(request.get("status")), _whole(request.get("connectorId"))
    if raw is None or raw not in _OCCUPANCY or connector is None:
        return (Reported("StatusNotification", _detail(request)),)
    error = _text(request.get("errorCode"))
    return (
        StatusChanged(
            connector,
            min(connector, 1),
            _OCCUPANCY[raw],
            raw,
            moment(request.get("timestamp")),
            None if error == "NoError" else error,
            _text(request.get("vendorErrorCode")),
        ),
    )


def _authorize_16(request: Payload, response: Payload) -> tuple[Event, ...]:
    return (
        Authorized(_text(request.get("idTag")) or "", _text(_inside(response, "idTagInfo").get("status"))),
    )


def _start_16(request: Payload, response: Payload) -> tuple[Event, ...]:
    given = _whole(response.get("transactionId"))
    return (
        TransactionChanged(
            "started",
            None if given is None else str(given),
            _whole(request.get("connectorId")),
            1,
            moment(request.get("timestamp")),
            token=_text(request.get("idTag")),
            register_wh=exact(request.get("meterStart")),
            token_status=_text(_inside(response, "idTagInfo").get("status")),
        ),
    )


def _stop_16(request: Payload, response: Payload) -> tuple[Event, ...]:
    of = _whole(request.get("transactionId"))
    return (
        TransactionChanged(
            "ended",
            None if of is None else str(of),
            None,
            None,
            moment(request.get("timestamp")),
            token=_text(request.get("idTag")),
            register_wh=exact(request.get("meterStop")),
            samples=Samples(_items(request, "transactionData"), _value_16),
            stop_reason=_text(request.get("reason")) or "Local",
            token_status=_text(_inside(response, "idTagInfo").get("status")),
        ),
    )


def _meter_16(request: Payload, _: Payload) -> tuple[Event, ...]:
    samples = Samples(_items(request, "meterValue"), _value_16)
    connector, of = _whole(request.get("connectorId")), _whole(request.get("transactionId"))
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


# --- OCPP 2.0.1 ------------------------------------------------------------------------------------------


def _boot_201(request: Payload, _: Payload) -> tuple[Event, ...]:
    station = _inside(request, "chargingStation")
    return (
        Booted(
            _text(station.get("vendorName")) or "",
            _text(station.get("model")) or "",
            _text(station.get("serialNumber")),
            _text(station.get("firmwareVersion")),
            _text(request.get("reason")),
        ),
    )


def _status_201(request: Payload, _: Payload) -> tuple[Event, ...]:
    raw = _text(request.get("connectorStatus"))
    evse, connector = _whole(request.get("evseId")), _whole(request.get("connectorId"))
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


def _authorize_201(request: Payload, response: Payload) -> tuple[Event, ...]:
    token = _text(_inside(request, "idToken").get("idToken")) or ""
    return (Authorized(token, _text(_inside(response, "idTokenInfo").get("status"))),)


def _transaction_201(request: Payload, response: Payload) -> tuple[Event, ...]:
    kind = _KINDS.get(_text(request.get("eventType")) or "")
    if kind is None:
        return (Reported("TransactionEvent", _detail(request)),)
    info, evse = _inside(request, "transactionInfo"), _inside(request, "evse")
    samples = Samples(_items(request, "meterValue"), _value_201)
    stopped = _text(info.get("stoppedReason"))
    return (
        TransactionChanged(
            kind,
            _text(info.get("transactionId")),
            _whole(evse.get("id")),
            _whole(evse.get("connectorId")),
            moment(request.get("timestamp")),
            token=_text(_inside(request, "idToken").get("idToken")),
            register_wh=_register(
                samples, {"started": "Transaction.Begin", "ended": "Transaction.End"}.get(kind)
            ),
            samples=samples,
            charging_state=_STATES.get(_text(info.get("chargingState")) or ""),
            stop_reason=stopped or ("Local" if kind == "ended" else None),
            seq_no=_whole(request.get("seqNo")),
            offline=request.get("offline") is True,
            token_status=_text(_inside(response, "idTokenInfo").get("status")),
        ),
    )


def _meter_201(request: Payload, _: Payload) -> tuple[Event, ...]:
    return (Metered(_whole(request.get("evseId")) or 0, Samples(_items(request, "meterValue"), _value_201)),)


def _event_201(request: Payload, _: Payload) -> tuple[Event, ...]:
    found: list[Event] = []
    for item in _items(request, "eventData"):
        words = (
            _inside(item, "component").get("name"),
            _inside(item, "variable").get("name"),
            item.get("actualValue"),
        )
        found.append(Reported("NotifyEvent", " ".join(word[:200] for word in words if isinstance(word, str))))
    return tuple(found) or (Reported("NotifyEvent"),)


_Reader = Callable[[Payload, Payload], tuple[Event, ...]]
_READERS: Mapping[Dialect, Mapping[str, _Reader]] = {
    "1.6": {
        "BootNotification": _boot_16,
        "StatusNotification": _status_16,
        "Authorize": _authorize_16,
        "StartTransaction": _start_16,
        "StopTransaction": _stop_16,
        "MeterValues": _meter_16,
    },
    "2.0.1": {
        "BootNotification": _boot_201,
        "StatusNotification": _status_201,
        "Authorize": _authorize_201,
        "TransactionEvent": _transaction_201,
        "MeterValues": _meter_201,
        "NotifyEvent": _event_201,
    },
}
