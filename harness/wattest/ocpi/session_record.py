"""The session record of OCPI (CDR), from a transaction and its bill."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from wattest.errors import BenchError
from wattest.judge.money import idle_time
from wattest.model.charger import ChargerSheet
from wattest.model.ocpi_version import OcpiName
from wattest.model.site import Site
from wattest.model.tariff import Bill
from wattest.ocpi.objects import Object, coordinates, country_3, number, plug, written
from wattest.ocpp.ledger import Transaction


def session_record(
    version: OcpiName,
    site: Site,
    sheet: ChargerSheet,
    transaction: Transaction,
    bill: Bill,
    *,
    tariff: Object,
    method: str,
    updated: datetime,
) -> Object:
    """A CDR. ``method`` is how the session was authorised (``judge.session_table``), ``tariff`` the object published.

    Raises ``BenchError`` for a session that has not ended, or whose energy was never stated: no record is made up.
    The token stands as its SHA-256, shortened: who charged is known to who issued it.
    """
    begin, end, energy = transaction.started_at, transaction.ended_at, transaction.energy_wh
    if begin is None or end is None or energy is None:
        raise BenchError(
            f"Session {transaction.id} of {transaction.station} has no session record: start, end and energy are not all stated."
        )
    evse = transaction.evse_id or 1
    parked = idle_time(transaction.states, end)
    return {
        "country_code": site.country,
        "party_id": site.party,
        "id": record_id(transaction),
        "start_date_time": written(begin),
        "end_date_time": written(end),
        "session_id": transaction.id[:36],
        "cdr_token": _token(site, transaction, method),
        "auth_method": _auth_method(transaction, method),
        "cdr_location": {
            "id": site.id,
            "name": site.name,
            "address": site.address,
            "city": site.city,
            "postal_code": site.postal_code,
            "state": site.province,
            "country": country_3(site),
            "coordinates": coordinates(site),
            "evse_uid": f"{sheet.identity}-{evse}",
            "evse_id": site.evse(evse).evse_id,
            "connector_id": str(transaction.connector_id or 1),
            **{f"connector_{name}": word for name, word in plug(sheet).items()},
        },
        "currency": bill.currency,
        "tariffs": [tariff],
        "charging_periods": _periods(transaction, tariff["id"]),
        "total_cost": _price(version, site, bill),
        "total_energy": number(energy / 1000),
        "total_time": _hours(end - begin),
        "total_parking_time": _hours(parked),
        "last_updated": written(updated),
    }


def record_id(transaction: Transaction) -> str:
    """The same for the same session, whoever computes it; 32 characters."""
    begin = transaction.started_at
    text = f"{transaction.station} {transaction.id} {'' if begin is None else written(begin)}"
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def _token(site: Site, transaction: Transaction, method: str) -> Object:
    uid = hashlib.sha256((transaction.token or "").casefold().encode()).hexdigest()[:32]
    kind = "APP_USER" if method == "remote start" else "RFID" if transaction.token else "OTHER"
    return {
        "country_code": site.country,
        "party_id": site.party,
        "uid": uid,
        "type": kind,
        "contract_id": uid,
    }


def _auth_method(transaction: Transaction, method: str) -> str:
    if method == "remote start":
        return "COMMAND"
    return "WHITELIST" if transaction.offline else "AUTH_REQUEST"


def _price(version: OcpiName, site: Site, bill: Bill) -> Object:
    if version == "2.2.1":
        return {"excl_vat": bill.before_tax, "incl_vat": bill.total}
    taxes = []
    for tax in bill.taxes:
        line: Object = {"name": tax.name, "percentage": number(tax.percent), "amount": tax.amount}
        if tax.name in site.tax_numbers:
            line["account_number"] = site.tax_numbers[tax.name]
        taxes.append(line)
    return {"before_taxes": bill.before_tax, "taxes": taxes}


def _hours(span: timedelta) -> Decimal:
    return number(Decimal(span // timedelta(microseconds=1)) / 3_600_000_000)


def _periods(transaction: Transaction, tariff_id: str) -> Sequence[Object]:
    """Stretches of charging and of parking. Their times and energies add up to the totals to the last digit."""
    begin, end, energy = transaction.started_at, transaction.ended_at, transaction.energy_wh
    assert begin is not None and end is not None and energy is not None  # noqa: PT018
    edges: list[tuple[datetime, bool]] = [(begin, False)]
    for since, state in sorted(transaction.states, key=lambda one: one[0]):
        parked = state == "suspended ev"
        if begin < since < end and parked != edges[-1][1]:
            edges.append((since, parked))
    found = []
    for index, (since, parked) in enumerate(edges):
        until = edges[index + 1][0] if index + 1 < len(edges) else end
        took = _hours(until - begin) - _hours(since - begin)
        used = _used(transaction, begin, until, end) - _used(transaction, begin, since, end)
        dimensions: list[dict[str, Any]] = [{"type": "PARKING_TIME" if parked else "TIME", "volume": took}]
        if used or len(edges) == 1:
            dimensions.insert(0, {"type": "ENERGY", "volume": used})
        found.append({"start_date_time": written(since), "dimensions": dimensions, "tariff_id": tariff_id})
    return found


def _used(transaction: Transaction, begin: datetime, until: datetime, end: datetime) -> Decimal:
    """Energy in kWh from the start to a moment, by the last register stated until then."""
    if until >= end:
        return number((transaction.energy_wh or Decimal(0)) / 1000)
    start = transaction.meter_start_wh
    stated = [wh for at, wh, _ in transaction.register if begin <= at <= until]
    if not stated:
        return number(Decimal(0))
    first = stated[0] if start is None else start
    return number((stated[-1] - first) / 1000)
