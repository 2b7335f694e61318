"""What the doctor looks at before a run, finding by finding."""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from wattest.clock import VirtualClock
from wattest.errors import InstrumentError, RigError
from wattest.model.bench import CsmsEntry
from wattest.model.read import read_bench
from wattest.roles import Identity, ReadBack
from wattest.run.assemble import documents
from wattest.run.doctor import bench_file, host, parts, testable
from wattest.run.doctor.finding import Finding, worst

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from wattest.model.bench import Bench
    from wattest.model.charger import ChargerSheet

NOON = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)
TODAY = date(2026, 5, 4)
LIVE = """bench: north lab
kind: live
measurement_plane: {plane}
safe_order: [{order}]
dead_man_relay: {relay}
reference_meter: {{driver: yokogawa_wt, resource: "TCPIP::127.0.0.1::1::SOCKET", current_range: 50 A}}
vehicle: {{driver: by_hand}}
mains: {{driver: by_hand}}
chamber: {{driver: by_hand}}
"""


@pytest.fixture
def sheet() -> ChargerSheet:
    return documents().sheet


@pytest.fixture
def bench(tmp_path: Path) -> Callable[..., Bench]:
    def bench(
        plane: str = "connector", order: str = "vehicle, mains, chamber", relay: str = "true", more: str = ""
    ) -> Bench:
        text = LIVE.format(plane=plane, order=order, relay=relay)
        (tmp_path / "bench.yaml").write_text(text + more)
        return read_bench(tmp_path / "bench.yaml")

    return bench


def told(findings: Any) -> list[tuple[str, str]]:
    return [(finding.state, finding.sentence.en) for finding in findings]


@pytest.mark.parametrize(
    ("now", "synchronised", "state", "begins"),
    [
        (NOON, True, "fine", "2026-05-04 12:00:00 UTC; the system says that it is synchronised."),
        (
            NOON,
            False,
            "warning",
            "The system clock shows 2026-05-04 12:00:00 UTC, and nothing keeps it in step",
        ),
        (NOON, None, "warning", "The system clock shows 2026-05-04 12:00:00 UTC; this system does not tell"),
        (
            datetime(1970, 1, 1, 0, 9, tzinfo=UTC),
            True,
            "problem",
            "The system clock shows 1970-01-01 00:09:00 UTC, which is before this version was made: set it",
        ),
    ],
)
def test_the_clock_is_set_and_kept_in_step(
    now: datetime, synchronised: bool | None, state: str, begins: str
) -> None:
    """A clock that was never set is a problem; one that nothing disciplines is worth a warning."""
    (finding,) = host.clock_findings(now, synchronised=synchronised)
    assert finding.state == state
    assert finding.sentence.en.startswith(begins)


def test_the_kernel_can_be_asked_without_harm() -> None:
    """Whatever this machine says, it says one of three things."""
    assert host.kernel_synchronised() in {True, False, None}


class Usage(NamedTuple):
    total: int
    used: int
    free: int


@pytest.mark.parametrize(
    ("free", "state", "sentence"),
    [
        (50e9, "fine", "50.0 GB are free in {}."),
        (1e9, "warning", "1.0 GB are free in {}; 2 GB are wanted."),
        (1e6, "problem", "0.0 GB are free in {}; 2 GB are wanted."),
    ],
)
def test_there_is_room_for_the_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, free: float, state: str, sentence: str
) -> None:
    """The folder of the run need not be there yet; what counts is the disk it will be on."""
    monkeypatch.setattr(shutil, "disk_usage", lambda path: Usage(1, 1, int(free)))
    finding = host.disk_finding(tmp_path / "not" / "yet")
    assert told([finding]) == [(state, sentence.format(tmp_path))]


def test_a_folder_that_cannot_be_written_is_a_problem(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The way out is another folder."""
    monkeypatch.setattr(os, "access", lambda *_: False)
    assert told([host.disk_finding(tmp_path)]) == [
        ("problem", f"Nothing can be written in {tmp_path}: choose another folder with --out.")
    ]


def test_serial_devices_are_there_and_may_be_used(
    bench: Callable[..., Bench], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every device named anywhere in an option is looked at; a missing right names the group and the command."""
    more = "rigs:\n  robot: {driver: process_rig, command: [cat, /dev/null, /dev/ttyNONE7]}\n"
    findings = list(host.serial_findings(bench(more=more)))
    assert told(findings) == [
        ("fine", "/dev/null can be read and written."),
        ("problem", "/dev/ttyNONE7 is not there: plug the adapter in, or correct the bench file."),
    ]
    assert {finding.subject for finding in findings} == {"robot"}
    monkeypatch.setattr(os, "access", lambda *_: False)
    (finding, _) = host.serial_findings(bench(more=more))
    assert finding.state == "problem"
    assert "sudo usermod -aG " in finding.sentence.en


def test_the_port_of_the_central_system_is_free() -> None:
    """A port on which somebody listens is a problem with the system's reason."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        finding = host.port_finding(CsmsEntry(port=port))
        assert finding.state == "problem"
        assert finding.sentence.en == (
            f"The central system cannot listen on 127.0.0.1:{port}: Address already in use. End what listens there, or "
            "change 'csms' in the bench file."
        )
    assert host.port_finding(CsmsEntry(port=port)).state == "fine"
    assert host.port_finding(CsmsEntry()).sentence.en == (
        "The central system will listen on a free port of 127.0.0.1."
    )


@pytest.mark.parametrize(
    ("begin", "end", "state", "sentence"),
    [
        (
            "2026-01-01",
            "2027-01-01",
            "fine",
            "The calibration c.yaml holds until 2027-01-01, 242 days from today.",
        ),
        (
            "2025-06-03",
            "2026-06-03",
            "warning",
            "The calibration c.yaml holds until 2026-06-03, 30 days from today.",
        ),
        (
            "2025-05-04",
            "2026-05-04",
            "warning",
            "The calibration c.yaml holds until 2026-05-04, 0 days from today.",
        ),
        (
            "2025-05-03",
            "2026-05-03",
            "problem",
            "The calibration c.yaml expired on 2026-05-03, 1 day ago: its readings cannot prove a pass.",
        ),
        (
            "2026-05-05",
            "2027-05-05",
            "problem",
            "The calibration c.yaml begins on 2026-05-05, and today is 2026-05-04: is the system clock right?",
        ),
    ],
)
def test_calibrations_hold(
    bench: Callable[..., Bench], tmp_path: Path, begin: str, end: str, state: str, sentence: str
) -> None:
    """Days are counted to the last day of validity, included."""
    (tmp_path / "c.yaml").write_text(f"serial: X\ncalibrated: {begin}\ndue: {end}\n")
    here = bench()
    meter = here.roles["reference_meter"]
    here = replace(
        here, roles={"reference_meter": replace(meter, options={**meter.options, "calibration": "c.yaml"})}
    )
    assert told(bench_file.calibration_findings(here, TODAY)) == [(state, sentence)]


def test_a_calibration_that_cannot_be_read_is_told_with_its_place(
    bench: Callable[..., Bench], tmp_path: Path
) -> None:
    """A file without dates is a problem at its line."""
    (tmp_path / "c.yaml").write_text("serial: X\ncalibrated: soon\n")
    here = bench()
    meter = here.roles["reference_meter"]
    here = replace(here, roles={"reference_meter": replace(meter, options={"calibration": "c.yaml"})})
    (finding,) = bench_file.calibration_findings(here, TODAY)
    assert finding.state == "problem"
    assert f"{tmp_path}/c.yaml:2:13: 'calibrated' is needed here as a date" in finding.sentence.en
    assert "'due' is needed here as a date" in finding.sentence.en


def test_a_meter_without_calibration_is_told(bench: Callable[..., Bench]) -> None:
    """What no certificate covers cannot prove anything."""
    assert told(bench_file.calibration_findings(bench(), TODAY)) == [
        (
            "warning",
            (
                "No 'calibration' is named: an analyser flags every reading then, and no energy error can be certified."
            ),
        )
    ]


def test_powered_roles_are_in_the_safe_order(bench: Callable[..., Bench]) -> None:
    """A powered role that is not named, and a bench without a relay, are worth a warning each."""
    assert [state for state, _ in told(bench_file.safety_findings(bench()))] == ["fine", "fine"]
    assert told(bench_file.safety_findings(bench(order="mains", relay="false"))) == [
        (
            "warning",
            (
                "'safe_order' does not name vehicle, chamber: it is made safe after the others; say when it should "
                "be."
            ),
        ),
        (
            "warning",
            "No relay cuts power when this computer falls silent; every report will say so.",
        ),
    ]


@pytest.mark.parametrize(
    ("plane", "cable", "state"),
    [
        ("connector", "tethered", "fine"),
        ("output_terminals", "tethered", "warning"),
        ("output_terminals", "socket", "fine"),
        ("input", "socket", "warning"),
    ],
)
def test_the_plane_of_measurement_suits_the_charger(
    bench: Callable[..., Bench], sheet: ChargerSheet, plane: str, cable: Any, state: str
) -> None:
    """What lies between meter and connector is measured as if it were delivered, and that is told."""
    findings = list(bench_file.measuring_findings(bench(plane=plane), replace(sheet, cable=cable)))
    assert [finding.state for finding in findings] == [state]


def test_the_range_of_the_meter_covers_the_charger(bench: Callable[..., Bench], sheet: ChargerSheet) -> None:
    """A charger that delivers more than the range cannot be measured."""
    findings = list(bench_file.measuring_findings(bench(), replace(sheet, rated_current_a=80.0)))
    assert told(findings[1:]) == [
        (
            "problem",
            (
                f"The reference meter has current_range 50 A, and {sheet.model} delivers up to 80 A: readings beyond "
                "the range are no readings."
            ),
        )
    ]


def test_untested_scenarios_are_grouped_by_reason(bench: Callable[..., Bench], sheet: ChargerSheet) -> None:
    """The sum is told, and each reason once with how many scenarios it costs, the most costly first."""
    scenarios = testable.library_scenarios(documents())
    poor = replace(sheet, dialects=("1.6",), features=tuple(f for f in sheet.features if f != "reset"))
    can = {"reference_meter", "vehicle", "mains", "card_reader", "lock_sensor", "lock_pull", "lock_jam"}
    finding = testable.testable_finding(scenarios, bench(), poor, can)
    total = sum("1.6" in scenario.dialects for scenario in scenarios)
    lost = sum(int(detail.en.split()[0]) for detail in finding.details)
    assert 0 < lost < total
    assert finding.sentence.en == (
        f"{total - lost} of {total} scenarios are testable on the bench 'north lab' (OCPP 1.6)."
    )
    reasons = [detail.en.partition(": ")[2].partition(" (")[0] for detail in finding.details]
    assert "the bench 'north lab' has no chamber" in reasons
    assert f"neither the charger sheet of {sheet.model} nor the bench states 'reset'" in reasons
    counts = [int(detail.en.split()[0]) for detail in finding.details]
    assert counts == sorted(counts, reverse=True)
    assert any(
        detail.fr.startswith(f"{counts[0]} non testés : le banc « north lab » n'a pas de ")
        for detail in finding.details
    )


@pytest.mark.parametrize(
    ("reason", "french"),
    [
        ("the bench 'b' has no chamber", "le banc « b » n'a pas de chamber"),
        ("the charger sheet of X does not state OCPP 1.6", "la fiche de X n'indique pas OCPP 1.6"),
        (
            "neither the charger sheet of X nor the bench states 'photo'",
            "ni la fiche de X ni le banc n'indiquent « photo »",
        ),
        ("something new", "something new"),
    ],
)
def test_reasons_are_told_in_french(reason: str, french: str) -> None:
    """Every reason of a campaign has its French sentence."""
    assert testable.in_french(reason) == french


class Fake:
    """A part that does what the test says, and writes down what was done to it."""

    def __init__(self, name: str, done: list[str], **does: Any) -> None:
        self.name, self.done, self.does = name, done, does
        self.supports = frozenset(does.get("supports", ()))
        if "patience_s" in does:
            self.patience_s = does["patience_s"]
        if "read_back" in does:
            self.read_back = self._read_back
        if "utc" in does:
            self.utc = lambda: self._act("utc")

    async def _act(self, what: str) -> Any:
        self.done.append(f"{self.name}.{what}")
        result = self.does.get(what)
        if isinstance(result, Exception):
            raise result
        if isinstance(result, asyncio.Event):
            await result.wait()
        return result

    async def open(self) -> Identity:
        told = await self._act("open")
        return told if isinstance(told, Identity) else Identity("Maple", self.name, "7", "1.0")

    async def make_safe(self) -> None:
        await self._act("make_safe")

    async def close(self) -> None:
        await self._act("close")

    async def _read_back(self) -> Any:
        return await self._act("read_back")


@pytest.fixture
def examine(
    bench: Callable[..., Bench], sheet: ChargerSheet, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[..., tuple[list[Finding], list[str], set[str]]]]:
    with VirtualClock() as clock:

        def examine(
            people: tuple[str, ...] = (), **does: dict[str, Any]
        ) -> tuple[list[Finding], list[str], set[str]]:
            done: list[str] = []

            def made(entry: Any, around: Any) -> Any:
                mine = does.get(entry.role, {})
                if "driver" in mine:
                    raise mine["driver"]
                return Fake(entry.role, done, **mine)

            monkeypatch.setattr(parts, "driver", made)
            here = bench()
            roles = {
                role: replace(entry, driver="by_hand" if role in people else "simulated")
                for role, entry in here.roles.items()
            }
            found = clock.run(parts.examine(replace(here, roles=roles), sheet, clock))
            return found.findings, done, found.can

        yield examine


def test_parts_are_opened_made_safe_and_closed(examine: Any) -> None:
    """Each is opened once in turn and told who it is; then all are made safe in the bench's order, and closed."""
    findings, done, can = examine(vehicle={"supports": ["proximity"]})
    assert told(findings) == [
        ("fine", f"Maple {name}, 7, 1.0") for name in ("reference_meter", "vehicle", "mains", "chamber")
    ]
    assert done == [
        "reference_meter.open",
        "vehicle.open",
        "mains.open",
        "chamber.open",
        "vehicle.make_safe",
        "mains.make_safe",
        "chamber.make_safe",
        "reference_meter.make_safe",
        "vehicle.close",
        "mains.close",
        "chamber.close",
        "reference_meter.close",
    ]
    assert can == {"reference_meter", "vehicle", "mains", "chamber", "proximity"}


def test_one_part_that_fails_does_not_hide_the_others(examine: Any) -> None:
    """A part that does not open is made safe and closed all the same; what else goes wrong is told too."""
    findings, done, can = examine(
        reference_meter={"open": InstrumentError("No answer at 10.0.4.7.")},
        vehicle={"driver": RigError("There is no rig.")},
        mains={"open": ValueError("odd"), "make_safe": RigError("stuck")},
        chamber={"close": OSError("gone")},
    )
    assert told(finding for finding in findings if finding.state == "problem") == [
        ("problem", "There is no rig."),
        ("problem", "No answer at 10.0.4.7."),
        ("problem", "ValueError: odd"),
        ("problem", "mains could not be made safe: stuck"),
        ("problem", "chamber could not be closed: OSError: gone"),
    ]
    assert "vehicle" in can
    assert done.count("mains.make_safe") == 2
    assert "reference_meter.close" in done
    assert worst(findings) == "problem"


def test_powered_parts_are_asked_whether_they_are_safe(examine: Any) -> None:
    """What a device says of itself is told; one that is not safe, or cannot be asked, is a problem."""
    findings, _, _ = examine(
        vehicle={"read_back": ReadBack(True, "pilot state B, 0.0 A")},
        mains={"read_back": ReadBack(False, "output on, 240 V")},
        chamber={"read_back": InstrumentError("no answer")},
    )
    assert told(findings[4:]) == [
        ("fine", "pilot state B, 0.0 A"),
        ("problem", "output on, 240 V"),
        ("problem", "chamber cannot be asked whether it is safe: no answer"),
    ]


def test_a_person_is_left_in_peace(examine: Any) -> None:
    """Whoever plays a part by hand is not asked by the doctor."""
    findings, done, can = examine(people=("vehicle",))
    assert ("fine", "Played by a person; nobody was asked.") in told(findings)
    assert not any(act.startswith("vehicle") for act in done)
    assert "vehicle" in can


def test_clocks_are_compared(examine: Any) -> None:
    """A part that tells the time is compared with this computer; one that cannot is worth a warning, and no more."""
    begin = datetime(2026, 1, 15, 12, tzinfo=UTC)  # where virtual time begins
    findings, _, _ = examine(
        reference_meter={"utc": begin + timedelta(seconds=1.5)},
        vehicle={"utc": begin - timedelta(seconds=61)},
        mains={"utc": RigError("mains over HTTP answered 'noon' for 'utc'.")},
        chamber={"open": RigError("It is off."), "utc": begin},
    )
    assert [finding for finding in told(findings) if not finding[1].startswith("Maple")] == [
        ("fine", "Its clock is +1.5 s from this computer's."),
        ("warning", "Its clock is -61.0 s from this computer's; 2 s are allowed: find out which is wrong."),
        ("warning", "mains over HTTP answered 'noon' for 'utc'."),
        ("problem", "It is off."),
    ]


def test_a_part_that_a_person_helps_is_opened(examine: Any) -> None:
    """A camera or a board whose plug a person moves is examined like any instrument, whatever patience it asks for."""
    findings, done, _ = examine(vehicle={"patience_s": 1800.0})
    assert told(findings)[1] == ("fine", "Maple vehicle, 7, 1.0")
    assert "vehicle.make_safe" in done


def test_a_part_that_hangs_is_given_up(examine: Any) -> None:
    """Nothing that a part does keeps the doctor for ever."""
    never = asyncio.Event
    findings, done, _ = examine(mains={"open": never(), "make_safe": never(), "close": never()})
    assert told(finding for finding in findings if finding.state == "problem") == [
        ("problem", "no answer within 60 s"),
        ("problem", "mains could not be made safe: no answer within 60 s"),
        ("problem", "mains could not be closed: no answer within 60 s"),
    ]
    assert "chamber.close" in done
