"""What a monitor is, and what it reports."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from wattest.judge.decision import shortened
from wattest.judge.sessions import Scene
from wattest.judge.trace import Trace

LONGEST = 600
"""Characters of the sentence of one violation: what a station says may be of any length."""
MOST_EVIDENCE = 20
"""Entries that a passing finding points to; a failing one points to all of its violations."""


@dataclass(frozen=True)
class Finding:
    """One check of a monitor, still to be decided by its rule. ``step`` is the index of the step it is blamed on."""

    requirements: tuple[str, ...]
    name: str
    rule: str
    inputs: Mapping[str, Any]
    evidence: tuple[int, ...] = ()
    monitor: str = ""
    step: int | None = None


@dataclass(frozen=True)
class Monitor:
    """A pure function over one attempt, its name, and the requirements it can fail or prove."""

    name: str
    requirements: tuple[str, ...]
    watch: Callable[[Scene], tuple[Finding, ...]]


@dataclass(frozen=True)
class Flaw:
    """One violation: a whole sentence and the entries that prove it."""

    sentence: str
    evidence: tuple[int, ...]


def held(
    trace: Trace,
    requirements: tuple[str, ...],
    name: str,
    what: str,
    *,
    cases: Sequence[int],
    flaws: Sequence[Flaw] = (),
    doubts: Sequence[Flaw] = (),
) -> tuple[Finding, ...]:
    """A finding under the rule ``held``; none when there was neither a case nor a flaw nor a doubt.

    ``cases`` are the entries in which it held.
    """
    if not cases and not flaws and not doubts:
        return ()
    shown = flaws or doubts
    evidence = (
        _distinct(seq for flaw in shown for seq in flaw.evidence) if shown else tuple(cases[:MOST_EVIDENCE])
    )
    return (
        Finding(
            requirements,
            name,
            "held",
            {
                "what": what,
                "cases": len(cases) + len(flaws),
                "violations": [shortened(flaw.sentence, LONGEST) for flaw in flaws],
                "doubts": [shortened(doubt.sentence, LONGEST) for doubt in doubts],
            },
            evidence,
            step=trace.step(flaws[0].evidence[0]) if flaws and flaws[0].evidence else None,
        ),
    )


def _distinct(seqs: Iterable[int]) -> tuple[int, ...]:
    return tuple(sorted(dict.fromkeys(seqs)))
