"""What a step may touch: the bench, the central system, the clock, the record, and what earlier steps saved."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from wattest.errors import BenchError, Inconclusive, RequirementFailed
from wattest.model.scenario import Card, Dialect, Reference, Scenario

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
    from datetime import datetime

    from wattest.clock import Clock
    from wattest.csms import Csms
    from wattest.judge.facts import Facts
    from wattest.judge.rules import Decision
    from wattest.model.charger import ChargerSheet
    from wattest.model.profile import Profile
    from wattest.model.requirement import DecisionRule, Limit
    from wattest.model.tariff import Tariff, TaxRate
    from wattest.ocpp.ledger import Transaction
    from wattest.roles import (
        DisplayReading,
        Feeder,
        LockReading,
        Note,
        Part,
        PilotReading,
        PowerReading,
        Reading,
        ReferenceMeter,
        SupplyReading,
    )

POLL_S = 0.25
"""How often a physical condition is looked at while a step waits for it."""


def note_check(
    note: Note,
    decision: Decision,
    *,
    requirements: tuple[str, ...],
    name: str,
    rule: str,
    inputs: Mapping[str, Any],
    evidence: tuple[int, ...] = (),
    monitor: str | None = None,
    step: int | None = None,
) -> int:
    """Note a check with all that is needed to decide it again; the number of the entry."""
    return note(
        "check",
        requirements=requirements,
        name=name,
        rule=rule,
        inputs=inputs,
        outcome=decision.outcome,
        sentence=decision.sentence,
        evidence=evidence,
        band=decision.band,
        figures=decision.figures,
        monitor=monitor,
        step=step,
    )


@dataclass
class Run:
    """One attempt at one scenario on one dialect. Everything a step learns goes through here into the record."""

    scenario: Scenario
    dialect: Dialect
    sheet: ChargerSheet
    parts: Mapping[str, Part]
    csms: Csms
    clock: Clock
    note: Note
    facts: Facts
    rule: DecisionRule
    limits: Mapping[str, Limit]
    taxes: tuple[TaxRate, ...]
    entries: Callable[[], list[dict[str, Any]]] = list
    """What the record holds of this attempt so far."""
    names: dict[str, Any] = field(default_factory=dict)
    step: int | None = None
    proves: tuple[str, ...] = ()
    started_s: float = 0.0
    cuts: list[str] = field(default_factory=list)
    marks: list[PowerReading] = field(default_factory=list)
    fallen: Callable[[], Sequence[str]] | None = None
    """How the EVSE died so far although nobody asked it to, where the bench can know."""
    seen: set[str] = field(default_factory=set)
    """Transactions of earlier scenarios, which a live bench remembers and this one must not count."""
    rules: Mapping[str, DecisionRule] = field(default_factory=dict)
    """Decision rules by id."""
    profiles: Mapping[str, Profile] = field(default_factory=dict)
    """Accuracy profiles by name."""
    totals: list[tuple[Decimal, int]] = field(default_factory=list)
    """Totals read from the display, each with the entry that proves it."""
    repriced: list[tuple[datetime, Tariff]] = field(default_factory=list)
    """Tariffs that took the place of the scenario's own, and since when."""
    local_tariffs: list[tuple[datetime, str | None, Mapping[str, Any]]] = field(default_factory=list)
    """TariffTypes that the station was given to reckon by, since when, and for which transaction alone."""
    tariffs_given: int = 0
    folder: Path = Path()
    """Where the charger sheet stands: the files that it names are looked for from there."""
    store: Callable[[str, bytes], Awaitable[int]] | None = None
    """Keeps a file that the station handed out."""
    feeder: Feeder | None = None
    """The feeder that the station shares with others, on a bench that has one."""

    # --- names and cards -------------------------------------------------------------------------------

    def card(self, name: str) -> Card:
        """A card of the scenario by its name in ``given.cards``."""
        return self.scenario.given.cards[name]

    def resolve(self, value: Any) -> Any:
        """The value behind ``$name.path``, or the value itself."""
        if not isinstance(value, Reference):
            return value
        found = self.names[value.name]
        for attribute in value.path:
            found = getattr(found, attribute)
        return found

    # --- the bench -------------------------------------------------------------------------------------

    def part(self, role: str) -> Any:
        """The driver that plays a role; ``BenchError`` when the bench has none."""
        if role not in self.parts:
            raise BenchError(
                f"This step needs a {role}, and the bench has none; add a '{role}:' entry to the bench file "
                f"or put '{role}' under 'needs:' so that the scenario is not tested there."
            )
        return self.parts[role]

    async def act(self, role: str, action: str, **arguments: Any) -> Any:
        """Let a role do something and note it, whether it went well or not."""
        result, error = None, None
        try:
            result = await getattr(self.part(role), action)(**arguments)
        except Exception as problem:
            error = str(problem)
            raise
        finally:
            plain = result if isinstance(result, (str, bool, int, float)) else None
            self.note("action", role=role, action=action, arguments=arguments, result=plain, error=error)
        return result

    async def locks(self) -> tuple[LockReading, int]:
        """Both locks as the sensor sees them, and the entry that proves it."""
        seen: LockReading = await self.part("lock_sensor").read()
        value = {"holster": seen.holster, "connector": seen.connector}
        return seen, self.note(
            "observation", role="lock_sensor", what="locks", value=value, evidence=seen.seq
        )

    async def display(self) -> tuple[DisplayReading, int]:
        """What stands on the screen, and the entry that proves it."""
        seen: DisplayReading = await self.part("display").read()
        value = {"lines": seen.lines, "cost": seen.cost, "currency": seen.currency}
        return seen, self.note("observation", role="display", what="display", value=value, evidence=seen.seq)

    async def whereabouts(self) -> str:
        """Where the plug is, as the vehicle role sees it."""
        where = await self.part("vehicle").whereabouts()
        self.note("observation", role="vehicle", what="whereabouts", value={"plug": where}, evidence=())
        return cast("str", where)

    async def power(self) -> PowerReading:
        """One coherent reading of the reference meter, noted value by value."""
        meter: ReferenceMeter = self.part("reference_meter")
        reading = await meter.read()
        names = ("voltage", "current", "power", "energy")
        noted = {name: self.reading("reference_meter", name, getattr(reading, name)) for name in names}
        return type(reading)(**noted, elapsed=reading.elapsed)

    async def temperature(self) -> Reading:
        """Air temperature around the station."""
        reading: Reading = await self.part("chamber").read_temperature()
        return self.reading("chamber", "temperature", reading)

    async def temperatures(self) -> dict[str, Reading]:
        """What every thermometer says, by its place."""
        seen: Mapping[str, Reading] = await self.part("thermometers").read_all()
        return {
            place: self.reading("thermometers", f"temperature {place}", one) for place, one in seen.items()
        }

    async def pilot(self) -> PilotReading:
        """The control pilot, by the oscilloscope where the bench has one, else by the vehicle."""
        if "pilot_scope" in self.parts:
            role, seen = "pilot_scope", await self.part("pilot_scope").read()
        else:
            role, seen = "vehicle", await self.part("vehicle").read_pilot()
        noted = {
            name: None if one is None else self.reading(role, f"pilot {name}", one)
            for name, one in vars(seen).items()
        }
        return type(seen)(**noted)  # type: ignore[no-any-return]  # a PilotReading, as the role promises

    async def supply(self) -> SupplyReading:
        """What the source or the meter at the station's input sees."""
        seen: SupplyReading = await self.part("mains").measure()
        noted = {name: self.reading("mains", f"supply {name}", one) for name, one in vars(seen).items()}
        return type(seen)(**noted)

    def reading(self, role: str, name: str, reading: Reading) -> Reading:
        """Note a reading; the same reading, with that entry as its evidence."""
        seq = self.note(
            "reading",
            name=name,
            role=role,
            value=reading.value,
            unit=reading.unit,
            u=reading.u,
            flags=reading.flags,
            raw=reading.raw,
            evidence=reading.seq,
            index=reading.index,
        )
        return type(reading)(**{**vars(reading), "seq": (seq,)})

    async def observe(self) -> None:
        """Look at everything that can be looked at, so that the monitors have something to judge."""
        if "reference_meter" in self.parts:
            reading = await self.power()
            if not self.marks:
                self.marks.append(reading)
        if "lock_sensor" in self.parts:
            await self.locks()
        if "chamber" in self.parts:
            await self.temperature()

    # --- waiting ---------------------------------------------------------------------------------------

    async def wait(self, seconds: float, *, samples: int = 8) -> None:
        """Let time pass and look at the instruments now and then, for the plots and the monitors."""
        if seconds <= 0:
            return
        pieces = max(1, min(samples, int(seconds // 10)))
        for piece in range(pieces):
            await self.clock.sleep(seconds / pieces)
            if piece < pieces - 1:
                await self.observe()

    async def until(self, condition: Callable[[], bool], within_s: float) -> float | None:
        """Wait until something the EVSE said makes ``condition`` true; seconds it took, or None."""
        begin = self.clock.monotonic()
        while not condition():
            since = self.csms.mark()
            left = begin + within_s - self.clock.monotonic()
            if left <= 0:
                return None
            with suppress(TimeoutError):
                await self.csms.wait_for(lambda _event: True, within_s=left, since=since)
        return self.clock.monotonic() - begin

    # --- what the EVSE said -------------------------------------------------------------------------------

    def transactions(self) -> list[Transaction]:
        """Transactions of this attempt, oldest first."""
        return [t for t in self.csms.ledger.transactions.values() if t.id not in self.seen]

    def current_transaction(self) -> Transaction | None:
        """The one that is running, or None."""
        running = [t for t in self.transactions() if t.ended_at is None]
        return running[-1] if running else None

    async def keep(self, name: str, content: bytes) -> int:
        """Keep a file that the station handed out, without card data; the entry that names it."""
        if self.store is None:
            raise BenchError(f"'{name}' of the station cannot be kept: this run keeps no files.")
        return await self.store(name, content)

    # --- judging ------------------------------------------------------------------------------------------

    def check(
        self,
        name: str,
        rule: str,
        inputs: Mapping[str, Any],
        *,
        evidence: Iterable[int] = (),
        proves: tuple[str, ...] = (),
    ) -> Decision:
        """Decide by a named rule, note the check with its inputs, and stop the scenario unless it passed.

        Raises ``RequirementFailed`` or ``Inconclusive`` with the rule's own sentence.
        """
        from wattest.judge.rules import decide  # noqa: PLC0415 - reading scenarios needs no judge

        decision = decide(rule, inputs)
        requirements = proves or self.proves
        note_check(
            self.note,
            decision,
            requirements=requirements,
            name=name,
            rule=rule,
            inputs=inputs,
            evidence=tuple(evidence),
            step=self.step,
        )
        if decision.outcome == "fail":
            raise RequirementFailed(decision.sentence)
        if decision.outcome == "inconclusive":
            raise Inconclusive(decision.sentence)
        if decision.outcome == "error":
            raise BenchError(decision.sentence)
        return decision

    def limit(self, name: str) -> Limit:
        """A limit by id; ``BenchError`` when no limits file states it."""
        if name not in self.limits:
            known = ", ".join(sorted(self.limits))
            raise BenchError(f"There is no limit '{name}' under fixtures/limits; known are {known}.")
        return self.limits[name]

    def profile(self, name: str) -> Profile:
        """An accuracy profile by name; ``BenchError`` when there is none."""
        if name not in self.profiles:
            raise BenchError(
                f"There is no profile '{name}' under fixtures/profiles; known are {', '.join(self.profiles)}."
            )
        return self.profiles[name]

    def rule_of(self, profile: Profile) -> DecisionRule:
        """The decision rule that a profile names; ``BenchError`` when there is none."""
        if profile.rule not in self.rules:
            raise BenchError(
                f"Profile '{profile.id}' names the decision rule '{profile.rule}'; known are {', '.join(self.rules)}."
            )
        return self.rules[profile.rule]


def percent(limit: Limit) -> Decimal:
    """The value of a limit that must be stated in percent."""
    if limit.unit != "%":
        raise BenchError(f"Limit '{limit.id}' is in {limit.unit}; an energy error needs a limit in %.")
    return limit.value
