"""Steps with the station's supply: voltage, frequency, dips, what it takes while nobody charges, and its recovery."""

from __future__ import annotations

import math
from contextlib import suppress
from dataclasses import replace
from decimal import Decimal
from typing import Literal

from wattest.document.quantity import POWER, Current, Duration, Energy, Frequency, Percent
from wattest.errors import CallTimedOut, Inconclusive, StationGone
from wattest.model.verb import CardName
from wattest.model.words import LimitId
from wattest.ocpp.neutral import StatusChanged
from wattest.roles import Reading, SupplyReading, SupplyStep
from wattest.steps.cable import ev_ready, plug_in, return_plug, unplug
from wattest.steps.charge import charge, expect_transaction
from wattest.steps.context import Run
from wattest.steps.energy import compare_energy, energy_inputs, mark_energy
from wattest.steps.limits import check_at_most, in_unit, measured
from wattest.steps.registry import step

ASKED_EVERY_S = 5.0
"""How often a station that may be dark is asked for a sign of life."""

SETTLE_S = 2.0
"""How long a source may take to reach another voltage or frequency (project)."""

NEAR = 0.02
"""How near the source must come to what it was told, as a share, for the step to count as done (project)."""

SAMPLES = 60
"""Values that an average of standby power is made of."""

STEADY_V = 0.01
"""ENERGY STAR's supply: within 1 % of the rated voltage (recalled)."""


@step(proves=("ROB-19",))
async def session_supplied(
    run: Run,
    *,
    card: CardName,
    voltage: Percent,
    frequency: Percent,
    current: Current,
    energy: Energy = 1000.0,
    limit: LimitId = "hb44_ac_maintenance",
    nominal: Frequency = 60.0,
) -> None:
    """A whole session at another voltage and frequency, in percent of the rated ones; both are rated again afterwards.

    Card, plug, charge, stop, release: the energy must keep ``limit``. Source: Measurement Canada PS-EVSE-01.
    """
    rated = phase_v(run)
    try:
        await run.act("mains", "set_voltage", voltage_v=rated * voltage / 100.0)
        await run.act("mains", "set_frequency", frequency_hz=nominal * frequency / 100.0)
        await supply_arrived(run, rated * voltage / 100.0, nominal * frequency / 100.0)
        await run.act("card_reader", "present", uid=run.card(card).uid)
        await plug_in(run, within=3.0)
        await charge(run, current=current)
        await mark_energy(run)
        await ev_ready(run)
        await expect_transaction(run, state="charging", within=60.0)
        await charge(run, current=current, energy=energy)
        await run.act("card_reader", "present", uid=run.card(card).uid)
        transaction = await expect_transaction(run, state="ended", within=60.0)
        await compare_energy(run, transaction=transaction, limit=limit)
        await unplug(run, within=5.0)
        await return_plug(run)
    finally:
        await run.act("mains", "set_voltage", voltage_v=rated)
        await run.act("mains", "set_frequency", frequency_hz=nominal)


async def supply_arrived(run: Run, voltage_v: float, frequency_hz: float) -> None:
    """The source delivers what it was told to, by its own measurement where it has one."""
    await run.clock.sleep(SETTLE_S)
    if "supply_reading" not in run.part("mains").supports:
        return
    seen = await run.supply()
    for name, reading, wanted in (
        ("voltage", seen.voltage, voltage_v),
        ("frequency", seen.frequency, frequency_hz),
    ):
        if not abs(reading.value - wanted) <= NEAR * wanted:  # what is no number is not near either
            raise Inconclusive(
                f"The supply's {name} is {reading.value:g} {reading.unit} where {wanted:g} {reading.unit} were set: "
                "the station was not tried there."
            )


@step()
async def dip(run: Run, *, for_: Duration, residual: Percent = 0.0, nominal: Frequency = 60.0) -> None:
    """A dip of the mains, timed by the source itself, down to so many percent of the rated voltage; 0 % interrupts it."""
    run.note("fault", id="dip", what="mains", backend="mains", detail=f"{residual:g} % for {for_:g} s")
    run.cuts.append("dip")
    volts = phase_v(run) * residual / 100.0
    try:
        await run.act("mains", "run_profile", steps=(SupplyStep(for_, volts, nominal),))
    finally:
        run.cuts.remove("dip")
        run.note("heal", id="dip")


@step(proves=("ROB-22",))
async def expect_recovery(run: Run, *, within: Duration = 300.0) -> None:
    """Whatever was done to its supply, the station answers and is not out of order within the time.

    It may have noticed nothing, or have booted: it is asked, since a link that looks whole proves nothing.
    """
    begin = run.clock.monotonic()
    took: float | None = None
    while took is None and run.clock.monotonic() - begin < within:
        await run.clock.sleep(ASKED_EVERY_S)
        with suppress(StationGone, CallTimedOut):
            await run.csms.station().read_setting("heartbeat_interval")
            if _in_order(run):
                took = run.clock.monotonic() - begin
    status = run.csms.station().last_status_seq(1) if run.csms.connected else None
    run.check(
        "station in order again",
        "occurred",
        {"what": "an answer of the station, without a fault,", "within_s": within, "after_s": took},
        evidence=[] if status is None else [status],
    )


def _in_order(run: Run) -> bool:
    last = run.csms.station().last_status(1)
    return isinstance(last, StatusChanged) and last.occupancy not in {"faulted", "unavailable"}


@step(proves=("ROB-21",))
async def finish_sessions(
    run: Run, *, card: CardName, limit: LimitId = "hb44_ac_maintenance", settle: Duration = 60.0
) -> None:
    """End the session that still runs, if one does; then all energy told must be all that was delivered since the mark.

    A station that restarted may have ended the session by itself: it is given time to say so. Each transaction must have
    ended, and the sum of their energies is held against the reference meter.
    """
    await run.clock.sleep(settle)
    if run.current_transaction() is not None:
        await run.act("card_reader", "present", uid=run.card(card).uid)
        await expect_transaction(run, state="ended", within=60.0)
    await run.clock.sleep(SETTLE_S)
    begin, end = run.marks[-1], await run.power()
    told = [(transaction, transaction.energy_wh) for transaction in run.transactions()]
    if not told:
        raise Inconclusive(
            "No transaction was told of, so that no energy can be held against what was delivered."
        )
    evidence = [seq for transaction, _ in told for seq in transaction.evidence]
    run.check(
        "energy of every transaction is reported",
        "equals",
        {
            "what": "the number of transactions without their energy",
            "expected": 0,
            "observed": sum(1 for _, energy in told if energy is None),
        },
        evidence=evidence,
    )
    run.check(
        "energy through the dip",
        "energy_error",
        {
            **energy_inputs(run, told[-1][0], begin, end, limit=run.limit(limit), rule=run.rule),
            "what": f"energy of {len(told)} transactions through the dip",
            "reported_wh": sum(energy for _, energy in told if energy is not None),
            "runs": len(told),
        },
        evidence=(*evidence, *begin.energy.seq, *end.energy.seq),
    )


@step(proves=("ROB-23",))
async def check_standby(
    run: Run,
    *,
    state: Literal["no vehicle", "connected", "idle"],
    allowances: tuple[LimitId, ...] = (),
    settle: Duration = 300.0,
    over: Duration = 300.0,
) -> None:
    """Mean power at the station's input while nobody charges, against ENERGY STAR's base and allowances (recalled).

    ``state``: no vehicle; connected (B); idle: the vehicle asks and takes nothing (C), where the limit grows with the rating;
    ``allowances``: ids of limits in W for what is fitted, such as a modem; ``settle``: time to become steady before;
    ``over``: time of the average. ``inconclusive`` when the supply is not within 1 % of the rated voltage.
    """
    await run.clock.sleep(settle)
    mean = await _mean_power(run, over)
    base = run.limit("energy_star_base")
    most = math.fsum(in_unit(run.limit(name), POWER) for name in ("energy_star_base", *allowances))
    if state == "idle":
        most += in_unit(run.limit("energy_star_idle_per_ampere"), POWER) * run.sheet.rated_current_a
    whole = replace(base, value=Decimal(repr(round(most, 6))), unit="W")
    check_at_most(run, f"mean power at the input ({state})", mean, whole, POWER)


@step(proves=("ROB-24",))
async def check_idle_power(run: Run, *, over: Duration = 3600.0) -> None:
    """Mean power at the station's input in the cold while nobody charges, with its heater, against what the maker declares.

    The declaration is ``idle_power_cold`` of the charger sheet; without one the power is told, and ``inconclusive``.
    ``inconclusive`` as well when the supply is not within 1 % of the rated voltage, or a session runs.
    Source: idea of a CSA public-review draft on fast chargers of 2023.

    ``over``: time of the average, long enough for a thermostat to switch on and off.
    """
    if run.current_transaction() is not None:
        raise Inconclusive("A session is running: what the station takes for itself cannot be told from it.")
    mean, air = await _mean_power(run, over), await run.temperature()
    what = f"mean power at the input at {air.value:.0f} degC in {over:g} s without a vehicle"
    declared = run.sheet.idle_power_cold_w
    if declared is None:
        raise Inconclusive(
            f"The {what} is {mean.value:.1f} W; the charger sheet states no idle_power_cold to hold it against."
        )
    run.check(
        "idle power in the cold",
        "at_most",
        {
            **measured(mean, f"the {what}"),
            "limit": declared,
            "limit_id": "idle_power_cold",
            "limit_source": "charger sheet",
            "k": run.rule.k,
            "guard": run.rule.guard,
        },
        evidence=(*mean.seq, *air.seq),
    )


async def _mean_power(run: Run, over_s: float) -> Reading:
    """Mean power at the input; ``Inconclusive`` when the supply is not within 1 % of the rated voltage at the end."""
    seen: list[SupplyReading] = []
    for _ in range(SAMPLES):
        await run.clock.sleep(over_s / SAMPLES)
        seen.append(await run.supply())
    volts = seen[-1].voltage
    if abs(volts.value - phase_v(run)) > STEADY_V * phase_v(run):
        raise Inconclusive(
            f"The supply has {volts.value:.1f} V where {phase_v(run):.1f} V are rated; standby power is measured within 1 %."
        )
    return _mean([one.power for one in seen])


def _mean(readings: list[Reading]) -> Reading:
    """The mean of repeated readings: the instrument's own uncertainty is common to all, their scatter is not."""
    values = [reading.value for reading in readings]
    mean = math.fsum(values) / len(values)
    scatter = math.sqrt(math.fsum((value - mean) ** 2 for value in values) / (len(values) - 1) / len(values))
    known = [reading.u for reading in readings if reading.u is not None]
    u = math.hypot(max(known), scatter) if len(known) == len(readings) else None
    flags = frozenset[str]().union(*(reading.flags for reading in readings))
    first, last = readings[0], readings[-1]
    return Reading(mean, first.unit, last.t_s, u=u, seq=(*first.seq, *last.seq), flags=flags)


def phase_v(run: Run) -> float:
    """The rated voltage between a phase and neutral, or between the two lines of a single-phase station."""
    sheet = run.sheet
    return sheet.rated_voltage_v / math.sqrt(3.0) if sheet.phases == 3 else sheet.rated_voltage_v
