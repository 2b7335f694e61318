"""Which scenarios are about which requirement."""

from __future__ import annotations

from collections import Counter

from wattest.model.library import library_folder
from wattest.model.ways import scenario_ways
from wattest.run.prove import library


def test_the_quick_look_sees_what_reading_in_earnest_sees() -> None:
    """For every requirement the same scenarios, with the same number of variants."""
    wanted: dict[str, Counter[str]] = {}
    for scenario in library():
        for name in scenario.covers:
            wanted.setdefault(name, Counter())[scenario.id] += 1
    found = scenario_ways(library_folder("scenarios"))
    assert {name: dict(ids) for name, ids in found.items()} == {
        name: dict(ids) for name, ids in wanted.items()
    }
