"""Scripted answers: what a step wants the next calls of an action to be answered with.

::

    csms.answers.delay("Authorize", 20.0)
    csms.answers.reject("StopTransaction", "InternalError", count=2)
    csms.answers.boot("Pending", interval=60)

Plans are used up in the order in which they were made; then the default answers are back.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

Registration = Literal["Accepted", "Pending", "Rejected"]


@dataclass(frozen=True)
class Hold:
    """Keep the answer until ``release``."""


@dataclass(frozen=True)
class Delay:
    """Send the answer ``seconds`` later."""

    seconds: float


@dataclass(frozen=True)
class Drop:
    """Send no answer."""


@dataclass(frozen=True)
class Reject:
    """Answer with a CALLERROR."""

    code: str


@dataclass(frozen=True)
class Replace:
    """Answer with this payload."""

    payload: Mapping[str, Any]


@dataclass(frozen=True)
class Corrupt:
    """Send this text in place of the answer; ``{id}`` in it becomes the message id."""

    raw: str


Plan = Hold | Delay | Drop | Reject | Replace | Corrupt


class Answers:
    """Plans per action, and the answer that BootNotification gets."""

    def __init__(self) -> None:
        self.registration: Registration = "Accepted"
        self.interval_s = 300
        self._plans: dict[str, deque[Plan]] = {}
        self._held: dict[str, list[Callable[[], None]]] = {}

    def hold(self, action: str, count: int = 1) -> None:
        """Keep back the answers to the next calls of an action."""
        self._plan(action, Hold(), count)

    def release(self, action: str) -> int:
        """Send the answers that were held, and hold no more; returns how many were sent."""
        plans = self._plans.get(action, deque())
        self._plans[action] = deque(plan for plan in plans if not isinstance(plan, Hold))
        held = self._held.pop(action, [])
        for send in held:
            send()
        return len(held)

    def delay(self, action: str, seconds: float, count: int = 1) -> None:
        """Answer the next calls late."""
        self._plan(action, Delay(seconds), count)

    def drop(self, action: str, count: int = 1) -> None:
        """Never answer the next calls."""
        self._plan(action, Drop(), count)

    def reject(self, action: str, code: str = "InternalError", count: int = 1) -> None:
        """Answer the next calls with a CALLERROR of this code."""
        self._plan(action, Reject(code), count)

    def replace(self, action: str, payload: Mapping[str, Any], count: int = 1) -> None:
        """Answer the next calls with this payload, whatever the schema says of it."""
        self._plan(action, Replace(payload), count)

    def corrupt(self, action: str, raw: str, count: int = 1) -> None:
        """Send this text instead of the next answers; ``{id}`` in it becomes the message id."""
        self._plan(action, Corrupt(raw), count)

    def boot(self, status: Registration, interval: int = 300) -> None:
        """Answer BootNotification with this status from now on; ``interval`` in seconds."""
        self.registration, self.interval_s = status, interval

    def clear(self) -> None:
        """Forget all plans; answers that are held are never sent."""
        self._plans.clear()
        self._held.clear()
        self.boot("Accepted")

    def take(self, action: str) -> Plan | None:
        """The plan for a call of this action, used up; None for the default answer."""
        plans = self._plans.get(action)
        return plans.popleft() if plans else None

    def keep(self, action: str, send: Callable[[], None]) -> None:
        """Remember how to send an answer that is held."""
        self._held.setdefault(action, []).append(send)

    def _plan(self, action: str, plan: Plan, count: int) -> None:
        self._plans.setdefault(action, deque()).extend([plan] * count)
