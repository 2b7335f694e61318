"""Making a bench safe: every part is told, every failure collected, and a meter confirms it."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from wattest.clock import VirtualClock
from wattest.errors import BenchError, InstrumentError, RecordError
from wattest.roles import Reading
from wattest.run.safety import between_scenarios, make_safe

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def clock() -> Iterator[VirtualClock]:
    """Virtual, so that patience costs nothing."""
    with VirtualClock() as made:
        yield made


@dataclass
class Told:
    """What was told to the parts in order, and what the record says."""

    order: list[str] = field(default_factory=list)
    notes: list[dict[str, Any]] = field(default_factory=list)

    def note(self, kind: str, /, **fields: Any) -> int:
        self.notes.append({"kind": kind, **fields})
        return len(self.notes)

    def sentences(self) -> list[tuple[str, bool, str]]:
        return [(entry["role"], entry["ok"], entry["sentence"]) for entry in self.notes]


class FakePart:
    """Fails or dawdles the first ``fails`` times."""

    def __init__(
        self, told: Told, name: str, clock: VirtualClock, *, fails: int = 0, takes_s: float = 0
    ) -> None:
        self.told, self.name, self.clock, self.fails, self.takes_s = told, name, clock, fails, takes_s

    async def make_safe(self) -> None:
        self.told.order.append(self.name)
        if self.fails:
            self.fails -= 1
            raise InstrumentError(f"{self.name} says no")
        await self.clock.sleep(self.takes_s)


class FakeMeter(FakePart):
    """Reads these currents one after the other, the last for ever."""

    def __init__(
        self, told: Told, clock: VirtualClock, *currents: float, flags: frozenset[str] = frozenset()
    ) -> None:
        super().__init__(told, "reference_meter", clock)
        self.currents, self.flags = list(currents), flags

    async def read(self) -> Any:
        if not self.currents:
            raise InstrumentError("reference_meter: no answer to NUMERIC:VALUE?")
        value = self.currents.pop(0) if len(self.currents) > 1 else self.currents[0]
        return SimpleNamespace(current=Reading(value, "A", 0.0, flags=self.flags))


def test_order_then_the_rest(clock: VirtualClock) -> None:
    """Parts named in the bench file's safe_order come first, once each, then all others."""
    told = Told()
    parts: Any = {name: FakePart(told, name, clock) for name in ("display", "mains", "vehicle")}
    clock.run(make_safe(parts, ("vehicle", "mains", "chamber", "vehicle"), clock=clock, note=told.note))
    assert told.order == ["vehicle", "mains", "display"]
    assert told.sentences() == [
        ("vehicle", True, "vehicle is safe"),
        ("mains", True, "mains is safe"),
        ("display", True, "display is safe"),
        ("bench", True, "no independent instrument confirms it"),
    ]


def test_a_failure_is_repeated_once(clock: VirtualClock) -> None:
    """A part that fails once is told again, and is safe then."""
    told = Told()
    parts: Any = {"vehicle": FakePart(told, "vehicle", clock, fails=1)}
    clock.run(make_safe(parts, (), clock=clock, note=told.note))
    assert told.order == ["vehicle", "vehicle"]
    assert told.sentences()[0] == ("vehicle", True, "vehicle is safe")


def test_every_failure_is_collected(clock: VirtualClock) -> None:
    """No failure keeps the others from being told; all sentences come out together."""
    told = Told()
    parts: Any = {
        "vehicle": FakePart(told, "vehicle", clock, fails=9),
        "mains": FakePart(told, "mains", clock, takes_s=60),
        "chamber": FakePart(told, "chamber", clock),
    }
    with pytest.raises(BenchError) as caught:
        clock.run(make_safe(parts, ("vehicle", "mains"), clock=clock, note=told.note))
    assert str(caught.value) == (
        "vehicle could not be made safe: vehicle says no mains did not become safe within 5 s."
    )
    assert told.order == ["vehicle", "vehicle", "mains", "mains", "chamber"]
    assert [entry["ok"] for entry in told.notes] == [False, False, True, True]


def test_a_person_is_given_more_time(clock: VirtualClock) -> None:
    """A part that states its patience is waited for so long."""
    told = Told()
    slow: Any = FakePart(told, "mains", clock, takes_s=60)
    slow.patience_s = 1800.0
    clock.run(make_safe({"mains": slow}, (), clock=clock, note=told.note))
    assert told.order == ["mains"]


def test_the_meter_confirms(clock: VirtualClock) -> None:
    """The contactor may take a moment; then the reference meter confirms, with its reading."""
    told = Told()
    parts: Any = {"reference_meter": FakeMeter(told, clock, 16.0, 16.0, 0.02)}
    clock.run(make_safe(parts, (), clock=clock, note=told.note))
    assert told.notes[-1] == {
        "kind": "safe",
        "role": "bench",
        "ok": True,
        "confirmed_by": "reference_meter",
        "sentence": "the reference meter reads 0.020 A",
    }


@pytest.mark.parametrize(
    ("currents", "flags", "sentence"),
    [
        (
            (16.0,),
            frozenset(),
            "Power is not off: the reference meter reads 16.000 A; below 0.1 A is wanted.",
        ),
        (
            (math.nan,),
            frozenset({"no data"}),
            "Power is not off: the reference meter reads nan A; below 0.1 A is wanted.",
        ),
        (
            (),
            frozenset(),
            (
                "The reference meter could not confirm that no current flows: "
                "reference_meter: no answer to NUMERIC:VALUE?"
            ),
        ),
    ],
)
def test_power_that_is_not_known_to_be_off(
    clock: VirtualClock, currents: tuple[float, ...], flags: frozenset[str], sentence: str
) -> None:
    """Current that still flows, a reading without a value and a meter that is silent are no confirmation."""
    told = Told()
    parts: Any = {"reference_meter": FakeMeter(told, clock, *currents, flags=flags)}
    with pytest.raises(BenchError) as caught:
        clock.run(make_safe(parts, (), clock=clock, note=told.note))
    assert str(caught.value) == sentence
    assert told.notes[-1]["ok"] is False


def test_a_meter_without_a_current_confirms_nothing(clock: VirtualClock) -> None:
    """A meter that shows energy only is no witness, and no reading of 0 A is made up for it."""
    told = Told()
    parts: Any = {"reference_meter": FakeMeter(told, clock, 0.0, flags=frozenset({"no data"}))}
    clock.run(make_safe(parts, (), clock=clock, note=told.note))
    assert told.notes[-1]["confirmed_by"] is None
    assert told.notes[-1]["sentence"] == (
        "the reference meter shows no current at all: no independent instrument confirms it"
    )


def test_a_record_that_is_full_does_not_keep_the_power_on(clock: VirtualClock) -> None:
    """All parts are told although nothing can be noted any more."""
    told = Told()
    parts: Any = {name: FakePart(told, name, clock) for name in ("vehicle", "mains")}

    def full(kind: str, /, **fields: Any) -> int:
        raise RecordError("no space left")

    with pytest.raises(BenchError, match="vehicle: this could not be noted: no space left"):
        clock.run(make_safe(parts, (), clock=clock, note=full))
    assert told.order == ["vehicle", "mains"]


def test_between_scenarios_the_station_stays_fed(clock: VirtualClock) -> None:
    """Mains and chamber are left alone between two scenarios."""
    told = Told()
    parts: Any = {name: FakePart(told, name, clock) for name in ("mains", "chamber", "vehicle")}
    clock.run(between_scenarios(parts, ("mains", "vehicle"), clock=clock, note=told.note))
    assert told.order == ["vehicle"]


def test_between_scenarios_a_failure_makes_everything_safe(clock: VirtualClock) -> None:
    """When the vehicle does not let go, the mains go off as well, and the failure is told."""
    told = Told()
    parts: Any = {
        "vehicle": FakePart(told, "vehicle", clock, fails=9),
        "mains": FakePart(told, "mains", clock),
    }
    with pytest.raises(BenchError, match=r"^vehicle could not be made safe: vehicle says no$"):
        clock.run(between_scenarios(parts, iter(("vehicle", "mains")), clock=clock, note=told.note))
    assert told.order == ["vehicle", "vehicle", "vehicle", "vehicle", "mains"]
