"""What an accuracy run will take on a bench: energy, time, and how well its reference meter will know the error.

Nothing is energised and nothing is asked of an instrument: drivers are made but not opened, and tell from their
calibration files (``wattest.roles.ForeseesEnergy``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wattest.clock import VirtualClock
from wattest.errors import BenchError
from wattest.judge.energy import row_of
from wattest.judge.facts import Facts, facts_of
from wattest.judge.planes import Correction, Look, cord_loss, self_consumption
from wattest.judge.rules import decide
from wattest.judge.schedule import Planned, planned, told_step_wh
from wattest.roles import ForeseesEnergy, PowerReading, Reading, Surroundings
from wattest.run.campaign import facts_on
from wattest.run.drivers import driver
from wattest.steps.accuracy import MARGIN

if TYPE_CHECKING:
    from wattest.model.bench import Bench
    from wattest.model.charger import ChargerSheet
    from wattest.model.profile import Profile
    from wattest.model.requirement import DecisionRule, Limit
    from wattest.model.scenario import Dialect, Scenario
    from wattest.run.assemble import Documents

ACCURACY = frozenset({"energy_accuracy", "repeatability", "compare_energy"})
"""Verbs that make a scenario one about the accuracy of energy."""


@dataclass(frozen=True)
class Row:
    """One line of a plan: a point, so many times. ``expanded_pct`` is None where no calibration file tells."""

    planned: Planned
    runs: int
    purpose: str
    expanded_pct: float | None
    ratio: float | None

    @property
    def duration_s(self) -> float:
        """All runs of this line."""
        return self.runs * self.planned.duration_s


def plan_profile(
    profile: Profile,
    limits: Mapping[str, Limit],
    rules: Mapping[str, DecisionRule],
    sheet: ChargerSheet,
    bench: Bench | None = None,
    *,
    air_c: float = 23.0,
    dialect: Dialect | None = None,
) -> tuple[Row, ...]:
    """Every point of a profile once, and the runs for repeatability at its last point.

    Without a bench nobody knows the uncertainty. Raises ``BenchError`` for a limit or rule that is not stated.
    """
    if profile.rule not in rules:
        raise BenchError(
            f"Profile '{profile.id}' names the decision rule '{profile.rule}'; known are {', '.join(rules)}."
        )
    facts = facts_of(sheet) if bench is None else facts_on(bench, sheet)
    step_wh = max(
        told_step_wh(sheet.register_step_wh, one) for one in ([dialect] if dialect else sheet.dialects)
    )
    points = [
        planned(
            profile,
            point,
            limits,
            step_wh=step_wh,
            rated_a=facts.rated_current_a,
            rated_w=facts.rated_power_w,
            air_c=air_c,
        )
        for point in profile.points
    ]
    meter = None if bench is None else reference_meter(bench, sheet)

    def row(point: Planned, runs: int, purpose: str) -> Row:
        expected = _expected(point, facts, rules[profile.rule], step_wh, meter)
        return Row(point, runs, purpose, *expected)

    rows = [row(point, 1, "accuracy") for point in points]
    if profile.repeat_limit is not None:
        rows.append(row(points[-1], profile.repeats, "repeatability"))
    return tuple(rows)


def reference_meter(bench: Bench, sheet: ChargerSheet) -> ForeseesEnergy | None:
    """The bench's reference meter, made but not opened; None when it has none, or one that cannot tell beforehand."""
    entry = bench.roles.get("reference_meter")
    if entry is None:
        return None
    clock = VirtualClock()
    world: Any = None
    try:
        if bench.kind == "simulated":
            from wattest.world import World  # noqa: PLC0415 - a live bench needs no simulated world

            world = World(clock, sheet)
        rigs: dict[str, Any] = {}

        def around(role: str) -> Surroundings:
            return Surroundings(
                clock=clock,
                note=_unnoted,
                role=role,
                folder=str(Path(bench.path).parent),
                world=world,
                rigs=rigs,
            )

        for name, rig in bench.rigs.items():
            rigs[name] = driver(rig, around(name))
        meter = driver(entry, around("reference_meter"))
    finally:
        clock.close()
    return meter if isinstance(meter, ForeseesEnergy) else None


def _unnoted(_kind: str, /, **_fields: Any) -> int:
    """There is no record while one plans."""
    return 0


def _expected(
    point: Planned, facts: Facts, rule: DecisionRule, step_wh: float, meter: ForeseesEnergy | None
) -> tuple[float | None, float | None]:
    """U in percent and the ratio of the limit to it, by the very rule that will judge."""
    if meter is None:
        return None, None
    energy_wh = point.energy_wh * MARGIN[facts.measurement_plane]
    parts = meter.foresee(energy_wh, point.duration_s)
    if not parts:
        return None, None
    lost = _lost(point, facts, energy_wh)
    decision = decide(
        "energy_error",
        {
            "what": point.point.id,
            "reported_wh": energy_wh - sum(one.wh for one in lost),
            "reported_step_wh": step_wh,
            "reference_wh": energy_wh,
            "reference_budget": [row_of(part) for part in parts],
            "corrections": [
                {"name": one.name, "wh": one.wh, "parts": [row_of(part) for part in one.parts]}
                for one in lost
            ],
            "limit_pct": point.limit_pct,
            "minimum_wh": 0,
            "k": rule.k,
        },
    )
    return decision.figures.get("U_pct"), decision.figures.get("tur")


def _lost(point: Planned, facts: Facts, energy_wh: float) -> list[Correction]:
    """The corrections of the measurement plane, at steady load and with nothing known of the station's own needs."""
    watts = energy_wh * 3600.0 / point.charging_s
    found = []
    if facts.measurement_plane != "connector" and facts.cable == "tethered":
        path = [Look(wh, point.current_a, watts) for wh in (0.0, energy_wh)]
        found.append(cord_loss(facts, path, None))
    if facts.measurement_plane == "input":
        found.append(self_consumption(_standing(0.0), _standing(point.duration_s)))
    return found


def _standing(t_s: float) -> PowerReading:
    volts, amperes, watts, wh = (Reading(0.0, unit, t_s) for unit in ("V", "A", "W", "Wh"))
    return PowerReading(volts, amperes, watts, wh, Reading(t_s, "s", t_s))


# --- scenarios -------------------------------------------------------------------------------------------


def accuracy_hours(
    plan: Sequence[tuple[Scenario, Dialect]], read: Documents
) -> tuple[tuple[str, Dialect, float], ...]:
    """Key, dialect and hours of every scenario that is about accuracy; an estimate from its steps."""
    found = []
    for scenario, dialect in plan:
        if any(call.verb in ACCURACY for call in scenario.steps):
            found.append((scenario.key, dialect, _scenario_s(scenario, dialect, read) / 3600.0))
    return tuple(sorted(found))


def _scenario_s(scenario: Scenario, dialect: Dialect, read: Documents) -> float:
    seconds = 0.0
    facts = facts_on(read.bench, read.sheet)
    current = facts.rated_current_a
    air_c = 23.0 if scenario.given.temperature_c is None else scenario.given.temperature_c
    for call in scenario.steps:
        arguments = call.arguments
        match call.verb:
            case "set_temperature":
                air_c = _number(arguments, "temperature", air_c)
            case "charge":
                current = min(_number(arguments, "current", current), facts.rated_current_a)
                share = max(current, 1e-3) / facts.rated_current_a
                seconds += _number(arguments, "energy") * 3600.0 / (facts.rated_power_w * share)
            case "energy_accuracy" | "repeatability":
                seconds += _profile_s(call.verb, arguments, read, dialect, air_c)
        seconds += _number(arguments, "for_")
    return seconds


def _number(arguments: Mapping[str, Any], name: str, otherwise: float = 0.0) -> float:
    """An argument that is known now; what an earlier step will save is not."""
    value = arguments.get(name)
    return float(value) if isinstance(value, (int, float)) else otherwise


def _profile_s(
    verb: str, arguments: Mapping[str, Any], read: Documents, dialect: Dialect, air_c: float
) -> float:
    profile = read.profiles[arguments["profile"]]
    rows = plan_profile(profile, read.limits, read.rules, read.sheet, air_c=air_c, dialect=dialect)
    wanted = arguments.get("point")
    once = {row.planned.point.id: row.planned.duration_s for row in rows if row.purpose == "accuracy"}
    if verb == "repeatability":
        return once[wanted] * (arguments.get("runs") or profile.repeats) if wanted in once else 0.0
    return sum(seconds for name, seconds in once.items() if wanted in {None, name})
