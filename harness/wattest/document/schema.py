"""JSON Schema of a document, for editors, from the same signatures that read it.

Editors parse YAML with guessed types (``1.6`` is a number to them, ``off`` may be a boolean) where Wattest reads
text. So the schema lets a word also be the number or boolean that an editor sees in it.
"""

from __future__ import annotations

import dataclasses
import types
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from wattest.document.decode import TRUTH
from wattest.document.node import Node
from wattest.document.quantity import Dimension, written
from wattest.document.signature import (
    REQUIRED,
    Between,
    FromStep,
    Known,
    Made,
    Parameter,
    Pattern,
    Shape,
    described,
    shape_of,
)

DIALECT = "https://json-schema.org/draft/2020-12/schema"

Schema = dict[str, Any]

_REFERENCE: Schema = {"type": "string", "pattern": r"^\$[a-z][a-z0-9_.]*$"}


@dataclass
class Writer:
    """Writes schemas; quantities gather in ``definitions``. ``known`` gives the words of each ``Known`` kind.

    With ``references`` any value may also be ``$name``, as in the steps of a scenario.
    """

    known: Mapping[str, Collection[str]] = field(default_factory=dict)
    references: bool = False
    definitions: dict[str, Schema] = field(default_factory=dict)

    def document(self, title: str, schema: Schema) -> Schema:
        """A whole schema document around the schema of its root."""
        head = {"$schema": DIALECT, "title": title, **schema}
        return {**head, "$defs": dict(sorted(self.definitions.items()))} if self.definitions else head

    def function(self, function: Callable[..., Any]) -> Schema:
        """The mapping of a function's keyword-only parameters, with its docstring as help."""
        text, arguments = described(function)
        return self.shape(shape_of(function), text, arguments)

    def shape(self, shape: Shape, text: str = "", arguments: Mapping[str, str] | None = None) -> Schema:
        """The mapping with these keys."""
        schema: Schema = {"type": "object"}
        if text:
            schema["description"] = text
        schema["properties"] = {
            parameter.name: self.parameter(parameter, (arguments or {}).get(parameter.name, ""))
            for parameter in shape.parameters
        }
        required = [parameter.name for parameter in shape.parameters if parameter.required]
        if required:
            schema["required"] = required
        schema["additionalProperties"] = False if shape.rest is REQUIRED else self.value(shape.rest)
        return schema

    def parameter(self, parameter: Parameter, text: str = "") -> Schema:
        """One key: its values, its help, its default as one would write it."""
        schema = dict(self.value(parameter.annotation))
        default = written_default(parameter)
        help_text = " ".join(part for part in (text, f"Default: {default}." if default else "") if part)
        return {**schema, "description": help_text} if help_text else schema

    def value(self, kind: Any) -> Schema:
        """What may stand for a type."""
        schema = self._value(kind)
        if not self.references or not schema or schema is _REFERENCE:
            return schema
        self.definitions["saved"] = {
            **_REFERENCE,
            "description": "What an earlier step saved, or for_each varies.",
        }
        return {"anyOf": [schema, {"$ref": "#/$defs/saved"}]}

    def _value(self, kind: Any) -> Schema:
        if kind is Any or kind is object or kind == Node:
            return {}
        origin = get_origin(kind)
        if origin is Annotated:
            return self._annotated(kind)
        if origin is Literal:
            return {"enum": [seen for word in get_args(kind) for seen in _as_editors_see(str(word))]}
        if origin is Union or origin is types.UnionType:
            members = [self._value(member) for member in get_args(kind) if member is not type(None)]
            if type(None) in get_args(kind):
                members.append({"type": "null"})
            return members[0] if len(members) == 1 else {"anyOf": members}
        if origin is tuple or origin is list or origin is Sequence or origin is frozenset:
            items = get_args(kind)
            if origin is tuple and items[-1] is not Ellipsis:
                return {
                    "type": "array",
                    "prefixItems": [self.value(item) for item in items],
                    "minItems": len(items),
                    "maxItems": len(items),
                }
            return {"type": "array", "items": self.value(items[0])}
        if origin is Mapping or origin is dict:
            name, content = get_args(kind)
            return {
                "type": "object",
                "propertyNames": self._value(name),
                "additionalProperties": self.value(content),
            }
        if isinstance(kind, type) and dataclasses.is_dataclass(kind):
            return self.shape(shape_of(kind))
        return dict(_SCALARS[kind])

    def _annotated(self, kind: Any) -> Schema:
        base, *marks = get_args(kind)
        for mark in marks:
            if isinstance(mark, Dimension):
                name = mark.name.replace(" ", "_")
                self.definitions[name] = {
                    "type": "string",
                    "pattern": mark.pattern(),
                    "description": f"{mark.spoken[0].upper()}{mark.spoken[1:]}, such as {mark.example}.",
                    "examples": [mark.example],
                }
                return {"$ref": f"#/$defs/{name}"}
            if isinstance(mark, FromStep):
                return _REFERENCE
            if isinstance(mark, Made):
                return self.function(mark.function)
            if isinstance(mark, Known):
                words = self.known.get(mark.kind)
                return {"enum": sorted(words)} if words else {"type": "string"}
            if isinstance(mark, Pattern):
                return {"type": ["string", "number"], "pattern": f"^({mark.regex})$"}
            if isinstance(mark, Between):
                number = {"type": "integer", "minimum": mark.least, "maximum": mark.most}
                return {"anyOf": [number, {"type": "string", "pattern": "^[+-]?[0-9]+$"}]}
        return self._value(base)


def written_default(parameter: Parameter) -> str:
    """The default of a parameter as a document would state it; empty when there is none worth stating."""
    default = parameter.default
    if default is REQUIRED or default is None or default in ((), "", {}):
        return ""
    if isinstance(default, bool):
        return "true" if default else "false"
    if isinstance(default, tuple):
        return "[" + ", ".join(str(item) for item in default) + "]"
    dimension = dimension_of(parameter.annotation)
    return str(default) if dimension is None else written(default, dimension)


def dimension_of(kind: Any) -> Dimension | None:
    """The dimension of a quantity's annotation, also inside ``... | None``."""
    if get_origin(kind) in {Union, types.UnionType}:
        found = (dimension_of(member) for member in get_args(kind))
        return next((dimension for dimension in found if dimension is not None), None)
    return next((mark for mark in getattr(kind, "__metadata__", ()) if isinstance(mark, Dimension)), None)


def _as_editors_see(word: str) -> list[Any]:
    """The word, and the number or boolean that a guessing parser takes it for."""
    truth = TRUTH.get(word.lower())
    if truth is not None:
        return [word, truth]
    try:
        return [word, float(word)]
    except ValueError:
        return [word]


_SCALARS: Mapping[Any, Schema] = {
    str: {"type": ["string", "number", "boolean"]},
    bool: {"enum": [True, False, *TRUTH]},
    int: {"anyOf": [{"type": "integer"}, {"type": "string", "pattern": "^[+-]?[0-9]+$"}]},
    float: {"anyOf": [{"type": "number"}, {"type": "string", "pattern": r"^[+-]?[0-9]+(\.[0-9]+)?$"}]},
    Decimal: {"anyOf": [{"type": "number"}, {"type": "string", "pattern": r"^[+-]?[0-9]+(\.[0-9]+)?$"}]},
    date: {"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"},
}
