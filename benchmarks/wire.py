"""P1, the wire: server CPU per CALL at 100 connections, request and response validated, evidence recorded.

::

    python benchmarks/wire.py [SECONDS] [--uvloop]

Four servers answer the same frames in one run, each alone in a process on one core, the client on the other:
Wattest's central system with a chained, synced record; ``ocpp`` with ``websockets`` (validation in line, nothing
recorded); an echo on the Sans-I/O protocol of ``websockets``, which is the floor of this stack; and npm ``ocpp-rpc`` in
strict mode where tests/peers/node_modules has it. CPU is that of all threads of the server, from the kernel's
schedstat; goals are ratios of it. ``--profile`` prints where Wattest's time goes instead; ``--uvloop`` puts all Python
servers on uvloop, which the product does not need and does not use by itself.
"""

from __future__ import annotations

import asyncio
import contextlib
import cProfile
import json
import os
import pstats
import selectors
import shutil
import socket
import statistics
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

CONNECTIONS = 100
ROUNDS = 3
GOALS = {"ocpp": (12.0, "at least"), "echo": (2.5, "at most"), "ocpp-rpc": (1.0, "at least")}
PEERS = Path(__file__).resolve().parents[1] / "tests" / "peers"

AT = "2026-01-15T12:00:00.000Z"
METER_VALUES = {
    "connectorId": 1,
    "transactionId": 4711000,
    "meterValue": [
        {
            "timestamp": AT,
            "sampledValue": [
                {
                    "value": "1111111",
                    "context": "Sample.Periodic",
                    "measurand": "Energy.Active.Import.Register",
                    "unit": "Wh",
                },
                {
                    "value": "7230.5",
                    "context": "Sample.Periodic",
                    "measurand": "Power.Active.Import",
                    "unit": "W",
                },
                *(
                    {
                        "value": value,
                        "context": "Sample.Periodic",
                        "measurand": "Current.Import",
                        "phase": phase,
                        "unit": "A",
                    }
                    for phase, value in (("L1", "10.51"), ("L2", "10.48"), ("L3", "10.44"))
                ),
                {
                    "value": "230.1",
                    "context": "Sample.Periodic",
                    "measurand": "Voltage",
                    "phase": "L1-N",
                    "unit": "V",
                },
            ],
        }
    ],
}
TRANSACTION_EVENT = {
    "eventType": "Updated",
    "timestamp": AT,
    "triggerReason": "MeterValuePeriodic",
    "seqNo": 1111111,
    "offline": False,
    "numberOfPhasesUsed": 3,
    "transactionInfo": {
        "transactionId": "7d0f3a52-6f7c-4d43-9f0e-000004711000",
        "chargingState": "Charging",
        "timeSpentCharging": 1020,
    },
    "evse": {"id": 1, "connectorId": 1},
    "meterValue": [
        {
            "timestamp": AT,
            "sampledValue": [
                {
                    "value": value,
                    "context": "Sample.Periodic",
                    "measurand": measurand,
                    **({"phase": phase} if phase else {}),
                    "unitOfMeasure": {"unit": unit},
                }
                for measurand, phase, value, unit in (
                    ("Energy.Active.Import.Register", "", 1234567.5, "Wh"),
                    ("Power.Active.Import", "", 7230.5, "W"),
                    ("Current.Import", "L1", 10.51, "A"),
                    ("Current.Import", "L2", 10.48, "A"),
                    ("Current.Import", "L3", 10.44, "A"),
                    ("Voltage", "L1-N", 230.1, "V"),
                )
            ],
        }
    ],
}
MESSAGES = {
    "MeterValues 1.6": ("ocpp1.6", "MeterValues", METER_VALUES),
    "TransactionEvent 2.0.1": ("ocpp2.0.1", "TransactionEvent", TRANSACTION_EVENT),
}


# --- servers: this file with --serve ---------------------------------------------------------------------


def wattest(ready: Any) -> None:
    """The product: ``Csms`` behind ``serve``, every frame in a durable record."""
    from wattest.clock import RealClock
    from wattest.csms import Csms
    from wattest.csms.server import serve
    from wattest.model.bench import CsmsEntry
    from wattest.record import Recorder

    folder = tempfile.mkdtemp(prefix="wattest-wire-")
    with RealClock() as clock, Recorder.open(Path(folder) / "record.jsonl", clock) as recorder:
        recorder.note("header", format=1)
        csms = Csms(clock, recorder.note)

        async def live() -> None:
            profiler = cProfile.Profile()
            if "--profile" in sys.argv:
                profiler.enable()
            server = await serve(csms, CsmsEntry())
            ready(server.port)
            await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
            await server.close()
            profiler.disable()
            if "--profile" in sys.argv:
                profiler.dump_stats(sys.argv[-1])

        clock.run(live())
    shutil.rmtree(folder)


async def _ocpp(ready: Any) -> None:
    """The package that most Python projects use, as its documentation shows it, validation in line."""
    import ocpp.messages
    import websockets
    from ocpp.routing import on
    from ocpp.v16 import ChargePoint as ChargePoint16
    from ocpp.v16 import call_result as result16
    from ocpp.v201 import ChargePoint as ChargePoint201
    from ocpp.v201 import call_result as result201

    ocpp.messages.ASYNC_VALIDATION = False

    class Station16(ChargePoint16):  # type: ignore[misc]
        @on("MeterValues")  # type: ignore[untyped-decorator]
        async def meter_values(self, **_: Any) -> Any:
            return result16.MeterValues()

    class Station201(ChargePoint201):  # type: ignore[misc]
        @on("TransactionEvent")  # type: ignore[untyped-decorator]
        async def transaction_event(self, **_: Any) -> Any:
            return result201.TransactionEvent()

    async def accept(connection: Any) -> None:
        station = Station16 if connection.subprotocol == "ocpp1.6" else Station201
        with contextlib.suppress(websockets.ConnectionClosed):
            await station("CP", connection).start()

    protocols = [websockets.Subprotocol("ocpp1.6"), websockets.Subprotocol("ocpp2.0.1")]
    async with websockets.serve(accept, "127.0.0.1", 0, subprotocols=protocols) as server:
        ready(next(iter(server.sockets)).getsockname()[1])
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


async def _echo(ready: Any) -> None:
    """Each frame back as it came: nothing decoded, checked or kept."""
    from websockets.frames import Frame, Opcode
    from websockets.http11 import Request
    from websockets.server import ServerProtocol

    class Echo(asyncio.Protocol):
        def connection_made(self, transport: Any) -> None:
            self.transport = transport
            self.protocol = ServerProtocol(select_subprotocol=lambda _protocol, offered: offered[0])

        def data_received(self, data: bytes) -> None:
            self.protocol.receive_data(data)
            for event in self.protocol.events_received():
                if isinstance(event, Request):
                    self.protocol.send_response(self.protocol.accept(event))
                elif isinstance(event, Frame) and event.opcode is Opcode.TEXT:
                    self.protocol.send_text(event.data)
            self.transport.write(b"".join(self.protocol.data_to_send()))

    server = await asyncio.get_running_loop().create_server(Echo, "127.0.0.1", 0)
    ready(server.sockets[0].getsockname()[1])
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


OCPP_RPC = """
const { RPCServer } = require('ocpp-rpc');
const server = new RPCServer({ protocols: ['ocpp1.6', 'ocpp2.0.1'], strictMode: true });
server.on('client', (client) => {
    client.handle('MeterValues', () => ({}));
    client.handle('TransactionEvent', () => ({}));
});
server.listen(0, '127.0.0.1').then((http) => console.log(http.address().port));
process.stdin.on('end', () => process.exit(0)).resume();
"""

SERVERS: dict[str, Callable[[Any], None]] = {
    "wattest": wattest,
    "ocpp": lambda ready: asyncio.run(_ocpp(ready)),
    "echo": lambda ready: asyncio.run(_echo(ready)),
}


def serve_one(name: str) -> None:
    """Serve until standard input ends."""

    def ready(port: int) -> None:
        print(port, flush=True)

    if "--uvloop" in sys.argv:
        import uvloop

        asyncio.set_event_loop_policy(uvloop.EventLoopPolicy())
    SERVERS[name](ready)


# --- the client ------------------------------------------------------------------------------------------


def template(message: str) -> bytes:
    """A masked text frame with room for its id, its transaction and a number that counts up.

    The masking key is zero, which is legal and costs the server the same.
    """
    _, action, payload = MESSAGES[message]
    data = json.dumps([2, "0" * 36, action, payload], separators=(",", ":")).encode()
    head = struct.pack("!BBH", 0x81, 0x80 | 126, len(data)) + b"\0\0\0\0"
    varying = (
        data.replace(b"0" * 36, b"%(id)036d")
        .replace(b"4711000", b"%(of)07d")
        .replace(b"1111111", b"%(count)07d")
    )
    return head.replace(b"%", b"%%") + varying


def connected(port: int, number: int, subprotocol: str) -> socket.socket:
    """One station, its handshake done."""
    link = socket.create_connection(("127.0.0.1", port))
    link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    link.sendall(
        f"GET /CP{number} HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
        f"Sec-WebSocket-Protocol: {subprotocol}\r\n\r\n".encode()
    )
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        head += link.recv(1)
    if not head.startswith(b"HTTP/1.1 101 "):
        raise SystemExit(f"The server refused the handshake: {head.splitlines()[0].decode()}")
    return link


def drive(
    port: int, message: str, seconds: float, pid: int, expected: bytes = b'[3,"0'
) -> tuple[float, float]:
    """Closed loop over all connections: (calls per second, server CPU in us per call)."""
    subprotocol, text = MESSAGES[message][0], template(message)
    links = [connected(port, number, subprotocol) for number in range(CONNECTIONS)]
    numbers = {link: number for number, link in enumerate(links)}
    selector = selectors.DefaultSelector()
    count = 0

    def send(link: socket.socket) -> None:
        nonlocal count
        count += 1
        link.send(text % {b"id": count, b"of": 1000000 + numbers[link], b"count": 1111111 + count})

    for each in links:
        selector.register(each, selectors.EVENT_READ)
        send(each)
    begin, warm, started = time.perf_counter(), False, (0, 0.0, 0.0)  # noqa: TID251 - a benchmark measures
    while True:
        for key, _ in selector.select():
            assert isinstance(key.fileobj, socket.socket)
            link = key.fileobj
            answer = link.recv(65536)
            if expected not in answer:
                raise SystemExit(f"The server answered {answer!r}.")
            send(link)
        now = time.perf_counter()  # noqa: TID251
        if not warm and now - begin > seconds / 4:
            warm, started = True, (count, now, cpu_s(pid))
        elif warm and now - started[1] > seconds:
            break
    done, used = count - started[0], cpu_s(pid) - started[2]
    for each in links:
        each.close()
    return done / (now - started[1]), used / done * 1e6


def cpu_s(pid: int) -> float:
    """Seconds on a processor of all threads of a process."""
    tasks = Path(f"/proc/{pid}/task").iterdir()
    return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks) / 1e9


def measured(name: str, message: str, seconds: float) -> tuple[float, float]:
    """Start a server on the first core, drive it from the last one, stop it."""
    cores = sorted(os.sched_getaffinity(0))
    if name == "ocpp-rpc":
        arguments = ["node", "-e", OCPP_RPC]
    else:
        arguments = [
            sys.executable,
            __file__,
            "--serve",
            name,
            *(["--uvloop"] if "--uvloop" in sys.argv else []),
        ]
    server = subprocess.Popen(
        arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=PEERS if name == "ocpp-rpc" else None
    )
    assert server.stdout is not None
    assert server.stdin is not None
    os.sched_setaffinity(server.pid, {cores[0]})
    os.sched_setaffinity(0, {cores[-1]})
    try:
        expected = b'[2,"0' if name == "echo" else b'[3,"0'
        return drive(int(server.stdout.readline()), message, seconds, server.pid, expected)
    finally:
        server.stdin.close()
        try:
            server.wait(5)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()
        server.stdout.close()
        os.sched_setaffinity(0, set(cores))


def main(seconds: float) -> None:
    """All servers in turn, several rounds, medians."""
    names = ["wattest", "ocpp", "echo"]
    if (PEERS / "node_modules" / "ocpp-rpc").is_dir() and shutil.which("node"):
        names.append("ocpp-rpc")
    else:
        print("npm ocpp-rpc is not installed under tests/peers: left out")
    for message in MESSAGES:
        rates: dict[str, list[float]] = {name: [] for name in names}
        costs: dict[str, list[float]] = {name: [] for name in names}
        for _ in range(ROUNDS):
            for name in names:
                rate, cost = measured(name, message, seconds)
                rates[name].append(rate)
                costs[name].append(cost)
        size = len(template(message) % {b"id": 0, b"of": 1000000, b"count": 1111111}) - 8
        print(f"\n{message}, {size} bytes, {CONNECTIONS} connections")
        own = statistics.median(costs["wattest"])
        for name in names:
            cost = statistics.median(costs[name])
            line = f"  {name:10} {statistics.median(rates[name]):8,.0f} calls/s {cost:8.1f} us CPU per call"
            if name in GOALS:
                goal, sense = GOALS[name]
                ratio = own / cost if name == "echo" else cost / own
                met = ratio <= goal if name == "echo" else ratio >= goal
                word = "of its CPU" if name == "echo" else "times cheaper"
                line += f"   wattest: {ratio:.2f} {word}, goal {sense} {goal:g}: {'met' if met else 'MISSED'}"
            print(line)


def profile(seconds: float) -> None:
    """Where the time of the product goes, by cProfile in the server's process."""
    for message in MESSAGES:
        with tempfile.NamedTemporaryFile(suffix=".prof") as file:
            arguments = [sys.executable, __file__, "--serve", "wattest", "--profile", file.name]
            server = subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
            assert server.stdout is not None
            assert server.stdin is not None
            drive(int(server.stdout.readline()), message, seconds, server.pid)
            server.stdin.close()
            server.wait()
            server.stdout.close()
            print(f"\n{message}")
            pstats.Stats(file.name).sort_stats("tottime").print_stats(25)


if __name__ == "__main__":
    words = [word for word in sys.argv[1:] if word != "--uvloop"]
    match words:
        case ["--serve", which, *_]:
            serve_one(which)
        case ["--profile"]:
            profile(3.0)
        case []:
            main(3.0)
        case [given]:
            main(float(given))
        case _:
            raise SystemExit(__doc__)
