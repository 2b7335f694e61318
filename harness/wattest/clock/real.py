"""Real time: an event loop in a thread of its own.

A charger is answered there while pytest computes, or while the person at the bench thinks about a question.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import threading
import time
from collections.abc import Callable, Coroutine
from contextlib import AbstractContextManager, nullcontext
from datetime import UTC, datetime, timedelta
from typing import Any, Self, TypeVar, TypeVarTuple

from wattest.clock.ending import ENDING_S, end_tasks, explain_end
from wattest.errors import BenchError

T = TypeVar("T")
Ts = TypeVarTuple("Ts")

SLICE_S = 0.2
"""A waiting caller wakes this often, so that signal handlers run on every platform."""


def host_utc() -> datetime:
    """The host's own wall time, for facts that no clock of a bench governs: when a run was started."""
    return datetime.now(UTC)  # noqa: TID251 - what the host's clock says is what is asked for


class RealClock:
    """The time of the host, counted from the moment the clock was made.

    ``hold`` does nothing: real time cannot be held. Close it, or use it as a context manager.

    Example::

        with RealClock() as clock:
            clock.run(serve_the_bench(clock))
    """

    def __init__(self) -> None:
        self._zero = time.monotonic()  # noqa: TID251 - this is the clock
        self._stepped = timedelta(0)
        self._loop = asyncio.new_event_loop()
        self._closing = False
        self._thread = threading.Thread(target=self._live, name="wattest clock", daemon=True)
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def monotonic(self) -> float:
        """Seconds since the clock was made."""
        return time.monotonic() - self._zero  # noqa: TID251 - this is the clock

    def utc(self) -> datetime:
        """The host's wall time plus every step."""
        return datetime.now(UTC) + self._stepped  # noqa: TID251 - this is the clock

    def step_wall(self, seconds: float) -> None:
        """Move what ``utc`` says; the host's own clock is never touched."""
        self._stepped += timedelta(seconds=seconds)

    async def sleep(self, seconds: float) -> None:
        """Wait for real."""
        await asyncio.sleep(seconds)

    def hold(self) -> AbstractContextManager[None]:
        """Does nothing: real time cannot be held."""
        return nullcontext()

    async def in_thread(self, fn: Callable[[*Ts], T], /, *args: *Ts) -> T:
        """Run blocking ``fn(*args)`` in a worker thread."""
        return await asyncio.to_thread(fn, *args)

    def call_later(self, delay_s: float, fn: Callable[[*Ts], object], /, *args: *Ts) -> asyncio.TimerHandle:
        """Call ``fn(*args)`` in the loop after ``delay_s``; may be asked for from any thread."""
        if threading.current_thread() is self._thread:
            return self._loop.call_later(delay_s, fn, *args)
        self._check_open()
        handle: concurrent.futures.Future[asyncio.TimerHandle] = concurrent.futures.Future()
        self._loop.call_soon_threadsafe(lambda: handle.set_result(self._loop.call_later(delay_s, fn, *args)))
        return handle.result()

    def run(self, coro: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine in the clock's thread and wait for its end in the caller's.

        When a signal handler raises in the waiting thread, the coroutine is cancelled, its end is awaited for at
        most ``ENDING_S``, and the handler's exception comes out.
        """
        if self._closing or threading.current_thread() is self._thread:
            coro.close()
            self._check_open()
            raise BenchError(
                "run() was called from the clock's own thread, which it would block; await instead."
            )
        done = threading.Event()
        tasks: list[asyncio.Task[T]] = []

        def start() -> None:
            tasks.append(self._loop.create_task(coro))
            tasks[0].add_done_callback(lambda _task: done.set())

        def cancel() -> None:
            if tasks:
                tasks[0].cancel()
            else:  # the signal was faster than the start
                coro.close()
                done.set()

        try:
            self._loop.call_soon_threadsafe(start)
            while not done.wait(SLICE_S):
                pass
        except BaseException as error:
            self._loop.call_soon_threadsafe(cancel)
            done.wait(ENDING_S)
            for task in tasks:
                explain_end(task, error)
            raise
        return tasks[0].result()

    def close(self) -> None:
        """Cancel what still runs, stop the thread, close the loop."""
        if self._closing:
            return
        try:
            self.run(self._end())
        finally:
            self._closing = True
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join(ENDING_S)
            self._loop.close()

    def _live(self) -> None:
        """The clock's thread. A KeyboardInterrupt or SystemExit raised by a coroutine goes to its caller, not here."""
        while not self._closing:
            try:
                self._loop.run_forever()
            except (KeyboardInterrupt, SystemExit):
                continue

    async def _end(self) -> None:
        try:
            await end_tasks()
        finally:
            await self._loop.shutdown_default_executor()

    def _check_open(self) -> None:
        if self._closing:
            raise BenchError("This clock is closed: nothing can run on it any more.")
