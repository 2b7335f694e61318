"""From documents to a campaign: what a run is made of, and how its record begins and ends."""

from __future__ import annotations

import platform
import sys
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wattest.clock import RealClock, VirtualClock
from wattest.errors import RecordError
from wattest.judge.monitors import MONITORS
from wattest.judge.verdicts import run_table
from wattest.model.library import library_folder
from wattest.model.read import (
    read_bench,
    read_charger,
    read_decision_rules,
    read_limits,
    read_requirements,
    read_scenario,
    read_taxes,
)
from wattest.record import Recorder, read_record
from wattest.run.campaign import Campaign, not_tested_reason
from wattest.run.drivers import factories
from wattest.steps import verbs

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from wattest.clock import Clock
    from wattest.model.bench import Bench
    from wattest.model.charger import ChargerSheet
    from wattest.model.requirement import DecisionRule, Limit, Requirement
    from wattest.model.scenario import Dialect, Scenario
    from wattest.model.tariff import TaxRate
    from wattest.run.campaign import Venue

PACKAGES = ("wattest", "pytest", "ocpp", "websockets", "pyvisa", "pyvisa-py", "allure-pytest", "pyyaml")
RECORD = "record.jsonl"


@dataclass(frozen=True)
class Documents:
    """Everything that a run reads before it starts."""

    bench: Bench
    sheet: ChargerSheet
    requirements: Mapping[str, Requirement]
    limits: Mapping[str, Limit]
    rule: DecisionRule
    taxes: tuple[TaxRate, ...]
    dialects: tuple[Dialect, ...]

    def read(self, path: Path) -> tuple[Scenario, ...]:
        """Variants of a scenario file. Raises ``DocumentError`` with every mistake in it."""
        return read_scenario(
            path,
            verbs(),
            requirements=self.requirements,
            monitored={requirement for monitor in MONITORS for requirement in monitor.requirements},
        )


def documents(
    *, bench: str | None = None, charger: str | None = None, dialects: Sequence[str] | None = None
) -> Documents:
    """Read bench, charger sheet, requirements, limits and taxes; the built-in ones unless told otherwise."""
    fixtures = library_folder("fixtures")
    read = read_bench(Path(bench) if bench else fixtures / "benches" / "simulated.yaml", factories())
    sheet_path = Path(charger) if charger else _sheet_of(read, fixtures)
    sheet = read_charger(sheet_path)
    rules = read_decision_rules()
    return Documents(
        bench=read,
        sheet=sheet,
        requirements=read_requirements(),
        limits=read_limits(),
        rule=rules["certification"],
        taxes=read_taxes(),
        dialects=tuple(dialects or sheet.dialects),  # type: ignore[arg-type]
    )


def _sheet_of(bench: Bench, fixtures: Path) -> Path:
    if bench.charger is None:
        return fixtures / "chargers" / "reference.yaml"
    return Path(bench.path).parent / bench.charger


def open_campaign(
    read: Documents,
    *,
    plan: Sequence[tuple[Scenario, Dialect]],
    out: Path,
    seed: int = 0,
    active: frozenset[str] = frozenset(),
    resume: bool = False,
) -> Campaign:
    """Open clock, record and venue. Raises ``RecordError`` when an interrupted run does not fit this one."""
    live = read.bench.kind == "live"
    clock: Clock = RealClock() if live else VirtualClock()
    out.mkdir(parents=True, exist_ok=True)
    path = out / RECORD
    if resume:
        finished, attempts = _finished(path, read, plan, seed)
        recorder = Recorder.resume(path, clock)
    else:
        finished, attempts = set(), {}
        recorder = Recorder.open(path, clock, preamble=_preamble(clock), durable=live)
    venue = _venue(read, clock, recorder, active)
    campaign = Campaign(
        clock=clock,
        recorder=recorder,
        bench=read.bench,
        sheet=read.sheet,
        requirements=read.requirements,
        limits=read.limits,
        rule=read.rule,
        taxes=read.taxes,
        venue=venue,
        seed=seed,
        finished=finished,
        attempts=attempts,
    )
    if not resume:
        recorder.note("header", **_header(read, plan, seed, active, venue))
    try:
        clock.run(venue.open())
    except BaseException:
        clock.run(venue.close())
        clock.close()
        raise
    return campaign


def _venue(read: Documents, clock: Clock, recorder: Recorder, active: frozenset[str]) -> Venue:
    """Imported late: a live bench needs no simulated world, nor the other way round."""
    arguments: dict[str, Any] = {"clock": clock, "note": recorder.note, "taxes": read.taxes}
    if read.bench.kind == "simulated":
        from wattest.run.simulated import SimulatedVenue  # noqa: PLC0415

        return SimulatedVenue(read.bench, read.sheet, active=active, **arguments)
    from wattest.run.live import LiveVenue  # noqa: PLC0415

    return LiveVenue(read.bench, read.sheet, **arguments)


def _preamble(clock: Clock) -> dict[str, Any]:
    return {
        "started": clock.utc(),
        "python": platform.python_version(),
        "system": platform.system(),
        "arguments": sys.argv[1:],
        "packages": {name: version(name) for name in PACKAGES},
    }


def _header(
    read: Documents,
    plan: Sequence[tuple[Scenario, Dialect]],
    seed: int,
    active: frozenset[str],
    venue: Venue,
) -> dict[str, Any]:
    return {
        "format": 1,
        "wattest": version("wattest"),
        "seed": seed,
        "dialects": read.dialects,
        "bench": {
            "name": read.bench.name,
            "kind": read.bench.kind,
            "roles": {role: entry.driver for role, entry in read.bench.roles.items()},
            "measurement_plane": read.bench.measurement_plane,
            "dead_man_relay": read.bench.dead_man_relay,
        },
        "defects": sorted(active),
        "charger": read.sheet,
        "rule": read.rule,
        "requirements": read.requirements,
        "limits": read.limits,
        "plan": [
            {
                "key": scenario.key,
                "id": scenario.id,
                "title": scenario.title,
                "title_fr": scenario.title_fr,
                "area": scenario.area,
                "dialect": dialect,
                "covers": scenario.covers,
                "sha256": scenario.sha256,
                "not_tested": not_tested_reason(scenario, dialect, read.sheet, venue),
            }
            for scenario, dialect in plan
        ],
    }


def _finished(
    path: Path, read: Documents, plan: Sequence[tuple[Scenario, Dialect]], seed: int
) -> tuple[set[tuple[str, str]], dict[tuple[str, str], int]]:
    """What an interrupted run has settled, and how often each scenario was tried.

    Only the same charger, bench, seed and scenarios may go on in one record.
    """
    record = read_record(path)
    if record.footer is not None:
        raise RecordError(f"{path}: the run is sealed; there is nothing to resume. Start a new run instead.")
    header = record.header
    planned = {(row["key"], row["dialect"]): row["sha256"] for row in header["plan"]}
    same = (
        header["seed"] == seed
        and header["bench"]["name"] == read.bench.name
        and header["charger"]["serial"] == read.sheet.serial
        and header["charger"]["firmware"] == read.sheet.firmware
        and all(planned.get((scenario.key, dialect)) == scenario.sha256 for scenario, dialect in plan)
    )
    if not same:
        raise RecordError(
            f"{path}: this run was begun with another charger, bench, seed or other scenarios; "
            "start a new run, or give the same arguments as then."
        )
    ends = [entry for entry in record.entries if entry["kind"] == "scenario_end"]
    finished = {(entry["key"], entry["dialect"]) for entry in ends if entry["verdict"] in {"pass", "fail"}}
    attempts: dict[tuple[str, str], int] = {}
    for entry in record.entries:
        if entry["kind"] == "scenario":
            attempts[entry["key"], entry["dialect"]] = entry["attempt"]
    return finished, attempts


def seal(campaign: Campaign) -> None:
    """Close the venue, and seal the record unless the run was stopped: an unsealed record is not a result."""
    try:
        campaign.clock.run(campaign.venue.close())
    finally:
        try:
            if campaign.stop is None:
                campaign.recorder.seal(_verdicts(campaign.recorder))
            else:
                campaign.recorder.sync()
        finally:
            campaign.recorder.close()
            campaign.clock.close()


def _verdicts(recorder: Recorder) -> dict[str, dict[str, str]]:
    table = run_table(recorder.entries(since=1))
    return {row.requirement: dict(row.verdicts) for row in table}
