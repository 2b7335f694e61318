"""What a watchdog did after the runner of a live bench had died: ``safe.jsonl`` beside the record, chained like one."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from wattest.errors import RecordError
from wattest.record.chain import verify_chain
from wattest.record.reader import read_record


@dataclass(frozen=True)
class Rescue:
    """One rescue: which file, when, why, whether the bench was safe then, and how that was known.

    ``ok`` is None when the watchdog did not come to an end, or when the file is not whole (``fault``).
    """

    file: str
    when: str = ""
    reason: str = ""
    ok: bool | None = None
    sentence: str = ""
    confirmed_by: str | None = None
    fault: str = ""

    def __str__(self) -> str:
        if self.fault:
            return f"{self.file}: what the watchdog did cannot be relied on. {self.fault}"
        did = "made the bench safe" if self.ok else "could not make the bench safe"
        return f"{self.file}: {self.reason}; the watchdog {did} ({self.when}): {self.sentence}"


def rescues(folder: Path) -> tuple[Rescue, ...]:
    """Every rescue of a run, oldest first; none for a run that needed none."""
    paths = sorted(folder.glob("safe*.jsonl"), key=lambda path: (len(path.name), path.name))
    return tuple(_rescue(path) for path in paths)


def _rescue(path: Path) -> Rescue:
    try:
        faults = verify_chain(path)
        if faults:
            return Rescue(path.name, fault=faults[0].sentence)
        record = read_record(path)
    except RecordError as problem:
        return Rescue(path.name, fault=str(problem))
    assert record.footer is not None, "the chain holds, so there is a footer"
    told = record.footer["verdicts"]
    return Rescue(
        path.name,
        str(record.footer["utc"]),
        str(record.header.get("reason", "")),
        bool(told.get("safe")),
        str(told.get("sentence", "")),
        told.get("confirmed_by"),
    )
