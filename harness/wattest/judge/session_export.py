"""The table of sessions as plain columns, for CSV, JSON and Parquet. No value is a float: money and energy are exact."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
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


def write_parquet(rows: Sequence[SessionRow], path: Path) -> None:
    """A Parquet file with decimal and timestamp columns. Raises ``BenchError`` without pa."""
    try:
        import pyarrow as pa  # noqa: PLC0415 - an extra
        from pyarrow import parquet  # noqa: PLC0415
    except ImportError:
        raise BenchError(
            "Parquet needs the package pyarrow, which is not installed here: "
            "pip install 'wattest[data]', or choose --format csv or json."
        ) from None
    names = columns(rows)
    data = [exported(row, names) for row in rows]
    kinds: Mapping[str, Any] = {
        **dict.fromkeys(("evse", "connector"), pa.int64()),
        **dict.fromkeys(("begin", "end"), pa.timestamp("us", tz="UTC")),
        **dict.fromkeys(("duration_s", "energy_wh", "peak_w"), pa.decimal128(38, 6)),
        **dict.fromkeys(
            ("before_tax", "total", *(name for name in names if name.startswith("tax_"))),
            pa.decimal128(18, 2),
        ),
    }
    schema = pa.schema([(name, kinds.get(name, pa.string())) for name in names])
    table = pa.Table.from_pylist([_scaled(one, schema) for one in data], schema=schema)
    parquet.write_table(table, path, compression="zstd")


def _scaled(one: Mapping[str, Any], schema: Any) -> dict[str, Any]:
    """Decimals with exactly the digits of their column, half a digit more being none of ours."""
    return {
        name: value.quantize(Decimal(1).scaleb(-schema.field(name).type.scale))
        if isinstance(value, Decimal)
        else value
        for name, value in one.items()
    }


def _text(value: object) -> str:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
    if isinstance(value, Decimal):
        return format(value, "f")
    return str(value)
