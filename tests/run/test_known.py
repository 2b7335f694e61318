"""Who is on the bench: noted once, and compared with the earlier part of a run that goes on."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

import wattest.run.simulated
from wattest.errors import RunAborted
from wattest.evse import Charger
from wattest.judge.verdicts import attempts
from wattest.ocpp.neutral import Booted
from wattest.record import read_record
from wattest.roles import Identity
from wattest.run.assemble import documents, open_campaign, seal
from wattest.run.known import Before, Changed, Known
from wattest.run.perform import perform
from wattest.run.prove import library
from wattest_instruments.simulated_power import Asked

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from wattest.model.scenario import Dialect, Scenario
    from wattest.run.campaign import Campaign

METER = Identity("YOKOGAWA", "WT310E", "C2TW01804", "F1.04")


class Notes(list[tuple[str, dict[str, Any]]]):
    def __call__(self, kind: str, /, **fields: Any) -> int:
        self.append((kind, fields))
        return len(self)


def station(**facts: str | None) -> Any:
    """A central system whose one station has booted."""
    said: dict[str, Any] = {
        "vendor": "Wattest",
        "model": "L2",
        "serial": "SIM-1",
        "firmware": "1.0.0",
        **facts,
    }
    one = SimpleNamespace(connected=True, booted=(Booted(**said, reason=None), 12))
    return SimpleNamespace(stations={"CP001": one})


def test_noted_when_it_changes() -> None:
    """Once, however often everything is opened; again when somebody else answers, which a first part may allow."""
    note = Notes()
    known = Known(note)
    for identity in (METER, METER, replace(METER, serial="2")):
        known.instruments({"reference_meter": identity})
    for firmware in ("1.0.0", "1.0.0", "1.1.0"):
        known.station(station(firmware=firmware))
    nobody: Any = SimpleNamespace(stations={})
    known.station(nobody)
    assert [
        (kind, fields.get("firmware") or fields["parts"]["reference_meter"]["serial"])
        for kind, fields in note
    ] == [
        ("identities", "C2TW01804"),
        ("identities", "2"),
        ("station", "1.0.0"),
        ("station", "1.1.0"),
    ]
    assert note[2][1]["evidence"] == (12,)


def test_another_instrument() -> None:
    """Another serial number or firmware is a refusal that names both; who has no serial number is not compared."""
    before = Before({"reference_meter": vars(METER), "mains": vars(Identity("by hand", "Anna Roy", ""))})
    known = Known(Notes(), before)
    known.instruments({"reference_meter": METER, "mains": Identity("by hand", "Luc Roy", ""), "load": METER})
    with pytest.raises(Changed) as caught:
        known.instruments({"reference_meter": replace(METER, firmware="F2.00")})
    assert str(caught.value) == (
        "the reference_meter is YOKOGAWA WT310E, serial C2TW01804, firmware F2.00, and was YOKOGAWA WT310E, serial C2TW01804, "
        "firmware F1.04 when this run was begun; one record cannot hold both: put the first one back and resume again, or "
        "start a new run"
    )


@pytest.mark.parametrize(("name", "value"), [("firmware", "1.1.0"), ("serial", "SIM-2"), ("model", "L3")])
def test_another_station(name: str, value: str) -> None:
    """What it says of itself at the first boot decides; what it does not say cannot be compared."""
    then = {"vendor": "Wattest", "model": "L2", "serial": "SIM-1", "firmware": "1.0.0", "seq": 7}
    Known(Notes(), Before(station=then)).station(station())
    Known(Notes(), Before(station=then)).station(station(firmware=None, serial=None))
    with pytest.raises(Changed) as caught:
        Known(Notes(), Before(station=then)).station(station(**{name: value}))
    assert str(caught.value) == (
        f"the station reports the {name} '{value}' in its BootNotification, and reported '{then[name]}' when this run was "
        "begun; one record cannot hold both: go back to it and resume again, or start a new run"
    )


def test_a_scenario_may_change_the_firmware() -> None:
    """Only the first boot after the interruption is compared: an update is what some scenarios are about."""
    known = Known(Notes(), Before(station={"firmware": "1.0.0"}))
    known.station(station())
    known.station(station(firmware="1.1.0"))


PLAN: list[tuple[Scenario, Dialect]] = [
    (one, "1.6") for one in library() if one.key in {"AUTH-001", "LOCK-001"}
]


def _other_firmware(monkeypatch: pytest.MonkeyPatch) -> str:
    def updated(world: Any, clock: Any, sheet: Any, **more: Any) -> Charger:
        return Charger(world, clock, replace(sheet, firmware="9.9.9"), **more)

    monkeypatch.setattr(wattest.run.simulated, "Charger", updated)
    return "the station reports the firmware '9.9.9' in its BootNotification, and reported '1.0.0'"


def _other_source(monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setattr(Asked, "identity", lambda asked: Identity("ACME", asked.around.role, "77"))
    return "the vehicle is ACME vehicle, serial 77, and was Wattest simulated vehicle, serial SIM-"


@pytest.mark.parametrize("change", [_other_firmware, _other_source])
def test_a_run_goes_on_with_the_same_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: Callable[[pytest.MonkeyPatch], str]
) -> None:
    """Stopped with the sentence, made safe, not sealed; with the first one back it goes on to its end."""

    def opened(*, resume: bool) -> Campaign:
        return open_campaign(documents(), plan=PLAN, out=tmp_path, resume=resume)

    campaign = opened(resume=False)
    campaign.clock.run(perform(campaign, *PLAN[0]))
    campaign.recorder.close()
    campaign.clock.close()
    with monkeypatch.context() as changed:
        sentence = change(changed)
        campaign = opened(resume=True)
        with pytest.raises(RunAborted) as caught:
            campaign.clock.run(perform(campaign, *PLAN[1]))
        seal(campaign)
    assert str(caught.value).startswith(f"The run was stopped: {sentence}")
    record = read_record(tmp_path / "record.jsonl")
    assert record.footer is None
    assert record.entries[-1]["kind"] != "verdict" or record.entries[-1]["verdict"] == "error"
    assert [entry for entry in record.entries if entry["kind"] == "safe"][-1]["ok"]
    campaign = opened(resume=True)
    assert campaign.attempts == {(PLAN[0][0].key, "1.6"): 1, (PLAN[1][0].key, "1.6"): 1}
    campaign.clock.run(perform(campaign, *PLAN[1], attempt=2))
    seal(campaign)
    record = read_record(tmp_path / "record.jsonl")
    assert record.footer is not None
    assert [(one.number, one.verdict()[0]) for one in attempts(record.entries)] == [
        (1, "pass"),
        (1, "error"),
        (2, "pass"),
    ]
