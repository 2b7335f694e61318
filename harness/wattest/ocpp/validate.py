"""Payloads against the schemas of their action, as sentences.

The schemas are those that the ``ocpp`` package ships: OCPP 1.6 with the security extension, 2.0.1 and 2.1. They are
compiled by ``jsonschema-rs`` when first used. Three things are changed on the way in:

- every integer is bounded to 32 bits (OCPP 2.0.1 Part 2 section 2.1.4; for 1.6 recalled);
- the 1.6 schemas are read as draft 6, so that ``16.0`` is an integer, as it is for most parsers in the field;
- ids are dropped, so that no reference can look like a remote one.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import jsonschema_rs

from wattest.model.scenario import Dialect
from wattest.ocpp.messages import Violation

INT32 = 2**31
MAX_SENTENCES = 20

_FOLDERS: dict[Dialect, tuple[str, str]] = {
    "1.6": ("v16", ""),
    "2.0.1": ("v201", "Request"),
    "2.1": ("v21", "Request"),
}
_SENDS: Mapping[Dialect, frozenset[str]] = {"2.1": frozenset({"NotifyPeriodicEventStream"})}
"""Actions that go out as SEND, never as CALL; their schema has a name without suffix."""

READABLE = frozenset({"schema.format", "schema.additionalProperties", "schema.sampled-value"})
"""Violations in spite of which a message is still answered as usual: they are noted, and the rest is read.

A sloppy timestamp, a property of the vendor's own, a sampled value that is no number.
"""
_SAMPLES = {
    "MeterValues": "meterValue",
    "StopTransaction": "transactionData",
    "TransactionEvent": "meterValue",
}
_RAW = re.compile(r"[+-]?\d{1,15}(\.\d{0,40})?([eE][+-]?\d{1,2})?", re.ASCII)


def violations(dialect: Dialect, action: str, is_response: bool, payload: Any) -> tuple[Violation, ...]:
    """Everything in a payload that the schema of its action does not allow; empty when nothing.

    An action that the dialect does not know is one violation, ``schema.unknown-action``.

    >>> violations("1.6", "Authorize", False, {})[0].sentence
    'Authorize request: "idTag" is a required property.'
    """
    check = _validator(dialect, action, is_response)
    if check is None:
        sentence = f"OCPP {dialect} has no action {_shown(action)}."
        return (Violation("schema.unknown-action", sentence),)
    found: list[Violation] = []
    if action in _SAMPLES and dialect == "1.6" and not is_response:
        found += _no_numbers(action, payload)
    what = f"{action} {'response' if is_response else 'request'}"
    return (*found, *_errors(check, what, payload))


def violations_of_send(dialect: Dialect, action: str, payload: Any) -> tuple[Violation, ...]:
    """As ``violations``, for the payload of a SEND.

    >>> violations_of_send("2.1", "Heartbeat", {})[0].sentence
    "OCPP 2.1 sends no 'Heartbeat' without an answer: it is no SEND."
    """
    if action not in _SENDS.get(dialect, ()):
        sentence = f"OCPP {dialect} sends no {_shown(action)} without an answer: it is no SEND."
        return (Violation("schema.unknown-action", sentence),)
    return _errors(_compile(dialect, action), f"{action} message", payload)


def _errors(check: jsonschema_rs.Draft6Validator, what: str, payload: Any) -> tuple[Violation, ...]:
    if check.is_valid(payload):
        return ()
    found: list[Violation] = []
    for error in check.iter_errors(payload):
        place = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in error.instance_path)
        at = f" at {place.lstrip('.')}" if place else ""
        found.append(Violation(f"schema.{error.kind.name}", f"{what}{at}: {_cut(error.message)}."))
        if len(found) == MAX_SENTENCES:
            break
    return tuple(found)


def _no_numbers(action: str, payload: Any) -> Iterator[Violation]:
    """The first sampled value that is text but no number: the 1.6 schema lets every text through.

    OCPP 1.6 section 7.43: a decimal number, unless the format is SignedData.
    """
    for group in _dicts(payload, _SAMPLES[action]):
        for sample in _dicts(group, "sampledValue"):
            value = sample.get("value")
            if isinstance(value, str) and sample.get("format") != "SignedData" and not _RAW.fullmatch(value):
                shown = _shown(value)
                yield Violation(
                    "schema.sampled-value", f"{action} request: the sampled value {shown} is no number."
                )
                return


def _dicts(payload: Any, key: str) -> list[dict[str, Any]]:
    items = payload.get(key) if isinstance(payload, dict) else None
    return [item for item in items if isinstance(item, dict)] if isinstance(items, list) else []


def knows(dialect: Dialect, action: str) -> bool:
    """Whether the dialect has an action of this name, in this spelling."""
    return _validator(dialect, action, False) is not None


def _schemas(dialect: Dialect) -> Path:
    """Where the schemas lie: found without importing ``ocpp``, which takes a third of a second."""
    found = find_spec("ocpp")
    assert found is not None
    assert found.submodule_search_locations is not None
    return Path(found.submodule_search_locations[0]) / _FOLDERS[dialect][0] / "schemas"


@cache
def actions(dialect: Dialect) -> frozenset[str]:
    """Names of all actions of a dialect."""
    stems = {path.stem for path in _schemas(dialect).glob("*.json")} - _SENDS.get(dialect, frozenset())
    suffix = _FOLDERS[dialect][1]
    return frozenset(stem.removesuffix(suffix) for stem in stems if not stem.endswith("Response"))


_compiled: dict[tuple[Dialect, str], jsonschema_rs.Draft6Validator] = {}


def _validator(dialect: Dialect, action: str, is_response: bool) -> jsonschema_rs.Draft6Validator | None:
    if action not in actions(dialect):
        return None
    return _compile(dialect, action + ("Response" if is_response else _FOLDERS[dialect][1]))


def _compile(dialect: Dialect, name: str) -> jsonschema_rs.Draft6Validator:
    key = (dialect, name)
    found = _compiled.get(key)
    if found is None:
        schema = json.loads((_schemas(dialect) / f"{name}.json").read_text("utf-8-sig"))
        schema.pop("$schema", None)
        found = jsonschema_rs.Draft6Validator(_prepared(schema), validate_formats=True)
        _compiled[key] = found
    return found


def _prepared(schema: Any) -> Any:
    if isinstance(schema, list):
        return [_prepared(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    ready = {key: _prepared(value) for key, value in schema.items() if not _is_id(key, value)}
    if ready.get("type") == "integer":
        ready = {"minimum": -INT32, "maximum": INT32 - 1, **ready}
    return ready


def _is_id(key: str, value: Any) -> bool:
    return key in ("id", "$id", "description", "javaType") and isinstance(value, str)


def _shown(action: str) -> str:
    return repr(action if len(action) <= 60 else f"{action[:60]}...")


def _cut(text: str) -> str:
    return text if len(text) <= 200 else f"{text[:200]}..."
