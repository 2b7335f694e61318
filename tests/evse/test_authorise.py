"""Cards, the local list, the cache, remote starts, and the rules while offline."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

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


@pytest.mark.parametrize(
    ("uid", "words"),
    [(BLOCKED, "This card is blocked"), (EXPIRED, "This card has expired"), (STRANGER, "Card not accepted")],
)
def test_refused_card(enact: Enact, uid: str, words: str) -> None:
    """A card that the central system refuses draws no power, frees nothing, and the driver reads why."""

    async def scene(bench: Bench) -> None:
        await bench.ready()
        bench.world.reader.tap(uid)
        await bench.wait(2)
        assert words in bench.shown()
        assert bench.outlet.holster_lock.position() == "locked"
        await bench.wait(60)
        assert words not in bench.shown()
        await plugged_in_again(bench)
        bench.world.reader.tap(uid)
        await bench.wait(60)
        assert bench.outlet.true_energy_wh() == 0.0

    bench = enact(scene)
    assert not bench.started()


async def plugged_in_again(bench: Bench) -> None:
    bench.outlet.holster_lock.drive(False)
    await bench.wait(0.4)
    bench.car.plug_in()
    bench.car.set_ready(True)
    await bench.wait(1)


def test_nothing_before_the_answer(enact: Enact) -> None:
    """While the central system thinks, the plug stays captive and the outlet dead."""

    async def scene(bench: Bench) -> None:
        await plugged_in(bench)
        thinking: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        bench.central.answers["Authorize"] = lambda _p: thinking
        bench.world.reader.tap(CARD)
        await bench.wait(20)
        assert not bench.outlet.contactor.closed
        assert not bench.started()
        key = "idTagInfo" if bench.dialect == "1.6" else "idTokenInfo"
        thinking.set_result({key: {"status": "Accepted"}})
        await bench.wait(3)
        assert bench.outlet.contactor.closed

    enact(scene)


def test_permit_lapses(enact: Enact) -> None:
    """Nobody plugs in within the connection time-out: the plug is captive again and the charger free."""

    async def scene(bench: Bench) -> None:
        await bench.ready()
        bench.world.reader.tap(CARD)
        await bench.wait(55)
        assert bench.outlet.holster_lock.position() == "unlocked"
        await bench.wait(7)
        assert bench.outlet.holster_lock.position() == "locked"

    bench = enact(scene)
    assert not bench.started()
    assert bench.statuses()[-1] == "Available"


def test_second_tap_takes_it_back(enact: Enact) -> None:
    """The same card again before plugging in gives the permit back."""

    async def scene(bench: Bench) -> None:
        await bench.ready()
        bench.world.reader.tap(CARD)
        await bench.wait(5)
        bench.world.reader.tap(CARD)
        await bench.wait(3)
        assert bench.outlet.holster_lock.position() == "locked"

    enact(scene)


def test_stranger_cannot_stop(enact: Enact) -> None:
    """Another card, even a valid one, leaves the session alone."""

    async def scene(bench: Bench) -> None:
        await bench.ready()
        await bench.begin()
        bench.world.reader.tap("04700001")
        await bench.wait(5)
        assert "In use by somebody else" in bench.shown()
        assert bench.outlet.contactor.closed

    bench = enact(scene)
    assert not bench.ended()


def test_group_card_stops(enact: Enact) -> None:
    """A valid card of the same group ends the session, which names that card."""

    async def scene(bench: Bench) -> None:
        await bench.ready()
        await bench.begin("04600001")
        bench.world.reader.tap("04600002")
        await bench.wait(5)

    bench = enact(scene)
    assert bench.reasons() == ["Local"]
    told = bench.ended()[0]
    assert (told["idTag"] if bench.dialect == "1.6" else told["idToken"]["idToken"]) == "04600002"


def test_refused_group_card_does_not_stop(enact: Enact) -> None:
    """A blocked card of the same group leaves the session alone."""

    async def scene(bench: Bench) -> None:
        await bench.ready()
        await bench.begin("04600001")
        bench.central.cards["04600002"]["status"] = "Blocked"
        bench.world.reader.tap("04600002")
        await bench.wait(5)

    assert not enact(scene).ended()


async def send_list(
    bench: Bench, version: int, entries: list[tuple[str, str | None]], kind: str = "Full"
) -> Any:
    if bench.dialect == "1.6":
        rows: list[Any] = [
            {"idTag": uid, **({"idTagInfo": {"status": word}} if word else {})} for uid, word in entries
        ]
        payload = {"listVersion": version, "updateType": kind, "localAuthorizationList": rows}
    else:
        rows = [
            {
                "idToken": {"idToken": uid, "type": "ISO14443"},
                **({"idTokenInfo": {"status": word}} if word else {}),
            }
            for uid, word in entries
        ]
        payload = {"versionNumber": version, "updateType": kind}
        if rows:
            payload["localAuthorizationList"] = rows
    return (await bench.central.call("SendLocalList", payload))["status"]


async def list_version(bench: Bench) -> int:
    answer = await bench.central.call("GetLocalListVersion", {})
    return int(answer["listVersion" if bench.dialect == "1.6" else "versionNumber"])


def test_local_list(enact: Enact) -> None:
    """Full replaces, Differential changes and deletes, an old version is a mismatch, an empty Full clears."""

    async def scene(bench: Bench) -> None:
        await bench.ready()
        flash = bench.charger.flash
        assert await send_list(bench, 3, [(CARD, "Accepted"), (STRANGER, "Blocked")]) == "Accepted"
        assert (
            await send_list(bench, 5, [(STRANGER, None), (EXPIRED, "Expired")], "Differential") == "Accepted"
        )
        assert set(flash.local_list) == {CARD.casefold(), EXPIRED.casefold()}
        assert await send_list(bench, 4, [], "Differential") == "VersionMismatch"
        assert await list_version(bench) == 5
        assert await send_list(bench, 6, [(CARD, None)]) == "Failed"
        assert await send_list(bench, 7, []) == "Accepted"
        assert await list_version(bench) == 0
        assert not flash.local_list

    enact(scene)


def test_offline_the_list_decides(enact: Enact) -> None:
    """Offline: listed accepted cards charge; listed blocked and unknown ones do not, even when unknown ones may."""

    async def scene(bench: Bench) -> None:
        await plugged_in(bench)
        await send_list(bench, 1, [(CARD, "Accepted"), (BLOCKED, "Blocked")])
        bench.network.cut()
        await bench.wait(5)
        bench.world.reader.tap(STRANGER)
        await bench.wait(5)
        assert not bench.outlet.contactor.closed
        bench.charger.flash.settings["allow_offline_unknown"] = "true"
        bench.world.reader.tap(BLOCKED)
        await bench.wait(5)
        assert not bench.outlet.contactor.closed
        assert "blocked" in bench.shown()
        bench.world.reader.tap(CARD)
        await bench.wait(5)
        assert bench.outlet.contactor.closed

    enact(scene)


def test_offline_strangers_if_the_setting_says_so(enact: Enact) -> None:
    """Offline with the setting on, an unknown card charges; refused on return, its session ends."""

    async def scene(bench: Bench) -> None:
        await plugged_in(bench)
        bench.charger.flash.settings["allow_offline_unknown"] = "true"
        bench.network.cut()
        await bench.wait(5)
        bench.world.reader.tap(STRANGER)
        await bench.wait(60)
        assert bench.outlet.contactor.closed
        bench.network.restore()
        await bench.wait(60)
        assert not bench.outlet.contactor.closed

    assert enact(scene).reasons() == ["DeAuthorized"]


def test_offline_the_cache_decides_until_cleared(enact: Enact) -> None:
    """A card used before is known offline; after ClearCache it is a stranger."""

    async def scene(bench: Bench) -> None:
        await plugged_in(bench)
        bench.world.reader.tap(CARD)
        await bench.wait(5)
        bench.world.reader.tap(CARD)
        await bench.wait(5)
        bench.network.cut()
        await bench.wait(5)
        bench.world.reader.tap(CARD)
        await bench.wait(5)
        assert bench.outlet.contactor.closed
        bench.world.reader.tap(CARD)
        bench.network.restore()
        await bench.wait(30)
        assert await bench.central.call("ClearCache", {}) == {"status": "Accepted"}
        bench.network.cut()
        await bench.wait(5)
        bench.world.reader.tap(CARD)
        await bench.wait(5)
        assert not bench.outlet.contactor.closed

    enact(scene)


def test_list_beats_cache(enact: Enact) -> None:
    """A card cached as accepted but listed as blocked is refused offline."""

    async def scene(bench: Bench) -> None:
        await plugged_in(bench)
        bench.world.reader.tap(CARD)
        await bench.wait(5)
        bench.world.reader.tap(CARD)
        await bench.wait(5)
        await send_list(bench, 1, [(CARD, "Blocked")])
        bench.network.cut()
        await bench.wait(5)
        bench.world.reader.tap(CARD)
        await bench.wait(5)
        assert not bench.outlet.contactor.closed

    enact(scene)


def test_expired_cache_entry_is_refused(enact: Enact) -> None:
    """A cached card is not good for longer than its expiry."""

    async def scene(bench: Bench) -> None:
        key = "expiryDate" if bench.dialect == "1.6" else "cacheExpiryDateTime"
        bench.central.cards[CARD][key] = "2026-01-15T12:30:00Z"
        await plugged_in(bench)
        bench.world.reader.tap(CARD)
        await bench.wait(5)
        bench.world.reader.tap(CARD)
        await bench.wait(1800)
        bench.network.cut()
        await bench.wait(5)
        bench.world.reader.tap(CARD)
        await bench.wait(5)
        assert not bench.outlet.contactor.closed
        assert "expired" in bench.shown()

    enact(scene)


def test_pre_authorize_asks_nobody(enact: Enact) -> None:
    """With LocalPreAuthorize a known card starts without Authorize."""

    async def scene(bench: Bench) -> None:
        await plugged_in(bench)
        bench.charger.flash.settings["local_pre_authorize"] = "true"
        await send_list(bench, 1, [(CARD, "Accepted")])
        bench.world.reader.tap(CARD)
        await bench.wait(5)
        assert bench.outlet.contactor.closed

    assert "Authorize" not in enact(scene).central.actions()


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


def test_silent_central_system_counts_as_offline(enact: Enact) -> None:
    """When Authorize is never answered the rules for offline hold."""

    async def scene(bench: Bench) -> None:
        bench.central.silent("Authorize")
        await plugged_in(bench)
        await send_list(bench, 1, [(CARD, "Accepted")])
        bench.world.reader.tap(STRANGER)
        await bench.wait(60)
        assert not bench.outlet.contactor.closed
        bench.world.reader.tap(CARD)
        await bench.wait(60)
        assert bench.outlet.contactor.closed

    enact(scene)


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
