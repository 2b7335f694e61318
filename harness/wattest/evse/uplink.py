"""A way to the central system that can be cut, whatever it is made of."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING

from wattest.clock.network import ConnectionRefused, Greeting, Wire, WireClosed

if TYPE_CHECKING:
    from wattest.clock.http import Fetch, Request, Response
    from wattest.evse.charger import Connect


class Uplink:
    """Dials with ``connect`` until it is cut; ``cut`` drops what is open, without a close frame.

    ::

        uplink = Uplink(dialler("ws://127.0.0.1:9000"))
        charger = Charger(world, clock, sheet, dialect="1.6", connect=uplink)
        uplink.cut()
    """

    def __init__(self, connect: Connect, fetch: Fetch | None = None) -> None:
        self._connect = connect
        self._fetch = fetch
        self._is_cut = False
        self._cuts = 0
        self._wires: list[Wire] = []
        self._dropping: set[asyncio.Task[None]] = set()

    async def __call__(self, greeting: Greeting) -> Wire:
        """Dial once. Raises ``ConnectionRefused`` while it is cut, and whatever ``connect`` raises."""
        if self._is_cut:
            raise ConnectionRefused(f"Station '{greeting.identity}' could not connect: its network is cut.")
        cuts = self._cuts
        wire = await self._connect(greeting)
        self._wires = [one for one in self._wires if not one.closed]
        self._wires.append(wire)
        if self._cuts != cuts:  # while it dialled
            self._drop(wire)
        return wire

    async def fetch(self, url: str, request: Request) -> Response:
        """Carry one request. Raises ``ConnectionRefused`` when it is cut before the answer is there, or without a way."""
        cuts = self._cuts
        if self._is_cut or self._fetch is None:
            raise ConnectionRefused(f"{url} could not be reached: the network is cut.")
        response = await self._fetch(url, request)
        if self._cuts != cuts:
            raise ConnectionRefused(f"{url} was cut off: the network is cut.")
        return response

    def cut(self) -> None:
        """Drop every wire and refuse new ones until ``restore``; harmless the second time."""
        self._is_cut = True
        self._cuts += 1
        for wire in self._wires:
            self._drop(wire)
        self._wires = []

    def restore(self) -> None:
        """Let the station dial again; harmless when nothing is cut."""
        self._is_cut = False

    def _drop(self, wire: Wire) -> None:
        task = asyncio.get_running_loop().create_task(_lose(wire), name="drop a wire")
        self._dropping.add(task)
        task.add_done_callback(self._dropping.discard)


async def _lose(wire: Wire) -> None:
    with suppress(WireClosed, OSError):
        await wire.close(1006, "the network was cut")
