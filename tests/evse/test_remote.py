"""Remote start and stop."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.evse.conftest import Bench, Enact

CARD, BLOCKED, EXPIRED, STRANGER = "04A1B2C3", "04FFFFFF", "04EEEEEE", "04123456"


async def plugged_in(bench: Bench) -> None:
    """A car that asks for energy, on a plug that somebody left unlocked."""
    await bench.ready()
    bench.outlet.holster_lock.drive(False)
    await bench.wait(1)
    bench.car.plug_in()
    bench.car.set_ready(True)
    await bench.wait(1)


async def remote_start(bench: Bench, uid: str = CARD, evse: int | None = 1) -> Any:
    if bench.dialect == "1.6":
        payload: dict[str, Any] = {"idTag": uid} | ({} if evse is None else {"connectorId": evse})
        return await bench.central.call("RemoteStartTransaction", payload)
    payload = {"idToken": {"idToken": uid, "type": "Central"}, "remoteStartId": 42}
    return await bench.central.call(
        "RequestStartTransaction", payload | ({} if evse is None else {"evseId": evse})
    )


def test_remote_start_of_an_idle_station(enact: Enact) -> None:
    """Accepted at once, the plug is freed, and the transaction begins with the plug."""

    async def scene(bench: Bench) -> None:
        await bench.ready()
        assert await remote_start(bench) == {"status": "Accepted"}
        await bench.wait(2)
        bench.car.plug_in()
        bench.car.set_ready(True)
        await bench.wait(3)
        assert bench.outlet.contactor.closed
        assert await remote_start(bench) == {"status": "Rejected"}

    bench = enact(scene)
    started = bench.started()[0]
    if bench.dialect == "1.6":
        assert started["idTag"] == CARD
    else:
        assert started["idToken"] == {"idToken": CARD, "type": "Central"}
        assert started["transactionInfo"]["remoteStartId"] == 42


def test_remote_start_with_the_plug_in(enact: Enact) -> None:
    """A driver who is plugged in already charges a moment after the remote start."""

    async def scene(bench: Bench) -> None:
        await plugged_in(bench)
        assert await remote_start(bench, evse=None) == {"status": "Accepted"}
        await bench.wait(3)
        assert bench.outlet.contactor.closed

    bench = enact(scene)
    if bench.dialect == "2.0.1":
        assert bench.started()[0]["triggerReason"] == "RemoteStart"


def test_remote_start_nowhere(enact: Enact) -> None:
    """A connector that does not exist, connector 0 and one out of service reject a remote start."""

    async def scene(bench: Bench) -> None:
        await bench.ready()
        assert await remote_start(bench, evse=9) == {"status": "Rejected"}
        if bench.dialect == "1.6":
            assert await remote_start(bench, evse=0) == {"status": "Rejected"}
        bench.charger.flash.operative[1] = False
        assert await remote_start(bench) == {"status": "Rejected"}

    enact(scene)


def test_remote_start_may_have_to_ask(enact: Enact) -> None:
    """With AuthorizeRemoteTxRequests the token of a remote start is authorised first."""

    async def scene(bench: Bench) -> None:
        await bench.ready()
        bench.charger.flash.settings["authorize_remote"] = "true"
        await remote_start(bench, BLOCKED)
        await bench.wait(2)
        assert bench.outlet.holster_lock.position() == "locked"
        assert "blocked" in bench.shown()
        await remote_start(bench)
        await bench.wait(2)
        assert bench.outlet.holster_lock.position() == "unlocked"

    assert enact(scene).central.actions().count("Authorize") == 2


def test_remote_stop(enact: Enact) -> None:
    """Remote stop ends the session with reason Remote; an unknown transaction is rejected."""

    async def scene(bench: Bench) -> None:
        await bench.ready()
        await bench.begin()
        action: str
        right: dict[str, Any]
        wrong: dict[str, Any]
        if bench.dialect == "1.6":
            action, right, wrong = "RemoteStopTransaction", {"transactionId": 1001}, {"transactionId": 5}
        else:
            name = bench.started()[0]["transactionInfo"]["transactionId"]
            action, right, wrong = "RequestStopTransaction", {"transactionId": name}, {"transactionId": "x"}
        assert await bench.central.call(action, wrong) == {"status": "Rejected"}
        assert await bench.central.call(action, right) == {"status": "Accepted"}
        await bench.wait(1)
        assert not bench.outlet.contactor.closed
        assert await bench.central.call(action, right) == {"status": "Rejected"}

    assert enact(scene).reasons() == ["Remote"]


def test_limit_of_a_refused_remote_start_is_forgotten(enact: Enact) -> None:
    """A limit that came with a remote start that was refused later does not bind the next driver."""

    async def scene(bench: Bench) -> None:
        await bench.ready()
        bench.charger.flash.settings["authorize_remote"] = "true"
        schedule = {"chargingRateUnit": "A", "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 7}]}
        profile: dict[str, Any] = {
            "stackLevel": 0,
            "chargingProfilePurpose": "TxProfile",
            "chargingProfileKind": "Relative",
        }
        if bench.dialect == "1.6":
            profile |= {"chargingProfileId": 1, "chargingSchedule": schedule}
            payload: dict[str, Any] = {"idTag": BLOCKED, "connectorId": 1, "chargingProfile": profile}
            await bench.central.call("RemoteStartTransaction", payload)
        else:
            profile |= {"id": 1, "chargingSchedule": [{"id": 1, **schedule}]}
            token = {"idToken": BLOCKED, "type": "Central"}
            payload = {"idToken": token, "remoteStartId": 1, "evseId": 1, "chargingProfile": profile}
            await bench.central.call("RequestStartTransaction", payload)
        await bench.wait(5)
        await bench.begin()
        assert bench.outlet.true_current_a() == 32.0

    enact(scene)
