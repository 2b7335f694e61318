"""A twin of a serial device behind a TCP port, as a serial server has it: ``socket://127.0.0.1:40123`` for pyserial."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from wattest_instruments.links.protocol_wattest import SerialTwin
from wattest_instruments.twins.hanging_up import hang_up


@asynccontextmanager
async def serve_serial(twin: SerialTwin, host: str = "127.0.0.1", port: int = 0) -> AsyncIterator[str]:
    """Serve a twin on the running loop, to one connection at a time as a cable does; gives the URL."""
    open_: set[asyncio.StreamWriter] = set()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if open_:
            writer.close()
            return
        open_.add(writer)
        twin.plugged(writer.write)
        try:
            while data := await reader.read(4096):
                twin.receive(data)
        except ConnectionError:
            pass  # the other side went away
        finally:
            twin.unplugged()
            open_.discard(writer)
            writer.close()

    server = await asyncio.start_server(talk, host, port)
    try:
        name = server.sockets[0].getsockname()
        yield f"socket://{name[0]}:{name[1]}"
    finally:
        await hang_up(server, open_)
