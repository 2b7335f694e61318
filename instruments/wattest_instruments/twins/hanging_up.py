"""The end of a served twin."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from contextlib import suppress


async def hang_up(server: asyncio.Server, writers: Iterable[asyncio.StreamWriter]) -> None:
    """Stop listening and close what is open; returns when the other ends can see it. What nobody reads is dropped."""
    server.close()
    closing = tuple(writers)
    for writer in closing:
        if writer.transport.get_write_buffer_size():
            writer.transport.abort()
        else:
            writer.close()
    for writer in closing:
        with suppress(ConnectionError):
            await writer.wait_closed()
    await server.wait_closed()
