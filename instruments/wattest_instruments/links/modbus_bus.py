"""One connection to Modbus devices, and everybody who uses it; the part of ``links.modbus`` that runs in its worker."""

from __future__ import annotations

import asyncio
import errno
import select
import socket
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from urllib.parse import urlsplit
from weakref import WeakValueDictionary

from pymodbus.client import ModbusSerialClient, ModbusTcpClient
from pymodbus.pdu import ModbusPDU

from wattest.errors import InstrumentError
from wattest.roles import Surroundings
from wattest_instruments.links.ports import Speed, close_port, in_memory, open_port
from wattest_instruments.links.worker import Worker

Client = ModbusTcpClient | ModbusSerialClient

NO_WAIT_BAUD = 1_000_000
"""pymodbus waits for as long as characters take at the speed of the line; in memory they take no time."""

_open: WeakValueDictionary[tuple[int, str], Bus] = WeakValueDictionary()


@dataclass
class Frames:
    """The bytes of one exchange."""

    sent: bytes = b""
    received: bytes = b""

    def trace(self, sending: bool, data: bytes) -> bytes:
        """For pymodbus, which hands in what arrived so far, again and again."""
        if sending:
            self.sent = bytes(data)
        else:
            self.received = bytes(data)
        return data


@dataclass(eq=False)
class Bus:
    """One connection, and everybody who uses it."""

    address: str
    speed: Speed
    timeout_s: float
    users: set[object] = field(default_factory=set)
    connections: int = 0
    """How often it was connected."""

    def __post_init__(self) -> None:
        self.lock = asyncio.Lock()
        self.inline = in_memory(self.address)
        self._worker: Worker | None = None
        self._client: Client | None = None
        self._frames = Frames()

    @property
    def connected(self) -> bool:
        """Whether the line is open. Gateways close one that was idle: it is looked at before anything is sent."""
        client = self._client
        if client is None or client.socket is None:
            return False
        line = client.socket
        gone = _hung_up(line) if isinstance(line, socket.socket) else not line.is_open
        if gone:
            self.drop()
        return not gone

    def worker_now(self) -> Worker:
        """The thread in which everything below is done."""
        if self._worker is None:
            self._worker = Worker(f"modbus {self.address}")
        return self._worker

    def connect(self) -> None:
        """Connect, in the worker; the reason of a failure is kept, which pymodbus only logs."""
        tcp = self.address.lower().startswith("tcp://")
        client = self._tcp() if tcp else self._serial()
        self._client = client
        self.connections += 1

    def ask(self, request: Callable[[Client], ModbusPDU], frames: Frames) -> ModbusPDU:
        """One request and its answer, whose bytes go to ``frames``."""
        assert self._client is not None
        self._frames = frames
        return request(self._client)

    def drop(self) -> None:
        """Close the line; the next request opens it anew."""
        client, self._client = self._client, None
        if client is not None:
            _close(client)

    def break_off(self) -> None:
        """Pull the connection from under a stuck call; its thread ends when it comes loose."""
        client, self._client = self._client, None
        self.end()
        if client is None:
            return
        line = client.socket
        with suppress(OSError, AttributeError):
            if isinstance(line, socket.socket):
                line.shutdown(socket.SHUT_RDWR)
            elif line is not None:
                line.cancel_read()
                line.cancel_write()
        _close(client)

    def end(self) -> None:
        """Let the thread go."""
        if self._worker is not None:
            self._worker.end()
            self._worker = None

    def _trace(self, sending: bool, data: bytes) -> bytes:
        return self._frames.trace(sending, data)

    def _tcp(self) -> ModbusTcpClient:
        try:
            parts = urlsplit(self.address)
            host, port = parts.hostname, 502 if parts.port is None else parts.port
        except ValueError:
            host, port = None, 0
        if not host:
            raise InstrumentError(f"{self.address} is no address: write it like tcp://10.0.4.9:502.")
        client = ModbusTcpClient(host, port=port, timeout=self.timeout_s, retries=0, trace_packet=self._trace)
        try:
            client.socket = socket.create_connection((host, port), timeout=self.timeout_s)
        except OSError as error:
            hint = "is it on, and does it allow another connection?"
            if error.errno == errno.ECONNREFUSED:
                hint = "nothing listens there; check the port (Modbus TCP has 502)."
            why = error.strerror or str(error) or type(error).__name__
            raise InstrumentError(f"{self.address} cannot be reached: {why}: {hint}") from error
        client.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return client

    def _serial(self) -> ModbusSerialClient:
        client = ModbusSerialClient(
            self.address,
            baudrate=self.speed.baud if not self.inline else NO_WAIT_BAUD,
            parity=self.speed.parity[0].upper(),
            stopbits=self.speed.stop_bits,
            timeout=self.timeout_s,
            retries=0,
            trace_packet=self._trace,
        )
        client.socket = open_port(self.address, self.speed, timeout_s=self.timeout_s)
        client.socket.inter_byte_timeout = client.inter_byte_timeout
        return client


def _close(client: Client) -> None:
    """Close what is open; the reason for it has been told already."""
    if isinstance(client, ModbusSerialClient) and client.socket is not None:
        with suppress(Exception):
            close_port(client.socket)
        client.socket = None
    with suppress(OSError):
        client.close()  # type: ignore[no-untyped-call]


def _hung_up(line: socket.socket) -> bool:
    """Whether the other end has closed."""
    try:
        readable, _, _ = select.select([line], [], [], 0)
        return bool(readable) and line.recv(1, socket.MSG_PEEK) == b""
    except (OSError, ValueError):
        return True


def bus_of(around: Surroundings, address: str, speed: Speed, timeout_s: float) -> Bus:
    """The line at an address, shared by all who use it on one clock.

    Raises ``InstrumentError`` when somebody else uses it at another speed.
    """
    key = (id(around.clock), address)
    bus = _open.get(key)
    if bus is None:
        bus = _open[key] = Bus(address, speed, timeout_s)
    elif bus.speed != speed:
        raise InstrumentError(
            f"{address} is used with {bus.speed.baud} baud, parity {bus.speed.parity}, {bus.speed.stop_bits} stop bits, "
            f"and {around.role} wants {speed.baud}, {speed.parity}, {speed.stop_bits}: devices on one line speak alike."
        )
    return bus
