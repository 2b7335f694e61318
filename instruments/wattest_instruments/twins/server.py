"""A twin on a TCP port, so that any VISA program can talk to it: the bytes on the wire, proven.

::

    async with serve_scpi(WtTwin(OutletPlane(world)), "127.0.0.1", 0) as server:
        print(server.resource)   # TCPIP::127.0.0.1::40123::SOCKET
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Protocol

LONGEST_LINE = 64 * 1024
"""Bytes of a command line that the server accepts before it hangs up."""


class Twin(Protocol):
    """Whatever answers lines."""

    def handle(self, line: str) -> str | bytes | None:
        """The answer to a line, bytes for a block of samples, None when it asks nothing."""
        ...


@dataclass(frozen=True)
class ScpiServer:
    """A listening twin; ``resource`` is its VISA name."""

    host: str
    port: int

    @property
    def resource(self) -> str:
        """What to write under ``resource:`` in a bench file."""
        return f"TCPIP::{self.host}::{self.port}::SOCKET"


@asynccontextmanager
async def serve_scpi(
    twin: Twin,
    host: str = "127.0.0.1",
    port: int = 0,
    *,
    end: bytes = b"\n",
    ended: bytes = b"\n",
) -> AsyncIterator[ScpiServer]:
    """Serve a twin to any number of connections, one line at a time, on the running loop.

    ``end`` ends the lines that come in, ``ended`` those that go out. Port 0 lets the system choose. Raises
    ``OSError`` when the port is taken.
    """
    open_: set[asyncio.StreamWriter] = set()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        open_.add(writer)
        try:
            while True:
                line = await reader.readuntil(end)
                answer = twin.handle(line.decode("latin-1").strip())
                if answer is not None:
                    writer.write((answer if isinstance(answer, bytes) else answer.encode("latin-1")) + ended)
                    await writer.drain()
        except (ConnectionError, EOFError, asyncio.LimitOverrunError):
            pass  # the other side went away, or sent a line longer than LONGEST_LINE
        finally:
            open_.discard(writer)
            writer.close()

    server = await asyncio.start_server(talk, host, port, limit=LONGEST_LINE)
    try:
        name = server.sockets[0].getsockname()
        yield ScpiServer(name[0], name[1])
    finally:
        server.close()
        for writer in tuple(open_):
            writer.close()
        await server.wait_closed()
