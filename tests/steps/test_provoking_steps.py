"""Faults that are made: what was not provoked decides nothing, whatever the station says."""

from __future__ import annotations

from tests.steps.conftest import Tried

BEGIN = ("present_card: driver", "plug_in", "ev_ready", "expect_transaction: {state: charging, within: 30 s}")


def test_a_station_that_goes_on_as_before_had_no_fault(tried: Tried) -> None:
    """105 % of the rated voltage is none of its business."""
    found = tried("MON-04", *BEGIN, "check_voltage_fault: {voltage: 105 %, code: CX005}")
    assert found.verdict == "inconclusive"
    assert "flow as before and reports nothing 120 s after 105 % of the rated voltage" in found.sentence
    assert "no fault was provoked" in found.sentence


def test_without_a_session_nothing_could_stop(tried: Tried) -> None:
    """Current must flow before it can be said to have ended."""
    found = tried("MON-04", "check_emergency_stop")
    assert found.verdict == "inconclusive"
    assert "nothing is charging that could stop" in found.sentence


def test_another_code_than_that_of_the_fault_fails(tried: Tried) -> None:
    """Too low a voltage is not CX005."""
    found = tried("MON-04", *BEGIN, "check_voltage_fault: {voltage: 70 %, code: CX005}")
    assert found.requirements["MON-04"] == "fail"


def test_an_unknown_alternative_is_a_mistake_of_the_scenario(tried: Tried) -> None:
    """Each code that may stand there is one of the list."""
    found = tried("MON-04", "expect_error_code: {code: CX003, or: [CX099]}")
    assert found.verdict == "error"
    assert "There is no error code 'CX099' under fixtures/error_codes" in found.sentence
