"""The live venue: real sockets, real instruments, real time; the EVSE lives through the whole run."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wattest.csms import Csms
from wattest.csms.file_server import serve_files
from wattest.csms.server import serve
from wattest.errors import BenchError, InstrumentError, RigError, StationGone
from wattest.roles import Surroundings
from wattest.run.campaign import Stage, lacking
from wattest.run.drivers import driver
from wattest.run.feeder import metered, taken_out
from wattest.run.following import trouble_of, with_obedient_load
from wattest.run.guard import Guard
from wattest.run.known import Known
from wattest.run.live_neighbours import LiveNeighbours
from wattest.run.rescue import hazardous
from wattest.run.safety import Interlocks
from wattest.run.terminal import terminal

if TYPE_CHECKING:
    from wattest.clock import Clock
    from wattest.csms.file_server import FileServer
    from wattest.csms.server import Server
    from wattest.model.bench import Bench
    from wattest.model.charger import ChargerSheet
    from wattest.model.scenario import Dialect, Scenario
    from wattest.model.tariff import TaxRate
    from wattest.roles import Keep, Note, Part
    from wattest.run.custody import Custody
    from wattest.run.feeder import MeteredFeeder

READY_S = 60.0
"""Beyond its stated boot time, how long a station may take to connect and report."""
SHORTEST_S = 5.0
"""How long it is waited for at least, when it has not come for several scenarios."""
SETTLE_S = 10.0
"""Beyond its connection time-out, how long a station may take to come to rest."""
PERSON_S = 300.0
"""A part that may take longer to become safe is played by a person."""
NEWS_S = 1.0
"""How long the news that a program died may take."""


class LiveVenue:
    """One central system that listens, rigs that may start the EVSE, and drivers for the roles."""

    def __init__(
        self,
        bench: Bench,
        sheet: ChargerSheet,
        *,
        clock: Clock,
        note: Note,
        taxes: tuple[TaxRate, ...],
        keep: Keep | None = None,
        custody: Custody | None = None,
        record: Path | None = None,
        known: Known | None = None,
    ) -> None:
        self._known = known or Known(note)
        self._custody = custody
        self._record = record
        self._bench = bench
        self._sheet = sheet
        self._clock = clock
        self._note = note
        self._keep = keep
        self._prompt = terminal()
        self._facts: dict[str, str] = {"identity": sheet.identity}
        self._csms = Csms(clock, note)
        self._csms.taxes = taxes
        self._server: Server | None = None
        self._files: FileServer | None = None
        self._rigs: dict[str, Any] = {
            name: driver(entry, self._around(name)) for name, entry in bench.rigs.items()
        }
        self._meters = taken_out(bench.feeder, self._rigs)
        self._neighbours = (
            None if bench.feeder is None else LiveNeighbours(bench.feeder, bench.csms, clock, note)
        )
        self._feeder: MeteredFeeder | None = None
        bare: dict[str, Part] = {
            role: driver(entry, self._around(role)) for role, entry in bench.roles.items()
        }
        bare = with_obedient_load(bare, rated_a=sheet.rated_current_a, clock=clock, note=note)
        self._interlocks = Interlocks(
            bare, bench.safe_order, clock=clock, note=note, plane=bench.measurement_plane
        )
        self._guard = Guard(
            bench.limits,
            armed=lambda: self._interlocks.armed,
            off=self._interlocks.run,
            trouble=lambda: trouble_of(bare) or (None if custody is None else custody.lost()),
        )
        self._parts: dict[str, Part] = {role: self._guard.part(role, part) for role, part in bare.items()}
        self._dialect: Dialect | None = None
        self._opened = False
        self._scenario: asyncio.Task[Any] | None = None
        self._ending: asyncio.Task[None] | None = None
        self._missed = 0
        self._given_up: set[str] = set()

    def _around(self, role: str) -> Surroundings:
        return Surroundings(
            clock=self._clock,
            note=self._note,
            role=role,
            folder=str(Path(self._bench.path).parent),
            rigs=getattr(self, "_rigs", {}),
            facts=self._facts,
            prompt=self._prompt,
            keep=self._keep,
        )

    async def open(self) -> None:
        """Listen for the station, watched from outside. Rigs start with the first scenario: they are told the dialect."""
        if self._custody is not None:
            await self._clock.in_thread(self._begin, self._custody)
        self._server = await serve(self._csms, self._bench.csms)
        self._facts["csms"] = self._server.url
        entry = self._bench.csms
        self._files = await serve_files(self._csms.files, entry.host, entry.files_port)
        if self._neighbours is not None:
            await self._neighbours.listen()

    def _begin(self, custody: Custody) -> None:
        assert self._record is not None
        watched = hazardous(self._bench, self._rigs)
        custody.begin(
            self._record, self._note, clock=self._clock, watched=watched, lost=self._watchdog_is_gone
        )

    def _watchdog_is_gone(self) -> None:
        """Heard in another thread: nothing stays live without a watchdog, and no scenario goes on."""

        def off() -> None:
            self._ending = asyncio.ensure_future(self._all_off())

        with suppress(BenchError):  # the clock is closed: the run has ended
            self._clock.call_later(0.0, off)

    async def _all_off(self) -> None:
        scenario = self._scenario
        if self._interlocks.armed:
            with suppress(BenchError):  # it is tried again when the scenario is left, and said there
                await self._interlocks.run()
        if scenario is not None and scenario is self._scenario:
            scenario.cancel()

    async def enter(self, scenario: Scenario, dialect: Dialect, seed: int) -> Stage:  # noqa: ARG002 - a live EVSE has no seed
        """The station is connected, idle, unplugged and fed; the instruments answer.

        Raises ``StationGone`` when it does not come, or dies meanwhile.
        """
        self._scenario = asyncio.current_task()
        before = len(self._fallen())
        try:
            await self._ready(dialect)
        except BenchError as problem:
            await self._clock.sleep(NEWS_S)
            if len(self._fallen()) == before:
                raise
            raise StationGone(f"{self._fallen()[-1]} {problem}") from None
        feeder = await self._feeder_ready() if "feeder" in scenario.needs else None
        return Stage(self._parts, self._csms, self._fallen, self._guard.breach, feeder)

    async def _feeder_ready(self) -> MeteredFeeder:
        """The meters of the feeder answer, and the stations of the bench are there without a session."""
        assert self._neighbours is not None
        self._neighbours.operator = self._parts.get("operator")  # type: ignore[assignment]
        feeder = metered(self._bench, self._meters, self._parts, self._neighbours)
        self._feeder = feeder
        self._known.instruments(await feeder.open())
        await self._neighbours.ready()
        return feeder

    async def _ready(self, dialect: Dialect) -> None:
        if dialect != self._dialect:
            await self._change_dialect(dialect)
        if not self._opened:
            self._known.instruments({role: await part.open() for role, part in self._parts.items()})
            self._opened = True
            if "reference_meter" in self._parts:
                await self._parts["reference_meter"].start_integration()  # type: ignore[attr-defined]
        else:
            await self._revive()
        self._interlocks.arm()
        self._guard.clear()
        await self._at_rest()
        self._csms.answers.clear()
        self._csms.files.close_places()
        await self._connected()
        self._known.station(self._csms)
        await self._idle()

    def _fallen(self) -> tuple[str, ...]:
        """How the programs that play the station died, each time in a sentence."""
        rigs = (rig for rig in self._rigs.values() if getattr(rig, "plays_station", False))
        return tuple(sentence for rig in rigs for sentence in rig.fallen)

    async def _connected(self) -> None:
        """Wait for the station, each time half as long while it does not come. Raises ``StationGone``."""
        patience_s = max(SHORTEST_S, (self._sheet.boot_time_s + READY_S) / 2**self._missed)
        await self._csms.wait_ready(within_s=patience_s)
        if not self._csms.connected:
            self._missed += 1
            raise StationGone(f"No station connected within {patience_s:g} s.")
        self._missed = 0

    async def _idle(self) -> None:
        """No transaction runs, and what an earlier scenario authorised has lapsed, as far as the bench can see.

        A station that does not come to rest in time is tested as it is.
        """
        for transaction in self._csms.ledger.transactions.values():
            if transaction.ended_at is None and transaction.id not in self._given_up:
                self._given_up.add(transaction.id)  # asked once: a station that lost it will never end it
                await self._csms.station().remote_stop(transaction.id)
        end = self._clock.monotonic() + self._sheet.connection_timeout_s + SETTLE_S
        while self._clock.monotonic() < end and not await self._is_idle():
            await self._clock.sleep(0.25)

    async def _is_idle(self) -> bool:
        station = next((s for s in self._csms.stations.values() if s.connected), None)
        status = station.last_status(1) if station is not None else None
        if status is not None and status.occupancy == "occupied":
            return False
        sensor: Any = self._parts.get("lock_sensor")
        if sensor is None or "holster_lock" not in self._sheet.features or _is_person(sensor):
            return True
        seen = await sensor.read()
        return bool(seen.holster == "locked")

    async def _revive(self) -> None:
        """Programs that died are up again, and an instrument whose connection broke is opened anew."""
        for rig in self._rigs.values():
            with suppress(RigError):
                await rig.open()
        meter: Any = self._parts.get("reference_meter")
        if meter is None or _is_person(meter):
            return
        try:
            await meter.read()
        except InstrumentError:
            with suppress(InstrumentError):
                await meter.close()
            await meter.open()
            await meter.start_integration()

    async def _change_dialect(self, dialect: Dialect) -> None:
        """Rigs are told the dialect when they start the EVSE; one that was started by hand speaks what it speaks."""
        if self._interlocks.armed:  # nothing is let go of while it is live
            await self._interlocks.run()
        self._facts["dialect"] = dialect
        self._dialect = dialect
        self._csms.only(dialect)
        for rig in self._rigs.values():
            await rig.close()
        if self._opened:
            for part in self._parts.values():
                await part.close()
            self._opened = False
        for rig in self._rigs.values():
            await rig.open()

    async def _at_rest(self) -> None:
        """Fed, linked, the vehicle asking for nothing and the plug on the station, as far as the bench can."""
        if "mains" in self._parts:
            await self._parts["mains"].set_power(on=True)  # type: ignore[attr-defined]
        if "network" in self._parts:
            await self._parts["network"].restore()  # type: ignore[attr-defined]
        load: Any = self._parts.get("load")
        if load is not None:  # a scenario that says nothing takes what the station offers
            bearable = self._bench.limits.current_a
            rated = self._sheet.rated_current_a
            await load.set_current(rated if bearable is None else min(rated, bearable))
        vehicle: Any = self._parts.get("vehicle")
        if vehicle is None:
            return
        await vehicle.set_ready(ready=False)
        where = await vehicle.whereabouts()
        if where == "plugged in":
            await self._released(vehicle)
            where = "in hand"
        if where == "in hand":
            await vehicle.holster()

    async def _released(self, vehicle: Any) -> None:
        """Unplug; a session that still holds the plug is ended first, and the lock given time."""
        for transaction in self._csms.ledger.transactions.values():
            if transaction.ended_at is None and self._csms.connected:
                await self._csms.station().remote_stop(transaction.id)
        for _ in range(40):
            try:
                await vehicle.unplug()
            except RigError:
                await self._clock.sleep(0.25)
            else:
                return
        raise BenchError(
            "The plug from the scenario before cannot be pulled out of the vehicle: it stays locked."
        )

    async def leave(self) -> None:
        """No current flows, confirmed by the reference meter; the station stays fed for the next scenario."""
        self._scenario = None
        feeder, self._feeder = self._feeder, None
        if feeder is not None and self._neighbours is not None:
            await self._neighbours.rest()
            await feeder.close()
        if self._opened:
            with suppress(BenchError):  # whether power is off is asked below, and said
                await self._revive()
        await self._interlocks.between()

    async def close(self) -> None:
        """Everything off; then let go of instruments, rigs, the socket and the bench. One error keeps nothing else."""
        problems: list[str] = []
        doubt: str | None = None
        if self._interlocks.armed:
            try:
                await self._interlocks.run()
            except BenchError as problem:
                doubt = str(problem)
                problems.append(doubt)
        listening = (self._neighbours, self._server, self._files)
        for closing in (*self._parts.values(), *self._rigs.values(), *listening):
            if closing is None:
                continue
            try:
                await closing.close()
            except Exception as problem:  # noqa: BLE001 - the next one must be closed whatever this one does
                problems.append(str(problem))
        if self._custody is not None:
            try:
                await self._clock.in_thread(self._custody.end, doubt, self._note)
            except BenchError as problem:
                problems.append(str(problem))
        if problems:
            raise BenchError("The bench could not be closed in good order: " + " ".join(problems))

    def lacks(self, needs: tuple[str, ...]) -> str | None:
        """Roles come from the bench file, capabilities from the drivers, the rest from the charger sheet."""
        can = set(self._parts).union(*(part.supports for part in self._parts.values()))
        return lacking(needs, can, self._bench, self._sheet)


def _is_person(part: Part) -> bool:
    """Whether a part takes the time that only a person takes: then it is asked nothing that can be spared."""
    return float(getattr(part, "patience_s", 0.0)) > PERSON_S
