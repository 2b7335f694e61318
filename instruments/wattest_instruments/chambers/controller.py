"""What a chamber's controller must be able to do, whatever it speaks.

A dialect holds no judgement and no ramp: it says one thing and checks that it was taken. All verbs raise
``InstrumentError`` with the place and the controller's own words.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from wattest.roles import Identity


@dataclass(frozen=True)
class Look:
    """One look at the controller.

    ``air`` keeps its digits; ``air_seq`` names the answer, and ``index`` the place in it, between commas, blanks or
    bytes 0xB6. ``seq`` names all answers of this look.

    ``program`` means that a program of the chamber's own runs, which would move the set point by itself.
    """

    air: str
    air_seq: int
    setpoint_c: float | None
    running: bool
    seq: tuple[int, ...]
    index: int = 0
    alarms: tuple[str, ...] = ()
    door_open: bool | None = None
    program: bool = False


class Hygrostat(Protocol):
    """What a controller can do beside, when its chamber has humidity."""

    async def set_humidity(self, humidity_pct: float) -> None:
        """A new set point in percent of relative humidity."""
        ...

    async def humidity(self) -> tuple[str, int, int]:
        """Relative humidity with its digits, the answer it stands in, and its place there (``Look.index``)."""
        ...


class Controller(Protocol):
    """The dialect of one make."""

    name: str
    """Of the driver, as in a bench file."""
    ramps: bool
    """Whether the chamber moves along a ramp by itself; otherwise its set point is moved in steps."""

    @property
    def place(self) -> str:
        """Resource and library, for sentences."""
        ...

    async def open(self) -> Identity:
        """Connect and identify. Never sets anything running."""
        ...

    async def set_limits(self, low_c: float, high_c: float) -> None:
        """Write the limits into the chamber and read them back, where a public command does; nothing otherwise."""
        ...

    async def look(self) -> Look:
        """Everything that the controller tells."""
        ...

    async def set_point(self, temperature_c: float, ramp_k_per_min: float) -> None:
        """A new set point; the ramp is only for a chamber that has one."""
        ...

    async def run(self) -> None:
        """Start to control the temperature. Only for a chamber that does not run."""
        ...

    async def standby(self) -> None:
        """Stop heating and cooling; harmless when it does not run."""
        ...

    async def close(self) -> None:
        """Let go of the link, whatever the chamber does."""
        ...


def tenths(temperature_c: float) -> float:
    """A set point as controllers take it, to 0.1 K, and 0 without a sign: some refuse ``-0.0``.

    >>> tenths(-40.04), str(tenths(-0.04))
    (-40.0, '0.0')
    """
    return round(temperature_c, 1) + 0.0
