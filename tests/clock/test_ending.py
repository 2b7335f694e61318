from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncIterator
from typing import Any

import pytest

from wattest.clock import Clock, VirtualClock
from wattest.errors import BenchError


def test_a_deadlock_is_a_sentence(clock: VirtualClock) -> None:
    """When nothing can happen any more the waiting tasks are named, and their finally blocks run."""
    cleaned: list[str] = []

    async def wait_for_nobody() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            await clock.sleep(1)
            cleaned.append("main")

    async def bench() -> None:
        other = asyncio.create_task(asyncio.Event().wait(), name="charger CP001")
        await wait_for_nobody()
        await other

    with pytest.raises(BenchError) as deadlock:
        clock.run(bench())
    sentence = str(deadlock.value)
    assert sentence.startswith(
        "Nothing can happen any more at 0.000000 virtual seconds: no timer is set, nothing holds the clock, "
        "and 2 task(s) wait: Task-"
    )
    assert "charger CP001 (Event.wait)" in sentence
    assert sentence.endswith("give it an asyncio.timeout, or hold() the clock for work outside.")
    assert cleaned == ["main"]


def test_waiting_for_ever_is_a_deadlock_too(clock: VirtualClock) -> None:
    """A timer at infinity never fires, so waiting for it alone is a deadlock."""
    with pytest.raises(BenchError, match="Nothing can happen any more at 3"):
        clock.run(_sleep_then_for_ever(clock))


async def _sleep_then_for_ever(clock: Clock) -> None:
    await clock.sleep(3)
    await clock.sleep(math.inf)


def test_many_waiting_tasks_are_counted_not_listed(clock: VirtualClock) -> None:
    """A deadlock names five tasks and counts the rest."""

    async def bench() -> None:
        await asyncio.gather(*(asyncio.Event().wait() for _ in range(9)))

    with pytest.raises(BenchError, match=r"and 5 more\. Probably"):
        clock.run(bench())


def test_a_failure_while_being_cancelled_is_told(clock: VirtualClock) -> None:
    """A finally block that fails after a deadlock leaves a note on the error that is raised."""

    async def bench() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            raise OSError("relay does not answer")

    with pytest.raises(BenchError) as deadlock:
        clock.run(bench())
    assert len(deadlock.value.__notes__) == 1
    assert deadlock.value.__notes__[0].endswith(
        "failed while it was cancelled: OSError('relay does not answer')"
    )


def test_a_task_that_swallows_its_cancellation_is_told(clock: VirtualClock) -> None:
    """A coroutine that will not end is named, in run and in close."""

    async def stubborn() -> None:
        while True:
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                continue

    with pytest.raises(BenchError) as deadlock:
        clock.run(stubborn())
    assert deadlock.value.__notes__[0].endswith("is still there; something in it swallows CancelledError.")
    with pytest.raises(BenchError) as refusing:
        clock.close()
    assert str(refusing.value).startswith("1 of 1 tasks were cancelled and are still there 60 s later: Task-")
    assert str(refusing.value).endswith("swallows asyncio.CancelledError; let it through.")


def test_close_cancels_what_still_runs_and_may_be_called_twice(clock: VirtualClock) -> None:
    """Background tasks and async generators are ended by close, and a task that fails then is reported."""
    ended: list[str] = []
    reported: list[str] = []

    async def background() -> None:
        try:
            await clock.sleep(math.inf)
        finally:
            ended.append("background")

    async def failing() -> None:
        try:
            await clock.sleep(math.inf)
        except asyncio.CancelledError:
            raise OSError("load does not switch off") from None

    async def readings() -> AsyncIterator[int]:
        try:
            yield 1
        finally:
            ended.append("generator")

    kept: list[Any] = []

    async def bench() -> None:
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(lambda _loop, context: reported.append(str(context["exception"])))
        kept.extend((asyncio.create_task(background()), asyncio.create_task(failing()), readings()))
        await anext(kept[2])

    clock.run(bench())
    clock.close()
    clock.close()
    assert sorted(ended) == ["background", "generator"]
    assert reported == ["load does not switch off"]


def test_close_ends_tasks_in_an_order_of_their_names(clock: VirtualClock) -> None:
    """Equal runs end equally: tasks are cancelled by name, numbers counted as numbers."""
    ended: list[str] = []

    async def background(name: str) -> None:
        try:
            await clock.sleep(math.inf)
        finally:
            ended.append(name)

    names = [f"station {number}" for number in range(1, 40)]

    async def bench() -> None:
        kept.extend(asyncio.create_task(background(name), name=name) for name in reversed(names))
        await clock.sleep(1)

    kept: list[asyncio.Task[None]] = []
    clock.run(bench())
    clock.close()
    assert ended == names


def test_close_ends_a_generator_that_nobody_waits_for(clock: VirtualClock) -> None:
    """An async generator left half read is ended even when no task is left."""
    ended: list[str] = []

    async def readings() -> AsyncIterator[int]:
        try:
            yield 1
        finally:
            ended.append("generator")

    left = readings()

    async def bench() -> int:
        return await anext(left)

    assert clock.run(bench()) == 1
    clock.close()
    assert ended == ["generator"]


def test_a_closed_or_running_clock_refuses_to_run(clock: VirtualClock) -> None:
    """run() from inside the loop, or after close, is refused with the way out."""

    async def inside() -> None:
        clock.run(clock.sleep(1))

    with pytest.raises(BenchError) as refused:
        clock.run(inside())
    assert str(refused.value) == (
        "This virtual clock is running already: run() starts a coroutine from outside its loop; inside, await it."
    )
    clock.close()
    with pytest.raises(BenchError, match="This virtual clock is closed: "):
        clock.run(clock.sleep(1))
    with pytest.raises(BenchError, match="A timer was set on a virtual clock that is closed already"):
        clock.call_later(1, print)
