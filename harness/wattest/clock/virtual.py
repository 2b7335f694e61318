"""Virtual time: an event loop that jumps to its next timer when nothing else can happen.

It jumps only while no thread is at work for it and nothing holds it. A loop that jumps whenever it is idle lets
virtual hours pass while a worker thread answers in microseconds: every job given to an executor is therefore
counted from the moment it is given until its result has arrived in the loop.
"""

from __future__ import annotations

import asyncio
import contextvars
import heapq
import math
import selectors
import threading
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager, suppress
from datetime import UTC, datetime, timedelta
from typing import Any, Self, TypeVar, TypeVarTuple

from wattest.clock.ending import ENDING_S, end_tasks, explain_end, named
from wattest.clock.signals import deferred
from wattest.errors import BenchError

T = TypeVar("T")
Ts = TypeVarTuple("Ts")

START = datetime(2026, 1, 15, 12, 0, tzinfo=UTC)
"""When a virtual clock starts unless told otherwise; fixed, so that equal seeds give equal records."""


class _Timer(asyncio.TimerHandle):
    """A timer; those of the same instant fire in the order in which they were set, which asyncio leaves open."""

    __slots__ = ("_order",)
    _when: float
    _scheduled: bool

    def enter(self, order: int) -> Self:
        """Take a place among the timers of the same instant."""
        self._order = order
        self._scheduled = True
        return self

    def __lt__(self, other: object) -> bool:
        if not isinstance(other, _Timer):
            return NotImplemented
        return self._when < other._when or (self._when == other._when and self._order < other._order)

    __hash__ = asyncio.TimerHandle.__hash__


class _JumpingSelector(selectors.DefaultSelector):
    """Real file descriptors, virtual waiting."""

    def __init__(self, patience_s: float) -> None:
        super().__init__()
        self._patience_s = patience_s
        self._lock = threading.Lock()
        self._held = 0
        self.jump: Callable[[], None]

    def hold(self) -> None:
        with self._lock:
            self._held += 1

    def let_go(self) -> None:
        with self._lock:
            self._held -= 1

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is not None and timeout <= 0:
            # Callbacks are ready. With nothing registered but the loop's own wake-up pipe there is nothing to poll.
            return super().select(0) if len(self.get_map()) > 1 else []
        events = super().select(0)
        if events:
            return events
        if self._held:
            events = super().select(self._patience_s)
            if not events:
                raise BenchError(
                    f"The virtual clock has stood still for {self._patience_s:g} s of real time, held by "
                    f"{self._held} thread(s) or hold() block(s). Probably one of them waits for virtual time to pass, "
                    "which it prevents: sleep outside of hold() and in_thread()."
                )
            return events
        self.jump()
        return []


class VirtualLoop(asyncio.SelectorEventLoop):
    """An asyncio loop in virtual time, from 0.0 on.

    ``patience_s`` is how long, in real seconds, it stands still for a thread or a ``hold`` before it says so.
    """

    _scheduled: list[asyncio.TimerHandle]
    _clock_resolution: float

    def __init__(self, *, patience_s: float = 60.0) -> None:
        self._now = 0.0
        self._orders = 0
        self._jumping = _JumpingSelector(patience_s)
        self._jumping.jump = self._jump
        super().__init__(self._jumping)
        self._workers = ThreadPoolExecutor(thread_name_prefix="wattest")
        self.set_default_executor(self._workers)
        self._clock_resolution = math.ulp(0.0)

    def time(self) -> float:
        """Virtual seconds since the loop was made."""
        return self._now

    def call_at(
        self,
        when: float,
        callback: Callable[[*Ts], object],
        *args: *Ts,
        context: contextvars.Context | None = None,
    ) -> asyncio.TimerHandle:
        """As asyncio's, except that timers of one instant fire in the order in which they were set."""
        if self.is_closed():
            raise BenchError("A timer was set on a virtual clock that is closed already.")
        if math.isnan(when):
            raise BenchError("A timer was set for NaN seconds: some duration before it was not a number.")
        self._orders += 1
        timer = _Timer(when, callback, args, self, context).enter(self._orders)
        heapq.heappush(self._scheduled, timer)
        return timer

    def _jump(self) -> None:
        if not self._scheduled or math.isinf(self._scheduled[0].when()):
            waiting = asyncio.all_tasks(self)
            raise BenchError(
                f"Nothing can happen any more at {self._now:.6f} virtual seconds: no timer is set, nothing holds the "
                f"clock, and {len(waiting)} task(s) wait: {named(waiting)}. Probably one of them awaits "
                "something that nobody will send; give it an asyncio.timeout, or hold() the clock for work outside."
            )
        self._now = self._scheduled[0].when()
        # The smallest step that floats can make here: a timer fires when its time has come, and never before.
        self._clock_resolution = math.ulp(self._now)

    @contextmanager
    def hold(self) -> Iterator[None]:
        """Virtual time stands still while the block runs, in whichever thread."""
        self._jumping.hold()
        try:
            yield
        finally:
            self._jumping.let_go()
            with suppress(RuntimeError):  # closed meanwhile: nobody is left to be woken
                self.call_soon_threadsafe(lambda: None)

    def run_in_executor(
        self, executor: Executor | None, func: Callable[[*Ts], T], *args: *Ts
    ) -> asyncio.Future[T]:
        """As asyncio's; virtual time stands still until the result has arrived in the loop."""
        job = (executor or self._workers).submit(func, *args)
        self._jumping.hold()
        future = asyncio.wrap_future(job, loop=self)
        # After wrap_future, so that the result is in the loop before the clock may move; and on the thread's own
        # future, since a cancelled asyncio future leaves its thread at work.
        job.add_done_callback(self._job_done)
        return future

    def _job_done(self, _job: Future[Any]) -> None:
        with suppress(RuntimeError):  # closed meanwhile: nobody is left to be woken
            self.call_soon_threadsafe(self._jumping.let_go)


class VirtualClock:
    """Time that passes only when everybody waits for it.

    ``start`` is the wall time at monotonic 0.0. ``run`` raises ``BenchError`` when nothing can happen any more:
    a deadlock is a sentence, not a hang.

    Example::

        with VirtualClock() as clock:
            clock.run(charger_lives_for_30_days(clock))
    """

    def __init__(self, start: datetime = START, *, patience_s: float = 60.0) -> None:
        if start.tzinfo is None:
            raise BenchError(
                f"A clock cannot start at {start.isoformat()}: it names no time zone. Add tzinfo=UTC."
            )
        self._loop = VirtualLoop(patience_s=patience_s)
        self._wall = start.astimezone(UTC)
        self._told = (-1.0, self._wall)
        """Monotonic and wall time when it was last asked for: much happens at one virtual instant."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def monotonic(self) -> float:
        """Virtual seconds since the clock was made."""
        return self._loop.time()

    def utc(self) -> datetime:
        """Wall time: start, plus monotonic time, plus every step; to the microsecond."""
        now, told = self._loop.time(), self._told
        if told[0] != now:
            told = self._told = (now, self._wall + timedelta(seconds=now))
        return told[1]

    def step_wall(self, seconds: float) -> None:
        """Move wall time only."""
        self._wall += timedelta(seconds=seconds)
        self._told = (-1.0, self._wall)

    async def sleep(self, seconds: float) -> None:
        """Wait for virtual time to pass."""
        await asyncio.sleep(seconds)

    def hold(self) -> AbstractContextManager[None]:
        """Virtual time stands still while the block runs."""
        return self._loop.hold()

    async def in_thread(self, fn: Callable[[*Ts], T], /, *args: *Ts) -> T:
        """Run ``fn(*args)`` in a worker thread; not a virtual microsecond passes meanwhile."""
        return await self._loop.run_in_executor(None, contextvars.copy_context().run, fn, *args)

    def call_later(self, delay_s: float, fn: Callable[[*Ts], object], /, *args: *Ts) -> asyncio.TimerHandle:
        """Call ``fn(*args)`` after ``delay_s`` virtual seconds."""
        return self._loop.call_later(delay_s, fn, *args)

    def run(self, coro: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine to its end, in the caller's thread.

        Signals are kept until the loop has stopped, so that a handler's exception ends this call and not
        whichever callback was running.
        """
        if self._loop.is_closed() or self._loop.is_running():
            coro.close()
            state = "closed" if self._loop.is_closed() else "running already"
            raise BenchError(
                f"This virtual clock is {state}: run() starts a coroutine from outside its loop; inside, await it."
            )
        task = self._loop.create_task(coro)
        try:
            self._finish(task)
        except BaseException as error:
            self._abandon(task, error)
            raise
        return task.result()

    def close(self) -> None:
        """Cancel what still runs, end the idle worker threads, close the loop."""
        if self._loop.is_closed():
            return
        try:
            task = self._loop.create_task(end_tasks())
            self._finish(task)
            task.result()
        finally:
            self._loop.close()

    def _finish(self, task: asyncio.Task[Any]) -> None:
        """Run the loop until the task is done; call the handlers of signals that came meanwhile."""

        def stop(_task: object = None) -> None:
            self._loop.stop()

        task.add_done_callback(stop)
        try:
            while not task.done():
                with deferred(lambda: self._loop.call_soon_threadsafe(stop)) as caught:
                    while not task.done() and not caught:
                        self._loop.run_forever()
                for number, frame, handler in caught:
                    handler(number, frame)
        finally:
            task.remove_done_callback(stop)

    def _abandon(self, task: asyncio.Task[Any], error: BaseException) -> None:
        """Cancel a task whose caller leaves with ``error``, and let its ``finally`` blocks run."""
        task.cancel()
        if not task.done():
            self._finish(self._loop.create_task(asyncio.wait([task], timeout=ENDING_S)))
        explain_end(task, error)
