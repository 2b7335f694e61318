"""Steps about a station that comes back: what it shows after a boot, and how soon it serves again when it was left alone."""

from __future__ import annotations

from contextlib import suppress

from wattest.document.quantity import DURATION, Duration
from wattest.errors import BenchError, CallTimedOut, Inconclusive, StationGone
from wattest.judge.shown_at_boot import lacking, shown_since_boot
from wattest.model.words import LimitId
from wattest.steps.context import Run
from wattest.steps.limits import in_unit
from wattest.steps.registry import step

ASKED_EVERY_S = 5.0
"""How often a station that may not serve yet is asked for a sign of life."""


@step()
async def restart_central_system(run: Run, *, dark: Duration = 60.0) -> None:
    """The central system restarts: it hangs up on every station, nobody listens for so long, then it listens again.

    Stations are refused meanwhile, as by a host without the program; on a bench the port is closed. What was said of prices,
    cards and settings stays.
    """
    listener = run.csms.listener
    if listener is None:
        raise BenchError("restart_central_system needs a central system whose listening the bench can stop.")
    seq = run.note(
        "fault", id="restart", what="central system", backend="csms", detail=f"gone for {dark:g} s"
    )
    run.cuts.append("restart")
    await listener.pause()
    try:
        await run.csms.close()
        await run.clock.sleep(dark)
        if run.csms.connected:
            raise Inconclusive(
                f"The central system was stopped (entry {seq}) and a station is connected after {dark:g} s: "
                "the fault is not proven effective."
            )
    finally:
        await listener.resume()
        run.note("heal", id="restart")
        run.cuts.remove("restart")


@step()
async def hang_central_system(run: Run, *, for_: Duration = 600.0) -> None:
    """The central system hangs for so long: links stay and come about, and no CALL of a station is answered.

    Proven by a CALL that got no answer; without one in that time the station was not put to the test.
    """
    first = run.note(
        "fault", id="hang", what="central system", backend="csms", detail=f"hangs for {for_:g} s"
    )
    run.cuts.append("hang")
    run.csms.mute = True
    try:
        await run.clock.sleep(for_)
    finally:
        run.csms.mute = False
        run.note("heal", id="hang")
        run.cuts.remove("hang")
    asked = [
        entry
        for entry in run.entries()
        if entry["seq"] > first
        and entry["kind"] == "frame"
        and entry["direction"] == "in"
        and (entry.get("message") or {}).get("type") == 2
    ]
    if not asked:
        raise Inconclusive(
            f"The central system hung for {for_:g} s (entry {first}), and the station asked for nothing meanwhile: "
            "the fault is not proven effective."
        )


@step(proves=("MON-10",))
async def expect_service(run: Run, *, limit: LimitId = "self_recovery") -> None:
    """Since what the bench took away is back, the station serves again by itself within the limit: it has a link and answers.

    Counted from the last heal; a station that is booting anew serves once its BootNotification is accepted. Whether a driver can charge, the steps after it show. Nobody touches the station meanwhile.
    """
    within = in_unit(run.limit(limit), DURATION)
    heal = next((entry for entry in reversed(run.entries()) if entry["kind"] == "heal"), None)
    if heal is None:
        raise BenchError(
            "expect_service needs something that was taken away and given back before it, such as restart_central_system."
        )
    took: float | None = None
    while took is None and run.clock.monotonic() - heal["t"] < within:
        with suppress(StationGone, CallTimedOut):
            await run.csms.station().read_setting("heartbeat_interval")
            if not _boots(run):
                took = run.clock.monotonic() - heal["t"]
        if took is None:
            await run.clock.sleep(ASKED_EVERY_S)
    run.check(
        "service without a visit",
        "occurred",
        {"what": "an answer of the station after the fault", "within_s": within, "after_s": took},
        evidence=[heal["seq"], *run.csms.last_link_evidence()],
    )


def _boots(run: Run) -> bool:
    """Whether a BootNotification on the link of now waits for an answer that lets the station serve."""
    answered: set[int] = set()
    for entry in reversed(run.entries()):
        if entry["kind"] == "link" and entry["event"] == "opened":
            return False
        message = entry.get("message") if entry["kind"] == "frame" else None
        if not message:
            continue
        if entry["direction"] == "out" and (message.get("payload") or {}).get("status") == "Accepted":
            answered.add(entry["answers"])
        elif entry["direction"] == "in" and message.get("action") == "BootNotification":
            return entry["seq"] not in answered
    return False


@step(proves=("MON-01",))
async def expect_connectors_shown(run: Run, *, within: Duration = 300.0) -> None:
    """Since its last boot the station has told a status of every connector that its charger sheet states.

    Counted from the answer that accepted its BootNotification; connector 0 of OCPP 1.6 is optional. No OCPP version says how soon:
    ``within`` is the project's patience. A station that came back without a BootNotification decides nothing.
    """

    def whole() -> bool:
        seen = shown_since_boot(run.entries())
        return seen.boot is not None and not lacking(seen, run.dialect, run.sheet.connectors)[0]

    await run.until(whole, within)
    seen = shown_since_boot(run.entries())
    if seen.boot is None:
        raise Inconclusive(
            f"No BootNotification was accepted within {within:g} s, so that nothing can be said of what follows one: "
            "let the station boot first, by 'reset' or 'power_evse'."
        )
    violations, doubts = lacking(seen, run.dialect, run.sheet.connectors)
    if violations and not run.csms.connected:
        violations, doubts = [], ["the station was gone before it had shown every connector"]
    run.check(
        "every connector shows itself",
        "held",
        {
            "what": "a status of each connector after the boot",
            "cases": len(seen.places),
            "violations": violations,
            "doubts": doubts,
        },
        evidence=[
            seq for seq in (seen.boot, seen.accepted, *sorted(set(seen.places.values()))) if seq is not None
        ],
    )
