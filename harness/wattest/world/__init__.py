"""The simulated world around and inside a station: closed-form physics, no OCPP.

``World`` holds it all; ``behaviour``, ``defect`` and ``variation`` register what a charger does, rightly or
wrongly, and ``Conduct`` says what one charger does.
"""

from wattest.world.behaviour import (
    DEFECTS,
    VARIATIONS,
    Conduct,
    Defect,
    Variation,
    behaviour,
    defect,
    variation,
)
from wattest.world.climate import Climate
from wattest.world.contactor import Contactor
from wattest.world.front import Reader, Screen, Shown
from wattest.world.grid import Grid
from wattest.world.lock import Lock
from wattest.world.meter import Meter, Snapshot
from wattest.world.outlet import Outlet, Pilot
from wattest.world.rtc import Rtc
from wattest.world.vehicle import Battery, Vehicle
from wattest.world.world import World

__all__ = [
    "DEFECTS",
    "VARIATIONS",
    "Battery",
    "Climate",
    "Conduct",
    "Contactor",
    "Defect",
    "Grid",
    "Lock",
    "Meter",
    "Outlet",
    "Pilot",
    "Reader",
    "Rtc",
    "Screen",
    "Shown",
    "Snapshot",
    "Variation",
    "Vehicle",
    "World",
    "behaviour",
    "defect",
    "variation",
]
