"""What is known of a live bench between runs: who is at it now, and whether it may be used at all.

A bench is known by its file. In the state folder of the user (``WATTEST_STATE``, else ``$XDG_STATE_HOME/wattest``, else
``~/.local/state/wattest``) it has two files: a lock that the system releases when its holder dies, and a story, one JSON
object per line, appended only. The last line of the story decides: a bench that could not be made safe is closed, and so is
one whose last run ended without a word.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import re
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from wattest.clock import host_utc
from wattest.errors import BenchError
from wattest.record.form import utc_text

if TYPE_CHECKING:
    from collections.abc import Mapping

FOLDER = "WATTEST_STATE"
"""Environment variable that names another state folder."""

What = Literal["begun", "safe", "closed", "acknowledged"]

SILENT = "the run that began then ended without a word: nobody knows whether the bench was made safe"
TORN = "its story cannot be read to the end"


@dataclass(frozen=True)
class Event:
    """One line of a bench's story; ``more`` may hold ``by``, ``record`` and ``watched``."""

    utc: str
    what: What
    sentence: str
    more: Mapping[str, Any] = field(default_factory=dict)


class Story:
    """What happened to the bench with this file, oldest first."""

    def __init__(self, bench: str | Path) -> None:
        self.bench = str(Path(bench).resolve())
        self.path = _file(bench, "story")

    def events(self) -> tuple[Event, ...]:
        """All of it; a line that cannot be read closes the bench, since it may have said so."""
        try:
            lines = self.path.read_bytes().splitlines()
        except FileNotFoundError:
            return ()
        except OSError as problem:
            raise BenchError(
                f"What is known of the bench {self.bench} cannot be read ({self.path}: {problem.strerror}): "
                "nothing is started before it can."
            ) from problem
        return tuple(_event(line) for line in lines)

    def closed(self) -> Event | None:
        """Why nothing may be started on this bench; None when something may."""
        last = next(reversed(self.events()), None)
        if last is None or last.what in {"safe", "acknowledged"}:
            return None
        if last.what == "begun":
            return Event(last.utc, "closed", SILENT) if last.more.get("watched") else None
        return last

    def untold(self) -> tuple[Event, ...]:
        """What happened since the last run began: the record of the next one tells it."""
        events = self.events()
        begun = [index for index, event in enumerate(events) if event.what == "begun"]
        return events[begun[-1] + 1 if begun else 0 :]

    def add(self, what: What, sentence: str, **more: Any) -> None:
        """Append a line and bring it to the disk. Raises ``BenchError`` when that fails."""
        line = json.dumps({"utc": utc_text(host_utc()), "what": what, "sentence": sentence, **more})
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
            try:
                os.write(descriptor, line.encode() + b"\n")
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
        except OSError as problem:
            raise BenchError(
                f"What became of the bench {self.bench} cannot be kept ({self.path}: {problem.strerror}): make room, or "
                f"name another folder in {FOLDER}."
            ) from problem


class Claim:
    """The bench is ours until ``release``, or until this process and every one that was given ``descriptor`` has ended."""

    def __init__(self, bench: str | Path) -> None:
        path = _file(bench, "lock")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self.descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
        except OSError as problem:
            raise BenchError(
                f"The bench {bench} cannot be locked ({path}: {problem.strerror}): name another folder in {FOLDER}."
            ) from problem
        try:
            fcntl.flock(self.descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            holder = path.read_text(encoding="ascii", errors="replace").strip() or "unknown"
            os.close(self.descriptor)
            raise BenchError(
                f"The bench {bench} is in use by process {holder}: two runs on one bench at once would fight over its "
                "instruments. Wait until it has ended, or end it with Ctrl-C: it makes the bench safe itself."
            ) from None
        sign(self.descriptor)

    def release(self) -> None:
        """Let others have it; harmless the second time."""
        descriptor, self.descriptor = self.descriptor, -1
        if descriptor >= 0:
            os.close(descriptor)


def sign(descriptor: int) -> None:
    """Write into a lock that this process holds it now."""
    with suppress(OSError):  # a name for a sentence; the lock holds without it
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)


def refuse_closed(name: str, bench: str, story: Story) -> None:
    """Raises ``BenchError`` for a bench that is closed, with the ways out."""
    event = story.closed()
    if event is None:
        return
    reason = event.sentence.rstrip(".")
    raise BenchError(
        f"The bench '{name}' is closed since {event.utc}: {reason}. Nothing is started on it before 'wattest safe --bench "
        f"{bench}' has made it safe, or somebody has looked and says so: 'wattest safe --bench {bench} --acknowledge "
        '"name: what was checked"\'.'
    )


def _file(bench: str | Path, ending: str) -> Path:
    path = Path(bench).resolve()
    known = re.sub(r"[^A-Za-z0-9._-]", "_", path.stem)[:40]
    digest = hashlib.sha256(os.fsencode(path)).hexdigest()[:16]
    return _folder() / "benches" / f"{known}-{digest}.{ending}"


def _folder() -> Path:
    named = os.environ.get(FOLDER)
    if named:
        return Path(named)
    home = os.environ.get("XDG_STATE_HOME")
    return (Path(home) if home else Path.home() / ".local" / "state") / "wattest"


def _event(line: bytes) -> Event:
    try:
        told = json.loads(line)
        what, utc, sentence = (str(told.pop(name)) for name in ("what", "utc", "sentence"))
    except (ValueError, KeyError, AttributeError, TypeError):
        return Event("unknown", "closed", TORN)
    if what not in {"begun", "safe", "closed", "acknowledged"}:
        return Event(utc, "closed", TORN)
    return Event(utc, what, sentence, told)  # type: ignore[arg-type]
