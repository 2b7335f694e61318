"""``wattest report``: a record, made readable."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from wattest.errors import RecordError

if TYPE_CHECKING:
    from wattest.record import Record

USAGE = 2
BROKEN = 13
"""Exit code for a record that is broken, altered or not what it claims."""

NAMES = {"html": ".html", "junit": ".junit.xml", "allure": "-allure"}
"""What is put behind the record's name when ``--out`` does not say where to write."""

EXAMPLES = """
Examples:

\b
  wattest report wattest-runs/latest                       the table of verdicts, here
  wattest report run/record.jsonl --format html            run/record.html, one self-contained file
  wattest report run --format html --lang fr --out rapport.html
  wattest report run --format junit --out junit.xml
  wattest report run --format allure --out allure-results  a folder for 'allure generate'

\b
Exit codes: 0 the report was written, 2 no such format, 13 the record is broken or was not sealed: the report
is written all the same where that is possible, and says that it is no result.
"""


@click.command("report", epilog=EXAMPLES)
@click.argument("record", type=click.Path(path_type=Path))
@click.option(
    "--format", "form", default="terminal", show_default=True, help="terminal, html, junit or allure."
)
@click.option("--out", type=click.Path(path_type=Path), help="Where to write. Default: beside the record.")
@click.option("--lang", type=click.Choice(["en", "fr"]), default="en", show_default=True, help="Language.")
def command(record: Path, form: str, out: Path | None, lang: str) -> None:
    """Render RECORD: a table in the terminal, an HTML file, JUnit XML, Allure results.

    RECORD is a record.jsonl, or the folder of a run that holds one. Everything shown comes from it; formats of other
    packages, registered under the entry points wattest.reports, work too.
    """
    path = record / "record.jsonl" if record.is_dir() else record
    render = _render(form)
    faults = []
    try:
        from wattest.record import read_record, verify_chain
        from wattest.record.rescues import rescues

        for rescue in rescues(path.parent):
            click.echo(str(rescue), err=True)
        faults = [fault.sentence for fault in verify_chain(path)]
        read = read_record(path)
    except RecordError as problem:
        for sentence in dict.fromkeys((*faults, str(problem))):
            click.echo(sentence, err=True)
        sys.exit(BROKEN)
    try:
        _write(read, render, form, out, lang)
    except Exception as problem:
        if not faults:
            raise
        click.echo("\n".join(faults), err=True)
        click.echo(f"{path} is damaged beyond what can be shown ({type(problem).__name__}).", err=True)
        sys.exit(BROKEN)
    if faults:
        click.echo("\n".join(faults), err=True)
        click.echo(f"{path} is not a result, and the report says so.", err=True)
        sys.exit(BROKEN)


def _render(form: str) -> Callable[..., Any]:
    from importlib.metadata import entry_points

    entries = {entry.name: entry for entry in entry_points(group="wattest.reports")}
    if form not in entries:
        near = get_close_matches(form, entries, n=1)
        hint = f"did you mean '{near[0]}'?" if near else f"there are {', '.join(sorted(entries))}."
        click.echo(f"There is no report format '{form}'; {hint}", err=True)
        sys.exit(USAGE)
    render: Callable[..., Any] = entries[form].load()
    return render


def _write(record: Record, render: Callable[..., Any], form: str, out: Path | None, lang: str) -> None:
    """Print what can be printed when no file is named: a format with ``table(record, console)`` beside ``render``."""
    table = getattr(sys.modules[render.__module__], "table", None)
    if out is None and table is not None:
        from rich.console import Console

        table(record, Console(highlight=False), **_language(table, lang))
        return
    path = Path(record.path)
    target = out or path.with_name(path.stem + NAMES.get(form, f".{form}"))
    click.echo(f"{form}: {render(record, target, **_language(render, lang))}")


def _language(function: Callable[..., Any], lang: str) -> dict[str, str]:
    return {"lang": lang} if "lang" in inspect.signature(function).parameters else {}
