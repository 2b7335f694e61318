"""Who moves the plug of a vehicle that is only a board: a person, the simulated world, or nobody."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from wattest.errors import InstrumentError, RigError
from wattest.roles import Surroundings, VehicleFault, Whereabouts
from wattest.world import World
from wattest_instruments.by_hand import by_hand
from wattest_instruments.simulated import simulated


class Plug:
    """The cable's end. ``rest`` is the pilot state in which the board waits: B where a plug is moved, A where it is not.

    A board alone cannot move a plug. Then its verbs raise ``InstrumentError``: a ``RigError`` would read as if
    a lock held it.
    """

    def __init__(self, around: Surroundings, driver: str, rig: str | None) -> None:
        self._who: Any = None
        self._name = f"{around.role} ({driver})"
        if isinstance(around.world, World):
            self._who = simulated(replace(around, role="vehicle"))
        elif rig is not None:
            self._who = by_hand(replace(around, role="vehicle"), rig=rig)
        self.rest = "A" if self._who is None else "B"

    async def open(self) -> None:
        """Ask who is there, where a person is."""
        if self._who is not None:
            await self._who.open()

    async def plug_in(self) -> None:
        """Take the plug and plug it in. ``RigError`` when it cannot be taken."""
        await self._somebody("plug_in").plug_in()

    async def unplug(self) -> None:
        """Pull the plug out. ``RigError`` when it is held."""
        await self._somebody("unplug").unplug()

    async def holster(self) -> None:
        """Put the plug back."""
        await self._somebody("holster").holster()

    async def whereabouts(self, pilot: str) -> Whereabouts:
        """Where the plug is; without anybody who looks, what the state that the board shows lets one conclude."""
        if self._who is not None:
            where: Whereabouts = await self._who.whereabouts()
            return where
        return "plugged in" if pilot in {"B", "C"} else "unknown"

    def _somebody(self, verb: str) -> Any:
        if self._who is None:
            raise InstrumentError(
                f"{self._name}: {verb} was not done, since nobody moves the plug of this bench and the board only switches "
                "the pilot. Add 'person: {driver: by_hand}' under 'rigs' and 'rig: person' to this role."
            )
        return self._who


def no_load(around: Surroundings, driver: str, current_a: float) -> RigError:
    """What to say when a board is asked for a current."""
    return RigError(
        f"{around.role} ({driver}) cannot take {current_a:g} A: the board switches the pilot and carries no current. Add a "
        "'load' to the bench, which then takes it."
    )


def no_fault(around: Surroundings, driver: str, fault: VehicleFault, can: str) -> RigError:
    """What to say when a board is asked for a fault that it cannot make."""
    return RigError(
        f"{around.role} ({driver}) cannot make the fault '{fault}': no public command of this board does; it makes {can}."
    )


def no_proximity(around: Surroundings, driver: str) -> RigError:
    """What to say when a board is asked for a proximity resistance."""
    return RigError(
        f"{around.role} ({driver}) cannot show a proximity resistance: no public command of this board does."
    )
