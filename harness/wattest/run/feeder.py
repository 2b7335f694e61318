"""A feeder of real devices: an energy meter or analyser for each station on it, and perhaps one for all of them.

The bench file names them (``feeder:``). Who makes vehicles come and go at the stations of the bench, and gives them their
shares, is ``Neighbours``: simulated stations in a rehearsal (``wattest.run.neighbours``), real ones on a live bench
(``wattest.run.live_neighbours``).
"""

from __future__ import annotations

import asyncio
import math
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Protocol

from wattest.errors import BenchError, InstrumentError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from wattest.model.bench import Bench, FeederEntry
    from wattest.roles import Identity, Note, Reading, ReferenceMeter
    from wattest.world import World


class Neighbours(Protocol):
    """The stations of the bench at places 2 and on, each with a central system of its own."""

    async def join(self, place: int) -> None:
        """A vehicle that takes all it can get comes and is authorised."""
        ...

    async def leave(self, place: int) -> None:
        """That vehicle goes."""
        ...

    async def set_share(self, place: int, current_a: float) -> str:
        """Give a station its share by a charging profile; the station's word."""
        ...


class MeteredFeeder:
    """A ``Feeder`` whose currents come from meters. ``own`` are those that nobody else opens and closes."""

    def __init__(
        self,
        meters: Sequence[ReferenceMeter],
        group: ReferenceMeter | None,
        neighbours: Neighbours,
        own: Mapping[str, ReferenceMeter],
    ) -> None:
        self.places = len(meters)
        self.join, self.leave, self.set_share = neighbours.join, neighbours.leave, neighbours.set_share
        self._meters = tuple(meters)
        self._group = group
        self._own = dict(own)

    async def open(self) -> dict[str, Identity]:
        """Who measures what, by the names of the bench file. Raises ``InstrumentError`` and leaves nothing open."""
        found: dict[str, Identity] = {}
        try:
            for name, meter in self._own.items():
                found[name] = await meter.open()
        except BaseException:
            await self.close()
            raise
        return found

    async def close(self) -> None:
        """Let go of the meters; one that cannot be let go of keeps no other."""
        for meter in self._own.values():
            with suppress(InstrumentError):
                await meter.close()

    async def read(self) -> tuple[Reading, ...]:
        """As the role says: meters on lines of their own are asked at once, those on one line in turn."""
        seen = await asyncio.gather(*(meter.read() for meter in self._meters))
        return tuple(self._known(place, one.current) for place, one in enumerate(seen, 1))

    async def read_group(self) -> Reading | None:
        """The current of the whole feeder per phase, by its own meter; None where it has none."""
        return None if self._group is None else (await self._group.read()).current

    @staticmethod
    def _known(place: int, current: Reading) -> Reading:
        """Raises ``InstrumentError`` for a place without a value: a sum that leaves one out proves nothing."""
        if not math.isfinite(current.value) or current.flags & {"no data", "over-range"}:
            raise InstrumentError(
                f"The meter of place {place} on the feeder gives no current ({', '.join(sorted(current.flags)) or 'no value'})."
            )
        return current


def taken_out(entry: FeederEntry | None, rigs: dict[str, Any]) -> dict[str, Any]:
    """The feeder's meters under ``rigs``, which they leave: scenarios that need the feeder open them."""
    if entry is None:
        return {}
    names = (*entry.meters, *(() if entry.group is None else (entry.group,)))
    return {name: rigs.pop(name) for name in names if name in rigs}


def metered(
    bench: Bench, own: Mapping[str, Any], parts: Mapping[str, Any], neighbours: Neighbours
) -> MeteredFeeder:
    """The feeder of a bench file. Raises ``BenchError`` for a rig that measures nothing, and a place without a meter."""
    entry = bench.feeder
    assert entry is not None
    for name, meter in own.items():
        if not hasattr(meter, "start_integration"):
            raise BenchError(
                f"The feeder names '{name}', which is no meter: put a driver that can be a reference_meter under 'rigs'."
            )
    everybody = {**own, **{role: parts[role] for role in ("reference_meter",) if role in parts}}
    missing = [name for name in entry.meters if name not in everybody]
    if missing:
        raise BenchError(f"The feeder names '{missing[0]}' as a meter, and this bench has no {missing[0]}.")
    group = None if entry.group is None else everybody[entry.group]
    return MeteredFeeder([everybody[name] for name in entry.meters], group, neighbours, own)


def said_by(place: int, note: Note) -> Note:
    """Where what a station of the bench says is kept: beside the words of the station under test, never among them."""

    def noted(kind: str, /, **fields: Any) -> int:
        return note("neighbour", place=place, what=kind, said=fields)

    return noted


class Trunk:
    """Where the meter of a whole feeder sits in a rehearsal: before the outlets of several worlds."""

    def __init__(self, worlds: Sequence[World]) -> None:
        self._worlds = tuple(worlds)
        self._outlets = [world.outlets[0] for world in worlds]
        self.phases = self._outlets[0].phases

    def voltage_v(self) -> float:
        """Volts per phase; it has them whatever its stations do."""
        return self._worlds[0].grid.nominal_v

    def current_a(self) -> float:
        """Amperes per phase, at unity power factor."""
        return sum(outlet.true_current_a() for outlet in self._outlets)

    def power_w(self) -> float:
        """Watts of all phases."""
        return sum(outlet.true_power_w() for outlet in self._outlets)

    def energy_wh(self) -> float:
        """Wh since the worlds began."""
        return sum(outlet.true_energy_wh() for outlet in self._outlets)

    def time_s(self) -> float:
        """Monotonic seconds."""
        return self._worlds[0].clock.monotonic()


def plane_of(entry: FeederEntry | None, name: str, worlds: Mapping[int, World]) -> tuple[World, Trunk | None]:
    """The world that an instrument of this name looks at in a rehearsal, and the trunk where it measures the whole feeder."""
    if entry is not None and name == entry.group:
        return worlds[1], Trunk(list(worlds.values()))
    if entry is not None and name in entry.meters:
        return worlds[entry.meters.index(name) + 1], None
    return worlds[1], None
