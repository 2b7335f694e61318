"""What the driver reads."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.evse.conftest import Bench, Enact

CARD = "04A1B2C3"


async def tell(bench: Bench, message: str, **data: Any) -> None:
    """A cost message of the OCA white paper (1.6)."""
    payload = {
        "vendorId": "org.openchargealliance.costmsg",
        "messageId": message,
        "data": json.dumps({"transactionId": 1001, **data}),
    }
    assert await bench.central.call("DataTransfer", payload) == {"status": "Accepted"}


async def running(bench: Bench, cost: float) -> None:
    if bench.dialect == "1.6":
        await tell(bench, "RunningCost", cost=cost)
    else:
        name = bench.started()[-1]["transactionInfo"]["transactionId"]
        assert await bench.central.call("CostUpdated", {"totalCost": cost, "transactionId": name}) == {}


async def stop_for(bench: Bench, cost: float) -> None:
    """End the session by card; the central system tells the total."""
    if bench.dialect == "2.0.1":
        bench.central.answers["TransactionEvent"] = lambda p: (
            {"totalCost": cost} if p["eventType"] == "Ended" else {}
        )
    bench.world.reader.tap(CARD)
    await bench.wait(1)
    if bench.dialect == "1.6":
        await tell(bench, "FinalCost", cost=cost, currency="CAD")


def test_price_before_the_start(enact: Enact) -> None:
    """The price that the central system gave stands on the screen before anybody plugs in."""

    async def scene(bench: Bench) -> None:
        await bench.ready()
        if bench.dialect == "2.0.1":
            message = {"format": "UTF8", "content": "0.45 CAD/kWh + taxes"}
            bench.central.cards[CARD]["personalMessage"] = message
        bench.world.reader.tap(CARD)
        await bench.wait(1)
        if bench.dialect == "1.6":
            await tell(bench, "SetUserPrice", idToken=CARD, priceText="0.45 CAD/kWh + taxes")
        assert "0.45 CAD/kWh + taxes" in bench.shown()
        await bench.wait(70)
        bench.world.reader.tap("04700001")
        await bench.wait(1)
        assert "0.45" not in bench.shown()

    enact(scene)


def test_progress(enact: Enact) -> None:
    """Energy from zero, elapsed time and the running cost, as they are at the instant of looking."""

    async def scene(bench: Bench) -> None:
        await bench.ready()
        await bench.begin()
        await running(bench, 1.5)
        await bench.wait(3595.3)
        assert bench.shown().splitlines() == [
            "Charging",
            "7.659 kWh",
            "1:00:00",
            "So far / Jusqu'ici 1.50 CAD",
        ]
        assert bench.world.screen.read().cost is None

    enact(scene)


def test_total_stays(enact: Enact) -> None:
    """The total stands there as told until the next customer comes, even over a power cut."""

    async def scene(bench: Bench) -> None:
        await bench.ready()
        await bench.begin()
        await bench.wait(600)
        await stop_for(bench, 12.3)
        await bench.wait(60)
        shown = bench.world.screen.read()
        assert (shown.cost, shown.currency) == ("12.30", "CAD")
        await bench.leave()
        assert bench.world.screen.read().cost == "12.30"
        bench.world.grid.set_power(False)
        await bench.wait(3600)
        assert bench.world.screen.read().lines == ()
        bench.world.grid.set_power(True)
        await bench.wait(30)
        assert bench.world.screen.read().cost == "12.30"
        bench.world.reader.tap("04700001")
        await bench.wait(1)
        assert bench.world.screen.read().cost is None

    enact(scene)


def test_total_after_an_outage(enact: Enact) -> None:
    """Offline at the end the screen says that the total follows, and shows it when it has come."""

    async def scene(bench: Bench) -> None:
        await bench.ready()
        await bench.begin()
        await running(bench, 1.0)
        bench.network.cut()
        await bench.wait(600)
        bench.world.reader.tap(CARD)
        await bench.wait(30)
        assert "The total follows on your bill" in bench.shown()
        assert bench.world.screen.read().cost is None
        if bench.dialect == "2.0.1":
            bench.central.answers["TransactionEvent"] = lambda p: (
                {"totalCost": 4.56} if p["eventType"] == "Ended" else {}
            )
        bench.network.restore()
        await bench.wait(60)
        if bench.dialect == "1.6":
            await tell(bench, "FinalCost", cost=4.56)
        assert bench.world.screen.read().cost == "4.56"

    enact(scene)


def test_senseless_costs_are_not_shown(enact: Enact) -> None:
    """A cost that is no amount changes nothing."""

    async def scene(bench: Bench) -> None:
        await bench.ready()
        await bench.begin()
        await running(bench, 2.25)
        await running(bench, 1e300)
        assert "2.25 CAD" in bench.shown()

    enact(scene)


def test_restart_is_said(enact: Enact) -> None:
    """During a reset the screen says so."""

    async def scene(bench: Bench) -> None:
        await bench.ready()
        kind = "Soft" if bench.dialect == "1.6" else "Immediate"
        await bench.central.call("Reset", {"type": kind})
        await bench.wait(1)
        assert "Restarting" in bench.shown()
        await bench.wait(10)
        assert "Present your card" in bench.shown()

    enact(scene)
