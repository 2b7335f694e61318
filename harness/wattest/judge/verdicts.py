"""From checks to verdicts: per requirement, per scenario, per run.

The worst wins: error, fail, inconclusive, not tested, pass, not applicable. A pass needs positive evidence for every
expectation, so a requirement that a scenario covers and never checked is inconclusive, and one whose scenario ended early
is inconclusive as well, however many checks it passed before. A ``fail`` stays a fail, and stays visible, even
when an error follows.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

Entry = Mapping[str, Any]
Verdict = Literal["not applicable", "pass", "not tested", "inconclusive", "fail", "error"]

VERDICTS: tuple[Verdict, ...] = ("not applicable", "pass", "not tested", "inconclusive", "fail", "error")
"""From best to worst."""

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
        elif kind == "safe" and not entry.get("ok", True):
            ending = _worse(
                ending, _Ending("error", f"The bench was not made safe: {entry.get('sentence', '')}")
            )
    for step in open_steps.values():
        ending = _worse(ending, _Ending("error", f"The scenario was interrupted in {_named(step)}."))
    return ending


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
    for entry in entries:
        if entry["kind"] == "check":
            unasked = entry.get("monitor") and entry["outcome"] == "inconclusive"
            for requirement in entry["requirements"]:
                (doubts if unasked else checks).setdefault(requirement, []).append(entry)
    ending = _ending(entries)
    return {
        requirement: _verdict(
            requirement, found or doubts.get(requirement, []), ending, covered=requirement in covered
        )
        for requirement, found in checks.items()
    }


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
