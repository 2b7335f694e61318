from __future__ import annotations

import asyncio
import signal
import threading
from collections.abc import Iterator
from types import FrameType
from typing import Any

import pytest

from wattest.clock import RealClock, VirtualClock, signals
from wattest.errors import RunAborted


@pytest.fixture
def aborting() -> Iterator[list[int]]:
    """SIGTERM raises RunAborted; the list holds each delivery."""
    delivered: list[int] = []

    def abort(number: int, _frame: FrameType | None) -> None:
        delivered.append(number)
        raise RunAborted("stopped by SIGTERM")

    before = signal.signal(signal.SIGTERM, abort)
    yield delivered
    assert signal.getsignal(signal.SIGTERM) is abort
    signal.signal(signal.SIGTERM, before)


def test_a_signal_ends_run_and_not_a_callback(clock: VirtualClock, aborting: list[int]) -> None:
    """A handler that raises while some callback runs ends run(), after the coroutine's finally blocks."""
    cleaned: list[str] = []

    async def bench() -> None:
        clock.call_later(5, signal.raise_signal, signal.SIGTERM)
        try:
            while True:
                await clock.sleep(1)
        finally:
            await clock.sleep(2)
            cleaned.append("safe")

    with pytest.raises(RunAborted, match="stopped by SIGTERM"):
        clock.run(bench())
    assert cleaned == ["safe"]
    assert aborting == [signal.SIGTERM]
    assert 5 <= clock.monotonic() <= 8


def test_a_signal_in_the_last_moment_is_not_lost(clock: VirtualClock, aborting: list[int]) -> None:
    """A signal that arrives as the coroutine ends still raises, and the clock can be used afterwards."""

    async def bench() -> str:
        signal.raise_signal(signal.SIGTERM)
        return "done"

    with pytest.raises(RunAborted):
        clock.run(bench())
    clock.run(clock.sleep(1))
    assert aborting == [signal.SIGTERM]


def test_a_handler_that_does_not_raise_lets_the_run_go_on(clock: VirtualClock) -> None:
    """A signal that is merely counted does not end anything."""
    seen: list[int] = []
    before = signal.signal(signal.SIGTERM, lambda number, _frame: seen.append(number))
    try:
        clock.call_later(1, signal.raise_signal, signal.SIGTERM)
        clock.run(clock.sleep(3))
    finally:
        signal.signal(signal.SIGTERM, before)
    assert seen == [signal.SIGTERM]
    assert clock.monotonic() == 3.0


def test_the_second_signal_goes_to_its_handler_at_once(clock: VirtualClock, aborting: list[int]) -> None:
    """Whoever sends it twice is heard where the code is, even if the loop never stops."""
    reached: list[str] = []

    async def stuck() -> None:
        signal.raise_signal(signal.SIGTERM)
        reached.append("after the first")
        signal.raise_signal(signal.SIGTERM)
        reached.append("after the second")

    with pytest.raises(RunAborted):
        clock.run(stuck())
    assert reached == ["after the first"]


@pytest.mark.real_time
def test_a_stuck_loop_hears_the_signal_where_it_is_stuck(
    clock: VirtualClock, aborting: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A callback that never returns gets the handler's exception after STUCK_S."""
    monkeypatch.setattr(signals, "STUCK_S", 0.05)

    async def stuck() -> None:
        signal.raise_signal(signal.SIGTERM)
        threading.Event().wait(30)

    with pytest.raises(RunAborted):
        clock.run(stuck())
    assert aborting == [signal.SIGTERM] * 2


def test_outside_the_main_thread_signals_are_left_alone(clock: VirtualClock) -> None:
    """A virtual clock runs in any thread; signals are the main thread's affair."""
    worker = threading.Thread(target=lambda: clock.run(clock.sleep(5)))
    worker.start()
    worker.join()
    assert clock.monotonic() == 5.0


@pytest.mark.real_time
def test_a_signal_ends_run_on_the_real_clock(aborting: list[int]) -> None:
    """While run() waits for the clock's thread, a handler that raises ends it after the coroutine's cleaning up."""
    cleaned: list[str] = []
    main = threading.get_ident()

    async def bench() -> None:
        try:
            signal.pthread_kill(main, signal.SIGTERM)
            await asyncio.sleep(30)
        finally:
            await asyncio.sleep(0.01)
            cleaned.append("safe")

    with RealClock() as clock:
        for _ in range(20):
            with pytest.raises(RunAborted, match="stopped by SIGTERM"):
                clock.run(bench())
        assert cleaned == ["safe"] * 20
        assert aborting == [signal.SIGTERM] * 20


def test_a_signal_faster_than_the_start_leaves_nothing_behind(
    aborting: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A signal that arrives before the coroutine was handed over ends run() without starting it."""
    started: list[str] = []

    async def bench() -> None:
        started.append("bench")

    with RealClock() as clock:
        hand_over = clock._loop.call_soon_threadsafe
        refusals = iter([signal.SIGTERM])

        def interrupted(*arguments: Any, **options: Any) -> Any:
            for number in refusals:
                signal.raise_signal(number)
            return hand_over(*arguments, **options)

        monkeypatch.setattr(clock._loop, "call_soon_threadsafe", interrupted)
        with pytest.raises(RunAborted):
            clock.run(bench())
        clock.run(clock.sleep(0))
    assert started == []
