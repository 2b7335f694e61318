"""``wattest sessions``: the table of sessions of a record."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from wattest.cli.exits import BENCH, BROKEN, DOCUMENTS, exits
from wattest.errors import BenchError, DocumentError, RecordError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wattest.judge.session_table import SessionRow
    from wattest.model.ocpi_version import OcpiName


EXAMPLES = """
Examples:

\b
  wattest sessions wattest-runs/latest                            CSV on standard output
  wattest sessions run/record.jsonl --format json
  wattest sessions run --format ocpi-2.3.0 --site my_site.yaml    session records (CDR)
  wattest sessions run --format parquet --out sessions.parquet    needs pip install 'wattest[data]'

\b
Every session once, failed ones too: begin, end, duration, energy, highest power, how it was authorised, error code,
revenue before tax, each tax, total. As OCPI it holds the session records of those that have ended and have a price; the others
are named on standard error. Exit codes: 0 done, 11 the format or the file cannot be written here, 12 the site document cannot be
used, 13 the record is broken or was not sealed: what it holds is written all the same where that is possible.
"""


@click.command("sessions", epilog=EXAMPLES)
@click.argument("record", type=click.Path(path_type=Path))
@click.option(
    "--format",
    "form",
    type=click.Choice(["csv", "json", "parquet", "ocpi-2.2.1", "ocpi-2.3.0"]),
    default="csv",
    show_default=True,
)
@click.option(
    "--site", type=click.Path(path_type=Path), help="For OCPI: a site document. Default: the built-in one."
)
@click.option("--out", type=click.Path(path_type=Path), help="File to write. Parquet needs one.")
def command(record: Path, form: str, out: Path | None, site: Path | None) -> None:
    """Export the sessions that RECORD holds: a record.jsonl, or the folder of a run that holds one."""
    from wattest.judge.session_export import as_parquet
    from wattest.judge.session_table import session_rows
    from wattest.record import read_record, verify_chain

    path = record / "record.jsonl" if record.is_dir() else record
    if form == "parquet" and out is None:
        raise click.UsageError("Parquet cannot be printed: say where to write with --out FILE.")
    with exits({RecordError: BROKEN}):
        faults = [fault.sentence for fault in verify_chain(path)]
        read = read_record(path)
        rows = session_rows(read.entries)
    with exits({DocumentError: DOCUMENTS, BenchError: BENCH}):
        made = as_parquet(rows) if form == "parquet" else _text(form, site, read.header, rows).encode()
        if out is None:
            click.echo(made, nl=False)
        else:
            _write(out, made)
    if faults:
        click.echo("\n".join(faults), err=True)
        click.echo(f"{path} is not a result: these sessions prove nothing.", err=True)
        sys.exit(BROKEN)


def _write(out: Path, made: bytes) -> None:
    try:
        out.write_bytes(made)
    except OSError as problem:
        raise BenchError(
            f"{out} cannot be written: {problem.strerror}; name another file with --out."
        ) from problem


def _text(form: str, site: Path | None, header: Mapping[str, Any], rows: tuple[SessionRow, ...]) -> str:
    """Whatever is text; sessions that have no session record of OCPI are named on standard error."""
    from wattest.judge.session_export import as_csv, as_json
    from wattest.model.read_site import read_site
    from wattest.ocpi.from_record import session_records, sheet_of
    from wattest.ocpi.objects import encode

    if form == "csv":
        return as_csv(rows)
    if form == "json":
        return as_json(rows)
    version: OcpiName = "2.2.1" if form == "ocpi-2.2.1" else "2.3.0"
    made, left = session_records(version, read_site(site), sheet_of(header), rows)
    for sentence in left:
        click.echo(sentence, err=True)
    return encode(made).decode() + "\n"
