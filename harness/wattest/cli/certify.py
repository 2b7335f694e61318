"""``wattest certify``: the main job."""

from __future__ import annotations

import gc
import json
import os
import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from wattest.errors import DocumentError, RecordError

if TYPE_CHECKING:
    from rich.console import Console

    from wattest.judge.levels import Levels
    from wattest.judge.verdicts import Row
    from wattest.record import Record
    from wattest.run.progress import ProgressLines

PASSED, FAILED, INTERRUPTED, USAGE, NONE_COLLECTED = 0, 1, 2, 4, 5
INCONCLUSIVE, BENCH, DOCUMENTS, INTEGRITY = 10, 11, 12, 13

EXAMPLES = """
Examples:

\b
  wattest certify                                  the built-in simulated charger, every scenario
  wattest certify --ocpp 2.0.1 --select metering   one dialect, one area
  wattest certify --select "AUTH-001 or BILL"      by scenario id
  wattest certify --bench bench.yaml --rehearse    the bench's drivers, with twins of its instruments
  wattest certify --bench bench.yaml --evse charger.yaml --out runs/north-lab
  wattest certify --resume runs/north-lab          go on with an interrupted run
  wattest certify --level winter --evidence evidence    what a level needs, with checklist and documents

\b
Exit codes: 0 all passed, 1 a requirement failed, 2 interrupted, 4 wrong arguments,
5 nothing selected, 10 inconclusive (or, with --strict, not everything tested; with --level, the level is
held back or reached for screening only), 11 bench or suite error, 12 a document cannot be used, 13 the record is broken.

\b
Shell completion, for bash (zsh and fish likewise):
  eval "$(_WATTEST_COMPLETE=bash_source wattest)"
"""


class _Command(click.Command):
    """Wrong arguments leave with pytest's exit code for them; click's own would read as an interrupted run."""

    def make_context(self, *arguments: Any, **more: Any) -> click.Context:
        try:
            return super().make_context(*arguments, **more)
        except click.UsageError as problem:
            problem.show()
            sys.exit(USAGE)


@click.command(cls=_Command, epilog=EXAMPLES)
@click.argument("scenarios", nargs=-1, type=click.Path(exists=True))
@click.option("--bench", metavar="FILE", type=click.Path(), help="Bench file. Default: the simulated bench.")
@click.option("--rehearse", is_flag=True, help="Twins of the bench's instruments instead of steel.")
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
    "--out", metavar="DIR", type=click.Path(), help="Folder of the run. Default: wattest-runs/<UTC time>."
)
@click.option("--resume", metavar="DIR", type=click.Path(exists=True), help="Go on with an interrupted run.")
@click.option(
    "--defect", metavar="ID", multiple=True, help="Switch on a deliberate defect of the simulated charger."
)
@click.option(
    "--level", metavar="NAME", default="", help="Only what this level needs: connected, metered, winter."
)
@click.option(
    "--evidence",
    metavar="DIR",
    type=click.Path(exists=True),
    help="Folder of 'wattest evidence': checklist and documents of this charger.",
)
@click.option("--strict", is_flag=True, help="Not everything tested counts as inconclusive (exit code 10).")
@click.option("-q", "--quiet", is_flag=True, help="For CI: only the summary.")
@click.option("--json", "as_json", is_flag=True, help="The verdicts as JSON on standard output.")
@click.option(
    "--allure", metavar="DIR", type=click.Path(), help="Also write Allure results there while running."
)
@click.option(
    "--lang", type=click.Choice(["en", "fr"]), default="en", help="Language of table and HTML report."
)
def command(
    scenarios: tuple[str, ...],
    bench: str | None,
    rehearse: bool,
    evse: str | None,
    ocpp: str | None,
    select: str,
    seed: int,
    out: str | None,
    resume: str | None,
    defect: tuple[str, ...],
    level: str,
    evidence: str | None,
    strict: bool,
    quiet: bool,
    as_json: bool,
    allure: str | None,
    lang: str,
) -> None:
    """Certify a charger: run the scenarios, print a verdict per requirement.

    Without arguments it certifies the built-in simulated charger on every OCPP dialect and leaves the record,
    an HTML report and JUnit XML in a new folder under wattest-runs, which wattest-runs/latest points to.
    """
    from rich.console import Console

    from wattest.record.rescues import rescues
    from wattest.run.folder import default_folder
    from wattest.run.progress import ProgressLines

    lines = ProgressLines(Console(stderr=True, highlight=False), quiet=quiet or as_json)
    if resume and out:
        click.echo("--resume goes on in the folder of the interrupted run; leave --out away.", err=True)
        sys.exit(USAGE)
    given = resume or out
    folder = Path(given) if given else default_folder()
    for rescue in rescues(folder):
        click.echo(str(rescue), err=True)
    try:
        code = _pytest(
            lines,
            [
                *_arguments(
                    scenarios, bench, evse, ocpp, select, seed, folder, resume, defect, allure, rehearse
                ),
                *(["--wattest-level", level] if level else []),
                *(["--wattest-evidence", evidence] if evidence else []),
            ],
        )
        if lines.broken:
            sys.exit(_refused(lines))
        for sentence in lines.crashed:
            click.echo(sentence, err=True)
        if code == NONE_COLLECTED:
            _say_nothing_selected(select, scenarios)
            sys.exit(NONE_COLLECTED)
        record = folder / "record.jsonl"
        if not record.exists():
            click.echo("The run ended before its record began.", err=True)
            sys.exit(INTERRUPTED if code == INTERRUPTED else BENCH)
        worst = _report(
            None if as_json else Console(highlight=False),
            record,
            folder,
            code=code,
            crashed=bool(lines.crashed),
            strict=strict,
            lang=lang,
            quiet=quiet,
        )
    except KeyboardInterrupt:
        click.echo(
            "Stopped. What was recorded stands; 'wattest report' renders it, '--resume' goes on.", err=True
        )
        sys.exit(INTERRUPTED)
    except RecordError as problem:
        click.echo(str(problem), err=True)
        sys.exit(INTEGRITY)
    sys.exit(worst)


def _refused(lines: ProgressLines) -> int:
    """The run could not begin: every sentence once, and the exit code of the first."""
    click.echo("\n".join(dict.fromkeys(sentence for _, sentence in lines.broken)), err=True)
    problem = lines.broken[0][0]
    if isinstance(problem, DocumentError):
        return DOCUMENTS
    return INTEGRITY if isinstance(problem, RecordError) else BENCH


def _say_nothing_selected(select: str, scenarios: tuple[str, ...]) -> None:
    where = f" under {', '.join(scenarios)}" if scenarios else ""
    what = f"No scenario{where} matches --select '{select}'." if select else f"There is no scenario{where}."
    click.echo(f"{what} 'wattest check' reads them, and says what is wrong with one.", err=True)


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
    rehearse: bool,
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
        "--capture=no",  # the person at the bench answers on standard input
        "-c",
        os.devnull,
        "--rootdir",
        str(Path(paths[0]).parent),
        "--import-mode=importlib",
        "--capture=no",  # a person at the bench is asked on this terminal
        # Warnings of other packages are not for the one who certifies; failures of our own threads are errors.
        "-W",
        "ignore",
        "-W",
        "error::pytest.PytestUnhandledThreadExceptionWarning",
        "-W",
        "error::pytest.PytestUnraisableExceptionWarning",
        # A certification must not depend on what else is installed.
        "--disable-plugin-autoload",
    ]
    arguments += ["--wattest-rehearse"] if rehearse else []
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


def _pytest(lines: ProgressLines, arguments: list[str]) -> int:
    """Pytest without what the environment would add to it."""
    import pytest

    hidden = {
        name: os.environ.pop(name) for name in ("PYTEST_ADDOPTS", "PYTEST_PLUGINS") if name in os.environ
    }
    try:
        return int(pytest.main(arguments, plugins=[lines]))
    finally:
        os.environ.update(hidden)


def _report(
    console: Console | None,
    path: Path,
    folder: Path,
    *,
    code: int,
    crashed: bool,
    strict: bool,
    lang: str,
    quiet: bool,
) -> int:
    """Write the reports, print the table, or JSON without a console; the exit code."""
    from wattest.judge.levels import levels_of
    from wattest.judge.verdicts import run_table
    from wattest.record import read_record
    from wattest.run.reports import render

    record = read_record(path)
    gc.freeze()  # nothing of it is garbage before the process ends: the collector need not walk it
    written = render(record, folder, lang=lang, console=console, quiet=quiet)
    rows = run_table(record.entries)
    levels = levels_of(record.entries, rows)
    worst = _exit_code(record, rows, code=code, crashed=crashed, strict=strict)
    if worst == PASSED and levels.aimed and not _certifies(levels):
        worst = INCONCLUSIVE
    if console is None:
        found = {
            "exit_code": worst,
            **_as_json(record, rows, written),
            "level": _levels_json(levels, simulated=record.header["bench"]["kind"] != "live"),
        }
        click.echo(json.dumps(found, indent=2, ensure_ascii=False))
    else:
        for what, where in written.items():
            console.print(f"[dim]{what:<8}[/] {where}", soft_wrap=True)
    return worst


def _as_json(record: Record, rows: tuple[Row, ...], written: dict[str, Path]) -> dict[str, Any]:
    return {
        "sealed": record.footer is not None,
        "requirements": [
            {"requirement": row.requirement, "verdicts": dict(row.verdicts), "sentence": row.sentence}
            for row in rows
        ],
        "files": {what: str(where) for what, where in written.items()},
    }


def _certifies(levels: Levels) -> bool:
    """Whether the level asked for, and each below it, is reached without screening."""
    names = [level.id for level in levels.levels]
    certified = levels.certified
    return certified is not None and names.index(certified.id) >= names.index(levels.aimed)


def _levels_json(levels: Levels, *, simulated: bool) -> dict[str, Any]:
    return {
        "simulated": simulated,
        "aimed": levels.aimed or None,
        "reached": levels.reached.id if levels.reached else None,
        "certified": levels.certified.id if levels.certified else None,
        "levels": [
            {
                "id": level.id,
                "standing": level.standing,
                "required": level.required,
                "passed": list(level.passed),
                "screened": list(level.screened),
                "held": [
                    {"requirement": one.requirement, "verdict": one.verdict, "reasons": list(one.reasons)}
                    for one in level.held
                ],
            }
            for level in levels.levels
        ],
    }


def _exit_code(record: Record, rows: tuple[Row, ...], *, code: int, crashed: bool, strict: bool) -> int:
    """The worst of what the record says, and of what pytest says about the run itself."""
    if code == INTERRUPTED:
        return INTERRUPTED
    if record.footer is None:
        return BENCH
    seen = Counter(verdict for row in rows for verdict in row.verdicts.values())
    if seen["fail"] or any(row.failed for row in rows):
        return FAILED
    if crashed or seen["error"] or _never_started(record):
        return BENCH
    if seen["inconclusive"] or not seen["pass"] or (strict and seen["not tested"]):
        return INCONCLUSIVE
    return PASSED


def _never_started(record: Record) -> bool:
    """Whether something planned was neither performed nor said to be not tested: that is a failure of ours."""
    planned = {(row["key"], row["dialect"]) for row in record.header["plan"]}
    kinds = {"scenario_end", "not_tested"}
    return bool(
        planned - {(entry["key"], entry["dialect"]) for entry in record.entries if entry["kind"] in kinds}
    )
