"""The nine roles of a bench, each played by somebody who can only do named actions (``Doer``).

Here actions become the methods of ``wattest.roles``, and answers become its readings; nothing here knows whether
the doer speaks HTTP, is a program, or is a person.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal, cast, get_args

from wattest.clock import Clock
from wattest.errors import RigError
from wattest.roles import (
    Component,
    DisplayReading,
    LockPosition,
    LockReading,
    Part,
    PowerReading,
    Reading,
    Whereabouts,
)
from wattest_instruments.actions import Answer, Doer
from wattest_instruments.answers import as_decimal
from wattest_instruments.placeholders import spelled
from wattest_instruments.readings import Accuracy, Resolution, energy_components, reading, uncertainty

EnergyCounts = Literal["since start", "register"]
"""What the energy that is read counts from: ``start_integration``, or the day the meter was made."""


@dataclass(frozen=True)
class Gauge:
    """How well the doer reads, as its bench entry states it."""

    clock: Clock
    accuracy: Accuracy = field(default_factory=Accuracy)
    resolution: Resolution = field(default_factory=Resolution)
    energy: EnergyCounts = "since start"
    patience_s: float = 5.0
    """How long ``make_safe`` may take: a person walks, a request may take its time-out."""


class _Vehicle:
    def __init__(self, doer: Doer, gauge: Gauge) -> None:
        self.doer, self.supports, self.patience_s = doer, doer.supports, gauge.patience_s
        self.open, self.make_safe, self.close = doer.open, doer.make_safe, doer.close

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
        return cast("Whereabouts", _one_of(self.doer, "where", answer, get_args(Whereabouts)))


class _CardReader:
    def __init__(self, doer: Doer, gauge: Gauge) -> None:
        self.doer, self.supports, self.patience_s = doer, doer.supports, gauge.patience_s
        self.open, self.make_safe, self.close = doer.open, doer.make_safe, doer.close

    async def present(self, uid: str) -> None:
        await self.doer.do("present", uid=uid)


class _Mains:
    def __init__(self, doer: Doer, gauge: Gauge) -> None:
        self.doer, self.supports, self.patience_s = doer, doer.supports, gauge.patience_s
        self.open, self.make_safe, self.close = doer.open, doer.make_safe, doer.close

    async def set_power(self, on: bool) -> None:
        await self.doer.do("set_power", on=on)


class _LockSensor:
    def __init__(self, doer: Doer, gauge: Gauge) -> None:
        self.doer, self.supports, self.patience_s = doer, doer.supports, gauge.patience_s
        self.open, self.make_safe, self.close = doer.open, doer.make_safe, doer.close

    async def read(self) -> LockReading:
        answer = await self.doer.do("read")
        positions = [
            _one_of(self.doer, lock, answer, get_args(LockPosition)) if lock in answer.fields else "unknown"
            for lock in ("holster", "connector")
        ]
        holster, connector = cast("list[LockPosition]", positions)
        return LockReading(holster, connector, answer.seq)

    async def pull(self, which: Literal["holster", "connector"]) -> bool:
        answer = await self.doer.do("pull", which=which)
        return _one_of(self.doer, "loose", answer, ("true", "false")) == "true"

    async def jam(self, which: Literal["holster", "connector"], jammed: bool) -> None:
        await self.doer.do("jam", which=which, jammed=jammed)


class _Display:
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


class _Chamber:
    def __init__(self, doer: Doer, gauge: Gauge) -> None:
        self.doer, self.supports, self.patience_s = doer, doer.supports, gauge.patience_s
        self.gauge = gauge
        self.open, self.make_safe, self.close = doer.open, doer.make_safe, doer.close

    async def set_temperature(self, temperature_c: float, ramp_k_per_min: float) -> None:
        await self.doer.do("set_temperature", temperature_c=temperature_c, ramp_k_per_min=ramp_k_per_min)

    async def read_temperature(self) -> Reading:
        answer = await self.doer.do("read_temperature")
        return _read(self.gauge, "temperature", answer)


class _Network:
    def __init__(self, doer: Doer, gauge: Gauge) -> None:
        self.doer, self.supports, self.patience_s = doer, doer.supports, gauge.patience_s
        self.open, self.make_safe, self.close = doer.open, doer.make_safe, doer.close

    async def cut(self) -> None:
        await self.doer.do("cut")

    async def restore(self) -> None:
        await self.doer.do("restore")


class _Operator:
    def __init__(self, doer: Doer, gauge: Gauge) -> None:
        self.doer, self.supports, self.patience_s = doer, doer.supports, gauge.patience_s
        self.open, self.make_safe, self.close = doer.open, doer.make_safe, doer.close

    async def ask(self, question: str, answers: tuple[str, ...]) -> str:
        answer = await self.doer.do("ask", question=question, answers=answers)
        return _one_of(self.doer, "answer", answer, answers)


class _ReferenceMeter:
    """``energy: register`` means a meter that counts up for ever: the value at the start is then taken away."""

    def __init__(self, doer: Doer, gauge: Gauge) -> None:
        self.doer, self.supports, self.patience_s = doer, doer.supports, gauge.patience_s
        self.gauge = gauge
        self.open, self.make_safe, self.close = doer.open, doer.make_safe, doer.close
        self.start: Decimal | None = None
        self.start_seq: tuple[int, ...] = ()
        self.begun_s: float | None = None
        self.stopped: PowerReading | None = None

    @property
    def counts_up(self) -> bool:
        return self.gauge.energy == "register"

    async def start_integration(self) -> None:
        self.stopped = None
        if self.counts_up:
            answer = await self.doer.do("read")
            self.start, self.start_seq = as_decimal(answer.fields.get("energy")), answer.seq
        else:
            await self.doer.do("start_integration")
        self.begun_s = self.gauge.clock.monotonic()

    async def stop_integration(self) -> None:
        if self.counts_up:
            self.stopped = await self.read()
        else:
            await self.doer.do("stop_integration")

    async def read(self) -> PowerReading:
        before = self.gauge.clock.monotonic()
        answer = await self.doer.do("read")
        at = (before + self.gauge.clock.monotonic()) / 2
        energy = self._energy(answer, at)
        if self.stopped is not None:
            energy = self.stopped.energy
        return PowerReading(
            voltage=_read(self.gauge, "voltage", answer, t_s=at),
            current=_read(self.gauge, "current", answer, t_s=at),
            power=_read(self.gauge, "power", answer, t_s=at),
            energy=energy,
            elapsed=self._elapsed(answer, at),
        )

    def _energy(self, answer: Answer, at: float) -> Reading:
        if not self.counts_up:
            return _read(self.gauge, "energy", answer, t_s=at)
        now = as_decimal(answer.fields.get("energy"))
        since = None if now is None or self.start is None else now - self.start
        u = uncertainty("energy", float(since or 0), self.gauge.accuracy, self.gauge.resolution, readings=2)
        return reading(
            "energy",
            since,
            t_s=at,
            seq=(*self.start_seq, *answer.seq),
            u=u,
            raw=spelled(answer.fields.get("energy", "")),
            budget=energy_components(float(since or 0), self.gauge.accuracy, self.gauge.resolution),
        )

    def foresee(self, energy_wh: float, elapsed_s: float) -> tuple[Component, ...]:  # noqa: ARG002 - the meter's own time does not matter
        parts = energy_components(energy_wh, self.gauge.accuracy, self.gauge.resolution)
        return tuple(one for part in parts for one in ((part,) if part.common else (part, part)))

    def _elapsed(self, answer: Answer, at: float) -> Reading:
        if "elapsed" in answer.fields:
            return _read(self.gauge, "elapsed", answer, t_s=at)
        since = None if self.begun_s is None else Decimal(repr(at - self.begun_s))
        return reading("elapsed", since, t_s=at, seq=answer.seq, u=None)


def _read(gauge: Gauge, quantity: str, answer: Answer, *, t_s: float | None = None) -> Reading:
    told = answer.fields.get(quantity)
    number = as_decimal(told)
    u = None if number is None else uncertainty(quantity, float(number), gauge.accuracy, gauge.resolution)
    return reading(
        quantity,
        number,
        t_s=gauge.clock.monotonic() if t_s is None else t_s,
        seq=answer.seq,
        u=u,
        raw="" if told is None else spelled(told),
        budget=(
            energy_components(float(number or 0), gauge.accuracy, gauge.resolution)
            if quantity == "energy"
            else ()
        ),
    )


def _one_of(doer: Doer, name: str, answer: Answer, allowed: tuple[str, ...]) -> str:
    told = spelled(answer.fields[name]).strip()
    for word in allowed:
        if told.casefold() == word.casefold():
            return word
    raise RigError(
        f"{doer.where} answered '{told}' for '{name}', which must be one of {', '.join(allowed)}; "
        f"translate it under 'words' in the bench file."
    )


_PLAYED: Mapping[str, Callable[[Doer, Gauge], Part]] = {
    "reference_meter": _ReferenceMeter,
    "vehicle": _Vehicle,
    "card_reader": _CardReader,
    "mains": _Mains,
    "lock_sensor": _LockSensor,
    "display": _Display,
    "chamber": _Chamber,
    "network": _Network,
    "operator": _Operator,
}


def played(doer: Doer, gauge: Gauge) -> Part:
    """A driver of the doer's role that satisfies the role's Protocol in ``wattest.roles``."""
    return _PLAYED[doer.role](doer, gauge)
