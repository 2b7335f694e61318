"""Steps that watch a charging session."""

from __future__ import annotations

import math
from typing import Literal

from wattest.document.quantity import Current, Duration, Energy, Percent, Voltage
from wattest.errors import Inconclusive
from wattest.ocpp.ledger import Transaction
from wattest.ocpp.neutral import StatusChanged
from wattest.steps.context import POLL_S, Run
from wattest.steps.registry import step

FLOWS_A = 1.0
"""A current above this is taken for charging, one below a tenth of it for none."""

SessionState = Literal["started", "charging", "suspended", "ended"]


@step(proves=("AUT-02",))
async def expect_transaction(run: Run, *, state: SessionState, within: Duration = 30.0) -> Transaction:
    """A transaction of this scenario reaches a state within the time; save it with ``save_as``.

    ``charging`` needs current at the reference meter when the bench has one, not only the EVSE's word for it.
    """
    begin = run.clock.monotonic()
    took = await run.until(lambda: _reached(run, state), within)
    evidence: list[int] = []
    if took is not None and state == "charging" and "reference_meter" in run.parts:
        flowing = await _flows(run, begin + within)
        took = None if flowing is None else run.clock.monotonic() - begin
        evidence = [] if flowing is None else [flowing]
    last = _latest(run)
    if last is not None:
        evidence += list(last.evidence)
    run.check(
        f"transaction {state}",
        "occurred",
        {
            "what": f"a transaction that is {state}",
            "within_s": within,
            "after_s": took,
            "channel_alive": run.csms.connected,
        },
        evidence=evidence,
    )
    assert last is not None
    return last


def _latest(run: Run) -> Transaction | None:
    """The last one that has a start; one without is heard of by an id that may be anything."""
    transactions = run.transactions()
    started = [transaction for transaction in transactions if transaction.started_at is not None]
    return next(reversed(started or transactions), None)


def _reached(run: Run, state: SessionState) -> bool:
    last = _latest(run)
    if last is None:
        return False
    if state == "ended":
        return last.ended_at is not None
    if last.ended_at is not None:
        return False
    if state == "started":
        return True
    said = last.states[-1][1] if last.states else None
    return said == "charging" if state == "charging" else said in {"suspended ev", "suspended evse"}


async def _flows(run: Run, until_s: float) -> int | None:
    while True:
        reading = await run.power()
        if reading.current.value >= FLOWS_A:
            return reading.current.seq[0]
        if run.clock.monotonic() >= until_s:
            if "no data" in reading.current.flags:
                raise Inconclusive(
                    "The station says that it charges, and the reference meter gives no value for the current."
                )
            return None
        await run.clock.sleep(POLL_S)


@step(proves=("AUT-03",))
async def expect_no_transaction(run: Run, *, for_: Duration = 60.0) -> None:
    """For so long, no transaction starts and the reference meter sees no current."""
    already = len(run.transactions())
    alive = run.csms.connected
    worst, seq, flags = 0.0, -1, set[str]()
    end = run.clock.monotonic() + for_
    while run.clock.monotonic() < end:
        await run.clock.sleep(min(5.0, end - run.clock.monotonic()))
        if "reference_meter" in run.parts:
            reading = await run.power()
            flags |= reading.current.flags
            if seq < 0 or reading.current.value > worst:
                worst, seq = reading.current.value, reading.current.seq[0]
        alive = alive and run.csms.connected
    run.check(
        "no transaction",
        "never",
        {
            "what": "the start of a transaction",
            "count": len(run.transactions()) - already,
            "window_s": for_,
            "channel_alive": alive,
        },
    )
    if seq >= 0:
        run.check(
            "no current",
            "at_most",
            {
                "what": "the current without a transaction",
                "value": worst,
                "unit": "A",
                "limit": FLOWS_A / 10,
                "flags": sorted(flags),
            },
            evidence=[seq],
        )


@step()
async def charge(
    run: Run,
    *,
    current: Current | None = None,
    share: Percent | None = None,
    energy: Energy | None = None,
    for_: Duration | None = None,
) -> None:
    """Let the vehicle take ``current``, or a ``share`` of the rated current, until ``energy`` came, or for some time.

    Without ``energy`` and ``for`` it only sets the current. ``inconclusive`` when the reference meter does not see the
    energy in three times the time it should take at that current.
    """
    if share is not None:
        current = run.sheet.rated_current_a * share / 100.0
    if current is not None:
        # The load is the power side of the vehicle, where the bench has one.
        await run.act("load" if "load" in run.parts else "vehicle", "set_current", current_a=current)
    if for_ is not None:
        await run.wait(for_)
        return
    if energy is None:
        return
    begin = await run.power()
    if not math.isfinite(begin.energy.value):
        raise Inconclusive(
            f"The reference meter gives no energy ({', '.join(sorted(begin.energy.flags))}), so that nobody can tell "
            f"when {energy:.1f} Wh have been delivered."
        )
    amperes = min(current or run.sheet.rated_current_a, run.sheet.rated_current_a)
    expected_s = energy * 3600.0 / (run.sheet.rated_voltage_v * run.sheet.phases * amperes)
    deadline = run.clock.monotonic() + 3 * expected_s + 60.0
    while True:
        now = await run.power()
        left = energy - (now.energy.value - begin.energy.value)
        if left <= 0:
            return
        if run.clock.monotonic() >= deadline:
            delivered = energy - left
            raise Inconclusive(
                f"Only {delivered:.1f} Wh of {energy:.1f} Wh came in {3 * expected_s + 60:.0f} s at "
                f"{amperes:g} A; the vehicle or the station held back."
            )
        await run.clock.sleep(_next_look(left, now.power.value, expected_s))


def _next_look(left_wh: float, power_w: float, expected_s: float) -> float:
    """Seconds until the energy should be there, at most a tenth of the whole charge, so that plots fill."""
    if not math.isfinite(left_wh) or not math.isfinite(power_w):
        return max(1.0, expected_s / 10.0)
    by_power = left_wh * 3600.0 / power_w + 0.05 if power_w > 1.0 else 1.0
    return max(0.05, min(by_power, max(1.0, expected_s / 10.0)))


@step(proves=("AUT-02",))
async def expect_current(
    run: Run, *, at_least: Current | None = None, at_most: Current | None = None, within: Duration = 10.0
) -> None:
    """The reference meter sees a current in this range within the time."""
    begin = run.clock.monotonic()
    while True:
        reading = await run.power()
        value = reading.current.value
        right = (at_least is None or value >= at_least) and (at_most is None or value <= at_most)
        if right or run.clock.monotonic() - begin >= within:
            break
        await run.clock.sleep(POLL_S)
    for rule, limit in (("at_least", at_least), ("at_most", at_most)):
        if limit is not None:
            run.check(
                f"current {rule.replace('_', ' ')} {limit:g} A",
                rule,
                {
                    "what": f"the current after {within:g} s",
                    "value": value,
                    "unit": "A",
                    "limit": limit,
                    "flags": sorted(reading.current.flags),
                },
                evidence=reading.current.seq,
            )


@step(proves=("MON-02",))
async def expect_status(
    run: Run,
    *,
    status: Literal["available", "occupied", "reserved", "unavailable", "faulted"],
    within: Duration = 5.0,
) -> None:
    """The station reports this status of its first connector within the time (or already has)."""
    took = await run.until(lambda: _status(run) == status, within)
    seq = run.csms.station().last_status_seq(1) if run.csms.connected else None
    run.check(
        f"status {status}",
        "occurred",
        {
            "what": f"status {status} (reported: {_status(run)})",
            "within_s": within,
            "after_s": took,
            "channel_alive": run.csms.connected,
        },
        evidence=[] if seq is None else [seq],
    )


def _status(run: Run) -> str | None:
    if not run.csms.connected:
        return None
    last = run.csms.station().last_status(1)
    return last.occupancy if isinstance(last, StatusChanged) else None


@step(proves=("LCK-04",))
async def expect_fault(run: Run, *, error: str, within: Duration = 10.0) -> None:
    """The station reports a fault of its connector within the time.

    ``error`` is the OCPP 1.6 errorCode; 2.0.1 has no such code in StatusNotification, where the occupancy
    ``Faulted`` or an event is asked for (G05).
    """
    took = await run.until(lambda: _faulted(run, error), within)
    seq = run.csms.station().last_status_seq(1) if run.csms.connected else None
    run.check(
        f"fault {error} reported",
        "occurred",
        {
            "what": f"the report of {error}",
            "within_s": within,
            "after_s": took,
            "channel_alive": run.csms.connected,
        },
        evidence=[] if seq is None else [seq],
    )


def _faulted(run: Run, error: str) -> bool:
    last = run.csms.station().last_status(1) if run.csms.connected else None
    if last is None:
        return False
    return bool(last.error == error if run.dialect == "1.6" else last.occupancy == "faulted")


@step()
async def wait(run: Run, *, for_: Duration) -> None:
    """Let time pass; instruments are looked at now and then."""
    await run.wait(for_)


@step(proves=("ELE-06",))
async def expect_dead(run: Run, *, for_: Duration = 10.0, below: Voltage = 30.0) -> None:
    """The connector is dead: the reference meter sees less than 30 V (IEC 61851-1; project figure) throughout."""
    worst = (await run.power()).voltage
    end = run.clock.monotonic() + for_
    while run.clock.monotonic() < end:
        await run.clock.sleep(min(1.0, end - run.clock.monotonic()))
        now = (await run.power()).voltage
        if now.value > worst.value:
            worst = now
    run.check(
        "connector dead",
        "at_most",
        {
            "what": f"the highest voltage at the connector in {for_:g} s",
            "value": worst.value,
            "unit": "V",
            "limit": below,
            "u": worst.u,
            "flags": sorted(worst.flags),
        },
        evidence=worst.seq,
    )
