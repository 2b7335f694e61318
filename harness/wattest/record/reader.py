"""Reading a record. Reading never judges: ``verify_chain`` says whether it is whole."""

from __future__ import annotations

import gc
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from os import SEEK_END
from pathlib import Path
from typing import Any

from wattest.errors import RecordError
from wattest.record.chain import open_record, parse_entry, raw_lines


@dataclass(frozen=True)
class Record:
    """A record in memory.

    ``entries`` holds every line, preamble, header and footer among them, so that ``entries[seq]`` is the entry
    that evidence points to. ``header`` is empty when the run was killed before it was written; ``footer`` is
    None when the run was not sealed: then it is not a result. ``torn`` says that a half-written last line was left out.
    """

    preamble: Mapping[str, Any]
    header: Mapping[str, Any]
    entries: tuple[dict[str, Any], ...]
    footer: Mapping[str, Any] | None
    lines: int
    path: str = ""
    torn: bool = False


def read_record(path: str | Path) -> Record:
    """Read all of a record; a torn last line is left out.

    Raises ``RecordError`` with the line that is no entry, or that does not hold the entry it should.
    """
    with without_collector():
        entries = tuple(read_entries(path))
    if not entries or entries[0]["kind"] != "preamble":
        raise RecordError(f"{path}:1: this is not a record: it does not begin with a preamble.")
    with open_record(path) as file:
        file.seek(-1, SEEK_END)
        torn = file.read() != b"\n"
    footed = entries[-1]["kind"] == "footer" and not torn
    return Record(
        preamble=entries[0],
        header=entries[1] if len(entries) > 1 and entries[1]["kind"] == "header" else {},
        entries=entries,
        footer=entries[-1] if footed else None,
        lines=len(entries),
        path=str(path),
        torn=torn,
    )


def read_entries(path: str | Path) -> Iterator[dict[str, Any]]:
    """One entry after the other, in constant memory; a torn last line is left out. Raises as ``read_record``."""
    with open_record(path) as file:
        for seq, raw in enumerate(raw_lines(file)):
            if not raw.endswith(b"\n"):
                return
            entry = parse_entry(raw[:-1])
            if entry is None:
                raise RecordError(f"{path}:{seq + 1}: this line is no entry of a record.")
            if entry["seq"] != seq:
                raise RecordError(
                    f"{path}:{seq + 1}: entry {entry['seq']} stands where entry {seq} should; "
                    "`wattest verify` tells what happened to this record."
                )
            yield entry


@contextmanager
def without_collector() -> Iterator[None]:
    """Parsed JSON holds no cycles, and the collector would walk it again and again: reading takes a third without it."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()
