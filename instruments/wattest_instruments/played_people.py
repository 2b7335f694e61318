# ruff: noqa: D102 - the Protocols in wattest.roles say what each verb does
"""Roles of hands and eyes, each played by somebody who can only do named actions: car, card, locks, screen, person, acquirer."""

from __future__ import annotations

from collections.abc import Awaitable
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Literal, cast, get_args

from wattest.errors import BenchError, RigError
from wattest.roles import (
    AcquirerAnswer,
    AlertReading,
    DisplayReading,
    LockPosition,
    LockReading,
    Photo,
    PilotReading,
    PilotResistor,
    Reading,
    Statement,
    VehicleFault,
    Whereabouts,
)
from wattest_instruments.actions import FAULT_CAPABILITY, Doer
from wattest_instruments.answers import as_decimal, shown
from wattest_instruments.gauge import Gauge, gauged, one_of, pilot_of, yes
from wattest_instruments.pictures import keep_picture
from wattest_instruments.placeholders import spelled
from wattest_instruments.statement_lines import movements_of


class Vehicle:
    """Faults that were made are mended by ``make_safe``: what feeds the output first, the rest after the car took no energy."""

    def __init__(self, doer: Doer, gauge: Gauge) -> None:
        self.doer, self.supports, self.patience_s = doer, doer.supports, gauge.patience_s
        self.open, self.close = doer.open, doer.close
        self.gauge = gauge
        self.faults: set[VehicleFault] = set()
        self.resistors: set[PilotResistor] = set()

    async def plug_in(self) -> None:
        await self.doer.do("plug_in")

    async def unplug(self) -> None:
        await self.doer.do("unplug")

    async def holster(self) -> None:
        await self.doer.do("holster")

    async def set_ready(self, ready: bool) -> None:
        await self.doer.do("set_ready", ready=ready)

    async def set_current(self, current_a: float) -> None:
        await self.doer.do("set_current", current_a=current_a)

    async def whereabouts(self) -> Whereabouts:
        answer = await self.doer.do("whereabouts")
        return cast("Whereabouts", one_of(self.doer, "where", answer, get_args(Whereabouts)))

    async def set_fault(self, fault: VehicleFault, on: bool) -> None:
        capability = FAULT_CAPABILITY[fault]
        if capability not in self.supports:
            raise RigError(
                f"{self.doer.where} cannot make the fault '{fault}': its bench entry does not name '{capability}' "
                "under 'supports'."
            )
        if on:
            self.faults.add(fault)  # before it is made: one that was half made must be mended too
        await self.doer.do("set_fault", fault=fault, on=on)
        if not on:
            self.faults.discard(fault)

    async def set_proximity(self, resistance_ohm: float | None) -> None:
        await self.doer.do("set_proximity", resistance_ohm=resistance_ohm)

    async def set_pilot_resistance(self, state: PilotResistor, resistance_ohm: float | None) -> None:
        if resistance_ohm is not None:
            self.resistors.add(state)
        await self.doer.do("set_pilot_resistance", state=state, resistance_ohm=resistance_ohm)
        if resistance_ohm is None:
            self.resistors.discard(state)

    async def read_pilot(self) -> PilotReading:
        return pilot_of(self.gauge, await self.doer.do("read_pilot"))

    async def set_state_of_charge(self, percent: float) -> None:
        await self.doer.do("set_state_of_charge", percent=percent)

    async def read_state_of_charge(self) -> Reading:
        return gauged(self.gauge, "state_of_charge", await self.doer.do("read_state_of_charge"))

    async def make_safe(self) -> None:
        problems: list[str] = []

        async def tried(work: Awaitable[None]) -> None:
            try:
                await work
            except BenchError as problem:
                problems.append(str(problem))

        if "weld" in self.faults:  # it is the bench that feeds the output then
            await tried(self.set_fault("weld", False))
        await tried(self.doer.make_safe())
        for fault in sorted(self.faults - {"weld"}):
            await tried(self.set_fault(fault, False))
        for state in sorted(self.resistors):
            await tried(self.set_pilot_resistance(state, None))
        if problems:
            raise RigError(" ".join(problems))


class CardReader:
    """Somebody who holds a card."""

    def __init__(self, doer: Doer, gauge: Gauge) -> None:
        self.doer, self.supports, self.patience_s = doer, doer.supports, gauge.patience_s
        self.open, self.make_safe, self.close = doer.open, doer.make_safe, doer.close

    async def present(self, uid: str) -> None:
        await self.doer.do("present", uid=uid)


class LockSensor:
    """Somebody who sees bolts, pulls at plugs, and drives a wedge."""

    def __init__(self, doer: Doer, gauge: Gauge) -> None:
        self.doer, self.supports, self.patience_s = doer, doer.supports, gauge.patience_s
        self.open, self.make_safe, self.close = doer.open, doer.make_safe, doer.close

    async def read(self) -> LockReading:
        answer = await self.doer.do("read")
        positions = [
            one_of(self.doer, lock, answer, get_args(LockPosition)) if lock in answer.fields else "unknown"
            for lock in ("holster", "connector")
        ]
        holster, connector = cast("list[LockPosition]", positions)
        return LockReading(holster, connector, answer.seq)

    async def pull(self, which: Literal["holster", "connector"]) -> bool:
        return yes(self.doer, "loose", await self.doer.do("pull", which=which))

    async def jam(self, which: Literal["holster", "connector"], jammed: bool) -> None:
        await self.doer.do("jam", which=which, jammed=jammed)


class Display:
    """Somebody who reads the screen."""

    def __init__(self, doer: Doer, gauge: Gauge) -> None:
        self.doer, self.supports, self.patience_s = doer, doer.supports, gauge.patience_s
        self.open, self.make_safe, self.close = doer.open, doer.make_safe, doer.close

    async def read(self) -> DisplayReading:
        answer = await self.doer.do("read")
        lines = answer.fields["lines"]
        told = lines if isinstance(lines, (list, tuple)) else str(lines).splitlines()
        cost, currency = (answer.fields.get(name) for name in ("cost", "currency"))
        return DisplayReading(
            tuple(str(line) for line in told),
            None if cost in {None, ""} else spelled(cost),
            None if currency in {None, ""} else str(currency),
            answer.seq,
        )


class Alerts:
    """Somebody, or some web service, that tells how many alerts the operator has been sent."""

    def __init__(self, doer: Doer, gauge: Gauge) -> None:
        self.doer, self.supports, self.patience_s = doer, doer.supports, gauge.patience_s
        self.open, self.make_safe, self.close = doer.open, doer.make_safe, doer.close

    async def read(self) -> AlertReading:
        answer = await self.doer.do("read")
        said, lines = answer.fields["count"], answer.fields.get("lines", ())
        count = len(said) if isinstance(said, (list, tuple)) else as_decimal(said)
        if count is None or count != int(count) or count < 0:
            raise RigError(
                f"{self.doer.where} told {shown(str(said))} as the number of alerts, which is none."
            )
        told = lines if isinstance(lines, (list, tuple)) else str(lines).splitlines()
        return AlertReading(int(count), tuple(str(line) for line in told), answer.seq)


class Operator:
    """Somebody who answers, measures and takes pictures."""

    def __init__(self, doer: Doer, gauge: Gauge) -> None:
        self.doer, self.supports, self.patience_s = doer, doer.supports, gauge.patience_s
        self.open, self.make_safe, self.close = doer.open, doer.make_safe, doer.close
        self.gauge = gauge

    async def ask(self, question: str, answers: tuple[str, ...]) -> str:
        answer = await self.doer.do("ask", question=question, answers=answers)
        return one_of(self.doer, "answer", answer, answers)

    async def measure(self, subject: str, unit: str) -> Reading:
        answer = await self.doer.do("measure", subject=subject, unit=unit)
        told = answer.fields["value"]
        number = as_decimal(told)
        return Reading(
            value=float(number if number is not None else Decimal(0)),
            unit=unit,
            t_s=self.gauge.now(),
            u=None if number is None else self.gauge.uncertainty_in(unit, float(number)),
            seq=answer.seq,
            flags=frozenset({"no data"} if number is None else ()),
            raw=spelled(told),
        )

    async def photograph(self, subject: str) -> Photo:
        answer = await self.doer.do("photograph", subject=subject)
        path = Path(self.gauge.around.folder, str(answer.fields["file"]))
        return await keep_picture(self.gauge.around, subject, path)


class Acquirer:
    """Somebody with a look at the acquirer's test portal, or a service in front of it."""

    def __init__(self, doer: Doer, gauge: Gauge) -> None:
        self.doer, self.supports, self.patience_s = doer, doer.supports, gauge.patience_s
        self.open, self.make_safe, self.close = doer.open, doer.make_safe, doer.close

    async def set_answer(self, answer: AcquirerAnswer) -> None:
        await self.doer.do("set_answer", answer=answer)

    async def statement(self, since: datetime) -> Statement:
        asked = since.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
        answer = await self.doer.do("statement", since=asked)
        movements = movements_of(answer.fields["movements"])
        if isinstance(movements, str):
            raise RigError(f"{self.doer.where} answered a statement that cannot be read: {movements}.")
        return Statement(movements, answer.seq)
