"""Definite-length blocks: samples as bytes, through the backend and over TCP, and what stands in the record of them."""

from __future__ import annotations

import itertools
from hashlib import sha256
from typing import TYPE_CHECKING

import pytest

import pyvisa_wattest
from wattest.errors import InstrumentError
from wattest_instruments.link import TimedOut, VisaLink
from wattest_instruments.twins.server import serve_scpi

if TYPE_CHECKING:
    from tests.instruments.conftest import SimulatedBench

_numbers = itertools.count(1)
RESOURCE = "TCPIP::scope::INSTR"

SAMPLES = bytes(range(256)) * 40
"""Every byte, the line feed among them."""


class Sampler:
    """Answers DATA? with a block, and everything else as text."""

    def __init__(self, block: bytes = b"#510240" + SAMPLES) -> None:
        self.block = block

    def handle(self, line: str) -> str | bytes | None:
        match line:
            case "*IDN?":
                return "ACME,Sampler,1,1"
            case "DATA?":
                return self.block
            case _:
                return line[:-1] if line.endswith("?") else None


def linked(bench: SimulatedBench, twin: Sampler) -> VisaLink:
    name = f"block-{next(_numbers)}"
    pyvisa_wattest.register(RESOURCE, twin, bench=name)
    return VisaLink(bench.around("pilot_scope"), RESOURCE, library=f"{name}@wattest")


def test_a_block_is_read_whole_whatever_bytes_are_in_it(simulated_bench: SimulatedBench) -> None:
    """Line feeds within a block end nothing, and the next question gets its own answer."""
    link = linked(simulated_bench, Sampler())

    async def live() -> None:
        await link.open()
        block = await link.query_block("DATA?")
        assert block.data == SAMPLES
        assert (await link.query("NEXT?")).text == "NEXT"
        note = simulated_bench.notes[block.seq][1]
        assert (note["op"], note["tx"], note["rx"]) == ("query", "DATA?", None)
        assert (note["sha256"], note["length"]) == (sha256(SAMPLES).hexdigest(), 10240)
        await link.close()

    simulated_bench.clock.run(live())


def test_an_empty_block_is_no_bytes(simulated_bench: SimulatedBench) -> None:
    """A block of length 0 is an answer too."""
    link = linked(simulated_bench, Sampler(b"#10"))

    async def live() -> None:
        await link.open()
        assert (await link.query_block("DATA?")).data == b""
        assert (await link.query("NEXT?")).text == "NEXT"

    simulated_bench.clock.run(live())


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (b"1.0,2.0", r"answered 'DATA\?' with b'1\.', which begins no block of bytes of a stated length"),
        (b"#0abc", r"answered 'DATA\?' with b'#0', which begins no block"),
        (b"#3abcd", r"with a block of b'abc' bytes; at most 33554432 are read"),
        (b"#899999999", r"with a block of b'99999999' bytes; at most 33554432 are read"),
    ],
)
def test_what_is_no_block_is_told_so(simulated_bench: SimulatedBench, answer: bytes, sentence: str) -> None:
    """Text, an endless block, nonsense and a length beyond belief each become a sentence, and nothing of it is left over."""
    link = linked(simulated_bench, Sampler(answer))

    async def live() -> None:
        await link.open()
        with pytest.raises(InstrumentError, match=sentence):
            await link.query_block("DATA?")
        assert (await link.query("NEXT?")).text == "NEXT"

    simulated_bench.clock.run(live())


def test_a_block_that_stops_short_is_a_time_out(simulated_bench: SimulatedBench) -> None:
    """Fewer bytes than stated: the link is cleared and identified, and can be used again."""
    link = linked(simulated_bench, Sampler(b"#3200" + b"x" * 99))

    async def live() -> None:
        await link.open()
        with pytest.raises(TimedOut, match="did not answer within 2 s"):
            await link.query_block("DATA?")
        assert (await link.query("NEXT?")).text == "NEXT"

    simulated_bench.clock.run(live())


@pytest.mark.real_time
def test_blocks_over_tcp(simulated_bench: SimulatedBench) -> None:
    """The same bytes through a socket and @py."""

    async def live() -> None:
        async with serve_scpi(Sampler()) as server:
            link = VisaLink(simulated_bench.around("pilot_scope"), server.resource)
            await link.open()
            assert (await link.query_block("DATA?")).data == SAMPLES
            assert (await link.query("NEXT?")).text == "NEXT"
            await link.close()

    simulated_bench.clock.run(live())
