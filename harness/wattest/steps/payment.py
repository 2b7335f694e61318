"""Steps that follow the money of a payment card: the acquirer of the terminal is the witness.

A scenario presents a card with ``present_payment_card``; from then on the acquirer's statement counts. All amounts are
``Decimal`` and compared to the cent. What only the central system's own payment service would do (a kiosk that starts
sessions remotely, OCPP 2.0.1 C03, recalled) is not tested here: the central system of this bench has none.
"""

from __future__ import annotations

from dataclasses import asdict
from decimal import Decimal
from typing import TYPE_CHECKING, Literal

from wattest.document.quantity import DURATION, Duration
from wattest.errors import BenchError, Inconclusive
from wattest.model.verb import Saved
from wattest.ocpp.ledger import Transaction
from wattest.roles import AcquirerAnswer
from wattest.steps.card import PRESENTED, Presented
from wattest.steps.charge import expect_no_transaction
from wattest.steps.context import Run
from wattest.steps.limits import in_unit
from wattest.steps.money import due, lines_of
from wattest.steps.registry import step

if TYPE_CHECKING:
    from wattest.judge.statements import Account

LOOK_S = 5.0
"""How often a statement is asked for while something is awaited; a person needs longer."""
BEYOND = Decimal("1.10")
"""How far beyond its reservation a session is brought."""
STOPPED_S = 30.0
"""How long a session may take to end when the central system ends it."""


@step()
async def set_acquirer(run: Run, *, answers: AcquirerAnswer) -> None:
    """From now on the acquirer approves, refuses, or leaves the terminal without an answer (``silent``)."""
    await run.act("acquirer", "set_answer", answer=answers)


@step()
async def trust_terminal(run: Run) -> None:
    """From now on the central system accepts whoever the payment terminal lets in.

    Such a driver comes with a token that the station makes up, which nobody can know before: an idTag by the maker's
    convention in OCPP 1.6, a token of type Local or NoAuthorization in 2.0.1, DirectPayment in 2.1 (recalled).
    """
    run.csms.accepts_unknown = True
    run.note("setting", what="unknown tokens", status="accepted")


@step()
async def expect_authorisation(run: Run) -> None:
    """The acquirer has approved a reservation for the card, within limit ``payment_answer``.

    ``inconclusive`` when it has not: a station that reserves nothing cannot be judged by what becomes of a reservation.
    """
    seen, _ = await _awaited(run, "authorised")
    if not seen.authorised:
        raise Inconclusive(
            "The acquirer's statement shows no authorisation since the card was presented: nothing was reserved, or the "
            "terminal works with another acquirer."
        )


@step()
async def expect_refusal(run: Run) -> None:
    """The acquirer has refused the card, within limit ``payment_answer``; ``inconclusive`` when it has not."""
    seen, _ = await _awaited(run, "refused")
    if not seen.refused:
        raise Inconclusive(
            f"The acquirer's statement shows no refusal since the card was presented, and {seen.authorised} "
            f"{seen.currency or 'CAD'} authorised: the refusal is not proven."
        )


@step(proves=("PAY-05",))
async def expect_capture(run: Run, *, transaction: Saved[Transaction]) -> None:
    """What was taken for a session is its total with taxes, once, and never more than was reserved.

    A session that costs more than was reserved takes what was reserved; one that costs nothing takes nothing and its
    reservation is released. Looked at once, limit ``payment_capture`` from now, so that what is taken twice is seen.
    ``inconclusive`` when nothing was taken by then: the criterion sets no time for it.
    """
    current = run.csms.ledger.transactions[transaction.id]
    total = due(run, current)
    await run.wait(in_unit(run.limit("payment_capture"), DURATION), samples=1)
    seen, seq = await _statement(run)
    evidence = (*current.evidence, seq)
    _founded(seen)
    if not seen.authorised:
        raise Inconclusive("The acquirer's statement shows no authorisation: nothing was reserved.")
    _within(run, seen, seq)
    expected = min(total.total, seen.authorised)
    if expected and not seen.captured:
        raise Inconclusive(
            f"Nothing was captured within limit payment_capture; {expected} {total.currency} are due. Look at the "
            "statement again later: the criterion sets no time for the capture."
        )
    run.check(
        "amount captured",
        "cost_equal",
        {
            "what": f"what was captured for transaction {current.id} and not refunded",
            "expected": expected,
            "observed": seen.taken,
            "currency_expected": total.currency,
            "currency_observed": seen.currency,
            "lines": {**lines_of(total), "total": total.total, "reserved": seen.authorised},
        },
        evidence=evidence,
    )
    _nothing_reserved(run, seen, seq, "after the session")


@step(proves=("PAY-05",))
async def expect_release(run: Run, *, after: Literal["now", "connection time-out"] = "now") -> None:
    """Nothing was taken, and nothing is reserved any more when limit ``payment_release`` has passed.

    ``after: connection time-out``: the limit counts from when the authorisation of a driver who does not plug in lapses, as
    the charger sheet states it.
    """
    lapse = run.sheet.connection_timeout_s if after == "connection time-out" else 0.0
    await run.wait(lapse + in_unit(run.limit("payment_release"), DURATION), samples=1)
    seen, seq = await _statement(run)
    _founded(seen)
    run.check(
        "nothing taken",
        "amount_at_most",
        {"what": "what was captured without a session", "most": Decimal("0.00"), "observed": seen.captured},
        evidence=[seq],
    )
    when = (
        f"{lapse:g} s (connection time-out) and limit payment_release later"
        if lapse
        else "after limit payment_release"
    )
    _nothing_reserved(run, seen, seq, when)


@step(proves=("PAY-05",))
async def expect_no_session(run: Run, *, for_: Duration = 120.0) -> None:
    """For so long no current flows, and no transaction has begun since the payment card was presented.

    One that began before it, when the vehicle was plugged in (OCPP 2.0.1 TxStartPoint EVConnected), is none of the card's.
    """
    await expect_no_transaction(run, for_=for_)
    begun = _sessions(run)
    run.check(
        "no session with the card",
        "equals",
        {
            "what": "the number of transactions since the card was presented",
            "expected": 0,
            "observed": len(begun),
        },
        evidence=[seq for one in begun for seq in one.evidence],
    )


@step(proves=("PAY-05",))
async def check_unanswered(run: Run, *, for_: Duration = 120.0) -> None:
    """Without an answer of the acquirer no session starts, unless the charger sheet states ``offline_payment``.

    With that stated policy a session may start: it is ended after the time, and ``expect_settled`` looks at its money.
    """
    seen, _ = await _statement(run)
    if seen.refused:
        raise Inconclusive("The acquirer has refused the card instead of leaving it without an answer.")
    if "offline_payment" not in run.sheet.features:
        await expect_no_session(run, for_=for_)
        return
    await run.wait(for_)
    running = run.current_transaction()
    if running is not None and running.id not in _presented(run).before:
        await _stopped(run, running)


@step(proves=("PAY-05",))
async def expect_settled(run: Run) -> None:
    """What an unanswered card left behind is settled within limit ``payment_capture``, and at most once.

    Without a session everything is released and nothing taken; with one, by a stated policy, at most its total is taken.
    """
    paid = next((one for one in reversed(_sessions(run)) if one.ended_at is not None), None)
    if paid is None:
        await expect_release(run)
        return
    total = due(run, paid)
    await run.wait(in_unit(run.limit("payment_capture"), DURATION), samples=1)
    seen, seq = await _statement(run)
    _founded(seen)
    _within(run, seen, seq)
    run.check(
        "no more than the total",
        "amount_at_most",
        {"what": "what was captured", "most": total.total, "observed": seen.taken},
        evidence=(*paid.evidence, seq),
    )
    _nothing_reserved(run, seen, seq, "after the session")


@step()
async def outspend_reservation(run: Run, *, within: Duration) -> None:
    """Go on until the session costs a tenth more than was reserved for it, or the station ends it.

    A session that still runs then is ended by the central system. ``inconclusive`` when neither comes within the time.
    """
    seen, _ = await _awaited(run, "authorised")
    if not seen.authorised:
        raise Inconclusive("The acquirer's statement shows no authorisation: there is nothing to outspend.")
    running = run.current_transaction()
    if running is None:
        raise Inconclusive("No transaction runs that could cost anything.")
    goal, begin = seen.authorised * BEYOND, run.clock.monotonic()
    while running.ended_at is None and not _costs(run, running, goal):
        if run.clock.monotonic() - begin >= within:
            raise Inconclusive(
                f"In {within:g} s the session has not come to cost {goal:.2f}, a tenth more than the {seen.authorised} "
                "reserved, by what the station tells of its energy."
            )
        await run.wait(LOOK_S)
        running = run.csms.ledger.transactions[running.id]
    if running.ended_at is None:
        await _stopped(run, running)


@step()
async def end_if_running(run: Run) -> None:
    """A session that goes on is ended by the central system; one that has ended is left alone.

    After a power cut a station may do either. ``inconclusive`` when a running session does not end.
    """
    running = run.current_transaction()
    if running is not None:
        await _stopped(run, running)


def _costs(run: Run, running: Transaction, goal: Decimal) -> bool:
    """Whether a running session costs so much by now, as the central system reckons it."""
    owed = run.csms.till.bill(running, run.clock.utc())
    return owed is not None and owed.total >= goal


async def _stopped(run: Run, running: Transaction) -> None:
    await run.csms.station().remote_stop(running.id)
    took = await run.until(lambda: run.csms.ledger.transactions[running.id].ended_at is not None, STOPPED_S)
    if took is None:
        raise Inconclusive(
            f"Transaction {running.id} did not end within {STOPPED_S:g} s of the remote stop, so that it has no total."
        )


async def _awaited(run: Run, what: Literal["authorised", "refused"]) -> tuple[Account, int]:
    """The statement once it shows such a movement, or when limit ``payment_answer`` is over."""
    end = run.clock.monotonic() + in_unit(run.limit("payment_answer"), DURATION)
    while True:
        seen, seq = await _statement(run)
        if getattr(seen, what) or run.clock.monotonic() >= end:
            return seen, seq
        await run.clock.sleep(LOOK_S)


def _presented(run: Run) -> Presented:
    presented = run.names.get(PRESENTED)
    if not isinstance(presented, Presented):
        raise BenchError(
            "No payment card was presented yet: begin with 'present_payment_card: {card: visa}'."
        )
    return presented


def _sessions(run: Run) -> list[Transaction]:
    """Transactions that began since the card was presented, oldest first."""
    return [one for one in run.transactions() if one.id not in _presented(run).before]


async def _statement(run: Run) -> tuple[Account, int]:
    """What the acquirer booked since the card was presented, added up, and the entry that proves it."""
    from wattest.judge.statements import account  # noqa: PLC0415 - reading scenarios needs no judge

    seen = await run.part("acquirer").statement(_presented(run).at)
    value = [asdict(movement) for movement in seen.movements]
    seq = run.note("observation", role="acquirer", what="statement", value=value, evidence=seen.seq)
    return account(seen.movements), seq


def _founded(seen: Account) -> None:
    """Raises ``Inconclusive`` for captures that no authorisation since the card stands behind."""
    if seen.unfounded:
        raise Inconclusive(
            f"The acquirer's statement shows captures without an authorisation since the card was presented "
            f"({', '.join(seen.unfounded)}): of an earlier session, or of none."
        )


def _within(run: Run, seen: Account, seq: int) -> None:
    run.check(
        "at most what was reserved",
        "amount_at_most",
        {"what": "what was captured", "most": seen.authorised, "observed": seen.captured},
        evidence=[seq],
        proves=("PAY-05",),
    )


def _nothing_reserved(run: Run, seen: Account, seq: int, when: str) -> None:
    run.check(
        "nothing reserved any more",
        "amount_at_most",
        {
            "what": f"what is still reserved on the card, {when}",
            "most": Decimal("0.00"),
            "observed": seen.still_reserved,
        },
        evidence=[seq],
        proves=("PAY-05",),
    )
