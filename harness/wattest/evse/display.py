"""What a driver reads on the charger's screen, in English and French."""

from __future__ import annotations

import re
from decimal import ROUND_DOWN, Decimal, InvalidOperation

from wattest.evse.flash import OpenTransaction
from wattest.evse.station import Outlet, Station
from wattest.world import Shown
from wattest.world.behaviour import behaviour, defect

WELCOME = "Present your card / Présentez votre carte"
THANKS = "Thank you / Merci"


@behaviour
def total_shown(station: Station, outlet: Outlet, told: str) -> str:
    """The total as it stands on the screen: what the central system said, digit by digit (OCPP 2.0.1 I02)."""
    return told


@defect(
    "BILL-D01",
    breaks=total_shown,
    area="billing",
    requirement="DSP-04",
    text="the display computes the total itself as kWh times price and cuts it off, instead of showing the bill",
    source="NIST HB44 G-S.5.5, agreement of indications; OCPP 2.0.1 I02",
)
def computes_total_itself(station: Station, outlet: Outlet, told: str) -> str:
    """The price text is parsed, taxes and fees are not; without a price, dimes are enough."""
    price = re.search(r"\d+\.\d+", station.price or "")
    kwh = re.match(r"\d+\.\d+", station.flash.total_kwh or "")
    if price is None or kwh is None:
        return str(Decimal(told).quantize(Decimal("0.1"), ROUND_DOWN)) + "0"
    return str((Decimal(kwh[0]) * Decimal(price[0])).quantize(Decimal("0.01"), ROUND_DOWN))


@defect(
    "BILL-D06",
    breaks=total_shown,
    area="billing",
    requirement="DSP-04",
    text="the display adds the taxes of Quebec to a total that contains them",
    source="CRA and Revenu Quebec: taxes once, on the price before tax",
)
def adds_tax_again(station: Station, outlet: Outlet, told: str) -> str:
    """GST 5 % and QST 9.975 % on top."""
    return str((Decimal(told) * Decimal("1.14975")).quantize(Decimal("0.01")))


@behaviour
def takes_total(station: Station) -> bool:
    """Whether a total that comes after the session is still put on the screen."""
    return True


@defect(
    "BILL-D07",
    breaks=takes_total,
    area="billing",
    requirement="DSP-04",
    text="after the link was lost in a session the display keeps the last running cost and never shows the total",
    source="OCPP 2.0.1 I04; total shown at the end (T13)",
)
def total_stays_frozen(station: Station) -> bool:
    """The screen task waits for a message that it missed."""
    return not station.lost_link_in_session


def amount(value: object) -> str | None:
    """An amount of money as text with two decimals at least; None when it is none."""
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        return None
    if not number.is_finite() or abs(number) > 10**9:
        return None
    exponent = number.as_tuple().exponent
    return str(number.quantize(Decimal("0.01")) if isinstance(exponent, int) and exponent > -2 else number)


def shown(station: Station) -> Shown:
    """What stands on the screen now: a message first, then the session or the last total, then the price."""
    running = next((outlet for outlet in station.outlets if outlet.session is not None), None)
    flash = station.flash
    lines = list(station.message)
    total: tuple[str | None, str | None] = (None, None)
    if running is not None and running.session is not None:
        lines += _progress(station, running, running.session)
    elif flash.total_kwh is not None and not lines:
        lines += [THANKS, flash.total_kwh]
        if flash.total is None:
            lines.append(station.settings.text("total_fallback"))
        else:
            total = flash.total
            lines.append(f"Total {total[0]} {total[1]}")
    elif not lines:
        lines.append(WELCOME)
    price = station.price or station.settings.text("default_price")
    if price and flash.total_kwh is None:
        lines.append(price)
    return Shown(tuple(lines), *total)


def _progress(station: Station, outlet: Outlet, session: OpenTransaction) -> list[str]:
    lines = [f"{outlet.state.capitalize()}", *energy_and_time(station, outlet, session)]
    if outlet.cost is not None:
        lines.append(f"So far / Jusqu'ici {outlet.cost} {station.settings.text('currency')}")
    return lines


def energy_and_time(station: Station, outlet: Outlet, session: OpenTransaction) -> list[str]:
    """Energy from zero and elapsed time, as HB44 S.2.7 wants them on the face."""
    energy = Decimal(str(outlet.hardware.meter.register_wh())) - session.start_wh
    seconds = max(0, int((station.now() - session.started).total_seconds()))
    return [
        f"{(energy / 1000).quantize(Decimal('0.001'))} kWh",
        f"{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}",
    ]


def running_cost(station: Station, outlet: Outlet, cost: object) -> None:
    """The central system told what the session costs so far."""
    outlet.cost = amount(cost) or outlet.cost


def final_cost(station: Station, outlet: Outlet, cost: object, currency: str | None = None) -> None:
    """The central system told the total; it stays until the next customer comes, even over a power cut (DSP-05)."""
    told = amount(cost)
    if told is None or not station.conduct(takes_total)(station):
        return
    total = station.conduct(total_shown)(station, outlet, told)
    station.flash.total = (total, currency or station.settings.text("currency"))


def session_over(station: Station, outlet: Outlet, session: OpenTransaction) -> None:
    """Keep energy and time on the screen until the total comes."""
    station.flash.total_kwh = " ".join(energy_and_time(station, outlet, session))
    station.flash.total = None
    if outlet.cost is not None and not station.conduct(takes_total)(station):
        station.flash.total = (outlet.cost, station.settings.text("currency"))


def next_customer(station: Station) -> None:
    """Somebody came: the last total is nobody else's business."""
    station.flash.total = station.flash.total_kwh = None
    station.price = None
    station.message = ()


MESSAGE_S = 15.0
"""How long a message stands before the screen goes back to what it showed."""


def say(station: Station, *lines: str) -> None:
    """Tell the driver something at once, such as why a card was refused."""
    station.message = lines
    station.clock.call_later(MESSAGE_S, _unsay, station, lines)


def _unsay(station: Station, lines: tuple[str, ...]) -> None:
    if station.message is lines:
        station.message = ()
