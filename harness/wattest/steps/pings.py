"""Steps about WebSocket pings of the station: that they come as often as it was told."""

from __future__ import annotations

from itertools import pairwise

from wattest.document.quantity import Duration
from wattest.errors import BenchError, Inconclusive
from wattest.steps.context import Run
from wattest.steps.registry import step

UNKNOWN = (
    "NotSupported",
    "UnknownVariable",
    "UnknownComponent",
    "NotSupportedAttributeType",
    "Rejected",
    "NotImplemented",
)
"""What a station answers that has no such setting, which OCPP leaves open."""

BACK_S = 300.0
"""How long a station may take to come back with a new interval (project)."""

SETTLE_S = 10.0
"""How long a station that came back is left alone before its pings count (project)."""

SHARE = 0.1
SLACK_S = 1.0
"""By how much of an interval, and by how many seconds, a ping may be early or late (project)."""


@step(proves=("MON-03",))
async def check_pings(run: Run, *, every: Duration, for_: Duration = 600.0) -> None:
    """The station takes a ping interval and keeps it for so long; 0 s means that it sends none. The interval is set back afterwards.

    Source: OCPP 1.6 9.1.27 and OCPP 2.0.1 OCPPCommCtrlr, WebSocketPingInterval, which both leave open: a station that has no such
    setting is held to nothing, and one that does not let it be changed to what it states. Other messages may take the place of
    pings. The link is taken up anew first, since a station may use the setting from then on only.
    """
    if every != int(every):
        raise BenchError(f"A ping interval is told in whole seconds, and {every:g} s is none.")
    before = await run.csms.station().read_setting("websocket_ping")
    answer = await run.csms.station().configure("websocket_ping", str(int(every)))
    stated = await run.csms.station().read_setting("websocket_ping")
    if stated is None:
        run.check(
            "ping interval is no setting",
            "one_of",
            {
                "what": "the answer to a ping interval of a station that states none",
                "allowed": list(UNKNOWN),
                "observed": answer.status,
            },
            evidence=[answer.seq],
        )
        return
    if answer.accepted:
        run.check(
            "ping interval applied",
            "equals",
            {"what": "the ping interval read back", "expected": str(int(every)), "observed": stated},
            evidence=[answer.seq],
        )
    if not stated.isdecimal():
        raise Inconclusive(
            f"The station states a ping interval of '{stated}', which is no number of seconds."
        )
    run.csms.notes_pings = True
    try:
        await _anew(run, reboot=answer.status == "RebootRequired")
        await _watched(run, int(stated), for_)
    finally:
        run.csms.notes_pings = False
        if before is not None and answer.accepted and run.csms.connected:
            await run.csms.station().configure("websocket_ping", before)


async def _anew(run: Run, *, reboot: bool) -> None:
    """The station comes back with the setting in force. Raises ``Inconclusive`` when it does not."""
    since = run.csms.mark()
    if reboot:
        await run.csms.station().reset("hard")
    else:
        await run.csms.close()
    if await run.csms.wait_back(within_s=BACK_S, since=since) is None:
        raise Inconclusive(
            f"The station did not come back within {BACK_S:g} s, so that its pings could not be counted."
        )


async def _watched(run: Run, interval_s: int, window_s: float) -> None:
    await run.clock.sleep(SETTLE_S)
    begin = run.clock.monotonic()
    await run.wait(window_s, samples=4)
    end = run.clock.monotonic()
    heard = [entry for entry in run.entries() if entry["t"] > begin]
    alive = run.csms.connected and not any(entry["kind"] == "link" for entry in heard)
    pings = [entry for entry in heard if entry["kind"] == "ping"]
    evidence = [entry["seq"] for entry in pings]
    if interval_s == 0:
        inputs = {
            "what": "a WebSocket ping",
            "count": len(pings),
            "window_s": window_s,
            "channel_alive": alive,
        }
        run.check("no pings", "never", inputs, evidence=evidence)
        return
    if not alive:
        raise Inconclusive(
            f"The link did not last through the {window_s:g} s in which pings were counted: nothing can be said of them."
        )
    signs = [entry for entry in heard if entry["kind"] == "ping" or _said(entry)]
    times = [begin, *(entry["t"] for entry in signs), end]
    run.check(
        "longest silence",
        "at_most",
        {
            "what": f"the longest silence with a ping interval of {interval_s} s",
            "value": max(later - earlier for earlier, later in pairwise(times)),
            "unit": "s",
            "limit": (1 + SHARE) * interval_s + SLACK_S,
        },
        evidence=[entry["seq"] for entry in signs],
    )
    if len(pings) == 1:  # other messages took the place of the rest, and one alone has no wait before it
        return
    waits = [later["t"] - earlier["t"] for earlier, later in pairwise(pings)]
    run.check(
        "shortest wait between pings",
        "at_least",
        {
            "what": f"the shortest wait between two of {len(pings)} pings",
            "value": min(waits, default=None),
            "unit": "s",
            "limit": (1 - SHARE) * interval_s - SLACK_S,
        },
        evidence=evidence,
    )


def _said(entry: dict[str, object]) -> bool:
    return entry["kind"] == "frame" and entry["direction"] == "in"
