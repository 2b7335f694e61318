"""Steps that try a meter by an accuracy profile: whole sessions by standing start-stop, one after the other."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

from wattest.document.signature import Between
from wattest.errors import BenchError, Inconclusive, RequirementFailed
from wattest.model.requirement import Limit
from wattest.model.verb import CardName
from wattest.model.words import LimitId, NewName, ProfileName
from wattest.ocpp.ledger import Transaction
from wattest.roles import PowerReading
from wattest.steps.cable import ev_ready, plug_in, return_plug, unplug
from wattest.steps.card import present_card
from wattest.steps.charge import charge, expect_transaction
from wattest.steps.context import Run
from wattest.steps.energy import check_rest, declared_step_wh, energy_inputs, registers, settled
from wattest.steps.registry import step

if TYPE_CHECKING:
    from wattest.judge.schedule import Planned
    from wattest.model.profile import Point, Profile
    from wattest.model.requirement import DecisionRule

PROBES_S = (7.0, 11.0, 13.0, 17.0, 9.0, 12.0, 19.0, 8.0, 14.0, 16.0, 10.0, 15.0, 18.0, 6.0, 20.0, 5.0)
"""Seconds between two looks at the register: all different, so that steady power does not repeat a difference."""
MARGIN = {"connector": 1.0, "output_terminals": 1.02, "input": 1.1}
"""How much more the reference meter must see, so that enough arrives at the connector, by its plane (project)."""
BETWEEN_S = 10.0
"""Rest between two sessions (project)."""


@dataclass(frozen=True)
class Compared:
    """One whole session: what was billed, and the reference meter at rest before and after."""

    transaction: Transaction
    begin: PowerReading
    end: PowerReading


@step(proves=("MET-01", "MET-02", "MET-03", "MET-06"))
async def energy_accuracy(
    run: Run, *, profile: ProfileName, card: CardName, point: NewName | None = None
) -> None:
    """Energy at the points of an accuracy profile, or at one of them: a whole session each, by standing start-stop.

    Card, plug, charge, stop, compare. At least ``max(MMQ, 10 d / MPE, 100 d)`` flows; every point is tried, whatever
    the one before gave, and counts for the requirement that the profile names. Sources: NIST HB44 3.40 N.5.1, the
    profile's own.

    Args:
        run: this attempt
        profile: name of a file under fixtures/profiles
        card: a card of the scenario that may charge
        point: one point of the profile; all of them without it
    """
    chosen = run.profile(profile)
    rule = run.rule_of(chosen)
    doubts: list[Exception] = []
    for one in chosen.points if point is None else (chosen.point(point),):
        plan = await _planned(run, chosen, one)
        compared = await _session(run, card, plan)
        try:
            _compare(run, chosen, plan, rule, compared)
        except (RequirementFailed, Inconclusive) as problem:
            doubts.append(problem)
    _raise_worst(doubts)


@step(proves=("MET-05",))
async def repeatability(
    run: Run,
    *,
    profile: ProfileName,
    point: NewName,
    card: CardName,
    runs: Annotated[int, Between(3, 100)] | None = None,
) -> None:
    """Energy at one point of a profile, several times in a row: every run within its limit, and their errors alike.

    The range of the errors is held against ``repeat_limit`` of the profile, and the mean with a type A contribution.
    Sources: NIST HB44 3.40 N.5.3 and T.3 (recalled); JCGM 100 4.2 and G.4.

    Args:
        run: this attempt
        profile: name of a file under fixtures/profiles
        point: one point of the profile
        card: a card of the scenario that may charge
        runs: how many; the profile's own number without it
    """
    chosen = run.profile(profile)
    rule, one = run.rule_of(chosen), chosen.point(point)
    if chosen.repeat_limit is None:
        raise BenchError(
            f"Profile '{chosen.id}' states no repeat_limit, so its repeatability cannot be judged."
        )
    plan = await _planned(run, chosen, one)
    told: list[dict[str, Any]] = []
    errors: list[float] = []
    evidence: list[int] = []
    spread = 0.0
    for number in range(1, (runs or chosen.repeats) + 1):
        compared = await _session(run, card, plan)
        inputs = _inputs(run, chosen, plan, rule, compared)
        inputs["what"] += f", run {number}"
        seqs = _evidence(compared)
        decision = run.check(f"energy error, run {number}", "energy_error", inputs, evidence=seqs)
        told.append(inputs)
        evidence += seqs
        errors.append(float(decision.figures["error_pct"]))
        spread = max(spread, _own_u_pct(decision.figures["budget"]))
    stated = run.limit(chosen.repeat_limit)
    run.check(
        "range of the errors",
        "at_most",
        {
            "what": f"the range of the energy errors of {len(errors)} runs at {plan.current_a:g} A",
            "value": round(max(errors) - min(errors), 9),
            "unit": "%",
            "limit": stated.value,
            "u": math.sqrt(2.0) * spread,
            "k": rule.k,
            "guard": rule.guard,
            "tur_min": rule.tur_min,
            "tur_warn": rule.tur_warn,
            "limit_id": stated.id,
            "limit_source": f"{stated.source}, {stated.edition}",
            "provenance": stated.provenance,
        },
        evidence=evidence,
    )
    run.check("mean of the runs", "energy_error", _mean(told, errors), evidence=evidence)


@step(proves=("MET-11",))
async def check_register_step(run: Run, *, limit: LimitId = "register_step") -> None:
    """While energy flows, the register is asked for at uneven moments; its step is what divides all differences.

    A step above the limit fails, also when the charger sheet declares it. The station must answer TriggerMessage.
    """
    stated = run.limit(limit)
    transaction = run.current_transaction()
    if transaction is None:
        raise Inconclusive(
            "The step of the register shows while energy flows, and no transaction is running."
        )
    seen = len(registers(transaction))
    answered = await _probe(run)
    current = run.csms.ledger.transactions[transaction.id]
    values = registers(current)[max(0, seen - 1) :]
    run.check(
        "register fine enough",
        "fine_enough",
        {
            "what": f"the energy register of transaction {transaction.id}",
            "registers": values,
            "declared_wh": run.facts.register_step_wh,
            "limit_wh": _wh(stated),
            # Periodic values may come between two probes: only those that were asked for came at uneven moments.
            "draws": answered,
            "limit_id": stated.id,
        },
        evidence=current.evidence,
    )


# --- one session -----------------------------------------------------------------------------------------


async def _planned(run: Run, profile: Profile, point: Point) -> Planned:
    """The point at the air temperature of now; ``Inconclusive`` before or after the days of its limit."""
    from wattest.judge.schedule import planned  # noqa: PLC0415 - reading scenarios needs no judge

    plan = planned(
        profile,
        point,
        run.limits,
        step_wh=declared_step_wh(run),
        rated_a=run.facts.rated_current_a,
        rated_w=run.facts.rated_power_w,
        air_c=await _air_c(run) if profile.by_temperature else None,
    )
    today, limit = run.clock.utc().date(), plan.limit
    if limit.valid_from is not None and today < limit.valid_from:
        raise Inconclusive(f"Limit '{limit.id}' holds from {limit.valid_from} on; today is {today}.")
    if limit.valid_to is not None and today > limit.valid_to:
        raise Inconclusive(f"Limit '{limit.id}' held until {limit.valid_to}; today is {today}.")
    return plan


async def _air_c(run: Run) -> float | None:
    if "chamber" in run.parts:
        reading = await run.temperature()
        return None if reading.flags else reading.value
    return None


async def _session(run: Run, who: CardName, plan: Planned) -> Compared:
    """Card, plug, charge, stop, rest. What goes wrong on the way counts for the requirement that it is about."""
    with _proving(run, "LCK-01"):
        await present_card(run, card=who)
        await plug_in(run)
    await charge(run, current=plan.current_a)
    begin = await settled(run)
    with _proving(run, "AUT-02"):
        await ev_ready(run)
        await expect_transaction(run, state="charging", within=30.0)
        await _probe(run)
        already = (await run.power()).energy.value - begin.energy.value
        energy = plan.energy_wh * MARGIN[run.facts.measurement_plane] - already
        if energy > 0:
            await charge(run, current=plan.current_a, energy=energy)
        await present_card(run, card=who)
        transaction = await expect_transaction(run, state="ended", within=30.0)
    end = await settled(run)
    with _proving(run, "LCK-05"):
        await unplug(run)
        await return_plug(run)
    await run.wait(BETWEEN_S)
    run.marks.append(end)
    return Compared(transaction, begin, end)


async def _probe(run: Run) -> int:
    """Ask for the register at uneven moments; how often the station answered with it."""
    answered = 0
    for seconds in PROBES_S:
        await run.clock.sleep(seconds)
        if not run.csms.connected:
            break
        answer = await run.csms.station().trigger("MeterValues")
        if answer.status != "Accepted":
            break
        answered += 1
    await run.clock.sleep(1.0)
    return answered


@contextmanager
def _proving(run: Run, *requirements: str) -> Iterator[None]:
    """Checks inside count for these requirements."""
    before, run.proves = run.proves, requirements
    try:
        yield
    finally:
        run.proves = before


# --- judging ---------------------------------------------------------------------------------------------


def _compare(run: Run, profile: Profile, plan: Planned, rule: DecisionRule, compared: Compared) -> None:
    """The check of one point, for the requirement that the profile names, or else for those of the step."""
    proves = run.proves if plan.point.proves is None else (plan.point.proves,)
    inputs = _inputs(run, profile, plan, rule, compared)
    evidence = _evidence(compared)
    seen = inputs["reference_wh"] - math.fsum(one["wh"] for one in inputs["corrections"])
    run.check(
        f"enough energy at {plan.point.id}",
        "enough",
        {
            "what": f"the energy at the connector at {plan.current_a:g} A",
            "value": seen,
            "unit": "Wh",
            "least": plan.energy_wh,
            "reason": plan.why,
        },
        evidence=evidence,
        proves=("MET-06",),
    )
    run.check(f"energy error at {plan.point.id}", "energy_error", inputs, evidence=evidence, proves=proves)


def _inputs(
    run: Run, profile: Profile, plan: Planned, rule: DecisionRule, compared: Compared
) -> dict[str, Any]:
    """The budget of one session; raises ``RequirementFailed`` when its registers or the rest around it are missing."""
    from wattest.judge.schedule import minimum_quantity_wh  # noqa: PLC0415 - as above

    check_rest(run, compared.transaction, compared.begin, compared.end)
    inputs = energy_inputs(
        run,
        compared.transaction,
        compared.begin,
        compared.end,
        limit=plan.limit,
        rule=rule,
        mmq_wh=minimum_quantity_wh(profile, plan.point, run.limits),
    )
    inputs["what"] += f" at {plan.current_a:g} A ({profile.id}, {plan.point.id})"
    if profile.provenance == "unverified":  # points that nobody read up cannot certify either
        inputs["provenance"] = "unverified"
    return inputs


def _evidence(compared: Compared) -> tuple[int, ...]:
    return (*compared.transaction.evidence, *compared.begin.energy.seq, *compared.end.energy.seq)


OWN = ("(begin)", "(end)")
"""How the budget names what each reading has of its own (``wattest.judge.energy.difference``)."""


def _own_u_pct(budget: list[dict[str, Any]]) -> float:
    """What each run has of its own: its readings. What is common to all runs does not make them differ."""
    return math.hypot(
        *(row["u"] for row in budget if row["name"].endswith(OWN) or row["name"].startswith("register"))
    )


def _mean(told: list[dict[str, Any]], errors: list[float]) -> dict[str, Any]:
    """All runs as one: energies and common errors added, each reading's own errors added in quadrature."""
    lost = [one for inputs in told for one in inputs["corrections"]]
    return {
        **told[0],
        "what": f"energy of {len(told)} runs together",
        "reported_wh": sum(inputs["reported_wh"] for inputs in told),
        "reference_wh": math.fsum(inputs["reference_wh"] for inputs in told),
        "reference_budget": _added([row for inputs in told for row in inputs["reference_budget"]]),
        "reference_flags": sorted({flag for inputs in told for flag in inputs["reference_flags"]}),
        "corrections": [
            {
                "name": name,
                "wh": math.fsum(one["wh"] for one in lost if one["name"] == name),
                "parts": _added([part for one in lost if one["name"] == name for part in one["parts"]]),
            }
            for name in dict.fromkeys(one["name"] for one in lost)
        ],
        "repeats_pct": errors,
        "runs": len(told),
    }


def _added(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Rows of the same name as one."""
    found = []
    for name in dict.fromkeys(row["name"] for row in rows):
        same = [row for row in rows if row["name"] == name]
        values = [row["value"] for row in same]
        total = math.hypot(*values) if name.endswith(OWN) else math.fsum(values)
        found.append({**same[0], "value": total})
    return found


def _raise_worst(problems: list[Exception]) -> None:
    """A failure before a doubt."""
    for kind in (RequirementFailed, Inconclusive):
        for problem in problems:
            if isinstance(problem, kind):
                raise problem


def _wh(limit: Limit) -> float:
    from wattest.model.read_requirements import decimal_of  # noqa: PLC0415

    if limit.unit not in {"Wh", "kWh"}:
        raise BenchError(f"Limit '{limit.id}' is in {limit.unit}; the step of a register is in Wh.")
    return float(decimal_of(limit))
