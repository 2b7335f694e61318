"""The handlers of SIGINT, SIGTERM and SIGHUP while scenarios run."""

from __future__ import annotations

import signal
import threading
from types import SimpleNamespace
from typing import Any

import pytest

from wattest.errors import RunAborted
from wattest.run.stopping import Stopper


@pytest.fixture
def told() -> list[str]:
    """Reasons that the campaign heard."""
    return []


@pytest.fixture
def session() -> Any:
    """As much of a session as is needed."""
    return SimpleNamespace(shouldstop=False)


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_a_running_test_is_ended(session: Any, told: list[str], name: str) -> None:
    """The signal ends the test with an ordinary exception, and the session after it."""
    stopper = Stopper(session, told.append)
    before = signal.getsignal(getattr(signal, name))
    with (
        stopper.installed(),
        pytest.raises(RunAborted, match=rf"^The run was stopped by {name}\.$"),
        stopper.interruptible(),
    ):
        signal.raise_signal(getattr(signal, name))
    assert session.shouldstop == f"stopped by {name}"
    assert told == [f"stopped by {name}"]
    assert signal.getsignal(getattr(signal, name)) is before


def test_teardown_is_not_ended(session: Any, told: list[str]) -> None:
    """Between tests and in teardown the signal is only remembered; a second one changes nothing."""
    stopper = Stopper(session, told.append)
    with stopper.installed():
        signal.raise_signal(signal.SIGTERM)
        signal.raise_signal(signal.SIGINT)
    assert (session.shouldstop, told) == ("stopped by SIGTERM", ["stopped by SIGTERM"])


def test_what_has_not_begun_does_not_begin(session: Any, told: list[str]) -> None:
    """A test that comes after the signal ends before its first line."""
    stopper = Stopper(session, told.append)
    with stopper.installed():
        signal.raise_signal(signal.SIGHUP)
        with (
            pytest.raises(RunAborted, match="The run was stopped by SIGHUP before this began"),
            stopper.interruptible(),
        ):
            pytest.fail("it began")


def test_another_thread_has_no_handlers(session: Any, told: list[str]) -> None:
    """Outside the main thread Python allows none, and none is wanted."""
    stopper = Stopper(session, told.append)
    before = signal.getsignal(signal.SIGTERM)
    seen: list[Any] = []

    def install() -> None:
        with stopper.installed():
            seen.append(signal.getsignal(signal.SIGTERM))

    thread = threading.Thread(target=install)
    thread.start()
    thread.join()
    assert seen == [before]
