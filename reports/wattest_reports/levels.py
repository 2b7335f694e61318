"""Levels of certification, what holds them back, and how each demand is served, as reports show them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from wattest.judge.levels import Levels, standing_verdict, takes
from wattest.judge.verdicts import Row
from wattest_reports.entries import Entry, mapping, rows, text, texts
from wattest_reports.requirements import in_order
from wattest_reports.view import DemandRow, Lacking, Served, Standing


def standings(levels: Levels) -> tuple[Standing, ...]:
    """The levels in figures, the lowest first."""
    return tuple(
        Standing(
            level.id,
            level.title,
            level.title_fr,
            level.text,
            level.text_fr,
            level.standing,
            level.required,
            len(level.passed),
            len(level.screened),
            len(level.held),
        )
        for level in levels.levels
    )


def lacking_rows(header: Entry, levels: Levels, table: Sequence[Row]) -> tuple[Lacking, ...]:
    """Requirements that are not passed whole: those of the lowest level first, those of none last."""
    stated = mapping(header.get("requirements"))
    judged = {row.requirement: row for row in table}
    order = [text(level.get("id")) for level in rows(header.get("levels"))]

    def found() -> Iterator[Lacking]:
        for id_ in in_order(levels.lacking):
            if levels.lacking[id_]:
                row = mapping(stated.get(id_))
                yield Lacking(
                    id_,
                    text(row.get("text")),
                    text(row.get("text_fr")) or text(row.get("text")),
                    text(row.get("level")),
                    next((text(one.get("id")) for one in rows(header.get("levels")) if takes(one, row)), ""),
                    standing_verdict(judged.get(id_)),
                    levels.lacking[id_],
                )

    return tuple(
        sorted(found(), key=lambda one: order.index(one.level) if one.level in order else len(order))
    )


def demand_rows(header: Entry, levels: Levels, table: Sequence[Row]) -> tuple[DemandRow, ...]:
    """Each demand that the header states, with its requirements in the order of their ids."""
    judged = {row.requirement: row for row in table}
    served: dict[str, list[Served]] = {}
    stated = mapping(header.get("requirements"))
    for id_ in in_order(stated):
        row = judged.get(id_)
        whole = not levels.lacking.get(id_)
        verdict = row.verdict if whole and row is not None else standing_verdict(row)
        for demand in texts(mapping(stated[id_]).get("traces")):
            served.setdefault(demand, []).append(Served(id_, verdict, id_ in levels.screened))
    return tuple(
        DemandRow(
            text(demand.get("id")),
            text(demand.get("text")),
            text(demand.get("text_fr")) or text(demand.get("text")),
            tuple(served.get(text(demand.get("id")), ())),
        )
        for demand in rows(header.get("demands"))
    )
