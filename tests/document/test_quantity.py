from __future__ import annotations

from decimal import Decimal
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wattest.document import quantity
from wattest.document.quantity import (
    CURRENT,
    DIMENSION_OF,
    DIMENSIONS,
    DURATION,
    ENERGY,
    ENERGY_PRICE,
    MONEY,
    TEMPERATURE,
    TIME_PRICE,
    Dimension,
    parse,
    parse_exact,
    split,
    written,
)


@pytest.mark.parametrize(
    ("text", "dimension", "value"),
    [
        ("16 A", CURRENT, 16.0),
        ("16A", CURRENT, 16.0),
        ("  500 mA ", CURRENT, 0.5),
        ("+1.5 A", CURRENT, 1.5),
        ("0.1 kWh", ENERGY, 100.0),
        ("2.5 MJ", ENERGY, 2500 / 3.6),
        ("-40 degC", TEMPERATURE, -40.0),
        ("\N{MINUS SIGN}40 °C", TEMPERATURE, -40.0),
        ("90 min", DURATION, 5400.0),
        ("1 d", DURATION, 86400.0),
        ("100 ms", DURATION, 0.1),
    ],
)
def test_reads_a_quantity_in_the_unit_that_we_compute_in(
    text: str, dimension: Dimension, value: float
) -> None:
    """Whatever unit a document uses, the value arrives in the dimension's own unit."""
    assert parse(text, dimension) == pytest.approx(value, rel=1e-12)


def test_money_stays_exact() -> None:
    """A price keeps every digit and its scale; a price per minute becomes one per hour."""
    assert parse_exact("0.35 CAD/kWh", ENERGY_PRICE) == Decimal("0.35")
    assert parse_exact("0.02 CAD/min", TIME_PRICE) == Decimal("1.20")
    assert str(parse_exact("1.50 CAD", MONEY)) == "1.50"


@pytest.mark.parametrize(
    ("text", "dimension", "sentence"),
    [
        ("30 A", DURATION, "'30 A' is a current; a time is needed here, such as '30 s'"),
        ("30", DURATION, "'30' has no unit; a time is needed here, such as '30 s'"),
        ("soon", DURATION, "'soon' is not a number with a unit; a time is needed here, such as '30 s'"),
        ("", CURRENT, "'' is not a number with a unit; a current is needed here, such as '16 A'"),
        ("16 amps", CURRENT, "'amps' is not a known unit; a current is written in A, mA, kA"),
        ("16 a", CURRENT, "'a' is not a known unit; did you mean 'A'?"),
        ("2 kwh", ENERGY, "'kwh' is not a known unit; did you mean 'kWh'?"),
        ("1,5 A", CURRENT, "'1,5 A' has a decimal comma; write '1.5 A'"),
        ("1,5", CURRENT, "'1,5' has a decimal comma; write '1.5'"),
        ("-3 A", CURRENT, "'-3 A' is too low: a current is never below 0 A"),
        ("-300 degC", TEMPERATURE, "'-300 degC' is too low: a temperature is never below -273.15 degC"),
        (
            "-40 K",
            TEMPERATURE,
            "'-40 K' is a temperature difference; a temperature is needed here, such as '-30 degC'",
        ),
        (
            "0.35 CAD",
            ENERGY_PRICE,
            "'0.35 CAD' is an amount of money; a price of energy is needed here, such as '0.35 CAD/kWh'",
        ),
        ("0.35 USD/kWh", ENERGY_PRICE, "'USD/kWh' is not a known unit; did you mean 'CAD/kWh'?"),
        ("1e3 A", CURRENT, "'e3 A' is not a known unit; a current is written in A, mA, kA"),
        ("nan A", CURRENT, "'nan A' is not a number with a unit; a current is needed here, such as '16 A'"),
        ("inf A", CURRENT, "'inf A' is not a number with a unit; a current is needed here, such as '16 A'"),
    ],
)
def test_says_what_is_wrong_with_a_quantity(text: str, dimension: Dimension, sentence: str) -> None:
    """A wrong quantity gets a sentence with the text, what it is, and what is needed."""
    with pytest.raises(ValueError) as refusal:
        parse(text, dimension)
    assert str(refusal.value) == sentence


def test_a_number_too_long_for_a_float_is_refused() -> None:
    """Four hundred digits are no quantity and do not become infinity."""
    with pytest.raises(ValueError) as refusal:
        parse("9" * 400 + " A", CURRENT)
    assert "is not a" in str(refusal.value)
    assert len(str(refusal.value)) < 200


def test_every_unit_belongs_to_one_dimension() -> None:
    """No unit text is claimed twice, so that a wrong dimension can always be named."""
    assert len(DIMENSION_OF) == sum(len(dimension.units) for dimension in DIMENSIONS)


def test_every_alias_carries_its_dimension() -> None:
    """Each annotation that steps use holds exactly one dimension and gives a number."""
    aliases = [
        value
        for name, value in vars(quantity).items()
        if hasattr(value, "__metadata__") and name[0].isupper()
    ]
    assert len(aliases) == len(DIMENSIONS)
    for alias in aliases:
        base, dimension = get_args(alias)
        assert isinstance(dimension, Dimension)
        assert base is (Decimal if dimension.exact else float)


@pytest.mark.parametrize("dimension", DIMENSIONS, ids=lambda dimension: dimension.name)
def test_examples_and_patterns_agree(dimension: Dimension) -> None:
    """The example of each dimension can be read and fits the pattern that editors get."""
    import re

    parse_exact(dimension.example, dimension)
    assert re.fullmatch(dimension.pattern(), dimension.example)


@given(
    st.sampled_from(DIMENSIONS),
    st.decimals(min_value=-200, max_value=10**6, places=3, allow_nan=False, allow_infinity=False),
)
def test_what_is_written_reads_back_the_same(dimension: Dimension, number: Decimal) -> None:
    """Writing a value and reading it again changes nothing, in any dimension."""
    value = abs(number) if dimension.least == 0 else number
    if dimension.exact:
        assert parse_exact(written(value, dimension), dimension) == value
    else:
        assert parse(written(float(value), dimension), dimension) == float(value)


@given(st.sampled_from(sorted(DIMENSION_OF)), st.decimals(0, 10**6, places=6))
def test_units_agree_with_each_other(unit: str, number: Decimal) -> None:
    """A number in any unit is that number times what the unit is worth."""
    dimension = DIMENSION_OF[unit]
    text = f"{number:f} {unit}"
    assert parse_exact(text, dimension) == Decimal(f"{number:f}") * dimension.units[unit]
    assert split(text) == (Decimal(f"{number:f}"), unit)


@pytest.mark.parametrize(
    ("value", "dimension", "text"),
    [
        (0.0, DURATION, "0 s"),
        (5400.0, DURATION, "90 min"),
        (0.25, DURATION, "0.25 s"),
        (2000.0, ENERGY, "2 kWh"),
        (1500.0, ENERGY, "1500 Wh"),
        (-40.0, TEMPERATURE, "-40 degC"),
        (Decimal("0.350"), ENERGY_PRICE, "0.350 CAD/kWh"),
        (Decimal("1200"), MONEY, "1200 CAD"),
    ],
)
def test_writes_a_value_as_a_person_would(value: float | Decimal, dimension: Dimension, text: str) -> None:
    """The largest unit that keeps a whole number is used; money keeps its digits."""
    assert written(value, dimension) == text
