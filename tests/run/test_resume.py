"""Going on with an interrupted run in its own record."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import pytest

from wattest.errors import BenchError, RecordError
from wattest.judge.recheck import recheck
from wattest.judge.verdicts import run_table
from wattest.record import read_record, verify_chain
from wattest.run.assemble import documents, open_campaign, seal
from wattest.run.perform import perform
from wattest.run.prove import library

if TYPE_CHECKING:
    from pathlib import Path

    from wattest.model.scenario import Dialect, Scenario
    from wattest.run.campaign import Campaign

KEYS = ("BILL-001", "LOCK-001")
PLAN: list[tuple[Scenario, Dialect]] = [(scenario, "1.6") for scenario in library() if scenario.key in KEYS]
READ = documents()


def opened(folder: Path, **more: Any) -> Campaign:
    """A run of two scenarios, begun or gone on with."""
    return open_campaign(**{"read": READ, "plan": PLAN, "out": folder, **more})


def interrupted(folder: Path, *, active: frozenset[str] = frozenset(), tries_second: bool = True) -> Path:
    """A run that was killed in its second scenario."""
    campaign = opened(folder, active=active)
    campaign.clock.run(perform(campaign, *PLAN[0]))
    if tries_second:
        scenario, dialect = PLAN[1]
        campaign.recorder.note(
            "scenario",
            key=scenario.key,
            id=scenario.id,
            title=scenario.title,
            area=scenario.area,
            dialect=dialect,
            attempt=1,
            covers=scenario.covers,
            parameters={},
            sha256=scenario.sha256,
            path=scenario.path,
        )
    campaign.recorder.close()
    campaign.clock.close()
    return folder / "record.jsonl"


def test_goes_on_where_it_was(tmp_path: Path) -> None:
    """What was settled is kept; what was interrupted stays in the record and is tried a second time."""
    path = interrupted(tmp_path)
    campaign = opened(tmp_path, resume=True)
    first, second = ((scenario.key, dialect) for scenario, dialect in PLAN)
    assert campaign.finished == {first}
    assert campaign.attempts == {first: 1, second: 1}
    campaign.clock.run(perform(campaign, *PLAN[1], attempt=2))
    seal(campaign)
    assert verify_chain(path) == []
    record = read_record(path)
    assert recheck(record) == []
    tried = [(e["key"], e["attempt"]) for e in record.entries if e["kind"] == "scenario"]
    assert tried == [(first[0], 1), (second[0], 1), (second[0], 2)]
    assert sum(entry["kind"] == "resumed" for entry in record.entries) == 1
    assert {row.verdict for row in run_table(record.entries)} <= {"pass", "not tested"}


def test_a_fail_is_never_tried_again(tmp_path: Path) -> None:
    """No retries until it is green: a scenario that failed is settled."""
    interrupted(tmp_path, active=frozenset({"BILL-D01"}))
    campaign = opened(tmp_path, resume=True, active=frozenset({"BILL-D01"}))
    ends = [entry for entry in campaign.recorder.entries() if entry["kind"] == "scenario_end"]
    assert [entry["verdict"] for entry in ends] == ["fail"]
    assert (PLAN[0][0].key, "1.6") in campaign.finished
    campaign.recorder.close()
    campaign.clock.close()


def test_the_same_is_not_left_out_twice(tmp_path: Path) -> None:
    """What is not tested, and why, stands once in the record, however often the run is taken up."""
    plan: list[tuple[Scenario, Dialect]] = [(dataclasses.replace(PLAN[0][0], needs=("solar_roof",)), "1.6")]
    for resume in (False, True):
        campaign = opened(tmp_path, plan=plan, resume=resume)
        campaign.leave_out(*plan[0], "there is no solar roof")
        campaign.recorder.close()
        campaign.clock.close()
    record = read_record(tmp_path / "record.jsonl")
    assert sum(entry["kind"] == "not_tested" for entry in record.entries) == 1


def test_a_run_that_ends_early_is_not_sealed(tmp_path: Path) -> None:
    """A run that was planned longer is no result, and says how much is missing."""
    interrupted(tmp_path, tries_second=False)
    seal(opened(tmp_path, resume=True))
    record = read_record(tmp_path / "record.jsonl")
    assert record.footer is None
    assert record.entries[-1]["kind"] == "aborted"
    assert record.entries[-1]["reason"] == "ended before 1 of 2 scenarios were performed"


def test_a_part_of_a_shared_run_leaves_out_the_rest(tmp_path: Path) -> None:
    """A process that was given some of the scenarios says of the others that another one has them."""
    campaign = opened(tmp_path, part="gw1")
    campaign.clock.run(perform(campaign, *PLAN[0]))
    seal(campaign)
    record = read_record(tmp_path / "record-gw1.jsonl")
    assert record.header["part"] == "gw1"
    assert record.footer is not None
    assert [(e["key"], e["reason"]) for e in record.entries if e["kind"] == "not_tested"] == [
        (PLAN[1][0].key, "another part of this run was given it")
    ]


def refusal(folder: Path, **more: Any) -> str:
    """The sentence with which a run is not taken up; the record stays as it was."""
    path = folder / "record.jsonl"
    before = path.read_bytes()
    with pytest.raises(RecordError) as caught:
        opened(folder, resume=True, **more)
    assert path.read_bytes() == before
    assert str(caught.value).startswith(f"{path}: ")
    return str(caught.value).removeprefix(f"{path}: ")


def test_a_sealed_run_is_over(tmp_path: Path) -> None:
    """Nothing is added to a result."""
    campaign = opened(tmp_path, plan=[])
    seal(campaign)
    assert refusal(tmp_path, plan=[]) == (
        "the run is sealed; there is nothing to resume. Start a new run instead."
    )


def test_only_the_same_run_goes_on(tmp_path: Path) -> None:
    """Another seed, charger, bench, defect, limit, selection or scenario is refused, each with its sentence."""
    interrupted(tmp_path)
    way_out = "give the same arguments as then, or start a new run."
    begun = "this run was begun with"
    assert refusal(tmp_path, seed=7) == f"{begun} seed 0, not 7; {way_out}"
    other = dataclasses.replace(READ.sheet, serial="XX-2")
    charger = f"{READ.sheet.maker} {READ.sheet.model}, serial"
    assert refusal(tmp_path, read=dataclasses.replace(READ, sheet=other)) == (
        f"{begun} the charger {charger} {READ.sheet.serial}, firmware {READ.sheet.firmware}, not "
        f"{charger} XX-2, firmware {READ.sheet.firmware}; {way_out}"
    )
    edited = dataclasses.replace(READ.sheet, rated_current_a=16.0)
    assert "an earlier version of its charger sheet" in refusal(
        tmp_path, read=dataclasses.replace(READ, sheet=edited)
    )
    bench = dataclasses.replace(READ.bench, name="north lab")
    assert refusal(tmp_path, read=dataclasses.replace(READ, bench=bench)) == (
        f"{begun} the bench 'simulated' as it was then, which is not the bench 'north lab' of now; {way_out}"
    )
    bench = dataclasses.replace(READ.bench, sha256="0" * 64)
    assert refusal(tmp_path, read=dataclasses.replace(READ, bench=bench)) == (
        f"{begun} an earlier version of the file of the bench 'simulated'; {way_out}"
    )
    roles = {**READ.bench.roles, "mains": dataclasses.replace(READ.bench.roles["mains"], driver="http")}
    bench = dataclasses.replace(READ.bench, roles=roles, sha256="0" * 64)
    assert refusal(tmp_path, read=dataclasses.replace(READ, bench=bench)) == (
        f"{begun} the bench 'simulated' when mains was played by simulated, not by http; {way_out}"
    )
    bench = dataclasses.replace(READ.bench, rehearsed=True)
    assert refusal(tmp_path, read=dataclasses.replace(READ, bench=bench)) == (
        f"{begun} the bench 'simulated' in another way, such as rehearsed; {way_out}"
    )
    assert refusal(tmp_path, active=frozenset({"BILL-D01"})) == (
        f"{begun} these defects switched on: none; now: BILL-D01; {way_out}"
    )
    assert refusal(tmp_path, read=dataclasses.replace(READ, limits={})) == (
        f"{begun} other limits than those of now; {way_out}"
    )
    assert refusal(tmp_path, plan=PLAN[:1]) == (
        f"this run was begun with another selection of scenarios ({PLAN[1][0].key} on OCPP 1.6); "
        "give the same --select, --ocpp and files as then, or start a new run."
    )
    changed = [(dataclasses.replace(PLAN[0][0], sha256="1" * 64), PLAN[0][1]), PLAN[1]]
    assert refusal(tmp_path, plan=changed) == (
        f"{PLAN[0][0].key} changed since this run was begun, and one record cannot hold two versions; "
        "start a new run."
    )


def test_an_altered_record_is_refused(tmp_path: Path) -> None:
    """Whoever edits a record cannot go on with it."""
    path = interrupted(tmp_path)
    path.write_bytes(path.read_bytes().replace(b'"verdict":"pass"', b'"verdict":"fail"', 1))
    assert refusal(tmp_path).startswith("the run cannot be resumed. ")


def test_a_folder_is_used_once(tmp_path: Path) -> None:
    """A record is never written over, and a file is no folder."""
    interrupted(tmp_path)
    with pytest.raises(BenchError) as caught:
        opened(tmp_path)
    assert str(caught.value) == (
        f"{tmp_path} holds the record of another run already, and a record is never written over: "
        "choose another folder with --out, or go on with that run with --resume."
    )
    (tmp_path / "file").touch()
    with pytest.raises(BenchError) as caught:
        opened(tmp_path / "file")
    assert str(caught.value).startswith(f"{tmp_path / 'file'} cannot be the folder of a run: ")


def test_defects_are_for_the_simulated_charger(tmp_path: Path) -> None:
    """A live charger cannot be told to be defective, and an unknown defect is an error at once."""
    live = dataclasses.replace(READ, bench=dataclasses.replace(READ.bench, name="lab", kind="live"))
    with pytest.raises(BenchError) as caught:
        opened(tmp_path, read=live, active=frozenset({"BILL-D01"}))
    assert str(caught.value) == (
        "Defects and variations can be switched on in the simulated charger only; the bench 'lab' is live."
    )
    with pytest.raises(BenchError, match="no defect or variation is called 'BILL-D99'; did you mean"):
        opened(tmp_path, active=frozenset({"BILL-D99"}))
    assert list(tmp_path.iterdir()) == []


def test_a_live_charger_is_not_shared(tmp_path: Path) -> None:
    """Several processes cannot certify one charger at the same time."""
    live = dataclasses.replace(READ, bench=dataclasses.replace(READ.bench, name="lab", kind="live"))
    with pytest.raises(BenchError) as caught:
        opened(tmp_path, read=live, part="gw0")
    assert str(caught.value) == (
        "The bench 'lab' has one charger, which several processes cannot share: run without -n."
    )


def test_a_bench_that_does_not_open(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The record says why the run ended before it began, and everything is let go."""
    from wattest.run.simulated import SimulatedVenue

    async def burns(self: Any) -> None:
        raise BenchError("The bench is on fire.")

    monkeypatch.setattr(SimulatedVenue, "open", burns)
    with pytest.raises(BenchError, match=r"^The bench is on fire\.$"):
        opened(tmp_path)
    last = read_record(tmp_path / "record.jsonl").entries[-1]
    assert (last["kind"], last["reason"]) == (
        "aborted",
        "ended, as the bench could not be opened: The bench is on fire.",
    )


def test_a_dialect_that_nobody_speaks() -> None:
    """A wrong version is a sentence, not a run in which nothing is tested."""
    with pytest.raises(BenchError) as caught:
        documents(dialects=["1.6", "2.2"])
    assert str(caught.value) == (
        "OCPP '2.2' is not spoken here; there are 1.6, 2.0.1 and 2.1, written as in --ocpp 1.6,2.0.1."
    )
