"""Every kind of document: how to recognise it, its keys, and its check."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from wattest.document.node import Document, Fields
from wattest.document.schema import Schema, Writer
from wattest.document.signature import Parameter, Shape, described, shape_of
from wattest.errors import BenchError
from wattest.model.read_bench import BENCH, Factory, bench_of, bench_shape
from wattest.model.read_charger import CHARGER, charger_of
from wattest.model.read_requirements import (
    DECISION_RULES,
    LIMITS,
    REQUIREMENTS,
    decision_rules_of,
    limits_of,
    look_for_unknown_limits,
    requirements_of,
)
from wattest.model.read_scenario import NEEDS, Knowledge, scenario, scenarios_of
from wattest.model.read_tariff import CARDS, TARIFF, TAXES, cards_of, tariff_of, taxes_of
from wattest.model.verb import RESERVED, Verb, sole_parameter
from wattest.model.words import FEATURES
from wattest.roles import ROLES


@dataclass(frozen=True)
class Kind:
    """A kind of document. ``key`` at the top of a file gives it away; ``keys`` is the function that reads it."""

    name: str
    plural: str
    key: str
    keys: Callable[..., Any]


KINDS: tuple[Kind, ...] = (
    Kind("scenario", "scenarios", "scenario", scenario),
    Kind("bench", "benches", "bench", BENCH.function),
    Kind("charger", "charger sheets", "maker", CHARGER.function),
    Kind("requirement", "requirements", "requirements", REQUIREMENTS.function),
    Kind("limit", "limits", "limits", LIMITS.function),
    Kind("decision-rule", "decision rules", "decision_rules", DECISION_RULES.function),
    Kind("tariff", "tariffs", "tariff", TARIFF.function),
    Kind("tax", "tax lines", "taxes", TAXES.function),
    Kind("card", "cards", "cards", CARDS.function),
)

SUFFIX = ".scenario.yaml"
"""A file of this name is a scenario whatever it holds."""


def kind_of(document: Document) -> Kind | None:
    """The kind of a document by its name and its keys; None when nothing gives it away."""
    if document.path.endswith(SUFFIX):
        return KINDS[0]
    keys = set(document.root) if isinstance(document.root, Fields) else set()
    return next((kind for kind in KINDS if kind.key in keys), None)


def check(
    document: Document, kind: Kind, knowledge: Callable[[], Knowledge], factories: Mapping[str, Factory]
) -> Any:
    """Read a document as its kind and give what it holds. Raises ``DocumentError`` with every mistake.

    ``knowledge`` is asked only for scenarios and requirements, since it reads other files.
    """
    if kind.name == "scenario":
        return scenarios_of(document, knowledge())
    if kind.name == "bench":
        return bench_of(document, factories)
    if kind.name == "requirement":
        requirements = requirements_of(document)
        look_for_unknown_limits(document, knowledge().limits)
        return requirements
    return _OTHERS[kind.name](document)


_OTHERS: Mapping[str, Callable[[Document], Any]] = {
    "charger": charger_of,
    "limit": limits_of,
    "decision-rule": decision_rules_of,
    "tariff": tariff_of,
    "tax": taxes_of,
    "card": cards_of,
}


def schema_of(kind: Kind, knowledge: Knowledge, factories: Mapping[str, Factory]) -> Schema:
    """The JSON Schema of a kind of document, with the words known here as choices."""
    writer = Writer(
        {
            "requirement": knowledge.requirements,
            "limit": knowledge.limits,
            "need": NEEDS,
            "feature": FEATURES,
            "role": ROLES,
        }
    )
    if kind.name == "bench":
        return writer.document(f"Wattest {kind.name}", _bench(writer, factories))
    schema = writer.function(kind.keys)
    if kind.name == "scenario":
        varied = Writer(writer.known, references=True, definitions=writer.definitions)
        properties = varied.function(kind.keys)["properties"]
        for name in ("given", "time_limit"):
            schema["properties"][name] = properties[name]
        schema["properties"]["steps"] = _steps(varied, knowledge.verbs)
    return writer.document(f"Wattest {kind.name}", schema)


def _steps(writer: Writer, verbs: Mapping[str, Verb]) -> Schema:
    """A list of verbs: bare words, or mappings of one verb to its arguments."""
    bare = [name for name, verb in verbs.items() if not any(one.required for one in verb.parameters)]
    properties = {name: _verb(writer, verb) for name, verb in verbs.items()}
    mapping: Schema = {
        "type": "object",
        "minProperties": 1,
        "maxProperties": 1,
        "properties": properties,
        "additionalProperties": False,
    }
    return {"type": "array", "minItems": 1, "items": {"anyOf": [{"enum": bare}, mapping]}}


def _verb(writer: Writer, verb: Verb) -> Schema:
    shape = Shape(verb.name, verb.parameters + tuple(_RESERVED))
    arguments = writer.shape(shape, arguments=verb.argument_docs)
    forms = [arguments]
    sole = sole_parameter(verb)
    if sole is not None:
        forms.append(writer.parameter(sole, verb.argument_docs.get(sole.name, "")))
    if not any(parameter.required for parameter in verb.parameters):
        forms.append({"type": "null"})
    return {"description": verb.doc, "anyOf": forms}


def _bench(writer: Writer, factories: Mapping[str, Factory]) -> Schema:
    """A bench: its own keys, and one driver per role, each with the options of its factory."""
    text, arguments = described(BENCH.function)
    schema = writer.shape(bench_shape(), text, arguments)
    drivers = []
    for name in factories:
        try:
            factory = factories[name]
        except BenchError:
            drivers.append(
                {"type": "object", "properties": {"driver": {"const": name}}, "required": ["driver"]}
            )
            continue
        help_text, options = described(factory)
        entry = writer.shape(shape_of(factory), help_text, options)
        entry["properties"] = {"driver": {"const": name}, **entry["properties"]}
        entry["required"] = ["driver", *entry.get("required", [])]
        drivers.append(entry)
    writer.definitions["driver"] = (
        {"anyOf": drivers} if drivers else {"type": "object", "required": ["driver"]}
    )
    driver = {"$ref": "#/$defs/driver"}
    for role in ROLES:
        schema["properties"][role] = driver
    schema["properties"]["rigs"] = {"type": "object", "additionalProperties": driver}
    return schema


_RESERVED = tuple(Parameter(name, name, annotation, None) for name, annotation in RESERVED.items())
