"""What stations say in either dialect, in neutral events."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wattest.model.scenario import Dialect
from wattest.ocpp.neutral import (
    Authorized,
    Booted,
    Metered,
    Reported,
    Sample,
    StatusChanged,
    TransactionChanged,
)
from wattest.ocpp.normalise import events
from wattest.ocpp.samples import Samples, in_wh, is_register, moment
from wattest.ocpp.validate import actions

NOON = "2026-01-15T12:00:00Z"
AT_NOON = datetime(2026, 1, 15, 12, tzinfo=UTC)


def test_boot() -> None:
    """A boot names maker, model, serial number and firmware in both dialects; 2.0.1 says why."""
    assert events(
        "1.6",
        "BootNotification",
        {
            "chargePointVendor": "V",
            "chargePointModel": "M",
            "chargeBoxSerialNumber": "S",
            "firmwareVersion": "F",
        },
    ) == (Booted("V", "M", "S", "F", None),)
    station = {"vendorName": "V", "model": "M", "serialNumber": "S", "firmwareVersion": "F"}
    assert events("2.0.1", "BootNotification", {"chargingStation": station, "reason": "PowerUp"}) == (
        Booted("V", "M", "S", "F", "PowerUp"),
    )


def test_status() -> None:
    """Both dialects' statuses become an occupancy; the dialect's own word and the 1.6 error code are kept."""
    request = {
        "connectorId": 2,
        "status": "Faulted",
        "errorCode": "ConnectorLockFailure",
        "vendorErrorCode": "CX001",
        "timestamp": NOON,
    }
    assert events("1.6", "StatusNotification", request) == (
        StatusChanged(2, 1, "faulted", "Faulted", AT_NOON, "ConnectorLockFailure", "CX001"),
    )
    assert events(
        "1.6", "StatusNotification", {"connectorId": 0, "status": "Available", "errorCode": "NoError"}
    ) == (StatusChanged(0, 0, "available", "Available", None),)
    request = {"evseId": 1, "connectorId": 1, "connectorStatus": "Occupied", "timestamp": NOON}
    assert events("2.0.1", "StatusNotification", request) == (
        StatusChanged(1, 1, "occupied", "Occupied", AT_NOON),
    )


@pytest.mark.parametrize("dialect", ["1.6", "2.0.1"])
def test_status_that_nobody_knows(dialect: Dialect) -> None:
    """A status that the dialect does not have is only reported."""
    assert events(dialect, "StatusNotification", {"status": "Sleeping"}) == (
        Reported("StatusNotification", "Sleeping"),
    )


def test_authorize() -> None:
    """A token and what was answered about it; None while nothing was."""
    assert events("1.6", "Authorize", {"idTag": "AB"}) == (Authorized("AB", None),)
    token = {"idToken": {"idToken": "AB", "type": "ISO14443"}}
    assert events("2.0.1", "Authorize", token, {"idTokenInfo": {"status": "Blocked"}}) == (
        Authorized("AB", "Blocked"),
    )


def test_start_of_16() -> None:
    """StartTransaction has no id until it is answered."""
    request = {"connectorId": 1, "idTag": "AB", "meterStart": 1200, "timestamp": NOON}
    (event,) = events("1.6", "StartTransaction", request)
    assert event == TransactionChanged("started", None, 1, 1, AT_NOON, token="AB", register_wh=Decimal(1200))
    (event,) = events(
        "1.6", "StartTransaction", request, {"transactionId": 7, "idTagInfo": {"status": "Accepted"}}
    )
    assert isinstance(event, TransactionChanged)
    assert (event.transaction_id, event.token_status) == ("7", "Accepted")


def test_stop_of_16() -> None:
    """StopTransaction without a reason was Local (OCPP 1.6 section 7.37)."""
    data = [
        {"timestamp": NOON, "sampledValue": [{"value": "2.5", "unit": "kWh", "context": "Transaction.End"}]}
    ]
    request = {"transactionId": 7, "meterStop": 2500, "timestamp": NOON, "transactionData": data}
    (event,) = events("1.6", "StopTransaction", request)
    assert event == TransactionChanged(
        "ended",
        "7",
        None,
        None,
        AT_NOON,
        register_wh=Decimal(2500),
        stop_reason="Local",
        samples=(
            Sample(
                AT_NOON, "Energy.Active.Import.Register", Decimal("2.5"), "kWh", context="Transaction.End"
            ),
        ),
    )


def test_meter_values_of_16() -> None:
    """MeterValues with a transaction belong to it; without one they stand alone."""
    values = [
        {"value": "1500"},
        {"value": "16.0", "measurand": "Current.Import", "phase": "L1"},
        {"value": "7.2", "measurand": "Power.Active.Import", "unit": "kW"},
        {"value": "garbage"},
        {"value": 5},
    ]
    request: dict[str, Any] = {"connectorId": 1, "meterValue": [{"timestamp": NOON, "sampledValue": values}]}
    (event,) = events("1.6", "MeterValues", request | {"transactionId": 7})
    assert isinstance(event, TransactionChanged)
    assert (event.kind, event.transaction_id, event.register_wh) == ("updated", "7", Decimal(1500))
    assert [(s.measurand, s.value, s.unit, s.phase) for s in event.samples] == [
        ("Energy.Active.Import.Register", Decimal(1500), "Wh", None),
        ("Current.Import", Decimal("16.0"), "A", "L1"),
        ("Power.Active.Import", Decimal("7.2"), "kW", None),
    ]
    (alone,) = events("1.6", "MeterValues", request)
    assert alone == Metered(1, event.samples)


def test_transaction_event() -> None:
    """TransactionEvent carries everything, and the multiplier of a unit is worked in."""
    values = [
        {"value": 1.5, "unitOfMeasure": {"unit": "Wh", "multiplier": 3}, "context": "Transaction.Begin"},
        {"value": 1.6, "unitOfMeasure": {"unit": "kWh"}},
        {"value": 9, "phase": "L1"},
        {"value": 8, "location": "Inlet"},
        {"value": "text"},
    ]
    request = {
        "eventType": "Started",
        "timestamp": NOON,
        "triggerReason": "CablePluggedIn",
        "seqNo": 0,
        "offline": True,
        "transactionInfo": {"transactionId": "T", "chargingState": "SuspendedEV"},
        "evse": {"id": 1, "connectorId": 1},
        "idToken": {"idToken": "AB", "type": "ISO14443"},
        "meterValue": [{"timestamp": NOON, "sampledValue": values}],
    }
    (event,) = events("2.0.1", "TransactionEvent", request, {"idTokenInfo": {"status": "Accepted"}})
    assert isinstance(event, TransactionChanged)
    assert event.register_wh == 1500
    assert event.charging_state == "suspended ev"
    assert (event.seq_no, event.offline, event.token, event.token_status) == (0, True, "AB", "Accepted")
    assert len(event.samples) == 4


def test_end_of_transaction_event() -> None:
    """At the end the register of context Transaction.End counts, and a missing reason is Local."""
    values = [
        {"value": 1000, "context": "Sample.Periodic"},
        {"value": 2000, "context": "Transaction.End"},
        {"value": 1500, "context": "Sample.Clock"},
    ]
    request = {
        "eventType": "Ended",
        "transactionInfo": {"transactionId": "T"},
        "meterValue": [{"timestamp": NOON, "sampledValue": values}],
    }
    (event,) = events("2.0.1", "TransactionEvent", request)
    assert isinstance(event, TransactionChanged)
    assert (event.register_wh, event.stop_reason) == (Decimal(2000), "Local")


def test_event_type_that_nobody_knows() -> None:
    """A TransactionEvent of unknown type is only reported."""
    assert events("2.0.1", "TransactionEvent", {"eventType": "Paused"}) == (Reported("TransactionEvent"),)


def test_meter_values_of_201() -> None:
    """MeterValues of 2.0.1 never belong to a transaction."""
    (event,) = events("2.0.1", "MeterValues", {"evseId": 1, "meterValue": []})
    assert event == Metered(1, ())


def test_notify_event() -> None:
    """NotifyEvent tells component, variable and value of each event."""
    data = [
        {
            "component": {"name": "ConnectorPlugRetentionLock"},
            "variable": {"name": "Problem"},
            "actualValue": "true",
        }
    ]
    assert events("2.0.1", "NotifyEvent", {"eventData": data}) == (
        Reported("NotifyEvent", "ConnectorPlugRetentionLock Problem true"),
    )
    assert events("2.0.1", "NotifyEvent", {}) == (Reported("NotifyEvent"),)


def test_a_status_by_notify_event() -> None:
    """AvailabilityState of a connector is its status; of anything else, or in no word of OCPP, it is a mere event."""

    def told(name: str, value: str) -> tuple[Any, ...]:
        where = {"name": name, "evse": {"id": 2, "connectorId": 3}}
        data = {"component": where, "variable": {"name": "AvailabilityState"}, "actualValue": value}
        return events("2.0.1", "NotifyEvent", {"eventData": [data]})

    assert told("Connector", "Faulted") == (StatusChanged(2, 3, "faulted", "Faulted", None),)
    assert told("Connector", "Broken") == (Reported("NotifyEvent", "Connector AvailabilityState Broken"),)
    assert told("EVSE", "Faulted") == (Reported("NotifyEvent", "EVSE AvailabilityState Faulted"),)


def test_everything_else() -> None:
    """Other messages are reported by their action and what makes them recognisable."""
    assert events("1.6", "Heartbeat", {}) == (Reported("Heartbeat"),)
    assert events("1.6", "DataTransfer", {"vendorId": "v", "messageId": "m"}) == (
        Reported("DataTransfer", "v m"),
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (NOON, AT_NOON),
        ("2026-01-15T13:00:00+01:00", AT_NOON),
        ("2026-01-15T12:00:00.000", AT_NOON),
        ("222222017-10-27T12:00:00Z", None),
        ("9999-12-31T23:59:59-12:00", None),
        ("yesterday!", None),
        ("x" * 1000, None),
        (5, None),
    ],
)
def test_moments(text: object, expected: datetime | None) -> None:
    """Times come out aware and in UTC; nonsense is None."""
    assert moment(text) == expected


def test_register() -> None:
    """The register is the unphased total at the outlet, in Wh."""
    sample = Sample(None, "Energy.Active.Import.Register", Decimal("1.5"), "kWh")
    assert is_register(sample)
    assert in_wh(sample) == 1500
    assert not is_register(Sample(None, "Energy.Active.Import.Register", Decimal(1), "varh"))


def test_samples_are_a_sequence() -> None:
    """Samples behave as a tuple does, though they are read late."""
    values = [{"value": "1", "unit": "Wh"}, {"value": "2", "measurand": "SoC"}, {"value": "x"}]
    request = {"connectorId": 1, "meterValue": [{"timestamp": NOON, "sampledValue": values}]}
    (first,), (second,) = events("1.6", "MeterValues", request), events("1.6", "MeterValues", dict(request))
    assert isinstance(first, Metered)
    assert isinstance(second, Metered)
    samples = first.samples
    assert isinstance(samples, Samples)
    assert isinstance(second.samples, Samples)
    assert len(samples) == 2
    assert samples[0] == samples[0:1][0] == next(iter(samples))
    assert samples == second.samples == tuple(samples)
    assert samples != 5
    assert hash(samples) == hash(second.samples)
    assert repr(samples) == repr(tuple(samples))
    assert samples.fingerprint() == second.samples.fingerprint()
    assert samples.registers == (samples[0],)
    assert samples.last_time == AT_NOON


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=50) | st.just(NOON),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "timestamp",
                    "status",
                    "connectorId",
                    "evseId",
                    "idTag",
                    "idToken",
                    "meterValue",
                    "sampledValue",
                    "value",
                    "unit",
                    "unitOfMeasure",
                    "multiplier",
                    "transactionId",
                    "transactionInfo",
                    "evse",
                    "id",
                    "eventType",
                    "seqNo",
                    "chargingStation",
                    "eventData",
                    "component",
                    "name",
                ]
            ),
            inner,
            max_size=6,
        )
    ),
    max_leaves=20,
)


@given(st.sampled_from(["1.6", "2.0.1"]), st.data())
@settings(max_examples=300, deadline=None)
def test_never_raises(dialect: Dialect, data: st.DataObject) -> None:
    """Garbage in any field of any action gives events, never an exception."""
    action = data.draw(st.sampled_from([*sorted(actions(dialect)), "Unknown"]))
    request = data.draw(st.dictionaries(st.sampled_from(_keys(dialect)), JSON))
    response = data.draw(
        st.none() | st.dictionaries(st.sampled_from(["idTagInfo", "idTokenInfo", "transactionId"]), JSON)
    )
    assert events(dialect, action, request, response)


def _keys(dialect: Dialect) -> list[str]:
    return [
        "timestamp",
        "status",
        "connectorStatus",
        "connectorId",
        "evseId",
        "errorCode",
        "idTag",
        "idToken",
        "meterValue",
        "meterStart",
        "meterStop",
        "reason",
        "transactionId",
        "transactionInfo",
        "transactionData",
        "evse",
        "eventType",
        "seqNo",
        "offline",
        "chargingStation",
        "eventData",
    ]
