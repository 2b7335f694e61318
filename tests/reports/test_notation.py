"""Numbers and durations as people read them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wattest_reports.notation import fixed, measured, parse, plain, ranges, span, unit, with_unit


@pytest.mark.parametrize(
    ("value", "english", "french"),
    [
        (1250, "1250", "1250"),
        (1250.4, "1250.4", "1250,4"),
        (-20.0, "\u221220", "\u221220"),
        (12345.5, "12\u202f345.5", "12\u202f345,5"),
        ("1.0", "1.0", "1,0"),
        (Decimal("0.350"), "0.35", "0,35"),
        (0.1 + 0.2, "0.3", "0,3"),
        (None, "", ""),
        ("<b>", "<b>", "<b>"),
        (True, "True", "True"),
        (1e300, "1e+300", "1e+300"),
    ],
)
def test_numbers_keep_their_digits(value: Any, english: str, french: str) -> None:
    """A stated number keeps its digits; a computed one loses the noise; what is no number stays text."""
    assert plain(value) == english
    assert plain(value, "fr") == french


@pytest.mark.parametrize(
    ("value", "expanded", "shown"),
    [
        (1003.217, 2.31, ("1003.2", "2.3")),
        (1.967370, 0.214134, ("1.97", "0.21")),
        (7540.0, 8.0, ("7540.0", "8.0")),
        (7540.0, 120.0, ("7540", "120")),
        (0.0000123, 0.00000045, ("0.00001230", "0.00000045")),
        (5, None, ("5", "")),
        (5, 0, ("5", "")),
    ],
)
def test_value_and_uncertainty_end_at_the_same_digit(
    value: Any, expanded: Any, shown: tuple[str, str]
) -> None:
    """Two significant digits of the uncertainty decide (GUM 7.2.6); without one nothing is rounded."""
    assert measured(value, expanded) == shown


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.04, "0.0\u00a0s"),
        (119.9, "119.9\u00a0s"),
        (119.96, "0:02:00.0"),
        (57600.5, "16:00:00.5"),
        (-3.0, "\u22123.0\u00a0s"),
        (360000, "100:00:00.0"),
    ],
)
def test_durations_change_form_at_two_minutes(seconds: float, text: str) -> None:
    """Seconds first, then hours, minutes and seconds, never 60 of anything."""
    assert span(seconds) == text


def test_french_durations_have_a_decimal_comma() -> None:
    """``0:12:03,2``."""
    assert span(723.2, "fr") == "0:12:03,2"


def test_units_are_written_as_people_write_them() -> None:
    """``degC`` is a word of files; a unit never stands without its number."""
    assert unit("degC") == "°C"
    assert with_unit("5", "kWh") == "5\u00a0kWh"
    assert with_unit("", "kWh") == ""
    assert with_unit("5", "") == "5"


def test_entry_numbers_are_joined_to_runs() -> None:
    """Runs become ranges, and a long list is counted."""
    assert ranges([6, 4, 5, 9, 9]) == "4\u20136, 9"
    assert ranges([1, 3, 5, 7], most=2) == "1, 3 (+2)"
    assert ranges([]) == ""


@given(st.one_of(st.floats(), st.integers(), st.text(), st.none(), st.booleans(), st.decimals()), st.floats())
def test_no_value_is_too_strange_to_be_shown(value: Any, expanded: float) -> None:
    """Whatever a record holds becomes text."""
    for language in ("en", "fr"):
        assert isinstance(plain(value, language), str)
        assert isinstance(fixed(value, 2, language), str)
        shown, width = measured(value, expanded, language)
        assert isinstance(shown, str)
        assert isinstance(width, str)


@given(st.floats(allow_nan=False, allow_infinity=False, min_value=-1e11, max_value=1e11))
def test_a_shown_number_reads_back_to_six_digits(value: float) -> None:
    """Formatting loses nothing that a person would miss."""
    text = plain(value).replace("\u202f", "").replace("\u2212", "-")
    assert float(text) == pytest.approx(value, rel=1e-5)


def test_what_is_no_finite_number_is_none() -> None:
    """NaN, infinity and words are no numbers."""
    assert [parse(value) for value in ("NaN", float("inf"), "12 V", None, False)] == [None] * 5
