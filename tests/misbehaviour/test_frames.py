"""Frames that are no OCPP, or not of this version: the run goes on, and the frame is found and named."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.misbehaviour.conftest import Enact, Frame, Talk

    from wattest.model.scenario import Dialect

pytestmark = pytest.mark.parametrize("dialect", ["1.6", "2.0.1"])

START_201 = {
    "eventType": "Started",
    "timestamp": "2026-01-15T12:00:20Z",
    "triggerReason": "Authorized",
    "seqNo": 0,
    "transactionInfo": {"transactionId": "T1"},
}
NOT_A_NUMBER = '[2,"n","MeterValues",{"connectorId":1,"meterValue":[{"sampledValue":[{"value":NaN}]}]}]'
NONSENSE: list[tuple[str, Any, str]] = [
    ("text", "hello", "is not valid: The frame is not JSON"),
    ("nothing", "", "is not valid: The frame is not JSON"),
    ("half", '[2,"a","Heartbeat",', "is not valid: The frame is not JSON"),
    ("number", "42", "is not valid: The frame is a number instead of an array."),
    ("no elements", "[]", "is not valid: The frame has 0 elements; no message has so few."),
    ("type 9", [9, "a", "Heartbeat", {}], "is not valid: The message type is '9'; OCPP knows 2, 3 and 4."),
    (
        "five elements",
        [2, "a", "Heartbeat", {}, 1],
        "is not valid: CALL 'a' has 5 elements instead of 4.",
    ),
    ("array as payload", [2, "a", "Heartbeat", []], "The payload of message 'a' is an array instead of"),
    ("number as id", [2, 7, "Heartbeat", {}], "is not valid: The message id is a number instead of text."),
    ("long id", [2, "x" * 200, "Heartbeat", {}], "has 200 characters; 36 are allowed."),
    ("binary", b'[2,"b","Heartbeat",{}]', "is not valid: The frame came as binary; OCPP-J uses text"),
    ("bytes", b"\xff\xfe\x00\x80", "is not valid: The frame came as binary; OCPP-J uses text"),
    (
        "300 KiB",
        json.dumps([2, "a", "DataTransfer", {"vendorId": "v", "data": "y" * 300 * 1024}]),
        "bytes; more than 262144 are not read.",
    ),
    (
        "deep",
        '[2,"a","DataTransfer",{"vendorId":"v","data":' + "[" * 5000 + "]" * 5000 + "}]",
        "The frame nests 5002 deep; more than 32 are not read.",
    ),
    ("NaN", NOT_A_NUMBER, "is not valid: NaN is no JSON number."),
    ("doubled key", '[2,"a","Heartbeat",{"a":1,"a":2}]', "The key 'a' stands twice in one object."),
    (
        "lone surrogate",
        '[2,"a","DataTransfer",{"vendorId":"\\ud800"}]',
        "The text \"'\\\\ud800'\" holds a lone surrogate.",
    ),
    (
        "long integer",
        [2, "a", "DataTransfer", {"vendorId": 10**30}],
        "The integer '1000000000000000000000000000000' does not fit into 64 bits.",
    ),
    ("long text", [2, "a", "DataTransfer", {"vendorId": "v" * 100_000}], "DataTransfer request at vendorId"),
    ("unknown action", [2, "a", "FlyToTheMoon", {}], "has no action 'FlyToTheMoon'."),
    ("lower case", [2, "a", "heartbeat", {}], "has no action 'heartbeat'."),
    ("empty payload", [2, "a", "Authorize", {}], "is a required property."),
    ("vendor's field", [2, "a", "Heartbeat", {"magic": 1}], "Additional properties are not allowed"),
    (
        "backwards",
        [2, "a", "ClearCache", {}],
        "is not valid: ClearCache is for the central system to send, not for a station.",
    ),
    (
        "wrong types",
        [2, "a", "Authorize", {"idTag": ["04E2A1B2"], "idToken": "04E2A1B2"}],
        "is not of type",
    ),
]


@pytest.mark.parametrize(
    ("frame", "sentence"), [row[1:] for row in NONSENSE], ids=[row[0] for row in NONSENSE]
)
def test_nonsense_is_found_and_outlived(
    enact: Enact, talk: type[Talk], dialect: Dialect, frame: Any, sentence: str
) -> None:
    """One frame of nonsense in a good session fails OCP-02 in the step that was running, and nothing else."""
    found = enact("AUTH-001", dialect, talk.Rogue.interjecting(frame))
    assert list(found.failed) == ["OCP-02"], found.failed
    assert "in step 4 (expect_transaction)" in found.failed["OCP-02"]
    assert sentence in found.failed["OCP-02"]
    assert found.outcome.sentence == found.failed["OCP-02"]
    assert found.blamed("OCP-02") == 4
    assert found.later.verdict == "pass"


def test_the_other_version(enact: Enact, talk: type[Talk], dialect: Dialect) -> None:
    """A message of the other OCPP version is no message at all."""
    start_16 = {"connectorId": 1, "idTag": "04E2A1B2", "meterStart": 1, "timestamp": "2026-01-15T12:00:20Z"}
    foreign: Frame = (
        [2, "a", "TransactionEvent", START_201]
        if dialect == "1.6"
        else [2, "a", "StartTransaction", start_16]
    )
    found = enact("AUTH-001", dialect, talk.Rogue.interjecting(foreign))
    assert list(found.failed) == ["OCP-02"]
    assert f"OCPP {dialect} has no action '{foreign[2]}'." in found.failed["OCP-02"]


@pytest.mark.parametrize("answer", [[3, "never", {}], [4, "never", "InternalError", "", {}]], ids=["3", "4"])
def test_an_answer_to_nothing(enact: Enact, talk: type[Talk], dialect: Dialect, answer: Frame) -> None:
    """An answer that nobody asked for is OCP-01's matter."""
    found = enact("AUTH-001", dialect, talk.Rogue.interjecting(answer))
    assert list(found.failed) == ["OCP-01"]
    assert (
        "in step 4 (expect_transaction) answers a CALL 'never' that was never made." in found.failed["OCP-01"]
    )
    assert found.later.verdict == "pass"


def test_a_vendors_own_fields_everywhere(enact: Enact, talk: type[Talk], dialect: Dialect) -> None:
    """Fields that no schema knows fail OCP-02 only: what is understood is answered, and the session is judged."""
    rogue = talk.Rogue.changing(lambda frame: [*frame[:3], {**frame[3], "vendorMagic": {"a": [1, 2]}}])
    found = enact("AUTH-001", dialect, rogue)
    assert list(found.failed) == ["OCP-02"]
    assert found.outcome.requirements["AUT-02"] == "pass"


def test_custom_data_is_allowed_in_201(enact: Enact, talk: type[Talk], dialect: Dialect) -> None:
    """OCPP 2.0.1 has a place for a vendor's own data; 1.6 has none."""
    rogue = talk.Rogue.changing(lambda frame: [*frame[:3], {**frame[3], "customData": {"vendorId": "v"}}])
    found = enact("AUTH-001", dialect, rogue)
    assert list(found.failed) == (["OCP-02"] if dialect == "1.6" else [])


@pytest.mark.parametrize("how", ["lower case", "empty", "null", "five elements"])
def test_a_charger_that_speaks_nothing_but_nonsense(
    enact: Enact, talk: type[Talk], dialect: Dialect, how: str
) -> None:
    """When every CALL is wrong the session cannot succeed; each frame is named and the run goes on."""

    def spoil(frame: Frame) -> Frame:
        kind, unique, action, payload = frame
        if how == "lower case":
            return [kind, unique, action[0].lower() + action[1:], payload]
        if how == "five elements":
            return [*frame, None]
        return [kind, unique, action, {} if how == "empty" else dict.fromkeys(payload)]

    found = enact("AUTH-001", dialect, talk.Rogue.changing(spoil))
    assert found.outcome.verdict == "fail"
    assert "before the first step" in found.failed["OCP-02"]
    assert "and " in found.failed["OCP-02"]
    assert found.later.verdict == "pass"
