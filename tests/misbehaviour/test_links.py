"""Stations that fall silent, go away, come back oddly, or never."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from wattest.clock.network import ConnectionRefused

if TYPE_CHECKING:
    from tests.misbehaviour.conftest import Enact, Frame, Rogue, Talk, Tap

    from wattest.model.scenario import Dialect

pytestmark = pytest.mark.parametrize("dialect", ["1.6", "2.0.1"])

BOOT: dict[str, dict[str, Any]] = {
    "1.6": {"chargePointVendor": "Wattest", "chargePointModel": "R"},
    "2.0.1": {"reason": "PowerUp", "chargingStation": {"vendorName": "Wattest", "model": "R"}},
}


def leaving(talk: type[Talk], *, back_after_s: float | None) -> Rogue:
    """Hangs up 60 s into the session; comes back after so long, or never."""
    gone_at = 0.0

    async def work(tap: Tap) -> None:
        nonlocal gone_at
        await asyncio.sleep(60)
        gone_at = asyncio.get_running_loop().time()
        await tap.close(1001, "maintenance")

    rogue = talk.Rogue.once_started(work)

    async def dials(attempt: int) -> None:
        if not attempt:
            return
        if back_after_s is None or asyncio.get_running_loop().time() < gone_at + back_after_s:
            raise ConnectionRefused("The modem is off.")

    rogue.dials = dials
    return rogue


def test_silent_in_a_session(enact: Enact, talk: type[Talk], dialect: Dialect) -> None:
    """A station that says nothing any more fails what the step waited for; the next scenario runs."""
    silent_until: float | None = None

    async def says(tap: Tap, frame: Frame) -> None:
        nonlocal silent_until
        now = asyncio.get_running_loop().time()
        if silent_until is None and talk.is_start(frame):
            silent_until = now + 600
        if silent_until is None or now >= silent_until:
            await tap.say(frame)

    found = enact("METER-003", dialect, talk.Rogue(says=says))
    assert found.failed == {"AUT-02": "A transaction that is charging did not come within 30 s."}
    verdict, sentence = found.said["MET-03"]
    assert verdict == "inconclusive"
    assert sentence.startswith(
        "The scenario ended in step 6 (expect_transaction): A transaction that is charging"
    )
    assert sentence.endswith("before anything proved MET-03.")
    assert found.later.verdict == "pass"


@pytest.mark.parametrize("boots", [False, True], ids=["without boot", "with boot"])
def test_gone_and_back(enact: Enact, talk: type[Talk], dialect: Dialect, boots: bool) -> None:
    """Leaving without a reason fails NET-02 in its step; a return, with a boot or without, lets the session be judged."""
    rogue = leaving(talk, back_after_s=30.0)
    if boots:
        says, booted = rogue.says, False

        async def booting(tap: Tap, frame: Frame) -> None:
            nonlocal booted
            if rogue.attempts > 1 and not booted:
                booted = True
                await tap.call("BootNotification", BOOT[dialect])
            await says(tap, frame)

        rogue.says = booting
    found = enact("OUTAGE-006", dialect, rogue)
    assert list(found.failed) == ["NET-02"], found.failed
    assert found.failed["NET-02"].startswith("The station left with code 1001 in step 5 (charge)")
    assert found.blamed("NET-02") == 5
    assert found.outcome.requirements["NET-06"] == "pass"
    assert found.outcome.requirements["DAT-06"] == "pass"
    assert found.later.verdict == "pass"


@pytest.mark.parametrize("boots", [True, False])
def test_lost_without_a_word(enact: Enact, talk: type[Talk], dialect: Dialect, boots: bool) -> None:
    """A lost link may be the network's fault; a station that boots when it comes back has crashed, and that is NET-02."""
    lost = booted = False

    async def work(tap: Tap) -> None:
        nonlocal lost
        await asyncio.sleep(60)
        lost = True
        await tap.close(1006, "")

    rogue = talk.Rogue.once_started(work)
    says = rogue.says

    async def booting(tap: Tap, frame: Frame) -> None:
        nonlocal booted
        if boots and lost and not booted:
            booted = True
            await tap.call("BootNotification", BOOT[dialect])
        await says(tap, frame)

    rogue.says = booting
    found = enact("OUTAGE-006", dialect, rogue)
    assert list(found.failed) == (["NET-02"] if boots else [])
    if boots:
        assert found.failed["NET-02"].startswith("The station was lost in step 5 (charge) (entry ")
        assert "and started anew (entry " in found.failed["NET-02"]
        assert found.blamed("NET-02") == 5
    assert found.later.verdict == "pass"


def test_never_back(enact: Enact, talk: type[Talk], dialect: Dialect) -> None:
    """What a station that is gone could not show is undecided; that it is gone is NET-02, in the step that missed it."""
    found = enact("METER-003", dialect, leaving(talk, back_after_s=None))
    assert list(found.failed) == ["NET-02"], found.failed
    assert found.failed["NET-02"].startswith(
        "Not there: the station during step 9 (expect_transaction) of METER-003: it left "
    )
    assert found.said["DAT-03"] == (
        "inconclusive",
        "A transaction that is ended was not seen, but the channel that would have shown it was down.",
    )
    assert found.said["MET-03"][0] == "inconclusive"
    assert any(
        "The station left with code 1001 in step 7 (charge)" in str(e.get("sentence")) for e in found.first
    )
    assert found.later.verdict == "pass"


def test_never_back_after_an_outage(enact: Enact, talk: type[Talk], dialect: Dialect) -> None:
    """After an outage of ours, a station that does not return fails NET-04 in the step that waited for it."""
    attempts: list[int] = []

    async def dials(attempt: int) -> None:
        attempts.append(attempt)
        if attempt:
            raise ConnectionRefused("The modem is off.")

    found = enact("OUTAGE-001", dialect, talk.Rogue(dials=dials))
    assert found.failed["NET-04"] == "The connection of the station did not come within 180 s."
    assert found.blamed("NET-04") == 12
    assert found.said["DAT-06"][0] == "inconclusive"
    assert len(attempts) > 2
    assert found.later.verdict == "pass"


def test_never_there(enact: Enact, talk: type[Talk], dialect: Dialect) -> None:
    """A station that never comes is missed before the first step, in every scenario, in bounded time."""

    async def dials(_attempt: int) -> None:
        raise ConnectionRefused("There is no cable.")

    found = enact("AUTH-003", dialect, talk.Rogue(dials=dials, always=True))
    for outcome, key in ((found.outcome, "AUTH-003"), (found.later, "AUTH-001")):
        assert (outcome.verdict, outcome.sentence) == (
            "fail",
            f"Not there: the station during getting ready of {key}: No station connected within 300 s.",
        )
        assert outcome.seconds < 400
    assert found.said["AUT-04"] == (
        "inconclusive",
        "The scenario ended in getting ready: No station connected within 300 s, before anything proved AUT-04.",
    )


@pytest.mark.parametrize("every_s", [0.02, 1.0])
def test_storm_of_connections(enact: Enact, talk: type[Talk], dialect: Dialect, every_s: float) -> None:
    """A station that connects and leaves over and over fails NET-02 in the step in which the storm began."""

    async def work(tap: Tap) -> None:
        await asyncio.sleep(60)
        for _ in range(int(60 / every_s)):
            await asyncio.sleep(every_s)
            wire = await tap.rogue.connected()
            await wire.close(1000, "")

    found = enact("OUTAGE-006", dialect, talk.Rogue.once_started(work))
    assert list(found.failed) == ["NET-02"], found.failed
    assert found.failed["NET-02"].startswith("The station tried to connect ")
    assert "within 60 s; the one too many came in step 5 (charge)" in found.failed["NET-02"]
    assert found.blamed("NET-02") == 5
    assert found.later.verdict == "pass"


@pytest.mark.parametrize(
    "what", ["StatusNotification", "MeterValues", "Heartbeat", "answers to nothing", "junk"]
)
def test_flood(enact: Enact, talk: type[Talk], dialect: Dialect, what: str) -> None:
    """Frames at 200 a second are borne, judged in reasonable time, and a finding in their step."""
    payloads: dict[str, dict[str, dict[str, Any]]] = {
        "StatusNotification": {
            "1.6": {"connectorId": 1, "errorCode": "NoError", "status": "Charging"},
            "2.0.1": {
                "timestamp": "2026-01-15T12:00:00Z",
                "connectorStatus": "Occupied",
                "evseId": 1,
                "connectorId": 1,
            },
        },
        "MeterValues": {
            "1.6": {"connectorId": 1, "meterValue": [_values("10000000")]},
            "2.0.1": {"evseId": 1, "meterValue": [_values(10_000_000)]},
        },
        "Heartbeat": {"1.6": {}, "2.0.1": {}},
    }

    async def work(tap: Tap) -> None:
        await asyncio.sleep(60)
        for number in range(4000):
            await asyncio.sleep(1 / 200)
            if what == "junk":
                await tap.say("{{{")
            elif what == "answers to nothing":
                await tap.say([3, f"nobody {number}", {}])
            else:
                await tap.call(what, payloads[what][dialect])

    found = enact("OUTAGE-006", dialect, talk.Rogue.once_started(work))
    requirement = {"junk": "OCP-02", "answers to nothing": "OCP-01"}.get(what, "NET-02")
    assert requirement in found.failed
    assert "in step 5 (charge)" in found.failed[requirement]
    assert found.blamed(requirement) == 5
    if requirement == "NET-02":
        assert found.failed["NET-02"].startswith("The station flooded in step 5 (charge): ")
    assert found.outcome.requirements["NET-06"] == "pass"
    assert found.later.verdict == "pass"


def _values(register: object) -> dict[str, object]:
    return {"timestamp": "2026-01-15T12:01:20Z", "sampledValue": [{"value": register}]}
