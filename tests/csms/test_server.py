"""The central system on loopback sockets. Few and short: everything above the socket is tested in virtual time."""

from __future__ import annotations

import asyncio
import base64
import itertools
import struct
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.frames import Frame, Opcode
from websockets.typing import Subprotocol

from wattest.clock import RealClock
from wattest.clock.network import Choice
from wattest.csms import Csms, server
from wattest.csms.server import Server, host_of, identity_of, serve, size_of, whole_text_frame
from wattest.errors import BenchError
from wattest.model.bench import CsmsEntry

pytestmark = pytest.mark.real_time

HEARTBEAT = '[2,"a","Heartbeat",{}]'


class Listening:
    """A central system on a free port, and its record."""

    def __init__(self) -> None:
        self.clock = RealClock()
        self.entries: list[dict[str, Any]] = []
        self.csms = Csms(self.clock, self.note)
        self.server: Server | None = None

    def note(self, kind: str, /, **fields: Any) -> int:
        self.entries.append({"kind": kind, **fields})
        return len(self.entries) - 1

    def run(self, talk: Callable[[], Awaitable[None]], **entry: Any) -> None:
        async def whole() -> None:
            self.server = await serve(self.csms, CsmsEntry(**entry))
            try:
                async with asyncio.timeout(10):
                    await talk()
            finally:
                await self.server.close()

        self.clock.run(whole())
        assert self.csms.troubles == []

    async def station(
        self, path: str = "/ocpp/CP1", *, offers: str = "ocpp1.6", **more: Any
    ) -> ClientConnection:
        assert self.server is not None
        offered = [Subprotocol(offers)] if offers else None
        return await connect(f"ws://127.0.0.1:{self.server.port}{path}", subprotocols=offered, **more)

    async def raw(self, data: bytes) -> bytes:
        """What comes back for these bytes, to the end of the connection."""
        assert self.server is not None
        reader, writer = await asyncio.open_connection("127.0.0.1", self.server.port)
        writer.write(data)
        answer = await reader.read()
        writer.close()
        return answer

    def links(self) -> list[tuple[Any, ...]]:
        """Links on record."""
        links = [e for e in self.entries if e["kind"] == "link"]
        return [(e["event"], e["code"], e["by"], e["reason"]) for e in links]

    def rules(self) -> list[str]:
        """Violations on record."""
        return [v["rule"] for e in self.entries if e["kind"] == "frame" for v in e["violations"]]


@pytest.fixture
def listening() -> Iterator[Listening]:
    found = Listening()
    yield found
    found.clock.close()


def test_frames_of_every_form(listening: Listening) -> None:
    """Whole, fragmented, binary and broken frames are answered, compressed or not, and pings too."""

    async def talk() -> None:
        for compression in (None, "deflate"):
            station = await listening.station(compression=compression)
            assert station.subprotocol == "ocpp1.6"
            await station.send(HEARTBEAT)
            assert str(await station.recv()).startswith('[3,"a",')
            await station.send(['[2,"b","Hear', 'tbeat"', ",{}]"])
            assert str(await station.recv()).startswith('[3,"b",')
            await station.send(b'[2,"c","Heartbeat",{}]')
            assert str(await station.recv()).startswith('[3,"c",')
            await station.send(b'[2,"d","A",{"x":"\xff"}]', text=True)
            assert str(await station.recv()).startswith('[4,"d","FormationViolation"')
            await (await station.ping())
            await station.close(1000, "enough")
            await asyncio.sleep(0.01)
        broken = [e for e in listening.entries if "raw_b64" in e]
        assert base64.b64decode(broken[0]["raw_b64"]) == b'[2,"d","A",{"x":"\xff"}]'
        assert listening.rules() == ["decode.binary-frame", "decode.utf-8"] * 2
        assert listening.links()[1] == ("closed", 1000, "station", "enough")

    listening.run(talk)


@pytest.mark.parametrize(
    ("path", "headers", "status", "body"),
    [
        ("/", {}, 404, b"no station can be at the path '/'.\n"),
        ("/other/CP1", {}, 404, b"no station can be at the path '/other/CP1'.\n"),
        ("/ocpp/%ff", {}, 404, b"no station can be at the path '/ocpp/%ff'.\n"),
        ("/ocpp/CP1", {}, 401, b"no password was given.\n"),
        ("/ocpp/CP1", {"Authorization": "Basic Q1AxOndyb25n"}, 401, b"user name or password is wrong.\n"),
    ],
)
def test_refusals(listening: Listening, path: str, headers: dict[str, str], status: int, body: bytes) -> None:
    """What cannot be a station gets an HTTP status with a sentence, and stands on record."""

    async def talk() -> None:
        with pytest.raises(InvalidStatus) as error:
            await listening.station(path, additional_headers=headers)
        assert error.value.response.status_code == status
        assert bytes(error.value.response.body) == body
        assert ("WWW-Authenticate" in error.value.response.headers) == (status == 401)
        assert listening.links() == [("refused", status, "csms", body.decode().rstrip(".\n"))]

    listening.run(talk, password="geheim")


def test_basic_authentication_in_bytes(listening: Listening) -> None:
    """A password beyond ASCII is compared as bytes."""

    async def talk() -> None:
        secret = base64.b64encode("CP1:gehéim".encode()).decode()
        await listening.station(additional_headers={"Authorization": f"Basic {secret}"})
        assert listening.csms.connected

    listening.run(talk, password="gehéim")


@pytest.mark.parametrize(
    ("request_", "status", "reason"),
    [
        (b"\x16\x03\x01\x00\xf4\x01\r\n\r\n", b"", "did not receive a valid HTTP request"),
        (b"GET /CP1 HTTP/1.1\r\nHost: x\r\n\r\n", b"HTTP/1.1 426 ", "missing Connection header"),
        (
            b"GET /CP1 HTTP/1.1\r\nA: " + b"x" * 9000 + b"\r\n\r\n",
            b"HTTP/1.1 431 ",
            "read 9005 bytes, expected no more than 8192 bytes",
        ),
    ],
)
def test_failed_handshakes(listening: Listening, request_: bytes, status: bytes, reason: str) -> None:
    """What is no WebSocket handshake fails with a status, and stands on record."""

    async def talk() -> None:
        assert (await listening.raw(request_))[:13].startswith(status)
        assert [(link[0], link[3]) for link in listening.links()] == [("handshake_failed", reason)]

    listening.run(talk)


def test_headers_that_cannot_be_read(listening: Listening) -> None:
    """A sub-protocol header that is none is a bad request."""

    async def talk() -> None:
        head = b"GET /CP1 HTTP/1.1\r\nHost: x\r\nSec-WebSocket-Protocol: ,,\r\n\r\n"
        assert (await listening.raw(head)).startswith(b"HTTP/1.1 400 ")
        twice = b"GET /CP1 HTTP/1.1\r\nAuthorization: a\r\nAuthorization: b\r\n\r\n"
        assert (await listening.raw(twice)).startswith(b"HTTP/1.1 400 ")
        assert [link[:2] for link in listening.links()] == [("refused", 400)] * 2

    listening.run(talk)


def test_slow_and_silent_handshakes(listening: Listening, monkeypatch: pytest.MonkeyPatch) -> None:
    """A connection that never says what it wants is cut, and both that and a hasty end stand on record."""
    monkeypatch.setattr(server, "OPEN_S", 0.05)

    async def talk() -> None:
        assert await listening.raw(b"GET /CP1 HT") == b""
        assert listening.server is not None
        _, writer = await asyncio.open_connection("127.0.0.1", listening.server.port)
        writer.close()
        await asyncio.sleep(0.02)
        assert listening.links() == [
            ("handshake_failed", 408, "csms", "no handshake within 0.05 s"),
            ("handshake_failed", 0, "csms", "the connection ended before a WebSocket handshake came"),
        ]

    listening.run(talk)


def test_no_common_dialect(listening: Listening) -> None:
    """A station without a known sub-protocol is connected without one and closed with 1002 (OCPP-J 1.6 3.2)."""

    async def talk() -> None:
        station = await listening.station(offers="")
        with pytest.raises(ConnectionClosed) as error:
            await station.recv()
        assert error.value.rcvd is not None
        assert error.value.rcvd.code == 1002
        assert listening.links()[0][:3] == ("refused", 1002, "csms")

    listening.run(talk)


def test_too_big(listening: Listening) -> None:
    """A message beyond 256 KiB closes the link with 1009, also when it was compressed."""

    async def talk() -> None:
        for compression in (None, "deflate"):
            station = await listening.station(compression=compression)
            await station.send("x" * 300_000)
            with pytest.raises(ConnectionClosed) as error:
                await station.recv()
            assert error.value.rcvd is not None
            assert error.value.rcvd.code == 1009
        assert [link[:3] for link in listening.links() if link[0] != "opened"] == [
            ("closed", 1009, "csms")
        ] * 2

    listening.run(talk)


def test_dead_links_are_noticed(listening: Listening) -> None:
    """A station that answers no ping is cut off; one that sends frames instead is alive."""

    async def talk() -> None:
        station = await listening.station()
        station.transport.pause_reading()
        for _ in range(5):
            await asyncio.sleep(0.03)
            await station.send(HEARTBEAT)
        assert [link[0] for link in listening.links()] == ["opened"]
        await asyncio.sleep(0.25)
        assert not listening.csms.connected
        assert listening.links()[-1] == ("lost", 1006, "network", "no answer to a ping within 0 s")
        station.transport.abort()

    listening.run(talk, ping_interval_s=0.05)


def test_pings_of_a_station_are_noted_when_somebody_asks(listening: Listening) -> None:
    """Each is an entry with the station's identity, while they are looked for only."""

    async def talk() -> None:
        station = await listening.station()
        await (await station.ping())
        listening.csms.notes_pings = True
        await (await station.ping())
        found = [entry for entry in listening.entries if entry["kind"] == "ping"]
        assert found == [{"kind": "ping", "station": "CP1", "direction": "in"}]

    listening.run(talk)


def test_it_stops_listening_and_listens_again_at_the_same_port(listening: Listening) -> None:
    """As a central system does that restarts: refused meanwhile, served afterwards; twice is harmless."""

    async def talk() -> None:
        listener = listening.csms.listener
        assert listener is listening.server
        assert listener is not None
        for _ in range(2):
            await listener.pause()
        with pytest.raises(OSError, match="Connect"):
            await listening.station()
        for _ in range(2):
            await listener.resume()
        station = await listening.station()
        await station.send(HEARTBEAT)
        assert str(await station.recv()).startswith('[3,"a",')

    listening.run(talk)


def test_answered_pings_keep_a_link(listening: Listening) -> None:
    """A station that answers pings stays."""

    async def talk() -> None:
        await listening.station()
        await asyncio.sleep(0.2)
        assert listening.csms.connected

    listening.run(talk, ping_interval_s=0.03)


def test_cut_connection(listening: Listening) -> None:
    """A connection that breaks without a close frame is lost."""

    async def talk() -> None:
        station = await listening.station()
        station.transport.abort()
        await asyncio.sleep(0.05)
        assert [link[:3] for link in listening.links()] == [
            ("opened", None, "station"),
            ("lost", 1006, "network"),
        ]

    listening.run(talk)


def test_newer_connection_wins(listening: Listening) -> None:
    """The older link of an identity is closed; commands go over the newer."""

    async def talk() -> None:
        old = await listening.station("/CP1")
        new = await listening.station("/ocpp/CP1?token=x")
        with pytest.raises(ConnectionClosed):
            await old.recv()
        waiting = asyncio.create_task(listening.csms.station().clear_cache())
        command = str(await new.recv())
        await new.send(f'[3,{command.split(",")[1]},{{"status":"Accepted"}}]')
        assert (await waiting).accepted

    listening.run(talk)


def test_station_that_does_not_read(listening: Listening, monkeypatch: pytest.MonkeyPatch) -> None:
    """A station that sends and never reads is first throttled, then cut off."""
    monkeypatch.setattr(server, "UNSENT", 400_000)

    async def talk() -> None:
        station = await listening.station(compression=None)
        station.transport.pause_reading()
        line = listening.csms.station().line
        assert line is not None
        for _ in range(300):
            if line.open:
                line.send_text("x" * 100_000)
        await asyncio.sleep(0)
        assert not listening.csms.connected
        assert listening.links()[-1] == ("closed", 1008, "csms", "the station left 400000 bytes unread")
        station.transport.abort()

    listening.run(talk)


def test_port_that_is_taken(listening: Listening) -> None:
    """An address that cannot be had is an error with the way out."""

    async def talk() -> None:
        assert listening.server is not None
        with pytest.raises(BenchError) as error:
            await serve(listening.csms, CsmsEntry(port=listening.server.port))
        assert str(error.value).startswith(
            f"The central system cannot listen on 127.0.0.1 port {listening.server.port}: "
        )
        assert str(error.value).endswith(
            "Choose another 'port:' under 'csms:' in the bench file; 0 lets the system choose."
        )
        assert listening.server.url == f"ws://127.0.0.1:{listening.server.port}/ocpp"

    listening.run(talk)


def masked(payload: bytes, *, head: int = 0x81) -> bytes:
    """A masked frame; the length is written as short as RFC 6455 wants it."""
    key = b"\x01\x02\x03\x04"
    data = bytes(byte ^ key[index % 4] for index, byte in enumerate(payload))
    if len(payload) < 126:
        return bytes((head, 0x80 | len(payload))) + key + data
    if len(payload) < 65536:
        return struct.pack("!BBH", head, 0xFE, len(payload)) + key + data
    return struct.pack("!BBQ", head, 0xFF, len(payload)) + key + data


@pytest.mark.parametrize("size", [0, 5, 125, 126, 1000, 65535])
def test_short_way_of_a_frame(size: int) -> None:
    """One whole masked text frame is unmasked at once; anything else goes to the parser."""
    payload = bytes(range(256)) * 256
    frame = masked(payload[:size])
    assert whole_text_frame(frame) == (payload[:size] if size else b"" if len(frame) >= 8 else None)
    assert whole_text_frame(frame[:-1]) is None
    assert whole_text_frame(frame + b"x") is None
    assert whole_text_frame(masked(payload[:size], head=0x01)) is None
    assert whole_text_frame(masked(payload[:size], head=0x82)) is None
    assert size_of(Frame(Opcode.TEXT, payload[:size])) == len(frame)


def test_other_frames_take_the_long_way() -> None:
    """Huge and unmasked frames are not for the short way."""
    assert whole_text_frame(masked(b"x" * 70_000)) is None
    assert size_of(Frame(Opcode.TEXT, b"x" * 70_000)) == len(masked(b"x" * 70_000))
    assert whole_text_frame(b"\x81\x05hello" + b" " * 5) is None


HANDSHAKE = (
    b"GET /CP1 HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: ocpp1.6\r\n\r\n"
)


@pytest.mark.parametrize("hasty", [False, True])
def test_frames_cut_and_joined_anywhere(listening: Listening, hasty: bool) -> None:
    """However TCP cuts or joins frames, each is answered once, also when the first come with the handshake."""
    frames = [masked(f'[2,"{number}","Heartbeat",{{}}]'.encode()) for number in range(40)]
    frames[7] = masked(b"ping", head=0x89)
    stream = b"".join(frames)
    cuts = [0, 1, 2, 7, 30, 31, 60, 64, 100, 300, 301, 302, 500, 900, len(stream)]

    async def talk() -> None:
        assert listening.server is not None
        reader, writer = await asyncio.open_connection("127.0.0.1", listening.server.port)
        early = 45 if hasty else 0
        writer.write(HANDSHAKE + stream[:early])
        await reader.readuntil(b"\r\n\r\n")
        for begin, end in itertools.pairwise([early, *(cut for cut in cuts if cut > early)]):
            writer.write(stream[begin:end])
            await asyncio.sleep(0.002)
        for number in range(40, 60):
            writer.write(masked(f'[2,"{number}","Heartbeat",{{}}]'.encode()))
            await asyncio.sleep(0.001)
        await asyncio.sleep(0.05)
        frames_in = [e for e in listening.entries if e["kind"] == "frame" and e["direction"] == "in"]
        ids = [e["message"]["id"] for e in frames_in]
        assert ids == [str(number) for number in range(60) if number != 7]
        assert listening.csms.connected
        writer.close()

    listening.run(talk)


def test_every_station_can_be_turned_away(listening: Listening) -> None:
    """A scenario can refuse every new link with an HTTP status of its own."""

    async def talk() -> None:
        listening.csms.turned_away = Choice(None, 503, "closed for maintenance")
        with pytest.raises(InvalidStatus) as error:
            await listening.station()
        assert error.value.response.status_code == 503
        assert listening.links() == [("refused", 503, "csms", "closed for maintenance")]

    listening.run(talk)


@pytest.mark.parametrize(
    ("path", "identity"),
    [
        ("/ocpp/CP1", "CP1"),
        ("/CP1", "CP1"),
        ("/ocpp/CP%201?a=b", "CP 1"),
        ("/ocpp/a%2Fb", "a/b"),
        ("/ocpp", None),
        ("/ocpp/", None),
        ("/", None),
        ("", None),
        ("CP1", None),
        ("/a/b/c", None),
        ("/ocpp/%ff", None),
    ],
)
def test_identity_of_a_path(path: str, identity: str | None) -> None:
    """The identity is the last part of the path, percent-decoded."""
    assert identity_of(path) == identity


@pytest.mark.parametrize(
    ("header", "host"),
    [
        ("csms.example:9000", "csms.example"),
        ("CSMS", "csms"),
        ("[::1]:9000", "::1"),
        ("", ""),
        ("[", ""),
        ("a b", ""),
        ('a"b', ""),
        ("a" * 300, ""),
        ("user@10.0.0.1:1", "10.0.0.1"),
    ],
)
def test_host_of_a_header(header: str, host: str) -> None:
    """What a station calls us, for URLs that it is given; nothing that no URL could hold."""
    assert host_of(header) == host


def test_a_station_is_told_the_host_that_it_knows(listening: Listening) -> None:
    """Files are offered under the name by which the station dialled."""

    async def talk() -> None:
        station = await listening.station()
        await station.send(HEARTBEAT)
        await station.recv()
        assert listening.csms.station().reached == "127.0.0.1"
        await station.close()

    listening.run(talk)
