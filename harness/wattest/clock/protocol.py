"""What every clock can do."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Any, Protocol, TypeVar, TypeVarTuple

T = TypeVar("T")
Ts = TypeVarTuple("Ts")


class Clock(Protocol):
    """Monotonic time, wall time, and the event loop that lives in them.

    Monotonic time never jumps back and is what durations are measured in. Wall time is what stands in
    messages; a scenario may step it, and monotonic time does not notice.
    """

    def monotonic(self) -> float:
        """Seconds since the clock was made; starts at 0.0."""
        ...

    def utc(self) -> datetime:
        """Wall time, aware, in UTC, with every ``step_wall`` so far."""
        ...

    def step_wall(self, seconds: float) -> None:
        """Move wall time by ``seconds``, forward or back; the host's own clock is never touched."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait on this clock."""
        ...

    def hold(self) -> AbstractContextManager[None]:
        """While the block runs, virtual time stands still: something outside the loop is at work."""
        ...

    async def in_thread(self, fn: Callable[[*Ts], T], /, *args: *Ts) -> T:
        """Run blocking ``fn(*args)`` in a worker thread, the clock held meanwhile, and return its result."""
        ...

    def call_later(self, delay_s: float, fn: Callable[[*Ts], object], /, *args: *Ts) -> asyncio.TimerHandle:
        """Call ``fn(*args)`` in the loop after ``delay_s``; the handle's ``cancel`` belongs to the loop's thread."""
        ...

    def run(self, coro: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine in the clock's loop and block the caller until it ends.

        A signal handler that raises while this waits ends it: the coroutine is cancelled, its ``finally``
        blocks run, and the handler's exception comes out here.
        """
        ...

    def close(self) -> None:
        """Cancel what still runs and let go of the loop; harmless the second time."""
        ...
