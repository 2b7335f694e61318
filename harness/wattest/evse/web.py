"""HTTP on a socket, as the simulated charger speaks it when it runs as a process of its own: one request, one answer."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from urllib.parse import urlsplit

from wattest.clock.http import Request, Response
from wattest.clock.network import ConnectionRefused

WHOLE_S = 120.0
"""How long a request may take in all."""
MOST_BYTES = 64_000_000
"""Of an answer."""


async def fetch(url: str, request: Request) -> Response:
    """Send a request to the host of an ``http://`` URL. Raises ``ConnectionRefused`` or ``OSError`` without a whole answer."""
    where = urlsplit(url)
    if where.scheme != "http" or where.hostname is None:
        raise ConnectionRefused(f"{url} cannot be reached: this charger speaks http only.")
    try:
        async with asyncio.timeout(WHOLE_S):
            reader, writer = await asyncio.open_connection(where.hostname, where.port or 80)
            try:
                headers = {
                    "host": where.netloc,
                    "connection": "close",
                    "content-length": str(len(request.body)),
                    **request.headers,
                }
                head = "".join(f"{name.title()}: {value}\r\n" for name, value in headers.items())
                writer.write(f"{request.method} {request.target} HTTP/1.1\r\n{head}\r\n".encode("latin-1"))
                writer.write(request.body)
                with suppress(ConnectionError):  # a server may answer and hang up before it has read all
                    await writer.drain()
                return await _response(reader, url)
            finally:
                writer.close()
    except (TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, ValueError) as problem:
        raise ConnectionRefused(f"{url} gave no whole answer: {problem or 'it took too long'}.") from problem


async def _response(reader: asyncio.StreamReader, url: str) -> Response:
    first, *lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    status = int(first.split(" ")[1])
    headers = {
        name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)
    }
    length = int(headers.get("content-length", "0"))
    if length > MOST_BYTES:
        raise ConnectionRefused(f"{url} answers with {length} bytes; {MOST_BYTES} are taken.")
    return Response(status, headers, await reader.readexactly(length))
