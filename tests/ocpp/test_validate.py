"""Payloads against their schemas."""

from __future__ import annotations

import pytest

from wattest.model.scenario import DIALECTS
from wattest.ocpp.validate import actions, knows, violations, violations_of_send

STATUS = {"connectorId": 1, "errorCode": "NoError", "status": "Available"}


def test_every_schema_compiles() -> None:
    """All actions of every dialect have a request and a response schema."""
    for dialect in DIALECTS:
        for action in actions(dialect):
            for is_response in (False, True):
                assert all(
                    v.rule != "schema.unknown-action" for v in violations(dialect, action, is_response, {})
                )
    assert len(actions("1.6")) == 39
    assert len(actions("2.0.1")) == 64
    assert len(actions("2.1")) == 90


def test_what_only_21_knows() -> None:
    """Tariffs are of 2.1, and NotifyPeriodicEventStream is sent there without an answer, never called."""
    assert knows("2.1", "SetDefaultTariff")
    assert not knows("2.0.1", "SetDefaultTariff")
    assert not knows("2.1", "NotifyPeriodicEventStream")
    stream = {"id": 1, "pending": 0, "basetime": "2026-01-15T12:00:00Z", "data": [{"t": 0.5, "v": "16"}]}
    assert violations_of_send("2.1", "NotifyPeriodicEventStream", stream) == ()
    (missing,) = violations_of_send("2.1", "NotifyPeriodicEventStream", {**stream, "data": [{"t": 1}]})
    assert missing.sentence == 'NotifyPeriodicEventStream message at data[0]: "v" is a required property.'
    (older,) = violations_of_send("2.0.1", "NotifyPeriodicEventStream", stream)
    assert older.sentence == (
        "OCPP 2.0.1 sends no 'NotifyPeriodicEventStream' without an answer: it is no SEND."
    )


def test_sound_payload() -> None:
    """A sound payload has no violation."""
    assert violations("1.6", "StatusNotification", False, STATUS) == ()


@pytest.mark.parametrize(
    ("change", "rule", "sentence"),
    [
        (
            {"status": "Sleeping"},
            "schema.enum",
            'StatusNotification request at status: "Sleeping" is not one of "Available", "Preparing" or 7 other candidates.',
        ),
        (
            {"connectorId": "1"},
            "schema.type",
            'StatusNotification request at connectorId: "1" is not of type "integer".',
        ),
        (
            {"connectorId": 2**31},
            "schema.maximum",
            "StatusNotification request at connectorId: 2147483648 is greater than the maximum of 2147483647.",
        ),
        (
            {"timestamp": "2026-01-15T12:00:00"},
            "schema.format",
            'StatusNotification request at timestamp: "2026-01-15T12:00:00" is not a "date-time".',
        ),
        (
            {"colour": "red"},
            "schema.additionalProperties",
            "StatusNotification request: Additional properties are not allowed ('colour' was unexpected).",
        ),
        (
            {"info": "x" * 51},
            "schema.maxLength",
            f'StatusNotification request at info: "{"x" * 51}" is longer than 50 characters.',
        ),
    ],
)
def test_sentences(change: dict[str, object], rule: str, sentence: str) -> None:
    """Each violation names the action, the place, the value and what is allowed."""
    found = violations("1.6", "StatusNotification", False, {**STATUS, **change})
    assert [(v.rule, v.sentence) for v in found] == [(rule, sentence)]


def test_place_in_a_list() -> None:
    """A violation deep inside is located by its path."""
    payload = {"connectorId": 1, "meterValue": [{"timestamp": "2026-01-15T12:00:00Z", "sampledValue": [{}]}]}
    (found,) = violations("1.6", "MeterValues", False, payload)
    assert found.sentence == (
        'MeterValues request at meterValue[0].sampledValue[0]: "value" is a required property.'
    )


def test_limits_with_one_decimal_are_valid() -> None:
    """1.2 is a multiple of 0.1 whatever floats think (variation V06)."""
    profile = {
        "chargingProfileId": 1,
        "stackLevel": 0,
        "chargingProfilePurpose": "TxDefaultProfile",
        "chargingProfileKind": "Relative",
        "chargingSchedule": {
            "chargingRateUnit": "A",
            "chargingSchedulePeriod": [{"startPeriod": 0, "limit": number / 10} for number in range(400)],
        },
    }
    payload = {"connectorId": 1, "csChargingProfiles": profile}
    assert violations("1.6", "SetChargingProfile", False, payload) == ()


def test_16_point_0_is_an_integer() -> None:
    """``1.0`` is accepted where an integer is asked for (variation V06)."""
    assert violations("1.6", "StatusNotification", False, {**STATUS, "connectorId": 1.0}) == ()


def test_unknown_action() -> None:
    """An action of another dialect, or of other spelling, is unknown."""
    (found,) = violations("1.6", "TransactionEvent", False, {})
    assert found.sentence == "OCPP 1.6 has no action 'TransactionEvent'."
    assert not knows("1.6", "heartbeat")
    assert not knows("1.6", "x" * 1000)
    assert not knows("1.6", "AuthorizeResponse")
    assert knows("2.0.1", "TransactionEvent")


def test_security_extension_of_16() -> None:
    """The 1.6 security extension is known."""
    event = {"type": "SettingSystemTime", "timestamp": "2026-01-15T12:00:00Z"}
    assert violations("1.6", "SecurityEventNotification", False, event) == ()


def test_no_more_than_twenty_sentences() -> None:
    """A payload with hundreds of faults gets twenty sentences."""
    payload = {"connectorId": 1, "meterValue": [{} for _ in range(100)]}
    assert len(violations("1.6", "MeterValues", False, payload)) == 20


def test_sampled_value_that_is_no_number() -> None:
    """A 1.6 sampled value is a decimal number unless it is signed data (section 7.43)."""
    values = [{"value": "1.5"}, {"value": "OCMF|{}", "format": "SignedData"}]
    request = {
        "connectorId": 1,
        "meterValue": [{"timestamp": "2026-01-15T12:00:00Z", "sampledValue": values}],
    }
    assert violations("1.6", "MeterValues", False, request) == ()
    values.append({"value": "much"})
    (found,) = violations("1.6", "MeterValues", False, request)
    assert found.sentence == "MeterValues request: the sampled value 'much' is no number."
