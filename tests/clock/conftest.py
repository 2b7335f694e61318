from __future__ import annotations

from collections.abc import Iterator

import pytest

from wattest.clock import VirtualClock


@pytest.fixture
def clock() -> Iterator[VirtualClock]:
    with VirtualClock() as clock:
        yield clock
