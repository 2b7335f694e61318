"""From the place where the reference meter measures to the connector, where energy is sold (NIST HB44 3.40 N.4, recalled).

What is lost on the way is taken off the reference energy: ``E_connector = E_reference - integral of I^2 R(T) dt``, and
at the input of the station its own consumption too. Each correction brings its own lines into the budget. At the
connector there is nothing to correct. A station with a socket has no cord of its own: its terminals are the connector.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from wattest.judge.energy import STANDBY_INPUT_W
from wattest.judge.facts import Facts
from wattest.judge.trace import Entry
from wattest.judge.uncertainty import Contribution
from wattest.roles import PowerReading

COPPER_PER_K = 0.00393
"""Temperature coefficient of copper's resistance at 20 degC."""
WARMING_K = 10.0
"""A cord in use is this much warmer than the air, give or take as much (project)."""
LABORATORY_C, LABORATORY_K = 23.0, 5.0
"""The air where nobody measured it, and its half-width (project)."""
UNKNOWN_CORD_OHM = 0.050
"""The most that a cord of which nothing is known may have: 7.62 m of 10 AWG, out and back (calculated)."""
UNDER_LOAD_W = 10.0
"""What coil and electronics of a station may take more while it charges than while it stands (project)."""
LOAD_W = 60.0
"""Power from which a reading counts as one with load: below, the current says nothing about the cord (project)."""


@dataclass(frozen=True)
class Correction:
    """Energy in Wh between the reference meter and the connector, with the lines of its uncertainty in Wh."""

    name: str
    wh: float
    parts: tuple[Contribution, ...]


@dataclass(frozen=True)
class Look:
    """One coherent reading during the session: Wh since the integration began, amperes per phase, watts in all."""

    wh: float
    current_a: float
    power_w: float

    @property
    def per_ohm(self) -> float:
        """Share of the power that an ohm in the way would take: I^2 / P."""
        return self.current_a**2 / self.power_w


def at_rest(reading: PowerReading) -> Look:
    """A reading before or after the session: nothing flows, whether the meter shows current and power or not."""
    return Look(reading.energy.value, 0.0, 0.0)


def looks(entries: Sequence[Entry], first: int, last: int) -> tuple[Look, ...]:
    """Unflagged readings of the reference meter that a record holds from one entry to another."""
    found: list[Look] = []
    values: dict[str, float] = {}
    for entry in entries:
        if not (first <= entry["seq"] <= last and entry["kind"] == "reading"):
            continue
        if entry["role"] != "reference_meter" or entry["value"] is None or entry.get("flags"):
            continue
        values[entry["name"]] = float(entry["value"])
        if entry["name"] == "energy":
            if {"current", "power"} <= values.keys():
                found.append(Look(values["energy"], values["current"], values["power"]))
            values = {}
    return tuple(found)


def corrections(
    facts: Facts,
    begin: PowerReading,
    end: PowerReading,
    between: Sequence[Look],
    air_c: float | None,
) -> tuple[Correction, ...]:
    """What is to be taken off the energy between two readings, by the plane of the reference meter.

    ``between`` are readings in between, in order; ``air_c`` is the temperature of the air where somebody measured it.
    """
    path = [at_rest(begin), *between, at_rest(end)]
    found: list[Correction] = []
    if facts.measurement_plane != "connector" and facts.cable == "tethered":
        found.append(cord_loss(facts, path, air_c))
    if facts.measurement_plane == "input":
        found.append(self_consumption(begin, end))
    return tuple(found)


def cord_loss(facts: Facts, path: Sequence[Look], air_c: float | None) -> Correction:
    """Heat in the cord: ``R`` times the sum of ``I^2 / P`` times energy, from reading to reading.

    Between two readings ``I^2 / P`` lies between what it is at both; where no load was seen at either, between the
    least and the most of the whole session. A cord of which nothing is known has anything from 0 to
    ``UNKNOWN_CORD_OHM``: the correction is the middle, and the rest is uncertainty.
    """
    seen = [one.per_ohm for one in path if one.power_w >= LOAD_W]
    rated = facts.rated_current_a / (facts.rated_voltage_v * facts.phases)
    whole = (min(seen), max(seen)) if seen else (0.0, rated)
    low = high = 0.0
    for one, other in pairwise(path):
        near = [look.per_ohm for look in (one, other) if look.power_w >= LOAD_W] or [*whole]
        energy = max(0.0, other.wh - one.wh)
        low, high = low + energy * min(near), high + energy * max(near)
    # A loop is two conductors; a balanced three-phase load uses three and no neutral.
    conductors = max(1.0, facts.phases / 2.0)
    low, high = low * conductors, high * conductors
    if facts.cord_loop_ohm is None:
        half = UNKNOWN_CORD_OHM / 2.0
        name = f"cord of unknown resistance (0 to {1000.0 * UNKNOWN_CORD_OHM:g} mOhm)"
        return Correction(
            "loss in the cord", half * (low + high) / 2.0, (Contribution(name, half * high, "rectangular"),)
        )
    spread = WARMING_K if air_c is not None else WARMING_K + LABORATORY_K
    copper_c = (LABORATORY_C if air_c is None else air_c) + WARMING_K
    ohm = facts.cord_loop_ohm * (1.0 + COPPER_PER_K * (copper_c - 20.0))
    loss = ohm * (low + high) / 2.0
    return Correction(
        "loss in the cord",
        loss,
        (
            Contribution("cord resistance", loss * facts.cord_tolerance_pct / 100.0, "rectangular"),
            Contribution(
                "cord temperature",
                facts.cord_loop_ohm * COPPER_PER_K * spread * (low + high) / 2.0,
                "rectangular",
            ),
            Contribution("cord current between readings", ohm * (high - low) / 2.0, "rectangular"),
        ),
    )


def self_consumption(begin: PowerReading, end: PowerReading) -> Correction:
    """What the station took for itself, upstream of the reference meter's way to the connector.

    The power without load before and after the session, over the time between the readings; anything from nothing to
    ``STANDBY_INPUT_W`` where the meter does not show it. Under load its coil and electronics may take up to
    ``UNDER_LOAD_W`` more.
    """
    hours = (end.energy.t_s - begin.energy.t_s) / 3600.0
    known = not (begin.power.flags or end.power.flags)
    before, after = (begin.power.value, end.power.value) if known else (0.0, STANDBY_INPUT_W)
    extra = UNDER_LOAD_W / 2.0
    return Correction(
        "consumption of the station itself",
        ((before + after) / 2.0 + extra) * hours,
        (
            Contribution(
                "self-consumption, before against after", abs(after - before) / 2.0 * hours, "rectangular"
            ),
            Contribution("self-consumption under load", extra * hours, "rectangular"),
        ),
    )
