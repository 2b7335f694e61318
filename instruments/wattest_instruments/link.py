"""One VISA resource: one thread, one lock, and every exchange in the record.

What PyVISA and its pure-Python backend do not do is done here:

- opening a refused TCP port succeeds, so ``open`` asks who is there (``*IDN?``) before it believes anything;
- two threads on one resource get each other's answers, so a resource has one lock and one worker thread;
- after a time-out the late answer would be handed to the next question, so the link is cleared and the
  instrument identified again before anything else is asked;
- a peer that hangs up looks like a time-out, for which the backend spins at full load, and clearing such a link never
  ends: the socket is looked at first;
- a write ignores the time-out, so every call is watched from outside;
- two managers of one backend are one object, and whoever closes it ends all sessions: ours has a name of its own.

The backend ``@wattest`` answers at once and is called in the loop's own thread.
"""

from __future__ import annotations

import asyncio
import queue
import select
import socket
import threading
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, TypeVar
from weakref import WeakValueDictionary

import pyvisa
from pyvisa.constants import StatusCode
from pyvisa.resources import MessageBasedResource, SerialInstrument

from wattest.errors import InstrumentError
from wattest.roles import Surroundings
from wattest_instruments.placeholders import fill, rig_facts

T = TypeVar("T")

GRACE_S = 1.0
"""How much longer than its own time-out a call may take before it counts as stuck."""

LARGEST_BLOCK = 32 * 1024 * 1024
"""Bytes of the largest block that is believed; a scope's memory is read in pieces of 250 kB."""
OURS = {"@py": "wattest@py"}
"""The pure-Python backend under a name of our own: another program part that closes ``ResourceManager("@py")`` does not
end our sessions with it."""

_links: WeakValueDictionary[tuple[str, str], VisaLink] = WeakValueDictionary()


class TimedOut(InstrumentError):
    """The instrument did not answer in time; the link has been cleared and can be used again."""


@dataclass(frozen=True)
class Heard:
    """An answer and the number of its entry in the record."""

    text: str
    seq: int


@dataclass(frozen=True)
class Block:
    """Bytes of a definite-length block and the number of its entry, which holds their SHA-256 and length."""

    data: bytes
    seq: int


class VisaLink:
    """A message-based resource. ``library`` is what stands in ``pyvisa.ResourceManager(library)``.

    ``identify`` is the question that tells who is there, ``*IDN?`` unless the instrument knows no such thing;
    ``end`` ends a line that is sent and ``ended`` one that is received. ``baud`` is for serial resources.
    ``lasting`` keeps of an answer to ``identify`` what stays the same, for an instrument that can only be asked for readings.
    All methods raise ``InstrumentError`` with resource and library in the sentence.
    """

    def __init__(
        self,
        around: Surroundings,
        resource: str,
        *,
        library: str = "@py",
        timeout_s: float = 2.0,
        identify: str = "*IDN?",
        end: str = "\n",
        ended: str = "\n",
        baud: int = 9600,
        lasting: Callable[[str], str] = str,
    ) -> None:
        self.resource = self._wanted = resource
        self.identity = ""
        self.role = around.role
        self._around = around
        self._library = library
        self._timeout_s = timeout_s
        self._identify = identify
        self._lasting = lasting
        self._end, self._ended = end, ended
        self._baud = baud
        self._inline = library.endswith("@wattest")
        self._lock = asyncio.Lock()
        self._visa: MessageBasedResource | None = None
        self._worker: _Worker | None = None
        self._broken = ""

    @property
    def place(self) -> str:
        """How to name this resource in a sentence."""
        _, mark, backend = self._library.rpartition("@")
        return f"{self.resource} ({mark}{backend})"

    async def open(self) -> str:
        """Connect and return the answer to ``identify``; harmless when open.

        A resource such as ``{evse.scpi}`` names what a rig of the bench told when it was ready.
        """
        if self._visa is not None:
            return self.identity
        self.resource = fill(self._wanted, rig_facts(self._around))
        other = _links.get((self._library, self.resource))
        if other is not None and other is not self:
            raise InstrumentError(
                f"{self.place} is already open as {other.role}: one resource serves one driver, since two "
                "would read each other's answers. Give this role another resource."
            )
        self._broken = ""
        self._worker = None if self._inline else _Worker(self.resource)
        async with self._lock:
            self._visa = await self._exchange("open", "", self._connect)
            _links[self._library, self.resource] = self
            try:
                self.identity = self._lasting(
                    await self._exchange("query", self._identify, lambda: self._ask(self._identify))
                )
            except InstrumentError as error:
                await self._drop()
                raise InstrumentError(
                    f"{error} The connection opened, but that proves nothing: check that the instrument is on, "
                    "set to remote, and that address and port in the bench file are right."
                ) from error
        return self.identity

    async def query(self, line: str) -> Heard:
        """Ask and read the answer. Raises ``TimedOut`` after clearing the link and identifying again."""
        async with self._lock:
            try:
                text = await self._exchange("query", line, lambda: self._ask(line))
            except TimedOut:
                await self._recover()
                raise
            return Heard(text, self._seq)

    async def query_block(self, line: str) -> Block:
        """Ask for a definite-length block (IEEE 488.2, 8.7.9), such as samples. Raises as ``query`` does.

        The entry in the record holds the length and the SHA-256 of the bytes instead of the bytes.
        """
        async with self._lock:
            try:
                data = await self._exchange("query", line, lambda: self._ask_block(line))
            except InstrumentError:
                # What is left of the answer must not be handed to the next question.
                if self._visa is not None:
                    await self._recover()
                raise
            return Block(data, self._seq)

    async def write(self, line: str) -> None:
        """Send a line that has no answer."""
        async with self._lock:
            await self._exchange("write", line, lambda: self._send(line))

    async def close(self) -> None:
        """Let go of the resource; harmless when it is not open."""
        async with self._lock:
            await self._drop()

    # In the loop.

    async def _exchange(self, op: str, tx: str, call: Callable[[], T]) -> T:
        """One call in the worker, noted with its outcome."""
        try:
            result = await self._do(call)
        except InstrumentError as error:
            self._seq = self._note(op, tx, None, str(error))
            raise
        block = (
            {"sha256": sha256(result).hexdigest(), "length": len(result)} if isinstance(result, bytes) else {}
        )
        self._seq = self._note(op, tx, result if isinstance(result, str) else None, None, **block)
        return result

    async def _do(self, call: Callable[[], T]) -> T:
        if self._broken:
            raise InstrumentError(f"{self.place} is out of use since an earlier error: {self._broken}")
        if self._worker is None:
            return self._translated(call)
        worker = self._worker
        try:
            return await self._around.clock.in_thread(
                worker.call, lambda: self._translated(call), self._timeout_s + GRACE_S
            )
        except _Stuck:
            self._give_up(worker)
            raise InstrumentError(
                f"{self.place} has been stuck in one call for {self._timeout_s + GRACE_S:g} s, longer than its "
                f"time-out of {self._timeout_s:g} s: the link was broken off. Check the cable and the instrument, then open "
                "it again."
            ) from None

    async def _recover(self) -> None:
        """After a time-out: drop what comes late, and make sure who is there."""
        try:
            await self._exchange("clear", "", self._clear)
            identity = self._lasting(
                await self._exchange("query", self._identify, lambda: self._ask(self._identify))
            )
        except InstrumentError as error:
            await self._drop()
            self._broken = str(error)
            return
        if identity != self.identity:
            await self._drop()
            self._broken = f"after a time-out {identity!r} answered instead of {self.identity!r}."

    async def _drop(self) -> None:
        visa, worker = self._visa, self._worker
        self._visa = self._worker = None
        if _links.get((self._library, self.resource)) is self:
            del _links[self._library, self.resource]
        if visa is not None:
            with suppress(InstrumentError, _Stuck):
                if worker is None:
                    self._translated(visa.close)
                else:
                    await self._around.clock.in_thread(
                        worker.call, lambda: self._translated(visa.close), GRACE_S
                    )
            self._note("close", "", None, None)
        if worker is not None:
            worker.end()

    def _give_up(self, worker: _Worker) -> None:
        """Break the connection under a stuck call, so that its thread comes loose, and forget both."""
        visa, self._visa, self._worker = self._visa, None, None
        _links.pop((self._library, self.resource), None)
        self._broken = "a call was stuck and the link was broken off."
        if visa is not None:
            connection = _socket_of(visa)
            if connection is not None:
                with suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)
            with suppress(Exception):
                visa.close()
        worker.end()

    def _note(self, op: str, tx: str, rx: str | None, error: str | None, **block: Any) -> int:
        return self._around.note(
            "exchange",
            role=self._around.role,
            resource=self.resource,
            op=op,
            tx=tx,
            rx=rx,
            error=error,
            **block,
        )

    # In the worker.

    def _translated(self, call: Callable[[], T]) -> T:
        """Run a PyVISA call; whatever it raises becomes a sentence."""
        try:
            return call()
        except InstrumentError:
            raise
        except pyvisa.VisaIOError as error:
            if error.error_code != StatusCode.error_timeout:
                raise InstrumentError(f"{self.place} failed: {error.description}") from error
            if self._visa is not None and _hung_up(self._visa):
                raise TimedOut(
                    f"{self.place} hung up: the instrument or its gateway closed the connection."
                ) from error
            raise TimedOut(f"{self.place} did not answer within {self._timeout_s:g} s.") from error
        except OSError as error:
            raise InstrumentError(f"{self.place} cannot be reached: {error.strerror or error}.") from error
        except Exception as error:  # backends raise bare Exception, TypeError on closed sockets, ValueError
            raise InstrumentError(f"{self.place} failed: {error}") from error

    def _connect(self) -> MessageBasedResource:
        manager = pyvisa.ResourceManager(OURS.get(self._library, self._library))
        resource: Any = manager.open_resource(self.resource, open_timeout=int(self._timeout_s * 1000))
        if not isinstance(resource, MessageBasedResource):
            resource.close()
            raise InstrumentError(f"{self.place} is no resource that messages can be sent to.")
        resource.timeout = self._timeout_s * 1000.0
        resource.read_termination, resource.write_termination = self._ended, self._end
        if isinstance(resource, SerialInstrument):
            resource.baud_rate = self._baud
        resource.encoding = "latin-1"
        connection = _socket_of(resource)
        if (
            connection is not None
        ):  # a setting and its check are two small writes: do not wait for an acknowledgement
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return resource

    def _send(self, line: str) -> None:
        self._open_visa().write(line)

    def _ask(self, line: str) -> str:
        visa = self._open_visa()
        visa.write(line)
        connection = _socket_of(visa)
        if connection is not None:
            if not select.select([connection], [], [], self._timeout_s)[0]:
                raise TimedOut(f"{self.place} did not answer within {self._timeout_s:g} s.")
            if _hung_up(visa):
                raise TimedOut(f"{self.place} hung up: the instrument or its gateway closed the connection.")
        return visa.read().strip(" \r\n")

    def _ask_block(self, line: str) -> bytes:
        visa = self._open_visa()
        visa.write(line)
        head = visa.read_bytes(2)
        if head[:1] != b"#" or head[1:] not in b"123456789":
            raise InstrumentError(
                f"{self.place} answered {line!r} with {head!r}, which begins no block of bytes of a stated length."
            )
        digits = visa.read_bytes(int(head[1:]))
        if not digits.isdigit() or int(digits) > LARGEST_BLOCK:
            raise InstrumentError(
                f"{self.place} answered {line!r} with a block of {digits!r} bytes; at most {LARGEST_BLOCK} are read."
            )
        data = visa.read_bytes(int(digits)) if int(digits) else b""
        with suppress(pyvisa.VisaIOError):  # the line's end follows, except from instruments that forget it
            visa.read_bytes(len(self._ended))
        return data

    def _clear(self) -> None:
        visa = self._open_visa()
        if _hung_up(visa):
            raise InstrumentError(
                f"{self.place} hung up: the instrument or its gateway closed the connection."
            )
        visa.clear()

    def _open_visa(self) -> MessageBasedResource:
        if self._visa is None:
            raise InstrumentError(f"{self.place} is not open: call open() first.")
        return self._visa


def _socket_of(visa: MessageBasedResource) -> socket.socket | None:
    """The TCP socket under a resource of pyvisa-py; None for everything else."""
    try:
        interface = getattr(visa.visalib, "sessions", {})[visa.session].interface
    except (AttributeError, KeyError, pyvisa.Error):
        return None
    return interface if isinstance(interface, socket.socket) else None


def _hung_up(visa: MessageBasedResource) -> bool:
    """Whether the other end of a TCP resource has closed; PyVISA calls that a time-out."""
    connection = _socket_of(visa)
    if connection is None:
        return False
    try:
        readable, _, _ = select.select([connection], [], [], 0)
        return bool(readable) and connection.recv(1, socket.MSG_PEEK) == b""
    except (OSError, ValueError):
        return True


class _Stuck(Exception):
    """A call did not come back."""


class _Worker:
    """One thread that does one thing after another, and dies with the process."""

    def __init__(self, name: str) -> None:
        self._jobs: queue.SimpleQueue[tuple[Callable[[], Any], Future[Any]] | None] = queue.SimpleQueue()
        threading.Thread(target=self._work, name=f"visa {name}", daemon=True).start()

    def call(self, job: Callable[[], T], limit_s: float) -> T:
        """Have it done and wait for the result, in real seconds. Raises ``_Stuck``, or what the job raised."""
        done: Future[T] = Future()
        self._jobs.put((job, done))
        try:
            return done.result(limit_s)
        except TimeoutError:
            raise _Stuck from None

    def end(self) -> None:
        """No more jobs; the thread ends after the one under way."""
        self._jobs.put(None)

    def _work(self) -> None:
        while (item := self._jobs.get()) is not None:
            job, done = item
            try:
                done.set_result(job())
            except BaseException as error:  # noqa: BLE001 - it is raised again where the result is awaited
                done.set_exception(error)
