"""Steps with a cut cable, the button of the connector, and heat: what fails, what passes, and what stays in doubt."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from tests.steps.test_pilot_steps import FakeOutput, says, sentence

from wattest.errors import Inconclusive, RequirementFailed
from wattest.roles import Reading
from wattest.steps.connector import check_button, check_cut_cable, check_hot_connector

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.steps.conftest import Stand


class FakePlug:
    """Makes every fault, shows every resistance, and remembers both."""

    supports = frozenset({"proximity", "heeds_proximity"})

    def __init__(self, stand: Stand) -> None:
        self.did: list[Any] = []
        stand.parts["vehicle"] = self

    async def set_fault(self, fault: str, on: bool) -> None:
        self.did.append((fault, on))

    async def set_proximity(self, resistance_ohm: float | None) -> None:
        self.did.append(resistance_ohm)


class FakeWarmth:
    """A thermometer at the connector that shows a function of time."""

    def __init__(self, stand: Stand, celsius: Callable[[float], float], place: str = "connector") -> None:
        self.stand, self.celsius, self.place = stand, celsius, place
        stand.parts["thermometers"] = self

    async def read_all(self) -> dict[str, Reading]:
        now = self.stand.clock.monotonic()
        return {self.place: Reading(self.celsius(now), "degC", now, u=0.5, seq=(6,))}


def output(
    stand: Stand, volts: Callable[[float], float], amperes: Callable[[float], float] = lambda _t: 16.0
) -> None:
    """What the reference meter sees."""
    stand.parts["reference_meter"] = FakeOutput(stand, volts, amperes)


def reports(
    stand: Stand, *, error: str = "OtherError", code: str | None = None, status: str = "Faulted"
) -> None:
    """A StatusNotification of OCPP 1.6 that comes later than everything."""
    payload = {"connectorId": 1, "errorCode": error, "status": status}
    if code is not None:
        payload["vendorErrorCode"] = code
    frame = {
        "kind": "frame",
        "seq": 10_000,
        "t": 0.0,
        "station": "CP001",
        "direction": "in",
        "dialect": "1.6",
        "message": {"type": 2, "action": "StatusNotification", "payload": payload},
    }
    stand.run_.entries = lambda: [frame]


# --- a cut cable --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("conductor", "fault"), [("pilot", "cp"), ("earth", "pe")])
def test_a_cut_that_is_noticed(stand: Stand, conductor: Any, fault: str) -> None:
    """A dead output and a fault in time pass, and the conductor is closed again."""
    plug = FakePlug(stand)
    output(stand, lambda t: 240.0 if t < 0.05 else 0.0)
    says(stand, "faulted", "OtherError")
    stand.do(check_cut_cable(stand.run_, conductor=conductor))
    assert stand.checks() == [
        (f"delay from the cut of the {conductor} conductor to a dead output", "pass"),
        (f"cut of the {conductor} conductor reported", "pass"),
        ("connector dead", "pass"),
    ]
    assert plug.did == [(fault, True), (fault, False)]


def test_a_report_without_the_status_of_a_fault(stand: Stand) -> None:
    """CX026 beside another status is a report as well."""
    FakePlug(stand)
    output(stand, lambda t: 240.0 if t < 0.05 else 0.0)
    says(stand, "occupied")
    reports(stand, code="CX026", status="Finishing")
    stand.do(check_cut_cable(stand.run_, conductor="pilot"))
    assert ("cut of the pilot conductor reported", "pass") in stand.checks()


def test_a_cut_that_leaves_the_output_live(stand: Stand) -> None:
    """An output that is live after a minute fails, and the conductor is closed all the same."""
    plug = FakePlug(stand)
    output(stand, lambda _t: 240.0)
    said = sentence(RequirementFailed, stand, check_cut_cable(stand.run_, conductor="pilot"))
    assert said == "A dead output after the fault did not come within 61 s."
    assert plug.did[-1] == ("cp", False)


def test_an_output_that_comes_back_after_the_cut(stand: Stand) -> None:
    """No end is live, also not later."""
    FakePlug(stand)
    output(stand, lambda t: 0.0 if 0.05 <= t < 3.0 else 240.0)
    says(stand, "faulted", "OtherError")
    said = sentence(RequirementFailed, stand, check_cut_cable(stand.run_, conductor="pilot"))
    assert said.startswith("The highest voltage at the connector in 10 s is 240 +- 0.04 V; at most 30 V")


def test_a_cut_that_nobody_is_told_of(stand: Stand) -> None:
    """A session that goes on as charging over a dead output fails."""
    FakePlug(stand)
    output(stand, lambda t: 240.0 if t < 0.05 else 0.0)
    says(stand, "occupied")
    stand.csms.put(stand.transaction(ended_at=None, states=[(stand.clock.utc(), "charging")]))
    said = sentence(RequirementFailed, stand, check_cut_cable(stand.run_, conductor="pilot"))
    assert said == "The report of the cut pilot conductor (CX026 or a fault) did not come within 60 s."


def test_a_cut_that_is_told_as_a_departure(stand: Stand) -> None:
    """Without its pilot a vehicle looks unplugged: whether the cut was noticed stays in doubt."""
    FakePlug(stand)
    output(stand, lambda t: 240.0 if t < 0.05 else 0.0)
    says(stand, "available")
    stand.csms.put(stand.transaction())
    assert sentence(Inconclusive, stand, check_cut_cable(stand.run_, conductor="pilot")) == (
        "The station told no fault within 60 s, but that the vehicle no longer charges: without its pilot conductor a "
        "vehicle looks unplugged, and whether the cut was noticed cannot be told."
    )


def test_a_link_that_was_down_hides_the_report(stand: Stand) -> None:
    """Nobody could be told: that is doubt."""
    FakePlug(stand)
    output(stand, lambda t: 240.0 if t < 0.05 else 0.0)
    stand.csms.connected = False
    said = sentence(Inconclusive, stand, check_cut_cable(stand.run_, conductor="pilot"))
    assert said.endswith("was not seen, but the channel that would have shown it was down.")


def test_a_cut_of_a_dead_output(stand: Stand) -> None:
    """What is dead already cannot be switched off."""
    plug = FakePlug(stand)
    output(stand, lambda _t: 0.4)
    assert sentence(Inconclusive, stand, check_cut_cable(stand.run_, conductor="earth")) == (
        "The output is dead before the cut (0 V), so that the cut cannot switch it off."
    )
    assert plug.did == []


# --- the button ---------------------------------------------------------------------------------------------


def test_a_button_that_is_heeded(stand: Stand) -> None:
    """The current ends in time, and the button is let go of."""
    plug = FakePlug(stand)
    output(stand, lambda _t: 240.0, lambda _t: 0.0 if plug.did else 16.0)
    stand.do(check_button(stand.run_))
    assert stand.checks() == [("delay from 480 Ohm of proximity to no current", "pass")]
    assert plug.did == [480.0, 150.0]


def test_a_button_that_ends_nothing(stand: Stand) -> None:
    """Current that flows on fails, with what flows, and the button is let go of."""
    plug = FakePlug(stand)
    output(stand, lambda _t: 240.0)
    assert sentence(RequirementFailed, stand, check_button(stand.run_)) == (
        "The end of the current at 480 Ohm of proximity (16.0 A flow) did not come within 3 s."
    )
    assert plug.did == [480.0, 150.0]


def test_a_meter_that_is_read_too_late_decides_nothing(stand: Stand) -> None:
    """A person who needs 20 s for a look does not know when the current ended."""
    plug = FakePlug(stand)
    output(stand, lambda _t: 240.0, lambda _t: 0.0 if plug.did else 16.0)
    read = stand.parts["reference_meter"].read

    async def slow() -> Any:
        await stand.clock.sleep(20.0 if plug.did else 0.0)
        return await read()

    stand.parts["reference_meter"].read = slow
    said = sentence(Inconclusive, stand, check_button(stand.run_))
    assert said.startswith("The delay from 480 Ohm of proximity to no current is 10 +- 11.547 s; at most 3 s")


def test_a_button_without_a_current(stand: Stand) -> None:
    """Where nothing flows, nothing ends."""
    FakePlug(stand)
    output(stand, lambda _t: 240.0, lambda _t: 0.0)
    assert sentence(Inconclusive, stand, check_button(stand.run_)) == (
        "Only 0 A flow before the button is pressed, so that it ends nothing."
    )


# --- heat ---------------------------------------------------------------------------------------------------


def rising(stand: Stand, to_c: float = 130.0) -> Callable[[float], float]:
    """A kelvin a second from now on."""
    begin = stand.clock.monotonic()
    return lambda t: min(to_c, 23.0 + t - begin)


@pytest.mark.parametrize(
    ("left_a", "code", "outcome"),
    [(0.0, "CX019", "pass"), (0.0, "CX018", "pass"), (8.0, "CX018", "pass"), (8.0, "CX019", "fail")],
)
def test_a_hot_connector(stand: Stand, left_a: float, code: str, outcome: str) -> None:
    """A stop under either code and a derating under its own pass; a stop that is none fails."""
    plug = FakePlug(stand)
    FakeWarmth(stand, rising(stand))
    output(stand, lambda _t: 240.0, lambda t: 16.0 if t < 70.0 else left_a)
    says(stand, "occupied")
    reports(stand, error="HighTemperature", code=code, status="Charging")
    if outcome == "pass":
        stand.do(check_hot_connector(stand.run_))
    else:
        said = sentence(RequirementFailed, stand, check_hot_connector(stand.run_))
        assert said == "The code of a hot connector with 8.0 A is 'CX019'; allowed is 'CX018'."
    assert [name for name, _ in stand.checks()] == [
        "hot connector relieved",
        "hot connector reported",
        "code of the hot connector",
    ]
    assert plug.did == [("hot", True), ("hot", False)]


def test_heat_that_changes_nothing(stand: Stand) -> None:
    """Two minutes surely beyond the limit at full current fail, and the heater is switched off."""
    plug = FakePlug(stand)
    FakeWarmth(stand, rising(stand))
    output(stand, lambda _t: 240.0)
    said = sentence(RequirementFailed, stand, check_hot_connector(stand.run_))
    assert said == "Less current than 16.0 A with the connector at 130 degC did not come within 1920 s."
    assert plug.did[-1] == ("hot", False)


def test_heat_that_was_not_enough(stand: Stand) -> None:
    """A connector of 95 degC says nothing about a limit of 90 degC, 10 K beyond which it should have been."""
    FakePlug(stand)
    FakeWarmth(stand, rising(stand, 95.0))
    output(stand, lambda _t: 240.0)
    assert sentence(Inconclusive, stand, check_hot_connector(stand.run_)) == (
        "The 'connector' reached 95 degC, and not 100 degC for certain and long enough; the station states 90 degC: it was "
        "not tried."
    )


def test_heat_without_a_stated_limit(stand: Stand) -> None:
    """Nobody knows whether 130 degC were too much."""
    FakePlug(stand)
    FakeWarmth(stand, rising(stand))
    output(stand, lambda _t: 240.0)
    stand.run_.sheet = replace(stand.run_.sheet, connector_limit_c=None)
    assert sentence(Inconclusive, stand, check_hot_connector(stand.run_)) == (
        "The current did not fall with the 'connector' at 130 degC, and the charger sheet states no connector_limit: nobody "
        "knows whether it should have."
    )


def test_relief_without_a_word(stand: Stand) -> None:
    """Less current and no report fails."""
    FakePlug(stand)
    FakeWarmth(stand, rising(stand))
    output(stand, lambda _t: 240.0, lambda t: 16.0 if t < 70.0 else 8.0)
    says(stand, "occupied")
    said = sentence(RequirementFailed, stand, check_hot_connector(stand.run_))
    assert said == "A report of the hot connector did not come within 60 s."


def test_relief_without_a_code(stand: Stand) -> None:
    """HighTemperature alone does not tell a derating from a stop: doubt, not failure."""
    FakePlug(stand)
    FakeWarmth(stand, rising(stand))
    output(stand, lambda _t: 240.0, lambda t: 16.0 if t < 70.0 else 0.0)
    says(stand, "occupied")
    reports(stand, error="HighTemperature")
    said = sentence(Inconclusive, stand, check_hot_connector(stand.run_))
    assert said.startswith("The code of a hot connector without current was not observed")


def test_no_thermometer_at_the_connector(stand: Stand) -> None:
    """Nothing is heated whose temperature nobody sees."""
    plug = FakePlug(stand)
    FakeWarmth(stand, lambda _t: 23.0, place="air")
    output(stand, lambda _t: 240.0)
    assert sentence(Inconclusive, stand, check_hot_connector(stand.run_)) == (
        "No thermometer sits at the 'connector', so that nobody knows how hot it is; there are air."
    )
    assert plug.did == []
