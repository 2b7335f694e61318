"""Verbs in words, for people: the signature as a scenario would write it, and an example that can be pasted."""

from __future__ import annotations

import types
from decimal import Decimal
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from wattest.document.decode import wanted
from wattest.document.quantity import Dimension
from wattest.document.schema import written_default
from wattest.document.signature import Between, FromStep, Known, Parameter
from wattest.model.verb import Verb, sole_parameter

_EXAMPLES = {
    "card": "driver",
    "limit": "hb44_ac_acceptance",
    "requirement": "MET-01",
    "role": "vehicle",
    "feature": "display",
    "need": "display",
    "profile": "hb44_ac",
}


def signature(verb: Verb) -> str:
    """One line: ``charge: {current: 16 A, for: 30 s}`` with kinds of values instead of values."""
    if not verb.parameters:
        return verb.name
    parts = []
    for parameter in verb.parameters:
        default = written_default(parameter)
        parts.append(
            f"{parameter.name}: {_short(parameter.annotation)}" + (f" = {default}" if default else "")
        )
    return f"{verb.name}: {{{', '.join(parts)}}}"


def example(verb: Verb) -> str:
    """A step that can be pasted into a scenario, with the required arguments, or else the first."""
    shown = [parameter for parameter in verb.parameters if parameter.required]
    if not shown:
        shown = [parameter for parameter in verb.parameters[:1] if not written_default(parameter)]
    if not shown:
        return f"- {verb.name}"
    if shown == [sole_parameter(verb)] and shown[0].required:
        return f"- {verb.name}: {_example(shown[0].annotation)}"
    arguments = ", ".join(f"{parameter.name}: {_example(parameter.annotation)}" for parameter in shown)
    return f"- {verb.name}: {{{arguments}}}"


def described_verb(verb: Verb) -> dict[str, Any]:
    """Everything about a verb, as plain data."""
    return {
        "name": verb.name,
        "doc": verb.doc,
        "checks": verb.checks,
        "proves": list(verb.proves),
        "returns": _returned(verb.returns),
        "arguments": [_argument(verb, parameter) for parameter in verb.parameters],
        "example": example(verb),
    }


def _argument(verb: Verb, parameter: Parameter) -> dict[str, Any]:
    return {
        "name": parameter.name,
        "takes": wanted(parameter.annotation).rstrip(","),
        "required": parameter.required,
        "default": written_default(parameter) or None,
        "doc": verb.argument_docs.get(parameter.name, ""),
    }


def _returned(kind: Any) -> str | None:
    if kind is None:
        return None
    return "something" if kind is Any else str(getattr(kind, "__name__", kind))


def _members(kind: Any) -> list[Any]:
    if get_origin(kind) in {Union, types.UnionType}:
        return [member for member in get_args(kind) if member is not type(None)]
    return [kind]


def _short(kind: Any) -> str:
    """A few letters for a type: its unit, its words, its name."""
    members = _members(kind)
    if len(members) > 1:
        return " or ".join(_short(member) for member in members)
    kind = members[0]
    origin = get_origin(kind)
    if origin is Annotated:
        for mark in kind.__metadata__:
            if isinstance(mark, Dimension):
                return f"<{mark.unit}>"
            if isinstance(mark, FromStep):
                return "$saved"
            if isinstance(mark, Known):
                return f"<{mark.kind}>"
        return _short(get_args(kind)[0])
    if origin is Literal:
        return "|".join(str(word) for word in get_args(kind))
    if origin is tuple or origin is list:
        return f"[{_short(get_args(kind)[0])}]"
    return {str: "<text>", int: "<number>", float: "<number>", Decimal: "<number>", bool: "yes|no"}.get(
        kind, "{...}"
    )


def _example(kind: Any) -> str:
    kind = _members(kind)[0]
    origin = get_origin(kind)
    if origin is Annotated:
        for mark in kind.__metadata__:
            if isinstance(mark, Dimension):
                return mark.example
            if isinstance(mark, FromStep):
                return "$paid"
            if isinstance(mark, Known):
                return _EXAMPLES.get(mark.kind, mark.kind)
            if isinstance(mark, Between):
                return str(mark.least)
        return _example(get_args(kind)[0])
    if origin is Literal:
        return str(get_args(kind)[0])
    if origin is tuple or origin is list:
        return f"[{_example(get_args(kind)[0])}]"
    return {str: "text", int: "3", float: "1.5", Decimal: "1.5", bool: "yes"}.get(kind, "{}")
