"""What ``$name`` in a step may stand for: something that an earlier step saved, seen through the types of Python."""

from __future__ import annotations

import dataclasses
import types
from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints

from wattest.document.decode import BAD, wanted
from wattest.document.node import Problems, Text
from wattest.document.quantity import (
    CURRENT,
    DURATION,
    ENERGY,
    POWER,
    TEMPERATURE,
    TEMPERATURE_DIFFERENCE,
    VOLTAGE,
    Dimension,
)
from wattest.document.signature import FromStep
from wattest.document.suggest import did_you_mean, shown
from wattest.model.scenario import Reference

_SUFFIXES: Mapping[str, Dimension] = {
    "_a": CURRENT,
    "_c": TEMPERATURE,
    "_k": TEMPERATURE_DIFFERENCE,
    "_s": DURATION,
    "_v": VOLTAGE,
    "_w": POWER,
    "_wh": ENERGY,
}
"""House rule: a name that ends so holds a plain number in this unit."""

_NUMBERS = (int, float, Decimal)


@dataclasses.dataclass(frozen=True)
class Names:
    """Names in force at one step: what was saved so far, and the names of ``for_each``, for suggestions."""

    problems: Problems
    saved: Mapping[str, Any]
    varied: tuple[str, ...] = ()

    def refer(self, node: Text, kind: Any) -> Any:
        """The reference that ``node`` writes, once its name, its attributes and its type are right."""
        name, *path = node.text[1:].split(".")
        if name not in self.saved:
            words = [f"${word}" for word in (*self.saved, *self.varied)]
            self.problems.add(
                node, f"nothing is saved as {shown(name)} before this step{did_you_mean('$' + name, words)}"
            )
            return BAD
        found = self.saved[name]
        for attribute in path:
            attributes = attributes_of(found)
            if attributes is not None and attribute not in attributes:
                self.problems.add(
                    node, f"{_name_of(found)} has no {shown(attribute)}{did_you_mean(attribute, attributes)}"
                )
                return BAD
            found = Any if attributes is None else attributes[attribute]
        if not _agrees(found, kind, path[-1] if path else ""):
            self.problems.add(
                node, f"{shown(node.text)} is {_name_of(found)}; {wanted_of(kind)} is needed here"
            )
            return BAD
        return Reference(name, tuple(path))


def attributes_of(kind: Any) -> dict[str, Any] | None:
    """Public attributes of a type and their types; None when nobody can say."""
    kind = _without_none(kind)
    if get_origin(kind) is Annotated:
        kind = get_args(kind)[0]
    if kind is Any or not isinstance(kind, type) or kind is object:
        return None
    try:
        hints = get_type_hints(kind, include_extras=True)
    except NameError:
        hints = dict.fromkeys(getattr(kind, "__annotations__", {}), Any)
    attributes = {name: hint for name, hint in hints.items() if not name.startswith("_")}
    for owner in reversed(kind.__mro__):
        for name, member in vars(owner).items():
            if isinstance(member, property) and not name.startswith("_"):
                attributes[name] = _returned(member)
    return attributes


def wanted_of(kind: Any) -> str:
    """As ``wanted``, but a saved value is called by its type."""
    inner = _saved_type(kind)
    return wanted(kind) if inner is None else _name_of(inner)


def _returned(member: property) -> Any:
    try:
        return get_type_hints(member.fget, include_extras=True).get("return", Any)
    except NameError:
        return Any


def _without_none(kind: Any) -> Any:
    if get_origin(kind) in {Union, types.UnionType}:
        members = [member for member in get_args(kind) if member is not type(None)]
        return members[0] if len(members) == 1 else Any
    return kind


def _name_of(kind: Any) -> str:
    kind = _without_none(kind)
    if get_origin(kind) is Annotated:
        return wanted(kind).split(" such as")[0]
    name = getattr(kind, "__name__", str(kind))
    return f"an {name}" if name[0].lower() in "aeiou" else f"a {name}"


def _saved_type(kind: Any) -> Any:
    """T of ``Saved[T]``, also inside ``Saved[T] | None``; None for any other type."""
    for member in get_args(kind) if get_origin(kind) in {Union, types.UnionType} else (kind,):
        if get_origin(member) is Annotated and any(
            isinstance(mark, FromStep) for mark in member.__metadata__
        ):
            return get_args(member)[0]
    return None


def _agrees(found: Any, kind: Any, attribute: str) -> bool:
    """Whether a value of type ``found`` can be given where ``kind`` is wanted; unknown types agree."""
    found = _without_none(found)
    if get_origin(kind) in {Union, types.UnionType}:
        return any(_agrees(found, member, attribute) for member in get_args(kind) if member is not type(None))
    if found is Any or kind is Any or kind is object:
        return True
    marks = getattr(kind, "__metadata__", ())
    base = get_args(kind)[0] if get_origin(kind) is Annotated else kind
    dimension = next((mark for mark in marks if isinstance(mark, Dimension)), None)
    if get_origin(found) is Annotated:
        known = next((mark for mark in found.__metadata__ if isinstance(mark, Dimension)), None)
        if known is not None and dimension is not None:
            return known is dimension
        found = get_args(found)[0]
    if dimension is not None:
        stated = _SUFFIXES.get("_" + attribute.rpartition("_")[2]) if "_" in attribute else None
        return _is_number(found) and stated in {None, dimension}
    if base in _NUMBERS:
        return _is_number(found)
    if isinstance(base, type) and isinstance(found, type):
        return issubclass(found, base)
    return True


def _is_number(kind: Any) -> bool:
    return kind in _NUMBERS
