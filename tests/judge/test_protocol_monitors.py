"""Monitors of frames, answers, boots and ids: what they fail, and what they must leave alone."""

from __future__ import annotations

from typing import Any

import pytest

from wattest.judge.monitors.boot_order import MONITOR as BOOT
from wattest.judge.monitors.calls_answered import MONITOR as CALLS
from wattest.judge.monitors.frames_valid import MONITOR as FRAMES
from wattest.judge.monitors.ids_unique import MONITOR as IDS

# --- frames_valid ----------------------------------------------------------------------------------------


def test_an_invalid_frame_fails_with_its_sentence_and_step(story: Any) -> None:
    """The violation noted when the frame came is the reason, blamed on the step that was running."""
    story.step(2, "plug_in")
    wrong = ("schema.required", 'Authorize request: "idTag" is a required property.')
    seq = story.call("Authorize", {}, {}, violations=(wrong,))
    assert story.fails(FRAMES) == (
        f"A frame (entry {seq}, in step 2 (plug_in)) is not valid: "
        'Authorize request: "idTag" is a required property.'
    )
    assert story.findings(FRAMES)[0].step == 2
    assert story.findings(FRAMES)[0].evidence == (seq,)


def test_an_unreadable_frame_is_not_valid(story: Any) -> None:
    """Bytes that are no message are a violation of form."""
    seq = story.frame("in", None, violations=(("decode.json", "the frame is not JSON: x."),), raw="[2,")
    assert (
        story.fails(FRAMES)
        == f"A frame (entry {seq}, before the first step) is not valid: the frame is not JSON: x."
    )


def test_violations_that_belong_elsewhere_are_left_to_others(story: Any) -> None:
    """Answers to nothing and used ids have monitors of their own; frames of the suite have none."""
    story.call("Heartbeat", {}, {}, violations=(("session.id-reused", "used before."),))
    story.frame("out", None, violations=(("decode.json", "spoiled on purpose."),))
    assert story.outcomes(FRAMES) == ["pass"]


def test_a_connector_that_the_sheet_has_not_is_no_valid_frame(both: Any) -> None:
    """One connector is stated, and the station speaks of a second."""
    both.status("Available", 0)
    seq = both.status("Available", 2)
    word = "connector" if both.dialect == "1.6" else "EVSE"
    assert both.fails(FRAMES) == (
        f"StatusNotification (id 'in-4', entry {seq}) before the first step is about {word} 2; the charger sheet states 1."
    )


def test_an_event_about_an_evse_that_the_sheet_has_not(story201: Any) -> None:
    """Transactions name their EVSE inside the payload."""
    payload = {"eventType": "Updated", "evse": {"id": 3}, "transactionInfo": {"transactionId": "x"}}
    story201.call("TransactionEvent", payload, {})
    story201.call("TransactionEvent", {**payload, "evse": {"id": "x"}}, {})
    assert "is about EVSE 3; the charger sheet states 1." in story201.fails(FRAMES)


# --- calls_answered --------------------------------------------------------------------------------------


def test_an_unanswered_call_fails(story: Any) -> None:
    """A CALL with an undisturbed link gets its answer in 30 s."""
    story.step(3, "configure")
    seq = story.ask("ChangeConfiguration", unanswered=True)
    story.wait(31).note("observation", role="x", what="x", value={}, evidence=[])
    assert story.fails(CALLS) == (
        f"CALL ChangeConfiguration (id 'out-3', entry {seq}) in step 3 (configure) was not answered within 30 s."
    )


def test_a_late_answer_fails(story: Any) -> None:
    """An answer after the time-out is no answer."""
    seq = story.ask("GetConfiguration", after=40)
    assert story.fails(CALLS) == (
        f"CALL GetConfiguration (id 'out-3', entry {seq}) before the first step was answered after 40.0 s; 30 s are allowed."
    )


def test_a_second_answer_fails(story: Any) -> None:
    """Whether it is correlated or not, a CALL has one answer."""
    seq = story.ask("GetConfiguration", as_id="a")
    again = story.reply(None, "a", None, {})
    assert (
        story.fails(CALLS)
        == f"CALL GetConfiguration (id 'a', entry {seq}) before the first step was answered again by entry {again}."
    )
    story.entries[-1]["answers"] = seq
    assert (
        story.fails(CALLS)
        == f"CALL GetConfiguration (id 'a', entry {seq}) before the first step was answered 2 times."
    )


def test_a_reset_is_answered_before_the_station_goes(story: Any) -> None:
    """Resetting instead of answering is no answer; under a fault nobody can tell."""
    seq = story.ask("Reset", {"type": "Hard"}, unanswered=True)
    story.wait(2).link("closed")
    story.wait(30).link("opened")
    story.wait(30).note("heal", id="none")
    assert story.fails(CALLS) == (
        f"CALL Reset (id 'out-3', entry {seq}) before the first step was not answered before the station went; the "
        "answer comes first (OCPP 1.6 5.14, OCPP 2.0.1 B11, B12)."
    )
    story.entries[seq - 1]["kind"] = "fault"
    story.entries[seq - 1] |= {"id": "x", "what": "wan link", "backend": "network"}
    assert story.outcomes(CALLS) == []


def test_an_answer_to_nothing_fails(story: Any) -> None:
    """An id that the central system never used."""
    seq = story.reply(None, "zz", None, {})
    assert story.fails(CALLS) == f"Entry {seq} before the first step answers a CALL 'zz' that was never made."


def test_an_answer_whose_call_nobody_saw_says_nothing(blank: Any) -> None:
    """A trace that begins in the middle of a link cannot know earlier CALLs."""
    story = blank()
    story.reply(None, "zz", None, {})
    assert story.outcomes(CALLS) == []


def _cut(story: Any) -> None:
    story.wait(5).cut()


def _mains(story: Any) -> None:
    story.wait(5).power(False)


def _half_open(story: Any) -> None:
    story.note("fault", id="network", what="wan link", backend="network", detail="silent")


def _keeps_waiting(story: Any) -> None:
    story.call("MeterValues", {}, unanswered=True)


def _end(story: Any) -> None:
    story.wait(-39)


@pytest.mark.parametrize("disturb", [_cut, _mains, _half_open, _keeps_waiting, _end])
def test_a_call_is_excused_when_its_way_was_disturbed(story: Any, disturb: Any) -> None:
    """Faults of the link, held answers, and an attempt that ended too early prove nothing against the station."""
    story.ask("GetConfiguration", unanswered=True)
    disturb(story)
    story.wait(40).note("observation", role="x", what="x", value={}, evidence=[])
    assert "fail" not in story.outcomes(CALLS)


def test_a_call_is_excused_while_the_station_kept_waiting_for_ours(story: Any) -> None:
    """An answer of ours that came late may have held up the station's."""
    story.ask("GetConfiguration", unanswered=True)
    story.authorize("AA", after=20)
    story.wait(40).note("observation", role="x", what="x", value={}, evidence=[])
    assert story.outcomes(CALLS) == []


def test_a_call_is_excused_during_a_restart_and_before_registration(blank: Any) -> None:
    """A station that restarts on demand, or is not accepted yet, need not answer."""
    story = blank().connect()
    story.ask("Reset", {"type": "Hard"})
    story.wait(2).ask("GetConfiguration", unanswered=True)
    story.wait(60).note("observation", role="x", what="x", value={}, evidence=[])
    assert story.outcomes(CALLS) == ["pass"]
    other = blank()
    other.link("opened")
    other.boot("Rejected")
    other.ask("GetConfiguration", unanswered=True)
    other.wait(60).note("observation", role="x", what="x", value={}, evidence=[])
    assert other.outcomes(CALLS) == []


def test_invalid_calls_of_the_suite_may_be_dropped_or_answered_with_any_id(story: Any) -> None:
    """Silence and CALLERROR are both conformant (V07, V08)."""
    story.ask("NoSuchAction", violations=(("schema.unknown-action", "no such action"),), unanswered=True)
    story.frame("out", None, raw='[2,"broken"', violations=(("decode.json", "x"),))
    story.reply(None, "-1", None, {}, error="FormatViolation")
    story.reply(None, "broken", None, {}, error="ProtocolError")
    story.wait(60).note("observation", role="x", what="x", value={}, evidence=[])
    assert story.outcomes(CALLS) == []


def test_answered_calls_pass_with_their_entries(story: Any) -> None:
    """The evidence of a pass is the CALLs that were answered."""
    seq = story.ask("TriggerMessage")
    finding = story.findings(CALLS)[0]
    assert finding.evidence == (seq,)
    assert story.decisions(CALLS)[0].sentence == (
        "Every CALL of the central system is answered once: held in the one case looked at."
    )


# --- boot_order ------------------------------------------------------------------------------------------


def test_a_message_before_the_boot_is_answered_fails(blank: Any) -> None:
    """Nothing may be sent between BootNotification and its answer."""
    story = blank()
    story.link("opened")
    boot = story.boot(unanswered=True)
    seq = story.status("Available")
    assert story.fails(BOOT) == (
        f"The station sent StatusNotification (id 'in-2', entry {seq}) before the first step before its "
        f"BootNotification was answered (entry {boot})."
    )


@pytest.mark.parametrize("status", ["Pending", "Rejected"])
def test_a_message_while_not_accepted_fails(blank: Any, status: str) -> None:
    """Pending and Rejected silence a station."""
    story = blank()
    story.link("opened")
    boot = story.boot(status)
    seq = story.wait(5).call("Heartbeat", {}, {})
    assert story.fails(BOOT) == (
        f"The station sent Heartbeat (id 'in-2', entry {seq}) before the first step while its registration was "
        f"'{status}' (entry {boot})."
    )


def test_a_refused_boot_silences_as_well(blank: Any) -> None:
    """A CALLERROR to BootNotification accepts nobody."""
    story = blank()
    story.link("opened")
    story.boot(error="InternalError")
    story.wait(5).call("Heartbeat", {}, {})
    assert "while its registration was 'InternalError'" in story.fails(BOOT)


def test_what_was_asked_for_while_pending_is_allowed(blank: Any) -> None:
    """A pending station answers a trigger and a report request with the message they ask for (V21)."""
    story = blank("2.0.1")
    story.link("opened")
    story.boot("Pending", interval=60)
    story.ask("TriggerMessage", {"requestedMessage": "Heartbeat"})
    story.call("Heartbeat", {}, {})
    story.ask("GetBaseReport")
    story.call("NotifyReport", {}, {})
    story.wait(60).boot()
    story.call("Heartbeat", {}, {})
    assert story.outcomes(BOOT) == ["pass"]
    story.boot("Pending")
    story.call("NotifyReport", {}, {})
    assert "NotifyReport" in story.fails(BOOT)


def test_an_early_retry_after_rejection_fails_unless_the_link_was_new(blank: Any) -> None:
    """The interval is to be waited for on the same link; interval 0 leaves the choice to the station."""
    story = blank()
    story.link("opened")
    first = story.boot("Rejected", interval=100)
    second = story.wait(20).boot()
    assert story.fails(BOOT) == (
        f"The station was rejected (entry {first}) and told to wait 100 s, but sent BootNotification again after "
        f"20.0 s (entry {second})."
    )
    again = blank()
    again.link("opened")
    again.boot("Rejected", interval=100)
    again.wait(20).link("closed")
    again.link("opened")
    again.boot("Rejected", interval=0)
    again.wait(1).boot()
    assert again.outcomes(BOOT) == ["pass"]


def test_after_a_long_cut_of_mains_the_boot_comes_first(story: Any) -> None:
    """A station that was without mains has restarted and must say so first."""
    story.power(False)
    story.link("lost")
    story.wait(60).power(True)
    story.wait(20).link("opened")
    seq = story.status("Available")
    assert story.fails(BOOT) == (
        f"After 60 s without mains the first CALL was StatusNotification (id 'in-3', entry {seq}) before the first "
        "step, not BootNotification."
    )
    story.entries[-2]["message"]["action"] = "BootNotification"
    assert "fail" not in story.outcomes(BOOT)


def test_a_short_cut_may_be_ridden_through(story: Any) -> None:
    """Without mains for a moment, or without coming back, nothing is known of a restart."""
    story.power(False)
    story.wait(2).power(True)
    story.status("Available")
    story.power(False)
    story.wait(60).power(True)
    assert story.outcomes(BOOT) == ["pass"]


# --- ids_unique ------------------------------------------------------------------------------------------


def test_an_id_used_for_two_messages_fails(both: Any) -> None:
    """Message ids stand for one CALL."""
    first = both.call("Heartbeat", {}, {}, as_id="x")
    second = both.wait(1).authorize("AA", as_id="x")
    assert both.fails(IDS, "OCP-04") == (
        f"The id 'x' of Authorize (entry {second}, before the first step) was used before by entry {first} for "
        "another message."
    )


def test_a_retry_may_keep_its_id_or_take_another(both: Any) -> None:
    """The same content under the same id is a retry (V10)."""
    both.call("Heartbeat", {}, as_id="x", unanswered=True)
    both.wait(30).call("Heartbeat", {}, {}, as_id="x")
    both.wait(30).call("Heartbeat", {}, {}, as_id="y")
    assert both.outcomes(IDS) == ["pass"]


def test_ids_are_counted_per_link_in_16_and_per_identity_in_201(story: Any, story201: Any) -> None:
    """A 1.6 station may count from 1 again on a new link (V13); a 2.0.1 station may not."""
    for told in (story, story201):
        told.call("Heartbeat", {}, {}, as_id="1")
        told.cut().wait(10)
        told.heal()
        told.authorize("AA", as_id="1")
    assert story.outcomes(IDS, "OCP-04") == ["pass"]
    assert "The id '1' of Authorize" in story201.fails(IDS, "OCP-04")


def test_ids_are_remembered_between_attempts_on_a_live_bench(story201: Any, blank: Any) -> None:
    """A charger that lives on must not use ids of an earlier scenario."""
    from wattest.judge.monitors import run_monitors

    first = story201.session()
    _, carry = run_monitors(first.entries, first.facts)
    second = blank("2.0.1")
    second.carry = carry
    second.call("Heartbeat", {}, {}, as_id="in-2")
    second.wait(1).start(3000, tx=7, status="Accepted", as_id="new")
    sentences = second.fails(IDS, "OCP-04")
    assert "The id 'in-2' of Heartbeat" in sentences
    assert "Transaction id '7' of entry" in sentences


def test_a_transaction_id_used_again_fails(story201: Any) -> None:
    """In 2.0.1 the station names transactions, each once."""
    story201.session(tx="T1")
    seq = story201.start(2000, tx="T1", status="Accepted")
    assert (
        f"Transaction id 'T1' of entry {seq} (before the first step) was used before by entry"
        in story201.fails(IDS, "OCP-04")
    )


def test_an_end_told_twice_in_two_ways_fails(both: Any) -> None:
    """The same transaction with another final register is a contradiction, whatever was lost."""
    both.start(1000, status="Accepted")
    both.wait(60).stop(2000, unanswered=True)
    both.cut().wait(10)
    both.heal()
    both.stop(2100, ago=10)
    sentence = both.fails(IDS, "BIL-16")
    assert sentence.startswith(
        "The end of transaction 7 was told twice, before the first step, with different content:"
    )
    assert "2100" in sentence


def test_a_start_told_again_after_its_answer_fails(story: Any) -> None:
    """Once answered on a healthy link, it is told."""
    story.start(1000)
    story.wait(30).start(1000, ago=30)
    assert story.fails(IDS, "BIL-16").startswith(
        "The start on connector 1 at 2026-01-15T12:00:10Z was told again"
    )


@pytest.mark.parametrize("lost", ["no answer", "call error", "late", "cut"])
def test_the_same_may_come_again_when_an_answer_may_have_been_lost(both: Any, lost: str) -> None:
    """No version promises exactly-once (V05)."""
    both.start(1000, status="Accepted")
    both.wait(60)
    if lost == "no answer":
        both.stop(2000, unanswered=True)
    elif lost == "call error":
        both.stop(2000, error="InternalError")
    else:
        both.stop(2000, after=15 if lost == "late" else 0)
    if lost == "cut":
        both.cut().wait(20)
        both.heal()
    ago = {"late": 15, "cut": 20}.get(lost, 0)
    both.stop(2000, ago=ago)
    assert both.outcomes(IDS, "BIL-16") == ["pass"]


def test_a_placeholder_id_names_no_transaction(story: Any) -> None:
    """Two ends with -1 belong to two starts that never got an answer."""
    story.stop(1000, tx=-1)
    story.wait(5).stop(2000, tx=-1)
    story.call("TransactionEvent", {"eventType": "Updated"}, {})
    assert story.outcomes(IDS, "BIL-16") == []


def test_a_placeholder_after_every_start_got_its_id_fails(story: Any) -> None:
    """The real id must take the placeholder's place (1.6 errata 3.18)."""
    story.start(1000)
    seq = story.wait(60).stop(1100, tx=-1)
    assert story.fails(IDS, "OCP-04") == (
        f"StopTransaction (entry {seq}, before the first step) names transaction -1, which no start was given."
    )
    story.start(1100, unanswered=True)
    assert story.outcomes(IDS, "OCP-04") == ["pass"]
