"""The laboratory's verbs over HTTP and by a program: what is sent, and what an answer becomes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any, cast

import pytest

from wattest.clock import VirtualClock
from wattest.errors import RigError
from wattest.roles import (
    Chamber,
    Mains,
    Operator,
    Part,
    PilotScope,
    ReadsBack,
    SupplyStep,
    Surroundings,
    TellsTime,
    Thermometers,
    Vehicle,
)
from wattest_instruments.actions import Answer
from wattest_instruments.gauge import Gauge
from wattest_instruments.http import Request, http
from wattest_instruments.placeholders import spelled
from wattest_instruments.played import played
from wattest_instruments.process import process, process_rig
from wattest_instruments.readings import Accuracy

NO_DATA = frozenset({"no data"})


class Doer:
    """Somebody who answers what the test says and remembers what was wanted."""

    def __init__(self, role: str, supports: frozenset[str], answers: dict[str, dict[str, Any]]) -> None:
        self.role, self.where, self.supports = role, f"{role} of the test", supports
        self.answers = answers
        self.done: list[tuple[str, dict[str, Any]]] = []

    async def open(self) -> Any:
        raise NotImplementedError

    async def make_safe(self) -> None:
        self.done.append(("make_safe", {}))

    async def close(self) -> None:
        raise NotImplementedError

    async def do(self, action: str, /, **arguments: Any) -> Answer:
        self.done.append((action, arguments))
        return Answer(self.answers.get(action, {}), (len(self.done),))


@pytest.fixture
def clock() -> Iterator[VirtualClock]:
    with VirtualClock() as clock:
        yield clock


def unnoted(_kind: str, /, **_fields: Any) -> int:
    return 0


Play = Callable[..., tuple[Doer, Any]]


@pytest.fixture
def play(clock: VirtualClock) -> Play:
    def play(role: str, *supports: str, **answers: dict[str, Any]) -> tuple[Doer, Part]:
        doer = Doer(role, frozenset(supports), answers)
        around = Surroundings(clock=clock, note=unnoted, role=role, folder=".")
        return doer, played(doer, Gauge(around, accuracy=Accuracy(voltage=1.0)))

    return play


def test_a_profile_is_handed_over_whole(play: Play, clock: VirtualClock) -> None:
    """Its steps arrive as a table for a program, and as one short text in a request."""
    doer, mains = play("mains", "supply_dips")
    clock.run(cast("Mains", mains).run_profile((SupplyStep(0.1, 0.0), SupplyStep(1.0, 84.0, 50.0))))
    (action, arguments) = doer.done[0]
    assert action == "run_profile"
    assert arguments == {
        "steps": [
            {"duration_s": 0.1, "voltage_v": 0.0, "frequency_hz": 60.0},
            {"duration_s": 1.0, "voltage_v": 84.0, "frequency_hz": 50.0},
        ]
    }
    assert spelled(arguments["steps"]) == "0.1:0:60|1:84:50"


def test_an_open_proximity_is_null(play: Play, clock: VirtualClock) -> None:
    """Nothing between the contacts is JSON's null in a request."""
    doer, vehicle = play("vehicle", "proximity")
    clock.run(cast("Vehicle", vehicle).set_proximity(None))
    assert doer.done == [("set_proximity", {"resistance_ohm": None})]
    assert spelled(None) == "null"


def test_a_supply_is_read_with_its_uncertainty(play: Play, clock: VirtualClock) -> None:
    """Every field is a reading of its unit; one that was not told is no data."""
    _, mains = play("mains", measure={"voltage": "240.0", "current": 16, "frequency": "60.0"})
    seen = clock.run(cast("Mains", mains).measure())
    assert (seen.voltage.value, seen.voltage.unit) == (240.0, "V")
    assert seen.voltage.u == pytest.approx(2.4 / 3**0.5)
    assert (seen.frequency.unit, seen.power.flags) == ("Hz", NO_DATA)


def test_a_pilot_is_what_was_told_of_it(play: Play, clock: VirtualClock) -> None:
    """Edges and frequency that nobody measured are None, not zero."""
    _, scope = play("pilot_scope", read={"high": 9, "duty": 53.3, "low": -12, "rise": "0.000002"})
    pilot = clock.run(cast("PilotScope", scope).read())
    assert (pilot.high.value, pilot.duty.value) == (9.0, 53.3)
    assert pilot.rise is not None
    assert (pilot.rise.value, pilot.rise.unit) == (2e-6, "s")
    assert (pilot.frequency, pilot.fall) == (None, None)


def test_temperatures_come_by_place(play: Play, clock: VirtualClock) -> None:
    """Whatever the bench names is a place; an answer without any is refused."""
    _, thermometers = play("thermometers", read_all={"enclosure": "41.5", "air": "broken"})
    seen = clock.run(cast("Thermometers", thermometers).read_all())
    assert (seen["enclosure"].value, seen["enclosure"].unit) == (41.5, "degC")
    assert seen["air"].flags == {"no data"}
    _, nothing = play("thermometers")
    with pytest.raises(RigError, match=r"thermometers of the test told no temperature of any place\."):
        clock.run(cast("Thermometers", nothing).read_all())


def test_a_chamber_tells_alarms_in_its_own_words(play: Play, clock: VirtualClock) -> None:
    """Alarms may come as a list or as lines; a set point that is no number is refused."""
    told = {"temperature": -30, "running": True, "alarms": "E12 door\n\nE7"}
    _, chamber = play("chamber", state=told)
    state = clock.run(cast("Chamber", chamber).state())
    assert (state.air.value, state.running, state.alarms) == (-30.0, True, ("E12 door", "E7"))
    assert (state.setpoint_c, state.door_open) == (None, None)
    _, chamber = play("chamber", state={**told, "alarms": [], "setpoint": -30, "door_open": "false"})
    state = clock.run(cast("Chamber", chamber).state())
    assert (state.setpoint_c, state.alarms, state.door_open) == (-30.0, (), False)
    _, chamber = play("chamber", state={**told, "setpoint": "cold"})
    with pytest.raises(RigError) as error:
        clock.run(cast("Chamber", chamber).state())
    assert str(error.value) == "chamber of the test answered 'cold' for 'setpoint', which is not a number."


def test_a_value_that_is_no_number_is_no_data(play: Play, clock: VirtualClock) -> None:
    """What a rig could not measure proves nothing."""
    _, operator = play("operator", measure={"value": "out of reach"})
    seen = clock.run(cast("Operator", operator).measure("force", "N"))
    assert (seen.flags, seen.raw, seen.unit) == (NO_DATA, "out of reach", "N")


def test_a_part_is_asked_again_whether_it_is_safe(play: Play, clock: VirtualClock) -> None:
    """The answer's own sentence is told, or one is made; a word that is neither yes nor no is refused."""
    _, load = play("load", "read_back", read_back={"safe": "true", "sentence": "input off, 0.2 V"})
    told = clock.run(cast("ReadsBack", load).read_back())
    assert (told.safe, told.sentence, told.seq) == (True, "input off, 0.2 V", (1,))
    _, load = play("load", "read_back", read_back={"safe": False})
    told = clock.run(cast("ReadsBack", load).read_back())
    assert (told.safe, told.sentence) == (False, "load of the test says that it is not safe")
    _, load = play("load", "read_back", read_back={"safe": "perhaps"})
    with pytest.raises(RigError, match="answered 'perhaps' for 'safe', which must be one of true, false"):
        clock.run(cast("ReadsBack", load).read_back())


def test_a_rig_tells_the_time(play: Play, clock: VirtualClock) -> None:
    """Where a rig has a clock it is read with its zone; a time without one is refused."""
    _, display = play("display", "clock", clock={"utc": "2026-01-15T12:00:00-05:00"})
    assert isinstance(display, TellsTime)
    assert clock.run(display.utc()) == datetime(2026, 1, 15, 17, tzinfo=UTC)
    assert not isinstance(play("display")[1], TellsTime)
    for told in ("2026-01-15T12:00:00", "noon"):
        _, display = play("display", "clock", clock={"utc": told})
        with pytest.raises(RigError) as error:
            clock.run(display.utc())
        assert str(error.value) == (
            f"display of the test answered '{told}' for 'utc', which is no time with its zone, such as "
            "2026-01-15T12:00:00Z."
        )


def test_a_program_is_taken_to_know_the_ordinary_words_only(clock: VirtualClock) -> None:
    """What not every bench can do is claimed for a program only when its bench entry names it."""
    around = Surroundings(clock=clock, note=unnoted, role="robot", folder=".")
    rigs = {"robot": process_rig(around, command=("true",))}

    def mains(*supports: str) -> Part:
        there = Surroundings(clock=clock, note=unnoted, role="mains", folder=".", rigs=rigs)
        return process(there, rig="robot", supports=supports)

    assert mains().supports == {"set_power"}
    assert mains("supply_dips").supports == {"set_power", "run_profile", "supply_dips"}


def test_places_may_be_named_by_a_pattern(clock: VirtualClock) -> None:
    """The groups of a pattern are places, as are the names of paths."""
    around = Surroundings(clock=clock, note=unnoted, role="thermometers", folder=".")
    actions: dict[str, str | Request] = {
        "read_all": Request("/t", "GET", match=r"(?P<enclosure>\S+) (?P<air>\S+)")
    }
    assert http(around, base="http://127.0.0.1:9", actions=actions).supports == {"read_all"}
