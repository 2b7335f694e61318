"""From checks to verdicts: per requirement, per scenario, per run.

The worst wins: error, fail, inconclusive, not tested, pass, not applicable. A pass needs positive evidence for every
expectation, so a requirement that a scenario covers and never checked is inconclusive, and one whose scenario ended early
is inconclusive as well, however many checks it passed before. A ``fail`` stays a fail, and stays visible, even
when an error follows.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal, Protocol

from wattest.judge.asked import Entry, evidence_checks, unanswered

Verdict = Literal["not applicable", "pass", "not tested", "inconclusive", "fail", "error"]

VERDICTS: tuple[Verdict, ...] = ("not applicable", "pass", "not tested", "inconclusive", "fail", "error")
"""From best to worst."""

TELLING = frozenset(
    {
        "header",
        "scenario",
        "scenario_end",
        "step",
        "step_end",
        "check",
        "setting",
        "safe",
        "trouble",
        "aborted",
        "resumed",
    }
    | {"not_tested"}
)
"""Kinds of entries that verdicts are made from: a table needs no others."""

SCREENING = "screening"
"""Note of a verdict that rests on a limit whose provenance is unverified: it screens, it does not certify."""


def worst(verdicts: Iterable[str]) -> Verdict:
    """The worst of several verdicts; ``not tested`` when there is none.

    >>> worst(["pass", "inconclusive", "pass"]), worst([])
    ('inconclusive', 'not tested')
    """
    found = [rank(verdict) for verdict in verdicts]
    return VERDICTS[max(found)] if found else "not tested"


def rank(verdict: str) -> int:
    """Place in ``VERDICTS``; a word that is no verdict ranks as an error, since it comes from a broken record."""
    return VERDICTS.index(verdict) if verdict in VERDICTS else len(VERDICTS) - 1


@dataclass(frozen=True)
class RequirementVerdict:
    """Verdict of one requirement in one attempt; ``checks`` are the entries it rests on, worst first by outcome."""

    requirement: str
    verdict: Verdict
    sentence: str
    checks: tuple[int, ...] = ()
    note: str = ""


@dataclass(frozen=True)
class _Ending:
    """How far the steps of an attempt came."""

    verdict: Verdict
    sentence: str


def _ending(entries: Iterable[Entry]) -> _Ending | None:
    """Why the steps were not all done; None when they were."""
    open_steps: dict[Any, Entry] = {}
    ending: _Ending | None = None
    for entry in entries:
        kind = entry["kind"]
        if kind == "step":
            open_steps[entry["index"]] = entry
        elif kind == "step_end":
            step = open_steps.pop(entry["index"], None)
            if entry["outcome"] != "done":
                ending = _worse(ending, _ended_in(step, entry))
        elif kind == "aborted":
            ending = _worse(ending, _Ending("error", f"The run was aborted: {entry['reason']}."))
        elif _is_trouble(entry):
            ending = _worse(ending, _Ending("error", _trouble_said(entry)))
        elif kind == "safe" and not entry.get("ok", True):
            ending = _worse(
                ending, _Ending("error", f"The bench was not made safe: {entry.get('sentence', '')}")
            )
    for step in open_steps.values():
        ending = _worse(ending, _Ending("error", f"The scenario was interrupted in {_named(step)}."))
    return ending


def _is_trouble(entry: Entry) -> bool:
    """Our own central system failed while it served the station, or a part of the bench in the middle of its work."""
    return bool(
        entry["kind"] == "trouble" or (entry["kind"] == "setting" and entry.get("what") == "csms_trouble")
    )


def _trouble_said(entry: Entry) -> str:
    if entry["kind"] == "trouble":
        return f"The {entry['role']} of the bench failed: {entry['sentence']}"
    return f"The scenario ended in serving the station: {entry['text']}"


def _worse(old: _Ending | None, new: _Ending) -> _Ending:
    return new if old is None or rank(new.verdict) > rank(old.verdict) else old


def _ended_in(step: Entry | None, end: Entry) -> _Ending:
    where = _named(step) if step is not None else "getting ready"
    verdict: Verdict = "error" if end["outcome"] in {"error", "aborted"} else "inconclusive"
    return _Ending(verdict, f"The scenario ended in {where}: {end.get('sentence', '')}")


def _named(step: Entry) -> str:
    return f"step {step['index']} ({step.get('verb', '?')})"


def requirement_verdicts(entries: Sequence[Entry], covers: Iterable[str]) -> dict[str, RequirementVerdict]:
    """Verdicts of one attempt by requirement: those it covers, in that order, then those that monitors spoke of.

    What a monitor could not decide counts only for a requirement that the scenario covers and nothing else spoke
    of: elsewhere nobody asked.
    """
    covered = tuple(dict.fromkeys(covers))
    checks: dict[str, list[Entry]] = {requirement: [] for requirement in covered}
    doubts: dict[str, list[Entry]] = {}
    trouble: int | None = None
    for entry in entries:
        if trouble is None and _is_trouble(entry):
            trouble = entry["seq"]
        if entry["kind"] == "check":
            check = _tainted(entry, trouble)
            unasked = check.get("monitor") and check["outcome"] == "inconclusive"
            for requirement in check["requirements"]:
                (doubts if unasked else checks).setdefault(requirement, []).append(check)
    ending = _ending(entries)
    return {
        requirement: _verdict(
            requirement, found or doubts.get(requirement, []), ending, covered=requirement in covered
        )
        for requirement, found in checks.items()
    }


def _tainted(check: Entry, trouble: int | None) -> Entry:
    """A failure seen after our own side failed is no failure of the charger: it was not served rightly."""
    if trouble is None or check["outcome"] != "fail":
        return check
    seen = max(check.get("evidence") or (), default=check["seq"]) if check.get("monitor") else check["seq"]
    if seen < trouble:
        return check
    sentence = (
        f"The suite or its bench had failed before (entry {trouble}), so this says nothing of the charger: "
    )
    return {**check, "outcome": "error", "sentence": f"{sentence}{check['sentence']}"}


def _verdict(
    requirement: str, checks: list[Entry], ending: _Ending | None, *, covered: bool
) -> RequirementVerdict:
    seqs = tuple(
        entry["seq"] for entry in sorted(checks, key=lambda entry: (-rank(entry["outcome"]), entry["seq"]))
    )
    found = worst(entry["outcome"] for entry in checks)
    decisive = next((entry for entry in checks if entry["outcome"] == found), None)
    if decisive is not None and found != "pass":
        return RequirementVerdict(requirement, found, str(decisive["sentence"]), seqs)
    if ending is not None and covered:
        so_far = "before anything proved" if decisive is None else "before all was asked that proves"
        sentence = f"{ending.sentence.rstrip('.')}, {so_far} {requirement}."
        return RequirementVerdict(requirement, ending.verdict, sentence, seqs)
    if decisive is None:
        return RequirementVerdict(
            requirement, "inconclusive", f"No check of the scenario was about {requirement}."
        )
    screening = any((entry.get("figures") or {}).get("screening") for entry in checks)
    last = str(checks[-1]["sentence"])
    sentence = last if len(checks) == 1 else f"{len(checks)} checks passed, the last: {last}"
    return RequirementVerdict(requirement, "pass", sentence, seqs, SCREENING if screening else "")


def item_verdict(entries: Sequence[Entry], lines: Mapping[str, RequirementVerdict]) -> tuple[Verdict, str]:
    """Verdict of a whole attempt, and the sentence that a person should read first.

    A failure of the bench makes it an error even when every requirement had its verdict before.
    """
    ending = _ending(entries)
    verdict = worst(line.verdict for line in lines.values())
    if ending is not None and rank(ending.verdict) > rank(verdict):
        return ending.verdict, ending.sentence
    sentence = next((line.sentence for line in lines.values() if line.verdict == verdict != "pass"), "")
    return verdict, sentence


class Evidence(Protocol):
    """What is needed of a record."""

    @property
    def entries(self) -> Sequence[Entry]:
        """All entries in order, the header among them."""
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

    @cached_property
    def _telling(self) -> tuple[Entry, ...]:
        """Looked for once: far the most entries are frames, exchanges and readings."""
        return tuple(entry for entry in self.entries if entry["kind"] in TELLING)

    @property
    def ended(self) -> bool:
        """Whether the scenario came to its end; an attempt that did not was interrupted."""
        return any(entry["kind"] == "scenario_end" for entry in self._telling)

    def lines(self) -> dict[str, RequirementVerdict]:
        """Verdicts by requirement, computed from the checks; ``error`` for all when it was interrupted."""
        covers = self.scenario.get("covers", ())
        lines = requirement_verdicts(self._telling, covers)
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
            return item_verdict(self._telling, self.lines())
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
class Cell:
    """One requirement on one dialect. ``failed`` stays true when an error elsewhere is the worse verdict.

    ``scenarios`` maps the key of each scenario that had a say to its verdict; ``evidence`` are the check entries behind
    the verdict; ``sentence`` is that of the worst.
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
class Row:
    """One requirement on all dialects of the run."""

    requirement: str
    cells: Mapping[str, Cell]

    @property
    def verdicts(self) -> dict[str, Verdict]:
        """Verdict by dialect."""
        return {dialect: cell.verdict for dialect, cell in self.cells.items()}

    @property
    def verdict(self) -> Verdict:
        """The worst over the dialects."""
        return worst(cell.verdict for cell in self.cells.values())

    @property
    def sentence(self) -> str:
        """That of the worst."""
        return next((cell.sentence for cell in self.cells.values() if cell.verdict == self.verdict), "")

    @property
    def failed(self) -> bool:
        """Whether any dialect failed, whatever came after."""
        return any(cell.failed for cell in self.cells.values())


@dataclass(frozen=True)
class _Say:
    scenario: str
    verdict: Verdict
    sentence: str
    evidence: tuple[int, ...] = ()
    note: str = ""


def run_table(record: Evidence | Sequence[Entry]) -> tuple[Row, ...]:
    """A row for every requirement of the header and every one that the record speaks of.

    ``record`` is a record that was read, or the entries written so far, the header among them. A requirement of which a part
    was shown, and of which the header asks for a document or an answer that is missing, or says that something is planned, is
    not tested: a pass needs positive evidence for every expectation.
    """
    entries = record if isinstance(record, Sequence) else record.entries
    header = next((entry for entry in entries if entry["kind"] == "header"), {})
    dialects = tuple(str(dialect) for dialect in header.get("dialects", ()))
    says: dict[str, dict[str, list[_Say]]] = {
        name: {dialect: [] for dialect in dialects} for name in _requirements(header)
    }

    def hear(requirement: str, dialect: str, said: _Say) -> None:
        says.setdefault(requirement, {name: [] for name in dialects}).setdefault(dialect, []).append(said)

    found = attempts(entries)
    for attempt in standing(found):
        for name, line in attempt.lines().items():
            hear(
                name, attempt.dialect, _Say(attempt.key, line.verdict, line.sentence, line.checks, line.note)
            )
    tried = {(attempt.key, attempt.dialect): attempt.scenario["seq"] for attempt in found}
    for check in evidence_checks(entries):
        for name in check["requirements"]:
            for dialect in dialects:
                hear(name, dialect, _shown(check))
    for entry in entries:
        if entry["kind"] == "not_tested" and entry["seq"] > tried.get((entry["key"], entry["dialect"]), -1):
            for name in entry["requirements"]:
                said = _Say(str(entry["key"]), "not tested", f"Not tested: {entry['reason']}.")
                hear(name, str(entry["dialect"]), said)
    for name, sentences in unanswered(header, entries).items():
        for dialect, found_so_far in says.get(name, {}).items():
            if found_so_far:
                hear(name, dialect, _Say("", "not tested", sentences[0]))
    return tuple(
        Row(name, {dialect: _cell(name, dialect, found) for dialect, found in by_dialect.items()})
        for name, by_dialect in says.items()
    )


def _shown(check: Entry) -> _Say:
    """What a check of evidence says, on every dialect alike."""
    figures = check.get("figures") or {}
    verdict: Verdict = "not applicable" if figures.get("inapplicable") else check["outcome"]
    note = SCREENING if figures.get("screening") else ""
    return _Say("", verdict, str(check["sentence"]), (check["seq"],), note)


def _requirements(header: Entry) -> tuple[str, ...]:
    stated = header.get("requirements", ())
    return tuple(str(part["id"]) if isinstance(part, Mapping) else str(part) for part in stated)


def _cell(requirement: str, dialect: str, says: list[_Say]) -> Cell:
    if not says:
        return Cell(requirement, dialect, "not tested", "No scenario of this run was about it.")
    verdict = worst(said.verdict for said in says)
    deciding = [said for said in says if said.verdict == verdict]
    scenarios: dict[str, str] = {}
    for said in (one for one in says if one.scenario):
        scenarios[said.scenario] = worst((said.verdict, scenarios.get(said.scenario, said.verdict)))
    return Cell(
        requirement,
        dialect,
        verdict,
        deciding[0].sentence,
        scenarios,
        tuple(seq for said in deciding for seq in said.evidence),
        failed=any(said.verdict == "fail" for said in says),
        note=next((said.note for said in deciding if said.note), ""),
    )


def sealed(rows: Iterable[Row]) -> dict[str, dict[str, str]]:
    """The table as it stands in the footer of a record: verdict by requirement and dialect."""
    return {row.requirement: {**row.verdicts} for row in rows}
