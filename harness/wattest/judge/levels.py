"""Which level of certification a record reaches, and what holds it back: a verdict, or a missing evidence by its name.

Everything comes from the record: its header states requirements, limits, levels, checklist, documents asked for, and which
scenarios of the library are about which requirement, so that a scenario that was left out is missed.

How a requirement counts for a level:

- It is *passed* when every scenario of the library that covers it was performed and passed on every dialect of the run, every
  checklist item about it was answered well, every document about it is there and in force, and nothing is ``planned``.
- It is *screened* when it passed, but its own provenance, that of a limit it names, or that of a limit a check used is
  ``unverified``. That does not certify.
- Anything else holds the level back.

A level is ``reached`` when all its requirements passed, ``screened`` when all passed and some only by screening, and
``held back`` otherwise. The level reached is the highest whose lower levels are reached too. A run that was not sealed
reaches none.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from wattest.judge.asked import Entry, unanswered
from wattest.judge.verdicts import SCREENING, Cell, Evidence, Row, Verdict, run_table

Standing = Literal["reached", "screened", "held back"]


@dataclass(frozen=True)
class Held:
    """One requirement that holds a level back; ``reasons`` are sentences, each a verdict's or naming what is missing."""

    requirement: str
    verdict: Verdict
    reasons: tuple[str, ...]


@dataclass(frozen=True)
class LevelResult:
    """How a record stands to one level; the tuples hold ids of requirements, and together all that the level asks for."""

    id: str
    title: str
    title_fr: str
    text: str
    text_fr: str
    passed: tuple[str, ...]
    screened: tuple[str, ...]
    held: tuple[Held, ...]
    sealed: bool = True

    @property
    def required(self) -> int:
        """How many requirements the level asks for."""
        return len(self.passed) + len(self.screened) + len(self.held)

    @property
    def standing(self) -> Standing:
        """Whether the level is reached, reached for screening only, or held back."""
        if self.held or not self.required or not self.sealed:
            return "held back"
        return "screened" if self.screened else "reached"


@dataclass(frozen=True)
class Levels:
    """All levels of a record, the lowest first. ``aimed`` is the one that the run was for, empty when for none."""

    levels: tuple[LevelResult, ...]
    aimed: str = ""
    lacking: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """For every requirement of the header, in a level or not, what keeps it from being passed; empty when nothing does."""
    screened: frozenset[str] = frozenset()
    """Requirements that passed, but by screening only."""

    @property
    def reached(self) -> LevelResult | None:
        """The highest level that stands together with all below it, certified or screened."""
        found = None
        for level in self.levels:
            if level.standing == "held back":
                break
            found = level
        return found

    @property
    def certified(self) -> LevelResult | None:
        """The highest level that is reached without screening, together with all below it."""
        found = None
        for level in self.levels:
            if level.standing != "reached":
                break
            found = level
        return found


def takes(level: Mapping[str, Any], requirement: Mapping[str, Any]) -> bool:
    """Whether a level asks for a requirement, both as the header of a record states them."""
    return requirement["id"] in level.get("also", ()) or (
        requirement["level"] in level["ranks"] and set(requirement["methods"]) <= set(level["methods"])
    )


def levels_of(record: Evidence | Sequence[Entry], table: Sequence[Row] | None = None) -> Levels:
    """How a record stands to every level that its header states; ``table`` saves making the verdicts again."""
    entries = record if isinstance(record, Sequence) else record.entries
    header = next((entry for entry in entries if entry["kind"] == "header"), {})
    stated = header.get("levels") or {}
    if not stated:
        return Levels(())
    rows = {row.requirement: row for row in (run_table(entries) if table is None else table)}
    lacking = _Lacking(header, entries)
    found = {
        str(id_): lacking.of(requirement, rows.get(str(id_)))
        for id_, requirement in (header.get("requirements") or {}).items()
    }
    screened = frozenset(
        id_
        for id_, requirement in (header.get("requirements") or {}).items()
        if not found[id_] and _screens(requirement, rows.get(id_), header)
    )
    sealed = entries[-1]["kind"] == "footer"
    return Levels(
        tuple(_result(level, header, found, rows, screened, sealed=sealed) for level in stated.values()),
        str(header.get("level") or ""),
        found,
        screened,
    )


def _result(
    level: Mapping[str, Any],
    header: Entry,
    found: Mapping[str, tuple[str, ...]],
    rows: Mapping[str, Row],
    screened: frozenset[str],
    *,
    sealed: bool,
) -> LevelResult:
    asked = [id_ for id_, requirement in header["requirements"].items() if takes(level, requirement)]
    words = (level["title"], level["title_fr"], level["text"], level["text_fr"])
    return LevelResult(
        level["id"],
        *words,
        passed=tuple(id_ for id_ in asked if not found[id_] and id_ not in screened),
        screened=tuple(id_ for id_ in asked if id_ in screened),
        held=tuple(Held(id_, standing_verdict(rows.get(id_)), found[id_]) for id_ in asked if found[id_]),
        sealed=sealed,
    )


def standing_verdict(row: Row | None) -> Verdict:
    """What is told beside a requirement held back; a pass of a part is no verdict of the whole."""
    if row is None:
        return "not tested"
    verdict: Verdict = "fail" if row.failed else row.verdict
    return "not tested" if verdict in {"pass", "not applicable"} else verdict


def _screens(requirement: Mapping[str, Any], row: Row | None, header: Entry) -> bool:
    limits = header.get("limits") or {}
    return (
        requirement.get("provenance") == "unverified"
        or any((limits.get(id_) or {}).get("provenance") == "unverified" for id_ in requirement["limits"])
        or (row is not None and any(cell.note == SCREENING for cell in row.cells.values()))
    )


class _Lacking:
    """What keeps each requirement from being passed, as sentences."""

    def __init__(self, header: Entry, entries: Sequence[Entry]) -> None:
        self._ways: Mapping[str, Any] = header.get("ways") or {}
        self._plan: dict[tuple[str, str], set[str]] = {}
        for row in header.get("plan") or ():
            for name in row["covers"]:
                self._plan.setdefault((name, row["id"]), set()).add(row["key"])
        self._unanswered = unanswered(header, entries)

    def of(self, requirement: Mapping[str, Any], row: Row | None) -> tuple[str, ...]:
        """Sentences, none twice; empty when nothing is lacking."""
        id_ = str(requirement["id"])
        found: list[str] = []
        if row is not None:
            found += _contradicted(row)
            found += (cell.sentence for cell in row.cells.values() if cell.scenarios and _untested(cell))
        found += self._left_out(id_, row)
        found += self._unanswered.get(id_, ())
        if not found and (row is None or row.verdict not in {"pass", "not applicable"}):
            found.append("Not tested: no scenario of this run was about it.")
        return tuple(dict.fromkeys(found))

    def _left_out(self, id_: str, row: Row | None) -> Iterator[str]:
        """Scenarios of the library that this run did not plan, and monitors that had nothing to watch."""
        ways = self._ways.get(id_) or {}
        for scenario, variants in (ways.get("scenarios") or {}).items():
            planned = len(self._plan.get((id_, scenario), ()))
            if planned == 0:
                yield f"Not tested: {scenario} was not part of this run."
            elif planned < variants:
                yield f"Not tested: only {planned} of {variants} variants of {scenario} were part of this run."
        heard = row is not None and any(cell.scenarios for cell in row.cells.values())
        if ways.get("monitors") and not heard:
            yield f"Not tested: the monitor {', '.join(ways['monitors'])} found nothing to say in this run."


def _untested(cell: Cell) -> bool:
    return cell.verdict == "not tested"


def _contradicted(row: Row) -> Iterable[str]:
    return (cell.sentence for cell in row.cells.values() if cell.verdict in {"fail", "error", "inconclusive"})
