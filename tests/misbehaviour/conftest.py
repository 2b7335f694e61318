"""A charger that nobody built: sound inside, with a wire to the central system that says what a test wants it to."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from wattest.clock.network import Greeting, Wire, WireClosed
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
Change = Callable[[Frame], Any]
"""A frame, or text, or bytes, instead of a frame; None for nothing, a tuple for several."""
Dials = Callable[[int], Awaitable[None]]
"""Told the number of every attempt to connect, from 0 on; may wait, or raise ``ConnectionError``."""


class Tap:
    """A wire that another stands on. ``say`` and ``call`` speak for the charger, ``tell`` for the central system."""

    def __init__(self, wire: Wire, rogue: Rogue) -> None:
        self.wire = wire
        self.rogue = rogue
        self._inbox: asyncio.Queue[str | bytes | WireClosed] = asyncio.Queue()
        rogue.start(self._hear())

    @property
    def closed(self) -> bool:
        return self.wire.closed

    @property
    def subprotocol(self) -> str:
        return self.wire.subprotocol

    async def send(self, data: str | bytes, /) -> None:
        assert isinstance(data, str)
        await self.rogue.says(self, json.loads(data))

    async def _hear(self) -> None:
        try:
            while True:
                data = await self.wire.recv()
                frame = json.loads(data)
                if str(frame[1]).startswith("rogue"):
                    continue
                self.rogue.heard.append(frame)
                if not await self.rogue.hears(self, frame):
                    self._inbox.put_nowait(data)
        except WireClosed as closed:
            self._inbox.put_nowait(closed)

    def tell(self, frame: Frame) -> None:
        """Let the charger hear a frame that the central system never sent."""
        self._inbox.put_nowait(json.dumps(frame))

    async def recv(self) -> str | bytes:
        data = await self._inbox.get()
        if isinstance(data, WireClosed):
            raise data
        return data

    async def ping(self) -> None:
        await self.wire.ping()

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


def is_call(frame: Frame) -> bool:
    """Whether a frame is a CALL."""
    return bool(frame[0] == 2)


def is_answer(frame: Frame) -> bool:
    """Whether a frame is an answer."""
    return bool(frame[0] == 3)


def is_start(frame: Frame) -> bool:
    """Whether a frame tells the start of a transaction."""
    if frame[0] != 2:
        return False
    return bool(frame[2] == "StartTransaction" or frame[3].get("eventType") == "Started")


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
    connect: Callable[[], Awaitable[Wire]] | None = None
    beside: set[asyncio.Task[None]] = field(default_factory=set)

    @classmethod
    def changing(cls, change: Change, when: Callable[[Frame], bool] = is_call) -> Rogue:
        """Says something else for every frame of a kind; nothing for None, several for a tuple."""

        async def says(tap: Tap, frame: Frame) -> None:
            said = change(json.loads(json.dumps(frame))) if when(frame) else frame
            for one in said if isinstance(said, tuple) else (said,):
                if one is not None:
                    await tap.say(one)

        return cls(says=says)

    @classmethod
    def once_started(cls, work: Callable[[Tap], Awaitable[None]]) -> Rogue:
        """Does something beside when the first transaction has been told."""
        rogue = cls()
        started = False

        async def says(tap: Tap, frame: Frame) -> None:
            nonlocal started
            await tap.say(frame)
            if is_start(frame) and not started:
                started = True
                rogue.start(work(tap))

        rogue.says = says
        return rogue

    @classmethod
    def interjecting(cls, *frames: Frame | str | bytes) -> Rogue:
        """Says these frames right after the start of the first transaction."""

        async def work(tap: Tap) -> None:
            for frame in frames:
                await tap.say(frame)

        return cls.once_started(work)

    def between(self, connect: Connect) -> Connect:
        """Stand on the wire of one more charger."""
        self.lives += 1
        life = self if self.always or self.lives == 1 else Rogue()
        life.attempts = 0
        for task in self.beside:
            task.cancel()

        async def dial(greeting: Greeting) -> Wire:
            life.attempts += 1
            life.connect = lambda: connect(greeting)
            await life.dials(life.attempts - 1)
            return Tap(await connect(greeting), life)

        return dial

    def start(self, work: Awaitable[None]) -> None:
        """Do something beside; it ends when the link does, and with the scenario."""

        async def run() -> None:
            with suppress(WireClosed):
                await work

        task = asyncio.get_running_loop().create_task(run())
        self.beside.add(task)
        task.add_done_callback(self.beside.discard)

    async def connected(self) -> Wire:
        """One more connection, beside that of the charger."""
        assert self.connect is not None
        return await self.connect()


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

    def blamed(self, requirement: str) -> int | None:
        """The step that a failed check of a requirement is blamed on."""
        checks = (entry for entry in self.first if entry["kind"] == "check" and entry["outcome"] == "fail")
        step: int | None = next(entry["step"] for entry in checks if requirement in entry["requirements"])
        return step

    @property
    def ends(self) -> list[Mapping[str, Any]]:
        """How the steps ended."""
        return [entry for entry in self.first if entry["kind"] == "step_end"]


Enact = Callable[..., Aftermath]
"""``(key, dialect, rogue)``; ``then`` names the scenario after it, ``trouble`` expects a failure of our own."""
Run = Callable[..., Aftermath]
"""The same with the folder for the record in front."""


def each(value: Any, key: str, change: Callable[[Any], Any]) -> Any:
    """A copy with every value under ``key`` changed, however deep."""
    if isinstance(value, dict):
        return {
            name: change(part) if name == key else each(part, key, change) for name, part in value.items()
        }
    return [each(part, key, change) for part in value] if isinstance(value, list) else value


class Talk:
    """What tests need to speak for a charger."""

    Rogue = Rogue
    each = staticmethod(each)
    is_call = staticmethod(is_call)
    is_answer = staticmethod(is_answer)
    is_start = staticmethod(is_start)


@pytest.fixture
def talk() -> type[Talk]:
    """Helpers, since test modules cannot import one another."""
    return Talk


@pytest.fixture(scope="session")
def read() -> Documents:
    """The built-in bench, charger sheet and catalogue."""
    return documents()


@pytest.fixture(scope="session")
def perform_with(read: Documents) -> Run:
    """Perform a scenario with a rogue, then one more; the record must be whole and give the same verdicts again."""

    def run(
        folder: Path,
        key: str,
        dialect: Dialect,
        rogue: Rogue,
        *,
        then: str = "AUTH-001",
        trouble: bool = False,
    ) -> Aftermath:
        plan = [(scenario, dialect) for name in (key, then) for scenario in library() if scenario.key == name]
        campaign = open_campaign(read, plan=plan, out=folder)
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
        path = folder / "record.jsonl"
        record = read_record(path)
        assert verify_chain(path) == []
        assert recheck(record) == []
        entries = tuple(record.entries)
        ends = [index for index, entry in enumerate(entries) if entry["kind"] == "scenario_end"]
        found = Aftermath(outcomes[0], outcomes[1], entries, entries[: ends[0] + 1])
        if not trouble:
            _sound(found, plan[0][0].time_limit_s)
        return found

    return run


@pytest.fixture
def enact(tmp_path: Path, perform_with: Run) -> Enact:
    """The same in a folder of the test's own."""
    return partial(perform_with, tmp_path)


def _sound(found: Aftermath, limit_s: float) -> None:
    """Whatever a charger does is never an error of ours, never a trace, and takes bounded time."""
    assert found.outcome.verdict != "error", found.outcome.sentence
    assert "error" not in found.outcome.requirements.values()
    assert found.outcome.seconds < limit_s + 60
    assert [entry for entry in found.entries if entry.get("what") == "csms_trouble"] == []
    for entry in found.first:
        sentence = str(entry.get("sentence", ""))
        assert "Traceback" not in sentence
        assert "the suite failed" not in sentence
        assert len(sentence) <= 1600, sentence
