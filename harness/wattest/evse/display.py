"""What a driver reads on the charger's screen, in English and French."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

from wattest.evse.flash import OpenTransaction
from wattest.evse.station import Outlet, Station
from wattest.evse.totals import takes_total, total_shown
from wattest.world import Shown
from wattest.world.behaviour import behaviour, defect, variation

WELCOME = "Present your card / Présentez votre carte"
THANKS = "Thank you / Merci"


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
    price = station.conduct(price_line)(station)
    if price and flash.total_kwh is None:
        lines.append(price)
    return Shown(tuple(lines), *total)


@behaviour
def price_line(station: Station) -> str:
    """The price on the screen: that of this customer, else the one for everybody."""
    return station.price or station.settings.text("default_price")


@defect(
    "STATUS-D18",
    breaks=price_line,
    area="monitoring",
    requirement="INF-03",
    text="the first price that the screen showed stays there until the next restart",
    source="23 CFR 680.116: the price shown is the price; OCPI Tariffs",
)
def first_price_stays(station: Station) -> str:
    """The line is drawn once."""
    station.first_price = station.first_price or price_line(station)
    return station.first_price


@behaviour
def redrawn_every_s(station: Station) -> float:
    """How often energy and time are drawn again; 0 whenever somebody looks."""
    return 0.0


@defect(
    "BILL-D18",
    breaks=redrawn_every_s,
    area="billing",
    requirement="DSP-03",
    text="energy and time on the screen are renewed once a minute",
    source="NIST HB44 3.40 S.2.7; every 10 s (project)",
)
def redrawn_with_meter_values(station: Station) -> float:
    """The screen hangs on the task that sends meter values."""
    return 60.0


@variation(
    "V60",
    alters=redrawn_every_s,
    text="energy and time on the screen are renewed every 5 s",
    source="project: at least every 10 s (DSP-03)",
    area="billing",
)
def redrawn_slowly(station: Station) -> float:
    """Electronic paper."""
    return 5.0


@behaviour
def state_lines(station: Station, outlet: Outlet, session: OpenTransaction) -> list[str]:
    """What the driver is told of the state of his session; a car that has enough is to go."""
    if outlet.state == "suspended ev" and _energy_wh(outlet, session) > 0:
        return ["Charging complete, please unplug / Recharge terminée, débranchez"]
    return [outlet.state.capitalize()]


@defect(
    "BILL-D17",
    breaks=state_lines,
    area="billing",
    requirement="BIL-13",
    text="the screen says Charging until the plug is pulled, whether the car is full or not",
    source="user statement T02: the driver of a full car is told",
)
def says_charging(station: Station, outlet: Outlet, session: OpenTransaction) -> list[str]:
    """One word for the whole session."""
    return ["Charging"]


@variation(
    "V61",
    alters=state_lines,
    text="the driver of a full car is told in French only",
    source="Charter of the French Language (recalled)",
    area="billing",
)
def notice_in_french(station: Station, outlet: Outlet, session: OpenTransaction) -> list[str]:
    """As on many a street in Quebec."""
    if outlet.state == "suspended ev" and _energy_wh(outlet, session) > 0:
        return ["Votre véhicule est plein, veuillez libérer la borne"]
    return [outlet.state.capitalize()]


@behaviour
def energy_text(energy_wh: Decimal) -> str:
    """The energy of a session as it is drawn."""
    return f"{(energy_wh / 1000).quantize(Decimal('0.001'))} kWh"


@defect(
    "BILL-D20",
    breaks=energy_text,
    area="billing",
    requirement="MET-12",
    text="the energy on the screen is 2 % higher than the register told",
    source="NIST HB44 3.40: indications agree",
)
def energy_with_losses(energy_wh: Decimal) -> str:
    """Taken from the meter before the cable, which the bill is corrected for."""
    return energy_text(energy_wh * Decimal("1.02"))


@variation(
    "V62",
    alters=energy_text,
    text="the energy on the screen has a decimal comma and two decimals",
    source="MET-12: agreement within one digit of the display; French notation",
    area="billing",
)
def energy_with_comma(energy_wh: Decimal) -> str:
    """12,35 kWh."""
    return f"{(energy_wh / 1000).quantize(Decimal('0.01'))} kWh".replace(".", ",")


def _energy_wh(outlet: Outlet, session: OpenTransaction) -> Decimal:
    return Decimal(str(outlet.hardware.meter.register_wh())) - session.start_wh


def _progress(station: Station, outlet: Outlet, session: OpenTransaction) -> list[str]:
    now = station.clock.monotonic()
    if outlet.drawn is None or now - outlet.drawn[0] >= station.conduct(redrawn_every_s)(station):
        outlet.drawn = (now, energy_and_time(station, outlet, session))
    lines = [*station.conduct(state_lines)(station, outlet, session), *outlet.drawn[1]]
    if outlet.cost is not None:
        lines.append(f"So far / Jusqu'ici {outlet.cost} {station.settings.text('currency')}")
    return lines


def energy_and_time(station: Station, outlet: Outlet, session: OpenTransaction) -> list[str]:
    """Energy from zero and elapsed time, as HB44 S.2.7 wants them on the face."""
    seconds = max(0, int((station.now() - session.started).total_seconds()))
    return [
        station.conduct(energy_text)(_energy_wh(outlet, session)),
        f"{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}",
    ]


def running_cost(station: Station, outlet: Outlet, cost: object) -> None:
    """The central system told what the session costs so far."""
    outlet.cost = amount(cost) or outlet.cost
    station.wake(outlet)  # a session that is paid by card ends at what was reserved
    if outlet.first_cost is None and outlet.session is not None and outlet.cost and Decimal(outlet.cost) > 0:
        wh = _energy_wh(outlet, outlet.session)
        outlet.first_cost = (outlet.cost, wh) if wh > 0 else None


def final_cost(station: Station, outlet: Outlet, cost: object, currency: str | None = None) -> None:
    """The central system told the total; it stays until the next customer comes, even over a power cut (DSP-05)."""
    told = amount(cost)
    if told is None or not station.conduct(takes_total)(station):
        return
    station.flash.told_before, station.flash.told_total = station.flash.told_total, told
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
