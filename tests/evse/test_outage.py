"""The link goes, the central system falls silent or fails: sessions go on, and nothing is lost or doubled."""

from __future__ import annotations

import asyncio
import itertools
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.evse.conftest import Bench, Enact

    from wattest.model.charger import ChargerSheet

CARD = "04A1B2C3"


def events(bench: Bench) -> list[dict[str, Any]]:
    return bench.central.said("StartTransaction", "MeterValues", "StopTransaction", "TransactionEvent")


def stamps(bench: Bench) -> list[str]:
    return [p.get("timestamp") or p["meterValue"][0]["timestamp"] for p in events(bench)]


def whole(bench: Bench, sessions: int) -> None:
    """Every transaction arrived complete, in order, once."""
    assert len(bench.started()) == len(bench.ended()) == sessions
    assert stamps(bench) == sorted(stamps(bench))
    told = [str(p) for p in events(bench)]
    assert len(told) == len(set(told))
    if bench.dialect == "2.0.1":
        for name in {p["transactionInfo"]["transactionId"] for p in events(bench)}:
            own = [p["seqNo"] for p in events(bench) if p["transactionInfo"]["transactionId"] == name]
            assert own == list(range(len(own)))
    else:
        starts = [1001 + n for n in range(sessions)]
        assert [p["transactionId"] for p in bench.ended()] == starts
        assert {p["transactionId"] for p in bench.updated()} <= set(starts)


def test_session_goes_on_without_the_link(enact: Enact) -> None:
    """An outage in mid-session: charging goes on, every meter value arrives afterwards, in order."""

    async def scene(bench: Bench) -> None:
        await bench.ready()
        await bench.begin()
        await bench.wait(120)
        bench.network.cut()
        await bench.wait(1200)
        assert bench.outlet.true_current_a() == 32.0
        bench.network.restore()
        await bench.wait(120)
        bench.world.reader.tap(CARD)
        await bench.wait(5)

    bench = enact(scene)
    whole(bench, 1)
    assert len([p for p in bench.updated() if "meterValue" in p]) == 24
    if bench.dialect == "2.0.1":
        offline = [bool(p.get("offline")) for p in events(bench)]
        assert offline.count(True) == 20
    assert len(bench.central.said("BootNotification")) == 1


def test_whole_session_offline(enact: Enact) -> None:
    """Start and stop while offline arrive on return, as they happened."""

    async def scene(bench: Bench) -> None:
        await bench.ready()
        bench.charger.flash.settings["allow_offline_unknown"] = "true"
        bench.network.cut()
        await bench.wait(5)
        await bench.begin()
        await bench.wait(300)
        bench.world.reader.tap(CARD)
        await bench.wait(5)
        await bench.leave()
        assert not bench.started()
        bench.network.restore()
        await bench.wait(60)

    bench = enact(scene)
    whole(bench, 1)
    assert bench.registers()[-1] - bench.registers()[0] == pytest.approx(bench.outlet.true_energy_wh(), abs=1)


def test_three_sessions_offline_and_a_power_cut(enact: Enact) -> None:
    """The queue lives in flash: three sessions and a reboot later everything arrives, after the boot."""

    async def scene(bench: Bench) -> None:
        await bench.ready()
        bench.charger.flash.settings["allow_offline_unknown"] = "true"
        bench.network.cut()
        await bench.wait(5)
        for _ in range(3):
            await bench.begin()
            await bench.wait(150)
            bench.world.reader.tap(CARD)
            await bench.wait(5)
            await bench.leave()
        bench.world.grid.set_power(False)
        await bench.wait(60)
        bench.world.grid.set_power(True)
        await bench.wait(60)
        bench.network.restore()
        await bench.wait(100)

    bench = enact(scene)
    whole(bench, 3)
    actions = bench.central.actions()
    second_boot = actions.index("BootNotification", 1)
    first = min(actions.index(a) for a in ("StartTransaction", "TransactionEvent") if a in actions)
    assert second_boot < first


def test_statuses_are_not_replayed(enact: Enact) -> None:
    """After an outage only the status of now is told."""

    async def scene(bench: Bench) -> None:
        await bench.ready()
        bench.charger.flash.settings["allow_offline_unknown"] = "true"
        bench.network.cut()
        await bench.wait(5)
        await bench.begin()
        await bench.leave()
        await bench.begin()
        bench.network.restore()
        await bench.wait(60)

    bench = enact(scene)
    assert bench.statuses() == ["Available", "Charging" if bench.dialect == "1.6" else "Occupied"]


def test_answer_lost_with_the_link(enact: Enact) -> None:
    """A start whose answer was lost is sent again, the same."""

    async def scene(bench: Bench) -> None:
        await bench.ready()
        action = "StartTransaction" if bench.dialect == "1.6" else "TransactionEvent"
        bench.central.silent(action)
        await bench.begin()
        bench.network.cut()
        await bench.wait(5)
        del bench.central.answers[action]
        bench.network.restore()
        await bench.wait(60)

    first, second = enact(scene).started()
    for frame in (first, second):
        frame.pop("offline", None)
    assert first == second


@pytest.mark.parametrize("failing", ["InternalError", None])
def test_retries_are_counted_and_spaced(enact: Enact, failing: str | None) -> None:
    """A message that fails is sent as often as the setting says, after the interval times the attempts so far."""

    async def scene(bench: Bench) -> None:
        await bench.ready()
        bench.charger.flash.settings |= {"message_attempts": "3", "message_retry_interval": "10"}
        await bench.begin()
        action = "StopTransaction" if bench.dialect == "1.6" else "TransactionEvent"
        if failing is None:
            bench.central.silent(action)
        else:
            bench.central.answers[action] = lambda _p: failing
        bench.world.reader.tap(CARD)
        await bench.wait(300)
        del bench.central.answers[action]
        await bench.leave()
        await bench.begin()
        await bench.wait(10)

    bench = enact(scene)
    tries = [t for t, _action, p in bench.central.heard if p in bench.ended()]
    waits = [round(b - a) for a, b in itertools.pairwise(tries)]
    assert waits == ([10, 20] if failing else [40, 50])
    assert len(bench.started()) == 2


def test_half_open_link_is_noticed(enact: Enact) -> None:
    """A link that swallows everything is given up after an unanswered CALL and an unanswered probe."""

    async def scene(bench: Bench) -> None:
        await bench.ready()
        await bench.begin()
        bench.network.cut("silent")
        await bench.wait(150)
        assert bench.charger._link is not None
        assert not bench.charger._link.online
        bench.network.restore()
        await bench.wait(60)
        assert bench.central.links == 2
        bench.world.reader.tap(CARD)
        await bench.wait(5)

    whole(enact(scene), 1)


def test_busy_central_system_is_not_a_dead_link(enact: Enact) -> None:
    """A central system that leaves one CALL unanswered and answers the probe keeps its link."""

    async def scene(bench: Bench) -> None:
        await bench.ready()
        bench.central.silent("Authorize")
        bench.world.reader.tap(CARD)
        await bench.wait(100)

    assert enact(scene).central.links == 1


def test_back_off_grows_and_jitters(enact: Enact) -> None:
    """Attempts to reconnect are spaced 4, 8, 16, 32, 32 s with jitter of up to 2 s."""
    dialled: list[float] = []

    async def scene(bench: Bench) -> None:
        connect = bench.charger._connect

        async def counted(greeting: Any, /) -> Any:
            dialled.append(bench.clock.monotonic())
            return await connect(greeting)

        bench.charger._connect = counted
        await bench.ready()
        bench.network.cut()
        await bench.wait(150)

    enact(scene)
    gaps = [b - a for a, b in itertools.pairwise(dialled[1:])]
    for gap, least in zip(gaps, (8, 16, 32, 32), strict=False):
        assert least <= gap <= least + 2
    assert len({round(gap % 1, 6) for gap in gaps}) > 1


def test_refused_handshake_is_tried_again(enact: Enact) -> None:
    """A central system that turns the charger away, or speaks no common version, is dialled again."""

    async def scene(bench: Bench) -> None:
        from wattest.clock.network import Choice

        choices = iter([Choice(None, 503, "busy"), Choice(None), Choice("ocpp9")])
        usual = bench.network._choose
        bench.network._choose = lambda greeting: next(choices, None) or usual(greeting)
        await bench.ready()
        await bench.wait(120)
        assert bench.central.actions()[0] == "BootNotification"

    enact(scene)


def test_power_cut_closes_the_session(enact: Enact) -> None:
    """Cut in mid-session: no power at once; after boot the session is closed with PowerLoss at the time of the cut."""

    async def scene(bench: Bench) -> None:
        await bench.ready()
        await bench.begin()
        await bench.wait(400)
        bench.world.grid.set_power(False)
        assert bench.outlet.true_current_a() == 0.0
        energy = bench.outlet.true_energy_wh()
        await bench.wait(600)
        bench.world.grid.set_power(True)
        await bench.wait(300)
        assert not bench.outlet.contactor.closed
        assert bench.outlet.true_energy_wh() == energy
        assert bench.registers()[-1] - bench.registers()[0] == pytest.approx(energy, abs=1)

    bench = enact(scene)
    whole(bench, 1)
    assert bench.reasons() == ["PowerLoss"]
    assert bench.ended()[0]["timestamp"].startswith("2026-01-15T12:06:57")
    assert bench.outlet.connector_lock.position() == "unlocked"


def test_power_cut_while_booting(enact: Enact) -> None:
    """Power that comes and goes faster than the boot leaves one charger, not two."""

    async def scene(bench: Bench) -> None:
        await bench.ready()
        for _ in range(5):
            bench.world.grid.set_power(False)
            await bench.wait(1)
            bench.world.grid.set_power(True)
            await bench.wait(2)
        await bench.wait(60)

    assert len(enact(scene).central.said("BootNotification")) == 2


def test_power_cut_ends_before(enact: Enact, sheet: ChargerSheet) -> None:
    """A charger with a hold-up supply says PowerLoss before it goes."""

    async def scene(bench: Bench) -> None:
        await bench.ready()
        await bench.begin()
        await bench.wait(60)
        bench.world.grid.set_power(False)
        await bench.wait(1)
        assert bench.reasons() == ["PowerLoss"]
        await bench.wait(60)
        bench.world.grid.set_power(True)
        await bench.wait(60)

    whole(enact(scene, sheet=replace(sheet, power_loss="ends_before")), 1)


def test_power_cut_resumes(enact: Enact, sheet: ChargerSheet) -> None:
    """A charger whose sheet says so goes on with the transaction after the boot."""

    async def scene(bench: Bench) -> None:
        await bench.ready()
        await bench.begin()
        await bench.wait(60)
        bench.world.grid.set_power(False)
        await bench.wait(60)
        bench.world.grid.set_power(True)
        await bench.wait(60)
        assert bench.outlet.contactor.closed
        bench.world.reader.tap(CARD)
        await bench.wait(5)

    bench = enact(scene, sheet=replace(sheet, power_loss="resumes"))
    whole(bench, 1)
    assert bench.reasons() == ["Local"]


def test_power_cut_before_the_answer(enact: Enact) -> None:
    """A cut while the card is being asked about leaves nothing behind: no session, plug captive."""

    async def scene(bench: Bench) -> None:
        await bench.ready()
        bench.central.answers["Authorize"] = lambda _p: asyncio.get_running_loop().create_future()
        bench.world.reader.tap(CARD)
        await bench.wait(1)
        bench.world.grid.set_power(False)
        await bench.wait(10)
        bench.world.grid.set_power(True)
        await bench.wait(30)
        assert bench.outlet.holster_lock.position() == "locked"

    assert not enact(scene).started()


def test_long_outage_costs_little(enact: Enact) -> None:
    """Three days offline with a charging car stay in order and complete."""

    async def scene(bench: Bench) -> None:
        await bench.ready()
        await bench.begin()
        bench.network.cut()
        await bench.wait(3 * 86400)
        bench.network.restore()
        await bench.wait(100)
        await bench.leave()

    whole(enact(scene), 1)
