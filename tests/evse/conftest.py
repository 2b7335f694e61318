"""A small scripted central system, and a bench around one simulated charger. It shares no code with wattest.csms."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

import pytest

from wattest.clock import VirtualClock
from wattest.clock.http import Request, Response
from wattest.clock.network import Greeting, HearsPings, MemoryNetwork, Wire, WireClosed
from wattest.evse import Charger
from wattest.model.charger import ChargerSheet
from wattest.model.scenario import Dialect
from wattest.ocpp import validate
from wattest.world import World

SHEET = ChargerSheet(
    maker="Wattest",
    model="Model R",
    serial="R-0001",
    firmware="1.0.0",
    dialects=("1.6", "2.0.1"),
    connectors=1,
    cable="tethered",
    phases=1,
    rated_voltage_v=240.0,
    rated_current_a=32.0,
    minimum_current_a=6.0,
    register_step_wh=1.0,
    temperature_min_c=-40.0,
    temperature_max_c=50.0,
    power_loss="ends_after_boot",
    connection_timeout_s=60.0,
    boot_time_s=5.0,
    features=("card_reader", "display", "holster_lock", "connector_lock", "local_auth_list", "offline_queue"),
)

SILENT = object()
"""An answer that never comes."""


class Central:
    """Answers every CALL from a table and keeps what it heard; every frame must satisfy its schema."""

    def __init__(self, clock: VirtualClock, dialect: Dialect) -> None:
        self.clock = clock
        self.dialect: Dialect = dialect
        self.heard: list[tuple[float, str, dict[str, Any]]] = []
        self.frames: list[str] = []
        self.links = 0
        self.wire: Wire | None = None
        self.cards: dict[str, dict[str, Any]] = {}
        self.answers: dict[str, Callable[[dict[str, Any]], Any]] = {}
        self.wrong: list[str] = []
        self.errors: list[list[Any]] = []
        self.next_number = 1000
        self.last_id = 0
        self.pings: list[float] = []
        """When the charger sent WebSocket pings."""
        self._waiting: dict[str, asyncio.Future[Any]] = {}

    async def accept(self, greeting: Greeting, wire: Wire) -> None:
        self.wire = wire
        self.links += 1
        assert isinstance(wire, HearsPings)
        wire.on_ping(lambda: self.pings.append(self.clock.monotonic()))
        try:
            while True:
                await self._take(wire, await wire.recv())
        except WireClosed:
            if self.wire is wire:
                self.wire = None

    async def _take(self, wire: Wire, text: str | bytes) -> None:
        assert isinstance(text, str)
        self.frames.append(text)
        frame = json.loads(text)
        if frame[0] == 2:
            _, unique, action, payload = frame
            self.wrong += [v.sentence for v in validate.violations(self.dialect, action, False, payload)]
            self.heard.append((self.clock.monotonic(), action, payload))
            answer = self.answers.get(action, self._default(action))(payload)
            if answer is SILENT:
                return
            if isinstance(answer, asyncio.Future):
                asyncio.get_running_loop().create_task(self._later(wire, unique, answer))
            elif isinstance(answer, str):
                await wire.send(json.dumps([4, unique, answer, "", {}]))
            else:
                await wire.send(json.dumps([3, unique, answer]))
        else:
            if frame[0] == 4:
                self.errors.append(frame)
            waiting = self._waiting.pop(frame[1], None)
            if waiting is not None and not waiting.done():
                waiting.set_result(frame)

    async def _later(self, wire: Wire, unique: str, answer: asyncio.Future[Any]) -> None:
        payload = await answer
        if not wire.closed:
            await wire.send(json.dumps([3, unique, payload]))

    def _default(self, action: str) -> Callable[[dict[str, Any]], Any]:
        now = self.clock.utc().isoformat().replace("+00:00", "Z")
        table: dict[str, Callable[[dict[str, Any]], Any]] = {
            "BootNotification": lambda _p: {"status": "Accepted", "currentTime": now, "interval": 300},
            "Heartbeat": lambda _p: {"currentTime": now},
            "Authorize": self._authorize,
            "StartTransaction": self._start,
            "StopTransaction": lambda _p: {},
            "TransactionEvent": self._event,
        }
        return table.get(action, lambda _p: {})

    def _info(self, token: str) -> dict[str, Any]:
        made_up = not token or token.startswith("PT")  # by the payment terminal
        return self.cards.get(token.upper(), {"status": "Accepted" if made_up else "Invalid"})

    def _authorize(self, payload: dict[str, Any]) -> Any:
        if self.dialect == "1.6":
            return {"idTagInfo": self._info(payload["idTag"])}
        return {"idTokenInfo": self._info(payload["idToken"]["idToken"])}

    def _start(self, payload: dict[str, Any]) -> Any:
        self.next_number += 1
        return {"transactionId": self.next_number, "idTagInfo": self._info(payload["idTag"])}

    def _event(self, payload: dict[str, Any]) -> Any:
        token = payload.get("idToken")
        return {} if token is None else {"idTokenInfo": self._info(token["idToken"])}

    def silent(self, *actions: str) -> None:
        """From now on these are heard and not answered."""
        for action in actions:
            self.answers[action] = lambda _payload: SILENT

    async def call(self, action: str, payload: dict[str, Any], within_s: float = 30.0) -> Any:
        """Send a CALL; the payload of its answer, or the code of its CALLERROR."""
        self.last_id += 1
        frame = await self.raw(
            json.dumps([2, f"c{self.last_id}", action, payload]), f"c{self.last_id}", within_s
        )
        if frame[0] == 4:
            return frame[2]
        self.wrong += [v.sentence for v in validate.violations(self.dialect, action, True, frame[2])]
        return frame[2]

    async def raw(self, text: str, unique: str, within_s: float = 30.0) -> Any:
        """Send any text; the frame that answers ``unique``."""
        if self.wire is None:
            raise ConnectionError("The charger has no link.")
        answer: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._waiting[unique] = answer
        await self.wire.send(text)
        async with asyncio.timeout(within_s):
            return await answer

    def said(self, *actions: str) -> list[dict[str, Any]]:
        """Payloads heard of these actions, in order."""
        return [payload for _t, action, payload in self.heard if not actions or action in actions]

    def actions(self) -> list[str]:
        return [action for _t, action, _payload in self.heard]


class Bench:
    """A charger, its world, its central system and the network between them."""

    def __init__(
        self,
        clock: VirtualClock,
        dialect: Dialect,
        *,
        seed: int = 1,
        active: Iterable[str] = (),
        sheet: ChargerSheet = SHEET,
    ) -> None:
        self.clock = clock
        self.dialect: Dialect = dialect
        self.world = World(clock, sheet, seed=seed, active=frozenset(active))
        self.network = MemoryNetwork(clock)
        self.central = Central(clock, dialect)
        self.network.listen(self.central.accept)
        self.sent: list[Request] = []
        """Requests of HTTP that the charger made."""
        self.file_status = 201
        self.image = b""
        self.network.serve_files(self.serve_file)
        self.charger = Charger(
            self.world,
            clock,
            sheet,
            dialect=dialect,
            connect=self.network.connect,
            seed=seed,
            active=frozenset(active),
            fetch=self.network.fetch,
        )
        accepted = {"status": "Accepted"}
        self.central.cards = {
            "04A1B2C3": dict(accepted),
            "04FFFFFF": {"status": "Blocked"},
            "04EEEEEE": {"status": "Expired"},
            "04600001": self._grouped("FLEET"),
            "04600002": self._grouped("FLEET"),
            "04700001": dict(accepted),
        }

    def _grouped(self, group: str) -> dict[str, Any]:
        if self.dialect == "1.6":
            return {"status": "Accepted", "parentIdTag": group}
        return {"status": "Accepted", "groupIdToken": {"idToken": group, "type": "Central"}}

    def serve_file(self, request: Request) -> Response:
        self.sent.append(request)
        if request.method == "GET":
            return Response(200 if self.image else 404, {}, self.image)
        return Response(self.file_status)

    @property
    def outlet(self) -> Any:
        return self.world.outlets[0]

    @property
    def car(self) -> Any:
        return self.world.vehicle(0)

    async def wait(self, seconds: float) -> None:
        await self.clock.sleep(seconds)

    async def ready(self) -> None:
        """Booted and quiet."""
        self.charger.start()
        await self.wait(10)

    async def begin(self, uid: str = "04A1B2C3") -> None:
        """Card, plug, ready: charging a few seconds later."""
        self.world.reader.tap(uid)
        await self.wait(2)
        self.car.plug_in()
        self.car.set_ready(True)
        await self.wait(5)

    async def leave(self) -> None:
        """Unplug and put the plug back."""
        self.car.set_ready(False)
        await self.wait(3)
        self.car.unplug()
        self.car.holster()
        await self.wait(3)

    def statuses(self) -> list[str]:
        key = "status" if self.dialect == "1.6" else "connectorStatus"
        return [p[key] for p in self.central.said("StatusNotification") if p.get("connectorId") == 1]

    def started(self) -> list[dict[str, Any]]:
        return self.of_kind("StartTransaction", "Started")

    def updated(self) -> list[dict[str, Any]]:
        return self.of_kind("MeterValues", "Updated")

    def ended(self) -> list[dict[str, Any]]:
        return self.of_kind("StopTransaction", "Ended")

    def of_kind(self, action: str, kind: str) -> list[dict[str, Any]]:
        if self.dialect == "1.6":
            return self.central.said(action)
        return [p for p in self.central.said("TransactionEvent") if p["eventType"] == kind]

    def reasons(self) -> list[str | None]:
        if self.dialect == "1.6":
            return [p.get("reason") for p in self.ended()]
        return [p["transactionInfo"].get("stoppedReason") for p in self.ended()]

    def registers(self) -> list[float]:
        """Every energy register told, in order, in Wh."""
        told: list[float] = []
        for payload in self.central.said(
            "StartTransaction", "MeterValues", "StopTransaction", "TransactionEvent"
        ):
            if "meterStart" in payload:
                told.append(payload["meterStart"])
            for value in payload.get("meterValue", ()):
                told += [
                    float(s["value"])
                    for s in value["sampledValue"]
                    if s.get("measurand") == "Energy.Active.Import.Register"
                ]
            if "meterStop" in payload:
                told.append(payload["meterStop"])
        return told

    def shown(self) -> str:
        return "\n".join(self.world.screen.read().lines)


Scene = Callable[[Bench], Awaitable[None]]
Enact = Callable[..., Bench]


@pytest.fixture(params=["1.6", "2.0.1"])
def dialect(request: pytest.FixtureRequest) -> Dialect:
    chosen: Dialect = request.param
    return chosen


def play(scene: Scene, dialect: Dialect, *, lawful: bool = True, **options: Any) -> Bench:
    """Play a scene on a bench of its own; every frame of the charger must satisfy its schema unless not ``lawful``."""

    async def run(clock: VirtualClock) -> Bench:
        bench = Bench(clock, dialect, **options)
        try:
            await scene(bench)
        finally:
            await bench.charger.stop()
        return bench

    with VirtualClock() as clock:
        bench = clock.run(run(clock))
    if lawful:
        assert not bench.central.wrong
    return bench


@pytest.fixture
def sheet() -> ChargerSheet:
    """The charger of these tests; ``dataclasses.replace`` makes others of it."""
    return SHEET


@pytest.fixture
def enact(dialect: Dialect) -> Enact:
    """Plays a scene in both dialects, one after the other."""
    return lambda scene, **options: play(scene, dialect, **options)


@pytest.fixture
def enact_in() -> Enact:
    """Plays a scene in the dialect that it names."""
    return play
