"""Steps that watch a session: what the station says, and what the meter sees."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from wattest.errors import BenchError, Inconclusive, RequirementFailed
from wattest.steps.charge import (
    charge,
    expect_current,
    expect_no_transaction,
    expect_status,
    expect_transaction,
)

if TYPE_CHECKING:
    from tests.steps.conftest import Stand


def charging(stand: Stand) -> Any:
    """A transaction of which the station says that it charges."""
    begun = stand.transaction().started_at
    return stand.transaction(ended_at=None, meter_stop_wh=None, states=((begun, "charging"),))


def test_charging_needs_a_current(stand: Stand) -> None:
    """The station's word that it charges is not enough: current must be seen within the time."""
    stand.csms.put(charging(stand))
    stand.meter(stand.power(current_a=0.0), stand.power(current_a=0.5), stand.power(current_a=16.0))
    found = stand.do(expect_transaction(stand.run_, state="charging", within=30.0))
    assert found.id == "7"
    assert stand.checks() == [("transaction charging", "pass")]


def test_charging_without_a_current(stand: Stand) -> None:
    """A station that says that it charges while nothing flows fails."""
    stand.csms.put(charging(stand))
    stand.meter(stand.power(current_a=0.5))
    with pytest.raises(RequirementFailed) as caught:
        stand.do(expect_transaction(stand.run_, state="charging", within=30.0))
    assert str(caught.value) == "A transaction that is charging did not come within 30 s."


def test_charging_that_nobody_can_see(stand: Stand) -> None:
    """A meter that shows no current decides nothing, against the charger neither."""
    stand.csms.put(charging(stand))
    stand.meter(stand.power(flags=frozenset({"no data"})))
    with pytest.raises(Inconclusive) as caught:
        stand.do(expect_transaction(stand.run_, state="charging", within=30.0))
    assert str(caught.value) == (
        "The station says that it charges, and the reference meter gives no value for the current."
    )


def test_without_a_meter_the_station_is_believed(stand: Stand) -> None:
    """A bench without a reference meter has only the station's word."""
    stand.csms.put(charging(stand))
    stand.do(expect_transaction(stand.run_, state="charging", within=30.0))
    assert stand.checks() == [("transaction charging", "pass")]


@pytest.mark.parametrize(
    ("state", "ended", "said", "passes"),
    [
        ("started", False, "ev connected", True),
        ("started", True, "charging", False),
        ("suspended", False, "suspended ev", True),
        ("suspended", False, "suspended evse", True),
        ("suspended", False, "charging", False),
        ("ended", True, "charging", True),
        ("ended", False, "charging", False),
    ],
)
def test_states(stand: Stand, state: Any, ended: bool, said: str, passes: bool) -> None:
    """Each state of a session is told from the others."""
    begun = stand.transaction().started_at
    assert begun is not None
    stand.csms.put(
        stand.transaction(ended_at=begun + timedelta(hours=1) if ended else None, states=((begun, said),))
    )
    if passes:
        stand.do(expect_transaction(stand.run_, state=state, within=5.0))
    else:
        with pytest.raises(RequirementFailed, match=f"A transaction that is {state} did not come within 5 s"):
            stand.do(expect_transaction(stand.run_, state=state, within=5.0))


def test_transactions_of_earlier_scenarios_do_not_count(stand: Stand) -> None:
    """What a live bench remembers of earlier scenarios is not taken for this one's."""
    stand.csms.put(stand.transaction())
    stand.run_.seen.add("7")
    with pytest.raises(RequirementFailed, match="A transaction that is ended did not come within 5 s"):
        stand.do(expect_transaction(stand.run_, state="ended", within=5.0))


def test_nothing_happens(stand: Stand) -> None:
    """No transaction and no current for so long passes; the link must have been up throughout."""
    stand.meter(stand.power())
    stand.do(expect_no_transaction(stand.run_, for_=20.0))
    assert stand.checks() == [("no transaction", "pass"), ("no current", "pass")]


def test_nothing_is_seen_while_the_link_is_down(stand: Stand) -> None:
    """Silence on a link that was down proves nothing."""
    stand.csms.connected = False
    with pytest.raises(
        Inconclusive, match="The start of a transaction was not seen in 20 s, but the channel"
    ):
        stand.do(expect_no_transaction(stand.run_, for_=20.0))


def test_current_without_a_transaction(stand: Stand) -> None:
    """The worst current of the whole window counts."""
    stand.meter(stand.power(), stand.power(current_a=6.0), stand.power())
    with pytest.raises(RequirementFailed) as caught:
        stand.do(expect_no_transaction(stand.run_, for_=20.0))
    assert str(caught.value) == ("The current without a transaction is 6 A; at most 0.1 A is allowed.")


def test_current_that_was_not_measured_is_not_absent(stand: Stand) -> None:
    """A reading without data in the window leaves it undecided."""
    stand.meter(stand.power(), stand.power(flags=frozenset({"no data"})), stand.power())
    with pytest.raises(Inconclusive, match="flagged 'no data'"):
        stand.do(expect_no_transaction(stand.run_, for_=20.0))


def test_energy_that_does_not_come(stand: Stand) -> None:
    """Too little energy in three times the time it takes is inconclusive: the vehicle may be to blame."""
    stand.vehicle()
    stand.meter(stand.power())
    with pytest.raises(Inconclusive) as caught:
        stand.do(charge(stand.run_, current=16.0, energy=64.0))
    assert str(caught.value) == (
        "Only 0.0 Wh of 64.0 Wh came in 240 s at 16 A; the vehicle or the station held back."
    )


def test_energy_that_the_meter_cannot_give(stand: Stand) -> None:
    """A meter without energy cannot tell when enough has come; nobody waits for it."""
    stand.vehicle()
    lacks = replace(stand.power().energy, value=math.nan, flags=frozenset({"no data"}))
    stand.meter(replace(stand.power(), energy=lacks))
    with pytest.raises(Inconclusive) as caught:
        stand.do(charge(stand.run_, current=16.0, energy=64.0))
    assert str(caught.value) == (
        "The reference meter gives no energy (no data), so that nobody can tell when 64.0 Wh have been delivered."
    )
    assert stand.clock.monotonic() == 0.0


def test_energy_that_is_missing_for_once(stand: Stand) -> None:
    """One reading without energy is waited out."""
    stand.vehicle()
    lacks = replace(stand.power().energy, value=math.nan, flags=frozenset({"no data"}))
    stand.meter(stand.power(), replace(stand.power(), energy=lacks), stand.power(energy_wh=2000.0))
    stand.do(charge(stand.run_, current=16.0, energy=64.0))
    assert stand.clock.monotonic() == 6.0


def test_current_in_a_range(stand: Stand) -> None:
    """Both ends of a range are checked, and a reading without data proves neither."""
    stand.meter(stand.power(current_a=10.0))
    stand.do(expect_current(stand.run_, at_least=9.0, at_most=11.0))
    with pytest.raises(RequirementFailed) as caught:
        stand.do(expect_current(stand.run_, at_most=6.0))
    assert str(caught.value) == "The current after 10 s is 10 A; at most 6 A is allowed."
    stand.meter(stand.power(flags=frozenset({"no data"})))
    with pytest.raises(Inconclusive, match="flagged 'no data'"):
        stand.do(expect_current(stand.run_, at_most=6.0))


def test_a_role_that_the_bench_lacks(stand: Stand) -> None:
    """A step that needs a role which the bench has not is an error with the way out."""
    with pytest.raises(BenchError) as caught:
        stand.do(expect_current(stand.run_, at_most=6.0))
    assert str(caught.value) == (
        "This step needs a reference_meter, and the bench has none; add a 'reference_meter:' entry to the bench "
        "file or put 'reference_meter' under 'needs:' so that the scenario is not tested there."
    )


def test_a_status_of_a_station_that_is_away(stand: Stand) -> None:
    """Without a link there is no status to see, and nothing is decided about it."""
    stand.csms.connected = False
    with pytest.raises(Inconclusive) as caught:
        stand.do(expect_status(stand.run_, status="available", within=5.0))
    assert str(caught.value) == (
        "Status available (reported: None) was not seen, but the channel that would have shown it was down."
    )
