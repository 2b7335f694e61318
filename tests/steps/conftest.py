"""A run on a bench of small fakes: what the meter, the locks and the display show, and what the station said."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import cache
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from wattest.clock import VirtualClock
from wattest.csms.station import Answer
from wattest.errors import RigError, StationGone
from wattest.judge.facts import facts_of
from wattest.judge.rules import decide
from wattest.model.scenario import Card, Given, Scenario
from wattest.ocpp.ledger import Transaction
from wattest.roles import DisplayReading, LockReading, PowerReading, Reading
from wattest.run.assemble import documents
from wattest.run.perform import Outcome
from wattest.run.prove import simulate
from wattest.steps import Run

if TYPE_CHECKING:
    from collections.abc import Coroutine, Iterator
    from pathlib import Path

_documents = cache(documents)
"""Read once: nothing in them changes."""

NOON = datetime(2026, 1, 15, 12, 0, tzinfo=UTC)


def power(
    energy_wh: float = 0.0, current_a: float = 0.0, *, flags: frozenset[str] = frozenset(), u: float = 0.5
) -> PowerReading:
    """A reading of the reference meter; ``flags`` are those of the current."""

    def reading(value: float, unit: str, **more: Any) -> Reading:
        return Reading(value, unit, 0.0, **{"u": u, "seq": (2,), **more})

    return PowerReading(
        voltage=reading(240.0, "V"),
        current=reading(current_a, "A", flags=flags),
        power=reading(current_a * 240.0, "W"),
        energy=reading(energy_wh, "Wh"),
        elapsed=reading(0.0, "s"),
    )


def transaction(**facts: Any) -> Transaction:
    """A transaction of 1000 Wh that has ended, unless told otherwise."""
    whole: dict[str, Any] = {
        "id": "7",
        "station": "CP001",
        "started_at": NOON,
        "ended_at": NOON + timedelta(hours=1),
        "meter_start_wh": Decimal(500),
        "meter_stop_wh": Decimal(1500),
        "evidence": (3, 4),
    }
    return Transaction(**{**whole, **facts})


@dataclass
class FakeStation:
    """Answers what it was told to; ``asked`` holds the commands."""

    answers: dict[str, str] = field(default_factory=dict)
    asked: list[tuple[str, tuple[Any, ...]]] = field(default_factory=list)
    then: Callable[[str], object] = lambda _command: None

    def __getattr__(self, command: str) -> Any:
        async def called(*arguments: Any, **_: Any) -> Answer:
            self.asked.append((command, arguments))
            status = self.answers.get(command, "Accepted")
            self.then(command)
            return Answer(accepted=status == "Accepted", status=status, seq=5, payload={})

        return called


class FakeCsms:
    """Transactions as they are put there; time passes while one waits."""

    def __init__(self, clock: VirtualClock) -> None:
        self.clock = clock
        self.ledger = SimpleNamespace(transactions={})
        self.connected = True
        self.fake = FakeStation()
        self.back: tuple[float, int] | None = None
        self.back_since: int | None = None
        self.booted_after_s: float | None = None

    def put(self, *transactions: Transaction) -> None:
        for one in transactions:
            self.ledger.transactions[one.id] = one

    def station(self) -> FakeStation:
        if not self.connected:
            raise StationGone("No station is connected.")
        return self.fake

    def mark(self) -> int:
        return 0

    async def wait_for(self, _predicate: Any, *, within_s: float, since: int | None = None) -> Any:
        wait = min(within_s, 1.0) if self.booted_after_s is None else self.booted_after_s
        await self.clock.sleep(min(wait, within_s))
        if wait >= within_s:
            raise TimeoutError
        return SimpleNamespace()

    def last_loss(self) -> int:
        return 41

    async def wait_back(self, *, within_s: float, since: int | None = None) -> int | None:
        self.back_since = since
        if self.back is None or self.back[0] > within_s:
            await self.clock.sleep(within_s)
            return None
        await self.clock.sleep(self.back[0])
        return self.back[1]

    def last_link_evidence(self) -> tuple[int, ...]:
        return (6,)


class FakeMeter:
    """Shows these one after the other, the last for ever."""

    def __init__(self, *readings: PowerReading) -> None:
        self.readings = list(readings)

    async def read(self) -> PowerReading:
        return self.readings.pop(0) if len(self.readings) > 1 else self.readings[0]


class FakeLocks:
    """Both locks, and whether a pulled plug comes loose."""

    def __init__(self, holster: Any = "locked", connector: Any = "locked", *, loose: bool = False) -> None:
        self.holster, self.connector, self.loose = holster, connector, loose

    async def read(self) -> LockReading:
        return LockReading(self.holster, self.connector, (8,))

    async def pull(self, which: str) -> bool:
        return self.loose


class FakeDisplay:
    """Shows these one after the other, the last for ever."""

    def __init__(self, *shown: DisplayReading) -> None:
        self.shown = list(shown)

    async def read(self) -> DisplayReading:
        return self.shown.pop(0) if len(self.shown) > 1 else self.shown[0]


class FakeVehicle:
    """Held fast until ``free_at_s``."""

    def __init__(self, clock: VirtualClock, free_at_s: float = 0.0) -> None:
        self.clock, self.free_at_s = clock, free_at_s
        self.where = "holstered"

    async def _take(self, where: str) -> None:
        if self.clock.monotonic() < self.free_at_s:
            raise RigError("The plug is held.")
        self.where = where

    async def plug_in(self) -> None:
        await self._take("plugged in")

    async def unplug(self) -> None:
        await self._take("in hand")

    async def set_current(self, current_a: float) -> None: ...

    async def whereabouts(self) -> str:
        return self.where


class Stand:
    """A run, what it noted, and its fakes."""

    def __init__(self) -> None:
        self.clock = VirtualClock(NOON)
        self.csms = FakeCsms(self.clock)
        self.notes: list[dict[str, Any]] = []
        self.parts: dict[str, Any] = {}
        read = _documents()
        scenario = Scenario(
            id="TINY-001",
            title="Tiny",
            title_fr="Petit",
            covers=("AUT-02",),
            needs=(),
            dialects=("1.6", "2.0.1"),
            given=Given(cards={"driver": Card("04AA")}),
            steps=(),
            path="tiny.scenario.yaml",
            sha256="0" * 64,
            area="tiny",
        )
        made: Any = Run
        self.run_: Run = made(
            scenario=scenario,
            dialect="1.6",
            sheet=read.sheet,
            parts=self.parts,
            csms=self.csms,
            clock=self.clock,
            note=self.note,
            facts=facts_of(read.sheet),
            rule=read.rule,
            limits=read.limits,
            taxes=read.taxes,
        )

    def note(self, kind: str, /, **fields: Any) -> int:
        self.notes.append({"kind": kind, **fields})
        return len(self.notes)

    # --- what is there ---------------------------------------------------------------------------------

    power = staticmethod(power)
    transaction = staticmethod(transaction)

    def meter(self, *readings: PowerReading) -> None:
        """A reference meter that shows these one after the other, the last for ever."""
        self.parts["reference_meter"] = FakeMeter(*readings)

    def locks(self, *positions: Any, loose: bool = False) -> None:
        """A lock sensor: holster, connector."""
        self.parts["lock_sensor"] = FakeLocks(*positions, loose=loose)

    def display(self, *shown: tuple[str | None, str | None], lines: tuple[str, ...] = ()) -> None:
        """A display: pairs of total and currency one after the other, the last for ever."""
        self.parts["display"] = FakeDisplay(*(DisplayReading(lines, *pair, (9,)) for pair in shown))

    def vehicle(self, free_at_s: float = 0.0) -> None:
        """A vehicle whose plug is held until then."""
        self.parts["vehicle"] = FakeVehicle(self.clock, free_at_s)

    # --- what is done ----------------------------------------------------------------------------------

    def given(self, **facts: Any) -> None:
        """Change what the scenario arranges."""
        self.run_.scenario = replace(self.run_.scenario, given=replace(self.run_.scenario.given, **facts))

    def do(self, coro: Coroutine[Any, Any, Any]) -> Any:
        """Run a step to its end."""
        return self.clock.run(coro)

    def checks(self) -> list[tuple[str, str]]:
        """Names and outcomes of the checks, each of which can be decided again from its inputs."""
        found = [entry for entry in self.notes if entry["kind"] == "check"]
        for entry in found:
            assert decide(entry["rule"], entry["inputs"]).sentence == entry["sentence"]
        return [(entry["name"], entry["outcome"]) for entry in found]


@pytest.fixture
def stand() -> Iterator[Stand]:
    """A bench without parts; tests put there what they need."""
    made = Stand()
    yield made
    made.clock.close()


Tried = Callable[..., Outcome]

HEAD = """scenario: Tried
titre: Essayé
id: TRY-001
covers: [{covers}]
needs: [card_reader, vehicle, lock_sensor, connector_lock, lock_jam, pilot_short, pilot_scope, heedless, network, reference_meter]
time_limit: 1 d
given:
  cards: {{driver: 04E2A1B2}}
  tariff: energy_only
steps:
"""


@pytest.fixture
def tried(tmp_path: Path) -> Tried:
    """Performs steps on a simulated charger with these defects and variations."""

    def perform(covers: str, *steps: str, active: tuple[str, ...] = (), dialect: str = "1.6") -> Outcome:
        path = tmp_path / "tried.scenario.yaml"
        path.write_text(
            HEAD.format(covers=covers) + "".join(f"  - {step}\n" for step in steps), encoding="utf-8"
        )
        (scenario,) = documents().read(path)
        return simulate([scenario], dialect, active=active)["TRY-001"]  # type: ignore[arg-type]

    return perform
