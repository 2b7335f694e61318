"""Whether a record is whole: every line where and as it was written, and the seal at its end."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Literal

import orjson

from wattest.errors import RecordError
from wattest.record.form import ZEROS, digest, seal_holds

LONGEST = 64 * 1024 * 1024
"""Bytes in one line; more is not a record of ours, and is not read into memory."""

Flaw = Literal[
    "torn", "unsealed", "damaged", "changed", "missing", "order", "duplicate", "header", "footer", "more"
]


@dataclass(frozen=True)
class Fault:
    """One thing wrong with a record. ``line_no`` counts from 1, as editors do: entry 0 stands in line 1."""

    line_no: int
    sentence: str
    flaw: Flaw = "damaged"

    def __str__(self) -> str:
        return self.sentence


Progress = Callable[[int, int], object]


def verify_chain(path: str | Path, *, progress: Progress | None = None, most: int = 50) -> list[Fault]:
    """Every fault of a record, in the order of the file; an empty list when it is whole and sealed.

    Finds lines that were edited, dropped, swapped, duplicated, inserted or torn, and a missing or altered footer.
    Reads line by line, so that a record of any size can be checked. ``progress(bytes_done, bytes_in_all)`` is called
    now and then. After ``most`` faults the rest is not listed. Raises ``RecordError`` when there is no file to read.
    """
    with open_record(path) as file:
        size = Path(path).stat().st_size
        walk = _Walk()
        done = 0
        for raw in raw_lines(file):
            walk.step(raw)
            done += len(raw)
            if progress is not None and walk.number % 10_000 == 0:
                progress(done, size)
            if len(walk.faults) >= most:
                walk.give_up()
                break
        else:
            walk.end()
        if progress is not None:
            progress(size, size)
    return walk.faults


def open_record(path: str | Path) -> BinaryIO:
    """The file, open for reading. Raises ``RecordError`` with the system's reason."""
    try:
        return Path(path).open("rb")
    except OSError as error:
        raise RecordError(f"The record {path} cannot be read: {error.strerror}.") from error


def raw_lines(file: BinaryIO) -> Iterator[bytes]:
    """Lines with their line feeds; one longer than ``LONGEST`` comes in pieces that no longer parse."""
    while raw := file.readline(LONGEST):
        yield raw


class _Walk:
    """One pass over the lines of a record, one line of state."""

    def __init__(self) -> None:
        self.number = 0
        self.faults: list[Fault] = []
        self._next = 0
        self._head = ZEROS
        self._preamble = ""
        self._doubtful = False
        self._gaps: list[range] = []
        self._sealed = False

    def step(self, raw: bytes) -> None:
        """Check one line against the one before."""
        self.number += 1
        line = raw[:-1]
        # The usual line costs two comparisons and one hash; only one that does not fit is parsed.
        if (
            self._next > 1
            and raw.startswith(b'{"seq":%d,' % self._next)
            and raw.endswith(b',"prev":"%b"}\n' % self._head.encode())
            and not self._sealed
        ):
            self._accept(self._next, line)
        elif raw[-1:] != b"\n":
            self._say(
                "torn",
                f"Line {self.number} is torn: it breaks off after {len(raw)} bytes, as when a run is killed. "
                "What stands before it holds.",
            )
        elif self._sealed:
            self._say(
                "footer",
                f"Line {self.number} stands after the footer: it was added after the run was sealed.",
            )
        elif (entry := parse_entry(line)) is None:
            self._say("damaged", f"Line {self.number} is no entry of a record: it was damaged or put in.")
            self._doubtful = True
        else:
            self._look_closer(entry, line)

    def end(self) -> None:
        """Say what is missing at the end of the file."""
        if self.number == 0:
            self._say(
                "unsealed", "The file is empty: not even a preamble was written, so this is not a result."
            )
        elif not self._sealed:
            self._say(
                "unsealed",
                f"The run was not sealed: not a result. The record ends at line {self.number} without a footer, "
                "because the run was stopped, or because its tail was cut off.",
            )

    def give_up(self) -> None:
        """Say that there may be more faults than were listed."""
        self._say("more", f"The check stopped at line {self.number}, after {len(self.faults)} faults.")

    def _look_closer(self, entry: dict[str, Any], line: bytes) -> None:
        seq = entry["seq"]
        if seq < self._next:
            if any(seq in gap for gap in self._gaps):
                self._say(
                    "order", f"Line {self.number} holds entry {seq} out of its place: lines were swapped."
                )
            else:
                self._say(
                    "duplicate", f"Line {self.number} holds entry {seq} a second time: a line was repeated."
                )
            return
        # A line that is known to be damaged explains a link and a number that do not fit.
        if seq > self._next + self._doubtful:
            gap = (
                f"Entry {self._next} is"
                if seq == self._next + 1
                else f"Entries {self._next} to {seq - 1} are"
            )
            self._say("missing", f"{gap} missing before line {self.number}.")
            self._gaps.append(range(self._next, seq))
        elif seq > 0 and entry["prev"] != self._head and not self._doubtful:
            self._say_unlinked(seq)
        elif (
            seq > 0
            and not self._doubtful
            and entry["kind"] != "footer"
            and not _as_written(seq, entry["prev"], line)
        ):
            self._say(
                "changed",
                f"Line {self.number} was changed: it is not in the form in which a record is written.",
            )
        self._check_place(seq, entry, line)
        self._accept(seq, line)

    def _say_unlinked(self, seq: int) -> None:
        if seq == 1:
            self._say("changed", "Line 2 was changed: the chain begins there, with 64 zeros as its link.")
            return
        self.faults.append(
            Fault(
                self.number - 1,
                f"Line {self.number - 1} is not the line that line {self.number} was chained to: "
                "one of the two was changed after it was written.",
                "changed",
            )
        )

    def _check_place(self, seq: int, entry: dict[str, Any], line: bytes) -> None:
        """Preamble, header and footer stand where they must, and the footer tells the truth."""
        expected = {0: "preamble", 1: "header"}.get(seq)
        if expected is not None and entry["kind"] != expected:
            self._say(
                "header", f"Line {self.number} is of kind {entry['kind']!r}, where the {expected} must stand."
            )
        if entry["kind"] != "footer":
            return
        self._sealed = True
        if not seal_holds(line):
            self._say("footer", "The footer was changed: its seal does not fit what it says.")
        elif entry.get("entries") != seq or entry.get("head") != entry["prev"]:
            self._say("footer", f"The footer does not belong to the {seq} entries before it.")
        elif entry.get("preamble_sha256") != self._preamble:
            self._say("changed", "The preamble was changed: its hash is not the one that the footer sealed.")

    def _accept(self, seq: int, line: bytes) -> None:
        self._next = seq + 1
        self._doubtful = False
        if seq == 0:
            self._preamble = digest(line)
        else:
            self._head = digest(line)

    def _say(self, flaw: Flaw, sentence: str) -> None:
        self.faults.append(Fault(self.number or 1, sentence, flaw))


def parse_entry(line: bytes) -> dict[str, Any] | None:
    """The entry in a line, or None when it is not one."""
    try:
        entry = orjson.loads(line)
    except orjson.JSONDecodeError:
        return None
    if not isinstance(entry, dict):
        return None
    if (
        type(entry.get("seq")) is not int
        or not isinstance(entry.get("kind"), str)
        or not isinstance(entry.get("prev"), str)
    ):
        return None
    return entry


def _as_written(seq: int, prev: str, line: bytes) -> bool:
    return line.startswith(b'{"seq":%d,' % seq) and line.endswith(b',"prev":"%b"}' % prev.encode())
