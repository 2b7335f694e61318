"""Steps with the cable and the locks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from wattest.document.quantity import Duration
from wattest.errors import RigError
from wattest.steps.context import POLL_S, Run
from wattest.steps.registry import step

if TYPE_CHECKING:
    from wattest.roles import LockReading

Lock = Literal["holster", "connector"]
Position = Literal["locked", "unlocked"]


@step(proves=("LCK-01",))
async def plug_in(run: Run, *, within: Duration = 3.0) -> None:
    """Take the plug from the station and put it into the vehicle.

    A station that keeps its connector captive must have released it ``within`` so many seconds.
    """
    begin = run.clock.monotonic()
    while True:
        try:
            await run.act("vehicle", "plug_in")
        except RigError:
            if run.clock.monotonic() - begin >= within:
                took = None
                break
            await run.clock.sleep(POLL_S)
        else:
            took = run.clock.monotonic() - begin
            break
    seq = run.note(
        "observation", role="vehicle", what="whereabouts", value={"plug": await _where(run)}, evidence=()
    )
    run.check(
        "plug released and plugged in",
        "occurred",
        {"what": "the release of the plug to an authorised driver", "within_s": within, "after_s": took},
        evidence=[seq],
    )


async def _where(run: Run) -> str:
    where: str = await run.part("vehicle").whereabouts()
    return where


@step(proves=("LCK-05",))
async def unplug(run: Run, *, within: Duration = 5.0) -> None:
    """Pull the plug out of the vehicle and keep it in the hand; a locked one must be released ``within``."""
    begin = run.clock.monotonic()
    took: float | None = None
    while took is None:
        try:
            await run.act("vehicle", "unplug")
        except RigError:
            if run.clock.monotonic() - begin >= within:
                break
            await run.clock.sleep(POLL_S)
        else:
            took = run.clock.monotonic() - begin
    if took is not None:  # a car without a plug asks for nothing, and asks again only when it is told to
        await ev_pause(run)
    seq = run.note(
        "observation", role="vehicle", what="whereabouts", value={"plug": await _where(run)}, evidence=()
    )
    run.check(
        "plug released at the vehicle",
        "occurred",
        {"what": "the release of the plug at the vehicle", "within_s": within, "after_s": took},
        evidence=[seq],
    )


@step()
async def pull_plug(run: Run) -> None:
    """Pull at the plug in the vehicle as hard as a person can; it comes out only if nothing holds it."""
    try:
        await run.act("vehicle", "unplug")
    except RigError:
        return


@step()
async def return_plug(run: Run) -> None:
    """Put the plug back on the station."""
    await run.act("vehicle", "holster")


@step()
async def ev_ready(run: Run) -> None:
    """The vehicle asks for energy (pilot state C), and the load takes it where the bench has one."""
    await run.act("vehicle", "set_ready", ready=True)
    if "load" in run.parts:
        await run.act("load", "set_input", on=True)


@step()
async def ev_pause(run: Run) -> None:
    """The vehicle stops asking for energy (pilot state B), as a full car does: first the current goes, then the pilot."""
    if "load" in run.parts:
        await run.act("load", "set_input", on=False)
    await run.act("vehicle", "set_ready", ready=False)


@step(proves=("LCK-02",))
async def check_lock(run: Run, *, lock: Lock, position: Position, within: Duration = 5.0) -> None:
    """A lock, seen from outside, is in this position within the time, never as the station tells it."""
    begin = run.clock.monotonic()
    while True:
        locks, seq = await run.locks()
        took: float | None = run.clock.monotonic() - begin
        if _position(locks, lock) == position:
            break
        if took is not None and took >= within:
            took = None
            break
        await run.clock.sleep(POLL_S)
    what = f"the {lock} lock {position} (seen {_position(locks, lock)})"
    run.check(
        f"{lock} lock {position}",
        "occurred",
        {"what": what, "within_s": within, "after_s": took},
        evidence=[seq],
    )


def _position(locks: LockReading, lock: Lock) -> str:
    return locks.holster if lock == "holster" else locks.connector


@step(proves=("LCK-01",))
async def check_captive(run: Run, *, lock: Lock = "holster") -> None:
    """Pull at the plug as a stranger would: it must stay where it is."""
    came_loose = await run.act("lock_sensor", "pull", which=lock)
    _, seq = await run.locks()
    run.check(
        f"plug captive in the {lock}",
        "equals",
        {
            "what": f"the plug pulled at by a stranger ({lock})",
            "expected": "stays",
            "observed": "comes loose" if came_loose else "stays",
        },
        evidence=[seq],
    )


@step()
async def jam_lock(run: Run, *, lock: Lock) -> None:
    """Block a lock mechanically, as ice or a broken gear does."""
    await run.act("lock_sensor", "jam", which=lock, jammed=True)
    run.note("fault", id=f"jam-{lock}", what=f"{lock} lock", backend="lock_sensor", detail="jammed")


@step()
async def free_lock(run: Run, *, lock: Lock) -> None:
    """Free a blocked lock."""
    await run.act("lock_sensor", "jam", which=lock, jammed=False)
    run.note("heal", id=f"jam-{lock}")


@step(proves=("LCK-03",))
async def unlock_during_transaction(run: Run, *, within: Duration = 10.0) -> None:
    """UnlockConnector while charging: each dialect's own rule must hold.

    OCPP 1.6 (5.18 and errata): the station ends the transaction, then unlocks. OCPP 2.0.1 (F05): it answers
    OngoingAuthorizedTransaction, the transaction goes on and the connector stays locked.
    """
    transaction = run.current_transaction()
    run.check(
        "a transaction is running",
        "occurred",
        {"what": "a running transaction", "within_s": 0, "after_s": 0 if transaction else None},
        evidence=transaction.evidence if transaction else (),
        proves=("AUT-02",),
    )
    assert transaction is not None
    answer = await run.csms.station().unlock(1)
    allowed = ["Unlocked"] if run.dialect == "1.6" else ["OngoingAuthorizedTransaction"]
    run.check(
        "answer to UnlockConnector",
        "one_of",
        {
            "what": "the answer to UnlockConnector during a transaction",
            "allowed": allowed,
            "observed": answer.status,
        },
        evidence=[answer.seq],
    )
    took = await run.until(lambda: _ended(run, transaction.id), within)
    locks, seq = await run.locks()
    if run.dialect == "1.6":
        run.check(
            "transaction ended by UnlockConnector",
            "occurred",
            {
                "what": "the end of the transaction after UnlockConnector",
                "within_s": within,
                "after_s": took,
                "channel_alive": run.csms.connected,
            },
            evidence=run.csms.ledger.transactions[transaction.id].evidence,
        )
        expected = "unlocked"
    else:
        run.check(
            "transaction not ended by UnlockConnector",
            "never",
            {
                "what": "the end of the transaction after UnlockConnector",
                "count": 0 if took is None else 1,
                "window_s": within,
                "channel_alive": run.csms.connected,
            },
            evidence=run.csms.ledger.transactions[transaction.id].evidence,
        )
        expected = "locked"
    run.check(
        "connector lock after UnlockConnector",
        "equals",
        {
            "what": "the connector lock after UnlockConnector",
            "expected": expected,
            "observed": locks.connector,
        },
        evidence=[seq],
    )


def _ended(run: Run, transaction_id: str) -> bool:
    return run.csms.ledger.transactions[transaction_id].ended_at is not None
