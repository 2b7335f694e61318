"""Where a run leaves its files: a folder of its own, named after the time, and ``latest`` that points to it."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

RUNS = Path("wattest-runs")
LATEST = "latest"


def default_folder() -> Path:
    """A name that no run has yet, such as ``wattest-runs/20260115T120000Z``; nothing is made."""
    from wattest.clock import host_utc  # noqa: PLC0415 - keeps plain pytest runs quick

    stem = host_utc().strftime("%Y%m%dT%H%M%SZ")
    folder, again = RUNS / stem, 1
    while folder.exists():
        again += 1
        folder = RUNS / f"{stem}-{again}"
    return folder


def point_latest(folder: Path) -> None:
    """Let ``latest`` beside a run of ``wattest-runs`` point to it. A ``latest`` that is no link is left alone."""
    latest = folder.parent / LATEST
    if folder.parent.name != RUNS.name or (latest.exists() and not latest.is_symlink()):
        return
    with suppress(OSError):  # a file system without links has no latest
        fresh = latest.with_name(f".{LATEST}-{os.getpid()}")
        fresh.symlink_to(folder.name, target_is_directory=True)
        fresh.replace(latest)
