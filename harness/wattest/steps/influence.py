"""Steps that ask whether voltage and frequency of the supply move the error of the meter."""

from __future__ import annotations

import math
from dataclasses import dataclass

from wattest.document.quantity import PERCENT, Current, Duration, Energy, Frequency, Percent
from wattest.model.verb import CardName, Saved
from wattest.model.words import LimitId
from wattest.steps.cable import ev_ready, plug_in, return_plug, unplug
from wattest.steps.charge import charge, expect_transaction
from wattest.steps.context import Run, percent
from wattest.steps.energy import compared, mark_energy
from wattest.steps.limits import in_unit, judged
from wattest.steps.registry import step
from wattest.steps.supply import phase_v, supply_arrived


@dataclass(frozen=True)
class SuppliedError:
    """What a meter erred in one session, in percent, with its whole standard uncertainty, and the supply it had."""

    error_pct: float
    u_pct: float
    supply: str
    evidence: tuple[int, ...]


@step(proves=("MET-13",))
async def measure_error_supplied(
    run: Run,
    *,
    card: CardName,
    current: Current,
    voltage: Percent = 100.0,
    frequency: Percent = 100.0,
    energy: Energy = 5000.0,
    limit: LimitId = "hb44_ac_acceptance",
    nominal: Frequency = 60.0,
    within: Duration = 60.0,
) -> SuppliedError:
    """A whole session at this voltage and frequency, in percent of the rated ones, for its energy error; then rated again.

    Card, plug, charge, stop, release, return. The reference meter's integration is begun anew. That the error keeps
    ``limit`` counts for MET-03, its shift for MET-13: save it with ``save_as`` for ``check_influence``.
    """
    rated = phase_v(run)
    try:
        await run.act("mains", "set_voltage", voltage_v=rated * voltage / 100.0)
        await run.act("mains", "set_frequency", frequency_hz=nominal * frequency / 100.0)
        await supply_arrived(run, rated * voltage / 100.0, nominal * frequency / 100.0)
        await run.act("card_reader", "present", uid=run.card(card).uid)
        await plug_in(run, within=3.0)
        await charge(run, current=current)
        await run.act("reference_meter", "start_integration")
        await mark_energy(run)
        await ev_ready(run)
        await expect_transaction(run, state="charging", within=within)
        await charge(run, current=current, energy=energy)
        await run.act("card_reader", "present", uid=run.card(card).uid)
        transaction = await expect_transaction(run, state="ended", within=within)
        decision = await compared(run, transaction, limit=limit, proves=("MET-03",))
        await unplug(run, within=5.0)
        await return_plug(run)
    finally:
        await run.act("mains", "set_voltage", voltage_v=rated)
        await run.act("mains", "set_frequency", frequency_hz=nominal)
    return SuppliedError(
        float(decision.figures["error_pct"]),
        float(decision.figures["u_pct"]),
        f"{voltage:g} % of the voltage and {frequency:g} % of the frequency",
        transaction.evidence,
    )


@step(proves=("MET-13",))
async def check_influence(
    run: Run,
    *,
    rated: Saved[SuppliedError],
    moved: Saved[SuppliedError],
    limit: LimitId = "hb44_ac_acceptance",
    share: LimitId = "influence_share",
) -> None:
    """The energy error at another voltage or frequency differs from that at the rated ones by no more than a share of the limit.

    Nothing is taken to cancel between the two sessions: what the supply does to the reference meter itself lies somewhere in
    its specification, so the whole budgets of both count. Inside the uncertainty it is ``inconclusive``, whatever the
    decision rule for the limit itself. The power factor is not varied: no load of a bench sets one.
    Sources: Measurement Canada PS-EVSE-01 (voltage and frequency); OIML R 46 (the share, unverified).

    ``rated``, ``moved``: saved by ``measure_error_supplied``; ``limit``: of the energy error, in percent; ``share``: of it.
    """
    part = run.limit(share)
    run.check(
        f"shift of the energy error at {moved.supply}",
        "at_most",
        {
            "what": (
                f"the shift of the energy error at {moved.supply}, from {rated.error_pct:+.3f} % to "
                f"{moved.error_pct:+.3f} %,"
            ),
            "value": abs(moved.error_pct - rated.error_pct),
            "unit": "%",
            "u": math.hypot(rated.u_pct, moved.u_pct),
            "limit": float(percent(run.limit(limit))) * in_unit(part, PERCENT) / 100.0,
            **judged(run, part),
            "guard": 1.0,
        },
        evidence=(*rated.evidence, *moved.evidence),
    )
