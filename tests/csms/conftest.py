"""A bench with a central system in virtual time, and stations that say exactly what a test wants."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Coroutine, Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from wattest.clock import VirtualClock
from wattest.clock.network import Greeting, MemoryNetwork, Wire, WireClosed
from wattest.csms import Csms
from wattest.model.tariff import TaxRate

Answering = Callable[[str, dict[str, Any]], Any]


class FakeStation:
    """One end of a wire. ``answering`` makes the payload for a command: a dict, a code for a CALLERROR, or None."""

    def __init__(self, wire: Wire, answering: Answering) -> None:
        self.wire = wire
        self.heard: list[Any] = []
        self.closed: WireClosed | None = None
        self._answering = answering
        self._number = 0
        self._reading = asyncio.create_task(self._read())

    async def _read(self) -> None:
        try:
            while True:
                text = await self.wire.recv()
                try:
                    message = json.loads(text)
                except ValueError:
                    self.heard.append(text)
                    continue
                self.heard.append(message)
                if message[0] == 2:
                    answer = self._answering(message[2], message[3])
                    if isinstance(answer, str):
                        await self.send([4, message[1], answer, "", {}])
                    elif answer is not None:
                        await self.send([3, message[1], answer])
        except WireClosed as closed:
            self.closed = closed

    async def send(self, message: Any) -> None:
        """Send JSON, or text and bytes as they are."""
        raw = isinstance(message, (str, bytes))
        await self.wire.send(message if raw else json.dumps(message, separators=(",", ":")))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        await asyncio.sleep(0)

    async def call(self, action: str, payload: dict[str, Any], id_: str | None = None) -> Any:
        """Send a CALL; the answer when it is there at once, else None."""
        self._number += 1
        unique = id_ or f"s{self._number}"
        await self.send([2, unique, action, payload])
        await asyncio.sleep(0.001)
        return self.answer(unique)

    def answer(self, unique: str) -> Any:
        """The last answer to a CALL of this station: a payload, or a CALLERROR's code."""
        found = [m for m in self.heard if isinstance(m, list) and m[0] in (3, 4) and m[1] == unique]
        return found[-1][2] if found else None

    def commands(self, action: str | None = None) -> list[Any]:
        """What the central system asked for."""
        calls = [m for m in self.heard if isinstance(m, list) and m[0] == 2]
        return [m[3] if action else m for m in calls if action in (None, m[2])]

    async def close(self, code: int = 1000) -> None:
        """Hang up."""
        await self.wire.close(code)
        await asyncio.sleep(0)
        await asyncio.sleep(0)


class Bench:
    """Csms, network, record entries, and everything that makes a station."""

    def __init__(self, clock: VirtualClock) -> None:
        self.clock = clock
        self.entries: list[dict[str, Any]] = []
        self.csms = Csms(clock, self.note)
        self.network = MemoryNetwork(clock)
        self.network.listen(self.csms.accept, self.csms.choose)

    def note(self, kind: str, /, **fields: Any) -> int:
        """The record: what cannot be JSON is an error here as there."""
        json.dumps(fields, default=str)
        self.entries.append({"kind": kind, "seq": len(self.entries), **fields})
        return len(self.entries) - 1

    def of(self, kind: str) -> list[dict[str, Any]]:
        """Entries of a kind."""
        return [entry for entry in self.entries if entry["kind"] == kind]

    def violations(self) -> list[str]:
        """Sentences of all frames."""
        return [v["sentence"] for entry in self.of("frame") for v in entry["violations"]]

    def rules(self) -> list[str]:
        """Rules of all frames."""
        return [v["rule"] for entry in self.of("frame") for v in entry["violations"]]

    async def station(
        self,
        dialect: str = "1.6",
        answering: Answering = lambda _action, _payload: {"status": "Accepted"},
        identity: str = "CP1",
    ) -> FakeStation:
        """Connect a station."""
        wire = await self.network.connect(Greeting(identity, (f"ocpp{dialect}",)))
        await asyncio.sleep(0)
        return FakeStation(wire, answering)

    def run(self, coro: Coroutine[Any, Any, None]) -> None:
        """Run a test to its end; a trouble of the central system fails it."""
        self.clock.run(coro)
        assert self.csms.troubles == []


@pytest.fixture
def bench() -> Iterator[Bench]:
    clock = VirtualClock()
    yield Bench(clock)
    clock.close()


@pytest.fixture
def quebec() -> tuple[TaxRate, ...]:
    return (
        TaxRate("QC", "GST", Decimal(5), date(2008, 1, 1), None, "CRA"),
        TaxRate("QC", "QST", Decimal("9.975"), date(2013, 1, 1), None, "Revenu Québec"),
    )
