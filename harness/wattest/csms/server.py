"""The central system on a real socket.

The Sans-I/O protocol of ``websockets`` on an ``asyncio.Protocol``: a frame is answered in the very callback that brought
it, which costs half of what the stream API of ``websockets`` does. Stations connect to ``ws://host:port/<identity>``
or ``ws://host:port/ocpp/<identity>``; everything else is refused with an HTTP status, and every refusal is noted.

::

    server = await serve(csms, CsmsEntry(port=9000, password="0123456789abcdef"))
    print(server.url)
    ...
    await server.close()
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable
from dataclasses import replace
from typing import cast
from urllib.parse import unquote, urlsplit

from websockets.exceptions import InvalidHandshake
from websockets.extensions.permessage_deflate import ServerPerMessageDeflateFactory
from websockets.frames import Frame, Opcode
from websockets.headers import parse_subprotocol
from websockets.http11 import Request
from websockets.protocol import State
from websockets.server import ServerProtocol
from websockets.typing import Subprotocol

from wattest.clock.network import Choice, Greeting
from wattest.csms.csms import Csms
from wattest.csms.line import Line
from wattest.errors import BenchError
from wattest.model.bench import CsmsEntry
from wattest.ocpp.decode import MAX_BYTES

try:
    from websockets.speedups import apply_mask
except ImportError:
    from websockets.utils import apply_mask

OPEN_S = 10.0
"""How long a handshake may take."""
CLOSE_S = 1.0
"""How long a station has to finish a close: websockets' own 10 s would hide a dead link for as long."""
PONG_S = 20.0
"""How long an answer to a ping may take."""
UNSENT = 4 * 1024 * 1024
"""Bytes that may wait for a station that does not read."""
_UNKNOWN = 2**60
_HOST = re.compile(r"[0-9a-z._:-]{1,253}")

_DEFLATE = ServerPerMessageDeflateFactory(
    server_max_window_bits=12, client_max_window_bits=12, compress_settings={"memLevel": 5}
)


class Server:
    """A central system that listens. ``url`` is what a station puts its identity behind."""

    def __init__(self, csms: Csms, listening: asyncio.Server, doors: set[_Door], entry: CsmsEntry) -> None:
        host = entry.host
        port = listening.sockets[0].getsockname()[1]
        self.port: int = port
        self.url = f"ws://{f'[{host}]' if ':' in host else host}:{port}/ocpp"
        self._csms = csms
        self._listening = listening
        self._doors = doors
        self._entry = replace(entry, port=port)

    async def pause(self) -> None:
        """Listen no more, as while a central system restarts; links that are open stay. Harmless the second time."""
        self._listening.close()

    async def resume(self) -> None:
        """Listen at the same address again; harmless when it does. Raises ``BenchError`` when the address is taken meanwhile."""
        if not self._listening.is_serving():
            self._listening = await _listen(self._csms, self._entry, self._doors)

    async def close(self) -> None:
        """Listen no more, hang up on every station, and wait for the links to end."""
        self._listening.close()
        await self._csms.close()
        ends = [door.ended for door in self._doors]
        if ends:
            await asyncio.wait(ends, timeout=2 * CLOSE_S)
        for door in list(self._doors):
            door.abort()


async def serve(csms: Csms, entry: CsmsEntry) -> Server:
    """Listen as a bench file says. Raises ``BenchError`` when the address cannot be had. Run in the clock's loop."""
    doors: set[_Door] = set()
    csms.password = entry.password if entry.password is not None else csms.password
    csms.listener = server = Server(csms, await _listen(csms, entry, doors), doors, entry)
    return server


async def _listen(csms: Csms, entry: CsmsEntry, doors: set[_Door]) -> asyncio.Server:
    loop = asyncio.get_running_loop()
    try:
        return await loop.create_server(
            lambda: _Door(csms, entry, doors), entry.host, entry.port, backlog=1024
        )
    except OSError as error:
        raise BenchError(
            f"The central system cannot listen on {entry.host} port {entry.port}: {error.strerror or error}. "
            "Choose another 'port:' under 'csms:' in the bench file; 0 lets the system choose."
        ) from error


def identity_of(path: str) -> str | None:
    """The identity in a URL's path, percent-decoded; None when the path is none of a central system.

    >>> identity_of("/ocpp/CP%20001")
    'CP 001'
    """
    parts = path.partition("?")[0].split("/")
    if len(parts) == 3 and parts[:2] == ["", "ocpp"]:
        raw = parts[2]
    elif len(parts) == 2 and parts[0] == "" and parts[1] != "ocpp":
        raw = parts[1]
    else:
        return None
    try:
        return unquote(raw, errors="strict") or None
    except UnicodeDecodeError:
        return None


def host_of(header: str) -> str:
    """The name by which a station called this host, without its port; empty when it is none that a URL could have.

    >>> host_of("10.0.4.1:8180"), host_of("[fe80::1]:8180")
    ('10.0.4.1', 'fe80::1')
    """
    try:
        name = urlsplit(f"//{header}").hostname or ""
    except ValueError:
        return ""
    return name if _HOST.fullmatch(name) else ""


def whole_text_frame(data: bytes) -> bytes | None:
    """The payload when ``data`` is exactly one masked, unfragmented, uncompressed text frame of common size, else None.

    Nearly every frame of a station is, and this is a fraction of the work of a parser that can be fed byte by byte.
    """
    if len(data) < 8 or data[0] != 0x81:
        return None
    size = data[1] - 0x80
    if 0 <= size < 126 and len(data) == size + 6:
        return bytes(apply_mask(data[6:], data[2:6]))
    if size == 126 and len(data) == (data[2] << 8 | data[3]) + 8:
        return bytes(apply_mask(data[8:], data[4:8]))
    return None


def size_of(frame: Frame) -> int:
    """Bytes of a masked frame on the wire, its length written as RFC 6455 section 5.2 demands."""
    size = len(frame.data)
    return size + (6 if size < 126 else 8 if size < 65536 else 14)


class _Door(asyncio.Protocol):
    """One TCP connection, from its first byte to its last."""

    _transport: asyncio.Transport

    def __init__(self, csms: Csms, entry: CsmsEntry, doors: set[_Door]) -> None:
        self._csms = csms
        self._entry = entry
        self._doors = doors
        self._loop = asyncio.get_running_loop()
        self._choice = Choice(None)
        self._protocol = ServerProtocol(
            extensions=[_DEFLATE],
            max_size=MAX_BYTES,
            select_subprotocol=lambda _protocol, _offered: _named(self._choice),
        )
        self._line: Line | None = None
        self._pieces: list[bytes] | None = None
        self._is_text = True
        self._corked = False
        self._heard_at = self._loop.time()
        self._timer: asyncio.TimerHandle | None = None
        self._pings: asyncio.TimerHandle | None = None
        self._greeted = False
        self._plain = False
        self._unparsed = 0
        self.ended: asyncio.Future[None] = self._loop.create_future()

    # --- asyncio's side --------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # Not isinstance: the transports of other event loops only look like asyncio's.
        self._transport = cast("asyncio.Transport", transport)
        self._transport.set_write_buffer_limits(high=UNSENT // 4)
        self._doors.add(self)
        self._timer = self._loop.call_later(OPEN_S, self._too_slow)

    def data_received(self, data: bytes) -> None:
        self._heard_at = self._loop.time()
        if self._at_boundary() and (payload := whole_text_frame(data)) is not None:
            self._is_text = True
            self._message(payload)
            return
        self._corked = True
        self._unparsed += len(data)
        self._protocol.receive_data(data)
        for event in self._protocol.events_received():
            if isinstance(event, Request):
                self._greet(event)
                self._unparsed = 0 if data.endswith(b"\r\n\r\n") else _UNKNOWN
            elif isinstance(event, Frame):
                self._unparsed -= size_of(event)
                self._take(event)
        if self._unparsed < 0:
            self._unparsed = _UNKNOWN
        self._corked = False
        if not self._greeted and self._protocol.handshake_exc is not None:
            self._failed("", 400, str(self._protocol.handshake_exc))
        self._flush()

    def _at_boundary(self) -> bool:
        """Whether the next byte begins a message, as far as counting bytes can tell; in doubt it does not."""
        return (
            self._unparsed == 0
            and self._plain
            and self._pieces is None
            and self._protocol.state is State.OPEN
        )

    def eof_received(self) -> bool:
        self._protocol.receive_eof()
        self._flush()
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        self._protocol.receive_eof()
        self._protocol.data_to_send()
        for timer in (self._timer, self._pings):
            if timer is not None:
                timer.cancel()
        self._doors.discard(self)
        if not self._greeted:
            self._failed("", 0, "the connection ended before a WebSocket handshake came")
        elif self._line is not None:
            self._csms.gone(self._line, 1006, "" if exc is None else str(exc))
        if not self.ended.done():
            self.ended.set_result(None)

    def pause_writing(self) -> None:
        self._transport.pause_reading()

    def resume_writing(self) -> None:
        self._transport.resume_reading()

    # --- handshake -------------------------------------------------------------------------------------

    def _greet(self, request: Request) -> None:
        self._greeted = True
        if self._timer is not None:
            self._timer.cancel()
        identity = identity_of(request.path)
        if identity is None:
            self._refuse(Choice(None, 404, f"no station can be at the path {request.path[:80]!r}"))
            return
        try:
            offered: list[str] = []
            for value in request.headers.get_all("Sec-WebSocket-Protocol"):
                offered += parse_subprotocol(value)
            authorization = request.headers.get("Authorization")
            reached = host_of(request.headers.get("Host", ""))
        except (InvalidHandshake, LookupError) as error:
            self._refuse(Choice(None, 400, f"the request's headers cannot be read: {error}"), identity)
            return
        greeting = Greeting(identity, tuple(offered), authorization, reached)
        self._choice = self._csms.choose(greeting)
        if self._choice.status != 101:
            self._refuse(self._choice)
            return
        response = self._protocol.accept(request)
        self._protocol.send_response(response)
        if response.status_code != 101:
            self._failed(identity, response.status_code, str(self._protocol.handshake_exc))
            return
        self._line = self._csms.opened(greeting, self._choice.subprotocol or "", self._post, self.hang_up)
        if self._line is None:
            self.hang_up(1002, "no common sub-protocol")
            return
        self._plain = not self._protocol.extensions
        self._pings = self._loop.call_later(self._entry.ping_interval_s, self._ping)

    def _refuse(self, choice: Choice, identity: str | None = None) -> None:
        """Answer with a status. What ``Csms.choose`` refused is noted already."""
        if choice is not self._choice:
            self._csms.refused(identity or "", choice.status, choice.reason)
        response = self._protocol.reject(choice.status, f"{choice.reason}.\n")
        if choice.status == 401:
            response.headers["WWW-Authenticate"] = 'Basic realm="ocpp", charset="UTF-8"'
        self._protocol.send_response(response)

    def _failed(self, identity: str, status: int, reason: str) -> None:
        self._greeted = True
        self._csms.refused(identity, status, reason, "handshake_failed")

    def _too_slow(self) -> None:
        self._failed("", 408, f"no handshake within {OPEN_S:g} s")
        self.abort()

    # --- frames ----------------------------------------------------------------------------------------

    def _take(self, frame: Frame) -> None:
        if frame.opcode is Opcode.TEXT or frame.opcode is Opcode.BINARY:
            self._is_text = frame.opcode is Opcode.TEXT
            if frame.fin:
                self._message(bytes(frame.data))
            else:
                self._pieces = [bytes(frame.data)]
        elif frame.opcode is Opcode.CONT and self._pieces is not None:
            self._pieces.append(bytes(frame.data))
            if frame.fin:
                whole, self._pieces = b"".join(self._pieces), None
                self._message(whole)
        elif frame.opcode is Opcode.PING and self._line is not None:
            self._csms.pinged(self._line)
        elif (
            frame.opcode is Opcode.CLOSE and self._line is not None and self._protocol.close_rcvd is not None
        ):
            closed = self._protocol.close_rcvd
            self._csms.gone(self._line, int(closed.code), closed.reason)

    def _message(self, data: bytes) -> None:
        if self._line is None:
            return
        if self._is_text:
            # Bytes that are no UTF-8 come out as lone surrogates, which the decoder locates and the record keeps.
            self._line.receive(data.decode("utf-8", "surrogateescape"))
        else:
            self._line.receive(data)

    def _post(self, text: str) -> None:
        if self._protocol.state is not State.OPEN:
            return
        data = text.encode("utf-8", "replace")
        if self._plain and not self._corked and len(data) < 126:
            self._write(bytes((0x81, len(data))) + data)
            return
        self._protocol.send_text(data)
        if not self._corked:
            self._flush()

    def _flush(self) -> None:
        writes: Iterable[bytes] = self._protocol.data_to_send()
        data = b"".join(writes)
        if data and not self._write(data):
            return
        failed = self._protocol.parser_exc
        if failed is not None and self._line is not None and self._protocol.close_sent is not None:
            self._csms.gone(self._line, int(self._protocol.close_sent.code), str(failed), by="csms")
        if self._protocol.eof_sent and not self._transport.is_closing():
            self._transport.close()
        if self._protocol.close_expected():
            self._loop.call_later(CLOSE_S, self.abort)

    def _write(self, data: bytes) -> bool:
        """False when the station has left so much unread that it was cut off."""
        if not self._transport.is_closing():
            self._transport.write(data)
            if self._transport.get_write_buffer_size() > UNSENT:
                self._end(1008, f"the station left {UNSENT} bytes unread")
                self.abort()
                return False
        return True

    # --- liveness and the end --------------------------------------------------------------------------

    def _ping(self) -> None:
        if self._protocol.state is not State.OPEN:
            return
        self._protocol.send_ping(b"wattest")
        self._flush()
        wait = min(PONG_S, self._entry.ping_interval_s)
        self._pings = self._loop.call_later(wait, self._pong_due, self._loop.time())

    def _pong_due(self, pinged_at: float) -> None:
        """Anything heard since the ping shows that the station lives."""
        if self._heard_at >= pinged_at:
            waited = self._loop.time() - pinged_at
            self._pings = self._loop.call_later(max(0.0, self._entry.ping_interval_s - waited), self._ping)
            return
        self._end(1006, f"no answer to a ping within {self._loop.time() - pinged_at:.0f} s")
        self.abort()

    def _end(self, code: int, reason: str) -> None:
        if self._line is not None:
            self._csms.gone(self._line, code, reason, by="network" if code == 1006 else "csms")

    def hang_up(self, code: int, reason: str) -> None:
        """Start the closing handshake; the connection is cut when the station does not finish it in time."""
        if self._protocol.state is State.OPEN:
            self._protocol.send_close(code, reason[:100])
            if not self._corked:
                self._flush()

    def abort(self) -> None:
        """Cut the connection, whatever is still unsent."""
        self._transport.abort()


def _named(choice: Choice) -> Subprotocol | None:
    return None if choice.subprotocol is None else Subprotocol(choice.subprotocol)
