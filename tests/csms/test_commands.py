"""Commands in neutral words, on the wire of either dialect."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from wattest.errors import BenchError, CallTimedOut, StationGone
from wattest.model.scenario import Card, Dialect

WHEREABOUTS = {"component": {"name": "OCPPCommCtrlr"}, "variable": {"name": "HeartbeatInterval"}}


@pytest.mark.parametrize(
    ("dialect", "command", "action", "payload"),
    [
        ("1.6", ("remote_start", "AB"), "RemoteStartTransaction", {"idTag": "AB", "connectorId": 1}),
        ("1.6", ("remote_start", "AB", None), "RemoteStartTransaction", {"idTag": "AB"}),
        (
            "2.0.1",
            ("remote_start", Card("AB")),
            "RequestStartTransaction",
            {"idToken": {"idToken": "AB", "type": "ISO14443"}, "remoteStartId": 1, "evseId": 1},
        ),
        (
            "2.0.1",
            ("remote_start", Card("AB"), None),
            "RequestStartTransaction",
            {"idToken": {"idToken": "AB", "type": "ISO14443"}, "remoteStartId": 1},
        ),
        ("1.6", ("remote_stop", "7"), "RemoteStopTransaction", {"transactionId": 7}),
        ("2.0.1", ("remote_stop", "T1"), "RequestStopTransaction", {"transactionId": "T1"}),
        ("1.6", ("unlock",), "UnlockConnector", {"connectorId": 1}),
        ("2.0.1", ("unlock", 2), "UnlockConnector", {"evseId": 2, "connectorId": 1}),
        ("1.6", ("reset", "soft"), "Reset", {"type": "Soft"}),
        ("2.0.1", ("reset", "soft"), "Reset", {"type": "OnIdle"}),
        ("2.0.1", ("reset", "hard"), "Reset", {"type": "Immediate"}),
        (
            "1.6",
            ("change_availability", False, 0),
            "ChangeAvailability",
            {"connectorId": 0, "type": "Inoperative"},
        ),
        ("2.0.1", ("change_availability", True, 0), "ChangeAvailability", {"operationalStatus": "Operative"}),
        (
            "2.0.1",
            ("change_availability", True),
            "ChangeAvailability",
            {"operationalStatus": "Operative", "evse": {"id": 1}},
        ),
        (
            "1.6",
            ("configure", "auth_cache", "true"),
            "ChangeConfiguration",
            {"key": "AuthorizationCacheEnabled", "value": "true"},
        ),
        (
            "2.0.1",
            ("configure", "message_attempts", "3"),
            "SetVariables",
            {
                "setVariableData": [
                    {
                        "component": {"name": "OCPPCommCtrlr"},
                        "variable": {"name": "MessageAttempts", "instance": "TransactionEvent"},
                        "attributeValue": "3",
                    }
                ]
            },
        ),
        ("1.6", ("clear_cache",), "ClearCache", {}),
        (
            "1.6",
            ("trigger", "MeterValues", 1),
            "TriggerMessage",
            {"requestedMessage": "MeterValues", "connectorId": 1},
        ),
        (
            "2.0.1",
            ("trigger", "MeterValues", 1),
            "TriggerMessage",
            {"requestedMessage": "MeterValues", "evse": {"id": 1}},
        ),
        (
            "1.6",
            ("send_local_list", [Card("AB", "blocked", "G")]),
            "SendLocalList",
            {
                "listVersion": 1,
                "updateType": "Full",
                "localAuthorizationList": [
                    {"idTag": "AB", "idTagInfo": {"status": "Blocked", "parentIdTag": "G"}}
                ],
            },
        ),
        (
            "1.6",
            ("send_local_list", [], False),
            "SendLocalList",
            {"listVersion": 1, "updateType": "Differential"},
        ),
        (
            "2.0.1",
            ("send_local_list", [Card("AB")]),
            "SendLocalList",
            {
                "versionNumber": 1,
                "updateType": "Full",
                "localAuthorizationList": [
                    {"idToken": {"idToken": "AB", "type": "ISO14443"}, "idTokenInfo": {"status": "Accepted"}}
                ],
            },
        ),
    ],
)
def test_on_the_wire(bench: Any, dialect: Dialect, command: Any, action: str, payload: Any) -> None:
    """A command is the dialect's own message, valid by its schema."""

    async def talk() -> None:
        station = await bench.station(dialect)
        name, *arguments = command
        answer = await getattr(bench.csms.station(), name)(*arguments)
        assert station.commands() == [[2, station.heard[0][1], action, payload]]
        assert bench.entries[answer.seq]["violations"] == []
        assert bench.entries[answer.seq]["message"]["action"] == action

    bench.run(talk())


@pytest.mark.parametrize("dialect", ["1.6", "2.0.1"])
def test_limit(bench: Any, dialect: Dialect) -> None:
    """A limit is a valid charging profile in ampere, also with one decimal."""

    async def talk() -> None:
        station = await bench.station(dialect)
        answer = await bench.csms.station().set_limit(10.2)
        assert answer.accepted
        assert '"limit":10.2' in str(bench.entries[answer.seq]["raw"])
        assert bench.violations() == []
        assert len(station.commands("SetChargingProfile")) == 1

    bench.run(talk())


def test_list_versions_count_up(bench: Any) -> None:
    """Every local list gets the next version, also after a reconnect."""

    async def talk() -> None:
        station = await bench.station()
        await bench.csms.station().send_local_list([])
        await station.close()
        station = await bench.station()
        await bench.csms.station().send_local_list([])
        assert station.commands("SendLocalList")[0]["listVersion"] == 2

    bench.run(talk())


def test_read_a_setting(bench: Any) -> None:
    """A setting is read by either dialect's words; None when the station has none."""
    values: dict[str, Any] = {
        "GetConfiguration": {
            "configurationKey": [{"key": "heartbeatinterval", "readonly": False, "value": "300"}]
        },
        "GetVariables": {
            "getVariableResult": [{"attributeStatus": "Accepted", "attributeValue": "300", **WHEREABOUTS}]
        },
    }

    async def talk() -> None:
        old = await bench.station("1.6", lambda action, _payload: values[action])
        assert await bench.csms.station().read_setting("heartbeat_interval") == "300"
        assert old.commands("GetConfiguration") == [{"key": ["HeartbeatInterval"]}]
        await old.close()
        await bench.station("2.0.1", lambda action, _payload: values[action])
        assert await bench.csms.station().read_setting("heartbeat_interval") == "300"
        values["GetVariables"] = {
            "getVariableResult": [{"attributeStatus": "UnknownVariable", **WHEREABOUTS}]
        }
        assert await bench.csms.station().read_setting("heartbeat_interval") is None
        values["GetVariables"] = "InternalError"
        assert await bench.csms.station().read_setting("heartbeat_interval") is None

    bench.run(talk())


def test_outcome_of_a_variable(bench: Any) -> None:
    """The status of SetVariables is that of its only variable."""
    result = {"attributeStatus": "RebootRequired", **WHEREABOUTS}

    async def talk() -> None:
        await bench.station("2.0.1", lambda _action, _payload: {"setVariableResult": [result]})
        answer = await bench.csms.station().configure("heartbeat_interval", "60")
        assert (answer.accepted, answer.status) == (True, "RebootRequired")
        result["attributeStatus"] = "Rejected"
        answer = await bench.csms.station().configure("heartbeat_interval", "60")
        assert (answer.accepted, answer.status) == (False, "Rejected")
        with pytest.raises(
            BenchError, match=r"There is no setting 'heartbeat'; did you mean 'heartbeat_interval'\?"
        ):
            await bench.csms.station().configure("heartbeat", "60")

    bench.run(talk())


def test_callerror_is_an_answer(bench: Any) -> None:
    """A CALLERROR comes back as its code."""

    async def talk() -> None:
        await bench.station("1.6", lambda _action, _payload: "NotSupported")
        answer = await bench.csms.station().clear_cache()
        assert (answer.accepted, answer.status) == (False, "NotSupported")

    bench.run(talk())


def test_no_answer(bench: Any) -> None:
    """A station that does not answer costs the time-out, and stands in the record as a violation."""

    async def talk() -> None:
        await bench.station("1.6", lambda _action, _payload: None)
        with pytest.raises(CallTimedOut) as error:
            await bench.csms.station().clear_cache()
        assert bench.clock.monotonic() == pytest.approx(30, abs=0.01)
        call, silence = bench.of("frame")
        unique = call["message"]["id"]
        assert str(error.value) == f"Station 'CP1' did not answer ClearCache '{unique}' within 30 s."
        assert (silence["raw"], silence["message"], silence["answers"]) == ("", None, call["seq"])
        assert bench.violations() == [f"ClearCache '{unique}' got no answer within 30 s."]

    bench.run(talk())


def test_one_command_at_a_time(bench: Any) -> None:
    """The second command goes out when the first is answered or timed out."""

    async def talk() -> None:
        station = await bench.station("1.6", lambda _action, _payload: None)
        first = asyncio.create_task(bench.csms.station().call("ClearCache", {}, timeout_s=5))
        second = asyncio.create_task(bench.csms.station().call("Reset", {"type": "Soft"}, timeout_s=5))
        await bench.clock.sleep(4.9)
        assert len(station.commands()) == 1
        await bench.clock.sleep(0.2)
        assert len(station.commands()) == 2
        with pytest.raises(CallTimedOut):
            await first
        with pytest.raises(CallTimedOut):
            await second

    bench.run(talk())


def test_link_lost_during_a_command(bench: Any) -> None:
    """A command whose link goes ends at once."""

    async def talk() -> None:
        station = await bench.station("1.6", lambda _action, _payload: None)
        known = bench.csms.station()
        waiting = asyncio.create_task(known.clear_cache())
        await bench.clock.sleep(1)
        await station.close()
        with pytest.raises(StationGone, match=r"^Station 'CP1' went before it answered ClearCache '"):
            await waiting
        with pytest.raises(StationGone, match=r"^Station 'CP1' is not connected\.$"):
            await known.clear_cache()
        assert known.post("ClearCache", {}) is None
        assert bench.violations() == []

    bench.run(talk())


def test_raw_frames(bench: Any) -> None:
    """A raw frame goes out as it is; with a time it waits for what comes back."""

    async def talk() -> None:
        station = await bench.station("1.6", lambda _action, _payload: "NotImplemented")
        known = bench.csms.station()
        answer = await known.send_raw('[2,"raw","Nonsense",{}]', within_s=5)
        assert (answer.accepted, answer.status) == (False, "NotImplemented")
        assert (await known.send_raw("garbage")).status == "sent"
        assert (await known.send_raw("garbage", within_s=5)).status == "silence"
        assert (await known.send_raw('[2,"x","ClearCache",{', within_s=5)).status == "silence"
        await bench.clock.sleep(0)
        assert station.heard[1:] == ["garbage", "garbage", '[2,"x","ClearCache",{']

    bench.run(talk())


def test_answers_to_raw_frames_are_no_violations(bench: Any) -> None:
    """The CALLERROR that a broken raw CALL earns is expected; a cancelled wait harms nobody."""

    async def talk() -> None:
        station = await bench.station("1.6", lambda _action, _payload: None)
        known = bench.csms.station()
        await known.send_raw('[2,"x","ClearCache",[]]')
        await bench.clock.sleep(0)
        await station.send([4, "x", "FormationViolation", "", {}])
        await bench.clock.sleep(0)
        assert bench.rules() == ["decode.payload"]
        waiting = asyncio.create_task(known.clear_cache())
        await bench.clock.sleep(0)
        waiting.cancel()
        await bench.clock.sleep(60)
        assert bench.rules() == ["decode.payload", "session.unanswered"]

    bench.run(talk())
