"""Verdicts per requirement and dialect, with what the record's header says of the requirement; what was left out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from wattest.judge import verdicts as judge
from wattest_reports.entries import Entry, rows, text, texts
from wattest_reports.view import VERDICTS, Attempt, Cell, LimitLine, NotTested, RequirementRow

NOT_REACHED = "not reached"
NOT_COVERED = "not covered"
"""Reasons that reports give themselves; every other reason is the record's own sentence."""

_TESTED = ("error", "fail", "inconclusive", "pass", "not applicable")


def limit_lines(header: Entry) -> dict[str, LimitLine]:
    """The limits of the header by id."""
    found = {}
    for row in rows(header.get("limits")):
        source = ", ".join(part for part in (text(row.get("source")), text(row.get("edition"))) if part)
        name = text(row.get("id"))
        found[name] = LimitLine(
            name, text(row.get("value")), text(row.get("unit")), source, text(row.get("provenance"))
        )
    return found


def requirement_rows(
    header: Entry, dialects: Sequence[str], table: Sequence[judge.Row], attempts: Sequence[Attempt]
) -> tuple[RequirementRow, ...]:
    """A row for every requirement that the header states or a verdict names, in the order of their ids."""
    stated = {text(row.get("id")): row for row in rows(header.get("requirements"))}
    limits = limit_lines(header)
    runs: dict[tuple[str, str], list[Attempt]] = {}
    for one in attempts:
        if one.stands:
            for requirement, _, _ in one.verdicts:
                runs.setdefault((requirement, one.dialect), []).append(one)
    found = []
    for judged in sorted(table, key=lambda row: _order(row.requirement)):
        name = judged.requirement
        row = stated.get(name, {})
        cells = tuple(_cell(name, dialect, judged.cells.get(dialect), runs) for dialect in dialects)
        found.append(
            RequirementRow(
                id=name,
                text=text(row.get("text")),
                text_fr=text(row.get("text_fr")) or text(row.get("text")),
                criterion=text(row.get("criterion")),
                criterion_fr=text(row.get("criterion_fr")),
                source=text(row.get("source")),
                provenance=text(row.get("provenance")),
                level=text(row.get("level")),
                limits=tuple(limits[one] for one in texts(row.get("limits")) if one in limits),
                verdict="fail" if judged.failed else worst(cell.verdict for cell in cells),
                cells=cells,
            )
        )
    return tuple(found)


def worst(verdicts: Iterable[str]) -> str:
    """The worst of what was tested; ``not tested`` when nothing was."""
    tested = [verdict for verdict in verdicts if verdict in _TESTED]
    return judge.worst(tested)


def _cell(
    requirement: str, dialect: str, cell: judge.Cell | None, runs: Mapping[tuple[str, str], Sequence[Attempt]]
) -> Cell:
    if cell is None:
        return Cell(dialect, "not tested", "", (), ())
    own = runs.get((requirement, dialect), ())
    deciding = [one for one in own if (requirement, cell.verdict) in {(r, v) for r, v, _ in one.verdicts}]
    passed = cell.verdict == "pass"
    return Cell(
        dialect=dialect,
        verdict=cell.verdict,
        sentence=cell.sentence,
        anchors=tuple(one.anchor for one in (own if passed else deciding)),
        evidence=() if passed else cell.evidence,
        failed=cell.failed and cell.verdict != "fail",
        screening=cell.note == judge.SCREENING,
    )


def _order(name: str) -> tuple[str, int, str]:
    area, _, number = name.partition("-")
    return area, int(number) if number.isdecimal() else 0, name


def in_order(names: Iterable[str]) -> list[str]:
    """Ids by area and number."""
    return sorted(names, key=_order)


def not_tested(
    header: Entry,
    entries: Iterable[Entry],
    attempts: Sequence[Attempt],
    requirements: Sequence[RequirementRow],
) -> tuple[NotTested, ...]:
    """Scenarios left out with their reason, those never reached, and requirements that no scenario touched."""
    found: dict[tuple[str, str], tuple[list[str], set[str]]] = {}
    for entry in entries:
        if entry.get("kind") == "not_tested":
            dialects, covers = found.setdefault(
                (text(entry.get("key")), text(entry.get("reason"))), ([], set())
            )
            dialects.append(text(entry.get("dialect")))
            covers.update(texts(entry.get("requirements")))
    done = {(one.key, one.dialect) for one in attempts}
    said = {(key, dialect) for (key, _), (dialects, _) in found.items() for dialect in dialects}
    plan = [row for row in rows(header.get("plan")) if row.get("key")]
    for row in plan:
        key, dialect = text(row.get("key")), text(row.get("dialect"))
        if (key, dialect) not in done | said:
            why = text(row.get("not_tested")) or NOT_REACHED
            dialects, covers = found.setdefault((key, why), ([], set()))
            dialects.append(dialect)
            covers.update(texts(row.get("covers")))
    titles = {text(row.get("key")): text(row.get("title")) for row in plan}
    titles |= {one.key: one.title for one in attempts}
    french = {text(row.get("key")): text(row.get("title_fr")) for row in plan}
    scenarios = [
        NotTested(
            key,
            titles.get(key, ""),
            french.get(key) or titles.get(key, ""),
            tuple(dialects),
            tuple(sorted(covers, key=_order)),
            reason,
        )
        for (key, reason), (dialects, covers) in found.items()
    ]
    named = {requirement for one in scenarios for requirement in one.requirements}
    untouched = [row.id for row in requirements if row.verdict == "not tested" and row.id not in named]
    if untouched:
        scenarios.append(NotTested("", "", "", (), tuple(untouched), NOT_COVERED))
    return tuple(scenarios)


def counts(requirements: Iterable[RequirementRow]) -> Mapping[str, int]:
    """Requirements per verdict, every verdict present."""
    found: dict[str, int] = dict.fromkeys(VERDICTS, 0)
    for row in requirements:
        found[row.verdict] = found.get(row.verdict, 0) + 1
    return found


def french_titles(header: Entry) -> dict[str, str]:
    """French titles of scenarios by id, where the plan holds them."""
    return {
        text(row.get("id")): text(row.get("title_fr"))
        for row in rows(header.get("plan"))
        if row.get("title_fr")
    }
