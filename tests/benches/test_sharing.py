"""Three stations on one feeder, measured by energy meters over Modbus: the shipped bench file, rehearsed."""

from __future__ import annotations

from pathlib import Path

from tests.benches.test_wire import BENCHES, certify

from wattest.judge.recheck import recheck
from wattest.record import read_record


def test_the_stations_of_a_feeder_are_measured_by_real_drivers(tmp_path: Path) -> None:
    """Every scenario of load sharing passes with a meter for each place and one for the whole, and says the same again."""
    keys = {"LOD-001", "LOD-002", "LOD-003", "LOD-004", "LOD-005"}
    verdicts = certify(BENCHES / "sharing.yaml", tmp_path, keys, rehearse=True)
    assert len(verdicts) == 15
    assert {name: verdict for name, verdict in verdicts.items() if verdict != "pass"} == {}
    record = read_record(tmp_path / "record.jsonl")
    assert recheck(record) == []
    roles = {entry["role"] for entry in record.entries if entry["kind"] == "exchange"}
    assert roles >= {"reference_meter", "meter_2", "meter_3", "trunk"}
    seen = {
        entry["name"] for entry in record.entries if entry["kind"] == "reading" and entry["role"] == "feeder"
    }
    assert seen == {f"current at place {place}" for place in (1, 2, 3)} | {"current of the feeder"}
    known = [entry["parts"] for entry in record.entries if entry["kind"] == "identities"]
    assert {"meter_2", "meter_3", "trunk"} <= set(known[-1])
