"""The lock in the car, the lock in the holster, and UnlockConnector."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from wattest.errors import RigError

if TYPE_CHECKING:
    from tests.evse.conftest import Bench, Enact

    from wattest.model.charger import ChargerSheet

CARD = "04A1B2C3"


def test_captive_until_authorised(enact: Enact) -> None:
    """The plug cannot be taken before a card was accepted, and can within 3 s after; put back, it is held again."""

    async def scene(bench: Bench) -> None:
        await bench.ready()
        with pytest.raises(RigError):
            bench.car.plug_in()
        await bench.begin()
        bench.world.reader.tap(CARD)
        await bench.wait(2)
        await bench.leave()
        assert bench.outlet.holster_lock.position() == "locked"

    enact(scene)


def test_locked_before_the_contactor(enact: Enact) -> None:
    """The contactor never closes before the bolt is home."""
    seen: list[str] = []

    async def scene(bench: Bench) -> None:
        await bench.ready()
        close = bench.outlet.contactor.close

        def watched() -> None:
            seen.append(bench.outlet.connector_lock.position())
            close()

        bench.outlet.contactor.close = watched
        await bench.begin()
        bench.car.set_ready(False)
        await bench.wait(10)
        bench.car.set_ready(True)
        await bench.wait(5)

    enact(scene)
    assert seen == ["locked", "locked"]


def test_lock_failure_means_no_charge(enact: Enact) -> None:
    """A jammed lock: no transaction, no energy, ConnectorLockFailure; after unplugging the station is fit again."""

    async def scene(bench: Bench) -> None:
        await bench.ready()
        bench.world.jam("connector")
        await bench.begin()
        await bench.wait(60)
        assert bench.outlet.true_energy_wh() == 0.0
        assert bench.statuses()[-1] == "Faulted"
        bench.world.jam("connector", jammed=False)
        await bench.leave()
        assert bench.statuses()[-1] == "Available"
        await bench.begin()
        assert bench.outlet.contactor.closed

    bench = enact(scene)
    assert len(bench.started()) == 1
    if bench.dialect == "1.6":
        faults = [p for p in bench.central.said("StatusNotification") if p["status"] == "Faulted"]
        assert faults[0]["errorCode"] == "ConnectorLockFailure"
        assert faults[0]["vendorErrorCode"] == "CX001"
    else:
        events = [p["eventData"][0] for p in bench.central.said("NotifyEvent")]
        assert [(e["component"]["name"], e["actualValue"]) for e in events] == [
            ("ConnectorPlugRetentionLock", "true"),
            ("ConnectorPlugRetentionLock", "false"),
        ]


def test_lock_failure_in_mid_session(enact: Enact) -> None:
    """A lock that fails when the car asks again ends the session."""

    async def scene(bench: Bench) -> None:
        await bench.ready()
        await bench.begin()
        bench.car.set_ready(False)
        await bench.wait(5)
        bench.world.jam("connector")
        bench.car.set_ready(True)
        await bench.wait(5)
        assert not bench.outlet.contactor.closed

    assert enact(scene).reasons() == ["Other"]


def test_lock_that_does_not_let_go(enact: Enact) -> None:
    """A bolt stuck at the end is reported, tried again, and reported healed."""

    async def scene(bench: Bench) -> None:
        await bench.ready()
        await bench.begin()
        bench.world.jam("connector")
        bench.world.reader.tap(CARD)
        await bench.wait(5)
        assert bench.statuses()[-1] == "Faulted"
        bench.world.jam("connector", jammed=False)
        await bench.wait(35)
        assert bench.outlet.connector_lock.position() == "unlocked"
        assert bench.statuses()[-1] != "Faulted"

    enact(scene)


def test_holster_lock_that_fails(enact: Enact) -> None:
    """A holster that does not open is a lock failure too, tried again until it works."""

    async def scene(bench: Bench) -> None:
        await bench.ready()
        bench.world.jam("holster")
        bench.world.reader.tap(CARD)
        await bench.wait(5)
        assert bench.statuses()[-1] == "Faulted"
        bench.world.jam("holster", jammed=False)
        await bench.wait(40)
        assert bench.statuses()[-1] == "Available"
        assert bench.outlet.holster_lock.position() == "locked"

    enact(scene)


def test_released_when_the_car_lets_go(enact: Enact) -> None:
    """While the car asks, the plug is held; when it stops asking, the driver may take it."""

    async def scene(bench: Bench) -> None:
        await bench.ready()
        await bench.begin()
        with pytest.raises(RigError):
            bench.car.unplug()
        bench.car.set_ready(False)
        await bench.wait(1)
        bench.car.unplug()

    enact(scene)


def test_held_when_the_setting_says_so(enact: Enact) -> None:
    """With UnlockConnectorOnEVSideDisconnect off the plug is held until the session is ended."""

    async def scene(bench: Bench) -> None:
        await bench.ready()
        bench.charger.flash.settings["unlock_on_ev_disconnect"] = "false"
        await bench.begin()
        bench.car.set_ready(False)
        await bench.wait(60)
        assert bench.outlet.connector_lock.position() == "locked"
        bench.world.reader.tap(CARD)
        await bench.wait(2)
        assert bench.outlet.connector_lock.position() == "unlocked"

    enact(scene)


def test_held_through_an_outage(enact: Enact) -> None:
    """The link has no say in the lock."""

    async def scene(bench: Bench) -> None:
        await bench.ready()
        await bench.begin()
        bench.network.cut()
        await bench.wait(600)
        assert bench.outlet.connector_lock.position() == "locked"
        assert bench.outlet.contactor.closed

    enact(scene)


async def unlock(bench: Bench, evse: int = 1) -> Any:
    payload = {"connectorId": evse} if bench.dialect == "1.6" else {"evseId": evse, "connectorId": 1}
    return (await bench.central.call("UnlockConnector", payload))["status"]


def test_unlock_in_a_session(enact: Enact) -> None:
    """1.6 ends the session with UnlockCommand and lets go; 2.0.1 refuses and charges on."""

    async def scene(bench: Bench) -> None:
        await bench.ready()
        await bench.begin()
        answer = await unlock(bench)
        if bench.dialect == "1.6":
            assert answer == "Unlocked"
            assert bench.reasons() == ["UnlockCommand"]
            assert bench.outlet.connector_lock.position() == "unlocked"
        else:
            assert answer == "OngoingAuthorizedTransaction"
            assert bench.outlet.connector_lock.position() == "locked"
            assert bench.outlet.contactor.closed

    enact(scene)


def test_unlock_without_a_session(enact: Enact) -> None:
    """Idle: the bolt is driven and the answer is what the switch says; unknown connectors have none."""

    async def scene(bench: Bench) -> None:
        await bench.ready()
        assert await unlock(bench) == "Unlocked"
        assert await unlock(bench, 7) == ("NotSupported" if bench.dialect == "1.6" else "UnknownConnector")
        bench.outlet.connector_lock.drive(True)
        await bench.wait(1)
        bench.world.jam("connector")
        assert await unlock(bench) == "UnlockFailed"

    enact(scene)


def test_unlock_of_a_fixed_cable(enact: Enact, sheet: ChargerSheet) -> None:
    """A station without a connector lock has nothing to unlock, and charges without one."""

    async def scene(bench: Bench) -> None:
        await bench.ready()
        assert await unlock(bench) == ("NotSupported" if bench.dialect == "1.6" else "UnlockFailed")
        await bench.begin()
        assert bench.outlet.contactor.closed

    enact(scene, sheet=replace(sheet, features=("card_reader", "display", "holster_lock")))


def test_welded_contactor(enact: Enact) -> None:
    """A contactor that does not open is a fault; no session starts until it does."""

    async def scene(bench: Bench) -> None:
        await bench.ready()
        await bench.begin()
        bench.outlet.contactor.weld()
        bench.world.reader.tap(CARD)
        await bench.wait(10)
        assert bench.statuses()[-1] == "Faulted"
        bench.outlet.contactor.weld(welded=False)
        bench.car.set_ready(False)
        await bench.leave()
        assert bench.statuses()[-1] == "Available"

    enact(scene)
