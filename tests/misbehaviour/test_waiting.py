"""How long a live bench waits for a station that does not come, and what it does about one that is not at rest."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from wattest.clock import VirtualClock
from wattest.clock.network import Greeting, MemoryNetwork
from wattest.errors import StationGone
from wattest.run.live import LiveVenue
from wattest.run.prove import library

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wattest.run.assemble import Documents


@pytest.fixture
def clock() -> Iterator[VirtualClock]:
    with VirtualClock() as clock:
        yield clock


@pytest.fixture
def venue(read: Documents, clock: VirtualClock) -> LiveVenue:
    """A live bench without any part: only a central system that waits."""
    entries: list[Any] = []

    def note(kind: str, /, **fields: Any) -> int:
        entries.append({"kind": kind, **fields})
        return len(entries)

    bench = replace(read.bench, kind="live", roles={}, rigs={})
    return LiveVenue(bench, read.sheet, clock=clock, note=note, taxes=read.taxes)


def test_patience_is_halved(venue: LiveVenue, clock: VirtualClock) -> None:
    """A station that never comes costs a night no hours: each scenario waits half as long as the one before."""
    waited = []
    for _ in range(6):
        begin = clock.monotonic()
        with pytest.raises(StationGone) as gone:
            clock.run(venue.enter(library()[0], "1.6", 0))
        waited.append(clock.monotonic() - begin)
    assert waited == [80.0, 40.0, 20.0, 10.0, 5.0, 5.0]
    assert str(gone.value) == "No station connected within 5 s."


def test_patience_returns_with_the_station(venue: LiveVenue, clock: VirtualClock) -> None:
    """Once it came, it is waited for as long as at first."""

    async def come_and_go() -> list[float]:
        with pytest.raises(StationGone):
            await venue.enter(library()[0], "1.6", 0)
        network = MemoryNetwork(clock)
        network.listen(venue._csms.accept, venue._csms.choose)
        wire = await network.connect(Greeting("CP001", ("ocpp1.6",)))
        begin = clock.monotonic()
        await venue.enter(library()[0], "1.6", 0)
        came = clock.monotonic() - begin
        await wire.close(1000)
        await clock.sleep(1)
        begin = clock.monotonic()
        with pytest.raises(StationGone):
            await venue.enter(library()[0], "1.6", 0)
        return [came, clock.monotonic() - begin]

    assert clock.run(come_and_go()) == [40.0, 80.0]
