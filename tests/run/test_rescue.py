"""Making a bench safe from outside of a run: whatever a part does, the others are told."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

import wattest.run.rescue
from wattest.clock import VirtualClock
from wattest.errors import BenchError, InstrumentError, Place
from wattest.model.bench import Bench, DriverEntry
from wattest.roles import Identity, Reading
from wattest.run.rescue import hazardous, rescue

if TYPE_CHECKING:
    from collections.abc import Callable

    from wattest.run.rescue import Rescued


class Part:
    """Opens after a while or not at all, and is told to become safe all the same."""

    supports: frozenset[str] = frozenset()

    def __init__(self, clock: VirtualClock, *, opens_s: float = 0.0, fails: str = "") -> None:
        self.clock, self.opens_s, self.fails = clock, opens_s, fails
        self.told: list[str] = []

    async def open(self) -> Identity:
        await self.clock.sleep(self.opens_s)
        if self.fails:
            raise InstrumentError(self.fails)
        return Identity("ACME", "relay", "1")

    async def make_safe(self) -> None:
        self.told.append("safe")

    async def read(self) -> Any:
        return SimpleNamespace(current=Reading(0.0, "A", 0.0), voltage=Reading(0.2, "V", 0.0))

    async def close(self) -> None:
        self.told.append("closed")
        raise InstrumentError("it was closed already")


Play = tuple["Rescued", list[dict[str, Any]]]


@pytest.fixture
def play(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Play]:
    """Rescue a bench of these parts; a part that is an exception cannot even be made."""

    def run(clock: VirtualClock, note: Any = None, rigs: Any = None, **parts: Any) -> Play:
        notes: list[dict[str, Any]] = []

        def heard(kind: str, /, **fields: Any) -> int:
            notes.append({"kind": kind, **fields})
            return len(notes)

        def driver(entry: DriverEntry, _around: Any) -> Any:
            made = {**parts, **(rigs or {})}[entry.role]
            if isinstance(made, Exception):
                raise made
            return made

        monkeypatch.setattr(wattest.run.rescue, "driver", driver)
        return clock.run(rescue(bench(rigs or {}, parts), clock=clock, note=note or heard)), notes

    return run


def bench(rigs: Any, parts: Any) -> Bench:
    def entry(role: str) -> DriverEntry:
        options = {"rig": "evse"} if role == "load" else {}
        return DriverEntry(role, "any", options, Place("bench.yaml", 1, 1))

    return Bench(
        "lab",
        "live",
        "bench.yaml",
        rigs={name: entry(name) for name in rigs},
        roles={role: entry(role) for role in parts},
        safe_order=("vehicle", "mains"),
    )


def test_everything_off_and_confirmed(play: Callable[..., Play]) -> None:
    """Opened, told, confirmed by the meter, let go; what has no power is left alone."""
    with VirtualClock() as clock:
        parts = {role: Part(clock) for role in ("display", "mains", "vehicle", "reference_meter")}
        rescued, notes = play(clock, **parts)
    assert (rescued.ok, rescued.confirmed_by, rescued.sentence) == (
        True,
        "reference_meter",
        "the reference meter reads 0.000 A and 0.2 V",
    )
    assert [note["role"] for note in notes if note["kind"] == "safe"] == [
        "vehicle",
        "mains",
        "reference_meter",
        "bench",
    ]
    assert parts["mains"].told == ["safe", "closed"]
    assert parts["display"].told == []


def test_a_part_that_does_not_open_is_told_all_the_same(play: Callable[..., Play]) -> None:
    """A dead part delays the others by seconds, not for ever, and its sentence stands there."""
    with VirtualClock() as clock:
        parts = {
            "vehicle": Part(clock, opens_s=9999.0),
            "mains": Part(clock, fails="no route to host"),
            "reference_meter": Part(clock),
        }
        rescued, notes = play(clock, **parts)
        assert clock.monotonic() == 15.0
    assert rescued.ok
    assert sorted(note["sentence"] for note in notes if note["kind"] == "opened") == [
        "mains did not open: no route to host",
        "reference_meter answers",
        "vehicle did not open within 15 s",
    ]
    assert parts["vehicle"].told == parts["mains"].told == ["safe", "closed"]


def test_a_driver_that_cannot_be_made(play: Callable[..., Play]) -> None:
    """Its part is not safe for certain; the others are told."""
    with VirtualClock() as clock:
        mains = Part(clock)
        rescued, _ = play(clock, vehicle=BenchError("vehicle: its calibration file is gone"), mains=mains)
    assert (rescued.ok, rescued.sentence) == (
        False,
        "vehicle could not be made safe: vehicle: its calibration file is gone",
    )
    assert mains.told[0] == "safe"


def test_a_full_disk_keeps_no_power_on(play: Callable[..., Play]) -> None:
    """What cannot be noted is done all the same."""

    def full(_kind: str, /, **_fields: Any) -> int:
        raise OSError(28, "No space left on device")

    with VirtualClock() as clock:
        mains = Part(clock)
        rescued, _ = play(clock, full, mains=mains)
    assert (rescued.ok, mains.told) == (True, ["safe", "closed"])


def test_what_a_simulated_station_played_is_gone(play: Callable[..., Play]) -> None:
    """A program that the run started and that plays the station ended with it: it is not started again."""
    with VirtualClock() as clock:
        evse: Any = Part(clock)
        evse.plays_station = True
        rescued, notes = play(clock, rigs={"evse": evse}, load=Part(clock))
        assert not hazardous(bench({"evse": evse}, {"load": None}), {"evse": evse})
        assert hazardous(bench({"evse": evse}, {"load": None, "mains": None}), {"evse": evse})
    assert (rescued.ok, rescued.sentence) == (True, "nothing of this bench outlives a run")
    assert [note["sentence"] for note in notes] == [
        "load was played by a program that the run had started, and that ends with it"
    ]
    assert evse.told == ["closed"]
