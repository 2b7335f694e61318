"""JUnit XML: what CI systems are told."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from wattest.record import Record
from wattest_reports.junit import render


@pytest.fixture
def root(record: Record, tmp_path: Path) -> ET.Element:
    return ET.parse(render(record, tmp_path / "junit.xml")).getroot()


def _case(root: ET.Element, dialect: str, start: str) -> ET.Element:
    found = root.findall(f"./testsuite[@name='OCPP {dialect}']/testcase")
    return next(case for case in found if (case.get("name") or "").startswith(start))


def _properties(case: ET.Element) -> list[tuple[str, str]]:
    return [(one.get("name") or "", one.get("value") or "") for one in case.findall("./properties/property")]


def test_one_suite_per_dialect_one_case_per_scenario(root: ET.Element) -> None:
    """Scenarios and those left out are cases; totals add up."""
    assert [suite.get("name") for suite in root] == ["OCPP 1.6", "OCPP 2.0.1"]
    assert [suite.get("tests") for suite in root] == ["5", "4"]
    assert {name: root.get(name) for name in ("tests", "failures", "errors", "skipped")} == {
        "tests": "9",
        "failures": "1",
        "errors": "2",
        "skipped": "3",
    }


def test_a_fail_is_a_failure_with_its_sentence_and_evidence(root: ET.Element) -> None:
    """A contradicted requirement is a failure; steps and entries stand in its text."""
    failure = _case(root, "1.6", "MET-001 [16 A]").find("failure")
    assert failure is not None
    assert (failure.get("message") or "").startswith("Energy of transaction 1 is reported as 1275 Wh")
    assert "step 2 compare_energy: {transaction: $paid}: failed" in (failure.text or "")
    assert "(entries 22, 25, 98, 101, 104)" in (failure.text or "")


def test_error_and_inconclusive_are_errors_of_their_own_type(root: ET.Element) -> None:
    """Neither a broken bench nor missing evidence is a failure of the charger, and neither passes."""
    for dialect, key, kind in (("2.0.1", "LCK-001", "error"), ("1.6", "OUT-002", "inconclusive")):
        case = _case(root, dialect, key)
        error = case.find("error")
        assert error is not None
        assert error.get("type") == kind
        assert case.find("failure") is None


def test_not_tested_is_skipped_with_its_reason(root: ET.Element) -> None:
    """What was left out is skipped and says why."""
    skipped = _case(root, "2.0.1", "BIL-003").find("skipped")
    assert skipped is not None
    assert skipped.get("message") == "the charger has no display"


def test_properties_carry_requirement_and_verdict(root: ET.Element) -> None:
    """Requirement, verdict, dialect, parameters and probability of conformity are properties of the case."""
    found = _properties(_case(root, "1.6", "MET-001"))
    for pair in (
        ("verdict", "fail"),
        ("dialect", "1.6"),
        ("requirement", "MET-01"),
        ("verdict MET-01", "fail"),
        ("parameter current", "16 A"),
    ):
        assert pair in found
    assert dict(found)["p_conform MET-01"] == "0"


def test_no_host_is_named(record: Record, tmp_path: Path) -> None:
    """The name of the computer stays in the record."""
    assert b"lab-pc-7" not in render(record, tmp_path / "junit.xml").read_bytes()


def test_an_unsealed_run_is_an_error(tape: Callable[..., Any], tmp_path: Path) -> None:
    """Even when every scenario passed so far."""
    root = ET.parse(render(tape().stop(), tmp_path / "junit.xml")).getroot()
    assert root.get("errors") == "1"
    error = root.find("./testsuite[@name='record']/testcase/error")
    assert error is not None
    assert (error.get("message") or "").startswith("The run was not sealed: not a result.")


def test_never_reached_scenarios_are_counted_not_claimed(tape: Callable[..., Any], tmp_path: Path) -> None:
    """A planned scenario that the run never came to has no case, only a property."""
    plan = [{"key": "AUT-009", "dialect": "1.6", "covers": ["AUT-02"], "title": "x", "not_tested": None}]
    root = ET.parse(render(tape(plan=plan).seal(), tmp_path / "junit.xml")).getroot()
    suite = root.find("./testsuite[@name='OCPP 1.6']")
    assert suite is not None
    assert suite.find("testcase") is None
    assert ("not reached", "AUT-009") in _properties(suite)


def test_control_characters_do_not_break_the_file(tape: Callable[..., Any], tmp_path: Path) -> None:
    """XML has no word for NUL; a charger may send one."""
    made = tape()
    made.scenario("AUT-001", "A \x00 card <&>", "authentication", ["AUT-02"])
    made.begin("x")
    made.done("failed", "said \x07\x1b[31m ]]> \ud800")
    made.scenario_end("AUT-001", "fail", "said \x07\x1b[31m ]]> \ufffe")
    root = ET.parse(render(made.seal(), tmp_path / "junit.xml")).getroot()
    failure = root.find(".//failure")
    assert failure is not None
    assert failure.get("message") == "said \ufffd\ufffd[31m ]]> \ufffd"


def test_equal_records_give_equal_bytes(record: Record, tmp_path: Path) -> None:
    """Rendering twice gives the same bytes."""
    assert render(record, tmp_path / "a.xml").read_bytes() == render(record, tmp_path / "b.xml").read_bytes()
