"""Tariffs that the central system gives to a charger of OCPP 2.1, and the cost that it reckons by them (I07 to I12).

The default tariff of an EVSE is kept in flash; a session keeps the tariff that it began with, unless the central system
changes that of the session itself. Whether defaults outlive a reboot is not said by 2.1 as far as we know; here they do.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import ROUND_DOWN, Decimal
from typing import Any

import orjson

from wattest.evse import display, metering
from wattest.evse.answering import Reply
from wattest.evse.flash import CostTold, OpenTransaction
from wattest.evse.reckoning import CENT, Reckoned, Rounding, Sum, Unsupported, add_up, half_up, read
from wattest.evse.station import Outlet, Station
from wattest.model.scenario import Dialect
from wattest.world.behaviour import behaviour, defect, variation

Payload = Mapping[str, Any]

MAX_ELEMENTS = 8
"""Prices of one part that this charger can keep."""
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
    requirement="BIL-08",
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
    requirement="BIL-11",
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
def default_changed(station: Station, outlet: Outlet, text: str) -> None:
    """A new default tariff does not touch the session that runs (I07, recalled)."""


@defect(
    "BILL-D32",
    breaks=default_changed,
    area="billing",
    requirement="BIL-05",
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
    requirement="BIL-02",
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
    requirement="BIL-02",
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
    requirement="DSP-04",
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


# --- what the central system asks ------------------------------------------------------------------------


def set_default(station: Station, payload: Payload) -> Reply:
    """I07."""
    evse, text = payload["evseId"], as_json(payload["tariff"])
    if not station.conduct(reckons)(station):
        return Reply({"status": "Rejected"})
    refused = _refusal(payload["tariff"], text)
    if refused is not None:
        return Reply(refused)
    if evse and station.outlet(evse) is None:
        return Reply({"status": "Rejected", "statusInfo": {"reasonCode": "UnknownEvse"}})
    kept = station.flash.default_tariffs
    id_ = read(text).id
    if any(read(other).id == id_ and other != text for other in kept.values()):
        return Reply({"status": "DuplicateTariffId"})
    for outlet in station.outlets:
        if evse in (0, outlet.id):
            kept[outlet.id] = text
            station.conduct(default_changed)(station, outlet, text)
    station.flash.settings["default_price"] = read(text).text
    return Reply({"status": "Accepted"})


def get(station: Station, payload: Payload) -> Reply:
    """I09: defaults by tariff, and those of sessions that run by another."""
    evse = payload["evseId"]
    where: dict[str, list[int]] = {}
    for number, text in sorted(station.flash.default_tariffs.items()):
        if evse in (0, number):
            where.setdefault(read(text).id, []).append(number)
    found = [{"tariffId": id_, "tariffKind": "DefaultTariff", "evseIds": ids} for id_, ids in where.items()]
    if not found:
        return Reply({"status": "NoTariff"})
    return Reply({"status": "Accepted", "tariffAssignments": found})


def clear(station: Station, payload: Payload) -> Reply:
    """I10: a session that runs keeps its tariff all the same."""
    evse, wanted = payload.get("evseId", 0), payload.get("tariffIds")
    kept = station.flash.default_tariffs
    matching = {
        number: read(text).id
        for number, text in kept.items()
        if evse in (0, number) and (wanted is None or read(text).id in wanted)
    }
    for number in matching:
        del kept[number]
    results = [{"tariffId": id_, "status": "Accepted"} for id_ in sorted(set(matching.values()))]
    return Reply({"clearTariffsResult": results or [{"status": "NoTariff"}]})


def change(station: Station, payload: Payload) -> Reply:
    """I11."""
    session, text = station.session(payload["transactionId"]), as_json(payload["tariff"])
    if session is None:
        return Reply({"status": "TxNotFound"})
    if session.reckoned is None:
        return Reply({"status": "Rejected"})
    refused = _refusal(payload["tariff"], text)
    if refused is not None:
        return Reply(refused)
    if read(text).currency != session.reckoned.tariff.currency:
        return Reply({"status": "NoCurrencyChange"})
    outlet = station.outlets[session.evse_id - 1]

    def then() -> None:
        from wattest.evse import sessions  # noqa: PLC0415 - sessions reckon by this module

        advance(station, outlet)
        assert session.reckoned is not None
        station.conduct(changed)(session.reckoned, text)
        sessions.sample_now(station, outlet, "Trigger", "tariff")

    return Reply({"status": "Accepted"}, then)


def _refusal(told: Mapping[str, Any], text: str) -> Payload | None:
    parts = ("energy", "chargingTime", "idleTime", "fixedFee")
    if any(len(told[part]["prices"]) > MAX_ELEMENTS for part in parts if part in told):
        return {"status": "TooManyElements"}
    try:
        read(text)
    except Unsupported as problem:
        about = {"reasonCode": "InvalidTariff", "additionalInfo": str(problem)}
        return {"status": "ConditionNotSupported", "statusInfo": about}
    return None


def as_json(told: Mapping[str, Any]) -> str:
    """A tariff as text, every number with the digits that came."""

    def digits(value: object) -> Any:
        return orjson.Fragment(format(Decimal(str(value)), "f").encode())

    return orjson.dumps(told, default=digits, option=orjson.OPT_SORT_KEYS).decode()


def read_json(text: str) -> dict[str, Any]:
    """A tariff from its text; its fractions stay as they are written."""
    import json  # noqa: PLC0415 - orjson reads floats only

    told: dict[str, Any] = json.loads(text, parse_float=Decimal)
    return told


def driver_tariff(station: Station, token: str, told: object) -> None:
    """A tariff that came with the answer to an Authorize: for the next session of this token (I08).

    What cannot be reckoned with is left to the central system (``HandleFailedTariff`` CentralCost).
    """
    station.driver_tariffs.pop(token.casefold(), None)
    if isinstance(told, Mapping) and station.conduct(reckons)(station):
        text = as_json(told)
        station.driver_tariffs[token.casefold()] = text if _refusal(told, text) is None else ""


# --- reckoning -------------------------------------------------------------------------------------------


def begin(station: Station, outlet: Outlet, session: OpenTransaction) -> None:
    """A session begins: by the tariff of its driver, else by the default; without either the central system reckons."""
    default = station.flash.default_tariffs.get(outlet.id)
    text = station.driver_tariffs.pop(session.token.casefold(), default)
    if text and station.conduct(reckons)(station):
        session.reckoned = Reckoned(at=session.started, wh=session.start_wh)
        session.reckoned.use(station.conduct(parts_priced)(station, text))
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
    at: Any = None,
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
