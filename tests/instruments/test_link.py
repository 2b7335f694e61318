"""The traps of PyVISA, each stepped into on purpose."""

from __future__ import annotations

import asyncio
import itertools
import os
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING

import pytest
import pyvisa
import pyvisa.errors

import pyvisa_wattest
from wattest.clock import RealClock
from wattest.errors import InstrumentError
from wattest.world import World
from wattest_instruments import link as link_module
from wattest_instruments.link import TimedOut, VisaLink
from wattest_instruments.twins.server import serve_scpi

if TYPE_CHECKING:
    from tests.instruments.conftest import SimulatedBench

    from wattest.model.charger import ChargerSheet

RESOURCE = "TCPIP::twin::INSTR"
_numbers = itertools.count()


class Echo:
    """Identifies itself and answers questions with themselves."""

    name = "ACME,Echo,1,1"

    def handle(self, line: str) -> str | None:
        if line == "*IDN?":
            return self.name
        return line[:-1] if line.endswith("?") else None


@pytest.fixture
def twin(simulated_bench: SimulatedBench) -> Iterator[tuple[VisaLink, pyvisa_wattest.Port, Echo]]:
    bench, echo = f"link-{next(_numbers)}", Echo()
    port = pyvisa_wattest.register(RESOURCE, echo, bench=bench)
    yield (
        VisaLink(simulated_bench.around("reference_meter"), RESOURCE, library=f"{bench}@wattest"),
        port,
        echo,
    )
    pyvisa_wattest.unregister(RESOURCE, bench=bench)


Twin = tuple[VisaLink, pyvisa_wattest.Port, Echo]


def test_every_exchange_is_in_the_record(simulated_bench: SimulatedBench, twin: Twin) -> None:
    """Opening, asking, telling and closing are noted with what went out and what came back."""
    link, _, _ = twin

    async def live() -> None:
        assert await link.open() == await link.open() == "ACME,Echo,1,1"
        heard = await link.query("VALUE?")
        assert (heard.text, heard.seq) == ("VALUE", 2)
        await link.write("ON")
        await link.close()
        await link.close()

    simulated_bench.clock.run(live())
    assert [(note["op"], note["tx"], note["rx"], note["error"]) for _, note in simulated_bench.notes] == [
        ("open", "", None, None),
        ("query", "*IDN?", "ACME,Echo,1,1", None),
        ("query", "VALUE?", "VALUE", None),
        ("write", "ON", None, None),
        ("close", "", None, None),
    ]
    assert {(kind, note["role"], note["resource"]) for kind, note in simulated_bench.notes} == {
        ("exchange", "reference_meter", RESOURCE)
    }


def test_after_a_time_out_the_late_answer_is_dropped(simulated_bench: SimulatedBench, twin: Twin) -> None:
    """A time-out is an error; then the link is cleared and identified, and the next answer is the right one."""
    link, port, _ = twin

    def comes_late(answer: str | None) -> None:
        port.late.append(str(answer))

    async def live() -> None:
        await link.open()
        port.faults.append(comes_late)
        with pytest.raises(TimedOut, match=r"^TCPIP::twin::INSTR \(@wattest\) did not answer within 2 s\.$"):
            await link.query("FIRST?")
        assert (await link.query("SECOND?")).text == "SECOND"

    simulated_bench.clock.run(live())
    assert [note["op"] for _, note in simulated_bench.notes[2:]] == ["query", "clear", "query", "query"]
    assert "did not answer" in simulated_bench.notes[2][1]["error"]


def test_somebody_else_after_a_time_out_ends_the_link(simulated_bench: SimulatedBench, twin: Twin) -> None:
    """When another instrument answers after a time-out, nothing more is asked of it."""
    link, port, echo = twin

    def swapped(_answer: str | None) -> None:
        echo.name = "ACME,Other,2,1"

    async def live() -> None:
        await link.open()
        port.faults.append(swapped)
        with pytest.raises(TimedOut):
            await link.query("FIRST?")
        with pytest.raises(InstrumentError) as caught:
            await link.query("SECOND?")
        assert str(caught.value) == (
            "TCPIP::twin::INSTR (@wattest) is out of use since an earlier error: after a time-out 'ACME,Other,2,1' "
            "answered instead of 'ACME,Echo,1,1'."
        )
        assert await link.open() == "ACME,Other,2,1"
        await link.close()

    simulated_bench.clock.run(live())


def test_silence_after_a_time_out_ends_the_link(simulated_bench: SimulatedBench, twin: Twin) -> None:
    """When the instrument does not identify itself any more, the link is out of use until opened again."""
    link, port, _ = twin

    async def live() -> None:
        await link.open()
        port.faults.extend([lambda _: None, lambda _: None])
        with pytest.raises(TimedOut):
            await link.query("FIRST?")
        with pytest.raises(
            InstrumentError, match=r"is out of use since an earlier error: .* did not answer within 2 s"
        ):
            await link.write("ON")
        await link.open()
        assert (await link.query("SECOND?")).text == "SECOND"
        await link.close()

    simulated_bench.clock.run(live())


def test_one_resource_serves_one_driver(simulated_bench: SimulatedBench, twin: Twin) -> None:
    """A second link to the same resource is refused while the first is open."""
    first, _, _ = twin
    second = VisaLink(simulated_bench.around("chamber"), RESOURCE, library=first._library)

    async def live() -> None:
        await first.open()
        with pytest.raises(InstrumentError) as caught:
            await second.open()
        assert str(caught.value) == (
            "TCPIP::twin::INSTR (@wattest) is already open as reference_meter: one resource serves one driver, since "
            "two would read each other's answers. Give this role another resource."
        )
        await first.close()
        await second.open()
        await second.close()

    simulated_bench.clock.run(live())


def test_link_must_be_opened(simulated_bench: SimulatedBench, twin: Twin) -> None:
    """Asking before opening is a sentence, as is a resource that nobody plugged in."""
    link, _, _ = twin
    with pytest.raises(
        InstrumentError, match=r"TCPIP::twin::INSTR \(@wattest\) is not open: call open\(\) first"
    ):
        simulated_bench.clock.run(link.query("A?"))
    nowhere = VisaLink(simulated_bench.around("mains"), "GPIB0::9::INSTR", library="nowhere@wattest")
    with pytest.raises(
        InstrumentError, match=r"GPIB0::9::INSTR \(@wattest\) failed: Insufficient location information"
    ):
        simulated_bench.clock.run(nowhere.open())
    board = VisaLink(simulated_bench.around("mains"), "not a resource", library="nowhere@wattest")
    with pytest.raises(InstrumentError, match=r"not a resource \(@wattest\) failed: "):
        simulated_bench.clock.run(board.open())


# Over real sockets.


@pytest.fixture
def real_bench(
    simulated_bench_on: type[SimulatedBench], charger_sheet: ChargerSheet, monkeypatch: pytest.MonkeyPatch
) -> Iterator[SimulatedBench]:
    monkeypatch.setattr(link_module, "GRACE_S", 0.3)
    clock = RealClock()
    yield simulated_bench_on(clock, World(clock, charger_sheet))
    clock.close()


@asynccontextmanager
async def scripted(
    talk: Callable[[asyncio.StreamReader, asyncio.StreamWriter], object],
) -> AsyncIterator[str]:
    """A server of a test's own; gives its resource name."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await talk(reader, writer)  # type: ignore[misc]
        except ConnectionError:
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield f"TCPIP::127.0.0.1::{server.sockets[0].getsockname()[1]}::SOCKET"
    finally:
        server.close()


def link_to(bench: SimulatedBench, resource: str) -> VisaLink:
    return VisaLink(bench.around("reference_meter"), resource, timeout_s=0.3)


@pytest.mark.real_time
def test_refused_port_is_found_out_by_open(real_bench: SimulatedBench) -> None:
    """PyVISA opens a port where nobody listens; the link does not, and names the address."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        resource = f"TCPIP::127.0.0.1::{free.getsockname()[1]}::SOCKET"
    with pytest.raises(InstrumentError) as caught:
        real_bench.clock.run(link_to(real_bench, resource).open())
    assert str(caught.value) == (
        f"{resource} (@py) cannot be reached: Connection refused. The connection opened, but that proves nothing: "
        "check that the instrument is on, set to remote, and that address and port in the bench file are right."
    )


@pytest.mark.real_time
def test_mute_instrument_is_found_out_by_open(real_bench: SimulatedBench) -> None:
    """Something that accepts the connection and says nothing is no instrument."""

    async def mute(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        await reader.read()

    async def live() -> None:
        async with scripted(mute) as resource:
            with pytest.raises(
                InstrumentError, match=r"did not answer within 0\.3 s\. The connection opened, but"
            ):
                await link_to(real_bench, resource).open()

    real_bench.clock.run(live())


@pytest.mark.real_time
def test_peer_that_hangs_up_is_told_from_a_slow_one(real_bench: SimulatedBench) -> None:
    """PyVISA calls both a time-out, and clearing the link would never end."""

    async def polite(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readline()
        writer.write(b"ACME,Echo,1,1\n")
        await reader.readline()

    async def live() -> None:
        async with scripted(polite) as resource:
            link = link_to(real_bench, resource)
            await link.open()
            with pytest.raises(TimedOut, match=r"\(@py\) hung up: the instrument or its gateway closed"):
                await link.query("VALUE?")
            with pytest.raises(InstrumentError, match=r"is out of use since an earlier error: .* hung up"):
                await link.query("VALUE?")
            await link.close()

    real_bench.clock.run(live())


@pytest.mark.real_time
def test_peer_that_hangs_up_costs_no_time(real_bench: SimulatedBench) -> None:
    """PyVISA would spin at full load until the time-out; here the end is seen at once, and no processor is burnt."""

    async def polite(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readline()
        writer.write(b"ACME,Echo,1,1\n")
        await reader.readline()

    async def live() -> tuple[float, float]:
        async with scripted(polite) as resource:
            link = VisaLink(real_bench.around("reference_meter"), resource, timeout_s=5.0)
            await link.open()
            burnt, begin = os.times(), real_bench.clock.monotonic()
            with pytest.raises(TimedOut, match=r"hung up"):
                await link.query("VALUE?")
            after = os.times()
            spent = after.user + after.system - burnt.user - burnt.system
            await link.close()
            return real_bench.clock.monotonic() - begin, spent

    took_s, burnt_s = real_bench.clock.run(live())
    assert took_s < 2.5, "half of the time-out"
    assert burnt_s < 1.0


@pytest.mark.real_time
@pytest.mark.parametrize("goes", [True, False], ids=["and hangs up", "and falls silent"])
def test_half_an_answer_is_none(real_bench: SimulatedBench, goes: bool) -> None:
    """What came so far of an answer that breaks off is never handed over as if it were whole: 1 A for 16.2 A."""

    async def stammers(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while line := await reader.readline():
            if line == b"CURR?\n":
                writer.write(b"1")
                await asyncio.sleep(0.02)
                if goes:
                    return
            else:
                writer.write(b"ACME,Echo,1,1\n")

    async def live() -> None:
        async with scripted(stammers) as resource:
            link = link_to(real_bench, resource)
            await link.open()
            with pytest.raises(TimedOut, match=r"hung up" if goes else r"did not answer within 0\.3 s"):
                await link.query("CURR?")
            await link.close()

    real_bench.clock.run(live())


@pytest.mark.real_time
def test_another_manager_ends_no_session_of_ours(real_bench: SimulatedBench) -> None:
    """PyVISA has one manager per backend: whoever closes it ends everybody's sessions, except those of a link."""

    async def live() -> None:
        async with serve_scpi(Echo()) as one, serve_scpi(Echo()) as two:
            first, second = link_to(real_bench, one.resource), link_to(real_bench, two.resource)
            await first.open()
            await second.open()
            stranger = pyvisa.ResourceManager("@py")
            session = await asyncio.to_thread(stranger.open_resource, one.resource)
            await asyncio.to_thread(stranger.close)
            with pytest.raises(pyvisa.errors.InvalidSession):
                _ = session.session
            await first.close()
            assert (await second.query("VALUE?")).text == "VALUE"
            await second.close()

    real_bench.clock.run(live())


@pytest.mark.real_time
def test_beside_a_stuck_write_a_second_link_makes_safe(real_bench: SimulatedBench) -> None:
    """A source with a second port is switched off there while the write on the first one is still stuck."""
    heard: list[bytes] = []

    async def deaf(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readline()
        writer.write(b"ACME\n")
        await asyncio.sleep(2.5)

    async def hears(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while line := await reader.readline():
            heard.append(line)
            if line == b"*IDN?\n":
                writer.write(b"ACME\n")

    async def live() -> None:
        async with scripted(deaf) as resource, scripted(hears) as other:
            first = VisaLink(real_bench.around("mains"), resource, timeout_s=1.5)
            second = link_to(real_bench, other)
            await first.open()
            stuck = asyncio.ensure_future(first.write("X" * 50_000_000))
            await asyncio.sleep(0.1)
            await second.open()
            await second.write("OUTP OFF")
            await second.query("*IDN?")
            assert heard[1] == b"OUTP OFF\n"
            assert not stuck.done()
            with pytest.raises(InstrumentError, match="has been stuck in one call for"):
                await stuck
            await second.close()

    real_bench.clock.run(live())


@pytest.mark.real_time
def test_late_answer_over_tcp_reaches_nobody(real_bench: SimulatedBench) -> None:
    """The answer that comes after the time-out is not handed to the next question."""

    async def slow_once(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while line := await reader.readline():
            if line == b"SLOW?\n":
                await asyncio.sleep(0.35)
            writer.write(b"ACME\n" if line == b"*IDN?\n" else line.replace(b"?", b""))

    async def live() -> None:
        async with scripted(slow_once) as resource:
            link = link_to(real_bench, resource)
            await link.open()
            with pytest.raises(TimedOut, match=r"did not answer within 0\.3 s\.$"):
                await link.query("SLOW?")
            assert (await link.query("QUICK?")).text == "QUICK"
            await link.close()

    real_bench.clock.run(live())


@pytest.mark.real_time
def test_stuck_write_does_not_stop_the_bench(real_bench: SimulatedBench) -> None:
    """A write into a full pipe ignores its time-out; the link breaks it off and can be opened again."""

    async def deaf(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readline()
        writer.write(b"ACME\n")
        await asyncio.sleep(1.5)

    async def live() -> None:
        async with scripted(deaf) as resource:
            link = link_to(real_bench, resource)
            await link.open()
            with pytest.raises(InstrumentError) as caught:
                await link.write("X" * 50_000_000)
            assert str(caught.value) == (
                f"{resource} (@py) has been stuck in one call for 0.6 s, longer than its time-out of 0.3 s: the link "
                "was broken off. Check the cable and the instrument, then open it again."
            )
            with pytest.raises(InstrumentError, match="out of use since an earlier error: a call was stuck"):
                await link.write("X")
            assert await link.open() == "ACME"
            await link.close()

    real_bench.clock.run(live())


@pytest.mark.real_time
def test_askers_at_the_same_time_get_their_own_answers(real_bench: SimulatedBench) -> None:
    """Four tasks share one link without reading each other's answers."""

    async def live() -> None:
        async with serve_scpi(Echo()) as server:
            link = link_to(real_bench, server.resource)
            await link.open()

            async def ask(who: int) -> list[str]:
                return [(await link.query(f"W{who}N{n}?")).text for n in range(25)]

            answers = await asyncio.gather(*(ask(who) for who in range(4)))
            assert answers == [[f"W{who}N{n}" for n in range(25)] for who in range(4)]
            await link.close()

    real_bench.clock.run(live())


@pytest.mark.real_time
def test_server_hangs_up_on_endless_lines_and_serves_several(real_bench: SimulatedBench) -> None:
    """A line without end is cut off; other connections go on."""

    async def live() -> None:
        async with serve_scpi(Echo(), port=0) as server:
            assert server.resource == f"TCPIP::127.0.0.1::{server.port}::SOCKET"
            flood_reader, flood = await asyncio.open_connection(server.host, server.port)
            reader, writer = await asyncio.open_connection(server.host, server.port)
            flood.write(b"X" * 300_000)
            with suppress(ConnectionError):
                assert await flood_reader.read() == b""
            writer.write(b"*IDN?\nOFF\nVALUE?\n")
            assert await reader.readline() == b"ACME,Echo,1,1\n"
            assert await reader.readline() == b"VALUE\n"
            for each in (flood, writer):
                each.close()

    real_bench.clock.run(live())


def test_instrument_without_a_name_is_known_by_what_lasts(simulated_bench: SimulatedBench) -> None:
    """One that can only be asked for readings is taken for the same after a time-out, though its answer changed."""

    class Nameless(Echo):
        asked = 0

        def handle(self, line: str) -> str | None:
            self.asked += 1
            return f"{20 + self.asked}.0 degC"

    bench = f"link-{next(_numbers)}"
    port = pyvisa_wattest.register(RESOURCE, Nameless(), bench=bench)
    link = VisaLink(
        simulated_bench.around("chamber"),
        RESOURCE,
        library=f"{bench}@wattest",
        identify="T?",
        lasting=lambda answer: answer.partition(" ")[2],
    )

    async def live() -> None:
        assert await link.open() == link.identity == "degC"
        port.faults.append(lambda _answer: None)
        with pytest.raises(TimedOut):
            await link.query("T?")
        assert (await link.query("T?")).text == "24.0 degC"
        port.faults.extend([lambda _answer: None, lambda _answer: "24.0 K"])
        with pytest.raises(TimedOut):
            await link.query("T?")
        with pytest.raises(InstrumentError, match="after a time-out 'K' answered instead of 'degC'"):
            await link.query("T?")

    simulated_bench.clock.run(live())
    pyvisa_wattest.unregister(RESOURCE, bench=bench)
