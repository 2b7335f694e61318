"""Steps with the car's battery: it arrives, is charged to a state, and what the station told is held against it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from wattest.errors import Inconclusive, RequirementFailed
from wattest.roles import Reading
from wattest.steps.battery import LOOKS_S, bring_car, charge_to, check_state_of_charge

if TYPE_CHECKING:
    from tests.steps.conftest import Stand

NOON = datetime(2026, 1, 15, 12, tzinfo=UTC)


class Car:
    """Gains half a percent a minute; what it tells may be flagged."""

    def __init__(self, stand: Stand, *, gain: float = 0.5, flags: frozenset[str] = frozenset()) -> None:
        self.stand, self.gain, self.flags = stand, gain, flags
        self.arrived, self.since_s = 50.0, 0.0

    async def set_state_of_charge(self, percent: float) -> None:
        self.arrived, self.since_s = percent, self.stand.clock.monotonic()

    async def read_state_of_charge(self) -> Reading:
        now = self.stand.clock.monotonic()
        value = self.arrived + (now - self.since_s) / 60.0 * self.gain
        return Reading(value, "%", now, u=0.0, seq=(1,), flags=self.flags)


@pytest.fixture
def car(stand: Stand) -> Car:
    """In its bay, with a record that numbers its entries and knows their time."""
    made = Car(stand)
    stand.parts["vehicle"] = made

    def entries() -> list[dict[str, Any]]:
        return stand.notes

    def note(kind: str, /, **fields: Any) -> int:
        utc = (NOON + timedelta(seconds=stand.clock.monotonic())).isoformat()
        stand.notes.append({"kind": kind, "seq": len(stand.notes), "utc": utc, **fields})
        return len(stand.notes) - 1

    stand.run_.entries = entries
    stand.run_.note = note
    return made


def told(stand: Stand, *values: tuple[float, float]) -> Any:
    """A transaction of which the station told these states of charge, by seconds since noon."""
    soc = tuple((NOON + timedelta(seconds=t), Decimal(str(percent))) for t, percent in values)
    made = stand.transaction(soc=soc)
    stand.csms.put(made)
    return made


def session(stand: Stand) -> None:
    """From 88 % to 92 % in eight minutes."""
    stand.do(bring_car(stand.run_, state_of_charge=88.0))
    stand.do(charge_to(stand.run_, state_of_charge=92.0, within=3600.0))
    assert stand.clock.monotonic() == 480.0


def test_what_was_told_is_the_cars_own(stand: Stand, car: Car) -> None:
    """The looks of the bench every minute bracket what the station told."""
    session(stand)
    assert stand.clock.monotonic() % LOOKS_S == 0
    stand.do(check_state_of_charge(stand.run_, transaction=told(stand, (60, 88), (240, 90), (420, 91))))
    assert stand.checks() == [("state of charge told", "pass")]


def test_a_value_that_stood_still_fails(stand: Stand, car: Car) -> None:
    """Told 88 % when the car was at 90.5 % a minute before; five minutes before it was no more than 88.5 %."""
    session(stand)
    stale = told(stand, (60, 88), (240, 89), (420, 88))
    with pytest.raises(
        RequirementFailed,
        match=r"^The station told 88 % for 420 s after the begin, and the vehicle told 90.5 % up to 60 s before and 92 %",
    ):
        stand.do(check_state_of_charge(stand.run_, transaction=stale, age=60.0))
    stand.do(check_state_of_charge(stand.run_, transaction=stale))
    assert stand.checks()[-1] == ("state of charge told", "pass")


def test_only_the_car_that_stands_there_counts(stand: Stand, car: Car) -> None:
    """What another car told before is nothing to hold this session against."""
    session(stand)
    stand.do(bring_car(stand.run_, state_of_charge=20.0))
    stand.do(charge_to(stand.run_, state_of_charge=22.0))
    own = told(stand, (500, 20), (560, 20.5), (620, 21))
    stand.do(check_state_of_charge(stand.run_, transaction=own))
    assert stand.checks()[-1] == ("state of charge told", "pass")


def test_a_station_that_told_nothing_is_in_doubt(stand: Stand, car: Car) -> None:
    """The car may have told none to it."""
    session(stand)
    with pytest.raises(Inconclusive, match=r"0 of 0 values lie between two looks at the vehicle"):
        stand.do(check_state_of_charge(stand.run_, transaction=told(stand)))


def test_a_car_that_takes_too_little_or_tells_nothing_is_no_failure(stand: Stand, car: Car) -> None:
    """The scenario cannot go on, and says so."""
    car.gain = 0.0
    with pytest.raises(Inconclusive) as caught:
        stand.do(charge_to(stand.run_, state_of_charge=90.0, within=120.0))
    assert str(caught.value) == (
        "The car tells a state of charge of 50 % after 120 s, and 90 % was waited for: it took less than the scenario needs."
    )
    car.flags = frozenset({"no data"})
    with pytest.raises(Inconclusive, match=r"^The car tells no state of charge, so that nobody"):
        stand.do(bring_car(stand.run_, state_of_charge=80.0))
