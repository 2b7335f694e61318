"""Steps on the control pilot: what is judged, what stays in doubt, and what is a mistake of the scenario."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from wattest.document.quantity import CURRENT, DURATION
from wattest.errors import BenchError, Inconclusive, RequirementFailed
from wattest.ocpp.neutral import StatusChanged
from wattest.roles import PilotReading, PowerReading, Reading, SwitchingDelay
from wattest.steps.limits import in_unit
from wattest.steps.obeying import check_closing, check_opening, check_profile, check_vehicle_fault
from wattest.steps.pilot import (
    check_duty,
    check_duty_spacing,
    check_pilot_frequency,
    check_pilot_levels,
    check_rating,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.steps.conftest import Stand


class FakeScope:
    """Shows a pilot as a function of time, and one switching delay for ever."""

    def __init__(
        self, stand: Stand, shown: Callable[[float], tuple[float, float]], delay: float | None = None
    ) -> None:
        self.stand, self.shown, self.delay = stand, shown, delay
        self.frequency: float | None = 1000.0

    def _value(self, value: float, unit: str, u: float) -> Reading:
        return Reading(value, unit, self.stand.clock.monotonic(), u=u, seq=(3,))

    async def read(self) -> PilotReading:
        high, duty = self.shown(self.stand.clock.monotonic())
        steady = duty > 97.0
        hertz = None if self.frequency is None else self._value(0.0 if steady else self.frequency, "Hz", 0.5)
        low = None if steady else self._value(-12.0, "V", 0.03)
        return PilotReading(self._value(high, "V", 0.03), self._value(duty, "%", 0.05), low, hertz)

    async def arm(self, event: str) -> None: ...

    async def fetch(self) -> SwitchingDelay:
        flags = frozenset({"no data"}) if self.delay is None else frozenset[str]()
        now = self.stand.clock.monotonic()
        return SwitchingDelay("open", Reading(self.delay or 0.0, "s", now, u=0.0005, seq=(4,), flags=flags))


class FakeCar:
    """Takes every order."""

    def __init__(self) -> None:
        self.faults: list[tuple[str, bool]] = []

    async def set_ready(self, ready: bool) -> None: ...

    async def set_fault(self, fault: str, on: bool) -> None:
        self.faults.append((fault, on))


def scope(stand: Stand, high: float = 9.0, duty: float = 50.0, delay: float | None = None) -> FakeScope:
    """A pilot that never changes."""
    made = FakeScope(stand, lambda _t: (high, duty), delay)
    stand.parts["pilot_scope"] = made
    stand.parts["vehicle"] = FakeCar()
    return made


def sentence(kind: type[BaseException], stand: Stand, step: Any) -> str:
    """What a step raises."""
    with pytest.raises(kind) as caught:
        stand.do(step)
    stand.checks()
    return str(caught.value)


def test_levels_within_limits(stand: Stand) -> None:
    """High and low level are held against the limits of the state."""
    scope(stand)
    stand.do(check_pilot_levels(stand.run_, state="B"))
    assert stand.checks() == [
        ("pilot voltage in state B", "pass"),
        ("low level of the pilot in state B", "pass"),
    ]


@pytest.mark.parametrize(("state", "volts"), [("A", 11.2), ("B", 9.7), ("C", 5.3), ("F", -12.8)])
def test_level_outside(stand: Stand, state: Any, volts: float) -> None:
    """A level outside its limits fails, in each state."""
    scope(stand, volts, 100.0)
    said = sentence(RequirementFailed, stand, check_pilot_levels(stand.run_, state=state))
    assert said.startswith(f"The pilot voltage in state {state} is {volts:g} +- 0.06 V; ")


def test_level_at_its_limit(stand: Stand) -> None:
    """A limit inside the uncertainty decides nothing."""
    scope(stand, 9.55)
    said = sentence(Inconclusive, stand, check_pilot_levels(stand.run_, state="B"))
    assert said.endswith("the limit lies inside the uncertainty.")


def test_another_state(stand: Stand) -> None:
    """Levels of a state that the pilot is not in cannot be judged."""
    scope(stand, 12.0, 100.0)
    assert sentence(Inconclusive, stand, check_pilot_levels(stand.run_, state="C", within=2.0)) == (
        "The pilot is at 12.00 V, in state A, and not in state C within 2 s: the levels of C cannot be judged."
    )


def test_frequency(stand: Stand) -> None:
    """The frequency of pulses is judged; a steady pilot has none, and an instrument may not tell."""
    shown = scope(stand)
    stand.do(check_pilot_frequency(stand.run_))
    shown.frequency = 1021.5
    said = sentence(RequirementFailed, stand, check_pilot_frequency(stand.run_))
    assert said.startswith("The frequency of the pilot is 1021.5 +- 1 Hz; at most 1020 Hz is allowed (")
    shown.frequency = None
    said = sentence(Inconclusive, stand, check_pilot_frequency(stand.run_))
    assert said == "The instrument on the pilot does not tell its frequency."
    scope(stand, 9.0, 100.0)
    assert sentence(Inconclusive, stand, check_pilot_frequency(stand.run_)) == (
        "The pilot is steady at 9.00 V: no current is offered, and its pulses cannot be judged."
    )


def test_duty(stand: Stand) -> None:
    """The duty cycle of each limit is held against the law."""
    scope(stand, duty=26.7)
    stand.do(check_duty(stand.run_, limits=(16.0,)))
    assert stand.csms.fake.asked == [("set_limit", (16.0, 1))]
    stand.do(check_duty(stand.run_, limits=(16.0, 60.0)))
    assert stand.csms.fake.asked == [("set_limit", (16.0, 1))] * 2
    said = sentence(RequirementFailed, stand, check_duty(stand.run_, limits=(32.0,)))
    assert said.startswith(
        "The duty cycle at a limit of 32 A is 26.7 +- 0.1 %; at least 52.8333 % is allowed ("
    )


@pytest.mark.parametrize(
    ("amperes", "said"),
    [
        (60.0, "All limits lie above the rating of 48 A: name one that the station can offer."),
        (3.0, "3 A cannot be offered by a duty cycle: choose 6 A to 80 A."),
    ],
)
def test_limits_that_cannot_be_asked(stand: Stand, amperes: float, said: str) -> None:
    """A scenario that asks for what no duty cycle says is told so, before anything is done."""
    scope(stand)
    assert sentence(BenchError, stand, check_duty(stand.run_, limits=(amperes,))) == said
    assert sentence(BenchError, stand, check_duty_spacing(stand.run_, limits=(amperes,))) == said
    assert stand.csms.fake.asked == []


@pytest.mark.parametrize(("every", "outcome"), [(6.0, "pass"), (4.0, "fail")])
def test_spacing(stand: Stand, every: float, outcome: str) -> None:
    """Changes of the duty cycle that come faster than 5 s fail."""
    stand.parts["pilot_scope"] = FakeScope(stand, lambda t: (6.0, 20.0 + 10.0 * (t // every)))
    step = check_duty_spacing(stand.run_, limits=(30.0, 10.0), settle=20.0)
    if outcome == "pass":
        stand.do(step)
    else:
        sentence(RequirementFailed, stand, step)
    assert stand.checks()[-1] == ("time between changes of the duty cycle", outcome)


def test_spacing_of_nothing(stand: Stand) -> None:
    """A station that never changes its duty cycle shows no distance between changes."""
    scope(stand)
    assert sentence(Inconclusive, stand, check_duty_spacing(stand.run_, limits=(30.0, 10.0))) == (
        "In a burst of 2 charging profiles fewer than two changes of the duty cycle were seen: their distance cannot "
        "be judged."
    )


def test_rating(stand: Stand) -> None:
    """No more than the rated current may be offered, whatever the station answered; less must not be asked for."""
    scope(stand, 6.0, 80.0)
    stand.csms.fake.answers["set_limit"] = "Rejected"
    stand.do(check_rating(stand.run_))
    assert stand.csms.fake.asked == [("set_limit", (96.0, 1))]
    scope(stand, 6.0, 96.0)
    said = sentence(RequirementFailed, stand, check_rating(stand.run_, asked=80.0))
    assert said.startswith(
        "The duty cycle at a limit of 80 A, answered 'Rejected', is 96 +- 0.1 %; at most 80.5 %"
    )
    assert sentence(BenchError, stand, check_rating(stand.run_, asked=48.0)) == (
        "48 A is not above the rating of 48 A: ask for more, or nothing is tried."
    )


@pytest.mark.parametrize(("delay", "outcome"), [(0.085, "pass"), (0.0995, "inconclusive"), (0.12, "fail")])
def test_opening(stand: Stand, delay: float, outcome: str) -> None:
    """The delay of each opening is held against 100 ms, with the spread of the instrument."""
    scope(stand, 6.0, delay=delay)
    step = check_opening(stand.run_, times=2)
    if outcome == "pass":
        stand.do(step)
    else:
        sentence(RequirementFailed if outcome == "fail" else Inconclusive, stand, step)
    assert {made for _name, made in stand.checks()} == {outcome}


def test_an_output_that_never_follows(stand: Stand) -> None:
    """The scope caught nothing: when the meter sees that the output did not follow, that is the station's failure."""
    scope(stand, 6.0)
    stand.meter(stand.power())
    scope(stand, 9.0)
    assert sentence(RequirementFailed, stand, check_opening(stand.run_, times=1)) == (
        "A dead output after state C ended did not come within 1.1 s."
    )


def test_a_scope_that_missed_it(stand: Stand) -> None:
    """The scope caught nothing although the output followed: nothing can be said."""
    scope(stand, 6.0)
    stand.meter(stand.power())
    said = sentence(Inconclusive, stand, check_closing(stand.run_))
    assert said.endswith("the reading is flagged 'no data', and a flagged reading decides nothing.")


class FakeOutput:
    """A reference meter whose voltage and current are functions of time."""

    def __init__(
        self,
        stand: Stand,
        volts: Callable[[float], float],
        amperes: Callable[[float], float] = lambda _t: 0.0,
    ) -> None:
        self.stand, self.volts, self.amperes = stand, volts, amperes

    async def read(self) -> PowerReading:
        now = self.stand.clock.monotonic()
        shown = self.stand.power(current_a=self.amperes(now), u=0.02)
        return replace(shown, voltage=replace(shown.voltage, value=self.volts(now)))


def says(stand: Stand, occupancy: Any, error: str | None = None) -> None:
    """The station's last status."""
    told = StatusChanged(1, 1, occupancy, str(occupancy), None, error)
    stand.csms.fake.last_status = lambda _evse: told  # type: ignore[attr-defined]
    stand.csms.fake.last_status_seq = lambda _evse: 12  # type: ignore[attr-defined]


def test_fault_switches_off_and_is_reported(stand: Stand) -> None:
    """A dead output in time and a fault told in time pass, and the fault is mended afterwards."""
    scope(stand, 6.0)
    begin = stand.clock.monotonic()
    stand.parts["reference_meter"] = FakeOutput(stand, lambda t: 240.0 if t < begin + 0.04 else 0.0)
    says(stand, "faulted", "OtherError")
    stand.do(check_vehicle_fault(stand.run_, fault="short"))
    assert [outcome for _name, outcome in stand.checks()] == ["pass", "pass"]
    assert stand.parts["vehicle"].faults == [("short", True), ("short", False)]


def test_a_meter_that_is_read_late_does_not_fail_a_quick_station(stand: Stand) -> None:
    """A first look after 8 s says that the output died in between: doubt about 3 s, not failure."""
    scope(stand, 6.0)
    car = stand.parts["vehicle"]
    stand.parts["reference_meter"] = FakeOutput(stand, lambda _t: 0.0 if car.faults else 240.0)
    read = stand.parts["reference_meter"].read

    async def slow() -> PowerReading:
        await stand.clock.sleep(8.0 if car.faults else 0.0)
        shown: PowerReading = await read()
        return shown

    stand.parts["reference_meter"].read = slow
    said = sentence(Inconclusive, stand, check_vehicle_fault(stand.run_, fault="diode"))
    assert said.startswith("The delay from the fault 'diode' to a dead output is 4 +- 4.6188 s; at most 3 s")


def test_fault_that_changes_nothing(stand: Stand) -> None:
    """An output that stays live fails, and the fault is mended all the same."""
    scope(stand, 6.0)
    stand.parts["reference_meter"] = FakeOutput(stand, lambda _t: 240.0)
    said = sentence(RequirementFailed, stand, check_vehicle_fault(stand.run_, fault="diode"))
    assert said == "A dead output after the fault did not come within 4 s."
    assert stand.parts["vehicle"].faults == [("diode", True), ("diode", False)]


def test_fault_that_nobody_is_told_of(stand: Stand) -> None:
    """Switching off without a word fails."""
    scope(stand, 6.0)
    stand.parts["reference_meter"] = FakeOutput(stand, lambda t: 240.0 if t < 0.04 else 0.0)
    says(stand, "available")
    said = sentence(RequirementFailed, stand, check_vehicle_fault(stand.run_, fault="short"))
    assert said == "The report of the vehicle's fault 'short' did not come within 10 s."


def test_lost_earth_may_look_like_a_vehicle_that_left(stand: Stand) -> None:
    """Without a ground monitor the end of the session is the report; the scope times the output."""
    scope(stand, 6.0, delay=0.06)
    stand.parts["reference_meter"] = FakeOutput(stand, lambda t: 240.0 if t < 0.04 else 0.0)
    says(stand, "available")
    stand.csms.put(stand.transaction())
    stand.do(check_vehicle_fault(stand.run_, fault="pe"))
    assert [outcome for _name, outcome in stand.checks()] == ["pass", "pass"]
    scope(stand, 6.0, delay=0.2)
    stand.parts["reference_meter"] = FakeOutput(stand, lambda t: 0.0 if t % 10 > 1 else 240.0)
    stand.clock.run(stand.clock.sleep(10.0 - stand.clock.monotonic() % 10))
    said = sentence(RequirementFailed, stand, check_vehicle_fault(stand.run_, fault="pe"))
    assert said.startswith(
        "The delay from the fault 'pe' to a dead output is 0.2 +- 0.001 s; at most 0.1 s is allowed"
    )


def test_fault_on_a_dead_output(stand: Stand) -> None:
    """What is dead already cannot be switched off by a fault."""
    scope(stand)
    stand.parts["reference_meter"] = FakeOutput(stand, lambda _t: 0.4)
    assert sentence(Inconclusive, stand, check_vehicle_fault(stand.run_, fault="diode")) == (
        "The output is dead before the fault (0 V), so that the fault cannot switch it off."
    )


def test_profile_obeyed_and_resumed(stand: Stand) -> None:
    """Down to a pause and back: each limit is reached, kept, and after the pause current flows again."""
    asked = stand.csms.fake.asked
    stand.parts["reference_meter"] = FakeOutput(
        stand, lambda _t: 230.0, lambda _t: asked[-1][1][0] if asked else 48.0
    )
    stand.do(check_profile(stand.run_, limits=(16.0, 0.0, 32.0)))
    names = [name for name, outcome in stand.checks() if outcome == "pass"]
    assert names[-3:] == ["limit of 32 A obeyed", "current after a pause", "no overshoot at 32 A"]


@pytest.mark.parametrize(
    ("amperes", "limits", "said"),
    [
        (16.0, (10.0,), "A current of at most 10.30 A after a limit of 10 A did not come within 15 s."),
        (6.0, (0.0,), "A current of at most 0.10 A after a limit of 0 A did not come within 15 s."),
        (0.0, (0.0, 16.0), "Current after a pause by charging profile did not come within 60 s."),
    ],
)
def test_profile_not_obeyed(stand: Stand, amperes: float, limits: tuple[float, ...], said: str) -> None:
    """A current that does not come down, that does not stop, or that does not come back fails."""
    stand.parts["reference_meter"] = FakeOutput(stand, lambda _t: 230.0, lambda _t: amperes)
    assert sentence(RequirementFailed, stand, check_profile(stand.run_, limits=limits)) == said


def test_overshoot(stand: Stand) -> None:
    """A current that rises above the limit once it was obeyed fails."""
    stand.parts["reference_meter"] = FakeOutput(stand, lambda _t: 230.0, lambda t: 9.0 if t < 8.0 else 12.0)
    said = sentence(RequirementFailed, stand, check_profile(stand.run_, limits=(10.0,)))
    assert said.startswith(
        "The highest current under a limit of 10 A is 12 +- 0.04 A; at most 10.3 A is allowed"
    )


def test_limits_have_dimensions(stand: Stand) -> None:
    """A limit is read in the base unit of its dimension, and in no other."""
    assert in_unit(stand.run_.limit("cp_open"), DURATION) == 0.1
    with pytest.raises(BenchError) as caught:
        in_unit(stand.run_.limit("cp_open"), CURRENT)
    assert str(caught.value) == "Limit 'cp_open' is in ms; a current is needed, such as '16 A'."
