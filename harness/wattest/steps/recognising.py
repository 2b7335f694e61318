"""Steps with an unusual vehicle at the pilot: resistors at the edges of their tolerance, and one that goes on when told to stop."""

from __future__ import annotations

from collections.abc import Sequence
from math import hypot, sqrt
from typing import TYPE_CHECKING, Literal

from wattest.document.quantity import DURATION, RESISTANCE, Current
from wattest.errors import Inconclusive
from wattest.judge.fault_reports import fault_reports
from wattest.judge.pilot import state_of
from wattest.roles import PilotResistor, Reading
from wattest.steps.charge import FLOWS_A
from wattest.steps.context import POLL_S, Run
from wattest.steps.limits import in_unit, judged, measured
from wattest.steps.obeying import DEAD_V, METER_LAG_S
from wattest.steps.protecting import draw, flowing, set_heedless
from wattest.steps.registry import step

if TYPE_CHECKING:
    from wattest.ocpp.ledger import Transaction

LOOKS = 20
"""How often the output is looked at while a state is held."""

SETTLE_S = 2.0
"""How long a load may take to follow (project)."""

PILOT_FAULT = "CX014"

GONE = frozenset({"EVDisconnected"})
"""Reasons that say that the station took the vehicle for one that left."""


@step()
async def show_resistance(run: Run, *, state: PilotResistor, edge: Literal["least", "highest"]) -> None:
    """Give the vehicle the least or the highest resistor at the pilot that a vehicle may have in a state.

    B is the resistor between pilot and earth, C what the vehicle's switch puts beside it. Do it before the plug is in: a
    resistor that is changed under the pilot looks like a vehicle that leaves. Source: IEC 61851-1 Annex A.
    """
    limit = run.limit(f"ev_{state.lower()}_{'min' if edge == 'least' else 'max'}")
    await run.act("vehicle", "set_pilot_resistance", state=state, resistance_ohm=in_unit(limit, RESISTANCE))


@step(proves=("ELE-03",))
async def hold_state(run: Run, *, state: Literal["B", "C"]) -> None:
    """The vehicle stays in a state for the time of limit ``ev_hold``, and the station never takes it for another one.

    In B a vehicle that does not ask is neither charged nor taken for one that left; in C it goes on being charged. A session
    that ends or pauses for another reason leaves it undecided.
    """
    for_s = in_unit(run.limit("ev_hold"), DURATION)
    session = run.current_transaction()
    if session is None:
        raise Inconclusive(
            f"No transaction runs, so that nobody can tell whether state {state} is recognised."
        )
    begun = max((entry["seq"] for entry in run.entries()), default=0)
    wrong: list[str] = []
    doubts: list[str] = []
    evidence = list(session.evidence[-1:])
    for look in range(1, LOOKS + 1):
        await run.clock.sleep(for_s / LOOKS)
        seen = await run.power()
        evidence.append(seen.voltage.seq[0])
        now = next(one for one in run.transactions() if one.id == session.id)
        said = [word for _, word in now.states[len(session.states) :]]
        if "no data" in seen.voltage.flags or not run.csms.connected:
            doubts.append(
                f"At look {look} of {LOOKS} the meter gave no value, or the link to the station was down."
            )
        elif state == "B" and seen.voltage.value >= DEAD_V:
            wrong.append(
                f"The output is live ({seen.voltage.value:.0f} V) although the vehicle does not ask."
            )
        elif state == "C" and not said and now.ended_at is None and seen.current.value < FLOWS_A:
            doubts.append(f"{seen.current.value:.2f} A flow while the station says that it charges.")
        _listen(run, now, state, said, begun, wrong, doubts)
        if wrong:
            break
    run.check(
        f"state {state} held",
        "held",
        {
            "what": f"state {state} is recognised for {for_s / 60.0:g} min",
            "cases": LOOKS,
            "violations": list(dict.fromkeys(wrong)),
            "doubts": list(dict.fromkeys(doubts)),
        },
        evidence=evidence,
    )


def _listen(
    run: Run,
    now: Transaction,
    state: str,
    said: Sequence[str],
    begun: int,
    wrong: list[str],
    doubts: list[str],
) -> None:
    """What the station said since the state began: does it take the vehicle for one in another state?"""
    if now.stop_reason in GONE:
        wrong.append(f"The session ended with '{now.stop_reason}', as if the vehicle had left.")
    elif now.ended_at is not None:
        doubts.append(f"The session ended with '{now.stop_reason}' before the time was over.")
    if state == "B" and "charging" in said:
        wrong.append("The station says that it charges although the vehicle does not ask.")
    elif state == "C" and {"suspended ev", "ev connected", "idle"} & set(said):
        wrong.append("The station says that the vehicle asks for nothing although it asks.")
    elif state == "C" and "suspended evse" in said:
        doubts.append("The station paused the session by itself.")
    told = {
        one.code
        for one in fault_reports(run.entries())
        if one.seq > begun and one.evse_id == 1 and not one.cleared
    }
    if PILOT_FAULT in told:
        wrong.append(f"The station reports a fault of the pilot ({PILOT_FAULT}).")


@step(proves=("ELE-08",))
async def check_patience(run: Run, *, current: Current = 6.0) -> None:
    """The pulses stop while the vehicle goes on taking energy; the output stays live for long enough, and then it dies.

    A charging profile of 0 A ends the offer. Pilot and output are looked at in turn, so that the time is known to about half a
    second. A station that ends its offer by another state of the pilot than C, or that never stops its pulses, shows nothing
    here. IEC 61851-1 states only the least wait (Annex A Table A.6 sequence 10.2); the most is a project criterion.

    ``current``: what the vehicle takes, small enough not to be too much under any offer.
    """
    least, most = run.limit("cp_hold_c1"), run.limit("cp_hold_c1_end")
    await draw(run, current)
    await run.clock.sleep(SETTLE_S)
    await flowing(run)
    seq = run.note(
        "fault", id="heedless", what="vehicle", backend="vehicle", detail="goes on after the pulses"
    )
    try:
        await set_heedless(run, True)
        await run.csms.station().set_limit(0.0, 1)  # refused or not: whether the pulses stop is seen below
        stopped, dead = await _watch(
            run, in_unit(run.limit("profile_to_current"), DURATION), in_unit(most, DURATION)
        )
        run.check(
            "output dead in the end",
            "occurred",
            {
                "what": "a dead output after the pulses had stopped",
                "within_s": in_unit(most, DURATION),
                "after_s": None if dead is None else max(0.0, dead.value - stopped.value),
            },
            evidence=(seq, *stopped.seq, *(() if dead is None else dead.seq)),
        )
        assert dead is not None
        assert stopped.u is not None
        assert dead.u is not None
        waited = Reading(
            dead.value - stopped.value,
            "s",
            dead.t_s,
            u=hypot(stopped.u, dead.u),
            seq=(*stopped.seq, *dead.seq),
        )
        run.check(
            "wait before opening under load",
            "at_least",
            {
                **measured(waited, "the time from the end of the pulses to a dead output"),
                "limit": in_unit(least, DURATION),
                **judged(run, least),
            },
            evidence=(seq, *waited.seq),
        )
    finally:
        await set_heedless(run, False)
        run.note("heal", id="heedless")


async def _watch(run: Run, stop_s: float, open_s: float) -> tuple[Reading, Reading | None]:
    """The instants at which the pulses stopped and the output died, each known to the distance of two looks."""
    begin = run.clock.monotonic()
    pulsing_at = live_at = begin
    stopped: Reading | None = None
    dead: Reading | None = None
    while stopped is None or dead is None:
        pilot = await run.pilot()
        now = run.clock.monotonic()
        if stopped is None and pilot.duty.value > 97.0:
            if state_of(pilot.high.value) != "C":
                raise Inconclusive(
                    f"The offer ended in state {state_of(pilot.high.value)} ({pilot.high.value:.2f} V) and not in C: how "
                    "long the station waits for a vehicle that goes on cannot be seen."
                )
            stopped = _instant(pulsing_at, now, 0.0, pilot.duty.seq)
        elif stopped is None:
            pulsing_at = now
        power = await run.power()
        now = run.clock.monotonic()
        if dead is None and power.voltage.value < DEAD_V and "no data" not in power.voltage.flags:
            dead = _instant(live_at, now, METER_LAG_S, power.voltage.seq)
        elif dead is None:
            live_at = now
            if stopped is not None and power.current.value < FLOWS_A and now - stopped.value > SETTLE_S:
                raise Inconclusive(
                    f"The vehicle takes {power.current.value:.2f} A after the pulses have stopped: it obeyed, and the station "
                    "has nobody to wait for."
                )
        if stopped is None and now - begin >= stop_s:
            raise Inconclusive(
                f"The pulses did not stop within {stop_s:g} s of a charging profile of 0 A: how long the station waits after "
                "them cannot be seen."
            )
        if stopped is not None and now - stopped.value >= open_s:
            break
        await run.clock.sleep(POLL_S)
    return stopped, dead


def _instant(before_s: float, after_s: float, lag_s: float, seq: tuple[int, ...]) -> Reading:
    """An instant between two looks, with the standard uncertainty of a rectangle as wide as their distance."""
    return Reading(
        (before_s + after_s) / 2.0, "s", after_s, u=(after_s - before_s + lag_s) / sqrt(12.0), seq=seq
    )
