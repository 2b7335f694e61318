"""What a station said of its faults, in either dialect."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wattest.judge.fault_reports import fault_reports


def test_a_fault_of_1_6_and_its_end(story: Any) -> None:
    """An errorCode and a vendorErrorCode; NoError takes them back, whatever else stands there."""
    fault = {"errorCode": "OtherError", "vendorErrorCode": "CX014", "timestamp": story.iso()}
    story.call("StatusNotification", {"connectorId": 1, "status": "Faulted", **fault})
    over = {"errorCode": "NoError", "vendorErrorCode": "CX014"}
    story.call("StatusNotification", {"connectorId": 1, "status": "Available", **over})
    *_, first, last = fault_reports(story.entries)
    assert (first.error, first.code, first.cleared, first.written) == (
        "OtherError",
        "CX014",
        False,
        fault["timestamp"],
    )
    assert (last.error, last.code, last.cleared, last.word) == (None, None, True, None)


@pytest.mark.parametrize("value", ["true", "True"])
def test_a_fault_of_2_0_1_and_its_end(story201: Any, value: str) -> None:
    """A techCode of a NotifyEvent about Problem; other variables are no faults."""

    def event(variable: str, actual: str, **more: Any) -> None:
        where = {"name": "CPPWMController", "evse": {"id": 2}}
        data = {"component": where, "variable": {"name": variable}, "actualValue": actual, **more}
        story201.call("NotifyEvent", {"eventData": [data]})

    event("Problem", value, techCode="CX014", timestamp="2026-01-15T12:00:00Z")
    event("Temperature", "41")
    event("Problem", "false", cleared=True)
    first, last = fault_reports(story201.entries)
    assert (first.evse_id, first.code, first.cleared, first.component) == (
        2,
        "CX014",
        False,
        "CPPWMController",
    )
    assert last.cleared


GARBAGE: tuple[Any, ...] = (None, 7, -1, "", "x", [], [None], ["x"], [{}], [{"variable": 3}], {}, True)


@given(
    payload=st.dictionaries(
        st.sampled_from(["connectorId", "errorCode", "vendorErrorCode", "timestamp", "eventData"]),
        st.sampled_from(GARBAGE),
    )
)
def test_garbage_is_read_without_a_trace(payload: dict[str, Any]) -> None:
    """A malformed station is recorded and never stops who reads the record."""
    for dialect, action in (("1.6", "StatusNotification"), ("2.0.1", "NotifyEvent")):
        message = {"type": 2, "id": "1", "action": action, "payload": payload}
        entry = {"kind": "frame", "seq": 1, "t": 0.0, "station": "CP1", "direction": "in"}
        fault_reports([{**entry, "dialect": dialect, "message": message}])
