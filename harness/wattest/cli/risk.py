"""``wattest risk``: how often a decision rule accepts a bad meter, or rejects a good one."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

import click

from wattest.cli.exits import BENCH, exits
from wattest.errors import BenchError

if TYPE_CHECKING:
    from rich.console import Console

    from wattest.model.requirement import DecisionRule

DISAGREES = 1
CONFIDENCE = 0.95
"""Of all intervals of one run together: each alone is wider (Bonferroni)."""

EXAMPLES = """
Examples:

\b
  wattest risk                                    10,000 meters at 1 %, budgets U of 0.1, 0.25 and 0.5 %
  wattest risk --budget 0.3 --spread 0.8          one budget, meters that differ more
  wattest risk --limit hb44_ac_maintenance --meters 2000 --seed 7
  wattest risk --json > risk.json

\b
True accept: within the limit and passed. False accept: beyond it and passed (the buyer's risk).
False reject: within it and failed (the maker's risk). Inconclusive: neither.
Where limit / U is below the least ratio of the rule nothing is accepted at all.

\b
Exit codes: 0 simulation and prediction agree, 1 they do not, 11 the question makes no sense.
"""


@click.command(epilog=EXAMPLES)
@click.option(
    "--limit", metavar="PERCENT", default="1", show_default=True, help="A percentage, or the id of a limit."
)
@click.option(
    "--budget",
    "budgets",
    metavar="PERCENT",
    type=float,
    multiple=True,
    default=(0.1, 0.25, 0.5),
    show_default=True,
    help="Expanded uncertainty U (k = 2) of one measurement.",
)
@click.option(
    "--spread",
    metavar="PERCENT",
    type=float,
    default=0.6,
    show_default=True,
    help="Standard deviation of the meters' true errors.",
)
@click.option(
    "--meters", type=int, default=10_000, show_default=True, help="How many meters for each budget."
)
@click.option("--seed", type=int, default=0, show_default=True, help="Seed of the simulated meters.")
@click.option("--json", "as_json", is_flag=True, help="The rates as JSON.")
def command(
    limit: str, budgets: tuple[float, ...], spread: float, meters: int, seed: int, as_json: bool
) -> None:
    """Send simulated meters through the real rule for energy errors, and compare with what JCGM 106 predicts.

    Rates stand for simple acceptance (rule 'hb44') and for a guard band w = U (rule 'certification'), per budget,
    with a confidence interval, and it is said whether simulation and prediction agree.
    """
    from rich.console import Console

    from wattest.model.read import read_decision_rules

    known = read_decision_rules()
    rules = {name: known[name] for name in ("hb44", "certification")}
    with exits({BenchError: BENCH}):
        rows = _rows(
            _limit(limit), budgets, spread, rules, meters=meters, seed=seed, console=Console(stderr=True)
        )
    agree = all(row["agrees"] for row in rows)
    if as_json:
        settings = {"limit_pct": _limit(limit), "spread_pct": spread, "meters": meters, "seed": seed}
        click.echo(json.dumps({**settings, "rates": rows, "agree": agree}, indent=2))
    else:
        _print(rows, _limit(limit), spread, meters, agree=agree)
    sys.exit(0 if agree else DISAGREES)


def _limit(text: str) -> float:
    """A percentage, with or without its sign, or the value of a limit by its id."""
    from wattest.document.suggest import did_you_mean
    from wattest.model.read import read_limits

    try:
        return float(text.removesuffix("%"))
    except ValueError:
        limits = {name: one for name, one in read_limits().items() if one.unit == "%"}
    if text not in limits:
        raise click.BadParameter(
            f"'{text}' is neither a percentage nor a limit in percent{did_you_mean(text, limits)}",
            param_hint="--limit",
        )
    return float(limits[text].value)


def _rows(
    limit_pct: float,
    budgets: tuple[float, ...],
    spread_pct: float,
    rules: dict[str, DecisionRule],
    *,
    meters: int,
    seed: int,
    console: Console,
) -> list[dict[str, Any]]:
    from rich.progress import Progress

    from wattest.judge.risk import OUTCOMES, Setting, interval, predict, simulate

    settings = [Setting(limit_pct, budget, spread_pct) for budget in budgets]
    compared = len(settings) * len(rules) * len(OUTCOMES)
    confidence = 1.0 - (1.0 - CONFIDENCE) / compared
    rows = []
    with Progress(console=console, transient=True, disable=not console.is_terminal) as progress:
        for setting in settings:
            task = progress.add_task(f"U {setting.expanded_pct:g} %", total=meters)
            counts = simulate(
                setting,
                rules,
                meters=meters,
                seed=seed,
                told=lambda done, task=task: progress.update(task, completed=done),  # type: ignore[misc]
            )
            for name, rule in rules.items():
                expected = predict(setting, rule)
                for outcome in OUTCOMES:
                    low, high = interval(counts[name][outcome], meters, confidence)
                    rows.append(
                        {
                            "U_pct": setting.expanded_pct,
                            "rule": name,
                            "outcome": outcome,
                            "simulated": counts[name][outcome] / meters,
                            "low": low,
                            "high": high,
                            "predicted": expected[outcome],
                            "agrees": low <= expected[outcome] <= high,
                        }
                    )
    return rows


def _print(rows: list[dict[str, Any]], limit_pct: float, spread: float, meters: int, *, agree: bool) -> None:
    from rich.console import Console
    from rich.table import Table

    words = {"hb44": "simple acceptance", "certification": "guard band w = U"}
    console = Console(highlight=False)
    table = Table(title=f"{meters} meters, limit {limit_pct:g} %, errors spread by {spread:g} % (1 sigma)")
    for name in ("U", "rule", "outcome"):
        table.add_column(name)
    for name in ("simulated", "interval", "predicted", "agree"):
        table.add_column(name, justify="right")
    before = None
    for row in rows:
        key = (row["U_pct"], row["rule"])
        fresh = key != before
        if fresh and before is not None:
            table.add_section()
        before = key
        table.add_row(
            f"{row['U_pct']:g} %" if fresh else "",
            words[row["rule"]] if fresh else "",
            row["outcome"],
            f"{100 * row['simulated']:.2f} %",
            f"{100 * row['low']:.2f} to {100 * row['high']:.2f} %",
            f"{100 * row['predicted']:.2f} %",
            "yes" if row["agrees"] else "[red]no",
        )
    console.print(table)
    wrong = sum(not row["agrees"] for row in rows)
    console.print(
        "Simulation and prediction agree: every predicted rate lies in its interval (95 % for all of them together)."
        if agree
        else f"Simulation and prediction disagree on {wrong} of {len(rows)} rates."
    )
