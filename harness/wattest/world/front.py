"""The face of the station: card reader and screen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from wattest.world.behaviour import Conduct, behaviour, defect
from wattest.world.lock import FREEZING_C

if TYPE_CHECKING:
    from wattest.world.climate import Climate
    from wattest.world.grid import Grid


@behaviour
def reader_works(reader: Reader) -> bool:  # noqa: ARG001 - a defect looks at the reader
    """Whether the reader sees a card."""
    return True


@behaviour
def reader_self_test(reader: Reader) -> bool:
    """What the reader answers when the station asks whether it works."""
    return reader.works()


_DEAD_IN_THE_COLD = "the card reader is dead below -20 degC, and its self-test says that all is well"


@defect(
    "COLD-D01",
    breaks=reader_works,
    area="climate",
    requirement="AUT-09",
    text=_DEAD_IN_THE_COLD,
    source="project: rated range of the charger sheet",
    physical=True,
)
def reader_freezes(reader: Reader) -> bool:
    """The oscillator does not start; the station goes on saying Available."""
    return reader.climate.internal_c() >= FREEZING_C


@defect(
    "COLD-D01",
    breaks=reader_self_test,
    area="climate",
    requirement="AUT-09",
    text=_DEAD_IN_THE_COLD,
    source="project: rated range of the charger sheet",
    physical=True,
)
def self_test_is_blind(reader: Reader) -> bool:  # noqa: ARG001
    """The self-test talks to the controller, which is warm, and not to the antenna."""
    return True


class Reader:
    """The RFID reader: it gives UIDs to the firmware while it has power and works."""

    def __init__(self, *, fitted: bool, grid: Grid, climate: Climate, conduct: Conduct) -> None:
        self.fitted = fitted
        self.climate = climate
        self._grid = grid
        self._conduct = conduct
        self._told: list[Callable[[str], None]] = []

    def tap(self, uid: str) -> bool:
        """Hold a card to it; True when it was read."""
        if not self.works():
            return False
        for tell in tuple(self._told):
            tell(uid)
        return True

    def works(self) -> bool:
        """The truth about it."""
        return self.fitted and self._grid.powered and self._conduct(reader_works)(self)

    def self_test(self) -> bool:
        """What the station can learn about it."""
        return self._grid.powered and self._conduct(reader_self_test)(self)

    def on_card(self, tell: Callable[[str], None]) -> Callable[[], None]:
        """Be told the UID of each card read. Returns how to stop."""
        self._told.append(tell)
        return lambda: self._told.remove(tell)


@dataclass(frozen=True)
class Shown:
    """What stands on the screen: lines, and the total with its currency if one is shown."""

    lines: tuple[str, ...] = ()
    cost: str | None = None
    currency: str | None = None


@behaviour
def screen_legible(screen: Screen) -> bool:  # noqa: ARG001
    """Whether a driver can read it."""
    return True


@defect(
    "COLD-D06",
    breaks=screen_legible,
    area="climate",
    requirement="DSP-06",
    text="the display cannot be read below -20 degC",
    source="project: legible within 2 s at -40 degC",
    physical=True,
)
def screen_freezes(screen: Screen) -> bool:
    """The liquid crystal is too slow to turn."""
    return screen.climate.internal_c() >= FREEZING_C


class Screen:
    """The display: blank without power or when the station has none, and forgetful."""

    def __init__(self, *, fitted: bool, grid: Grid, climate: Climate, conduct: Conduct) -> None:
        self.fitted = fitted
        self.climate = climate
        self._grid = grid
        self._conduct = conduct
        self._shown = Shown()
        self._source: Callable[[], Shown] | None = None

    def show(
        self, lines: tuple[str, ...] | list[str], cost: str | None = None, currency: str | None = None
    ) -> None:
        """Put lines on the screen, and the total in digits such as ``12.34`` with its currency."""
        if self._grid.powered:
            self._shown = Shown(tuple(lines), cost, currency)
            self._source = None

    def follow(self, source: Callable[[], Shown]) -> None:
        """Redraw all the time from ``source``, which is asked only when somebody looks: a tick that costs nothing."""
        if self._grid.powered:
            self._source = source

    def read(self) -> Shown:
        """What a driver can read now; nothing on a dark or illegible screen."""
        legible = self.fitted and self._grid.powered and self._conduct(screen_legible)(self)
        if not legible:
            return Shown()
        return self._shown if self._source is None else self._source()

    def lose_power(self) -> None:
        """Dark, and empty when the power returns."""
        self._shown = Shown()
        self._source = None
