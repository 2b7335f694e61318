"""Where a twin of a chamber is plugged in: in memory on a simulated bench, on a TCP port for everybody else."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from weakref import WeakKeyDictionary

import pyvisa_wattest
from wattest.roles import Surroundings
from wattest.run.rehearse import Options, Rehearsal
from wattest.world import World
from wattest_instruments.chambers.box import Box
from wattest_instruments.twins.server import Twin, serve_scpi

Make = Callable[[Box], Twin]

_worlds: WeakKeyDictionary[World, str] = WeakKeyDictionary()
_numbers = itertools.count(1)


def twin_library(around: Surroundings, resource: str, library: str, make: Make, end: bytes) -> str:
    """The PyVISA library to open a resource with: for ``@wattest`` on a simulated bench, one that holds a twin."""
    if library != "@wattest" or not isinstance(around.world, World):
        return library
    bench = _worlds.setdefault(around.world, f"chamber-{next(_numbers)}")
    pyvisa_wattest.register(resource, make(Box(around.world.climate)), bench=bench, end=end, ended=end)
    return f"{bench}@wattest"


@asynccontextmanager
async def over_tcp(there: Rehearsal, make: Make, end: bytes) -> AsyncIterator[Options]:
    """The options that lead a driver to a twin of its chamber around the station of the simulated world."""
    async with serve_scpi(make(Box(there.world.climate)), end=end, ended=end) as server:
        yield {"resource": server.resource, "library": "@py"}
