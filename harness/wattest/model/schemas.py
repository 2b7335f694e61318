"""JSON Schemas of all kinds of documents, with the words that are known on this machine as choices."""

from __future__ import annotations

from collections.abc import Mapping

from wattest.document.schema import Schema, Writer
from wattest.document.signature import Parameter, Shape, described, shape_of
from wattest.errors import BenchError
from wattest.model.documents import Kind
from wattest.model.read_bench import BENCH, Factory, bench_shape
from wattest.model.read_scenario import Knowledge
from wattest.model.verb import RESERVED, Verb, sole_parameter
from wattest.model.words import FEATURES, NEEDS, ROLE_NAMES


def schema_of(kind: Kind, knowledge: Knowledge, factories: Mapping[str, Factory]) -> Schema:
    """The JSON Schema of a kind of document, with the words known here as choices."""
    writer = Writer(
        {
            "requirement": knowledge.requirements,
            "limit": knowledge.limits,
            "rule": knowledge.rules,
            "profile": knowledge.profiles,
            "need": NEEDS,
            "feature": FEATURES,
            "role": ROLE_NAMES,
        }
    )
    if kind.name == "bench":
        return writer.document(f"Wattest {kind.name}", _bench(writer, factories))
    schema = writer.function(kind.function())
    if kind.name == "scenario":
        varied = Writer(writer.known, references=True, definitions=writer.definitions)
        properties = varied.function(kind.function())["properties"]
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
    for role in ROLE_NAMES:
        schema["properties"][role] = driver
    schema["properties"]["rigs"] = {"type": "object", "additionalProperties": driver}
    return schema


_RESERVED = tuple(Parameter(name, name, annotation, None) for name, annotation in RESERVED.items())
