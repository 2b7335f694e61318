"""Giving a station of OCPP 2.1 a tariff to reckon by, and taking it back (I07 to I11, recalled)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from wattest.csms.billing import rates_on, tax_day
from wattest.csms.tariff_type import lacking, tariff_type

if TYPE_CHECKING:
    from datetime import datetime

    from wattest.csms.station import Answer, Station
    from wattest.model.tariff import Tariff, TaxRate

_ENABLED = {
    "component": {"name": "TariffCostCtrlr"},
    "variable": {"name": "Enabled", "instance": "Tariff"},
}


def carried(
    tariff: Tariff, taxes: tuple[TaxRate, ...], at: datetime, tariff_id: str
) -> tuple[Mapping[str, Any] | None, tuple[str, ...]]:
    """The TariffType of a tariff with the taxes of a day; None, and why, when 2.1 cannot carry it.

    Raises ``BenchError`` when the taxes of its province are not known for that day.
    """
    rates = rates_on(taxes, tariff.province, tax_day(tariff.province, at), tariff.provincial_tax)
    lacks = lacking(tariff, rates)
    return (None if lacks else tariff_type(tariff, rates, tariff_id)), lacks


async def set_default(station: Station, evse_id: int, told: Mapping[str, Any]) -> Answer:
    """Let the station reckon (TariffCostCtrlr) and give it a default tariff; 0 is every EVSE."""
    read = await station.call("GetVariables", {"getVariableData": [_ENABLED]})
    if _first(read.payload, "getVariableResult").get("attributeValue") == "false":
        await station.call("SetVariables", {"setVariableData": [{**_ENABLED, "attributeValue": "true"}]})
    answer = await station.call("SetDefaultTariff", {"evseId": evse_id, "tariff": told})
    station.reckons = station.reckons or answer.accepted
    return answer


async def change(station: Station, transaction_id: str, told: Mapping[str, Any]) -> Answer:
    """Change the tariff of a transaction that runs."""
    return await station.call("ChangeTransactionTariff", {"transactionId": transaction_id, "tariff": told})


async def take_back(station: Station) -> Answer:
    """Clear every default tariff: from the next session on the central system reckons."""
    station.reckons = False
    return await station.call("ClearTariffs", {})


def _first(payload: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    found = payload.get(key)
    first = found[0] if isinstance(found, list) and found else None
    return first if isinstance(first, dict) else {}
