"""Writing a record."""

from __future__ import annotations

import fcntl
import os
import secrets
import threading
from array import array
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Self

import orjson

from wattest.card_data import Look, hidden, suspect
from wattest.clock import Clock
from wattest.errors import RecordError
from wattest.record.chain import open_record, raw_lines, verify_chain
from wattest.record.form import ZEROS, digest, encode, kind_of, utc_text, with_seal
from wattest.record.group_sync import GroupSync
from wattest.record.host import host_facts
from wattest.record.reader import without_collector

SYNC_KINDS = frozenset(
    {"header", "verdict", "fault", "heal", "file", "safe", "aborted", "scenario", "scenario_end", "footer"}
)
"""Kinds that are on the disk when ``note`` returns, as are checks that did not pass."""

_BROKEN = "broken"


class Recorder:
    """Appends entries to one record; any thread may, a signal handler must not.

    When ``note`` returns, the entry has left the process: ``kill -9`` cannot lose it. With ``durable`` it is also
    brought to the disk, at once for ``SYNC_KINDS`` and within about 100 ms for the rest, against a power cut of the
    host. ``clock`` stamps the entries and may be replaced between scenarios.

    Made by ``Recorder.open`` or ``Recorder.resume``. Leaving it as a context manager closes the file and does not
    seal it: only ``seal`` makes a result.

    Card data is hidden before it is written (``wattest.card_data``). ``card_key`` makes the fingerprints that tell whether
    two findings are one card; without one a secret is drawn that nobody ever sees, so that the few card numbers there
    are cannot be tried out on a record; a run that is resumed has another secret from there on. A simulated run gives a
    key of its own to be repeatable: no card in it is real.
    """

    def __init__(
        self, path: Path, fd: int, clock: Clock, *, durable: bool, card_key: bytes | None = None
    ) -> None:
        self.path = path
        self._card_key = secrets.token_bytes(32) if card_key is None else card_key
        self.clock = clock
        self._fd = fd
        self._durable = durable
        self._lock = threading.Lock()
        self._starts = array("Q")
        self._end = 0
        self._head = ZEROS
        self._preamble = ""
        self._moment: tuple[datetime, str] | None = None
        self._writing: tuple[int, int, bytes] | None = None
        self._closed = ""
        self._group = GroupSync(fd) if durable else None

    @classmethod
    def open(
        cls,
        path: str | Path,
        clock: Clock,
        *,
        preamble: Mapping[str, Any] | None = None,
        durable: bool = True,
        card_key: bytes | None = None,
    ) -> Self:
        """Begin a record and write its preamble, by default the facts of this host.

        The next entry should be the ``header``. Raises ``RecordError`` when the file exists: a record is never
        written over.
        """
        path = Path(path)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            fd = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_EXCL, 0o644)
        except OSError as error:
            if not path.exists():
                raise RecordError(f"The record {path} cannot be created: {error.strerror}.") from error
            raise RecordError(
                f"The record {path} exists already, and a record is never written over: "
                "choose another folder, or resume the run that it belongs to."
            ) from None
        recorder = cls(path, fd, clock, durable=durable, card_key=card_key)
        recorder._lock_file()
        recorder.note("preamble", **(host_facts() if preamble is None else preamble))
        if durable:
            folder = os.open(path.parent, os.O_RDONLY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)
        return recorder

    @classmethod
    def resume(
        cls,
        path: str | Path,
        clock: Clock,
        *,
        durable: bool = True,
        card_key: bytes | None = None,
        **facts: Any,
    ) -> Self:
        """Go on with the record of a run that was stopped.

        Leaves out a torn last line and notes ``resumed`` with ``from_seq``, the last entry kept, ``torn_bytes`` and
        ``facts``. Raises ``RecordError`` when the record is sealed, broken, or held by another process.
        """
        path = Path(path)
        try:
            fd = os.open(path, os.O_RDWR | os.O_APPEND)
        except OSError as error:
            raise RecordError(f"The record {path} cannot be resumed: {error.strerror}.") from error
        recorder = cls(path, fd, clock, durable=durable, card_key=card_key)
        try:
            recorder._lock_file()
            torn_bytes = recorder._take_up()
        except RecordError:
            recorder.close()
            raise
        recorder.note("resumed", from_seq=recorder.count - 1, torn_bytes=torn_bytes, **facts)
        return recorder

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def count(self) -> int:
        """Entries so far, and the number of the next one."""
        return len(self._starts)

    def note(self, kind: str, /, **fields: Any) -> int:
        """Append one entry and return its number.

        Raises ``RecordError`` when a value cannot be held by a record, when the record is closed, and when the file
        cannot be written: from then on nothing more is.
        """
        with self._lock:
            self._check_usable()
            seq, t, utc = len(self._starts), self.clock.monotonic(), self._utc()
            line = encode(seq, t, utc, kind, fields, self._head)
            if suspect(line) and (without := hidden(line, self._card_key)) is not None:
                line = encode(seq, t, utc, kind, without, self._head)
            self._put(line)
        if self._group is not None:
            if kind in SYNC_KINDS or (kind == "check" and fields.get("outcome") in {"fail", "error"}):
                self.sync()
            else:
                self._group.wake()
        return seq

    def look(self) -> Look:
        """A look for card data with the fingerprints of this record."""
        return Look(self._card_key)

    def sync(self) -> None:
        """Wait until all that was noted is on the disk; without ``durable`` it is with the system already."""
        if not self._durable or self._fd < 0:
            return
        try:
            os.fdatasync(self._fd)
        except OSError as error:
            raise self._break(error) from error

    def entries(self, since: int = 0, *, kinds: frozenset[str] | None = None) -> list[dict[str, Any]]:
        """The entries from number ``since`` on, as a reader of the file gets them; with ``kinds`` only those."""
        with self._lock:
            self._settle()
            if since >= len(self._starts):
                return []
            start, end = self._starts[max(since, 0)], self._end
        with open_record(self.path) as file:
            file.seek(start)
            lines = file.read(end - start).splitlines()
        with without_collector():
            return [orjson.loads(line) for line in lines if kinds is None or kind_of(line) in kinds]

    def seal(self, verdicts: Any) -> None:
        """Write the footer and close the file: from here on the record is a result."""
        with self._lock:
            self._check_usable()
            seq = len(self._starts)
            facts = {
                "entries": seq,
                "head": self._head,
                "preamble_sha256": self._preamble,
                "verdicts": verdicts,
            }
            line = encode(seq, self.clock.monotonic(), self._utc(), "footer", facts, self._head)
            # Closed before the footer is written: whatever interrupts this, nothing can be added after a footer.
            self._closed = "sealed"
            self._put(with_seal(line))
        self.close()

    def close(self) -> None:
        """Bring everything to the disk and close the file, unsealed: not a result, but it can be resumed."""
        if self._fd < 0:
            return
        try:
            if not self._closed.startswith(_BROKEN):
                with self._lock:
                    self._settle()
                self.sync()
        finally:
            self._closed = self._closed or "closed"
            if self._group is not None:
                self._group.end()
            # First forgotten, then closed: a second close must not hit a number that others use by then.
            fd, self._fd = self._fd, -1
            os.close(fd)

    def _utc(self) -> str:
        """The wall time as text; a virtual clock gives one object for all that happens at one instant."""
        now = self.clock.utc()
        if self._moment is None or self._moment[0] is not now:
            self._moment = (now, utc_text(now))
        return self._moment[1]

    def _put(self, line: bytes) -> None:
        """Write one line. Whatever interrupts this, ``_settle`` finds out how far it came."""
        seq, start = len(self._starts), self._end
        raw = line + b"\n"
        self._writing = (seq, start, line)
        try:
            written = os.write(self._fd, raw)
            while written < len(raw):
                written += os.write(self._fd, raw[written:])
        except OSError as error:
            self._settle()
            raise self._break(error) from error
        self._take(seq, start, line)
        self._writing = None

    def _settle(self) -> None:
        """Take over a line whose writing was interrupted, by a signal handler that raised: the file tells how far it came."""
        if self._writing is None:
            return
        seq, start, line = self._writing
        if os.fstat(self._fd).st_size > start + len(line):
            self._take(seq, start, line)
        else:
            os.ftruncate(self._fd, start)
        self._writing = None

    def _take(self, seq: int, start: int, line: bytes) -> None:
        """Count a line that stands in the file; the same when done twice."""
        hashed = digest(line)
        if seq == 0:
            self._preamble = hashed
        else:
            self._head = hashed
        self._end = start + len(line) + 1
        if len(self._starts) == seq:
            self._starts.append(start)

    def _take_up(self) -> int:
        """Learn where the chain of an existing file stands; returns the bytes of a torn last line, which it cuts off."""
        faults = verify_chain(self.path)
        if not any(fault.flaw == "unsealed" for fault in faults):
            raise RecordError(
                f"The record {self.path} is sealed, and a sealed record is never added to: start a new run."
            )
        for fault in faults:
            if fault.flaw not in {"torn", "unsealed"}:
                raise RecordError(f"The record {self.path} cannot be resumed. {fault.sentence}")
        torn_bytes = 0
        with open_record(self.path) as file:
            for raw in raw_lines(file):
                if raw.endswith(b"\n"):
                    self._take(len(self._starts), self._end, raw[:-1])
                else:
                    torn_bytes = len(raw)
        if self.count < 2:
            raise RecordError(
                f"The record {self.path} holds no header: the run stopped before it began. Start a new one."
            )
        os.ftruncate(self._fd, self._end)
        return torn_bytes

    def _check_usable(self) -> None:
        if self._closed:
            raise RecordError(f"The record {self.path} is {self._closed}: nothing more can be noted in it.")
        if self._group is not None and self._group.failed is not None:
            raise self._break(self._group.failed)
        self._settle()

    def _break(self, error: OSError) -> RecordError:
        """The sentence for a file that can no longer be written, and an end to all writing."""
        self._closed = f"{_BROKEN}: entry {self.count} could not be written ({error.strerror})"
        return RecordError(
            f"The record {self.path} cannot be written any more: {error.strerror}. It ends with entry {self.count - 1} "
            "and is not sealed: make room, then resume the run."
        )

    def _lock_file(self) -> None:
        try:
            fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise RecordError(f"The record {self.path} is being written by another process.") from None
