"""The table of a run: one row per requirement and dialect, computed from the record alone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from wattest.judge.verdicts import (
    Entry,
    RequirementVerdict,
    Verdict,
    item_verdict,
    rank,
    requirement_verdicts,
    worst,
)


class Evidence(Protocol):
    """What is needed of a record: its header and its entries."""

    @property
    def header(self) -> Mapping[str, Any]:
        """The deterministic header: dialects, requirements, charger, bench, plan."""
        ...

    @property
    def entries(self) -> Sequence[Entry]:
        """All entries in order."""
        ...


@dataclass(frozen=True)
class Attempt:
    """The entries of one attempt at one scenario on one dialect, from its ``scenario`` entry on."""

    scenario: Entry
    entries: tuple[Entry, ...]

    @property
    def key(self) -> str:
        """Id of the scenario with its parameters."""
        return str(self.scenario["key"])

    @property
    def dialect(self) -> str:
        """Dialect it was performed on."""
        return str(self.scenario["dialect"])

    @property
    def number(self) -> int:
        """1 for the first attempt."""
        return int(self.scenario.get("attempt", 1))

    @property
    def ended(self) -> bool:
        """Whether the scenario came to its end; an attempt that did not was interrupted."""
        return any(entry["kind"] == "scenario_end" for entry in self.entries)

    def lines(self) -> dict[str, RequirementVerdict]:
        """Verdicts by requirement, computed from the checks; ``error`` for all when it was interrupted."""
        covers = self.scenario.get("covers", ())
        lines = requirement_verdicts(self.entries, covers)
        if self.ended:
            return lines
        sentence = f"{self.key} (attempt {self.number}) was interrupted before its end."
        return {
            name: line if line.verdict == "fail" else RequirementVerdict(name, "error", sentence, line.checks)
            for name, line in lines.items()
        }

    def verdict(self) -> tuple[Verdict, str]:
        """Verdict of the attempt and its sentence."""
        if self.ended:
            return item_verdict(self.entries, self.lines())
        return "error", f"{self.key} (attempt {self.number}) was interrupted before its end."


def attempts(entries: Iterable[Entry]) -> tuple[Attempt, ...]:
    """The attempts of a record in order. What stands between a scenario's end and the next one belongs to none."""
    found: list[Attempt] = []
    scenario: Entry | None = None
    own: list[Entry] = []
    for entry in entries:
        kind = entry["kind"]
        if kind in {"scenario", "resumed"} and scenario is not None:
            found.append(Attempt(scenario, tuple(own)))
            scenario = None
        if kind == "scenario":
            scenario, own = entry, []
        if scenario is not None:
            own.append(entry)
        if kind == "scenario_end" and scenario is not None:
            found.append(Attempt(scenario, tuple(own)))
            scenario = None
    if scenario is not None:
        found.append(Attempt(scenario, tuple(own)))
    return tuple(found)


RETRIED = frozenset({"error", "inconclusive", "not tested"})
"""Verdicts after which another attempt may replace the first; a fail or a pass stands."""


def standing(found: Sequence[Attempt]) -> tuple[Attempt, ...]:
    """Attempts that count: one after which the same scenario was tried again counts only if it failed or passed."""
    last = {(attempt.key, attempt.dialect): index for index, attempt in enumerate(found)}
    return tuple(
        attempt
        for index, attempt in enumerate(found)
        if last[attempt.key, attempt.dialect] == index or _stands(attempt)
    )


def _stands(attempt: Attempt) -> bool:
    verdict, _ = attempt.verdict()
    return verdict not in RETRIED or any(line.verdict == "fail" for line in attempt.lines().values())


@dataclass(frozen=True)
class Row:
    """One requirement on one dialect. ``failed`` stays true when an error elsewhere is the worse verdict.

    ``scenarios`` maps the key of each scenario that had a say to its verdict; ``evidence`` are the check entries
    behind the verdict; ``sentence`` is that of the worst.
    """

    requirement: str
    dialect: str
    verdict: Verdict
    sentence: str
    scenarios: Mapping[str, str] = field(default_factory=dict)
    evidence: tuple[int, ...] = ()
    failed: bool = False
    note: str = ""


@dataclass(frozen=True)
class _Say:
    scenario: str
    verdict: Verdict
    sentence: str
    evidence: tuple[int, ...]
    note: str


def run_table(record: Evidence) -> tuple[Row, ...]:
    """Rows for all requirements of the header and all that the record speaks of, on every dialect of the run."""
    return table(record.header, record.entries)


def table(header: Mapping[str, Any], entries: Sequence[Entry]) -> tuple[Row, ...]:
    """As ``run_table``, while the record is still being written."""
    says: dict[tuple[str, str], list[_Say]] = {}
    for name in _requirements(header):
        for dialect in header.get("dialects", ()):
            says.setdefault((name, str(dialect)), [])
    for attempt in standing(attempts(entries)):
        for name, line in attempt.lines().items():
            said = _Say(attempt.key, line.verdict, line.sentence, line.checks, line.note)
            says.setdefault((name, attempt.dialect), []).append(said)
    for entry in entries:
        if entry["kind"] == "not_tested":
            for name in entry.get("requirements", ()):
                said = _Say(str(entry["key"]), "not tested", f"Not tested: {entry['reason']}.", (), "")
                says.setdefault((name, str(entry["dialect"])), []).append(said)
    return tuple(_row(name, dialect, found) for (name, dialect), found in says.items())


def _requirements(header: Mapping[str, Any]) -> tuple[str, ...]:
    stated = header.get("requirements", ())
    return tuple(str(part["id"]) if isinstance(part, Mapping) else str(part) for part in stated)


def _row(requirement: str, dialect: str, says: list[_Say]) -> Row:
    if not says:
        return Row(requirement, dialect, "not tested", "No scenario of this run was about it.")
    verdict = worst(said.verdict for said in says)
    deciding = [said for said in says if said.verdict == verdict]
    scenarios: dict[str, str] = {}
    for said in says:
        scenarios[said.scenario] = worst((said.verdict, scenarios.get(said.scenario, said.verdict)))
    return Row(
        requirement,
        dialect,
        verdict,
        deciding[0].sentence,
        scenarios,
        tuple(seq for said in deciding for seq in said.evidence),
        failed=any(said.verdict == "fail" for said in says),
        note=next((said.note for said in deciding if said.note), ""),
    )


def sealed(rows: Iterable[Row]) -> list[dict[str, Any]]:
    """The rows as they are sealed in the footer of a record: requirement, dialect, verdict, and ``failed``."""
    return [
        {"requirement": row.requirement, "dialect": row.dialect, "verdict": row.verdict, "failed": row.failed}
        for row in rows
    ]


def overall(rows: Iterable[Row]) -> Verdict:
    """Worst verdict of a run."""
    return worst(row.verdict for row in sorted(rows, key=lambda row: -rank(row.verdict)))
