"""Every instrument is told apart by its own answer, and by exactly one driver."""

from __future__ import annotations

import pytest

from wattest.errors import InstrumentError
from wattest_instruments.identify import PATTERNS, identify, knowers

ANSWERS = {
    # Put together from the maker, model and form that public drivers and manuals tell; the digits are made up:
    "Chroma ATE,61604,616040000123,1.00,1.01,1.02": "chroma_61500",
    "Keysight Technologies,AC6804B,MY58000001,A.01.03.0161": "keysight_ac6800",
    "Chroma,63804,638040000456,1.10": "chroma_63800",
    "EA Elektro-Automatik GmbH & Co. KG,ELR 9500-30,1234567890,V2.10": "ea_load",
    # As printed in public drivers and test suites:
    "California Instruments,CSW5550,A389Z20,Version 2.2a": "california",
    "California Instruments,3001ix,A389Z20,Version 2.2a": "california",
    "EA ELEKTRO-AUTOMATIK,PSB 10060-60 2U,123456,KE 3.10": "ea_load",
    "HEWLETT-PACKARD,34970A,0,13-2-2": "keysight_daq970a",
    "Agilent Technologies,34972A,MY59000704,1.17-1.12-02-02": "keysight_daq970a",
    "Keysight Technologies,DAQ970A,MY12345678,1.0.0": "keysight_daq970a",
    "Keysight Technologies,34465A,MY54506462,A.02.14-02.40-02.14-00.49-03-01": "keysight_34465a",
    "RIGOL TECHNOLOGIES,DS1054Z,DS1ZA171409212,00.04.03": "rigol_ds1000z",
    "RIGOL TECHNOLOGIES,DS1104Z,DS1ZB163351133,00.04.04.SP4": "rigol_ds1000z",
    "YOKOGAWA,WT333E,C3SA12345V,F1.04": "yokogawa_wt",
    "YOKOGAWA,WT1804E-10A5-50A0-D/B5/G5,C2TW01804,F3.11": "yokogawa_wt",
    "YOKOGAWA,WT5000,C2UB12345,F4.02": "yokogawa_wt",
    "YOKOGAWA,760304-04-SV,C2PB12345,F3.01": "yokogawa_wt",
    # A log of a WT310, an answer of a WT3000 on a bench and the manual's of a WT3004E: the last two tell no serial number.
    "YOKOGAWA,WT310,C2PH13047V,F1.03": "yokogawa_wt",
    "YOKOGAWA,760304-40-MV,0,F5.01": "yokogawa_wt",
    "YOKOGAWA,WT3004E-2A0-30A4,0,F6.01": "yokogawa_wt",
    "YOKOGAWA,WT1806E-5A3-50A3,1234567890,F1.01": "yokogawa_wt",
    # Heard from a GPM-8213.
    "GWInstek,GPM-8213,GES913349,V1.05": "yokogawa_wt",
    # A public program's test of a PW3336; the others are recalled.
    "HIOKI,PW3336,123456789,V1.00": "hioki_pw",
    "HIOKI,PW3390-01,140812345,V1.10": "hioki_pw",
    "HIOKI,PW8001-11,210912345,V1.50": "hioki_pw",
    # Recalled.
    "ZES ZIMMER Electronic Systems GmbH,LMG670,12345678,10.043": "zes_lmg",
    # CHANnel:ID? in the manual of the 66204; the 66202 is recalled.
    "Chroma ATE,66204,66204M000066,1.00,1.00,1.00": "chroma_6620x",
    "Chroma ATE,66202,662020001234,1.20": "chroma_6620x",
    # The vendor's instrument driver; the others are recalled.
    "Rohde&Schwarz,HMC8015,012345678,00.011": "rs_hmc8015",
    "HAMEG,HMC8015,012345678,01.100": "rs_hmc8015",
    "Rohde&Schwarz,NPA1501,100123,01.001": "rs_hmc8015",
    # The form in the manual of the PA3000, and a public program's test of a PA1000.
    "Tektronix, PA 3000, B010123, 1.002": "tektronix_pa",
    "TEKTRONIX,PA1000,SN1,1.0": "tektronix_pa",
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
