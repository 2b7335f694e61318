"""How a command ends on an error of ours: with its sentence on standard error, and the code of its kind."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import click

from wattest.errors import WattestError

BENCH, DOCUMENTS, BROKEN = 11, 12, 13
"""The bench or the suite failed; a document cannot be used; a record is broken."""


@contextmanager
def exits(codes: Mapping[type[WattestError], int]) -> Iterator[None]:
    """End the command when an error of one of these kinds comes out; the first kind that fits gives the code."""
    try:
        yield
    except tuple(codes) as problem:
        click.echo(str(problem), err=True)
        sys.exit(next(code for kind, code in codes.items() if isinstance(problem, kind)))
