"""Session records of OCPI from the sessions of a record, with the documents that it was made with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any

from wattest.errors import BenchError
from wattest.judge.noted_money import rate_from, tariff_from
from wattest.judge.session_table import SessionRow
from wattest.model.charger import ChargerSheet
from wattest.model.ocpi_version import OcpiName
from wattest.model.site import Site
from wattest.model.tariff import TaxRate
from wattest.ocpi.objects import Object, tariff_object
from wattest.ocpi.session_record import session_record


def sheet_of(header: Mapping[str, Any]) -> ChargerSheet:
    """The charger sheet as the header of a record holds it. Raises ``BenchError`` when it holds none."""
    stated = header.get("charger")
    if not isinstance(stated, Mapping):
        raise BenchError(
            "This record holds no charger sheet, so that its sessions have no place: it is not of a run."
        )
    known = {field.name for field in fields(ChargerSheet)}
    values: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value
        for name, value in stated.items()
        if name in known
    }
    return ChargerSheet(**values)


def session_records(
    version: OcpiName, site: Site, sheet: ChargerSheet, rows: Sequence[SessionRow]
) -> tuple[list[Object], list[str]]:
    """A CDR of every session that has ended and has a price, and a sentence for every other one."""
    made, left = [], []
    for row in rows:
        if row.bill is None or row.priced_by is None:
            why = row.remark or "it has no tariff, or has not ended"
            left.append(f"Session {row.id} of {row.scenario or row.station} has no session record: {why}.")
            continue
        tariff, rates = tariff_from(row.priced_by["tariff"]), _in_force(row)
        since = datetime.fromisoformat(row.priced_by["utc"])
        published = tariff_object(version, site, tariff, rates, text=f"tariff {tariff.id}", updated=since)
        assert row.end is not None, "a session with a bill has ended"
        made.append(
            session_record(
                version,
                site,
                sheet,
                row.transaction,
                row.bill,
                tariff=published,
                method=row.method,
                updated=row.end,
            )
        )
    return made, left


def _in_force(row: SessionRow) -> list[TaxRate]:
    """The taxes that stand on the bill."""
    assert row.bill is not None and row.priced_by is not None  # noqa: PT018
    names = {(tax.name, tax.percent) for tax in row.bill.taxes}
    return [rate for rate in map(rate_from, row.priced_by["taxes"]) if (rate.name, rate.percent) in names]
