"""Steps with a vehicle that stops asking for energy and asks again, as cars do to balance cells or warm a cabin."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wattest.document.quantity import Duration
from wattest.errors import BenchError, Inconclusive
from wattest.judge.pilot import state_of
from wattest.model.words import LimitId
from wattest.steps.cable import ev_pause, ev_ready
from wattest.steps.charge import FLOWS_A
from wattest.steps.context import POLL_S, Run
from wattest.steps.registry import step

if TYPE_CHECKING:
    from wattest.roles import Reading

STEADY_PCT = 97.0
"""A duty cycle above this is no pulse width: the station offers nothing."""


@step(proves=("ELE-16",))
async def check_pauses(
    run: Run,
    *,
    cycles: LimitId = "pause_cycles",
    pause: Duration = 15.0,
    charging: Duration = 30.0,
    resume: Duration = 60.0,
) -> None:
    """The vehicle goes from state C to B and back so many times: current comes back each time, and the session is one.

    Whether the station tells of each pause, and how soon, is left to it. That the energy runs on is judged afterwards by
    ``compare_energy`` on the same transaction. Source: IEC 61851-1 (recalled).

    ``cycles``: id of the limit that says how often;
    ``pause``: seconds in state B; ``charging``: seconds in state C with current;
    ``resume``: how long current may take to come back (project: as after a pause by charging profile).
    """
    stated = run.limit(cycles)
    if stated.unit != "cycles":
        raise BenchError(f"Limit '{stated.id}' is in {stated.unit}; a number of pauses is in cycles.")
    running = run.current_transaction()
    if running is None:
        raise Inconclusive("No transaction is running, so that none can outlive a pause.")
    before, times, begin = len(run.transactions()), int(stated.value), run.clock.monotonic()
    alive = run.csms.connected
    for number in range(1, times + 1):
        await ev_pause(run)
        await run.clock.sleep(pause)
        await _ended(run, number)
        await ev_ready(run)
        asked = run.clock.monotonic()
        await run.clock.sleep(min(charging, resume) / 2)
        current = await _comes_back(run, asked, resume)
        if current.value < FLOWS_A:
            await _check_asked(run, number)
        took = run.clock.monotonic() - asked
        run.check(
            f"current after pause {number} of {times}",
            "occurred",
            {
                "what": f"current after pause {number} of {times} of the vehicle",
                "within_s": resume,
                "after_s": None if current.value < FLOWS_A else min(took, resume),
            },
            evidence=current.seq,
        )
        await run.clock.sleep(max(0.0, charging - took))
        alive = alive and run.csms.connected
    now = run.csms.ledger.transactions[running.id]
    run.check(
        "one session through all pauses",
        "never",
        {
            "what": f"an end of transaction {running.id}, or the begin of another, in {times} pauses",
            "count": int(now.ended_at is not None) + len(run.transactions()) - before,
            "window_s": run.clock.monotonic() - begin,
            "channel_alive": alive,
        },
        evidence=now.evidence,
    )


async def _ended(run: Run, number: int) -> None:
    """A pause counts when no current flows in it; ``Inconclusive`` otherwise, since the vehicle is the bench's."""
    current = (await run.power()).current
    if current.flags or current.value > FLOWS_A / 10:
        raise Inconclusive(
            f"In pause {number} the reference meter still sees {current.value:.3g} A: the vehicle did not pause."
        )


async def _comes_back(run: Run, asked_s: float, within_s: float) -> Reading:
    """The current once it flows, or what it is when the time is over."""
    current = (await run.power()).current
    while current.value < FLOWS_A and run.clock.monotonic() - asked_s < within_s:
        await run.clock.sleep(4 * POLL_S)
        current = (await run.power()).current
    if current.flags:
        raise Inconclusive(
            f"The reference meter's current is flagged '{', '.join(sorted(current.flags))}': nobody can tell whether it came back."
        )
    return current


async def _check_asked(run: Run, number: int) -> None:
    """No current is the station's doing only if the vehicle asks, or is offered nothing; else ``Inconclusive``."""
    if not sees_pilot(run):
        return
    seen = await run.pilot()
    if state_of(seen.high.value) == "B" and seen.duty.value <= STEADY_PCT:
        raise Inconclusive(
            f"After pause {number} the station offers current, and the pilot stays in state B: the vehicle does not ask."
        )


def sees_pilot(run: Run) -> bool:
    """Whether some part of the bench can read the control pilot."""
    vehicle = run.parts.get("vehicle")
    return "pilot_scope" in run.parts or (vehicle is not None and "pilot_reading" in vehicle.supports)
