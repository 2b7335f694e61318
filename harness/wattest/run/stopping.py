"""Signals during a run: the bench is made safe, fixtures are torn down, and the record says what happened.

pytest skips teardown on SIGTERM and SIGHUP, and Allure takes a test that was interrupted by SIGINT for passed. Here
all three end the running test with an ordinary exception, and the session after it.
"""

from __future__ import annotations

import signal
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from wattest.errors import RunAborted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType

    import pytest

STOPPING = ("SIGINT", "SIGTERM", "SIGHUP")


class Stopper:
    """Takes the place of the handlers of three signals while scenarios run; ``told`` hears the reason first.

    The first signal raises ``RunAborted`` where a test runs or is set up. Between tests and during teardown it only
    asks the session to stop: what makes a bench safe is never interrupted, by a second signal neither.
    """

    def __init__(self, session: pytest.Session, told: Callable[[str], object]) -> None:
        self.reason: str | None = None
        self._session = session
        self._told = told
        self._interruptible = False

    @contextmanager
    def installed(self) -> Iterator[None]:
        """While the session runs its tests; nothing outside the main thread, where Python has no handlers."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before: dict[int, Any] = {}
        for name in STOPPING:
            number = getattr(signal, name, None)
            if number is not None:
                before[number] = signal.signal(number, self._stop)
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    @contextmanager
    def interruptible(self) -> Iterator[None]:
        """A test runs or is set up: a signal ends it. Raises ``RunAborted`` when the run was stopped before it began."""
        self._interruptible = True
        try:
            if self.reason is not None:
                raise RunAborted(f"The run was {self.reason} before this began.")
            yield
        finally:
            self._interruptible = False

    def _stop(self, number: int, _frame: FrameType | None) -> None:
        if self.reason is not None:
            return
        self.reason = f"stopped by {signal.Signals(number).name}"
        self._session.shouldstop = self.reason
        self._told(self.reason)
        if self._interruptible:
            raise RunAborted(f"The run was {self.reason}.")
