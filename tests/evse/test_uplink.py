from __future__ import annotations

from collections.abc import Iterator

import pytest

from wattest.clock import VirtualClock
from wattest.clock.http import Request, Response
from wattest.clock.network import FILES, ConnectionRefused, Greeting, MemoryNetwork, Wire, WireClosed
from wattest.evse.uplink import Uplink

HELLO = Greeting("CP001", ("ocpp1.6",))


@pytest.fixture
def clock() -> Iterator[VirtualClock]:
    with VirtualClock() as clock:
        yield clock


@pytest.fixture
def network(clock: VirtualClock) -> MemoryNetwork:
    network = MemoryNetwork(clock, latency_s=0.1)

    async def echo(_greeting: Greeting, wire: Wire) -> None:
        while True:
            await wire.send(await wire.recv())

    network.listen(echo)
    return network


def test_a_cut_drops_the_wire_and_refuses_new_ones(clock: VirtualClock, network: MemoryNetwork) -> None:
    """What is open ends with 1006, dialling says why it fails, and after ``restore`` all is well."""
    uplink = Uplink(network.connect)

    async def session() -> None:
        wire = await uplink(HELLO)
        await wire.send("hello")
        assert await wire.recv() == "hello"
        uplink.cut()
        uplink.cut()
        with pytest.raises(WireClosed) as end:
            await wire.recv()
        assert end.value.code == 1006
        with pytest.raises(ConnectionRefused) as refusal:
            await uplink(HELLO)
        assert str(refusal.value) == "Station 'CP001' could not connect: its network is cut."
        uplink.restore()
        again = await uplink(HELLO)
        assert not again.closed

    clock.run(session())


def test_a_cut_while_dialling_drops_what_comes_of_it(clock: VirtualClock, network: MemoryNetwork) -> None:
    """A wire that arrives after the cut is no wire."""
    uplink = Uplink(network.connect)

    async def session() -> None:
        clock.call_later(0.05, uplink.cut)
        wire = await uplink(HELLO)
        with pytest.raises(WireClosed):
            await wire.recv()

    clock.run(session())


def test_a_cut_stops_files_too(clock: VirtualClock, network: MemoryNetwork) -> None:
    """Before a request and in the middle of one; after ``restore`` it goes through."""
    network.serve_files(lambda _request: Response(200, {}, b"x" * 1_000_000))
    uplink = Uplink(network.connect, network.fetch)
    get = Request("GET", "/a")

    async def session() -> None:
        clock.call_later(5.0, uplink.cut)
        with pytest.raises(ConnectionRefused, match="was cut off: the network is cut"):
            await uplink.fetch(FILES, get)
        with pytest.raises(ConnectionRefused, match="could not be reached: the network is cut"):
            await uplink.fetch(FILES, get)
        uplink.restore()
        assert (await uplink.fetch(FILES, get)).status == 200
        with pytest.raises(ConnectionRefused):
            await Uplink(network.connect).fetch(FILES, get)

    clock.run(session())
