"""The memory of a DS1000Z: a preamble that says what the bytes mean, and the bytes in pieces."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from hashlib import sha256

from wattest.errors import InstrumentError
from wattest.roles import Surroundings
from wattest_instruments.links.visa import VisaLink
from wattest_instruments.notation import number
from wattest_instruments.waveform import Waveform

LARGEST_PIECE = 250_000
"""Bytes that one ``:WAV:DATA?`` gives (programming guide)."""
COARSEST_S = 1.0e-5
"""Samples must not lie farther apart: a pulse of 6 A is 100 us long."""


@dataclass(frozen=True)
class Record:
    """One channel, with the entries that prove it; ``clipped`` when the signal left the screen."""

    wave: Waveform
    seq: tuple[int, ...]
    clipped: bool


async def read_memory(
    link: VisaLink, channel: int, say: Callable[[str], Awaitable[None]], around: Surroundings
) -> Record:
    """All samples of one channel of a stopped oscilloscope; kept as a file where a run keeps evidence.

    Raises ``InstrumentError`` when the preamble is none, samples lie too far apart, or some are missing.
    """
    for line in (f":WAV:SOUR CHAN{channel}", ":WAV:MODE RAW", ":WAV:FORM BYTE"):
        await say(line)
    heard = await link.query(":WAV:PRE?")
    values = [number(part) for part in heard.text.split(",")]
    if len(values) != 10 or any(value is None for value in values):
        raise InstrumentError(
            f"{link.place} answered {heard.text!r} to :WAV:PRE?, where ten numbers were expected."
        )
    _, _, points, _, interval, origin, reference, step, zero, middle = (value or 0.0 for value in values)
    if not 0.0 < interval <= COARSEST_S * 1.001:
        raise InstrumentError(
            f"{link.place} sampled every {interval:g} s; {COARSEST_S:g} s is needed to see the pilot."
        )
    data, seq = bytearray(), [heard.seq]
    while len(data) < points:
        first, last = len(data) + 1, min(len(data) + LARGEST_PIECE, int(points))
        await say(f":WAV:STAR {first}")
        await say(f":WAV:STOP {last}")
        block = await link.query_block(":WAV:DATA?")
        if len(block.data) != last - first + 1:
            raise InstrumentError(
                f"{link.place} gave {len(block.data)} of the samples {first} to {last} of CHAN{channel}."
            )
        data += block.data
        seq.append(block.seq)
    if around.keep is not None:
        name = f"{around.role}-chan{channel}-{sha256(data).hexdigest()[:16]}.bin"
        seq.append(around.keep(name, bytes(data), samples=True))
    volts = [(code - zero - middle) * step for code in range(256)]
    return Record(
        Waveform(origin - reference * interval, interval, [volts[code] for code in data], step),
        tuple(seq),
        clipped=0 in data or 255 in data,
    )
