"""Steps on over-current and welded contacts: what is judged, what stays in doubt, and what the bench is left like."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from tests.steps.test_pilot_steps import FakeCar, FakeOutput, says, scope, sentence

from wattest.errors import BenchError, Inconclusive, RequirementFailed, RigError
from wattest.steps.protecting import check_over_current, check_weld

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.steps.conftest import Stand

    from wattest.roles import PilotReading


class FakeLoad:
    """Draws what it is told: ``told`` holds it all, ``drawn`` the last current."""

    supports = frozenset({"heedless"})

    def __init__(self) -> None:
        self.told: list[tuple[str, Any]] = []
        self.drawn = 16.0

    async def set_current(self, current_a: float) -> None:
        self.told.append(("current", current_a))
        self.drawn = current_a

    async def set_heedless(self, heedless: bool) -> None:
        self.told.append(("heedless", heedless))


def at_16_a(stand: Stand, volts: Callable[[float], float], *, reaches: float | None = None) -> FakeLoad:
    """A station that offers 16 A to a load that draws what it is told, or no more than it reaches."""
    load = FakeLoad()
    scope(stand, 6.0, 26.67)
    stand.parts["load"] = load

    def amperes(t: float) -> float:
        drawn = load.drawn if reaches is None else min(load.drawn, reaches)
        return drawn if volts(t) > 30.0 else 0.0

    stand.parts["reference_meter"] = FakeOutput(stand, volts, amperes)
    return load


@pytest.mark.parametrize("after_s", [0.0, 0.3, 6.5, 9.0])
def test_too_much_is_switched_off(stand: Stand, after_s: float) -> None:
    """A dead output within 10 s passes, however soon; the load is told before it heeds nothing, and is calmed afterwards."""
    begin = stand.clock.monotonic()
    load = at_16_a(stand, lambda t: 240.0 if t <= begin + after_s else 0.0)
    stand.do(check_over_current(stand.run_))
    assert [outcome for _name, outcome in stand.checks()] == ["pass"]
    assert load.told == [("current", 20.8), ("heedless", True), ("current", 6.0), ("heedless", False)]
    assert [entry["kind"] for entry in stand.notes if entry["kind"] in {"fault", "heal"}] == ["fault", "heal"]


@pytest.mark.parametrize(
    ("after_s", "kind", "said"),
    [
        (9.9, Inconclusive, "the limit lies inside the uncertainty."),
        (10.8, RequirementFailed, "s; at most 10 s is allowed (over_current_trip, "),
        (1e9, RequirementFailed, "A dead output after 20.4 A had begun to flow did not come within 10 s."),
    ],
)
def test_too_much_for_too_long(stand: Stand, after_s: float, kind: type[BaseException], said: str) -> None:
    """Too late fails, never fails, and at the limit it is doubt."""
    begin = stand.clock.monotonic()
    load = at_16_a(stand, lambda t: 240.0 if t <= begin + after_s else 0.0)
    assert said in sentence(kind, stand, check_over_current(stand.run_))
    assert load.told[-2:] == [("current", 6.0), ("heedless", False)]


def test_a_slow_hand_is_no_slow_station(stand: Stand) -> None:
    """When it took half a minute to set the load, nobody knows when too much began to flow: that is doubt."""
    load = at_16_a(stand, lambda t: 240.0 if t <= 38.0 else 0.0)
    quick = load.set_heedless

    async def slowly(heedless: bool) -> None:
        await stand.clock.sleep(30.0 if heedless else 0.0)
        await quick(heedless)

    load.set_heedless = slowly  # type: ignore[method-assign]
    said = sentence(Inconclusive, stand, check_over_current(stand.run_))
    assert said.startswith("The delay from 20.4 A, where 16.3 A are offered, to a dead output is 23.")


def test_a_load_that_cannot(stand: Stand) -> None:
    """Too little current gives the station no reason to switch off."""
    at_16_a(stand, lambda _t: 240.0, reaches=18.0)
    assert sentence(Inconclusive, stand, check_over_current(stand.run_)) == (
        "The vehicle took 18.00 A where at least 20.38 A were wanted: the output has no reason to be switched off."
    )


def test_a_load_that_gives_up(stand: Stand) -> None:
    """A load that trips by itself proves nothing about the station."""
    begin = stand.clock.monotonic()
    load = at_16_a(stand, lambda _t: 240.0)
    meter = stand.parts["reference_meter"]
    meter.amperes = lambda t: load.drawn if t < begin + 4.0 else 0.0
    assert sentence(Inconclusive, stand, check_over_current(stand.run_)).startswith(
        "The vehicle took 0.00 A where"
    )


def test_nothing_flows(stand: Stand) -> None:
    """What is dead already cannot be switched off."""
    at_16_a(stand, lambda _t: 0.0)
    assert sentence(Inconclusive, stand, check_over_current(stand.run_)) == (
        "No current flows (0.00 A at 0 V), so that nothing can be switched off."
    )


def test_a_bench_that_only_obeys(stand: Stand) -> None:
    """Without a part that can draw too much the scenario should have said what it needs."""
    load = at_16_a(stand, lambda _t: 240.0)
    load.supports = frozenset()
    assert sentence(BenchError, stand, check_over_current(stand.run_)).startswith(
        "Neither the load nor the vehicle of this bench can draw more than it is offered; put 'heedless' under 'needs:'"
    )


class WeldedCar(FakeCar):
    """A vehicle whose side feeds the output; ``held`` is a plug that cannot be taken, ``makes`` what a fault makes of the station."""

    def __init__(self, *, held: bool = False) -> None:
        super().__init__()
        self.held = held
        self.ready: list[bool] = []
        self.makes: Callable[[], None] = lambda: None

    async def set_fault(self, fault: str, on: bool) -> None:
        await super().set_fault(fault, on)
        self.makes()

    async def plug_in(self) -> None:
        if self.held:
            raise RigError("The plug is held.")

    async def set_ready(self, ready: bool) -> None:
        self.ready.append(ready)


class FakeReader:
    """Takes any card."""

    async def present(self, uid: str) -> None: ...


def fed(stand: Stand, *, volts: float = 240.0, held: bool = False, sensing: bool = True) -> WeldedCar:
    """A station at rest, whose output shows these volts while it is fed."""
    car = WeldedCar(held=held)
    stand.parts |= {"vehicle": car, "card_reader": FakeReader()}
    stand.parts["reference_meter"] = FakeOutput(
        stand, lambda _t: volts if ("weld", True) in car.faults[-1:] else 0.0
    )
    stand.run_.sheet = replace(
        stand.run_.sheet, features=("output_sensing",) if sensing else (), phases=1, rated_voltage_v=240.0
    )
    says(stand, "available")
    return car


def test_weld_noticed(stand: Stand) -> None:
    """A fault told and a plug that is held are a session refused; the feed is taken away."""
    car = fed(stand, held=True)
    car.makes = lambda: says(stand, "faulted", "OtherError")
    stand.do(check_weld(stand.run_, card="driver"))
    assert [outcome for _name, outcome in stand.checks()] == ["pass", "pass"]
    assert car.faults == [("weld", True), ("weld", False)]
    assert car.ready == [False]


def test_weld_told_before_a_session(stand: Stand) -> None:
    """A station that looks only when somebody wants to charge has its time from there on."""
    car = fed(stand)
    stand.csms.fake.last_status = lambda _evse: None  # type: ignore[attr-defined]
    plug = car.plug_in

    async def plugged() -> None:
        await plug()
        says(stand, "faulted", "OtherError")

    car.plug_in = plugged  # type: ignore[method-assign]
    stand.do(check_weld(stand.run_, card="driver", watch=5.0))
    assert [outcome for _name, outcome in stand.checks()] == ["pass", "pass"]
    assert car.ready == [True, False]


def test_session_in_spite_of_a_weld(stand: Stand) -> None:
    """A session that charges fails, reported or not."""
    car = fed(stand)
    car.makes = lambda: says(stand, "faulted", "OtherError")
    begun = stand.transaction(ended_at=None, states=((stand.clock.utc(), "charging"),))

    async def charges(ready: bool) -> None:
        stand.csms.put(begun)

    car.set_ready = charges  # type: ignore[method-assign]
    said = sentence(RequirementFailed, stand, check_weld(stand.run_, card="driver", watch=5.0))
    assert (
        said
        == "A session that charges although the contactor looks welded came once in 5 s; never is allowed."
    )
    assert car.faults[-1] == ("weld", False)


def test_weld_that_nobody_is_told_of(stand: Stand) -> None:
    """Refusing sessions without a word fails."""
    fed(stand, held=True)
    said = sentence(RequirementFailed, stand, check_weld(stand.run_, card="driver", watch=5.0))
    assert said == "The report of a contactor that looks welded did not come within 10 s."


def test_a_mirror_contact_sees_no_voltage(stand: Stand) -> None:
    """What a station does not claim to measure is left undecided, with what can be done."""
    fed(stand, held=True, sensing=False)
    said = sentence(Inconclusive, stand, check_weld(stand.run_, card="driver", watch=5.0))
    assert said.startswith(
        "The station did not notice that its output was live. It may tell a weld by the mirror contact"
    )
    assert "state 'output_sensing' in the charger sheet if it measures its output" in said


def test_a_feed_that_does_not_arrive(stand: Stand) -> None:
    """Less voltage than a weld would leave shows nothing."""
    car = fed(stand, volts=100.0)
    assert sentence(Inconclusive, stand, check_weld(stand.run_, card="driver")) == (
        "The output shows 100 V, and at least 192 V are wanted for a contactor that looks welded: the fault was not effective."
    )
    assert car.faults[-1] == ("weld", False)


def test_a_live_output_is_not_fed(stand: Stand) -> None:
    """Nothing is fed into an output that is live, nor beside a session."""
    car = fed(stand)
    stand.parts["reference_meter"] = FakeOutput(stand, lambda _t: 240.0)
    assert sentence(Inconclusive, stand, check_weld(stand.run_, card="driver")) == (
        "The output is not dead before the fault (240 V): a weld cannot be shown."
    )
    fed(stand)
    stand.csms.put(stand.transaction(ended_at=None))
    assert sentence(Inconclusive, stand, check_weld(stand.run_, card="driver")) == (
        "A transaction runs already, so that a weld cannot be shown before one."
    )
    car = fed(stand)
    stand.csms.ledger.transactions.clear()
    says(stand, "faulted", "OtherError")
    assert sentence(Inconclusive, stand, check_weld(stand.run_, card="driver")) == (
        "The station reports a fault already, so that another one could not be told from it."
    )
    assert car.faults == []


@pytest.mark.parametrize(
    ("duty", "flags", "said"),
    [
        (
            5.0,
            frozenset(),
            "The duty cycle is 5.0 % (which offers nothing), so that nobody can tell what would be too much.",
        ),
        (
            26.7,
            {"no calibration"},
            "The duty cycle is 26.7 % (no calibration), so that nobody can tell what would be too much.",
        ),
    ],
)
def test_an_offer_that_nobody_knows(stand: Stand, duty: float, flags: frozenset[str], said: str) -> None:
    """Without a duty cycle that can be trusted there is no too much."""
    at_16_a(stand, lambda _t: 240.0)
    shown = scope(stand, 6.0, duty)
    read = shown.read

    async def flagged() -> PilotReading:
        seen = await read()
        return replace(seen, duty=replace(seen.duty, flags=frozenset(flags)))

    shown.read = flagged  # type: ignore[method-assign]
    assert sentence(Inconclusive, stand, check_over_current(stand.run_)) == said
