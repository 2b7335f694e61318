"""Faults that relays make, in a box between the plug and the EV board: a shorted diode, an open earth or pilot, heat.

Bench entry::

    rigs:
      person: {driver: by_hand}
      relays: {driver: modbus_relays, resource: "tcp://192.0.2.12", outputs: 8}
    vehicle:
      {driver: everest_yeti, port: /dev/ttyUSB0, rig: person, board: relays, faults: {diode: 3, pe: 4, weld: 5}}

An energised output makes the fault, so that a board without power leaves the vehicle whole. A break of the
protective earth (``pe``) must be wired so that the bench itself stays earthed. ``cp`` opens the conductor of the pilot;
``hot`` switches a heater at the probe of the connector, which needs a thermal cut-out of its own.

``weld`` feeds the output from behind the contactor, so that the contacts look welded. Its relay must switch all live poles,
behind a fuse and resistors that let no dangerous current flow, and take them from the supply of the station phase by phase,
so that nothing happens when the station closes onto it, and so that the output dies with the supply. Its relay is dropped
before anything else when the bench is made safe.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Annotated, Any

from wattest.document.signature import Between
from wattest.errors import BenchError
from wattest.roles import Identity, ReadBack, Surroundings, Vehicle, VehicleFault
from wattest.run.rehearse import Rehearsal
from wattest_instruments.actions import FAULT_CAPABILITY
from wattest_instruments.relays.board import Board, Seen, drop

Output = Annotated[int, Between(1, 64)]


@dataclass(frozen=True)
class Faults:
    """Which output makes which fault; what is not wired is left out."""

    diode: Output | None = None
    pe: Output | None = None
    short: Output | None = None
    cp: Output | None = None
    hot: Output | None = None
    weld: Output | None = None

    def wired(self) -> dict[VehicleFault, int]:
        """Outputs by fault."""
        outputs: dict[VehicleFault, int | None] = {
            "weld": self.weld,
            "diode": self.diode,
            "pe": self.pe,
            "short": self.short,
            "cp": self.cp,
            "hot": self.hot,
        }
        return {fault: output for fault, output in outputs.items() if output is not None}


NONE = Faults()


def with_faults(around: Surroundings, vehicle: Vehicle, board: str | None, faults: Faults) -> Vehicle:
    """The vehicle with a fault box beside it, or the vehicle itself when nothing is wired."""
    return WiredVehicle(vehicle, FaultBox(around, board, faults)) if faults.wired() else vehicle


class FaultBox:
    """Relays of one board, each a fault."""

    def __init__(self, around: Surroundings, board: str | None, faults: Faults) -> None:
        self._outputs = faults.wired()
        there: Any = around.rigs.get(board or "")
        if not isinstance(there, Board):
            raise BenchError(
                f"{around.role} wires faults to rig '{board}', which is no relay board; name one under 'rigs' with the "
                "option 'board', such as {driver: modbus_relays, ...}."
            )
        for output in self._outputs.values():
            there.claim(around.role, output, safe=False)
        self._board = there
        self.supports = frozenset(FAULT_CAPABILITY[fault] for fault in self._outputs)

    def makes(self, fault: VehicleFault) -> bool:
        """Whether an output is wired for this fault."""
        return fault in self._outputs

    async def set(self, fault: VehicleFault, on: bool) -> None:
        """Make a fault, or mend it. Raises ``InstrumentError`` when the relay does not obey."""
        await self._board.set(self._outputs[fault], on)

    async def feeds(self) -> Seen | None:
        """The relay that feeds the output, looked at anew; None where there is none."""
        return await self._board.look(self._outputs["weld"]) if "weld" in self._outputs else None

    async def mend(self, *faults: VehicleFault) -> None:
        """Let the outputs of these faults drop, or every output."""
        await drop(
            self._board, [output for fault, output in self._outputs.items() if not faults or fault in faults]
        )


class WiredVehicle:
    """An EV board with a fault box: the board's own verbs, but for faults that the box makes."""

    def __init__(self, vehicle: Vehicle, box: FaultBox) -> None:
        self.supports = vehicle.supports | box.supports
        self._vehicle: Any = vehicle
        self._box = box
        self._opened = False
        self.plug_in, self.unplug, self.holster = vehicle.plug_in, vehicle.unplug, vehicle.holster
        self.set_ready, self.set_current = vehicle.set_ready, vehicle.set_current
        self.whereabouts, self.read_pilot = vehicle.whereabouts, vehicle.read_pilot
        self.set_proximity = vehicle.set_proximity

    async def open(self) -> Identity:
        """Mend what an earlier program left, then open the board."""
        self._opened = True
        await self._box.mend()
        identity: Identity = await self._vehicle.open()
        return identity

    async def set_fault(self, fault: VehicleFault, on: bool) -> None:
        """By relay where one is wired, else as the board can."""
        if self._box.makes(fault):
            await self._box.set(fault, on)
        else:
            await self._vehicle.set_fault(fault, on)

    async def read_back(self) -> ReadBack:
        """What the board says of the pilot, and whether the box feeds the output."""
        said: ReadBack = await self._vehicle.read_back()
        fed = await self._box.feeds()
        if fed is None:
            return said
        sentence = f"{said.sentence}; the relay that feeds the output is {'on' if fed.on else 'off'}"
        return ReadBack(said.safe and not fed.on, sentence, (*said.seq, fed.seq))

    async def make_safe(self) -> None:
        """Take what feeds the output away, stop asking for energy, then mend every fault.

        A board that fails does not keep the box from it, nor the box the board: the first failure is raised at the end.
        """
        try:
            if self._opened:
                await self._box.mend("weld")
        finally:
            try:
                await self._vehicle.make_safe()
            finally:
                if self._opened:
                    await self._box.mend()

    async def close(self) -> None:
        """Let go of the board; the relays are let go of as a rig."""
        self._opened = False
        await self._vehicle.close()


def connect_faults(there: Rehearsal) -> None:
    """Let the twin of the relay board make the faults of the simulated vehicle."""
    faults: Faults = there.options.get("faults", NONE)
    for fault, output in faults.wired().items():
        move = partial(there.world.vehicle().set_fault, fault)
        there.twins[there.options["board"]].moves(output, move, now=False)
