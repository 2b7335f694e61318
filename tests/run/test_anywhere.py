"""A thousand random points of a charging session, at each of which something goes wrong: power goes off every time."""

from __future__ import annotations

import asyncio
import random
import signal
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

import wattest.run.simulated
from wattest.errors import InstrumentError, RigError, RunAborted
from wattest.evse import Charger
from wattest.record import Recorder
from wattest.run.assemble import documents, open_campaign
from wattest.run.drivers import driver as real_driver
from wattest.run.perform import perform
from wattest.run.prove import library
from wattest.run.stopping import STOPPING, Stopper
from wattest.world import World

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from wattest.run.campaign import Campaign

SCENARIO = next(scenario for scenario in library() if scenario.key == "AUTH-001")
READ = documents()
SECONDS = 55.0
"""About how long the scenario takes on its virtual clock, booting and all."""
ERRORS: tuple[Callable[[], Exception], ...] = (
    lambda: InstrumentError("it says no"),
    lambda: RigError("it says no"),
    lambda: RuntimeError("a driver of ours is wrong"),
    lambda: OSError(5, "Input/output error"),
    TimeoutError,
)


@dataclass
class Trouble:
    """What goes wrong, with which part, from which entry on, and for how many calls."""

    kind: str
    at: int
    role: str = ""
    calls: int = 0
    error: Callable[[], Exception] = ERRORS[0]
    entries: int = 0
    struck: int = 0
    worlds: list[World] = field(default_factory=list)
    left: list[float] = field(default_factory=list)
    """Amperes at the end of each scenario, before the charger itself is switched off."""

    def entry(self) -> None:
        """One more entry stands in the record."""
        self.entries += 1
        if self.entries == self.at and self.kind in STOPPING:
            signal.raise_signal(getattr(signal, self.kind))

    async def call(self, role: str) -> None:
        """A driver is called."""
        if self.kind not in {"error", "hang"} or role != self.role or self.entries < self.at:
            return
        if self.struck < self.calls:
            self.struck += 1
            if self.kind == "hang":
                await asyncio.Event().wait()
            raise self.error()


class Faulty:
    """A driver whose every call may go wrong, opening, making safe and closing among them."""

    def __init__(self, bare: Any, role: str, trouble: Trouble) -> None:
        self._bare, self._role, self._trouble = bare, role, trouble

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._bare, name)
        if not asyncio.iscoroutinefunction(found):
            return found

        async def called(*values: Any, **arguments: Any) -> Any:
            if (
                name != "close"
            ):  # letting go of a device takes no energy away, and a broken link is gone anyway
                await self._trouble.call(self._role)
            return await found(*values, **arguments)

        return called


def troubles(seeded: random.Random, entries: int, points: int) -> Iterator[Trouble]:
    """All kinds in turn, at random points, with random parts."""
    roles = sorted(READ.bench.roles)
    for point in range(points):
        kind = ("SIGINT", "error", "SIGTERM", "hang", "SIGHUP", "error", "late")[point % 7]
        yield Trouble(
            kind,
            seeded.randrange(1, entries),
            role=seeded.choice(roles)
            if seeded.random() < 0.4
            else seeded.choice(("vehicle", "mains", "reference_meter")),
            calls=seeded.choice((1, 2, 3, 1_000_000, 1_000_000)),
            error=seeded.choice(ERRORS),
        )


@contextmanager
def in_trouble(trouble: Trouble, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The simulated bench, with its drivers, its world and its record looked at."""
    real_note, real_stop = Recorder.note, Charger.stop

    def driver(entry: Any, around: Any) -> Any:
        return Faulty(real_driver(entry, around), entry.role, trouble)

    def world(*values: Any, **arguments: Any) -> World:
        trouble.worlds.append(World(*values, **arguments))
        return trouble.worlds[-1]

    def note(recorder: Recorder, kind: str, /, **fields: Any) -> int:
        seq = real_note(recorder, kind, **fields)
        trouble.entry()
        return seq

    async def stop(charger: Charger) -> None:
        trouble.left.append(trouble.worlds[-1].outlets[0].true_current_a())
        await real_stop(charger)

    with monkeypatch.context() as patched:
        patched.setattr(Charger, "stop", stop)
        patched.setattr(wattest.run.simulated, "driver", driver)
        patched.setattr(wattest.run.simulated, "World", world)
        patched.setattr(Recorder, "note", note)
        yield


def attempt(campaign: Campaign, trouble: Trouble, monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """One attempt as the plug-in would make it; what the record holds of it."""
    campaign.stop, campaign.stop_noted, campaign.closed = None, False, None
    first = campaign.recorder.count

    def told(reason: str) -> None:
        campaign.stop = reason

    session: Any = SimpleNamespace(shouldstop=False)
    stopper = Stopper(session, told)
    scenario = SCENARIO
    if trouble.kind == "late":
        scenario = replace(SCENARIO, time_limit_s=0.01 + SECONDS * trouble.at / 1000)
    with in_trouble(trouble, monkeypatch), stopper.installed():
        try:
            with stopper.interruptible():
                campaign.clock.run(perform(campaign, scenario, "1.6"))
        except RunAborted:
            assert trouble.kind in STOPPING
    return campaign.recorder.entries(since=first)


def check(campaign: Campaign, trouble: Trouble, entries: list[dict[str, Any]]) -> None:
    """No current flows; the record says how that is known, and by whom; who does not know closes the bench."""
    assert [outlet.true_current_a() for outlet in trouble.worlds[-1].outlets] == [0.0]
    assert trouble.left in ([], [0.0])
    last = [entry for entry in entries if entry["kind"] == "safe" and entry["role"] == "bench"][-1]
    nothing = last["sentence"] == "nothing was energised: the interlocks were never armed"
    confirmed = last["ok"] and (last["confirmed_by"] == "reference_meter" or nothing)
    assert confirmed or campaign.closed is not None, last
    assert "verdict" in {entry["kind"] for entry in entries}, "what was seen is judged all the same"
    if trouble.kind in STOPPING and trouble.entries >= trouble.at:
        reasons = [entry["reason"] for entry in entries if entry["kind"] == "aborted"]
        assert reasons in ([f"stopped by {trouble.kind}"], []), reasons


def test_a_thousand_points(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Signals, driver errors, hung calls, lost links and time limits: in the simulated world no current flows after any."""
    seeded = random.Random(20260115)
    closed = stopped = 0
    campaign = open_campaign(READ, plan=[(SCENARIO, "1.6")], out=tmp_path)
    sound = attempt(campaign, Trouble("none", 0), monkeypatch)
    assert sound[-1]["verdict"] == "pass"
    for trouble in troubles(seeded, len(sound), 1000):
        entries = attempt(campaign, trouble, monkeypatch)
        check(campaign, trouble, entries)
        closed += campaign.closed is not None
        stopped += any(entry["kind"] == "aborted" for entry in entries)
    campaign.recorder.close()
    campaign.clock.close()
    assert closed > 40, "lost witnesses and parts that never obey must be among the troubles"
    assert stopped > 350
