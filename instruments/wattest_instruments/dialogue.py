"""Testing a VISA driver as a dialogue: what it must say, in which order, and what it hears.

::

    with expect_dialogue(
        ("*IDN?", "ACME,Load 63,4711,1.0"),
        (":INP ON", None),
        (":STAT:ERR?", '0,"No error"'),
    ) as library:
        load = acme_load(around, resource="TCPIP::dialogue::INSTR", library=library)
        clock.run(load.open())

Leaving the block fails unless all of it was said.
"""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager

import pyvisa_wattest

_numbers = itertools.count(1)


class _Script:
    """A twin that knows its lines."""

    def __init__(self, lines: tuple[tuple[str, str | bytes | None], ...]) -> None:
        self.left = deque(lines)
        self.complaint = ""

    def handle(self, line: str) -> str | bytes | None:
        expected, answer = self.left.popleft() if self.left else ("nothing more", None)
        if line != expected:
            self.complaint = self.complaint or f"The driver said {line!r} where {expected!r} was expected."
        return answer


@contextmanager
def expect_dialogue(
    *lines: tuple[str, str | bytes | None], resource: str = "TCPIP::dialogue::INSTR"
) -> Iterator[str]:
    """Play an instrument from a script; gives the PyVISA library to open ``resource`` with.

    Raises ``AssertionError`` at the end of the block when the driver said something else, or not everything.
    """
    bench = f"dialogue-{next(_numbers)}"
    script = _Script(lines)
    pyvisa_wattest.register(resource, script, bench=bench)
    try:
        yield f"{bench}@wattest"
    except BaseException as error:
        if script.complaint:
            raise AssertionError(script.complaint) from error
        raise
    finally:
        pyvisa_wattest.unregister(resource, bench=bench)
    if script.complaint:
        raise AssertionError(script.complaint)
    if script.left:
        raise AssertionError(f"The driver never said {script.left[0][0]!r}.")
