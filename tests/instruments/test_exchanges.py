"""Settings and numbers as all drivers of message-based instruments have them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wattest.errors import InstrumentError
from wattest_instruments.dialogue import expect_dialogue
from wattest_instruments.exchanges import confirm, event_register, flagged, without_unit
from wattest_instruments.link import VisaLink
from wattest_instruments.notation import number

if TYPE_CHECKING:
    from tests.instruments.conftest import SimulatedBench

IDN = ("*IDN?", "ACME,Z,1,1")


def confirmed(bench: SimulatedBench, answer: str, wanted: float, digit: float) -> None:
    with expect_dialogue(IDN, ("X?", answer)) as library:
        link = VisaLink(bench.around("load", world=False), "TCPIP::dialogue::INSTR", library=library)

        async def live() -> None:
            await link.open()
            await confirm(link, "X?", wanted, "V", "do something", digit=digit)

        bench.clock.run(live())


@pytest.mark.parametrize(
    ("answer", "wanted", "digit"),
    [
        ("240.0", 240.0, 0.0),
        ("2.400E+02", 240.04, 0.0),
        ("1.2", 1.25, 0.1),
        ("0.002", 0.002, 0.0),
        ("48.00 V", 48, 0.0),
    ],
)
def test_a_setting_that_stuck(
    simulated_bench: SimulatedBench, answer: str, wanted: float, digit: float
) -> None:
    """Within 0.1 % or the last digit that was sent, in whatever notation."""
    confirmed(simulated_bench, answer, wanted, digit)


@pytest.mark.parametrize(
    ("answer", "wanted", "digit"),
    [("241.0", 240.0, 0.1), ("0.001", 0.002, 0.0), ("NAN", 1.0, 0.1), ("on", 1.0, 0.0), ("9.9E37", 1.0, 0.0)],
)
def test_a_setting_that_did_not(
    simulated_bench: SimulatedBench, answer: str, wanted: float, digit: float
) -> None:
    """Small settings are held as closely as large ones."""
    with pytest.raises(InstrumentError, match=r"was set to .* V and answers '.*' to 'X\?': do something\."):
        confirmed(simulated_bench, answer, wanted, digit)


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        ("48.00 V", "48.00"),
        ("-1.5A", "-1.5"),
        ("+1.0E+02", "+1.0E+02"),
        ("1.5E3W", "1.5E3"),
        ("NAN", "NAN"),
        ("INF", "INF"),
        ("V", "V"),
        ("1 2 V", "1 2 V"),
    ],
)
def test_units_are_taken_off_numbers_only(raw: str, text: str) -> None:
    """Words for no number keep their letters."""
    assert without_unit(raw) == text


@pytest.mark.parametrize(
    ("raw", "value", "flags"),
    [
        ("9.9E+37", math.inf, {"over-range"}),
        ("+9.90000000E+37", math.inf, {"over-range"}),
        ("-9.9E+37", -math.inf, {"over-range"}),
        ("INF", math.inf, {"over-range"}),
        ("23.5", 23.5, set()),
    ],
)
def test_infinity_is_a_flag(raw: str, value: float, flags: set[str]) -> None:
    """In SCPI's way of writing it and in words."""
    seen, said = flagged(raw, "here")
    assert seen == value
    assert said == flags


@pytest.mark.parametrize("raw", ["9.91E+37", "NAN", "+9.91000000E+37"])
def test_no_number_is_a_flag(raw: str) -> None:
    """9.91E37 is SCPI for "not a number"."""
    value, flags = flagged(raw, "here")
    assert math.isnan(value)
    assert flags == {"no data"}


@given(st.text(max_size=30))
def test_whatever_comes_is_a_value_or_a_sentence(raw: str) -> None:
    """Never another exception."""
    if number(without_unit(raw)) is None:
        with pytest.raises(InstrumentError, match="where a number was expected"):
            flagged(raw, "here")
    else:
        value, flags = flagged(raw, "here")
        assert math.isfinite(value) != bool(flags)


def test_an_event_register_must_be_a_number(simulated_bench: SimulatedBench) -> None:
    """Anything else is told."""
    with expect_dialogue(IDN, ("*ESR?", "fine")) as library:
        link = VisaLink(
            simulated_bench.around("load", world=False), "TCPIP::dialogue::INSTR", library=library
        )

        async def live() -> None:
            await link.open()
            await event_register(link)

        with pytest.raises(
            InstrumentError, match=r"answered 'fine' to \*ESR\?, where a whole number was expected"
        ):
            simulated_bench.clock.run(live())
