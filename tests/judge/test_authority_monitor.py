"""The monitor of energy without authorisation: what it fails, and what it must leave alone."""

from __future__ import annotations

from typing import Any

import pytest

from wattest.judge.monitors.balance import MONITOR as BALANCE
from wattest.judge.monitors.unauthorised_energy import MONITOR as FREE


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
