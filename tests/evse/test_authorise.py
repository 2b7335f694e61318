"""Cards, the local list, the cache, and the rules while offline."""

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
