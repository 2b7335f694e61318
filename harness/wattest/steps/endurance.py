"""Many whole sessions, one after the other, to show a rate of success."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from wattest.document.quantity import Current, Duration
from wattest.errors import CallTimedOut, Inconclusive, RigError, StationGone
from wattest.model.verb import CardName
from wattest.model.words import LimitId
from wattest.steps.cable import ev_pause, ev_ready
from wattest.steps.context import POLL_S, Run, percent
from wattest.steps.registry import step

if TYPE_CHECKING:
    from wattest.ocpp.ledger import Transaction

FLOWS_A = 1.0
"""A current above this is taken for charging."""
HELD_S = 5.0
"""How long a plug may still be held by a lock that lets go (LCK-05; project)."""
REST_S = 5.0
"""Between two drivers: the station locks its plug again."""


@step(proves=("MON-09",))
async def endurance(
    run: Run,
    *,
    card: CardName,
    sessions: int = 99,
    current: Current = 32.0,
    for_: Duration = 60.0,
    within: Duration = 60.0,
    limit: LimitId = "session_success",
    confidence: LimitId = "confidence",
) -> None:
    """So many whole sessions: card, plug, charge, stop, release, return. A failed one is counted, and the next begins.

    A session succeeds when energy flowed within the time, went on flowing, was reported, and the driver got the plug back. The
    verdict follows from the binomial distribution: ``pass`` when the rate is shown, ``fail`` when it is contradicted, else
    ``inconclusive``. ``sessions``: 99 without a failure show 97 % at 95 % confidence; ``for``: how long each one charges.
    """
    rate, sure = percent(run.limit(limit)), percent(run.limit(confidence))
    await run.act("load" if "load" in run.parts else "vehicle", "set_current", current_a=current)
    failures: list[str] = []
    evidence: list[int] = []
    for one in range(1, sessions + 1):
        problem = await _session(run, run.card(card).uid, for_, within)
        seq = run.note(
            "observation",
            role="suite",
            what="session",
            value={"session": one, "of": sessions, "problem": problem},
            evidence=(),
        )
        evidence.append(seq)
        if problem is not None:
            failures.append(f"Session {one}: {problem}")
            if not await _at_rest(run, within):
                raise Inconclusive(
                    f"After session {one} of {sessions} the station could not be brought to rest, "
                    f"so that the sessions after it say nothing: {problem}"
                )
    run.check(
        "session success",
        "demonstrated",
        {
            "what": f"{current:g} A for {for_:g} s",
            "sessions": sessions,
            "failures": len(failures),
            "rate_pct": rate,
            "confidence_pct": sure,
            "why": failures[:5],
        },
        evidence=evidence,
    )


async def _session(run: Run, uid: str, for_s: float, within_s: float) -> str | None:
    """One session; what went wrong, in a sentence, or None."""
    before = {one.id for one in run.transactions()}
    begin = run.clock.monotonic()
    await run.act("card_reader", "present", uid=uid)
    if not await _moved(run, "plug_in", within_s):
        return "the plug was not released to the driver."
    await ev_ready(run)
    if await run.until(lambda: _charges(_new(run, before)), within_s) is None:
        return f"no session charged within {within_s:g} s."
    while not await _flows(run):
        if run.clock.monotonic() - begin > within_s:
            return f"no current flowed within {within_s:g} s, whatever the station said."
        await run.clock.sleep(POLL_S)
    await run.clock.sleep(for_s)
    if not await _flows(run):
        return f"the current stopped within {for_s:g} s."
    await run.act("card_reader", "present", uid=uid)
    if await run.until(lambda: _ended(_new(run, before)), within_s) is None:
        return f"the session did not end within {within_s:g} s of the card."
    if not await _moved(run, "unplug", HELD_S):
        return "the plug was not released at the vehicle."
    await ev_pause(run)
    await run.act("vehicle", "holster")
    await run.clock.sleep(REST_S)
    done = _new(run, before)
    if done is None or done.energy_wh is None or done.energy_wh <= 0:
        return "no energy was reported for the session."
    return None


async def _flows(run: Run) -> bool:
    """Whether current flows, by the reference meter. Raises ``Inconclusive`` when that gives no value."""
    seen = (await run.power()).current
    if "no data" in seen.flags:
        raise Inconclusive(
            "The reference meter gives no value for the current, so that no session can be judged."
        )
    return seen.value >= FLOWS_A


def _new(run: Run, before: set[str]) -> Transaction | None:
    return next((one for one in reversed(run.transactions()) if one.id not in before), None)


def _charges(one: Transaction | None) -> bool:
    return one is not None and one.ended_at is None and bool(one.states) and one.states[-1][1] == "charging"


def _ended(one: Transaction | None) -> bool:
    return one is not None and one.ended_at is not None


async def _moved(run: Run, action: str, within_s: float) -> bool:
    """Plug or unplug, as often as it takes within the time; False when a lock held it."""
    begin = run.clock.monotonic()
    while True:
        try:
            await run.act("vehicle", action)
        except RigError:
            if run.clock.monotonic() - begin >= within_s:
                return False
            await run.clock.sleep(POLL_S)
        else:
            return True


async def _at_rest(run: Run, within_s: float) -> bool:
    """After a failed session: nothing charges, the plug hangs on the station, and what was authorised has lapsed."""
    await ev_pause(run)
    for one in run.transactions():
        if one.ended_at is None:
            with suppress(StationGone, CallTimedOut):
                await run.csms.station().remote_stop(one.id)
            await run.until(lambda id_=one.id: _ended(run.csms.ledger.transaction(id_)), within_s)  # type: ignore[misc]
    where = await run.whereabouts()
    if where == "plugged in" and not await _moved(run, "unplug", within_s):
        return False
    if where != "holstered":
        await run.act("vehicle", "holster")
    await run.clock.sleep(run.sheet.connection_timeout_s + REST_S)
    return True
