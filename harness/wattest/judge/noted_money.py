"""Tariffs and tax lines as a record holds them: amounts stand there as text, and become Decimal again."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from wattest.errors import BenchError
from wattest.model.tariff import PriceStep, Tariff, TaxRate


def tariff_from(row: Mapping[str, Any]) -> Tariff:
    """A tariff as it was noted: amounts stand there as text.

    Raises ``BenchError`` when they are none, and when there is a price that this version cannot compute.
    """
    unknown = [name for name, value in row.items() if name not in Tariff.__dataclass_fields__ and value]
    if unknown:
        raise BenchError(f"The tariff '{row.get('id')}' has '{unknown[0]}', which this table cannot price.")
    plain = {name: value for name, value in row.items() if name in Tariff.__dataclass_fields__}
    try:
        for name in ("energy", "time", "flat", "idle", "idle_grace_s", "longest_gap_s"):
            if name in plain:
                plain[name] = Decimal(str(plain[name]))
        for name in ("idle_cap", "minimum", "maximum"):
            if plain.get(name) is not None:
                plain[name] = Decimal(str(plain[name]))
        plain["steps"] = tuple(
            PriceStep(*(Decimal(str(step[name])) for name in ("above", "energy", "time")))
            for step in row.get("steps") or ()
        )
    except (ArithmeticError, KeyError, TypeError) as problem:
        raise BenchError(f"The record holds a tariff that cannot be read: {dict(row)}.") from problem
    return Tariff(**plain)


def rate_from(row: Mapping[str, Any]) -> TaxRate:
    """A tax line as it was noted."""
    end = row.get("valid_to")
    return TaxRate(
        row["province"],
        row["name"],
        Decimal(str(row["percent"])),
        date.fromisoformat(str(row["valid_from"])),
        None if end is None else date.fromisoformat(str(end)),
        row.get("source", ""),
        bool(row.get("settled", True)),
    )
