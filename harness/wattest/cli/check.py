"""``wattest check``: documents only, no bench."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click

from wattest.cli.exits import exits
from wattest.errors import BenchError
from wattest.model.checking import Checked, check_paths

BROKEN = 12
"""Exit code when a document cannot be used."""
SUITE = 11
"""Exit code when Wattest itself is incomplete."""


@click.command()
@click.argument("paths", nargs=-1, type=click.Path())
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def command(paths: tuple[str, ...], *, as_json: bool) -> None:
    """Check scenarios, bench files, charger sheets, requirements, limits, tariffs, taxes and cards.

    PATHS are files or folders; without any the whole library is checked. Every mistake of every file is shown
    with its line, and the exit code is then 12.
    """
    from wattest.cli.known import installed, printable
    from wattest.model.plugins import DRIVERS

    with exits({BenchError: SUITE}):
        checked = check_paths(paths or _library(), installed, DRIVERS)
    if as_json:
        import json

        click.echo(json.dumps(_as_json(checked), ensure_ascii=True, indent=2))
    else:
        for problem in checked.problems:
            click.echo(printable(f"{problem}\n"))
        click.echo(checked.said())
    sys.exit(BROKEN if checked.problems else 0)


def _library() -> list[str]:
    """Folders of the library, written relative to where we are when that is shorter."""
    from wattest.model.library import library_folder

    here = Path.cwd()
    folders = (library_folder("scenarios"), library_folder("fixtures"))
    return [os.path.relpath(folder) if folder.is_relative_to(here) else str(folder) for folder in folders]


def _as_json(checked: Checked) -> dict[str, object]:
    problems = [
        {
            "path": problem.place.path,
            "line": problem.place.line,
            "column": problem.place.column,
            "sentence": problem.sentence,
            "source": problem.source,
        }
        for problem in checked.problems
    ]
    return {
        "ok": not problems,
        "files": checked.files,
        "other": checked.other,
        "holds": dict(checked.holds),
        "problems": problems,
    }
