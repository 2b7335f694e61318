"""What may come back for a faulty CALL, and what the reference CSMS itself answers.

The specifications contradict themselves (OCPP 2.0.1 Part 4 section 4.1.7 demands a CALLERROR where section 4.2.3
allows silence), so that a charger is held against a set of outcomes, never against a single code. Silence is
``SILENCE``; a closed link, a reboot or a changed state is never in a set.

Sources: OCPP-J 1.6 section 4.2.3 (the misspelt codes are kept by its errata); OCPP 2.0.1 Part 4 edition 3, table 8.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from wattest.model.scenario import Dialect, Family, family

SILENCE = "silence"
ACCEPTED = "answered"
"""The station answered with a CALLRESULT."""

FaultClass = Literal[
    "not json",
    "not a message",
    "unknown message type",
    "unknown action",
    "absent profile",
    "missing field",
    "extra field",
    "wrong type",
    "out of range",
    "not accepted yet",
    "orphan answer",
]

_SPELLINGS = {
    "FormationViolation": "FormatViolation",
    "OccurenceConstraintViolation": "OccurrenceConstraintViolation",
}

CODES: Mapping[Family, frozenset[str]] = {
    "1.6": frozenset(
        {
            "NotImplemented",
            "NotSupported",
            "InternalError",
            "ProtocolError",
            "SecurityError",
            "FormationViolation",
            "PropertyConstraintViolation",
            "OccurenceConstraintViolation",
            "TypeConstraintViolation",
            "GenericError",
        }
    ),
    "2.x": frozenset(
        {
            "FormatViolation",
            "GenericError",
            "InternalError",
            "MessageTypeNotSupported",
            "NotImplemented",
            "NotSupported",
            "OccurrenceConstraintViolation",
            "PropertyConstraintViolation",
            "ProtocolError",
            "RpcFrameworkError",
            "SecurityError",
            "TypeConstraintViolation",
        }
    ),
}
"""CALLERROR codes as the dialect spells them; 2.1 has those of 2.0.1 (recalled)."""


def modern(code: str) -> str:
    """The 2.0.1 spelling of a code, so that both spellings compare equal.

    >>> modern("FormationViolation")
    'FormatViolation'
    """
    return _SPELLINGS.get(code, code)


def spelled(code: str, dialect: Dialect) -> str:
    """A code (2.0.1 spelling) as the dialect writes it.

    >>> spelled("OccurrenceConstraintViolation", "1.6")
    'OccurenceConstraintViolation'
    """
    if dialect == "1.6":
        return next((old for old, new in _SPELLINGS.items() if new == code), code)
    return code


def is_known(code: str, dialect: Dialect) -> bool:
    """Whether a dialect has this CALLERROR code, in either of the two spellings that are in use."""
    return any(modern(code) == modern(known) for known in CODES[family(dialect)])


_FRAME = {"FormatViolation", "ProtocolError", "GenericError"}
_ALLOWED: Mapping[FaultClass, Mapping[Family, frozenset[str]]] = {
    "not json": {
        "1.6": frozenset({SILENCE, "InternalError", *_FRAME}),
        "2.x": frozenset({SILENCE, "RpcFrameworkError", "FormatViolation"}),
    },
    "not a message": {
        "1.6": frozenset({SILENCE, "TypeConstraintViolation", *_FRAME}),
        "2.x": frozenset({SILENCE, "RpcFrameworkError", "ProtocolError", "FormatViolation"}),
    },
    "unknown message type": {
        "1.6": frozenset({SILENCE, *(modern(code) for code in CODES["1.6"])}),
        "2.x": frozenset({SILENCE, "MessageTypeNotSupported"}),
    },
    "unknown action": {
        "1.6": frozenset({SILENCE, "NotImplemented", "NotSupported"}),
        "2.x": frozenset({SILENCE, "NotImplemented"}),
    },
    "absent profile": {
        "1.6": frozenset({"NotSupported", "NotImplemented"}),
        "2.x": frozenset({"NotSupported", "NotImplemented"}),
    },
    "missing field": {
        "1.6": frozenset({SILENCE, "OccurrenceConstraintViolation", "ProtocolError", "FormatViolation"}),
        "2.x": frozenset({SILENCE, "OccurrenceConstraintViolation", "ProtocolError", "FormatViolation"}),
    },
    "extra field": {
        "1.6": frozenset(
            {
                SILENCE,
                ACCEPTED,
                "FormatViolation",
                "PropertyConstraintViolation",
                "OccurrenceConstraintViolation",
            }
        ),
        "2.x": frozenset(
            {
                SILENCE,
                ACCEPTED,
                "FormatViolation",
                "OccurrenceConstraintViolation",
                "PropertyConstraintViolation",
            }
        ),
    },
    "wrong type": {
        "1.6": frozenset(
            {SILENCE, "TypeConstraintViolation", "FormatViolation", "PropertyConstraintViolation"}
        ),
        "2.x": frozenset({SILENCE, "TypeConstraintViolation", "FormatViolation"}),
    },
    "out of range": {
        "1.6": frozenset({SILENCE, "PropertyConstraintViolation", "TypeConstraintViolation"}),
        "2.x": frozenset(
            {SILENCE, "PropertyConstraintViolation", "TypeConstraintViolation", "FormatViolation"}
        ),
    },
    "not accepted yet": {"1.6": frozenset({SILENCE}), "2.x": frozenset({"SecurityError"})},
    "orphan answer": {"1.6": frozenset({SILENCE}), "2.x": frozenset({SILENCE})},
}


def allowed(fault: FaultClass, dialect: Dialect) -> frozenset[str]:
    """Outcomes of a faulty CALL that must not be held against a station, codes in 2.0.1 spelling.

    Compare ``modern(code)``. ``SILENCE`` and ``ACCEPTED`` stand for no answer and for a CALLRESULT.
    """
    return _ALLOWED[fault][family(dialect)]


_REFUSALS: Mapping[str, str] = {
    "schema.unknown-action": "NotImplemented",
    "schema.required": "OccurrenceConstraintViolation",
    "schema.minItems": "OccurrenceConstraintViolation",
    "schema.maxItems": "OccurrenceConstraintViolation",
    "schema.additionalProperties": "FormatViolation",
    "schema.type": "TypeConstraintViolation",
    "schema.format": "TypeConstraintViolation",
}


def refusal(rule: str, dialect: Dialect) -> str:
    """The CALLERROR code with which the reference CSMS answers a CALL that breaks ``rule``, as the dialect spells it.

    >>> refusal("schema.maxLength", "1.6")
    'PropertyConstraintViolation'
    """
    if rule.startswith("schema."):
        return spelled(_REFUSALS.get(rule, "PropertyConstraintViolation"), dialect)
    if rule in ("decode.json", "decode.utf-8", "decode.depth", "decode.array"):
        return "RpcFrameworkError" if family(dialect) == "2.x" else "FormationViolation"
    return spelled("FormatViolation", dialect)
