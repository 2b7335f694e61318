"""``wattest prove``: which scenario catches which deliberate defect."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from wattest.model.scenario import Dialect
    from wattest.run.prove import Trial

EXAMPLES = """
Examples:

\b
  wattest prove                              every defect and variation against every scenario
  wattest prove --only METER-D01             one defect
  wattest prove --scenario AUTH-001          one scenario against every defect
  wattest prove --ocpp 2.1                   what is proven in 2.0.1, on a charger that speaks 2.1
  wattest prove --out fixtures/proof/matrix.json

\b
Exit codes: 0 every defect is caught and no variation is failed, 1 otherwise.
"""


@click.command(epilog=EXAMPLES)
@click.option("--only", metavar="ID", multiple=True, help="Only these defects or variations.")
@click.option("--scenario", metavar="KEY", multiple=True, help="Only these scenarios.")
@click.option("--ocpp", type=click.Choice(["1.6", "2.0.1", "2.1"]), multiple=True, help="Only this dialect.")
@click.option("--seed", type=int, default=0, show_default=True, help="Seed of the simulated chargers.")
@click.option("--out", metavar="FILE", type=click.Path(), help="Write the matrix there as JSON.")
@click.option("--json", "as_json", is_flag=True, help="The matrix as JSON on standard output.")
def command(
    only: tuple[str, ...],
    scenario: tuple[str, ...],
    ocpp: tuple[Dialect, ...],
    seed: int,
    out: str | None,
    as_json: bool,
) -> None:
    """Show which scenario catches which deliberate defect, and that no allowed variation is failed.

    Each defect is switched on in a simulated charger of its own. Only a failed requirement counts as caught: an
    error or a doubt does not.
    """
    from rich.console import Console
    from rich.progress import Progress

    import wattest.evse  # noqa: F401 - registers the defects of the firmware
    from wattest.model.scenario import DIALECTS
    from wattest.run.prove import matrix, tried_in
    from wattest.world.behaviour import DEFECTS, VARIATIONS, Defect, Variation

    known: dict[str, Defect | Variation] = {**DEFECTS, **VARIATIONS}
    for id_ in only:
        if id_ not in known:
            raise click.UsageError(f"There is no defect or variation '{id_}'; there are {', '.join(known)}.")
    ids: list[tuple[str, Dialect]] = [("", dialect) for dialect in ocpp or DIALECTS]
    ids += [(id_, d) for id_ in (only or known) for d in tried_in(known[id_], ocpp)]
    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task("proving", total=len(ids))
        trials = matrix(ids, keys=scenario or None, seed=seed, told=lambda _trial: progress.advance(task))
    data = _data(trials, whole=not only and not scenario)
    if out:
        Path(out).parent.mkdir(parents=True, exist_ok=True)
        Path(out).write_text(json.dumps(data, indent=1, sort_keys=True, ensure_ascii=False) + "\n")
    if as_json:
        click.echo(json.dumps(data, indent=2, ensure_ascii=False))
    else:
        _print(data)
    sys.exit(0 if data["sound"] == [] and not data["missed"] and not data["wronged"] else 1)


def _data(trials: list[Trial], *, whole: bool) -> dict[str, Any]:
    """The matrix; only the whole of it can say which scenario catches nothing."""
    from wattest.run.prove import TOO_COARSE, caught_by, library
    from wattest.world.behaviour import DEFECTS, VARIATIONS

    tried = {trial.id for trial in trials}
    failed_when_sound = sorted({key for trial in trials if not trial.id for key in trial.failed})
    defects: dict[str, dict[str, Any]] = {}
    for id_ in sorted(DEFECTS.keys() & tried):
        row = DEFECTS[id_]
        failing = {
            f"{key} ({t.dialect})": list(r) for t in trials if t.id == id_ for key, r in t.failed.items()
        }
        catches = caught_by(trials, id_, row.requirement)
        share = len({key for t in trials if t.id == id_ for key in t.failed}) / max(1, len(library()))
        defects[id_] = {
            "text": row.text,
            "requirement": row.requirement,
            "caught_by": catches,
            "failing": failing,
            "too_coarse": share > TOO_COARSE,
        }
    variations = {
        id_: {
            "text": VARIATIONS[id_].text,
            "failing": {
                f"{k} ({t.dialect})": list(r) for t in trials if t.id == id_ for k, r in t.failed.items()
            },
        }
        for id_ in sorted(VARIATIONS.keys() & tried)
    }
    catching = {key for trial in trials if trial.id in defects for key in trial.failed}
    return {
        "sound": failed_when_sound,
        "defects": defects,
        "variations": variations,
        "missed": [id_ for id_, row in defects.items() if not row["caught_by"]],
        "wronged": [id_ for id_, row in variations.items() if row["failing"]],
        "unproven": sorted({scenario.key for scenario in library()} - catching) if whole else [],
    }


def _print(data: dict[str, Any]) -> None:
    from rich.console import Console
    from rich.table import Table

    console = Console()
    if data["sound"]:
        console.print(f"[red]The sound charger fails {', '.join(data['sound'])}.", highlight=False)
    table = Table("defect", "what it does", "requirement", "caught by", title="Defects")
    for id_, row in data["defects"].items():
        caught = ", ".join(row["caught_by"]) or "[red]not caught"
        table.add_row(id_, row["text"], row["requirement"], caught.replace("[1", "\\[1"))
    console.print(table)
    table = Table("variation", "what differs", "verdict", title="Allowed variations")
    for id_, row in data["variations"].items():
        wrong = ", ".join(row["failing"])
        table.add_row(id_, row["text"], f"[red]failed by {wrong}" if wrong else "[green]respected")
    console.print(table)
    missed, wronged = len(data["missed"]), len(data["wronged"])
    console.print(
        f"{len(data['defects']) - missed} of {len(data['defects'])} defects caught, "
        f"{len(data['variations']) - wronged} of {len(data['variations'])} variations respected."
    )
    if data["unproven"]:
        console.print(f"Unproven, they catch nothing: {', '.join(data['unproven'])}", markup=False)
