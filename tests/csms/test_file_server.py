"""The place for files on loopback sockets: the ways in which stations send, and what they must not do to us."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import Iterator
from typing import Any

import pytest

from wattest.clock import RealClock
from wattest.clock.http import Request
from wattest.clock.network import ConnectionRefused
from wattest.csms import file_server
from wattest.csms.file_server import FileServer, serve_files
from wattest.csms.files import Files, Place
from wattest.errors import BenchError
from wattest.evse.web import fetch

pytestmark = pytest.mark.real_time


class Listening:
    """A place for files on a free port."""

    def __init__(self) -> None:
        self.clock = RealClock()
        self.noted: list[dict[str, Any]] = []
        self.files = Files(self.clock, self.note, 1)
        self.server: FileServer = self.clock.run(serve_files(self.files, "127.0.0.1", 0))
        self.place: Place = self.files.open_place(serves={"fw.bin": b"firmware"})

    def note(self, kind: str, /, **fields: Any) -> int:
        self.noted.append({"kind": kind, **fields})
        return len(self.noted) - 1

    async def say(self, *pieces: bytes, end: bool = False) -> bytes:
        """Send pieces as they are, and read until the server hangs up."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.server.port)
        for piece in pieces:
            writer.write(piece.replace(b"{place}", self.place.path.encode()))
            await writer.drain()
        if end:
            writer.write_eof()
        async with asyncio.timeout(5):
            answer = await reader.read()
        writer.close()
        return answer


@pytest.fixture
def listening() -> Iterator[Listening]:
    made = Listening()
    yield made
    made.clock.run(made.server.close())
    made.clock.close()


def test_the_ways_in_which_stations_send(listening: Listening) -> None:
    """A length, chunks with a trailer, and the question of curl whether it may: all arrive whole."""

    async def bench() -> None:
        plain = await listening.say(
            b"PUT {place}a.log HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhel", b"lo"
        )
        assert plain.startswith(b"HTTP/1.1 201 Created\r\n")
        chunks = b"3;x=1\r\nhel\r\n2\r\nlo\r\n0\r\nTrailer: 1\r\n\r\n"
        head = b"POST {place} HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"
        assert (await listening.say(head, chunks)).startswith(b"HTTP/1.1 201")
        asking = b"PUT {place}c HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n"
        assert (await listening.say(asking, b"hello")).startswith(
            b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 201"
        )

    listening.clock.run(bench())
    assert [one.content for one in listening.place.received] == [b"hello"] * 3


def test_what_is_not_whole_or_not_http_is_turned_away(
    listening: Listening, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each gets its status, nothing is kept, and the place says why the file did not come."""
    monkeypatch.setattr(file_server, "IDLE_S", 0.2)
    put = b"PUT {place}a HTTP/1.1\r\n"
    chunked = put + b"Transfer-Encoding: chunked\r\n\r\n"
    cases: list[tuple[bytes, bool, bytes]] = [
        (put + b"Content-Length: 999999999999\r\n\r\n", False, b"413"),
        (put + b"Content-Length: 9999999999999999999999\r\n\r\n", False, b"413"),
        (put + b"Content-Length: -1\r\n\r\n", False, b"400"),
        (put + b"Content-Length: 9\r\n\r\nhello", False, b"408"),
        (put + b"Content-Length: 9\r\n\r\nhello", True, b""),
        (chunked + b"zz\r\n", False, b"400"),
        (chunked + b"fffffffff\r\n", False, b"413"),
        (chunked + b"3\r\nab", True, b""),
        (b"PUT /guess/a HTTP/1.1\r\nContent-Length: 5\r\n\r\nhello", False, b"404"),
        (b"\x16\x03\x01\x02\x00\r\n\r\n", False, b"400"),
        (b"GET / HTTP/1.1\r\nX: " + b"a" * 70_000, False, b"431"),
        (b"", True, b""),
        (b"GET", False, b"408"),
    ]

    async def bench() -> None:
        for sent, end, status in cases:
            said = await listening.say(sent, end=end)
            assert said.split(b" ")[1:2] == ([status] if status else []), sent[:60]

    listening.clock.run(bench())
    assert listening.place.received == []
    assert "the connection ended after 5 of 9 bytes" in {why for why, _ in listening.place.turned_away}


def test_a_connection_that_breaks_is_told(listening: Listening) -> None:
    """A reset in the middle of a file is why it did not come, and no silence."""

    async def bench() -> None:
        _, writer = await asyncio.open_connection("127.0.0.1", listening.server.port)
        writer.write(f"PUT {listening.place.path}a HTTP/1.1\r\nContent-Length: 9\r\n\r\nhello".encode())
        await writer.drain()
        await listening.clock.sleep(0.1)
        linger = struct.pack("ii", 1, 0)
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        writer.transport.abort()
        async with asyncio.timeout(5):
            while not listening.place.turned_away:
                await listening.clock.sleep(0.02)

    listening.clock.run(bench())
    ((why, _),) = listening.place.turned_away
    assert why.startswith("the connection broke (")


def test_the_charger_of_our_own_speaks_to_it(listening: Listening) -> None:
    """Put and fetched over a socket; what nobody serves is refused with a sentence."""

    async def bench() -> None:
        url = listening.files.base("") if listening.files.base else ""
        place = listening.place.path
        assert (await fetch(url, Request("PUT", f"{place}a.log", {}, b"x" * 300_000))).status == 201
        assert (await fetch(url, Request("GET", f"{place}fw.bin"))).body == b"firmware"
        with pytest.raises(ConnectionRefused, match="this charger speaks http only"):
            await fetch("ftp://127.0.0.1", Request("GET", "/"))
        with pytest.raises(OSError, match=r"127\.0\.0\.1"):
            await fetch("http://127.0.0.1:1", Request("GET", "/"))

    listening.clock.run(bench())
    assert len(listening.place.received[0].content) == 300_000


def test_a_taken_port_is_named(listening: Listening) -> None:
    """With the way out."""
    with pytest.raises(
        BenchError, match=r"port \d+: .*Choose another 'files_port:' under 'csms:' in the bench file"
    ):
        listening.clock.run(serve_files(listening.files, "127.0.0.1", listening.server.port))


def test_places_on_a_socket_are_not_drawn_from_the_seed() -> None:
    """Two servers with the same seed have different places: nobody on the network can know them beforehand."""
    one, other = Listening(), Listening()
    assert one.place.path != other.place.path
    for made in (one, other):
        made.clock.run(made.server.close())
        made.clock.close()
