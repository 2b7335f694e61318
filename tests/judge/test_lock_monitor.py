"""The monitor of locks: what it fails, and what it must leave alone."""

from __future__ import annotations

from typing import Any

import pytest

from wattest.judge.monitors.lock_follows_state import MONITOR as LOCKS


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
