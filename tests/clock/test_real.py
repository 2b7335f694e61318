from __future__ import annotations

import asyncio
import signal
import threading
from contextlib import suppress
from datetime import timedelta
from types import FrameType

import pytest

from wattest.clock import RealClock, host_utc, real
from wattest.errors import BenchError, RunAborted


def test_monotonic_starts_near_zero_and_grows() -> None:
    """Time is counted from the making of the clock."""
    with RealClock() as clock:
        first = clock.monotonic()
        assert 0.0 <= first < 5.0
        clock.run(clock.sleep(0.002))
        assert clock.monotonic() >= first + 0.002


def test_stepping_the_wall_moves_only_what_utc_says() -> None:
    """A wall step shows in utc and nowhere else."""
    with RealClock() as clock:
        assert abs(clock.utc() - host_utc()) < timedelta(seconds=5)
        before = clock.monotonic()
        clock.step_wall(-86400)
        assert abs(clock.utc() - host_utc() + timedelta(days=1)) < timedelta(seconds=5)
        assert 0 <= clock.monotonic() - before < 5


def test_the_loop_lives_while_the_caller_thinks() -> None:
    """Between two runs the clock's thread goes on serving."""
    with RealClock() as clock:
        ticked = threading.Event()

        async def start() -> asyncio.Task[None]:
            return asyncio.create_task(tick())

        async def tick() -> None:
            await asyncio.sleep(0.001)
            ticked.set()

        _task = clock.run(start())
        assert ticked.wait(10)


def test_results_errors_and_threads_come_through() -> None:
    """Run returns results, raises errors, and in_thread runs elsewhere than in the loop's thread."""
    with RealClock() as clock:

        async def bench() -> bool:
            with clock.hold():
                worker = await clock.in_thread(threading.current_thread)
            return worker is not threading.current_thread()

        async def fail() -> None:
            raise OSError("no such instrument")

        assert clock.run(bench()) is True
        with pytest.raises(OSError, match="no such instrument"):
            clock.run(fail())


def test_timers_can_be_set_from_any_thread() -> None:
    """call_later works from the loop's thread and from another."""
    with RealClock() as clock:
        outside, inside = threading.Event(), threading.Event()
        clock.call_later(0.001, outside.set)

        async def set_inside() -> None:
            clock.call_later(0.001, inside.set)

        clock.run(set_inside())
        assert outside.wait(10)
        assert inside.wait(10)


def test_the_thread_survives_an_exit_raised_in_a_coroutine() -> None:
    """SystemExit in a coroutine goes to whoever runs it and does not kill the clock."""
    with RealClock() as clock:

        async def leave() -> None:
            raise SystemExit(3)

        with pytest.raises(SystemExit):
            clock.run(leave())
        clock.run(clock.sleep(0))


def test_run_from_the_clocks_own_thread_is_refused() -> None:
    """run() inside the loop would wait for itself for ever."""
    with RealClock() as clock:

        async def inside() -> None:
            clock.run(clock.sleep(0))

        with pytest.raises(BenchError) as refused:
            clock.run(inside())
        assert str(refused.value) == (
            "run() was called from the clock's own thread, which it would block; await instead."
        )


def test_a_closed_clock_says_so() -> None:
    """After close nothing runs, and closing again is harmless."""
    clock = RealClock()
    clock.close()
    clock.close()
    with pytest.raises(BenchError, match=r"^This clock is closed: nothing can run on it any more\.$"):
        clock.run(clock.sleep(0))
    with pytest.raises(BenchError, match="This clock is closed"):
        clock.call_later(1, print)


@pytest.mark.real_time
def test_a_task_that_will_not_end_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """An abandoned coroutine that swallows its cancellation leaves a note, and does not keep run() waiting."""
    monkeypatch.setattr(real, "ENDING_S", 0.05)
    monkeypatch.setattr(real, "SLICE_S", 0.005)
    finish = threading.Event()
    main = threading.get_ident()

    async def stubborn() -> None:
        await asyncio.sleep(0.02)
        signal.pthread_kill(main, signal.SIGUSR1)
        while not finish.is_set():
            with suppress(asyncio.CancelledError):
                await asyncio.sleep(0.01)

    def lose_patience(_number: int, _frame: FrameType | None) -> None:
        raise RunAborted("the operator left")

    before = signal.signal(signal.SIGUSR1, lose_patience)
    try:
        with RealClock() as clock:
            with pytest.raises(RunAborted) as left:
                clock.run(stubborn())
            finish.set()
    finally:
        signal.signal(signal.SIGUSR1, before)
    assert left.value.__notes__[0].endswith("is still there; something in it swallows CancelledError.")
