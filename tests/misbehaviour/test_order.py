"""What OCPP leaves free must not be flagged: orders, delays, ways of coming back. Beside it, what is not free."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.misbehaviour.conftest import Enact, Frame, Rogue, Talk, Tap

    from wattest.model.scenario import Dialect

pytestmark = pytest.mark.parametrize("dialect", ["1.6", "2.0.1"])

STARTS = {"RemoteStartTransaction", "RequestStartTransaction"}
STOPS = {"RemoteStopTransaction", "RequestStopTransaction"}
EVENTS = {"StartTransaction", "StopTransaction", "TransactionEvent"}


def delaying(talk: type[Talk], names: set[str], seconds: float) -> Rogue:
    """Sends frames of these actions, CALLs or answers, so much later; everything after them waits as well."""

    async def says(tap: Tap, frame: Frame) -> None:
        if (frame[2] if frame[0] == 2 else tap.asked(frame)) in names:
            await asyncio.sleep(seconds)
        await tap.say(frame)

    return talk.Rogue(says=says)


def swapping(talk: type[Talk], early: str, late: str) -> Rogue:
    """Every CALL of action ``early`` waits until one of ``late`` was sent, or for 3 s; the charger does not notice."""
    held: list[tuple[Tap, Frame]] = []
    ids: set[str] = set()

    async def release(after_s: float) -> None:
        await asyncio.sleep(after_s)
        while held:
            tap, frame = held.pop(0)
            await tap.say(frame)

    async def says(tap: Tap, frame: Frame) -> None:
        if frame[0] == 2 and frame[2] == early:
            held.append((tap, frame))
            ids.add(frame[1])
            tap.tell([3, frame[1], {}])
            rogue.start(release(3.0))
            return
        await tap.say(frame)
        if frame[0] == 2 and frame[2] == late:
            await release(0.0)

    async def hears(_tap: Tap, frame: Frame) -> bool:
        return frame[0] == 3 and frame[1] in ids

    rogue = talk.Rogue(says=says, hears=hears)
    return rogue


def test_the_start_before_the_answer_that_allowed_it(
    enact: Enact, talk: type[Talk], dialect: Dialect
) -> None:
    """StartTransaction or TransactionEvent may come before the answer to the remote start."""
    held: list[Frame] = []
    overtaken: list[str] = []

    async def says(tap: Tap, frame: Frame) -> None:
        if frame[0] == 3 and tap.asked(frame) in STARTS:
            held.append(frame)
            return
        await tap.say(frame)
        if held and frame[0] == 2 and frame[2] in EVENTS:
            overtaken.append(frame[2])
            await tap.say(held.pop())

    found = enact("AUTH-004", dialect, talk.Rogue(says=says))
    assert (found.outcome.verdict, found.outcome.sentence) == ("pass", "")
    assert overtaken


@pytest.mark.parametrize(
    "names",
    [STARTS, STOPS, EVENTS, {"StatusNotification"}, {"Authorize"}, {"BootNotification"}],
    ids=min,
)
@pytest.mark.parametrize("key", ["AUTH-001", "AUTH-003"])
def test_what_takes_a_second(
    enact: Enact, talk: type[Talk], dialect: Dialect, names: set[str], key: str
) -> None:
    """A slow station is no bad station: a second more for an answer or a message is borne."""
    found = enact(key, dialect, delaying(talk, names, 1.0))
    assert (found.outcome.verdict, found.outcome.sentence) == ("pass", "")


@pytest.mark.parametrize("key", ["AUTH-001", "AUTH-003", "OUTAGE-006"])
def test_status_after_the_transaction_message(
    enact: Enact, talk: type[Talk], dialect: Dialect, key: str
) -> None:
    """StatusNotification may come after StartTransaction and StopTransaction, or before, as it likes."""
    late = "TransactionEvent" if dialect == "2.0.1" else "StopTransaction"
    found = enact(key, dialect, swapping(talk, "StatusNotification", late))
    assert (found.outcome.verdict, found.outcome.sentence) == ("pass", "")


def test_reset_answered_then_back_without_a_boot(enact: Enact, talk: type[Talk], dialect: Dialect) -> None:
    """A reset may show as a mere reconnect."""
    told: list[bool] = []

    async def says(tap: Tap, frame: Frame) -> None:
        if frame[0] == 3 and tap.asked(frame) == "Reset":
            told.append(True)
        if told and frame[0] == 2 and frame[2] == "BootNotification":
            now = "2026-01-15T12:10:00Z"
            tap.tell([3, frame[1], {"status": "Accepted", "currentTime": now, "interval": 300}])
            return
        await tap.say(frame)

    found = enact("OUTAGE-006", dialect, talk.Rogue(says=says))
    assert told
    assert "NET-06" not in found.failed
    assert found.outcome.requirements["NET-06"] == "pass"
    assert "OCP-01" not in found.failed
    assert "NET-02" not in found.failed


def test_reset_without_an_answer_but_with_a_boot(enact: Enact, talk: type[Talk], dialect: Dialect) -> None:
    """It did restart, so NET-06 is met; that it did not answer first is OCP-01's matter."""

    async def says(tap: Tap, frame: Frame) -> None:
        if not (frame[0] == 3 and tap.asked(frame) == "Reset"):
            await tap.say(frame)

    found = enact("OUTAGE-006", dialect, talk.Rogue(says=says))
    assert list(found.failed) == ["OCP-01"]
    assert "CALL Reset (id '" in found.failed["OCP-01"]
    assert "in step 6 (reset) was not answered before the station went" in found.failed["OCP-01"]
    assert found.outcome.requirements["NET-06"] == "pass"
    assert found.later.verdict == "pass"


def test_reset_answered_and_then_nothing(enact: Enact, talk: type[Talk], dialect: Dialect) -> None:
    """A station that accepts a reset and goes on as if nothing had been said fails NET-06."""

    async def hears(tap: Tap, frame: Frame) -> bool:
        if frame[0] == 2 and frame[2] == "Reset":
            await tap.say([3, frame[1], {"status": "Accepted"}])
            return True
        return False

    found = enact("OUTAGE-006", dialect, talk.Rogue(hears=hears))
    assert list(found.failed) == ["NET-06"]
    assert found.failed["NET-06"] == "The station's return by boot or reconnect did not come within 300 s."
    assert found.blamed("NET-06") == 7
