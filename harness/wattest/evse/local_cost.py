"""The cost that a charger of OCPP 2.1 reckons by itself, and the ways in which it comes out wrong (I07 to I12, recalled).

A session keeps the tariff that it began with, unless the central system changes that of the session itself.
"""

from __future__ import annotations

from decimal import ROUND_DOWN, Decimal
from typing import TYPE_CHECKING

from wattest.evse import display, metering
from wattest.evse.flash import CostTold, OpenTransaction
from wattest.evse.reckoning import CENT, Reckoned, Rounding, Sum, add_up, as_json, half_up, read_json
from wattest.evse.station import Outlet, Station
from wattest.model.scenario import Dialect
from wattest.world.behaviour import behaviour, defect, variation

if TYPE_CHECKING:
    from datetime import datetime

INTERVAL_S = 10.0
"""How often prices by power or current are looked at."""
_21: tuple[Dialect, ...] = ("2.1",)


@behaviour
def reckons(station: Station) -> bool:
    """Whether this charger reckons costs by itself."""
    return station.dialect.subprotocol == "ocpp2.1" and "local_cost" in station.sheet.features


@behaviour
def rounding(station: Station) -> Rounding:
    """How a line is rounded."""
    return half_up


@defect(
    "BILL-D30",
    breaks=rounding,
    area="billing",
    requirement="BIL-18",
    text="the cost that the charger reckons is cut off after the cent, line by line",
    source="CRA: half up; NIST HB44 G-S.5.5",
    dialects=_21,
)
def cuts_off(station: Station) -> Rounding:
    """Integer division by a hundred."""
    return lambda amount: amount.quantize(CENT, ROUND_DOWN)


@variation(
    "V151",
    alters=rounding,
    text="the cost is reckoned without rounding, and stated with six decimals",
    source="OCPP 2.1 CostDetailsType: no clause rounds (recalled)",
    area="billing",
    dialects=_21,
)
def rounds_nothing(station: Station) -> Rounding:
    """Whoever makes the bill may round."""
    return lambda amount: amount.quantize(Decimal("0.000001"))


@behaviour
def parts_priced(station: Station, text: str) -> str:
    """The tariff, as JSON, that a session is reckoned by."""
    return text


@defect(
    "BILL-D31",
    breaks=parts_priced,
    area="billing",
    requirement="BIL-18",
    text="the charger never reckons the price of idle time",
    source="OCPP 2.1 TariffType idleTime",
    dialects=_21,
)
def ignores_idle_time(station: Station, text: str) -> str:
    """Only energy and charging time are implemented."""
    told = read_json(text)
    told.pop("idleTime", None)
    return as_json(told)


@behaviour
def tariff_at_start(own: str | None, default: str | None) -> str | None:
    """The tariff, as JSON, of a session that begins: the driver's own, else the default of the EVSE."""
    return default if own is None else own


@defect(
    "BILL-D36",
    breaks=tariff_at_start,
    area="billing",
    requirement="BIL-18",
    text="a tariff that came with the authorisation is ignored, the default is applied",
    source="OCPP 2.1 I08 (recalled): the tariff of the driver comes first",
    dialects=_21,
)
def default_for_everybody(own: str | None, default: str | None) -> str | None:
    """The answer to Authorize is read for its status only."""
    return own if default is None else default


@behaviour
def default_changed(station: Station, outlet: Outlet, text: str) -> None:
    """A new default tariff does not touch the session that runs (I07, recalled)."""


@defect(
    "BILL-D32",
    breaks=default_changed,
    area="billing",
    requirement="BIL-18",
    text="a new default tariff is applied to the session that runs",
    source="OCPP 2.1 I07 (recalled); 23 CFR 680.116(a)(2): the price at the start holds",
    dialects=_21,
)
def applies_new_default(station: Station, outlet: Outlet, text: str) -> None:
    """The price is looked up whenever it is needed."""
    if outlet.session is not None and outlet.session.reckoned is not None:
        advance(station, outlet)
        outlet.session.reckoned.use(text)


@behaviour
def changed(reckoned: Reckoned, text: str) -> None:
    """A tariff changed in a session holds from then on, never for what was before (I11, recalled)."""
    reckoned.use(text)


@defect(
    "BILL-D33",
    breaks=changed,
    area="billing",
    requirement="BIL-18",
    text="a tariff changed in a session is applied to the session from its start",
    source="OCPP 2.1 I11 (recalled): no retroactive reckoning",
    dialects=_21,
)
def changes_the_past(reckoned: Reckoned, text: str) -> None:
    """Cost is energy times price, whenever it is asked for."""
    reckoned.tariffs.clear()
    reckoned.owed.clear()
    reckoned.use(text)
    owed = reckoned.owed[reckoned.tariff.id]
    if "energy" in owed:
        price = reckoned.tariff.prices["energy"][-1].amount
        owed["energy"] = reckoned.energy_wh / 1000 * price


@behaviour
def summed(station: Station, reckoned: Reckoned) -> Sum:
    """What a session costs so far."""
    return add_up(reckoned, station.conduct(rounding)(station))


@defect(
    "BILL-D34",
    breaks=summed,
    area="billing",
    requirement="BIL-18",
    text="the charger heeds neither the minimum nor the maximum of a tariff",
    source="OCPP 2.1 TariffType minCost, maxCost",
    dialects=_21,
)
def ignores_limits(station: Station, reckoned: Reckoned) -> Sum:
    """Lines are added up, and that is that."""
    return add_up(reckoned, half_up, limited=False)


@variation(
    "V154",
    alters=summed,
    text="taxes are reckoned part by part instead of on the sum",
    source="OCPP 2.1: taxRates belong to the parts of a tariff",
    area="billing",
    dialects=_21,
)
def taxes_by_part(station: Station, reckoned: Reckoned) -> Sum:
    """Each part has its own rates, and they might differ."""
    return add_up(reckoned, half_up, by_part=True)


@behaviour
def cost_shown(reckoned: Sum) -> Decimal:
    """The amount that stands on the screen: the total with taxes."""
    return half_up(reckoned.total)


@defect(
    "BILL-D35",
    breaks=cost_shown,
    area="billing",
    requirement="BIL-18",
    text="the charger sends the total with taxes, and shows it without",
    source="NIST HB44 3.40: indications agree",
    dialects=_21,
)
def shows_before_tax(reckoned: Sum) -> Decimal:
    """The first number of the structure is taken."""
    return half_up(reckoned.before_tax)


@behaviour
def tells_running_cost(station: Station) -> bool:
    """Whether the cost so far goes out with each meter value."""
    return True


@variation(
    "V150",
    alters=tells_running_cost,
    text="cost details come with the end of a session only",
    source="OCPP 2.1 TariffCostCtrlr Enabled[RunningCost] (recalled)",
    area="billing",
    dialects=_21,
)
def tells_at_the_end(station: Station) -> bool:
    """Mobile data cost money too."""
    return False


@behaviour
def charging_time_told(charging_s: Decimal, idle_s: Decimal) -> Decimal:
    """``chargingTime`` of the usage: while energy flowed."""
    return charging_s


@variation(
    "V152",
    alters=charging_time_told,
    text="chargingTime of the usage is the whole session",
    source="OCPP 2.1 TotalUsageType: the schema describes it so",
    area="billing",
    dialects=_21,
)
def tells_whole_duration(charging_s: Decimal, idle_s: Decimal) -> Decimal:
    """As the schema says, against the requirements."""
    return charging_s + idle_s


@behaviour
def tells_before_tax(station: Station) -> bool:
    """Whether the amounts before tax are stated beside the total with taxes."""
    return True


@variation(
    "V153",
    alters=tells_before_tax,
    text="the total is stated with taxes only",
    source="OCPP 2.1 TotalPriceType: exclTax can be absent",
    area="billing",
    dialects=_21,
)
def tells_total_only(station: Station) -> bool:
    """What the driver pays."""
    return False


# --- sessions ---------------------------------------------------------------------------------------------


def begin(station: Station, outlet: Outlet, session: OpenTransaction) -> None:
    """A session begins: by the tariff of its driver, else by the default; without either the central system reckons."""
    own, default = (
        station.flash.driver_tariffs.get(session.token.casefold()),
        station.flash.default_tariffs.get(outlet.id),
    )
    text = station.conduct(tariff_at_start)(own, default)
    if text and station.conduct(reckons)(station):
        session.reckoned = Reckoned(at=session.started, wh=session.start_wh)
        session.reckoned.use(station.conduct(parts_priced)(station, text))
        _look_again(station, outlet)


def resume(station: Station, outlet: Outlet, session: OpenTransaction) -> None:
    """A session goes on after a power cut: until the cut it was as it was, since then no energy flowed."""
    if session.reckoned is not None:
        cut = station.flash.lost_power_at or session.last_at
        advance(station, outlet, cut, metering.register(outlet), session)
        _look_again(station, outlet)


def _look_again(station: Station, outlet: Outlet) -> None:
    """Prices by power or current are looked at every few seconds; all others only when something happens."""
    session = outlet.session
    if session is not None and session.reckoned is not None and session.reckoned.tariff.by_power:
        advance(station, outlet)
        station.set_timer(outlet, "reckoning", INTERVAL_S, lambda o: _look_again(station, o))


def advance(
    station: Station,
    outlet: Outlet,
    at: datetime | None = None,
    wh: Decimal | None = None,
    session: OpenTransaction | None = None,
) -> None:
    """Reckon up to now (or ``at``, where the register read ``wh``), and note whether energy flows from here on."""
    session = session or outlet.session
    if session is None or session.reckoned is None:
        return
    sheet = station.sheet
    volts = Decimal(round(sheet.rated_voltage_v)) * sheet.phases
    session.reckoned.advance(
        station.now() if at is None else at, metering.register(outlet) if wh is None else wh, volts
    )
    session.reckoned.charging = outlet.state in {"charging", "suspended evse"}


def told(station: Station, outlet: Outlet, session: OpenTransaction, *, final: bool) -> CostTold | None:
    """The cost as it goes out, put on the screen on the way; None when the central system reckons."""
    reckoned = session.reckoned
    if reckoned is None or not (final or station.conduct(tells_running_cost)(station)):
        return None
    if session.seq_no == 0:
        return None
    sum_ = station.conduct(summed)(station, reckoned)
    shown = station.conduct(cost_shown)(sum_)
    if final:
        display.final_cost(station, outlet, shown, reckoned.tariff.currency)
    else:
        display.running_cost(station, outlet, shown)
    whole = station.conduct(tells_before_tax)(station)
    charging = station.conduct(charging_time_told)(reckoned.charging_s, reckoned.idle_s)
    return CostTold(
        currency=reckoned.tariff.currency,
        kind=sum_.kind,
        parts=dict(sum_.parts) if whole else {},
        before_tax=sum_.before_tax if whole else None,
        total=sum_.total,
        energy_wh=reckoned.energy_wh,
        charging_s=int(charging),
        idle_s=int(reckoned.idle_s),
        periods=reckoned.periods if final else (),
    )
