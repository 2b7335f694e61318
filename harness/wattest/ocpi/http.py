"""The portal behind a socket: HTTP/1.1, one request per connection, on the loop of the clock, without a framework.

::

    server = await serve(portal, host="127.0.0.1", port=8080)
"""

from __future__ import annotations

import asyncio
from http import HTTPStatus

from wattest.errors import BenchError
from wattest.ocpi.portal import Portal, Reply

MOST_BYTES = 16 * 1024
"""Of a request's head; there is no body to read."""
PATIENCE_S = 10.0
"""How long a head may take."""


async def serve(portal: Portal, *, host: str, port: int) -> asyncio.Server:
    """Listen; ``BenchError`` when the address cannot be had. The portal's ``url`` is set to what it listens on."""

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(PATIENCE_S):
                head = await reader.readuntil(b"\r\n\r\n")
            reply = _reply(portal, head)
        except (asyncio.LimitOverrunError, asyncio.IncompleteReadError, TimeoutError):
            reply = Reply(400, b"")
        except OSError:
            reply = None
        try:
            if reply is not None:
                writer.write(_written(reply))
                await writer.drain()
        except OSError:
            pass
        finally:
            writer.close()

    try:
        server = await asyncio.start_server(connected, host, port, limit=MOST_BYTES)
    except OSError as error:
        raise BenchError(
            f"The portal cannot listen on {host} port {port}: {error.strerror or error}. "
            "Choose another --port; 0 lets the system choose."
        ) from error
    shown = f"[{host}]" if ":" in host else host
    portal.url = f"http://{shown}:{server.sockets[0].getsockname()[1]}"
    return server


def _reply(portal: Portal, head: bytes) -> Reply:
    lines = head.decode("latin-1").split("\r\n")
    parts = lines[0].split(" ")
    if len(parts) != 3 or not parts[2].startswith("HTTP/1.") or not parts[1].startswith("/"):
        return Reply(400, b"")
    headers = {}
    for line in lines[1:]:
        name, colon, value = line.partition(":")
        if colon:
            headers[name.strip().lower()] = value.strip()
    return portal.answer(parts[0], parts[1], headers)


def _written(reply: Reply) -> bytes:
    headers = {**reply.headers, "Content-Length": str(len(reply.body)), "Connection": "close"}
    lines = [f"HTTP/1.1 {reply.status} {HTTPStatus(reply.status).phrase}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + reply.body
