"""What stands behind the difference of two readings of one integration."""

from __future__ import annotations

import math
from typing import Any

import pytest

from wattest.judge.energy import difference
from wattest.roles import Component, Reading


def reading(value: float, *budget: Component, u: float | None = 1.0) -> Reading:
    return Reading(value, "Wh", 0.0, u=u, budget=budget)


def specification(value: float) -> Component:
    return Component("specification", value, "rectangular", common=True)


RESOLUTION = Component("resolution", 5.0, "rectangular")


def test_a_common_error_counts_with_what_it_grew_by() -> None:
    """One error of a meter that had counted 200 Wh before and 1200 Wh after is that of 1000 Wh."""
    parts = difference(
        reading(200.0, specification(0.2), RESOLUTION), reading(1200.0, specification(1.2), RESOLUTION)
    )
    assert parts is not None
    told: list[Any] = [(part.name, part.value, part.distribution) for part in parts]
    assert told == [
        ("specification", pytest.approx(1.0), "rectangular"),
        ("resolution (begin)", 5.0, "rectangular"),
        ("resolution (end)", 5.0, "rectangular"),
    ]


def test_a_register_read_twice_by_hand_counts_its_resolution_twice() -> None:
    """10 Wh digits: 10 / sqrt(12) at the beginning and at the end."""
    parts = difference(reading(0.0, RESOLUTION), reading(1000.0, RESOLUTION))
    assert parts is not None
    assert math.hypot(*(part.u for part in parts)) == pytest.approx(10 / math.sqrt(6))


def test_readings_without_components_are_independent() -> None:
    """A driver that only knows its whole uncertainty: both ends count."""
    for begin, end in (
        (reading(0.0, u=3.0), reading(1000.0, u=4.0)),
        (reading(0.0, u=3.0), reading(1000.0, RESOLUTION, u=4.0)),
        (reading(0.0, RESOLUTION, u=3.0), reading(1000.0, u=4.0)),
    ):
        parts = difference(begin, end)
        assert parts is not None
        assert [(part.name, part.u) for part in parts] == [("reference meter", 5.0)]


def test_an_unknown_uncertainty_at_one_end_is_unknown() -> None:
    """Nothing is made of nothing."""
    assert difference(reading(0.0, u=None), reading(1.0)) is None
    assert difference(reading(0.0), reading(1.0, u=None)) is None
