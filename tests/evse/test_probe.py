"""The firmware and its connector: heat, a cut pilot under a locked plug, and many pauses."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from tests.evse.conftest import SHEET
from tests.evse.test_pilot import problems

if TYPE_CHECKING:
    from tests.evse.conftest import Bench, Enact

CARD = "04A1B2C3"


async def hot(bench: Bench, seconds: float) -> None:
    """A minute of charging, and then heat at the connector."""
    await bench.ready()
    await bench.begin()
    await bench.wait(60)
    bench.car.set_fault("hot", True)
    await bench.wait(seconds)


def test_a_hot_connector_stops_the_session(enact: Enact) -> None:
    """Beyond 90 degC the power goes and CX019 is told; 15 K below that all is well again."""

    async def scene(bench: Bench) -> None:
        await hot(bench, 110)
        assert bench.outlet.true_current_a() == 32.0
        await bench.wait(15)
        assert bench.outlet.true_current_a() == 0.0
        assert bench.statuses()[-1] == "Faulted"
        bench.car.set_fault("hot", False)
        await bench.wait(5)
        assert bench.statuses()[-1] == "Faulted"
        await bench.wait(120)
        assert bench.statuses()[-1] != "Faulted"
        await bench.leave()
        await bench.begin()
        assert bench.outlet.true_current_a() == 32.0

    bench = enact(scene)
    assert bench.reasons() == ["Other"]
    if bench.dialect == "1.6":
        told = next(p for p in bench.central.said("StatusNotification") if p["status"] == "Faulted")
        assert (told["errorCode"], told["vendorErrorCode"]) == ("HighTemperature", "CX019")
    else:
        assert problems(bench) == [("Connector", "CX019", False), ("Connector", "", True)]


def test_a_hot_connector_may_be_relieved(enact: Enact) -> None:
    """V121: half the current under CX018, the session and its status go on, and all of it when the connector is cool."""

    async def scene(bench: Bench) -> None:
        await hot(bench, 125)
        assert bench.outlet.true_current_a() == 16.0
        assert bench.statuses()[-1] in {"Charging", "Occupied"}
        bench.car.set_fault("hot", False)
        await bench.wait(180)
        assert bench.outlet.true_current_a() == 32.0

    bench = enact(scene, active={"V121"})
    assert bench.reasons() == []
    if bench.dialect == "1.6":
        codes = [p.get("vendorErrorCode") for p in bench.central.said("StatusNotification")]
        assert codes[-2:] == ["CX018", None]
    else:
        assert problems(bench) == [("Connector", "CX018", False), ("Connector", "", True)]


def test_the_limit_is_that_of_the_sheet(enact: Enact) -> None:
    """A connector that may have 60 degC only is stopped sooner."""

    async def scene(bench: Bench) -> None:
        await hot(bench, 60)
        assert bench.outlet.true_current_a() == 0.0

    enact(scene, sheet=replace(SHEET, connector_limit_c=60.0))


@pytest.mark.parametrize(("id_", "code"), [("", "CX026"), ("V123", "CX014")])
def test_a_cut_pilot_under_a_locked_plug(enact: Enact, id_: str, code: str) -> None:
    """The power goes, the cut is told as a fault, and stays one until the conductor is whole again."""

    async def scene(bench: Bench) -> None:
        await bench.ready()
        await bench.begin()
        await bench.wait(60)
        bench.car.set_fault("cp", True)
        await bench.wait(0.1)
        assert not bench.outlet.contactor.closed
        await bench.wait(60)
        assert bench.statuses()[-1] == "Faulted"
        bench.car.set_fault("cp", False)
        await bench.wait(5)
        assert bench.statuses()[-1] != "Faulted"
        await bench.leave()
        assert bench.statuses()[-1] == "Available"

    bench = enact(scene, active={id_} if id_ else set())
    assert bench.reasons() == ["Other"]
    if bench.dialect == "1.6":
        told = next(p for p in bench.central.said("StatusNotification") if p["status"] == "Faulted")
        assert told["vendorErrorCode"] == code
    else:
        assert problems(bench)[0] == ("CPPWMController", code, False)


def test_without_a_lock_a_cut_pilot_is_a_vehicle_that_left(enact: Enact) -> None:
    """Nothing tells the two apart: the session ends as by unplugging."""
    features = tuple(one for one in SHEET.features if one != "connector_lock")

    async def scene(bench: Bench) -> None:
        await bench.ready()
        await bench.begin()
        await bench.wait(60)
        bench.car.set_fault("cp", True)
        await bench.wait(10)
        assert not bench.outlet.contactor.closed
        assert "Faulted" not in bench.statuses()

    bench = enact(scene, sheet=replace(SHEET, features=features))
    assert bench.reasons() == ["EVDisconnected"]


@pytest.mark.parametrize(("id_", "ends"), [("", 0), ("PAUSE-D40", 1), ("V120", 0)])
def test_many_pauses(enact: Enact, id_: str, ends: int) -> None:
    """A sound session outlives them all; a short pause need not be told of."""

    async def scene(bench: Bench) -> None:
        await bench.ready()
        await bench.begin()
        for _ in range(12):
            bench.car.set_ready(False)
            await bench.wait(5)
            assert not bench.outlet.contactor.closed
            bench.car.set_ready(True)
            await bench.wait(5)

    bench = enact(scene, active={id_} if id_ else set())
    assert len(bench.ended()) == ends
    if bench.dialect == "1.6":
        told = {"": 12, "PAUSE-D40": 9, "V120": 2}[id_]
        assert bench.statuses().count("SuspendedEV") == told
