"""Every defect is failed by a named scenario on the requirement it breaks; no variation is failed."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

import wattest.evse
from wattest.model.library import library_folder
from wattest.model.scenario import DIALECTS
from wattest.run.prove import library, matrix, parties, trial
from wattest.world.behaviour import DEFECTS, VARIATIONS

if TYPE_CHECKING:
    from wattest.model.scenario import Dialect

assert wattest.evse, "importing it registers the defects of the firmware"
MATRIX = json.loads((library_folder("fixtures") / "proof" / "matrix.json").read_text(encoding="utf-8"))
NAMED = [(id_, name) for id_, row in MATRIX["defects"].items() for name in row["caught_by"][:1]]
AREAS = {"authentication", "locking", "metering", "billing", "outage", "climate", "electrical", "cable"}


def _split(name: str) -> tuple[str, Dialect]:
    key, _, dialect = name.rpartition(" (")
    return key, dialect.rstrip(")")  # type: ignore[return-value]  # the matrix writes dialects


def test_the_matrix_is_complete() -> None:
    """The committed matrix names every defect and variation there is, and nothing is missed or wronged."""
    assert set(MATRIX["defects"]) == set(DEFECTS)
    assert set(MATRIX["variations"]) == set(VARIATIONS)
    assert MATRIX["missed"] == []
    assert MATRIX["wronged"] == []
    assert MATRIX["sound"] == []
    assert len(DEFECTS) >= 24
    assert len(VARIATIONS) >= 6
    assert {row.area for row in DEFECTS.values()} >= AREAS


@pytest.mark.parametrize(("id_", "name"), NAMED, ids=[id_ for id_, _ in NAMED])
def test_defect_is_caught(id_: str, name: str) -> None:
    """The named scenario fails the charger with this defect, on the requirement that it breaks."""
    key, dialect = _split(name)
    found = trial(id_, dialect, (key,))
    assert DEFECTS[id_].requirement in found.failed.get(key, ()), found


def test_no_variation_is_failed() -> None:
    """The whole library, on each dialect, against chargers with eight allowed variations at a time: nothing fails."""
    ids = [(party, dialect) for dialect in DIALECTS for party in parties(dialect)]
    assert {id_ for party, _ in ids for id_ in party.split("+")} == set(VARIATIONS)
    assert {(t.id, t.dialect): t.failed for t in matrix(ids) if t.failed} == {}


def test_unproven_scenarios_are_named() -> None:
    """Scenarios that catch no defect are listed by name, so that nobody takes them for proof."""
    assert set(MATRIX["unproven"]) <= {scenario.key for scenario in library()}
