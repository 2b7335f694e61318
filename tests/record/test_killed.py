from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from wattest.clock import VirtualClock
from wattest.record import Recorder, form, read_record, recorder, verify_chain

WRITER = """
import sys
from wattest.clock import VirtualClock
from wattest.record import Recorder

with VirtualClock() as clock:
    recorder = Recorder.open(sys.argv[1], clock, preamble={})
    recorder.note("header")
    while True:
        seq = recorder.note("verdict" if recorder.count % 50 == 0 else "frame", raw="x" * (recorder.count % 700))
        print(seq, flush=True)
"""


@pytest.mark.real_time
@pytest.mark.parametrize("after", [1, 17, 400, 1234])
def test_kill_minus_nine_loses_nothing_acknowledged(tmp_path: Path, after: int) -> None:
    """Every number that note returned is in the file, the chain holds, and nothing reads as sealed."""
    path = tmp_path / "record.jsonl"
    with subprocess.Popen([sys.executable, "-c", WRITER, str(path)], stdout=subprocess.PIPE) as writer:
        assert writer.stdout is not None
        for _ in range(after):
            writer.stdout.readline()
        writer.send_signal(signal.SIGKILL)
        last = [line for line in writer.stdout.read().split(b"\n")[:-1] if line]
    acknowledged = int(last[-1]) if last else after + 1
    found = {fault.flaw for fault in verify_chain(path)}
    assert "unsealed" in found
    assert found <= {"unsealed", "torn"}
    record = read_record(path)
    assert record.footer is None
    assert record.lines > acknowledged
    with VirtualClock() as clock, Recorder.resume(path, clock) as resumed:
        resumed.seal({})
    assert verify_chain(path) == []


class Aborted(Exception):
    pass


@contextmanager
def aborted_at(count: int) -> Iterator[list[int]]:
    """Raise ``Aborted`` at the count-th line that the recorder's own code executes, as a signal handler may."""
    left = [count]
    files = {recorder.__file__, form.__file__}

    def trace(frame: FrameType, event: str, _arg: Any) -> Any:
        # Only where CPython would deliver a signal with the lock still properly held: below note() and seal().
        if frame.f_code.co_filename not in files or frame.f_code.co_name in {"note", "seal"}:
            return trace
        if event == "line":
            left[0] -= 1
            if left[0] == 0:
                raise Aborted
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        yield left
    finally:
        sys.settrace(before)


def test_a_signal_in_the_middle_of_a_note_does_not_break_the_chain(
    clock: VirtualClock, tmp_path: Path
) -> None:
    """Wherever a handler's exception strikes, the next entry goes on in a chain that holds."""
    for count in range(1, 100):
        made = Recorder.open(tmp_path / f"{count}.jsonl", clock, durable=False)
        made.note("header")
        with aborted_at(count) as left:
            try:
                made.note("reading", value="struck")
            except Aborted:
                with aborted_at(count // 2), suppress(Aborted):
                    made.note("reading", value="struck again")
        made.note("reading", value="after")
        assert made.entries(since=made.count - 1)[0]["value"] == "after"
        made.seal({})
        assert verify_chain(made.path) == []
        if left[0] > 0:
            break
    assert 10 < count < 99


def test_a_signal_in_the_middle_of_sealing_leaves_a_seal_or_none(clock: VirtualClock, tmp_path: Path) -> None:
    """Either the footer stands, whole, or the run is not sealed; nothing comes after it."""
    sealed = set()
    for count in range(1, 100):
        made = Recorder.open(tmp_path / f"{count}.jsonl", clock, durable=False)
        made.note("header")
        with aborted_at(count) as left, suppress(Aborted):
            made.seal({})
        made.close()
        flaws = {fault.flaw for fault in verify_chain(made.path)}
        assert flaws <= {"unsealed"}
        sealed.add(not flaws)
        if left[0] > 0:
            break
    assert sealed == {True, False}
    assert 10 < count < 99
