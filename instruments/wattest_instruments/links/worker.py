"""One thread for one device, so that nobody else waits when the device hangs."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, TypeVar

T = TypeVar("T")

GRACE_S = 1.0
"""How much longer than its own time-out a call may take before it counts as stuck."""


class Stuck(Exception):
    """A call did not come back."""


class Worker:
    """Does one thing after another in a thread that dies with the process."""

    def __init__(self, name: str) -> None:
        self._jobs: queue.SimpleQueue[tuple[Callable[[], Any], Future[Any]] | None] = queue.SimpleQueue()
        threading.Thread(target=self._work, name=name, daemon=True).start()

    def call(self, job: Callable[[], T], limit_s: float) -> T:
        """Have it done and wait for the result, in real seconds. Raises ``Stuck``, or what the job raised."""
        done: Future[T] = Future()
        self._jobs.put((job, done))
        try:
            return done.result(limit_s)
        except TimeoutError:
            if done.done():  # the job's own time-out, not this one
                raise
            raise Stuck from None

    def end(self) -> None:
        """No more jobs; the thread ends after the one under way."""
        self._jobs.put(None)

    def _work(self) -> None:
        while (item := self._jobs.get()) is not None:
            job, done = item
            try:
                done.set_result(job())
            except BaseException as error:  # noqa: BLE001 - it is raised again where the result is awaited
                done.set_exception(error)
