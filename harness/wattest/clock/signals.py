"""Signals that arrive while an event loop runs in the main thread.

A handler that raises inside a loop raises into whichever callback happens to run, where asyncio logs it and
goes on. Here the loop is stopped first, and the handler is called after it.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

DEFERRED = tuple(
    getattr(signal, name)
    for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGALRM", "SIGBREAK")
    if hasattr(signal, name)
)
STUCK_S = 1.0
"""A loop that has not stopped this long after a signal is stuck in one callback: the handler then raises there."""

Caught = list[tuple[int, FrameType | None, Callable[[int, FrameType | None], object]]]


@contextmanager
def deferred(stop: Callable[[], object]) -> Iterator[Caught]:
    """Catch signals that have a Python handler, call ``stop`` at once, and hand them back in the list.

    The caller then calls each handler outside the loop. The second signal of a kind, or one that finds the loop
    stuck for ``STUCK_S``, goes to its handler directly. Does nothing outside the main thread.
    """
    caught: Caught = []
    if threading.current_thread() is not threading.main_thread():
        yield caught
        return
    main = threading.get_ident()
    before = {number: handler for number in DEFERRED if callable(handler := signal.getsignal(number))}
    timers: list[threading.Timer] = []

    def catch(number: int, frame: FrameType | None) -> None:
        handler = before[signal.Signals(number)]
        if any(number == earlier for earlier, _, _ in caught):
            handler(number, frame)
        else:
            caught.append((number, frame, handler))
            again = threading.Timer(STUCK_S, signal.pthread_kill, (main, number))
            again.daemon = True
            again.start()
            timers.append(again)
            stop()

    for number in before:
        signal.signal(number, catch)
    try:
        yield caught
    finally:
        for timer in timers:
            timer.cancel()
            timer.join()
        for number, handler in before.items():
            signal.signal(number, handler)
