"""Steps that look at the control pilot: levels, frequency, duty cycle. What follows from it stands in ``obeying``."""

from __future__ import annotations

from typing import Literal

from wattest.document.quantity import FREQUENCY, PERCENT, VOLTAGE, Current, Duration
from wattest.errors import BenchError, Inconclusive
from wattest.judge.pilot import GAP_A, duty_for, spacings, state_of
from wattest.roles import PilotReading, Reading
from wattest.steps.context import POLL_S, Run
from wattest.steps.limits import check_between, in_unit, judged, measured
from wattest.steps.message import set_limit
from wattest.steps.registry import step

PilotState = Literal["A", "B", "C", "F"]

FINE_S = 0.1
"""How often the pilot is looked at where the instant of a change matters."""


@step(proves=("ELE-01",))
async def check_pilot_levels(run: Run, *, state: PilotState, within: Duration = 5.0) -> None:
    """The plateaus of the control pilot in a state are within their limits: the high one, and the low one of its pulses.

    ``inconclusive`` when the pilot does not come into that state within the time. Source: IEC 61851-1 Annex A, SAE J1772.
    """
    begin = run.clock.monotonic()
    seen = await run.pilot()
    while state_of(seen.high.value) != state:
        if run.clock.monotonic() - begin >= within:
            raise Inconclusive(
                f"The pilot is at {seen.high.value:.2f} V, in state {state_of(seen.high.value)}, and not in state "
                f"{state} within {within:g} s: the levels of {state} cannot be judged."
            )
        await run.clock.sleep(POLL_S)
        seen = await run.pilot()
    ids = state.lower()
    check_between(
        run, f"pilot voltage in state {state}", seen.high, f"cp_{ids}_min", f"cp_{ids}_max", VOLTAGE
    )
    if seen.low is not None:
        name = f"low level of the pilot in state {state}"
        check_between(run, name, seen.low, "cp_low_min", "cp_low_max", VOLTAGE)


@step(proves=("ELE-02",))
async def check_pilot_frequency(run: Run) -> None:
    """The pulses of the control pilot have the right frequency. Source: IEC 61851-1 Annex A."""
    seen = pulsed(await run.pilot())
    if seen.frequency is None:
        raise Inconclusive("The instrument on the pilot does not tell its frequency.")
    check_between(
        run, "frequency of the pilot", seen.frequency, "cp_frequency_min", "cp_frequency_max", FREQUENCY
    )


@step(proves=("ELE-02",))
async def check_duty(run: Run, *, limits: tuple[Current, ...], within: Duration = 15.0) -> None:
    """For each limit set by a charging profile, the duty cycle offers that current, within its tolerance.

    ``limits``: currents from 6 A on, of which those above the rating are left out; 51 A to 52.5 A cannot be said;
    ``within``: how long the station may take to change its duty cycle; ELE-09 asks for the time.
    """
    tolerance = run.limit("cp_duty_tolerance")
    for current in _offerable(run, limits):
        wanted, room = _duty_of(current), in_unit(tolerance, PERCENT)
        await set_limit(run, current=current)
        begin = run.clock.monotonic()
        seen = await run.pilot()
        while abs(seen.duty.value - wanted) > room and run.clock.monotonic() - begin < within:
            await run.clock.sleep(POLL_S)
            seen = await run.pilot()
        run.check(
            f"duty cycle at {current:g} A",
            "between",
            {
                **measured(seen.duty, f"the duty cycle at a limit of {current:g} A"),
                "low": wanted - room,
                "high": wanted + room,
                **judged(run, tolerance),
            },
            evidence=seen.duty.seq,
        )


@step(proves=("ELE-10",))
async def check_duty_spacing(
    run: Run, *, limits: tuple[Current, ...], every: Duration = 1.0, settle: Duration = 15.0
) -> None:
    """In a burst of charging profiles the duty cycle changes no more often than the vehicle can follow.

    At least two changes must be seen. Source: IEC 61851-1 Annex A.

    ``limits``: the profiles of the burst, one after the other, each at least 6 A, without those above the rating;
    ``every``: time from one profile to the next;
    ``settle``: how long the pilot is watched after the last.
    """
    burst = _offerable(run, limits)
    samples: list[Reading] = []
    for number, current in enumerate(burst, 1):
        begin = run.clock.monotonic()
        await set_limit(run, current=current)
        await _watch(run, samples, begin + (every if number < len(burst) else settle))
    flags = frozenset[str]().union(*(sample.flags for sample in samples))
    between = spacings([(sample.t_s, sample.value) for sample in samples])
    if not between:
        raise Inconclusive(
            f"In a burst of {len(burst)} charging profiles fewer than two changes of the duty cycle were seen: "
            "their distance cannot be judged."
        )
    shortest, u = min(between)
    limit = run.limit("cp_duty_spacing")
    run.check(
        "time between changes of the duty cycle",
        "at_least",
        {
            "what": f"the shortest of {len(between)} times between changes of the duty cycle",
            "value": shortest,
            "unit": "s",
            "u": u,
            "flags": sorted(flags),
            "limit": float(limit.value),
            **judged(run, limit),
        },
        evidence=(samples[0].seq[0], samples[-1].seq[0]),
    )


@step(proves=("ELE-11",))
async def check_rating(run: Run, *, asked: Current | None = None, settle: Duration = 15.0) -> None:
    """A charging profile above the rating is not offered to the vehicle, whether it is accepted or refused.

    ``asked``: the limit, twice the rating unless stated; ``settle``: how long the pilot is watched. The duty cycle, watched for a while, never offers more than the rated current of the charger sheet, by more than its tolerance.
    """
    rated = run.sheet.rated_current_a
    asked = 2.0 * rated if asked is None else asked
    if asked <= rated:
        raise BenchError(
            f"{asked:g} A is not above the rating of {rated:g} A: ask for more, or nothing is tried."
        )
    answer = await run.csms.station().set_limit(asked, 1)
    worst = pulsed(await run.pilot()).duty
    end = run.clock.monotonic() + settle
    while run.clock.monotonic() < end:
        await run.clock.sleep(POLL_S)
        duty = (await run.pilot()).duty
        if duty.value <= 97.0 and duty.value > worst.value:
            worst = duty
    tolerance = run.limit("cp_duty_tolerance")
    low, high = GAP_A
    most = duty_for(low if low < rated < high else min(rated, 80.0)) + in_unit(tolerance, PERCENT)
    run.check(
        f"offer at a limit of {asked:g} A",
        "at_most",
        {
            **measured(worst, f"the duty cycle at a limit of {asked:g} A, answered '{answer.status}',"),
            "limit": most,
            **judged(run, tolerance),
        },
        evidence=(*worst.seq, answer.seq),
    )


def pulsed(seen: PilotReading) -> PilotReading:
    """The same reading. ``Inconclusive`` when the pilot is steady, so that its pulses cannot be judged."""
    if seen.duty.value > 97.0:
        raise Inconclusive(
            f"The pilot is steady at {seen.high.value:.2f} V: no current is offered, and its pulses cannot be judged."
        )
    return seen


async def _watch(run: Run, samples: list[Reading], until_s: float) -> None:
    while run.clock.monotonic() < until_s:
        samples.append((await run.pilot()).duty)
        await run.clock.sleep(FINE_S)


def _offerable(run: Run, limits: tuple[float, ...]) -> tuple[float, ...]:
    """Those limits that a station of this rating can offer. ``BenchError`` when one can never be said, or none is left."""
    for current in limits:
        _duty_of(current)
    rated = run.sheet.rated_current_a
    found = tuple(current for current in limits if current <= rated)
    if not found:
        raise BenchError(
            f"All limits lie above the rating of {rated:g} A: name one that the station can offer."
        )
    return found


def _duty_of(current_a: float) -> float:
    try:
        return duty_for(current_a)
    except ValueError as problem:
        raise BenchError(f"{problem}.") from None
