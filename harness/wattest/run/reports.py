"""Reports of a finished run, found through the entry points ``wattest.reports`` and ``wattest.tables``."""

from __future__ import annotations

from importlib.metadata import entry_points
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

    from wattest.record import Record

FILES = {"html": "report.html", "junit": "junit.xml"}


def render(
    record: Record, folder: Path, *, lang: str = "en", console: Any = None, quiet: bool = False
) -> dict[str, Path]:
    """Write the HTML and JUnit reports into the run's folder and print the table; where each file stands."""
    reports = {entry.name: entry for entry in entry_points(group="wattest.reports")}
    written = {"record": folder / "record.jsonl"}
    if console is not None:
        for entry in entry_points(group="wattest.tables"):
            entry.load()(record, console, quiet=quiet, lang=lang)
    for name, file in FILES.items():
        if name in reports:
            written[name] = reports[name].load()(
                record, folder / file, **({"lang": lang} if name == "html" else {})
            )
    return written
