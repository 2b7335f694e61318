"""Allure results from a record."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from wattest.record import Record
from wattest_reports.allure import render


@pytest.fixture
def folder(record: Record, tmp_path: Path) -> Path:
    return render(record, tmp_path / "allure")


def _results(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(path.read_text("utf-8")) for path in sorted(folder.glob("*-result.json"))]


def _result(folder: Path, name: str, dialect: str) -> dict[str, Any]:
    return next(
        one
        for one in _results(folder)
        if one["name"].startswith(name) and {"name": "OCPP", "value": dialect} in one["parameters"]
    )


@pytest.mark.parametrize(
    ("name", "dialect", "status"),
    [
        ("AUT-001", "1.6", "passed"),
        ("MET-001", "1.6", "failed"),
        ("OUT-002", "1.6", "broken"),
        ("LCK-001", "2.0.1", "broken"),
        ("BIL-003", "1.6", "skipped"),
    ],
)
def test_verdicts_map_to_status(folder: Path, name: str, dialect: str, status: str) -> None:
    """Fail is failed; error and inconclusive are broken, never passed; not tested is skipped."""
    assert _result(folder, name, dialect)["status"] == status


def test_no_two_results_share_a_history(folder: Path) -> None:
    """The same scenario on two dialects or with two parameters is two tests, not a test and its retry."""
    results = _results(folder)
    assert len({one["historyId"] for one in results}) == len(results) == 9
    assert len({one["fullName"] for one in results}) == len(results)
    assert not any("[" in one["fullName"] or "::" in one["fullName"] for one in results)


def test_steps_checks_and_parameters_are_there(folder: Path) -> None:
    """A failed step holds its check with the entries that prove it, times in milliseconds."""
    result = _result(folder, "MET-001 [16 A]", "1.6")
    assert {"name": "current", "value": "16 A"} in result["parameters"]
    charge, compare = result["steps"]
    assert charge["name"] == "1. charge: {energy: 1250 Wh}"
    assert charge["stop"] - charge["start"] == pytest.approx(720_650, abs=200)
    assert compare["status"] == "failed"
    assert compare["steps"][0]["name"].startswith("MET-01: Energy of transaction 1")
    assert compare["steps"][0]["parameters"] == [{"name": "evidence", "value": "22, 25, 98, 101, 104"}]


def test_labels_sort_by_area_and_requirement_and_name_no_host(folder: Path) -> None:
    """Epic, feature, story, suites, severity, requirements; never the computer's name, anywhere."""
    labels = {(one["name"], one["value"]) for one in _result(folder, "MET-001", "1.6")["labels"]}
    assert {
        ("feature", "metering"),
        ("story", "MET-001"),
        ("parentSuite", "OCPP 1.6"),
        ("suite", "metering"),
        ("severity", "critical"),
        ("tag", "MET-01"),
        ("verdict", "fail"),
    } <= labels
    assert not any(name == "host" for name, _ in labels)
    assert not any(b"lab-pc-7" in path.read_bytes() for path in folder.iterdir())


def test_attachments_hold_figures_and_messages(folder: Path) -> None:
    """Figures as CSV with unit and U, messages in readable lines."""
    result = _result(folder, "MET-001", "1.6")
    figures, messages = ((folder / one["source"]).read_text("utf-8") for one in result["attachments"])
    assert "energy of transaction 1,1.967" in figures
    assert "EVSE -> CSMS  StopTransaction call, answered  transactionId=1 meterStop=2250" in messages


def test_environment_and_categories_are_written(folder: Path) -> None:
    """Environment without host; categories that tell doubt from a broken bench."""
    environment = (folder / "environment.properties").read_text("utf-8")
    assert "Charger=Boreal Trottoir 7 BT7-000123 4.2.1\n" in environment
    assert "Simulated=yes: no physical charger was tested\n" in environment
    names = [one["name"] for one in json.loads((folder / "categories.json").read_text("utf-8"))]
    assert names == [
        "The charger contradicts a requirement",
        "The evidence cannot decide",
        "The bench, the suite or the operator failed",
        "Not applicable or not tested",
    ]
    assert _result(folder, "OUT-002", "1.6")["statusDetails"]["message"].startswith("inconclusive: ")


def test_an_unsealed_run_has_a_broken_result(tape: Callable[..., Any], tmp_path: Path) -> None:
    """So that a report of passed scenarios only cannot come of a killed run."""
    (result,) = _results(render(tape().stop(), tmp_path / "allure"))
    assert result["status"] == "broken"
    assert "The run was not sealed: not a result." in result["statusDetails"]["message"]


def test_rendering_again_replaces_ours_and_leaves_other_files(record: Record, tmp_path: Path) -> None:
    """Equal records give equal folders; a file that is not ours stays."""
    folder = render(record, tmp_path / "allure")
    (folder / "allurerc.yml").write_text("name: x\n")
    (folder / "old-result.json").write_text("{}")
    before = {path.name: path.read_bytes() for path in folder.iterdir() if path.name != "old-result.json"}
    render(record, folder)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_a_cell_is_no_formula(tape: Callable[..., Any], tmp_path: Path) -> None:
    """A spreadsheet must not run what a charger chose to send."""
    made = tape()
    made.scenario("MET-001", "x", "metering", ["MET-01"])
    made.begin("x")
    made.check("MET-01", "x", "at_most", {"what": '=HYPERLINK("x"),1', "value": -3, "unit": "A", "limit": 1})
    made.done()
    made.scenario_end("MET-001", "pass")
    folder = render(made.seal(), tmp_path / "allure")
    (csv,) = folder.glob("*.csv")
    assert csv.read_text("utf-8").splitlines()[1].startswith('"\'=HYPERLINK(""x""),1",-3,A,')
