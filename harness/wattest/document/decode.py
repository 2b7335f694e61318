"""From nodes to Python values, by type annotation.

Read are: text, whole numbers, numbers, ``Decimal``, dates, yes and no, quantities, ``Literal`` words, words known at
reading time, lists, mappings, frozen dataclasses, and unions of these. A union is decided by what stands in the file:
text, a list or a mapping. Every mistake goes into ``Problems`` with its place; reading goes on behind it.
"""

from __future__ import annotations

import dataclasses
import re
import types
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Final, Literal, Union, get_args, get_origin

from wattest.document.node import Fields, Items, Node, Problems, Text, what
from wattest.document.quantity import Dimension, parse, parse_exact
from wattest.document.signature import (
    REQUIRED,
    Between,
    FromStep,
    Known,
    Made,
    Parameter,
    Pattern,
    Shape,
    shape_of,
)
from wattest.document.suggest import did_you_mean, shown


class _Bad:
    """Stands where a value would, when the document has a mistake there."""

    def __repr__(self) -> str:
        return "BAD"


BAD: Final = _Bad()

TRUTH: Mapping[str, bool] = {"true": True, "false": False, "yes": True, "no": False, "on": True, "off": False}

_REFERENCE = re.compile(r"\$[A-Za-z_]")
_INTEGER = re.compile(r"[+-]?[0-9]{1,18}")
_NUMBER = re.compile(r"[+-]?[0-9]{1,25}(\.[0-9]{1,25})?")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")

Refer = Callable[[Text, Any], Any]
"""Reads ``$name`` for a parameter of some type; gives ``BAD`` after noting a problem."""


@dataclass(frozen=True)
class Decoder:
    """Reads nodes of one document. ``known`` holds the words of each ``Known`` kind."""

    problems: Problems
    known: Mapping[str, Collection[str]] = field(default_factory=dict)
    refer: Refer | None = None

    def decode(self, node: Node, kind: Any) -> Any:
        """The value of a node as ``kind``; ``BAD`` when the document has a mistake there.

        Raises ``TypeError`` when no document can hold such a type: that is a mistake in Python.
        """
        if kind == Node:
            return node
        if isinstance(node, Text) and self.refer is not None and _REFERENCE.match(node.text):
            return self.refer(node, kind)
        if kind is Any or kind is object:
            return _plain(node)
        origin = get_origin(kind)
        if origin is Annotated:
            return self._annotated(node, kind)
        if origin is Literal:
            return self._literal(node, kind)
        if origin is Union or origin is types.UnionType:
            return self._union(node, kind)
        if origin is tuple or origin is list or origin is Sequence or origin is frozenset:
            return self._list(node, kind, origin)
        if origin is Mapping or origin is dict:
            return self._mapping(node, kind)
        if isinstance(kind, type) and dataclasses.is_dataclass(kind):
            return self._dataclass(node, kind)
        if kind in _SCALARS:
            return self._scalar(node, kind)
        raise TypeError(f"no document can hold {kind!r}")

    def decode_call(
        self, node: Node, shape: Shape, *, owner: str, noun: str = "key", also: Sequence[str] = ()
    ) -> dict[str, Any] | None:
        """Keyword arguments for the function or dataclass behind ``shape``; None after a mistake.

        ``owner`` and ``noun`` name things in sentences: *compare_energy has no argument 'limt'*. ``also`` are
        further names worth suggesting, read elsewhere.
        """
        trial = self.problems.trial()
        values = dataclasses.replace(self, problems=trial).arguments(
            node, shape, owner=owner, noun=noun, also=also
        )
        self.problems.take(trial)
        return None if len(trial) or BAD in values.values() else values

    def arguments(
        self, node: Node, shape: Shape, *, owner: str, noun: str = "key", also: Sequence[str] = ()
    ) -> dict[str, Any]:
        """As ``decode_call``, but after a mistake gives what could be read, with ``BAD`` where it could not."""
        if not isinstance(node, Fields):
            names = ", ".join(parameter.name for parameter in shape.parameters) or "nothing"
            self.problems.add(node, f"{what(node)} stands here; {owner} is a mapping with the keys {names}")
            return {}
        values: dict[str, Any] = {}
        for key, value in node.entries:
            parameter = shape.find(key.text)
            if parameter is not None:
                values[parameter.keyword] = self.decode(value, parameter.annotation)
            elif shape.rest is not REQUIRED:
                values[key.text] = self.decode(value, shape.rest)
            else:
                names_known = [parameter.name for parameter in shape.parameters] + list(also)
                self.problems.add(
                    key, f"{owner} has no {noun} {shown(key.text)}{did_you_mean(key.text, names_known)}"
                )
        for parameter in shape.parameters:
            if parameter.required and parameter.keyword not in values:
                self.problems.add(node, _missing(owner, noun, parameter))
        return values

    def _annotated(self, node: Node, kind: Any) -> Any:
        base, *marks = get_args(kind)
        for mark in marks:
            if isinstance(mark, Dimension):
                return self._quantity(node, mark, exact=base is Decimal)
            if isinstance(mark, Made):
                return self.make(node, mark)
            if isinstance(mark, FromStep):
                return self._need(node, kind)
            if isinstance(mark, Known):
                return self._known(node, mark)
            if isinstance(mark, Pattern):
                return self._pattern(node, mark)
            if isinstance(mark, Between):
                return self._between(node, base, mark)
        return self.decode(node, base)

    def _need(self, node: Node, kind: Any) -> _Bad:
        """Note that something else is needed here."""
        self.problems.add(node, f"{what(node)} stands here; {wanted(kind)} is needed")
        return BAD

    def make(self, node: Node, made: Made) -> Any:
        """What ``made.function`` returns for the arguments that stand in the document; ``BAD`` after a mistake."""
        values = self.decode_call(node, shape_of(made.function), owner=made.spoken)
        return BAD if values is None else self._called(node, made.function, values)

    def _called(self, node: Node, function: Callable[..., Any], values: dict[str, Any]) -> Any:
        try:
            return function(**values)
        except ValueError as refusal:
            self.problems.add(node, str(refusal))
            return BAD

    def _quantity(self, node: Node, dimension: Dimension, *, exact: bool) -> Any:
        if not isinstance(node, Text) or node.missing:
            return self._need(node, Annotated[float, dimension])
        try:
            return parse_exact(node.text, dimension) if exact else parse(node.text, dimension)
        except ValueError as mistake:
            self.problems.add(node, str(mistake))
            return BAD

    def _known(self, node: Node, mark: Known) -> Any:
        if not isinstance(node, Text) or node.missing:
            return self._need(node, Annotated[str, mark])
        words = self.known.get(mark.kind, ())
        if node.text not in words:
            none = f"; no {mark.kind} is known here" if not words else ""
            self.problems.add(
                node, f"{shown(node.text)} is not a known {mark.kind}{did_you_mean(node.text, words)}{none}"
            )
            return BAD
        return node.text

    def _pattern(self, node: Node, mark: Pattern) -> Any:
        if not isinstance(node, Text) or node.missing:
            return self._need(node, Annotated[str, mark])
        if re.fullmatch(mark.regex, node.text) is None:
            self.problems.add(node, f"{shown(node.text)} is not {mark.what}")
            return BAD
        return node.text

    def _between(self, node: Node, base: Any, mark: Between) -> Any:
        value = self.decode(node, base)
        if value is not BAD and not mark.least <= value <= mark.most:
            self.problems.add(node, f"{value} is not between {mark.least} and {mark.most}")
            return BAD
        return value

    def _literal(self, node: Node, kind: Any) -> Any:
        if not isinstance(node, Text) or node.missing:
            return self._need(node, kind)
        words = {str(word): word for word in get_args(kind)}
        if node.text not in words:
            self.problems.add(node, f"{shown(node.text)} is not allowed here{did_you_mean(node.text, words)}")
            return BAD
        return words[node.text]

    def _union(self, node: Node, kind: Any) -> Any:
        members = [member for member in get_args(kind) if member is not type(None)]
        if len(members) < len(get_args(kind)) and isinstance(node, Text) and node.missing:
            return None
        fitting = [member for member in members if _fits(node, member)]
        if not fitting:
            return self._need(node, kind)
        trials: list[Problems] = []
        for member in fitting:
            trial = self.problems.trial()
            value = dataclasses.replace(self, problems=trial).decode(node, member)
            if value is not BAD:
                self.problems.take(trial)
                return value
            trials.append(trial)
        if len(fitting) > 1 and isinstance(node, Text):
            return self._need(node, kind)
        self.problems.take(min(trials, key=len))
        return BAD

    def _list(self, node: Node, kind: Any, origin: Any) -> Any:
        if not isinstance(node, Items):
            return self._need(node, kind)
        types_of_items = get_args(kind)
        if origin is tuple and types_of_items[-1] is not Ellipsis:
            if len(node.items) != len(types_of_items):
                self.problems.add(
                    node, f"this list has {len(node.items)} entries; {len(types_of_items)} are needed"
                )
                return BAD
            values = [self.decode(item, one) for item, one in zip(node.items, types_of_items, strict=True)]
        else:
            values = [self.decode(item, types_of_items[0]) for item in node.items]
        if BAD in values:
            return BAD
        return (frozenset if origin is frozenset else list if origin is list else tuple)(values)

    def _mapping(self, node: Node, kind: Any) -> Any:
        if not isinstance(node, Fields):
            return self._need(node, kind)
        key_kind, value_kind = get_args(kind)
        values = {self.decode(key, key_kind): self.decode(value, value_kind) for key, value in node.entries}
        return BAD if BAD in values or BAD in values.values() else values

    def _dataclass(self, node: Node, kind: type) -> Any:
        values = self.decode_call(node, shape_of(kind), owner=_spoken(kind.__name__))
        return BAD if values is None else self._called(node, kind, values)

    def _scalar(self, node: Node, kind: Any) -> Any:
        if not isinstance(node, Text) or node.missing:
            return self._need(node, kind)
        text = node.text
        if kind is str:
            return text
        if kind is bool and text in TRUTH:
            return TRUTH[text]
        if kind is int and _INTEGER.fullmatch(text):
            return int(text)
        if kind in {float, Decimal} and _NUMBER.fullmatch(text):
            return kind(text)
        if kind is date and _DATE.fullmatch(text):
            try:
                return date.fromisoformat(text)
            except ValueError:
                self.problems.add(node, f"{shown(text)} is not a day of the calendar")
                return BAD
        return self._need(node, kind)


def decode(
    node: Node, kind: Any, problems: Problems, *, known: Mapping[str, Collection[str]] | None = None
) -> Any:
    """Read a node as ``kind``; see ``Decoder``. Gives ``BAD`` after a mistake, which stands in ``problems``."""
    return Decoder(problems, known or {}).decode(node, kind)


def decode_call(
    node: Node,
    function: Callable[..., Any],
    problems: Problems,
    *,
    owner: str,
    noun: str = "key",
    known: Mapping[str, Collection[str]] | None = None,
) -> dict[str, Any] | None:
    """Keyword arguments of ``function`` from a mapping; None after a mistake, which stands in ``problems``."""
    return Decoder(problems, known or {}).decode_call(node, shape_of(function), owner=owner, noun=noun)


_SCALARS: Mapping[Any, str] = {
    str: "text",
    bool: "'true' or 'false'",
    int: "a whole number",
    float: "a number without a unit",
    Decimal: "a number without a unit",
    date: "a date such as '2026-01-31'",
}


def wanted(kind: Any) -> str:
    """What a type is called in a sentence: *a time such as '30 s'*."""
    origin = get_origin(kind)
    if origin is Annotated:
        base, *marks = get_args(kind)
        for mark in marks:
            if isinstance(mark, Dimension):
                return f"{mark.spoken} such as '{mark.example}'"
            if isinstance(mark, FromStep):
                return "what an earlier step saved, written '$name',"
            if isinstance(mark, Known):
                return f"the name of a {mark.kind}"
            if isinstance(mark, Pattern):
                return mark.what
            if isinstance(mark, Made):
                return "a mapping"
        return wanted(base)
    if origin is Literal:
        return " or ".join(f"'{word}'" for word in get_args(kind))
    if origin is Union or origin is types.UnionType:
        return " or ".join(wanted(member) for member in get_args(kind) if member is not type(None))
    if origin is tuple or origin is list or origin is Sequence or origin is frozenset:
        return "a list"
    return _SCALARS.get(kind, "a mapping")


def _fits(node: Node, kind: Any) -> bool:
    """Whether this kind of node can stand for this type at all."""
    if kind is Any or kind is object:
        return True
    origin = get_origin(kind)
    if origin is Annotated:
        base, *marks = get_args(kind)
        made = any(isinstance(mark, Made) for mark in marks)
        return isinstance(node, Fields) if made else _fits(node, base)
    if isinstance(node, Items):
        return origin is tuple or origin is list or origin is Sequence or origin is frozenset
    if isinstance(node, Fields):
        return origin is Mapping or origin is dict or dataclasses.is_dataclass(kind)
    return origin is Literal or kind in _SCALARS


def _plain(node: Node) -> Any:
    """Text, lists and dicts, when a driver wants the document as it is."""
    if isinstance(node, Items):
        return [_plain(item) for item in node.items]
    if isinstance(node, Fields):
        return {key.text: _plain(value) for key, value in node.entries}
    return None if node.missing else node.text


def _missing(owner: str, noun: str, parameter: Parameter) -> str:
    takes = "" if parameter.annotation == Node else f": {wanted(parameter.annotation).rstrip(',')}"
    return f"{owner} needs the {noun} '{parameter.name}'{takes}"


def _spoken(name: str) -> str:
    """``ChargerSheet`` as one says it: *a charger sheet*."""
    words = re.sub(r"(?<!^)(?=[A-Z])", " ", name).lower()
    return ("an " if words[0] in "aeiou" else "a ") + words
