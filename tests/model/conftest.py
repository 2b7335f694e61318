from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal

import pytest

from wattest.document.quantity import Current, Duration, Energy, Percent
from wattest.document.reader import read_text
from wattest.errors import DocumentError
from wattest.model.read_scenario import Knowledge, scenarios_of
from wattest.model.scenario import Scenario
from wattest.model.verb import CardName, Saved, Verb, verb_of
from wattest.model.words import LimitId


@dataclass(frozen=True)
class Transaction:
    """What a step may save."""

    id: str
    energy_wh: Decimal | None = None
    states: tuple[str, ...] = ()

    @property
    def duration_s(self) -> float | None:
        return None

    @property
    def energy_kwh(self) -> Energy:
        return 0.0


class Run:
    """Stands in for the run."""


async def present_card(run: Run, *, card: CardName) -> None:
    """Hold a card to the reader."""


async def plug_in(run: Run, *, within: Duration = 3.0) -> None:
    """Take the plug."""


async def unplug(run: Run) -> None:
    """Pull the plug."""


async def charge(
    run: Run, *, current: Current, energy: Energy | None = None, for_: Duration | None = None
) -> None:
    """Let the vehicle take energy."""


async def power_evse(run: Run, *, state: Literal["on", "off"]) -> None:
    """Feed the station or cut it off."""


async def send_local_list(run: Run, *, cards: tuple[CardName, ...]) -> None:
    """Send cards."""


async def expect_transaction(
    run: Run, *, state: Literal["charging", "ended"] = "charging", within: Duration = 30.0
) -> Transaction:
    """A transaction reaches a state.

    Args:
        run: the run
        state: which
        within: how soon
    """
    raise AssertionError


async def expect_something(run: Run) -> Any:
    """A check whose result nobody knows."""


async def compare_energy(
    run: Run,
    *,
    transaction: Saved[Transaction],
    limit: LimitId = "one_percent",
    since: Saved[Transaction] | None = None,
) -> None:
    """Hold energy against the reference."""


async def compare_number(
    run: Run,
    *,
    reported: Energy | None = None,
    ratio: Percent | None = None,
    count: int = 0,
    text: str = "",
    took: Duration | None = None,
) -> None:
    """Takes numbers of all kinds."""


VERBS: dict[str, Verb] = {
    verb.name: verb
    for verb in (
        verb_of(present_card),
        verb_of(plug_in),
        verb_of(unplug),
        verb_of(charge),
        verb_of(power_evse),
        verb_of(send_local_list),
        verb_of(expect_transaction, proves=("AUT-02",)),
        verb_of(expect_something, checks=True),
        verb_of(compare_energy, proves=("MET-01",)),
        verb_of(compare_number, checks=True),
    )
}

KNOWLEDGE = Knowledge(
    VERBS,
    requirements=("AUT-02", "AUT-03", "MET-01", "MET-02", "MET-10"),
    limits=("one_percent", "two_percent"),
    monitored=("MET-10",),
)

HEAD = """scenario: A driver charges
id: MET-001
covers: [AUT-02]
given:
  cards: {driver: 04E2A1B2, blocked: {uid: 04B10C4E, status: blocked}}
"""


@pytest.fixture
def verbs() -> dict[str, Verb]:
    return VERBS


Reads = Callable[[str], tuple[Scenario, ...]]
Complains = Callable[[str], list[str]]


@pytest.fixture
def scenario() -> Reads:
    """Reads the text of a scenario."""

    def reads(text: str) -> tuple[Scenario, ...]:
        return scenarios_of(read_text(text, "metering/f.scenario.yaml"), KNOWLEDGE)

    return reads


@pytest.fixture
def complaints(scenario: Reads) -> Complains:
    """Line, column and sentence of each problem of a scenario."""

    def complains(text: str) -> list[str]:
        with pytest.raises(DocumentError) as refusal:
            scenario(text)
        return [f"{one.place.line}:{one.place.column}: {one.sentence}" for one in refusal.value.problems]

    return complains


@pytest.fixture
def steps(scenario: Reads) -> Reads:
    """Reads a scenario with these steps."""
    return lambda text: scenario(f"{HEAD}steps:\n{text}")


@pytest.fixture
def step_complaints(complaints: Complains) -> Complains:
    """Problems of these steps, with lines counted from the first of them."""

    def complains(text: str) -> list[str]:
        found = complaints(f"{HEAD}steps:\n{text}")
        offset = HEAD.count("\n") + 1
        shifted = (line.split(":", 1) for line in found)
        return [f"{int(number) - offset}:{rest}" for number, rest in shifted]

    return complains


@pytest.fixture
def written(tmp_path: Path) -> Callable[[str, str], Path]:
    """Writes a file into a fresh folder."""

    def write(name: str, text: str) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    return write
