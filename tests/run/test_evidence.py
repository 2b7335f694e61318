"""Files that a part of the bench keeps lie beside the record of its run, on a simulated bench and on a live one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from wattest.record import Recorder, missing_evidence, read_record
from wattest.run.assemble import documents, open_campaign, seal
from wattest.run.live import LiveVenue

if TYPE_CHECKING:
    from collections.abc import Callable


def photographed(tmp_path: Path, tiny: Callable[..., None], name: str) -> Recorder:
    tiny(tmp_path / "scenarios", "authentication/no_power")
    read = documents()
    (scenario,) = read.read(tmp_path / "scenarios" / "authentication" / "no_power.scenario.yaml")
    campaign = open_campaign(read, plan=[(scenario, "1.6")], out=tmp_path / name)
    stage = campaign.clock.run(campaign.venue.enter(scenario, "1.6", 0))
    operator: Any = stage.parts["operator"]
    photo = campaign.clock.run(operator.photograph("rating plate"))
    campaign.clock.run(campaign.venue.leave())
    campaign.stop = "enough"
    seal(campaign)
    entry = read_record(campaign.recorder.path).entries[photo.seq]
    assert (entry["kind"], entry["name"], entry["sha256"]) == ("file", photo.name, photo.sha256)
    return campaign.recorder


def test_a_picture_lies_beside_the_record(tmp_path: Path, tiny: Callable[..., None]) -> None:
    """What the simulated operator photographs is kept with its run, and equal runs keep it alike."""
    first, second = (photographed(tmp_path, tiny, name) for name in ("first", "second"))
    assert missing_evidence(first.path, read_record(first.path).entries) == []
    names = [[p.name for p in (r.path.parent / "evidence").iterdir()] for r in (first, second)]
    assert names[0] == names[1]
    lines = [recorder.path.read_bytes().splitlines()[1:] for recorder in (first, second)]
    assert lines[0] == lines[1]


def test_parts_of_a_live_bench_can_keep_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Drivers of a live bench are given the same way to keep a file."""
    given: list[Any] = []
    monkeypatch.setattr("wattest.run.live.driver", lambda entry, around: given.append(around.keep))
    (tmp_path / "bench.yaml").write_text("bench: b\nkind: live\noperator: {driver: by_hand}\n")
    read = documents(bench=str(tmp_path / "bench.yaml"))
    campaign = open_campaign(read, plan=[], out=tmp_path / "run")
    assert isinstance(campaign.venue, LiveVenue)
    campaign.venue._parts.clear()
    assert given[0]("x.txt", b"x") == campaign.recorder.count - 1
    campaign.stop = "enough"
    seal(campaign)
    assert [path.suffix for path in (tmp_path / "run" / "evidence").iterdir()] == [".txt"]
