"""Proof that the scenarios catch what they claim: every defect against every scenario, in virtual time.

A defect is caught when a scenario *fails* a requirement; an error or a doubt does not count. A variation is
respected when no scenario fails. A scenario that catches nothing is unproven, and says so.
"""

from __future__ import annotations

import os
import tempfile
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wattest.model.library import library_folder
from wattest.run.assemble import documents, open_campaign
from wattest.run.campaign import not_tested_reason
from wattest.run.perform import perform
from wattest.world.behaviour import VARIATIONS, compatible

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from wattest.model.scenario import Dialect, Scenario
    from wattest.run.assemble import Documents
    from wattest.run.perform import Outcome
    from wattest.world.behaviour import Defect, Variation

PARTY = 8
"""How many variations a charger of a party has: few enough to find the one that a scenario wrongs."""

TOO_COARSE = 0.6
"""A defect that more than this share of the scenarios fails says little about any of them."""


@dataclass(frozen=True)
class Trial:
    """One simulated charger, with one defect, one variation or none, against a set of scenarios on one dialect.

    ``failed`` maps the scenarios that failed to the requirements they failed; ``troubled`` maps those that ended in
    an error or in doubt to the sentence.
    """

    id: str
    dialect: Dialect
    failed: dict[str, tuple[str, ...]]
    troubled: dict[str, str]


@cache
def _documents() -> Documents:
    return documents()


@cache
def library() -> tuple[Scenario, ...]:
    """Every scenario of the built-in library, in the order of their ids."""
    paths = sorted(library_folder("scenarios").rglob("*.scenario.yaml"))
    read = _documents().read
    return tuple(sorted((scenario for path in paths for scenario in read(path)), key=lambda s: s.key))


def tried_in(row: Defect | Variation, asked: Sequence[Dialect]) -> tuple[Dialect, ...]:
    """The dialects in which a defect or variation is tried: its own, and 2.1 for those of 2.0.1 when it is ``asked`` for."""
    if not asked:
        return row.dialects
    return tuple(d for d in asked if d in row.dialects or (d == "2.1" and "2.0.1" in row.dialects))


def simulate(
    scenarios: Sequence[Scenario], dialect: Dialect, *, seed: int = 0, active: Iterable[str] = ()
) -> dict[str, Outcome]:
    """Outcomes by scenario key, without pytest; what the built-in charger cannot do is left out."""
    read = _documents()
    plan = [(scenario, dialect) for scenario in scenarios]
    outcomes = {}
    with tempfile.TemporaryDirectory() as folder:
        campaign = open_campaign(read, plan=plan, out=Path(folder), seed=seed, active=frozenset(active))
        try:
            for scenario in scenarios:
                if not_tested_reason(scenario, dialect, read.sheet, campaign.venue) is None:
                    outcomes[scenario.key] = campaign.clock.run(perform(campaign, scenario, dialect))
        finally:
            campaign.recorder.close()
            campaign.clock.close()
    return outcomes


def parties(dialect: Dialect, size: int = PARTY) -> list[str]:
    """Every variation of a dialect in groups that one charger can have together, as ids for ``trial``.

    No two of a group take the place of the same behaviour. What a group is respected in, each of it is, but for a difference
    that another hides; one by one is what ``wattest prove`` does.
    """
    found: list[list[str]] = []
    for id_ in sorted(id_ for id_, row in VARIATIONS.items() if dialect in row.dialects):
        for party in found:
            if len(party) < size and compatible((*party, id_)):
                party.append(id_)
                break
        else:
            found.append([id_])
    return ["+".join(party) for party in found]


def trial(id_: str, dialect: Dialect, keys: tuple[str, ...] | None = None, seed: int = 0) -> Trial:
    """Perform the scenarios (all, or those named) on a charger with a defect or variation, or with several: ``V01+V30``."""
    chosen = [scenario for scenario in library() if keys is None or scenario.key in keys]
    outcomes = simulate(chosen, dialect, seed=seed, active=id_.split("+") if id_ else [])
    return Trial(
        id=id_,
        dialect=dialect,
        failed={
            key: tuple(sorted(r for r, verdict in outcome.requirements.items() if verdict == "fail"))
            for key, outcome in outcomes.items()
            if outcome.verdict == "fail" or "fail" in outcome.requirements.values()
        },
        troubled={
            key: outcome.sentence
            for key, outcome in outcomes.items()
            if outcome.verdict in {"error", "inconclusive"}
        },
    )


def matrix(
    ids: Sequence[tuple[str, Dialect]],
    *,
    keys: tuple[str, ...] | None = None,
    seed: int = 0,
    workers: int | None = None,
    told: Callable[[Trial], Any] = lambda _trial: None,
) -> list[Trial]:
    """All trials, on all processors; ``told`` hears of each as it is done."""
    found = []
    with ProcessPoolExecutor(workers or os.cpu_count()) as pool:
        futures = [pool.submit(trial, id_, dialect, keys, seed) for id_, dialect in ids]
        for future in futures:
            found.append(future.result())
            told(found[-1])
    return found


def caught_by(trials: Iterable[Trial], id_: str, requirement: str) -> list[str]:
    """Scenarios, with their dialect, that fail the defect on the very requirement it breaks."""
    return [
        f"{key} ({trial.dialect})"
        for trial in trials
        if trial.id == id_
        for key, requirements in trial.failed.items()
        if requirement in requirements
    ]
