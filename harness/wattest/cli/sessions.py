"""``wattest sessions``: the table of sessions of a record."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from wattest.errors import BenchError, RecordError

BENCH, BROKEN = 11, 13

EXAMPLES = """
Examples:

\b
  wattest sessions wattest-runs/latest                            CSV on standard output
  wattest sessions run/record.jsonl --format json
  wattest sessions run --format parquet --out sessions.parquet    needs pip install 'wattest[data]'

\b
Every session once, failed ones too: begin, end, duration, energy, highest power, how it was authorised, error code,
revenue before tax, each tax, total. Exit codes: 0 done, 11 the format cannot be written here, 13 the record is broken
or was not sealed: what it holds is written all the same where that is possible.
"""


@click.command("sessions", epilog=EXAMPLES)
@click.argument("record", type=click.Path(path_type=Path))
@click.option(
    "--format", "form", type=click.Choice(["csv", "json", "parquet"]), default="csv", show_default=True
)
@click.option("--out", type=click.Path(path_type=Path), help="File to write. Parquet needs one.")
def command(record: Path, form: str, out: Path | None) -> None:
    """Export the sessions that RECORD holds: a record.jsonl, or the folder of a run that holds one."""
    from wattest.judge.session_export import as_csv, as_json, write_parquet
    from wattest.judge.session_table import session_rows
    from wattest.record import read_record, verify_chain

    path = record / "record.jsonl" if record.is_dir() else record
    if form == "parquet" and out is None:
        raise click.UsageError("Parquet cannot be printed: say where to write with --out FILE.")
    try:
        faults = [fault.sentence for fault in verify_chain(path)]
        rows = session_rows(read_record(path).entries)
    except RecordError as problem:
        click.echo(str(problem), err=True)
        sys.exit(BROKEN)
    try:
        if form == "parquet":
            assert out is not None
            write_parquet(rows, out)
        else:
            text = as_csv(rows) if form == "csv" else as_json(rows)
            if out is None:
                click.echo(text, nl=False)
            else:
                out.write_text(text, encoding="utf-8", newline="")
    except BenchError as problem:
        click.echo(str(problem), err=True)
        sys.exit(BENCH)
    if faults:
        click.echo("\n".join(faults), err=True)
        click.echo(f"{path} is not a result: these sessions prove nothing.", err=True)
        sys.exit(BROKEN)
