from __future__ import annotations

import gc
from pathlib import Path
from typing import Any

import pytest

from wattest.errors import RecordError
from wattest.record import read_entries, read_record


def test_entries_are_found_by_their_number(write: Any) -> None:
    """Every line is an entry at the index that evidence points to."""
    path = write(8)
    record = read_record(path)
    assert [entry["seq"] for entry in record.entries] == list(range(8))
    assert record.entries[4]["rx"] == "2"
    assert record.preamble["host"] == "bench 4"
    assert record.header["format"] == 1
    assert record.footer is not None
    assert record.footer["verdicts"] == {"MET-01": "pass"}
    assert (record.lines, record.path, record.torn) == (8, str(path), False)
    assert list(read_entries(path)) == list(record.entries)


def test_a_stopped_run_reads_as_far_as_it_goes(write: Any) -> None:
    """Without a footer there is none, a torn line is left out, and a torn footer seals nothing."""
    path = write(8, sealed=False)
    assert read_record(path).footer is None
    path.write_bytes(path.read_bytes()[:-5])
    torn = read_record(path)
    assert (torn.lines, torn.footer, torn.torn) == (6, None, True)
    sealed = write(8)
    sealed.write_bytes(sealed.read_bytes()[:-1])
    torn = read_record(sealed)
    assert (torn.lines, torn.footer, torn.torn) == (7, None, True)
    sealed = write(8)
    sealed.write_bytes(sealed.read_bytes() + b"{")
    assert read_record(sealed).footer is None


def test_a_run_killed_at_once_has_no_header(write: Any) -> None:
    """A preamble alone reads with an empty header."""
    path = write(8)
    path.write_bytes(path.read_bytes().splitlines(keepends=True)[0])
    assert read_record(path).header == {}
    path.write_bytes(path.read_bytes() + b'{"seq":1,"kind":"reading","prev":""}\n')
    assert read_record(path).header == {}


def test_what_is_no_record_is_refused(write: Any, tmp_path: Path) -> None:
    """A line that is no entry, one at the wrong place, and another file are each told with their line."""
    path = write(8)
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join([*lines[:3], b"garbage\n", *lines[4:]]))
    with pytest.raises(RecordError) as damaged:
        read_record(path)
    assert str(damaged.value) == f"{path}:4: this line is no entry of a record."
    path.write_bytes(b"".join([*lines[:3], *lines[4:]]))
    with pytest.raises(RecordError) as missing:
        read_record(path)
    assert str(missing.value) == (
        f"{path}:4: entry 4 stands where entry 3 should; `wattest verify` tells what happened to this record."
    )
    for content in (b"", b"torn", b'{"seq":0,"kind":"reading","prev":""}\n'):
        path.write_bytes(content)
        with pytest.raises(RecordError) as other:
            read_record(path)
        assert str(other.value) == f"{path}:1: this is not a record: it does not begin with a preamble."
    with pytest.raises(RecordError, match="cannot be read: No such file or directory"):
        read_record(tmp_path / "nowhere.jsonl")


def test_the_collector_is_left_as_it_was(write: Any) -> None:
    """Reading pauses the garbage collector and hands it back on or off, as it found it."""
    path = write(8)
    read_record(path)
    assert gc.isenabled()
    gc.disable()
    try:
        read_record(path)
        assert not gc.isenabled()
    finally:
        gc.enable()
