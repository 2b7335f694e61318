"""Power off, on every way out, and the record says how that was confirmed."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from wattest.errors import BenchError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from wattest.clock import Clock
    from wattest.roles import Note, Part

DEAD_A = 0.1
"""A current below this, at the reference meter, is no current."""

PATIENCE_S = 5.0
"""How long a part may take to become safe before the next one is told to."""


BETWEEN = frozenset({"mains", "chamber"})
"""Parts that may stay as they are between two scenarios: a station that boots for each of them proves nothing."""


async def between_scenarios(
    parts: Mapping[str, Part], order: Iterable[str], *, clock: Clock, note: Note
) -> None:
    """No current flows; the station may stay fed. What fails here makes everything safe and is raised."""
    some = {role: part for role, part in parts.items() if role not in BETWEEN}
    try:
        await make_safe(some, order, clock=clock, note=note)
    except BenchError:
        await make_safe(parts, order, clock=clock, note=note)
        raise


async def make_safe(parts: Mapping[str, Part], order: Iterable[str], *, clock: Clock, note: Note) -> None:
    """Tell every part to become safe, those of ``order`` first, each once more after a failure.

    Nothing stops the others: errors are collected. Raises ``BenchError`` with all sentences when a part failed
    twice, or when the reference meter still sees current.
    """
    first = [role for role in order if role in parts]
    problems: list[str] = []
    for role in (*first, *(role for role in parts if role not in first)):
        sentence = await _safe(role, parts[role])
        if sentence is not None:
            sentence = await _safe(role, parts[role])
        note(
            "safe", role=role, ok=sentence is None, confirmed_by=None, sentence=sentence or f"{role} is safe"
        )
        if sentence is not None:
            problems.append(sentence)
    confirmed = await _confirmed(parts, clock, note)
    if confirmed is not None:
        problems.append(confirmed)
    if problems:
        raise BenchError(" ".join(problems))


async def _safe(role: str, part: Part) -> str | None:
    try:
        async with asyncio.timeout(PATIENCE_S):
            await part.make_safe()
    except TimeoutError:
        return f"{role} did not become safe within {PATIENCE_S:g} s."
    except Exception as problem:  # noqa: BLE001 - the next part must be made safe whatever this one does
        return f"{role} could not be made safe: {problem}"
    return None


async def _confirmed(parts: Mapping[str, Part], clock: Clock, note: Note) -> str | None:
    """Ask an instrument that is independent of the EVSE whether current still flows."""
    meter: Any = parts.get("reference_meter")
    if meter is None:
        note(
            "safe", role="bench", ok=True, confirmed_by=None, sentence="no independent instrument confirms it"
        )
        return None
    try:
        for _ in range(20):
            reading = await meter.read()
            if abs(reading.current.value) < DEAD_A:
                break
            await clock.sleep(0.25)
    except Exception as problem:  # noqa: BLE001 - an instrument that fails now leaves the state unknown
        sentence = f"the reference meter could not confirm that no current flows: {problem}"
        note("safe", role="bench", ok=False, confirmed_by="reference_meter", sentence=sentence)
        return sentence
    value = reading.current.value
    ok = abs(value) < DEAD_A
    sentence = f"the reference meter reads {value:.3f} A"
    note(
        "safe",
        role="bench",
        ok=ok,
        confirmed_by="reference_meter",
        sentence=sentence,
        evidence=reading.current.seq,
    )
    return None if ok else f"Power is not off: {sentence}; below {DEAD_A:g} A is wanted."
