"""Water inside the station: where the surface is colder than the dew point of the air, and until the air is dry."""

from __future__ import annotations

import math

from wattest.world.behaviour import Conduct, behaviour, defect
from wattest.world.climate import Climate

DRY_PCT = 80.0
"""Below this relative humidity standing water goes away; a project figure."""


def dew_point_c(air_c: float, humidity_pct: float) -> float:
    """Dew point over water in degC (Magnus, with the coefficients of Sonntag 1990; recalled).

    >>> round(dew_point_c(23.0, 95.0), 1), dew_point_c(23.0, 0.0)
    (22.2, -inf)
    """
    if humidity_pct <= 0:
        return -math.inf
    gamma = math.log(humidity_pct / 100.0) + 17.62 * air_c / (243.12 + air_c)
    return 243.12 * gamma / (17.62 - gamma)


@behaviour
def wets_live_parts(dew: Dew) -> bool:  # noqa: ARG001 - a defect looks at the dew
    """Whether water stands on live parts."""
    return False


@defect(
    "COLD-D11",
    breaks=wets_live_parts,
    area="climate",
    requirement="ROB-10",
    text="dew runs from the lid onto the terminals",
    source="project: no water on live parts (ROB-10)",
    physical=True,
)
def drips_on_the_terminals(dew: Dew) -> bool:
    """The lid is the coldest place, and the terminals are below it."""
    return dew.stands()


class Dew:
    """Remembers that water stands: it is seen when somebody looks, as a leak or with the lid off."""

    def __init__(self, climate: Climate, conduct: Conduct) -> None:
        self._climate = climate
        self._conduct = conduct
        self._stood = False

    def stands(self) -> bool:
        """Whether there is water inside, anywhere."""
        air_c, humidity_pct = self._climate.ambient_c(), self._climate.humidity_pct
        forming = self._climate.internal_c() < dew_point_c(air_c, humidity_pct)
        self._stood = forming or (self._stood and humidity_pct >= DRY_PCT)
        return self._stood

    def on_live_parts(self) -> bool:
        """What a person would see with the lid off."""
        self.stands()
        return self._conduct(wets_live_parts)(self)
