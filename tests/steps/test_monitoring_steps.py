"""Steps that ask what an operator and a map see, performed on the simulated charger, sound and not."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.steps.conftest import Tried

from wattest.errors import Inconclusive
from wattest.model.library import library_folder
from wattest.steps.monitoring import expect_error_code

if TYPE_CHECKING:
    from tests.steps.conftest import Stand

BEGIN = ("present_card: driver", "plug_in", "ev_ready", "expect_transaction: {state: charging, within: 30 s}")


@pytest.mark.parametrize("dialect", ["1.6", "2.0.1"])
def test_too_few_sessions_decide_nothing(tried: Tried, dialect: str) -> None:
    """Five sessions without a failure are no proof of 97 %, and the sentence says how many would be."""
    found = tried("MON-09", "endurance: {card: driver, sessions: 5, for: 10 s}", dialect=dialect)
    assert found.verdict == "inconclusive"
    assert found.sentence == (
        "5 sessions of 32 A for 10 s, 0 of them failed: too few to show 97 % at 95 % confidence; "
        "with 0 failed, 99 are needed."
    )


def test_sessions_that_fail_are_counted_and_the_next_begins(tried: Tried) -> None:
    """A charger of which one session in eight does not start contradicts 97 %, and the sentence says why."""
    found = tried("MON-09", "endurance: {card: driver, sessions: 60, for: 10 s}", active=("START-D01",))
    assert (found.verdict, found.requirements["MON-09"]) == ("fail", "fail")
    assert "so many contradict a success of 97 % at 95 % confidence." in found.sentence
    assert "no session charged within 60 s." in found.sentence


def test_a_meter_that_stands_still_is_no_success(tried: Tried) -> None:
    """Whatever the station says: a session without current at the reference meter has failed."""
    found = tried(
        "MON-09", "jam_lock: connector", "endurance: {card: driver, sessions: 2, for: 10 s, within: 20 s}"
    )
    assert found.requirements["MON-09"] == "fail"


FAULT = (*BEGIN, "make_vehicle_fault: short")


@pytest.mark.parametrize("dialect", ["1.6", "2.0.1"])
def test_the_right_code(tried: Tried, dialect: str) -> None:
    """A shorted pilot is CX014; another code for it fails."""
    assert (
        tried("MON-04", *FAULT, "expect_error_code: {code: CX014}", dialect=dialect).requirements["MON-04"]
        == "pass"
    )
    found = tried(
        "MON-04", *FAULT, "expect_error_code: {code: CX014}", active=("STATUS-D12",), dialect=dialect
    )
    assert found.requirements["MON-04"] == "fail"
    assert found.sentence == "The minimum required error code is 'CX016', but 'CX014' was expected."


def test_a_report_without_a_code_needs_the_makers_list(tried: Tried) -> None:
    """OtherError alone says nothing: that is doubt, not failure."""
    found = tried("MON-04", *FAULT, "expect_error_code: {code: CX014}", active=("V01",))
    assert found.verdict == "inconclusive"
    assert found.sentence.startswith("The minimum required error code was not observed")


def test_no_fault_no_code(tried: Tried) -> None:
    """Without a report there is nothing that could have a code."""
    found = tried("MON-04", *BEGIN, "expect_error_code: {code: CX014, within: 5 s}")
    assert found.sentence == "The report of a fault that is CX014 (PilotFault) did not come within 5 s."


def test_an_unknown_code_is_a_mistake_of_the_scenario(tried: Tried) -> None:
    """The codes are those of fixtures/error_codes."""
    found = tried("MON-04", "expect_error_code: {code: CX099}")
    assert found.verdict == "error"
    assert "There is no error code 'CX099' under fixtures/error_codes; known are CX001" in found.sentence


def test_a_fault_that_stays_is_named(tried: Tried) -> None:
    """A station that latches every fault fails, with the code that it does not take back."""
    steps = (
        *FAULT,
        "wait: 5 s",
        "mend_vehicle_fault: short",
        "ev_pause",
        "wait: 5 s",
        "unplug",
        "return_plug",
        "expect_fault_cleared: {within: 30 s}",
    )
    assert tried("MON-04", *steps).requirements["MON-04"] == "pass"
    found = tried("MON-04", *steps, active=("STATUS-D11",))
    assert found.sentence == "The end of the fault CX014 did not come within 30 s."
    unheard = tried("MON-04", *BEGIN, "expect_fault_cleared")
    assert unheard.verdict == "inconclusive"
    assert "The station has reported no fault in this scenario" in unheard.sentence


TOO_MUCH = (
    "present_card: driver",
    "plug_in",
    "charge: {current: 10 A}",
    "ev_ready",
    "expect_transaction: {state: charging, within: 30 s}",
    "set_limit: {current: 10 A}",
    "wait: 10 s",
    "check_over_current",
)


@pytest.mark.parametrize("dialect", ["1.6", "2.0.1"])
def test_a_report_that_was_taken_back_was_a_report(tried: Tried, dialect: str) -> None:
    """A fault that passes with its cause is reported and cleared at once: both the report and its code count."""
    steps = (*TOO_MUCH, "wait: 5 s", "expect_error_code: {code: CX004}")
    found = tried("MON-04", *steps, active=("V112",), dialect=dialect)
    assert (found.verdict, found.requirements["MON-04"]) == ("pass", "pass")
    silent = tried("MON-04", *steps, active=("PILOT-D13",), dialect=dialect)
    assert (
        silent.sentence
        == "The report of a fault that is CX004 (OverCurrentFailure) did not come within 10 s."
    )


def test_a_report_from_before_the_fault_is_none_of_it(tried: Tried) -> None:
    """What was reported and cleared before the fault was made says nothing about it."""
    before = (
        *FAULT,
        "wait: 5 s",
        "mend_vehicle_fault: short",
        "ev_pause",
        "wait: 5 s",
        "unplug",
        "wait: 10 s",
    )
    found = tried("MON-04", *before, "jam_lock: connector", "expect_error_code: {code: CX014, within: 5 s}")
    assert found.sentence == "The report of a fault that is CX014 (PilotFault) did not come within 5 s."


def test_a_session_that_ended_for_over_current(stand: Stand) -> None:
    """The reason of OCPP 2.0.1 tells of the fault, but not its code: that is doubt."""
    stand.run_.entries = list
    stand.csms.put(stand.transaction(stop_reason="OvercurrentFault"))
    stand.csms.fake.last_status = lambda _evse: None  # type: ignore[attr-defined]
    stand.csms.fake.last_status_seq = lambda _evse: None  # type: ignore[attr-defined]
    with pytest.raises(Inconclusive) as caught:
        stand.do(expect_error_code(stand.run_, code="CX004"))
    assert str(caught.value).startswith("The minimum required error code was not observed")
    assert stand.checks()[0] == ("fault reported", "pass")


def test_uptime_of_a_scenario(tried: Tried) -> None:
    """A station that tests itself for half an hour after a session is down for that long."""
    steps = (
        *BEGIN,
        "wait: 1 h",
        "present_card: driver",
        "expect_transaction: {state: ended, within: 30 s}",
        "unplug",
        "return_plug",
        "wait: 5 h",
        "check_uptime",
    )
    assert tried("MON-08", *steps).requirements["MON-08"] == "pass"
    found = tried("MON-08", *steps, active=("STATUS-D08",))
    assert found.requirements["MON-08"] == "fail"
    assert "the uptime of CP001-1 by the formula nevi" in found.sentence.lower().replace("cp001", "CP001")


def test_an_outage_must_have_been_made(tried: Tried) -> None:
    """Without cut_network there is nothing to notice."""
    found = tried("MON-03", "expect_outage_noticed")
    assert found.verdict == "error"
    assert "expect_outage_noticed needs a cut_network step before it" in found.sentence


def test_a_status_that_is_not_published_in_time(tried: Tried) -> None:
    """After 30 s it is too late, and the sentence says what is published instead."""
    found = tried("MON-05", "expect_published: {status: RESERVED}")
    assert (
        found.sentence
        == "The status RESERVED by OCPI 2.2.1 (AVAILABLE is published) did not come within 30 s."
    )


def test_a_place_that_is_published_elsewhere(tried: Tried) -> None:
    """Coordinates 100 m from the survey are beyond 25 m."""
    found = tried("INF-01", "check_location_published: {latitude: 45.509740, longitude: -73.567256}")
    assert found.requirements["INF-01"] == "fail"
    assert "The distance from the surveyed place is 100.0" in found.sentence


def test_a_site_of_another_station_says_nothing(tried: Tried, tmp_path: Path) -> None:
    """An invented place proves nothing about a station that stands elsewhere."""
    text = (library_folder("fixtures") / "sites" / "reference.yaml").read_text(encoding="utf-8")
    other = text.replace("site: reference", "site: other").replace("SIM-0001", "BT7")
    (tmp_path / "other.yaml").write_text(other, encoding="utf-8")
    step = "check_location_published: {latitude: 45.508840, longitude: -73.567256, site: other.yaml}"
    found = tried("INF-01", step)
    assert found.verdict == "inconclusive"
    assert "The site document 'other' is of station BT7, and SIM-0001 is tested" in found.sentence
