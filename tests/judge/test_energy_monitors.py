"""Monitors of registers, balance, authorisation and locks: what they fail, and what they must leave alone."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from wattest.judge.energy import marks
from wattest.judge.monitors import run_monitors
from wattest.judge.monitors.balance import MONITOR as BALANCE
from wattest.judge.monitors.lock_follows_state import MONITOR as LOCKS
from wattest.judge.monitors.register_monotone import MONITOR as REGISTER
from wattest.judge.monitors.unauthorised_energy import MONITOR as FREE

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


# --- unauthorised_energy ---------------------------------------------------------------------------------


def test_energy_without_any_authorisation_fails(both: Any) -> None:
    """A plug in the vehicle and no card is no reason to charge."""
    both.act("vehicle", "plug_in")
    first = both.energy(0.0)
    both.step(2, "wait").wait(60)
    second = both.energy(100.0)
    assert both.fails(FREE) == (
        f"The reference meter saw 100.0 Wh between entries {first} and {second} (in step 2 (wait), 60.0 s) without any "
        "authorisation; up to 2.7 Wh counts as none."
    )


def test_energy_before_the_answer_fails(both: Any) -> None:
    """Until the central system has answered, nobody is authorised (1.6 3.5)."""
    both.act("vehicle", "plug_in")
    both.act("card_reader", "present", uid="AA")
    seq = both.authorize("AA", unanswered=True)
    both.energy(0.0)
    both.wait(15).energy(30.0)
    info = {"status": "Accepted"}
    both.wait(5).reply(seq, "in-3", "Authorize", {"idTagInfo": info, "idTokenInfo": info}, direction="out")
    assert "without any authorisation" in both.fails(FREE)


def test_energy_after_the_session_fails(story: Any) -> None:
    """A contactor that stays closed after the end gives energy away."""
    story.session()
    story.energy(1000.0)
    story.wait(200).energy(1300.0)
    assert "without any authorisation" in story.fails(FREE)


@pytest.mark.parametrize("how", ["card", "remote"])
def test_an_authorisation_is_used_up_by_its_session(both: Any, how: str) -> None:
    """What flows after the session has ended is not covered by the card that started or stopped it."""
    if how == "card":
        both.authorize("AA")
    elif both.dialect == "1.6":
        both.ask("RemoteStartTransaction", {"idTag": "aa"})
    else:
        both.ask("RequestStartTransaction", {"idToken": {"idToken": "aa", "type": "Central"}})
    both.wait(2).start(1000, status="Accepted")
    both.wait(10).authorize("AA")
    both.stop(1010)
    both.wait(10).energy(10.0)
    both.wait(20).energy(60.0)
    assert "without any authorisation" in both.fails(FREE)


def test_an_authorisation_is_not_used_up_by_the_session_of_another(story: Any) -> None:
    """Two drivers, two cards."""
    story.session()
    story.authorize("BB")
    story.energy(0.0)
    story.wait(30).energy(200.0)
    assert "fail" not in story.outcomes(FREE)


def test_a_standing_meter_passes_only_with_a_plugged_vehicle(story: Any) -> None:
    """Without a vehicle nothing can flow, which proves nothing."""
    story.energy(0.0)
    story.wait(60).energy(0.0)
    assert story.outcomes(FREE) == []
    story.act("vehicle", "plug_in")
    story.wait(5).energy(0.0)
    seq = story.wait(60).energy(0.1)
    assert story.outcomes(FREE) == ["pass"]
    assert story.findings(FREE)[0].evidence[-1] == seq


def _by_card(story: Any) -> None:
    story.authorize("AA")


def _by_remote(story: Any) -> None:
    action = "RemoteStartTransaction" if story.dialect == "1.6" else "RequestStartTransaction"
    story.ask(action)


def _by_session(story: Any) -> None:
    story.start(0, status="Accepted")


def _by_cache(story: Any) -> None:
    story.authorize("AA")
    story.wait(500).act("card_reader", "present", uid="aa")


def _by_list(story: Any) -> None:
    story.ask("SendLocalList")
    story.act("card_reader", "present", uid="AA")


def _offline(story: Any) -> None:
    story.note("setting", what="card", uid="AA", status="accepted")
    story.cut()
    story.act("card_reader", "present", uid="AA")


def _offline_unknown(story: Any) -> None:
    story.note("setting", what="card", uid="AA", status="blocked")
    if story.dialect == "1.6":
        story.ask("ChangeConfiguration", {"key": "AllowOfflineTxForUnknownId", "value": "true"})
    else:
        data = {
            "component": {"name": "AuthCtrlr"},
            "variable": {"name": "OfflineTxForUnknownIdEnabled"},
            "attributeValue": "True",
        }
        results = [{"attributeStatus": "Accepted"}]
        story.call(
            "SetVariables", {"setVariableData": [data]}, {"setVariableResult": results}, direction="out"
        )
    story.cut()
    story.act("card_reader", "present", uid="AA")


@pytest.mark.parametrize(
    "grant", [_by_card, _by_remote, _by_session, _by_cache, _by_list, _offline, _offline_unknown]
)
def test_energy_is_authorised_in_many_ways(both: Any, grant: Any) -> None:
    """Cards, remote starts, running sessions, and what the station may decide by itself."""
    grant(both)
    both.wait(5).energy(0.0)
    both.wait(30).energy(200.0)
    assert both.outcomes(FREE) == []


def test_a_blocked_card_offline_authorises_nobody(story: Any) -> None:
    """Never accepted, not allowed as unknown: no reason to charge."""
    story.note("setting", what="card", uid="AA", status="blocked")
    story.cut()
    story.act("card_reader", "present", uid="AA")
    story.wait(5).energy(0.0)
    story.wait(30).energy(200.0)
    assert "without any authorisation" in story.fails(FREE)


def test_a_setting_that_was_refused_or_is_garbage_changes_nothing(story: Any) -> None:
    """Only accepted settings are in force."""
    story.ask("ChangeConfiguration", {"key": "ConnectionTimeOut", "value": "9999"}, status="Rejected")
    story.ask("ChangeConfiguration", {"key": "ConnectionTimeOut", "value": "soon"})
    story.authorize("AA")
    story.wait(100).energy(0.0)
    story.wait(30).energy(200.0)
    assert "without any authorisation" in story.fails(FREE)


def test_a_refused_session_that_goes_on_fails(both: Any) -> None:
    """The central system said Blocked, and the register kept turning."""
    first = both.start(1000, status="Blocked")
    for minute in range(1, 6):
        last = both.wait(60).meter(1000 + 100 * minute, no=minute)
    sentence = both.fails(FREE)
    assert sentence == (
        f"The central system answered 'Blocked' to the token of transaction 7, yet its register grew by 500 Wh afterwards "
        f"(entries {first} and {last}); 23.3 Wh are allowed."
    )


def test_a_refused_session_may_end_and_may_use_what_it_was_granted(story: Any) -> None:
    """A contactor needs a moment, and MaxEnergyOnInvalidId is a grant (1.6 9.1)."""
    story.start(1000, status="Invalid")
    story.wait(5).stop(1010)
    assert story.outcomes(FREE) == []
    story.ask("ChangeConfiguration", {"key": "MaxEnergyOnInvalidId", "value": "1000"})
    story.start(1010, tx=8, status="Invalid")
    story.wait(60).meter(1900, tx=8)
    story.stop(1900, tx=8)
    assert story.outcomes(FREE) == []


def test_a_refused_session_under_a_stepped_clock_says_nothing(story: Any) -> None:
    """Then nobody knows what came before the answer."""
    story.note("setting", what="clock")
    story.start(1000, status="Blocked")
    story.wait(600).stop(2000)
    assert story.outcomes(FREE) == []


def test_queued_times_that_cannot_be_true_accuse_nobody_of_giving_energy_away(story: Any) -> None:
    """A wrong clock is a matter of DAT-01; energy of the outage may belong to the session that it told of."""
    story.energy(0.0)
    story.wait(60).cut()
    story.act("vehicle", "plug_in")
    story.wait(100).energy(100.0)
    story.wait(500).energy(1000.0)
    story.wait(100).heal()
    story.start(1000, ago=18_500)
    story.stop(2000, ago=18_100)
    story.wait(60).energy(1000.0)
    assert story.outcomes(FREE) == []
    assert not [found for found in story.findings(BALANCE) if "reference" in found.name]


# --- lock_follows_state ----------------------------------------------------------------------------------


def test_an_unlocked_connector_while_charging_fails(both: Any) -> None:
    """Current with an open lock is what a lock is for."""
    both.start(1000, status="Accepted")
    if both.dialect == "1.6":
        both.status("Charging")
    both.meter(1000)
    both.wait(30)
    seq = both.locks(connector="unlocked")
    both.wait(60).meter(1100, no=2)
    both.wait(60).stop(1200)
    assert both.fails(LOCKS, "LCK-03") == (
        f"The connector lock was seen unlocked (entry {seq}, before the first step) while transaction 7 was charging."
    )


def test_a_locked_connector_while_charging_passes(story: Any) -> None:
    """Positions that nobody knows and moments near a change are left out."""
    story.start(1000)
    story.status("Charging")
    story.wait(1).locks(connector="unlocked")
    story.wait(30).locks(connector="unknown")
    seq = story.locks(connector="locked")
    story.wait(30).status("SuspendedEV")
    story.wait(30).locks(connector="unlocked")
    story.stop(1200)
    assert story.outcomes(LOCKS) == ["pass"]
    assert story.findings(LOCKS)[0].evidence == (seq,)


def test_a_connector_of_another_evse_or_under_a_fault_says_nothing(story: Any) -> None:
    """The rig stands at EVSE 1, and a disturbed link hides states."""
    payload = {"connectorId": 2, "idTag": "AA", "meterStart": 1, "timestamp": story.iso()}
    story.call("StartTransaction", payload, {"transactionId": 9, "idTagInfo": {"status": "Accepted"}})
    story.start(1000)
    story.status("Charging")
    story.wait(20).cut().wait(20)
    story.locks(connector="unlocked")
    assert story.outcomes(LOCKS, "LCK-03") == []


def test_a_charger_without_locks_is_not_judged(blank: Any) -> None:
    """The charger sheet says what there is."""
    from wattest.judge.facts import Facts

    story = blank(facts=Facts()).connect()
    story.start(1000)
    story.status("Charging")
    story.wait(30).locks("unlocked", "unlocked")
    story.wait(30).stop(1100)
    assert story.outcomes(LOCKS) == []


def _settled(story: Any) -> Any:
    story.wait(200).act("vehicle", "holster")
    return story.wait(20)


def test_a_plug_that_is_not_captive_fails(story: Any) -> None:
    """Nobody is authorised, the plug hangs on the station, and it is free."""
    _settled(story)
    seq = story.locks("unlocked")
    assert story.fails(LOCKS, "LCK-01") == (
        f"The holster lock was seen unlocked (entry {seq}, before the first step) with the plug on the station and nobody "
        "authorised to take it."
    )


def test_a_plug_that_is_not_locked_again_fails(story: Any) -> None:
    """After a session the plug must be captive again within 5 s."""
    story.wait(100).session()
    story.act("vehicle", "holster")
    story.wait(3).locks("unlocked")
    story.wait(10).locks("locked")
    assert story.outcomes(LOCKS, "LCK-02") == ["pass"]
    story.locks("unlocked")
    assert "holster lock was seen unlocked" in story.fails(LOCKS, "LCK-02")


@pytest.mark.parametrize(
    "why", ["card", "refused card", "unlock", "cut", "boot", "mains", "unknown", "away", "left"]
)
def test_an_open_holster_is_no_flaw_when_somebody_may_take_the_plug(story: Any, why: str) -> None:
    """Authorised, tapping, unlocked remotely, or where nobody knows."""
    if why == "unknown":
        story.wait(200)
    else:
        _settled(story)
    if why == "card":
        story.authorize("AA")
    elif why == "refused card":
        story.act("card_reader", "present", uid="ZZ")
    elif why == "unlock":
        story.ask("UnlockConnector", status="Unlocked")
    elif why == "cut":
        story.cut()
    elif why == "boot":
        story.boot()
    elif why == "mains":
        story.power(False)
        story.wait(2).power(True)
    elif why == "away":
        story.act("vehicle", "unplug")
    elif why == "left":
        story.step(1, "x").end_step()
    story.wait(3).locks("unlocked")
    assert story.outcomes(LOCKS) == []


def test_a_captive_plug_passes(story: Any) -> None:
    """Seen locked, with nobody authorised."""
    _settled(story).locks("locked")
    assert story.outcomes(LOCKS, "LCK-01") == ["pass"]
