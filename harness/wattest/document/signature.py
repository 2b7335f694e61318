"""What a mapping of a document may hold, taken from a Python signature or a frozen dataclass.

A function's keyword-only parameters are the keys, their annotations the types, their defaults the defaults.
A trailing underscore is dropped, since ``for`` and ``id`` are taken in Python::

    def soak(run, *, for_: Duration, within: Duration = 30.0): ...

    - soak: {for: 16 h}
"""

from __future__ import annotations

import dataclasses
import inspect
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from types import SimpleNamespace
from typing import Annotated, Any, Final, TypeVar, get_type_hints


class _Required:
    """Stands where a default would, when there is none."""

    def __repr__(self) -> str:
        return "REQUIRED"


REQUIRED: Final = _Required()


@dataclass(frozen=True)
class Known:
    """Annotation of text that must be a word known at reading time: ``Known("card")``."""

    kind: str


@dataclass(frozen=True)
class Pattern:
    """Annotation of text of a certain form; ``what`` names it: ``an id such as 'MET-001'``."""

    regex: str
    what: str


@dataclass(frozen=True)
class Between:
    """Annotation of a bare number within limits, both included."""

    least: int
    most: int


@dataclass(frozen=True)
class FromStep:
    """Annotation of a value that only an earlier step can give: it is written ``$name``."""


@dataclass(frozen=True)
class Made:
    """Annotation of a value that a function makes from its keyword-only arguments: they are the keys.

    ``tariff: Annotated[Tariff, Made(tariff)]`` lets a document write units where the dataclass holds numbers.
    The function may raise ``ValueError`` with a sentence. The owner's name in sentences is the function's name.
    """

    function: Callable[..., Any]

    @property
    def spoken(self) -> str:
        """The function's name with its article: *a tariff*."""
        words = self.function.__name__.strip("_").replace("_", " ")
        return ("an " if words[0] in "aeiou" else "a ") + words


T = TypeVar("T")
Saved = Annotated[T, FromStep()]
"""``transaction: Saved[Transaction]``: takes ``$name`` of a step that returned a ``Transaction``."""


@dataclass(frozen=True)
class Parameter:
    """One key: ``name`` as written in a document, ``keyword`` as written in Python."""

    name: str
    keyword: str
    annotation: Any
    default: Any = REQUIRED

    @property
    def required(self) -> bool:
        """Whether the key must be there."""
        return self.default is REQUIRED


@dataclass(frozen=True)
class Shape:
    """All keys of a mapping; ``rest`` is the type of any further key (``**options``), if there may be some."""

    name: str
    parameters: tuple[Parameter, ...]
    rest: Any = REQUIRED

    def find(self, name: str) -> Parameter | None:
        """The parameter of that name as written in a document."""
        return next((parameter for parameter in self.parameters if parameter.name == name), None)


@cache
def shape_of(thing: Callable[..., Any]) -> Shape:
    """The shape of a dataclass's fields, or of a function's keyword-only parameters.

    Positional parameters are what the caller supplies itself (the run, the surroundings). Raises ``TypeError``
    when an annotation is missing or cannot be resolved: that is a mistake in Python, not in a document.
    """
    if isinstance(thing, type) and dataclasses.is_dataclass(thing):
        hints = get_type_hints(thing, include_extras=True)
        return Shape(
            thing.__name__,
            tuple(
                Parameter(field.name.rstrip("_"), field.name, hints[field.name], _default_of(field))
                for field in dataclasses.fields(thing)
                if field.init
            ),
        )
    name = thing.__name__
    signature = inspect.signature(thing)
    parameters: list[Parameter] = []
    rest: Any = REQUIRED
    for keyword, parameter in signature.parameters.items():
        if parameter.kind is inspect.Parameter.VAR_KEYWORD:
            rest = _resolved(thing, keyword, parameter.annotation)
        elif parameter.kind is inspect.Parameter.KEYWORD_ONLY:
            annotation = _resolved(thing, keyword, parameter.annotation)
            default = REQUIRED if parameter.default is inspect.Parameter.empty else parameter.default
            parameters.append(Parameter(keyword.rstrip("_"), keyword, annotation, default))
    return Shape(name, tuple(parameters), rest)


def returned_by(function: Callable[..., Any]) -> Any:
    """The annotated return type; None when nothing is returned, ``Any`` when nobody says.

    A type that was imported for type checkers only counts as unsaid.
    """
    annotation = inspect.signature(function).return_annotation
    if annotation is inspect.Signature.empty:
        return Any
    try:
        resolved = _resolved(function, "return", annotation)
    except TypeError:
        return Any
    return None if resolved is type(None) else resolved


def described(function: Callable[..., Any]) -> tuple[str, dict[str, str]]:
    """The docstring without its ``Args:`` section, and what that section says of each parameter."""
    text = inspect.getdoc(function) or ""
    head, found, tail = text.partition("\nArgs:\n")
    if not found:
        return text.strip(), {}
    section, _, after = tail.partition("\n\n")
    arguments: dict[str, str] = {}
    name = ""
    for line in section.splitlines():
        match = re.match(r" {4}(\w+)(?: \([^)]*\))?: (.*)", line)
        if match is not None:
            name = match[1].rstrip("_")
            arguments[name] = match[2].strip()
        elif name:
            arguments[name] += " " + line.strip()
    return f"{head.rstrip()}\n\n{after.lstrip()}".strip(), arguments


def _default_of(field: dataclasses.Field[Any]) -> Any:
    if field.default is not dataclasses.MISSING:
        return field.default
    if field.default_factory is not dataclasses.MISSING:
        return field.default_factory()
    return REQUIRED


def _resolved(function: Callable[..., Any], keyword: str, annotation: Any) -> Any:
    """Resolves one annotation alone, so that the type of the run may stay unresolvable here."""
    if annotation is inspect.Parameter.empty:
        raise TypeError(
            f"{function.__qualname__}: parameter '{keyword}' has no annotation, so it cannot be read"
        )
    inner = inspect.unwrap(function)
    names = getattr(inner, "__globals__", {})
    holder = SimpleNamespace(__annotations__={keyword: annotation})
    try:
        return get_type_hints(holder, globalns=names, include_extras=True)[keyword]
    except NameError as unknown:
        raise TypeError(
            f"{function.__qualname__}: the annotation of '{keyword}' cannot be resolved ({unknown});"
            " import its types at run time, not under TYPE_CHECKING"
        ) from unknown
