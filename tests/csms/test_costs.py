"""What the driver is told about money, through the station."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest

from wattest.errors import BenchError
from wattest.model.read import read_taxes
from wattest.model.scenario import Card
from wattest.model.tariff import PriceStep, Tariff

ENERGY = Tariff("t", energy=Decimal("0.35"))


def event(kind: str, seq_no: int, at: str, wh: float, state: str = "Charging") -> dict[str, Any]:
    return {
        "eventType": kind,
        "seqNo": seq_no,
        "timestamp": at,
        "triggerReason": "MeterValuePeriodic",
        "transactionInfo": {"transactionId": "T1", "chargingState": state},
        "evse": {"id": 1, "connectorId": 1},
        "meterValue": [{"timestamp": at, "sampledValue": [{"value": wh}]}],
    }


def values(number: int, at: str, wh: int) -> dict[str, Any]:
    sampled = [{"timestamp": at, "sampledValue": [{"value": str(wh)}]}]
    return {"connectorId": 1, "transactionId": number, "meterValue": sampled}


@pytest.fixture
def till(bench: Any, quebec: Any) -> Any:
    bench.csms.taxes = quebec
    bench.csms.tariff = ENERGY
    bench.csms.set_card(Card("AB"))
    return bench


def test_201(till: Any) -> None:
    """2.0.1: the price with the authorisation, CostUpdated as it runs, totalCost in the answer to the end."""

    async def talk() -> None:
        station = await till.station("2.0.1", lambda _action, _payload: {})
        answer = await station.call("Authorize", {"idToken": {"idToken": "AB", "type": "ISO14443"}})
        assert answer["idTokenInfo"]["personalMessage"] == {"format": "UTF8", "content": "0.35 CAD/kWh + tax"}
        await station.call("TransactionEvent", event("Started", 0, "2026-01-15T12:00:00Z", 1000))
        assert station.commands() == []
        await station.call("TransactionEvent", event("Updated", 1, "2026-01-15T12:10:00Z", 2000))
        assert station.commands("CostUpdated") == [{"totalCost": 0.40, "transactionId": "T1"}]
        assert await station.call("TransactionEvent", event("Ended", 2, "2026-01-15T13:00:00Z", 13486)) == {
            "totalCost": 5.03
        }
        assert next(e["raw"] for e in till.of("frame") if '"totalCost":0.4' in e["raw"]).endswith(
            '{"totalCost":0.40,"transactionId":"T1"}]'
        )
        assert till.violations() == []

    till.run(talk())


def test_16(till: Any) -> None:
    """1.6: DataTransfer SetUserPrice, RunningCost and FinalCost."""

    async def talk() -> None:
        station = await till.station("1.6")
        await station.call("Authorize", {"idTag": "AB"})
        begin = {"connectorId": 1, "idTag": "AB", "meterStart": 1000, "timestamp": "2026-01-15T12:00:00Z"}
        number = (await station.call("StartTransaction", begin))["transactionId"]
        await station.call("MeterValues", values(number, "2026-01-15T12:10:00Z", 2000))
        status = {
            "connectorId": 1,
            "errorCode": "NoError",
            "status": "SuspendedEV",
            "timestamp": "2026-01-15T12:11:00Z",
        }
        await station.call("StatusNotification", status)
        await station.call("MeterValues", values(number, "2026-01-15T12:20:00Z", 2000))
        stop = {"transactionId": number, "meterStop": 13486, "timestamp": "2026-01-15T13:00:00Z"}
        await station.call("StopTransaction", stop)
        told = [(m["messageId"], json.loads(m["data"])) for m in station.commands("DataTransfer")]
        assert {m["vendorId"] for m in station.commands("DataTransfer")} == {"org.openchargealliance.costmsg"}
        assert told[0] == ("SetUserPrice", {"idToken": "AB", "priceText": "0.35 CAD/kWh + tax"})
        running = {"transactionId": number, "cost": 0.40, "currency": "CAD", "meterValue": 2000}
        assert told[1] == (
            "RunningCost",
            {**running, "state": "Charging", "timestamp": "2026-01-15T12:10:00Z"},
        )
        assert told[2] == ("RunningCost", {**running, "state": "Idle", "timestamp": "2026-01-15T12:20:00Z"})
        assert told[3] == (
            "FinalCost",
            {
                "transactionId": number,
                "cost": 5.03,
                "currency": "CAD",
                "priceText": "5.03 CAD",
                "priceTextExtra": "before tax 4.37 CAD, GST 0.22 CAD, QST 0.44 CAD",
            },
        )
        assert len(told) == 4
        assert till.violations() == []

    till.run(talk())


def test_price_is_locked_at_the_start(till: Any) -> None:
    """A change of tariff does not touch a session that runs."""

    async def talk() -> None:
        station = await till.station("2.0.1", lambda _action, _payload: {})
        await station.call("TransactionEvent", event("Started", 0, "2026-01-15T12:00:00Z", 0))
        till.csms.tariff = Tariff("dear", energy=Decimal(9))
        answer = await station.call("TransactionEvent", event("Ended", 1, "2026-01-15T13:00:00Z", 12486))
        assert answer == {"totalCost": 5.03}

    till.run(talk())


def test_no_tariff_no_word(bench: Any) -> None:
    """Without a tariff nothing is said about money."""

    async def talk() -> None:
        station = await bench.station("2.0.1", lambda _action, _payload: {})
        await station.call("TransactionEvent", event("Started", 0, "2026-01-15T12:00:00Z", 0))
        await station.call("TransactionEvent", event("Updated", 1, "2026-01-15T12:10:00Z", 2000))
        assert await station.call("TransactionEvent", event("Ended", 2, "2026-01-15T13:00:00Z", 5000)) == {}
        assert station.commands() == []

    bench.run(talk())


def test_nothing_known_nothing_billed(till: Any) -> None:
    """Without energy there is no bill to tell."""

    async def talk() -> None:
        station = await till.station("2.0.1", lambda _action, _payload: {})
        ended = {**event("Ended", 2, "2026-01-15T13:00:00Z", 5000)}
        del ended["meterValue"]
        assert await station.call("TransactionEvent", ended) == {}
        late = event("Updated", 1, "2026-01-15T12:10:00Z", 2000)
        assert await station.call("TransactionEvent", late) == {}
        assert station.commands() == []

    till.run(talk())


def test_idling_is_billed_after_the_grace(till: Any) -> None:
    """Only time in which the vehicle asked for nothing counts as idle, less the grace."""

    async def talk() -> None:
        till.csms.tariff = Tariff("t", idle=Decimal(6), idle_grace_s=Decimal(600))
        station = await till.station("2.0.1", lambda _action, _payload: {})
        await station.call("TransactionEvent", event("Started", 0, "2026-01-15T12:00:00Z", 0))
        await station.call(
            "TransactionEvent", event("Updated", 1, "2026-01-15T12:10:00Z", 9, "SuspendedEVSE")
        )
        await station.call("TransactionEvent", event("Updated", 2, "2026-01-15T12:40:00Z", 9, "SuspendedEV"))
        answer = await station.call("TransactionEvent", event("Ended", 3, "2026-01-15T13:00:00Z", 9, "Idle"))
        assert answer == {"totalCost": 1.15}

    till.run(talk())


@pytest.mark.parametrize(
    ("dialect", "refusal"), [("2.0.1", "NotSupported"), ("1.6", {"status": "UnknownVendorId"})]
)
def test_station_that_shows_no_costs(till: Any, dialect: str, refusal: Any) -> None:
    """A station that cannot show running costs is told once."""

    async def talk() -> None:
        station = await till.station(dialect, lambda _action, _payload: refusal)
        if dialect == "1.6":
            begin = {"connectorId": 1, "idTag": "AB", "meterStart": 1000, "timestamp": "2026-01-15T12:00:00Z"}
            number = (await station.call("StartTransaction", begin))["transactionId"]
            for minute in range(10, 20):
                await station.call("MeterValues", values(number, f"2026-01-15T12:{minute}:00Z", 2000))
        else:
            await station.call("TransactionEvent", event("Started", 0, "2026-01-15T12:00:00Z", 1000))
            for minute in range(10, 20):
                await station.call(
                    "TransactionEvent", event("Updated", minute, f"2026-01-15T12:{minute}:00Z", 2000)
                )
        assert len(station.commands()) == 1

    till.run(talk())


def test_running_costs_do_not_pile_up(till: Any) -> None:
    """While a running cost has no answer no other is sent."""

    async def talk() -> None:
        station = await till.station("2.0.1", lambda _action, _payload: None)
        await station.call("TransactionEvent", event("Started", 0, "2026-01-15T12:00:00Z", 1000))
        for minute in range(10, 20):
            await station.call(
                "TransactionEvent", event("Updated", minute, f"2026-01-15T12:{minute}:00Z", 2000)
            )
        assert len(station.commands()) == 1
        await till.clock.sleep(40)
        await station.call("TransactionEvent", event("Updated", 30, "2026-01-15T12:30:00Z", 2500))
        assert len(station.commands()) == 2

    till.run(talk())


def test_tariff_without_taxes(bench: Any) -> None:
    """A tariff of a province whose taxes nobody stated is an error at once, not in the middle of a session."""
    with pytest.raises(BenchError, match="No tax of province 'QC' is in force on 2026-01-15"):
        bench.csms.tariff = ENERGY
    assert bench.csms.tariff is None
    bench.csms.tariff = None


def _ended(bench: Any, id_: str, started: str, ended: str) -> Any:
    """The total of a transaction of 1 kWh with these stated times."""
    found = []

    async def talk() -> None:
        station = await bench.station("2.0.1", lambda _action, _payload: {})
        begin, end = event("Started", 0, started, 0), event("Ended", 1, ended, 1000)
        for one in (begin, end):
            one["transactionInfo"]["transactionId"] = id_
        await station.call("TransactionEvent", begin)
        found.append(await station.call("TransactionEvent", end))

    bench.run(talk())
    return found[0]


def test_the_price_is_locked_by_the_stated_start(till: Any) -> None:
    """A session that is told late, after a change of price, has the price of its own beginning."""
    begin = till.clock.utc()
    till.clock.step_wall(3600)
    till.csms.tariff = Tariff("dear", energy=Decimal("2.00"))
    before, after = (
        (begin.replace(minute=minute, hour=begin.hour + hour).isoformat())
        for hour, minute in ((0, 30), (1, 30))
    )
    assert _ended(till, "A", before, after) == {"totalCost": 0.40}
    assert _ended(till, "B", after, after) == {"totalCost": 2.30}
    assert _ended(till, "C", "2025-12-31T00:00:00Z", after) == {"totalCost": 0.40}
    till.csms.till.reset()
    till.csms.tariff = Tariff("dear", energy=Decimal("2.00"))
    assert _ended(till, "D", before, after) == {"totalCost": 2.30}


def test_an_undecided_price_is_not_told(till: Any) -> None:
    """A tariff by steps without readings in between is not billed: no total is better than a guess."""
    steps = (PriceStep(Decimal(0), time=Decimal(12)), PriceStep(Decimal(9000), energy=Decimal("0.41")))
    till.csms.tariff = Tariff("steps", steps=steps)
    assert _ended(till, "A", "2026-01-15T12:00:00Z", "2026-01-15T12:10:00Z") == {}
    assert _ended(till, "B", "2026-01-15T12:00:00Z", "2026-01-15T12:05:00Z") == {"totalCost": 0.47}


def test_a_tariff_that_does_not_state_its_provincial_tax(till: Any) -> None:
    """It is refused when it is put in force, not when the first driver has to pay."""
    till.csms.taxes = read_taxes()
    with pytest.raises(BenchError, match="Whether RST of 7 % applies to charging in MB is not settled"):
        till.csms.tariff = Tariff("t", province="MB")
    till.csms.tariff = Tariff("t", province="MB", provincial_tax="exempt", provincial_tax_source="ruling")
