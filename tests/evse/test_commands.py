"""Settings, availability, reset, triggers, limits, data transfer, and CALLs that make no sense."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
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


async def limit(bench: Bench, value: float, unit: str = "A", purpose: str = "TxDefaultProfile") -> str:
    schedule: dict[str, Any] = {
        "chargingRateUnit": unit,
        "chargingSchedulePeriod": [{"startPeriod": 0, "limit": value}],
    }
    profile: dict[str, Any] = {
        "stackLevel": 0,
        "chargingProfilePurpose": purpose,
        "chargingProfileKind": "Relative",
    }
    if bench.dialect == "1.6":
        profile |= {"chargingProfileId": 1, "chargingSchedule": schedule}
        payload: dict[str, Any] = {"connectorId": 1, "csChargingProfiles": profile}
    else:
        profile |= {"id": 1, "chargingSchedule": [{"id": 1, **schedule}]}
        if purpose == "TxProfile" and bench.started():
            profile["transactionId"] = bench.started()[-1]["transactionInfo"]["transactionId"]
        payload = {"evseId": 1, "chargingProfile": profile}
    return str((await bench.central.call("SetChargingProfile", payload))["status"])


def test_limit_is_obeyed(enact: Enact) -> None:
    """The current follows a limit in amperes or watts, never above the rating; below the minimum it pauses."""

    async def scene(bench: Bench) -> None:
        await bench.ready()
        await bench.begin()
        for value, unit, current in (
            (16, "A", 16.0),
            (80, "A", 32.0),
            (2400, "W", 10.0),
            (5, "A", 0.0),
            (20, "A", 20.0),
        ):
            assert await limit(bench, value, unit) == "Accepted"
            await bench.wait(10)
            assert bench.outlet.true_current_a() == current
        assert not bench.ended()
        assert await bench.central.call("ClearChargingProfile", {}) == {"status": "Accepted"}
        await bench.wait(10)
        assert bench.outlet.true_current_a() == 32.0
        assert await bench.central.call("ClearChargingProfile", {}) == {"status": "Unknown"}

    bench = enact(scene)
    if bench.dialect == "1.6":
        assert bench.statuses() == ["Available", "Preparing", "Charging", "SuspendedEVSE", "Charging"]
    else:
        states = [p["transactionInfo"]["chargingState"] for p in bench.updated() if "meterValue" not in p]
        assert states == ["Charging", "SuspendedEVSE", "Charging"]


def test_transaction_limit_needs_a_transaction(enact: Enact) -> None:
    """A TxProfile is rejected without a transaction, and ends with it."""

    async def scene(bench: Bench) -> None:
        await bench.ready()
        assert await limit(bench, 10, purpose="TxProfile") == "Rejected"
        await bench.begin()
        assert await limit(bench, 10, purpose="TxProfile") == "Accepted"
        await bench.wait(5)
        assert bench.outlet.true_current_a() == 10.0
        await bench.leave()
        await bench.begin()
        assert bench.outlet.true_current_a() == 32.0

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


def test_remote_profile_limits_the_session(enact: Enact, sheet: ChargerSheet) -> None:
    """A remote start may bring a limit of its own."""

    async def scene(bench: Bench) -> None:
        await bench.ready()
        schedule = {"chargingRateUnit": "A", "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 8}]}
        profile: dict[str, Any] = {
            "stackLevel": 0,
            "chargingProfilePurpose": "TxProfile",
            "chargingProfileKind": "Relative",
        }
        if bench.dialect == "1.6":
            profile |= {"chargingProfileId": 1, "chargingSchedule": schedule}
            call = ("RemoteStartTransaction", {"idTag": CARD, "connectorId": 1, "chargingProfile": profile})
        else:
            profile |= {"id": 1, "chargingSchedule": [{"id": 1, **schedule}]}
            token = {"idToken": CARD, "type": "Central"}
            call = (
                "RequestStartTransaction",
                {"idToken": token, "remoteStartId": 1, "evseId": 1, "chargingProfile": profile},
            )
        assert await bench.central.call(*call) == {"status": "Accepted"}
        await bench.wait(2)
        bench.car.plug_in()
        bench.car.set_ready(True)
        await bench.wait(5)
        assert bench.outlet.true_current_a() == 8.0

    enact(scene, sheet=replace(sheet, rated_current_a=40.0))


def test_composite_schedule(enact: Enact) -> None:
    """The schedule told is the limit that holds: of the rating, of a profile, in amperes or watts."""

    async def scene(bench: Bench) -> None:
        await bench.ready()
        place = "connectorId" if bench.dialect == "1.6" else "evseId"

        async def ask(evse: int, unit: str) -> Any:
            answer = await bench.central.call(
                "GetCompositeSchedule", {place: evse, "duration": 600, "chargingRateUnit": unit}
            )
            if answer["status"] != "Accepted":
                return answer["status"]
            schedule = answer["chargingSchedule" if bench.dialect == "1.6" else "schedule"]
            return schedule["chargingSchedulePeriod"][0]["limit"]

        assert await ask(1, "A") == 32.0
        assert await limit(bench, 10) == "Accepted"
        assert await ask(1, "A") == 10.0
        assert await ask(0, "W") == 2400.0
        assert await ask(9, "A") == "Rejected"

    enact(scene)


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


def test_profiles_that_do_not_fit(enact: Enact) -> None:
    """Several periods, an unknown connector, a station limit on a connector: refused, and nothing changes."""

    async def scene(bench: Bench) -> None:
        await bench.ready()
        periods = [{"startPeriod": 0, "limit": 10}, {"startPeriod": 60, "limit": 20}]
        old = bench.dialect == "1.6"

        async def place(evse: int, purpose: str, rows: list[dict[str, int]]) -> Any:
            schedule: dict[str, Any] = {"chargingRateUnit": "A", "chargingSchedulePeriod": rows}
            profile: dict[str, Any] = {
                "stackLevel": 0,
                "chargingProfilePurpose": purpose,
                "chargingProfileKind": "Relative",
            }
            if old:
                profile |= {"chargingProfileId": 1, "chargingSchedule": schedule}
                payload: dict[str, Any] = {"connectorId": evse, "csChargingProfiles": profile}
            else:
                profile |= {"id": 1, "chargingSchedule": [{"id": 1, **schedule}]}
                payload = {"evseId": evse, "chargingProfile": profile}
            answer = await bench.central.call("SetChargingProfile", payload)
            return answer if isinstance(answer, str) else answer["status"]

        station_limit = "ChargePointMaxProfile" if old else "ChargingStationMaxProfile"
        assert await place(1, "TxDefaultProfile", periods) == "Rejected"
        assert await place(9, "TxDefaultProfile", periods[:1]) == (
            "PropertyConstraintViolation" if old else "Rejected"
        )
        assert await place(1, station_limit, periods[:1]) == "Rejected"
        assert not bench.charger.flash.limits_a
        assert await place(0, station_limit, periods[:1]) == "Accepted"
        assert bench.charger.flash.limits_a == {0: 10.0}

    enact(scene)


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
