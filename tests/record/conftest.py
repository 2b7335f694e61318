from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from wattest.clock import VirtualClock
from wattest.record import Recorder

Write = Callable[..., Path]


@pytest.fixture
def clock() -> Iterator[VirtualClock]:
    with VirtualClock() as clock:
        yield clock


@pytest.fixture(scope="module")
def write(tmp_path_factory: pytest.TempPathFactory) -> Write:
    """Writes a small record into a folder of its own and returns its path."""

    def write(entries: int = 8, *, sealed: bool = True) -> Path:
        path = tmp_path_factory.mktemp("run") / "record.jsonl"
        with VirtualClock() as clock, Recorder.open(path, clock, preamble={"host": "bench 4"}) as recorder:
            recorder.note("header", format=1, seed=0)
            for number in range(entries - 3):
                clock.run(clock.sleep(0.25))
                recorder.note("exchange", role="reference_meter", op="query", tx=":NUM:VAL?", rx=str(number))
            if sealed:
                recorder.seal({"MET-01": "pass"})
        return path

    return write
