from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from wattest.document.reader import read_text
from wattest.errors import DocumentError
from wattest.model.read_requirements import (
    decimal_of,
    decision_rules_of,
    limits_of,
    read_decision_rules,
    read_limits,
    read_requirements,
    requirements_of,
)
from wattest.model.requirement import DecisionRule, Limit, Requirement

ROW = """requirements:
  MET-01:
    text: Energy is right.
    text_fr: L'énergie est juste.
    criterion: within the limit
    criterion_fr: dans la limite
    source: NIST HB44
    provenance: recalled
    methods: [ocpp, instrument]
    level: mandatory
    traces: [T13]
    limits: [one]
"""
LIMIT = "limits:\n  one: {value: 1.0 %, source: HB44, edition: '2023', provenance: recalled}\n"


def sentences(error: DocumentError) -> list[str]:
    return [problem.sentence for problem in error.problems]


def test_reads_requirements() -> None:
    """A row becomes a requirement with its id."""
    assert requirements_of(read_text(ROW), ["one"]) == {
        "MET-01": Requirement(
            "MET-01",
            "Energy is right.",
            "L'énergie est juste.",
            "within the limit",
            "dans la limite",
            "NIST HB44",
            "recalled",
            ("ocpp", "instrument"),
            "mandatory",
            ("T13",),
            ("one",),
        )
    }


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("MET-01", "MET-1", ["'MET-1' is not a requirement id such as 'MET-01'"]),
        ("[one]", "[oen]", ["no limits file states 'oen'; did you mean 'one'?"]),
        ("[ocpp, instrument]", "[]", ["a requirement needs at least one method of gathering evidence"]),
        (
            "recalled",
            "remembered",
            [
                "'remembered' is not allowed here; known: 'found', 'calculated', 'recalled', 'unverified', 'project'"
            ],
        ),
        (
            "    level: mandatory\n",
            "    level: mandatory\n    planned: no such thing yet\n",
            ["a requirement with 'planned' needs 'planned_fr' too, or neither of them"],
        ),
        (
            "    level: mandatory\n",
            "    level: mandatory\n    planned_fr: pas encore\n",
            ["a requirement with 'planned_fr' needs 'planned' too, or neither of them"],
        ),
        ("    criterion_fr: dans la limite\n", "", ["a requirement needs the key 'criterion_fr': text"]),
        ("[T13]", "[T24]", ["'T24' is not a user statement from 'T01' to 'T23'"]),
        (
            "    level: mandatory\n",
            "",
            ["a requirement needs the key 'level': 'mandatory' or 'should' or 'informational'"],
        ),
        (
            "criterion:",
            "criterium:",
            [
                "a requirement needs the key 'criterion': text",
                "a requirement has no key 'criterium'; did you mean 'criterion'?",
            ],
        ),
    ],
)
def test_says_what_is_wrong_with_a_requirement(old: str, new: str, expected: list[str]) -> None:
    """A requirement without source, method or known limit proves nothing."""
    with pytest.raises(DocumentError) as refusal:
        requirements_of(read_text(ROW.replace(old, new)), ["one"])
    assert sentences(refusal.value) == expected


def test_reads_limits() -> None:
    """A limit keeps number, unit, dates and provenance apart."""
    text = LIMIT.replace("}", ", valid_from: 2023-01-01, valid_to: 2030-01-01, note: n}")
    limit = Limit(
        "one", Decimal("1.0"), "%", "HB44", "2023", "recalled", date(2023, 1, 1), date(2030, 1, 1), "n"
    )
    assert limits_of(read_text(text)) == {"one": limit}
    assert decimal_of(limit) == Decimal("1.0")
    assert decimal_of(Limit("t", Decimal(5), "min", "", "", "project")) == 300


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("1.0 %", "one", ["'one' is not a number with a unit, such as '1.0 %' or '60 s'"]),
        ("1.0 %", "'1'", ["the unit of '1' is not known; a limit without a unit means nothing"]),
        ("1.0 %", "1 kwh", ["the unit of '1 kwh' is not known; did you mean 'kWh'?"]),
        (
            "recalled}",
            "recalled, valid_from: 2023-01-02, valid_to: 2023-01-01}",
            ["valid_to 2023-01-01 lies before valid_from 2023-01-02"],
        ),
        ("one:", "One:", ["'One' is not a name such as 'low_current': small letters, digits and '_'"]),
        (", edition: '2023'", "", ["a limit needs the key 'edition': text"]),
    ],
)
def test_says_what_is_wrong_with_a_limit(old: str, new: str, expected: list[str]) -> None:
    """A number without unit, source or edition is no limit."""
    with pytest.raises(DocumentError) as refusal:
        limits_of(read_text(LIMIT.replace(old, new)))
    assert sentences(refusal.value) == expected


def test_reads_decision_rules() -> None:
    """A rule has the defaults of the certification rule and refuses nonsense."""
    assert decision_rules_of(read_text("decision_rules: {a: {source: s}}\n")) == {
        "a": DecisionRule("a", source="s")
    }
    with pytest.raises(DocumentError) as refusal:
        decision_rules_of(read_text("decision_rules: {a: {source: s, guard: 2}}\n"))
    assert sentences(refusal.value) == [
        "a decision rule has guard from 0 to 1, k above 0, and tur_min not above tur_warn"
    ]


def test_a_folder_is_read_whole(written: Callable[[str, str], Path]) -> None:
    """Files of other kinds are passed over; the problems of all files come together."""
    folder = written("r/a.yaml", ROW).parent
    written("r/limits.yaml", LIMIT)
    written("r/list.yaml", "[a]\n")
    assert list(read_requirements(folder)) == ["MET-01"]
    assert list(read_limits(folder)) == ["one"]
    written("r/b.yaml", ROW)
    written("r/c.yaml", ROW.replace("mandatory", "must"))
    written("r/d.yaml", "a: [\n")
    with pytest.raises(DocumentError) as refusal:
        read_requirements(folder)
    assert [Path(problem.place.path).name for problem in refusal.value.problems] == [
        "b.yaml",
        "c.yaml",
        "d.yaml",
    ]
    assert sentences(refusal.value)[0] == "'MET-01' is stated in another file of this folder too"


def test_the_library_states_what_it_uses() -> None:
    """Requirements, limits and rules of the library read, and every limit that a requirement names exists."""
    requirements, limits = read_requirements(), read_limits()
    assert {limit for one in requirements.values() for limit in one.limits} <= set(limits)
    assert all(one.text_fr and one.source and one.traces for one in requirements.values())
    assert limits["hb44_ac_acceptance"].value == Decimal("1.0")
    assert limits["mc_evse_ac"].provenance == "unverified"
    assert read_decision_rules()["certification"].guard == 1.0
    assert read_decision_rules()["hb44"].guard == 0.0
    project = [one for one in limits.values() if one.provenance == "project"]
    assert all("project criterion" in one.source for one in project)
