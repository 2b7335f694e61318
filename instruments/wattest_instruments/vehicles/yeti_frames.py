"""Frames of the EVerest Yeti EV board: COBS, ended by a zero byte, around protobuf and a check sum.

The check sum is CRC-32/JAMCRC, low byte first: the check sum of a whole frame with its own is 0. Messages and
field numbers are those of ``hi2lo.proto`` and ``lo2hi.proto`` in EVerest's module ``YetiEvDriver``. The few
messages are coded by hand, so that no protobuf library is needed. Frames that come again and again, such as
signs of life, are worked out once.
"""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass
from functools import lru_cache

from wattest.errors import InstrumentError
from wattest_instruments.notation import float32_digits

ALLOW_POWER_ON, RESET, SET_BCDE, KEEP_ALIVE = 21, 23, 25, 13
"""Messages from here to the board."""
MODES = {"A": 0, "B": 1, "C": 2, "D": 3, "E": 4}
"""Pilot states as ``set_bcde`` counts them."""
EVENTS = {0: "A", 1: "B", 2: "C", 3: "D", 4: "E", 5: "F", 6: "EF", 8: "disconnected", 9: "relais error"}
EVENTS |= {10: "relais on", 11: "relais off"}

Fields = dict[int, "int | float | bytes"]
"""The last value of each field; bits of a 32 bit field as a float."""


class Garbled(InstrumentError):
    """Bytes that are no frame, or a frame that is no message."""


@dataclass(frozen=True)
class KeepAlive:
    """The board is there, and what it says of itself."""

    hardware: int
    revision: int
    version: str


@dataclass(frozen=True)
class Measurements:
    """The pilot as the board sees it: duty as a part of 1, plateaus in V."""

    duty: float
    high_v: float
    low_v: float
    running: bool
    relais_on: int


@dataclass(frozen=True)
class Event:
    """Something that the board noticed, in words."""

    what: str


@dataclass(frozen=True)
class ResetDone:
    """The board has started anew."""


Message = KeepAlive | Measurements | Event | ResetDone


# --- COBS and check sum --------------------------------------------------------------------------------------


def jamcrc(data: bytes) -> int:
    """CRC-32 without its last inversion.

    >>> hex(jamcrc(b"123456789"))
    '0x340bc6d9'
    """
    return zlib.crc32(data) ^ 0xFFFFFFFF


def cobs(data: bytes) -> bytes:
    """Consistent overhead byte stuffing (Cheshire and Baker, 1999), without the zero that ends a frame.

    >>> cobs(bytes((0x11, 0x22, 0x00, 0x33))).hex(" ")
    '03 11 22 02 33'
    """
    out = bytearray()
    for part in data.split(b"\0"):
        rest = part
        while len(rest) >= 254:
            out += b"\xff" + rest[:254]
            rest = rest[254:]
        out += bytes((len(rest) + 1,)) + rest
    return bytes(out)


def uncobs(data: bytes) -> bytes:
    """The bytes that were stuffed. Raises ``Garbled``."""
    out, at = bytearray(), 0
    while at < len(data):
        code = data[at]
        block = data[at + 1 : at + code]
        if code == 0 or len(block) != code - 1 or 0 in block:
            raise Garbled(f"a frame of {len(data)} bytes is not stuffed as COBS says.")
        out += block
        at += code
        if code < 0xFF and at < len(data):
            out.append(0)
    return bytes(out)


@lru_cache(maxsize=64)
def frame(message: bytes) -> bytes:
    """A message as it goes over the wire."""
    return cobs(message + jamcrc(message).to_bytes(4, "little")) + b"\0"


def unframed(data: bytes) -> bytes:
    """The message in a frame, which comes without the zero at its end. Raises ``Garbled``."""
    whole = uncobs(data)
    if len(whole) < 5 or jamcrc(whole) != 0:
        raise Garbled(f"a frame of {len(data)} bytes has a wrong check sum.")
    return whole[:-4]


# --- protobuf ------------------------------------------------------------------------------------------------


def varint(number: int) -> bytes:
    """An unsigned number in groups of seven bits, lowest first."""
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


def field(number: int, value: float | bytes) -> bytes:
    """One field: a whole number, a 32 bit float, or bytes with their length."""
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    if isinstance(value, bytes):
        return varint(number << 3 | 2) + varint(len(value)) + value
    return varint(number << 3 | 5) + struct.pack("<f", value)


def fields(data: bytes) -> Fields:
    """All fields of a message. Raises ``Garbled``."""
    found: Fields = {}
    at = 0
    while at < len(data):
        tag, at = _varint(data, at)
        number, kind = tag >> 3, tag & 7
        if kind == 0:
            found[number], at = _varint(data, at)
        elif kind == 5:
            found[number] = struct.unpack("<f", _take(data, at, 4))[0]
            at += 4
        elif kind == 1:
            _take(data, at, 8)
            at += 8
        elif kind == 2:
            length, at = _varint(data, at)
            found[number] = _take(data, at, length)
            at += length
        else:
            raise Garbled(f"a message has a field of the kind {kind}, which protobuf has not.")
    return found


def _varint(data: bytes, at: int) -> tuple[int, int]:
    number = 0
    for shift in range(0, 70, 7):
        byte = _take(data, at, 1)[0]
        at += 1
        number |= (byte & 0x7F) << shift
        if byte < 0x80:
            return number, at
    raise Garbled("a message has a number of more than ten bytes.")


def _take(data: bytes, at: int, count: int) -> bytes:
    piece = data[at : at + count]
    if len(piece) != count:
        raise Garbled("a message ends in the middle of a field.")
    return piece


# --- messages ------------------------------------------------------------------------------------------------


def command(number: int, body: bytes = b"") -> bytes:
    """A message to the board as it goes over the wire."""
    return frame(field(number, body))


@lru_cache(maxsize=1)
def keep_alive() -> bytes:
    """That somebody is here: protocol 0.1, no version, as EVerest says it."""
    return command(KEEP_ALIVE, field(5, 1) + field(6, b"n/a"))


def set_pilot(state: str) -> bytes:
    """Show this state on the pilot. Proto 3 leaves a 0 out."""
    mode = MODES[state]
    return command(SET_BCDE, field(1, mode) if mode else b"")


def allow_power_on(allowed: bool) -> bytes:
    """Whether the board may close its own relay when the EVSE delivers."""
    return command(ALLOW_POWER_ON, field(1, 1) if allowed else b"")


def reset() -> bytes:
    """Start the board anew."""
    return command(RESET)


@lru_cache(maxsize=64)
def read(data: bytes) -> Message | None:
    """The message in a frame from the board; None for one that this driver has no use for. Raises ``Garbled``."""
    for number, body in fields(unframed(data)).items():
        if number not in {3, 5, 6, 7}:
            continue
        if not isinstance(body, bytes):
            raise Garbled(f"message {number} has no body.")
        inner = fields(body)
        if number == 3:
            return KeepAlive(_whole(inner, 2), _whole(inner, 3), _text(inner, 6))
        if number == 5:
            return Measurements(
                _float(inner, 1), _float(inner, 2), _float(inner, 3), bool(_whole(inner, 4)), _whole(inner, 5)
            )
        if number == 6:
            return Event(EVENTS.get(_whole(inner, 1), f"event {_whole(inner, 1)}"))
        return ResetDone()
    return None


@lru_cache(maxsize=64)
def read_command(data: bytes) -> tuple[int, int]:
    """A frame to the board: the message's number and the value of its first field. Raises ``Garbled``."""
    for number, body in fields(unframed(data)).items():
        return number, _whole(fields(body), 1) if isinstance(body, bytes) else 0
    raise Garbled("a message to the board is empty.")


def shown(data: bytes) -> str:
    """A frame as it stands in the record: measurements as numbers with commas, everything else as bytes."""
    try:
        message = read(data)
    except Garbled:
        return data.hex(" ")
    if not isinstance(message, Measurements):
        return data.hex(" ")
    numbers = (message.duty, message.high_v, message.low_v)
    return ",".join((*map(float32_digits, numbers), str(int(message.running)), str(message.relais_on)))


def _whole(found: Fields, number: int) -> int:
    value = found.get(number, 0)
    if not isinstance(value, int):
        raise Garbled(f"field {number} is no whole number.")
    return value


def _float(found: Fields, number: int) -> float:
    value = found.get(number, 0.0)
    if not isinstance(value, float):
        raise Garbled(f"field {number} is no 32 bit float.")
    return value


def _text(found: Fields, number: int) -> str:
    value = found.get(number, b"")
    if not isinstance(value, bytes):
        raise Garbled(f"field {number} is no text.")
    return value.decode("utf-8", "replace")
