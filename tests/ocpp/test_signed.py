"""Signed values in messages, out of every wrapping that OCPP and its notes know."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from wattest.ocpp.signed import signed_texts

RECORD = 'OCMF|{"PG":"T1"}|{"SD":"00"}'
CODED = base64.b64encode(RECORD.encode()).decode()


def in_16(value: Any, name: str = "meterValue") -> dict[str, Any]:
    sample = {"value": value, "format": "SignedData", "context": "Transaction.End"}
    return {name: [{"timestamp": "2026-01-15T12:00:00Z", "sampledValue": [{"value": "7"}, sample]}]}


@pytest.mark.parametrize("name", ["meterValue", "transactionData"])
@pytest.mark.parametrize(
    "value",
    [
        RECORD,
        f"  {RECORD}\n",
        RECORD.encode().hex(),
        RECORD.encode().hex().upper(),
        json.dumps({"signedMeterData": CODED, "encodingMethod": "OCMF"}),
        CODED,
    ],
)
def test_the_text_of_a_1_6_value(value: str, name: str) -> None:
    """Bare, in hex, as the JSON of a 2.0.1 type, in base64; in MeterValues and in StopTransaction."""
    assert list(signed_texts(in_16(value, name))) == [RECORD]


@pytest.mark.parametrize("data", [CODED, RECORD])
def test_the_text_of_a_2_0_1_value(data: str) -> None:
    """In base64 as it should be, or bare."""
    signed = {"signedMeterData": data, "signingMethod": "", "encodingMethod": "OCMF", "publicKey": ""}
    payload = {"meterValue": [{"sampledValue": [{"value": 7, "signedMeterValue": signed}, {"value": 8}]}]}
    assert list(signed_texts(payload)) == [RECORD]


@pytest.mark.parametrize("value", ["", "nonsense", "{", '{"signedMeterData": 3}', "00ff", "[" * 9000, "é"])
def test_what_is_no_record_comes_as_it_was_written(value: str) -> None:
    """So that somebody can say that it is none."""
    assert list(signed_texts(in_16(value))) == [value]


@pytest.mark.parametrize(
    "payload",
    [
        {},
        {"meterValue": 3},
        {"meterValue": [{"sampledValue": "x"}]},
        in_16(7),
        {"meterValue": [{"sampledValue": [{}]}]},
    ],
)
def test_messages_without_signed_values_have_none(payload: dict[str, Any]) -> None:
    """Whatever else they hold."""
    assert list(signed_texts(payload)) == []
