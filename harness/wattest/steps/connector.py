"""Steps with what can befall cable and connector under load: a cut conductor, the button of the connector, heat."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from wattest.document.quantity import DURATION, RESISTANCE, Duration, TemperatureDifference
from wattest.errors import Inconclusive
from wattest.judge.fault_reports import FaultReport, fault_reports
from wattest.model.words import LimitId
from wattest.roles import Reading
from wattest.steps.charge import FLOWS_A, expect_dead
from wattest.steps.context import POLL_S, Run
from wattest.steps.limits import check_at_most, in_unit
from wattest.steps.obeying import AFTER_EVENT_S, DEAD_V, METER_LAG_S, dies, seen_between
from wattest.steps.registry import step

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wattest.roles import VehicleFault

Conductor = Literal["pilot", "earth"]
OPENED: Mapping[Conductor, VehicleFault] = {"pilot": "cp", "earth": "pe"}
"""The fault that opens a conductor."""

RELIEVED = 0.9
"""A hot connector is relieved when the current is at most this share of what it was (project)."""

COVERAGE = 2.0
"""Of the thermometer at the connector, so that the connector is beyond its limit without a doubt."""


# --- a cut cable --------------------------------------------------------------------------------------------


@step(proves=("ROB-17",))
async def check_cut_cable(
    run: Run, *, conductor: Conductor, limit: LimitId = "cable_cut_report", dead_for: Duration = 10.0
) -> None:
    """A conductor of the cable opens in mid-charge: the cut is reported as CX026 or a fault in time, and the output is dead.

    The output is watched where the reference meter sits; the other end of a cut cable hangs on the vehicle, which feeds
    nothing. A station that tells no fault, but that the vehicle no longer charges, is in doubt: without pilot or earth a
    vehicle looks unplugged (IEC 61851-1). Source: ChargeX MREC CX026; the time is a project criterion.

    ``conductor``: pilot or earth, opened by the bench and closed again afterwards;
    ``limit``: id of the limit for the report; ``dead_for``: how long the output is watched after it.
    """
    before = (await run.power()).voltage
    if before.value < DEAD_V:
        raise Inconclusive(
            f"The output is dead before the cut ({before.value:.0f} V), so that the cut cannot switch it off."
        )
    stated, fault = run.limit(limit), OPENED[conductor]
    within = in_unit(stated, DURATION)
    seq = run.note("fault", id=f"cut-{conductor}", what="cable", backend="vehicle", detail=fault)
    mark = run.clock.monotonic()
    await run.act("vehicle", "set_fault", fault=fault, on=True)
    try:
        dead = await dies(run, mark, within + AFTER_EVENT_S, (seq,))
        name = f"delay from the cut of the {conductor} conductor to a dead output"
        check_at_most(run, name, dead, stated, DURATION, evidence=(seq,))
        left = max(0.0, mark + within - run.clock.monotonic())
        took = await run.until(lambda: _told_since(run, seq), left)
        if took is None and run.csms.connected and _no_longer_charges(run):
            raise Inconclusive(
                f"The station told no fault within {within:g} s, but that the vehicle no longer charges: without its "
                f"{conductor} conductor a vehicle looks unplugged, and whether the cut was noticed cannot be told."
            )
        run.check(
            f"cut of the {conductor} conductor reported",
            "occurred",
            {
                "what": f"the report of the cut {conductor} conductor (CX026 or a fault)",
                "within_s": within,
                "after_s": None if took is None else min(run.clock.monotonic() - mark, within),
                "channel_alive": run.csms.connected,
            },
            evidence=(seq, *_evidence(run, seq)),
        )
        await expect_dead(run, for_=dead_for)
    finally:
        await run.act("vehicle", "set_fault", fault=fault, on=False)
        run.note("heal", id=f"cut-{conductor}")


def _reports(run: Run, since: int) -> list[FaultReport]:
    """What was said of faults of the first EVSE, or of the whole station, since an entry."""
    return [one for one in fault_reports(run.entries()) if one.seq > since and one.evse_id in {0, 1}]


def _evidence(run: Run, since: int) -> tuple[int, ...]:
    status = run.csms.station().last_status_seq(1) if run.csms.connected else None
    told = [one.seq for one in _reports(run, since) if not one.cleared]
    return (*(() if status is None else (status,)), *told)


def _told_since(run: Run, since: int) -> bool:
    """A fault was reported, or the station has the status of one."""
    if any(not one.cleared for one in _reports(run, since)):
        return True
    last = run.csms.station().last_status(1) if run.csms.connected else None
    return last is not None and last.occupancy == "faulted"


def _no_longer_charges(run: Run) -> bool:
    transactions = run.transactions()
    if not transactions:
        return False
    latest = transactions[-1]
    return latest.ended_at is not None or bool(latest.states and latest.states[-1][1] != "charging")


# --- the button of the connector ----------------------------------------------------------------------------


@step(proves=("ELE-17",))
async def check_button(run: Run, *, limit: LimitId = "proximity_current_end") -> None:
    """The button of the connector is pressed in mid-charge: at 480 Ohm of proximity the current ends.

    In SAE J1772 it is the vehicle that sees the button and leaves state C; then the station must open. So the bench's
    vehicle must do that by itself (``heeds_proximity``). Where it sees nothing of the button, the connector is at fault.
    ``limit``: id of the limit for the time. Source: SAE J1772; the time is a project criterion.
    """
    before = (await run.power()).current
    if before.value < FLOWS_A:
        raise Inconclusive(
            f"Only {before.value:.2g} A flow before the button is pressed, so that it ends nothing."
        )
    ohm = in_unit(run.limit("proximity_pressed"), RESISTANCE)
    released = in_unit(run.limit("proximity_latched"), RESISTANCE)
    stated = run.limit(limit)
    mark = run.clock.monotonic()
    await run.act("vehicle", "set_proximity", resistance_ohm=ohm)
    try:
        ended = await _current_ends(run, mark, ohm, in_unit(stated, DURATION))
        check_at_most(run, f"delay from {ohm:g} Ohm of proximity to no current", ended, stated, DURATION)
    finally:
        await run.act("vehicle", "set_proximity", resistance_ohm=released)


async def _current_ends(run: Run, begin_s: float, ohm: float, within_s: float) -> Reading:
    """Seconds until the reference meter saw no current; a failure when it never did."""
    previous = begin_s
    while True:
        current = (await run.power()).current
        now = run.clock.monotonic()
        if current.value <= FLOWS_A / 10 and not current.flags:
            return seen_between(begin_s, previous, now, current.seq)
        if now - begin_s > within_s + METER_LAG_S:
            if current.flags:
                raise Inconclusive(
                    f"The reference meter's current is flagged '{', '.join(sorted(current.flags))}': nobody can tell "
                    "whether it ended."
                )
            run.check(
                "end of the current at a pressed button",
                "occurred",
                {
                    "what": f"the end of the current at {ohm:g} Ohm of proximity ({current.value:.1f} A flow)",
                    "within_s": within_s,
                    "after_s": None,
                },
                evidence=current.seq,
            )
        previous = now
        await run.clock.sleep(0.1)


# --- heat ---------------------------------------------------------------------------------------------------


@step(proves=("CBL-15",))
async def check_hot_connector(
    run: Run,
    *,
    place: str = "connector",
    beyond: TemperatureDifference = 10.0,
    react: Duration = 120.0,
    within: Duration = 1800.0,
    reported_within: Duration = 60.0,
) -> None:
    """The connector is heated in mid-charge: the station reduces the current (CX018) or stops it (CX019), and says so.

    The limit of the probe is the ``connector_limit`` of the charger sheet; a station that acts sooner is right as well.
    One that does nothing fails only when a thermometer at the connector was beyond that limit for long enough; otherwise
    nobody knows that the probe was. A report without a code, or with the maker's own, is ``inconclusive``: only the
    maker's list tells what it means. Source: ChargeX MREC CX018 and CX019; temperatures and times are project criteria.

    ``place``: name of the thermometer at the connector; ``beyond``: how far above the limit it must be, for certain;
    ``react``: how long the station may take from then on; ``within``: how long the heater may take;
    ``reported_within``: how long the report may take after the current has fallen.
    """
    full = (await run.power()).current
    if full.value < FLOWS_A:
        raise Inconclusive(
            f"Only {full.value:.2g} A flow before the connector is heated: nothing to relieve."
        )
    if place not in (found := await run.temperatures()):
        raise Inconclusive(
            f"No thermometer sits at the '{place}', so that nobody knows how hot it is; there are {', '.join(found)}."
        )
    seq = run.note("fault", id="hot-connector", what="connector", backend="vehicle", detail="hot")
    begin = run.clock.monotonic()
    await run.act("vehicle", "set_fault", fault="hot", on=True)
    try:
        current, warmth, hot_s = await _heated(run, place, full.value, beyond, react, within)
        relieved = current.value <= RELIEVED * full.value
        if not relieved:
            _check_was_hot(run, place, warmth, beyond, hot_s)
        run.check(
            "hot connector relieved",
            "occurred",
            {
                "what": f"less current than {full.value:.1f} A with the connector at {warmth.value:.0f} degC",
                "within_s": within + react,
                "after_s": run.clock.monotonic() - begin if relieved else None,
            },
            evidence=(seq, *current.seq, *warmth.seq),
        )
        await _check_told(run, seq, reported_within)
    finally:
        await run.act("vehicle", "set_fault", fault="hot", on=False)
        run.note("heal", id="hot-connector")


async def _heated(
    run: Run, place: str, full_a: float, beyond_k: float, react_s: float, within_s: float
) -> tuple[Reading, Reading, float | None]:
    """Current and temperature when the station acted or its time was over, and since when it was beyond the limit."""
    limit_c, begin = run.sheet.connector_limit_c, run.clock.monotonic()
    hot_s: float | None = None
    while True:
        current = (await run.power()).current
        warmth = (await run.temperatures())[place]
        now = run.clock.monotonic()
        if current.flags:
            raise Inconclusive(
                f"The reference meter's current is flagged '{', '.join(sorted(current.flags))}': nobody can tell whether "
                "the connector is relieved."
            )
        if limit_c is None or not _surely_above(warmth, limit_c + beyond_k):
            hot_s = None
        elif hot_s is None:
            hot_s = now
        done = hot_s is not None and now - hot_s >= react_s
        if current.value <= RELIEVED * full_a or done or now - begin >= within_s:
            return current, warmth, hot_s if done else None
        await run.clock.sleep(20 * POLL_S)


def _surely_above(warmth: Reading, temperature_c: float) -> bool:
    """An unflagged reading that lies above, and not only within its uncertainty."""
    if warmth.flags or warmth.u is None:
        return False
    return warmth.value - COVERAGE * warmth.u >= temperature_c


def _check_was_hot(run: Run, place: str, warmth: Reading, beyond_k: float, hot_s: float | None) -> None:
    """``Inconclusive`` unless the probe was beyond its limit for long enough."""
    limit_c = run.sheet.connector_limit_c
    if limit_c is None:
        raise Inconclusive(
            f"The current did not fall with the '{place}' at {warmth.value:.0f} degC, and the charger sheet states no "
            "connector_limit: nobody knows whether it should have."
        )
    if hot_s is None:
        raise Inconclusive(
            f"The '{place}' reached {warmth.value:.0f} degC, and not {limit_c + beyond_k:.0f} degC for certain and long "
            f"enough; the station states {limit_c:g} degC: it was not tried."
        )


async def _check_told(run: Run, since: int, within_s: float) -> None:
    """What the station says of it: a code of heat that goes with what it did."""
    took = await run.until(lambda: any(not one.cleared for one in _reports(run, since)), within_s)
    await run.clock.sleep(20 * POLL_S)
    evidence = _evidence(run, since)
    run.check(
        "hot connector reported",
        "occurred",
        {
            "what": "a report of the hot connector",
            "within_s": within_s,
            "after_s": took,
            "channel_alive": run.csms.connected,
        },
        evidence=evidence,
    )
    current = (await run.power()).current
    stopped = current.value <= FLOWS_A / 10
    codes = [one.code for one in _reports(run, since) if not one.cleared and one.code is not None]
    chargex = [code for code in codes if code.startswith("CX")]
    allowed = ["CX019", "CX018"] if stopped else ["CX018"]
    run.check(
        "code of the hot connector",
        "one_of",
        {
            "what": f"the code of a hot connector {'without current' if stopped else f'with {current.value:.1f} A'}",
            "allowed": allowed,
            "observed": next((code for code in chargex if code in allowed), chargex[-1] if chargex else None),
        },
        evidence=(*evidence, *current.seq),
    )
