"""Location and Tariff of OCPI, built from a site document, a charger sheet and a tariff.

Numbers are ``int`` or ``Decimal``; ``encode`` writes them exactly. Both versions differ in a few fields only.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import orjson

from wattest.model.charger import ChargerSheet
from wattest.model.ocpi_version import OcpiName, OcpiStatus
from wattest.model.site import Site
from wattest.model.tariff import Tariff, TaxRate

Object = dict[str, Any]

PLACES = Decimal("0.0001")
"""OCPI numbers have at most four decimals."""

_ALPHA_3 = {"CA": "CAN", "US": "USA"}
_CAPABILITIES = {
    "card_reader": "RFID_READER",
    "remote_start": "REMOTE_START_STOP_CAPABLE",
    "smart_charging": "CHARGING_PROFILE_CAPABLE",
    "unlock": "UNLOCK_CAPABLE",
}


def encode(value: Any) -> bytes:
    """Compact JSON; a ``Decimal`` becomes a number with exactly its digits."""

    def exactly(one: object) -> Any:
        if isinstance(one, Decimal):
            return orjson.Fragment(format(one, "f").encode())
        raise TypeError(f"{type(one).__name__} cannot be written as JSON")

    return orjson.dumps(value, default=exactly)


def written(at: datetime) -> str:
    """A time as OCPI wants it: UTC, to the second, with Z."""
    return at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def number(value: Decimal) -> Decimal:
    """A number with the four decimals of OCPI, half up."""
    return value.quantize(PLACES, ROUND_HALF_UP)


def country_3(site: Site) -> str:
    """ISO 3166-1 alpha-3, as OCPI wants it in an address."""
    return _ALPHA_3.get(site.country, site.country)


# --- location ----------------------------------------------------------------------------------------------


def location(
    version: OcpiName,
    site: Site,
    sheet: ChargerSheet,
    *,
    statuses: Mapping[int, tuple[OcpiStatus, datetime]],
    tariff_ids: Sequence[str],
    updated: datetime,
) -> Object:
    """A Location with the EVSEs of the sheet; ``statuses`` by EVSE, with the time since when each is published.

    An EVSE of which nothing was heard is UNKNOWN. ``help_phone`` exists from 2.3.0 on only.
    """
    evses = [
        _evse(site, sheet, number, *statuses.get(number, ("UNKNOWN", updated)), tariff_ids)
        for number in range(1, sheet.connectors + 1)
    ]
    found: Object = {
        "country_code": site.country,
        "party_id": site.party,
        "id": site.id,
        "publish": True,
        "name": site.name,
        "address": site.address,
        "city": site.city,
        "postal_code": site.postal_code,
        "state": site.province,
        "country": country_3(site),
        "coordinates": coordinates(site),
        "evses": evses,
        "operator": {"name": site.operator},
        "time_zone": site.time_zone,
        "opening_times": _hours(site),
        "last_updated": max([written(updated), *(one["last_updated"] for one in evses)]),
    }
    if version == "2.3.0" and site.help_phone is not None:
        found["help_phone"] = site.help_phone
    return found


def coordinates(site: Site) -> Object:
    """GeoLocation."""
    return {"latitude": site.latitude, "longitude": site.longitude}


def _hours(site: Site) -> Object:
    if not site.hours:
        return {"twentyfourseven": True}
    return {
        "twentyfourseven": False,
        "regular_hours": [
            {"weekday": one.weekday, "period_begin": one.begin, "period_end": one.end} for one in site.hours
        ],
    }


def _evse(
    site: Site,
    sheet: ChargerSheet,
    number: int,
    status: OcpiStatus,
    since: datetime,
    tariff_ids: Sequence[str],
) -> Object:
    known = site.evse(number)
    return {
        "uid": f"{sheet.identity}-{number}",
        "evse_id": known.evse_id,
        "status": status,
        "capabilities": [word for feature, word in _CAPABILITIES.items() if feature in sheet.features],
        "connectors": [
            {
                "id": "1",
                **plug(sheet),
                "max_voltage": round(sheet.rated_voltage_v),
                "max_amperage": round(sheet.rated_current_a),
                "max_electric_power": round(sheet.rated_voltage_v * sheet.rated_current_a * sheet.phases),
                "tariff_ids": list(tariff_ids),
                "last_updated": written(since),
            }
        ],
        "physical_reference": known.physical_reference,
        "last_updated": written(since),
    }


def plug(sheet: ChargerSheet) -> dict[str, str]:
    """Standard, format and power type of the connector.

    No sheet states the standard: one phase is taken for SAE J1772 (IEC 62196 type 1), three for type 2. One phase at 240 V
    is the split-phase supply of North America.
    """
    split = sheet.phases == 1 and abs(sheet.rated_voltage_v - 240.0) < 1.0
    return {
        "standard": "IEC_62196_T2" if sheet.phases == 3 else "IEC_62196_T1",
        "format": "CABLE" if sheet.cable == "tethered" else "SOCKET",
        "power_type": "AC_2_PHASE_SPLIT" if split else f"AC_{sheet.phases}_PHASE",
    }


# --- tariff ------------------------------------------------------------------------------------------------


def tariff_object(
    version: OcpiName, site: Site, tariff: Tariff, rates: Sequence[TaxRate], *, text: str, updated: datetime
) -> Object:
    """A Tariff; ``rates`` are the taxes in force, ``text`` the prices as a driver reads them.

    Our price of time runs from start to end, while TIME of OCPI stops where PARKING_TIME begins: parked time costs
    both. Grace and cap of idling cannot be said in OCPI restrictions and stand in ``tariff_alt_text``. Prices of 2.2.1
    are before VAT: those that contain the taxes are worked out to four decimals there.
    """
    percent = sum((rate.percent for rate in rates), Decimal(0))
    included = tariff.tax_included and version == "2.2.1"

    def component(kind: str, price: Decimal) -> Object:
        exact = price / (1 + percent / 100) if included else price
        found: Object = {"type": kind, "price": number(exact), "step_size": 1}
        if version == "2.2.1":
            found["vat"] = number(percent)
        return found

    priced = [
        ("FLAT", tariff.flat),
        ("ENERGY", tariff.energy),
        ("TIME", tariff.time),
        ("PARKING_TIME", tariff.time + tariff.idle),
    ]
    components = [component(kind, price) for kind, price in priced if price]
    found: Object = {
        "country_code": site.country,
        "party_id": site.party,
        "id": tariff.id,
        "currency": tariff.currency,
        "type": "REGULAR",
        "tariff_alt_text": [{"language": "en", "text": text}],
        "elements": [{"price_components": components or [component("FLAT", Decimal(0))]}],
        "last_updated": written(updated),
    }
    if version == "2.3.0":
        found["tax_included"] = "YES" if tariff.tax_included else "NO"
    return found
