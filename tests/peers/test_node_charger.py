from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from wattest.clock import RealClock
from wattest.csms import Csms
from wattest.csms.server import serve
from wattest.model.bench import Bench
from wattest.model.read import read_bench, read_charger, read_taxes
from wattest.model.scenario import Card
from wattest.model.tariff import Tariff
from wattest.ocpp.ledger import Transaction
from wattest.roles import Surroundings
from wattest.run.drivers import driver

ROOT = Path(__file__).resolve().parents[2]
BENCH = ROOT / "fixtures" / "benches" / "node_peer.yaml"
SHEET = read_charger(ROOT / "fixtures" / "chargers" / "node_peer.yaml")
CARD, FRIEND, STRANGER = "04A2B3C4D5E680", "04A2B3C4D5E681", "04FFFFFFFFFFFF"

pytestmark = pytest.mark.real_time


@dataclass
class Peer:
    """The Node charger in one dialect, our central system, and the roles of its bench file."""

    clock: RealClock
    csms: Csms
    parts: dict[str, Any]
    noted: list[dict[str, Any]] = field(default_factory=list)

    async def until(self, what: str, look: Callable[[], Any], within_s: float = 8.0) -> Any:
        """Wait for something to become true; a coroutine function is awaited."""
        found: Any = None
        try:
            async with asyncio.timeout(within_s):
                while not found:
                    found = look()
                    if asyncio.iscoroutine(found):
                        found = await found
                    if not found:
                        await self.clock.sleep(0.02)
        except TimeoutError:
            raise AssertionError(f"not within {within_s:g} s: {what}") from None
        return found

    def last(self) -> Transaction | None:
        """The newest transaction."""
        return next(iter([*self.csms.ledger.transactions.values()][::-1]), None)

    async def charge(self, wh: float) -> None:
        """Plug in and take energy, by the reference meter."""
        await self.until("the holster opens", self.holster_is_open)
        await self.parts["reference_meter"].start_integration()
        await self.parts["vehicle"].plug_in()
        await self.parts["vehicle"].set_ready(ready=True)

        async def enough() -> bool:
            return bool((await self.parts["reference_meter"].read()).energy.value >= wh)

        await self.until(f"{wh} Wh", enough, 12)

    async def drive_away(self) -> None:
        """Unplug and put the plug back."""
        await self.until("the car is free", self.car_is_free)
        await self.parts["vehicle"].unplug()
        await self.parts["vehicle"].holster()
        assert await self.parts["vehicle"].whereabouts() == "holstered"

    async def holster_is_open(self) -> bool:
        return bool((await self.parts["lock_sensor"].read()).holster == "unlocked")

    async def car_is_free(self) -> bool:
        return bool((await self.parts["lock_sensor"].read()).connector == "unlocked")


@pytest.fixture(params=["1.6", "2.0.1"])
def peer(request: pytest.FixtureRequest, node: str) -> Iterator[Peer]:
    bench = read_bench(BENCH)
    noted: list[dict[str, Any]] = []

    def note(kind: str, /, **fields: Any) -> int:
        noted.append({"kind": kind, **fields})
        return len(noted) - 1

    with RealClock() as clock:
        csms = Csms(clock, note)
        csms.taxes = read_taxes(ROOT / "fixtures" / "taxes" / "canada.yaml")
        csms.only(request.param)
        for uid in (CARD, FRIEND):
            csms.set_card(Card(uid))
        server = clock.run(serve(csms, bench.csms))
        facts = {"csms": server.url, "identity": SHEET.identity, "dialect": request.param}
        rigs: dict[str, Any] = {}
        rigs |= {
            name: driver(entry, around(clock, note, name, rigs, facts)) for name, entry in bench.rigs.items()
        }
        parts = parts_of(bench, clock, note, rigs, facts)
        try:
            for opening in (*rigs.values(), *parts.values()):
                clock.run(opening.open())
            assert clock.run(csms.wait_ready(within_s=10))
            clock.run(csms.station().configure("meter_interval", "1"))
            yield Peer(clock, csms, parts, noted)
        finally:
            for closing in (*parts.values(), *rigs.values(), server):
                clock.run(closing.close())


def around(
    clock: RealClock, note: Any, role: str, rigs: dict[str, Any], facts: dict[str, str]
) -> Surroundings:
    return Surroundings(clock=clock, note=note, role=role, folder=str(BENCH.parent), rigs=rigs, facts=facts)


def parts_of(
    bench: Bench, clock: RealClock, note: Any, rigs: dict[str, Any], facts: dict[str, str]
) -> dict[str, Any]:
    return {
        role: driver(entry, around(clock, note, role, rigs, facts)) for role, entry in bench.roles.items()
    }


def test_a_strangers_charger_is_led_through_its_day(peer: Peer) -> None:
    """Card session with energy and cost, refused cards, remote session, unlock: and no frame is out of order."""
    peer.csms.tariff = Tariff("test", energy=Decimal("20.00"), tax_included=True)
    parts = peer.parts

    async def day() -> None:
        await parts["card_reader"].present(STRANGER)
        assert (await parts["lock_sensor"].read()).holster == "locked"
        assert peer.last() is None

        await parts["card_reader"].present(CARD)
        await peer.charge(9)
        await parts["card_reader"].present(FRIEND)
        running = peer.last()
        assert running is not None
        assert running.ended_at is None
        await parts["card_reader"].present(CARD)
        await peer.until(
            "the transaction ends", lambda: running.ended_at is not None or ended(peer, running.id)
        )
        paid = peer.csms.ledger.transactions[running.id]
        measured = (await parts["reference_meter"].read()).energy
        assert paid.energy_wh is not None
        assert abs(float(paid.energy_wh) - measured.value) <= SHEET.register_step_wh
        assert len(paid.register) >= 3
        bill = peer.csms.till.bill(paid)
        assert bill is not None

        async def shown() -> bool:
            seen = await parts["display"].read()
            return seen.cost is not None and Decimal(seen.cost) == bill.total

        await peer.until(f"the display shows {bill.total}", shown)
        await peer.drive_away()

        station = peer.csms.station()
        assert (await station.remote_start(Card(CARD))).accepted
        await peer.charge(1)
        second = peer.last()
        assert second is not None
        assert second.id != running.id
        unlocked = await station.unlock()
        if unlocked.status == "OngoingAuthorizedTransaction":
            assert (await station.remote_stop(second.id)).accepted
        await peer.until("the transaction ends", lambda: ended(peer, second.id))
        await peer.drive_away()

    peer.clock.run(day())
    assert violations(peer) == []
    assert peer.csms.troubles == []


def test_a_strangers_charger_comes_back(peer: Peer) -> None:
    """A cut network delivers what was kept, a power cut ends the session, a reset shows as a boot."""
    parts = peer.parts

    async def day() -> None:
        await parts["card_reader"].present(CARD)
        await peer.charge(2)
        running = peer.last()
        assert running is not None
        await parts["network"].cut()
        await peer.until("the link is lost", lambda: not peer.csms.connected)
        await parts["card_reader"].present(CARD)
        await parts["network"].restore()
        await peer.until("the end is delivered", lambda: ended(peer, running.id))
        await peer.drive_away()

        await peer.until("the link is back", lambda: peer.csms.connected)
        assert (await peer.csms.station().remote_start(Card(CARD))).accepted
        await peer.charge(1)
        cut = peer.last()
        assert cut is not None
        await parts["mains"].set_power(on=False)
        await peer.until("the link is lost", lambda: not peer.csms.connected)
        await parts["mains"].set_power(on=True)
        await peer.until("the end is delivered", lambda: ended(peer, cut.id))
        assert peer.csms.ledger.transactions[cut.id].stop_reason == "PowerLoss"
        await peer.drive_away()

        lost = peer.csms.mark()
        assert (await peer.csms.station().reset("soft")).accepted
        assert await peer.csms.wait_back(within_s=10, since=lost) is not None

    peer.clock.run(day())
    assert violations(peer) == []


def ended(peer: Peer, transaction_id: str) -> bool:
    return peer.csms.ledger.transactions[transaction_id].ended_at is not None


def violations(peer: Peer) -> list[Any]:
    return [entry for entry in peer.noted if entry["kind"] == "frame" and entry["violations"]]
