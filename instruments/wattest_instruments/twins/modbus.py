"""Modbus devices that are not there: their side of the protocol, over TCP in the running loop or on a serial line.

Only the bytes are here; what the registers hold is a device's own business::

    async with serve_modbus(Sdm630Twin(plane)) as server:
        print(server.address)    # tcp://127.0.0.1:40123

Sources: Modbus Application Protocol 1.1b3 (function codes, limits, exceptions), Modbus Messaging on TCP/IP 1.0b
(MBAP).
"""

from __future__ import annotations

import asyncio
import struct
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Protocol

from wattest_instruments.links.modbus import FUNCTIONS, Table
from wattest_instruments.links.protocol_wattest import Send
from wattest_instruments.twins.hanging_up import hang_up

ILLEGAL_FUNCTION, ILLEGAL_ADDRESS, ILLEGAL_VALUE = 1, 2, 3

MOST_REGISTERS, MOST_BITS = 125, 2000
"""In one read."""


class Refused(Exception):
    """The device answers with an exception code."""

    def __init__(self, code: int) -> None:
        self.code = code
        super().__init__(code)


class Device(Protocol):
    """What the registers hold. Both raise ``Refused``."""

    def read(self, table: Table, address: int, count: int) -> Sequence[int]:
        """Registers, or bits as 0 and 1."""
        ...

    def write(self, table: Table, address: int, values: Sequence[int]) -> None:
        """Take values of the table ``coil`` or ``holding``."""
        ...


@dataclass(frozen=True)
class ModbusServer:
    """A listening twin; ``address`` is what to write under ``resource``."""

    host: str
    port: int

    @property
    def address(self) -> str:
        """For ``ModbusLink``."""
        return f"tcp://{self.host}:{self.port}"


def respond(device: Device, request: bytes) -> bytes:
    """The answer to a request without address and check sum, whatever it holds."""
    if not request:
        return bytes((0x80, ILLEGAL_FUNCTION))
    function = request[0]
    try:
        return bytes((function,)) + _obey(device, function, request[1:])
    except Refused as refusal:
        return bytes((function | 0x80, refusal.code))
    except struct.error:
        return bytes((function | 0x80, ILLEGAL_VALUE))


_TABLES: dict[int, Table] = {code: table for table, code in FUNCTIONS.items()}


def _obey(device: Device, function: int, body: bytes) -> bytes:
    if function in _TABLES:
        return _read(device, _TABLES[function], *struct.unpack(">HH", body))
    if function == 5:
        address, value = struct.unpack(">HH", body)
        if value not in (0xFF00, 0):
            raise Refused(ILLEGAL_VALUE)
        device.write("coil", address, [int(value == 0xFF00)])
        return body
    if function == 6:
        address, value = struct.unpack(">HH", body)
        device.write("holding", address, [value])
        return body
    if function in (15, 16):
        address, count, size = struct.unpack(">HHB", body[:5])
        data = body[5:]
        bits = function == 15
        if size != len(data) or size != (-(-count // 8) if bits else 2 * count) or not count:
            raise Refused(ILLEGAL_VALUE)
        values = (
            [data[n // 8] >> n % 8 & 1 for n in range(count)] if bits else struct.unpack(f">{count}H", data)
        )
        device.write("coil" if bits else "holding", address, list(values))
        return body[:4]
    raise Refused(ILLEGAL_FUNCTION)


def _read(device: Device, table: Table, address: int, count: int) -> bytes:
    bits = table in {"coil", "discrete"}
    if not 1 <= count <= (MOST_BITS if bits else MOST_REGISTERS):
        raise Refused(ILLEGAL_VALUE)
    values = device.read(table, address, count)
    if not bits:
        return struct.pack(f">B{count}H", 2 * count, *values)
    packed = bytearray(-(-count // 8))
    for n, value in enumerate(values):
        packed[n // 8] |= (value & 1) << n % 8
    return bytes((len(packed),)) + bytes(packed)


@asynccontextmanager
async def serve_modbus(
    device: Device, host: str = "127.0.0.1", port: int = 0, *, device_id: int = 1
) -> AsyncIterator[ModbusServer]:
    """Serve a device by Modbus TCP on the running loop; other device ids are answered by nobody."""
    open_: set[asyncio.StreamWriter] = set()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        open_.add(writer)
        try:
            while True:
                transaction, protocol, length, asked = struct.unpack(">HHHB", await reader.readexactly(7))
                if protocol != 0 or not 2 <= length <= 254:
                    return
                request = await reader.readexactly(length - 1)
                if asked != device_id:
                    continue
                answer = respond(device, request)
                writer.write(struct.pack(">HHHB", transaction, 0, len(answer) + 1, asked) + answer)
                await writer.drain()
        except (ConnectionError, EOFError):
            pass  # the other side went away
        finally:
            open_.discard(writer)
            writer.close()

    server = await asyncio.start_server(talk, host, port)
    try:
        name = server.sockets[0].getsockname()
        yield ModbusServer(name[0], name[1])
    finally:
        await hang_up(server, open_)


def crc16(data: bytes) -> int:
    """Check sum of an RTU frame (Modbus over Serial Line 1.02, 6.2.2), sent low byte first.

    >>> hex(crc16(bytes.fromhex("0204")))
    '0x80d1'
    """
    crc = 0xFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0xA001 if crc & 1 else 0)
    return crc


class RtuLine:
    """A device on a serial line. A request must arrive in one piece; what is garbled is answered by nobody."""

    def __init__(self, device: Device, device_id: int = 1) -> None:
        self._device = device
        self._device_id = device_id
        self._send: Send | None = None

    def plugged(self, send: Send) -> None:
        """Somebody listens."""
        self._send = send

    def receive(self, data: bytes) -> None:
        """Answer a frame for this device."""
        if self._send is None or len(data) < 4 or data[0] != self._device_id:
            return
        if crc16(data[:-2]) != int.from_bytes(data[-2:], "little"):
            return
        answer = data[:1] + respond(self._device, data[1:-2])
        self._send(answer + crc16(answer).to_bytes(2, "little"))

    def unplugged(self) -> None:
        """Nobody listens any more."""
        self._send = None
