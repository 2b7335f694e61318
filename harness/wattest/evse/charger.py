"""The simulated charger: firmware on the hardware of ``wattest.world``, one model for every OCPP version.

::

    network = MemoryNetwork(clock)
    network.listen(csms.accept, csms.choose)
    world = World(clock, sheet)
    charger = Charger(world, clock, sheet, dialect="1.6", connect=network.connect)
    charger.start()

Over a real socket, ``wattest.evse.wires.dialler`` takes the place of ``network.connect``.
"""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from contextlib import suppress
from random import Random
from typing import Any, Protocol

from wattest.clock import Clock
from wattest.clock.http import Fetch, Request, Response
from wattest.clock.network import ConnectionRefused, Greeting, Wire, WireClosed
from wattest.errors import BenchError
from wattest.evse import (
    answering,
    authorise,
    commands,
    dew,
    diary,
    display,
    firmware,
    grip,
    outbox,
    pilot,
    pinging,
    power,
    probe,
    protect,
    registration,
    reservations,
    sessions,
    supply,
    warmth,
)
from wattest.evse.flash import Flash
from wattest.evse.link import Answered, Link
from wattest.evse.station import Outlet, Station
from wattest.evse.v2x import V2x
from wattest.evse.v2x_calls import HANDLERS as HANDLERS_2X
from wattest.evse.v16 import V16
from wattest.evse.v16_calls import HANDLERS as HANDLERS_16
from wattest.model.charger import ChargerSheet
from wattest.model.scenario import Dialect
from wattest.ocpp.messages import Call, CallError
from wattest.world import World
from wattest.world.behaviour import Conduct, behaviour, variation
from wattest.world.supply import hold_up_s

HOLD_UP_S = 2.0
"""How long the supply of a charger that ends transactions before it goes down carries it on."""


@behaviour
def message_id(random: Random) -> str:
    """A message id: at most 36 characters, never used before."""
    return f"{random.getrandbits(64):016x}"


@variation(
    "V13",
    alters=message_id,
    text="message ids are UUIDs",
    source="OCPP 2.0.1 Part 4 4.1.4: any unique string of at most 36 characters",
    area="outage",
)
def message_id_is_uuid(random: Random) -> str:
    """36 characters, to the last one allowed."""
    text = f"{random.getrandbits(128):032x}"
    return "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))


class Connect(Protocol):
    """Opens a wire to the central system; raises ``ConnectionError`` or ``OSError`` when it cannot."""

    def __call__(self, greeting: Greeting, /) -> Awaitable[Wire]:
        """Dial once."""
        ...


class Charger:
    """One charger for as long as its hardware exists: it boots when there is power, and dies when it goes.

    ``connect`` dials the central system and ``fetch`` carries files; ``active`` names defects and variations, the world's own when
    empty; ``seed`` governs message ids, transaction ids and jitter, so that equal seeds give equal frames.
    """

    def __init__(
        self,
        world: World,
        clock: Clock,
        sheet: ChargerSheet,
        *,
        dialect: Dialect,
        connect: Connect,
        seed: int = 0,
        active: Iterable[str] = frozenset(),
        password: str | None = None,
        fetch: Fetch | None = None,
    ) -> None:
        if dialect not in sheet.dialects:
            stated = ", ".join(sheet.dialects)
            raise BenchError(f"The sheet of {sheet.model} does not state OCPP {dialect}; it states {stated}.")
        self.world = world
        self.flash = Flash()
        self.failure: BaseException | None = None
        self._clock = clock
        self._sheet = sheet
        self._dialect: Dialect = dialect
        self._connect = connect
        self._conduct = Conduct(active) if active else world.conduct
        self._random = Random(f"firmware of {sheet.serial} {seed}")
        self._ids = Random()
        self._ids_of = f"message ids of {sheet.serial} {seed}"
        self._password = password
        self._fetch: Fetch = fetch or _no_way
        self._station: Station | None = None
        self._link: Link | None = None
        self._boot_timer: asyncio.TimerHandle | None = None
        self._dying: asyncio.TimerHandle | None = None
        self._ending: set[asyncio.Task[Any]] = set()
        self._unbind: list[Callable[[], None]] = []

    # --- life and death -----------------------------------------------------------------------------------

    def start(self) -> None:
        """Wire the firmware to the hardware; it boots when ``boot_time_s`` of the sheet has passed with power."""
        world = self.world
        self._unbind = [
            world.grid.on_power(self._power),
            world.grid.on_voltage(self._look_everywhere),
            world.reader.on_card(self._card),
            world.terminal.on_card(self._paid),
            world.stop_button.on_move(self._look_everywhere),
        ]
        for number, hardware in enumerate(world.outlets):
            self._unbind += [
                hardware.on_pilot(lambda old, new, n=number: self._pilot(n, old, new)),  # type: ignore[misc]
                hardware.on_output(lambda n=number: self._output(n)),  # type: ignore[misc]
                hardware.on_holster(lambda _in, n=number: self._look(n)),  # type: ignore[misc]
                hardware.on_probe(lambda n=number: self._moved(n, probe.changed)),  # type: ignore[misc]
                hardware.connector_lock.on_move(lambda _at, n=number: self._moved(n, grip.stroke_over)),  # type: ignore[misc]
                hardware.holster_lock.on_move(lambda _at, n=number: self._moved(n, grip.holster_over)),  # type: ignore[misc]
            ]
        if world.grid.powered:
            self._boot_later()

    async def stop(self) -> None:
        """Take the firmware away and leave the outlets without power. Raises what made it fail, if anything did."""
        for unbind in self._unbind:
            unbind()
        self._unbind = []
        self._die()
        for outlet in self.world.outlets:
            outlet.offer(None)
            outlet.contactor.open()
        while self._ending:
            await asyncio.wait(self._ending)
        if self.failure is not None:
            raise self.failure

    def _boot_later(self) -> None:
        self._boot_timer = self._clock.call_later(
            self._conduct(warmth.boot_s)(self.world, self._sheet.boot_time_s), self._boot
        )

    def _boot(self) -> None:
        self._boot_timer = None
        flash = self.flash
        if not self._conduct(firmware.boots)(flash):
            return
        flash.boots += 1
        self._ids.seed(f"{self._ids_of}, boot {flash.boots}")  # another process may have had the boots before
        dialect: V16 | V2x = V16() if self._dialect == "1.6" else V2x(self._dialect)
        link = Link(
            dialect=self._dialect,
            dial=self._dial,
            new_id=self._new_id,
            timeout_s=lambda: self._conduct(registration.answer_timeout_s)(station),
            back_off_s=lambda failures: self._conduct(registration.back_off_s)(station, failures),
            spawn=lambda work: station.spawn(work),  # noqa: PLW0108 - the station comes after its link
            handle=self._answer,
            opened=lambda: registration.opened(station),
            lost=lambda: registration.lost(station),
        )
        station = Station(
            world=self.world,
            clock=self._clock,
            sheet=self._sheet,
            flash=flash,
            dialect=dialect,
            line=link,
            random=self._random,
            conduct=self._conduct,
            crashed=self._crashed,
            fetch=self._fetch,
        )
        station.settle = lambda outlet: self._settle(station, outlet)
        station.reboot = self._reboot
        self._station, self._link = station, link
        diary.write(station, f"boot {flash.boots} ({flash.boot_reason}), firmware {station.firmware}")
        diary.write(station, f"StartupOfTheDevice {flash.boot_reason}", security=True)
        self._take_up(station)
        station.spawn(link.run())
        station.spawn(
            outbox.deliver(station, lambda notice, info: sessions.late_verdict(station, notice.key, info))
        )
        station.spawn(registration.beat(station))
        station.spawn(pinging.ping(station))
        station.spawn(warmth.heat(station))
        station.spawn(dew.watch(station))
        station.spawn(warmth.watch(station))
        firmware.after_boot(station)

    def _take_up(self, station: Station) -> None:
        """What the last life left behind."""
        flash = self.flash
        flash.queue = self._conduct(outbox.queue_at_boot)(flash)
        flash.operative = self._conduct(commands.kept_availability)(station)
        for queued in flash.queue:
            queued.offline = True
        for session in self._conduct(sessions.transactions_at_boot)(station):
            outlet = station.outlets[session.evse_id - 1]
            if self._sheet.power_loss == "resumes" and outlet.plugged:
                sessions.resume(station, outlet, session)
            else:
                sessions.end_after_cut(station, outlet, session)
        reservations.take_up(station)
        sessions.relock_all(station)
        for outlet in station.outlets:
            station.wake(outlet)
        self.world.screen.follow(lambda: display.shown(station))

    def _die(self) -> None:
        for timer in (self._boot_timer, self._dying):
            if timer is not None:
                timer.cancel()
        self._boot_timer = self._dying = None
        station, self._station = self._station, None
        if station is None:
            return
        self._ending.update(station.die())
        for task in tuple(self._ending):
            task.add_done_callback(self._ending.discard)

    def _reboot(self, reason: str) -> None:
        for outlet in self.world.outlets:
            sessions.isolate(outlet)
        self.flash.boot_reason = reason
        self._die()
        self.world.screen.show(["Restarting / Redémarrage"])
        self._boot_later()

    def _crashed(self, error: BaseException) -> None:
        if self.failure is None:
            self.failure = error
        loop = asyncio.get_running_loop()
        loop.call_exception_handler(
            {"message": "the simulated charger's firmware failed", "exception": error}
        )

    # --- what the hardware says -----------------------------------------------------------------------------

    def _power(self, on: bool) -> None:
        station, dying, self._dying = self._station, self._dying, None
        if on and dying is not None and station is not None:
            dying.cancel()
            supply.ride_through(station)
        elif on:
            self.flash.boot_reason = "power up"
            self._boot_later()
        elif station is None:
            self._die()
        else:
            self.flash.lost_power_at = station.now()
            self.flash.charging_at_cut = any(outlet.state == "charging" for outlet in station.outlets)
            hold_up = self._conduct(hold_up_s)(self.world)
            if hold_up > 0:
                self._dying = self._clock.call_later(hold_up, self._brown_out, station)
            else:
                self._brown_out(station)

    def _brown_out(self, station: Station) -> None:
        """The supply of the electronics is used up."""
        self._dying = None
        if station is not self._station:  # it was restarting, and there is nothing to start it with
            self._die()
        elif self._sheet.power_loss == "ends_before":
            for outlet in station.outlets:
                sessions.end(station, outlet, "PowerLoss", trigger="power loss")
            self._clock.call_later(HOLD_UP_S, self._dark, station)
        else:
            self._dark(station)

    def _look_everywhere(self) -> None:
        if self._station is not None:
            for outlet in self._station.outlets:
                self._station.wake(outlet)

    def _dark(self, station: Station) -> None:
        """No power any more: nothing is said goodbye to, the link just ends."""
        if station is not self._station or self._link is None:
            return
        wire = self._link.cut_off()
        self._die()
        if wire is not None:
            self._run_out(_bury(wire))

    def _run_out(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._ending.add(task)
        task.add_done_callback(self._ending.discard)

    def _card(self, uid: str) -> None:
        if self._station is not None:
            authorise.card(self._station, uid)

    def _paid(self, number: str) -> None:
        if self._station is not None:
            reservations.tapped(self._station, number)

    def _pilot(self, number: int, old: str, new: str) -> None:
        station = self._station
        if station is None:
            return
        outlet = station.outlets[number]
        if new == "A":
            outlet.finishing = False
        elif old == "A" and outlet.session is None and outlet.permit is None:
            display.next_customer(station)
        if outlet.session is None:
            outlet.state = outlet.evse_state
        pilot.edge(station, outlet, old, new)

    def _output(self, number: int) -> None:
        if self._station is not None:
            protect.output_changed(self._station, self._station.outlets[number])

    def _look(self, number: int) -> None:
        if self._station is not None:
            self._station.wake(self._station.outlets[number])

    def _moved(self, number: int, over: Callable[[Station, Outlet], None]) -> None:
        if self._station is not None:
            over(self._station, self._station.outlets[number])

    @staticmethod
    def _settle(station: Station, outlet: Outlet) -> None:
        power.settle(station, outlet)
        reservations.look(station, outlet)
        commands.look_for_idle_reset(station)

    # --- the link -------------------------------------------------------------------------------------------

    def _new_id(self) -> str:
        return self._conduct(message_id)(self._ids)

    async def _dial(self) -> Wire:
        wanted = f"ocpp{self._dialect}"
        wire = await self._connect(Greeting(self._sheet.identity, (wanted,), self._authorization()))
        if wire.subprotocol != wanted:
            await wire.close(1002, "no common subprotocol")
            raise ConnectionError(
                f"The central system chose subprotocol {wire.subprotocol!r} instead of {wanted!r}."
            )
        return wire

    def _authorization(self) -> str | None:
        if self._password is None:
            return None
        pair = f"{self._sheet.identity}:{self._password}".encode()
        return f"Basic {base64.b64encode(pair).decode()}"

    async def _answer(self, call: Call, refusal: CallError | None) -> Answered:
        station = self._station
        if station is None:
            return None, None
        handlers = HANDLERS_16 if self._dialect == "1.6" else HANDLERS_2X
        return await answering.answer(station, handlers, call, refusal)


async def _no_way(url: str, request: Request) -> Response:
    raise ConnectionRefused(f"This charger has no way to {url} for {request.method}.")


async def _bury(wire: Wire) -> None:
    with suppress(WireClosed, OSError):
        await wire.close(1006, "power lost")


__all__ = ["Charger", "Connect"]
