"""Money of a payment card: reserved before a session, taken at its end, given back when none comes.

The terminal asks its acquirer and decides alone. To the central system the driver is a token that the terminal made up: an
idTag by the maker's convention in OCPP 1.6, a token of type Local in 2.0.1 (2.1 has DirectPayment for it, recalled). What
is captured is the total that the central system tells, and never more than was reserved.
"""

from __future__ import annotations

import asyncio
from decimal import Decimal

from wattest.evse import authorise, display, payment, sessions
from wattest.evse.flash import TERMINAL, Reservation
from wattest.evse.reserved import (
    Why,
    asks_again,
    asks_central_system,
    book,
    ends_session_at,
    heeds_refusal,
    let_go_after_s,
    raised_by,
    reserved_cad,
    taken_at_boot,
    to_capture,
)
from wattest.evse.station import Outlet, Permit, Station

PATIENCE_S = 30.0
"""How long the terminal waits for its acquirer."""
TOTAL_S = 300.0
"""How long after a session the total may come; after that nothing is taken."""

# --- a card at the terminal -------------------------------------------------------------------------------


def tapped(station: Station, number: str) -> None:
    """The terminal read a card."""
    if authorise.choose_outlet(station) is None:
        display.say(station, "In use or out of order / Occupé ou hors service")
        return
    display.next_customer(station)
    display.say(station, station.conduct(payment.shown)(station, number), "One moment / Un instant")
    station.spawn(_take(station, number))


async def _take(station: Station, number: str) -> None:
    reserved = _reservation(station, number)
    answer = await _asked(station, reserved, reserved.amount)
    if answer is None:
        if station.conduct(asks_again)(station):
            reserved = _reservation(station, number)
            await _asked(station, reserved, reserved.amount)
        let_go(station, reserved, "no answer")
        if "offline_payment" in station.sheet.features:
            _serve(station, _reservation(station, number, deferred=True), number)
        else:
            display.say(station, "No connection, try later / Pas de liaison, réessayez")
    elif answer or not station.conduct(heeds_refusal)(station):
        if station.conduct(asks_central_system)(station):
            info = await authorise.decide(station, reserved.reference)
            if not info.accepted:
                display.say(station, sessions.refusal(info))
                let_go(station, reserved, "nothing to pay")
                return
        _serve(station, reserved, number)
    else:
        station.flash.reservations.pop(reserved.reference)
        display.say(station, "Card declined / Carte refusée")


def _reservation(station: Station, number: str, *, deferred: bool = False) -> Reservation:
    """A new one, in flash before anybody is asked: what is in doubt after a power cut is reversed."""
    station.flash.reservations_made += 1
    reference = f"PT{station.flash.reservations_made:06d}{station.random.getrandbits(32):08x}"
    amount = station.conduct(reserved_cad)(station)
    reserved = Reservation(reference, number[-4:], amount, deferred=deferred)
    station.flash.reservations[reference] = reserved
    station.flash.token_types[reference.casefold()] = TERMINAL
    return reserved


async def _asked(station: Station, reserved: Reservation, amount: Decimal) -> bool | None:
    """The acquirer's word; None when it gave none in time."""
    decided: asyncio.Future[bool] = asyncio.get_running_loop().create_future()

    def decide(approved: bool) -> None:
        if not decided.done():
            decided.set_result(approved)

    station.world.acquirer.authorise(reserved.reference, reserved.last_four, amount, decide)
    try:
        async with asyncio.timeout(PATIENCE_S):
            return await decided
    except TimeoutError:
        return None


def _serve(station: Station, reserved: Reservation, number: str) -> None:
    """Somebody may charge on this reservation."""
    outlet = authorise.choose_outlet(station)
    if outlet is None:
        let_go(station, reserved, "nothing to pay")
        return
    reserved.granted = True
    sessions.grant(station, outlet, Permit(reserved.reference, None, "card"))
    payment.approved(station, number)


# --- until it ends ------------------------------------------------------------------------------------------


def look(station: Station, outlet: Outlet) -> None:
    """After every event of an outlet: a permit that lapsed lets its reservation go, a cost that comes near it ends the session."""
    session, permit = outlet.session, outlet.permit
    for reserved in tuple(station.flash.reservations.values()):
        if session is not None and session.token == reserved.reference:
            reserved.key = session.key
            _follow(station, outlet, reserved)
        elif reserved.granted and reserved.key is None and reserved.outlet in {None, outlet.id}:
            if permit is not None and permit.token == reserved.reference:
                reserved.outlet = outlet.id
            elif reserved.outlet == outlet.id:
                let_go(station, reserved, "lapsed")


def _follow(station: Station, outlet: Outlet, reserved: Reservation) -> None:
    if outlet.cost is None:
        return
    reserved.so_far = Decimal(outlet.cost)
    end_at = station.conduct(ends_session_at)(station, reserved)
    if end_at is None or reserved.so_far < end_at or reserved.raising:
        return
    more = station.conduct(raised_by)(station, reserved)
    if more is None:
        _used_up(station, outlet)
    else:
        reserved.raising = True
        station.spawn(_raise(station, outlet, reserved, more))


def _used_up(station: Station, outlet: Outlet) -> None:
    display.say(station, "Amount reserved is used up / Montant réservé épuisé")
    sessions.end(station, outlet, "LocalOutOfCredit", trigger="charging state")


async def _raise(station: Station, outlet: Outlet, reserved: Reservation, more: Decimal) -> None:
    """Ask for more on the same reservation; without a yes the session ends at what there is."""
    approved = await _asked(station, reserved, more)
    reserved.raising = False
    if approved:
        reserved.amount += more
    elif outlet.session is not None and outlet.session.key == reserved.key:
        _used_up(station, outlet)


def let_go(station: Station, reserved: Reservation, why: Why) -> None:
    """Give back what was reserved."""
    station.flash.reservations.pop(reserved.reference, None)
    after_s = station.conduct(let_go_after_s)(station, why)
    if after_s is not None and not reserved.deferred:
        host = station.world.acquirer
        station.clock.call_later(
            after_s, host.release, reserved.reference, reserved.last_four, reserved.amount
        )


def numbered(station: Station, key: str, number: int) -> None:
    """OCPP 1.6: what the central system calls the transaction."""
    for reserved in station.flash.reservations.values():
        session = station.session(key)
        if session is not None and session.token == reserved.reference:
            reserved.key, reserved.number = key, number


def total_told(station: Station, cost: object, *, key: str | None = None, number: int | None = None) -> None:
    """The central system told what the session costs: it is taken, and the rest is free."""
    told = display.amount(cost)
    for reserved in tuple(station.flash.reservations.values()):
        mine = (key is not None and reserved.key == key) or (number is not None and reserved.number == number)
        if mine and told is not None:
            settle(station, reserved, Decimal(told))


def ended(station: Station, key: str) -> None:
    """The end of a transaction was delivered: when no total comes for it, nothing is taken."""
    for reserved in station.flash.reservations.values():
        if reserved.key == key:
            station.clock.call_later(TOTAL_S, _give_up, station, reserved.reference)


def _give_up(station: Station, reference: str) -> None:
    reserved = station.flash.reservations.get(reference)
    if reserved is not None and station.alive:
        let_go(station, reserved, "nothing to pay")


def settle(station: Station, reserved: Reservation, total: Decimal) -> None:
    """Take the total of the session, or let go what was reserved when there is nothing to take."""
    station.flash.reservations.pop(reserved.reference, None)
    amount = station.conduct(to_capture)(station, reserved, total)
    if not amount:
        let_go(station, reserved, "nothing to pay")
    elif reserved.deferred:
        station.spawn(_take_afterwards(station, reserved, amount))
    else:
        station.conduct(book)(station, reserved, amount)


async def _take_afterwards(station: Station, reserved: Reservation, amount: Decimal) -> None:
    """Served without an answer: what it cost is authorised and taken now, once, or lost."""
    reserved.amount, reserved.deferred = amount, False
    answer = await _asked(station, reserved, reserved.amount)
    if answer:
        station.conduct(book)(station, reserved, amount)
    elif answer is None:
        let_go(station, reserved, "no answer")


def take_up(station: Station) -> None:
    """At boot: who had not begun must come again; a session that was cut is settled by its total."""
    for reserved in tuple(station.flash.reservations.values()):
        reserved.raising = False
        if reserved.key is None:
            let_go(station, reserved, "power loss")
            continue
        amount = station.conduct(taken_at_boot)(station, reserved)
        if amount is not None:
            station.conduct(book)(station, reserved, amount)
        if not _still_to_end(station, reserved.key):
            ended(station, reserved.key)


def _still_to_end(station: Station, key: str) -> bool:
    """Whether the transaction runs on, or its end has yet to be delivered."""
    queued = any(one.notice.key == key for one in station.flash.queue)
    return queued or key in station.flash.transactions
