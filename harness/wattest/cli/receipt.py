"""``wattest receipt``: receipts of the sessions in a record, and the taxes to remit."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from wattest.cli.exits import BENCH, BROKEN, DOCUMENTS, exits
from wattest.errors import BenchError, DocumentError, RecordError

if TYPE_CHECKING:
    from wattest.judge.receipts import Receipt


EXAMPLES = """
Examples:

\b
  wattest receipt wattest-runs/latest                       every session, French first in Quebec
  wattest receipt run --transaction 2600001 --lang en
  wattest receipt run --format html --out receipts.html
  wattest receipt run --supplier mine.yaml                  the seller of a file as under fixtures/suppliers
  wattest receipt march april --taxes                       taxes to remit by month, tax and rate, from both records

\b
Exit codes: 0 done, 2 no such format or transaction, 11 a session without bill stands in the way of a sum, or no seller
is known, 12 the supplier cannot be read, 13 the record is broken or was not sealed; it is shown all the same where possible.
"""


@click.command("receipt", epilog=EXAMPLES)
@click.argument("records", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--transaction", metavar="ID", help="Only this transaction.")
@click.option("--format", "form", default="text", show_default=True, help="text or html.")
@click.option("--lang", type=click.Choice(["en", "fr"]), help="One language. Default: both.")
@click.option(
    "--supplier", metavar="NAME|FILE", help="Who sells the energy. Default: as noted in the record."
)
@click.option("--buyer", default="", help="The buyer's name, which receipts of 500 CAD and more must hold.")
@click.option("--taxes", is_flag=True, help="Taxes to remit by month instead of receipts.")
@click.option("--out", type=click.Path(path_type=Path), help="Write there instead of printing.")
def command(
    records: tuple[Path, ...],
    transaction: str | None,
    form: str,
    lang: str | None,
    supplier: str | None,
    buyer: str,
    taxes: bool,
    out: Path | None,
) -> None:
    """Make receipts of RECORDS: record.jsonl files, or folders that hold one.

    Everything stems from the record: what the station stated, the tariff and taxes that were noted. The amounts are
    computed again, independently of what the central system told.
    """
    with exits({RecordError: BROKEN, DocumentError: DOCUMENTS, BenchError: BENCH}):
        made, faults = _made(records, supplier, buyer)
    if transaction is not None:
        known = [one.transaction.id for one in made]
        made = [one for one in made if one.transaction.id == transaction]
        if not made:
            raise click.UsageError(
                f"There is no receipt of transaction '{transaction}'; there are {', '.join(known) or 'none'}."
            )
    with exits({BenchError: BENCH}):
        written = _taxes(made) if taxes else _renderer(form)(made, lang)
    if out is None:
        click.echo(written, nl=False)
    else:
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_text(written, encoding="utf-8", newline="\n")
        click.echo(f"{len(made)} receipts: {out}")
    if faults:
        click.echo("\n".join(faults), err=True)
        sys.exit(BROKEN)


def _made(records: tuple[Path, ...], supplier: str | None, buyer: str) -> tuple[list[Receipt], list[str]]:
    from wattest.judge.receipts import receipts, station_of
    from wattest.model.supplier import read_supplier
    from wattest.record import read_record, verify_chain

    seller = None if supplier is None else read_supplier(supplier)
    made: list[Receipt] = []
    faults: list[str] = []
    for given in records:
        path = given / "record.jsonl" if given.is_dir() else given
        faults += [fault.sentence for fault in verify_chain(path)]
        record = read_record(path)
        charger: dict[str, Any] = record.header.get("charger") or {}
        made += receipts(record.entries, station_of(charger), seller, buyer=buyer)
    return made, faults


def _renderer(form: str) -> Any:
    from importlib.metadata import entry_points

    entries = {entry.name: entry for entry in entry_points(group="wattest.receipts")}
    if form not in entries:
        raise click.UsageError(
            f"There is no receipt format '{form}'; there are {', '.join(sorted(entries))}."
        )
    return entries[form].load()


def _taxes(made: list[Receipt]) -> str:
    from wattest.judge.receipts import remission

    rows = [("month", "tax", "rate", "number", "sessions", "before tax", "tax due")]
    rows += [
        (
            row.month,
            row.tax,
            f"{row.percent.normalize():f} %",
            row.number or "not given",
            str(row.sessions),
            str(row.base),
            str(row.amount),
        )
        for row in remission(made)
    ]
    widths = [max(len(row[index]) for row in rows) for index in range(len(rows[0]))]
    return "".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() + "\n"
        for row in rows
    )
