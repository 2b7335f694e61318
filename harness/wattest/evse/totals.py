"""The total of a session as it comes onto the screen, and the ways in which it comes there wrong."""

from __future__ import annotations

import re
from decimal import ROUND_DOWN, Decimal

from wattest.evse.station import Outlet, Station
from wattest.world.behaviour import behaviour, defect


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
    return str(Decimal(told) + Decimal(station.flash.told_before or 0))


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
