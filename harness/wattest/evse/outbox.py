"""The queue of transaction messages: in flash, in order, each until it is acknowledged or has failed too often.

Every notice goes through here, online or not, so that new ones wait for old ones (OCPP 1.6 3.7). Other messages
do not: they may overtake.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

from wattest.evse.flash import Flash, Notice, Queued, TokenInfo
from wattest.evse.link import CallRefused, CallSilent, LinkLost
from wattest.evse.station import Station
from wattest.world.behaviour import behaviour, defect, variation

Answered = Callable[[Notice, TokenInfo], None]


@behaviour
def kept(station: Station, queued: Queued) -> bool:
    """Whether a notice is queued."""
    return True


@defect(
    "OUTAGE-D01",
    breaks=kept,
    area="outage",
    requirement="DAT-06",
    text="meter values measured while offline are dropped",
    source="OCPP 1.6 3.7; OCPP 2.0.1 E04",
)
def drops_meter_values_offline(station: Station, queued: Queued) -> bool:
    """Only Start and Stop are thought worth flash."""
    return not (queued.offline and queued.notice.kind == "updated")


@defect(
    "OUTAGE-D02",
    breaks=kept,
    area="outage",
    requirement="DAT-06",
    text="the end of a transaction is lost when it happens offline",
    source="OCPP 1.6 3.7; OCPP 2.0.1 E04",
)
def drops_endings_offline(station: Station, queued: Queued) -> bool:
    """The stop is sent once, to nobody."""
    return not (queued.offline and queued.notice.kind == "ended")


@behaviour
def queue_at_boot(flash: Flash) -> deque[Queued]:
    """What the queue holds after a boot."""
    return flash.queue


@defect(
    "OUTAGE-D03",
    breaks=queue_at_boot,
    area="outage",
    requirement="DAT-06",
    text="the queue lives in memory and is empty after a reboot",
    source="OCPP 1.6 3.7 (project: across reboots); seen in MicroOcpp #454",
)
def queue_is_forgotten(flash: Flash) -> deque[Queued]:
    """Start lost, Stop sent."""
    flash.queue.clear()
    return flash.queue


@behaviour
def next_up(queue: deque[Queued]) -> Queued:
    """Which queued message goes first: the oldest."""
    return queue[0]


@defect(
    "OUTAGE-D04",
    breaks=next_up,
    area="outage",
    requirement="DAT-06",
    text="the queue is emptied from the wrong end",
    source="OCPP 1.6 3.7, chronological order",
    dialects=("1.6",),
)
def newest_first(queue: deque[Queued]) -> Queued:
    """A stack where a queue should be."""
    return queue[-1]


@behaviour
def copies(notice: Notice) -> tuple[Notice, ...]:
    """What is queued for one event: one message."""
    return (notice,)


@defect(
    "BILL-D09",
    breaks=copies,
    area="billing",
    requirement="BIL-16",
    text="the end of a transaction is sent twice, the second time with another register",
    source="OCPP 1.6 3.7; seen in libocpp #907",
)
def ends_twice(notice: Notice) -> tuple[Notice, ...]:
    """Two tasks notice the end; the second reads the meter a moment later."""
    if notice.kind != "ended":
        return (notice,)
    later = tuple(replace(s, register_wh=s.register_wh + Decimal(10)) for s in notice.samples)
    again = replace(
        notice, register_wh=notice.register_wh + Decimal(10), samples=later, seq_no=notice.seq_no + 1
    )
    return notice, again


@behaviour
def told_offline(queued: Queued) -> bool:
    """The offline flag of a message (OCPP 2.0.1 E04.FR.03, E11.FR.07)."""
    return queued.offline


@defect(
    "OUTAGE-D09",
    breaks=told_offline,
    area="outage",
    requirement="AUT-07",
    text="messages that waited for the link do not say so",
    source="OCPP 2.0.1 E04.FR.03, E11.FR.07",
    dialects=("2.0.1",),
)
def never_offline(queued: Queued) -> bool:
    """The flag is never set."""
    return False


@behaviour
def retry_id(queued: Queued) -> str | None:
    """Message id of a repetition; None for a fresh one."""
    return None


@variation(
    "V10",
    alters=retry_id,
    text="a repeated message keeps its message id",
    source="OCPP 2.0.1 Part 4 errata 2025-04: a retry may reuse the id",
    area="outage",
)
def retry_keeps_id(queued: Queued) -> str | None:
    """The frame is stored as it was first sent."""
    return queued.message_id


@behaviour
def attempts(station: Station) -> int:
    """How often a message is sent that the central system fails on (OCPP 1.6 3.7.1; 2.0.1 E13)."""
    return station.settings.number("message_attempts")


@defect(
    "OUTAGE-D07",
    breaks=attempts,
    area="outage",
    requirement="DAT-06",
    text="a transaction message that the central system fails on is never sent again",
    source="OCPP 1.6 3.7.1; OCPP 2.0.1 E13; seen in OCPP.Core #31",
)
def never_retries(station: Station) -> int:
    """Any answer counts as an acknowledgement."""
    return 1


def put(station: Station, notice: Notice) -> None:
    """Queue a notice."""
    for each in station.conduct(copies)(notice):
        queued = Queued(each, offline=not station.accepted)
        if station.conduct(kept)(station, queued):
            station.flash.queue.append(queued)
    station.wake_outbox.set()


def link_lost(station: Station) -> None:
    """Whatever waits now has been offline (OCPP 2.0.1 E11.FR.07)."""
    for queued in station.flash.queue:
        queued.offline = True


async def deliver(station: Station, answered: Answered) -> None:
    """Empty the queue for as long as this life of the firmware lasts."""
    queue = station.flash.queue
    while True:
        if not (queue and station.accepted):
            station.wake_outbox.clear()
            await station.wake_outbox.wait()
            continue
        queued = station.conduct(next_up)(queue)
        message = station.dialect.notice(station, queued)
        if message is None:
            queue.remove(queued)
            continue
        try:
            answer = await _sent(station, queued, *message)
        except LinkLost:
            queued.offline = True
            station.wake_outbox.clear()
            await station.wake_outbox.wait()
            continue
        except (CallRefused, CallSilent):
            queued.failures += 1
            if queued.failures >= station.conduct(attempts)(station):
                queue.remove(queued)
            else:
                interval = station.settings.number("message_retry_interval")
                await asyncio.sleep(interval * queued.failures)
            continue
        queue.remove(queued)
        info = station.dialect.answered(station, queued.notice, answer)
        if info is not None:
            answered(queued.notice, info)


async def _sent(
    station: Station, queued: Queued, action: str, payload: Mapping[str, Any]
) -> Mapping[str, Any]:
    again = station.conduct(retry_id)(queued) if queued.message_id is not None else None
    queued.message_id = again or station.line.new_id()
    return await station.line.call(action, payload, message_id=queued.message_id)


async def drained(station: Station, within_s: float) -> None:
    """Wait until nothing is queued, or long enough."""
    deadline = station.clock.monotonic() + within_s
    while station.flash.queue and station.accepted and station.clock.monotonic() < deadline:  # noqa: ASYNC110
        await asyncio.sleep(0.1)
