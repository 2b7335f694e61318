"""Steps of the chamber procedure: what counts as stable, as full load, as an idle night, and as a shift."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from wattest.errors import Inconclusive, RequirementFailed
from wattest.roles import PowerReading, Reading
from wattest.steps.cold import EnergyError, check_error_shift, check_full_load, idle_soak, stabilise

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.steps.conftest import Stand


class FakeRoom:
    """Chamber and thermometers as functions of the seconds since the chamber was told to move."""

    def __init__(self, stand: Stand, air: Callable[[float], float], inside: Callable[[float], float]) -> None:
        self.stand, self.air, self.inside = stand, air, inside
        self.begin = stand.clock.monotonic()
        stand.parts |= {"chamber": self, "thermometers": self}

    def _value(self, shape: Callable[[float], float]) -> Reading:
        now = self.stand.clock.monotonic()
        return Reading(shape(now - self.begin), "degC", now, u=0.1, seq=(3,))

    async def set_temperature(self, temperature_c: float, ramp_k_per_min: float) -> None:
        self.begin = self.stand.clock.monotonic()

    async def read_temperature(self) -> Reading:
        return self._value(self.air)

    async def read_all(self) -> dict[str, Reading]:
        return {"air": self._value(self.air), "enclosure": self._value(self.inside)}


def falling(k_per_min: float, to_c: float, late_s: float = 0.0) -> Callable[[float], float]:
    """From 23 degC down at a ramp, some time later."""
    return lambda t: max(to_c, 23.0 - k_per_min / 60.0 * max(0.0, t - late_s))


def test_stable_when_every_thermometer_is(stand: Stand) -> None:
    """The step ends half an hour after the last thermometer arrived, not when the air did."""
    FakeRoom(stand, falling(1.0, -40.0), falling(1.0, -40.0, late_s=3600.0))
    stand.do(stabilise(stand.run_, temperature=-40.0))
    arrived = 63 * 60.0 + 3600.0
    assert arrived + 1700.0 < stand.clock.monotonic() < arrived + 2200.0


def test_never_stable(stand: Stand) -> None:
    """A thermometer that stays away makes the soak inconclusive, with its value and the tolerance."""
    FakeRoom(stand, falling(1.0, -40.0), lambda _t: -35.0)
    with pytest.raises(Inconclusive) as caught:
        stand.do(stabilise(stand.run_, temperature=-40.0, within=7200.0))
    assert str(caught.value).startswith("Not stable within 7200 s: Enclosure read -35 degC at ")
    assert "5 K from -40 degC; 3 K are allowed." in str(caught.value)


@pytest.mark.parametrize(("speed", "told"), [(3.0, "-3.00"), (60.0, "-12.60")])
def test_a_shock_is_no_gradual_change(stand: Stand, speed: float, told: str) -> None:
    """Air that moved faster than the ramp is not the procedure, even when it was over before 5 min were."""
    FakeRoom(stand, falling(speed, -40.0), falling(speed, -40.0))
    with pytest.raises(Inconclusive) as caught:
        stand.do(stabilise(stand.run_, temperature=-40.0, ramp=1.0))
    assert str(caught.value) == (
        f"The air moved at {told} K/min over 5 min, and 1 K/min were asked for: this was a shock, not the gradual change "
        "that the procedure wants."
    )


class FakeOutput:
    """A reference meter whose current is a function of time."""

    def __init__(self, stand: Stand, amperes: Callable[[float], float]) -> None:
        self.stand, self.amperes = stand, amperes

    async def read(self) -> PowerReading:
        return self.stand.power(current_a=self.amperes(self.stand.clock.monotonic()), u=0.02)


def loaded(stand: Stand, amperes: Callable[[float], float], *told: dict[str, Any]) -> None:
    """A session that charges, with this current."""
    stand.vehicle()
    stand.parts["reference_meter"] = FakeOutput(stand, amperes)
    begun = stand.transaction().started_at
    stand.csms.put(stand.transaction(ended_at=None, states=((begun, "charging"),)))
    entries: list[dict[str, Any]] = []
    stand.run_.entries = lambda: entries
    stand.clock.call_later(600.0, entries.extend, told)


def test_full_load(stand: Stand) -> None:
    """The least current of all that time is held against the share of the rating."""
    loaded(stand, lambda _t: 48.0)
    stand.do(check_full_load(stand.run_, for_=7200.0))
    assert stand.checks() == [
        ("least current under full load", "pass"),
        ("interruptions under full load", "pass"),
    ]
    assert stand.clock.monotonic() >= 7200.0


def test_derating_is_seen_whenever_it_comes(stand: Stand) -> None:
    """A minute of less current in two hours fails; having told of heat helps only where derating is allowed."""
    heat = {
        "kind": "frame",
        "direction": "in",
        "seq": 5,
        "t": 0.0,
        "message": {"payload": {"vendorErrorCode": "CX003"}},
    }
    loaded(stand, lambda t: 38.0 if 3000 < t < 3060 else 48.0, heat)
    with pytest.raises(RequirementFailed) as caught:
        stand.do(check_full_load(stand.run_, for_=7200.0))
    assert str(caught.value).startswith(
        "The least current in 7200 s of full load is 38 +- 0.04 A; at least 45.6 A is allowed (cold_current_share"
    )


@pytest.mark.parametrize(("told", "outcome"), [("CX003", "pass"), ("CX006", "fail")])
def test_derating_in_the_heat_must_be_told(stand: Stand, told: str, outcome: str) -> None:
    """Down to half the current is allowed once heat was reported, and not before."""
    heat = {
        "kind": "frame",
        "direction": "in",
        "seq": 5,
        "t": 0.0,
        "message": {"payload": {"vendorErrorCode": told}},
    }
    loaded(stand, lambda _t: 30.0, heat)
    step = check_full_load(stand.run_, for_=7200.0, derating="reported")
    if outcome == "pass":
        stand.do(step)
    else:
        with pytest.raises(RequirementFailed):
            stand.do(step)
    assert stand.checks()[0] == ("least current under full load", outcome)


def test_an_interruption_by_its_own_word(stand: Stand) -> None:
    """A session that the station called suspended was interrupted, even if nobody saw the current."""
    loaded(stand, lambda _t: 48.0)
    transaction = stand.run_.transactions()[0]
    at = transaction.started_at
    assert at is not None
    later = replace(transaction, states=(*transaction.states, (at, "suspended evse")))
    stand.clock.call_later(100.0, stand.csms.put, later)
    with pytest.raises(RequirementFailed) as caught:
        stand.do(check_full_load(stand.run_, for_=600.0))
    assert str(caught.value) == (
        "An interruption of the session, by the station's own word, came once in 600 s; never is allowed."
    )


def silent(stand: Stand, *times: float, action: str = "Heartbeat") -> None:
    """Calls of the station at these times."""
    entries = [
        {"kind": "frame", "direction": "in", "seq": number, "t": t, "message": {"action": action}}
        for number, t in enumerate(times)
    ]
    stand.run_.entries = lambda: entries


def test_idle_night(stand: Stand) -> None:
    """One of 192 heartbeats may be missing, three may not."""
    beats = [300.0 * n for n in range(1, 193)]
    silent(stand, *(t for t in beats if t != 6000.0))
    stand.do(idle_soak(stand.run_))
    silent(stand, *(t + 57600.0 for t in beats if t not in {6000.0, 9000.0, 12000.0}))
    with pytest.raises(RequirementFailed) as caught:
        stand.do(idle_soak(stand.run_))
    assert str(caught.value).startswith(
        "The share of 192 heartbeats that came, in 57600 s, is 98.4375 %; at least 99 % is allowed (heartbeat_share"
    )


def test_a_boot_in_an_idle_night(stand: Stand) -> None:
    """Whoever boots has restarted."""
    silent(stand, 300.0, action="BootNotification")
    with pytest.raises(RequirementFailed) as caught:
        stand.do(idle_soak(stand.run_, for_=600.0))
    assert str(caught.value) == "A boot came once in 600 s; never is allowed."


@pytest.mark.parametrize(("shift", "outcome"), [(0.2, "pass"), (-0.299, "inconclusive"), (-0.5, "fail")])
def test_shift_of_the_error(stand: Stand, shift: float, outcome: str) -> None:
    """Both signs count, against a share of the limit, with the steps of both registers as uncertainty."""
    before = EnergyError(0.1, 0.02, (1, 2))
    after = replace(before, error_pct=0.1 + shift)
    step = check_error_shift(stand.run_, before=before, after=after)
    if outcome == "pass":
        stand.do(step)
    else:
        with pytest.raises(RequirementFailed if outcome == "fail" else Inconclusive):
            stand.do(step)
    assert stand.checks() == [("shift of the energy error", outcome)]
