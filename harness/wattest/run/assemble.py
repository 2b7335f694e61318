"""From documents to a campaign: what a run is made of, and how its record begins and ends."""

from __future__ import annotations

import platform
import sys
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field, replace
from functools import cache, partial
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wattest.clock import RealClock, VirtualClock, host_utc
from wattest.document.suggest import did_you_mean
from wattest.errors import BenchError
from wattest.judge.monitors import MONITORS
from wattest.judge.verdicts import TELLING, run_table, sealed
from wattest.model.library import library_folder
from wattest.model.read import (
    read_bench,
    read_charger,
    read_checklist,
    read_decision_rules,
    read_demands,
    read_levels,
    read_limits,
    read_papers,
    read_profiles,
    read_requirements,
    read_scenario,
    read_taxes,
)
from wattest.model.scenario import DIALECTS, Dialect
from wattest.model.ways import scenario_ways
from wattest.record import Recorder, keep
from wattest.record.dossier import Dossier, find_dossier, read_dossier
from wattest.record.rescues import rescues
from wattest.run.campaign import Campaign, not_tested_reason
from wattest.run.custody import Custody
from wattest.run.drivers import factories
from wattest.run.evidence import note_evidence
from wattest.run.folder import point_latest
from wattest.run.known import Known
from wattest.run.resume import NOTHING, earlier_part
from wattest.steps import verbs

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from wattest.clock import Clock
    from wattest.model.bench import Bench
    from wattest.model.charger import ChargerSheet
    from wattest.model.evidence import Demand, Item, Level, Paper
    from wattest.model.profile import Profile
    from wattest.model.requirement import DecisionRule, Limit, Requirement
    from wattest.model.scenario import Scenario
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
    rules: Mapping[str, DecisionRule] = field(default_factory=dict)
    profiles: Mapping[str, Profile] = field(default_factory=dict)
    levels: Mapping[str, Level] = field(default_factory=dict)
    demands: Mapping[str, Demand] = field(default_factory=dict)
    items: Mapping[str, Item] = field(default_factory=dict)
    papers: Mapping[str, Paper] = field(default_factory=dict)
    folder: Path = Path()
    """Where the charger sheet stands."""
    level: str = ""
    """The level that the run is for; empty when it is for none."""
    dossier: Dossier | None = None
    """What people answered and documents said of this charger."""

    @property
    def aimed(self) -> frozenset[str] | None:
        """Requirements that the level asked for needs, with those of all levels below it; None without a level."""
        if not self.level:
            return None
        names = list(self.levels)
        below = [self.levels[name] for name in names[: names.index(self.level) + 1]]
        return frozenset(
            id_
            for id_, requirement in self.requirements.items()
            if any(level.takes(requirement) for level in below)
        )

    def read(self, path: Path) -> tuple[Scenario, ...]:
        """Variants of a scenario file. Raises ``DocumentError`` with every mistake in it."""
        return read_scenario(
            path,
            verbs(),
            requirements=self.requirements,
            monitored={requirement for monitor in MONITORS for requirement in monitor.requirements},
        )


def documents(
    *,
    bench: str | None = None,
    charger: str | None = None,
    dialects: Sequence[str] | None = None,
    rehearse: bool = False,
    level: str = "",
    evidence: str | None = None,
) -> Documents:
    """Read bench, charger sheet, requirements, limits and taxes; the built-in ones unless told otherwise.

    ``rehearse`` plays a live bench with twins of its instruments (``wattest.run.rehearse``); ``level`` is what the run is
    for; ``evidence`` is the folder of what people answered and documents said.
    Raises ``DocumentError`` for what cannot be read, ``BenchError`` for a dialect or level that nobody knows, and
    ``RecordError`` for evidence that is missing, was changed or belongs to another charger.
    """
    unknown = [name for name in dialects or () if name not in DIALECTS]
    if unknown:
        raise BenchError(
            f"OCPP '{unknown[0]}' is not spoken here; there are {', '.join(DIALECTS[:-1])} and {DIALECTS[-1]}, "
            "written as in --ocpp 1.6,2.0.1."
        )
    fixtures = library_folder("fixtures")
    read = read_bench(Path(bench) if bench else fixtures / "benches" / "simulated.yaml", factories())
    sheet_path = Path(charger) if charger else _sheet_of(read, fixtures)
    sheet = read_charger(sheet_path)
    if rehearse:
        read = replace(read, kind="simulated", rehearsed=read.rehearsed or read.kind == "live")
    rules = read_decision_rules()
    levels = read_levels()
    _check_level(level, levels)
    return Documents(
        bench=read,
        sheet=sheet,
        folder=sheet_path.parent,
        requirements=read_requirements(),
        limits=read_limits(),
        rule=rules["certification"],
        taxes=read_taxes(),
        dialects=tuple(dialects or sheet.dialects),  # type: ignore[arg-type]
        rules=rules,
        profiles=read_profiles(),
        levels=levels,
        demands=read_demands(),
        items=read_checklist(),
        papers=read_papers(),
        level=level,
        dossier=read_dossier(find_dossier(Path(evidence), sheet.serial), sheet.serial) if evidence else None,
    )


def _check_level(level: str, levels: Mapping[str, Level]) -> None:
    if level and level not in levels:
        raise BenchError(f"There is no level '{level}'{did_you_mean(level, levels)}")


@cache
def _ways() -> dict[str, dict[str, Any]]:
    """What the library has about each requirement: scenarios with the number of their variants, and monitors."""
    scenarios = scenario_ways(library_folder("scenarios"))
    monitors: dict[str, list[str]] = {}
    for monitor in MONITORS:
        for name in monitor.requirements:
            monitors.setdefault(name, []).append(monitor.name)
    return {
        name: {"scenarios": scenarios.get(name, {}), "monitors": monitors.get(name, [])}
        for name in sorted({*scenarios, *monitors})
    }


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
    part: str | None = None,
) -> Campaign:
    """Open clock, record and venue; ``part`` names one of several processes that share the scenarios.

    Raises ``BenchError`` when the bench cannot be opened or the folder cannot be used, and ``RecordError`` when an
    interrupted run does not fit this one.
    """
    live = read.bench.kind == "live"
    if part is not None and live:
        raise BenchError(
            f"The bench '{read.bench.name}' has one charger, which several processes cannot share: run without -n."
        )
    _check_active(read.bench, active)
    path = out / (RECORD if part is None else f"record-{part}.jsonl")
    with ExitStack() as undo:
        custody = Custody(read.bench) if live else None
        if custody is not None:
            undo.callback(custody.end, None, _untold)
        clock: Clock = RealClock() if live else VirtualClock()
        undo.callback(clock.close)
        header = _header(read, seed, active, part)
        if resume:
            earlier = earlier_part(path, header, plan)
            recorder = Recorder.resume(
                path, clock, durable=live, card_key=_card_key(seed, live=live), **_rescued(out)
            )
        else:
            earlier = NOTHING
            recorder = _begun(path, clock, durable=live, card_key=_card_key(seed, live=live))
        undo.callback(recorder.close)
        venue = _venue(read, clock, recorder, active, custody, Known(recorder.note, earlier.before))
        campaign = Campaign(
            clock=clock,
            recorder=recorder,
            bench=read.bench,
            sheet=read.sheet,
            requirements=read.requirements,
            limits=read.limits,
            rule=read.rule,
            rules=read.rules,
            profiles=read.profiles,
            taxes=read.taxes,
            venue=venue,
            seed=seed,
            finished=set(earlier.finished),
            attempts=dict(earlier.attempts),
            left_out=set(earlier.left_out),
            planned=tuple(plan),
            folder=read.folder,
            part=part,
        )
        if not resume:
            recorder.note("header", **header, plan=_plan(read, plan, venue))
            _take_in(read, recorder)
        try:
            clock.run(venue.open())
        except BaseException as problem:
            recorder.note("aborted", reason=f"ended, as the bench could not be opened: {problem}")
            with suppress(Exception):  # what could be opened is closed; why the rest could not is the story
                clock.run(venue.close())
            raise
        undo.pop_all()
    point_latest(out)
    return campaign


def _take_in(read: Documents, recorder: Recorder) -> None:
    """The evidence of people and papers, right behind the header."""
    if read.dossier is None:
        return
    note_evidence(
        recorder,
        read.dossier,
        items=read.items,
        papers=read.papers,
        requirements=read.requirements,
        limits=read.limits,
        rule=read.rule,
        today=host_utc().date(),
    )


def _check_active(bench: Bench, active: frozenset[str]) -> None:
    """A defect is something of the simulated charger, and one that nobody knows would prove nothing."""
    if not active:
        return
    if bench.kind != "simulated":
        raise BenchError(
            f"Defects and variations can be switched on in the simulated charger only; the bench '{bench.name}' is live."
        )
    import wattest.evse  # noqa: F401, PLC0415 - registers the defects of the firmware
    from wattest.world.behaviour import Conduct  # noqa: PLC0415

    Conduct(active)


def _card_key(seed: int, *, live: bool) -> bytes | None:
    """A secret that nobody keeps where cards may be real; the same for the same seed where none is."""
    return None if live else f"simulated cards {seed}".encode()


def _begun(path: Path, clock: Clock, *, durable: bool, card_key: bytes | None) -> Recorder:
    if path.exists():
        raise BenchError(
            f"{path.parent} holds the record of another run already, and a record is never written over: "
            "choose another folder with --out, or go on with that run with --resume."
        )
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as problem:
        raise BenchError(
            f"{path.parent} cannot be the folder of a run: {problem.strerror}; choose another with --out."
        ) from problem
    return Recorder.open(path, clock, preamble=_preamble(), durable=durable, card_key=card_key)


def _rescued(folder: Path) -> dict[str, Any]:
    """What a watchdog did since: an entry of the record that goes on, where there is something to tell."""
    found = rescues(folder)
    return {"rescues": found} if found else {}


def _untold(_kind: str, /, **_fields: Any) -> int:
    """Where there is no record yet, or none any more."""
    return -1


def _venue(
    read: Documents,
    clock: Clock,
    recorder: Recorder,
    active: frozenset[str],
    custody: Custody | None,
    known: Known,
) -> Venue:
    """Imported late: a live bench needs no simulated world, nor the other way round."""
    arguments: dict[str, Any] = {"clock": clock, "note": recorder.note, "taxes": read.taxes, "known": known}
    arguments["keep"] = partial(keep, recorder)
    if read.bench.kind == "simulated":
        from wattest.run.simulated import SimulatedVenue  # noqa: PLC0415

        return SimulatedVenue(read.bench, read.sheet, active=active, **arguments)
    from wattest.run.live import LiveVenue  # noqa: PLC0415

    return LiveVenue(read.bench, read.sheet, custody=custody, record=recorder.path, **arguments)


def _preamble() -> dict[str, Any]:
    return {
        "started": host_utc(),
        "python": platform.python_version(),
        "system": platform.system(),
        "arguments": sys.argv[1:],
        "packages": {name: version(name) for name in PACKAGES},
    }


def _header(
    read: Documents,
    seed: int,
    active: frozenset[str],
    part: str | None,
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
            "cord": read.bench.cord,
            "dead_man_relay": read.bench.dead_man_relay,
            "limits": read.bench.limits,
            "silence_s": read.bench.silence_s,
            "sha256": read.bench.sha256,
            "rehearsed": read.bench.rehearsed,
        },
        "defects": sorted(active),
        "charger": read.sheet,
        "rule": read.rule,
        "rules": read.rules,
        "profiles": read.profiles,
        "requirements": read.requirements,
        "limits": read.limits,
        "levels": read.levels,
        "level": read.level,
        "demands": read.demands,
        "checklist": read.items,
        "papers": read.papers,
        "ways": _ways(),
        "dossier": None
        if read.dossier is None
        else {"serial": read.dossier.serial, "sha256": read.dossier.sha256},
        **({} if part is None else {"part": part}),
    }


def _plan(read: Documents, plan: Sequence[tuple[Scenario, Dialect]], venue: Venue) -> list[dict[str, Any]]:
    return [
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
    ]


def seal(campaign: Campaign) -> None:
    """Close the venue, and seal the record unless the run was stopped: an unsealed record is not a result.

    A run that ended before all that was planned was performed is stopped as well.
    """
    try:
        campaign.clock.run(campaign.venue.close())
    except BaseException as problem:
        campaign.stop = campaign.stop or f"stopped while the bench was closed: {problem}"
        raise
    finally:
        try:
            _end(campaign)
        finally:
            campaign.recorder.close()
            campaign.clock.close()


def _end(campaign: Campaign) -> None:
    done = campaign.finished | campaign.performed | campaign.left_out
    missing = [
        (scenario, dialect) for scenario, dialect in campaign.planned if (scenario.key, dialect) not in done
    ]
    if campaign.part is not None:
        for scenario, dialect in missing:
            campaign.leave_out(scenario, dialect, "another part of this run was given it")
    elif missing and campaign.stop is None:
        campaign.stop = f"ended before {len(missing)} of {len(campaign.planned)} scenarios were performed"
    if campaign.stop is None:
        campaign.recorder.seal(sealed(run_table(campaign.recorder.entries(since=1, kinds=TELLING))))
    else:
        campaign.note_stop()
        campaign.recorder.sync()
