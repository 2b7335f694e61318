"""A real WebSocket as the charger's ``Wire``.

::

    Charger(world, clock, sheet, dialect="2.0.1", connect=dialler("ws://127.0.0.1:9000"))

Pings are the WebSocket's own (OCPP 2.0.1 Part 4 5.2), and the charger sends them as it is configured: ``evse.pinging``.
"""

from __future__ import annotations

from urllib.parse import quote

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus, InvalidURI
from websockets.typing import Subprotocol

from wattest.clock.network import ConnectionRefused, Greeting, Wire, WireClosed
from wattest.errors import BenchError
from wattest.evse.charger import Connect
from wattest.ocpp.decode import MAX_BYTES

CLOSE_S = 1.0
"""How long a closing handshake may take; a cut link is otherwise noticed ten seconds later than need be."""


def dialler(url: str) -> Connect:
    """How to dial a central system at ``url``, to which the identity is added as the last part of the path.

    Raises ``BenchError`` for what is no ``ws://`` or ``wss://`` URL; ``ConnectionRefused`` comes from each
    attempt that the central system turns down.
    """
    if not url.startswith(("ws://", "wss://")):
        raise BenchError(f"'{url}' is no address of a central system: it begins with ws:// or wss://.")
    base = url.rstrip("/")

    async def dial(greeting: Greeting, /) -> Wire:
        try:
            connection = await connect(
                f"{base}/{quote(greeting.identity, safe='')}",
                subprotocols=[Subprotocol(name) for name in greeting.subprotocols],
                additional_headers=None
                if greeting.authorization is None
                else {"Authorization": greeting.authorization},
                compression=None,
                ping_interval=None,
                close_timeout=CLOSE_S,
                max_size=2 * MAX_BYTES,
                proxy=None,
            )
        except InvalidStatus as refusal:
            status = refusal.response.status_code
            raise ConnectionRefused(
                f"Station '{greeting.identity}' was refused at {base} with HTTP status {status}.", status
            ) from refusal
        except InvalidURI as problem:
            raise BenchError(f"'{url}' is no address of a central system: {problem}.") from problem
        except InvalidHandshake as problem:
            raise ConnectionRefused(
                f"Station '{greeting.identity}' could not shake hands with {base}: {problem}."
            ) from problem
        return _SocketWire(connection)

    return dial


class _SocketWire:
    """A ``Wire`` over one connection of websockets."""

    def __init__(self, connection: ClientConnection) -> None:
        self._connection = connection
        self.subprotocol = connection.subprotocol or ""

    @property
    def closed(self) -> bool:
        return self._connection.close_code is not None

    async def send(self, data: str | bytes, /) -> None:
        try:
            await self._connection.send(data)
        except ConnectionClosed as end:
            raise _closed(end) from None

    async def recv(self) -> str | bytes:
        try:
            return await self._connection.recv()
        except ConnectionClosed as end:
            raise _closed(end) from None

    async def ping(self) -> None:
        try:
            await (await self._connection.ping())
        except ConnectionClosed as end:
            raise _closed(end) from None

    async def close(self, code: int = 1000, reason: str = "") -> None:
        if code == 1006:  # nobody says goodbye
            self._connection.transport.abort()
        else:
            await self._connection.close(code, reason)


def _closed(end: ConnectionClosed) -> WireClosed:
    return WireClosed(1006) if end.rcvd is None else WireClosed(end.rcvd.code, end.rcvd.reason)
