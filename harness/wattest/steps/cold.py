"""Steps of the chamber procedure: stability, full load, a long idle, and whether cold or heat changed the meter."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Literal

from wattest.document.quantity import (
    PERCENT,
    Current,
    Duration,
    Energy,
    Temperature,
    TemperatureDifference,
    TemperatureRamp,
)
from wattest.errors import Inconclusive
from wattest.model.verb import CardName, Saved
from wattest.model.words import LimitId
from wattest.ocpp.ledger import Transaction
from wattest.steps.cable import ev_ready, plug_in, return_plug, unplug
from wattest.steps.charge import charge, expect_transaction
from wattest.steps.context import Run, percent
from wattest.steps.energy import compare_energy, mark_energy
from wattest.steps.limits import in_unit, judged, measured
from wattest.steps.registry import step

if TYPE_CHECKING:
    from wattest.roles import Reading

SCAN_S = 45.0
"""How often all thermometers are read while the air moves, and the current while it flows."""

LOOKS = 6
"""How often all thermometers are read in the time over which drift is judged, once the air has arrived."""

RAMP_ROOM = 1.1
"""A chamber that is told a ramp may be a tenth steeper for 5 min (project)."""

MISSED = 1.1
"""A silence of more than so many intervals is a missed heartbeat: a tenth of room, as for MON-03 (project)."""

DERATING_TOLD = ("CX003", "CX018", "HighTemperature")
"""What tells the central system that current was reduced because of heat (ChargeX MREC, OCPP 1.6 errorCode)."""


@step()
async def stabilise(
    run: Run,
    *,
    temperature: Temperature,
    ramp: TemperatureRamp = 1.0,
    tolerance: TemperatureDifference = 3.0,
    drift: TemperatureDifference = 1.0,
    over: Duration = 1800.0,
    within: Duration = 43200.0,
) -> None:
    """Bring everything to a temperature: every thermometer within the tolerance, and drifting less than so much.

    A soak counts from here. ``inconclusive`` when that is not reached ``within`` the time, or when the air moved faster
    than the ramp, averaged over 5 min. Sources: IEC 60068-2-1 (tolerance and ramp recalled); stability of all
    thermometers is a project criterion.
    """
    from wattest.judge.thermal import RAMP_S, ramp_k_per_min, stable  # noqa: PLC0415 - reading scenarios needs no judge

    begin = run.clock.monotonic()
    air = [await run.temperature()]
    seen: dict[str, list[Reading]] = {}
    await run.act("chamber", "set_temperature", temperature_c=temperature, ramp_k_per_min=ramp)
    while True:
        for place, reading in (await run.temperatures()).items():
            seen.setdefault(place, []).append(reading)
        found = stable(seen, temperature, tolerance_k=tolerance, drift_k=drift, window_s=over)
        if found.outcome == "stable":
            break
        if run.clock.monotonic() - begin >= within:
            raise Inconclusive(f"Not stable within {within:g} s: {found.sentence}")
        if abs(air[-1].value - temperature) > tolerance:  # the ramp needs close looks, the rest does not
            await run.clock.sleep(SCAN_S)
            air.append(await run.temperature())
        else:
            await run.clock.sleep(over / LOOKS)
    run.note(
        "observation", role="thermometers", what="stable", value={"sentence": found.sentence}, evidence=()
    )
    whole = air[-1].t_s - air[0].t_s >= RAMP_S
    steepest = ramp_k_per_min(air) if whole else (air[-1].value - air[0].value) * 60.0 / RAMP_S
    if abs(steepest) > RAMP_ROOM * ramp:
        raise Inconclusive(
            f"The air moved at {steepest:.2f} K/min over 5 min, and {ramp:g} K/min were asked for: "
            "this was a shock, not the gradual change that the procedure wants."
        )


@step(proves=("ROB-04",))
async def check_full_load(
    run: Run,
    *,
    for_: Duration = 10800.0,
    current: Current | None = None,
    derating: Literal["none", "reported"] = "none",
) -> None:
    """For so long the vehicle takes all it is offered: no interruption, and the current keeps its share of the rating.

    ``current``: what should flow; without it the rated current of the charger sheet. ``derating`` ``reported`` allows
    less current, down to half, once the station has told of heat (MREC CX003 or CX018); ``none`` allows none.
    """
    full = run.sheet.rated_current_a if current is None else current
    await charge(run, current=full)
    transaction = run.current_transaction()
    already = 0 if transaction is None else len(transaction.states)
    entries = len(run.entries())
    least = (await run.power()).current
    end = run.clock.monotonic() + for_
    while run.clock.monotonic() < end:
        await run.clock.sleep(min(SCAN_S, end - run.clock.monotonic()))
        now = (await run.power()).current
        if now.value < least.value or (now.flags and not least.flags):
            least = now
    share = run.limit("cold_current_share")
    if derating == "reported" and _told_of_heat(run.entries()[entries:]):
        share = run.limit("derated_current_share")
    run.check(
        "least current under full load",
        "at_least",
        {
            **measured(least, f"the least current in {for_:g} s of full load"),
            "limit": full * in_unit(share, PERCENT) / 100.0,
            **judged(run, share),
        },
        evidence=least.seq,
    )
    if transaction is not None:
        transaction = run.csms.ledger.transactions[transaction.id]  # as it is by now
    run.check(
        "interruptions under full load",
        "never",
        {
            "what": "an interruption of the session, by the station's own word,",
            "count": 1 if transaction is None else _interruptions(transaction, already),
            "window_s": for_,
            "channel_alive": run.csms.connected,
        },
        evidence=() if transaction is None else transaction.evidence,
    )


def _interruptions(transaction: Transaction, already: int) -> int:
    ended = transaction.ended_at is not None
    return sum(1 for _at, state in transaction.states[already:] if state != "charging") + ended


def _told_of_heat(entries: list[dict[str, Any]]) -> bool:
    told = (
        e["message"] for e in entries if e["kind"] == "frame" and e["direction"] == "in" and e.get("message")
    )
    return any(word in json.dumps(message, default=str) for message in told for word in DERATING_TOLD)


@step(proves=("ROB-06",))
async def idle_soak(run: Run, *, for_: Duration = 57600.0, every: Duration = 300.0) -> None:
    """For so long the station waits under power: it never boots, and nearly every sign of life comes in time.

    ``every`` is the heartbeat interval; any message shows that the station lives (OCPP 1.6 4.6).
    """
    begin = run.clock.monotonic()
    await run.wait(for_, samples=16)
    end = run.clock.monotonic()
    calls = [
        entry
        for entry in run.entries()
        if entry["kind"] == "frame" and entry["direction"] == "in" and entry["t"] >= begin
    ]
    boots = [
        entry["seq"] for entry in calls if (entry.get("message") or {}).get("action") == "BootNotification"
    ]
    run.check(
        "reboots while idle",
        "never",
        {
            "what": "a boot",
            "count": len(boots),
            "window_s": for_,
            "channel_alive": run.csms.connected or bool(calls),
        },
        evidence=boots,
    )
    expected = max(1, math.floor(for_ / every))
    times = [begin, *(entry["t"] for entry in calls), end]
    missed = sum(max(0, math.ceil((b - a) / (MISSED * every)) - 1) for a, b in pairwise(times))
    share = run.limit("heartbeat_share")
    run.check(
        "signs of life while idle",
        "at_least",
        {
            "what": f"the share of {expected} heartbeats that came, in {for_:g} s,",
            "value": 100.0 * (1.0 - missed / expected),
            "unit": "%",
            "limit": in_unit(share, PERCENT),
            **judged(run, share),
        },
        evidence=[entry["seq"] for entry in calls[-3:]],
    )


@dataclass(frozen=True)
class EnergyError:
    """What a meter erred in one session, in percent of the reference, and what its register's step leaves open."""

    error_pct: float
    u_register_pct: float
    evidence: tuple[int, ...]


@step(proves=("ROB-09",))
async def measure_error(
    run: Run,
    *,
    card: CardName,
    current: Current,
    energy: Energy = 2000.0,
    limit: LimitId = "hb44_ac_acceptance",
    within: Duration = 60.0,
) -> EnergyError:
    """A whole session with so much energy, for its energy error: card, plug, charge, stop, release, return.

    The reference meter's integration is begun anew: its uncertainty grows with the hours that it has run. The error must keep ``limit`` like any other; save it with ``save_as`` for ``check_error_shift``.
    """
    from wattest.judge.uncertainty import register_difference  # noqa: PLC0415 - reading scenarios needs no judge

    await run.act("card_reader", "present", uid=run.card(card).uid)
    await plug_in(run, within=3.0)
    await charge(run, current=current)
    await run.act("reference_meter", "start_integration")
    before = await mark_energy(run)
    await ev_ready(run)
    await expect_transaction(run, state="charging", within=within)
    await charge(run, current=current, energy=energy)
    await run.act("card_reader", "present", uid=run.card(card).uid)
    transaction = await expect_transaction(run, state="ended", within=within)
    await compare_energy(run, transaction=transaction, limit=limit)
    after = await run.power()
    reference, reported = after.energy.value - before.energy.value, transaction.energy_wh
    if reported is None or reference <= 0 or before.energy.flags | after.energy.flags:
        raise Inconclusive(
            f"The energy error of transaction {transaction.id} is not known, so no shift can be told."
        )
    await unplug(run, within=5.0)
    await return_plug(run)
    return EnergyError(
        100.0 * (float(reported) - reference) / reference,
        register_difference(run.facts.register_step_wh).u * 100.0 / reference,
        (*transaction.evidence, *before.energy.seq, *after.energy.seq),
    )


@step(proves=("ROB-09",))
async def check_error_shift(
    run: Run, *, before: Saved[EnergyError], after: Saved[EnergyError], limit: LimitId = "hb44_ac_acceptance"
) -> None:
    """The energy error after a stress differs from the one before by no more than a share of the limit.

    Both sessions are measured by the same instrument on the same ranges: what it has wrong cancels, and the steps of the
    two registers remain as uncertainty. The share is the limit ``error_shift_share`` (project criterion).
    """
    share = run.limit("error_shift_share")
    run.check(
        "shift of the energy error",
        "at_most",
        {
            "what": f"the shift of the energy error, from {before.error_pct:+.3f} % to {after.error_pct:+.3f} %,",
            "value": abs(after.error_pct - before.error_pct),
            "unit": "%",
            "u": math.hypot(before.u_register_pct, after.u_register_pct),
            "limit": float(percent(run.limit(limit))) * in_unit(share, PERCENT) / 100.0,
            **judged(run, share),
        },
        evidence=(*before.evidence, *after.evidence),
    )


@step()
async def thermal_cycles(
    run: Run,
    *,
    low: Temperature,
    high: Temperature,
    cycles: int = 5,
    dwell: Duration = 10800.0,
    ramp: TemperatureRamp = 1.0,
) -> None:
    """Cold and heat in turn, so many times, with a dwell at each once everything is stable; IEC 60068-2-14 Nb (recalled)."""
    for cycle in range(1, cycles + 1):
        for temperature in (low, high):
            await stabilise(run, temperature=temperature, ramp=ramp)
            await run.wait(dwell, samples=4)
        run.note("observation", role="suite", what="cycle", value={"cycle": cycle, "of": cycles}, evidence=())
