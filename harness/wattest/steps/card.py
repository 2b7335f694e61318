"""Steps with cards: present one, start for a driver who has none, keep the lists that the station works by."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from wattest.card_data import TestCard, read_question, tap_question, told
from wattest.document.quantity import Duration
from wattest.errors import Inconclusive
from wattest.model.verb import CardName
from wattest.ocpp.neutral import Authorized
from wattest.steps.context import Run
from wattest.steps.registry import step

PRESENTED = "payment card"
"""Under this name a scenario keeps when its last payment card was presented."""


@dataclass(frozen=True)
class Presented:
    """When a payment card was presented, and which transactions of the scenario there were before."""

    at: datetime
    before: frozenset[str]


@step()
async def present_card(run: Run, *, card: CardName) -> None:
    """Hold a card of the scenario to the station's reader."""
    await run.act("card_reader", "present", uid=run.card(card).uid)


@step()
async def present_payment_card(
    run: Run, *, card: TestCard, expect: Literal["taken", "read"] = "taken"
) -> None:
    """Hold a test card of a payment scheme to the station's terminal; the operator of the bench does it.

    From here on that no card number leaves the station proves something. ``card``: the scheme; the card's number is one that
    processors publish for tests. With a card of another number the verdict is the same: numbers are found by their form. Only in a
    log that is handed out another number is a doubt (``check_diagnostics_without_card``).
    ``expect: read`` where the card is to be refused or left without an answer: the terminal need not take it.
    """
    begin = run.clock.monotonic()
    run.names[PRESENTED] = Presented(run.clock.utc(), frozenset(one.id for one in run.transactions()))
    question = tap_question(card) if expect == "taken" else read_question(card)
    answer = await run.part("operator").ask(question, ("yes", "no"))
    run.note(
        "observation",
        role="operator",
        what="payment card",
        value={"card": told(card), "taken": answer == "yes", "asked": begin},
        evidence=(),
    )
    if answer != "yes":
        raise Inconclusive(
            f"The terminal did not {'take' if expect == 'taken' else 'read'} the test card {told(card)}: nothing can "
            "come of it."
        )


@step(proves=("AUT-04",))
async def remote_start(run: Run, *, card: CardName, within: Duration = 2.0) -> None:
    """Start a session from the central system, for a driver who stands there without a card.

    Accepted within ``within`` by RemoteStartTransaction (OCPP 1.6) or RequestStartTransaction (2.0.1).
    """
    begin = run.clock.monotonic()
    answer = await run.csms.station().remote_start(run.card(card))
    took = run.clock.monotonic() - begin
    run.check(
        "remote start accepted",
        "one_of",
        {
            "what": "the station's answer to the remote start",
            "allowed": ["Accepted"],
            "observed": answer.status,
        },
        evidence=[answer.seq],
    )
    run.check(
        "remote start answered in time",
        "occurred",
        {"what": "the answer to the remote start", "within_s": within, "after_s": took},
        evidence=[answer.seq],
    )


@step(proves=("SVC-03",))
async def remote_stop(run: Run, *, within: Duration = 10.0) -> None:
    """Stop the running session from the central system; it has ended within ``within``."""
    transaction = run.current_transaction()
    run.check(
        "there is a transaction to stop",
        "occurred",
        {"what": "a running transaction", "within_s": 0, "after_s": 0 if transaction else None},
        evidence=transaction.evidence if transaction else (),
    )
    assert transaction is not None
    answer = await run.csms.station().remote_stop(transaction.id)
    run.check(
        "remote stop accepted",
        "one_of",
        {
            "what": "the station's answer to the remote stop",
            "allowed": ["Accepted"],
            "observed": answer.status,
        },
        evidence=[answer.seq],
    )
    took = await run.until(lambda: run.csms.ledger.transactions[transaction.id].ended_at is not None, within)
    run.check(
        "transaction ended after the remote stop",
        "occurred",
        {
            "what": "the end of the transaction after the remote stop",
            "within_s": within,
            "after_s": took,
            "channel_alive": run.csms.connected,
        },
        evidence=run.csms.ledger.transactions[transaction.id].evidence,
    )


@step(proves=("AUT-07",))
async def send_local_list(run: Run, *, cards: tuple[CardName, ...]) -> None:
    """Replace the station's local authorization list by these cards (Full update)."""
    answer = await run.csms.station().send_local_list([run.card(card) for card in cards], full=True)
    run.check(
        "local list accepted",
        "one_of",
        {"what": "the station's answer to SendLocalList", "allowed": ["Accepted"], "observed": answer.status},
        evidence=[answer.seq],
    )


@step(proves=("AUT-07",))
async def clear_cache(run: Run) -> None:
    """Make the station forget every card it has cached."""
    answer = await run.csms.station().clear_cache()
    run.check(
        "cache cleared",
        "one_of",
        {"what": "the station's answer to ClearCache", "allowed": ["Accepted"], "observed": answer.status},
        evidence=[answer.seq],
    )


@step()
async def change_card(run: Run, *, card: CardName, to: CardName) -> None:
    """From now on the central system says of ``card`` what the scenario's ``given`` says of ``to``."""
    changed = type(run.card(card))(
        uid=run.card(card).uid, status=run.card(to).status, group=run.card(to).group
    )
    run.csms.set_card(changed)


@step(proves=("AUT-09",))
async def read_cards(run: Run, *, card: CardName, times: int = 10, within: Duration = 2.0) -> None:
    """Present a card so many times; each time the station asks about it, or lets the plug go, within the time.

    Between two readings the step waits until the authorisation has lapsed.
    """
    for attempt in range(1, times + 1):
        since = run.csms.mark()
        await run.act("card_reader", "present", uid=run.card(card).uid)
        begin = run.clock.monotonic()
        took = await _noticed(run, run.card(card).uid, since, within)
        run.check(
            f"card read, {attempt} of {times}",
            "occurred",
            {
                "what": f"a reaction to card reading {attempt} of {times}",
                "within_s": within,
                "after_s": None if took is None else took - begin,
            },
        )
        await run.wait(90.0, samples=1)


async def _noticed(run: Run, uid: str, since: int, within_s: float) -> float | None:
    """When the station showed that it has read a card: by asking, or by unlocking what it keeps."""

    def asks(event: object) -> bool:
        return isinstance(event, Authorized) and event.token.lower() == uid.lower()

    try:
        return (await run.csms.wait_for(asks, within_s=within_s, since=since)).t_s
    except TimeoutError:
        pass
    if "lock_sensor" in run.parts:
        locks, _ = await run.locks()
        if locks.holster == "unlocked":
            return run.clock.monotonic()
    return None
