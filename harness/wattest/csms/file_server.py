"""Files of the central system on a real socket: the little of HTTP/1.1 that stations use to put and fetch a file.

Bounded in everything: bytes, time, connections. Each connection serves one request and is closed. Without TLS: a station
that wants HTTPS cannot use it, which the scenario says.

::

    server = await serve_files(csms.files, "127.0.0.1", 0)
    print(server.port)
    ...
    await server.close()
"""

from __future__ import annotations

import asyncio
import random
from http import HTTPStatus

from wattest.clock.http import Request, Response
from wattest.csms.files import MOST_BYTES, Files
from wattest.errors import BenchError

MOST_HEAD = 16_384
"""Bytes of a request line and its headers."""
MOST_CONNECTIONS = 32
"""At once; no station needs as many, and one more is answered with 503."""
IDLE_S = 30.0
"""How long a connection may be silent."""
WHOLE_S = 600.0
"""How long one request may take from its first byte to its last."""
_CHUNK = 65_536


class FileServer:
    """A place for files that listens."""

    def __init__(self, files: Files, listening: asyncio.Server, tasks: set[asyncio.Task[None]]) -> None:
        self.port: int = listening.sockets[0].getsockname()[1]
        self._files = files
        self._listening = listening
        self._tasks = tasks

    async def close(self) -> None:
        """Listen no more, and cut what is under way."""
        self._listening.close()
        self._files.base = None
        for task in list(self._tasks):
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=1.0)


async def serve_files(files: Files, host: str, port: int) -> FileServer:
    """Listen, and give ``files`` its URL. Raises ``BenchError`` when the address cannot be had. Run in the clock's loop."""
    tasks: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        try:
            if len(tasks) > MOST_CONNECTIONS:
                await _send(writer, Response(503), "GET")
            else:
                await _serve(files, reader, writer)
        except (OSError, asyncio.CancelledError):
            pass
        finally:
            tasks.discard(task)
            writer.close()

    try:
        listening = await asyncio.start_server(serve, host, port, limit=MOST_HEAD)
    except OSError as error:
        raise BenchError(
            f"The place for files cannot listen on {host} port {port}: {error.strerror or error}. "
            "Choose another 'files_port:' under 'csms:' in the bench file; 0 lets the system choose."
        ) from error
    server = FileServer(files, listening, tasks)
    files.random = random.SystemRandom()

    def base(reached: str) -> str:
        name = reached or host
        return f"http://{f'[{name}]' if ':' in name else name}:{server.port}"

    files.base = base
    return server


class _Refused(Exception):
    """A request that is answered with a status before it is whole; 0: nobody is left to answer."""

    def __init__(self, status: int, why: str) -> None:
        self.status = status
        self.why = why
        super().__init__(why)


async def _serve(files: Files, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    method, target = "", ""
    try:
        async with asyncio.timeout(WHOLE_S):
            method, target, headers = await _head(reader)
            _check_place(files, target)
            if headers.get("expect", "").lower() == "100-continue":
                writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
                await writer.drain()
            body = await _body(reader, headers)
            response = files.answer(Request(method, target, headers, body))
    except _Refused as refused:
        files.turn_away(target, method or "(nothing)", refused.status, refused.why)
        if refused.status:
            await _send(writer, Response(refused.status), method)
    except TimeoutError:
        files.turn_away(target, method or "(nothing)", 408, f"not whole within {WHOLE_S:g} s")
        await _send(writer, Response(408), method)
    except OSError as problem:
        files.turn_away(target, method or "(nothing)", 0, f"the connection broke ({problem})")
    else:
        await _send(writer, response, method)


def _check_place(files: Files, target: str) -> None:
    if files.place_of(target) is None:
        raise _Refused(404, "no such place")


async def _head(reader: asyncio.StreamReader) -> tuple[str, str, dict[str, str]]:
    try:
        async with asyncio.timeout(IDLE_S):
            head = await reader.readuntil(b"\r\n\r\n")
    except TimeoutError:
        raise _Refused(408, f"no request within {IDLE_S:g} s") from None
    except asyncio.LimitOverrunError:
        raise _Refused(431, f"the headers have more than {MOST_HEAD} bytes") from None
    except asyncio.IncompleteReadError:
        raise _Refused(0, "the connection ended before a request came") from None
    first, *lines = head.decode("latin-1").split("\r\n")
    words = first.split(" ")
    if len(words) != 3 or not words[2].startswith("HTTP/1.") or not words[1].startswith("/"):
        raise _Refused(400, "the request line is none of HTTP/1.1")
    headers: dict[str, str] = {}
    for line in lines:
        name, colon, value = line.partition(":")
        if colon:
            headers[name.strip().lower()] = value.strip()
    return words[0], words[1], headers


async def _body(reader: asyncio.StreamReader, headers: dict[str, str]) -> bytes:
    if "chunked" in headers.get("transfer-encoding", "").lower():
        return await _chunks(reader)
    length = headers.get("content-length", "0")
    if not length.isascii() or not length.isdecimal():
        raise _Refused(400, "the Content-Length is no number")
    if len(length) > 12 or int(length) > MOST_BYTES:
        raise _Refused(413, f"a file of {length[:20]} bytes is more than the {MOST_BYTES} that are taken")
    return await _exactly(reader, int(length))


async def _chunks(reader: asyncio.StreamReader) -> bytes:
    whole = bytearray()
    while True:
        line = await _line(reader)
        size = line.partition(b";")[0].strip()
        try:
            length = int(size, 16)
        except ValueError:
            raise _Refused(400, "the size of a chunk is no number") from None
        if length < 0 or len(whole) + length > MOST_BYTES:
            raise _Refused(413, f"a file has more than the {MOST_BYTES} bytes that are taken")
        if length == 0:
            break
        whole += await _exactly(reader, length)
        await _line(reader)
    for _ in range(100):  # trailers
        if not (await _line(reader)).strip():
            break
    return bytes(whole)


async def _line(reader: asyncio.StreamReader) -> bytes:
    try:
        async with asyncio.timeout(IDLE_S):
            return await reader.readuntil(b"\r\n")
    except TimeoutError:
        raise _Refused(408, f"nothing more came within {IDLE_S:g} s") from None
    except (asyncio.LimitOverrunError, asyncio.IncompleteReadError):
        raise _Refused(400, "a chunk is malformed, or the connection ended in it") from None


async def _exactly(reader: asyncio.StreamReader, length: int) -> bytes:
    whole = bytearray()
    while len(whole) < length:
        try:
            async with asyncio.timeout(IDLE_S):
                piece = await reader.read(min(_CHUNK, length - len(whole)))
        except TimeoutError:
            raise _Refused(
                408, f"{len(whole)} of {length} bytes came, and no more within {IDLE_S:g} s"
            ) from None
        if not piece:
            raise _Refused(0, f"the connection ended after {len(whole)} of {length} bytes")
        whole += piece
    return bytes(whole)


async def _send(writer: asyncio.StreamWriter, response: Response, method: str) -> None:
    phrase = HTTPStatus(response.status).phrase
    headers = {"content-length": str(len(response.body)), **response.headers, "connection": "close"}
    head = "".join(f"{name.title()}: {value}\r\n" for name, value in headers.items())
    writer.write(f"HTTP/1.1 {response.status} {phrase}\r\n{head}\r\n".encode("latin-1"))
    body = b"" if method == "HEAD" else response.body
    try:
        for begin in range(0, len(body) or 1, _CHUNK):
            writer.write(body[begin : begin + _CHUNK])
            async with asyncio.timeout(IDLE_S):
                await writer.drain()
    except TimeoutError:
        writer.transport.abort()
