# ruff: noqa: D102 - the Protocols in wattest.roles say what each verb does
"""Roles that only measure, each played by somebody who can only do named actions."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from wattest.errors import InstrumentError, RigError
from wattest.roles import Component, Identity, PilotEvent, PilotReading, PowerReading, Reading, SwitchingDelay
from wattest_instruments.actions import Answer, Doer
from wattest_instruments.answers import as_decimal
from wattest_instruments.gauge import Gauge, gauged, pilot_of
from wattest_instruments.placeholders import spelled
from wattest_instruments.readings import reading

NAMELESS = frozenset({"", "unknown"})
"""Serial numbers of who has none: a person, a rig that tells nothing of itself."""


class ReferenceMeter:
    """``energy: register`` means a meter that counts up for ever: the value at the start is then taken away."""

    def __init__(self, doer: Doer, gauge: Gauge) -> None:
        self.doer, self.supports, self.patience_s = doer, doer.supports, gauge.patience_s
        self.gauge = gauge
        self.make_safe, self.close = doer.make_safe, doer.close
        self.start: Decimal | None = None
        self.start_seq: tuple[int, ...] = ()
        self.begun_s: float | None = None
        self.stopped: PowerReading | None = None

    async def open(self) -> Identity:
        """Where the doer tells a serial number, it is that of the calibration file, or ``InstrumentError`` says so."""
        identity = await self.doer.open()
        known = self.gauge.calibration
        if known is not None and identity.serial not in NAMELESS:
            try:
                known.check_serial(identity.serial, identity.model, self.doer.where)
            except InstrumentError:
                await self.doer.close()
                raise
        return identity

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
        self.begun_s = self.gauge.now()

    async def stop_integration(self) -> None:
        if self.counts_up:
            self.stopped = await self.read()
        else:
            await self.doer.do("stop_integration")

    async def read(self) -> PowerReading:
        before = self.gauge.now()
        answer = await self.doer.do("read")
        at = (before + self.gauge.now()) / 2
        energy = self._energy(answer, at)
        if self.stopped is not None:
            energy = self.stopped.energy
        return PowerReading(
            voltage=gauged(self.gauge, "voltage", answer, t_s=at),
            current=gauged(self.gauge, "current", answer, t_s=at),
            power=gauged(self.gauge, "power", answer, t_s=at),
            energy=energy,
            elapsed=self._elapsed(answer, at),
        )

    def _energy(self, answer: Answer, at: float) -> Reading:
        if not self.counts_up:
            return gauged(self.gauge, "energy", answer, t_s=at)
        now = as_decimal(answer.fields.get("energy"))
        since = None if now is None or self.start is None else now - self.start
        u = self.gauge.u("energy", float(since or 0), readings=2)
        return reading(
            "energy",
            since,
            t_s=at,
            seq=(*self.start_seq, *answer.seq),
            u=u,
            raw=spelled(answer.fields.get("energy", "")),
            flags=self.gauge.flags(),
            budget=self.gauge.energy_budget(float(since or 0)),
        )

    def foresee(self, energy_wh: float, elapsed_s: float) -> tuple[Component, ...]:  # noqa: ARG002 - the meter's own time does not matter
        parts = self.gauge.energy_budget(energy_wh)
        return tuple(one for part in parts for one in ((part,) if part.common else (part, part)))

    def _elapsed(self, answer: Answer, at: float) -> Reading:
        if "elapsed" in answer.fields:
            return gauged(self.gauge, "elapsed", answer, t_s=at)
        since = None if self.begun_s is None else Decimal(repr(at - self.begun_s))
        return reading("elapsed", since, t_s=at, seq=answer.seq, u=None)


class PilotScope:
    """Somebody with an oscilloscope on the control pilot."""

    def __init__(self, doer: Doer, gauge: Gauge) -> None:
        self.doer, self.supports, self.patience_s = doer, doer.supports, gauge.patience_s
        self.open, self.make_safe, self.close = doer.open, doer.make_safe, doer.close
        self.gauge = gauge
        self.armed: PilotEvent | None = None

    async def read(self) -> PilotReading:
        return pilot_of(self.gauge, await self.doer.do("read"))

    async def arm(self, event: PilotEvent) -> None:
        self.armed = None
        await self.doer.do("arm", event=event)
        self.armed = event

    async def fetch(self) -> SwitchingDelay:
        if self.armed is None:
            raise RigError(f"{self.doer.where} was asked for a delay before it was armed.")
        answer = await self.doer.do("fetch", event=self.armed)
        return SwitchingDelay(self.armed, gauged(self.gauge, "delay", answer))


class Thermometers:
    """Somebody who reads a thermometer at each place that the bench entry names."""

    def __init__(self, doer: Doer, gauge: Gauge) -> None:
        self.doer, self.supports, self.patience_s = doer, doer.supports, gauge.patience_s
        self.open, self.make_safe, self.close = doer.open, doer.make_safe, doer.close
        self.gauge = gauge

    async def read_all(self) -> Mapping[str, Reading]:
        answer = await self.doer.do("read_all")
        if not answer.fields:
            raise RigError(f"{self.doer.where} told no temperature of any place.")
        return {place: self._at(answer, told) for place, told in answer.fields.items()}

    def _at(self, answer: Answer, told: Any) -> Reading:
        return gauged(self.gauge, "temperature", Answer({"temperature": told}, answer.seq))
