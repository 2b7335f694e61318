"""The verbs of the scenario language: a step is a function, and its signature is its schema."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any, TypeVar

from wattest.model.plugins import entry_points, load
from wattest.model.verb import Verb, verb_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

ROOMS = (
    "card",
    "payment",
    "battery",
    "cable",
    "charge",
    "energy",
    "accuracy",
    "local_cost",
    "cost_details",
    "signatures",
    "money",
    "receipt",
    "screen",
    "outage",
    "coming_back",
    "pings",
    "climate",
    "message",
    "person",
    "pilot",
    "obeying",
    "pausing",
    "connector",
    "protecting",
    "recognising",
    "cold",
    "damp",
    "supply",
    "influence",
    "monitoring",
    "provoking",
    "alerting",
    "endurance",
    "portal",
    "sharing",
    "diagnostics",
    "firmware",
    "export",
)
"""The modules of this package that hold steps, by what a user cares about."""

_VERBS: dict[str, Verb] = {}

F = TypeVar("F", bound="Callable[..., Any]")


def step(*, proves: tuple[str, ...] = (), checks: bool = False) -> Callable[[F], F]:
    """Make a function a verb of the scenario language.

    The first parameter is the ``Run``; the others are keyword-only, and their annotations say what a scenario
    may write there. ``checks`` says that the step judges something; ``proves`` names the requirements its
    checks count for unless the scenario says otherwise.

    Example::

        @step()
        async def open_breaker(run: Run, *, phase: Literal["L1", "L2", "L3"], for_: Duration) -> None:
            \"\"\"Open one phase for a while.\"\"\"
    """

    def register(function: F) -> F:
        verb = verb_of(function, proves=proves, checks=checks or bool(proves))
        _VERBS[verb.name] = verb
        return function

    return register


@cache
def _load() -> None:
    for room in ROOMS:
        import_module(f"wattest.steps.{room}")
    for value in entry_points("wattest.steps").values():
        load(value)


def verbs() -> Mapping[str, Verb]:
    """Every step by name: our own, and those of installed packages under the entry point ``wattest.steps``."""
    _load()
    return _VERBS
