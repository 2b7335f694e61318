"""Steps about the operator of the station: that he is told of each fault, and soon."""

from __future__ import annotations

from dataclasses import dataclass

from wattest.document.quantity import DURATION
from wattest.errors import BenchError, Inconclusive, RigError
from wattest.model.verb import CardName
from wattest.model.words import LimitId
from wattest.steps.cable import ev_pause, ev_ready
from wattest.steps.charge import FLOWS_A
from wattest.steps.context import POLL_S, Run
from wattest.steps.limits import in_unit
from wattest.steps.monitoring import reported
from wattest.steps.registry import step

STARTS_S = 60.0
STOPS_S = 10.0
FREE_S = 60.0
"""How long a session may take to begin, a shorted pilot to end the current, and station and plug to be free again (project)."""

LOOKS_S = 5.0
ASKS_S = 60.0
"""How often a portal is looked at, and how often a person is asked."""

PERSON_S = 300.0
"""Whoever may take longer to answer is a person."""


@dataclass(frozen=True)
class Look:
    """When the alerts were looked at, in seconds after the fault, and the entries that prove what was seen."""

    after_s: float
    seq: tuple[int, ...]


@step(proves=("MON-06",))
async def check_alerts(run: Run, *, card: CardName, times: int, limit: LimitId = "fault_alert_bench") -> None:
    """So many times a session is ended by a shorted pilot, and each time the operator is sent an alert within the limit.

    Read where the operator reads, by the role ``alerts``. An alert that was there at a look in time counts; one that came between
    the last look in time and the first one after it decides nothing. The first that does not come ends the series: each must.
    """
    if times < 1:
        raise BenchError("check_alerts needs at least one fault: give 'times' 1 or more.")
    within = in_unit(run.limit(limit), DURATION)
    worst, evidence = 0.0, []
    violations: list[str] = []
    doubts: list[str] = []
    for number in range(1, times + 1):
        before = (await run.part("alerts").read()).count
        began, seq = await _fault(run, card)
        missing, seen = await _alerted(run, before, began, within)
        evidence += [seq, *(() if seen is None else seen.seq)]
        if seen is None:
            violations.append(f"fault {number} of {times} (entry {seq}): no alert within {within:g} s")
            break
        worst = max(worst, seen.after_s)
        if seen.after_s > within:
            doubts.append(
                f"the alert of fault {number} (entry {seq}) was not there after {missing:.0f} s and was after "
                f"{seen.after_s:.0f} s; {within:g} s are allowed"
            )
        await _free(run)
    run.check(
        "alerts to the operator",
        "held",
        {
            "what": f"an alert of each fault, the slowest after {worst:.0f} s of the {within:g} s allowed",
            "cases": times,
            "violations": violations,
            "doubts": doubts,
        },
        evidence=evidence,
    )


async def _fault(run: Run, card: CardName) -> tuple[float, int]:
    """A session, and its pilot shorted: when, and the entry. Raises ``Inconclusive`` when the fault did not show at the meter."""
    await run.act("card_reader", "present", uid=run.card(card).uid)
    if not await _managed(run, "plug_in"):
        raise Inconclusive(
            f"The plug could not be taken within {FREE_S:g} s of the card: no fault could be made."
        )
    await ev_ready(run)
    if not await _current(run, STARTS_S, flows=True):
        raise Inconclusive(
            f"Nothing flowed within {STARTS_S:g} s of the plug: no fault could be made in a session."
        )
    seq = run.note("fault", id="vehicle-short", what="vehicle", backend="vehicle", detail="short")
    began = run.clock.monotonic()
    await run.act("vehicle", "set_fault", fault="short", on=True)
    if not await _current(run, STOPS_S, flows=False):
        raise Inconclusive(
            f"The pilot was shorted (entry {seq}) and current flows {STOPS_S:g} s later: the fault is not proven effective."
        )
    return began, seq


async def _alerted(run: Run, before: int, began_s: float, within_s: float) -> tuple[float, Look | None]:
    """Seconds until the last look without the alert, and the first look with it; None when it was not there after the limit."""
    alerts = run.part("alerts")
    pause = ASKS_S if float(getattr(alerts, "patience_s", 0.0)) > PERSON_S else LOOKS_S
    missing = 0.0
    while True:
        asked = run.clock.monotonic() - began_s
        told = await alerts.read()
        if told.count > before:
            return missing, Look(run.clock.monotonic() - began_s, told.seq)
        missing = asked
        if missing >= within_s:
            return missing, None
        await run.clock.sleep(min(pause, max(POLL_S, within_s - missing)))


async def _free(run: Run) -> None:
    """The fault mended, the plug back on the station, and the station in order. Raises ``Inconclusive`` when that takes too long."""
    await run.act("vehicle", "set_fault", fault="short", on=False)
    run.note("heal", id="vehicle-short")
    await ev_pause(run)
    if not await _managed(run, "unplug"):
        raise Inconclusive(
            f"The plug was not free {FREE_S:g} s after the fault was mended: no other fault could be made."
        )
    await run.act("vehicle", "holster")
    if await run.until(lambda: not reported(run), FREE_S) is None:
        raise Inconclusive(
            f"The station still reports a fault {FREE_S:g} s after it was mended: no other fault could be told from it."
        )
    await run.clock.sleep(LOOKS_S)


async def _managed(run: Run, action: str) -> bool:
    """Whether hands could do something with the plug, which a lock may hold for a while."""
    begin = run.clock.monotonic()
    while True:
        try:
            await run.act("vehicle", action)
        except RigError:
            if run.clock.monotonic() - begin >= FREE_S:
                return False
            await run.clock.sleep(POLL_S)
        else:
            return True


async def _current(run: Run, within_s: float, *, flows: bool) -> bool:
    """Whether the reference meter sees current, or none, within the time."""
    begin = run.clock.monotonic()
    while True:
        current = (await run.power()).current
        if (current.value >= FLOWS_A) == flows:
            return True
        if run.clock.monotonic() - begin >= within_s:
            return False
        await run.clock.sleep(POLL_S)
