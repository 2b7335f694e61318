"""``wattest requirements``: what is demanded of a charger, and what can show it."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

import click

from wattest.cli.exits import DOCUMENTS, exits
from wattest.errors import DocumentError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from wattest.model.evidence import Paper
    from wattest.model.requirement import Limit
    from wattest.run.catalogue import Listed
    from wattest.run.languages import Language

NOTHING, USAGE = 5, 2

EXAMPLES = """
Examples:

\b
  wattest requirements                              all of them, as a table
  wattest requirements ROB-03                       one: criterion, limits, and what shows it
  wattest requirements --level winter --area CBL    what the level Winter asks of the cable
  wattest requirements --trace T07 --lang fr        what serves one demand, in French
  wattest requirements --open                       what Wattest cannot test yet, and why
  wattest requirements --method chamber --json

\b
Exit codes: 0, 2 no such requirement or wrong arguments, 5 nothing matches, 12 a document cannot be used.
"""

WORDS: dict[str, tuple[str, str]] = {
    "requirement": ("Requirement", "Exigence"),
    "methods": ("Methods", "Méthodes"),
    "level": ("Level", "Niveau"),
    "shown by": ("Shown by", "Montrée par"),
    "criterion": ("Criterion", "Critère"),
    "source": ("Source", "Source"),
    "limits": ("Limits", "Limites"),
    "serves": ("Serves", "Sert"),
    "scenarios": ("Scenarios", "Scénarios"),
    "monitors": ("Monitors", "Moniteurs"),
    "checklist": ("Checklist", "Liste de contrôle"),
    "documents": ("Documents", "Documents"),
    "planned": ("Planned", "Prévue"),
    "none": ("none", "aucun"),
    "none.limits": ("none", "aucune"),
    "none.checklist": ("none", "aucune"),
    "count": ("{n} requirements", "{n} exigences"),
    "way.scenario": ("scenario", "scénario"),
    "way.monitor": ("monitor", "moniteur"),
    "way.checklist": ("checklist", "liste"),
    "way.document": ("document", "document"),
    "way.planned": ("planned", "prévue"),
    "colon": (":", "\u00a0:"),
    "date.from": ("from", "du"),
    "date.to": ("to", "au"),
    "rank.mandatory": ("mandatory", "obligatoire"),
    "rank.should": ("recommended", "recommandée"),
    "rank.informational": ("informational", "pour information"),
    "method.ocpp": ("over OCPP", "par OCPP"),
    "method.instrument": ("instrument", "instrument"),
    "method.chamber": ("chamber", "enceinte climatique"),
    "method.network": ("network", "réseau"),
    "method.portal": ("portal", "portail"),
    "method.operator": ("person", "personne"),
    "method.document": ("document", "document"),
    "from.found": ("found", "lue"),
    "from.calculated": ("calculated", "calculée"),
    "from.recalled": ("recalled", "de mémoire"),
    "from.unverified": ("unverified: screens, does not certify", "non vérifiée : trie, ne certifie pas"),
    "from.project": ("project criterion", "critère du projet"),
}


@click.command(epilog=EXAMPLES)
@click.argument("ids", nargs=-1, metavar="[ID]...")
@click.option("--level", metavar="NAME", help="What a level asks for: connected, metered, winter.")
@click.option("--area", metavar="LETTERS", help="An area, such as ROB or CBL.")
@click.option(
    "--method", metavar="NAME", help="ocpp, instrument, chamber, network, portal, operator, document."
)
@click.option("--trace", metavar="KEY", help="What serves one demand, T01 to T23.")
@click.option("--open", "only_open", is_flag=True, help="Only what Wattest cannot test yet.")
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
@click.option("--lang", type=click.Choice(["en", "fr"]), default="en", show_default=True, help="Language.")
def command(
    ids: tuple[str, ...],
    level: str | None,
    area: str | None,
    method: str | None,
    trace: str | None,
    only_open: bool,
    as_json: bool,
    lang: Language,
) -> None:
    """List the requirements, or explain those named: text, criterion, limits, and every way to show them."""
    from wattest.run.catalogue import catalogue

    with exits({DocumentError: DOCUMENTS}):
        listed = catalogue()
    chosen = _filtered(_named(listed, ids) if ids else listed, level, area, method, trace)
    chosen = [one for one in chosen if one.requirement.planned or not only_open]
    if not chosen:
        click.echo("No requirement matches; leave a filter away.", err=True)
        sys.exit(NOTHING)
    if as_json:
        click.echo(json.dumps([_as_json(one) for one in chosen], indent=2, ensure_ascii=False))
    elif ids:
        click.echo("\n\n".join("\n".join(_explained(one, lang)) for one in chosen))
    else:
        _table(chosen, lang, why=only_open)


def _refuse(what: str, given: str, known: Iterable[str]) -> None:
    from wattest.document.suggest import did_you_mean

    raise click.UsageError(f"there is no {what} '{given}'{did_you_mean(given, tuple(known))}")


def _named(listed: tuple[Listed, ...], ids: tuple[str, ...]) -> tuple[Listed, ...]:
    by_id = {one.requirement.id: one for one in listed}
    for id_ in ids:
        if id_.upper() not in by_id:
            _refuse("requirement", id_, by_id)
    return tuple(by_id[id_.upper()] for id_ in dict.fromkeys(ids))


def _filtered(
    listed: Iterable[Listed], level: str | None, area: str | None, method: str | None, trace: str | None
) -> list[Listed]:
    from typing import get_args

    from wattest.model.read import read_demands, read_levels
    from wattest.model.requirement import Method

    chosen = list(listed)
    if level is not None:
        levels = read_levels()
        if level not in levels:
            _refuse("level", level, levels)
        below = [levels[name] for name in list(levels)[: list(levels).index(level) + 1]]
        chosen = [one for one in chosen if any(each.takes(one.requirement) for each in below)]
    if area is not None:
        areas = sorted({one.area for one in listed})
        if area.upper() not in areas and chosen:
            _refuse("area", area, areas)
        chosen = [one for one in chosen if one.area == area.upper()]
    if method is not None:
        if method not in get_args(Method):
            _refuse("method", method, get_args(Method))
        chosen = [one for one in chosen if method in one.requirement.methods]
    if trace is not None:
        demands = read_demands()
        if trace.upper() not in demands:
            _refuse("demand", trace, demands)
        chosen = [one for one in chosen if trace.upper() in one.requirement.traces]
    return chosen


def _word(key: str, lang: Language) -> str:
    return WORDS[key][1 if lang == "fr" else 0]


def _ways(one: Listed, lang: Language) -> str:
    ways = [*one.ways, *(["planned"] if one.requirement.planned else [])]
    return ", ".join(_word(f"way.{way}", lang) for way in ways)


def _table(chosen: list[Listed], lang: Language, *, why: bool) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console(highlight=False)
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    table.add_column("", no_wrap=True)
    table.add_column(_word("requirement", lang), ratio=3)
    table.add_column(_word("methods", lang), ratio=2)
    table.add_column(_word("level", lang), ratio=1)
    table.add_column(_word("planned" if why else "shown by", lang), ratio=2)
    area = chosen[0].area
    for one in chosen:
        if one.area != area:
            table.add_section()
            area = one.area
        requirement = one.requirement
        table.add_row(
            Text(requirement.id),
            Text(requirement.text_fr if lang == "fr" else requirement.text),
            Text(", ".join(_word(f"method.{method}", lang) for method in requirement.methods), style="dim"),
            Text(_level(one, lang)),
            Text(
                _planned(one, lang) if why else _ways(one, lang),
                style="yellow" if requirement.planned else "",
            ),
        )
    console.print(table)
    console.print(_word("count", lang).format(n=len(chosen)), style="dim")


def _cited(source: str, lang: Language) -> str:
    from wattest.model.citation import source_in_french

    return source_in_french(source) if lang == "fr" else source


def _planned(one: Listed, lang: Language) -> str:
    return one.requirement.planned_fr if lang == "fr" else one.requirement.planned


def _level(one: Listed, lang: Language) -> str:
    if one.level is None:
        return _word(f"rank.{one.requirement.level}", lang)
    return one.level.title_fr if lang == "fr" else one.level.title


def _explained(one: Listed, lang: Language) -> Iterator[str]:
    requirement = one.requirement
    french = lang == "fr"
    yield f"{requirement.id}  {requirement.text_fr if french else requirement.text}"
    rank = _word(f"rank.{requirement.level}", lang)
    rows: list[tuple[str, list[str]]] = [
        ("criterion", [requirement.criterion_fr if french else requirement.criterion]),
        ("source", [f"{_cited(requirement.source, lang)} ({_word(f'from.{requirement.provenance}', lang)})"]),
        ("limits", [_limit(limit, lang) for limit in one.limits]),
        ("methods", [", ".join(_word(f"method.{method}", lang) for method in requirement.methods)]),
        ("level", [f"{_level(one, lang)}, {rank}" if one.level else rank]),
        ("serves", [f"{each.id} {each.text_fr if french else each.text}" for each in one.demands]),
        ("scenarios", [f"{id_} {fr if french else en}" for id_, en, fr in one.scenarios]),
        ("monitors", list(one.monitors)),
        ("checklist", [f"{each.id}: {each.question_fr if french else each.question}" for each in one.items]),
        (
            "documents",
            [line for paper in one.papers for line in _paper(paper, requirement.id, french=french)],
        ),
        ("planned", [line for line in (_planned(one, lang),) if line]),
    ]
    width = max(len(_word(key, lang)) for key, _ in rows) + 2
    for key, lines in rows:
        none = f"none.{key}" if f"none.{key}" in WORDS else "none"
        nothing = [] if key == "planned" else [_word(none, lang)]
        for place, line in enumerate(lines or nothing):
            yield f"  {(_word(key, lang) if place == 0 else ''):<{width}}{line}"


def _limit(limit: Limit, lang: Language) -> str:
    dates = " ".join(
        f"{_word(key, lang)} {day}"
        for key, day in (("date.from", limit.valid_from), ("date.to", limit.valid_to))
        if day is not None
    )
    value = str(limit.value).replace(".", ",") if lang == "fr" else str(limit.value)
    unit = limit.unit.replace("degC", "°C") if lang == "fr" else limit.unit
    said = f"{limit.id}{_word('colon', lang)} {value} {unit}, {_cited(limit.source, lang)}, {limit.edition}"
    more = "; ".join(part for part in (dates, limit.note) if part)
    return f"{said} ({_word(f'from.{limit.provenance}', lang)}){'; ' + more if more else ''}"


def _paper(paper: Paper, id_: str, *, french: bool) -> Iterator[str]:
    yield f"{paper.id}: {paper.title_fr if french else paper.title}"
    for statement in paper.statements:
        if id_ in statement.covers:
            yield f"    {statement.text_fr if french else statement.text}"


def _as_json(one: Listed) -> dict[str, Any]:
    requirement = one.requirement
    return {
        "id": requirement.id,
        "text": requirement.text,
        "text_fr": requirement.text_fr,
        "criterion": requirement.criterion,
        "criterion_fr": requirement.criterion_fr,
        "source": requirement.source,
        "provenance": requirement.provenance,
        "methods": list(requirement.methods),
        "rank": requirement.level,
        "level": one.level.id if one.level else None,
        "traces": list(requirement.traces),
        "limits": [
            {
                "id": limit.id,
                "value": str(limit.value),
                "unit": limit.unit,
                "source": limit.source,
                "edition": limit.edition,
                "provenance": limit.provenance,
                "valid_from": limit.valid_from.isoformat() if limit.valid_from else None,
                "valid_to": limit.valid_to.isoformat() if limit.valid_to else None,
            }
            for limit in one.limits
        ],
        "scenarios": [id_ for id_, _, _ in one.scenarios],
        "monitors": list(one.monitors),
        "checklist": [item.id for item in one.items],
        "documents": [paper.id for paper in one.papers],
        "planned": requirement.planned or None,
        "planned_fr": requirement.planned_fr or None,
    }
