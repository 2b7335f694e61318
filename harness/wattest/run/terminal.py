"""A person at the terminal: one question at a time, asked without silencing the central system."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from wattest.errors import RigError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from wattest.clock import Clock


def prompt_on(clock: Clock) -> Callable[[str], Awaitable[str]]:
    """Ask on standard error and read a line from standard input, in a thread of its own.

    Raises ``RigError`` when nobody can answer, since standard input is closed.
    """

    async def prompt(text: str) -> str:
        return await clock.in_thread(_asked, text)

    return prompt


def _asked(text: str) -> str:
    sys.stderr.write(f"\n{text} ")
    sys.stderr.flush()
    line = sys.stdin.readline()
    if not line:
        raise RigError(
            "Nobody can answer the operator's questions: standard input is closed. Run at a terminal, or give "
            "the role another driver than by_hand."
        )
    return line.rstrip("\n")
