"""Levels of certification, what holds them back, and how each demand is served, as reports show them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Literal

from wattest.judge.asked import wanted
from wattest.judge.levels import Levels, standing_verdict, takes
from wattest.judge.verdicts import Row
from wattest_reports.entries import Entry, mapping, rows, text, texts
from wattest_reports.requirements import in_order
from wattest_reports.view import Absent, DemandRow, Lacking, Served, Standing

_Kind = Literal["paper", "item", "scenario", "planned", "rest"]
_KINDS: tuple[_Kind, ...] = ("paper", "item", "scenario", "planned", "rest")


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
                    *_texts(row),
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
    named = _named(header)
    served: dict[str, list[Served]] = {}
    stated = mapping(header.get("requirements"))
    for id_ in in_order(stated):
        row = judged.get(id_)
        whole = not levels.lacking.get(id_)
        verdict = row.verdict if whole and row is not None else standing_verdict(row)
        for demand in texts(mapping(stated[id_]).get("traces")):
            one = Served(id_, *_texts(mapping(stated[id_])), verdict, id_ in levels.screened)
            served.setdefault(demand, []).append(one)
    return tuple(
        DemandRow(
            text(demand.get("id")),
            text(demand.get("text")),
            text(demand.get("text_fr")) or text(demand.get("text")),
            tuple(served.get(text(demand.get("id")), ())),
            _absent((one.id for one in served.get(text(demand.get("id")), ())), levels, named),
        )
        for demand in rows(header.get("demands"))
    )


def _texts(row: Entry) -> tuple[str, str, str, str]:
    """Text and criterion of a requirement in both languages; English where a record states no French."""
    said, criterion = text(row.get("text")), text(row.get("criterion"))
    return said, text(row.get("text_fr")) or said, criterion, text(row.get("criterion_fr")) or criterion


_LEFT_OUT = re.compile(
    r"Not tested: (?:only \d+ of \d+ variants of )?(?P<scenario>\S+) (?:was|were) (?:not )?part of this run\."
)


def _named(header: Entry) -> dict[str, tuple[_Kind, str, str]]:
    """Kind and name, in both languages, of what is wanted, by the sentence that tells its absence."""
    papers = mapping(header.get("papers"))
    found: dict[str, tuple[_Kind, str, str]] = {}
    for one in wanted(header):
        name = french = "" if one.kind == "planned" else one.thing
        if one.kind == "paper":
            paper = mapping(papers.get(one.thing))
            name = text(paper.get("title"))
            french = text(paper.get("title_fr")) or name
        found[one.sentence] = (one.kind, name, french)
    return found


def _absent(
    ids: Iterable[str], levels: Levels, named: Mapping[str, tuple[_Kind, str, str]]
) -> tuple[Absent, ...]:
    """What is missing for some requirements, each thing once, in the order in which a reader can do something about it."""
    found: dict[tuple[_Kind, str, str], list[str]] = {}
    for id_ in ids:
        for sentence in levels.lacking.get(id_, ()):
            left_out = _LEFT_OUT.fullmatch(sentence)
            if sentence in named:
                thing = named[sentence]
            elif left_out is not None:
                thing = ("scenario", left_out["scenario"], left_out["scenario"])
            else:
                thing = ("rest", "", "")
            those = found.setdefault(thing, [])
            if id_ not in those:
                those.append(id_)
    ordered = sorted(found.items(), key=lambda pair: _KINDS.index(pair[0][0]))
    return tuple(Absent(*thing, tuple(those)) for thing, those in ordered)
