"""The field lists find what breaks them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wattest.model.read_ocpi import read_ocpi
from wattest.ocpi.distance import distance_m
from wattest.ocpi.validate import violations

GOOD: dict[str, Any] = {
    "country_code": "CA",
    "party_id": "WAT",
    "id": "t",
    "currency": "CAD",
    "elements": [{"price_components": [{"type": "ENERGY", "price": Decimal("0.35"), "step_size": 1}]}],
    "tax_included": "NO",
    "last_updated": "2026-01-15T12:00:00Z",
}
PART = "elements[0].price_components[0]"


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"currency": None}, "Tariff lacks 'currency'."),
        ({"party_id": "WATT"}, "Tariff.party_id is 'WATT'; asked for is at most 3 characters, and it has 4."),
        ({"party_id": "WÄT"}, "Tariff.party_id is 'WÄT'; asked for is printable ASCII."),
        ({"tax_included": True}, "Tariff.tax_included is True; asked for is one of YES, NO, N/A."),
        ({"elements": []}, "Tariff.elements is empty; at least one TariffElement is asked for."),
        ({"elements": "x"}, "Tariff.elements is 'x', not a list."),
        ({"vat": 5}, "Tariff has 'vat', which version 2.3.0 does not know."),
        (
            {"last_updated": "2026-01-15T12:00:00+01:00"},
            "Tariff.last_updated is '2026-01-15T12:00:00+01:00'; asked for is a time in UTC such as 2026-01-15T12:00:00Z.",
        ),
    ],
)
def test_each_breach_is_a_sentence(change: dict[str, Any], sentence: str) -> None:
    """Version, place, value, and what is asked for."""
    changed = {key: value for key, value in {**GOOD, **change}.items() if value is not None}
    assert violations(read_ocpi("2.3.0"), "Tariff", changed) == [f"OCPI 2.3.0 {sentence}"]


@pytest.mark.parametrize(
    ("price", "wanted"),
    [
        (Decimal("0.12345"), "a number of at most 4 decimals"),
        (0.35, "an exact number"),
        (Decimal("NaN"), "a finite number"),
        ("0.35", "an exact number"),
    ],
)
def test_a_price_is_exact_and_has_four_decimals(price: Any, wanted: str) -> None:
    """A float is no money."""
    part = {"type": "ENERGY", "price": price, "step_size": 1}
    (found,) = violations(read_ocpi("2.3.0"), "Tariff", {**GOOD, "elements": [{"price_components": [part]}]})
    assert found.startswith(f"OCPI 2.3.0 Tariff.{PART}.price is ")
    assert found.endswith(f"asked for is {wanted}.")


def test_a_good_object_has_no_breach_and_versions_differ() -> None:
    """What 2.3.0 asks for, 2.2.1 does not know."""
    assert violations(read_ocpi("2.3.0"), "Tariff", GOOD) == []
    assert violations(read_ocpi("2.2.1"), "Tariff", GOOD) == [
        "OCPI 2.2.1 Tariff has 'tax_included', which version 2.2.1 does not know."
    ]


GARBAGE: tuple[Any, ...] = (
    None,
    7,
    True,
    "",
    "x",
    [],
    [None],
    [{}],
    {},
    {"price_components": 3},
    Decimal("NaN"),
)


@given(
    value=st.sampled_from(GARBAGE)
    | st.dictionaries(
        st.sampled_from(["id", "elements", "evses", "coordinates", "charging_periods", "total_cost", "x"]),
        st.sampled_from(GARBAGE),
    )
)
def test_whatever_stands_there_is_answered_with_sentences(value: Any) -> None:
    """The check never raises."""
    for name in ("Location", "CDR", "Tariff"):
        assert all(isinstance(one, str) for one in violations(read_ocpi("2.2.1"), name, value))


def test_distance_on_the_globe() -> None:
    """A minute of arc is a nautical mile, and a place is not away from itself."""
    assert distance_m(45.0, -73.0, 45.0 + 1 / 60, -73.0) == pytest.approx(1853.25, abs=0.5)
    assert distance_m(45.5, -73.5, 45.5, -73.5) == 0.0
