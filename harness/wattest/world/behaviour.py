"""Deliberate faults and lawful differences, each one small function beside what it breaks.

A *behaviour* is a decision of the simulated EVSE, written as a plain function: what a sound charger does.
A *defect* or a *variation* is another function of the same shape, registered to take its place::

    @behaviour
    def reader_works(reader: Reader) -> bool:
        return True


    @defect("COLD-D01", breaks=reader_works, area="climate", requirement="AUT-09",
            text="the card reader is dead below -20 degC", source="project: rated range of the sheet")
    def reader_freezes(reader: Reader) -> bool:
        return reader.climate.internal_c() >= -20.0

Whoever decides asks its conduct, never the behaviour itself: ``conduct(reader_works)(reader)``. What is on is
chosen per world; nothing is patched, so that chargers with different faults live side by side.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, ParamSpec, TypeVar

from wattest.errors import BenchError
from wattest.model.scenario import Dialect

P = ParamSpec("P")
R = TypeVar("R")
F = TypeVar("F", bound=Callable[..., Any])

PROVEN: tuple[Dialect, ...] = ("1.6", "2.0.1")
"""The dialects in which a defect or variation is proven unless it says otherwise.

2.1 has the messages of 2.0.1 and runs the same code of the charger: to prove everything there again would take half as
long again and find nothing. What concerns 2.1 alone (its tariffs) says ``dialects=("2.1",)``. The sound charger is
tried on every dialect, and ``wattest prove --ocpp 2.1`` proves in 2.1 what is proven in 2.0.1.
"""


@dataclass(frozen=True)
class Defect:
    """A deliberate fault: ``requirement`` is the one that it contradicts.

    ``physical`` faults could be made on a steel charger from outside (a jammed lock, a meter behind a wrong
    current transformer). ``dialects`` are those in which it is proven to show.
    """

    id: str
    area: str
    requirement: str
    text: str
    source: str
    physical: bool = False
    dialects: tuple[Dialect, ...] = PROVEN


@dataclass(frozen=True)
class Variation:
    """A difference that every requirement allows: no scenario may fail it."""

    id: str
    text: str
    source: str
    area: str = ""
    physical: bool = False
    dialects: tuple[Dialect, ...] = PROVEN


_behaviours: set[Callable[..., Any]] = set()
_replacements: dict[str, dict[Callable[..., Any], Callable[..., Any]]] = {}
_defects: dict[str, Defect] = {}
_variations: dict[str, Variation] = {}

DEFECTS: Mapping[str, Defect] = MappingProxyType(_defects)
"""Every defect by id. Complete once ``wattest.world`` and ``wattest.evse`` are imported."""

VARIATIONS: Mapping[str, Variation] = MappingProxyType(_variations)
"""Every variation by id, complete as ``DEFECTS``."""


def behaviour(function: F) -> F:
    """Declare what a sound charger does, so that a defect may take its place."""
    _behaviours.add(function)
    return function


def defect(
    id: str,  # noqa: A002 - the word of the catalogue
    *,
    breaks: Callable[..., Any],
    area: str,
    requirement: str,
    text: str,
    source: str,
    physical: bool = False,
    dialects: tuple[Dialect, ...] = PROVEN,
) -> Callable[[F], F]:
    """Register a deliberate fault that takes the place of the behaviour ``breaks``.

    The same id may break several behaviours, by stacked decorators or several functions, as long as every
    mention says the same about it. Raises ``ValueError`` or ``TypeError`` at import otherwise.
    """
    entry = Defect(id, area, requirement, text, source, physical, dialects)
    register = _replacing(id, breaks)
    if id in _variations:
        raise ValueError(f"{id} is already the id of a variation")
    if _defects.setdefault(id, entry) != entry:
        raise ValueError(f"defect {id} is described twice, differently: {_defects[id]} and {entry}")
    return register


def variation(
    id: str,  # noqa: A002 - the word of the catalogue
    *,
    alters: Callable[..., Any],
    text: str,
    source: str = "",
    area: str = "",
    physical: bool = False,
    dialects: tuple[Dialect, ...] = PROVEN,
) -> Callable[[F], F]:
    """Register a lawful difference that takes the place of the behaviour ``alters``; as ``defect``."""
    entry = Variation(id, text, source, area, physical, dialects)
    register = _replacing(id, alters)
    if id in _defects:
        raise ValueError(f"{id} is already the id of a defect")
    if _variations.setdefault(id, entry) != entry:
        raise ValueError(f"variation {id} is described twice, differently: {_variations[id]} and {entry}")
    return register


def _replacing(id_: str, original: Callable[..., Any]) -> Callable[[F], F]:
    if original not in _behaviours:
        raise TypeError(f"{id_} replaces {_name(original)}, which is not declared with @behaviour")

    def register(function: F) -> F:
        taken = _replacements.setdefault(id_, {})
        if taken.setdefault(original, function) is not function:
            raise ValueError(f"{id_} replaces {_name(original)} twice")
        return function

    return register


class Conduct:
    """How one charger behaves: sound, except for the defects and variations that are switched on.

    ``Conduct(frozenset({"METER-D01"}))`` raises ``BenchError`` for an id that nobody registered and for two
    ids that replace the same behaviour.
    """

    def __init__(self, active: Iterable[str] = ()) -> None:
        self.active = frozenset(active)
        self._instead: dict[Callable[..., Any], Callable[..., Any]] = {}
        owner: dict[Callable[..., Any], str] = {}
        for id_ in sorted(self.active):
            for original, function in _known(id_).items():
                if original in owner:
                    raise BenchError(
                        f"{owner[original]} and {id_} both replace {_name(original)}: "
                        "they cannot be switched on together"
                    )
                owner[original] = id_
                self._instead[original] = function

    def __call__(self, function: Callable[P, R]) -> Callable[P, R]:
        """The function that this charger follows in place of a behaviour."""
        return self._instead.get(function, function)


def compatible(ids: Iterable[str]) -> bool:
    """Whether one charger can have all of these: no two take the place of the same behaviour."""
    taken = [original for id_ in ids for original in _known(id_)]
    return len(taken) == len(set(taken))


def _known(id_: str) -> Mapping[Callable[..., Any], Callable[..., Any]]:
    if id_ in _replacements:
        return _replacements[id_]
    near = difflib.get_close_matches(id_.upper(), _replacements, n=1)
    hint = f"; did you mean {near[0]}?" if near else f"; there are {len(_replacements)}, see wattest prove"
    raise BenchError(f"no defect or variation is called {id_!r}{hint}")


def _name(function: Callable[..., Any]) -> str:
    return f"{function.__module__}.{function.__qualname__}"
