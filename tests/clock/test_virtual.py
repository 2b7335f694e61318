from __future__ import annotations

import asyncio
import math
import threading
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wattest.clock import Clock, VirtualClock
from wattest.errors import BenchError


def test_starts_at_zero_and_at_the_given_wall_time(clock: VirtualClock) -> None:
    """A new clock says 0.0 and the wall time it was made with, in UTC."""
    assert clock.monotonic() == 0.0
    assert clock.utc() == datetime(2026, 1, 15, 12, 0, tzinfo=UTC)
    winter = timezone(timedelta(hours=-5))
    with VirtualClock(datetime(2026, 2, 1, 7, 0, tzinfo=winter)) as other:
        assert other.utc().isoformat() == "2026-02-01T12:00:00+00:00"


def test_refuses_a_start_without_time_zone() -> None:
    """A naive start is refused with the way out."""
    with pytest.raises(BenchError) as refused:
        VirtualClock(datetime(2026, 1, 15))  # noqa: DTZ001 - that is the mistake
    assert (
        str(refused.value)
        == "A clock cannot start at 2026-01-15T00:00:00: it names no time zone. Add tzinfo=UTC."
    )


def test_a_sixteen_hour_soak_is_exact(clock: VirtualClock) -> None:
    """Sleeping moves monotonic and wall time by exactly the duration."""
    clock.run(clock.sleep(16 * 3600))
    assert clock.monotonic() == 57600.0
    assert clock.utc() == datetime(2026, 1, 16, 4, 0, tzinfo=UTC)


def test_run_returns_the_result_and_raises_the_error(clock: VirtualClock) -> None:
    """A coroutine's result and its exception come out of run unchanged."""

    async def answer() -> int:
        return 42

    async def fail() -> None:
        raise ValueError("out of range")

    assert clock.run(answer()) == 42
    with pytest.raises(ValueError, match="out of range"):
        clock.run(fail())


@pytest.mark.timeout(30)
def test_thirty_days_of_heartbeats(clock: VirtualClock) -> None:
    """Ten stations beat every 300 s for 30 days, and the last beat falls on the very second."""
    beats = []

    async def beat(offset: float) -> None:
        await clock.sleep(offset)
        for number in range(1, 8641):
            await clock.sleep(300)
            beats.append(clock.monotonic() - offset - 300 * number)

    async def bench() -> None:
        await asyncio.gather(*(beat(offset) for offset in range(10)))

    clock.run(bench())
    assert clock.monotonic() == 30 * 86400 + 9
    assert len(beats) == 86400
    assert set(beats) == {0.0}


@settings(deadline=None)
@given(st.lists(st.floats(0, 1e7), max_size=60))
def test_timers_fire_in_order_at_their_very_time(delays: list[float]) -> None:
    """Timers fire by time, those of one instant in the order they were set, each when the clock says its time."""
    fired: list[tuple[float, int]] = []
    with VirtualClock() as clock:

        def fire(index: int) -> None:
            fired.append((clock.monotonic(), index))

        for index, delay in enumerate(delays):
            clock.call_later(delay, fire, index)
        clock.run(clock.sleep(1e7))
    assert fired == sorted((delay, index) for index, delay in enumerate(delays))


@settings(deadline=None)
@given(st.lists(st.tuples(st.floats(1e-9, 1e5), st.integers(1, 4)), max_size=12), st.floats(0, 1e9))
def test_sleeps_end_when_they_should_however_late_it_is(naps: list[tuple[float, int]], late: float) -> None:
    """A sleep never ends before its time, decades into a run."""
    with VirtualClock() as clock:

        async def nap(seconds: float, times: int) -> None:
            for _ in range(times):
                end = clock.monotonic() + seconds
                await clock.sleep(seconds)
                assert clock.monotonic() == max(end, clock.monotonic())

        async def bench() -> None:
            await clock.sleep(late)
            await asyncio.gather(*(nap(*what) for what in naps))

        clock.run(bench())


def test_a_cancelled_timer_does_not_fire_nor_hold_the_time(clock: VirtualClock) -> None:
    """A cancelled timer is as if it had never been set."""
    fired: list[str] = []
    clock.call_later(5, fired.append, "cancelled").cancel()
    clock.call_later(7, fired.append, "kept")
    clock.run(clock.sleep(8))
    assert fired == ["kept"]


def test_a_timer_in_the_past_fires_at_once(clock: VirtualClock) -> None:
    """A negative delay fires now and does not move the time back."""
    fired: list[float] = []

    async def bench() -> None:
        await clock.sleep(10)
        clock.call_later(-5, lambda: fired.append(clock.monotonic()))
        await clock.sleep(0)
        await clock.sleep(0)

    clock.run(bench())
    assert fired == [10.0]


def test_refuses_a_timer_that_is_no_number(clock: VirtualClock) -> None:
    """NaN would break the order of all timers, so it is refused."""
    with pytest.raises(BenchError) as refused:
        clock.call_later(math.nan, print)
    assert str(refused.value) == "A timer was set for NaN seconds: some duration before it was not a number."


def test_timers_compare_only_with_timers_of_their_loop(clock: VirtualClock) -> None:
    """A timer has no order with anything else."""
    with pytest.raises(TypeError):
        _ = clock.call_later(1, print) < 3  # type: ignore[operator]


@settings(deadline=None)
@given(
    steps=st.lists(st.tuples(st.floats(0, 1e5), st.integers(-(10**6), 10**6)), max_size=10),
)
def test_wall_steps_do_not_move_monotonic_time(steps: list[tuple[float, int]]) -> None:
    """Stepping the wall clock moves utc by the step and monotonic time, with its timers, not at all."""
    with VirtualClock() as clock:
        start = clock.utc()
        told = 0
        for seconds, step in steps:
            before = clock.monotonic()
            clock.step_wall(step)
            told += step
            assert clock.monotonic() == before
            clock.run(clock.sleep(seconds))
            assert clock.monotonic() == before + seconds
            assert abs((clock.utc() - start).total_seconds() - told - clock.monotonic()) < 2e-6


@settings(deadline=None)
@given(jobs=st.lists(st.integers(0, 3), min_size=1, max_size=8), tick=st.sampled_from([0.001, 1.0, 3600.0]))
def test_no_virtual_second_leaks_through_threads(jobs: list[int], tick: float) -> None:
    """While worker threads are at work not a microsecond passes, whatever else waits for time to pass."""
    with VirtualClock() as clock:
        stop = asyncio.Event()

        async def ticker() -> None:
            while not stop.is_set():
                await clock.sleep(tick)

        async def query(hops: int) -> None:
            for _ in range(hops):
                before = clock.monotonic()
                assert await clock.in_thread(lambda: threading.Event().wait(0.0005)) is False
                assert clock.monotonic() == before
                await clock.sleep(tick / 3)

        async def bench() -> None:
            ticking = asyncio.create_task(ticker())
            await asyncio.gather(*(query(hops) for hops in jobs))
            stop.set()
            await ticking

        clock.run(bench())


def test_a_thread_that_is_not_counted_sees_time_leak(clock: VirtualClock) -> None:
    """The counter-proof: a thread that the loop does not know of sees hours pass; within hold() it does not."""
    with ThreadPoolExecutor() as threads:

        async def query(passed: threading.Event, patience: float) -> bool:
            clock.call_later(3600, passed.set)
            return await asyncio.wrap_future(threads.submit(passed.wait, patience))

        async def ticker() -> None:
            while True:
                await clock.sleep(1)

        async def bench() -> None:
            ticking = asyncio.create_task(ticker())
            assert await query(threading.Event(), 30.0) is True
            assert clock.monotonic() >= 3600.0
            before = clock.monotonic()
            with clock.hold(), clock.hold():
                assert await query(threading.Event(), 0.05) is False
            assert clock.monotonic() == before
            ticking.cancel()

        clock.run(bench())


def test_a_thread_may_hold_the_clock(clock: VirtualClock) -> None:
    """hold() works from any thread, and its end wakes the loop."""
    held = threading.Event()
    seen: list[float] = []

    def hold() -> None:
        with clock.hold():
            held.set()
            seen.append(clock.monotonic())
            threading.Event().wait(0.02)
            seen.append(clock.monotonic())

    async def bench() -> None:
        worker = threading.Thread(target=hold)
        worker.start()
        held.wait(10)
        await clock.sleep(100)
        worker.join()

    clock.run(bench())
    assert seen == [0.0, 0.0]
    assert clock.monotonic() == 100.0


def test_a_cancelled_job_holds_the_clock_until_its_thread_is_done(clock: VirtualClock) -> None:
    """Cancelling the wait does not stop the thread, so time stands until the thread has ended."""
    order: list[str] = []

    def work() -> None:
        threading.Event().wait(0.02)
        order.append("thread ended")

    async def bench() -> None:
        job = asyncio.create_task(clock.in_thread(work))
        await asyncio.sleep(0)
        job.cancel()
        with pytest.raises(asyncio.CancelledError):
            await job
        order.append("cancelled")
        await clock.sleep(1)
        order.append("a second later")

    clock.run(bench())
    assert order == ["cancelled", "thread ended", "a second later"]


def test_a_thread_sees_the_callers_context_and_its_error_comes_out(clock: VirtualClock) -> None:
    """A job's exception is raised where it is awaited; an executor of one's own is counted too."""

    def fail() -> None:
        raise OSError("no such instrument")

    async def bench() -> int:
        with pytest.raises(OSError, match="no such instrument"):
            await clock.in_thread(fail)
        with ThreadPoolExecutor(1) as own:
            return await asyncio.get_running_loop().run_in_executor(own, int, "7")

    assert clock.run(bench()) == 7


def test_a_held_clock_says_so_when_nothing_happens() -> None:
    """A job that waits for virtual time, which it holds, is named instead of hanging."""
    release = threading.Event()
    with VirtualClock(patience_s=0.05) as clock:
        with pytest.raises(BenchError) as stuck:
            clock.run(clock.in_thread(release.wait))
        release.set()
    assert str(stuck.value).startswith(
        "The virtual clock has stood still for 0.05 s of real time, held by 1 thread(s) or hold() block(s). Probably"
    )
    assert "sleep outside of hold() and in_thread()" in str(stuck.value)


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


def test_what_ends_after_the_clock_is_closed_harms_nothing() -> None:
    """A hold and a thread that outlive their clock end quietly."""
    release = threading.Event()
    ended = threading.Event()

    def work() -> None:
        release.wait()
        ended.set()

    with VirtualClock(patience_s=0.02) as clock:
        outliving = clock.hold()
        outliving.__enter__()
        with pytest.raises(BenchError, match="stood still"):
            clock.run(clock.in_thread(work))
        clock._loop.close()
    release.set()
    assert ended.wait(10)
    outliving.__exit__(None, None, None)


@pytest.mark.real_time
def test_sockets_within_the_process_keep_virtual_time(clock: VirtualClock) -> None:
    """Client and server on loopback in one loop exchange messages in no virtual time at all."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while line := await reader.readline():
            writer.write(line)
        writer.close()

    async def bench() -> None:
        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
        for number in range(50):
            async with asyncio.timeout(5):
                writer.write(b"%d\n" % number)
                assert await reader.readline() == b"%d\n" % number
        assert clock.monotonic() == 0.0
        writer.close()
        await writer.wait_closed()
        server.close()
        await clock.sleep(1)

    clock.run(bench())
