"""The verdicts as a table in the terminal, then what went wrong, what was not tested and why, and what it rests on."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from wattest_reports import notation
from wattest_reports.gather import report
from wattest_reports.notation import Language
from wattest_reports.reasons import reason_in_french
from wattest_reports.requirements import NOT_COVERED, NOT_REACHED
from wattest_reports.statements import beside, charger_name, conclusion, level_sentences, sign
from wattest_reports.view import Cell, Report, RequirementRow
from wattest_reports.words import Words

if TYPE_CHECKING:
    from wattest.record import Record

WIDTH = 120
"""Columns of the text file; on a terminal its own width counts."""

STYLES = {
    "pass": "green",
    "fail": "bold red",
    "error": "bold magenta",
    "inconclusive": "yellow",
    "not tested": "dim",
    "not applicable": "dim",
}
_NARROW = 70
_TROUBLES = ("fail", "error", "inconclusive")


def render(record: Record, out: Path, *, lang: Language = "en") -> Path:
    """Write the table as plain text."""
    out.parent.mkdir(parents=True, exist_ok=True)
    with out.open("w", encoding="utf-8", newline="\n") as file:
        table(record, Console(file=file, width=WIDTH, color_system=None, force_terminal=False), lang=lang)
    return out


def table(record: Record, console: Console, *, lang: Language = "en", quiet: bool = False) -> None:
    """Print the table; ``quiet`` leaves out what did not go wrong. A verdict is told by sign, word and colour, so that it reads without colour too.

    Example::

        table(read_record("run.jsonl"), Console())
    """
    show(report(record), console, Words(lang), quiet=quiet)


def show(shown: Report, console: Console, words: Words, *, quiet: bool = False) -> None:
    """Print a report that was gathered before."""
    console.print(Text(f"{charger_name(shown.charger, words)}  {words('kicker')}", style="bold"))
    for line in _notices(shown, words):
        console.print(line)
    tested = [row for row in shown.requirements if row.verdict != "not tested"]
    if tested and not quiet:
        console.print(_matrix(tested, shown, words, wide=console.width >= _NARROW))
    style = STYLES.get(shown.verdict, "") if shown.whole else STYLES["fail"]
    if not shown.whole:
        console.print(Text(words("broken"), style=style))
    console.print(Text(f"{sign(shown.verdict)} {conclusion(shown, words)}", style=style))
    for sentence in beside(shown, words):
        console.print(Text(sentence))
    console.print(_counts(shown, words))
    _levels(shown, console, words, quiet=quiet)
    _findings(tested, shown, console, words)
    if not quiet:
        _left_out(shown, console, words)
    for one in shown.safe:
        if not one.ok:
            proof = notation.ranges(one.seqs)
            console.print(
                Text(
                    f"\n{sign('fail')} {one.role}: {words('safe.no')}. {one.sentence} ({proof})",
                    style="bold red",
                )
            )
    if quiet:
        return
    console.print()
    console.print(Text(words("not accredited"), style="dim"))
    head = shown.head or words("head.none")
    console.print(Text(f"{words('head')}{words.colon} {head}", style="dim"), soft_wrap=True)
    console.print(
        Text(f"wattest verify {shown.path}" if shown.path else "wattest verify", style="dim"), soft_wrap=True
    )


def _notices(shown: Report, words: Words) -> Iterator[Text]:
    if shown.simulated:
        yield Text.assemble((words("simulated"), "bold yellow"), " ", words("simulated.say"))
    if not shown.whole:
        yield Text.assemble((words("broken"), "bold red"), " ", words("broken.say"))
        for fault in shown.faults:
            yield Text(f"  {fault}", style="red")
    for reason in shown.aborted:
        yield Text.assemble((words("aborted.title") + words.colon, "bold red"), " ", reason)
    if shown.defects:
        yield Text.assemble(
            (words("defects") + ".", "bold yellow"), " ", words("defects.say", list=", ".join(shown.defects))
        )
    for sentence in shown.story:
        yield Text.assemble((words("story") + words.colon, "bold"), " ", sentence)
    if shown.without_relay:
        yield Text.assemble((words("no relay") + ".", "bold"), " ", words("no relay.say"))


def _matrix(rows: list[RequirementRow], shown: Report, words: Words, *, wide: bool) -> Table:
    """Ids and verdicts keep their width; the text of a requirement takes what is left, on one line."""
    made = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False, expand=wide)
    cells = [[_cell(cell, words) for cell in row.cells] for row in rows]
    name = words("requirement")
    made.add_column("" if wide else name, no_wrap=True, min_width=max(len(row.id) for row in rows))
    if wide:
        made.add_column(name, ratio=1, no_wrap=True, overflow="ellipsis")
    for place, dialect in enumerate(shown.dialects):
        name = f"OCPP {dialect}"
        widest = max(
            len(line) for line in (name, *(part for row in cells for part in row[place].plain.split("\n")))
        )
        made.add_column(name, no_wrap=True, min_width=widest)
    area = rows[0].area
    for row, verdicts in zip(rows, cells, strict=True):
        if row.area != area:
            made.add_section()
            area = row.area
        text = row.text_fr if words.language == "fr" else row.text
        made.add_row(Text(row.id), *([Text(text)] if wide else []), *verdicts)
    return made


def _cell(cell: Cell, words: Words) -> Text:
    made = Text(
        f"{sign(cell.verdict)} {words.known(cell.verdict, cell.verdict)}", style=STYLES.get(cell.verdict, "")
    )
    if cell.failed:
        made.append(f" {sign('fail')} {words('fail')}", style=STYLES["fail"])
    if cell.screening:
        made.append(f"\n{words('screening')}", style="dim")
    return made


def _levels(shown: Report, console: Console, words: Words, *, quiet: bool) -> None:
    """The level reached, each level in figures and, when the run was for one, what holds it back."""
    if not shown.levels:
        return
    french = words.language == "fr"
    console.print()
    for sentence in level_sentences(shown, words):
        console.print(Text(sentence, style="bold"))
    for level in shown.levels:
        style = {"reached": "green", "screened": "yellow"}.get(level.standing, "dim")
        mark = {"reached": sign("pass"), "screened": "~"}.get(level.standing, sign("not tested"))
        made = Text(f"{mark} {level.title_fr if french else level.title}", style=style)
        made.append(f"{words.colon} {words.known(f'standing.{level.standing}', level.standing)}; ")
        made.append(words("level.counts", passed=level.passed + level.screened, required=level.required))
        if level.screened:
            made.append(f", {words('level.screened.count', n=level.screened)}")
        if level.held:
            made.append(f"; {words('level.held.count', n=level.held)}")
        console.print(made)
    names = [level.id for level in shown.levels]
    if quiet or shown.aimed not in names:
        return
    below = names[: names.index(shown.aimed) + 1]
    wanted = [one for one in shown.lacking if one.level in below]
    if wanted:
        console.print(Text(f"\n{words('lacking')}", style="bold"))
    for one in wanted:
        made = Text(f"{sign(one.verdict)} {one.id} ", style=STYLES.get(one.verdict, ""))
        made.append(" ".join(_reason(reason, shown, words) for reason in one.reasons), style="dim")
        console.print(made)


def _reason(sentence: str, shown: Report, words: Words) -> str:
    """Why something is missing, in French where that is asked for and the sentence is Wattest's own."""
    return (reason_in_french(sentence, shown.french) if words.language == "fr" else "") or sentence


def _counts(shown: Report, words: Words) -> Text:
    made = Text()
    for verdict, count in shown.counts.items():
        if count:
            made.append(
                f"{sign(verdict)} {count} {words.known(verdict, verdict)}   ", style=STYLES.get(verdict, "")
            )
    made.append(words.count("runs", len(shown.attempts)), style="dim")
    return made


def _findings(rows: list[RequirementRow], shown: Report, console: Console, words: Words) -> None:
    keys = {one.anchor: one.key for one in shown.attempts}
    bad: dict[tuple[str, str], list[Cell]] = {}
    for row in rows:
        for cell in row.cells:
            if cell.verdict in _TROUBLES:
                bad.setdefault((row.id, cell.verdict), []).append(cell)
    if not bad:
        return
    console.print(Text(f"\n{words('contradicted')}", style="bold"))
    for (name, verdict), cells in sorted(bad.items(), key=lambda pair: _TROUBLES.index(pair[0][1])):
        made = Text(f"{sign(verdict)} {name} ", style=STYLES[verdict])
        made.append(f"OCPP {', '.join(cell.dialect for cell in cells)}  ", style="dim")
        made.append(cells[0].sentence, style="default")
        where = ", ".join(dict.fromkeys(keys[anchor] for cell in cells for anchor in cell.anchors))
        seqs = [seq for cell in cells for seq in cell.evidence]
        key = "entry.one" if len(seqs) == 1 else "entry.many"
        proof = words(key, list=notation.ranges(seqs)) if seqs else ""
        made.append(f"\n  {' · '.join(part for part in (where, proof) if part)}", style="dim")
        console.print(made)


def _left_out(shown: Report, console: Console, words: Words) -> None:
    if not shown.not_tested:
        return
    console.print(Text(f"\n{words('left out')}", style="bold"))
    for one in shown.not_tested:
        own = one.reason in {NOT_REACHED, NOT_COVERED}
        reason = words(one.reason) if own else _reason(one.reason, shown, words)
        name = f"{one.key} (OCPP {', '.join(one.dialects)})" if one.key else ""
        requirements = ", ".join(one.requirements)
        made = Text(f"{sign('not tested')} ")
        made.append(" ".join(part for part in (name, requirements) if part) + words.colon + " ")
        made.append(reason, style="dim")
        console.print(made)
