"""Monitors of registers and balance: what they fail, and what they must leave alone."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from wattest.judge.energy import marks
from wattest.judge.monitors import run_monitors
from wattest.judge.monitors.balance import MONITOR as BALANCE
from wattest.judge.monitors.register_monotone import MONITOR as REGISTER

# --- register_monotone -----------------------------------------------------------------------------------


def test_a_register_that_falls_fails(both: Any) -> None:
    """A reboot that resets the register is seen at the next start."""
    both.start(5000, status="Accepted")
    both.wait(60)
    first = both.stop(6000)
    both.wait(60)
    second = both.start(0, tx=8, status="Accepted")
    assert both.fails(REGISTER) == (
        f"The register of EVSE 1 went back from 6000 Wh (entry {first}) to 0 Wh (entry {second}, before the first step)."
    )


def test_a_register_is_remembered_between_attempts_on_a_live_bench(story: Any, blank: Any) -> None:
    """The next scenario's first value is held against the last one's."""
    _, carry = run_monitors(story.session().entries, story.facts)
    later = blank()
    later.carry = carry
    later.wait(5000).start(100, tx=9)
    assert "went back from 2000 Wh" in later.fails(REGISTER)
    _, again = run_monitors(later.entries, later.facts, carry)
    assert again["registers"]["CP1/1"]["wh"] == "100"


def test_values_in_another_unit_and_coarser_digits_are_the_same_register(story: Any) -> None:
    """12.3 kWh is 12300 Wh to within its last digit."""
    story.start(12345)
    values = [story.values("12.4", unit="kWh"), story.values("x"), story.values("1", unit="Ah")]
    story.wait(60).call("MeterValues", {"connectorId": 1, "transactionId": 7, "meterValue": values}, {})
    story.wait(60).stop(12350)
    assert story.outcomes(REGISTER) == ["pass"]


def test_late_delivery_and_equal_times_are_no_fall(story201: Any) -> None:
    """Stated order and arrival must agree on a fall."""
    story201.start(1000, status="Accepted")
    story201.wait(120)
    story201.event("Updated", 7, 2, 1200)
    story201.event("Updated", 7, 1, 1100, ago=60)
    story201.event("Updated", 7, 3, 1150)
    story201.wait(1).stop(1300, no=4)
    assert story201.outcomes(REGISTER) == ["pass"]


def test_a_lower_value_of_an_earlier_time_is_no_fall(story: Any) -> None:
    """The values of the beginning come again at the end (StopTransaction.transactionData)."""
    story.start(1000)
    begin = story.t
    story.wait(600).meter(2000)
    data = [story.values("1001", ago=story.t - begin), story.values("2000")]
    payload = {"transactionId": 7, "meterStop": 2000, "timestamp": story.iso(), "transactionData": data}
    story.call("StopTransaction", payload, {})
    assert story.outcomes(REGISTER) == ["pass"]


def test_with_a_stepped_clock_arrival_alone_decides(story: Any) -> None:
    """Stated times prove nothing then."""
    story.note("setting", what="clock", seconds=1)
    story.start(5000)
    story.stop(4000)
    assert "went back from 5000 Wh" in story.fails(REGISTER)


def test_values_outside_a_transaction_count_too(both: Any) -> None:
    """Clock-aligned values come without a transaction; connector 0 is the station's own meter."""
    sampled: list[dict[str, Any]] = [{"value": "900", "measurand": "Energy.Active.Import.Register"}]
    if both.dialect == "2.0.1":
        sampled = [{"value": 900, "measurand": "Energy.Active.Import.Register"}]
    key = "connectorId" if both.dialect == "1.6" else "evseId"
    both.start(1000, status="Accepted")
    both.wait(60)
    for evse in (0, 1):
        both.call(
            "MeterValues", {key: evse, "meterValue": [{"timestamp": both.iso(), "sampledValue": sampled}]}, {}
        )
    assert "to 900 Wh" in both.fails(REGISTER)


# --- balance ---------------------------------------------------------------------------------------------


def test_a_session_that_ends_below_its_start_fails(both: Any) -> None:
    """Nobody is paid for charging."""
    both.start(5000, status="Accepted")
    both.wait(60).stop(4000)
    assert both.fails(BALANCE, "DAT-03") == "Transaction 7 ends 1000 Wh below its start."


def test_a_sample_outside_its_session_fails(story: Any) -> None:
    """A slip between Wh and kWh is a thousandfold."""
    story.start(5000)
    values = {"connectorId": 1, "transactionId": 7, "meterValue": [story.values("5.1")]}
    seq = story.wait(60).call("MeterValues", values, {})
    story.wait(60).stop(5200)
    assert story.fails(BALANCE, "MET-12") == (
        f"A periodic register of transaction 7 is 5.1 Wh (entry {seq}), outside the 5000 Wh to 5200 Wh from its start to "
        "its end."
    )


def test_power_that_is_not_the_growth_of_the_register_fails(both: Any) -> None:
    """The integral of the power reported must be the energy reported."""
    both.start(1000, status="Accepted")
    for minute in range(1, 11):
        both.wait(60).meter(1000 + 100 * minute, w=7000, no=minute)
    both.wait(5).stop(2000, no=12)
    sentence = both.fails(BALANCE, "MET-14")
    assert sentence == (
        "Energy of transaction 7 over its periodic values at steady power: integral of the power 1050 Wh, register 900 Wh, "
        "a difference of 150 Wh; 56.4444 Wh is allowed (5 % 52.5, change between samples 0, register steps 2, times in "
        "whole seconds 1.94444)."
    )


def test_stretches_in_which_the_power_changed_are_left_out(story: Any) -> None:
    """A ramp, and a pause that only a status tells of, say nothing; steady stretches before and after do."""
    story.start(1000)
    for wh, watts in ((1000, 0), (1010, 6000), (1110, 6000), (1210, 6100)):
        story.meter(wh, w=watts)
        story.wait(60)
    story.wait(-30)
    story.status("SuspendedEV")
    story.status("Charging")
    story.wait(30).meter(1250, w=6000)
    story.wait(60).meter(1350, w=6000)
    story.stop(1350)
    (finding,) = [found for found in story.findings(BALANCE) if found.name == "power integral"]
    assert finding.inputs["values"]["register"] == 300
    assert finding.inputs["allowance"]["register steps"] == 4
    assert story.outcomes(BALANCE, "MET-14") == ["pass"]


def test_a_limit_between_two_samples_leaves_their_stretch_out(story: Any) -> None:
    """A share that falls and comes back between two samples of equal power is no steady stretch."""
    story.start(1000)
    story.meter(1000, w=6000)
    story.wait(20).ask("SetChargingProfile")
    story.wait(20).ask("SetChargingProfile")
    story.wait(20).meter(1070, w=6000)
    story.wait(60).meter(1170, w=6000)
    story.stop(1170)
    (finding,) = [found for found in story.findings(BALANCE) if found.name == "power integral"]
    assert finding.inputs["values"]["register"] == 100
    assert story.outcomes(BALANCE, "MET-14") == ["pass"]


def test_a_pause_that_the_bench_made_leaves_its_stretch_out(story: Any) -> None:
    """A station need not tell of every pause of a vehicle; whoever made it knows."""
    story.start(1000)
    story.meter(1000, w=6000)
    story.wait(20).act("vehicle", "set_ready", ready=False)
    story.wait(20).act("vehicle", "set_ready", ready=True)
    story.wait(20).meter(1070, w=6000)
    story.wait(60).meter(1170, w=6000)
    story.stop(1170)
    (finding,) = [found for found in story.findings(BALANCE) if found.name == "power integral"]
    assert finding.inputs["values"]["register"] == 100
    assert story.outcomes(BALANCE, "MET-14") == ["pass"]


def test_a_session_without_power_has_no_integral(story: Any) -> None:
    """Nothing times anything is nothing."""
    story.start(1000)
    story.meter(1000, w=0)
    story.wait(60).meter(1000, w=0)
    story.stop(1000)
    assert story.outcomes(BALANCE, "MET-14") == []


def test_register_and_reference_disagree(both: Any) -> None:
    """What was billed and what flowed differ by more than any class allows."""
    before = both.energy(0.0)
    both.session()
    after = both.energy(1200.0)
    sentence = both.fails(BALANCE, "DAT-03")
    assert sentence.startswith(
        "Energy of transaction 7: registers 1000 Wh, reference meter 1200 Wh, a difference of -200 Wh;"
    )
    finding = next(
        found
        for found in both.findings(BALANCE)
        if found.rule == "agree" and found.name.startswith("energy ag")
    )
    assert finding.evidence[0] == before
    assert finding.evidence[-1] == after


def test_two_sessions_between_two_readings_are_added(story: Any) -> None:
    """Where the meter was not read in between, the sum decides, once."""
    story.energy(0.0)
    story.session()
    story.session(2000, 2500, tx=8)
    story.energy(1505.0)
    agree = [found for found in story.findings(BALANCE) if found.name == "energy against the reference meter"]
    assert [found.inputs["what"] for found in agree] == ["energy of transaction 7, transaction 8"]
    assert "fail" not in story.outcomes(BALANCE)


@pytest.mark.parametrize("why", ["restarted", "stopped", "flagged", "none after", "fell", "clock", "running"])
def test_without_two_readings_of_one_integration_nothing_is_compared(story: Any, why: str) -> None:
    """A reference that was reset, flagged or missing is no reference."""
    story.energy(0.0)
    if why == "restarted":
        story.act("reference_meter", "start_integration")
    if why == "clock":
        story.note("setting", what="clock")
    if why == "running":
        story.start(100, tx=5)
    story.session()
    if why == "stopped":
        story.act("reference_meter", "stop_integration")
    if why == "fell":
        story.energy(-5.0)
    elif why == "flagged":
        story.energy(500.0, flags=("over-range",))
        story.energy(None)
    elif why != "none after":
        story.energy(500.0)
    assert not [
        found for found in story.findings(BALANCE) if found.name == "energy against the reference meter"
    ]


def test_an_unknown_uncertainty_of_the_reference_makes_room(story: Any) -> None:
    """Nobody knows how good the reference is, so it may be off by a percent of its reading."""
    story.energy(0.0, u=None)
    story.session()
    story.energy(1030.0, u=None)
    assert "fail" not in story.outcomes(BALANCE)
    assert [mark.u for mark in marks(story.scene().trace)] == [None, None]


def test_standby_at_the_input_is_allowed_for(blank: Any) -> None:
    """A meter before the station sees its electronics and heaters."""
    story = blank()
    story.facts = replace(story.facts, measurement_plane="input")
    story.connect()
    story.energy(0.0)
    story.session()
    story.energy(1100.0)
    assert "fail" not in story.outcomes(BALANCE)


def _tariff(story: Any, **fields: Any) -> None:
    tariff = {"id": "t", "currency": "CAD", "energy": "0.35", "time": "0", "flat": "0", "idle": "0", **fields}
    story.note("setting", what="tariff", tariff=tariff)


def test_a_bill_that_is_not_energy_times_price_fails(story: Any) -> None:
    """1 kWh at 0.35 and at most 15 % tax is no 0.46 (taxed twice) and no 0.30."""
    for shown, fails in (
        ("0.46", True),
        ("0.30", True),
        ("0.40", False),
        ("0.35", False),
        ("nothing", False),
    ):
        told = type(story)().connect()
        _tariff(told)
        told.display("99.99")
        told.session()
        told.display(shown)
        told.wait(60).session(2000, 3000, tx=8)
        told.display(None)
        bills = told.decisions(BALANCE, "MET-12")
        assert [found.outcome for found in bills if "total shown" in found.sentence] == (
            [] if shown == "nothing" else ["fail" if fails else "pass"]
        )


def test_a_price_with_tax_included_leaves_a_cent(story: Any) -> None:
    """Nothing is added to it."""
    _tariff(story, tax_included=True)
    story.session()
    story.display("0.37")
    assert "0.36" in story.fails(BALANCE, "MET-12")


@pytest.mark.parametrize("fields", [{"time": "3.00"}, {"energy": "0"}])
def test_a_tariff_of_another_kind_is_not_for_this_monitor(story: Any, fields: Any) -> None:
    """Time, idle and flat prices are computed by the scenarios about money."""
    _tariff(story, **fields)
    story.session()
    story.display("9.99")
    assert "fail" not in story.outcomes(BALANCE)


def test_a_session_without_registers_is_not_balanced(story201: Any) -> None:
    """What was not stated cannot be compared."""
    story201.event("Started", 7, 0, None, status="Accepted", uid="AA")
    story201.event("Ended", 7, 1, None)
    assert story201.outcomes(BALANCE) == []
