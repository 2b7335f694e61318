"""Links, waiting, and the record of everything."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from wattest.clock.network import ConnectionRefused, Greeting
from wattest.csms import Link
from wattest.errors import StationGone
from wattest.model.scenario import Dialect
from wattest.ocpp.messages import Send, described, encode
from wattest.ocpp.neutral import Booted, Reported, StatusChanged

BOOT = {"chargePointVendor": "V", "chargePointModel": "M"}
STATUS = {"connectorId": 1, "errorCode": "NoError", "status": "Available"}


def links(bench: Any) -> list[tuple[Any, ...]]:
    return [(e["event"], e["code"], e["by"], e["reason"]) for e in bench.of("link")]


def test_frames_are_on_record(bench: Any) -> None:
    """Frames in and out stand in the record: raw, decoded, with what they answer."""

    async def talk() -> None:
        station = await bench.station()
        await station.call("Authorize", {"idTag": "AB"}, "a")
        came, went = bench.of("frame")
        assert came["raw"] == '[2,"a","Authorize",{"idTag":"AB"}]'
        assert came["message"] == {"type": 2, "id": "a", "action": "Authorize", "payload": {"idTag": "AB"}}
        assert (came["station"], came["dialect"], came["direction"], came["violations"]) == (
            "CP1",
            "1.6",
            "in",
            [],
        )
        assert went["raw"] == '[3,"a",{"idTagInfo":{"status":"Invalid"}}]'
        assert went["message"]["action"] == "Authorize"
        assert (went["direction"], went["answers"]) == ("out", came["seq"])

    bench.run(talk())


def test_frames_that_cannot_be_text(bench: Any) -> None:
    """Bytes that are no UTF-8 are recorded in base 64, huge frames by their beginning."""

    async def talk() -> None:
        station = await bench.station()
        await station.send(b'[2,"a","\xff"]')
        await station.send('["' + "x" * 400_000 + '"]')
        await station.send(b'[2,"c","Heartbeat",{}]')
        frames = [e for e in bench.of("frame") if e["direction"] == "in"]
        assert frames[0]["raw_b64"] == "WzIsImEiLCL/Il0="
        assert frames[0]["raw_bytes"] == 11
        assert (len(frames[1]["raw"]), frames[1]["raw_characters"]) == (65536, 400_004)
        assert (frames[2]["raw"], frames[2]["binary"]) == ('[2,"c","Heartbeat",{}]', True)

    bench.run(talk())


@pytest.mark.parametrize(
    ("frame", "old", "new"),
    [
        ('[2,"a","Nonsense",{}]', "NotImplemented", "NotImplemented"),
        ('[2,"a","Authorize",{}]', "OccurenceConstraintViolation", "OccurrenceConstraintViolation"),
        ('[2,"a","Heartbeat",[]]', "FormationViolation", "FormatViolation"),
        ('[2,"a","Heartbeat",{', "FormationViolation", "RpcFrameworkError"),
    ],
)
def test_broken_calls_are_refused(bench: Any, frame: str, old: str, new: str) -> None:
    """A broken CALL is recorded, gets the dialect's CALLERROR, and the talk goes on."""

    async def talk() -> None:
        for dialect, code in (("1.6", old), ("2.0.1", new)):
            station = await bench.station(dialect, identity=f"CP{dialect}")
            await station.send(frame)
            await bench.clock.sleep(0)
            assert station.answer("a") == code
            assert await station.call("Heartbeat", {}) is not None

    bench.run(talk())


def test_unreadable_frames(bench: Any) -> None:
    """A frame without readable id is refused under the id -1 in 2.0.1 and passed over in 1.6."""

    async def talk() -> None:
        station = await bench.station("2.0.1")
        await station.send("nonsense")
        await bench.clock.sleep(0)
        assert station.answer("-1") == "RpcFrameworkError"
        old = await bench.station("1.6", identity="CP2")
        await old.send("nonsense")
        await bench.clock.sleep(0)
        assert old.heard == []

    bench.run(talk())


def test_links_are_on_record(bench: Any) -> None:
    """A link is noted when it opens, closes, and is lost, with who ended it."""

    async def talk() -> None:
        station = await bench.station()
        await station.close()
        await bench.station()
        bench.network.cut()
        await bench.clock.sleep(0)
        bench.network.restore()
        await bench.station()
        await bench.csms.close()
        assert links(bench) == [
            ("opened", None, "station", ""),
            ("closed", 1000, "station", ""),
            ("opened", None, "station", ""),
            ("lost", 1006, "network", "the network was cut"),
            ("opened", None, "station", ""),
            ("closed", 1001, "csms", "the central system goes away"),
        ]
        assert bench.csms.last_link_evidence() == (5,)
        assert not bench.csms.connected

    bench.run(talk())


def test_newer_connection_wins(bench: Any) -> None:
    """A second link of an identity closes the first, which may be half-open."""

    async def talk() -> None:
        old = await bench.station()
        new = await bench.station()
        await bench.clock.sleep(0.1)
        assert old.closed.code == 1000
        assert old.closed.reason == "replaced by a newer connection"
        assert await new.call("Heartbeat", {}) is not None
        assert [link[0] for link in links(bench)] == ["opened", "closed", "opened"]

    bench.run(talk())


def test_no_common_dialect(bench: Any) -> None:
    """A station of another dialect is let in without one and closed, and it is noted."""

    async def talk() -> None:
        bench.csms.only("2.0.1")
        station = await bench.station("1.6")
        await bench.clock.sleep(0)
        assert station.closed.code == 1002
        (link,) = links(bench)
        assert link == ("refused", 1002, "csms", "no common sub-protocol: offered ocpp1.6, spoken ocpp2.0.1")

    bench.run(talk())


def test_a_station_of_21(bench: Any) -> None:
    """A station of 2.1 is answered; what it sends without wanting an answer is noted and not answered."""

    async def talk() -> None:
        station = await bench.station("2.1")
        assert await station.call("Heartbeat", {}) is not None
        stream = {"id": 1, "pending": 0, "basetime": "2026-01-15T12:00:00Z", "data": [{"t": 0, "v": "16"}]}
        sent = Send("stream", "NotifyPeriodicEventStream", stream)
        await station.send(encode(sent))
        await bench.clock.sleep(60)
        last = bench.of("frame")[-1]
        assert (last["direction"], last["message"], last["violations"]) == ("in", described(sent, None), [])
        assert bench.csms.troubles == []

    bench.run(talk())


def test_stations_choice_counts(bench: Any) -> None:
    """Of the dialects both speak, the station's first is taken."""

    async def talk() -> None:
        wire = await bench.network.connect(Greeting("CP1", ("ocpp9", "ocpp1.6", "ocpp2.0.1")))
        assert wire.subprotocol == "ocpp1.6"

    bench.run(talk())


@pytest.mark.parametrize(
    ("identity", "authorization", "status", "reason"),
    [
        ("CP1", None, 401, "no password was given"),
        ("CP1", "Bearer x", 401, "user name or password is wrong"),
        ("CP1", "Basic ???", 401, "user name or password is wrong"),
        ("CP1", "Basic Q1AxOndyb25n", 401, "user name or password is wrong"),
        ("a:b", None, 404, "the identity 'a:b' is not 1 to 48 printable characters without ':'"),
        ("x" * 49, None, 404, f"the identity '{'x' * 49}' is not 1 to 48 printable characters without ':'"),
    ],
)
def test_refusals(bench: Any, identity: str, authorization: str | None, status: int, reason: str) -> None:
    """A station without the right password or with an impossible identity is refused, and that is noted."""

    async def talk() -> None:
        bench.csms.password = "geheim"
        with pytest.raises(ConnectionRefused) as error:
            await bench.network.connect(Greeting(identity, ("ocpp1.6",), authorization))
        assert error.value.status == status
        assert links(bench) == [("refused", status, "csms", reason)]

    bench.run(talk())


def test_right_password(bench: Any) -> None:
    """Basic authentication with identity and password lets a station in."""

    async def talk() -> None:
        bench.csms.password = "geheim"
        await bench.network.connect(Greeting("CP1", ("ocpp1.6",), "Basic Q1AxOmdlaGVpbQ=="))
        await bench.clock.sleep(0)
        assert bench.csms.connected

    bench.run(talk())


def test_which_station(bench: Any) -> None:
    """The only station needs no name; without one, or with several, the error says so."""

    async def talk() -> None:
        with pytest.raises(StationGone, match=r"^No station is connected\.$"):
            bench.csms.station()
        with pytest.raises(StationGone, match=r"^Station 'CP1' is not connected\.$"):
            bench.csms.station("CP1")
        await bench.station()
        assert bench.csms.station().identity == "CP1"
        await bench.station(identity="CP2")
        with pytest.raises(StationGone, match=r"^Several stations are connected \(CP1, CP2\): name the one"):
            bench.csms.station()
        assert bench.csms.station("CP2").identity == "CP2"

    bench.run(talk())


def test_waiting(bench: Any) -> None:
    """One waits from now on, or from a mark in the past; a wait that is in vain ends with TimeoutError."""

    async def talk() -> None:
        mark = bench.csms.mark()
        station = await bench.station()
        await station.call("Heartbeat", {})
        seen = await bench.csms.wait_for(lambda e: isinstance(e, Reported), within_s=1, since=mark)
        assert seen.event == Reported("Heartbeat")
        assert bench.entries[seen.seq]["message"]["action"] == "Heartbeat"
        with pytest.raises(TimeoutError):
            await bench.csms.wait_for(lambda e: isinstance(e, Reported), within_s=1)
        waiting = asyncio.create_task(bench.csms.wait_for(lambda e: isinstance(e, Booted), within_s=60))
        await bench.clock.sleep(30)
        await station.call("StatusNotification", STATUS)
        await station.call("BootNotification", BOOT)
        seen = await waiting
        assert seen.t_s == pytest.approx(31.004, abs=0.01)

    bench.run(talk())


def test_wrong_predicate(bench: Any) -> None:
    """A predicate that raises hurts the one who waits, not the station."""

    async def talk() -> None:
        station = await bench.station()
        waiting = asyncio.create_task(bench.csms.wait_for(lambda e: e.nonsense, within_s=60))
        await bench.clock.sleep(0)
        assert await station.call("Heartbeat", {}) is not None
        with pytest.raises(AttributeError):
            await waiting

    bench.run(talk())


def test_ready(bench: Any) -> None:
    """A station is ready when it is connected, accepted and has reported a connector."""

    async def talk() -> None:
        assert not await bench.csms.wait_ready(within_s=5)
        station = await bench.station()
        waiting = asyncio.create_task(bench.csms.wait_ready(within_s=60))
        await station.call("BootNotification", BOOT)
        await station.call("StatusNotification", {**STATUS, "connectorId": 0})
        assert not waiting.done()
        await station.call("StatusNotification", STATUS)
        assert await waiting
        assert (await bench.csms.wait_connected(1)).identity == "CP1"
        status = bench.csms.station().last_status(1)
        assert isinstance(status, StatusChanged)
        assert status.occupancy == "available"
        assert bench.entries[bench.csms.station().last_status_seq(1)]["message"]["payload"] == STATUS
        assert bench.csms.station().last_status(2) is None
        assert bench.csms.station().last_status_seq(2) is None

    bench.run(talk())


def test_nobody_comes(bench: Any) -> None:
    """Waiting for a station in vain is an error that says how long."""

    async def talk() -> None:
        with pytest.raises(StationGone, match=r"^No station connected within 5 s\.$"):
            await bench.csms.wait_connected(5)
        await bench.station()
        with pytest.raises(StationGone, match=r"^No station booted and was accepted within 5 s\.$"):
            await bench.csms.wait_booted(5)

    bench.run(talk())


def test_return_after_a_loss(bench: Any) -> None:
    """A reset shows as a boot or as a reconnect, and a return that was waited for once does not count twice."""

    async def talk() -> None:
        csms = bench.csms
        station = await bench.station()
        await station.call("StatusNotification", STATUS)
        assert await csms.wait_ready(within_s=1)
        assert await csms.wait_back(within_s=5, since=csms.last_loss()) is None
        await station.close()
        station = await bench.station()
        back = await csms.wait_back(within_s=5, since=csms.last_loss())
        assert bench.entries[back]["event"] == "opened"
        assert await csms.wait_back(within_s=5, since=csms.last_loss()) is None
        waiting = asyncio.create_task(csms.wait_back(within_s=5, since=csms.last_loss()))
        await bench.clock.sleep(0)
        await station.call("BootNotification", BOOT)
        assert bench.entries[await waiting]["message"]["action"] == "BootNotification"

    bench.run(talk())


def test_time_between_frames(bench: Any) -> None:
    """The bench's own clock tells how long two messages were apart."""

    async def talk() -> None:
        station = await bench.station()
        await station.call("Heartbeat", {})
        await bench.clock.sleep(99.5)
        await station.call("Heartbeat", {})
        first, last = [e["seq"] for e in bench.of("frame") if e["direction"] == "in"]
        assert bench.csms.seen_between(first, last) == pytest.approx(99.5, abs=0.01)

    bench.run(talk())


def test_own_trouble_is_not_the_stations_fault(bench: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """When the central system itself fails it says InternalError, notes the trouble and goes on."""

    async def talk() -> None:
        station = await bench.station()
        monkeypatch.setattr(bench.csms.till, "price_text", lambda: 1 / 0)
        assert await station.call("Authorize", {"idTag": "AB"}) is not None
        monkeypatch.undo()
        assert await station.call("Heartbeat", {}) is not None

    bench.clock.run(talk())
    (trouble,) = bench.csms.troubles
    assert "ZeroDivisionError" in trouble
    assert [e["what"] for e in bench.of("setting")] == ["csms_trouble"]


def test_equal_seeds_give_equal_records(bench: Any) -> None:
    """Message ids come from the seed: the same talk gives the same record."""
    runs = []
    for _ in range(2):
        bench.entries.clear()
        again = type(bench)(bench.clock.__class__())

        async def talk(again: Any = again) -> None:
            station = await again.station()
            await again.csms.station().reset("soft")
            await station.call("Heartbeat", {})

        again.run(talk())
        again.clock.close()
        runs.append(json.dumps(again.entries))
    assert runs[0] == runs[1]


ACTIONS = st.sampled_from(
    [
        "BootNotification",
        "StatusNotification",
        "StartTransaction",
        "StopTransaction",
        "MeterValues",
        "TransactionEvent",
    ]
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=8,
)
START = {"connectorId": 1, "idTag": "A", "meterStart": 1, "timestamp": "2026-01-15T12:00:00Z"}
STOP = {"transactionId": 1252801, "meterStop": 1, "timestamp": "2026-01-15T12:00:00Z"}
EVENT = {
    "eventType": "Ended",
    "timestamp": "2026-01-15T12:00:00Z",
    "triggerReason": "Trigger",
    "seqNo": 1,
    "transactionInfo": {"transactionId": "T"},
}
PAYLOADS = st.dictionaries(st.text(max_size=10), VALUES, max_size=3) | st.sampled_from(
    [BOOT, STATUS, START, STOP, EVENT]
)
FRAMES = st.one_of(
    st.text(max_size=60),
    st.binary(max_size=60),
    st.tuples(st.just(2), st.uuids().map(str), ACTIONS, PAYLOADS).map(json.dumps),
    st.tuples(st.sampled_from([2, 3, 4]), st.text(max_size=8), VALUES, VALUES, VALUES).map(json.dumps),
)


@pytest.mark.parametrize("dialect", ["1.6", "2.0.1"])
@given(frames=st.lists(FRAMES, max_size=10))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_nothing_ends_the_session(
    bench: Any, dialect: Dialect, quebec: Any, frames: list[str | bytes]
) -> None:
    """Whatever a station sends, the session goes on, every frame is on record, and a heartbeat is answered."""
    again = type(bench)(bench.clock.__class__())

    async def talk() -> None:
        from decimal import Decimal

        from wattest.model.tariff import Tariff

        again.csms.taxes = quebec
        again.csms.tariff = Tariff("t", energy=Decimal("0.35"))
        again.csms.accepts_unknown = True
        station = await again.station(dialect)
        for frame in frames:
            await station.send(frame)
        await again.clock.sleep(60)
        assert len([e for e in again.of("frame") if e["direction"] == "in"]) >= len(frames)
        assert isinstance(await station.call("Heartbeat", {}, "the last one"), dict)
        assert station.closed is None

    again.run(talk())
    again.clock.close()


def test_link_events_can_be_waited_for(bench: Any) -> None:
    """A lost link is an event as others are."""

    async def talk() -> None:
        await bench.station()
        waiting = asyncio.create_task(
            bench.csms.wait_for(lambda e: isinstance(e, Link) and e.event == "lost", within_s=60)
        )
        await bench.clock.sleep(0)
        bench.network.cut()
        assert (await waiting).event.station == "CP1"

    bench.run(talk())
