"""Steps with a vehicle that pauses: what a session must outlive, and what is the bench's own doing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from tests.steps.test_pilot_steps import FakeOutput, FakeScope, sentence

from wattest.errors import BenchError, Inconclusive, RequirementFailed
from wattest.steps.pausing import check_pauses

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.steps.conftest import Stand


class FakeCar:
    """Asks and pauses as it is told; the station follows for so many pauses."""

    supports: frozenset[str] = frozenset()

    def __init__(self, stand: Stand, *, outlives: float = 1e9, back_after_s: float = 2.0) -> None:
        self.stand, self.outlives, self.back_after_s = stand, outlives, back_after_s
        self.asks, self.asked_s, self.pauses = True, -1e9, 0
        stand.parts["vehicle"] = self
        stand.parts["reference_meter"] = FakeOutput(stand, lambda _t: 240.0, self.amperes)
        stand.csms.put(stand.transaction(ended_at=None))

    async def set_ready(self, ready: bool) -> None:
        self.pauses += self.asks and not ready
        self.asks, self.asked_s = ready, self.stand.clock.monotonic()

    def amperes(self, now_s: float) -> float:
        back = now_s >= self.asked_s + self.back_after_s
        return 32.0 if self.asks and back and self.pauses <= self.outlives else 0.0


def test_twenty_pauses(stand: Stand) -> None:
    """Current comes back after each, and the one session goes on."""
    car = FakeCar(stand)
    stand.do(check_pauses(stand.run_))
    names = [name for name, outcome in stand.checks() if outcome == "pass"]
    assert (car.pauses, len(names), names[-2:]) == (
        20,
        21,
        ["current after pause 20 of 20", "one session through all pauses"],
    )


def test_current_that_does_not_come_back(stand: Stand) -> None:
    """A station that has had enough fails at that pause."""
    FakeCar(stand, outlives=9)
    said = sentence(RequirementFailed, stand, check_pauses(stand.run_))
    assert said == "Current after pause 10 of 20 of the vehicle did not come within 60 s."


@pytest.mark.parametrize("late_s", [55.0, 65.0])
def test_a_slow_station(stand: Stand, late_s: float) -> None:
    """A minute to come back is allowed, and no more."""
    FakeCar(stand, back_after_s=late_s)
    if late_s < 60.0:
        stand.do(check_pauses(stand.run_))
    else:
        sentence(RequirementFailed, stand, check_pauses(stand.run_))


@pytest.mark.parametrize("ends", [True, False])
def test_another_session(stand: Stand, ends: bool) -> None:
    """A session that ends, or a second one beside it, fails, even when current flows."""
    car = FakeCar(stand)
    changed = stand.transaction() if ends else stand.transaction(id="8", ended_at=None)

    def amperes(now_s: float) -> float:
        if car.pauses == 5:
            stand.csms.put(changed)
        return car.amperes(now_s)

    stand.parts["reference_meter"] = FakeOutput(stand, lambda _t: 240.0, amperes)
    said = sentence(RequirementFailed, stand, check_pauses(stand.run_))
    assert said.startswith("An end of transaction 7, or the begin of another, in 20 pauses came once in ")


def test_a_link_that_was_down_for_a_time(stand: Stand) -> None:
    """What ended meanwhile nobody would know: doubt."""
    FakeCar(stand)
    stand.csms.connected = False
    said = sentence(Inconclusive, stand, check_pauses(stand.run_))
    assert said.endswith("the channel that would have shown it was down for a time.")


def test_a_vehicle_that_goes_on_drawing(stand: Stand) -> None:
    """A pause with current is none, and the bench's fault."""
    FakeCar(stand)
    stand.parts["reference_meter"] = FakeOutput(stand, lambda _t: 240.0, lambda _t: 32.0)
    assert sentence(Inconclusive, stand, check_pauses(stand.run_)) == (
        "In pause 1 the reference meter still sees 32 A: the vehicle did not pause."
    )


@pytest.mark.parametrize(("duty", "kind"), [(53.3, "doubt"), (100.0, "fail")])
def test_a_vehicle_that_does_not_ask_again(stand: Stand, duty: float, kind: str) -> None:
    """State B under an offer is the vehicle's doing; without an offer it is the station's."""
    FakeCar(stand, outlives=0)
    shown: Callable[[float], tuple[float, float]] = lambda _t: (9.0, duty)  # noqa: E731
    stand.parts["pilot_scope"] = FakeScope(stand, shown)
    if kind == "doubt":
        assert sentence(Inconclusive, stand, check_pauses(stand.run_)) == (
            "After pause 1 the station offers current, and the pilot stays in state B: the vehicle does not ask."
        )
    else:
        sentence(RequirementFailed, stand, check_pauses(stand.run_))


def test_no_session_to_outlive_anything(stand: Stand) -> None:
    """Without a running transaction nothing is tried, and a limit of another kind is a mistake."""
    said = sentence(Inconclusive, stand, check_pauses(stand.run_))
    assert said == "No transaction is running, so that none can outlive a pause."
    step: Any = check_pauses(stand.run_, cycles="cp_close")
    assert sentence(BenchError, stand, step) == "Limit 'cp_close' is in s; a number of pauses is in cycles."
