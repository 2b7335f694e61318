"""``wattest uptime``: how much of the time a port was up, by formulas that are data."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

import click

from wattest.cli.exits import BENCH, BROKEN, DOCUMENTS, exits
from wattest.errors import BenchError, DocumentError, RecordError

if TYPE_CHECKING:
    from wattest.judge.uptime import Span, Uptime
    from wattest.model.uptime_formula import UptimeFormula


EXAMPLES = """
Examples:

\b
  wattest uptime log.csv                       every formula that comes with Wattest
  wattest uptime wattest-runs/latest --formula nevi
  wattest uptime log.csv --formula my_formula.yaml --json

\b
A log is CSV with the columns time,port,status and, if wanted, reason; each port ends with a row of status END. Statuses
are words of OCPP or OCPI, or Offline. Formulas disagree on offline time, and that is shown. Exit codes: 0 computed,
11 the log cannot be used, 12 the formula cannot, 13 the record is broken.
"""


@click.command("uptime", epilog=EXAMPLES)
@click.argument("log", type=click.Path(path_type=Path, exists=True))
@click.option("--formula", "names", multiple=True, help="nevi, uk, host, or a file. Default: all.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def command(log: Path, names: tuple[str, ...], as_json: bool) -> None:
    """Compute the uptime of every port in LOG: a CSV file, a record.jsonl, or the folder of a run."""
    from wattest.judge.uptime import told, uptime
    from wattest.model.read_requirements import read_limits

    with exits({RecordError: BROKEN, DocumentError: DOCUMENTS, BenchError: BENCH}):
        formulas = _formulas(names)
        ports = _ports(log)
        limits = read_limits()
    results = {
        port: [(formula, uptime(formula, spans)) for formula in formulas] for port, spans in ports.items()
    }
    if as_json:
        import json

        click.echo(
            json.dumps({port: [_plain(one) for _, one in found] for port, found in results.items()}, indent=2)
        )
        return
    for port, found in results.items():
        click.echo(f"port {port}")
        for formula, one in found:
            limit = limits.get(formula.limit)
            for line in told(one, formula, None if limit is None else limit.value):
                click.echo(f"  {line}")
        _disagreement(found)


def _disagreement(found: list[tuple[UptimeFormula, Uptime]]) -> None:
    """Two formulas that give different answers are said to."""
    known = [(one.percent, one.formula) for _, one in found if one.percent is not None]
    if known and min(known)[0] != max(known)[0]:
        apart: Decimal = max(known)[0] - min(known)[0]
        click.echo(
            f"  The formulas disagree by {apart} percentage points: {min(known)[1]} counts time against the port "
            f"that {max(known)[1]} does not."
        )


def _plain(one: Uptime) -> dict[str, object]:
    return {
        "formula": one.formula,
        "percent": None if one.percent is None else str(one.percent),
        **{
            f"{name}_s": getattr(one, name).total_seconds()
            for name in ("up", "outage", "excluded", "left_out", "period")
        },
    }


def _formulas(names: tuple[str, ...]) -> list[UptimeFormula]:
    from wattest.model.read_uptime import read_uptime, read_uptimes

    known = read_uptimes()
    found = []
    for name in names or tuple(known):
        if name in known:
            found.append(known[name])
        elif Path(name).suffix in {".yaml", ".yml"}:
            found.append(read_uptime(name))
        else:
            raise BenchError(
                f"There is no formula '{name}'; there are {', '.join(known)}, or name a YAML file."
            )
    return found


def _ports(log: Path) -> dict[str, tuple[Span, ...]]:
    from wattest.judge.uptime import spans_of_csv, spans_of_record
    from wattest.record import read_record

    if log.is_dir() or log.suffix == ".jsonl":
        found = spans_of_record(read_record(log / "record.jsonl" if log.is_dir() else log).entries)
        if not found:
            raise BenchError(f"{log}: no station stated a status in this record.")
        return found
    try:
        return spans_of_csv(log.read_text(encoding="utf-8"), str(log))
    except UnicodeDecodeError:
        raise BenchError(f"{log}: this is neither a record nor a log in UTF-8.") from None
