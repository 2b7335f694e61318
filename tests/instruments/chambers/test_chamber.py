"""The role over a controller that tells everything: what the makes of today cannot show."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import pytest

from wattest.errors import InstrumentError
from wattest.roles import Identity
from wattest_instruments.chambers.chamber import STARTING_S, ClimateChamber, Limits
from wattest_instruments.chambers.controller import Look

if TYPE_CHECKING:
    from tests.instruments.conftest import SimulatedBench


@dataclass
class Obedient:
    """A controller that does what it is told, tells what the test wants, and remembers."""

    name: str = "obedient"
    ramps: bool = True
    place: str = "TCPIP::obedient::SOCKET (@wattest)"
    told: Look = field(default_factory=lambda: Look("23.0", 7, 23.0, False, (7, 8)))
    heard: list[str] = field(default_factory=list)
    fails: str = ""

    async def open(self) -> Identity:
        self.heard.append("open")
        return Identity("ACME", "Box", "1")

    async def set_limits(self, low_c: float, high_c: float) -> None:
        self.heard.append(f"limits {low_c:g} {high_c:g}")

    async def look(self) -> Look:
        return self.told

    async def set_point(self, temperature_c: float, ramp_k_per_min: float) -> None:
        if self.fails:
            raise InstrumentError(self.fails)
        self.heard.append(f"to {temperature_c:g} at {ramp_k_per_min:g}")

    async def run(self) -> None:
        self.heard.append("run")
        self.told = replace(self.told, running=True)

    async def standby(self) -> None:
        self.heard.append("standby")
        self.told = replace(self.told, running=False)

    async def close(self) -> None:
        self.heard.append("close")


def chamber(bench: SimulatedBench, controller: Obedient) -> ClimateChamber:
    return ClimateChamber(bench.around("chamber"), controller, Limits(-45.0, 60.0), 0.5)


def test_what_is_said_in_which_order(simulated_bench: SimulatedBench) -> None:
    """Limits when it opens, set point before it runs, and no second start for a chamber that runs."""
    controller = Obedient()
    driver = chamber(simulated_bench, controller)

    async def live() -> None:
        await driver.open()
        await driver.set_temperature(-40.0, 1.0)
        await driver.set_temperature(-30.0, 2.0)
        await driver.make_safe()
        await driver.close()

    simulated_bench.clock.run(live())
    assert controller.heard == [
        "open",
        "limits -45 60",
        "to -40 at 1",
        "run",
        "to -30 at 2",
        "standby",
        "close",
    ]


@pytest.mark.parametrize(
    ("told", "sentence"),
    [
        (
            {"alarms": ("fan", "fuse 3")},
            "reports fan, fuse 3, so it was not sent to -40 degC: clear the alarm at the chamber.",
        ),
        (
            {"door_open": True},
            "reports an open door, so it was not sent to -40 degC: close the door of the chamber.",
        ),
        (
            {"program": True},
            "runs a program of its own, so it was not sent to -40 degC: stop the program at the chamber.",
        ),
    ],
)
def test_what_forbids_to_start(
    simulated_bench: SimulatedBench, told: dict[str, object], sentence: str
) -> None:
    """An alarm, an open door or a program is found before anything is said."""
    controller = Obedient()
    controller.told = replace(controller.told, **told)  # type: ignore[arg-type]
    driver = chamber(simulated_bench, controller)

    async def live() -> None:
        await driver.open()
        with pytest.raises(InstrumentError) as caught:
            await driver.set_temperature(-40.0, 1.0)
        assert str(caught.value) == f"TCPIP::obedient::SOCKET (@wattest) {sentence}"

    simulated_bench.clock.run(live())
    assert controller.heard == ["open", "limits -45 60"]


def test_open_door_counts_until_the_air_has_arrived(simulated_bench: SimulatedBench) -> None:
    """On the way it ends the run; at the temperature somebody may open the door to work on a cold cable."""
    controller = Obedient()
    driver = chamber(simulated_bench, controller)

    async def live() -> None:
        await driver.open()
        await driver.set_temperature(-40.0, 1.0)
        controller.told = replace(controller.told, door_open=True)
        with pytest.raises(InstrumentError) as caught:
            await driver.read_temperature()
        assert str(caught.value) == (
            "TCPIP::obedient::SOCKET (@wattest) reports an open door, so it is no longer on its way to -40 degC: close the "
            "door of the chamber."
        )
        controller.told = replace(controller.told, door_open=False, air="-39.2")
        assert (await driver.read_temperature()).value == -39.2
        controller.told = replace(controller.told, door_open=True, air="-35.0")
        assert (await driver.read_temperature()).value == -35.0
        assert (await driver.state()).door_open
        controller.told = replace(controller.told, alarms=("fan",))
        with pytest.raises(InstrumentError, match="reports fan"):
            await driver.read_temperature()

    simulated_bench.clock.run(live())


def test_alarm_that_nobody_waits_for_is_told_by_the_state_alone(simulated_bench: SimulatedBench) -> None:
    """A chamber that was sent nowhere may have an alarm: its air is still read."""
    controller = Obedient()
    controller.told = replace(controller.told, alarms=("fan",))
    driver = chamber(simulated_bench, controller)

    async def live() -> None:
        await driver.open()
        assert (await driver.read_temperature()).value == 23.0
        assert (await driver.state()).alarms == ("fan",)

    simulated_bench.clock.run(live())


def test_chamber_that_stands_still_is_found(simulated_bench: SimulatedBench) -> None:
    """Given time to start, then found stopped at its panel, without an alarm: the sentence says what to look at."""
    controller = Obedient()
    driver = chamber(simulated_bench, controller)

    async def live() -> None:
        await driver.open()
        await driver.set_temperature(-40.0, 1.0)
        controller.told = replace(controller.told, running=False)
        assert (await driver.read_temperature()).value == 23.0
        await simulated_bench.clock.sleep(STARTING_S)
        with pytest.raises(InstrumentError) as caught:
            await driver.read_temperature()
        assert str(caught.value) == (
            "TCPIP::obedient::SOCKET (@wattest) was sent to -40 degC and stands still: somebody stopped it, or its "
            "protection did. Look at its display."
        )

    simulated_bench.clock.run(live())


def test_steps_begin_where_the_air_is_but_within_the_limits(simulated_bench: SimulatedBench) -> None:
    """A chamber without a ramp is moved in steps; one that is warmer than its limit begins at the limit."""
    controller = Obedient(ramps=False)
    controller.told = replace(controller.told, air="70.0")
    driver = chamber(simulated_bench, controller)

    async def live() -> None:
        await driver.open()
        await driver.set_temperature(58.6, 1.0)
        await simulated_bench.clock.sleep(600.0)

    simulated_bench.clock.run(live())
    assert controller.heard[2:] == ["to 60 at 1", "run", "to 59.5 at 1", "to 59 at 1", "to 58.6 at 1"]


def test_ramp_that_broke_off_is_told_with_the_next_reading(simulated_bench: SimulatedBench) -> None:
    """A step that the chamber refused ends the ramp, and the run with it."""
    controller = Obedient(ramps=False)
    driver = chamber(simulated_bench, controller)

    async def live() -> None:
        await driver.open()
        await driver.set_temperature(-40.0, 1.0)
        controller.fails = "TCPIP::obedient::SOCKET (@wattest) refused the set point."
        await simulated_bench.clock.sleep(60.0)
        with pytest.raises(InstrumentError) as caught:
            await driver.read_temperature()
        assert str(caught.value) == (
            "The ramp of chamber (obedient) ended on its way: TCPIP::obedient::SOCKET (@wattest) refused the set point."
        )
        await driver.make_safe()
        assert (await driver.read_temperature()).value == 23.0

    simulated_bench.clock.run(live())
    assert controller.heard[-1] == "standby"


def test_running_chamber_is_read_back_as_not_safe(simulated_bench: SimulatedBench) -> None:
    """The sentence says where it goes and where it is; a chamber that nobody opened is asked all the same."""
    controller = Obedient()
    controller.told = Look("-12.5", 7, -40.0, True, (7, 8))
    driver = chamber(simulated_bench, controller)

    async def live() -> None:
        back = await driver.read_back()
        assert (back.safe, back.sentence, back.seq) == (
            False,
            "the chamber runs, set to -40 degC, air at -12.5 degC",
            (7, 8),
        )

    simulated_bench.clock.run(live())
    assert controller.heard == ["open", "close"]


def test_air_without_a_number_is_flagged_or_refused(simulated_bench: SimulatedBench) -> None:
    """NAN is no data; a word is an error."""
    controller = Obedient()
    driver = chamber(simulated_bench, controller)

    async def live() -> None:
        await driver.open()
        controller.told = replace(controller.told, air="NAN", setpoint_c=float("nan"))
        reading = await driver.read_temperature()
        assert (await driver.state()).setpoint_c is None
        with pytest.raises(InstrumentError) as caught:
            await driver.set_temperature(-40.0, 1.0)
        assert str(caught.value) == (
            "TCPIP::obedient::SOCKET (@wattest) tells no air temperature (NAN), so it was not sent to -40 degC: look at its "
            "sensor."
        )
        assert reading.flags == {"no data"}
        assert reading.u is None
        controller.told = replace(controller.told, air="cold")
        with pytest.raises(InstrumentError) as caught:
            await driver.read_temperature()
        assert str(caught.value) == (
            "TCPIP::obedient::SOCKET (@wattest) answered 'cold' where its air temperature was expected."
        )

    simulated_bench.clock.run(live())
