"""Steps that take something away from the station and give it back."""

from __future__ import annotations

from contextlib import suppress
from typing import Literal

from wattest.document.quantity import Duration
from wattest.errors import Inconclusive
from wattest.ocpp.neutral import Booted
from wattest.steps.context import POLL_S, Run
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
    answer = await run.csms.station().reset(kind)
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
