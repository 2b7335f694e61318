"""A verb: what a step of a scenario may say, made from an async function.

::

    async def charge(run: Run, *, current: Current, energy: Energy | None = None) -> Charged:
        '''Let the vehicle take energy.'''

    verb_of(charge).parameters  ->  current (required), energy

The first parameter is the run and stands in no document; all others are keyword-only and are the arguments.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Any

from wattest.document.signature import Known, Parameter, Saved, Shape, described, returned_by, shape_of
from wattest.model.words import RequirementId, SavedName

__all__ = ["RESERVED", "CardName", "Saved", "Verb", "sole_parameter", "verb_of"]

CardName = Annotated[str, Known("card")]
"""A key of ``given.cards``."""

RESERVED: Mapping[str, Any] = {"proves": tuple[RequirementId, ...], "save_as": SavedName}
"""Keys that every step may carry beside the arguments of its verb, and their types."""


@dataclass(frozen=True)
class Verb:
    """One verb. ``proves`` are the requirements its checks count for unless a step says otherwise.

    ``checks`` tells whether the verb holds something against a requirement, or only acts.
    """

    name: str
    function: Callable[..., Any]
    proves: tuple[str, ...] = ()
    checks: bool = False

    @cached_property
    def shape(self) -> Shape:
        """The arguments, read from the signature when first asked for."""
        return shape_of(self.function)

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """The arguments in the order of the signature."""
        return self.shape.parameters

    @cached_property
    def returns(self) -> Any:
        """What ``save_as`` keeps: a type, ``Any`` when the function does not say, None when there is nothing."""
        return returned_by(self.function)

    @cached_property
    def doc(self) -> str:
        """The docstring without the arguments' part."""
        return described(self.function)[0]

    @cached_property
    def argument_docs(self) -> dict[str, str]:
        """What the docstring says of each argument, by its name in documents."""
        return described(self.function)[1]


def verb_of(
    function: Callable[..., Any],
    *,
    name: str | None = None,
    proves: tuple[str, ...] = (),
    checks: bool | None = None,
) -> Verb:
    """The verb that a function makes; it checks something when it proves something, unless ``checks`` says so.

    Raises ``TypeError`` with a sentence when the function is not ``async``, has no docstring, takes anything
    but the run in front of its keyword-only arguments, or uses a reserved name.
    """
    word = name or function.__name__.rstrip("_")
    inner = inspect.unwrap(function)
    code = inner.__code__
    if not inspect.iscoroutinefunction(inner):
        raise TypeError(f"step {word}: write 'async def', steps wait on the clock of the bench")
    if not (function.__doc__ or "").strip():
        raise TypeError(
            f"step {word}: a docstring is needed, it is the help text of editors and of 'wattest steps'"
        )
    if code.co_argcount != 1:
        raise TypeError(
            f"step {word}: it takes {code.co_argcount} positional parameters; one is needed, the run, and all"
            " arguments stand after '*'"
        )
    keywords = code.co_varnames[1 : 1 + code.co_kwonlyargcount]
    for keyword in keywords:
        if keyword.rstrip("_") in RESERVED:
            raise TypeError(
                f"step {word}: '{keyword}' is a key that every step may carry; name the argument otherwise"
            )
    return Verb(word, function, tuple(proves), bool(proves) if checks is None else checks)


def sole_parameter(verb: Verb) -> Parameter | None:
    """The argument that may stand without its name: the only required one, or else the first.

    ``- present_card: driver`` is ``- present_card: {card: driver}``. None when several are required.
    """
    required = [parameter for parameter in verb.parameters if parameter.required]
    if len(required) > 1 or not verb.parameters:
        return None
    return required[0] if required else verb.parameters[0]
