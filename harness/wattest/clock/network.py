"""In-memory links between a station and a central system, in the place of WebSockets.

They carry whole messages and pings in order, can be refused, cut and delayed, and look to both ends like the shell over a
real socket: a ``Wire``. Example::

    network = MemoryNetwork(clock)
    network.listen(csms.accept)
    wire = await network.connect(Greeting("CP001", ("ocpp2.0.1", "ocpp1.6")))
    await wire.send('[2,"1","Heartbeat",{}]')
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import Enum
from typing import Literal, Protocol, runtime_checkable

from wattest.clock.http import Answer, Request, Response
from wattest.clock.protocol import Clock
from wattest.errors import BenchError

Cut = Literal["reset", "silent"]
"""``reset``: both ends notice at once. ``silent``: half-open, messages vanish both ways and nobody is told."""


class WireClosed(Exception):
    """The link is closed. ``code`` is the WebSocket close code (RFC 6455 7.4.1); 1006 means no close frame came."""

    def __init__(self, code: int, reason: str = "") -> None:
        self.code = code
        self.reason = reason
        super().__init__(f"The link was closed with code {code}{f': {reason}' if reason else ''}.")


class ConnectionRefused(ConnectionError):
    """No link came about. ``status`` is the HTTP status of the refusal, None when nobody answered."""

    def __init__(self, sentence: str, status: int | None = None) -> None:
        self.status = status
        super().__init__(sentence)


@dataclass(frozen=True)
class Greeting:
    """What a station shows in its handshake: identity (the URL's last part), OCPP versions, HTTP authorization."""

    identity: str
    subprotocols: tuple[str, ...] = ("ocpp2.0.1", "ocpp1.6")
    authorization: str | None = None
    reached: str = ""
    """Host by which the station reached the central system, as far as a shell can tell."""


@dataclass(frozen=True)
class Choice:
    """What a central system answers to a greeting: 101 and a subprotocol, or another HTTP status with its reason.

    A subprotocol of None with status 101 accepts without naming one (RFC 6455 4.2.2): the station should leave.
    """

    subprotocol: str | None
    status: int = 101
    reason: str = ""


class Wire(Protocol):
    """One end of a link that carries whole messages, text or binary, in order."""

    @property
    def closed(self) -> bool:
        """True once this end knows that the link is closed."""
        ...

    @property
    def subprotocol(self) -> str:
        """The OCPP version agreed on, such as ``ocpp1.6``; empty when none was."""
        ...

    async def send(self, data: str | bytes, /) -> None:
        """Send one message. Raises ``WireClosed``."""
        ...

    async def recv(self) -> str | bytes:
        """The next message, in the order sent. Raises ``WireClosed`` after the last one. One reader at a time."""
        ...

    async def ping(self) -> None:
        """Send a WebSocket ping and wait for its pong, which the other end's shell sends by itself. Raises ``WireClosed``."""
        ...

    async def close(self, code: int = 1000, reason: str = "") -> None:
        """Close the link; harmless when it is closed."""
        ...


FILES = "http://files.invalid"
"""Where files are put and fetched in memory: a name that exists nowhere else (RFC 2606)."""
BYTES_PER_S = 100_000.0
"""How fast files travel in memory: a mobile link on a good day (project)."""


@runtime_checkable
class HearsPings(Protocol):
    """An end of a link that can tell of the pings that come in."""

    def on_ping(self, told: Callable[[], None]) -> None:
        """Be told of every ping of the other end."""
        ...


class _Control(Enum):
    """Control frames, which are answered without anybody reading."""

    PING = "ping"
    PONG = "pong"


Accept = Callable[[Greeting, Wire], Awaitable[None]]
Choose = Callable[[Greeting], Choice]


def first_offered(greeting: Greeting) -> Choice:
    """Agree to the station's first subprotocol."""
    return Choice(greeting.subprotocols[0] if greeting.subprotocols else None)


class MemoryNetwork:
    """All links of one simulated bench.

    ``latency_s`` delays every message and close, one way; a handshake takes it twice. ``connect_timeout_s`` is how
    long a station waits for an answer while the network is silent.
    """

    def __init__(self, clock: Clock, *, latency_s: float = 0.0, connect_timeout_s: float = 10.0) -> None:
        self.clock = clock
        self.latency_s = latency_s
        self.connect_timeout_s = connect_timeout_s
        self._state: Cut | None = None
        self._whole = asyncio.Event()
        self._whole.set()
        self._accept: Accept | None = None
        self._paused = False
        self._choose: Choose = first_offered
        self._files: Answer | None = None
        self._ends: dict[_End, None] = {}
        self._serving: set[asyncio.Task[None]] = set()

    @property
    def state(self) -> Cut | None:
        """How the network is cut now; None while it is whole."""
        return self._state

    def listen(self, accept: Accept, choose: Choose = first_offered) -> None:
        """Serve every link with ``accept``; the link ends when it returns. Raises ``BenchError`` the second time."""
        if self._accept is not None:
            raise BenchError(
                "The in-memory network has a central system already: listen() can be called once only."
            )
        self._accept = accept
        self._choose = choose

    async def pause(self) -> None:
        """Nobody listens any more, as while a central system restarts; links that are open stay. Harmless the second time."""
        self._paused = True

    async def resume(self) -> None:
        """Listen again; harmless when nothing is paused."""
        self._paused = False

    async def connect(self, greeting: Greeting) -> Wire:
        """Open a link. Raises ``ConnectionRefused``, a ``ConnectionError``, with the reason in the sentence."""
        who = f"Station {greeting.identity!r}"
        await self._reach(who)
        if self._accept is None or self._paused:
            raise ConnectionRefused(f"{who} could not connect: no central system listens.")
        choice = self._choose(greeting)
        if choice.status != 101:
            raise ConnectionRefused(
                f"{who} was refused with HTTP status {choice.status}{f': {choice.reason}' if choice.reason else ''}.",
                choice.status,
            )
        near = _End(self, choice.subprotocol or "")
        far = _End(self, choice.subprotocol or "")
        near.peer, far.peer = far, near
        self._ends[near] = self._ends[far] = None
        serving = asyncio.create_task(
            _serve(self._accept, greeting, far), name=f"link of {greeting.identity}"
        )
        self._serving.add(serving)
        serving.add_done_callback(self._serving.discard)
        return near

    async def _reach(self, who: str) -> None:
        """A handshake's time. Raises ``ConnectionRefused`` when the network is cut."""
        if self._state == "silent":
            try:
                async with asyncio.timeout(self.connect_timeout_s):
                    await self._whole.wait()
            except TimeoutError:
                raise ConnectionRefused(
                    f"{who} got no answer within {self.connect_timeout_s:g} s: the network is silent."
                ) from None
        if self.latency_s:
            await asyncio.sleep(2 * self.latency_s)
        if self._state is not None:
            raise ConnectionRefused(f"{who} could not connect: the network is cut.")

    def serve_files(self, answer: Answer) -> None:
        """Answer requests to ``FILES``."""
        self._files = answer

    async def fetch(self, url: str, request: Request) -> Response:
        """Carry one request and its response, at ``BYTES_PER_S`` each way.

        Raises ``ConnectionRefused`` when nobody serves the URL, or when the network is cut before the end.
        """
        who = f"The request {request.method} {url}"
        await self._reach(who)
        if self._files is None or url != FILES:
            raise ConnectionRefused(f"{who} reached nobody: nothing serves {url}.")
        await self._carried(who, request.body)
        response = self._files(request)
        await self._carried(who, response.body)
        return response

    async def _carried(self, who: str, body: bytes) -> None:
        """The time that a body takes. A network that is cut when it should have arrived has lost it."""
        await asyncio.sleep(self.latency_s + len(body) / BYTES_PER_S)
        if self._state is not None:
            raise ConnectionRefused(f"{who} was cut off: the network is cut.")

    def cut(self, kind: Cut = "reset") -> None:
        """Cut every link and let no new one come about until ``restore``; messages under way are lost."""
        self._state = kind
        self._whole.clear()
        for end in list(self._ends):
            end.lose_what_is_under_way()
            if kind == "reset":
                end.break_off("the network was cut")

    def restore(self) -> None:
        """Heal the network; harmless when it is whole. What vanished stays vanished; silent links live again."""
        self._state = None
        self._whole.set()

    def forget(self, end: _End) -> None:
        """Called by an end that is closed."""
        self._ends.pop(end, None)


async def _serve(accept: Accept, greeting: Greeting, wire: Wire) -> None:
    """Serve one link and close it, with 1011 when serving it failed."""
    code, reason = 1000, ""
    try:
        await accept(greeting, wire)
    except WireClosed:
        pass
    except asyncio.CancelledError:
        code, reason = 1001, "the central system goes away"
        raise
    except BaseException:
        code, reason = 1011, "the central system failed"
        raise
    finally:
        await wire.close(code, reason)


_Item = str | bytes | WireClosed | _Control


class _End:
    """One end of an in-memory link."""

    peer: _End

    def __init__(self, network: MemoryNetwork, subprotocol: str) -> None:
        self.subprotocol = subprotocol
        self._network = network
        self._inbox: deque[str | bytes] = deque()
        self._under_way: deque[tuple[_Item, asyncio.TimerHandle]] = deque()
        self._pinged: Callable[[], None] = lambda: None
        self._pongs: deque[asyncio.Future[None]] = deque()
        self._due = 0.0
        self._reader: asyncio.Future[None] | None = None
        self._end: WireClosed | None = None

    @property
    def closed(self) -> bool:
        return self._end is not None

    async def send(self, data: str | bytes, /) -> None:
        if self._end is not None:
            raise WireClosed(self._end.code, self._end.reason)
        if self._network.state == "silent":
            return
        if self.peer.closed and not any(isinstance(item, WireClosed) for item, _ in self._under_way):
            # The other end gave up while the network was silent: its host answers with a reset.
            self.break_off("the other end is gone")
            raise WireClosed(1006, "the other end is gone")
        self.peer.carry(data)

    async def recv(self) -> str | bytes:
        while not self._inbox:
            if self._end is not None:
                raise WireClosed(self._end.code, self._end.reason)
            if self._reader is not None:
                raise BenchError(
                    "Two coroutines receive from one link: each message would reach only one of them."
                )
            self._reader = asyncio.get_running_loop().create_future()
            try:
                await self._reader
            finally:
                self._reader = None
        return self._inbox.popleft()

    async def ping(self) -> None:
        if self._end is not None:
            raise WireClosed(self._end.code, self._end.reason)
        pong: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._pongs.append(pong)
        if self._network.state is None and not self.peer.closed:
            self.peer.carry(_Control.PING)
        await pong
        if self._end is not None:
            raise WireClosed(self._end.code, self._end.reason)

    def on_ping(self, told: Callable[[], None]) -> None:
        self._pinged = told

    async def close(self, code: int = 1000, reason: str = "") -> None:
        if self._end is not None:
            return
        self._finish(WireClosed(code, reason))
        if self._network.state is None:
            self.peer.carry(WireClosed(code, reason))

    def carry(self, item: _Item) -> None:
        """Bring a message or a close to this end, after what is under way already and the network's latency."""
        loop = asyncio.get_running_loop()
        self._due = max(self._due, loop.time() + self._network.latency_s)
        if self._due <= loop.time() and not self._under_way:
            self._arrive(item)
        else:
            self._under_way.append((item, loop.call_at(self._due, self._next_arrives)))

    def lose_what_is_under_way(self) -> None:
        """Messages sent and not yet here vanish."""
        for _, timer in self._under_way:
            timer.cancel()
        self._under_way.clear()

    def break_off(self, reason: str) -> None:
        """End without a close frame; what has arrived can still be read."""
        self._finish(WireClosed(1006, reason))

    def _next_arrives(self) -> None:
        item, _ = self._under_way.popleft()
        self._arrive(item)

    def _arrive(self, item: _Item) -> None:
        if self._end is not None:
            return
        if item is _Control.PING:
            self._pinged()
            if self._network.state is None:
                self.peer.carry(_Control.PONG)
            return
        if item is _Control.PONG:
            self._pong()
            return
        if isinstance(item, WireClosed):
            self._finish(item)
            return
        assert not isinstance(item, _Control)
        self._inbox.append(item)
        self._wake()

    def _finish(self, end: WireClosed) -> None:
        self._end = end
        self._network.forget(self)
        self._wake()
        self._pong()

    def _pong(self) -> None:
        """A pong answers every ping before it (RFC 6455 5.5.3); the end of the link ends the waiting for any."""
        while self._pongs:
            pong = self._pongs.popleft()
            if not pong.done():
                pong.set_result(None)

    def _wake(self) -> None:
        if self._reader is not None and not self._reader.done():
            self._reader.set_result(None)
