"""``wattest certify``: the main job."""

from __future__ import annotations

import json
import os
import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from wattest.errors import DocumentError, RecordError, WattestError

if TYPE_CHECKING:
    from wattest.judge.verdicts import Row
    from wattest.record import Record

PASSED, FAILED, INTERRUPTED, NONE_COLLECTED = 0, 1, 2, 5
INCONCLUSIVE, BENCH, DOCUMENTS, INTEGRITY = 10, 11, 12, 13

EXAMPLES = """
Examples:

\b
  wattest certify                                  the built-in simulated charger, every scenario
  wattest certify --ocpp 2.0.1 --select metering   one dialect, one area
  wattest certify --select "AUTH-001 or BILL"      by scenario id
  wattest certify --bench bench.yaml --evse charger.yaml --out runs/north-lab
  wattest certify --resume runs/north-lab          go on with an interrupted run

\b
Exit codes: 0 all passed, 1 a requirement failed, 2 interrupted, 5 nothing selected,
10 inconclusive (or, with --strict, not everything tested), 11 bench or suite error,
12 a document cannot be used, 13 the record is broken.
"""


@click.command(epilog=EXAMPLES)
@click.argument("scenarios", nargs=-1, type=click.Path(exists=True))
@click.option("--bench", metavar="FILE", type=click.Path(), help="Bench file. Default: the simulated bench.")
@click.option(
    "--evse", metavar="FILE", type=click.Path(), help="Charger sheet. Default: the one the bench names."
)
@click.option(
    "--ocpp", metavar="VERSIONS", help="Dialects, such as 1.6 or 1.6,2.0.1. Default: all of the sheet."
)
@click.option("--select", metavar="WORDS", default="", help="Scenarios by id, area or words, as pytest's -k.")
@click.option(
    "--seed", type=int, default=0, show_default=True, help="Seed; the same seed gives the same record."
)
@click.option(
    "--out", metavar="DIR", type=click.Path(), help="Folder of the run. Default: wattest-runs/latest."
)
@click.option("--resume", metavar="DIR", type=click.Path(exists=True), help="Go on with an interrupted run.")
@click.option(
    "--defect", metavar="ID", multiple=True, help="Switch on a deliberate defect of the simulated charger."
)
@click.option("--strict", is_flag=True, help="Not everything tested counts as inconclusive (exit code 10).")
@click.option("-q", "--quiet", is_flag=True, help="For CI: only the summary.")
@click.option("--json", "as_json", is_flag=True, help="The verdicts as JSON on standard output.")
@click.option(
    "--allure", metavar="DIR", type=click.Path(), help="Also write Allure results there while running."
)
@click.option("--lang", type=click.Choice(["en", "fr"]), default="en", help="Language of the HTML report.")
def command(
    scenarios: tuple[str, ...],
    bench: str | None,
    evse: str | None,
    ocpp: str | None,
    select: str,
    seed: int,
    out: str | None,
    resume: str | None,
    defect: tuple[str, ...],
    strict: bool,
    quiet: bool,
    as_json: bool,
    allure: str | None,
    lang: str,
) -> None:
    """Certify a charger: run the scenarios, print a verdict per requirement.

    Without arguments it certifies the built-in simulated charger on both OCPP dialects and leaves the record,
    an HTML report and JUnit XML in wattest-runs/latest.
    """
    from rich.console import Console

    console = Console(stderr=as_json, highlight=False)
    folder = Path(resume or out or "wattest-runs/latest")
    try:
        code, lines = _pytest(
            console,
            quiet=quiet or as_json,
            arguments=_arguments(scenarios, bench, evse, ocpp, select, seed, folder, resume, defect, allure),
        )
    except DocumentError as problem:
        click.echo(str(problem), err=True)
        sys.exit(DOCUMENTS)
    except RecordError as problem:
        click.echo(str(problem), err=True)
        sys.exit(INTEGRITY)
    except WattestError as problem:
        click.echo(str(problem), err=True)
        sys.exit(BENCH)
    if lines.broken:
        click.echo("\n".join(lines.broken), err=True)
        sys.exit(DOCUMENTS)
    for sentence in lines.crashed:
        click.echo(sentence, err=True)
    if code == NONE_COLLECTED:
        click.echo(
            f"No scenario matches --select '{select}'. See 'wattest check' for what there is.", err=True
        )
        sys.exit(NONE_COLLECTED)
    record = folder / "record.jsonl"
    if not record.exists():
        sys.exit(BENCH)
    sys.exit(
        _report(
            console,
            record,
            folder,
            code=code,
            crashed=bool(lines.crashed),
            strict=strict,
            as_json=as_json,
            lang=lang,
            quiet=quiet,
        )
    )


def _arguments(
    scenarios: tuple[str, ...],
    bench: str | None,
    evse: str | None,
    ocpp: str | None,
    select: str,
    seed: int,
    folder: Path,
    resume: str | None,
    defect: tuple[str, ...],
    allure: str | None,
) -> list[str]:
    from wattest.model.library import library_folder

    paths = [str(Path(path).resolve()) for path in scenarios] or [str(library_folder("scenarios"))]
    arguments = [
        *paths,
        "-p",
        "wattest.run.plugin",
        "-p",
        "no:terminal",
        "-p",
        "no:cacheprovider",
        "-c",
        os.devnull,
    ]
    arguments += ["--rootdir", str(Path(paths[0]).parent), "--import-mode=importlib", "-W", "ignore"]
    arguments += ["--wattest-seed", str(seed), "--wattest-out", str(folder)]
    for option, value in (
        ("--wattest-bench", bench),
        ("--wattest-charger", evse),
        ("--wattest-ocpp", ocpp),
        ("--wattest-resume", resume),
        ("-k", select),
    ):
        arguments += [option, value] if value else []
    for id_ in defect:
        arguments += ["--wattest-defect", id_]
    if allure:
        arguments += ["-p", "allure_pytest.plugin", "--alluredir", allure, "--clean-alluredir"]
    return arguments


def _pytest(console: Any, *, quiet: bool, arguments: list[str]) -> tuple[int, Any]:
    """Pytest without other people's plug-ins: a certification must not depend on what else is installed."""
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    import pytest

    from wattest.run.progress import ProgressLines

    lines = ProgressLines(console, quiet=quiet)
    return int(pytest.main(arguments, plugins=[lines])), lines


def _report(
    console: Any,
    path: Path,
    folder: Path,
    *,
    code: int,
    crashed: bool,
    strict: bool,
    as_json: bool,
    lang: str,
    quiet: bool,
) -> int:
    from wattest.judge.verdicts import run_table
    from wattest.record import read_record
    from wattest.run.reports import render

    record = read_record(path)
    written = render(record, folder, lang=lang, console=None if as_json else console, quiet=quiet)
    rows = run_table(record.entries)
    if as_json:
        click.echo(json.dumps(_as_json(record, rows, written), indent=2, ensure_ascii=False))
    else:
        for what, where in written.items():
            console.print(f"[dim]{what:<8}[/] {where}", soft_wrap=True)
    return _exit_code(record, rows, code=code, crashed=crashed, strict=strict)


def _as_json(record: Record, rows: tuple[Row, ...], written: dict[str, Path]) -> dict[str, Any]:
    return {
        "sealed": record.footer is not None,
        "requirements": [
            {"requirement": row.requirement, "verdicts": dict(row.verdicts), "sentence": row.sentence}
            for row in rows
        ],
        "files": {what: str(where) for what, where in written.items()},
    }


def _exit_code(record: Record, rows: tuple[Row, ...], *, code: int, crashed: bool, strict: bool) -> int:
    """The worst of what the record says, and of what pytest says about the run itself."""
    if record.footer is None:
        return INTERRUPTED if code == INTERRUPTED else BENCH
    seen = Counter(verdict for row in rows for verdict in row.verdicts.values())
    if seen["fail"]:
        return FAILED
    if crashed or seen["error"]:
        return BENCH
    if seen["inconclusive"] or (strict and seen["not tested"]):
        return INCONCLUSIVE
    return PASSED
