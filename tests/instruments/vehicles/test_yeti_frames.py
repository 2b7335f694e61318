from __future__ import annotations

import struct
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wattest_instruments.vehicles import yeti_frames as yeti
from wattest_instruments.vehicles.yeti_frames import Garbled


def test_check_sum_of_the_catalogue() -> None:
    """CRC-32/JAMCRC of '123456789' is 340BC6D9, and a frame with its own check sum leaves 0."""
    assert yeti.jamcrc(b"123456789") == 0x340BC6D9
    assert yeti.jamcrc(b"123456789" + (0x340BC6D9).to_bytes(4, "little")) == 0


@pytest.mark.parametrize(
    ("plain", "stuffed"),
    [
        ("00", "01 01"),
        ("00 00", "01 01 01"),
        ("00 11 00", "01 02 11 01"),
        ("11 22 00 33", "03 11 22 02 33"),
        ("11 22 33 44", "05 11 22 33 44"),
        ("11 00 00 00", "02 11 01 01 01"),
    ],
)
def test_stuffing_of_the_paper(plain: str, stuffed: str) -> None:
    """The examples that everybody gives of COBS."""
    assert yeti.cobs(bytes.fromhex(plain)) == bytes.fromhex(stuffed)
    assert yeti.uncobs(bytes.fromhex(stuffed)) == bytes.fromhex(plain)


def test_messages_to_the_board() -> None:
    """Field numbers and values as in hi2lo.proto; a 0 is left out."""
    for made, message in (
        (yeti.reset(), "ba 01 00"),
        (yeti.set_pilot("A"), "ca 01 00"),
        (yeti.set_pilot("C"), "ca 01 02 08 02"),
        (yeti.set_pilot("E"), "ca 01 02 08 04"),
        (yeti.allow_power_on(True), "aa 01 02 08 01"),
        (yeti.allow_power_on(False), "aa 01 00"),
        (yeti.keep_alive(), "6a 07 28 01 32 03 6e 2f 61"),
    ):
        assert made.count(0) == 1
        assert made[-1] == 0
        assert yeti.unframed(made[:-1]).hex(" ") == message
    assert yeti.set_pilot("C").hex(" ") == "0a ca 01 02 08 02 b7 a0 97 07 00"


def test_messages_from_the_board() -> None:
    """Field numbers as in lo2hi.proto; floats are little-endian."""
    measured = b"\x0d" + struct.pack("<f", 0.5) + b"\x15" + struct.pack("<f", 8.94)
    measured += b"\x1d" + struct.pack("<f", -11.9) + b"\x20\x01\x28\x03"
    found = yeti.read(yeti.frame(b"\x2a" + bytes((len(measured),)) + measured)[:-1])
    assert isinstance(found, yeti.Measurements)
    assert (found.duty, round(found.high_v, 2), round(found.low_v, 1)) == (0.5, 8.94, -11.9)
    assert (found.running, found.relais_on) == (True, 3)
    assert yeti.shown(yeti.frame(b"\x2a" + bytes((len(measured),)) + measured)[:-1]) == "0.5,8.94,-11.9,1,3"
    alive = b"\x10\x05\x18\x02\x32\x03abc\x3d" + struct.pack("<f", 32.0) + b"\x58\x01"
    assert yeti.read(yeti.frame(b"\x1a" + bytes((len(alive),)) + alive)[:-1]) == yeti.KeepAlive(5, 2, "abc")
    assert yeti.read(yeti.frame(b"\x32\x02\x08\x08")[:-1]) == yeti.Event("disconnected")
    assert yeti.read(yeti.frame(b"\x32\x02\x08\x63")[:-1]) == yeti.Event("event 99")
    assert yeti.read(yeti.frame(b"\x3a\x00")[:-1]) == yeti.ResetDone()
    assert yeti.read(yeti.frame(b"\x7a\x00")[:-1]) is None


@pytest.mark.parametrize(
    ("message", "sentence"),
    [
        (b"\x2a\x05\x0d\x00", "a message ends in the middle of a field."),
        (b"\x2b", "a message has a field of the kind 3, which protobuf has not."),
        (b"\x28\x01", "message 5 has no body."),
        (b"\x2a\x02\x08\x01", "field 1 is no 32 bit float."),
        (b"\x2a\x02\x22\x00", "field 4 is no whole number."),
        (b"\x1a\x02\x30\x01", "field 6 is no text."),
        (b"\xff" * 11, "a message has a number of more than ten bytes."),
    ],
)
def test_messages_that_are_none(message: bytes, sentence: str) -> None:
    """A frame with a right check sum may still hold nonsense."""
    with pytest.raises(Garbled) as caught:
        yeti.read(yeti.frame(message)[:-1])
    assert str(caught.value) == sentence


def test_frames_that_are_none() -> None:
    """Wrong stuffing and wrong check sums are told apart."""
    with pytest.raises(Garbled, match="is not stuffed as COBS says"):
        yeti.unframed(b"\x05\x01")
    with pytest.raises(Garbled, match="has a wrong check sum"):
        yeti.unframed(yeti.cobs(b"123456789"))
    assert yeti.shown(b"\x05\x01") == "05 01"


@given(st.binary(max_size=600))
def test_stuffing_and_unstuffing(data: bytes) -> None:
    """No zero is left, and nothing is lost."""
    stuffed = yeti.cobs(data)
    assert 0 not in stuffed
    assert yeti.uncobs(stuffed) == data


@given(st.one_of(st.binary(max_size=80), st.binary(max_size=80).map(lambda data: yeti.frame(data)[:-1])))
def test_no_frame_upsets_the_reader(data: bytes) -> None:
    """Whatever arrives is a message, none, or garbled; with a right check sum or without."""
    yeti.shown(data)
    for reads in (yeti.read, yeti.read_command):
        with suppress(Garbled):  # that nothing else is raised is what is tested
            reads(data)


@given(st.integers(0, 2**64 - 1))
def test_numbers_of_any_size(number: int) -> None:
    """What is written as a varint is read as the same number."""
    assert yeti.fields(yeti.field(9, number)) == {9: number}
