"""Steps that hold what the station does against what pilot and charging profile ask of it: contactor, faults, current."""

from __future__ import annotations

from math import sqrt
from typing import TYPE_CHECKING

from wattest.document.quantity import DURATION, PERCENT, Current, Duration
from wattest.errors import Inconclusive
from wattest.judge.pilot import current_for, duty_for, state_of
from wattest.roles import PilotFault, Reading
from wattest.steps.cable import ev_pause, ev_ready
from wattest.steps.charge import FLOWS_A
from wattest.steps.context import POLL_S, Run
from wattest.steps.limits import check_at_most, in_unit, judged, measured
from wattest.steps.message import set_limit
from wattest.steps.registry import step

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from wattest.roles import PilotEvent, SwitchingDelay

DEAD_V = 30.0
"""rms voltage below which an output counts as dead: limit ``dead_outlet_voltage``."""

METER_LAG_S = 0.25
"""How old a value of the reference meter may be (project: the slowest update of analysers in use), rectangular."""

PRETRIGGER_S = 0.1
"""An instrument that waits for an event must have seen what was before it."""

AFTER_EVENT_S = 1.0
"""How much longer than the limit an instrument is given to see the output follow."""


@step(proves=("ELE-04",))
async def check_closing(run: Run) -> None:
    """The vehicle asks for energy (B2 to C2), and the output becomes live in time, by one instrument on both.

    The station must offer current already, and the vehicle must not be ready. Source: IEC 61851-1 Table A.6 sequence 4.
    """
    limit = run.limit("cp_close")
    most = in_unit(limit, DURATION)
    delay = await _switched(run, "close", most, lambda: ev_ready(run))
    check_at_most(run, "delay from state C to a live output", delay, limit, DURATION)


@step(proves=("ELE-05",))
async def check_opening(run: Run, *, times: int = 20, pause: Duration = 6.0) -> None:
    """The vehicle stops asking (C2 to B2) so many times, and each time the output is dead in time.

    The session must be charging. Source: IEC 61851-1 Table A.6 sequence 8.1.

    ``times``: how often; all of them must be in time;
    ``pause``: seconds in state B, and again in state C, before the next.
    """
    limit = run.limit("cp_open")
    most = in_unit(limit, DURATION)
    for number in range(1, times + 1):
        delay = await _switched(run, "open", most, lambda: ev_pause(run))
        name = f"delay from the end of state C to a dead output, {number} of {times}"
        check_at_most(run, name, delay, limit, DURATION)
        await run.clock.sleep(pause)
        await ev_ready(run)
        await run.clock.sleep(pause)


async def _switched(
    run: Run, event: PilotEvent, most_s: float, does: Callable[[], Awaitable[None]]
) -> Reading:
    """The delay that the scope caught. When it caught none although the output never followed, that is a failure."""
    await _arm(run, event)
    await does()
    await run.clock.sleep(most_s + AFTER_EVENT_S)
    caught: SwitchingDelay = await run.part("pilot_scope").fetch()
    delay = run.reading("pilot_scope", f"delay {event}", caught.delay)
    if "no data" in delay.flags and "reference_meter" in run.parts:
        volts = (await run.power()).voltage
        in_c = state_of((await run.pilot()).high.value) == "C"
        if in_c == (event == "close") and (volts.value >= DEAD_V) != (event == "close"):
            run.check(
                f"output follows the pilot ({event})",
                "occurred",
                {
                    "what": "a live output after state C began"
                    if in_c
                    else "a dead output after state C ended",
                    "within_s": most_s + AFTER_EVENT_S,
                    "after_s": None,
                },
                evidence=(*delay.seq, *volts.seq),
            )
    return delay


async def _arm(run: Run, event: PilotEvent) -> None:
    await run.act("pilot_scope", "arm", event=event)
    await run.clock.sleep(PRETRIGGER_S)


@step(proves=("ELE-07",))
async def check_vehicle_fault(run: Run, *, fault: PilotFault, reported_within: Duration = 10.0) -> None:
    """The vehicle gets a fault in mid-charge; the output is dead in time, and the fault is reported.

    Earth (``pe``) is timed by the pilot scope, the others by the reference meter. A station without a ground monitor sees
    lost earth as an unplugged vehicle; for ``pe`` its word that the session no longer charges counts as the report.
    Sources: IEC 61851-1 (times recalled), ChargeX MREC CX014.
    """
    before = (await run.power()).voltage
    if before.value < DEAD_V:
        raise Inconclusive(
            f"The output is dead before the fault ({before.value:.0f} V), so that the fault cannot switch it off."
        )
    limit = run.limit("cp_pe_open" if fault == "pe" else "cp_fault_open")
    if fault == "pe":
        await _arm(run, "open")
    seq = run.note("fault", id=f"vehicle-{fault}", what="vehicle", backend="vehicle", detail=fault)
    mark = run.clock.monotonic()
    await run.act("vehicle", "set_fault", fault=fault, on=True)
    try:
        dead = await dies(run, mark, in_unit(limit, DURATION) + AFTER_EVENT_S, (seq,))
        if fault == "pe":
            dead = run.reading("pilot_scope", "delay open", (await run.part("pilot_scope").fetch()).delay)
        check_at_most(
            run, f"delay from the fault '{fault}' to a dead output", dead, limit, DURATION, evidence=(seq,)
        )
        took = await run.until(lambda: _told(run, fault), reported_within)
        status = run.csms.station().last_status_seq(1) if run.csms.connected else None
        run.check(
            f"fault '{fault}' reported",
            "occurred",
            {
                "what": f"the report of the vehicle's fault '{fault}'",
                "within_s": reported_within,
                "after_s": None if took is None else run.clock.monotonic() - mark,
                "channel_alive": run.csms.connected,
            },
            evidence=[] if status is None else [status],
        )
    finally:
        await run.act("vehicle", "set_fault", fault=fault, on=False)
        run.note("heal", id=f"vehicle-{fault}")


async def dies(run: Run, begin_s: float, within_s: float, evidence: tuple[int, ...]) -> Reading:
    """Seconds until the reference meter saw a dead output; a failure when it never did."""
    previous = begin_s
    while True:
        volts = (await run.power()).voltage
        now = run.clock.monotonic()
        if volts.value < DEAD_V and "no data" not in volts.flags:
            return seen_between(begin_s, previous, now, volts.seq)
        if now - begin_s >= within_s:
            run.check(
                "output dead after the fault",
                "occurred",
                {"what": "a dead output after the fault", "within_s": within_s, "after_s": None},
                evidence=(*volts.seq, *evidence),
            )
        previous = now
        await run.clock.sleep(0.05)


def seen_between(begin_s: float, before_s: float, after_s: float, seq: tuple[int, ...]) -> Reading:
    """The delay since ``begin_s`` of what happened between two looks at the reference meter, whose values may be a little old.

    The middle of the two, and a rectangle that reaches to both: whoever looks late, as people do, knows less.
    """
    least, most = max(0.0, before_s - METER_LAG_S - begin_s), after_s - begin_s
    return Reading((least + most) / 2.0, "s", after_s, u=(most - least) / sqrt(12.0), seq=seq)


def _told(run: Run, fault: PilotFault) -> bool:
    last = run.csms.station().last_status(1) if run.csms.connected else None
    if last is not None and (last.occupancy == "faulted" or last.error not in {None, "NoError"}):
        return True
    if fault != "pe":
        return False
    transactions = run.transactions()
    if not transactions:
        return False
    latest = transactions[-1]
    return latest.ended_at is not None or bool(latest.states and latest.states[-1][1] != "charging")


@step(proves=("ELE-09",))
async def check_profile(
    run: Run, *, limits: tuple[Current, ...], hold: Duration = 10.0, resume: Duration = 60.0
) -> None:
    """Charging profiles are obeyed: after each, the current is at or below the limit in time, and stays there.

    What the tolerance of the duty cycle is worth in amperes is allowed on top. Below the least current that can be
    offered the station pauses, and after that the current must come back. Sources: OCPP 1.6 3.13 and 5.16; SAE J1772.

    ``limits``: limits in the order in which they are set, such as 32 A, 16 A, 6 A, 0 A, 32 A;
    ``hold``: how long the current is watched for overshoot once it has settled;
    ``resume``: how long current may take to flow again after a pause.
    """
    stated = run.limit("profile_to_current")
    within = in_unit(stated, DURATION)
    paused = False
    for current in limits:
        await set_limit(run, current=current)
        begin = run.clock.monotonic()
        most = _most(run, current)
        reading = (await run.power()).current
        while reading.value > most and run.clock.monotonic() - begin < within:
            await run.clock.sleep(POLL_S)
            reading = (await run.power()).current
        took = run.clock.monotonic() - begin if reading.value <= most else None
        run.check(
            f"limit of {current:g} A obeyed",
            "occurred",
            {
                "what": f"a current of at most {most:.2f} A after a limit of {current:g} A",
                "within_s": within,
                "after_s": took,
            },
            evidence=reading.seq,
        )
        if paused and current >= run.sheet.minimum_current_a:
            await _resumes(run, begin, resume)
        paused = current < run.sheet.minimum_current_a
        await _stays(run, current, most, max(hold, begin + within - run.clock.monotonic()))


async def _resumes(run: Run, begin_s: float, within_s: float) -> None:
    reading = (await run.power()).current
    while reading.value < FLOWS_A and run.clock.monotonic() - begin_s < within_s:
        await run.clock.sleep(POLL_S)
        reading = (await run.power()).current
    run.check(
        "current after a pause",
        "occurred",
        {
            "what": "current after a pause by charging profile",
            "within_s": within_s,
            "after_s": run.clock.monotonic() - begin_s if reading.value >= FLOWS_A else None,
        },
        evidence=reading.seq,
    )


async def _stays(run: Run, limit_a: float, most_a: float, for_s: float) -> None:
    """The highest current in a while is not above what the limit and the tolerance of the duty cycle allow."""
    worst = (await run.power()).current
    end = run.clock.monotonic() + for_s
    while run.clock.monotonic() < end:
        await run.clock.sleep(2 * POLL_S)
        now = (await run.power()).current
        if now.value > worst.value:
            worst = now
    run.check(
        f"no overshoot at {limit_a:g} A",
        "at_most",
        {
            **measured(worst, f"the highest current under a limit of {limit_a:g} A"),
            "limit": most_a,
            **judged(run, run.limit("cp_duty_tolerance")),
        },
        evidence=worst.seq,
    )


def _most(run: Run, limit_a: float) -> float:
    """What a limit and the tolerance of the duty cycle allow together; no current below the least offer."""
    if limit_a < run.sheet.minimum_current_a:
        return FLOWS_A / 10
    room = in_unit(run.limit("cp_duty_tolerance"), PERCENT)
    try:
        return max(limit_a, current_for(duty_for(limit_a) + room))
    except ValueError:
        return limit_a
