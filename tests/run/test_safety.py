"""Making a bench safe: every part is told, every failure collected, and a meter confirms it."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from wattest.clock import VirtualClock
from wattest.errors import BenchError, InstrumentError, RecordError
from wattest.roles import ReadBack, Reading
from wattest.run.safety import Interlocks, Off, between_scenarios, make_safe

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

    async def open(self) -> None:
        self.told.order.append(f"open {self.name}")

    async def close(self) -> None: ...


class FakeSource(FakePart):
    """Mains that measure, and say of themselves what they are told to say."""

    supports = frozenset({"supply_reading"})

    def __init__(self, told: Told, clock: VirtualClock, *, volts: float = 0.0, says: bool = True) -> None:
        super().__init__(told, "mains", clock)
        self.volts, self.says = volts, says

    async def read_back(self) -> ReadBack:
        return ReadBack(self.says, f"output {'off' if self.says else 'on'}", (4,))

    async def measure(self) -> Any:
        return SimpleNamespace(
            current=Reading(0.0, "A", 0.0, seq=(7,)), voltage=Reading(self.volts, "V", 0.0, seq=(7,))
        )


class FakeMeter(FakePart):
    """Reads these currents one after the other, the last for ever."""

    def __init__(
        self, told: Told, clock: VirtualClock, *currents: float, flags: frozenset[str] = frozenset()
    ) -> None:
        super().__init__(told, "reference_meter", clock)
        self.currents, self.flags = list(currents), flags
        self.volts: float | None = None

    async def read(self) -> Any:
        if not self.currents:
            raise InstrumentError("reference_meter: no answer to NUMERIC:VALUE?")
        value = self.currents.pop(0) if len(self.currents) > 1 else self.currents[0]
        shown = {"current": Reading(value, "A", 0.0, flags=self.flags)}
        if self.volts is not None:
            shown["voltage"] = Reading(self.volts, "V", 0.0)
        return SimpleNamespace(**shown)


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


def test_a_failure_is_tried_three_times(clock: VirtualClock) -> None:
    """A part that fails twice is told again after the others, and is safe then; every attempt stands in the record."""
    told = Told()
    parts: Any = {
        "vehicle": FakePart(told, "vehicle", clock, fails=2),
        "mains": FakePart(told, "mains", clock),
    }
    clock.run(make_safe(parts, (), clock=clock, note=told.note))
    assert told.order == ["vehicle", "mains", "vehicle", "vehicle"]
    assert [(note["kind"], note["role"], note["attempt"], note["ok"]) for note in told.notes] == [
        ("safe_attempt", "vehicle", 1, False),
        ("safe", "mains", 1, True),
        ("safe", "bench", 1, True),
        ("safe_attempt", "vehicle", 2, False),
        ("safe", "bench", 2, True),
        ("safe", "vehicle", 3, True),
        ("safe", "bench", 3, True),
    ]


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
    assert told.order == ["vehicle", "mains", "chamber", "vehicle", "mains", "vehicle", "mains"]
    final = {entry["role"]: entry["ok"] for entry in told.notes if entry["kind"] == "safe"}
    assert final == {"vehicle": False, "mains": False, "chamber": True, "bench": True}


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
        "attempt": 1,
        "evidence": (),
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
    assert told.order == [*["vehicle"] * 3, "vehicle", "mains", "vehicle", "vehicle"]


def test_a_device_is_asked_whether_it_is_safe(clock: VirtualClock) -> None:
    """What reads itself back is believed only then: its word stands in the record, with the exchange that proves it."""
    told = Told()
    parts: Any = {"mains": FakeSource(told, clock)}
    clock.run(make_safe(parts, (), clock=clock, note=told.note))
    assert [(note["sentence"], note["confirmed_by"], note["evidence"]) for note in told.notes] == [
        ("mains is safe and says so itself: output off", "mains", (4,)),
        ("the mains reads 0.000 A and 0.0 V", "mains", (7,)),
    ]
    parts = {"mains": FakeSource(told, clock, says=False)}
    with pytest.raises(BenchError, match=r"^mains was told to become safe and says of itself: output on\.$"):
        clock.run(make_safe(parts, (), clock=clock, note=told.note))


def test_a_live_output_is_not_safe(clock: VirtualClock) -> None:
    """Behind the contactor no current is not enough: with everything off the output is below 30 V as well."""
    told = Told()
    meter: Any = FakeMeter(told, clock, 0.0)
    meter.volts = 240.0
    parts: Any = {"reference_meter": meter, "mains": FakePart(told, "mains", clock)}
    clock.run(between_scenarios(parts, (), clock=clock, note=told.note))
    assert told.notes[-1]["sentence"] == "the reference meter reads 0.000 A"
    with pytest.raises(BenchError) as caught:
        clock.run(make_safe(parts, (), clock=clock, note=told.note))
    assert str(caught.value) == (
        "Power is not off: the reference meter reads 0.000 A and 240.0 V; below 0.1 A and 30 V are wanted."
    )
    assert told.order.count("mains") == 3, "what an instrument contradicts is done again"


def test_a_meter_at_the_input_sees_the_station_itself(clock: VirtualClock) -> None:
    """Between scenarios a fed station may heat itself; what a car takes is told from that, and no more is claimed."""
    told = Told()
    parts: Any = {"reference_meter": FakeMeter(told, clock, 0.3)}
    clock.run(between_scenarios(parts, (), clock=clock, note=told.note, plane="input"))
    assert (told.notes[-1]["confirmed_by"], told.notes[-1]["sentence"]) == (
        None,
        "the reference meter reads 0.300 A, which a station may take for itself: no independent instrument confirms it",
    )
    parts["reference_meter"].currents = [6.0]
    with pytest.raises(BenchError) as caught:
        clock.run(between_scenarios(parts, (), clock=clock, note=told.note, plane="input"))
    assert str(caught.value) == (
        "Power is not off: the reference meter reads 6.000 A; below 3 A is wanted. "
        "Power is not off: the reference meter reads 6.000 A; below 0.1 A is wanted."
    )


def test_a_load_confirms_where_the_station_stays_fed(clock: VirtualClock) -> None:
    """An electronic load sees at its own terminals that nothing flows, whatever the station takes at its input."""
    told = Told()
    load: Any = FakeSource(told, clock)
    load.name = "load"
    parts: Any = {"reference_meter": FakeMeter(told, clock, 0.3), "load": load}
    clock.run(between_scenarios(parts, (), clock=clock, note=told.note, plane="input"))
    assert (told.notes[-1]["confirmed_by"], told.notes[-1]["sentence"]) == ("load", "the load reads 0.000 A")


def test_the_mains_confirm_where_the_meter_is_at_the_input(clock: VirtualClock) -> None:
    """With everything off, what the source itself measures counts where the meter cannot see the output."""
    told = Told()
    parts: Any = {
        "reference_meter": FakeMeter(told, clock, 0.0),
        "mains": FakeSource(told, clock, volts=230.0),
    }
    with pytest.raises(
        BenchError, match=r"the mains reads 0\.000 A and 230\.0 V; below 0\.1 A and 30 V are wanted"
    ):
        clock.run(make_safe(parts, (), clock=clock, note=told.note, plane="input"))
    parts["mains"].volts = 0.4
    clock.run(make_safe(parts, (), clock=clock, note=told.note, plane="input"))
    assert (told.notes[-1]["confirmed_by"], told.notes[-1]["sentence"]) == (
        "mains",
        "the mains reads 0.000 A and 0.4 V",
    )


def test_a_silent_meter_is_opened_anew(clock: VirtualClock) -> None:
    """A broken link to the witness is mended before the bench is given up."""
    told = Told()
    meter = FakeMeter(told, clock)
    parts: Any = {"reference_meter": meter}

    async def mended() -> None:
        meter.currents = [0.01]

    meter.open = mended  # type: ignore[method-assign]
    clock.run(make_safe(parts, (), clock=clock, note=told.note))
    assert [(n["kind"], n["ok"]) for n in told.notes if n["role"] == "bench"] == [
        ("safe_attempt", False),
        ("safe", True),
    ]


def test_interlocks_last_in_first_out(clock: VirtualClock) -> None:
    """Armed once, they say so; ``run`` disarms them, and what is off is not made safe again."""
    told = Told()
    parts: Any = {name: FakePart(told, name, clock) for name in ("display", "chamber", "mains", "vehicle")}
    interlocks = Interlocks(parts, ("vehicle", "mains"), clock=clock, note=told.note)
    clock.run(interlocks.between())
    assert told.sentences() == [("bench", True, "nothing was energised: the interlocks were never armed")]
    interlocks.arm()
    interlocks.arm()
    assert told.notes[1:] == [
        {"kind": "interlocks", "order": ("vehicle", "mains", "chamber", "display"), "plane": "connector"}
    ]
    clock.run(interlocks.between())
    assert (told.order, interlocks.armed) == (["vehicle", "display"], True)
    told.order.clear()
    clock.run(interlocks.run())
    assert (told.order, interlocks.armed) == (["vehicle", "mains", "chamber", "display"], False)
    told.order.clear()
    clock.run(interlocks.between())
    assert told.order == []


def test_interlocks_stay_armed_until_it_is_certain(clock: VirtualClock) -> None:
    """What could not be made safe is tried again on the next way out; after a failure between scenarios all is off."""
    told = Told()
    vehicle = FakePart(told, "vehicle", clock, fails=3)
    parts: Any = {"vehicle": vehicle, "mains": FakePart(told, "mains", clock)}
    interlocks = Interlocks(parts, ("vehicle", "mains"), clock=clock, note=told.note)
    interlocks.arm()
    with pytest.raises(Off, match="vehicle says no"):
        clock.run(interlocks.between())
    assert not interlocks.armed
    assert told.order[-1] == "mains"
    vehicle.fails = 99
    interlocks.arm()
    with pytest.raises(BenchError, match="vehicle says no"):
        clock.run(interlocks.run())
    assert interlocks.armed


def test_a_part_without_a_way_to_become_safe(clock: VirtualClock) -> None:
    """A driver that cannot take energy away keeps the whole bench dead."""
    told = Told()
    parts: Any = {"load": SimpleNamespace()}
    interlocks = Interlocks(parts, (), clock=clock, note=told.note)
    with pytest.raises(BenchError) as caught:
        interlocks.arm()
    assert str(caught.value) == (
        "load cannot be made safe: its driver has no 'make_safe', so nothing is energised."
    )
