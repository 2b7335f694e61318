"""Files over the in-memory network: they take their time, and a cut loses what is under way."""

from __future__ import annotations

import asyncio

import pytest

from wattest.clock import VirtualClock
from wattest.clock.http import Request, Response
from wattest.clock.network import BYTES_PER_S, FILES, ConnectionRefused, MemoryNetwork

PUT = Request("PUT", "/x/a.log", {}, b"a" * int(BYTES_PER_S * 3))


def served(request: Request) -> Response:
    """Says back how much came, in as many bytes again."""
    return Response(201, {"came": str(len(request.body))}, request.body)


def test_a_file_takes_its_time(clock: VirtualClock) -> None:
    """Three seconds there and three back, and the answer is whole."""

    async def bench() -> None:
        network = MemoryNetwork(clock)
        network.serve_files(served)
        response = await network.fetch(FILES, PUT)
        assert (response.status, response.headers["came"]) == (201, str(len(PUT.body)))
        assert clock.monotonic() == pytest.approx(6.0)

    clock.run(bench())


@pytest.mark.parametrize("at_s", [1.0, 5.0])
def test_a_cut_loses_the_file(clock: VirtualClock, at_s: float) -> None:
    """On its way there and on its way back alike; nothing arrives later."""

    async def bench() -> None:
        network = MemoryNetwork(clock)
        network.serve_files(served)
        clock.call_later(at_s, network.cut)
        with pytest.raises(ConnectionRefused, match=r"^The request PUT http://files\.invalid was cut off"):
            await network.fetch(FILES, PUT)
        network.restore()
        assert (await network.fetch(FILES, PUT)).status == 201

    clock.run(bench())


def test_only_its_own_host_is_served(clock: VirtualClock) -> None:
    """Another host, or none at all, is a refusal that says so."""

    async def bench() -> None:
        network = MemoryNetwork(clock)
        with pytest.raises(ConnectionRefused, match=r"nothing serves http://files\.invalid"):
            await network.fetch(FILES, PUT)
        network.serve_files(served)
        with pytest.raises(ConnectionRefused, match=r"nothing serves ftp://files\.invalid"):
            await network.fetch("ftp://files.invalid", PUT)

    clock.run(bench())


def test_a_silent_network_is_waited_for(clock: VirtualClock) -> None:
    """A request that begins in silence goes on when it heals."""

    async def bench() -> None:
        network = MemoryNetwork(clock)
        network.serve_files(served)
        network.cut("silent")
        clock.call_later(4.0, network.restore)
        assert (await network.fetch(FILES, Request("GET", "/"))).status == 201
        await asyncio.sleep(0)

    clock.run(bench())
