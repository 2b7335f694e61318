"""Everything over the wire: twins behind the real PyVISA, pyserial, pymodbus and HTTP, on a virtual clock."""

from __future__ import annotations

from pathlib import Path

import pytest

from wattest.judge.recheck import recheck
from wattest.model.library import library_folder
from wattest.record import read_record, verify_chain
from wattest.run.assemble import documents, open_campaign, seal
from wattest.run.perform import perform
from wattest.run.prove import library

BENCHES = library_folder("fixtures") / "benches"


def certify(
    bench: Path, out: Path, keys: set[str] | None = None, *, rehearse: bool = False
) -> dict[str, str]:
    """Perform the scenarios on a bench, whole and sealed; the verdicts by scenario and dialect."""
    read = documents(bench=str(bench), rehearse=rehearse)
    plan = [(s, d) for s in library() for d in read.dialects if keys is None or s.key in keys]
    campaign = open_campaign(read, plan=plan, out=out)
    verdicts = {}
    try:
        for scenario, dialect in plan:
            lacks = campaign.venue.lacks(tuple(n for n in scenario.needs if n not in read.sheet.features))
            if lacks is not None:
                verdicts[f"{scenario.key} ({dialect})"] = f"not tested: {lacks}"
                campaign.leave_out(scenario, dialect, lacks)
                continue
            outcome = campaign.clock.run(perform(campaign, scenario, dialect))
            said = "" if outcome.verdict == "pass" else f": {outcome.sentence}"
            verdicts[f"{scenario.key} ({dialect})"] = outcome.verdict + said
    finally:
        seal(campaign)
    return verdicts


@pytest.mark.timeout(1200)
def test_the_whole_library_passes_over_the_wire(tmp_path: Path) -> None:
    """Every scenario for a charger like this passes with real drivers, and the record is whole and says the same again.

    What its sheet lacks is not tested, nor what no published command of its EV board does; and the site document of another station says nothing about this one.
    """
    verdicts = certify(BENCHES / "wire.yaml", tmp_path)
    lacks = "not tested: neither the charger sheet of Street L2 40 nor the bench states "
    left = {name: verdict for name, verdict in verdicts.items() if verdict != "pass"}
    untested = {verdict.removeprefix(lacks) for verdict in left.values() if verdict.startswith(lacks)}
    assert untested == {
        "'feeder'",
        "'keeps_asking'",
        "'local_cost'",
        "'payment_terminal'",
        "'pilot_resistance'",
        "'proximity'",
        "'signed_meter_values'",
        "'vehicle_soc'",
    }
    stopped = {name: verdict for name, verdict in left.items() if not verdict.startswith(lacks)}
    assert set(stopped) == {"MON-005 (1.6)", "MON-005 (2.0.1)"}, stopped
    assert all("is of station SIM-0001, and SIM-0040 is tested" in said for said in stopped.values())
    path = tmp_path / "record.jsonl"
    assert verify_chain(path) == []
    record = read_record(path)
    assert recheck(record) == []
    assert record.header["bench"]["rehearsed"] is True
    used = {entry["role"] for entry in record.entries if entry["kind"] == "exchange"}
    assert used >= {
        "reference_meter",
        "mains",
        "load",
        "vehicle",
        "chamber",
        "thermometers",
        "pilot_scope",
        "relays",
    }


def test_the_bench_of_a_real_laboratory_is_rehearsed(tmp_path: Path) -> None:
    """Its drivers run against twins that speak their bytes, with its own limits and calibration files."""
    verdicts = certify(BENCHES / "lab.yaml", tmp_path, {"AUTH-001", "METER-003", "OUTAGE-003"}, rehearse=True)
    assert {name: verdict for name, verdict in verdicts.items() if verdict != "pass"} == {}
    record = read_record(tmp_path / "record.jsonl")
    said = {(e["role"], e["tx"]) for e in record.entries if e["kind"] == "exchange"}
    asked = {role for role, tx in said if tx in {"*IDN?", "ROM?", "TYPE?"}}
    assert asked >= {"reference_meter", "mains", "load", "chamber"}
    assert record.header["bench"]["name"] == "winter lab"


def test_what_a_laboratory_cannot_judge_is_inconclusive(tmp_path: Path) -> None:
    """At 6 A behind a transformer of 50 A the analyser is too coarse for 1 %: that is no fault of the charger."""
    verdicts = certify(BENCHES / "lab.yaml", tmp_path, {"METER-001"}, rehearse=True)
    assert set(verdicts) == {"METER-001 (1.6)", "METER-001 (2.0.1)"}
    for verdict in verdicts.values():
        assert verdict.startswith("inconclusive"), verdict
        assert "times U, 3 is asked for" in verdict
