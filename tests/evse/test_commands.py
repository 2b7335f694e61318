"""Availability, reset, triggers, data transfer, and CALLs that make no sense."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.evse.conftest import Bench, Enact


CARD = "04A1B2C3"


async def available(bench: Bench, *, operative: bool, evse: int | None = 1) -> str:
    word = "Operative" if operative else "Inoperative"
    if bench.dialect == "1.6":
        payload: dict[str, Any] = {"connectorId": evse or 0, "type": word}
    else:
        payload = {"operationalStatus": word} | ({"evse": {"id": evse}} if evse else {})
    return str((await bench.central.call("ChangeAvailability", payload))["status"])


def test_availability_survives_power_cut(enact: Enact) -> None:
    """Out of service stays out of service over a power cut; back in service works."""

    async def scene(bench: Bench) -> None:
        await bench.ready()
        assert await available(bench, operative=False) == "Accepted"
        await bench.wait(1)
        assert bench.statuses()[-1] == "Unavailable"
        bench.world.reader.tap(CARD)
        await bench.wait(2)
        assert bench.outlet.holster_lock.position() == "locked"
        bench.world.grid.set_power(False)
        await bench.wait(30)
        bench.world.grid.set_power(True)
        await bench.wait(30)
        assert bench.statuses()[-1] == "Unavailable"
        assert await available(bench, operative=True, evse=None) == "Accepted"
        await bench.wait(1)
        assert bench.statuses()[-1] == "Available"
        assert await available(bench, operative=True, evse=9) == "Rejected"

    enact(scene)


def test_availability_waits_for_the_session(enact: Enact) -> None:
    """Out of service in a session is scheduled, and comes true after it."""

    async def scene(bench: Bench) -> None:
        await bench.ready()
        await bench.begin()
        assert await available(bench, operative=False) == "Scheduled"
        assert bench.outlet.contactor.closed
        await bench.leave()
        assert bench.statuses()[-1] == "Unavailable"

    enact(scene)


def test_reset_ends_sessions_properly(enact: Enact) -> None:
    """A reset closes the session with its reason, says so before it goes, and boots with its reason."""
    kinds = {"1.6": {"Soft": "SoftReset", "Hard": "HardReset"}, "2.0.1": {"Immediate": "ImmediateReset"}}
    for_dialect = enact

    def run(kind: str, reason: str, dialect: str) -> None:
        async def scene(bench: Bench) -> None:
            await bench.ready()
            await bench.begin()
            await bench.wait(60)
            assert await bench.central.call("Reset", {"type": kind}) == {"status": "Accepted"}
            await bench.wait(1)
            assert not bench.outlet.contactor.closed
            assert bench.reasons() == [reason]
            await bench.wait(60)
            assert bench.central.links == 2

        bench = for_dialect(scene)
        boots = bench.central.said("BootNotification")
        assert len(boots) == 2
        if dialect == "2.0.1":
            assert [p["reason"] for p in boots] == ["PowerUp", "RemoteReset"]

    async def which(bench: Bench) -> None:
        await bench.ready()

    dialect = enact(which).dialect
    for kind, reason in kinds[dialect].items():
        run(kind, reason, dialect)


def test_reset_on_idle_waits(enact_in: Enact) -> None:
    """2.0.1: OnIdle is scheduled in a session and happens after it; a single EVSE cannot be reset."""

    async def scene(bench: Bench) -> None:
        await bench.ready()
        await bench.begin()
        assert await bench.central.call("Reset", {"type": "OnIdle", "evseId": 1}) == {"status": "Rejected"}
        assert await bench.central.call("Reset", {"type": "OnIdle"}) == {"status": "Scheduled"}
        await bench.wait(300)
        assert bench.outlet.contactor.closed
        bench.world.reader.tap(CARD)
        await bench.wait(60)
        assert bench.reasons() == ["Local"]
        assert len(bench.central.said("BootNotification")) == 2
        assert await bench.central.call("Reset", {"type": "OnIdle"}) == {"status": "Accepted"}

    enact_in(scene, "2.0.1")


@pytest.mark.parametrize(
    "message", ["Heartbeat", "StatusNotification", "MeterValues", "FirmwareStatusNotification"]
)
def test_trigger(enact: Enact, message: str) -> None:
    """A triggered message is accepted and then sent."""

    async def scene(bench: Bench) -> None:
        await bench.ready()
        count = bench.central.actions().count(message)
        answer = await bench.central.call("TriggerMessage", {"requestedMessage": message})
        assert answer == {"status": "Accepted"}
        await bench.wait(1)
        assert bench.central.actions().count(message) == count + 1

    enact(scene)


def test_trigger_in_a_session(enact: Enact) -> None:
    """Triggered meter values of a running session carry its transaction and the context Trigger."""

    async def scene(bench: Bench) -> None:
        await bench.ready()
        await bench.begin()
        await bench.central.call("TriggerMessage", {"requestedMessage": "MeterValues"})
        await bench.wait(1)
        last = bench.updated()[-1]
        assert {s["context"] for s in last["meterValue"][0]["sampledValue"]} == {"Trigger"}
        assert bench.dialect == "2.0.1" or last["transactionId"] == 1001
        if bench.dialect == "2.0.1":
            count = len(bench.updated())
            await bench.central.call(
                "TriggerMessage", {"requestedMessage": "TransactionEvent", "evse": {"id": 1}}
            )
            await bench.wait(1)
            assert len(bench.updated()) == count + 1

    enact(scene)


def test_trigger_of_what_is_not_there(enact: Enact) -> None:
    """Unknown connectors and a boot after acceptance are rejected."""

    async def scene(bench: Bench) -> None:
        await bench.ready()
        where = {"connectorId": 9} if bench.dialect == "1.6" else {"evse": {"id": 9}}
        answer = await bench.central.call("TriggerMessage", {"requestedMessage": "MeterValues", **where})
        assert answer == {"status": "Rejected"}
        answer = await bench.central.call("TriggerMessage", {"requestedMessage": "BootNotification"})
        assert answer == {"status": "Rejected"}
        if bench.dialect == "2.0.1":
            answer = await bench.central.call(
                "TriggerMessage", {"requestedMessage": "SignCombinedCertificate"}
            )
            assert answer == {"status": "NotImplemented"}

    enact(scene)


def test_data_transfer_of_strangers(enact: Enact) -> None:
    """Vendors that the charger does not know are told so."""

    async def scene(bench: Bench) -> None:
        await bench.ready()
        answer = await bench.central.call("DataTransfer", {"vendorId": "com.example", "messageId": "x"})
        assert answer == {"status": "UnknownVendorId"}
        if bench.dialect == "1.6":
            vendor = "org.openchargealliance.costmsg"
            answer = await bench.central.call("DataTransfer", {"vendorId": vendor, "messageId": "x"})
            assert answer == {"status": "UnknownMessageId"}
            for data in ("{", "[]", '{"cost": 1}'):
                payload = {"vendorId": vendor, "messageId": "FinalCost", "data": data}
                assert await bench.central.call("DataTransfer", payload) == {"status": "Rejected"}

    enact(scene)


def test_transaction_status(enact_in: Enact) -> None:
    """2.0.1: whether a transaction goes on and whether messages wait."""

    async def scene(bench: Bench) -> None:
        await bench.ready()
        await bench.begin()
        name = bench.started()[0]["transactionInfo"]["transactionId"]
        assert await bench.central.call("GetTransactionStatus", {"transactionId": name}) == {
            "ongoingIndicator": True,
            "messagesInQueue": False,
        }
        assert await bench.central.call("GetTransactionStatus", {}) == {"messagesInQueue": False}
        assert (await bench.central.call("GetTransactionStatus", {"transactionId": "x"}))[
            "ongoingIndicator"
        ] is False

    enact_in(scene, "2.0.1")


@pytest.mark.parametrize(
    ("action", "payload", "codes"),
    [
        ("MakeCoffee", {}, {"NotImplemented"}),
        ("UnlockConnector", {}, {"OccurenceConstraintViolation", "OccurrenceConstraintViolation"}),
        ("Reset", {"type": 5}, {"TypeConstraintViolation"}),
        ("Reset", {"type": "Gentle"}, {"PropertyConstraintViolation"}),
        ("UpdateFirmware", None, {"NotSupported"}),
    ],
)
def test_senseless_calls(enact: Enact, action: str, payload: Any, codes: set[str]) -> None:
    """A CALL that makes no sense is answered once with the right CALLERROR, and changes nothing."""

    async def scene(bench: Bench) -> None:
        await bench.ready()
        sent = payload
        if sent is None:
            at = {"location": "http://127.0.0.1/f", "retrieveDate": "2026-01-15T12:00:00Z"}
            if bench.dialect == "1.6":
                sent = at
            else:
                sent = {
                    "requestId": 1,
                    "firmware": {"location": at["location"], "retrieveDateTime": at["retrieveDate"]},
                }
        assert await bench.central.call(action, sent) in codes
        assert await bench.central.call("ClearCache", {}) == {"status": "Accepted"}

    bench = enact(scene)
    assert len(bench.central.errors) == 1
    assert bench.central.links == 1


def test_extra_fields_are_tolerated(enact: Enact) -> None:
    """A field that the schema does not know is overlooked, and the rest is done."""

    async def scene(bench: Bench) -> None:
        await bench.ready()
        assert await bench.central.call("ClearCache", {"really": True}) == {"status": "Accepted"}

    enact(scene)


@pytest.mark.parametrize(
    "text", ["{", "[]", "[2]", '[2,"x","Reset"]', '[9,"x","Reset",{}]', '[3,"who?",{}]', '"\\ud800"']
)
def test_broken_frames(enact: Enact, text: str) -> None:
    """A frame that is no message never harms the link."""

    async def scene(bench: Bench) -> None:
        await bench.ready()
        await bench.begin()
        assert bench.central.wire is not None
        await bench.central.wire.send(text)
        await bench.wait(1)
        assert bench.outlet.contactor.closed
        assert await bench.central.call("ClearCache", {}) == {"status": "Accepted"}

    assert enact(scene).central.links == 1


def test_calls_cross(enact: Enact) -> None:
    """CALLs of both sides may cross: each gets its own answer."""

    async def scene(bench: Bench) -> None:
        await bench.ready()
        held: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        bench.central.answers["Heartbeat"] = lambda _p: held
        await bench.central.call("TriggerMessage", {"requestedMessage": "Heartbeat"})
        await bench.wait(1)
        assert await bench.central.call("ClearCache", {}) == {"status": "Accepted"}
        held.set_result({"currentTime": "2026-01-15T12:00:11Z"})
        await bench.wait(1)
        frames = [json.loads(text) for text in bench.central.frames]
        ids = [frame[1] for frame in frames if frame[0] == 2]
        assert len(ids) == len(set(ids))

    enact(scene)


def test_dead_card_reader_is_reported(enact: Enact) -> None:
    """A reader that fails its self-test is reported with the next heartbeat: ReaderFailure, or a TokenReader event."""

    async def scene(bench: Bench) -> None:
        await bench.ready()
        bench.world.reader.self_test = lambda: False  # type: ignore[method-assign]
        await bench.wait(310)

    bench = enact(scene)
    if bench.dialect == "1.6":
        last = [p for p in bench.central.said("StatusNotification") if p["connectorId"] == 0][-1]
        assert last["errorCode"] == "ReaderFailure"
    else:
        (event,) = (p["eventData"][0] for p in bench.central.said("NotifyEvent"))
        assert event["component"] == {"name": "TokenReader"}


def test_switched_off_lists(enact: Enact) -> None:
    """With cache and local list switched off, ClearCache is rejected and the list is not there."""

    async def scene(bench: Bench) -> None:
        await bench.ready()
        bench.charger.flash.settings |= {"auth_cache": "false", "local_list": "false"}
        assert await bench.central.call("ClearCache", {}) == {"status": "Rejected"}
        version = await bench.central.call("GetLocalListVersion", {})
        old = bench.dialect == "1.6"
        assert version == ({"listVersion": -1} if old else {"versionNumber": 0})
        field = "listVersion" if old else "versionNumber"
        answer = await bench.central.call("SendLocalList", {field: 1, "updateType": "Full"})
        assert answer["status"] == ("NotSupported" if old else "Failed")

    enact(scene)
