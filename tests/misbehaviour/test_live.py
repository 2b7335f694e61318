"""An EVSE in a process of its own that is killed: found in the step that was running, and the run goes on."""

from __future__ import annotations

import asyncio
import os
import re
import signal
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from wattest.judge.recheck import recheck
from wattest.model.library import library_folder
from wattest.record import read_record, verify_chain
from wattest.run.assemble import documents, open_campaign, seal
from wattest.run.perform import perform

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from wattest.model.scenario import Dialect

pytestmark = pytest.mark.real_time

SCENARIO = """
scenario: A session that {name} lives through
id: {name}
covers: [AUT-02]
needs: [card_reader, vehicle]
given:
  cards: {{driver: 04E2A1B2}}
steps:
  - present_card: driver
  - plug_in
  - ev_ready
  - expect_transaction: {{state: charging, within: 10 s}}
  - {step}
  - present_card: driver
  - expect_transaction: {{state: ended, within: 10 s}}
  - unplug
  - return_plug
"""


def _bench(folder: Path, *, analyser: bool) -> Path:
    """The shipped loopback bench, or the same without its analyser, and a station that forgets cards soon."""
    fixtures = library_folder("fixtures")
    sheet = (fixtures / "chargers" / "loopback.yaml").read_text(encoding="utf-8")
    (folder / "charger.yaml").write_text(re.sub("connection_timeout: .*", "connection_timeout: 2 s", sheet))
    text = (fixtures / "benches" / "loopback.yaml").read_text(encoding="utf-8")
    text = text.replace("../chargers/loopback.yaml", str(folder / "charger.yaml"))
    text = text.replace("../", f"{fixtures}/")
    if not analyser:
        text = re.sub("(?ms)^reference_meter:.*?(?=^vehicle)", "", text)
    bench = folder / "bench.yaml"
    bench.write_text(text, encoding="utf-8")
    return bench


@pytest.mark.parametrize(
    ("dialect", "analyser", "step", "goes_on"),
    [
        ("1.6", False, "wait: 3 s", True),
        ("2.0.1", True, "charge: {current: 32 A, energy: 6 Wh}", False),
    ],
    ids=["while nothing is asked", "while the analyser beside it is read"],
)
def test_a_killed_charger(tmp_path: Path, dialect: Dialect, analyser: bool, step: str, goes_on: bool) -> None:
    """SIGKILL in step 5 fails NET-02 there, never an error; started again by its rig, it passes the next scenario."""
    names = ("LIVE-101", "LIVE-102")
    for name in names:
        path = tmp_path / f"{name}.scenario.yaml"
        path.write_text(SCENARIO.format(name=name, step=step), encoding="utf-8")
    read = documents(bench=str(_bench(tmp_path, analyser=analyser)))
    scenarios = [one for name in names for one in read.read(tmp_path / f"{name}.scenario.yaml")]
    campaign = open_campaign(read, plan=[(one, dialect) for one in scenarios], out=tmp_path / "run")
    victims: list[int] = []

    @contextmanager
    def watch(text: str) -> Iterator[None]:
        if text.startswith("5.") and not victims:
            venue: Any = campaign.venue
            victims.append(venue._rigs["evse"]._child._process.pid)
            asyncio.get_running_loop().call_later(0.7, os.kill, victims[0], signal.SIGKILL)
        yield

    first, second = (
        campaign.clock.run(perform(campaign, scenario, dialect, watch=watch)) for scenario in scenarios
    )
    seal(campaign)
    path = tmp_path / "run" / "record.jsonl"
    record = read_record(path)
    assert verify_chain(path) == []
    assert recheck(record) == []

    assert (first.verdict, first.requirements["NET-02"]) == ("fail", "fail")
    assert first.sentence == (
        "Not there: the station during step 5 (" + step.partition(":")[0] + ") of LIVE-101: "
        "The program 'evse' was killed by signal 9 although nobody asked it to."
    )
    assert first.requirements["AUT-02"] == ("pass" if goes_on else "inconclusive")
    checks = [
        entry for entry in record.entries if entry["kind"] == "check" and "NET-02" in entry["requirements"]
    ]
    assert checks[0]["step"] == 5
    assert campaign.closed is None
    assert (second.verdict, second.sentence) == ("pass", "")
