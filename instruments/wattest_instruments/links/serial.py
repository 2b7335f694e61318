r"""A serial device that sends frames: one port, one thread, one lock, and what matters in the record.

::

    link = SerialLink(around, "/dev/ttyUSB0", speed=Speed(19200), split=until(b"\n"))
    await link.open()
    heard = await link.ask(b"STATE?\n", lambda frame: frame.startswith(b"STATE"))
    frame = await link.next(lambda frame: frame[:1] == b"{", within_s=3.0)    # one that comes by itself

A device that speaks by itself once a second would fill a record with nothing: frames that nobody asked for are
dropped as they are read, and only the one that is used is noted. ``ask`` waits in real time, as for any
instrument; ``next`` waits on the bench's clock, since what a device sends by itself comes when its time has
come.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import TypeVar
from weakref import WeakValueDictionary

import serial
from serial.serialutil import Timeout

from wattest.errors import InstrumentError
from wattest.roles import Surroundings
from wattest_instruments.links.ports import Speed, close_port, in_memory, open_port
from wattest_instruments.links.worker import GRACE_S, Stuck, Worker

T = TypeVar("T")

Split = Callable[[bytearray], "list[bytes]"]
"""Takes complete frames out of what has arrived; what is no frame it throws away."""
Wanted = Callable[[bytes], bool]

LONGEST = 4096
"""Bytes that may arrive without making a frame before they are thrown away."""
POLL_S = 0.05
"""How often ``next`` looks."""


class TimedOut(InstrumentError):
    """The device did not answer in time; the link can be used again."""


@dataclass(frozen=True)
class Heard:
    """A frame without what ends it, and the number of its entry in the record."""

    frame: bytes
    seq: int


def until(end: bytes) -> Split:
    """Frames that end with these bytes, which are taken off; empty ones are left out."""

    def split(arrived: bytearray) -> list[bytes]:
        *frames, rest = bytes(arrived).split(end)
        arrived[:] = rest
        return [frame for frame in frames if frame]

    return split


def printed(frame: bytes) -> str:
    """A frame of text as text."""
    return frame.decode("latin-1").strip()


def in_hex(frame: bytes) -> str:
    """A frame of bytes as ``04 11 01``."""
    return frame.hex(" ")


_links: WeakValueDictionary[tuple[int, str], SerialLink] = WeakValueDictionary()


class SerialLink:
    """One device on one port (``links.ports`` lists what may stand there); ``shown`` writes frames into the record.

    All methods raise ``InstrumentError`` with the port in the sentence.
    """

    def __init__(
        self,
        around: Surroundings,
        port: str,
        *,
        split: Split,
        speed: Speed = Speed(),  # noqa: B008 - frozen
        shown: Callable[[bytes], str] = printed,
        timeout_s: float = 2.0,
    ) -> None:
        self.place = port
        self.role = around.role
        self._key = (id(around.clock), port)
        self._around = around
        self._split = split
        self._speed = speed
        self._shown = shown
        self._timeout_s = timeout_s
        self._lock = asyncio.Lock()
        self._port: serial.Serial | None = None
        self._worker: Worker | None = None
        self._failed = False
        """Whether the port has failed since it was opened, as one does that was pulled out."""
        self._arrived = bytearray()
        self._frames: deque[bytes] = deque()

    async def open(self) -> None:
        """Open the port, anew after it failed; harmless when it works. What was sent before is forgotten."""
        if self.holds and not self._failed:
            return
        self._break_off()
        other = _links.get(self._key)
        if other is not None and other is not self and other.holds:
            raise InstrumentError(
                f"{self.place} is already open as {other.role}: one serial port serves one driver. Give this one another."
            )
        async with self._lock:
            self._worker = None if in_memory(self.place) else Worker(f"serial {self.place}")
            try:
                self._port = await self._do(self._connect)
            except InstrumentError as error:
                self._note("open", "", None, str(error))
                self._forget()
                raise
            _links[self._key] = self
            self._failed = False
            self._arrived.clear()
            self._frames.clear()
            self._note("open", "", None, None)

    @property
    def holds(self) -> bool:
        """Whether this link has its port open; one in memory is closed when its twin is unplugged."""
        return self._port is not None and self._port.is_open

    async def send(self, data: bytes) -> int:
        """Send bytes that have no answer; the number of the entry in the record."""
        async with self._lock:
            return await self._send(data)

    async def beat(self, data: bytes) -> None:
        """Send what only says that somebody is there, again and again: it is not noted unless it fails."""
        async with self._lock:
            try:
                await self._do(lambda: self._write(data))
            except InstrumentError as error:
                self._note("write", self._shown(data), None, str(error))
                raise

    async def ask(self, data: bytes, wanted: Wanted) -> Heard:
        """Send bytes and return the first frame after them that is wanted. Raises ``TimedOut``."""
        async with self._lock:
            await self._take()
            self._frames.clear()
            seq = await self._send(data)
            frame = await self._do(lambda: self._wait(wanted))
            if frame is None:
                sentence = f"{self.place} did not answer {self._shown(data)!r} within {self._timeout_s:g} s."
                self._note("answer", "", None, sentence, to=seq)
                raise TimedOut(sentence)
            return Heard(frame, self._note("answer", "", self._shown(frame), None, to=seq))

    async def next(self, wanted: Wanted, *, within_s: float) -> Heard | None:
        """The first wanted frame that comes from now on; None when none comes in so many seconds of the bench."""
        async with self._lock:
            await self._take()
            self._frames.clear()
        end = self._around.clock.monotonic() + within_s
        while True:
            for frame in await self.take():
                if wanted(frame):
                    return Heard(frame, self.keep(frame))
            left = end - self._around.clock.monotonic()
            if left <= 0:
                return None
            await self._around.clock.sleep(min(POLL_S, left))

    async def take(self) -> tuple[bytes, ...]:
        """Every frame that has arrived since the last look, noted nowhere; see ``keep``."""
        async with self._lock:
            await self._take()
            frames = tuple(self._frames)
            self._frames.clear()
            return frames

    def keep(self, frame: bytes) -> int:
        """Note a frame that nobody asked for, since something is concluded from it."""
        return self._note("frame", "", self._shown(frame), None)

    async def close(self) -> None:
        """Let go of the port; harmless when it is not open."""
        async with self._lock:
            port = self._port
            if port is None:
                return
            with suppress(InstrumentError):
                await self._do(lambda: close_port(port))
            self._forget()
            self._note("close", "", None, None)

    # In the loop.

    async def _send(self, data: bytes) -> int:
        try:
            await self._do(lambda: self._write(data))
        except InstrumentError as error:
            self._note("write", self._shown(data), None, str(error))
            raise
        return self._note("write", self._shown(data), None, None)

    async def _take(self) -> None:
        """Read what is there, without waiting."""
        await self._do(self._read_waiting)

    async def _do(self, job: Callable[[], T]) -> T:
        if self._worker is None:
            if not in_memory(self.place):
                raise InstrumentError(f"{self.place} is not open: call open() first.")
            return self._translated(job)
        worker, limit_s = self._worker, self._timeout_s + GRACE_S
        try:
            return await self._around.clock.in_thread(worker.call, lambda: self._translated(job), limit_s)
        except Stuck:
            self._break_off()
            raise InstrumentError(
                f"{self.place} has been stuck in one call for {limit_s:g} s, longer than its time-out of "
                f"{self._timeout_s:g} s: the port was closed. Check adapter and cable, then open it again."
            ) from None

    def _break_off(self) -> None:
        """Pull the port from under a stuck call, so that its thread comes loose, and forget both."""
        port = self._port
        self._forget()
        if port is None:
            return
        for loosen in ("cancel_read", "cancel_write"):
            with suppress(Exception):
                getattr(port, loosen)()
        with suppress(Exception):
            close_port(port)

    def _forget(self) -> None:
        self._port = None
        if self._worker is not None:
            self._worker.end()
            self._worker = None
        if _links.get(self._key) is self:
            del _links[self._key]

    def _note(self, op: str, tx: str, rx: str | None, error: str | None, **more: int) -> int:
        return self._around.note(
            "exchange", role=self.role, resource=self.place, op=op, tx=tx, rx=rx, error=error, **more
        )

    # In the worker.

    def _connect(self) -> serial.Serial:
        port = open_port(self.place, self._speed, timeout_s=self._timeout_s)
        port.timeout = 0.02  # a read waits so long; ``_wait`` looks until its own time is over
        return port

    def _open_port(self) -> serial.Serial:
        if self._port is None:
            raise InstrumentError(f"{self.place} is not open: call open() first.")
        return self._port

    def _write(self, data: bytes) -> None:
        self._open_port().write(data)

    def _read_waiting(self) -> None:
        port = self._open_port()
        while waiting := port.in_waiting:
            self._gather(port.read(waiting))

    def _wait(self, wanted: Wanted) -> bytes | None:
        """Read until a wanted frame came, or the time is over; other frames are dropped."""
        port, left = self._open_port(), Timeout(self._timeout_s)
        while True:
            self._gather(port.read(max(1, port.in_waiting)))
            while self._frames:
                frame = self._frames.popleft()
                if wanted(frame):
                    return frame
            if left.expired() or (in_memory(self.place) and not port.in_waiting):
                return None

    def _gather(self, data: bytes) -> None:
        self._arrived += data
        self._frames += self._split(self._arrived)
        if len(self._arrived) > LONGEST:
            self._arrived.clear()

    def _translated(self, job: Callable[[], T]) -> T:
        try:
            return job()
        except InstrumentError:
            raise
        except serial.SerialTimeoutException as error:
            raise TimedOut(f"{self.place} took nothing within {self._timeout_s:g} s.") from error
        except OSError as error:  # SerialException is one
            self._failed = self._port is not None
            raise InstrumentError(
                f"{self.place} failed: {error.strerror or error}. Was the adapter pulled out, or the serial server "
                "switched off?"
            ) from error
        except Exception as error:  # pyserial raises TypeError on ports that vanished
            self._failed = self._port is not None
            raise InstrumentError(f"{self.place} failed: {error}.") from error
