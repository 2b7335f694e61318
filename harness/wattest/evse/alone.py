"""The simulated EVSE as a process of its own, in real time: firmware, hardware, hands, and an analyser to look on.

It says that it is ready, obeys the lines that come in (``wattest.evse.control``), and ends when they do.
"""

from __future__ import annotations

import asyncio
import os
import stat
import threading
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from dataclasses import dataclass
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any, Protocol, cast

from wattest.clock import Clock
from wattest.clock.network import Greeting, Wire
from wattest.errors import BenchError
from wattest.evse.charger import Charger, Connect
from wattest.evse.control import Panel, obey
from wattest.evse.memory import EVERY_S, Memory
from wattest.evse.uplink import Uplink
from wattest.evse.web import fetch
from wattest.model.charger import ChargerSheet
from wattest.model.scenario import Dialect
from wattest.world import World

TWINS = "wattest.analysers"
"""Entry points: ``twin(world, host, port)`` serves a simulated instrument that looks at the world, over TCP."""

Say = Callable[[str], object]


class Served(Protocol):
    """An instrument that listens."""

    @property
    def resource(self) -> str:
        """Its VISA name, such as ``TCPIP::127.0.0.1::5025::SOCKET``."""
        ...

    @property
    def port(self) -> int:
        """Its TCP port."""
        ...


Twin = Callable[[World, str, int], AbstractAsyncContextManager[Served]]


@dataclass(frozen=True)
class Alone:
    """One EVSE that runs alone.

    ``scpi`` is host and port of its analyser, ``memory`` the file that outlives the process, if it has them.
    """

    sheet: ChargerSheet
    dialect: Dialect
    csms: str
    seed: int = 0
    active: frozenset[str] = frozenset()
    password: str | None = None
    scpi: tuple[str, int] | None = None
    memory: Path | None = None


async def live(
    alone: Alone,
    clock: Clock,
    *,
    connect: Connect,
    lines: AsyncIterator[str],
    ready: Callable[[Mapping[str, Any]], object],
    say: Say,
    remark: Say,
) -> None:
    """Live until ``lines`` end.

    ``ready`` is told once who this is and where it listens; ``say`` takes answers, and ``remark`` what a person
    may want to know.

    Raises ``BenchError`` for an unknown defect, a dialect that the sheet does not state, or a port that is taken.
    """
    world = World(clock, alone.sheet, seed=alone.seed, active=alone.active)
    uplink = Uplink(_remarking(connect, alone.csms, remark), fetch)
    charger = Charger(
        world,
        clock,
        alone.sheet,
        dialect=alone.dialect,
        connect=uplink,
        seed=alone.seed,
        active=alone.active,
        password=alone.password,
        fetch=uplink.fetch,
    )
    async with AsyncExitStack() as stack:
        facts = _facts(alone)
        if alone.memory is not None:
            await _remember(stack, Memory(alone.memory), world, charger)
        if alone.scpi is not None:
            analyser = await _served(stack, world, *alone.scpi)
            facts |= {"scpi": analyser.resource, "scpi_port": analyser.port}
        charger.start()
        stack.push_async_callback(charger.stop)
        ready(facts)
        panel = Panel(world, uplink)
        async for line in lines:
            answer = obey(panel, line)
            if answer is not None:
                say(answer)


async def lines_of(descriptor: int) -> AsyncIterator[str]:
    """Lines of a file descriptor, read in a thread, so that pipes, terminals and files all do.

    Where nobody can write (closed, or ``/dev/null``) there are no lines and no end: the EVSE lives on.
    """
    if not _can_speak(descriptor):
        await asyncio.Event().wait()
    loop = asyncio.get_running_loop()
    arrived: asyncio.Queue[str | None] = asyncio.Queue()

    def read() -> None:
        for line in _split(descriptor):
            loop.call_soon_threadsafe(arrived.put_nowait, line)
        loop.call_soon_threadsafe(arrived.put_nowait, None)

    threading.Thread(target=read, name="control lines", daemon=True).start()
    while (line := await arrived.get()) is not None:
        yield line


def twins() -> dict[str, Twin]:
    """Simulated instruments that installed packages offer beside an EVSE, by name."""
    return {entry.name: cast("Twin", entry.load()) for entry in entry_points(group=TWINS)}


async def _remember(stack: AsyncExitStack, memory: Memory, world: World, charger: Charger) -> None:
    """Recall the last life, then keep this one's until the stack ends."""
    memory.recall(world, charger)

    async def keep() -> None:
        while True:
            memory.keep(world, charger)
            await asyncio.sleep(EVERY_S)

    keeping = asyncio.get_running_loop().create_task(keep(), name="keep the memory")
    stack.callback(memory.keep, world, charger)
    stack.callback(keeping.cancel)


async def _served(stack: AsyncExitStack, world: World, host: str, port: int) -> Served:
    known = twins()
    if not known:
        raise BenchError(
            f"No package here offers an analyser for --scpi (entry points '{TWINS}'); "
            "install wattest with its instruments, or leave --scpi out."
        )
    try:
        return await stack.enter_async_context(next(iter(known.values()))(world, host, port))
    except OSError as problem:
        raise BenchError(
            f"The analyser cannot listen on {host}:{port}: {problem.strerror or problem}; "
            "choose another --scpi port, or 0 to let the system choose."
        ) from None


def _facts(alone: Alone) -> dict[str, Any]:
    sheet = alone.sheet
    return {
        "maker": sheet.maker,
        "model": sheet.model,
        "serial": sheet.serial,
        "firmware": sheet.firmware,
        "identity": sheet.identity,
        "ocpp": alone.dialect,
        "csms": alone.csms,
        "boot_time_s": sheet.boot_time_s,
    }


def _remarking(connect: Connect, csms: str, remark: Say) -> Connect:
    """``connect``, with a word whenever what became of dialling changes."""
    last: list[str] = []

    async def dial(greeting: Greeting) -> Wire:
        try:
            wire = await connect(greeting)
        except OSError as problem:
            news = f"{csms} cannot be reached ({problem}); the charger keeps trying."
            if last[-1:] != [news]:
                remark(news)
            last[:] = [news]
            raise
        last.clear()
        remark(f"Connected to {csms} as {greeting.identity}.")
        return wire

    return dial


def _can_speak(descriptor: int) -> bool:
    try:
        what = os.fstat(descriptor)
    except OSError:
        return False
    return not (stat.S_ISCHR(what.st_mode) and what.st_rdev == Path(os.devnull).stat().st_rdev)


def _split(descriptor: int) -> Iterator[str]:
    """Not ``sys.stdin``: a daemon thread that holds its lock would crash the interpreter at its end."""
    rest = b""
    while data := os.read(descriptor, 65_536):
        *whole, rest = (rest + data).split(b"\n")
        for line in whole:
            yield line.decode("utf-8", "backslashreplace")
    if rest:
        yield rest.decode("utf-8", "backslashreplace")
