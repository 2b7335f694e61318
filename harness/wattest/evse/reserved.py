"""What a station decides about money reserved on a card: how much, when it lets go, what it takes."""

from __future__ import annotations

from decimal import Decimal
from typing import Literal

from wattest.evse import payment
from wattest.evse.flash import Reservation
from wattest.evse.station import Station
from wattest.world.behaviour import behaviour, defect, variation

STOP_AT = Decimal("0.85")
"""Share of the reservation at which the session ends, so that the total stays within it."""
_SOURCE = "card scheme rules (not read); project criterion: capture at most what was authorised"

Why = Literal["lapsed", "no answer", "nothing to pay", "power loss"]


@behaviour
def reserved_cad(station: Station) -> Decimal:
    """What is reserved before a session."""
    return Decimal(payment.AMOUNT)


@variation(
    "V181",
    alters=reserved_cad,
    text="80.00 CAD are reserved on a card instead of 50.00",
    source="project: any amount; shown to the driver",
    area="payment",
)
def reserves_more(station: Station) -> Decimal:
    """For those who come with an empty truck."""
    return Decimal("80.00")


@behaviour
def heeds_refusal(station: Station) -> bool:
    """Whether a card that the acquirer refuses is turned away."""
    return True


@defect(
    "PAY-D23",
    breaks=heeds_refusal,
    area="payment",
    requirement="PAY-05",
    text="a session starts with a card that the acquirer refused",
    source="project: refusal without harm",
)
def starts_on_refusal(station: Station) -> bool:
    """Any answer of the host is taken for a yes."""
    return False


@behaviour
def asks_again(station: Station) -> bool:
    """Whether an unanswered authorisation is asked a second time under another reference."""
    return False


@defect(
    "PAY-D25",
    breaks=asks_again,
    area="payment",
    requirement="PAY-05",
    text="an authorisation without an answer is asked again, and only the second is reversed",
    source="project: time-out without harm, never a double authorisation",
)
def reserves_twice(station: Station) -> bool:
    """A retry as if it were a web page."""
    return True


@behaviour
def asks_central_system(station: Station) -> bool:
    """Whether the central system is asked about the terminal's token as it is about a card."""
    return False


@variation(
    "V184",
    alters=asks_central_system,
    text="after its acquirer the terminal asks the central system as well, by Authorize",
    source="OCPP leaves open who decides about a payment card; conformance cases C_105 and C_107",
    area="payment",
)
def both_decide(station: Station) -> bool:
    """Two yeses are needed."""
    return True


@behaviour
def let_go_after_s(station: Station, why: Why) -> float | None:
    """When a reservation is given back that is not needed; None for never."""
    return 0.0


@defect(
    "PAY-D22",
    breaks=let_go_after_s,
    area="payment",
    requirement="PAY-05",
    text="a reservation is not given back when nobody plugs in",
    source="project: release when no vehicle is plugged in",
)
def keeps_lapsed(station: Station, why: Why) -> float | None:
    """The bank will let it expire in a week."""
    return None if why == "lapsed" else 0.0


@defect(
    "PAY-D24",
    breaks=let_go_after_s,
    area="payment",
    requirement="PAY-05",
    text="an authorisation without an answer is not reversed, though the acquirer may have booked it",
    source="project: time-out without harm",
)
def forgets_unanswered(station: Station, why: Why) -> float | None:
    """No answer, nothing reserved: so it is believed."""
    return None if why == "no answer" else 0.0


@variation(
    "V182",
    alters=let_go_after_s,
    text="a reservation that is not needed is given back after 90 s",
    source="project: within limit payment_release",
    area="payment",
)
def lets_go_late(station: Station, why: Why) -> float | None:
    """A task that runs now and then."""
    return 90.0


@behaviour
def ends_session_at(station: Station, reserved: Reservation) -> Decimal | None:
    """The running cost at which the session ends; None to go on."""
    return reserved.amount * STOP_AT


@behaviour
def raised_by(station: Station, reserved: Reservation) -> Decimal | None:
    """What a reservation that is nearly used up is raised by; None to leave it."""
    return None


@variation(
    "V187",
    alters=raised_by,
    text="a reservation that is nearly used up is raised by as much again, and the session goes on",
    source="conformance case C_121: the amount may be raised; captured is at most what was authorised in all",
    area="payment",
)
def raises_reservation(station: Station, reserved: Reservation) -> Decimal | None:
    """An incremental authorisation under the same reference."""
    return reserved_cad(station)


@behaviour
def to_capture(station: Station, reserved: Reservation, total: Decimal) -> Decimal:
    """What is taken for a session of this total."""
    return min(total, reserved.amount)


@defect(
    "PAY-D20",
    breaks=ends_session_at,
    area="payment",
    requirement="PAY-05",
    text="a session runs past what was reserved, and all of it is captured",
    source=_SOURCE,
)
def runs_past(station: Station, reserved: Reservation) -> Decimal | None:
    """The total is the total."""
    return None


@defect(
    "PAY-D20",
    breaks=to_capture,
    area="payment",
    requirement="PAY-05",
    text="a session runs past what was reserved, and all of it is captured",
    source=_SOURCE,
)
def captures_beyond(station: Station, reserved: Reservation, total: Decimal) -> Decimal:
    """The acquirer will complain if it minds."""
    return total


@variation(
    "V183",
    alters=ends_session_at,
    text="a session that costs more than was reserved goes on, and no more than that is captured",
    source="project: at most what was authorised is captured; what is beyond is the operator's loss",
    area="payment",
)
def gives_rest_away(station: Station, reserved: Reservation) -> Decimal | None:
    """A station that cannot follow the running cost."""
    return None


@defect(
    "PAY-D26",
    breaks=to_capture,
    area="payment",
    requirement="PAY-05",
    text="the whole reservation is captured whatever the session cost",
    source="project: what is captured is the total of the session",
)
def captures_all(station: Station, reserved: Reservation, total: Decimal) -> Decimal:
    """A completion without an amount."""
    return reserved.amount if total else total


@defect(
    "PAY-D27",
    breaks=to_capture,
    area="payment",
    requirement="PAY-05",
    text="one dollar is captured for a session that delivered nothing and costs nothing",
    source="project: a session that costs nothing takes nothing (BIL-14)",
)
def captures_least(station: Station, reserved: Reservation, total: Decimal) -> Decimal:
    """The contract with the acquirer has a smallest amount."""
    return to_capture(station, reserved, total) or Decimal("1.00")


@behaviour
def taken_at_boot(station: Station, reserved: Reservation) -> Decimal | None:
    """What is captured at once when power comes back in a paid session: nothing, the total decides."""
    return None


@defect(
    "PAY-D21",
    breaks=taken_at_boot,
    area="payment",
    requirement="PAY-05",
    text="after a power cut the cost so far is captured at boot, and then the total",
    source="project: power cut in a paid session, captured once",
)
def captures_at_boot(station: Station, reserved: Reservation) -> Decimal | None:
    """Two tasks feel responsible."""
    return reserved.so_far or reserved.amount


@behaviour
def book(station: Station, reserved: Reservation, amount: Decimal) -> None:
    """Tell the acquirer; a capture below the reservation lets the rest go by itself."""
    station.world.acquirer.capture(reserved.reference, reserved.last_four, amount)


@variation(
    "V180",
    alters=book,
    text="the rest of a reservation is released by a message of its own after the capture",
    source="project: acquirers differ; the rest may go with the capture or by a partial release",
    area="payment",
)
def releases_rest(station: Station, reserved: Reservation, amount: Decimal) -> None:
    """For a host that keeps the rest otherwise."""
    book(station, reserved, amount)
    if amount < reserved.amount:
        rest = reserved.amount - amount
        station.world.acquirer.release(reserved.reference, reserved.last_four, rest)


@variation(
    "V185",
    alters=book,
    text="captures are sent two minutes after the total is known",
    source="project: within limit payment_capture",
    area="payment",
)
def books_late(station: Station, reserved: Reservation, amount: Decimal) -> None:
    """In a batch."""
    station.clock.call_later(120.0, book, station, reserved, amount)
