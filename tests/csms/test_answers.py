"""What the central system answers by itself, and on purpose."""

from __future__ import annotations

from typing import Any

import pytest

from wattest.csms import Station
from wattest.csms.replies import REPLIES
from wattest.model.scenario import DIALECTS, Card, Dialect
from wattest.ocpp.neutral import Authorized
from wattest.ocpp.validate import actions, violations

BOOT = {"chargePointVendor": "V", "chargePointModel": "M"}
BOOT_201 = {"reason": "PowerUp", "chargingStation": {"vendorName": "V", "model": "M"}}
HASHES = {"hashAlgorithm": "SHA256", "issuerNameHash": "a", "issuerKeyHash": "b", "serialNumber": "1"}
START = {"connectorId": 1, "idTag": "AB", "meterStart": 0, "timestamp": "2026-01-15T12:00:00Z"}


def test_boot(bench: Any) -> None:
    """A boot is accepted with the time and an interval."""

    async def talk() -> None:
        station = await bench.station()
        assert await station.call("BootNotification", BOOT) == {
            "status": "Accepted",
            "currentTime": "2026-01-15T12:00:00.000Z",
            "interval": 300,
        }
        assert (await bench.csms.wait_booted(1)).registration == "Accepted"

    bench.run(talk())


def test_every_action_of_a_station_is_answered() -> None:
    """What a station may send has a default answer, and each is an action that exists."""
    for dialect in DIALECTS:
        assert set(REPLIES[dialect]) <= actions(dialect)
    assert len(REPLIES["1.6"]) == 14
    assert len(REPLIES["2.0.1"]) == 25
    assert len(REPLIES["2.1"]) == 36


@pytest.mark.parametrize("dialect", DIALECTS)
def test_default_answers_satisfy_their_schema(bench: Any, dialect: Dialect) -> None:
    """Every default answer is valid, whatever little the request holds."""
    bench.csms.set_card(Card("AB", group="G"))
    for number, (action, reply) in enumerate(REPLIES[dialect].items()):
        request = {
            "idTag": "AB",
            "idToken": {"idToken": "AB"},
            "meterStart": number,
            "vatNumber": "CA1",
            "certificateStatusRequests": [{"certificateHashData": HASHES, "source": "OCSP", "urls": ["x"]}],
        }
        answer = reply(bench.csms, Station("CP1"), request, number)
        assert violations(dialect, action, True, answer) == ()


@pytest.mark.parametrize(
    ("status", "old", "new"),
    [
        ("accepted", "Accepted", "Accepted"),
        ("blocked", "Blocked", "Blocked"),
        ("expired", "Expired", "Expired"),
        ("invalid", "Invalid", "Invalid"),
        ("unknown", "Invalid", "Unknown"),
    ],
)
def test_cards(bench: Any, status: Any, old: str, new: str) -> None:
    """A card is answered in the dialect's word; its case does not matter; its group is told."""

    async def talk() -> None:
        bench.csms.set_card(Card("aB", status, group="G"))
        station = await bench.station("1.6")
        answer = await station.call("Authorize", {"idTag": "Ab"})
        assert answer == {"idTagInfo": {"status": old, "parentIdTag": "G"}}
        await station.close()
        station = await bench.station("2.0.1")
        answer = await station.call("Authorize", {"idToken": {"idToken": "AB", "type": "ISO14443"}})
        assert answer == {"idTokenInfo": {"status": new, "groupIdToken": {"idToken": "G", "type": "Central"}}}

    bench.run(talk())


def test_unknown_cards(bench: Any) -> None:
    """A card that nobody has set is unknown, unless every card is welcome."""

    async def talk() -> None:
        station = await bench.station()
        assert await station.call("Authorize", {"idTag": "X"}) == {"idTagInfo": {"status": "Invalid"}}
        bench.csms.accepts_unknown = True
        assert bench.csms.accepts_unknown
        assert await station.call("Authorize", {"idTag": "X"}) == {"idTagInfo": {"status": "Accepted"}}

    bench.run(talk())


def test_transaction_ids(bench: Any) -> None:
    """Ids of 1.6 transactions are unique 31 bit numbers; the same start again gets the same id."""

    async def talk() -> None:
        station = await bench.station()
        first = await station.call("StartTransaction", START)
        again = await station.call("StartTransaction", START)
        other = await station.call("StartTransaction", {**START, "timestamp": "2026-01-15T12:01:00Z"})
        assert first["transactionId"] == again["transactionId"] == 1252801
        assert other["transactionId"] == 1252802

    bench.run(talk())


def test_hold_and_release(bench: Any) -> None:
    """A held answer goes out when it is released; until then the event is told without it."""

    async def talk() -> None:
        bench.csms.set_card(Card("AB"))
        bench.csms.answers.hold("Authorize", 2)
        station = await bench.station()
        assert await station.call("Authorize", {"idTag": "AB"}, "a") is None
        seen = await bench.csms.wait_for(lambda e: isinstance(e, Authorized), within_s=1, since=0)
        assert seen.event == Authorized("AB", None)
        await bench.clock.sleep(20)
        mark = bench.csms.mark()
        assert bench.csms.answers.release("Authorize") == 1
        assert bench.csms.answers.release("Authorize") == 0
        seen = await bench.csms.wait_for(lambda e: isinstance(e, Authorized), within_s=1, since=mark)
        assert seen.event == Authorized("AB", "Accepted")
        await bench.clock.sleep(0.1)
        assert station.answer("a") == {"idTagInfo": {"status": "Accepted"}}
        assert await station.call("Authorize", {"idTag": "AB"}) is not None

    bench.run(talk())


def test_delay(bench: Any) -> None:
    """A delayed answer comes after the delay, the next one at once."""

    async def talk() -> None:
        bench.csms.answers.delay("Heartbeat", 20)
        station = await bench.station()
        assert await station.call("Heartbeat", {}, "a") is None
        await bench.clock.sleep(19.9)
        assert station.answer("a") is None
        await bench.clock.sleep(0.2)
        assert station.answer("a") is not None
        assert await station.call("Heartbeat", {}) is not None

    bench.run(talk())


def test_delayed_answer_of_a_lost_link(bench: Any) -> None:
    """An answer that is due after the link is gone is never sent."""

    async def talk() -> None:
        bench.csms.answers.delay("Heartbeat", 5)
        station = await bench.station()
        await station.call("Heartbeat", {}, "a")
        await station.close()
        await bench.clock.sleep(10)
        assert [e["direction"] for e in bench.of("frame")] == ["in"]

    bench.run(talk())


def test_drop(bench: Any) -> None:
    """A dropped answer never comes; a retry with the same id is fine."""

    async def talk() -> None:
        bench.csms.answers.drop("Heartbeat")
        station = await bench.station()
        assert await station.call("Heartbeat", {}, "a") is None
        await bench.clock.sleep(30)
        assert await station.call("Heartbeat", {}, "a") is not None
        assert bench.violations() == []

    bench.run(talk())


@pytest.mark.parametrize(("dialect", "code"), [("1.6", "FormationViolation"), ("2.0.1", "FormatViolation")])
def test_reject(bench: Any, dialect: Dialect, code: str) -> None:
    """A rejected call gets a CALLERROR, spelt as the dialect does."""

    async def talk() -> None:
        bench.csms.answers.reject("Heartbeat", "FormationViolation", count=2)
        station = await bench.station(dialect)
        assert await station.call("Heartbeat", {}) == code
        assert await station.call("Heartbeat", {}) == code
        assert await station.call("Heartbeat", {}) == {"currentTime": "2026-01-15T12:00:00.002Z"}

    bench.run(talk())


def test_replace_and_corrupt(bench: Any) -> None:
    """Any payload and any text can stand in for an answer; the record says what is wrong with it."""

    async def talk() -> None:
        bench.csms.answers.replace("Heartbeat", {"currentTime": 5})
        bench.csms.answers.corrupt("Heartbeat", '[3,"{id}",{"currentTime":')
        station = await bench.station()
        assert await station.call("Heartbeat", {}) == {"currentTime": 5}
        assert await station.call("Heartbeat", {}, "b") is None
        assert station.heard[-1] == '[3,"b",{"currentTime":'
        assert await station.call("Heartbeat", {}) is not None
        assert bench.rules() == ["schema.type", "decode.json"]
        assert bench.of("frame")[3]["answers"] == bench.of("frame")[2]["seq"]

    bench.run(talk())


def test_clear(bench: Any) -> None:
    """After ``clear`` the default answers are back."""

    async def talk() -> None:
        bench.csms.answers.boot("Rejected", 60)
        bench.csms.answers.drop("Heartbeat")
        bench.csms.answers.clear()
        station = await bench.station()
        assert await station.call("Heartbeat", {}) is not None
        assert (await station.call("BootNotification", BOOT))["status"] == "Accepted"

    bench.run(talk())


def test_pending(bench: Any) -> None:
    """A 2.0.1 station that is Pending may only boot, report, and send what it was asked for."""

    async def talk() -> None:
        bench.csms.answers.boot("Pending", 60)
        station = await bench.station("2.0.1")
        answer = await station.call("BootNotification", BOOT_201)
        assert (answer["status"], answer["interval"]) == ("Pending", 60)
        assert await station.call("Heartbeat", {}) == "SecurityError"
        report = {"requestId": 1, "generatedAt": "2026-01-15T12:00:00Z", "seqNo": 0}
        assert await station.call("NotifyReport", report) == {}
        await bench.csms.station().trigger("Heartbeat")
        assert await station.call("Heartbeat", {}) is not None
        bench.csms.answers.boot("Accepted")
        await station.call("BootNotification", BOOT_201)
        assert await station.call("Heartbeat", {}) is not None

    bench.run(talk())


def test_rejected_in_16(bench: Any) -> None:
    """A 1.6 station is refused when Rejected, and served when Pending."""

    async def talk() -> None:
        bench.csms.answers.boot("Rejected", 60)
        station = await bench.station("1.6")
        await station.call("BootNotification", BOOT)
        assert await station.call("Heartbeat", {}) == "SecurityError"
        bench.csms.answers.boot("Pending", 60)
        await station.call("BootNotification", BOOT)
        assert await station.call("Heartbeat", {}) is not None

    bench.run(talk())


def test_call_that_only_a_central_system_sends(bench: Any) -> None:
    """A station that sends a central system's message is told that it is not supported."""

    async def talk() -> None:
        station = await bench.station("1.6")
        assert await station.call("ClearCache", {}) == "NotSupported"

    bench.run(talk())
