"""Every driver of a bench, opened and identified one by one, made safe and closed. Nothing is energised."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from wattest.clock.network import MemoryNetwork
from wattest.errors import BenchError, DocumentError
from wattest.roles import ReadsBack, Surroundings, TellsTime
from wattest.run.doctor.finding import Finding, State, as_told
from wattest.run.drivers import driver
from wattest.run.languages import Text
from wattest.run.rehearse import Rehearsal, with_twins

if TYPE_CHECKING:
    from wattest.clock import Clock
    from wattest.model.bench import Bench, DriverEntry
    from wattest.model.charger import ChargerSheet
    from wattest.roles import Part

T = TypeVar("T")

OPEN_S = 60.0
"""How long one part may take for anything; rigs that start a program have their own, shorter limits."""
APART_S = 2.0
"""How far two clocks may be apart: as far as the station's may (DAT-01; project)."""
BY_HAND = "by_hand"
"""The driver that is a person, who need not answer the doctor."""
NAME = "wattest doctor"
"""What is typed when a driver asks who is at the bench, since a person helps it."""


@dataclass
class Parts:
    """What the drivers of a bench told. ``can`` is what a scenario's needs can find: roles and capabilities."""

    findings: list[Finding] = field(default_factory=list)
    can: set[str] = field(default_factory=set)


async def examine(bench: Bench, sheet: ChargerSheet, clock: Clock) -> Parts:
    """Open, identify, make safe and close every part, one after the other. Errors become findings."""
    found = Parts()
    try:
        return await _examined(bench, sheet, clock, found)
    except (BenchError, DocumentError) as problem:
        # A twin that cannot be plugged in leaves nothing to rehearse; the rest of the findings stands.
        found.findings.append(Finding("part", "twins", "problem", as_told(problem)))
        found.can |= set(bench.roles)
        return found


async def _examined(bench: Bench, sheet: ChargerSheet, clock: Clock, found: Parts) -> Parts:
    async with _made(bench, sheet, clock, found) as parts:
        opened: dict[str, Part] = {}
        try:
            for name, part in parts.items():
                if {**bench.rigs, **bench.roles}[name].driver == BY_HAND and not bench.rehearsed:
                    found.findings.append(_person(name))
                    continue
                opened[name] = part
                found.findings.append(await _opened(name, part))
                if found.findings[-1].state == "fine" and isinstance(part, TellsTime):
                    found.findings.append(await _compared(name, part, clock))
        finally:
            found.findings += await _at_rest(bench, opened)
    return found


@asynccontextmanager
async def _made(
    bench: Bench, sheet: ChargerSheet, clock: Clock, found: Parts
) -> AsyncIterator[dict[str, Part]]:
    """Rigs, then roles, constructed; on a rehearsed bench with twins plugged into a world of their own."""
    world = _world(bench, sheet, clock)
    async with AsyncExitStack() as stack:
        if bench.rehearsed:
            folder = str(Path(bench.path).parent)

            def there(entry: DriverEntry, left: dict[str, Any]) -> Rehearsal:
                return Rehearsal(world, clock, entry.role, entry.options, folder, left)

            bench = await with_twins(bench, stack, there)
        yield _constructed(bench, sheet, clock, found, world)


def _world(bench: Bench, sheet: ChargerSheet, clock: Clock) -> Any:
    if bench.kind != "simulated":
        return None
    from wattest.world import World  # noqa: PLC0415 - a live bench needs no simulated world

    return World(clock, sheet)


def _constructed(
    bench: Bench, sheet: ChargerSheet, clock: Clock, found: Parts, world: Any
) -> dict[str, Part]:
    rigs: dict[str, Any] = {"network": MemoryNetwork(clock)} if world is not None else {}
    facts = {
        "identity": sheet.identity,
        "csms": f"ws://{bench.csms.host}:{bench.csms.port or 9000}",
        "dialect": sheet.dialects[0],
    }
    parts: dict[str, Part] = {}
    for name, entry in (*bench.rigs.items(), *bench.roles.items()):
        around = Surroundings(
            clock=clock,
            note=_noted_nowhere(),
            role=name,
            folder=str(Path(bench.path).parent),
            world=world,
            rigs=rigs,
            facts=facts,
            prompt=_nobody,
        )
        try:
            part = driver(entry, around)
        except (BenchError, DocumentError) as problem:  # a driver may read a calibration file when it is made
            found.findings.append(Finding("part", name, "problem", as_told(problem)))
            found.can |= {name} & set(bench.roles)
            continue
        parts[name] = part
        if name in bench.rigs:
            rigs[name] = part
        else:
            found.can |= {name, *part.supports}
    return parts


def _noted_nowhere() -> Callable[..., int]:
    """There is no record: what drivers exchange is not kept."""
    numbers = iter(range(10**9))
    return lambda *_, **__: next(numbers)


async def _nobody(_question: str) -> str:
    return NAME


def _person(name: str) -> Finding:
    return Finding(
        "part",
        name,
        "fine",
        Text("Played by a person; nobody was asked.", "Tenu par une personne ; personne n'a été interrogé."),
    )


async def _opened(name: str, part: Part) -> Finding:
    try:
        told = await _in_time(part.open())
    except Exception as problem:  # noqa: BLE001 - the other parts are examined whatever this one does
        return Finding("part", name, "problem", as_told(_said(problem)))
    number = f", {told.serial}" if told.serial not in {"", "unknown"} else ""
    firmware = f", {told.firmware}" if told.firmware else ""
    return Finding("part", name, "fine", as_told(f"{told.maker} {told.model}{number}{firmware}"))


async def _compared(name: str, part: TellsTime, clock: Clock) -> Finding:
    """How far the part's clock is from this computer's, at the middle of the question."""
    before = clock.utc()
    try:
        told = await _in_time(part.utc())
    except Exception as problem:  # noqa: BLE001 - a part that cannot tell the time may still measure
        return Finding("part", name, "warning", as_told(_said(problem)))
    offset_s = (told - before - (clock.utc() - before) / 2).total_seconds()
    state: State = "fine" if abs(offset_s) <= APART_S else "warning"
    return Finding(
        "part",
        name,
        state,
        Text(
            f"Its clock is {offset_s:+.1f} s from this computer's.",
            f"Son horloge est à {offset_s:+.1f} s de celle de cet ordinateur.",
        )
        if state == "fine"
        else Text(
            f"Its clock is {offset_s:+.1f} s from this computer's; {APART_S:g} s are allowed: find out which is wrong.",
            f"Son horloge est à {offset_s:+.1f} s de celle de cet ordinateur ; {APART_S:g} s sont tolérées : trouvez "
            "laquelle est fausse.",
        ),
    )


async def _in_time(doing: Coroutine[Any, Any, T]) -> T:
    async with asyncio.timeout(OPEN_S):
        return await doing


def _said(problem: Exception) -> str:
    if isinstance(problem, TimeoutError):
        return f"no answer within {OPEN_S:g} s"
    return str(problem) if isinstance(problem, BenchError) else f"{type(problem).__name__}: {problem}"


async def _at_rest(bench: Bench, opened: Mapping[str, Part]) -> list[Finding]:
    """Everything made safe in the bench's order, asked whether it is, and closed; rigs come last."""
    found: list[Finding] = []
    first = [role for role in bench.safe_order if role in opened]
    roles = [name for name in opened if name in bench.roles and name not in first]
    order = (*first, *roles, *(name for name in opened if name in bench.rigs))
    for name in order:
        found += await _safe(name, opened[name])
    for name in order:
        try:
            await _in_time(opened[name].close())
        except Exception as problem:  # noqa: BLE001 - the next one must be closed whatever this one does
            found.append(_not_safe(name, f"{name} could not be closed: {_said(problem)}"))
    return found


async def _safe(name: str, part: Part) -> list[Finding]:
    try:
        await _in_time(part.make_safe())
    except Exception:  # noqa: BLE001 - once more: an instrument may have been busy
        try:
            await _in_time(part.make_safe())
        except Exception as problem:  # noqa: BLE001 - the next part must be made safe whatever this one does
            return [_not_safe(name, f"{name} could not be made safe: {_said(problem)}")]
    if not isinstance(part, ReadsBack):
        return []
    try:
        told = await _in_time(part.read_back())
    except Exception as problem:  # noqa: BLE001 - as above
        return [_not_safe(name, f"{name} cannot be asked whether it is safe: {_said(problem)}")]
    return [Finding("part", name, "fine" if told.safe else "problem", as_told(told.sentence))]


def _not_safe(name: str, sentence: str) -> Finding:
    return Finding("part", name, "problem", as_told(sentence))
