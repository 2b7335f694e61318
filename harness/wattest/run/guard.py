"""The bench as venues and steps see it: every part behind its interlocks and the bench file's limits.

A driver is wrapped, not inherited from: what it can do it still can, and three things are held against the rules on the
way. Energy is given only while the interlocks are armed. A setting beyond a limit never reaches the device. A reading
beyond one switches everything off.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from wattest.errors import BenchError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator, Mapping

    from wattest.model.bench import SafetyLimits
    from wattest.roles import Part, Reading

_GIVES = {
    "set_power": "on",
    "set_ready": "ready",
    "set_input": "on",
    "set_fault": "on",
    "set_heedless": "heedless",
    "run_profile": "steps",
}
"""Verbs that can give energy, and the argument that says whether they do. A fault of the vehicle may put voltage on the output."""

_ORDER = {"set_fault": ("fault", "on")}
"""Arguments of verbs whose telling one is not the first."""

_SETS = {"set_voltage": "voltage_v", "set_current": "current_a", "set_temperature": "temperature_c"}
_UNITS = {"voltage": "V", "current": "A", "power": "W", "temperature": "degC"}

_READS = {
    ("reference_meter", "read"): ("voltage", "current", "power"),
    ("mains", "measure"): ("voltage", "current", "power"),
    ("load", "measure"): ("voltage", "current", "power"),
}
"""Readings by role and verb, and the quantities in them that have limits."""


class Guard:
    """What all parts of one bench share: whether the interlocks are ``armed``, the limits, and what was beyond them.

    ``off`` switches everything off. ``breach`` is the sentence of the first reading beyond a limit since ``clear``.
    ``trouble`` may name another reason for which nothing may be energised, such as a watchdog that is gone.
    """

    def __init__(
        self,
        limits: SafetyLimits,
        *,
        armed: Callable[[], bool],
        off: Callable[[], Awaitable[None]],
        trouble: Callable[[], str | None] = lambda: None,
    ) -> None:
        self._limits = limits
        self._armed, self._off, self._trouble = armed, off, trouble
        self._breach: str | None = None

    def part(self, role: str, part: Part) -> Part:
        """The part of this role behind the guard."""
        return cast("Part", _Guarded(self, role, part))

    def clear(self) -> None:
        """A new scenario begins: what was beyond a limit before is over."""
        self._breach = None

    def breach(self) -> str | None:
        """Why a scenario may not go on; None while it may."""
        return self._breach or self._trouble()

    def check(self, role: str, verb: str, arguments: Mapping[str, Any]) -> None:
        """Raises ``BenchError`` for what must not be done."""
        given = arguments.get(_GIVES.get(verb, ""))
        gives = any(step.voltage_v > 0 for step in given) if isinstance(given, tuple) else bool(given)
        if gives and (reason := self.breach()) is not None:
            raise BenchError(f"{role}.{verb} was refused: {reason}")
        if gives and not self._armed():
            raise BenchError(
                f"{role}.{verb} was refused: it gives energy, and the interlocks that take it away again are not "
                "armed. They are armed when every part of the bench has been opened."
            )
        for name, value in _asked(verb, arguments):
            self._check_setting(role, verb, name, value)

    def _check_setting(self, role: str, verb: str, name: str, value: float) -> None:
        least, most = self._limits.of(name)
        if least <= value <= most or math.isinf(most):  # NaN is not within any
            return
        unit = _UNITS[name]
        limit = most if value > most or math.isnan(value) else least
        raise BenchError(
            f"{role}.{verb} to {value:g} {unit} was refused: the bench file's limit is {limit:g} {unit}. "
            "Ask for what the bench can bear, or change 'limits' in the bench file."
        )

    async def look(self, role: str, readings: Iterator[tuple[str, str, Reading]]) -> None:
        """Hold readings (name, quantity, reading) against the limits; the first one beyond switches everything off."""
        for name, quantity, reading in readings:
            least, most = self._limits.of(quantity)
            if math.isnan(reading.value) or least <= reading.value <= most:
                continue
            unit = _UNITS[quantity]
            limit = most if reading.value > most else least
            self._breach = (
                f"The {role.replace('_', ' ')} reads {reading.value:g} {unit} ({name}), beyond the limit of "
                f"{limit:g} {unit} in the bench file: everything was switched off."
            )
            try:
                await self._off()
            except BenchError as problem:
                self._breach += f" That is not certain: {problem}"
            raise BenchError(self._breach)


@dataclass(frozen=True)
class _Guarded:
    """One part. Whatever it can do is found here under the same name."""

    guard: Guard
    role: str
    bare: Part

    def __getattr__(self, name: str) -> Any:
        found = getattr(self.bare, name)
        if name in _GIVES or name in _SETS:
            return self._checked(name, found)
        if (self.role, name) in _READS or name in {"read_all", "read_temperature"}:
            return self._looked_at(name, found)
        return found

    def _checked(self, verb: str, does: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
        first = _GIVES.get(verb) or _SETS[verb]

        async def checked(*values: Any, **arguments: Any) -> Any:
            known = {**dict(zip(_ORDER.get(verb, (first,)), values, strict=False)), **arguments}
            self.guard.check(self.role, verb, known)
            return await does(*values, **arguments)

        return checked

    def _looked_at(self, verb: str, reads: Callable[[], Awaitable[Any]]) -> Callable[[], Awaitable[Any]]:
        async def looked_at() -> Any:
            seen = await reads()
            await self.guard.look(self.role, _limited(self.role, verb, seen))
            return seen

        return looked_at


def _asked(verb: str, arguments: Mapping[str, Any]) -> Iterator[tuple[str, float]]:
    """Quantities with limits that a verb is asked to set."""
    if verb in _SETS and _SETS[verb] in arguments:
        yield verb.removeprefix("set_"), arguments[_SETS[verb]]
    if verb == "run_profile":
        for step in arguments.get("steps", ()):
            if step.voltage_v > 0:
                yield "voltage", step.voltage_v


def _limited(role: str, verb: str, seen: Any) -> Iterator[tuple[str, str, Reading]]:
    """The readings in an answer that have limits."""
    if verb == "read_all":
        for place, reading in seen.items():
            yield place, "temperature", reading
    elif verb == "read_temperature":
        yield "air", "temperature", seen
    else:
        for quantity in _READS[role, verb]:
            yield quantity, quantity, getattr(seen, quantity)
