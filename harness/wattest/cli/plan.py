"""``wattest plan``: what an accuracy profile will take, before anything is energised."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from wattest.cli.exits import BENCH, DOCUMENTS, exits
from wattest.errors import BenchError, DocumentError

if TYPE_CHECKING:
    from wattest.model.profile import Profile
    from wattest.run.planning import Row

"""Exit codes: the bench or the suite lacks something; a document cannot be used."""

EXAMPLES = """
Examples:

\b
  wattest plan --profile hb44_ac                              the built-in charger, no bench
  wattest plan --profile hb44_ac --evse charger.yaml --bench bench.yaml
  wattest plan --profile mid_by_temperature --air -30         limits at -30 degC
  wattest plan --profile profiles/mine.yaml --json

\b
Energy is the largest of: the minimum measured quantity, 10 register steps over the limit, 100 register
steps. U is the expanded uncertainty that the bench's reference meter will leave by its calibration file,
TUR the limit over U. Below the least TUR of the profile's decision rule a point cannot pass.

\b
Exit codes: 0 a plan, 11 the bench or the suite lacks something, 12 a document cannot be used.
"""


@click.command(epilog=EXAMPLES)
@click.option(
    "--profile", metavar="NAME", required=True, help="A profile under fixtures/profiles, or a file."
)
@click.option(
    "--evse", metavar="FILE", type=click.Path(), help="Charger sheet. Default: the one the bench names."
)
@click.option(
    "--bench", metavar="FILE", type=click.Path(), help="Bench file: its reference meter and its plane."
)
@click.option("--air", metavar="DEGC", type=float, default=23.0, show_default=True, help="Air temperature.")
@click.option("--json", "as_json", is_flag=True, help="The plan as JSON.")
def command(profile: str, evse: str | None, bench: str | None, air: float, as_json: bool) -> None:
    """Print current, energy, duration, U and TUR of every point of an accuracy profile, and the hours in all."""
    from wattest.model.library import library_folder
    from wattest.model.read import read_bench, read_charger, read_decision_rules, read_limits
    from wattest.run.drivers import factories
    from wattest.run.planning import plan_profile

    with exits({DocumentError: DOCUMENTS, BenchError: BENCH}):
        chosen = _profile(profile)
        read = None if bench is None else read_bench(bench, factories())
        named = None if read is None or read.charger is None else Path(read.path).parent / read.charger
        sheet = read_charger(evse or named or library_folder("fixtures") / "chargers" / "reference.yaml")
        rules = read_decision_rules()
        rows = plan_profile(chosen, read_limits(), rules, sheet, read, air_c=air)
    if as_json:
        click.echo(json.dumps(_as_json(chosen, rows), indent=2, ensure_ascii=False))
    else:
        _print(
            chosen, rows, f"{sheet.maker} {sheet.model}", rules[chosen.rule].tur_min, known=read is not None
        )


def _profile(name: str) -> Profile:
    from wattest.document.reader import read
    from wattest.document.suggest import did_you_mean
    from wattest.model.read import read_profiles
    from wattest.model.read_profile import profile_of

    if name.endswith((".yaml", ".yml")):
        return profile_of(read(name))
    profiles = read_profiles()
    if name not in profiles:
        raise click.BadParameter(
            f"there is no profile '{name}'{did_you_mean(name, profiles)}", param_hint="--profile"
        )
    return profiles[name]


def _as_json(profile: Profile, rows: tuple[Row, ...]) -> dict[str, Any]:
    return {
        "profile": profile.id,
        "rows": [
            {
                "point": row.planned.point.id,
                "purpose": row.purpose,
                "runs": row.runs,
                "current_a": row.planned.current_a,
                "limit": row.planned.limit.id,
                "limit_pct": row.planned.limit_pct,
                "provenance": row.planned.limit.provenance,
                "energy_wh": row.planned.energy_wh,
                "why": row.planned.why,
                "duration_s": row.duration_s,
                "U_pct": row.expanded_pct,
                "tur": row.ratio,
            }
            for row in rows
        ],
        "hours": sum(row.duration_s for row in rows) / 3600.0,
    }


def _print(profile: Profile, rows: tuple[Row, ...], charger: str, tur_min: float, *, known: bool) -> None:
    from rich.console import Console
    from rich.table import Table

    console = Console(highlight=False)
    table = Table(title=f"{profile.title}: {charger}")
    for name, justify in (
        ("point", "left"),
        ("current", "right"),
        ("limit", "right"),
        ("energy", "right"),
        ("because of", "left"),
        ("runs", "right"),
        ("time", "right"),
        ("U", "right"),
        ("TUR", "right"),
    ):
        table.add_column(name, justify=justify)  # type: ignore[arg-type]  # these are two of rich's words
    for row in rows:
        plan = row.planned
        ratio = "?" if row.ratio is None else f"{row.ratio:.1f}"
        poor = row.ratio is not None and row.ratio < tur_min
        table.add_row(
            plan.point.id if row.purpose == "accuracy" else f"{plan.point.id}, {row.purpose}",
            f"{plan.current_a:g} A",
            f"{plan.limit_pct:g} %",
            f"{plan.energy_wh / 1000.0:g} kWh",
            plan.why,
            str(row.runs),
            _time(row.duration_s),
            "?" if row.expanded_pct is None else f"{row.expanded_pct:.2f} %",
            f"[red]{ratio}[/]" if poor else ratio,
        )
    console.print(table)
    console.print(f"In all about {sum(row.duration_s for row in rows) / 3600.0:.1f} h for one OCPP version.")
    if any(row.planned.limit.provenance == "unverified" for row in rows):
        console.print("The limit is unverified: a pass by it screens and does not certify.")
    if any(row.ratio is not None and row.ratio < tur_min for row in rows):
        console.print(
            f"Where the TUR is below {tur_min:g} nothing can pass: choose a smaller range, a better reference meter, "
            "or more energy."
        )
    if any(row.expanded_pct is None for row in rows):
        way = (
            "its reference meter needs a calibration file, or states no accuracy"
            if known
            else "name a bench with --bench"
        )
        console.print(f"U is not known: {way}.")


def _time(seconds: float) -> str:
    minutes = round(seconds / 60.0)
    return f"{minutes // 60} h {minutes % 60:02d} min" if minutes >= 60 else f"{minutes} min"
