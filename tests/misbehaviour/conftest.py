"""A charger that nobody built: sound inside, with a wire to the central system that says what a test wants it to."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from wattest.clock.network import Greeting, Wire
from wattest.judge.recheck import recheck
from wattest.record import read_record, verify_chain
from wattest.run.assemble import documents, open_campaign, seal
from wattest.run.perform import Outcome, perform
from wattest.run.prove import library
from wattest.run.simulated import SimulatedVenue

if TYPE_CHECKING:
    from pathlib import Path

    from wattest.evse.charger import Connect
    from wattest.model.scenario import Dialect
    from wattest.run.assemble import Documents

Frame = list[Any]
Says = Callable[["Tap", Frame], Awaitable[None]]
"""Told every frame of the charger, instead of the central system: passes it on, or does something else."""
Dials = Callable[[int], Awaitable[None]]
"""Told the number of every attempt to connect, from 0 on; may wait, or raise ``ConnectionError``."""


class Tap:
    """A wire that another stands on. ``say`` and ``hang_up`` speak for the charger."""

    def __init__(self, wire: Wire, rogue: Rogue) -> None:
        self.wire = wire
        self.rogue = rogue

    @property
    def closed(self) -> bool:
        return self.wire.closed

    @property
    def subprotocol(self) -> str:
        return self.wire.subprotocol

    async def send(self, data: str | bytes, /) -> None:
        assert isinstance(data, str)
        await self.rogue.says(self, json.loads(data))

    async def recv(self) -> str | bytes:
        while True:
            data = await self.wire.recv()
            frame = json.loads(data)
            if not (isinstance(frame[1], str) and frame[1].startswith("rogue")):
                self.rogue.heard.append(frame)
                if not await self.rogue.hears(self, frame):
                    return data

    async def close(self, code: int = 1000, reason: str = "") -> None:
        await self.wire.close(code, reason)

    async def say(self, frame: Frame | str | bytes) -> None:
        """Send a frame as it is; a list as JSON."""
        await self.wire.send(json.dumps(frame) if isinstance(frame, list) else frame)

    async def call(self, action: str, payload: Mapping[str, Any]) -> None:
        """Send a CALL of the rogue's own; the charger does not see its answer."""
        self.rogue.calls += 1
        await self.say([2, f"rogue-{self.rogue.calls}", action, dict(payload)])

    def asked(self, frame: Frame) -> str:
        """The action of the CALL that an answer of the charger answers."""
        return next((str(heard[2]) for heard in self.rogue.heard if heard[:2] == [2, frame[1]]), "")


async def _plainly(tap: Tap, frame: Frame) -> None:
    await tap.say(frame)


async def _at_once(_attempt: int) -> None:
    return


async def _listens(_tap: Tap, _frame: Frame) -> bool:
    return False


@dataclass
class Rogue:
    """How a charger misbehaves, in its first scenario only unless ``always``.

    ``hears`` swallows what the central system sends when it returns true.
    """

    says: Says = _plainly
    dials: Dials = _at_once
    hears: Callable[[Tap, Frame], Awaitable[bool]] = _listens
    always: bool = False
    lives: int = 0
    attempts: int = 0
    calls: int = 0
    heard: list[Frame] = field(default_factory=list)
    tap: Tap | None = None
    beside: set[asyncio.Task[None]] = field(default_factory=set)

    def between(self, connect: Connect) -> Connect:
        """Stand on the wire of one more charger."""
        self.lives += 1
        life = self if self.always or self.lives == 1 else Rogue()
        life.attempts = 0

        async def dial(greeting: Greeting) -> Wire:
            life.attempts += 1
            await life.dials(life.attempts - 1)
            life.tap = Tap(await connect(greeting), life)
            return life.tap

        return dial

    def start(self, work: Awaitable[None]) -> None:
        """Do something beside."""

        async def run() -> None:
            await work

        task = asyncio.get_running_loop().create_task(run())
        self.beside.add(task)
        task.add_done_callback(self.beside.discard)


@dataclass(frozen=True)
class Aftermath:
    """What came of a scenario with the rogue, of the one after it, and what the record holds."""

    outcome: Outcome
    later: Outcome
    entries: tuple[Mapping[str, Any], ...]
    first: tuple[Mapping[str, Any], ...]
    """Entries of the scenario with the rogue."""

    @property
    def said(self) -> dict[str, tuple[str, str]]:
        """Verdict and sentence by requirement, of those that did not pass."""
        return {
            entry["requirement"]: (entry["verdict"], entry["sentence"])
            for entry in self.first
            if entry["kind"] == "verdict" and entry["verdict"] != "pass"
        }

    @property
    def failed(self) -> dict[str, str]:
        """Sentence by requirement, of those that failed."""
        return {name: sentence for name, (verdict, sentence) in self.said.items() if verdict == "fail"}

    @property
    def ends(self) -> list[Mapping[str, Any]]:
        """How the steps ended."""
        return [entry for entry in self.first if entry["kind"] == "step_end"]


Enact = Callable[..., Aftermath]


@pytest.fixture(scope="session")
def read() -> Documents:
    """The built-in bench, charger sheet and catalogue."""
    return documents()


@pytest.fixture
def enact(tmp_path: Path, read: Documents) -> Enact:
    """Perform a scenario with a rogue, then one more; the record must be whole and give the same verdicts again."""

    def run(
        key: str, dialect: Dialect, rogue: Rogue, *, then: str = "AUTH-001", trouble: bool = False
    ) -> Aftermath:
        plan = [
            (scenario, dialect) for name in (key, then) for scenario in library() if scenario.key == name
        ]
        campaign = open_campaign(read, plan=plan, out=tmp_path)
        campaign.venue = SimulatedVenue(
            read.bench,
            read.sheet,
            clock=campaign.clock,
            note=campaign.recorder.note,
            taxes=read.taxes,
            between=rogue.between,
        )
        outcomes = [campaign.clock.run(perform(campaign, scenario, dialect)) for scenario, _ in plan]
        seal(campaign)
        path = tmp_path / "record.jsonl"
        record = read_record(path)
        assert verify_chain(path) == []
        assert recheck(record) == []
        entries = tuple(record.entries)
        ends = [index for index, entry in enumerate(entries) if entry["kind"] == "scenario_end"]
        found = Aftermath(outcomes[0], outcomes[1], entries, entries[: ends[0] + 1])
        if not trouble:
            _sound(found)
        return found

    return run


def _sound(found: Aftermath) -> None:
    """Whatever a charger does is never an error of ours, never a trace, and takes bounded time."""
    assert found.outcome.verdict != "error", found.outcome.sentence
    assert "error" not in found.outcome.requirements.values()
    assert found.outcome.seconds < 4 * 3600
    assert [entry for entry in found.entries if entry.get("what") == "csms_trouble"] == []
    for entry in found.first:
        sentence = str(entry.get("sentence", ""))
        assert "Traceback" not in sentence
        assert "the suite failed" not in sentence
        assert len(sentence) < 1200, sentence
