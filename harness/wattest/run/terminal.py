"""A person at the terminal: one question at a time, asked without silencing the central system."""

from __future__ import annotations

import asyncio
import os
import sys
from typing import TYPE_CHECKING, Any

from wattest.errors import RigError

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

CLOSED = (
    "Nobody can answer the operator's questions: standard input is closed. Run at a terminal, or give "
    "the role another driver than by_hand."
)
CAPTURED = "Nobody can answer the operator's questions: pytest captures standard input. Run it with -s."


def terminal() -> Callable[[str], Coroutine[Any, Any, str]]:
    """Ask on standard error and read a line from standard input, in the clock's loop.

    No thread is left behind that would swallow the next answer when a question is given up. Raises ``RigError`` when
    nobody can answer, since standard input is closed or captured.
    """
    typed = bytearray()

    async def prompt(text: str) -> str:
        sys.stderr.write(f"\n{text} ")
        sys.stderr.flush()
        try:
            fd = sys.stdin.fileno()
        except (AttributeError, ValueError, OSError):
            raise RigError(CLOSED if sys.stdin is None or sys.stdin.closed else CAPTURED) from None
        while b"\n" not in typed:
            await _readable(fd)
            piece = os.read(fd, 4096)
            if not piece:
                raise RigError(CLOSED)
            typed.extend(piece)
        line, _, rest = bytes(typed).partition(b"\n")
        typed[:] = rest
        return line.decode(errors="replace").rstrip("\r")

    return prompt


async def _readable(fd: int) -> None:
    """Until something can be read; a file always can."""
    loop = asyncio.get_running_loop()
    something: asyncio.Future[None] = loop.create_future()

    def seen() -> None:
        if not something.done():
            something.set_result(None)

    try:
        loop.add_reader(fd, seen)
    except PermissionError:
        return
    try:
        await something
    finally:
        loop.remove_reader(fd)
