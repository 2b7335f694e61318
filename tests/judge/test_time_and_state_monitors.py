"""Monitors of times, connector states and conduct: what they fail, and what they must leave alone."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from wattest.judge.monitors.conduct import MONITOR as CONDUCT
from wattest.judge.monitors.status_transitions import MONITOR as STATUS
from wattest.judge.monitors.timestamps import MONITOR as TIMES

# --- timestamps ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["2026-01-15T12:00:20", "2026-01-15", "noon", 1768478400])
def test_a_time_without_zone_fails(story: Any, text: Any) -> None:
    """Local time without offset is ambiguous (1.6 3.14)."""
    seq = story.call("StatusNotification", {"connectorId": 1, "timestamp": text}, {})
    assert story.fails(TIMES) == (
        f"The time '{text}' in StatusNotification (id 'in-3', entry {seq}) before the first step is no ISO 8601 "
        "time with 'Z' or an offset."
    )


@pytest.mark.parametrize(
    "text", ["2026-01-15T12:00:10Z", "2026-01-15T07:00:10-05:00", "2026-01-15t12:00:10.123456789z"]
)
def test_any_zone_and_precision_will_do(story: Any, text: str) -> None:
    """An offset is as good as Z, and digits are free."""
    story.call("StatusNotification", {"connectorId": 1, "timestamp": text}, {})
    assert story.outcomes(TIMES) == []


def test_a_time_in_the_future_fails(story: Any) -> None:
    """Nothing happens after it is told."""
    seq = story.start(1000, ago=-10)
    assert (
        f"entry {seq}) before the first step is 10.0 s ahead of the clock of the bench; 2 s are allowed."
        in story.fails(TIMES)
    )


def test_a_time_behind_fails_when_it_was_told_at_once(both: Any) -> None:
    """A start that was surely not queued is dated when it came."""
    seq = both.start(1000, ago=60, status="Accepted")
    assert both.fails(TIMES) == (
        f"The time of the started event of transaction 7 (entry {seq}, before the first step) is 60.0 s behind the clock of "
        "the bench although it was sent at once; 5 s are allowed."
    )


def _offline(story: Any) -> None:
    story.cut().wait(100)
    story.heal().status("Available")


def _owing(story: Any) -> None:
    story.call("MeterValues", {}, error="InternalError")
    story.wait(10)


def _held(story: Any) -> None:
    story.authorize("BB", after=50)


def _rebooted(story: Any) -> None:
    story.wait(100).link("closed")
    story.wait(5).link("opened")
    story.boot()
    story.wait(3)


def _pending(story: Any) -> None:
    story.boot("Pending")
    story.wait(30)


@pytest.mark.parametrize("why", [_offline, _owing, _held, _rebooted, _pending])
def test_a_time_behind_is_no_flaw_when_it_may_have_been_queued(story: Any, why: Any) -> None:
    """What waited in a queue is dated when it happened."""
    why(story)
    story.start(1000, ago=50)
    assert story.outcomes(TIMES) == ["inconclusive"]
    assert (
        "No start or end was surely sent at once (such as that of transaction 7)"
        in story.decisions(TIMES)[0].sentence
    )


def test_a_queue_is_empty_after_a_long_quiet_link(story: Any) -> None:
    """A minute after coming back, with silence, nothing is left to deliver."""
    _offline(story)
    story.wait(70).start(1000)
    assert story.outcomes(TIMES) == ["pass"]


def test_a_link_that_ends_at_the_same_moment_ended_afterwards(story: Any) -> None:
    """In virtual time nothing takes any time."""
    story.start(1000)
    story.cut()
    assert story.outcomes(TIMES) == ["pass"]


def test_clocks_that_the_suite_played_with_prove_nothing(story: Any) -> None:
    """A stepped wall clock, or a wrong time told by the central system, excuses stated times."""
    story.note("setting", what="clock", seconds=3600)
    story.start(1000, ago=600)
    assert story.outcomes(TIMES) == ["inconclusive"]


def test_a_wrong_time_from_the_central_system_excuses_as_well(blank: Any) -> None:
    """The station believes what it is told."""
    story = blank()
    story.link("opened")
    story.call(
        "BootNotification", {}, {"status": "Accepted", "currentTime": "2030-01-01T00:00:00Z", "interval": 1}
    )
    story.wait(10).start(1000, ago=-3600)
    assert story.outcomes(TIMES) == ["inconclusive"]


def test_a_wall_clock_that_jumps_is_noticed(story: Any) -> None:
    """Bench time and wall time drifting apart mean that somebody stepped the clock."""
    story.skew = timedelta(hours=1)
    story.start(1000, ago=3600)
    assert story.scene().trace.clock_stepped
    assert story.outcomes(TIMES) == ["inconclusive"]


def test_times_outside_their_transaction_fail(story: Any) -> None:
    """No value before the start, none after the end."""
    story.start(1000)
    story.wait(60)
    values = {"connectorId": 1, "transactionId": 7, "meterValue": [story.values("1000", ago=200)]}
    seq = story.call("MeterValues", values, {})
    assert f"A time of transaction 7 (entry {seq}, before the first step)" in story.fails(TIMES)
    assert "is before its start at 2026-01-15T12:00:10+00:00." in story.fails(TIMES)


def test_values_after_the_end_fail(story: Any) -> None:
    """The end is the end."""
    story.start(1000)
    story.wait(60).stop(1100)
    story.wait(60).meter(1200)
    assert "is after its end at 2026-01-15T12:01:10+00:00." in story.fails(TIMES)


def test_times_that_go_back_within_a_transaction_fail(both: Any) -> None:
    """Meter times are in order, by seqNo where there is one."""
    both.start(1000, status="Accepted")
    both.wait(60).meter(1100, no=1)
    if both.dialect == "1.6":
        values = {"connectorId": 1, "transactionId": 7, "meterValue": [both.values("1100", ago=30)]}
        both.call("MeterValues", values, {})
    else:
        both.event("Updated", 7, 2, 1100, ago=30)
    assert "which was told earlier" in both.fails(TIMES)


def test_events_may_arrive_out_of_order_in_201(story201: Any) -> None:
    """Completeness is by seqNo, not by arrival (V04)."""
    story201.start(1000, status="Accepted")
    begin = story201.t
    story201.wait(180)
    story201.event("Updated", 7, 2, 1200, ago=60)
    story201.event("Updated", 7, 1, 1100, ago=120)
    story201.stop(1300, no=3)
    assert story201.t - begin == 180
    assert story201.outcomes(TIMES) == ["pass"]


# --- status_transitions ----------------------------------------------------------------------------------


def test_an_illegal_transition_fails(story: Any) -> None:
    """Charging never becomes Preparing (1.6 4.9)."""
    first = story.status("Charging")
    second = story.wait(5).status("Preparing")
    assert story.fails(STATUS) == (
        f"Connector 1 went from Charging (entry {first}) to Preparing (entry {second}, before the first step), which "
        "OCPP 1.6 4.9 does not allow."
    )


def test_a_fault_returns_to_the_state_before_it(story: Any) -> None:
    """From Available through Faulted to Charging is no way back; from Charging it is."""
    story.status("Faulted")
    seq = story.status("Charging")
    assert story.fails(STATUS) == (
        f"Connector 1 went from Faulted (entry {seq - 2}) to Charging (entry {seq}, before the first step) after Available "
        "before the fault, which OCPP 1.6 4.9 does not allow."
    )


@pytest.mark.parametrize(
    "states",
    [
        ("Preparing", "Charging", "SuspendedEV", "Charging", "Finishing", "Available"),
        ("Charging", "Faulted", "Charging", "Available"),
        ("Preparing", "Faulted", "Charging"),
        ("Charging", "Finishing", "Preparing", "Unavailable", "Available"),
        ("Reserved", "Preparing", "SuspendedEVSE", "Unavailable", "Charging"),
        ("Available", "Available", "Reserved"),
        ("Faulted", "Finishing"),
    ],
)
def test_legal_sequences_pass(story: Any, states: tuple[str, ...]) -> None:
    """The table, repeated states, and faults that end where they began."""
    for state in states:
        story.wait(1).status(state)
    assert story.outcomes(STATUS) == ["pass"]


@pytest.mark.parametrize("told", ["set", "read", "not at all"])
def test_short_states_stay_unsaid_only_with_a_minimum_duration(story: Any, told: str) -> None:
    """Available to Finishing leaves out Preparing, which MinimumStatusDuration allows."""
    if told == "set":
        story.ask("ChangeConfiguration", {"key": "MinimumStatusDuration", "value": "5"})
    elif told == "read":
        keys = [{"key": "HeartbeatInterval", "value": "300"}, {"key": "MinimumStatusDuration", "value": "5"}]
        story.call("GetConfiguration", {}, {"configurationKey": keys}, direction="out")
    else:
        story.ask("ChangeConfiguration", {"key": "MinimumStatusDuration", "value": "0"})
    story.status("Finishing")
    story.status("Charging")
    assert story.outcomes(STATUS) == ["fail" if told == "not at all" else "pass"]


def test_a_new_link_or_boot_resets_the_states(story: Any) -> None:
    """A station that came back reports what is, not what was."""
    story.status("Charging")
    story.cut().wait(10)
    story.heal().status("Preparing")
    story.status("Charging")
    story.boot()
    story.status("Preparing")
    assert story.outcomes(STATUS) == ["pass"]


def test_the_whole_station_knows_three_states(story: Any) -> None:
    """Connector 0 is never Charging."""
    story.status("Faulted", 0)
    seq = story.status("Charging", 0)
    assert story.fails(STATUS) == (
        f"Connector 0 was reported Charging (entry {seq}); the whole station knows only Available, Faulted, Unavailable."
    )


def test_201_allows_every_order(story201: Any) -> None:
    """Five states without a table."""
    for state in ("Occupied", "Reserved", "Occupied", "Faulted", "Unavailable"):
        story201.status(state)
    assert story201.outcomes(STATUS) == ["pass"]


def test_available_with_the_plug_in_the_vehicle_fails(both: Any) -> None:
    """Available would send the next driver to an occupied connector."""
    both.act("vehicle", "plug_in")
    both.wait(10)
    seq = both.status("Available")
    both.wait(20).call("Heartbeat", {}, {})
    assert both.fails(STATUS) == (
        f"EVSE 1 was reported Available (entry {seq}, before the first step) and stayed so for 5 s although the plug was in "
        "the vehicle."
    )


@pytest.mark.parametrize("then", ["corrected", "unplugged", "cut", "reopened", "ended", "unknown"])
def test_available_near_a_change_is_no_flaw(story: Any, then: str) -> None:
    """A status that is put right, a plug that moves, a link that goes: nothing is known for sure."""
    if then != "unknown":
        story.act("vehicle", "plug_in")
    story.wait(10)
    if then == "reopened":
        story.link("opened")
    story.status("Available")
    if then == "corrected":
        story.wait(2).status("Preparing")
    elif then == "unplugged":
        story.wait(2).act("vehicle", "unplug")
    elif then == "cut":
        story.wait(2).cut()
    if then != "ended":
        story.wait(20).note("heal", id="none")
    assert "fail" not in story.outcomes(STATUS)


def test_what_is_seen_of_the_plug_counts_like_what_is_done_with_it(story: Any) -> None:
    """Whereabouts come from a person or a sensor as well; who does not know changes nothing."""
    story.whereabouts("plugged in")
    story.whereabouts("unknown")
    story.act("vehicle", "whereabouts", result="plugged in")
    story.act("vehicle", "unplug", error="it is held by its lock")
    story.act("vehicle", "set_ready", ready=True)
    story.note("observation", role="vehicle", what="answer", value="x", evidence=[])
    story.wait(10).status("Available")
    story.wait(20).note("heal", id="none")
    assert "stayed so for 5 s" in story.fails(STATUS)


# --- conduct ---------------------------------------------------------------------------------------------


def test_a_flood_fails_and_is_blamed_on_its_step(story: Any) -> None:
    """Hundreds of heartbeats in a few seconds are no service."""
    story.step(4, "charge")
    first = len(story.entries)
    for _ in range(100):
        story.wait(0.02).call("Heartbeat", {}, {})
    assert story.fails(CONDUCT) == (
        f"The station flooded in step 4 (charge): 100 CALLs (Heartbeat) within 5 s from entry {first} on; 50 are allowed."
    )
    assert story.findings(CONDUCT)[0].step == 4


def test_a_queue_that_drains_is_no_flood(story: Any) -> None:
    """After an outage everything comes at once, dated when it happened."""
    story.cut().wait(4000)
    story.heal()
    for minute in range(100):
        values = {"connectorId": 1, "transactionId": 7, "meterValue": [story.values("1", ago=4000 - minute)]}
        story.wait(0.01).call("MeterValues", values, {})
        story.call("StopTransaction", {"transactionId": 7, "timestamp": "garbage"}, {})
        story.call("NotifyReport", {}, {})
    story.call("MeterValues", {"meterValue": []}, {})
    assert story.outcomes(CONDUCT) == ["pass"]


def test_fresh_values_in_a_storm_are_a_flood(story: Any) -> None:
    """A hundred values of now are not a queue."""
    for _ in range(100):
        story.wait(0.01).meter(1000)
    assert "CALLs (MeterValues)" in story.fails(CONDUCT)


def test_what_was_asked_for_is_no_flood(story: Any) -> None:
    """A storm of triggers may be answered by a storm."""
    for _ in range(100):
        story.wait(0.01).ask("TriggerMessage")
        story.call("Heartbeat", {}, {})
    assert story.outcomes(CONDUCT) == ["pass"]


def test_an_unprovoked_disconnect_fails(story: Any) -> None:
    """A link that ends by itself is a finding of the step that was running."""
    story.step(1, "wait").wait(300)
    seq = story.link("closed", code=1001)
    story.wait(10).link("opened")
    assert story.fails(CONDUCT) == (
        f"The station left with code 1001 in step 1 (wait) (entry {seq}), and nothing had been done to its link."
    )


def _fault(story: Any) -> None:
    story.cut()


def _healed(story: Any) -> None:
    story.cut().wait(60)
    story.heal().wait(60)


def _reset(story: Any) -> None:
    story.ask("Reset")


def _waiting(story: Any) -> None:
    story.call("Heartbeat", {}, unanswered=True)
    story.wait(30)


def _spoiled(story: Any) -> None:
    story.frame("out", None, violations=(("decode.utf-8", "x"),))


def _restarted(story: Any) -> None:
    story.act("charger", "restart")


def _unpowered(story: Any) -> None:
    story.power(False)


def _replaced(story: Any) -> None:
    story.wait(200).link("opened")


def _left(story: Any) -> None:
    story.step(1, "x").end_step()


@pytest.mark.parametrize(
    "provoke", [_fault, _healed, _reset, _waiting, _spoiled, _restarted, _unpowered, _replaced, _left]
)
def test_a_provoked_disconnect_is_no_flaw(story: Any, provoke: Any) -> None:
    """Whatever the suite may have caused is not the station's."""
    provoke(story)
    story.wait(3).link("closed")
    assert "fail" not in story.outcomes(CONDUCT)


def test_a_disconnect_by_the_central_system_is_no_flaw(story: Any) -> None:
    """Only ends that the station made count."""
    story.wait(200).link("closed", by="csms")
    assert story.outcomes(CONDUCT) == ["pass"]


def test_a_storm_of_connections_fails(story: Any) -> None:
    """A station that is refused tries again, but not every second."""
    seq = -1
    for _ in range(20):
        story.wait(1)
        seq = story.link("refused", by="csms") if seq < 0 else (story.link("refused", by="csms"), seq)[1]
    assert story.fails(CONDUCT) == (
        "The station tried to connect 21 times within 60 s; the one too many came before the first step (entry 17); "
        "13 are allowed."
    )


def test_a_flapping_link_is_no_storm(story: Any) -> None:
    """Each heal may be followed by a connection (O14)."""
    for _ in range(25):
        story.cut().wait(1)
        story.heal().wait(1)
    assert story.outcomes(CONDUCT) == ["pass"]


def test_too_short_a_look_says_nothing(blank: Any) -> None:
    """A link that was watched for a moment is not proven reliable."""
    story = blank()
    story.link("opened")
    story.boot()
    assert story.outcomes(CONDUCT) == []
