"""A station of OCPP 2.1 that reckons costs itself: what it is given, and what it is not told."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from wattest.csms import local_cost
from wattest.model.scenario import Card
from wattest.model.tariff import Tariff

AT = datetime(2026, 1, 15, 12, tzinfo=UTC)
TOKEN = {"idToken": "AB", "type": "ISO14443"}


def event(kind: str, seq_no: int, at: str, wh: int, **more: Any) -> dict[str, Any]:
    return {
        "eventType": kind,
        "seqNo": seq_no,
        "timestamp": at,
        "triggerReason": "MeterValuePeriodic",
        "transactionInfo": {"transactionId": "T1", "chargingState": "Charging", "tariffId": "t-1"},
        "evse": {"id": 1, "connectorId": 1},
        "meterValue": [{"timestamp": at, "sampledValue": [{"value": wh}]}],
        **more,
    }


def details(**more: Any) -> dict[str, Any]:
    return {
        "totalCost": {"currency": "CAD", "typeOfCost": "NormalCost", "total": {"inclTax": 1.15}},
        "totalUsage": {"energy": 1000, "chargingTime": 600, "idleTime": 0},
        **more,
    }


@pytest.fixture
def till(bench: Any, quebec: Any) -> Any:
    bench.csms.taxes = quebec
    bench.csms.tariff = Tariff("energy", energy=Decimal("0.35"))
    bench.csms.set_card(Card("AB"))
    return bench


def told(till: Any) -> Any:
    found, lacks = local_cost.carried(till.csms.tariff, till.csms.taxes, AT, "t-1")
    assert lacks == ()
    return found


def test_a_station_that_reckons_is_told_no_cost(till: Any) -> None:
    """With a tariff of its own it gets neither CostUpdated nor a total, unless it says that it failed."""

    def answers(action: str, _payload: Any) -> Any:
        result = {"component": {"name": "a"}, "variable": {"name": "b"}, "attributeStatus": "Accepted"}
        if action == "GetVariables":
            return {"getVariableResult": [{**result, "attributeValue": "false"}]}
        return {"setVariableResult": [result]} if action == "SetVariables" else {"status": "Accepted"}

    async def talk() -> None:
        station = await till.station("2.1", answers)
        here = till.csms.station()
        assert (await local_cost.set_default(here, 0, told(till))).accepted
        assert [call[2] for call in station.commands()] == [
            "GetVariables",
            "SetVariables",
            "SetDefaultTariff",
        ]
        raw = next(e["raw"] for e in till.of("frame") if "SetDefaultTariff" in e["raw"])
        assert '"energy":{"prices":[{"priceKwh":0.35}],"taxRates":[{"type":"GST","tax":5},' in raw
        await station.call("TransactionEvent", event("Started", 0, "2026-01-15T12:00:00Z", 1000))
        await station.call("TransactionEvent", event("Updated", 1, "2026-01-15T12:05:00Z", 1500))
        assert station.commands("CostUpdated") == []
        ended = event("Ended", 2, "2026-01-15T12:10:00Z", 2000, costDetails=details())
        assert await station.call("TransactionEvent", ended) == {}
        failed = {**ended, "costDetails": details(failureToCalculate=True)}
        assert await station.call("TransactionEvent", failed) == {"totalCost": 0.40}
        assert till.violations() == []

    till.run(talk())


def test_a_declined_tariff_leaves_the_cost_to_the_central_system(till: Any) -> None:
    """A station that declines goes on being told, as after its tariffs were taken back."""

    async def talk() -> None:
        station = await till.station("2.1", lambda action, _payload: {"status": "TooManyElements"})
        here = till.csms.station()
        answer = await local_cost.set_default(here, 0, told(till))
        assert (answer.accepted, answer.status, here.reckons) == (False, "TooManyElements", False)
        here.reckons = True
        await local_cost.take_back(here)
        assert here.reckons is False
        assert station.commands("ClearTariffs") == [{}]
        assert (await local_cost.change(here, "T1", told(till))).status == "TooManyElements"
        assert station.commands("ChangeTransactionTariff")[0]["transactionId"] == "T1"

    till.run(talk())


@pytest.mark.parametrize(("dialect", "carried"), [("2.1", True), ("2.0.1", False)])
def test_a_drivers_tariff_comes_with_the_authorisation(till: Any, dialect: str, carried: bool) -> None:
    """2.1: AuthorizeResponse carries it, for an accepted card that has one; 2.0.1 has no place for it."""
    till.csms.driver_tariffs["ab"] = told(till)
    till.csms.set_card(Card("CD", "blocked"))
    till.csms.driver_tariffs["cd"] = told(till)

    async def talk() -> None:
        station = await till.station(dialect)
        answer = await station.call("Authorize", {"idToken": TOKEN})
        assert (answer.get("tariff", {}).get("tariffId") == "t-1") is carried
        blocked = await station.call("Authorize", {"idToken": {**TOKEN, "idToken": "CD"}})
        assert "tariff" not in blocked
        assert till.violations() == []

    till.run(talk())


def test_what_is_not_carried_says_why(till: Any) -> None:
    """No TariffType is made of a tariff that 2.1 has no words for."""
    tariff = Tariff("inclusive", energy=Decimal("0.35"), tax_included=True)
    found, lacks = local_cost.carried(tariff, till.csms.taxes, AT, "t-1")
    assert (found, len(lacks)) == (None, 1)
