"""Settings of both dialects: read, written, reported, and what follows from them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from wattest.evse.flash import Flash
from wattest.evse.settings import Settings
from wattest.ocpp.settings import SETTINGS

if TYPE_CHECKING:
    from tests.evse.conftest import Bench, Enact

    from wattest.model.charger import ChargerSheet

CARD = "04A1B2C3"


def test_settings_agree_with_the_neutral_names(sheet: ChargerSheet) -> None:
    """Every setting that the reference CSMS knows exists here under the same key and variable."""
    own = Settings(sheet, Flash())
    for name, setting in SETTINGS.items():
        row = own.rows[name]
        instance = f"[{setting.instance}]" if setting.instance else ""
        assert (row.key, row.component, row.variable) == (
            setting.key,
            setting.component,
            f"{setting.variable}{instance}",
        )


def test_get_configuration(enact_in: Enact) -> None:
    """1.6: all keys without a list; with one, those known without regard to case, and the unknown ones named."""

    async def scene(bench: Bench) -> None:
        await bench.ready()
        everything = await bench.central.call("GetConfiguration", {})
        keys = {row["key"] for row in everything["configurationKey"]}
        assert {"HeartbeatInterval", "NumberOfConnectors", "SupportedFeatureProfiles"} <= keys
        some = await bench.central.call("GetConfiguration", {"key": ["heartbeatinterval", "Nonsense"]})
        assert some["configurationKey"] == [{"key": "HeartbeatInterval", "readonly": False, "value": "300"}]
        assert some["unknownKey"] == ["Nonsense"]

    enact_in(scene, "1.6")


@pytest.mark.parametrize(
    ("key", "value", "status"),
    [
        ("MeterValueSampleInterval", "30", "Accepted"),
        ("MeterValueSampleInterval", "-1", "Rejected"),
        ("MeterValueSampleInterval", "ten", "Rejected"),
        ("MeterValueSampleInterval", "99999999999", "Rejected"),
        ("LocalAuthorizeOffline", "maybe", "Rejected"),
        ("NumberOfConnectors", "7", "Rejected"),
        ("Nonsense", "1", "NotSupported"),
    ],
)
def test_change_configuration(enact_in: Enact, key: str, value: str, status: str) -> None:
    """1.6: good values are taken and read back, bad ones rejected, unknown keys not supported."""

    async def scene(bench: Bench) -> None:
        await bench.ready()
        before = await bench.central.call("GetConfiguration", {"key": [key]})
        assert await bench.central.call("ChangeConfiguration", {"key": key, "value": value}) == {
            "status": status
        }
        after = await bench.central.call("GetConfiguration", {"key": [key]})
        assert (after != before) == (status == "Accepted")

    enact_in(scene, "1.6")


def _variable(component: str, name: str, **more: Any) -> dict[str, Any]:
    return {"component": {"name": component}, "variable": {"name": name}, **more}


def test_variables(enact_in: Enact) -> None:
    """2.0.1: read, write and refuse variables, each with its own word."""

    async def scene(bench: Bench) -> None:
        await bench.ready()
        asked = [
            _variable("OCPPCommCtrlr", "HeartbeatInterval"),
            _variable("Nowhere", "HeartbeatInterval"),
            _variable("OCPPCommCtrlr", "Nothing"),
            _variable("OCPPCommCtrlr", "HeartbeatInterval", attributeType="Target"),
        ]
        read = (await bench.central.call("GetVariables", {"getVariableData": asked}))["getVariableResult"]
        assert [row["attributeStatus"] for row in read] == [
            "Accepted",
            "UnknownComponent",
            "UnknownVariable",
            "NotSupportedAttributeType",
        ]
        writes = [
            _variable("OCPPCommCtrlr", "HeartbeatInterval", attributeValue="100"),
            _variable("OCPPCommCtrlr", "HeartbeatInterval", attributeValue="often"),
            _variable("SecurityCtrlr", "Identity", attributeValue="me"),
            _variable("Nowhere", "Nothing", attributeValue="1", attributeType="Actual"),
        ]
        written = (await bench.central.call("SetVariables", {"setVariableData": writes}))["setVariableResult"]
        assert [row["attributeStatus"] for row in written] == [
            "Accepted",
            "Rejected",
            "Rejected",
            "UnknownComponent",
        ]
        await bench.wait(350)

    bench = enact_in(scene, "2.0.1")
    assert bench.central.actions().count("Heartbeat") == 3


def test_base_report(enact_in: Enact) -> None:
    """2.0.1: a report comes in numbered parts, the last of which says so."""

    async def scene(bench: Bench) -> None:
        await bench.ready()
        for base in ("FullInventory", "ConfigurationInventory"):
            answer = await bench.central.call("GetBaseReport", {"requestId": 5, "reportBase": base})
            assert answer == {"status": "Accepted"}
            await bench.wait(1)
        answer = await bench.central.call("GetBaseReport", {"requestId": 5, "reportBase": "SummaryInventory"})
        assert answer == {"status": "NotSupported"}

    parts = enact_in(scene, "2.0.1").central.said("NotifyReport")
    assert [p["seqNo"] for p in parts[:3]] == [0, 1, 2]
    assert parts[-1]["tbc"] is False
    assert {p["requestId"] for p in parts} == {5}


async def configure(bench: Bench, key: str, component: str, variable: str, value: str) -> None:
    if bench.dialect == "1.6":
        assert await bench.central.call("ChangeConfiguration", {"key": key, "value": value}) == {
            "status": "Accepted"
        }
    else:
        asked = {"setVariableData": [_variable(component, variable, attributeValue=value)]}
        answer = await bench.central.call("SetVariables", asked)
        assert answer["setVariableResult"][0]["attributeStatus"] == "Accepted"


def test_clock_aligned_values(enact: Enact) -> None:
    """With an interval set, values come on the grid of the clock, in a session and without one."""

    async def scene(bench: Bench) -> None:
        await bench.ready()
        await configure(bench, "ClockAlignedDataInterval", "AlignedDataCtrlr", "Interval", "900")
        await bench.wait(1000)
        await bench.begin()
        await bench.wait(900)

    bench = enact(scene)
    values = [
        p["meterValue"][0] for p in bench.central.said("MeterValues", "TransactionEvent") if "meterValue" in p
    ]
    aligned = [v for v in values if v["sampledValue"][0]["context"] == "Sample.Clock"]
    assert [v["timestamp"] for v in aligned] == ["2026-01-15T12:15:00.000Z", "2026-01-15T12:30:00.000Z"]
    assert [len(v["sampledValue"]) for v in aligned] == [1, 1]


def test_stop_repeats_begin_and_end(enact_in: Enact) -> None:
    """1.6: with StopTxnSampledData set, StopTransaction carries the values of its begin and end."""

    async def scene(bench: Bench) -> None:
        await bench.ready()
        await configure(bench, "StopTxnSampledData", "", "", "Energy.Active.Import.Register")
        await bench.begin()
        await bench.wait(100)
        await bench.leave()

    (stop,) = enact_in(scene, "1.6").ended()
    contexts = [v["sampledValue"][0]["context"] for v in stop["transactionData"]]
    assert contexts == ["Transaction.Begin", "Transaction.End"]
