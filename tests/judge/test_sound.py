"""No monitor complains about a sound charger, whatever it is free to do."""

from __future__ import annotations

from typing import Any

import pytest

from wattest.judge import authority, monitors
from wattest.judge.monitors import MONITORS, frames_valid, run_monitors
from wattest.judge.monitors.finding import Monitor
from wattest.judge.rules import decide


def test_a_sound_session_passes_every_monitor_that_sees_it(both: Any) -> None:
    """A charger that does everything right is failed by nothing and passed where there is evidence."""
    both.act("vehicle", "holster")
    both.energy(0.0)
    both.session()
    both.energy(1000.0)
    findings, _ = run_monitors(both.entries, both.facts)
    outcomes = {
        f"{finding.monitor}: {finding.name}": decide(finding.rule, finding.inputs) for finding in findings
    }
    assert {name: found.sentence for name, found in outcomes.items() if found.outcome != "pass"} == {}
    assert {finding.monitor for finding in findings} >= {
        "frames_valid",
        "boot_order",
        "ids_unique",
        "timestamps",
        "register_monotone",
        "balance",
        "conduct",
    }


def test_names_of_monitors_are_unique() -> None:
    """A check in a record names its monitor, so two cannot share a name."""
    assert len({monitor.name for monitor in MONITORS}) == len(MONITORS)


def test_a_monitor_that_sees_nothing_says_nothing(blank: Any) -> None:
    """Without entries there is no finding, and in particular no pass."""
    assert run_monitors([], blank().facts) == (
        (),
        {"registers": {}, "call_ids": {}, "transaction_ids": {}, "tokens": []},
    )


def test_a_monitor_that_fails_is_an_error_of_ours(story: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is told as such, the others look all the same, and what was known before is kept."""

    def stumble(_scene: Any) -> Any:
        raise ZeroDivisionError("by zero")

    broken = Monitor("broken", ("OCP-01",), stumble)
    monkeypatch.setattr(monitors, "MONITORS", (broken, frames_valid.MONITOR))
    monkeypatch.setattr(authority, "carried", stumble)
    findings, carry = run_monitors(story.entries, story.facts, {"tokens": ["AA"]})
    decisions = [decide(finding.rule, finding.inputs) for finding in findings]
    assert [decision.outcome for decision in decisions] == ["error", "pass"]
    assert decisions[0].sentence.startswith(
        "What monitor 'broken' watches could not be judged: the suite failed with ZeroDivisionError: by zero (stumble, line"
    )
    assert carry["tokens"] == ["AA"]


@pytest.mark.parametrize("missing", ["Heartbeat", "Preparing", "Finishing"])
def test_optional_messages_may_be_missing(story: Any, missing: str) -> None:
    """States that last too short and heartbeats beside other traffic may stay unsaid (V12, 1.6 4.9)."""
    story.session()
    kept = [
        entry
        for entry in story.entries
        if missing not in str((entry.get("message") or {}).get("payload"))
        and missing not in str(entry.get("message"))
    ]
    story.entries = kept
    assert story.complaints() == []


def test_a_session_offline_that_is_delivered_later_is_sound(both: Any) -> None:
    """A queue that drains after an outage, in order, is what OCPP asks for."""
    both.cut().wait(20)
    both.act("card_reader", "present", uid="AA")
    both.act("vehicle", "plug_in")
    begin = both.t
    both.wait(600)
    both.act("vehicle", "unplug")
    end = both.t
    both.wait(100)
    both.heal()
    both.status("Available")
    if both.dialect == "1.6":
        both.start(1000, ago=both.t - begin)
        both.stop(2000, ago=both.t - end)
    else:
        both.event("Started", 7, 0, 1000, uid="AA", status="Accepted", ago=both.t - begin, offline=True)
        both.event("Ended", 7, 1, 2000, ago=both.t - end, offline=True)
    both.wait(30)
    assert both.complaints() == []


def test_a_reboot_shows_as_a_boot_or_as_a_reconnect(story: Any) -> None:
    """After a Reset the link closes and the station comes back, with or without BootNotification (V11)."""
    story.ask("Reset", {"type": "Soft"})
    story.wait(3).link("closed", code=1000)
    story.wait(30).link("opened")
    story.status("Available")
    story.wait(20).session()
    assert story.complaints() == []


def test_a_response_and_what_it_triggers_may_come_in_either_order(story: Any) -> None:
    """StatusNotification may overtake the answer to the CALL that caused it."""
    seq = story.ask("RemoteStartTransaction", {"idTag": "AA"}, unanswered=True)
    story.status("Preparing")
    story.wait(0.2).reply(seq, "out-3", "RemoteStartTransaction", {"status": "Accepted"})
    story.wait(60)
    assert story.complaints() == []
