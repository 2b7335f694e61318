"""The charger over a real WebSocket on loopback."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

import pytest
from websockets.asyncio.server import ServerConnection, serve
from websockets.http11 import Request, Response
from websockets.typing import Subprotocol

from wattest.clock import RealClock
from wattest.clock.network import ConnectionRefused, Greeting, WireClosed
from wattest.errors import BenchError
from wattest.evse.wires import dialler

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

GREETING = Greeting("CP 1/2", ("ocpp1.6",), "Basic Q1A6c2VjcmV0")


def talk(
    serving: Callable[[ServerConnection], Awaitable[None]],
    use: Callable[[str], Awaitable[Any]],
    process_request: Any = None,
) -> Any:
    """Run a server and a client of it on the real clock, for a moment."""

    async def both() -> Any:
        async with serve(
            serving,
            "127.0.0.1",
            0,
            subprotocols=[Subprotocol("ocpp1.6")],
            process_request=process_request,
            close_timeout=1,
        ) as server:
            port = server.sockets[0].getsockname()[1]
            async with asyncio.timeout(10):
                return await use(f"ws://127.0.0.1:{port}/ocpp/")

    with RealClock() as clock:
        return clock.run(both())


@pytest.mark.real_time
def test_messages_both_ways() -> None:
    """Identity, subprotocol and authorization arrive as stated; messages go both ways; a close is told."""
    seen: dict[str, Any] = {}

    async def serving(connection: ServerConnection) -> None:
        assert connection.request is not None
        seen["path"] = connection.request.path
        seen["authorization"] = connection.request.headers["Authorization"]
        seen["said"] = await connection.recv()
        await connection.send(json.dumps([3, "1", {}]))
        await connection.close(1012, "restart")

    async def use(url: str) -> None:
        wire = await dialler(url)(GREETING)
        assert wire.subprotocol == "ocpp1.6"
        await wire.send('[2,"1","Heartbeat",{}]')
        assert await wire.recv() == '[3, "1", {}]'
        with pytest.raises(WireClosed) as caught:
            await wire.recv()
        assert str(caught.value) == "The link was closed with code 1012: restart."
        assert wire.closed
        with pytest.raises(WireClosed):
            await wire.send("x")

    talk(serving, use)
    assert seen == {
        "path": "/ocpp/CP%201%2F2",
        "authorization": "Basic Q1A6c2VjcmV0",
        "said": '[2,"1","Heartbeat",{}]',
    }


@pytest.mark.real_time
def test_power_cut_says_no_goodbye() -> None:
    """Closing with 1006 drops the connection without a close frame."""
    ends: list[int | None] = []

    async def serving(connection: ServerConnection) -> None:
        await connection.wait_closed()
        ends.append(connection.close_code)

    async def use(url: str) -> None:
        wire = await dialler(url)(GREETING)
        await wire.close(1006)
        with pytest.raises(WireClosed):
            await wire.recv()
        other = await dialler(url)(GREETING)
        await other.close(1001, "away")
        await asyncio.sleep(0.1)

    talk(serving, use)
    assert sorted(code or 0 for code in ends) == [1001, 1006]


@pytest.mark.real_time
def test_refusal_tells_its_status() -> None:
    """An HTTP refusal is a ConnectionRefused with its status in the sentence."""

    async def serving(_connection: ServerConnection) -> None: ...

    def turn_away(connection: ServerConnection, _request: Request) -> Response:
        return connection.respond(401, "who are you?\n")

    async def use(url: str) -> None:
        with pytest.raises(ConnectionRefused) as caught:
            await dialler(url)(GREETING)
        assert caught.value.status == 401
        assert str(caught.value) == f"Station 'CP 1/2' was refused at {url.rstrip('/')} with HTTP status 401."

    talk(serving, use, turn_away)


@pytest.mark.real_time
def test_nobody_listens() -> None:
    """A port where nobody listens is an OSError, which the charger takes as a reason to wait."""

    async def use() -> None:
        with pytest.raises(OSError, match="Connect"):
            await dialler("ws://127.0.0.1:9")(GREETING)

    with RealClock() as clock:
        clock.run(use())


def test_address_must_be_a_websocket() -> None:
    """Anything but ws:// and wss:// is refused before dialling."""
    with pytest.raises(BenchError) as caught:
        dialler("http://127.0.0.1:9000")
    assert str(caught.value) == (
        "'http://127.0.0.1:9000' is no address of a central system: it begins with ws:// or wss://."
    )
