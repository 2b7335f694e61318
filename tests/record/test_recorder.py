from __future__ import annotations

import errno
import os
import threading
from pathlib import Path
from typing import Any

import pytest

from wattest.clock import VirtualClock
from wattest.errors import RecordError
from wattest.record import Recorder, form, group_sync, host, read_record, verify_chain


def test_a_line_reads_as_documented(clock: VirtualClock, tmp_path: Path) -> None:
    """Number, times, kind, fields in their order, and the hash of the line before."""
    with Recorder.open(tmp_path / "record.jsonl", clock, preamble={}) as recorder:
        recorder.note("header", format=1)
        clock.run(clock.sleep(12.5))
        assert recorder.note("exchange", role="mains", op="write", tx="OUTP ON", rx=None) == 2
        assert recorder.count == 3
    preamble, header, line = (tmp_path / "record.jsonl").read_bytes().splitlines()
    assert preamble == (
        b'{"seq":0,"t":0.0,"utc":"2026-01-15T12:00:00.000000Z","kind":"preamble","prev":"%b"}' % (b"0" * 64)
    )
    assert header.endswith(b',"kind":"header","format":1,"prev":"%b"}' % (b"0" * 64))
    assert line == (
        b'{"seq":2,"t":12.5,"utc":"2026-01-15T12:00:12.500000Z","kind":"exchange",'
        b'"role":"mains","op":"write","tx":"OUTP ON","rx":null,"prev":"%b"}' % form.digest(header).encode()
    )


@pytest.mark.parametrize("durable", [True, False])
def test_a_sealed_record_is_whole(clock: VirtualClock, tmp_path: Path, durable: bool) -> None:
    """Preamble, header, entries and footer verify, with or without syncing to the disk."""
    path = tmp_path / "new" / "folder" / "record.jsonl"
    recorder = Recorder.open(path, clock, durable=durable)
    recorder.note("header", format=1)
    recorder.note("check", name="energy", outcome="pass")
    recorder.note("check", name="energy", outcome="fail")
    recorder.note("verdict", verdict="fail")
    recorder.sync()
    recorder.seal({"MET-01": "fail"})
    recorder.sync()
    recorder.close()
    assert verify_chain(path) == []
    footer = read_record(path).footer
    assert footer is not None
    assert footer["entries"] == 5
    assert footer["verdicts"] == {"MET-01": "fail"}


def test_the_preamble_tells_where_it_ran(
    clock: VirtualClock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Unless it is given, the preamble holds start, host, Python, packages and command."""
    monkeypatch.setattr(host, "PACKAGES", ("orjson", "no-such-distribution"))
    Recorder.open(tmp_path / "record.jsonl", clock).close()
    preamble = read_record(tmp_path / "record.jsonl").preamble
    assert {"started", "host", "python", "packages", "command"} <= set(preamble)
    assert preamble["packages"]["no-such-distribution"] is None
    assert preamble["packages"]["orjson"]


def test_equal_runs_leave_equal_bytes(write: Any) -> None:
    """The same entries at the same virtual times give the same file."""
    assert write().read_bytes() == write().read_bytes()


def test_only_preamble_and_footer_know_the_host(tmp_path: Path) -> None:
    """Another host changes the first line and the hash of it in the footer, and not one line between."""
    files = []
    for name in ("bench 1", "bench 2"):
        path = tmp_path / name / "record.jsonl"
        with VirtualClock() as clock, Recorder.open(path, clock, preamble={"host": name}) as recorder:
            for number in range(5):
                recorder.note("header" if number == 0 else "reading", value=number)
            recorder.seal({})
        files.append(path.read_bytes().splitlines())
    assert files[0][1:-1] == files[1][1:-1]
    assert files[0][0] != files[1][0]
    assert files[0][-1] != files[1][-1]


def test_entries_are_what_a_reader_of_the_file_gets(clock: VirtualClock, tmp_path: Path) -> None:
    """The entries since a number come as parsed from the file, before and after it is sealed."""
    recorder = Recorder.open(tmp_path / "record.jsonl", clock)
    for number in range(4):
        recorder.note("header" if number == 0 else "reading", value=number, flags=frozenset({"over-range"}))
    before = recorder.entries()
    assert [entry["seq"] for entry in before] == [0, 1, 2, 3, 4]
    assert [entry["seq"] for entry in recorder.entries(since=3)] == [3, 4]
    assert recorder.entries(since=-1) == before
    assert recorder.entries(since=5) == []
    recorder.seal({})
    assert recorder.entries(since=5)[0]["kind"] == "footer"
    assert tuple(recorder.entries()) == read_record(recorder.path).entries


def test_threads_may_note_at_once(clock: VirtualClock, tmp_path: Path) -> None:
    """Entries of several threads stand one after the other, each thread's in its order."""
    recorder = Recorder.open(tmp_path / "record.jsonl", clock, durable=False)
    recorder.note("header")

    def note(thread: int) -> None:
        for number in range(200):
            recorder.note("reading", thread=thread, number=number)

    threads = [threading.Thread(target=note, args=(thread,)) for thread in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    recorder.seal({})
    assert verify_chain(recorder.path) == []
    for thread_number in range(4):
        mine = [entry["number"] for entry in recorder.entries() if entry.get("thread") == thread_number]
        assert mine == list(range(200))


def test_the_clock_may_be_replaced_between_scenarios(clock: VirtualClock, tmp_path: Path) -> None:
    """Each scenario may bring a clock of its own."""
    with Recorder.open(tmp_path / "record.jsonl", clock) as recorder, VirtualClock() as other:
        other.run(other.sleep(7))
        recorder.clock = other
        recorder.note("header")
        assert recorder.entries(since=1)[0]["t"] == 7.0


def test_leaving_without_a_seal_is_not_a_result(clock: VirtualClock, tmp_path: Path) -> None:
    """The context manager closes the file and leaves it unsealed."""
    with Recorder.open(tmp_path / "record.jsonl", clock) as recorder:
        recorder.note("header")
    assert read_record(recorder.path).footer is None
    with pytest.raises(RecordError, match=r"is closed: nothing more can be noted in it\.$"):
        recorder.note("reading")


def test_a_sealed_record_takes_nothing_more(clock: VirtualClock, tmp_path: Path) -> None:
    """After the footer nothing can be noted, and it cannot be sealed twice."""
    recorder = Recorder.open(tmp_path / "record.jsonl", clock)
    recorder.note("header")
    recorder.seal({})
    with pytest.raises(RecordError) as refused:
        recorder.note("reading")
    assert str(refused.value) == f"The record {recorder.path} is sealed: nothing more can be noted in it."
    with pytest.raises(RecordError, match="is sealed"):
        recorder.seal({})


def test_a_record_is_never_written_over(clock: VirtualClock, tmp_path: Path) -> None:
    """Opening where a record stands is refused with the way out."""
    path = tmp_path / "record.jsonl"
    Recorder.open(path, clock).close()
    before = path.read_bytes()
    with pytest.raises(RecordError) as refused:
        Recorder.open(path, clock)
    assert str(refused.value) == (
        f"The record {path} exists already, and a record is never written over: "
        "choose another folder, or resume the run that it belongs to."
    )
    assert path.read_bytes() == before


def test_a_folder_that_cannot_be_made_is_a_sentence(clock: VirtualClock, tmp_path: Path) -> None:
    """A file where the folder should be is told with the system's reason."""
    (tmp_path / "run").write_text("")
    with pytest.raises(RecordError) as refused:
        Recorder.open(tmp_path / "run" / "record.jsonl", clock)
    assert str(refused.value).startswith(
        f"The record {tmp_path / 'run' / 'record.jsonl'} cannot be created: "
    )


def test_a_full_disk_ends_the_record_at_a_whole_line(
    clock: VirtualClock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When the disk fills up in the middle of a line, the line is taken back and nothing more is written."""
    recorder = Recorder.open(tmp_path / "record.jsonl", clock)
    recorder.note("header")
    whole = recorder.path.read_bytes()
    real_write, calls = os.write, iter([10, -1])

    def write(fd: int, data: bytes) -> int:
        size = next(calls)
        if size < 0:
            raise OSError(errno.ENOSPC, "No space left on device")
        return real_write(fd, data[:size])

    monkeypatch.setattr(os, "write", write)
    with pytest.raises(RecordError) as full:
        recorder.note("reading", value=1)
    monkeypatch.undo()
    assert str(full.value) == (
        f"The record {recorder.path} cannot be written any more: No space left on device. "
        "It ends with entry 1 and is not sealed: make room, then resume the run."
    )
    assert recorder.path.read_bytes() == whole
    with pytest.raises(
        RecordError, match=r"is broken: entry 2 could not be written \(No space left on device\)"
    ):
        recorder.note("reading", value=2)
    with pytest.raises(RecordError, match="is broken"):
        recorder.seal({})
    recorder.close()
    with Recorder.resume(recorder.path, clock) as resumed:
        resumed.note("reading", value=1)
        resumed.seal({})
    assert verify_chain(recorder.path) == []


def test_a_write_in_pieces_makes_one_line(
    clock: VirtualClock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The system may take a line in pieces."""
    real_write = os.write
    monkeypatch.setattr(os, "write", lambda fd, data: real_write(fd, data[:7]))
    with Recorder.open(tmp_path / "record.jsonl", clock) as recorder:
        recorder.note("header")
        recorder.seal({})
    assert verify_chain(recorder.path) == []


def test_a_disk_that_fails_to_sync_is_told(
    clock: VirtualClock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A sync that fails, at once or in the group, ends the record: what it acknowledged must be on the disk."""

    def fail(_fd: int) -> None:
        raise OSError(errno.EIO, "Input/output error")

    at_once = Recorder.open(tmp_path / "1.jsonl", clock)
    in_group = Recorder.open(tmp_path / "2.jsonl", clock)
    monkeypatch.setattr(os, "fdatasync", fail)
    with pytest.raises(RecordError, match=r"1\.jsonl cannot be written any more: Input/output error\."):
        at_once.note("verdict")
    in_group.note("reading")
    assert in_group._group is not None
    in_group._group._thread.join(10)
    with pytest.raises(RecordError, match=r"2\.jsonl cannot be written any more: Input/output error\."):
        in_group.note("reading")
    at_once.close()
    in_group.close()


def test_the_group_sync_comes_without_being_asked(
    clock: VirtualClock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What needs no sync of its own is synced by the group within a moment, many entries at a time."""
    monkeypatch.setattr(group_sync, "GROUP_S", 0.001)
    synced = threading.Event()
    sizes: list[int] = []
    real_sync = os.fdatasync

    def fdatasync(fd: int) -> None:
        real_sync(fd)
        sizes.append(os.fstat(fd).st_size)
        synced.set()

    monkeypatch.setattr(os, "fdatasync", fdatasync)
    with Recorder.open(tmp_path / "record.jsonl", clock) as recorder:
        recorder.note("reading")
        assert synced.wait(10)
        synced.clear()
        recorder.note("reading")
        assert synced.wait(10)
    assert sizes[-1] == recorder.path.stat().st_size


def test_resume_goes_on_in_the_chain(clock: VirtualClock, write: Any) -> None:
    """A stopped run goes on where it stood, says from where, and can be sealed."""
    path = write(6, sealed=False)
    stopped = path.read_bytes()
    with Recorder.resume(path, clock, reason="power cut") as recorder:
        assert recorder.note("reading", value=1) == 6
        recorder.seal({})
    assert path.read_bytes().startswith(stopped)
    assert verify_chain(path) == []
    resumed = read_record(path).entries[5]
    assert (resumed["kind"], resumed["from_seq"], resumed["torn_bytes"]) == ("resumed", 4, 0)
    assert resumed["reason"] == "power cut"


@pytest.mark.parametrize("left", [1, 40, -1])
def test_resume_leaves_out_a_torn_line(clock: VirtualClock, write: Any, left: int) -> None:
    """However much of the last line was written, it is cut off and the rest kept."""
    path = write(6, sealed=False)
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[:-1]) + lines[-1][:left])
    with Recorder.resume(path, clock) as recorder:
        torn = recorder.entries(since=4)[0]
        recorder.seal({})
    assert torn["from_seq"] == 3
    assert torn["torn_bytes"] == len(lines[-1][:left])
    assert verify_chain(path) == []


def test_resume_refuses_what_must_not_go_on(clock: VirtualClock, write: Any, tmp_path: Path) -> None:
    """A sealed, broken, empty, missing or busy record is refused, and left as it is."""

    def refused(path: Path) -> str:
        before = path.read_bytes() if path.exists() else b""
        with pytest.raises(RecordError) as refusal:
            Recorder.resume(path, clock)
        assert (path.read_bytes() if path.exists() else b"") == before
        return str(refusal.value)

    sealed = write()
    assert refused(sealed) == (
        f"The record {sealed} is sealed, and a sealed record is never added to: start a new run."
    )
    broken = write(sealed=False)
    broken.write_bytes(broken.read_bytes().replace(b'"rx":"2"', b'"rx":"9"'))
    assert refused(broken) == (
        f"The record {broken} cannot be resumed. Line 5 is not the line that line 6 was chained to: "
        "one of the two was changed after it was written."
    )
    empty = tmp_path / "empty.jsonl"
    empty.touch()
    assert refused(empty).endswith("holds no header: the run stopped before it began. Start a new one.")
    Recorder.open(tmp_path / "begun.jsonl", clock).close()
    assert "holds no header" in refused(tmp_path / "begun.jsonl")
    missing = tmp_path / "missing.jsonl"
    assert refused(missing) == f"The record {missing} cannot be resumed: No such file or directory."
    with Recorder.open(tmp_path / "busy.jsonl", clock) as busy:
        assert refused(busy.path) == f"The record {busy.path} is being written by another process."


def test_an_impossible_value_leaves_the_record_usable(clock: VirtualClock, tmp_path: Path) -> None:
    """A value that no record can hold is refused with its place, and the next entry takes its number."""
    with Recorder.open(tmp_path / "record.jsonl", clock) as recorder:
        recorder.note("header")
        bad: Any = {"parts": [1, object()]}
        with pytest.raises(RecordError) as refused:
            recorder.note("reading", raw=bad)
        assert str(refused.value).startswith(
            "The field reading.raw.parts[1] is of type object, which the record cannot hold: give text, a number"
        )
        assert recorder.note("reading", raw="1") == 2
        recorder.seal({})
    assert verify_chain(recorder.path) == []
