"""Velleman K8090 and VM8090: eight relays on USB, which is a serial port with 19200 baud.

Bench entry::

    rigs:
      relays: {driver: velleman_k8090, port: /dev/serial/by-id/usb-Velleman_8090-if00}

Packets of seven bytes: 04, command, mask, two parameters, check sum, 0F. 11 energises the outputs of the mask,
12 lets them drop, 18 asks, and 51 tells: asked for, or by itself when an output changed or a button was
pressed. A board that has nothing to change sends nothing, so a command is never waited on: the state is asked
for. Found in PyMeasure; tried on the twin only. The board has no inputs, but its buttons switch outputs: keep
hands off, or remove the jumper.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from wattest.errors import InstrumentError
from wattest.roles import Identity, Surroundings
from wattest.run.rehearse import Options, Rehearsal
from wattest_instruments.links.ports import Speed
from wattest_instruments.links.protocol_wattest import plugged_in
from wattest_instruments.links.serial import SerialLink, in_hex
from wattest_instruments.relays.board import RelayBoard, Seen
from wattest_instruments.relays.k8090 import ASK, DROP, ENERGISE, STATUS, VERSION, packet, split
from wattest_instruments.twins.relays import ContactsTwin, K8090Twin


def velleman_k8090(around: Surroundings, *, port: str) -> RelayBoard:
    """A Velleman K8090 or VM8090, as a rig.

    Args:
        around: what the bench gives to every driver
        port: serial port, best /dev/serial/by-id/..., or socket://host:port
    """
    return RelayBoard(around, _K8090(SerialLink(around, port, split=split, speed=Speed(19200), shown=in_hex)))


@asynccontextmanager
async def velleman_k8090_twin(there: Rehearsal) -> AsyncIterator[Options]:
    """A board on a cable in memory."""
    twin = ContactsTwin(8)
    there.twins[there.role] = twin
    with plugged_in(there.role, K8090Twin(twin)) as port:
        yield {"port": port}


class _K8090:
    outputs = 8
    inputs = 0

    def __init__(self, link: SerialLink) -> None:
        self.place = link.place
        self._link = link

    async def open(self) -> Identity:
        await self._link.open()
        try:
            version = (await self._link.ask(packet(VERSION), lambda frame: frame[1] == VERSION)).frame
        except InstrumentError:
            await self._link.close()
            raise
        return Identity("Velleman", "K8090", "", f"20{version[3]:02d} week {version[4]}")

    async def switch(self, output: int, on: bool) -> None:
        await self._link.open()
        await self._link.send(packet(ENERGISE if on else DROP, 1 << output - 1))

    async def output(self, output: int) -> Seen:
        """The version is asked for first: what the board said by itself before that answer is out of the way."""
        await self._link.open()
        await self._link.ask(packet(VERSION), lambda frame: frame[1] == VERSION)
        heard = await self._link.ask(packet(ASK), lambda frame: frame[1] == STATUS)
        return Seen(bool(heard.frame[3] >> output - 1 & 1), heard.seq)

    async def input(self, input_: int) -> Seen:
        raise InstrumentError(f"{self.place}: input {input_} cannot be read; the K8090 has no inputs.")

    async def close(self) -> None:
        await self._link.close()
