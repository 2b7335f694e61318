"""What the example of a WT333E claims of its ranges, computed again."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest

from wattest.model.library import library_folder
from wattest_instruments.analysers.measured import Ranges
from wattest_instruments.calibration import read_calibration

if TYPE_CHECKING:
    from pathlib import Path

VOLTS = 240.0
LIMIT = 0.01


def example() -> Path:
    return library_folder("fixtures") / "calibration" / "example_wt333e.yaml"


def ratio(amperes: float, range_a: float) -> float:
    """The limit of 1 % by U (k = 2) of an hour at unity power factor, on the 300 V range."""
    energy_wh = VOLTS * amperes
    u = read_calibration(example()).u_energy_wh(energy_wh, Ranges(300.0, range_a).power_w, 3600.0, 0.0)
    assert u is not None
    return LIMIT * energy_wh / (2.0 * u)


@pytest.mark.parametrize(
    ("range_a", "ratios"),
    [
        (10.0, {6.0: 4.2, 10.0: 5.3}),
        (20.0, {6.0: 2.8, 10.0: 3.8, 16.0: 4.8, 20.0: 5.3}),
        (50.0, {6.0: 1.4, 10.0: 2.1, 16.0: 2.9, 20.0: 3.4, 32.0: 4.3, 48.0: 5.2}),
    ],
)
def test_ratios_are_those_of_its_table(range_a: float, ratios: dict[float, float]) -> None:
    """Each figure in the file's comment follows from its limits of error, and stands there."""
    assert {amperes: round(ratio(amperes, range_a), 1) for amperes in ratios} == ratios
    row = next(line for line in example().read_text().splitlines() if line.startswith(f"#   {range_a:g} A"))
    assert [float(word) for word in row.split() if "." in word] == list(ratios.values())


def test_it_is_valid_when_the_simulated_benches_run() -> None:
    """The virtual clock starts on 2026-01-15."""
    known = read_calibration(example())
    assert known.flags(date(2026, 1, 15)) == frozenset()
    assert known.flags(date(2027, 12, 2)) == {"calibration expired"}
