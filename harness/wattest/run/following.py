"""A load that obeys the pilot, as the vehicle's own charger would: what makes an emulator and a load together a car.

An electronic load draws what it is told, whatever the station offers. So while its input is on, the pilot is looked at,
and the load draws the smaller of what the scenario asked for and what the station offers. IEC 61851-1 gives a vehicle 5 s to
follow (recalled); the load follows in ``EVERY_S``.
"""

from __future__ import annotations

import asyncio
import math
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from wattest.errors import BenchError
from wattest.judge.pilot import current_for

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wattest.clock import Clock
    from wattest.roles import Identity, Load, LoadReading, Note, Part, ReadBack, Vehicle

HEEDLESS = "heedless"
"""Capability of a load that can be told to draw what it is told, whatever the station offers."""

EVERY_S = 2.0
"""How often the pilot is looked at while the load may draw current."""

OBEYS = "obeys_pilot"
"""Capability of a load that follows the pilot by itself, as the one of the simulated world does."""


def with_obedient_load(
    parts: dict[str, Part], *, rated_a: float, clock: Clock, note: Note
) -> dict[str, Part]:
    """The parts of a bench, where a load that would not obey the pilot by itself does.

    Without a vehicle that reads the pilot it keeps to ``rated_a``, what the charger sheet states.
    """
    load: Any = parts.get("load")
    vehicle: Any = parts.get("vehicle")
    if load is None or vehicle is None or OBEYS in load.supports:
        return parts
    return {**parts, "load": FollowingLoad(load, vehicle, rated_a=rated_a, clock=clock, note=note)}


def trouble_of(parts: Mapping[str, Part]) -> str | None:
    """Why nothing may be energised although all is armed: the load of the bench follows the pilot no more."""
    found: str | None = getattr(parts.get("load"), "trouble", None)
    return found


class FollowingLoad:
    """Satisfies ``Load``. ``patience_s`` and everything else that it does not know is the load's own."""

    def __init__(self, load: Load, vehicle: Vehicle, *, rated_a: float, clock: Clock, note: Note) -> None:
        follows = "pilot_reading" in vehicle.supports
        self.supports = load.supports | ({OBEYS, HEEDLESS} if follows else {OBEYS})
        self._load: Any = load
        self._vehicle = vehicle
        self._rated_a = rated_a
        self._clock = clock
        self._note = note
        self._wanted_a = rated_a
        self._drawn_a: float | None = None
        self._heedless = False
        self._task: asyncio.Task[None] | None = None
        self.trouble: str | None = None
        """Why the load does not follow although its input was switched on; None while all is well."""

    def __getattr__(self, name: str) -> Any:
        return getattr(self._load, name)

    async def open(self) -> Identity:
        """Open the load itself."""
        identity: Identity = await self._load.open()
        return identity

    async def set_current(self, current_a: float) -> None:
        """The most that is drawn; less while the station offers less, and nothing before the input is on."""
        self._wanted_a = current_a
        if self._task is not None:
            await self._obey()

    async def set_heedless(self, heedless: bool) -> None:
        """Draw what is wanted whatever is offered, above the rating too, or obey again."""
        self._heedless = heedless
        if self._task is not None:
            await self._obey()

    async def set_input(self, on: bool) -> None:
        """Follow the pilot from now on, or stop and take the load off."""
        await self._stop()
        self.trouble = None
        if on:
            await self._obey()
        await self._load.set_input(on)
        if on and "pilot_reading" in self._vehicle.supports:
            self._task = asyncio.get_running_loop().create_task(self._follow(), name="load follows the pilot")

    async def measure(self) -> LoadReading:
        """What the load sees."""
        reading: LoadReading = await self._load.measure()
        return reading

    async def make_safe(self) -> None:
        """Stop following, then the load's own way; it obeys from the next time on."""
        self._heedless = False
        await self._stop()
        await self._load.make_safe()

    async def read_back(self) -> ReadBack:
        """What the load says of itself."""
        said: ReadBack = await self._load.read_back()
        return said

    async def close(self) -> None:
        """Stop following and let go."""
        await self._stop()
        await self._load.close()

    async def _follow(self) -> None:
        """Until it is stopped. When the pilot cannot be read or the load not set, it is taken off.

        That is noted as ``trouble``: what the charger does not do from then on is held against the bench.
        """
        try:
            while True:
                await self._clock.sleep(EVERY_S)
                await self._obey()
        except BenchError as problem:
            self.trouble = f"The load cannot follow the pilot any more and was taken off: {problem}"
            self._note("trouble", role="load", sentence=self.trouble)
            with suppress(BenchError):
                await self._load.set_input(on=False)

    async def _obey(self) -> None:
        offered_a = math.inf if self._heedless else await self._offered_a()
        # It may have been told to heed nothing while the pilot was read.
        most_a = math.inf if self._heedless else min(self._rated_a, offered_a)
        await self._draw(min(self._wanted_a, most_a))

    async def _offered_a(self) -> float:
        if "pilot_reading" not in self._vehicle.supports:
            return self._rated_a
        pilot = await self._vehicle.read_pilot()
        return current_for(pilot.duty.value)

    async def _draw(self, current_a: float) -> None:
        if current_a != self._drawn_a:
            await self._load.set_current(current_a)
            self._drawn_a = current_a

    async def _stop(self) -> None:
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
