from __future__ import annotations

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wattest.clock import VirtualClock
from wattest.errors import BenchError


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
