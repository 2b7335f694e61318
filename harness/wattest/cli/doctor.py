"""``wattest doctor``: could a run begin here?"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from wattest.cli.exits import BENCH, DOCUMENTS, exits
from wattest.errors import BenchError, DocumentError

if TYPE_CHECKING:
    from rich.console import Console

    from wattest.run.doctor import Examined
    from wattest.run.languages import Language

CODES = {"fine": 0, "warning": 10, "problem": 11}
SUITE = 11

EXAMPLES = """
Examples:

\b
  wattest doctor                                          this computer and the simulated bench
  wattest doctor --bench bench.yaml --evse charger.yaml   before the first run on steel
  wattest doctor --bench bench.yaml --rehearse            the same with twins of the instruments
  wattest doctor --bench bench.yaml --evse a.yaml --evse b.yaml --lang fr

\b
Exit codes: 0 all is well, 10 there are warnings, 11 there are problems, 12 a document cannot be used.
"""

_MARKS = {"fine": "[green]✓[/]", "warning": "[yellow]![/]", "problem": "[red]✗[/]"}
_TOPICS = {
    "host": ("This computer", "Cet ordinateur"),
    "bench": ("Bench file", "Fichier du banc"),
    "part": ("Instruments", "Appareils"),
    "charger": ("Charger", "Borne"),
}
_ENDS = {
    "fine": ("All is well.", "Tout va bien."),
    "warning": ("A run can begin; mind the warnings.", "Un essai peut commencer ; voyez les avertissements."),
    "problem": ("Mend the problems before a run.", "Corrigez les problèmes avant un essai."),
}


@click.command(epilog=EXAMPLES)
@click.option("--bench", metavar="FILE", type=click.Path(), help="Bench file. Default: the simulated bench.")
@click.option(
    "--evse",
    metavar="FILE",
    multiple=True,
    type=click.Path(),
    help="Charger sheet; may be given again. Default: the one the bench names.",
)
@click.option("--rehearse", is_flag=True, help="Twins of the bench's instruments instead of steel.")
@click.option(
    "--out",
    metavar="DIR",
    type=click.Path(path_type=Path),
    help="Where the run will be written. Default: wattest-runs.",
)
@click.option("--json", "as_json", is_flag=True, help="The findings as JSON.")
@click.option("--lang", type=click.Choice(["en", "fr"]), default="en", show_default=True, help="Language.")
def command(
    bench: str | None, evse: tuple[str, ...], rehearse: bool, out: Path | None, as_json: bool, lang: Language
) -> None:
    """Look at computer, bench and chargers before a run: could it begin, and what would stay untested?

    Every instrument is opened, asked who it is, made safe and closed; nothing is energised. A program that plays the
    charger is started and ended.
    """
    from wattest.run.doctor import examined
    from wattest.run.folder import RUNS

    with exits({DocumentError: DOCUMENTS, BenchError: BENCH}):
        found = examined(bench, evse, rehearse=rehearse, out=out or RUNS)
    if as_json:
        click.echo(json.dumps(_as_json(found, lang), ensure_ascii=False, indent=2))
    else:
        from rich.console import Console

        _tell(Console(highlight=False), found, lang)
    sys.exit(CODES[found.state])


def _as_json(found: Examined, lang: Language) -> dict[str, Any]:
    return {
        "bench": found.bench,
        "rehearsed": found.rehearsed,
        "state": found.state,
        "findings": [
            {
                "topic": finding.topic,
                "subject": finding.subject,
                "state": finding.state,
                "sentence": finding.sentence.said(lang),
                "details": [detail.said(lang) for detail in finding.details],
            }
            for finding in found.findings
        ],
    }


def _tell(console: Console, found: Examined, lang: Language) -> None:
    from rich.markup import escape
    from rich.table import Table

    table = Table(box=None, show_header=False, padding=(0, 1), pad_edge=False)
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    last = None
    for finding in found.findings:
        if finding.topic != last:
            last = finding.topic
            table.add_row("", f"[bold]{_TOPICS[last][lang == 'fr']}[/]", "")
        lines = [finding.sentence, *finding.details]
        table.add_row(
            _MARKS[finding.state],
            escape(finding.subject),
            "\n".join(escape(line.said(lang)) for line in lines),
        )
    console.print(table)
    console.print(f"\n{_ENDS[found.state][lang == 'fr']}")
