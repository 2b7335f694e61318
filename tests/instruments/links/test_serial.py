from __future__ import annotations

import errno
import socket
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
import serial
from hypothesis import given
from hypothesis import strategies as st
from serial.tools import list_ports

from wattest.errors import InstrumentError
from wattest_instruments.links import protocol_wattest
from wattest_instruments.links import serial as serial_link
from wattest_instruments.links.ports import Speed, open_port
from wattest_instruments.links.serial import SerialLink, TimedOut, in_hex, until
from wattest_instruments.twins.serial import serve_serial

if TYPE_CHECKING:
    from tests.instruments.links.conftest import Notebook

    from wattest.clock import Clock


class Talker:
    """Answers lines that end with a question mark, and says the time by itself once a second."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._send: protocol_wattest.Send | None = None
        self.deaf = False

    def plugged(self, send: protocol_wattest.Send) -> None:
        self._send = send
        self._clock.call_later(1.0, self._tick)

    def receive(self, data: bytes) -> None:
        if self._send is not None and data.endswith(b"?\n") and not self.deaf:
            self._send(b"NOISE\n" + data[:-2] + b"!\n")

    def unplugged(self) -> None:
        self._send = None

    def _tick(self) -> None:
        if self._send is not None:
            self._send(f"T{self._clock.monotonic():.0f}\n".encode())
            self._clock.call_later(1.0, self._tick)


def link_to(notebook: Notebook, port: str) -> SerialLink:
    return SerialLink(notebook.around("vehicle"), port, split=until(b"\n"), timeout_s=2.0)


async def talk(link: SerialLink, notebook: Notebook) -> None:
    await link.open()
    await link.open()
    heard = await link.ask(b"WHO?\n", lambda frame: frame.endswith(b"!"))
    assert heard.frame == b"WHO!"
    begin = notebook.clock.monotonic()
    told = await link.next(lambda frame: frame.startswith(b"T"), within_s=3.0)
    assert told is not None
    assert told.frame == b"T1"
    assert notebook.clock.monotonic() - begin == pytest.approx(1.0, abs=0.1)
    assert await link.next(lambda frame: frame == b"never", within_s=2.5) is None
    await link.send(b"ON\n")
    assert await link.take() == ()
    await link.close()
    await link.close()


def test_a_twin_in_memory_is_asked_and_listened_to(notebook: Notebook, names: Callable[[], str]) -> None:
    """The first frame that fits is the answer; what comes by itself comes when its virtual time has come."""
    url = protocol_wattest.register(names(), Talker(notebook.clock))
    notebook.run(talk(link_to(notebook, url), notebook))
    assert notebook.told("op", "tx", "rx", "error") == [
        ("open", "", None, None),
        ("write", "WHO?", None, None),
        ("answer", "", "WHO!", None),
        ("frame", "", "T1", None),
        ("write", "ON", None, None),
        ("close", "", None, None),
    ]
    assert notebook.notes[2][1]["to"] == 1


def test_the_same_over_a_real_socket(notebook: Notebook) -> None:
    """Pyserial's own socket:// reaches the twin in the same loop, without a virtual second lost."""

    async def live() -> None:
        async with serve_serial(Talker(notebook.clock)) as url:
            await talk(link_to(notebook, url), notebook)

    notebook.run(live())
    assert [op for (op,) in notebook.told("op")] == ["open", "write", "answer", "frame", "write", "close"]


def test_no_answer_is_a_time_out_and_the_link_lives_on(notebook: Notebook, names: Callable[[], str]) -> None:
    """The sentence names the port, what was said and how long it was waited."""
    talker = Talker(notebook.clock)
    url = protocol_wattest.register(names(), talker)
    link = link_to(notebook, url)

    async def live() -> None:
        await link.open()
        talker.deaf = True
        with pytest.raises(TimedOut) as caught:
            await link.ask(b"WHO?\n", lambda _frame: True)
        assert str(caught.value) == f"{url} did not answer 'WHO?' within 2 s."
        talker.deaf = False
        assert (await link.ask(b"YOU?\n", lambda frame: frame == b"YOU!")).frame == b"YOU!"
        await link.close()
        with pytest.raises(InstrumentError, match=r"is not open: call open\(\) first\.$"):
            await link.send(b"ON\n")

    notebook.run(live())


def test_one_port_serves_one_driver(notebook: Notebook, names: Callable[[], str]) -> None:
    """The second one is told who has it; once that one has closed, it may."""
    url = protocol_wattest.register(names(), Talker(notebook.clock))
    first, second = link_to(notebook, url), link_to(notebook, url)

    async def live() -> None:
        await first.open()
        with pytest.raises(InstrumentError) as caught:
            await second.open()
        assert str(caught.value) == (
            f"{url} is already open as vehicle: one serial port serves one driver. Give this one another."
        )
        await first.close()
        await second.open()
        await second.close()

    notebook.run(live())


def test_a_twin_that_was_unplugged_frees_its_port(notebook: Notebook) -> None:
    """A driver that was left behind by a rehearsal that failed does not keep the next one's from the same port."""

    async def live() -> None:
        with protocol_wattest.plugged_in("car", Talker(notebook.clock)) as url:
            left_behind = link_to(notebook, url)
            await left_behind.open()
        with pytest.raises(InstrumentError, match="wattest://car failed"):
            await left_behind.send(b"ON\n")
        with protocol_wattest.plugged_in("car", Talker(notebook.clock)) as url:
            link = link_to(notebook, url)
            await link.open()
            await link.close()

    notebook.run(live())


def test_a_server_that_hangs_up_is_a_sentence(notebook: Notebook) -> None:
    """What pyserial calls a disconnected socket is told with the way out; opened again, the link works once it is back."""

    async def live() -> None:
        async with serve_serial(Talker(notebook.clock)) as url:
            link = link_to(notebook, url)
            await link.open()
            await link.ask(b"WHO?\n", lambda frame: frame == b"WHO!")
        with pytest.raises(InstrumentError, match=r"^socket://.* failed: .*Was the adapter pulled out"):
            await link.take()
        with pytest.raises(InstrumentError, match="cannot be opened: Connection refused"):
            await link.open()
        async with serve_serial(Talker(notebook.clock), port=int(url.rpartition(":")[2])):
            await link.open()
            assert (await link.ask(b"WHO?\n", lambda frame: frame == b"WHO!")).frame == b"WHO!"
            await link.close()

    notebook.run(live())


@pytest.mark.parametrize(
    ("number", "sentence"),
    [
        (
            errno.ENOENT,
            (
                "There is no serial port /dev/ttyX: plug the adapter in, or correct the bench file. This computer has "
                "/dev/ttyS7."
            ),
        ),
        (
            errno.EACCES,
            (
                "The serial port /dev/ttyX may not be opened: permission denied. Add the user to the group that owns it "
                "(ls -l tells; usually 'sudo usermod -aG dialout $USER'), then log in again."
            ),
        ),
        (
            errno.EAGAIN,
            "The serial port /dev/ttyX is in use by another program: close that, such as a terminal or ModemManager.",
        ),
        (errno.EIO, "The serial port /dev/ttyX cannot be opened: [Errno 5] could not open."),
    ],
)
def test_a_port_that_cannot_be_opened_says_what_to_do(
    monkeypatch: pytest.MonkeyPatch, number: int, sentence: str
) -> None:
    """Missing, forbidden, taken and broken are four different things."""

    class Found:
        device = "/dev/ttyS7"

    def refuse(*_: object, **__: object) -> None:
        raise serial.SerialException(number, "could not open")

    monkeypatch.setattr(serial, "serial_for_url", refuse)
    monkeypatch.setattr(list_ports, "comports", lambda: [Found()])
    with pytest.raises(InstrumentError) as caught:
        open_port("/dev/ttyX", Speed(), timeout_s=1.0)
    assert str(caught.value) == sentence


def test_real_ports_that_are_not_there(notebook: Notebook) -> None:
    """Pyserial's own errors lead to the sentences; a link that failed to open can be tried again."""
    for port, words in (
        ("/dev/ttyNOSUCH", "There is no serial port /dev/ttyNOSUCH"),
        ("nosuch://x", "cannot be opened: invalid URL"),
        ("wattest://nobody", "no twin is registered under the name 'nobody'"),
    ):
        link = link_to(notebook, port)
        for _ in range(2):
            with pytest.raises(InstrumentError, match=words):
                notebook.run(link.open())
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = f"socket://127.0.0.1:{taken.getsockname()[1]}"
        with pytest.raises(InstrumentError, match="cannot be opened: Connection refused"):
            notebook.run(link_to(notebook, port).open())


@pytest.mark.real_time
def test_a_stuck_call_is_broken_off(notebook: Notebook, monkeypatch: pytest.MonkeyPatch) -> None:
    """A write that never comes back costs the port, not the run."""
    monkeypatch.setattr(serial_link, "GRACE_S", 0.05)
    hold = socket.socketpair()

    async def live() -> None:
        async with serve_serial(Talker(notebook.clock)) as url:
            link = SerialLink(notebook.around("vehicle"), url, split=until(b"\n"), timeout_s=0.05)
            await link.open()
            assert link._port is not None
            monkeypatch.setattr(link._port, "write", lambda _data: hold[0].recv(1))
            with pytest.raises(InstrumentError, match=r"has been stuck in one call for 0\.1 s"):
                await link.send(b"ON\n")
            hold[1].close()
            await link.open()
            await link.send(b"ON\n")
            await link.close()

    notebook.run(live())
    hold[0].close()


def test_a_flood_without_a_frame_is_thrown_away(notebook: Notebook, names: Callable[[], str]) -> None:
    """A device at the wrong speed sends rubbish for ever; memory does not grow."""

    class Flood:
        def plugged(self, send: protocol_wattest.Send) -> None:
            self.send = send

        def receive(self, data: bytes) -> None:
            self.send(b"x" * 5000)

        def unplugged(self) -> None:
            pass

    link = link_to(notebook, protocol_wattest.register(names(), Flood()))

    async def live() -> None:
        await link.open()
        await link.send(b"?")
        assert await link.take() == ()
        assert len(link._arrived) == 0
        await link.close()

    notebook.run(live())


@given(st.lists(st.binary(max_size=12)))
def test_frames_survive_any_cut(pieces: list[bytes]) -> None:
    """However the bytes are cut into pieces, the frames between the ends are the same."""
    arrived, frames = bytearray(), []
    for piece in pieces:
        arrived += piece
        frames += until(b"\n")(arrived)
    assert frames == [frame for frame in b"".join(pieces).split(b"\n")[:-1] if frame]
    assert in_hex(b"\x04\x11") == "04 11"
