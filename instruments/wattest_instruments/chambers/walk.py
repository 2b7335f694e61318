"""A ramp for a chamber that has none: its set point moves in small steps, by the bench's clock.

Drivers do not loop, save here: somebody must move the set point while the procedure waits for the air, and only the driver
knows that its chamber cannot. The walk is one task on the injected clock. Its position follows from the time
since it began, so a late step is not lost. ``stop`` ends it before anything else is said to the chamber.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from wattest.clock import Clock
from wattest.errors import BenchError

STEP_S = 30.0
"""Between two steps: 0.5 K at 1 K/min, small against the lag of the air and a tenth of the 5 min it is averaged over."""


def along(start_c: float, target_c: float, ramp_k_per_min: float, elapsed_s: float) -> float:
    """The set point on a straight ramp, that long after its begin; the target once it is reached.

    >>> along(23.0, -40.0, 1.0, 600.0), along(23.0, -40.0, 1.0, 1e9)
    (13.0, -40.0)
    """
    moved = ramp_k_per_min * max(0.0, elapsed_s) / 60.0
    if moved >= abs(target_c - start_c):
        return target_c
    return start_c + moved if target_c > start_c else start_c - moved


class Walk:
    """At most one ramp at a time. ``problem`` is why the last one ended before its target; None when it did not."""

    def __init__(self, clock: Clock) -> None:
        self.problem: BenchError | None = None
        self._clock = clock
        self._task: asyncio.Task[None] | None = None
        self._stepping = asyncio.Lock()

    def start(
        self,
        start_c: float,
        target_c: float,
        ramp_k_per_min: float,
        send: Callable[[float], Awaitable[None]],
    ) -> None:
        """Move from one set point to the other; the first step comes after ``STEP_S``. Call ``stop`` before."""
        self.problem = None
        self._task = asyncio.create_task(self._go(start_c, target_c, ramp_k_per_min, send))

    async def stop(self) -> None:
        """No more steps. One that is under way ends first, so that its line cannot come after the next one."""
        task, self._task = self._task, None
        self.problem = None
        if task is None:
            return
        async with self._stepping:
            task.cancel()
        await asyncio.wait([task])

    async def _go(
        self,
        start_c: float,
        target_c: float,
        ramp_k_per_min: float,
        send: Callable[[float], Awaitable[None]],
    ) -> None:
        begin = self._clock.monotonic()
        point = start_c
        while point != target_c:
            await self._clock.sleep(STEP_S)
            async with self._stepping:
                if self._task is not asyncio.current_task():
                    return
                point = along(start_c, target_c, ramp_k_per_min, self._clock.monotonic() - begin)
                try:
                    await send(point)
                except BenchError as problem:
                    self.problem = problem
                    return
