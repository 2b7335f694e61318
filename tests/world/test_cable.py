"""The cable as a person finds it: sound within every limit, and each defect outside the one it names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from wattest.model.read import read_limits
from wattest.world.behaviour import VARIATIONS

if TYPE_CHECKING:
    from tests.world.conftest import MakeWorld

    from wattest.world import World

FORCE, COIL = "force to straighten 1 m of cable", "residual coil after 60 s of hanging, of the free length"
PULL, MATE = "force of one hand to draw the cable out", "force to mate the connector"
LENGTH, PORTS = "usable length of the cable", "share of the 8 positions of the port that the plug reaches"
IDLE, BUSY = "lowest point of the cable, holstered", "lowest point of the cable, plugged in at the worst port"


def read(world: World, subject: str, air_c: float = -40.0) -> float:
    """What a person reads at a temperature of the air."""
    world.climate.set_ambient(air_c)
    return world.inspection[subject]()


def limits() -> dict[str, float]:
    return {name: float(limit.value) for name, limit in read_limits().items()}


def kept(world: World) -> dict[str, bool]:
    """Which requirements the cable keeps, by the limits of the fixtures."""
    at = limits()
    return {
        "CBL-03": read(world, FORCE) <= at["cable_straighten"],
        "CBL-04": read(world, COIL) <= at["cable_coil"],
        "CBL-05": at["cable_length_min"] <= read(world, LENGTH) <= at["cable_length_max"],
        "CBL-06": read(world, PORTS) >= at["ports_reached"],
        "CBL-07": read(world, IDLE) * 1000 >= at["cable_clearance"],
        "CBL-08": read(world, BUSY) * 1000 >= at["cable_clearance"],
        "CBL-11": read(world, PULL) <= at["retractor_pull"],
        "CBL-13": read(world, MATE) <= at["mating_force_cold"],
    }


@pytest.mark.parametrize("id_", ["", *sorted(i for i, v in VARIATIONS.items() if v.area == "cable")])
def test_sound_cables_keep_every_limit(make_world: MakeWorld, id_: str) -> None:
    """The reference cable and every allowed variation keep all limits at -40 degC."""
    with make_world(*([id_] if id_ else [])) as world:
        assert all(kept(world).values()), kept(world)


@pytest.mark.parametrize(
    ("id_", "broken"),
    [
        ("CABLE-D01", {"CBL-03"}),
        ("CABLE-D02", {"CBL-04"}),
        ("CABLE-D03", {"CBL-05", "CBL-06"}),
        ("CABLE-D04", {"CBL-08"}),
        ("CABLE-D05", {"CBL-07"}),
        ("CABLE-D06", {"CBL-11"}),
        ("CABLE-D07", {"CBL-13"}),
    ],
)
def test_defects_break_what_they_name(make_world: MakeWorld, id_: str, broken: set[str]) -> None:
    """Each defect is outside its own limit at -40 degC, and outside no other."""
    with make_world(id_) as world:
        assert {name for name, right in kept(world).items() if not right} == broken


def test_the_cold_makes_everything_harder(world: World) -> None:
    """Forces and memory grow towards the cold, and at 23 degC the connector keeps its ordinary limit."""
    for subject in (FORCE, COIL, PULL, MATE):
        assert read(world, subject, 23.0) < read(world, subject, -40.0)
    assert read(world, MATE, 23.0) <= limits()["mating_force"]


def test_what_is_seen(make_world: MakeWorld, world: World) -> None:
    """A look answers in the words of the scenarios, and a defect answers otherwise."""
    question: Any = "Is the jacket whole after the bend in the cold?"
    assert world.sights[question]() == "no crack"
    with make_world("CABLE-D08") as cracked:
        assert cracked.sights[question]() == "cracked"
