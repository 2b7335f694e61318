"""Making a bench safe from outside of a run: by its watchdog, or by hand with ``wattest safe``.

The drivers of the bench file are opened anew, which energises nothing, and told what every run tells them at its end.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wattest.errors import BenchError
from wattest.roles import Surroundings
from wattest.run.drivers import driver
from wattest.run.safety import POWERED, make_safe

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from wattest.clock import Clock
    from wattest.model.bench import Bench, DriverEntry
    from wattest.roles import Note, Part

OPEN_S = 15.0
"""How long a part may take to open, in which it is not yet told to become safe; a person is waited for longer."""


@dataclass(frozen=True)
class Rescued:
    """Whether the bench is safe for certain, and the sentence that says how that is known."""

    ok: bool
    sentence: str
    confirmed_by: str | None = None


async def rescue(
    bench: Bench,
    *,
    clock: Clock,
    note: Note,
    prompt: Callable[[str], Awaitable[str]] | None = None,
) -> Rescued:
    """Everything off. Never raises for what an instrument does: the bench is not safe then, and the sentence says why."""
    last: dict[str, Any] = {"sentence": "no independent instrument confirms it", "confirmed_by": None}

    def heard(kind: str, /, **fields: Any) -> int:
        if kind == "safe" and fields["role"] == "bench":
            last.update(fields)
        with suppress(Exception):  # a full disk must not keep the power on
            return note(kind, **fields)
        return -1

    rigs, parts, problems = _built(bench, clock, heard, prompt)
    gone = played_by_the_run(bench, rigs)
    for role in gone:
        sentence = f"{role} was played by a program that the run had started, and that ends with it"
        heard("safe", role=role, ok=True, confirmed_by=None, sentence=sentence, attempt=1, evidence=())
    wanted = {role: part for role, part in parts.items() if role not in gone}
    for name, rig in rigs.items():
        if not getattr(rig, "plays_station", False):
            await _opened(name, rig, heard)
    await asyncio.gather(*(_opened(role, part, heard) for role, part in wanted.items()))
    try:
        if any(role in wanted for role in POWERED):
            await make_safe(wanted, bench.safe_order, clock=clock, note=heard, plane=bench.measurement_plane)
        else:
            last["sentence"] = "nothing of this bench outlives a run"
    except BenchError as problem:
        problems.append(str(problem))
    for part in (*wanted.values(), *rigs.values()):
        with suppress(Exception):
            await part.close()
    if problems:
        return Rescued(False, " ".join(problems))
    return Rescued(True, last["sentence"], last["confirmed_by"])


def hazardous(bench: Bench, rigs: Mapping[str, Any]) -> bool:
    """Whether something on this bench can stay live when the run has died."""
    return any(role in bench.roles for role in POWERED if role not in played_by_the_run(bench, rigs))


def played_by_the_run(bench: Bench, rigs: Mapping[str, Any]) -> tuple[str, ...]:
    """Roles that a simulated station plays, a program that the run itself starts and that ends with it."""
    own = [name for name, rig in rigs.items() if getattr(rig, "plays_station", False)]
    return tuple(role for role, entry in bench.roles.items() if any(_names(entry, name) for name in own))


def _names(entry: DriverEntry, rig: str) -> bool:
    texts = [value for value in entry.options.values() if isinstance(value, str)]
    return entry.options.get("rig") == rig or any(f"{{{rig}." in text for text in texts)


def _built(
    bench: Bench, clock: Clock, note: Note, prompt: Callable[[str], Awaitable[str]] | None
) -> tuple[dict[str, Any], dict[str, Part], list[str]]:
    """Rigs and the parts that matter, not opened yet; what cannot even be made keeps nothing else."""
    found: dict[str, Any] = {}
    parts: dict[str, Part] = {}
    problems: list[str] = []

    def made(role: str, entry: DriverEntry) -> Any:
        around = Surroundings(
            clock=clock,
            note=note,
            role=role,
            folder=str(Path(bench.path).parent),
            rigs=found,
            facts={"csms": "", "identity": "", "dialect": ""},
            prompt=prompt,
        )
        try:
            return driver(entry, around)
        except Exception as problem:  # noqa: BLE001 - the other parts must be made safe whatever this one is
            problems.append(f"{role} could not be made safe: {problem}")
            return None

    for name, entry in bench.rigs.items():
        rig = made(name, entry)
        if rig is not None:
            found[name] = rig
    for role in (*POWERED, "reference_meter"):
        if role in bench.roles and (part := made(role, bench.roles[role])) is not None:
            parts[role] = part
    return found, parts, problems


async def _opened(role: str, part: Any, note: Note) -> None:
    """A part that does not open is told to become safe all the same."""
    patience_s = max(OPEN_S, getattr(part, "patience_s", 0.0))
    try:
        async with asyncio.timeout(patience_s):
            identity = await part.open()
    except TimeoutError:
        note("opened", role=role, ok=False, sentence=f"{role} did not open within {patience_s:g} s")
    except Exception as problem:  # noqa: BLE001 - see above
        note("opened", role=role, ok=False, sentence=f"{role} did not open: {problem}")
    else:
        note("opened", role=role, ok=True, sentence=f"{role} answers", identity=identity)
