"""What one can wait for: events of the station, and what happens to its link."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from wattest.clock import Clock
from wattest.ocpp.neutral import Event

LinkEvent = Literal["opened", "refused", "closed", "lost", "handshake_failed"]
By = Literal["station", "csms", "network"]


@dataclass(frozen=True)
class Link:
    """A station came, was turned away, or went. ``code`` is a WebSocket close code or an HTTP status."""

    station: str
    event: LinkEvent
    subprotocol: str = ""
    code: int | None = None
    reason: str = ""
    by: By = "station"


@dataclass(frozen=True)
class Seen:
    """An event, the record entry that proves it, the bench's monotonic time, and its position in ``mark``'s count."""

    event: Event | Link
    seq: int
    t_s: float
    index: int


KEPT = 1000
"""Events that can still be waited for in the past: an hour of a busy station, days of a quiet one."""


class Happenings:
    """What happened lately, in order, and those who wait for more."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._seen: deque[Seen] = deque(maxlen=KEPT)
        self._count = 0
        self._waiting: dict[asyncio.Future[Seen], Callable[[Event | Link], bool]] = {}

    def __len__(self) -> int:
        return self._count

    def tell(self, event: Event | Link, seq: int) -> None:
        """Note an event and wake those who wait for it. An exception of a predicate goes to the one who waits."""
        seen = Seen(event, seq, self._clock.monotonic(), self._count)
        self._count += 1
        self._seen.append(seen)
        if not self._waiting:
            return
        for future, predicate in list(self._waiting.items()):
            if future.done():
                continue
            try:
                if predicate(event):
                    future.set_result(seen)
            except Exception as error:  # noqa: BLE001 - a wrong predicate must not end the station's session
                future.set_exception(error)

    async def wait_for(
        self, predicate: Callable[[Event | Link], bool], *, within_s: float, since: int | None = None
    ) -> Seen:
        """The first event from position ``since`` on (from now on when None). Raises ``TimeoutError``."""
        if since is not None:
            for seen in self._seen:
                if seen.index >= since and predicate(seen.event):
                    return seen
        future: asyncio.Future[Seen] = asyncio.get_running_loop().create_future()
        self._waiting[future] = predicate
        try:
            async with asyncio.timeout(within_s):
                return await future
        finally:
            del self._waiting[future]
