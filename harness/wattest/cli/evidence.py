"""``wattest evidence``: what only a person can see and only a document can say of one charger."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from wattest.cli.exits import BROKEN, DOCUMENTS, exits
from wattest.errors import BenchError, DocumentError, RecordError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wattest.model.charger import ChargerSheet
    from wattest.model.evidence import Item, Paper
    from wattest.record.dossier import Dossier
    from wattest.run.interview import Interview, Tongue

USAGE = 4

EXAMPLES = """
Examples:

\b
  wattest evidence --evse charger.yaml                 what is missing or out of date, one after the other
  wattest evidence --evse charger.yaml --list          what is there, and what is missing
  wattest evidence --evse charger.yaml --only rating_plate --only data_sheet
  wattest evidence --evse charger.yaml --province ON   in English; in Quebec French comes first
  wattest evidence --evse charger.yaml --by "A. Roy" < answers.txt
  wattest certify --evse charger.yaml --level metered --evidence evidence

\b
An empty line leaves an item out. Exit codes: 0 (also when something is still missing: the last line says what),
4 an argument or answer cannot be used, 12 the charger sheet cannot be used, 13 the evidence was changed or is
another charger's. What was answered before an error is kept.
"""


@click.command(epilog=EXAMPLES)
@click.option(
    "--evse",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Charger sheet. Default: the simulated one.",
)
@click.option(
    "--evidence",
    "root",
    metavar="DIR",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("evidence"),
    show_default=True,
    help="Where evidence is kept, in a folder for each serial number.",
)
@click.option("--by", metavar="NAME", help="Who answers and signs; asked for when it is not given.")
@click.option("--only", metavar="ID", multiple=True, help="One item or document; may be given again.")
@click.option("--all", "everything", is_flag=True, help="Also what was answered already.")
@click.option("--list", "only_list", is_flag=True, help="Ask nothing; show what is there.")
@click.option("--province", default="QC", show_default=True, metavar="QC", help="Where the station stands.")
@click.option("--lang", type=click.Choice(["en", "fr"]), help="One language only.")
def command(
    evse: Path | None,
    root: Path,
    by: str | None,
    only: tuple[str, ...],
    everything: bool,
    only_list: bool,
    province: str,
    lang: Tongue | None,
) -> None:
    """Go through the checklist and the documents asked for of one charger, and keep answers, pictures and files.

    Each answer is signed with a name and the time, and kept in a folder that belongs to the charger by its serial number, for
    this run of 'wattest certify --evidence' and for later ones.
    """
    with exits({DocumentError: DOCUMENTS, RecordError: BROKEN, BenchError: USAGE}):
        _go(evse, root, by, only, province, lang, everything=everything, only_list=only_list)


def _go(
    evse: Path | None,
    root: Path,
    by: str | None,
    only: tuple[str, ...],
    province: str,
    lang: Tongue | None,
    *,
    everything: bool,
    only_list: bool,
) -> None:
    from wattest.clock import host_utc
    from wattest.document.suggest import did_you_mean
    from wattest.model.library import library_folder
    from wattest.model.read import read_charger, read_checklist, read_papers
    from wattest.record.dossier import begin, folder_of, read_dossier
    from wattest.run.interview import Ended, Interview, missing

    sheet = read_charger(evse or library_folder("fixtures") / "chargers" / "reference.yaml")
    items, papers = read_checklist(), read_papers()
    for id_ in only:
        if id_ not in items and id_ not in papers:
            raise BenchError(
                f"There is no checklist item or document '{id_}'{did_you_mean(id_, (*items, *papers))}"
            )
    tongue: Tongue = lang or ("fr+en" if province.upper() == "QC" else "en")
    folder = folder_of(root, sheet.serial)
    there = folder.is_dir() and any(folder.iterdir())
    dossier = read_dossier(folder, sheet.serial) if there else None
    if only_list:
        _list(items, papers, dossier, sheet, tongue)
        return
    interview = Interview(folder, tongue, "", _typed, _told, host_utc)
    name = by if by is not None else _typed(interview.words("Your name: ", "Votre nom : "))
    interview.by = (name or "").strip()
    if not interview.by:
        raise BenchError(
            interview.text(
                "Nobody signs: give a name with --by, or as the first line.",
                "Personne ne signe : donnez un nom avec --by, ou à la première ligne.",
            )
        )
    begin(folder, {"maker": sheet.maker, "model": sheet.model, "serial": sheet.serial})
    answers, handed_in = (dossier.answers, dossier.papers) if dossier else ({}, {})
    wanted, asked_for = missing(items, papers, answers, handed_in, host_utc().date())
    if only or everything:
        wanted = [id_ for id_ in items if id_ in only or not only]
        asked_for = [id_ for id_ in papers if id_ in only or not only]
    try:
        _ask(interview, wanted, asked_for, items, papers)
    except Ended as end:
        click.echo(str(end), err=True)
    now = read_dossier(folder, sheet.serial)
    rest = [
        id_ for those in missing(items, papers, now.answers, now.papers, host_utc().date()) for id_ in those
    ]
    kept = len(interview.kept)
    lacking = f"; {interview.words('missing', 'il manque')}: {', '.join(rest)}" if rest else ""
    said = interview.words(f"{kept} kept", f"{kept} conservée{'s' if kept > 1 else ''}")
    click.echo(f"{said}: {folder}{lacking}")


def _ask(
    interview: Interview,
    wanted: list[str],
    asked_for: list[str],
    items: Mapping[str, Item],
    papers: Mapping[str, Paper],
) -> None:
    total = len(wanted) + len(asked_for)
    for number, id_ in enumerate(wanted, 1):
        interview.item(items[id_], f"{number}/{total}")
    for number, id_ in enumerate(asked_for, len(wanted) + 1):
        interview.paper(papers[id_], f"{number}/{total}")


def _list(
    items: Mapping[str, Item],
    papers: Mapping[str, Paper],
    dossier: Dossier | None,
    sheet: ChargerSheet,
    tongue: Tongue,
) -> None:
    from wattest.run.interview import in_tongue

    def say(en: str, fr: str) -> str:
        return in_tongue(tongue, en, fr, " / ")

    click.echo(f"{sheet.maker} {sheet.model}, {say('serial number', 'numéro de série')} {sheet.serial}")
    for id_, item in items.items():
        line = dossier.answers.get(id_) if dossier else None
        if line is None:
            told = say("missing", "manque")
        else:
            answer = str(line["answer"])
            told = (
                say(answer, item.answers.get(answer, answer)) if answer else f"{line['value']} {line['unit']}"
            )
            told += f", {line['by']}, {str(line['at'])[:10]}"
            if item.photo and not line["files"]:
                told += f", {say('no picture', 'sans photo')}"
        click.echo(f"  {id_:<24}{', '.join(item.covers):<16}{told}")
    for id_, paper in papers.items():
        line = dossier.papers.get(id_) if dossier else None
        if line is None:
            told = say("missing", "manque")
        else:
            held = say("until", "jusqu'au")
            until = f", {held} {line['expires']}" if line["expires"] else ""
            number = line["number"] or say("without a number", "sans numéro")
            told = f"{number}, {line['issuer']}, {line['issued']}{until}"
        click.echo(f"  {id_:<24}{', '.join(paper.covers):<16}{told}")


def _typed(prompt: str) -> str | None:
    click.echo(prompt, err=True, nl=False)
    line = sys.stdin.readline()
    return line if line else None


def _told(sentence: str) -> None:
    click.echo(sentence, err=True)
