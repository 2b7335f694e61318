"""Boot, registration, heartbeats and clock."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from wattest.clock import VirtualClock
from wattest.clock.network import Choice, Greeting
from wattest.errors import BenchError
from wattest.evse import Charger

if TYPE_CHECKING:
    from tests.evse.conftest import Bench, Enact

    from wattest.model.charger import ChargerSheet


def test_boot_comes_first(enact: Enact) -> None:
    """After power-up the first CALL is BootNotification, and nothing else goes out before it is accepted."""

    async def scene(bench: Bench) -> None:
        bench.central.answers["BootNotification"] = lambda _p: {
            "status": "Pending",
            "currentTime": "2026-01-15T12:00:05Z",
            "interval": 40,
        }
        await bench.ready()
        bench.world.reader.tap("04A1B2C3")
        await bench.wait(30)
        assert set(bench.central.actions()) == {"BootNotification"}
        del bench.central.answers["BootNotification"]
        await bench.wait(40)

    bench = enact(scene)
    times = [t for t, action, _p in bench.central.heard if action == "BootNotification"]
    assert times == [5.0, 45.0]
    assert bench.statuses()[0] == "Available"


def test_rejected_keeps_silent(enact: Enact) -> None:
    """A rejected charger says nothing until the interval is over, then asks again."""

    async def scene(bench: Bench) -> None:
        bench.central.answers["BootNotification"] = lambda _p: {
            "status": "Rejected",
            "currentTime": "2026-01-15T12:00:05Z",
            "interval": 120,
        }
        await bench.ready()
        if bench.dialect == "2.0.1":
            assert await bench.central.call("ClearCache", {}) == "SecurityError"
        else:
            with pytest.raises(TimeoutError):
                await bench.central.call("ClearCache", {}, within_s=20)
        await bench.wait(120)

    bench = enact(scene)
    assert [(t, action) for t, action, _p in bench.central.heard] == [
        (5.0, "BootNotification"),
        (125.0, "BootNotification"),
    ]


def test_interval_of_zero_means_own_choice(enact: Enact) -> None:
    """An interval of 0 with Pending leaves the wait to the charger: 30 s."""

    async def scene(bench: Bench) -> None:
        bench.central.answers["BootNotification"] = lambda _p: {
            "status": "Pending",
            "currentTime": "2026-01-15T12:00:05Z",
            "interval": 0,
        }
        await bench.ready()
        await bench.wait(60)

    bench = enact(scene)
    assert [t for t, _a, _p in bench.central.heard] == [5.0, 35.0, 65.0]


def test_every_connector_is_reported(enact: Enact, sheet: ChargerSheet) -> None:
    """After acceptance each connector's status is reported; 1.6 also has connector 0."""

    async def scene(bench: Bench) -> None:
        await bench.ready()

    bench = enact(scene, sheet=replace(sheet, connectors=3))
    told = bench.central.said("StatusNotification")
    if bench.dialect == "1.6":
        assert [p["connectorId"] for p in told] == [0, 1, 2, 3]
    else:
        assert [(p["evseId"], p["connectorId"]) for p in told] == [(1, 1), (2, 1), (3, 1)]


def test_heartbeat_keeps_interval(enact: Enact) -> None:
    """Heartbeats come at the interval that the boot answer gave."""

    async def scene(bench: Bench) -> None:
        await bench.ready()
        await bench.wait(1000)

    bench = enact(scene)
    beats = [t for t, action, _p in bench.central.heard if action == "Heartbeat"]
    assert beats == [305.0, 605.0, 905.0]


def test_clock_is_set_by_the_central_system(enact: Enact) -> None:
    """The charger's clock follows currentTime, and its messages carry that time."""

    async def scene(bench: Bench) -> None:
        bench.clock.step_wall(3600)
        await bench.ready()

    bench = enact(scene)
    assert bench.central.said("StatusNotification")[0]["timestamp"] == "2026-01-15T13:00:05.000Z"


@pytest.mark.parametrize("nonsense", ["1970-01-01T00:00:00Z", "2286-11-20T17:46:39Z"])
def test_nonsense_time_is_ignored(enact: Enact, nonsense: str) -> None:
    """A central system that lives in another century does not move the charger's clock."""

    async def scene(bench: Bench) -> None:
        bench.central.answers["Heartbeat"] = lambda _p: {"currentTime": nonsense}
        await bench.ready()
        await bench.wait(300)
        await bench.begin()

    bench = enact(scene)
    assert bench.started()[0]["timestamp"].startswith("2026-01-15T12:05")


def test_clock_set_back_in_a_session_does_not_turn_it_round(enact: Enact) -> None:
    """Timestamps inside a transaction never go backwards, whatever the central system says the time is."""
    times: list[str] = []

    async def scene(bench: Bench) -> None:
        await bench.ready()
        await bench.begin()
        await bench.wait(200)
        bench.central.answers["Heartbeat"] = lambda _p: {"currentTime": "2026-01-15T11:00:00Z"}
        await bench.wait(300)
        bench.world.reader.tap("04A1B2C3")
        await bench.wait(5)
        told = bench.started() + bench.updated() + bench.ended()
        times.extend(p.get("timestamp") or p["meterValue"][0]["timestamp"] for p in told)

    enact(scene)
    assert times == sorted(times)
    assert len(times) > 5


def test_silence_at_boot(enact: Enact) -> None:
    """A boot that nobody answers is followed by nothing but a new connection and another boot."""

    async def scene(bench: Bench) -> None:
        bench.central.silent("BootNotification")
        await bench.ready()
        await bench.wait(120)

    bench = enact(scene)
    assert set(bench.central.actions()) == {"BootNotification"}
    assert bench.central.links == len(bench.central.actions()) >= 3


def test_trigger_brings_a_pending_boot(enact: Enact) -> None:
    """While pending, a triggered BootNotification is sent at once."""

    async def scene(bench: Bench) -> None:
        bench.central.answers["BootNotification"] = lambda _p: {
            "status": "Pending",
            "currentTime": "2026-01-15T12:00:05Z",
            "interval": 3600,
        }
        await bench.ready()
        answer = await bench.central.call("TriggerMessage", {"requestedMessage": "BootNotification"})
        assert answer == {"status": "Accepted"}
        await bench.wait(1)

    bench = enact(scene)
    assert bench.central.actions() == ["BootNotification", "BootNotification"]


def test_dialect_must_stand_in_the_sheet(sheet: ChargerSheet) -> None:
    """A charger cannot speak what its sheet does not state."""
    old = replace(sheet, dialects=("1.6",))
    with VirtualClock() as clock, pytest.raises(BenchError) as caught:
        Charger(None, clock, old, dialect="2.0.1", connect=None)  # type: ignore[arg-type]
    assert str(caught.value) == "The sheet of Model R does not state OCPP 2.0.1; it states 1.6."


def test_failure_of_the_firmware_is_not_lost(enact: Enact) -> None:
    """A mistake in the simulated charger itself comes out when it is stopped, instead of looking like a silent charger."""

    async def scene(bench: Bench) -> None:
        await bench.ready()
        bench.world.rtc.utc = None  # type: ignore[assignment,method-assign]
        await bench.begin()

    with pytest.raises(TypeError) as caught:
        enact(scene)
    assert str(caught.value) == "'NoneType' object is not callable"


def test_password_is_shown_in_the_handshake(enact: Enact) -> None:
    """A password becomes HTTP Basic authorization of identity and password (security profile 1)."""
    shown: list[str | None] = []

    async def scene(bench: Bench) -> None:
        usual = bench.network._choose

        def looked_at(greeting: Greeting) -> Choice:
            shown.append(greeting.authorization)
            return usual(greeting)

        bench.network._choose = looked_at
        bench.charger._password = "0123456789abcdef"
        await bench.ready()

    enact(scene)
    assert shown == ["Basic Q1AwMDE6MDEyMzQ1Njc4OWFiY2RlZg=="]
