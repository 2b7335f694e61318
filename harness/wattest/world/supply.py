"""The supply inside the station: what it takes while nobody charges, and how long it carries the electronics in a dip."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wattest.world.behaviour import behaviour, defect, variation

if TYPE_CHECKING:
    from wattest.world.world import World


@behaviour
def standby_w(world: World) -> float:  # noqa: ARG001
    """What the electronics take at the input, W: a project figure within ENERGY STAR's base and cellular allowance (recalled)."""
    return 4.0


@defect(
    "SUPPLY-D01",
    breaks=standby_w,
    area="electrical",
    requirement="ROB-23",
    text="the station takes 9 W while nobody charges",
    source="ENERGY STAR EVSE V1.x (recalled): 2.6 W and allowances",
    physical=True,
)
def backlight_never_sleeps(world: World) -> float:  # noqa: ARG001
    """The display is lit for nobody."""
    return 9.0


@variation(
    "V38",
    alters=standby_w,
    text="the station takes 2.7 W while nobody charges",
    source="ENERGY STAR EVSE V1.x (recalled): 2.6 W and allowances",
    area="electrical",
    physical=True,
)
def sleeps_well(world: World) -> float:  # noqa: ARG001
    """Nothing is lit, and the modem naps."""
    return 2.7


HEATER_W = 60.0
"""What the heater takes below ``HEATER_BELOW_C``; both are project figures."""
HEATER_BELOW_C = 0.0


@behaviour
def heater_w(world: World) -> float:
    """What the heater takes at the input, W."""
    return HEATER_W if world.climate.internal_c() < HEATER_BELOW_C else 0.0


@defect(
    "COLD-D49",
    breaks=heater_w,
    area="climate",
    requirement="ROB-24",
    text="below -30 degC inside a second heater of 240 W runs, of which the maker says nothing",
    source="project: idle power in the cold at or below what the maker declares",
    physical=True,
)
def second_heater_is_not_declared(world: World) -> float:
    """It came with the last change of the supplier."""
    return heater_w(world) + (240.0 if world.climate.internal_c() < -30.0 else 0.0)


@variation(
    "V125",
    alters=heater_w,
    text="the heater takes 20 W",
    source="project: idle power in the cold at or below what the maker declares",
    area="climate",
    physical=True,
)
def well_insulated(world: World) -> float:
    """Foam behind every wall."""
    return heater_w(world) / 3.0


@behaviour
def hold_up_s(world: World) -> float:  # noqa: ARG001
    """How long the electronics live on without mains: a project figure, three cycles of 60 Hz."""
    return 0.05


@variation(
    "V39",
    alters=hold_up_s,
    text="every dip of the mains restarts the station",
    source="IEC 61000-4-11 and -34: recovery by itself is enough (recalled)",
    area="electrical",
    physical=True,
)
def holds_up_nothing(world: World) -> float:  # noqa: ARG001
    """The smallest capacitor that the regulator allows."""
    return 0.0


@variation(
    "V40",
    alters=hold_up_s,
    text="the electronics live through half a second without mains",
    source="IEC 61000-4-11 and -34 (recalled)",
    area="electrical",
    physical=True,
)
def holds_up_long(world: World) -> float:  # noqa: ARG001
    """A generous capacitor."""
    return 0.5
