"""A campaign with a venue of its own, so that everything that can go wrong there does."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

import wattest.run.perform
from wattest.clock import VirtualClock
from wattest.csms import Csms
from wattest.errors import Place
from wattest.judge.recheck import recheck
from wattest.judge.verdicts import run_table, sealed
from wattest.model.scenario import Given, Reference, Scenario, StepCall
from wattest.model.verb import Verb, verb_of
from wattest.record import Recorder, read_record
from wattest.run.assemble import _header, documents
from wattest.run.campaign import Campaign, Stage
from wattest.run.perform import Outcome, perform
from wattest.steps import verbs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

PLACE = Place("tiny.scenario.yaml", 7, 5)


@dataclass
class FakeVenue:
    """A bench without parts; ``on_enter`` and ``on_leave`` may raise."""

    csms: Csms
    on_enter: Callable[[], Any] = lambda: None
    on_leave: Callable[[], Any] = lambda: None
    parts: dict[str, Any] = field(default_factory=dict)
    left: int = 0

    async def open(self) -> None: ...

    async def enter(self, scenario: Scenario, dialect: str, seed: int) -> Stage:
        await _called(self.on_enter)
        return Stage(self.parts, self.csms)

    async def leave(self) -> None:
        await _called(self.on_leave)
        self.left += 1

    async def close(self) -> None: ...

    def lacks(self, needs: tuple[str, ...]) -> str | None:
        return None


async def _called(function: Callable[[], Any]) -> None:
    result = function()
    if result is not None:
        await result


class Bench:
    """A campaign on a fake venue, and steps made of plain functions."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.read = documents()
        self.clock = VirtualClock()
        self.recorder = Recorder.open(folder / "record.jsonl", self.clock, preamble={}, durable=False)
        self.recorder.note("header", **_header(self.read, 0, frozenset(), None), plan=[])
        self.venue = FakeVenue(Csms(self.clock, self.recorder.note))
        self.campaign = Campaign(
            clock=self.clock,
            recorder=self.recorder,
            bench=self.read.bench,
            sheet=self.read.sheet,
            requirements=self.read.requirements,
            limits=self.read.limits,
            rule=self.read.rule,
            taxes=self.read.taxes,
            venue=self.venue,
        )
        self._verbs: dict[str, Verb] = dict(verbs())
        monkeypatch.setattr(wattest.run.perform, "verbs", lambda: self._verbs)

    def scenario(self, *steps: Callable[..., Any], **more: Any) -> Scenario:
        """A scenario of these functions, covering AUT-02 unless told otherwise."""
        calls = []
        for function in steps:
            verb = verb_of(function)
            self._verbs[verb.name] = verb
            calls.append(StepCall(verb.name, {}, PLACE, verb.name))
        facts: dict[str, Any] = {
            "id": "TINY-001",
            "title": "Tiny",
            "title_fr": "Petit",
            "covers": ("AUT-02",),
            "needs": (),
            "dialects": ("1.6", "2.0.1"),
            "given": Given(),
            "steps": tuple(calls),
            "path": "tiny.scenario.yaml",
            "sha256": "0" * 64,
            "area": "tiny",
        }
        return Scenario(**{**facts, **more})

    def referring(self, function: Callable[..., Any], **arguments: Reference) -> StepCall:
        """A call of a function with saved names as arguments."""
        verb = verb_of(function)
        self._verbs[verb.name] = verb
        return StepCall(verb.name, arguments, PLACE, verb.name)

    def perform(self, scenario: Scenario) -> Outcome:
        """Perform it on OCPP 1.6."""
        return self.clock.run(perform(self.campaign, scenario, "1.6"))

    def entries(self, kind: str) -> list[dict[str, Any]]:
        """Entries of a kind so far."""
        return [entry for entry in self.recorder.entries() if entry["kind"] == kind]

    def failed(self) -> dict[str, list[str]]:
        """Sentences of failed checks, by requirement."""
        found: dict[str, list[str]] = {}
        for entry in self.entries("check"):
            if entry["outcome"] == "fail":
                for requirement in entry["requirements"]:
                    found.setdefault(requirement, []).append(entry["sentence"])
        return found


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    """At the end, every verdict can be computed from the record again."""
    made = Bench(tmp_path, monkeypatch)
    yield made
    path = made.recorder.path
    if made.recorder._closed == "":
        made.recorder.seal(sealed(run_table(made.recorder.entries(since=1))))
        assert recheck(read_record(path)) == []
    made.clock.close()
