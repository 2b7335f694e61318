"""Relay modules with Modbus coils and discrete inputs, over TCP or RS-485: many makes, one language.

Bench entry::

    rigs:
      relays: {driver: modbus_relays, resource: /dev/ttyUSB0, device_id: 2, outputs: 8, inputs: 8}
      others: {driver: modbus_relays, resource: "tcp://192.0.2.12", outputs: 8, first_coil: 0}

Output 1 is the coil ``first_coil``, input 1 the discrete input ``first_input``; both are 0 on most modules, see
the manual of yours. Functions 1, 2 and 5 of the Modbus specification; tried on the twin only.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated

from wattest.document.quantity import Duration
from wattest.document.signature import Between
from wattest.roles import Identity, Surroundings
from wattest.run.rehearse import Options, Rehearsal
from wattest_instruments.links.modbus import ModbusLink
from wattest_instruments.links.ports import Parity, Speed
from wattest_instruments.links.protocol_wattest import plugged_in
from wattest_instruments.relays.board import RelayBoard, Seen
from wattest_instruments.twins.modbus import RtuLine
from wattest_instruments.twins.relays import CoilsTwin, ContactsTwin


def modbus_relays(
    around: Surroundings,
    *,
    resource: str,
    device_id: Annotated[int, Between(0, 255)] = 1,
    outputs: Annotated[int, Between(1, 64)] = 8,
    inputs: Annotated[int, Between(0, 64)] = 0,
    first_coil: Annotated[int, Between(0, 65535)] = 0,
    first_input: Annotated[int, Between(0, 65535)] = 0,
    baud: Annotated[int, Between(1200, 115200)] = 9600,
    parity: Parity = "none",
    timeout: Duration = 2.0,
) -> RelayBoard:
    """A relay module with coils, as a rig.

    Args:
        around: what the bench gives to every driver
        resource: tcp://host[:502], or a serial port
        device_id: its number on the line
        outputs: how many relays it has
        inputs: how many inputs it has
        first_coil: address of output 1 on the wire
        first_input: address of input 1 on the wire
        baud: of a serial line
        parity: of a serial line
        timeout: how long an answer may take
    """
    link = ModbusLink(around, resource, device_id=device_id, speed=Speed(baud, parity), timeout_s=timeout)
    return RelayBoard(around, _Coils(link, outputs, inputs, first_coil, first_input))


@asynccontextmanager
async def modbus_relays_twin(there: Rehearsal) -> AsyncIterator[Options]:
    """A module whose coils are contacts, on a line in memory."""
    options = there.options
    twin = ContactsTwin(options["outputs"], options["inputs"])
    there.twins[there.role] = twin
    coils = CoilsTwin(twin, options["first_coil"], options["first_input"])
    with plugged_in(there.role, RtuLine(coils, options["device_id"])) as resource:
        yield {"resource": resource}


class _Coils:
    def __init__(
        self, link: ModbusLink, outputs: int, inputs: int, first_coil: int, first_input: int
    ) -> None:
        self.outputs, self.inputs = outputs, inputs
        self.place = link.place
        self._link = link
        self._first_coil, self._first_input = first_coil, first_input

    async def open(self) -> Identity:
        """Modbus modules of this kind say nothing of themselves: that all outputs can be read must do."""
        await self._link.open()
        await self._link.read("coil", self._first_coil, self.outputs)
        return Identity("unknown", f"Modbus module with {self.outputs} coils", "")

    async def switch(self, output: int, on: bool) -> None:
        await self._link.write_coil(self._first_coil + output - 1, on)

    async def output(self, output: int) -> Seen:
        heard = await self._link.read("coil", self._first_coil + output - 1, 1)
        return Seen(bool(heard.values[0]), heard.seq)

    async def input(self, input_: int) -> Seen:
        heard = await self._link.read("discrete", self._first_input + input_ - 1, 1)
        return Seen(bool(heard.values[0]), heard.seq)

    async def close(self) -> None:
        await self._link.close()
