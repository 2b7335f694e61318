"""The contactor between the grid and the connector."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from wattest.world.behaviour import Conduct, behaviour, defect
from wattest.world.lock import FREEZING_C

if TYPE_CHECKING:
    from wattest.world.climate import Climate
    from wattest.world.grid import Grid


@behaviour
def contactor_lets_go(contactor: Contactor) -> bool:
    """Whether the contacts part when the coil is switched off."""
    return not contactor.welded


@behaviour
def mirror_contact(contactor: Contactor) -> bool:
    """What the auxiliary contact tells the station: True for closed."""
    return contactor.closed


@behaviour
def voltage_sense(contactor: Contactor, live: bool) -> bool:  # noqa: ARG001 - defects look at the coil
    """What the station measures at its output: whether there is voltage, wherever it comes from."""
    return live


_UNNOTICED_WELD = {
    "area": "climate",
    "requirement": "ELE-06",
    "text": "below -20 degC the contactor sticks closed, and mirror contact and voltage sense say that it opened",
    "source": "IEC 61851-1, no supply in states A and B (recalled); ChargeX MREC CX017",
}


@defect(
    "COLD-D04",
    breaks=contactor_lets_go,
    area="climate",
    requirement="ELE-06",
    text=_UNNOTICED_WELD["text"],
    source=_UNNOTICED_WELD["source"],
    physical=True,
)
def contactor_sticks_in_the_cold(contactor: Contactor) -> bool:
    """Stiff grease holds the armature."""
    return not contactor.welded and contactor.climate.internal_c() >= FREEZING_C


@defect(
    "COLD-D04",
    breaks=mirror_contact,
    area="climate",
    requirement="ELE-06",
    text=_UNNOTICED_WELD["text"],
    source=_UNNOTICED_WELD["source"],
    physical=True,
)
def mirror_contact_follows_coil(contactor: Contactor) -> bool:
    """The mirror contact sits on the coil side and knows nothing of the contacts."""
    return contactor.energised


@defect(
    "COLD-D04",
    breaks=voltage_sense,
    area="climate",
    requirement="ELE-06",
    text=_UNNOTICED_WELD["text"],
    source=_UNNOTICED_WELD["source"],
    physical=True,
)
def voltage_sense_follows_coil(contactor: Contactor, live: bool) -> bool:
    """Its opto-coupler is fed by the coil's supply."""
    return live and contactor.energised


class Contactor:
    """Switches the outlet. Travel time is part of the firmware's reaction to the pilot. ``closed`` is the truth."""

    def __init__(
        self, *, grid: Grid, climate: Climate, conduct: Conduct, changed: Callable[[], None]
    ) -> None:
        self.closed = False
        self.energised = False
        self.welded = False
        self.climate = climate
        self._grid = grid
        self._conduct = conduct
        self._changed = changed

    def close(self) -> None:
        """Energise the coil; without grid power nothing happens."""
        if self._grid.powered:
            self.energised = True
            self.closed = True
            self._changed()

    def open(self) -> None:
        """Release the coil; a welded contactor stays closed all the same."""
        self.energised = False
        if self.closed:
            self.closed = not self._conduct(contactor_lets_go)(self)
        self._changed()

    def mirror(self) -> bool:
        """What the auxiliary contact says, True for closed; the only view that the station has."""
        return self._conduct(mirror_contact)(self)

    def weld(self, welded: bool = True) -> None:
        """Weld the contacts as a fault box would, or break the weld; a released coil then lets go."""
        self.welded = welded
        if not welded and not self.energised:
            self.closed = False
        self._changed()
