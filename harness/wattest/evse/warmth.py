"""What cold and heat do to the firmware: how long it boots, what its heater does, how much current it dares to offer."""

from __future__ import annotations

from wattest.evse import status
from wattest.evse.station import Fault, Station
from wattest.world import World
from wattest.world.behaviour import behaviour, defect, variation

COLD_C = -20.0
"""Below this, inside, the defects of the cold show."""

HOT_C = 60.0
"""Above this, inside, it offers half; OpenEVSE does so at 65 degC (found)."""
COOL_AGAIN_C = 57.0

HOT = Fault("HighTemperature", "CX003", "heat", "Too hot, charging slowly / Trop chaud, recharge lente")

LOOKS_S = 60.0
LOOKS_SELDOM_S = 600.0
"""How often it looks at its temperature, and how often while that is far from too high."""

HEATER_EVERY_S = 4 * 3600.0
"""How often the heater switches on (project)."""


@behaviour
def boot_s(world: World, stated_s: float) -> float:
    """Seconds from power to the first message, when the sheet states ``stated_s``."""
    return stated_s


@defect(
    "COLD-D09",
    breaks=boot_s,
    area="climate",
    requirement="ROB-03",
    text="below -20 degC the station needs eight minutes to boot",
    source="project: within 5 min of a cold start (ROB-03)",
)
def boots_late_in_the_cold(world: World, stated_s: float) -> float:
    """The file system waits for a flash that is too slow."""
    return 480.0 if world.climate.internal_c() < COLD_C else stated_s


@variation(
    "V37",
    alters=boot_s,
    text="below -20 degC the station warms its electronics for three minutes before it boots",
    source="project: within 5 min of a cold start (ROB-03)",
    area="climate",
)
def warms_before_boot(world: World, stated_s: float) -> float:
    """A declared warm-up."""
    return stated_s + 180.0 if world.climate.internal_c() < COLD_C else stated_s


@behaviour
def heater_trips(station: Station) -> bool:
    """Whether switching on its heater makes the station restart."""
    return False


@defect(
    "COLD-D02",
    breaks=heater_trips,
    area="climate",
    requirement="ROB-06",
    text="below -20 degC the station restarts every four hours, when its heater switches on",
    source="project: no reboot in a cold night under power (ROB-06)",
)
def heater_takes_the_supply_down(station: Station) -> bool:
    """The inrush is more than the supply of the electronics can give."""
    return station.world.climate.internal_c() < COLD_C


@behaviour
def thermal_share(station: Station) -> float:
    """Share of the rated current that the temperature inside allows."""
    return 0.5 if station.world.climate.internal_c() > HOT_C else 1.0


@defect(
    "COLD-D08",
    breaks=thermal_share,
    area="climate",
    requirement="ROB-04",
    text="below -20 degC no more than 80 % of the rated current is offered",
    source="project: no derating of AC stations in the cold",
)
def derates_in_the_cold(station: Station) -> float:
    """A table of temperatures that was meant for batteries."""
    return 0.8 if station.world.climate.internal_c() < COLD_C else 1.0


@defect(
    "HEAT-D01",
    breaks=thermal_share,
    area="climate",
    requirement="ROB-08",
    text="above 45 degC inside, 60 % of the rated current is offered, and nobody is told why",
    source="project: derating in the heat is reported (ChargeX MREC CX003, CX018)",
)
def derates_silently_in_the_heat(station: Station) -> float:
    """The driver is told that the car is slow."""
    return 0.6 if station.world.climate.internal_c() > 45.0 else 1.0


async def heat(station: Station) -> None:
    """The heater, for as long as the firmware lives."""
    while True:
        await station.clock.sleep(HEATER_EVERY_S)
        if station.conduct(heater_trips)(station):
            station.reboot("power up")


async def watch(station: Station) -> None:
    """Looks at the temperature inside, for as long as the firmware lives: less is offered in the heat, and told why."""
    while True:
        inside_c = station.world.climate.internal_c()
        await station.clock.sleep(LOOKS_S if inside_c > COOL_AGAIN_C - 10.0 else LOOKS_SELDOM_S)
        inside_c = station.world.climate.internal_c()
        for outlet in station.outlets:
            if inside_c > HOT_C and outlet.warning is None:
                status.set_warning(station, outlet, HOT)
                station.wake(outlet)
            elif inside_c < COOL_AGAIN_C and outlet.warning == HOT:
                status.set_warning(station, outlet, None)
                station.wake(outlet)
