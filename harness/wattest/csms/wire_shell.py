"""Frames of the central system on their way into a ``Wire``."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Coroutine
from typing import Any

from wattest.clock.network import Wire, WireClosed


class WireShell:
    """Sends frames over a ``Wire`` in order, at once when the session loop is not at work, else after it."""

    def __init__(self, wire: Wire) -> None:
        self.busy = False
        self._wire = wire
        self._out: deque[str] = deque()
        self._tasks: set[asyncio.Task[None]] = set()

    def post(self, text: str) -> None:
        """Send a frame soon."""
        self._out.append(text)
        if not self.busy:
            self._spawn(self.flush())

    def hang_up(self, code: int, reason: str) -> None:
        """Close the link soon."""
        self._spawn(self._wire.close(code, reason))

    def _spawn(self, coro: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(coro)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def flush(self) -> None:
        """Send what is waiting; what a closed link cannot take is lost, and the session loop learns why."""
        while self._out:
            try:
                await self._wire.send(self._out.popleft())
            except WireClosed:
                self._out.clear()

    def end(self) -> None:
        """Nothing more will be sent."""
        self._out.clear()
