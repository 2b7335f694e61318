"""The table of sessions as plain columns, for CSV, JSON and Parquet. No value is a float: money and energy are exact."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from wattest.errors import BenchError
from wattest.judge.session_table import SessionRow

PLAIN = (
    "scenario",
    "dialect",
    "station",
    "evse",
    "connector",
    "id",
    "begin",
    "end",
    "duration_s",
    "energy_wh",
    "peak_w",
    "peak_from",
    "method",
    "result",
    "stop_reason",
    "error",
    "tariff",
    "currency",
    "before_tax",
)
"""Columns before the taxes: every row then has one column for each tax that any row has, and ``total`` and ``remark``.

The token is left out: who charged is nobody's business who reads an export (DAT-07).
"""


def columns(rows: Sequence[SessionRow]) -> tuple[str, ...]:
    """Names of the columns for these rows, in order."""
    taxes = sorted({tax.name for row in rows for tax in row.taxes})
    return (*PLAIN, *(f"tax_{name}" for name in taxes), "total", "remark")


def exported(row: SessionRow, names: Sequence[str]) -> dict[str, Any]:
    """One row by column: text, whole numbers, ``Decimal``, times in UTC, None where nothing is known."""
    taxes = {f"tax_{tax.name}": tax.amount for tax in row.taxes}
    values = {name: taxes.get(name) if name.startswith("tax_") else getattr(row, name) for name in names}
    return {name: None if value == "" else value for name, value in values.items()}


def as_csv(rows: Sequence[SessionRow]) -> str:
    """CSV with a header line (RFC 4180, lines ended by a line feed)."""
    names = columns(rows)
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(names)
    for row in rows:
        writer.writerow(["" if value is None else _text(value) for value in exported(row, names).values()])
    return out.getvalue()


def as_json(rows: Sequence[SessionRow]) -> str:
    """A JSON list of objects. Decimals are text, so that no reader rounds them."""
    names = columns(rows)
    data = [
        {
            name: value if value is None or isinstance(value, int) else _text(value)
            for name, value in one.items()
        }
        for one in (exported(row, names) for row in rows)
    ]
    return json.dumps(data, ensure_ascii=False, indent=2) + "\n"


def as_parquet(rows: Sequence[SessionRow]) -> bytes:
    """A Parquet file with decimal and timestamp columns, the same values as in CSV and JSON.

    Raises ``BenchError`` without the package pyarrow, and for a number that no column of Parquet holds.
    """
    try:
        import pyarrow as pa  # noqa: PLC0415 - an extra
        from pyarrow import parquet  # noqa: PLC0415
    except ImportError:
        raise BenchError(
            "Parquet needs the package pyarrow, which is not installed here: pip install pyarrow "
            "(it comes with the extra: pip install 'wattest[data]'), or choose --format csv or json."
        ) from None
    names = columns(rows)
    data = [exported(row, names) for row in rows]
    money = ("before_tax", "total", *(name for name in names if name.startswith("tax_")))
    kinds: Mapping[str, Any] = {
        **dict.fromkeys(("evse", "connector"), pa.int64()),
        **dict.fromkeys(("begin", "end"), pa.timestamp("us", tz="UTC")),
        **{name: _decimals(pa, data, name, 6) for name in ("duration_s", "energy_wh", "peak_w")},
        **{name: _decimals(pa, data, name, 2) for name in money},
    }
    schema = pa.schema([(name, kinds.get(name, pa.string())) for name in names])
    try:
        table = pa.Table.from_pylist(data, schema=schema)
    except (pa.ArrowException, OverflowError) as problem:
        raise BenchError(
            f"A number of these sessions does not fit into a column of Parquet: {problem}. Choose --format csv or json."
        ) from problem
    out = io.BytesIO()
    parquet.write_table(table, out, compression="zstd")
    return out.getvalue()


def _decimals(pa: Any, data: Sequence[Mapping[str, Any]], name: str, least: int) -> Any:
    """A column of decimals: as many places as any value has, and ``least``, so that runs usually have the same schema."""
    exponents = [one[name].as_tuple().exponent for one in data if isinstance(one[name], Decimal)]
    return pa.decimal128(38, min(38, max(least, *(-one for one in exponents if isinstance(one, int)), 0)))


def _text(value: object) -> str:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
    if isinstance(value, Decimal):
        return format(value, "f")
    return str(value)
