"""The live venue: nothing is let go of while it is live, and what is not certain at the end is handed on."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from wattest.clock import VirtualClock
from wattest.errors import BenchError, InstrumentError
from wattest.model.bench import FeederEntry
from wattest.roles import Identity
from wattest.run.assemble import documents
from wattest.run.live import LiveVenue
from wattest.run.safety import Interlocks

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def clock() -> Iterator[VirtualClock]:
    with VirtualClock() as clock:
        yield clock


class Mains:
    """A contactor that notes what is done to it, and obeys unless it is stuck."""

    supports: frozenset[str] = frozenset()

    def __init__(self) -> None:
        self.done: list[str] = []
        self.stuck = False

    async def open(self) -> None:
        self.done.append("open")

    async def make_safe(self) -> None:
        self.done.append("safe")
        if self.stuck:
            raise InstrumentError("it is stuck")

    async def close(self) -> None:
        self.done.append("close")


class Custody:
    """Remembers with what doubt the bench was left."""

    def __init__(self) -> None:
        self.doubts: list[str | None] = []

    def lost(self) -> None: ...

    def end(self, doubt: str | None, _note: Any) -> None:
        self.doubts.append(doubt)


@pytest.fixture
def live(clock: VirtualClock) -> tuple[LiveVenue, Mains, Custody]:
    """A venue whose only part is a contactor, armed and fed."""
    mains, custody = Mains(), Custody()

    def note(_kind: str, /, **_fields: Any) -> int:
        return 1

    read = documents()
    bench = replace(read.bench, kind="live", roles={}, rigs={})
    held: Any = custody
    venue = LiveVenue(bench, read.sheet, clock=clock, note=note, taxes=(), custody=held)
    parts: Any = {"mains": mains}
    venue._parts = parts
    venue._interlocks = Interlocks(parts, ("mains",), clock=clock, note=note)
    venue._interlocks.arm()
    venue._opened = True
    return venue, mains, custody


def test_everything_is_off_before_another_dialect(
    live: tuple[LiveVenue, Mains, Custody], clock: VirtualClock
) -> None:
    """A change of dialect lets go of every instrument: only when nothing is live any more, and not when that is uncertain."""
    venue, mains, _ = live
    clock.run(venue._change_dialect("2.0.1"))
    assert mains.done == ["safe", "close"]
    venue._interlocks.arm()
    venue._opened = True
    mains.done.clear()
    mains.stuck = True
    with pytest.raises(BenchError, match="mains could not be made safe: it is stuck"):
        clock.run(venue._change_dialect("1.6"))
    assert "close" not in mains.done


def test_the_end_says_whether_it_is_certain(
    live: tuple[LiveVenue, Mains, Custody], clock: VirtualClock
) -> None:
    """What could not be made safe is told to whoever has the bench, after every instrument was let go of."""
    venue, mains, custody = live
    mains.stuck = True
    with pytest.raises(
        BenchError, match="The bench could not be closed in good order: mains could not be made safe"
    ):
        clock.run(venue.close())
    assert mains.done == ["safe", "safe", "safe", "close"]
    assert custody.doubts == ["mains could not be made safe: it is stuck"]
    mains.stuck = False
    clock.run(venue.close())
    assert custody.doubts[1:] == [None]


def test_a_lost_watchdog_switches_everything_off(
    live: tuple[LiveVenue, Mains, Custody], clock: VirtualClock
) -> None:
    """At once, whatever the scenario is waiting for; and the scenario ends."""
    venue, mains, _ = live

    async def scenario() -> float:
        import asyncio

        venue._scenario = asyncio.current_task()
        venue._watchdog_is_gone()
        try:
            await clock.sleep(3600.0)
        except asyncio.CancelledError:
            return clock.monotonic()
        return -1.0

    assert clock.run(scenario()) == 0.0
    assert mains.done == ["safe"]


class Meter:
    """An energy meter of a feeder."""

    supports: frozenset[str] = frozenset()

    def __init__(self) -> None:
        self.done: list[str] = []

    async def open(self) -> Identity:
        self.done.append("open")
        return Identity("Eastron", "SDM630", "2")

    async def close(self) -> None:
        self.done.append("close")

    async def start_integration(self) -> None: ...


class Stations:
    """Stations of the bench that note what is asked of them."""

    def __init__(self) -> None:
        self.done: list[str] = []
        self.operator: Any = None

    def __getattr__(self, name: str) -> Any:
        async def asked(*_: Any) -> None:
            self.done.append(name)

        return asked


def test_a_feeder_is_there_for_the_scenarios_that_need_it(
    live: tuple[LiveVenue, Mains, Custody], clock: VirtualClock
) -> None:
    """Its meters are opened and its stations asked to be ready; afterwards sessions end and the meters are let go of."""
    venue, _, _ = live
    assert venue.lacks(("feeder",)) is not None
    entry = FeederEntry(("one", "two"), None, (9002,))
    venue._bench = replace(venue._bench, feeder=entry)
    assert venue.lacks(("feeder",)) is None
    stations: Any = Stations()
    venue._neighbours = stations
    venue._meters = {"one": Meter(), "two": Meter()}
    feeder = clock.run(venue._feeder_ready())
    assert feeder.places == 2
    assert stations.done == ["ready"]
    clock.run(venue.leave())
    assert stations.done == ["ready", "rest"]
    assert [meter.done for meter in venue._meters.values()] == [["open", "close"]] * 2
    clock.run(venue.close())
    assert stations.done == ["ready", "rest", "close"]
