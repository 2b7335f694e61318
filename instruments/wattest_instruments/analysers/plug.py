"""Where the twin of an analyser is plugged in: into a simulated bench, or over TCP for a rehearsal."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from weakref import WeakKeyDictionary

import pyvisa_wattest
from wattest.roles import Surroundings
from wattest.run.rehearse import Options, Rehearsal
from wattest.world import World
from wattest_instruments.calibration import Calibration, calibration_of
from wattest_instruments.twins.plane import OutletPlane, Plane
from wattest_instruments.twins.server import Twin, serve_scpi

Build = Callable[[Plane, Calibration | None], Twin]
"""Makes a twin for a plane, with model and serial number of the calibration file if there is one."""

_worlds: WeakKeyDictionary[World, str] = WeakKeyDictionary()
_numbers = itertools.count(1)


def simulated(around: Surroundings, library: str) -> bool:
    """Whether the library ``@wattest`` means a twin in this bench's own simulated world."""
    return library == "@wattest" and isinstance(around.world, World)


def plugged_in(
    around: Surroundings, resource: str, library: str, build: Build, calibration: Calibration | None
) -> str:
    """The library to open ``resource`` with; on a simulated bench a twin at outlet 1 is plugged in there first."""
    if library != "@wattest" or not isinstance(around.world, World):
        return library
    bench = _worlds.setdefault(around.world, f"world-{next(_numbers)}")
    pyvisa_wattest.register(resource, build(OutletPlane(around.world), calibration), bench=bench)
    return f"{bench}@wattest"


@asynccontextmanager
async def over_tcp(
    there: Rehearsal, build: Build, *, end: bytes = b"\n", ended: bytes = b"\n"
) -> AsyncIterator[Options]:
    """A twin with the serial number of the calibration file, at the connector of outlet 1, over TCP."""
    name = there.options["calibration"]
    known = calibration_of(name, there.folder)
    async with serve_scpi(
        build(there.plane or OutletPlane(there.world), known), end=end, ended=ended
    ) as server:
        yield {"resource": server.resource, "library": "@py"}
