r"""A live bench rehearsed: its own drivers and options, led to twins of its instruments in the simulated world.

Whoever wires a bench can find out at the desk what its file will do, before anything is energised. Roles that
no twin plays (a person, a lab's own rig) are played by the simulated world.

A driver package offers a twin under the entry point ``wattest.twins``, with the driver's own name. It is a
function that plugs a twin into the world for one scenario and gives the options that lead the driver to it::

    @asynccontextmanager
    async def espec_twin(there: Rehearsal) -> AsyncIterator[Options]:
        async with serve_scpi(EspecTwin(there.world.climate), end=b"\r\n", ended=b"\r\n") as server:
            yield {"resource": server.resource, "library": "@py"}

Everything else in the bench entry stays as it is: ranges, limits and calibration files are rehearsed too.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from wattest.document.signature import shape_of
from wattest.model.bench import DriverEntry
from wattest.model.plugins import Installed
from wattest.run.drivers import factories

if TYPE_CHECKING:
    from wattest.clock import Clock
    from wattest.model.bench import Bench
    from wattest.world import World

TWINS = Installed("wattest.twins", "twin")
"""Twins by the name of the driver that they stand in for."""


Options = Mapping[str, Any]


@dataclass(frozen=True)
class Rehearsal:
    """Where a twin is plugged in: the world, and the bench entry that it stands in for.

    ``role`` is the role or the rig's name; ``options`` holds every option of the driver, those that the bench
    entry leaves out with their defaults. ``twins`` is where the twin of a rig may leave what roles must find,
    by the rig's name: a role that only names an output of a relay board finds the twin of that board there.
    ``network`` is the in-memory link between charger and central system, which can be cut and restored.
    """

    world: World
    clock: Clock
    role: str
    options: Options
    folder: str
    twins: dict[str, Any] = field(default_factory=dict)
    network: Any = None
    plane: Any = None
    """What flows past an instrument that is not at the connector of the station under test; None where it is."""


TwinFactory = Callable[[Rehearsal], AbstractAsyncContextManager[Options]]
"""Gives the options that take the place of those in the bench file while the twin is plugged in."""


async def with_twins(
    bench: Bench, stack: AsyncExitStack, there: Callable[[DriverEntry, dict[str, Any]], Rehearsal]
) -> Bench:
    """The bench with every instrument replaced by its twin; the twins are unplugged when ``stack`` ends.

    ``there`` makes what a twin is told of its place from a bench entry and what the rigs' twins left.
    """
    left: dict[str, Any] = {}

    async def led(entry: DriverEntry) -> DriverEntry:
        if entry.driver not in TWINS:
            return entry
        twin: TwinFactory = TWINS[entry.driver]
        entry = replace(entry, options=defaults(entry.driver) | dict(entry.options))
        options = await stack.enter_async_context(twin(there(entry, left)))
        return replace(entry, options={**entry.options, **options})

    bench = without_people(bench)
    rigs = {name: await led(entry) for name, entry in bench.rigs.items()}
    return replace(bench, rigs=rigs, roles={role: await led(entry) for role, entry in bench.roles.items()})


def defaults(driver: str) -> dict[str, Any]:
    """What a driver takes for the options that a bench entry leaves out: its twin must go by the same."""
    parameters = shape_of(factories()[driver]).parameters
    return {one.keyword: one.default for one in parameters if not one.required}


def without_people(bench: Bench) -> Bench:
    """The bench with the simulated world in every role that has no twin, and without the rigs that have none."""
    return replace(
        bench,
        rigs={name: entry for name, entry in bench.rigs.items() if entry.driver in TWINS},
        roles={
            role: entry if entry.driver in TWINS else DriverEntry(role, "simulated", {}, entry.place)
            for role, entry in bench.roles.items()
        },
    )
