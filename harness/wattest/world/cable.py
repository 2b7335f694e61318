"""The cable and its retractor as a person with gauge, ruler and eyes finds them; a small model, all figures the project's own.

Length, forces and sag depend on the air's temperature, which a thin cable follows. The subjects are those of the scenarios
under ``scenarios/cable``.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING

from wattest.world.behaviour import Conduct, behaviour, defect, variation

if TYPE_CHECKING:
    from wattest.world.climate import Climate

WARM_C = 23.0
PORTS_M = (1.7, 1.7, 5.0, 5.0, 1.9, 1.9, 5.1, 5.1)
"""How far the four ports of the reference car are from the station, nose-in and rear-in, in a stall of 5.5 m x 2.75 m."""
SLACK_M = 0.7
"""What the height of the station and a hand's turn take of the length."""


@behaviour
def straightening_force_n(temperature_c: float) -> float:
    """Force to straighten 1 m of cable, N: it doubles every 42 K towards the cold."""
    return 6.0 * math.exp2((WARM_C - temperature_c) / 42.0)


@defect(
    "CABLE-D01",
    breaks=straightening_force_n,
    area="cable",
    requirement="CBL-03",
    text="the jacket stiffens in the cold: 53 N straighten a metre at -40 degC",
    source="CSA B651 (recalled): 22 N for operable parts",
    physical=True,
)
def jacket_of_pvc(temperature_c: float) -> float:
    """It doubles every 20 K."""
    return 6.0 * math.exp2((WARM_C - temperature_c) / 20.0)


@variation(
    "V41",
    alters=straightening_force_n,
    text="20 N straighten a metre of cable at -40 degC",
    source="CSA B651 (recalled): 22 N",
    area="cable",
    physical=True,
)
def thick_jacket(temperature_c: float) -> float:
    """A larger section."""
    return 7.0 * math.exp2((WARM_C - temperature_c) / 41.6)


@behaviour
def residual_coil_pct(temperature_c: float) -> float:
    """Height of the coil that remains after a minute of hanging, in percent of the free length."""
    return 3.0 + 0.06 * (WARM_C - temperature_c)


@defect(
    "CABLE-D02",
    breaks=residual_coil_pct,
    area="cable",
    requirement="CBL-04",
    text="after a night on the holster at -40 degC the cable keeps 19 % of its length as a coil",
    source="project: 10 %",
    physical=True,
)
def cable_remembers(temperature_c: float) -> float:
    """A phone cord."""
    return 3.0 + 0.25 * (WARM_C - temperature_c)


@behaviour
def cable_length_m() -> float:
    """Usable length from the station to the connector."""
    return 7.0


@defect(
    "CABLE-D03",
    breaks=cable_length_m,
    area="cable",
    requirement="CBL-05",
    text="the cable is 5.0 m long",
    source="project: at least 5.5 m",
    physical=True,
)
def cable_is_short() -> float:
    """Copper is dear."""
    return 5.0


@variation(
    "V42",
    alters=cable_length_m,
    text="the cable is 6.0 m long",
    source="project: at least 5.5 m",
    area="cable",
    physical=True,
)
def cable_is_shorter() -> float:
    """It still reaches every port."""
    return 6.0


@behaviour
def lowest_point_m(*, charging: bool) -> float:
    """Height of the lowest point of the cable above grade, at the worst of the ports while charging."""
    return 0.25 if charging else 0.55


@defect(
    "CABLE-D04",
    breaks=lowest_point_m,
    area="cable",
    requirement="CBL-08",
    text="while charging, a loop of the cable lies on the ground",
    source="project: 150 mm above grade (T10)",
    physical=True,
)
def loop_sags(*, charging: bool) -> float:
    """The retractor lets go as soon as the plug leaves the holster."""
    return 0.0 if charging else 0.55


@defect(
    "CABLE-D05",
    breaks=lowest_point_m,
    area="cable",
    requirement="CBL-07",
    text="on its holster the cable hangs down to 80 mm above grade",
    source="project: 150 mm above grade, for the snow",
    physical=True,
)
def retractor_is_weak(*, charging: bool) -> float:
    """Its spring cannot lift the whole length."""
    return 0.18 if charging else 0.08


@behaviour
def pull_force_n(temperature_c: float) -> float:
    """Force of one hand that draws the cable out of its retractor, N."""
    return 28.0 + 0.15 * (WARM_C - temperature_c)


@defect(
    "CABLE-D06",
    breaks=pull_force_n,
    area="cable",
    requirement="CBL-11",
    text="at -40 degC it takes 63 N to draw the cable out",
    source="project: 45 N with one hand",
    physical=True,
)
def bearings_are_greased_for_summer(temperature_c: float) -> float:
    """Ball bearings, and the wrong grease."""
    return 28.0 + 0.56 * (WARM_C - temperature_c)


@variation(
    "V43",
    alters=pull_force_n,
    text="at -40 degC it takes 42 N to draw the cable out",
    source="project: 45 N with one hand",
    area="cable",
    physical=True,
)
def spring_is_strong(temperature_c: float) -> float:
    """It lifts the cable well."""
    return 32.0 + 0.16 * (WARM_C - temperature_c)


@behaviour
def mating_force_n(temperature_c: float) -> float:
    """Force that mates the connector with the inlet, N."""
    return 48.0 + 0.4 * (WARM_C - temperature_c)


@defect(
    "CABLE-D07",
    breaks=mating_force_n,
    area="cable",
    requirement="CBL-13",
    text="at -40 degC it takes 155 N to mate the connector",
    source="SAE J1772 (recalled): 75 N; project: 1.5 times that in the cold",
    physical=True,
)
def seal_is_hard(temperature_c: float) -> float:
    """The seal of the connector turns to glass."""
    return 48.0 + 1.7 * (WARM_C - temperature_c)


@behaviour
def bend_in_the_cold() -> str:
    """What is seen of the jacket after a bend in the cold: the words of the scenario's answers."""
    return "no crack"


@defect(
    "CABLE-D08",
    breaks=bend_in_the_cold,
    area="cable",
    requirement="CBL-02",
    text="bent around a mandrel at -40 degC the jacket cracks",
    source="IEC 62893, EN 50620, UL 62 (recalled)",
    physical=True,
)
def jacket_cracks() -> str:
    """It is rated for -20 degC."""
    return "cracked"


@behaviour
def jacket_marking() -> str:
    """What is printed on the jacket."""
    return "EVE, EVJE or EVT for -40 degC or lower"


@defect(
    "CABLE-D09",
    breaks=jacket_marking,
    area="cable",
    requirement="CBL-01",
    text="the jacket of the cable is marked for -25 degC",
    source="UL 62, CSA C22.2 No. 49 (recalled)",
    physical=True,
)
def jacket_for_the_south() -> str:
    """Bought where winters are mild."""
    return "another type or a higher temperature"


@behaviour
def pulls_through_ice() -> str:
    """After how many pulls the frozen retractor works."""
    return "three or fewer"


@defect(
    "CABLE-D10",
    breaks=pulls_through_ice,
    area="cable",
    requirement="CBL-12",
    text="a retractor that froze at -10 degC does not come free by hand",
    source="project: at most three pulls",
    physical=True,
)
def retractor_stays_frozen() -> str:
    """Its drum is open to the rain."""
    return "never"


@behaviour
def retractor_materials() -> str:
    """What the retractor is made of."""
    return "ball bearings and stainless steel or a coated cable"


@defect(
    "CABLE-D11",
    breaks=retractor_materials,
    area="cable",
    requirement="CBL-10",
    text="the retractor runs in plastic bushes on plain steel",
    source="project: ball bearings, stainless steel or a coated cable (T10)",
    physical=True,
)
def retractor_of_plain_steel() -> str:
    """It rusts after a winter of salt."""
    return "something else"


class Cable:
    """What is measured and seen of the cable of one station, by the words that scenarios use."""

    def __init__(self, climate: Climate, conduct: Conduct) -> None:
        self._climate = climate
        self._conduct = conduct

    def measures(self) -> dict[str, Callable[[], float]]:
        """Values by subject, in the unit that the subject is asked in."""
        conduct, air = self._conduct, self._climate.ambient_c
        return {
            "force to straighten 1 m of cable": lambda: conduct(straightening_force_n)(air()),
            "residual coil after 60 s of hanging, of the free length": lambda: conduct(residual_coil_pct)(
                air()
            ),
            "usable length of the cable": conduct(cable_length_m),
            "share of the 8 positions of the port that the plug reaches": self.ports_reached_pct,
            "lowest point of the cable, holstered": lambda: conduct(lowest_point_m)(charging=False),
            "lowest point of the cable, plugged in at the worst port": lambda: conduct(lowest_point_m)(
                charging=True
            ),
            "force of one hand to draw the cable out": lambda: conduct(pull_force_n)(air()),
            "force to mate the connector": lambda: conduct(mating_force_n)(air()),
        }

    def sights(self) -> dict[str, Callable[[], str]]:
        """Answers by question."""
        conduct = self._conduct
        return {
            "Is the jacket whole after the bend in the cold?": conduct(bend_in_the_cold),
            "What is printed on the jacket of the cable?": conduct(jacket_marking),
            "Of what is the retractor made, by its parts list and to the eye?": conduct(retractor_materials),
            "After how many pulls by hand does the frozen retractor work?": conduct(pulls_through_ice),
        }

    def ports_reached_pct(self) -> float:
        """Share of the ports that the cable reaches, in percent."""
        reach = self._conduct(cable_length_m)() - SLACK_M
        return 100.0 * sum(1 for port in PORTS_M if reach >= port) / len(PORTS_M)
