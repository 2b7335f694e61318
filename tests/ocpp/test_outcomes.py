"""Which answers to a faulty CALL are allowed, and which ones the reference CSMS gives."""

from __future__ import annotations

from typing import get_args

import pytest

from wattest.model.scenario import Dialect, family
from wattest.ocpp.outcomes import (
    ACCEPTED,
    CODES,
    SILENCE,
    FaultClass,
    allowed,
    is_known,
    modern,
    refusal,
    spelled,
)


@pytest.mark.parametrize("dialect", get_args(Dialect))
def test_every_set_holds_known_codes(dialect: Dialect) -> None:
    """Each class of faults has a set for each dialect, of codes that the dialect knows."""
    known = {modern(code) for code in CODES[family(dialect)]} | {SILENCE, ACCEPTED}
    for fault in get_args(FaultClass):
        assert allowed(fault, dialect)
        assert allowed(fault, dialect) <= known


def test_silence_is_allowed_for_broken_json() -> None:
    """Dropping what is not JSON is conformant (OCPP 2.0.1 Part 4 section 4.2.3)."""
    assert SILENCE in allowed("not json", "2.0.1")
    assert SILENCE not in allowed("absent profile", "2.0.1")


@pytest.mark.parametrize("dialect", get_args(Dialect))
def test_both_spellings_are_known(dialect: Dialect) -> None:
    """Either spelling of the two misspelt codes is known in either dialect (variation V08)."""
    for code in ("FormationViolation", "FormatViolation", "OccurenceConstraintViolation"):
        assert is_known(code, dialect)
    assert not is_known("Nonsense", dialect)


@pytest.mark.parametrize(
    ("rule", "old", "new"),
    [
        ("schema.unknown-action", "NotImplemented", "NotImplemented"),
        ("schema.required", "OccurenceConstraintViolation", "OccurrenceConstraintViolation"),
        ("schema.additionalProperties", "FormationViolation", "FormatViolation"),
        ("schema.type", "TypeConstraintViolation", "TypeConstraintViolation"),
        ("schema.enum", "PropertyConstraintViolation", "PropertyConstraintViolation"),
        ("decode.json", "FormationViolation", "RpcFrameworkError"),
        ("decode.duplicate-key", "FormationViolation", "FormatViolation"),
    ],
)
def test_refusals(rule: str, old: str, new: str) -> None:
    """The reference CSMS refuses with the code that the dialect has for the fault, in its spelling."""
    assert refusal(rule, "1.6") == old
    assert refusal(rule, "2.0.1") == new
    assert old in CODES["1.6"]
    assert new in CODES["2.x"]


def test_spelling() -> None:
    """Codes without an old spelling stay as they are."""
    assert spelled("NotSupported", "1.6") == "NotSupported"
    assert spelled("FormatViolation", "2.0.1") == "FormatViolation"
