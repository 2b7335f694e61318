"""Real stations beside the one under test, each at a central system of its own on a port of its own.

They are sound stations that nobody judges. What they say is kept in the record under the kind ``neighbour``, where no monitor
takes it for the station under test. They end their sessions by themselves when something is wrong; what takes energy from the
whole feeder at once is the ``mains`` of the bench, behind which they hang as well.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from wattest.csms import Csms
from wattest.csms.server import serve
from wattest.errors import BenchError, CallTimedOut, StationGone
from wattest.run.feeder import said_by

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from wattest.clock import Clock
    from wattest.csms.server import Server
    from wattest.csms.station import Answer, Station
    from wattest.model.bench import CsmsEntry, FeederEntry
    from wattest.roles import Note, Operator

READY_S = 120.0
"""How long a station of the bench may take to connect."""
BEGUN_S = 60.0
"""How long it may take to begin or end a session that it was asked to."""
DONE = ("done", "not possible")


class LiveNeighbours:
    """Stations at place 2 and on. ``arrivals: remote`` starts and stops the sessions of vehicles that stay plugged in."""

    def __init__(self, entry: FeederEntry, at: CsmsEntry, clock: Clock, note: Note) -> None:
        self._entry = entry
        self._at = at
        self._clock = clock
        self._csms = {place: Csms(clock, said_by(place, note)) for place in range(2, len(entry.meters) + 1)}
        for csms in self._csms.values():
            csms.accepts_unknown = True
        self._servers: list[Server] = []
        self.operator: Operator | None = None
        """Who lets vehicles come and go where the bench file says ``arrivals: operator``."""

    async def listen(self) -> None:
        """Let the stations in, for the whole run. Raises ``BenchError`` without a port for each, or when one cannot be had."""
        if len(self._entry.ports) != len(self._csms):
            raise BenchError(
                f"The feeder has {len(self._csms)} stations of the bench and names {len(self._entry.ports)} ports: each needs "
                "one for its central system, such as 'ports: [9002, 9003]'."
            )
        for csms, port in zip(self._csms.values(), self._entry.ports, strict=True):
            self._servers.append(await serve(csms, replace(self._at, port=port)))

    async def ready(self) -> None:
        """Every station is there, without a session. Raises ``BenchError`` for one that is not: no fault of the EVSE."""
        for place, csms in self._csms.items():
            if not await csms.wait_ready(within_s=READY_S):
                raise BenchError(
                    f"The station of the bench at place {place} did not connect to port {self._entry.ports[place - 2]} within "
                    f"{READY_S:g} s."
                )
            await self._stopped(place)

    async def rest(self) -> None:
        """Sessions end as far as they can be ended; ``ready`` says it when one goes on."""
        for place, csms in self._csms.items():
            if csms.connected:
                with suppress(BenchError):
                    await self._stopped(place)

    async def close(self) -> None:
        """Sessions end, and nobody is let in any more."""
        await self.rest()
        for server in self._servers:
            await server.close()
        self._servers = []

    async def join(self, place: int) -> None:
        """A session of a vehicle that takes all it can get begins. Raises ``BenchError`` when it does not."""
        if self._entry.arrivals == "operator":
            await self._asked(
                f"Plug a vehicle that takes all it can get into the station at place {place} and start its session."
            )
        else:
            answer = await self._said(place, lambda it: it.remote_start(f"PLACE{place}"))
            if answer.status != "Accepted":
                raise BenchError(
                    f"The station of the bench at place {place} answered '{answer.status}' to a remote start; is its vehicle "
                    "plugged in?"
                )
        if not await self._until(place, running=True):
            raise BenchError(f"No session began at place {place} of the feeder within {BEGUN_S:g} s.")

    async def leave(self, place: int) -> None:
        """That session ends. Raises ``BenchError`` when it does not."""
        if self._entry.arrivals == "operator":
            await self._asked(f"End the session at the station at place {place} and pull its plug.")
        await self._stopped(place)

    async def set_share(self, place: int, current_a: float) -> str:
        """By a charging profile of the station's own central system."""
        answer = await self._said(place, lambda it: it.set_limit(current_a, 1))
        return answer.status

    async def _stopped(self, place: int) -> None:
        for name in self._running(place):
            await self._said(place, lambda it, name=name: it.remote_stop(name))  # type: ignore[misc]
        if not await self._until(place, running=False):
            raise BenchError(
                f"The session at place {place} of the feeder did not end within {BEGUN_S:g} s of a remote stop."
            )

    def _running(self, place: int) -> list[str]:
        return [one.id for one in self._csms[place].ledger.transactions.values() if one.ended_at is None]

    async def _until(self, place: int, *, running: bool) -> bool:
        end = self._clock.monotonic() + BEGUN_S
        while bool(self._running(place)) != running:
            if self._clock.monotonic() >= end:
                return False
            await self._clock.sleep(0.25)
        return True

    async def _asked(self, task: str) -> None:
        if self.operator is None:
            raise BenchError(
                "The feeder says 'arrivals: operator', and this bench has no operator; add one to the bench file."
            )
        if await self.operator.ask(task, DONE) != "done":
            raise BenchError(f"The operator could not do this: {task}")

    async def _said(self, place: int, ask: Callable[[Station], Awaitable[Answer]]) -> Answer:
        """A station's answer. ``BenchError`` for a place that has none, and when it is gone or silent: the EVSE is not to blame."""
        if place not in self._csms:
            raise BenchError(
                f"There is no station of the bench at place {place}: place 1 is the station under test, "
                f"places 2 to {len(self._csms) + 1} are the bench's."
            )
        try:
            return await ask(self._csms[place].station())
        except (StationGone, CallTimedOut) as problem:
            raise BenchError(f"The station of the bench at place {place} failed: {problem}") from None
