"""P2, virtual time: one-hour sessions per second, against the same sessions on ``ocpp`` and ``websockets``.

::

    python benchmarks/sessions.py [SESSIONS]

Ours: the simulated charger and the reference CSMS with frames validated at both ends, physics, and a chained record.
The reference: ``ocpp`` 2.x on both ends of a loopback WebSocket in the same virtual loop, with its own validation, no
physics and no record. One session is boot, 4 statuses, authorise, start, 60 meter values at 60 s, stop, heartbeats.

Goals: at least 150 sessions/s per core, at least 12 times the reference.
"""

from __future__ import annotations

import asyncio
import cProfile
import pstats
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from wattest.clock import VirtualClock
from wattest.clock.network import MemoryNetwork
from wattest.csms import Csms
from wattest.evse import Charger
from wattest.model.library import library_folder
from wattest.model.read import read_charger
from wattest.model.scenario import Card, Dialect
from wattest.record import Recorder
from wattest.world import World

ROUNDS = 3
AT_ONCE = 10
CARD = "04E2A1B2"
HOUR_S = 3600.0
GOAL_RATE, GOAL_RATIO = 150.0, 12.0


async def ours(clock: VirtualClock, dialect: Dialect, recorder: Recorder, sessions: int) -> None:
    """Stations side by side, each with a central system of its own, one session after the other."""
    sheet = read_charger(library_folder("fixtures") / "chargers" / "reference.yaml")
    each = [sessions // AT_ONCE + (number < sessions % AT_ONCE) for number in range(AT_ONCE)]

    async def station(number: int) -> None:
        for repetition in range(each[number]):
            seed = number * 1000 + repetition
            world = World(clock, sheet, seed=seed)
            network = MemoryNetwork(clock)
            csms = Csms(clock, recorder.note, seed=seed)
            csms.set_card(Card(CARD))
            network.listen(csms.accept, csms.choose)
            charger = Charger(world, clock, sheet, dialect=dialect, connect=network.connect, seed=seed)
            charger.start()
            await csms.wait_ready(within_s=60)
            world.reader.tap(CARD)
            await clock.sleep(2)
            world.vehicle().plug_in()
            world.vehicle().set_ready(True)
            await clock.sleep(HOUR_S)
            world.reader.tap(CARD)
            await clock.sleep(5)
            (transaction,) = csms.ledger.transactions.values()
            assert transaction.ended_at is not None
            assert transaction.energy_wh is not None
            assert abs(float(transaction.energy_wh) - world.outlets[0].true_energy_wh()) <= 1.0
            await charger.stop()
            await csms.close()

    await asyncio.gather(*(station(number) for number in range(AT_ONCE)))


async def theirs(_clock: VirtualClock, dialect: Dialect, _recorder: Recorder, sessions: int) -> None:
    """The same messages by ``ocpp`` on both ends of ``websockets`` over loopback, in the same virtual loop."""
    from websockets.asyncio.client import connect
    from websockets.asyncio.server import ServerConnection, serve
    from websockets.exceptions import ConnectionClosed
    from websockets.typing import Subprotocol

    central, hour = _peers_16() if dialect == "1.6" else _peers_201()
    name = Subprotocol(f"ocpp{dialect}")
    each = [sessions // AT_ONCE + (number < sessions % AT_ONCE) for number in range(AT_ONCE)]

    async def serving(connection: ServerConnection) -> None:
        with suppress(ConnectionClosed):
            await central(f"CP{id(connection)}", connection).start()

    async def station(number: int, port: int) -> None:
        for _ in range(each[number]):
            url = f"ws://127.0.0.1:{port}/CP{number}"
            async with connect(
                url, subprotocols=[name], ping_interval=None, compression=None, proxy=None
            ) as link:
                await hour(f"CP{number}", link)

    async with serve(
        serving, "127.0.0.1", 0, subprotocols=[name], ping_interval=None, compression=None
    ) as server:
        port = server.sockets[0].getsockname()[1]
        await asyncio.gather(*(station(number, port) for number in range(AT_ONCE)))


def _stamp() -> str:
    return datetime(2026, 1, 15, 12, tzinfo=UTC).isoformat().replace("+00:00", "Z")


async def _in_session(point: Any, schedule: list[tuple[float, Any]]) -> None:
    """Send each message at its second of the session."""
    reading = asyncio.create_task(point.start())
    begin = asyncio.get_running_loop().time()
    for at, payload in sorted(schedule, key=lambda row: row[0]):
        await asyncio.sleep(max(0.0, begin + at - asyncio.get_running_loop().time()))
        await point.call(payload)
    reading.cancel()


def _beats(heartbeat: Any) -> list[tuple[float, Any]]:
    return [(300.0 * n, heartbeat) for n in range(1, 13)]


def _peers_16() -> tuple[Any, Any]:
    from ocpp.routing import on
    from ocpp.v16 import ChargePoint, call, call_result

    class Central(ChargePoint):  # type: ignore[misc]
        @on("BootNotification")  # type: ignore[untyped-decorator]
        def boot(self, **_: Any) -> Any:
            return call_result.BootNotification(_stamp(), 300, "Accepted")

        @on("Heartbeat")  # type: ignore[untyped-decorator]
        def heartbeat(self) -> Any:
            return call_result.Heartbeat(_stamp())

        @on("Authorize")  # type: ignore[untyped-decorator]
        def authorize(self, **_: Any) -> Any:
            return call_result.Authorize({"status": "Accepted"})

        @on("StartTransaction")  # type: ignore[untyped-decorator]
        def begin(self, **_: Any) -> Any:
            return call_result.StartTransaction(1, {"status": "Accepted"})

        @on("MeterValues")  # type: ignore[untyped-decorator]
        def meter(self, **_: Any) -> Any:
            return call_result.MeterValues()

        @on("StatusNotification")  # type: ignore[untyped-decorator]
        def status(self, **_: Any) -> Any:
            return call_result.StatusNotification()

        @on("StopTransaction")  # type: ignore[untyped-decorator]
        def end(self, **_: Any) -> Any:
            return call_result.StopTransaction()

    def sampled(measurand: str, value: str, unit: str) -> dict[str, str]:
        return {"value": value, "context": "Sample.Periodic", "measurand": measurand, "unit": unit}

    values = [
        sampled("Energy.Active.Import.Register", "464908", "Wh"),
        sampled("Power.Active.Import", "7659.5", "W"),
        sampled("Current.Import", "32.0", "A"),
        sampled("Voltage", "239.4", "V"),
    ]

    async def hour(name: str, link: Any) -> None:
        def status(word: str) -> Any:
            return call.StatusNotification(
                connector_id=1, error_code="NoError", status=word, timestamp=_stamp()
            )

        meter = call.MeterValues(
            connector_id=1, transaction_id=1, meter_value=[{"timestamp": _stamp(), "sampledValue": values}]
        )
        schedule: list[tuple[float, Any]] = [
            (0.0, call.BootNotification("Model", "Maker")),
            (0.1, status("Available")),
            (1.0, call.Authorize(CARD)),
            (1.1, status("Preparing")),
            (2.0, call.StartTransaction(1, CARD, 464781, _stamp())),
            (2.1, status("Charging")),
            *((60.0 * n, meter) for n in range(1, 61)),
            *_beats(call.Heartbeat()),
            (HOUR_S + 1, call.StopTransaction(472450, _stamp(), 1, reason="Local")),
            (HOUR_S + 2, status("Finishing")),
        ]
        await _in_session(ChargePoint(name, link), schedule)

    return Central, hour


def _peers_201() -> tuple[Any, Any]:
    from ocpp.routing import on
    from ocpp.v201 import ChargePoint, call, call_result

    class Central(ChargePoint):  # type: ignore[misc]
        @on("BootNotification")  # type: ignore[untyped-decorator]
        def boot(self, **_: Any) -> Any:
            return call_result.BootNotification(_stamp(), 300, "Accepted")

        @on("Heartbeat")  # type: ignore[untyped-decorator]
        def heartbeat(self) -> Any:
            return call_result.Heartbeat(_stamp())

        @on("Authorize")  # type: ignore[untyped-decorator]
        def authorize(self, **_: Any) -> Any:
            return call_result.Authorize({"status": "Accepted"})

        @on("StatusNotification")  # type: ignore[untyped-decorator]
        def status(self, **_: Any) -> Any:
            return call_result.StatusNotification()

        @on("TransactionEvent")  # type: ignore[untyped-decorator]
        def event(self, **_: Any) -> Any:
            return call_result.TransactionEvent()

    def sampled(measurand: str, value: float, unit: str) -> dict[str, Any]:
        return {
            "value": value,
            "context": "Sample.Periodic",
            "measurand": measurand,
            "unitOfMeasure": {"unit": unit},
        }

    values = [
        sampled("Energy.Active.Import.Register", 464908, "Wh"),
        sampled("Power.Active.Import", 7659.5, "W"),
        sampled("Current.Import", 32.0, "A"),
        sampled("Voltage", 239.4, "V"),
    ]

    async def hour(name: str, link: Any) -> None:
        def status(word: str) -> Any:
            return call.StatusNotification(_stamp(), word, 1, 1)

        def event(kind: str, trigger: str, seq_no: int) -> Any:
            return call.TransactionEvent(
                event_type=kind,
                timestamp=_stamp(),
                trigger_reason=trigger,
                seq_no=seq_no,
                transaction_info={"transactionId": "SIM-0001-00000001", "chargingState": "Charging"},
                meter_value=[{"timestamp": _stamp(), "sampledValue": values}],
                evse={"id": 1, "connectorId": 1},
            )

        token = {"idToken": CARD, "type": "ISO14443"}
        schedule: list[tuple[float, Any]] = [
            (0.0, call.BootNotification({"model": "Model", "vendorName": "Maker"}, "PowerUp")),
            (0.1, status("Available")),
            (1.0, call.Authorize(token)),
            (1.1, status("Occupied")),
            (2.0, event("Started", "CablePluggedIn", 0)),
            (2.1, event("Updated", "ChargingStateChanged", 1)),
            *((60.0 * n, event("Updated", "MeterValuePeriodic", n + 1)) for n in range(1, 61)),
            *_beats(call.Heartbeat()),
            (HOUR_S + 1, event("Ended", "StopAuthorized", 62)),
            (HOUR_S + 2, status("Available")),
        ]
        await _in_session(ChargePoint(name, link), schedule)

    return Central, hour


def timed(
    work: Callable[[VirtualClock, Dialect, Recorder, int], Awaitable[None]], dialect: Dialect, sessions: int
) -> float:
    """CPU seconds per session."""
    with tempfile.TemporaryDirectory() as folder, VirtualClock() as clock:
        recorder = Recorder.open(Path(folder) / "record.jsonl", clock, durable=False)
        begin = time.process_time()
        clock.run(work(clock, dialect, recorder, sessions))  # type: ignore[arg-type]
        return (time.process_time() - begin) / sessions


def main() -> None:
    """Print sessions per second of both, the ratio, and where our time goes."""
    import ocpp.messages

    ocpp.messages.ASYNC_VALIDATION = (
        False  # its threads would let the virtual clock stand still for each message
    )
    sessions = int(sys.argv[1]) if len(sys.argv) > 1 else 60
    short = False
    for dialect in ("1.6", "2.0.1"):
        for work in (ours, theirs):
            timed(work, dialect, AT_ONCE)  # imports, schemas
        # Side by side and in turn, so that a busy machine slows both alike.
        rounds = [(timed(ours, dialect, sessions), timed(theirs, dialect, AT_ONCE)) for _ in range(ROUNDS)]
        own, other = (statistics.median(column) for column in zip(*rounds, strict=True))
        rate, ratio = 1 / own, other / own
        print(
            f"OCPP {dialect}: {rate:.0f} sessions/s of CPU ({rate * HOUR_S:,.0f} station-seconds/s), "
            f"ocpp + websockets {1 / other:.1f}: ratio {ratio:.1f} (goals {GOAL_RATE:.0f}/s, {GOAL_RATIO:.0f})"
        )
        short = short or rate < GOAL_RATE or ratio < GOAL_RATIO
    if short:
        profile = cProfile.Profile()
        profile.runcall(timed, ours, "1.6", 20)
        print("Short of a goal; where our time goes:")
        pstats.Stats(profile).sort_stats("tottime").print_stats(15)


if __name__ == "__main__":
    main()
