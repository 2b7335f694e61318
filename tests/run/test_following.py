"""A load that obeys the pilot, and what becomes of a scenario when it cannot."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from wattest.clock import VirtualClock
from wattest.errors import InstrumentError
from wattest.judge.verdicts import item_verdict, requirement_verdicts
from wattest.roles import PilotReading, Reading
from wattest.run.following import FollowingLoad, trouble_of, with_obedient_load

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass
class Load:
    """What it was told, in order; ``broken`` is what it says instead of obeying."""

    supports: frozenset[str] = frozenset()
    told: list[tuple[str, Any]] = field(default_factory=list)
    broken: str = ""

    async def set_current(self, current_a: float) -> None:
        if self.broken:
            raise InstrumentError(self.broken)
        self.told.append(("current", current_a))

    async def set_input(self, on: bool) -> None:
        self.told.append(("input", on))

    async def make_safe(self) -> None:
        self.told.append(("safe", None))

    async def close(self) -> None:
        self.told.append(("close", None))


@dataclass
class Board:
    """An EV board that sees this duty cycle."""

    duty: float = 50.0
    supports: frozenset[str] = frozenset({"pilot_reading"})
    broken: str = ""

    async def read_pilot(self) -> PilotReading:
        if self.broken:
            raise InstrumentError(self.broken)
        return PilotReading(high=Reading(6.0, "V", 0.0), duty=Reading(self.duty, "%", 0.0))


@dataclass
class Bench:
    clock: VirtualClock
    load: Load = field(default_factory=Load)
    board: Board = field(default_factory=Board)
    notes: list[dict[str, Any]] = field(default_factory=list)

    def note(self, kind: str, /, **fields: Any) -> int:
        self.notes.append({"kind": kind, "seq": len(self.notes), **fields})
        return len(self.notes) - 1

    def following(self, rated_a: float = 48.0) -> Any:
        parts: Any = {"load": self.load, "vehicle": self.board}
        return with_obedient_load(parts, rated_a=rated_a, clock=self.clock, note=self.note)["load"]


@pytest.fixture
def bench() -> Iterator[Bench]:
    with VirtualClock() as clock:
        yield Bench(clock)


def test_the_load_draws_what_is_offered_and_no_more(bench: Bench) -> None:
    """The smaller of what was asked for and the pilot's offer, and a changed offer within two seconds."""
    load = bench.following()

    async def live() -> None:
        await load.set_current(40.0)
        assert bench.load.told == []
        await load.set_input(on=True)
        assert bench.load.told == [("current", 30.0), ("input", True)]
        bench.board.duty = 26.67
        await asyncio.sleep(2.5)
        assert bench.load.told[-1][1] == pytest.approx(16.0, abs=0.01)
        await load.set_current(10.0)
        assert bench.load.told[-1] == ("current", 10.0)
        bench.board.duty = 100.0
        await asyncio.sleep(2.5)
        assert bench.load.told[-1] == ("current", 0.0)

    bench.clock.run(live())
    bench.clock.run(load.close())


def test_it_follows_no_more_once_it_is_off_or_safe(bench: Bench) -> None:
    """Off, safe and closed it is left alone, whatever the pilot says then."""
    load = bench.following()

    async def live() -> None:
        for end in (lambda: load.set_input(on=False), load.make_safe, load.close):
            await load.set_input(on=True)
            await end()
            told = len(bench.load.told)
            bench.board.duty = 80.0 if bench.board.duty == 50.0 else 50.0
            await asyncio.sleep(10.0)
            assert len(bench.load.told) == told

    bench.clock.run(live())


def test_a_load_that_is_told_not_to_heed(bench: Bench) -> None:
    """It draws what it is told above offer and sheet, and obeys again when it is told, or was made safe."""
    load = bench.following()
    assert load.supports == {"obeys_pilot", "heedless"}

    async def live() -> None:
        await load.set_input(on=True)
        await load.set_heedless(True)
        await load.set_current(60.0)
        await asyncio.sleep(10.0)
        assert bench.load.told[-1] == ("current", 60.0)
        await load.set_heedless(False)
        assert bench.load.told[-1] == ("current", 30.0)
        await load.set_heedless(True)
        await load.make_safe()
        await load.set_input(on=True)
        assert bench.load.told[-2:] == [("current", 30.0), ("input", True)]

    bench.clock.run(live())
    bench.clock.run(load.close())


def test_a_pilot_that_is_read_meanwhile_changes_nothing(bench: Bench) -> None:
    """Told not to heed while it reads the pilot, it forgets what it was about to draw."""
    load = bench.following()
    read = bench.board.read_pilot

    async def slowly() -> PilotReading:
        await asyncio.sleep(1.0)
        return await read()

    async def live() -> None:
        await load.set_input(on=True)
        bench.board.read_pilot = slowly  # type: ignore[method-assign]
        bench.board.duty = 20.0
        await load.set_current(60.0)
        assert bench.load.told[-1] == ("current", 12.0)
        await asyncio.sleep(1.5)
        await load.set_heedless(True)
        await asyncio.sleep(1.0)
        assert [what for what in bench.load.told if what[0] == "current"][1:] == [
            ("current", 12.0),
            ("current", 60.0),
        ]

    bench.clock.run(live())
    bench.clock.run(load.close())


def test_never_more_than_the_sheet_states(bench: Bench) -> None:
    """A pilot that offers too much is the charger's fault to be judged, not a reason to overload it."""
    load = bench.following(rated_a=16.0)
    bench.clock.run(load.set_input(on=True))
    assert bench.load.told[0] == ("current", 16.0)
    bench.clock.run(load.close())


def test_without_a_pilot_reading_it_keeps_to_the_sheet(bench: Bench) -> None:
    """A board that measures nothing leaves the rated current as the bound."""
    bench.board.supports = frozenset()
    load = bench.following(rated_a=32.0)
    assert load.supports == {"obeys_pilot"}
    bench.clock.run(load.set_input(on=True))
    bench.clock.run(load.set_current(48.0))
    assert bench.load.told == [("current", 32.0), ("input", True)]


def test_a_load_that_obeys_by_itself_is_left_alone(bench: Bench) -> None:
    """The simulated world's own load needs nobody to follow for it."""
    bench.load.supports = frozenset({"obeys_pilot"})
    assert bench.following() is bench.load
    assert trouble_of({}) is None


@pytest.mark.parametrize("which", ["load", "board"])
def test_trouble_takes_the_load_off_and_is_told(bench: Bench, which: str) -> None:
    """A pilot that cannot be read, or a load that does not obey: off, noted, and cleared by switching on again."""
    load: FollowingLoad = bench.following()

    async def live() -> None:
        await load.set_input(on=True)
        getattr(bench, which).broken = "it is unplugged."
        bench.board.duty = 80.0
        await asyncio.sleep(5.0)
        assert bench.load.told[-1] == ("input", False)
        getattr(bench, which).broken = ""

    bench.clock.run(live())
    sentence = "The load cannot follow the pilot any more and was taken off: it is unplugged."
    assert trouble_of({"load": load}) == sentence
    assert [note for note in bench.notes if note["kind"] == "trouble"] == [
        {"kind": "trouble", "seq": 0, "role": "load", "sentence": sentence}
    ]
    bench.clock.run(load.set_input(on=True))
    assert load.trouble is None
    bench.clock.run(load.close())


def test_what_fails_after_trouble_of_the_bench_is_an_error() -> None:
    """A charger that does not charge since the load was taken off has not failed."""
    entries: list[dict[str, Any]] = [
        {"kind": "trouble", "seq": 1, "role": "load", "sentence": "It was taken off."},
        {
            "kind": "check",
            "seq": 2,
            "requirements": ["AUT-02"],
            "outcome": "fail",
            "sentence": "No current came.",
            "evidence": [],
        },
    ]
    lines = requirement_verdicts(entries, ("AUT-02",))
    assert lines["AUT-02"].verdict == "error"
    assert lines["AUT-02"].sentence == (
        "The suite or its bench had failed before (entry 1), so this says nothing of the charger: No current came."
    )
    assert item_verdict(entries, lines)[0] == "error"
