"""Steps that take something away from the station and give it back."""

from __future__ import annotations

from contextlib import suppress
from itertools import pairwise
from typing import Any, Literal

from wattest.document.quantity import Duration
from wattest.errors import Inconclusive, StationGone
from wattest.ocpp.neutral import Booted
from wattest.ocpp.normalise import moment
from wattest.steps.context import POLL_S, Run
from wattest.steps.heard import calls
from wattest.steps.registry import step


@step()
async def cut_network(run: Run) -> None:
    """Cut the link between station and central system; proven by the central system losing the station."""
    seq = run.note("fault", id="network", what="wan link", backend="network", detail="cut")
    run.cuts.append("network")
    await run.act("network", "cut")
    begin = run.clock.monotonic()
    while run.csms.connected:
        if run.clock.monotonic() - begin > 60.0:
            raise Inconclusive(
                f"The network was cut (entry {seq}) but the station is still connected after 60 s: "
                "the fault is not proven effective."
            )
        await run.clock.sleep(POLL_S)


@step()
async def restore_network(run: Run) -> None:
    """Heal the link."""
    await run.act("network", "restore")
    run.note("heal", id="network")
    if "network" in run.cuts:
        run.cuts.remove("network")


@step(proves=("NET-04",))
async def expect_connected(run: Run, *, within: Duration = 60.0) -> None:
    """The station is connected (again) within the time."""
    begin = run.clock.monotonic()
    while not run.csms.connected and run.clock.monotonic() - begin < within:
        await run.clock.sleep(POLL_S)
    took = run.clock.monotonic() - begin if run.csms.connected else None
    run.check(
        "station connected",
        "occurred",
        {"what": "the connection of the station", "within_s": within, "after_s": took},
        evidence=run.csms.last_link_evidence(),
    )


@step()
async def power_evse(run: Run, *, state: Literal["on", "off"]) -> None:
    """Feed the station or cut its mains."""
    on = state == "on"
    if on:
        run.note("heal", id="mains")
        if "mains" in run.cuts:
            run.cuts.remove("mains")
    else:
        run.note("fault", id="mains", what="mains", backend="mains", detail="off")
        run.cuts.append("mains")
    await run.act("mains", "set_power", on=on)


@step(proves=("OCP-05",))
async def expect_boot(run: Run, *, within: Duration = 300.0) -> None:
    """After power or reset the station comes back: a BootNotification, or a reconnect, within the time."""
    begin = run.clock.monotonic()
    loss = run.csms.last_loss()
    back = await run.csms.wait_back(within_s=within, since=loss)
    took = None if back is None else run.clock.monotonic() - begin
    if back is not None:
        # A reboot says so at once; a mere reconnect need not say anything.
        with suppress(TimeoutError):
            await run.csms.wait_for(lambda event: isinstance(event, Booted), within_s=5.0, since=loss)
    run.check(
        "station back",
        "occurred",
        {"what": "the station's return by boot or reconnect", "within_s": within, "after_s": took},
        evidence=[] if back is None else [back],
    )


@step(proves=("NET-06",))
async def reset(run: Run, *, kind: Literal["soft", "hard"] = "soft") -> None:
    """Reset the station; accepted (or scheduled). 2.0.1 knows OnIdle and Immediate instead of soft and hard."""
    station = run.csms.station()
    try:
        answer = await station.reset(kind)
    except StationGone:
        # It went without an answer, which is the matter of a monitor (OCP-01). Whether it restarts, the next step asks.
        return
    run.check(
        "reset accepted",
        "one_of",
        {
            "what": f"the answer to a {kind} reset",
            "allowed": ["Accepted", "Scheduled"],
            "observed": answer.status,
        },
        evidence=[answer.seq],
    )


@step(proves=("DAT-06",))
async def check_delivered(run: Run, *, transactions: int, within: Duration = 300.0) -> None:
    """So many transactions arrived, each complete, none doubled or contradictory.

    Sources: OCPP 1.6 3.7 (queue, chronological order), OCPP 2.0.1 E04, E08, E12 (complete by seqNo).
    """
    took = await run.until(
        lambda: sum(1 for t in run.transactions() if t.ended_at is not None) >= transactions, within
    )
    found = run.transactions()
    evidence = [seq for t in found for seq in t.evidence]
    run.check(
        "transactions delivered",
        "occurred",
        {
            "what": f"{transactions} complete transactions ({sum(1 for t in found if t.ended_at)} came)",
            "within_s": within,
            "after_s": took,
            "channel_alive": run.csms.connected,
        },
        evidence=evidence,
    )
    run.check(
        "number of transactions",
        "equals",
        {"what": "the number of transactions", "expected": transactions, "observed": len(found)},
        evidence=evidence,
    )
    run.check(
        "nothing doubled, missing or contradictory",
        "ledger",
        {
            "what": "the ledger of transactions",
            "transactions": [
                {
                    "id": t.id,
                    "started": t.started_at is not None,
                    "ended": t.ended_at is not None,
                    "meter_start_wh": t.meter_start_wh,
                    "meter_stop_wh": t.meter_stop_wh,
                    "register_wh": [wh for _at, wh, _seq in t.register],
                    "register_times": [at for at, _wh, _seq in t.register],
                    "contradictions": list(t.duplicates),
                    "seq_nos": list(t.seq_nos),
                }
                for t in found
            ],
        },
        evidence=evidence,
    )


@step()
async def close_door(run: Run, *, status: int = 503) -> None:
    """The central system hangs up and turns every station away with this HTTP status, until ``open_door``."""
    from wattest.clock.network import Choice  # noqa: PLC0415 - reading scenarios needs no network

    run.note("fault", id="door", what="central system", backend="csms", detail=f"HTTP {status}")
    run.cuts.append("door")
    run.csms.turned_away = Choice(None, status, "out of service")
    await run.csms.close()


@step()
async def open_door(run: Run) -> None:
    """The central system lets stations in again."""
    run.csms.turned_away = None
    run.note("heal", id="door")
    if "door" in run.cuts:
        run.cuts.remove("door")


@step(proves=("NET-04",))
async def check_back_off(run: Run, *, for_: Duration = 600.0, attempts: int = 100) -> None:
    """While it is turned away, the station goes on trying and does not storm: so many attempts at the most.

    At least one attempt in the second half shows that it has not given up. Sources: OCPP 2.0.1 Part 4 5.3;
    1.6 has no rule, ten attempts a minute is the project's advisory limit.
    """
    begin = run.clock.monotonic()
    await run.wait(for_, samples=2)
    refused = [
        entry
        for entry in run.entries()
        if entry["kind"] == "link" and entry["event"] == "refused" and entry["t"] >= begin
    ]
    evidence = [entry["seq"] for entry in refused]
    run.check(
        "attempts to connect",
        "at_most",
        {
            "what": f"attempts to connect in {for_:g} s",
            "value": len(refused),
            "unit": "attempts",
            "limit": attempts,
        },
        evidence=evidence,
    )
    later = [entry for entry in refused if entry["t"] >= begin + for_ / 2]
    run.check(
        "still trying",
        "at_least",
        {"what": "attempts in the second half of it", "value": len(later), "unit": "attempts", "limit": 1},
        evidence=evidence,
    )


@step(proves=("DAT-06",))
async def check_retries(run: Run, *, interval: Duration, refusals: int) -> None:
    """The message that ends a transaction was repeated after the interval times the attempts so far.

    Sources: OCPP 1.6 3.7.1; OCPP 2.0.1 E13 (linear rule).
    """
    ends = [entry for entry in run.entries() if _ends_transaction(entry)]
    evidence = [entry["seq"] for entry in ends]
    run.check(
        "number of attempts",
        "at_least",
        {
            "what": "attempts to end the transaction",
            "value": len(ends),
            "unit": "attempts",
            "limit": refusals + 1,
        },
        evidence=evidence,
    )
    for number, (one, other) in enumerate(pairwise(ends[: refusals + 1]), 1):
        wanted = interval * number
        run.check(
            f"wait before attempt {number + 1}",
            "between",
            {
                "what": f"the wait before attempt {number + 1}",
                "value": other["t"] - one["t"],
                "unit": "s",
                "low": 0.8 * wanted,
                "high": 1.2 * wanted + 5.0,
            },
            evidence=(one["seq"], other["seq"]),
        )


def _ends_transaction(entry: dict[str, Any]) -> bool:
    message = entry.get("message") if entry["kind"] == "frame" and entry["direction"] == "in" else None
    if not message or message["type"] != 2:
        return False
    payload = message["payload"]
    ended = message["action"] == "TransactionEvent" and payload.get("eventType") == "Ended"
    return bool(ended or message["action"] == "StopTransaction")


@step(proves=("AUT-07",))
async def check_marked_offline(run: Run) -> None:
    """Everything that happened while the link was cut is marked as such (OCPP 2.0.1 E04.FR.03, E11.FR.07).

    OCPP 1.6 has no such mark: there is nothing to check.
    """
    if run.dialect == "1.6":
        return
    entries = run.entries()
    cut = next(
        moment(entry["utc"]) for entry in entries if entry["kind"] == "fault" and entry["id"] == "network"
    )
    healed = next(
        moment(entry["utc"]) for entry in entries if entry["kind"] == "heal" and entry["id"] == "network"
    )
    unmarked, cases = [], []
    for entry, payload in calls(entries, "TransactionEvent"):
        stated = moment(payload.get("timestamp"))
        if stated is not None and cut is not None and healed is not None and cut < stated < healed:
            cases.append(entry["seq"])
            if payload.get("offline") is not True:
                unmarked.append(
                    f"the event of {stated:%H:%M:%S} (entry {entry['seq']}) is not marked as offline"
                )
    run.check(
        "events of the outage marked as offline",
        "held",
        {"what": "events of the outage are marked as offline", "cases": len(cases), "violations": unmarked},
        evidence=cases,
    )


@step(proves=("MON-03",))
async def expect_heartbeats(run: Run, *, for_: Duration, every: Duration) -> None:
    """For so long the station is never silent for more than the heartbeat interval and a tenth.

    Any message shows that it lives (OCPP 1.6 4.6), so other traffic counts as well.
    """
    begin = run.clock.monotonic()
    await run.wait(for_, samples=4)
    calls = [
        entry
        for entry in run.entries()
        if entry["kind"] == "frame" and entry["direction"] == "in" and entry["t"] >= begin
    ]
    times = [begin, *(entry["t"] for entry in calls), run.clock.monotonic()]
    run.check(
        "longest silence",
        "at_most",
        {
            "what": f"the longest silence in {for_:g} s",
            "value": max(b - a for a, b in pairwise(times)),
            "unit": "s",
            "limit": 1.1 * every,
        },
        evidence=[entry["seq"] for entry in calls],
    )
