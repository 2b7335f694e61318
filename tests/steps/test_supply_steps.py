"""Steps with the supply: what was tried, what recovery means, and how standby power is averaged."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from wattest.errors import CallTimedOut, Inconclusive, RequirementFailed
from wattest.ocpp.neutral import StatusChanged
from wattest.roles import Reading, SupplyReading, SupplyStep
from wattest.steps.supply import (
    check_idle_power,
    check_standby,
    dip,
    expect_recovery,
    finish_sessions,
    session_supplied,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.steps.conftest import Stand


class FakeMains:
    """Takes every order, and shows what a function of time says."""

    supports = frozenset({"supply_reading"})

    def __init__(
        self, stand: Stand, watts: Callable[[float], float] = lambda _t: 4.0, volts: float = 240.0
    ) -> None:
        self.stand, self.watts, self.volts = stand, watts, volts
        self.told: list[Any] = []
        stand.parts["mains"] = self

    async def set_voltage(self, voltage_v: float) -> None:
        self.told.append(voltage_v)

    async def set_frequency(self, frequency_hz: float) -> None:
        self.told.append(frequency_hz)

    async def run_profile(self, steps: tuple[SupplyStep, ...]) -> None:
        self.told.append(steps)

    async def measure(self) -> SupplyReading:
        now = self.stand.clock.monotonic()
        shown = {"voltage": (self.volts, "V"), "current": (0.1, "A"), "frequency": (60.0, "Hz")}
        shown["power"] = (self.watts(now), "W")
        return SupplyReading(**{n: Reading(v, unit, now, u=0.01, seq=(3,)) for n, (v, unit) in shown.items()})


def test_dip_is_timed_by_the_source(stand: Stand) -> None:
    """The source gets the whole profile, in volts of a phase, and the record says what was done."""
    mains = FakeMains(stand)
    stand.do(dip(stand.run_, for_=0.167, residual=70.0))
    assert mains.told == [(SupplyStep(0.167, 168.0, 60.0),)]
    assert [entry["kind"] for entry in stand.notes if entry["kind"] in {"fault", "heal"}] == ["fault", "heal"]
    assert stand.run_.cuts == []


def test_a_source_that_does_not_arrive(stand: Stand) -> None:
    """A session at a voltage that the source never had proves nothing, and the rated supply is set again."""
    mains = FakeMains(stand)
    with pytest.raises(Inconclusive) as caught:
        stand.do(session_supplied(stand.run_, card="driver", voltage=90.0, frequency=95.0, current=16.0))
    assert str(caught.value) == (
        "The supply's voltage is 240 V where 216 V were set: the station was not tried there."
    )
    assert mains.told == [216.0, 57.0, 240.0, 60.0]


def answering(stand: Stand, occupancy: Any, *, dead_for_s: float = 0.0) -> None:
    """A station that does not answer for a while, and then has this status."""
    told = StatusChanged(1, 1, occupancy, str(occupancy), None)
    stand.csms.fake.last_status = lambda _evse: told  # type: ignore[attr-defined]
    stand.csms.fake.last_status_seq = lambda _evse: 12  # type: ignore[attr-defined]
    begin = stand.clock.monotonic()

    def asked(_command: str) -> None:
        if stand.clock.monotonic() - begin < dead_for_s:
            raise CallTimedOut("no answer")

    stand.csms.fake.then = asked


def test_recovery_is_an_answer_without_a_fault(stand: Stand) -> None:
    """A link that looks whole is not believed: the station must answer, in time."""
    answering(stand, "occupied", dead_for_s=42.0)
    stand.do(expect_recovery(stand.run_, within=300.0))
    assert stand.checks() == [("station in order again", "pass")]
    answering(stand, "occupied", dead_for_s=42.0)
    with pytest.raises(RequirementFailed) as caught:
        stand.do(expect_recovery(stand.run_, within=30.0))
    assert str(caught.value) == "An answer of the station, without a fault, did not come within 30 s."


def test_a_latched_fault_is_no_recovery(stand: Stand) -> None:
    """A station that answers and is out of order has not recovered."""
    answering(stand, "faulted")
    with pytest.raises(RequirementFailed):
        stand.do(expect_recovery(stand.run_, within=30.0))


@pytest.mark.parametrize(("delivered", "outcome"), [(2001.0, "pass"), (2200.0, "fail")])
def test_energy_through_a_dip_is_the_sum(stand: Stand, delivered: float, outcome: str) -> None:
    """However many transactions a dip made of one, together they tell the energy that was delivered."""
    stand.csms.put(stand.transaction(), stand.transaction(id="8"))
    stand.run_.marks.append(stand.power())
    stand.meter(stand.power(energy_wh=delivered))
    step = finish_sessions(stand.run_, card="driver")
    if outcome == "pass":
        stand.do(step)
    else:
        with pytest.raises(RequirementFailed) as caught:
            stand.do(step)
        assert str(caught.value).startswith("Energy of 2 transactions through the dip is reported as 2000 Wh")
    assert stand.checks()[-1] == ("energy through the dip", outcome)


def test_a_transaction_without_its_energy(stand: Stand) -> None:
    """A transaction whose registers were never told has lost its energy."""
    stand.csms.put(stand.transaction(meter_stop_wh=None))
    stand.run_.marks.append(stand.power())
    stand.meter(stand.power(energy_wh=1000.0))
    with pytest.raises(RequirementFailed) as caught:
        stand.do(finish_sessions(stand.run_, card="driver"))
    assert (
        str(caught.value) == "The number of transactions without their energy is '1', but '0' was expected."
    )


def test_standby_is_a_mean(stand: Stand) -> None:
    """The mean decides, not the moment; its scatter is part of its uncertainty."""
    FakeMains(stand, lambda t: 4.0 if t % 10 < 5 else 4.4)
    stand.do(check_standby(stand.run_, state="no vehicle", allowances=("energy_star_cellular",)))
    check = next(entry for entry in stand.notes if entry["kind"] == "check")
    assert check["inputs"]["value"] == pytest.approx(4.2)
    assert check["inputs"]["u"] == pytest.approx(0.0279, abs=1e-3)
    assert (check["outcome"], check["inputs"]["limit"]) == ("pass", pytest.approx(4.6))


@pytest.mark.parametrize(("state", "watts", "outcome"), [("connected", 5.5, "fail"), ("idle", 20.0, "pass")])
def test_standby_grows_with_the_rating_when_idle(
    stand: Stand, state: Any, watts: float, outcome: str
) -> None:
    """In state C without load each rated ampere allows 0.4 W more."""
    FakeMains(stand, lambda _t: watts)
    step = check_standby(stand.run_, state=state, allowances=("energy_star_cellular",))
    if outcome == "pass":
        stand.do(step)
    else:
        with pytest.raises(RequirementFailed) as caught:
            stand.do(step)
        assert str(caught.value).startswith(
            "The mean power at the input (connected) is 5.5 +- 0.02 W; at most 4.6 W is allowed (energy_star_base"
        )
    assert stand.checks() == [(f"mean power at the input ({state})", outcome)]


def test_standby_at_another_voltage(stand: Stand) -> None:
    """Standby power is measured at the rated voltage."""
    FakeMains(stand, volts=230.0)
    with pytest.raises(Inconclusive) as caught:
        stand.do(check_standby(stand.run_, state="no vehicle"))
    assert str(caught.value) == (
        "The supply has 230.0 V where 240.0 V are rated; standby power is measured within 1 %."
    )


class FakeAir:
    """A chamber at one temperature."""

    def __init__(self, stand: Stand, celsius: float) -> None:
        self.stand, self.celsius = stand, celsius
        stand.parts["chamber"] = self

    async def read_temperature(self) -> Reading:
        return Reading(self.celsius, "degC", self.stand.clock.monotonic(), u=0.3, seq=(4,))


@pytest.mark.parametrize(("watts", "outcome"), [(79.0, "pass"), (81.0, "fail")])
def test_idle_power_is_held_against_what_the_maker_declares(stand: Stand, watts: float, outcome: str) -> None:
    """The mean over an hour, whatever the thermostat does; the sentence tells it with the air."""
    FakeMains(stand, lambda t: watts + (20.0 if t % 1200 < 600 else -20.0))
    FakeAir(stand, -40.0)
    step = check_idle_power(stand.run_)
    if outcome == "pass":
        stand.run_.sheet = replace(stand.run_.sheet, idle_power_cold_w=90.0)
        stand.do(step)
    else:
        stand.run_.sheet = replace(stand.run_.sheet, idle_power_cold_w=70.0)
        with pytest.raises(RequirementFailed) as caught:
            stand.do(step)
        assert str(caught.value).startswith(
            "The mean power at the input at -40 degC in 3600 s without a vehicle is 81 +- "
        )
        assert str(caught.value).endswith("at most 70 W is allowed (idle_power_cold, charger sheet).")
    assert stand.checks() == [("idle power in the cold", outcome)]


def test_idle_power_without_a_declaration_is_told_and_in_doubt(stand: Stand) -> None:
    """There is nothing to hold it against, and nothing at all during a session."""
    FakeMains(stand, lambda _t: 64.0)
    FakeAir(stand, -25.0)
    stand.run_.sheet = replace(stand.run_.sheet, idle_power_cold_w=None)
    with pytest.raises(Inconclusive) as caught:
        stand.do(check_idle_power(stand.run_))
    assert str(caught.value) == (
        "The mean power at the input at -25 degC in 3600 s without a vehicle is 64.0 W; the charger sheet states no "
        "idle_power_cold to hold it against."
    )
    stand.csms.put(stand.transaction(ended_at=None))
    with pytest.raises(Inconclusive) as caught:
        stand.do(check_idle_power(stand.run_))
    assert str(caught.value) == (
        "A session is running: what the station takes for itself cannot be told from it."
    )
