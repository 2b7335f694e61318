"""A twin with a web server: just enough HTTP/1.1 for one request per connection."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from wattest_instruments.twins.hanging_up import hang_up

Respond = Callable[[str, str, str], tuple[int, str]]
"""Called with method, path and body; status and text of the answer."""


@asynccontextmanager
async def serve_web(respond: Respond, host: str = "127.0.0.1", port: int = 0) -> AsyncIterator[str]:
    """Serve on the running loop; gives the address."""
    open_: set[asyncio.StreamWriter] = set()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        open_.add(writer)
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
            method, path, _ = head[0].split(" ", 2)
            fields = {
                name.casefold(): value.strip()
                for name, _, value in (line.partition(":") for line in head[1:])
            }
            body = await reader.readexactly(int(fields.get("content-length", "0")))
            status, text = respond(method, path, body.decode())
            data = text.encode()
            writer.write(
                f"HTTP/1.1 {status} -\r\nContent-Length: {len(data)}\r\nConnection: close\r\n\r\n".encode()
            )
            writer.write(data)
            await writer.drain()
        except (ConnectionError, EOFError, ValueError, asyncio.LimitOverrunError):
            pass  # the other side went away, or spoke no HTTP
        finally:
            open_.discard(writer)
            writer.close()

    server = await asyncio.start_server(talk, host, port)
    try:
        name = server.sockets[0].getsockname()
        yield f"http://{name[0]}:{name[1]}"
    finally:
        await hang_up(server, open_)
