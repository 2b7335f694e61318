"""Every instrument is told apart by its own answer, and by exactly one driver."""

from __future__ import annotations

import pytest

from wattest.errors import InstrumentError
from wattest_instruments.identify import PATTERNS, identify, knowers

ANSWERS = {
    "YOKOGAWA,WT333E,C3SA12345V,F1.04": "yokogawa_wt",
    "YOKOGAWA,WT1804E-10A5-50A0-D/B5/G5,C2TW01804,F3.11": "yokogawa_wt",
    "YOKOGAWA,WT5000,C2UB12345,F4.02": "yokogawa_wt",
    "YOKOGAWA,760304-04-SV,C2PB12345,F3.01": "yokogawa_wt",
    "T,T,S2,160.0": "espec",
    "T,P300,180.0": "espec",
    "1\xb6LabEvent T/210/70/5": "weiss_simserv",
    "0000.0 0000.0 0000.0 0000.0 00000000000000000000000000000000": "ascii2",
    "8800 Chamber Controller": "thermotron",
    "Watlow Electric,F4T1 Controller,1234,4.02.0008": "watlow_f4t",
}
"""Answers of real instruments, as far as they are public, and the driver that is made for each."""


@pytest.mark.parametrize(("answer", "driver"), ANSWERS.items())
def test_an_answer_is_known_to_exactly_one_driver(answer: str, driver: str) -> None:
    """No answer is claimed twice, and none by the wrong driver."""
    assert knowers(answer) == (driver,)


def test_every_driver_in_the_table_has_an_answer_that_it_knows() -> None:
    """A pattern that matches no known answer proves nothing."""
    assert set(PATTERNS) == set(ANSWERS.values())


def test_the_fields_of_an_answer() -> None:
    """Maker, model, serial number, firmware; what is missing is empty."""
    found = identify("YOKOGAWA,WT333E,C3SA12345V,F1.04", "yokogawa_wt", "here")
    assert (found.maker, found.model, found.serial, found.firmware) == (
        "YOKOGAWA",
        "WT333E",
        "C3SA12345V",
        "F1.04",
    )


def test_a_stranger_is_named_with_the_way_out() -> None:
    """The sentence holds the place, the answer and what to do."""
    with pytest.raises(InstrumentError) as caught:
        identify("ACME,Z1,1,1", "yokogawa_wt", "TCPIP::a::INSTR (@py)")
    assert str(caught.value) == (
        "TCPIP::a::INSTR (@py) answered 'ACME,Z1,1,1', which is nothing that the driver 'yokogawa_wt' is made for: "
        "correct the resource in the bench file, or choose the driver of that instrument."
    )
