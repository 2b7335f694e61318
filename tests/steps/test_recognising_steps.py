"""Steps with unusual vehicles at the pilot: resistors at the edges, and one that goes on after the pulses."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from tests.steps.test_pilot_steps import FakeCar, FakeOutput, FakeScope, sentence
from tests.steps.test_protecting_steps import FakeLoad

from wattest.errors import Inconclusive, RequirementFailed
from wattest.steps.recognising import check_patience, hold_state, show_resistance

if TYPE_CHECKING:
    from tests.steps.conftest import Stand


class ResistorCar(FakeCar):
    """Remembers its resistors."""

    def __init__(self) -> None:
        super().__init__()
        self.shown: list[tuple[str, float | None]] = []

    async def set_pilot_resistance(self, state: str, resistance_ohm: float | None) -> None:
        self.shown.append((state, resistance_ohm))


def test_edges(stand: Stand) -> None:
    """The least and the highest resistor of each state are those of the limits."""
    car = stand.parts["vehicle"] = ResistorCar()
    for state in ("B", "C"):
        for edge in ("least", "highest"):
            stand.do(show_resistance(stand.run_, state=state, edge=edge))
    assert car.shown == [("B", 1870.0), ("B", 4610.0), ("C", 909.0), ("C", 1723.0)]


def in_session(stand: Stand, *, volts: float, amperes: float, **later: Any) -> None:
    """A session that charges or waits; after a minute it is what ``later`` says."""
    begun = stand.transaction(ended_at=None, states=((stand.clock.utc(), "charging"),))
    stand.csms.put(begun)
    stand.parts["reference_meter"] = FakeOutput(stand, lambda _t: volts, lambda _t: amperes)
    if later:
        end = later.pop("ended", False)
        states = (*begun.states, *((stand.clock.utc(), word) for word in later.pop("says", ())))
        ended: dict[str, Any] = {"ended_at": stand.clock.utc()} if end else {}
        changed = replace(begun, states=states, **ended, **later)
        stand.clock.call_later(60.0, stand.csms.put, changed)


@pytest.mark.parametrize(("state", "volts", "amperes"), [("B", 0.3, 0.0), ("C", 240.0, 6.0)])
def test_a_state_that_is_held(stand: Stand, state: Any, volts: float, amperes: float) -> None:
    """Nothing changes for ten minutes: that is what recognised means."""
    in_session(stand, volts=volts, amperes=amperes)
    begin = stand.clock.monotonic()
    stand.do(hold_state(stand.run_, state=state))
    assert stand.clock.monotonic() - begin == 600.0
    assert stand.checks() == [(f"state {state} held", "pass")]


@pytest.mark.parametrize(
    ("state", "volts", "amperes", "later", "said"),
    [
        ("B", 240.0, 0.0, {}, "The output is live (240 V) although the vehicle does not ask."),
        (
            "B",
            0.0,
            0.0,
            {"says": ("charging",)},
            "The station says that it charges although the vehicle does not ask.",
        ),
        (
            "B",
            0.0,
            0.0,
            {"ended": True, "stop_reason": "EVDisconnected"},
            "The session ended with 'EVDisconnected', as if the vehicle had left.",
        ),
        (
            "C",
            240.0,
            6.0,
            {"says": ("suspended ev", "charging")},
            "The station says that the vehicle asks for nothing although it asks.",
        ),
    ],
)
def test_a_state_that_is_taken_for_another(
    stand: Stand, state: Any, volts: float, amperes: float, later: dict[str, Any], said: str
) -> None:
    """A glitch is a failure, also when it is over soon."""
    in_session(stand, volts=volts, amperes=amperes, **later)
    assert sentence(RequirementFailed, stand, hold_state(stand.run_, state=state)) == said


@pytest.mark.parametrize(
    ("state", "amperes", "later", "said"),
    [
        ("C", 6.0, {"says": ("suspended evse",)}, "The station paused the session by itself."),
        ("C", 0.0, {}, "0.00 A flow while the station says that it charges."),
        (
            "C",
            6.0,
            {"ended": True, "stop_reason": "Other"},
            "The session ended with 'Other' before the time was over.",
        ),
    ],
)
def test_what_may_have_other_reasons(
    stand: Stand, state: Any, amperes: float, later: dict[str, Any], said: str
) -> None:
    """What need not come from the resistor is doubt."""
    in_session(stand, volts=240.0, amperes=amperes, **later)
    assert sentence(Inconclusive, stand, hold_state(stand.run_, state=state)) == said


def test_a_pilot_fault_is_not_recognition(stand: Stand) -> None:
    """A station that reports the pilot as faulty did not recognise the vehicle."""
    in_session(stand, volts=0.0, amperes=0.0)
    payload = {"connectorId": 1, "errorCode": "OtherError", "vendorErrorCode": "CX014", "status": "Faulted"}
    frame = {
        "kind": "frame",
        "seq": 99,
        "t": 1.0,
        "station": "CP001",
        "direction": "in",
        "dialect": "1.6",
        "message": {"type": 2, "action": "StatusNotification", "payload": payload},
    }
    told: list[dict[str, Any]] = []
    stand.run_.entries = lambda: told
    stand.clock.call_later(60.0, told.append, frame)
    said = sentence(RequirementFailed, stand, hold_state(stand.run_, state="B"))
    assert said == "The station reports a fault of the pilot (CX014)."


def test_nothing_to_hold(stand: Stand) -> None:
    """Without a transaction nobody can tell what the station takes the vehicle for."""
    assert sentence(Inconclusive, stand, hold_state(stand.run_, state="B")) == (
        "No transaction runs, so that nobody can tell whether state B is recognised."
    )


def goes_on(
    stand: Stand, *, dead_after_s: float, pulses_after_s: float = 1.0, high: float = 6.0, stays: bool = True
) -> FakeLoad:
    """A station that stops its pulses and opens so long after the profile; the vehicle draws while the output is live."""
    load = stand.parts["load"] = FakeLoad()
    asked = stand.csms.fake.asked

    def since(t: float) -> float:
        if not asked:
            return -1.0
        if not begun:
            begun.append(t)
        return t - begun[0]

    begun: list[float] = []

    def shown(t: float) -> tuple[float, float]:
        return (high, 100.0) if since(t) >= pulses_after_s else (6.0, 20.0)

    def volts(t: float) -> float:
        return 0.0 if since(t) >= dead_after_s else 240.0

    def amperes(t: float) -> float:
        stops = since(t) >= pulses_after_s and not stays
        return 0.0 if volts(t) == 0.0 or stops else load.drawn

    stand.parts["vehicle"] = FakeCar()
    stand.parts["pilot_scope"] = FakeScope(stand, shown)
    stand.parts["reference_meter"] = FakeOutput(stand, volts, amperes)
    return load


def test_patience(stand: Stand) -> None:
    """Opening seven seconds after the pulses passes; the load is made to heed again."""
    load = goes_on(stand, dead_after_s=8.0)
    stand.do(check_patience(stand.run_))
    assert [outcome for _name, outcome in stand.checks()][-2:] == ["pass", "pass"]
    assert load.told == [("current", 6.0), ("heedless", True), ("heedless", False)]
    assert ("set_limit", (0.0, 1)) in stand.csms.fake.asked


@pytest.mark.parametrize(
    ("dead_after_s", "kind", "said"),
    [
        (3.0, RequirementFailed, "s; at least 6 s is allowed (cp_hold_c1, "),
        (0.5, RequirementFailed, "The time from the end of the pulses to a dead output is -0.5"),
        (7.1, Inconclusive, "the limit lies inside the uncertainty."),
        (1e9, RequirementFailed, "A dead output after the pulses had stopped did not come within 60 s."),
    ],
)
def test_no_patience(stand: Stand, dead_after_s: float, kind: type[BaseException], said: str) -> None:
    """Opening too soon fails, before the pulses stop as well; never opening fails; at the limit it is doubt."""
    load = goes_on(stand, dead_after_s=dead_after_s)
    assert said in sentence(kind, stand, check_patience(stand.run_))
    assert load.told[-1] == ("heedless", False)


@pytest.mark.parametrize(
    ("how", "said"),
    [
        (
            {"pulses_after_s": 1e9},
            "The pulses did not stop within 15 s of a charging profile of 0 A: how long the station",
        ),
        (
            {"high": -12.0},
            "The offer ended in state F (-12.00 V) and not in C: how long the station waits for a vehicle",
        ),
        (
            {"stays": False},
            "The vehicle takes 0.00 A after the pulses have stopped: it obeyed, and the station has nobody",
        ),
    ],
)
def test_nobody_to_wait_for(stand: Stand, how: dict[str, Any], said: str) -> None:
    """Pulses that go on, an offer that ends by a fault, and a vehicle that obeys after all show nothing."""
    goes_on(stand, **{"dead_after_s": 1e9, **how})
    assert sentence(Inconclusive, stand, check_patience(stand.run_)).startswith(said)
