"""Tariffs that the central system gives to a charger of OCPP 2.1 (I07 to I11, recalled).

The default tariff of an EVSE is kept in flash. Whether it must outlive a reboot is not said by 2.1 as far as we know; here
it does.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from wattest.evse import local_cost, sessions
from wattest.evse.answering import Reply
from wattest.evse.reckoning import Unsupported, as_json, read
from wattest.evse.station import Station
from wattest.world.behaviour import behaviour, variation

Payload = Mapping[str, Any]

MAX_ELEMENTS = 8
"""Prices of one part that this charger can keep."""


@behaviour
def knows_conditions(station: Station) -> bool:
    """Whether prices may hang on conditions (TariffCostCtrlr ConditionsSupported)."""
    return True


@variation(
    "V155",
    alters=knows_conditions,
    text="a tariff with conditions is declined, and left to the central system",
    source="OCPP 2.1 TariffSetStatusEnumType ConditionNotSupported",
    area="billing",
    dialects=("2.1",),
)
def knows_no_conditions(station: Station) -> bool:
    """One price for everything."""
    return False


def set_default(station: Station, payload: Payload) -> Reply:
    """I07."""
    evse, text = payload["evseId"], as_json(payload["tariff"])
    if not station.conduct(local_cost.reckons)(station):
        return Reply({"status": "Rejected"})
    refused = _refusal(station, payload["tariff"], text)
    if refused is not None:
        return Reply(refused)
    if evse and station.outlet(evse) is None:
        return Reply({"status": "Rejected", "statusInfo": {"reasonCode": "UnknownEvse"}})
    if "validFrom" in payload["tariff"]:
        return Reply({"status": "Rejected", "statusInfo": {"reasonCode": "UnsupportedParam"}})
    kept = station.flash.default_tariffs
    id_ = read(text).id
    if any(read(other).id == id_ and other != text for other in kept.values()):
        return Reply({"status": "DuplicateTariffId"})
    for outlet in station.outlets:
        if evse in (0, outlet.id):
            kept[outlet.id] = text
            station.conduct(local_cost.default_changed)(station, outlet, text)
    station.flash.settings["default_price"] = read(text).text
    return Reply({"status": "Accepted"})


def get(station: Station, payload: Payload) -> Reply:
    """I09: defaults by tariff, and those of sessions that run by another."""
    evse = payload["evseId"]
    where: dict[str, list[int]] = {}
    for number, text in sorted(station.flash.default_tariffs.items()):
        if evse in (0, number):
            where.setdefault(read(text).id, []).append(number)
    found: list[dict[str, Any]] = [
        {"tariffId": id_, "tariffKind": "DefaultTariff", "evseIds": ids} for id_, ids in where.items()
    ]
    for session in station.flash.transactions.values():
        used = None if session.reckoned is None else session.reckoned.tariff.id
        if used is not None and used not in where and evse in (0, session.evse_id):
            found.append(
                {
                    "tariffId": used,
                    "tariffKind": "DriverTariff",
                    "evseIds": [session.evse_id],
                    "idTokens": [session.token],
                }
            )
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
    refused = _refusal(station, payload["tariff"], text)
    if refused is not None:
        return Reply(refused)
    if read(text).currency != session.reckoned.tariff.currency:
        return Reply({"status": "NoCurrencyChange"})
    outlet = station.outlets[session.evse_id - 1]

    def then() -> None:
        local_cost.advance(station, outlet)
        assert session.reckoned is not None
        station.conduct(local_cost.changed)(session.reckoned, text)
        sessions.sample_now(station, outlet, "Trigger", "tariff")

    return Reply({"status": "Accepted"}, then)


def _refusal(station: Station, told: Mapping[str, Any], text: str) -> Payload | None:
    parts = ("energy", "chargingTime", "idleTime", "fixedFee")
    if any(len(told[part]["prices"]) > MAX_ELEMENTS for part in parts if part in told):
        return {"status": "TooManyElements"}
    conditional = any("conditions" in one for part in parts if part in told for one in told[part]["prices"])
    if conditional and not station.conduct(knows_conditions)(station):
        return {"status": "ConditionNotSupported"}
    try:
        read(text)
    except Unsupported as problem:
        about = {"reasonCode": "InvalidTariff", "additionalInfo": str(problem)}
        return {"status": "ConditionNotSupported", "statusInfo": about}
    return None


def driver_tariff(station: Station, token: str, told: object) -> None:
    """A tariff that came with the answer to an Authorize: for sessions of this token until it is asked about again (I08).

    What cannot be reckoned with is left to the central system (``HandleFailedTariff`` CentralCost).
    """
    station.flash.driver_tariffs.pop(token.casefold(), None)
    if isinstance(told, Mapping) and station.conduct(local_cost.reckons)(station):
        text = as_json(told)
        station.flash.driver_tariffs[token.casefold()] = text if _refusal(station, told, text) is None else ""
