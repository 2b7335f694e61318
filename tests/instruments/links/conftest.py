from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from wattest.clock import RealClock, VirtualClock
from wattest.roles import Surroundings


class Notebook:
    """A clock, and a list in the place of a record."""

    def __init__(self, clock: VirtualClock | RealClock) -> None:
        self.clock = clock
        self.notes: list[tuple[str, dict[str, Any]]] = []

    def note(self, kind: str, /, **fields: Any) -> int:
        self.notes.append((kind, fields))
        return len(self.notes) - 1

    def around(self, role: str = "reference_meter") -> Surroundings:
        return Surroundings(clock=self.clock, note=self.note, role=role, folder=".")

    def run(self, coro: Coroutine[Any, Any, Any]) -> Any:
        return self.clock.run(coro)

    def told(self, *names: str) -> list[tuple[Any, ...]]:
        """These fields of every exchange."""
        return [tuple(fields[name] for name in names) for _, fields in self.notes]


@pytest.fixture
def notebook() -> Any:
    with VirtualClock() as clock:
        yield Notebook(clock)


@pytest.fixture
def real_notebook() -> Any:
    with RealClock() as clock:
        yield Notebook(clock)


@pytest.fixture
def names() -> Callable[[], str]:
    """Names of twins in memory that no other test uses."""
    import itertools

    numbers = itertools.count()
    return lambda: f"twin-{id(numbers)}-{next(numbers)}"
