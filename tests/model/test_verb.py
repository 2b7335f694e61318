from __future__ import annotations

from typing import Any

import pytest

from wattest.document.quantity import Current
from wattest.model.verb import Verb, sole_parameter, verb_of


async def charge(run: object, *, current: Current, for_: Current = 1.0) -> int:
    """Let the vehicle take energy.

    Args:
        run: the run
        current: per phase
        for_: how long
    """
    del run
    return int(current + for_)


def test_a_function_makes_a_verb() -> None:
    """Name, arguments, help and result come from the function."""
    verb = verb_of(charge)
    assert (verb.name, verb.doc, verb.returns) == ("charge", "Let the vehicle take energy.", int)
    assert [parameter.name for parameter in verb.parameters] == ["current", "for"]
    assert verb.argument_docs == {"run": "the run", "current": "per phase", "for": "how long"}
    assert not verb.checks


def test_what_proves_also_checks() -> None:
    """A verb that proves something checks, unless it says otherwise; a check may prove nothing by itself."""
    assert verb_of(charge, proves=("MET-01",)) == Verb("charge", charge, ("MET-01",), checks=True)
    assert verb_of(charge, checks=True).proves == ()
    assert verb_of(charge, name="take", checks=False).name == "take"


def test_a_trailing_underscore_is_dropped() -> None:
    """A verb may be called what Python reserves."""

    async def import_(run: object) -> None:
        """Named like a keyword."""

    assert verb_of(import_).name == "import"


def test_the_sole_argument_may_stand_without_its_name() -> None:
    """It is the only required one, or the first when none is required."""

    async def both(run: object, *, a: int, b: int) -> None:
        """Takes two."""

    async def none(run: object) -> None:
        """Takes nothing."""

    async def optional(run: object, *, a: int = 1, b: int = 2) -> None:
        """Takes what it gets."""

    def name(function: Any) -> str | None:
        parameter = sole_parameter(verb_of(function))
        return None if parameter is None else parameter.name

    assert [name(one) for one in (charge, both, none, optional)] == ["current", None, None, "a"]


def _plain(run: object) -> None:
    """Is not async."""


async def _undocumented(run: object) -> None: ...


async def _two(run: object, other: int) -> None:
    """Takes a positional argument."""


async def _reserved(run: object, *, save_as: str) -> None:
    """Takes a reserved name."""


@pytest.mark.parametrize(
    ("function", "sentence"),
    [
        (_plain, "step _plain: write 'async def', steps wait on the clock of the bench"),
        (
            _undocumented,
            "step _undocumented: a docstring is needed, it is the help text of editors and of 'wattest steps'",
        ),
        (
            _two,
            "step _two: it takes 2 positional parameters; one is needed, the run, and all arguments stand after '*'",
        ),
        (
            _reserved,
            "step _reserved: 'save_as' is a key that every step may carry; name the argument otherwise",
        ),
    ],
)
def test_says_why_a_function_cannot_be_a_verb(function: Any, sentence: str) -> None:
    """A function that cannot be a verb is refused where it is decorated."""
    with pytest.raises(TypeError) as refusal:
        verb_of(function)
    assert str(refusal.value) == sentence
