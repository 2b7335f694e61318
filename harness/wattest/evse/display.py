"""What a driver reads on the charger's screen, in English and French."""

from __future__ import annotations

import re
from decimal import ROUND_DOWN, Decimal, InvalidOperation

from wattest.evse.flash import OpenTransaction
from wattest.evse.station import Outlet, Station
from wattest.world import Shown
from wattest.world.behaviour import behaviour, defect, variation

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


def _first_number(text: str) -> Decimal | None:
    found = re.search(r"\d+\.\d+", text)
    return None if found is None else Decimal(found[0])


@defect(
    "BILL-D10",
    breaks=total_shown,
    area="billing",
    requirement="BIL-05",
    text="a price that changes during a session is applied to the whole of it",
    source="23 CFR 680.116(a)(2): the price at the start holds",
)
def applies_new_price(station: Station, outlet: Outlet, told: str) -> str:
    """The total is put in proportion to the price on the screen."""
    old, new = _first_number(outlet.price), _first_number(station.settings.text("default_price"))
    if old is None or new is None or not old:
        return told
    return str((Decimal(told) * new / old).quantize(Decimal("0.01")))


@defect(
    "BILL-D11",
    breaks=total_shown,
    area="billing",
    requirement="BIL-04",
    text="the display reckons the total from the first running cost, as if the price of energy never changed",
    source="project: a tariff by steps has no one price; OCPP 2.0.1 I03 totalCost",
)
def extrapolates_total(station: Station, outlet: Outlet, told: str) -> str:
    """Right to a few cents as long as every kWh costs the same; within that it shows what it was told."""
    kwh = _first_number(station.flash.total_kwh or "")
    if outlet.first_cost is None or kwh is None:
        return told
    cost, wh = outlet.first_cost
    reckoned = (Decimal(cost) * kwh * 1000 / wh).quantize(Decimal("0.01"))
    return told if abs(reckoned - Decimal(told)) < Decimal(told) / 10 else str(reckoned)


@defect(
    "BILL-D12",
    breaks=total_shown,
    area="billing",
    requirement="BIL-08",
    text="the total is rounded to five cents, as cash would be",
    source="Royal Canadian Mint: only cash is rounded; CRA: to the cent",
)
def rounds_to_five_cents(station: Station, outlet: Outlet, told: str) -> str:
    """The firmware of a parking meter."""
    return str((Decimal(told) * 20).quantize(Decimal(1)) / 20 + Decimal("0.00"))


@defect(
    "BILL-D13",
    breaks=total_shown,
    area="billing",
    requirement="BIL-06",
    text="the total passes through binary floating point and is cut off, so that 4.85 becomes 4.84",
    source="NIST HB44 G-S.5.5: within one cent of what is due",
)
def cuts_a_float(station: Station, outlet: Outlet, told: str) -> str:
    """4.85 times 100 is 484.99999999999994."""
    return str(Decimal(int(float(told) * 100)) / 100)


@defect(
    "BILL-D14",
    breaks=total_shown,
    area="billing",
    requirement="BIL-02",
    text="the total shown is one cent too high",
    source="NIST HB44 G-S.5.5, agreement of indications",
)
def one_cent_more(station: Station, outlet: Outlet, told: str) -> str:
    """Rounded up twice."""
    return str(Decimal(told) + Decimal("0.01"))


@defect(
    "BILL-D15",
    breaks=total_shown,
    area="billing",
    requirement="BIL-09",
    text="the total contains that of the session before",
    source="user statement T20: what was paid is what is remitted",
)
def adds_session_before(station: Station, outlet: Outlet, told: str) -> str:
    """The sum is not set back between two customers."""
    return str(sum((Decimal(one) for one in station.flash.totals_told[-2:]), Decimal(0)))


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
    if outlet.first_cost is None and outlet.session is not None and outlet.cost and Decimal(outlet.cost) > 0:
        wh = _energy_wh(outlet, outlet.session)
        outlet.first_cost = (outlet.cost, wh) if wh > 0 else None


def final_cost(station: Station, outlet: Outlet, cost: object, currency: str | None = None) -> None:
    """The central system told the total; it stays until the next customer comes, even over a power cut (DSP-05)."""
    told = amount(cost)
    if told is None or not station.conduct(takes_total)(station):
        return
    station.flash.totals_told.append(told)
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
