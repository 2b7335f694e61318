from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wattest.clock import VirtualClock
from wattest.clock.network import (
    Choice,
    ConnectionRefused,
    Greeting,
    HearsPings,
    MemoryNetwork,
    Wire,
    WireClosed,
)
from wattest.errors import BenchError

CP1 = Greeting("CP001")


async def echo(_greeting: Greeting, wire: Wire) -> None:
    while True:
        await wire.send(await wire.recv())


def on(clock: VirtualClock, bench: Callable[[MemoryNetwork], Awaitable[Any]], **options: float) -> None:
    """Run a coroutine function on a network with an echoing central system."""

    async def run() -> None:
        network = MemoryNetwork(clock, **options)
        network.listen(echo)
        await bench(network)

    clock.run(run())


@settings(deadline=None)
@given(
    st.lists(st.one_of(st.text(max_size=20), st.binary(max_size=20)), max_size=20),
    st.lists(st.sampled_from([0.0, 0.02, 3.0]), min_size=1, max_size=6),
)
def test_messages_arrive_whole_and_in_order(messages: list[str | bytes], latencies: list[float]) -> None:
    """Text stays text, bytes stay bytes, and order holds even while the latency changes."""
    with VirtualClock() as clock:

        async def bench(network: MemoryNetwork) -> None:
            wire = await network.connect(CP1)
            for index, message in enumerate(messages):
                network.latency_s = latencies[index % len(latencies)]
                await wire.send(message)
            assert [await wire.recv() for _ in messages] == messages

        on(clock, bench)


def test_the_greeting_reaches_the_central_system(clock: VirtualClock) -> None:
    """Identity, offered versions and authorization arrive as sent, and the first version offered is agreed on."""
    met: list[tuple[Greeting, str]] = []

    async def accept(greeting: Greeting, wire: Wire) -> None:
        met.append((greeting, wire.subprotocol))

    async def bench() -> None:
        network = MemoryNetwork(clock)
        network.listen(accept)
        greeting = Greeting("CP 2", ("ocpp1.6",), "Basic Q1A6eA==")
        wire = await network.connect(greeting)
        assert wire.subprotocol == "ocpp1.6"
        with pytest.raises(WireClosed):
            await wire.recv()
        assert met == [(greeting, "ocpp1.6")]
        assert (await network.connect(Greeting("CP3", ()))).subprotocol == ""

    clock.run(bench())


def test_a_refusal_is_a_sentence_with_its_status(clock: VirtualClock) -> None:
    """The central system's choice may be an HTTP status, with or without a reason."""
    choices = iter([Choice(None, 401, "wrong password"), Choice(None, 404)])

    async def bench() -> None:
        network = MemoryNetwork(clock)
        with pytest.raises(ConnectionRefused) as nobody:
            await network.connect(CP1)
        assert str(nobody.value) == "Station 'CP001' could not connect: no central system listens."
        assert nobody.value.status is None
        network.listen(echo, lambda _greeting: next(choices))
        with pytest.raises(ConnectionRefused) as wrong:
            await network.connect(CP1)
        assert str(wrong.value) == "Station 'CP001' was refused with HTTP status 401: wrong password."
        assert wrong.value.status == 401
        with pytest.raises(ConnectionError, match=r"^Station 'CP001' was refused with HTTP status 404\.$"):
            await network.connect(CP1)

    clock.run(bench())


def test_only_one_central_system_listens(clock: VirtualClock) -> None:
    """A second listen is a mistake of the bench."""

    async def bench(network: MemoryNetwork) -> None:
        with pytest.raises(BenchError) as twice:
            network.listen(echo)
        assert str(twice.value) == (
            "The in-memory network has a central system already: listen() can be called once only."
        )

    on(clock, bench)


def test_closing_tells_the_other_end(clock: VirtualClock) -> None:
    """The other end reads what was sent before, then learns code and reason; closing twice is harmless."""
    seen: list[str] = []

    async def accept(_greeting: Greeting, wire: Wire) -> None:
        try:
            while True:
                seen.append(str(await wire.recv()))
        except WireClosed as end:
            seen.append(f"{end.code} {end.reason} {end}")
            assert wire.closed

    async def bench() -> None:
        network = MemoryNetwork(clock)
        network.listen(accept)
        wire = await network.connect(CP1)
        await wire.send("last words")
        await wire.close(1001, "going away")
        await wire.close()
        assert wire.closed
        with pytest.raises(WireClosed, match=r"^The link was closed with code 1001: going away\.$"):
            await wire.send("too late")
        with pytest.raises(WireClosed):
            await wire.recv()
        await clock.sleep(1)

    clock.run(bench())
    assert seen == ["last words", "1001 going away The link was closed with code 1001: going away."]


def test_a_central_system_that_fails_closes_with_1011(clock: VirtualClock) -> None:
    """The station sees 1011 when serving it failed, 1001 when the central system goes away."""
    reported: list[str] = []

    async def accept(greeting: Greeting, wire: Wire) -> None:
        if greeting.identity == "CP001":
            raise ZeroDivisionError
        await asyncio.sleep(100)

    async def bench() -> None:
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(lambda _loop, context: reported.append(repr(context["exception"])))
        network = MemoryNetwork(clock)
        network.listen(accept)
        wire = await network.connect(CP1)
        with pytest.raises(WireClosed) as end:
            await wire.recv()
        assert (end.value.code, end.value.reason) == (1011, "the central system failed")
        assert str(WireClosed(1006)) == "The link was closed with code 1006."
        wire = await network.connect(Greeting("CP002"))
        await asyncio.sleep(0)
        for task in asyncio.all_tasks():
            if task.get_name() == "link of CP002":
                task.cancel()
        with pytest.raises(WireClosed) as end:
            await wire.recv()
        assert end.value.code == 1001

    clock.run(bench())
    clock.close()


def test_latency_delays_each_way(clock: VirtualClock) -> None:
    """A handshake and an echo take two latencies each, and a close one."""

    async def bench(network: MemoryNetwork) -> None:
        wire = await network.connect(CP1)
        assert clock.monotonic() == 0.5
        await wire.send("a")
        await wire.recv()
        assert clock.monotonic() == 1.0
        await wire.close()

    on(clock, bench, latency_s=0.25)


def test_a_message_and_a_close_cross_on_the_way(clock: VirtualClock) -> None:
    """What arrives at an end that has closed meanwhile is dropped, and both ends stay closed."""

    async def bench() -> None:
        network = MemoryNetwork(clock, latency_s=1.0)
        far: list[Wire] = []

        async def accept(_greeting: Greeting, wire: Wire) -> None:
            far.append(wire)
            await asyncio.sleep(100)

        network.listen(accept)
        near = await network.connect(CP1)
        await asyncio.sleep(0)
        await near.close(1000, "bye")
        await far[0].send("crossing")
        await clock.sleep(2)
        assert far[0].closed
        with pytest.raises(WireClosed):
            await near.recv()

    clock.run(bench())


def test_a_reset_closes_both_ends_at_once(clock: VirtualClock) -> None:
    """A cut with reset wakes whoever reads with 1006; what has arrived can be read, what was under way is lost."""

    async def bench(network: MemoryNetwork) -> None:
        wire = await network.connect(CP1)
        await wire.send("answered")
        await clock.sleep(0.5)
        await wire.send("lost")
        clock.call_later(0.1, network.cut)
        await clock.sleep(0.2)
        assert wire.closed
        assert await wire.recv() == "answered"
        with pytest.raises(WireClosed) as end:
            await wire.recv()
        assert (end.value.code, end.value.reason) == (1006, "the network was cut")
        with pytest.raises(ConnectionRefused) as refused:
            await network.connect(CP1)
        assert str(refused.value) == "Station 'CP001' could not connect: the network is cut."
        network.restore()
        network.restore()
        wire = await network.connect(CP1)
        await wire.send("again")
        assert await wire.recv() == "again"

    on(clock, bench, latency_s=0.2)


def test_silence_swallows_messages_and_tells_nobody(clock: VirtualClock) -> None:
    """While the network is silent messages vanish both ways and both ends believe in the link; later it lives on."""

    async def bench(network: MemoryNetwork) -> None:
        wire = await network.connect(CP1)
        await wire.send("under way")
        network.cut("silent")
        await wire.send("swallowed")
        await clock.sleep(60)
        assert not wire.closed
        network.restore()
        await wire.send("heard")
        assert await wire.recv() == "heard"

    on(clock, bench, latency_s=0.2)


def test_an_end_that_gave_up_in_silence_is_noticed_when_the_other_sends(clock: VirtualClock) -> None:
    """After a half-open silence the survivor's first message is answered by a reset, as a real host would."""

    async def bench() -> None:
        network = MemoryNetwork(clock)
        far: list[Wire] = []

        async def accept(_greeting: Greeting, wire: Wire) -> None:
            far.append(wire)
            await asyncio.sleep(100)

        network.listen(accept)
        near = await network.connect(CP1)
        await asyncio.sleep(0)
        network.cut("silent")
        await near.close(1000, "nobody answers")
        await clock.sleep(1)
        assert not far[0].closed
        network.restore()
        with pytest.raises(WireClosed) as end:
            await far[0].send("are you there?")
        assert (end.value.code, end.value.reason) == (1006, "the other end is gone")
        assert far[0].closed

    clock.run(bench())


def test_connecting_into_silence_waits(clock: VirtualClock) -> None:
    """Nobody answers while the network is silent: the station waits for its time-out, or until it is restored."""

    async def bench(network: MemoryNetwork) -> None:
        network.cut("silent")
        assert network.state == "silent"
        with pytest.raises(ConnectionRefused) as late:
            await network.connect(CP1)
        assert str(late.value) == "Station 'CP001' got no answer within 10 s: the network is silent."
        assert clock.monotonic() == 10.0
        clock.call_later(3, network.restore)
        wire = await network.connect(CP1)
        assert clock.monotonic() == 13.0
        await wire.close()

    on(clock, bench)


def test_two_readers_are_refused(clock: VirtualClock) -> None:
    """A second reader would steal messages from the first."""

    async def bench(network: MemoryNetwork) -> None:
        wire = await network.connect(CP1)
        first = asyncio.create_task(wire.recv())
        await asyncio.sleep(0)
        with pytest.raises(BenchError) as second:
            await wire.recv()
        assert str(second.value) == (
            "Two coroutines receive from one link: each message would reach only one of them."
        )
        first.cancel()
        await asyncio.sleep(0)
        await wire.send("after a cancelled reader")
        assert await wire.recv() == "after a cancelled reader"

    on(clock, bench)


def test_while_nobody_listens_stations_are_refused(clock: VirtualClock) -> None:
    """A central system that restarts refuses new links, keeps those that are open, and listens again."""

    async def bench(network: MemoryNetwork) -> None:
        wire = await network.connect(CP1)
        await network.pause()
        await network.pause()
        with pytest.raises(ConnectionRefused) as refused:
            await network.connect(CP1)
        assert str(refused.value) == "Station 'CP001' could not connect: no central system listens."
        await wire.send("still there")
        assert await wire.recv() == "still there"
        await network.resume()
        await (await network.connect(CP1)).close()

    on(clock, bench)


def test_a_ping_is_heard_and_answered(clock: VirtualClock) -> None:
    """The other end is told of it and sends the pong by itself, after the latency both ways, among the messages."""
    heard: list[float] = []

    async def bench() -> None:
        network = MemoryNetwork(clock, latency_s=0.2)

        async def accept(_greeting: Greeting, wire: Wire) -> None:
            assert isinstance(wire, HearsPings)
            wire.on_ping(lambda: heard.append(clock.monotonic()))
            await asyncio.sleep(100)

        network.listen(accept)
        wire = await network.connect(CP1)
        began = clock.monotonic()
        await wire.ping()
        assert heard == [pytest.approx(began + 0.2)]
        assert clock.monotonic() == pytest.approx(began + 0.4)

    clock.run(bench())


def test_a_ping_into_silence_waits_for_the_end_of_the_link(clock: VirtualClock) -> None:
    """No pong comes; whoever waits for one learns that the link is closed, and a closed link takes no ping."""

    async def bench(network: MemoryNetwork) -> None:
        wire = await network.connect(CP1)
        network.cut("silent")
        waiting = asyncio.create_task(wire.ping())
        await clock.sleep(60)
        assert not waiting.done()
        await wire.close(1000, "no answer to a ping")
        with pytest.raises(WireClosed):
            await waiting
        with pytest.raises(WireClosed):
            await wire.ping()

    on(clock, bench)
