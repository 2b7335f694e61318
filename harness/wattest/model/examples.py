"""The bench entries that drivers show in the docstrings of their modules, for whoever writes a bench file."""

from __future__ import annotations

import inspect
import re
import sys
import textwrap
from collections.abc import Iterator

from wattest.model.plugins import DRIVERS


def examples_of(driver: str) -> tuple[str, ...]:
    """Pieces of a bench file that name this driver, as its module's docstring shows them; comments are kept.

    Raises ``KeyError`` for a driver that is not installed, and ``BenchError`` for one that cannot be imported.
    """
    module = sys.modules[inspect.unwrap(DRIVERS[driver]).__module__]
    named = re.compile(rf"\bdriver:\s*{re.escape(driver)}\b")
    return tuple(block for block in blocks(module.__doc__ or "") if named.search(block))


def blocks(text: str) -> Iterator[str]:
    """Indented pieces of a text, such as code in a docstring, without their indentation."""
    lines: list[str] = []
    for line in (*text.expandtabs().splitlines(), "end"):
        if line.startswith("    ") or (lines and not line.strip()):
            lines.append(line)
        elif lines:
            yield textwrap.dedent("\n".join(lines)).strip("\n") + "\n"
            lines = []
