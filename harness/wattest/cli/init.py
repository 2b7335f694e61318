"""``wattest init``: a bench file and a charger sheet to begin with."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from wattest.cli.exits import exits
from wattest.errors import BenchError

if TYPE_CHECKING:
    from wattest.run.languages import Language
    from wattest.run.scaffold import Asker

USAGE = 4
BENCH = "bench.yaml"

EXAMPLES = """
Examples:

\b
  wattest init                              asks, and writes bench.yaml and charger.yaml here
  wattest init north-lab --lang fr          the same in a new folder, in French
  wattest init --charger-only --evse b.yaml another charger for a bench that is there
  wattest init --yes --set maker=Maple --set model="Street 48" --set serial=7 --set firmware=1.0 \\
               --set dialects=2.0.1 --set rated_voltage="240 V" --set rated_current="32 A" \\
               --set locks=connector_lock --set features=card_reader --set reference_meter=yokogawa_wt

\b
Exit codes: 0 the files were written, 4 an answer or an argument cannot be used, or a file is there already: then
nothing was written.
"""


@click.command(epilog=EXAMPLES)
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False), default=Path())
@click.option("--set", "given", metavar="KEY=VALUE", multiple=True, help="An answer; may be given again.")
@click.option("--yes", is_flag=True, help="Take the default of everything else; ask nothing.")
@click.option("--charger-only", is_flag=True, help="Only the charger sheet.")
@click.option("--bench-only", is_flag=True, help="Only the bench file, for a charger sheet that is there.")
@click.option(
    "--evse", metavar="NAME", default="charger.yaml", show_default=True, help="Name of the charger sheet."
)
@click.option("--lang", type=click.Choice(["en", "fr"]), default="en", show_default=True, help="Language.")
def command(
    folder: Path,
    given: tuple[str, ...],
    yes: bool,
    charger_only: bool,
    bench_only: bool,
    evse: str,
    lang: Language,
) -> None:
    """Write bench.yaml and charger.yaml into FOLDER by asking; nothing that is there is written over.

    Every answer is checked as 'wattest check' would; an empty one takes the value in brackets. Instruments come with
    the entry of their documentation, in which addresses and ranges must be put right.
    """
    with exits({BenchError: USAGE}):
        wanted = {evse: not bench_only, BENCH: not charger_only}
        asker = _asker(_split(given), lang, ask=not yes)
        for path in _made(folder, [name for name, wants in wanted.items() if wants], evse, asker):
            click.echo(str(path))


def _asker(given: dict[str, str], lang: Language, *, ask: bool) -> Asker:
    from wattest.run.scaffold import Asker

    return Asker(lang, given, _typed if ask else None, lambda text: click.echo(text, err=True))


def _made(folder: Path, names: list[str], evse: str, asker: Asker) -> list[Path]:
    """Ask for everything, and only then write."""
    from wattest.run.scaffold import ask_bench, ask_charger

    if not names:
        raise BenchError("--charger-only and --bench-only leave nothing to write; give one of them.")
    for name in names:
        if (folder / name).exists():
            raise BenchError(
                f"{folder / name} is there already, and nothing is written over: choose another folder, or move it."
            )
    if evse not in names and not (folder / evse).is_file():
        raise BenchError(f"There is no {folder / evse} for this bench: leave --bench-only away.")
    texts: dict[Path, str] = {}
    if evse in names:
        texts[folder / evse] = ask_charger(asker)
    if BENCH in names:
        place = folder.absolute().name.replace("_", " ") or "bench"
        texts[folder / BENCH] = ask_bench(asker, charger=evse, name=place)
    unknown = [key for key in asker.given if key not in asker.taken]
    if unknown:
        asked = ", ".join(sorted(asker.taken))
        raise BenchError(f"--set {unknown[0]}: nothing of that name is asked; there are {asked}.")
    return _written(folder, texts)


def _written(folder: Path, texts: dict[Path, str]) -> list[Path]:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for path, text in texts.items():
            with path.open("x", encoding="utf-8") as file:
                file.write(text)
    except OSError as problem:
        raise BenchError(f"{problem.filename} cannot be written: {problem.strerror}.") from problem
    return list(texts)


def _split(given: tuple[str, ...]) -> dict[str, str]:
    answers: dict[str, str] = {}
    for one in given:
        key, equals, value = one.partition("=")
        if not equals:
            raise BenchError(f"--set {one} has no '='; write it like --set maker=Maple.")
        answers[key.strip()] = value
    return answers


def _typed(prompt: str) -> str | None:
    click.echo(prompt, err=True, nl=False)
    line = sys.stdin.readline()
    return line if line else None
