"""The library of scenarios on the built-in charger: everything passes, the same seed gives the same record."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from wattest.record import read_record, verify_chain
from wattest.run.assemble import documents, open_campaign, seal
from wattest.run.perform import perform
from wattest.run.prove import library, simulate

if TYPE_CHECKING:
    from pathlib import Path

    from wattest.model.scenario import Dialect

DIALECTS: tuple[Dialect, ...] = ("1.6", "2.0.1", "2.1")
AREAS = ("authentication", "locking", "metering", "billing", "outage", "climate", "electrical", "cable")


def test_every_area_has_its_scenarios() -> None:
    """There are at least 24 scenarios, four or more in each area, each with a title in both languages."""
    scenarios = {scenario.id: scenario for scenario in library()}
    assert len(scenarios) >= 24
    for area in AREAS:
        assert sum(1 for scenario in scenarios.values() if scenario.area == area) >= 4, area
    assert [s.id for s in scenarios.values() if not (s.title and s.title_fr)] == []


@pytest.mark.parametrize("dialect", DIALECTS)
def test_the_sound_charger_passes_everything(dialect: Dialect) -> None:
    """No scenario fails, errs or doubts on the charger without a defect, and none is left out."""
    outcomes = simulate(library(), dialect)
    assert {key: (o.verdict, o.sentence) for key, o in outcomes.items() if o.verdict != "pass"} == {}
    assert set(outcomes) == {scenario.key for scenario in library() if dialect in scenario.dialects}


@pytest.mark.parametrize(
    ("dialect", "seed"), [("1.6", 1), ("1.6", 2), ("2.0.1", 1), ("2.0.1", 2), ("2.1", 1)]
)
def test_other_seeds_pass_too(dialect: Dialect, seed: int) -> None:
    """The verdicts of the sound charger do not hang on the seed."""
    outcomes = simulate(library(), dialect, seed=seed)
    assert {key: (o.verdict, o.sentence) for key, o in outcomes.items() if o.verdict != "pass"} == {}


def _run(folder: Path, keys: set[str], seed: int) -> Path:
    read = documents()
    plan = [(scenario, dialect) for scenario in library() if scenario.key in keys for dialect in DIALECTS]
    campaign = open_campaign(read, plan=plan, out=folder, seed=seed)
    for scenario, dialect in plan:
        campaign.clock.run(perform(campaign, scenario, dialect))
    seal(campaign)
    return folder / "record.jsonl"


KEYS = {"AUTH-001", "OUTAGE-003", "BILL-001", "COLD-001", "AUTH-002 [expired]"}


def test_same_seed_same_record(tmp_path: Path) -> None:
    """Two runs with one seed differ in nothing but the preamble and the footer's seal of it."""
    first, second = (_run(tmp_path / name, KEYS, 7).read_bytes().splitlines() for name in ("a", "b"))
    assert first[1:-1] == second[1:-1]
    footers = [json.loads(lines[-1]) for lines in (first, second)]
    for footer in footers:
        footer.pop("preamble_sha256")
        footer.pop("seal", None)
    assert footers[0] == footers[1]


def test_another_seed_another_record(tmp_path: Path) -> None:
    """The seed reaches the charger: with another one, message ids and registers differ."""
    first, second = (_run(tmp_path / str(seed), {"AUTH-001"}, seed).read_bytes() for seed in (1, 2))
    assert first.splitlines()[2:-1] != second.splitlines()[2:-1]


def test_the_record_is_whole_and_says_the_same_again(tmp_path: Path) -> None:
    """The chain holds, and every verdict computed from the record again is the one noted."""
    from wattest.judge.recheck import recheck

    path = _run(tmp_path, KEYS, 0)
    assert verify_chain(path) == []
    assert recheck(read_record(path)) == []


def test_a_scenario_with_a_date_leaves_the_clock_as_it_was(tmp_path: Path) -> None:
    """The date holds for its scenario only: before and after it the wall clock goes on, and the record verifies."""
    keys = {"BILL-011 [2025-03-31]", "BILL-011 [2025-04-01]", "BILL-005"}
    folder = _run(tmp_path, keys, seed=0)
    record = read_record(folder)
    days = {entry["utc"][:10] for entry in record.entries if entry["kind"] == "frame"}
    assert days == {"2025-03-31", "2025-04-01", "2026-01-15"}
    assert {entry["utc"][:10] for entry in record.entries if entry["kind"] == "scenario"} == {"2026-01-15"}
    assert verify_chain(folder) == []
