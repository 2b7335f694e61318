"""Steps that ask whether the station switches off what takes too much, and notices contacts that have welded."""

from __future__ import annotations

from math import hypot, sqrt
from typing import TYPE_CHECKING

from wattest.document.quantity import DURATION, PERCENT, Current, Duration
from wattest.errors import BenchError, Inconclusive, RigError
from wattest.judge.fault_reports import fault_reports
from wattest.judge.pilot import current_for
from wattest.model.verb import CardName
from wattest.roles import Reading
from wattest.steps.card import present_card
from wattest.steps.charge import FLOWS_A
from wattest.steps.context import POLL_S, Run
from wattest.steps.limits import check_at_most, in_unit
from wattest.steps.obeying import AFTER_EVENT_S, DEAD_V, METER_LAG_S
from wattest.steps.pilot import pulsed
from wattest.steps.registry import step

if TYPE_CHECKING:
    from wattest.roles import PowerReading

HEEDLESS = "heedless"

ABOVE = 1.02
"""How much more is drawn than must be, so that errors of load and meter leave no doubt that it is enough (project)."""

BUILD_UP_S = 15.0
"""How long a load may take to draw what it was told (project)."""

SAG_S = 1.0
"""A current that fails to hold for so long is a failure of the load: shorter ones are the meter's own average."""

EFFECTIVE = 0.8
"""Share of the rated voltage from which a fed output is taken for a live one (project): the supply may be at 90 %."""

TAKES_PLUG_S = 3.0
"""How long somebody tries to take the plug."""


async def set_heedless(run: Run, heedless: bool) -> None:
    """Let load and vehicle, whichever can, do as they were told whatever the pilot says, or heed it again."""
    able = [role for role in ("load", "vehicle") if HEEDLESS in getattr(run.parts.get(role), "supports", ())]
    if not able:
        raise BenchError(
            "Neither the load nor the vehicle of this bench can draw more than it is offered; put 'heedless' under "
            "'needs:' so that the scenario is not tested there."
        )
    for role in able:
        if role == "load":
            await run.act("load", "set_heedless", heedless=heedless)
        else:
            await run.act("vehicle", "set_fault", fault=HEEDLESS, on=heedless)


async def draw(run: Run, current_a: float) -> None:
    """Let the power side of the vehicle take this current."""
    await run.act("load" if "load" in run.parts else "vehicle", "set_current", current_a=current_a)


async def flowing(run: Run) -> PowerReading:
    """What the meter sees while current flows; ``Inconclusive`` when none does."""
    seen = await run.power()
    if not (seen.voltage.value >= DEAD_V and seen.current.value >= FLOWS_A):
        raise Inconclusive(
            f"No current flows ({seen.current.value:.2f} A at {seen.voltage.value:.0f} V), so that nothing can be switched off."
        )
    return seen


@step(proves=("ELE-12",))
async def check_over_current(run: Run, *, then: Current = 6.0) -> None:
    """The vehicle takes 1.25 times what it is offered, and the output is dead in time; sooner is as good.

    What is offered is what the duty cycle says, and its tolerance on top. A load that does not bring that current, or not for
    long enough, leaves it undecided. The report is asked for by ``expect_error_code``. Source: practice of one maker (found);
    the time is a project criterion.

    ``then``: what the vehicle is set to afterwards.
    """
    limit, trip = run.limit("over_current"), run.limit("over_current_trip")
    duty = pulsed(await run.pilot()).duty
    offered = current_for(duty.value + in_unit(run.limit("cp_duty_tolerance"), PERCENT))
    if duty.flags or not offered:
        raise Inconclusive(
            f"The duty cycle is {duty.value:.1f} % ({', '.join(sorted(duty.flags)) or 'which offers nothing'}), so that nobody "
            "can tell what would be too much."
        )
    least = in_unit(limit, PERCENT) / 100.0 * offered
    await flowing(run)
    seq = run.note(
        "fault", id="over-current", what="vehicle", backend="vehicle", detail=f"{least * ABOVE:.1f} A"
    )
    begin = run.clock.monotonic()
    try:
        # It is told what to draw before it is told to heed nothing, so that it never draws anything else.
        await draw(run, round(least * ABOVE, 1))
        if "load" in run.parts:  # a load obeys until then
            begin = run.clock.monotonic()
        await set_heedless(run, True)
        delay = await _trips(run, begin, least, in_unit(trip, DURATION))
        name = f"delay from {least:.1f} A, where {offered:.1f} A are offered, to a dead output"
        check_at_most(run, name, delay, trip, DURATION, evidence=(*duty.seq, seq))
    finally:
        await draw(run, then)
        await set_heedless(run, False)
        run.note("heal", id="over-current")


async def _trips(run: Run, begin_s: float, least_a: float, within_s: float) -> Reading:
    """From the instant when too much flowed to the one when the output was dead, as well as both are known."""
    seen_at: float | None = None
    low_since: float | None = None
    previous = begin_s
    while True:
        now_seen = await run.power()
        now, volts, amperes = run.clock.monotonic(), now_seen.voltage, now_seen.current
        if volts.value < DEAD_V and "no data" not in volts.flags:
            break
        if amperes.value >= least_a:
            seen_at, low_since = now if seen_at is None else seen_at, None
        elif seen_at is not None and low_since is None:
            low_since = now
        if (seen_at is None and now - begin_s >= BUILD_UP_S) or (low_since or now) <= now - SAG_S:
            raise Inconclusive(
                f"The vehicle took {amperes.value:.2f} A where at least {least_a:.2f} A were wanted: the output has no reason "
                "to be switched off."
            )
        if seen_at is not None and now - seen_at >= within_s + AFTER_EVENT_S:
            run.check(
                "output dead after over-current",
                "occurred",
                {
                    "what": f"a dead output after {least_a:.1f} A had begun to flow",
                    "within_s": within_s,
                    "after_s": None,
                },
                evidence=(*volts.seq, *amperes.seq),
            )
        previous = now
        await run.clock.sleep(POLL_S)
    last = now if seen_at is None else seen_at
    wide = hypot(last - begin_s + METER_LAG_S, now - previous + METER_LAG_S)
    return Reading((now + previous - last - begin_s) / 2.0, "s", now, u=wide / sqrt(12.0), seq=volts.seq)


@step(proves=("ELE-15",))
async def check_weld(run: Run, *, card: CardName, watch: Duration = 30.0) -> None:
    """The contactor looks welded while nobody charges; no session charges then, and a fault is reported in time.

    The bench feeds the output from behind the contactor, or holds its contacts closed. A station may look at its output all
    the time, or only when somebody wants to charge: the time to the report begins with the fault for the one, and with a
    driver's card, plug and vehicle for the other. A plug that is not released is as good as a refused session. A
    transaction without energy is no session here, since some stations open one as soon as a vehicle is there. A station
    that tells a weld by the mirror contact of its contactor cannot see a fed output: unless its sheet states
    ``output_sensing``, what it does not notice is left undecided. Source: IEC 61851-1; ChargeX MREC CX017; the time is a
    project criterion.

    ``card``: of a driver who may charge; ``watch``: how long is waited for a session after the vehicle asked for energy.
    """
    within = in_unit(run.limit("fault_report"), DURATION)
    await _at_rest(run)
    seq = run.note("fault", id="weld", what="contactor", backend="vehicle", detail="looks welded")
    before = len(run.transactions())
    try:
        await run.act("vehicle", "set_fault", fault="weld", on=True)
        await _effective(run)
        took = await run.until(lambda: _told_at(run, seq) is not None, within)
        await present_card(run, card=card)
        if await _plugged(run):
            await run.act("vehicle", "set_ready", ready=True)
        asked = run.clock.monotonic()
        charged, alive = await _watched(run, before, watch)
        told = _told_at(run, seq)
        if took is None and told is not None:
            took = max(0.0, told - asked)
        if charged or took is None or took > within:
            await _effective(run)
            _must_sense(run)
        _judge_weld(run, seq, took=took, within=within, charged=charged, watch=watch, alive=alive)
    finally:
        await run.act("vehicle", "set_fault", fault="weld", on=False)
        await run.act("vehicle", "set_ready", ready=False)
        run.note("heal", id="weld")


async def _at_rest(run: Run) -> None:
    """Nobody charges and the output is dead: feeding a live one could hurt, and would show nothing."""
    volts = (await run.power()).voltage
    if not volts.value < DEAD_V or "no data" in volts.flags:
        raise Inconclusive(
            f"The output is not dead before the fault ({volts.value:.0f} V): a weld cannot be shown."
        )
    if run.current_transaction() is not None:
        raise Inconclusive("A transaction runs already, so that a weld cannot be shown before one.")
    last = run.csms.station().last_status(1) if run.csms.connected else None
    if last is not None and last.occupancy == "faulted":
        raise Inconclusive(
            "The station reports a fault already, so that another one could not be told from it."
        )


async def _effective(run: Run) -> None:
    """The output shows the voltage that welded contacts would leave on it."""
    volts = (await run.power()).voltage
    rated = run.sheet.rated_voltage_v / (sqrt(3.0) if run.sheet.phases == 3 else 1.0)
    if not volts.value >= EFFECTIVE * rated:
        raise Inconclusive(
            f"The output shows {volts.value:.0f} V, and at least {EFFECTIVE * rated:.0f} V are wanted for a contactor that "
            "looks welded: the fault was not effective."
        )


def _must_sense(run: Run) -> None:
    if "output_sensing" not in run.sheet.features:
        raise Inconclusive(
            "The station did not notice that its output was live. It may tell a weld by the mirror contact of its contactor, "
            "which cannot see a fed output: state 'output_sensing' in the charger sheet if it measures its output, or hold the "
            "contacts of its contactor closed."
        )


async def _plugged(run: Run) -> bool:
    """Whether the plug could be taken and plugged in; a station that has noticed may hold it."""
    begin = run.clock.monotonic()
    while True:
        try:
            await run.act("vehicle", "plug_in")
        except RigError:
            if run.clock.monotonic() - begin >= TAKES_PLUG_S:
                return False
            await run.clock.sleep(POLL_S)
        else:
            return True


async def _watched(run: Run, before: int, for_s: float) -> tuple[bool, bool]:
    """Whether a session charged, by the station's word or the meter's, and whether the link was there all the time."""
    alive, charged = run.csms.connected, False
    end = run.clock.monotonic() + for_s
    while run.clock.monotonic() < end:
        await run.clock.sleep(min(5.0, end - run.clock.monotonic()))
        charged = charged or (await run.power()).current.value >= FLOWS_A
        alive = alive and run.csms.connected
    said = any(state == "charging" for one in run.transactions()[before:] for _, state in one.states)
    return charged or said, alive


def _told_at(run: Run, since: int) -> float | None:
    """When the station first told of a fault after an entry of the record; None when it has not."""
    told = [
        one.t
        for one in fault_reports(run.entries())
        if one.seq > since and one.evse_id == 1 and not one.cleared
    ]
    if told:
        return told[0]
    last = run.csms.station().last_status(1) if run.csms.connected else None
    return run.clock.monotonic() if last is not None and last.occupancy == "faulted" else None


def _judge_weld(
    run: Run, seq: int, *, took: float | None, within: float, charged: bool, watch: float, alive: bool
) -> None:
    run.check(
        "no session with a contactor that looks welded",
        "never",
        {
            "what": "a session that charges although the contactor looks welded",
            "count": int(charged),
            "window_s": watch,
            "channel_alive": alive,
        },
        evidence=[seq],
    )
    run.check(
        "weld reported",
        "occurred",
        {
            "what": "the report of a contactor that looks welded",
            "within_s": within,
            "after_s": took,
            "channel_alive": run.csms.connected,
        },
        evidence=[seq],
    )
