"""Every defect is failed by a named scenario on the requirement it breaks; no variation is failed."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

import wattest.evse
from wattest.model.library import library_folder
from wattest.run.prove import library, trial
from wattest.world.behaviour import DEFECTS, VARIATIONS

if TYPE_CHECKING:
    from wattest.model.scenario import Dialect

assert wattest.evse
MATRIX = json.loads((library_folder("fixtures") / "proof" / "matrix.json").read_text(encoding="utf-8"))
NAMED = [(id_, name) for id_, row in MATRIX["defects"].items() for name in row["caught_by"][:1]]


def _split(name: str) -> tuple[str, Dialect]:
    key, _, dialect = name.rpartition(" (")
    return key, dialect.rstrip(")")  # type: ignore[return-value]


def test_the_matrix_is_complete() -> None:
    """The committed matrix names every defect and variation there is, and nothing is missed or wronged."""
    assert set(MATRIX["defects"]) == set(DEFECTS)
    assert set(MATRIX["variations"]) == set(VARIATIONS)
    assert MATRIX["missed"] == []
    assert MATRIX["wronged"] == []
    assert MATRIX["sound"] == []
    assert len(DEFECTS) >= 24
    assert len(VARIATIONS) >= 6
    assert {row.area for row in DEFECTS.values()} >= {
        "authentication",
        "locking",
        "metering",
        "billing",
        "outage",
        "climate",
    }


@pytest.mark.parametrize(("id_", "name"), NAMED, ids=[id_ for id_, _ in NAMED])
def test_defect_is_caught(id_: str, name: str) -> None:
    """The named scenario fails the charger with this defect, on the requirement that it breaks."""
    key, dialect = _split(name)
    found = trial(id_, dialect, (key,))
    assert DEFECTS[id_].requirement in found.failed.get(key, ()), found


@pytest.mark.parametrize(
    ("id_", "dialect"),
    [(id_, dialect) for id_, row in VARIATIONS.items() for dialect in row.dialects],
)
def test_variation_is_respected(id_: str, dialect: Dialect) -> None:
    """No scenario fails a charger that differs in what every requirement allows."""
    found = trial(id_, dialect)
    assert found.failed == {}


def test_no_defect_is_too_coarse() -> None:
    """A defect that nearly every scenario fails would prove nothing about any of them."""
    coarse = [id_ for id_, row in MATRIX["defects"].items() if row["too_coarse"]]
    assert coarse == []


def test_the_library_has_proven_scenarios() -> None:
    """Scenarios that catch no defect are listed by name, so that nobody takes them for proof."""
    assert set(MATRIX["unproven"]) <= {scenario.key for scenario in library()}
