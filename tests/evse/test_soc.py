"""State of charge: what the car tells the station, and what the station tells of it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from tests.evse.conftest import SHEET

if TYPE_CHECKING:
    from tests.evse.conftest import Bench, Enact

TELLS = replace(SHEET, features=(*SHEET.features, "state_of_charge"))


async def _ask_for_it(bench: Bench) -> None:
    """The central system asks for the register and the state of charge in the values of a transaction."""
    value = "Energy.Active.Import.Register,SoC"
    if bench.central.dialect == "1.6":
        asked = {"key": "MeterValuesSampledData", "value": value}
        assert (await bench.central.call("ChangeConfiguration", asked))["status"] == "Accepted"
        return
    where = {"component": {"name": "SampledDataCtrlr"}, "variable": {"name": "TxUpdatedMeasurands"}}
    answer = await bench.central.call(
        "SetVariables", {"setVariableData": [{**where, "attributeValue": value}]}
    )
    assert answer["setVariableResult"][0]["attributeStatus"] == "Accepted"


def _told(bench: Bench) -> list[dict[str, Any]]:
    """Every state of charge that was told, as it was written."""
    return [
        value
        for message in bench.updated()
        for group in message.get("meterValue", ())
        for value in group["sampledValue"]
        if value["measurand"] == "SoC"
    ]


async def _charge(bench: Bench) -> None:
    await bench.ready()
    await _ask_for_it(bench)
    bench.car.set_battery(soc=0.88)
    await bench.begin()
    await bench.wait(600)


def test_a_station_that_is_told_tells_it(enact: Enact) -> None:
    """Whole percent, cut off as the car cuts it, with unit and context; 7.68 kW into 60 kWh is a percent in 281 s."""
    bench = enact(_charge, sheet=TELLS)
    told = _told(bench)
    assert [int(value["value"]) for value in told] == [88, 88, 88, 88, 89, 89, 89, 89, 89, 90]
    unit = told[0]["unit"] if bench.central.dialect == "1.6" else told[0]["unitOfMeasure"]["unit"]
    assert (unit, "location" in told[0]) == ("Percent", False)


def test_a_station_that_is_told_nothing_tells_nothing(enact: Enact) -> None:
    """Without the feature the measurand may be asked for and never comes; the register comes all the same."""
    bench = enact(_charge)
    assert _told(bench) == []
    assert len(bench.updated()) >= 9


@pytest.mark.parametrize("id_", ["V130", "V131", "V132", "V133"])
def test_the_ways_in_which_it_may_be_told(enact: Enact, id_: str) -> None:
    """Without unit, in every fourth minute, with its place, and not in the first two minutes."""
    told = _told(enact(_charge, sheet=TELLS, active={id_}))
    words = {word for value in told for word in value}
    assert ({"unit", "unitOfMeasure"} & words == set()) == (id_ == "V130")
    assert ("location" in words) == (id_ == "V132")
    assert len(told) == {"V130": 10, "V131": 2, "V132": 10, "V133": 9}[id_]


def test_a_full_car_is_full_to_the_percent() -> None:
    """What is computed as 89.9999999999 % is told as 90 %."""
    from wattest.clock import VirtualClock
    from wattest.world import World

    with VirtualClock() as clock:
        car = World(clock, TELLS).vehicle()
        for percent in range(101):
            car.set_battery(soc=percent / 100)
            assert car.soc_told() == percent
