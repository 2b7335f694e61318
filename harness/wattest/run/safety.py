"""Power off, on every way out, and the record says how that was confirmed, and by which instrument.

What takes energy away is armed before any is given: ``Interlocks`` is a stack with one entry per part, on which the first
of the bench's ``safe_order`` lies on top. Each entry is an action (``make_safe``) and the device's own word afterwards
(``read_back``, for drivers that have it); another instrument than the one that acted confirms the whole. What does not
become safe is told again, three times in all.
"""

from __future__ import annotations

import asyncio
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from wattest.errors import BenchError
from wattest.roles import ReadsBack

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from wattest.clock import Clock
    from wattest.roles import Note, Part, Reading

DEAD_A = 0.1
"""A current below this is no current (project)."""

DEAD_V = 30.0
"""rms voltage below which an output is dead (IEC 61851-1, recalled)."""

STANDBY_A = 3.0
"""What a station that is fed may take for itself at its input, heater and all (project): no car charges with less than 6 A."""

PATIENCE_S = 5.0
"""How long a part may take to become safe before the next one is told to; a part that a person plays says more,
in ``patience_s``."""

ATTEMPTS = 3
"""How often a part is told, and a witness asked (project)."""

BETWEEN = frozenset({"mains", "chamber"})
"""Parts that may stay as they are between two scenarios: a station that boots for each of them proves nothing."""

POWERED = ("vehicle", "load", "mains", "chamber")
"""Roles that can give or draw energy, or keep something running."""

UNKNOWN = "no data"
"""Flag of a reading without a number: NaN when the instrument gave none, 0 when it never shows this quantity."""


class Interlocks:
    """The stack of one bench. ``plane`` is where its reference meter measures; ``order`` the bench's ``safe_order``.

    ::

        interlocks = Interlocks(parts, bench.safe_order, clock=clock, note=note, plane=bench.measurement_plane)
        interlocks.arm()            # before anything is energised
        await interlocks.between()  # after a scenario: no current flows, the station may stay fed
        await interlocks.run()      # at the end, and whenever something is wrong: everything off
    """

    def __init__(
        self,
        parts: Mapping[str, Part],
        order: Iterable[str],
        *,
        clock: Clock,
        note: Note,
        plane: str = "connector",
    ) -> None:
        self._parts = parts
        self._order = in_order(parts, order)
        self._clock, self._note, self._plane = clock, note, plane
        self.armed = False
        """Whether energy may be given: everything that takes it away again stands ready."""
        self._was_armed = False

    def arm(self) -> None:
        """Everything that can take energy away is known; from here on it may be given. Harmless when armed.

        Raises ``BenchError`` when a part has no way to become safe.
        """
        if self.armed:
            return
        for role in self._order:
            if not callable(getattr(self._parts[role], "make_safe", None)):
                raise BenchError(
                    f"{role} cannot be made safe: its driver has no 'make_safe', so nothing is energised."
                )
        self._note("interlocks", order=self._order, plane=self._plane)
        self.armed = self._was_armed = True

    async def between(self) -> None:
        """No current flows; the station may stay fed. Raises ``BenchError`` after everything was switched off instead.

        Where nothing was armed, nothing was energised; what ``run`` has switched off is off.
        """
        if not self.armed:
            if not self._was_armed:
                self._note(
                    "safe",
                    role="bench",
                    ok=True,
                    confirmed_by=None,
                    sentence="nothing was energised: the interlocks were never armed",
                    attempt=1,
                    evidence=(),
                )
            return
        try:
            await between_scenarios(
                self._parts, self._order, clock=self._clock, note=self._note, plane=self._plane
            )
        except Off:
            self.armed = False
            raise

    async def run(self) -> None:
        """Everything off, last in, first out. Stays armed, and raises ``BenchError``, when that is not certain."""
        await make_safe(self._parts, self._order, clock=self._clock, note=self._note, plane=self._plane)
        self.armed = False


class Off(BenchError):
    """A bench could not be left fed, so everything was switched off; that was confirmed."""


def in_order(parts: Mapping[str, Part], order: Iterable[str]) -> tuple[str, ...]:
    """Every role of the bench in the order in which it is made safe: those of ``order``, what is powered, the rest."""
    wanted = (*order, *POWERED, *parts)
    return tuple(role for role in dict.fromkeys(wanted) if role in parts)


async def between_scenarios(
    parts: Mapping[str, Part], order: Iterable[str], *, clock: Clock, note: Note, plane: str = "connector"
) -> None:
    """No current flows; the station may stay fed. What fails here makes everything safe and is raised.

    Raises ``Off`` when everything is off then, and another ``BenchError`` when that is not certain either.
    """
    some = {role: part for role, part in parts.items() if role not in BETWEEN}
    order = tuple(order)
    try:
        await _off(some, order, clock=clock, note=note, plane=plane, feed=parts.get("mains"), fed=True)
    except BenchError as problem:
        try:
            await make_safe(parts, order, clock=clock, note=note, plane=plane)
        except BenchError as more:
            raise BenchError(" ".join(dict.fromkeys((str(problem), str(more))))) from problem
        raise Off(str(problem)) from problem


async def make_safe(
    parts: Mapping[str, Part], order: Iterable[str], *, clock: Clock, note: Note, plane: str = "connector"
) -> None:
    """Tell every part to become safe, those of ``order`` first, again after a failure, ``ATTEMPTS`` times in all.

    Nothing stops the others, a record that cannot be written neither: errors are collected. Raises ``BenchError``
    with all sentences when a part never became safe, or when a witness still sees energy or cannot tell.
    """
    await _off(parts, tuple(order), clock=clock, note=note, plane=plane, feed=parts.get("mains"), fed=False)


async def _off(
    parts: Mapping[str, Part],
    order: tuple[str, ...],
    *,
    clock: Clock,
    note: Note,
    plane: str,
    feed: Part | None,
    fed: bool,
) -> None:
    problems: list[str] = []

    def noted(attempt: int, found: _Result) -> None:
        """A failure that is tried again is no verdict on the bench yet."""
        final = found.ok or attempt == ATTEMPTS
        if final and not found.ok:
            problems.append(found.sentence)
        try:
            note(
                "safe" if final else "safe_attempt",
                role=found.role,
                ok=found.ok,
                confirmed_by=found.confirmed_by,
                sentence=found.sentence,
                attempt=attempt,
                evidence=found.seq,
            )
        except Exception as problem:  # noqa: BLE001 - a full disk must not keep the power on
            problems.append(f"{found.role}: this could not be noted: {problem}")

    roles = left = in_order(parts, order)
    for attempt in range(1, ATTEMPTS + 1):
        results = []
        for role in left:
            results.append(await _told(role, parts[role]))
            noted(attempt, results[-1])
        seen = await _witnessed(parts, clock, plane=plane, feed=feed, fed=fed, again=attempt > 1)
        noted(attempt, seen)
        left = tuple(found.role for found in results if not found.ok)
        if seen.ok and not left:
            break
        if seen.flows:  # somebody said that it was safe, and it was not
            left = roles
    if problems:
        raise BenchError(" ".join(dict.fromkeys(problems)))


@dataclass(frozen=True)
class _Result:
    """What became of one part, or of the whole bench; ``flows`` when an instrument sees that it is not safe."""

    role: str
    ok: bool
    sentence: str
    confirmed_by: str | None = None
    flows: bool = False
    seq: tuple[int, ...] = ()


async def _told(role: str, part: Part) -> _Result:
    """One part is told to become safe and asked whether it did."""
    patience_s = getattr(part, "patience_s", PATIENCE_S)
    limit = asyncio.timeout(patience_s)
    try:
        async with limit:
            await part.make_safe()
            if not isinstance(part, ReadsBack):
                return _Result(role, True, f"{role} is safe")
            back = await part.read_back()
    except Exception as problem:  # noqa: BLE001 - the next part must be made safe whatever this one does
        if isinstance(problem, TimeoutError) and limit.expired():
            return _Result(role, False, f"{role} did not become safe within {patience_s:g} s.")
        return _Result(role, False, f"{role} could not be made safe: {_said(problem)}")
    if not back.safe:
        sentence = f"{role} was told to become safe and says of itself: {back.sentence}."
        return _Result(role, False, sentence, role, seq=back.seq)
    return _Result(role, True, f"{role} is safe and says so itself: {back.sentence}", role, seq=back.seq)


def _said(problem: Exception) -> str:
    return str(problem) or type(problem).__name__


async def _witnessed(
    parts: Mapping[str, Part], clock: Clock, *, plane: str, feed: Part | None, fed: bool, again: bool
) -> _Result:
    """Ask an instrument that is independent of the EVSE whether energy still flows, until it has had time to stop.

    ``again`` opens an instrument anew that did not answer before.
    """
    begin = clock.monotonic()
    found = _Result("bench", True, "no independent instrument confirms it")
    for ask in _witnesses(parts, plane=plane, feed=feed, fed=fed):
        while True:
            found = await _asked(ask, reopen=again)
            if not found.flows or clock.monotonic() - begin >= PATIENCE_S:
                break
            await clock.sleep(0.25)
        if not found.ok:
            return found
    return found


def _witnesses(
    parts: Mapping[str, Part], *, plane: str, feed: Part | None, fed: bool
) -> Iterable[tuple[str, Any, float, float | None]]:
    """Who is asked: role, driver, most current in A, most voltage in V; the last one is the one who confirms it."""
    meter = parts.get("reference_meter")
    reads = feed is not None and "supply_reading" in getattr(feed, "supports", ())
    source = feed if reads and not fed else None
    if plane == "input" or meter is None:
        if meter is not None:
            yield "reference_meter", meter, STANDBY_A if fed else DEAD_A, None
        if source is not None:
            yield "mains", source, DEAD_A, DEAD_V
        if fed and "load" in parts:
            yield "load", parts["load"], DEAD_A, None
    else:
        yield "reference_meter", meter, DEAD_A, None if fed else DEAD_V


async def _asked(ask: tuple[str, Any, float, float | None], *, reopen: bool) -> _Result:
    """One reading of one witness, held against what is dead."""
    role, part, most_a, most_v = ask
    name = role.replace("_", " ")
    try:
        async with asyncio.timeout(getattr(part, "patience_s", PATIENCE_S)):
            seen = await _read(role, part, reopen=reopen)
    except Exception as problem:  # noqa: BLE001 - an instrument that fails now leaves the state unknown
        why = f"The {name} could not confirm that no current flows: {_said(problem)}"
        return _Result("bench", False, why, role)
    current: Reading = seen.current
    voltage: Reading | None = None if most_v is None else getattr(seen, "voltage", None)
    if UNKNOWN in current.flags and math.isfinite(current.value):
        return _Result(
            "bench", True, f"the {name} shows no current at all: no independent instrument confirms it"
        )
    if voltage is not None and UNKNOWN in voltage.flags and math.isfinite(voltage.value):
        voltage = None
    reads = f"the {name} reads {current.value:.3f} A"
    off = UNKNOWN not in current.flags and abs(current.value) < most_a
    wanted = f"below {most_a:g} A is wanted"
    if voltage is not None:
        reads += f" and {voltage.value:.1f} V"
        off = off and UNKNOWN not in voltage.flags and abs(voltage.value) < (most_v or 0.0)
        wanted = f"below {most_a:g} A and {most_v:g} V are wanted"
    seq = tuple(dict.fromkeys((*current.seq, *(() if voltage is None else voltage.seq))))
    if not off:
        return _Result("bench", False, f"Power is not off: {reads}; {wanted}.", role, flows=True, seq=seq)
    if most_a > DEAD_A:
        reads += ", which a station may take for itself: no independent instrument confirms it"
        return _Result("bench", True, reads, seq=seq)
    return _Result("bench", True, reads, role, seq=seq)


async def _read(role: str, part: Any, *, reopen: bool) -> Any:
    verb = part.read if role == "reference_meter" else part.measure
    try:
        return await verb()
    except BenchError:
        if not reopen:
            raise
    await part.close()
    await part.open()
    return await verb()
