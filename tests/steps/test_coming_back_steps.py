"""Steps about a station that comes back, and about its pings: what decides nothing, and what is a mistake of the scenario."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from tests.steps.conftest import Tried

from wattest.record import read_record
from wattest.run.assemble import documents, open_campaign, seal
from wattest.run.perform import perform
from wattest.run.prove import library

if TYPE_CHECKING:
    from pathlib import Path

    from wattest.model.scenario import Dialect


def test_without_a_boot_nothing_follows_one(tried: Tried) -> None:
    """A station that did not boot in the scenario has nothing to show, and the sentence says what to do."""
    found = tried("MON-01", "expect_connectors_shown: {within: 10 s}")
    assert found.verdict == "inconclusive"
    assert "No BootNotification was accepted within 10 s" in found.sentence
    assert "let the station boot first, by 'reset' or 'power_evse'" in found.sentence


def test_service_needs_something_that_was_taken_away(tried: Tried) -> None:
    """There is no recovery from nothing."""
    found = tried("MON-10", "expect_service")
    assert found.verdict == "error"
    assert "expect_service needs something that was taken away and given back before it" in found.sentence


def test_a_station_that_asks_nothing_is_not_put_to_the_test_by_a_hang(tried: Tried) -> None:
    """In a minute without a message nobody can notice that the central system hangs."""
    found = tried("MON-10", "hang_central_system: {for: 1 min}", "expect_service")
    assert found.verdict == "inconclusive"
    assert "the station asked for nothing meanwhile: the fault is not proven effective" in found.sentence


@pytest.mark.parametrize("dialect", ["1.6", "2.0.1"])
def test_a_station_that_boots_at_each_reconnect_serves_once_it_is_accepted(
    tried: Tried, dialect: str
) -> None:
    """V11 asks for its boot again after a restart of the central system, and comes back in time."""
    steps = ("restart_central_system: {dark: 1 min}", "expect_service")
    assert tried("MON-10", *steps, active=("V11",), dialect=dialect).verdict == "pass"


def test_a_ping_interval_is_whole_seconds(tried: Tried) -> None:
    """OCPP cannot tell another one."""
    found = tried("MON-03", "check_pings: {every: 1500 ms}")
    assert found.verdict == "error"
    assert "A ping interval is told in whole seconds, and 1.5 s is none" in found.sentence


def test_a_setting_that_is_taken_and_not_kept_is_a_failure(tried: Tried) -> None:
    """Accepted means applied."""
    found = tried("MON-03", "check_pings: {every: 20 s}", active=("STATUS-D06",))
    assert found.sentence == "The ping interval read back is '120', but '20' was expected."


@pytest.mark.parametrize("dialect", ["1.6", "2.0.1"])
def test_a_station_with_two_connectors_shows_both(tmp_path: Path, dialect: Dialect) -> None:
    """The charger sheet says how many; each has a status after the boot, and the check counts them."""
    read = documents()
    read = replace(read, sheet=replace(read.sheet, connectors=2))
    (scenario,) = [one for one in library() if one.key == "MON-009"]
    campaign = open_campaign(read, plan=[(scenario, dialect)], out=tmp_path)
    outcome = campaign.clock.run(perform(campaign, scenario, dialect))
    seal(campaign)
    assert outcome.verdict == "pass"
    checks = [entry for entry in read_record(tmp_path / "record.jsonl").entries if entry["kind"] == "check"]
    assert [c["inputs"]["cases"] for c in checks if c["name"] == "every connector shows itself"] == [2]
