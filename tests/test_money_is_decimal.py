"""No float touches money: not in an annotation, not in a module that reckons with it, not at run time."""

from __future__ import annotations

import ast
import re
from dataclasses import fields
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_type_hints

import pytest

from wattest.document.quantity import DIMENSIONS
from wattest.judge.receipts import Remitted
from wattest.judge.told import Told
from wattest.model.tariff import Bill, PriceStep, Tariff, TaxLine, TaxRate

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[1]
SOURCES = [
    path
    for folder in ("harness", "reports")
    for path in (ROOT / folder).rglob("*.py")
    if "world" not in path.parts
]
"""All but drivers and the simulated world, which know no money: an adjustment there is that of a meter."""
MONEY = re.compile(
    r"(^|_)(price|prices|cost|costs|amount|amounts|fee|tax|taxes|owed|total|totals|cents|bill|minimum|maximum"
    r"|before_tax|adjustment|remission)(_cad)?$"
)
"""Names of money; ``minimum`` and ``maximum`` are those of tariffs, and no other thing has such a name as a float."""
RECKON = (
    "harness/wattest/model/tariff.py",
    "harness/wattest/csms/billing.py",
    "harness/wattest/csms/costs.py",
    "harness/wattest/judge/money.py",
    "harness/wattest/judge/receipts.py",
    "harness/wattest/judge/told.py",
)
"""Modules that do nothing but money: no float at all may stand there."""


def _annotated(tree: ast.AST) -> Iterator[tuple[str, ast.expr, int]]:
    """Every annotated name: arguments, fields, variables, and what functions return."""
    for node in ast.walk(tree):
        if isinstance(node, ast.AnnAssign):
            name = (
                node.target.attr if isinstance(node.target, ast.Attribute) else getattr(node.target, "id", "")
            )
            yield name, node.annotation, node.lineno
        elif isinstance(node, ast.arg) and node.annotation is not None:
            yield node.arg, node.annotation, node.lineno
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and node.returns is not None:
            yield node.name, node.returns, node.lineno


def _floats(tree: ast.AST) -> Iterator[int]:
    """Lines with a float: a number with a point, ``float`` as a type or a call."""
    for node in ast.walk(tree):
        if (isinstance(node, ast.Constant) and isinstance(node.value, float)) or (
            isinstance(node, ast.Name) and node.id == "float"
        ):
            yield node.lineno


def test_no_name_of_money_is_annotated_as_float() -> None:
    """In all sources, arguments, fields, variables and results with a name of money are no float."""
    seen = 0
    wrong = []
    for path in SOURCES:
        for name, annotation, line in _annotated(ast.parse(path.read_text(encoding="utf-8"))):
            if MONEY.search(name):
                seen += 1
                words = {node.id for node in ast.walk(annotation) if isinstance(node, ast.Name)}
                if "float" in words:
                    wrong.append(f"{path.relative_to(ROOT)}:{line}: {name}")
    assert wrong == []
    assert seen > 40


@pytest.mark.parametrize("module", RECKON)
def test_no_float_stands_where_money_is_reckoned(module: str) -> None:
    """Neither a float literal nor the word float stands in the modules that reckon with money."""
    tree = ast.parse((ROOT / module).read_text(encoding="utf-8"))
    allowed = {
        line
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef) and node.name == "no_float"
        for line in range(node.lineno, (node.end_lineno or node.lineno) + 1)
    }
    assert [line for line in _floats(tree) if line not in allowed] == []


def test_the_search_finds_what_it_looks_for() -> None:
    """A float on a price, a literal and a call are found in a source that has them."""
    tree = ast.parse(
        "def f(unit_price: float | None, x: int) -> float:\n    total_cost: float = 0.1\n    return float(x)\n"
    )
    assert [name for name, _, _ in _annotated(tree) if MONEY.search(name)] == [
        "unit_price",
        "total_cost",
    ] or [name for name, _, _ in _annotated(tree) if MONEY.search(name)] == ["total_cost", "unit_price"]
    assert sorted(_floats(tree)) == [1, 1, 2, 2, 3]


@pytest.mark.parametrize("kind", [Tariff, PriceStep, TaxRate, TaxLine, Bill, Told, Remitted])
def test_no_field_of_money_is_a_float(kind: Any) -> None:
    """By their resolved types, no field of a dataclass of money can be a float."""
    for name, hint in get_type_hints(kind).items():
        assert "float" not in str(hint), name


def test_a_float_is_refused_when_it_is_made() -> None:
    """Whoever puts a float into a tariff, a tax or a bill is told which one."""
    with pytest.raises(TypeError) as told:
        Tariff("t", energy=0.35)  # type: ignore[arg-type]  # that is the point
    assert str(told.value) == "Tariff.energy is the float 0.35; money is Decimal, made from text."
    made: list[tuple[Any, dict[str, Any]]] = [
        (PriceStep, {"above": Decimal(0)}),
        (TaxLine, {"name": "GST", "percent": Decimal(5), "amount": Decimal(1)}),
        (TaxRate, {"province": "QC", "name": "GST", "percent": Decimal(5), "valid_from": date(2008, 1, 1), "valid_to": None, "source": ""}),
        (Bill, {"currency": "CAD", **dict.fromkeys(("energy", "time", "flat", "idle", "before_tax", "total"), Decimal(0)), "taxes": ()}),
    ]  # fmt: skip
    for kind, whole in made:
        kind(**whole)
        for field in fields(kind):
            if isinstance(whole.get(field.name), Decimal):
                with pytest.raises(TypeError, match=f"{kind.__name__}.{field.name} is the float"):
                    kind(**{**whole, field.name: 0.1})


def test_money_in_documents_stays_exact() -> None:
    """Every dimension with dollars in its unit is read as Decimal."""
    of_money = [dimension for dimension in DIMENSIONS if "CAD" in dimension.unit]
    assert len(of_money) == 3
    assert all(dimension.exact for dimension in of_money)
