"""Money reserved on a payment card, from the terminal to the last cent."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from tests.evse.conftest import SHEET

if TYPE_CHECKING:
    from tests.evse.conftest import Bench, Enact

PAYING = replace(SHEET, features=(*SHEET.features, "payment_terminal"))
OFFLINE = replace(PAYING, features=(*PAYING.features, "offline_payment"))
CARD = "4111111111111111"
EVER = datetime(2000, 1, 1, tzinfo=UTC)


def booked(bench: Bench) -> list[tuple[str, str]]:
    """What the acquirer booked: kind and amount, and no card number anywhere."""
    movements = bench.world.acquirer.since(EVER)
    assert all(CARD not in str(one) and one.last_four == "1111" for one in movements)
    return [(one.kind, str(one.amount)) for one in movements]


async def pay(bench: Bench) -> None:
    await bench.ready()
    assert bench.world.terminal.tap(CARD)
    await bench.wait(5)


async def drive_in(bench: Bench) -> None:
    bench.car.plug_in()
    bench.car.set_ready(True)
    await bench.wait(10)


def transaction(bench: Bench) -> Any:
    if bench.dialect == "1.6":
        return bench.central.next_number
    return bench.central.said("TransactionEvent")[-1]["transactionInfo"]["transactionId"]


async def stop(bench: Bench) -> None:
    action = "RemoteStopTransaction" if bench.dialect == "1.6" else "RequestStopTransaction"
    await bench.central.call(action, {"transactionId": transaction(bench)})
    await bench.wait(2)


async def cost(bench: Bench, amount: float, name: str = "FinalCost") -> None:
    if bench.dialect == "2.0.1":
        await bench.central.call("CostUpdated", {"totalCost": amount, "transactionId": transaction(bench)})
    else:
        data = json.dumps({"transactionId": transaction(bench), "cost": amount})
        wanted = {"vendorId": "org.openchargealliance.costmsg", "messageId": name, "data": data}
        await bench.central.call("DataTransfer", wanted)
    await bench.wait(1)


def test_the_total_is_captured_once(enact: Enact) -> None:
    """The driver is a token that the terminal made up, of type Local in 2.0.1; a total told again takes nothing more."""

    async def scene(bench: Bench) -> None:
        await pay(bench)
        await drive_in(bench)
        assert bench.outlet.true_current_a() > 0
        await stop(bench)
        await cost(bench, 12.34)
        await cost(bench, 12.34)
        await bench.wait(600)

    bench = enact(scene, sheet=PAYING)
    assert booked(bench) == [("authorised", "50.00"), ("captured", "12.34")]
    started = bench.started()[0]
    token = started["idTag"] if bench.dialect == "1.6" else started["idToken"]["idToken"]
    assert token.startswith("PT000001")
    assert bench.dialect == "1.6" or started["idToken"]["type"] == "Local"


def test_who_does_not_plug_in_gets_it_back(enact: Enact) -> None:
    """With the lapse of the permit, and without a transaction."""

    async def scene(bench: Bench) -> None:
        await pay(bench)
        assert booked(bench) == [("authorised", "50.00")]
        await bench.wait(PAYING.connection_timeout_s + 5)

    bench = enact(scene, sheet=PAYING)
    assert booked(bench) == [("authorised", "50.00"), ("released", "50.00")]
    assert not bench.started()


def test_a_refused_card_is_turned_away(enact: Enact) -> None:
    """The driver reads why; nothing is reserved and nothing unlocked."""

    async def scene(bench: Bench) -> None:
        bench.world.acquirer.answer = "refuse"
        await pay(bench)
        assert "Card declined" in bench.shown()
        assert bench.outlet.holster_lock.position() == "locked"
        await bench.wait(300)

    bench = enact(scene, sheet=PAYING)
    assert booked(bench) == [("refused", "50.00")]
    assert not bench.started()


def test_no_answer_is_reversed(enact: Enact) -> None:
    """After the time-out, since the acquirer may have booked it; an answer that comes later changes nothing."""

    async def scene(bench: Bench) -> None:
        bench.world.acquirer.answer = "silent"
        await pay(bench)
        await bench.wait(40)
        assert bench.outlet.holster_lock.position() == "locked"

    bench = enact(scene, sheet=PAYING)
    assert booked(bench) == [("authorised", "50.00"), ("released", "50.00")]
    assert not bench.started()


def test_a_stated_policy_serves_without_an_answer(enact: Enact) -> None:
    """What it cost is authorised and taken once the acquirer answers, and never twice."""

    async def scene(bench: Bench) -> None:
        bench.world.acquirer.answer = "silent"
        await pay(bench)
        await bench.wait(40)
        await drive_in(bench)
        bench.world.acquirer.answer = "approve"
        await stop(bench)
        await cost(bench, 3.21)
        await bench.wait(60)

    bench = enact(scene, sheet=OFFLINE)
    assert booked(bench) == [
        ("authorised", "50.00"),
        ("released", "50.00"),
        ("authorised", "3.21"),
        ("captured", "3.21"),
    ]
    assert len(bench.started()) == 1


def test_a_session_ends_at_what_is_reserved(enact: Enact) -> None:
    """At 85 % of it by the running cost; what the total is beyond is not taken."""

    async def scene(bench: Bench) -> None:
        await pay(bench)
        await drive_in(bench)
        await cost(bench, 42.49, "RunningCost")
        assert not bench.ended()
        await cost(bench, 42.50, "RunningCost")
        await bench.wait(2)
        await cost(bench, 51.00)

    bench = enact(scene, sheet=PAYING)
    assert booked(bench) == [("authorised", "50.00"), ("captured", "50.00")]
    assert bench.reasons() == ["Other" if bench.dialect == "1.6" else "LocalOutOfCredit"]


def test_a_session_that_costs_nothing_takes_nothing(enact: Enact) -> None:
    """A total of nothing releases all, and so does a total that never comes."""

    async def scene(bench: Bench) -> None:
        await pay(bench)
        await drive_in(bench)
        await stop(bench)
        await cost(bench, 0.0)
        await bench.leave()
        bench.world.terminal.tap(CARD)
        await bench.wait(5)
        await drive_in(bench)
        await stop(bench)
        await bench.wait(290)
        assert len(booked(bench)) == 3
        await bench.wait(30)

    bench = enact(scene, sheet=PAYING)
    assert booked(bench) == [("authorised", "50.00"), ("released", "50.00")] * 2


def test_a_power_cut_takes_nothing_twice(enact: Enact) -> None:
    """In a session its total is taken afterwards; before one, what was reserved is released at boot."""

    async def scene(bench: Bench) -> None:
        await pay(bench)
        await drive_in(bench)
        await cost(bench, 5.0, "RunningCost")
        bench.world.grid.set_power(False)
        await bench.wait(20)
        bench.world.grid.set_power(True)
        await bench.wait(30)
        assert len(bench.ended()) == 1
        await cost(bench, 6.0)
        await bench.leave()
        bench.world.terminal.tap(CARD)
        await bench.wait(1)
        bench.world.grid.set_power(False)
        await bench.wait(20)
        bench.world.grid.set_power(True)
        await bench.wait(30)

    bench = enact(scene, sheet=PAYING)
    assert booked(bench) == [
        ("authorised", "50.00"),
        ("captured", "6.00"),
        ("authorised", "50.00"),
        ("released", "50.00"),
    ]


def test_a_station_in_use_asks_nobody(enact: Enact) -> None:
    """While somebody charges another card reserves nothing."""

    async def scene(bench: Bench) -> None:
        await pay(bench)
        await drive_in(bench)
        bench.world.terminal.tap(CARD)
        await bench.wait(1)
        assert "In use" in bench.shown()
        await bench.wait(60)

    assert booked(enact(scene, sheet=PAYING)) == [("authorised", "50.00")]


def test_a_reservation_may_be_raised(enact: Enact) -> None:
    """Once when it is nearly used up; a second yes is not needed, and without one the session ends at what there is."""

    async def scene(bench: Bench) -> None:
        await pay(bench)
        await drive_in(bench)
        await cost(bench, 43.0, "RunningCost")
        await cost(bench, 44.0, "RunningCost")
        await bench.wait(5)
        assert not bench.ended()
        bench.world.acquirer.answer = "refuse"
        await cost(bench, 86.0, "RunningCost")
        await bench.wait(5)
        assert len(bench.ended()) == 1
        await cost(bench, 87.0)

    bench = enact(scene, sheet=PAYING, active={"V187"})
    assert booked(bench) == [
        ("authorised", "50.00"),
        ("authorised", "50.00"),
        ("refused", "50.00"),
        ("captured", "87.00"),
    ]
