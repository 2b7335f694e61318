"""Power off, on every way out, and the record says how that was confirmed."""

from __future__ import annotations

import asyncio
import math
from typing import TYPE_CHECKING, Any

from wattest.errors import BenchError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from wattest.clock import Clock
    from wattest.roles import Note, Part, Reading

DEAD_A = 0.1
"""A current below this, at the reference meter, is no current."""

PATIENCE_S = 5.0
"""How long a part may take to become safe before the next one is told to; a part that a person plays says more,
in ``patience_s``."""

BETWEEN = frozenset({"mains", "chamber"})
"""Parts that may stay as they are between two scenarios: a station that boots for each of them proves nothing."""

UNKNOWN = "no data"
"""Flag of a reading without a number: NaN when the instrument gave none, 0 when it never shows this quantity."""


async def between_scenarios(
    parts: Mapping[str, Part], order: Iterable[str], *, clock: Clock, note: Note
) -> None:
    """No current flows; the station may stay fed. What fails here makes everything safe and is raised."""
    some = {role: part for role, part in parts.items() if role not in BETWEEN}
    order = tuple(order)
    try:
        await make_safe(some, order, clock=clock, note=note)
    except BenchError as problem:
        try:
            await make_safe(parts, order, clock=clock, note=note)
        except BenchError as more:
            raise BenchError(" ".join(dict.fromkeys((str(problem), str(more))))) from problem
        raise


async def make_safe(parts: Mapping[str, Part], order: Iterable[str], *, clock: Clock, note: Note) -> None:
    """Tell every part to become safe, those of ``order`` first, each once more after a failure.

    Nothing stops the others, a record that cannot be written neither: errors are collected. Raises ``BenchError``
    with all sentences when a part failed twice, or when the reference meter still sees current or cannot tell.
    """
    first = [role for role in dict.fromkeys(order) if role in parts]
    problems: list[str] = []

    def noted(*, role: str, ok: bool, confirmed_by: str | None, sentence: str) -> None:
        if not ok:
            problems.append(sentence)
        try:
            note("safe", role=role, ok=ok, confirmed_by=confirmed_by, sentence=sentence)
        except Exception as problem:  # noqa: BLE001 - a full disk must not keep the power on
            problems.append(f"{role}: this could not be noted: {problem}")

    for role in (*first, *(role for role in parts if role not in first)):
        sentence = await _safe(role, parts[role])
        if sentence is not None:
            sentence = await _safe(role, parts[role])
        noted(role=role, ok=sentence is None, confirmed_by=None, sentence=sentence or f"{role} is safe")
    ok, confirmed_by, sentence = await _confirmed(parts, clock)
    noted(role="bench", ok=ok, confirmed_by=confirmed_by, sentence=sentence)
    if problems:
        raise BenchError(" ".join(problems))


async def _safe(role: str, part: Part) -> str | None:
    patience_s = getattr(part, "patience_s", PATIENCE_S)
    limit = asyncio.timeout(patience_s)
    try:
        async with limit:
            await part.make_safe()
    except Exception as problem:  # noqa: BLE001 - the next part must be made safe whatever this one does
        if isinstance(problem, TimeoutError) and limit.expired():
            return f"{role} did not become safe within {patience_s:g} s."
        return f"{role} could not be made safe: {_said(problem)}"
    return None


def _said(problem: Exception) -> str:
    return str(problem) or type(problem).__name__


async def _confirmed(parts: Mapping[str, Part], clock: Clock) -> tuple[bool, str | None, str]:
    """Ask an instrument that is independent of the EVSE whether current still flows."""
    meter: Any = parts.get("reference_meter")
    if meter is None:
        return True, None, "no independent instrument confirms it"
    begin = clock.monotonic()
    try:
        while True:
            async with asyncio.timeout(getattr(meter, "patience_s", PATIENCE_S)):
                current: Reading = (await meter.read()).current
            shown = UNKNOWN not in current.flags
            off = shown and abs(current.value) < DEAD_A
            if off or clock.monotonic() - begin >= PATIENCE_S:
                break
            await clock.sleep(0.25)
    except Exception as problem:  # noqa: BLE001 - an instrument that fails now leaves the state unknown
        why = f"The reference meter could not confirm that no current flows: {_said(problem)}"
        return False, "reference_meter", why
    if not shown and math.isfinite(current.value):
        return (
            True,
            None,
            "the reference meter shows no current at all: no independent instrument confirms it",
        )
    reads = f"the reference meter reads {current.value:.3f} A"
    if off:
        return True, "reference_meter", reads
    return False, "reference_meter", f"Power is not off: {reads}; below {DEAD_A:g} A is wanted."
