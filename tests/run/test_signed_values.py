"""Signed meter values from the meter to the record, and verified again from the record alone."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from wattest.judge.recheck import recheck
from wattest.record import read_record
from wattest.run.assemble import documents, open_campaign, seal
from wattest.run.perform import perform
from wattest.run.prove import library

if TYPE_CHECKING:
    from pathlib import Path

    from wattest.model.scenario import Dialect


def certified(folder: Path, dialect: Dialect, **sheet: Any) -> tuple[str, str, bytes]:
    """Verdict and sentence of METER-011 for a charger whose sheet says this, and the record, which must verify."""
    read = documents()
    read = replace(read, sheet=replace(read.sheet, **sheet))
    (scenario,) = [one for one in library() if one.key == "METER-011"]
    campaign = open_campaign(read, plan=[(scenario, dialect)], out=folder)
    outcome = campaign.clock.run(perform(campaign, scenario, dialect))
    seal(campaign)
    path = folder / "record.jsonl"
    assert recheck(read_record(path)) == []
    return outcome.verdict, outcome.sentence, path.read_bytes().partition(b"\n")[2]


@pytest.mark.parametrize("dialect", ["1.6", "2.0.1"])
def test_signatures_verify_and_are_the_same_again(tmp_path: Path, dialect: Dialect) -> None:
    """Two runs of one seed give one record, signatures and all."""
    (tmp_path / "again").mkdir()
    verdict, sentence, record = certified(tmp_path, dialect)
    assert verdict == "pass", sentence
    again = certified(tmp_path / "again", dialect)[2]
    assert record.rpartition(b'"kind":"footer"')[0] == again.rpartition(b'"kind":"footer"')[0]


def test_without_the_key_of_the_maker_nothing_is_verified(tmp_path: Path) -> None:
    """What cannot be verified is doubt, and never the charger's failure."""
    assert certified(tmp_path, "2.0.1", meter_public_key=None)[:2] == (
        "inconclusive",
        "The charger sheet states no 'meter_public_key', so that no signature can be verified.",
    )
