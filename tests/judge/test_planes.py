"""Corrections from the place of measurement to the connector."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import pytest

from wattest.judge.facts import Facts
from wattest.judge.planes import Look, corrections, looks
from wattest.roles import PowerReading, Reading

NO_DATA = frozenset({"no data"})
EIGHT_AWG = 0.0314
"""Ohm, 2 x 7.62 m."""


def reading(wh: float, amperes: float = 0.0, watts: float = 0.0, at_s: float = 0.0) -> PowerReading:
    def one(value: float, unit: str, **more: Any) -> Reading:
        return Reading(value, unit, at_s, u=0.1, seq=(1,), **more)

    return PowerReading(one(240.0, "V"), one(amperes, "A"), one(watts, "W"), one(wh, "Wh"), one(at_s, "s"))


def facts(**more: Any) -> Facts:
    known: dict[str, Any] = {
        "measurement_plane": "output_terminals",
        "cord_loop_ohm": EIGHT_AWG,
        "rated_current_a": 32.0,
    }
    return Facts(**{**known, **more})


def steady(amperes: float, wh: float = 1000.0) -> list[Look]:
    watts = 240.0 * amperes
    return [Look(0.01 * wh, amperes, watts), Look(0.5 * wh, amperes, watts), Look(0.99 * wh, amperes, watts)]


@pytest.mark.parametrize(
    ("amperes", "air_c", "pct"),
    # The table of the reference is for copper at 20 degC; a cord in use is taken for 10 K warmer than the air.
    [(6, 10, 0.08), (32, 10, 0.42), (32, -50, 0.32), (48, 10, 0.63)],
)
def test_the_worked_losses_of_a_cord(amperes: float, air_c: float, pct: float) -> None:
    """8 AWG, 7.62 m, 240 V."""
    (cord,) = corrections(facts(), reading(0), reading(1000), steady(amperes), air_c)
    assert cord.wh / 10 == pytest.approx(pct, abs=0.006)
    by_name = {part.name: part for part in cord.parts}
    assert by_name["cord resistance"].value == pytest.approx(0.1 * cord.wh)
    assert by_name["cord temperature"].value == pytest.approx(EIGHT_AWG * 0.0393 * amperes / 240 * 1000)
    assert by_name["cord current between readings"].value == pytest.approx(0, abs=1e-9)


def test_nothing_is_lost_at_the_connector_or_without_a_cord() -> None:
    """At the connector, and at the terminals of a station with a socket, there is nothing to correct."""
    for where in ({"measurement_plane": "connector"}, {"cable": "socket"}):
        assert corrections(facts(**where), reading(0), reading(1000), steady(32), 20.0) == ()


def test_an_unknown_cord_is_an_allowance_that_grows_with_the_current() -> None:
    """From 0 to 50 mOhm: little at 6 A, and at 32 A more than a third of a 1 % limit."""
    expanded = []
    for amperes in (6, 32):
        (cord,) = corrections(facts(cord_loop_ohm=None), reading(0), reading(1000), steady(amperes), 20.0)
        assert [part.name for part in cord.parts] == ["cord of unknown resistance (0 to 50 mOhm)"]
        assert cord.wh == pytest.approx(0.025 * amperes / 240 * 1000)
        expanded.append(2 * cord.parts[0].u / 10)
    assert expanded[0] < 0.1
    assert expanded[1] > 1 / 3


def test_three_phases_use_three_conductors() -> None:
    """A balanced load: one and a half loops, the current per phase."""
    one = corrections(facts(), reading(0), reading(1000), steady(32), 20.0)[0].wh
    path = [Look(wh, 32, 3 * 240 * 32) for wh in (10.0, 990.0)]
    three = corrections(facts(phases=3), reading(0), reading(1000), path, 20.0)[0].wh
    assert three == pytest.approx(one / 3 * 1.5)


def test_a_current_that_changed_between_readings_is_told_as_uncertainty() -> None:
    """Between 6 A and 32 A nobody knows when it changed."""
    path = [Look(10.0, 6, 1440), Look(990.0, 32, 7680)]
    cord = corrections(facts(), reading(0), reading(1000), path, 20.0)[0]
    by_name = {part.name: part.value for part in cord.parts}
    ohm = EIGHT_AWG * (1 + 0.00393 * 10)
    assert by_name["cord current between readings"] == pytest.approx(ohm * 980 * (32 - 6) / 240 / 2)


def test_a_session_of_which_no_load_was_seen_may_have_had_any_current() -> None:
    """From none to the rated one."""
    cord = corrections(facts(), reading(0), reading(1000), [], 20.0)[0]
    ohm = EIGHT_AWG * (1 + 0.00393 * 10)
    assert cord.wh == pytest.approx(ohm * 1000 * 32 / 240 / 2)
    assert {part.name: part.value for part in cord.parts}["cord current between readings"] == pytest.approx(
        cord.wh
    )


def test_an_unmeasured_air_leaves_the_copper_less_well_known() -> None:
    """23 +- 5 degC in a laboratory, and the cord's own warming."""
    known = corrections(facts(), reading(0), reading(1000), steady(32), 23.0)[0]
    guessed = corrections(facts(), reading(0), reading(1000), steady(32), None)[0]
    assert guessed.wh == pytest.approx(known.wh)
    assert guessed.parts[1].value == pytest.approx(1.5 * known.parts[1].value)


def test_the_input_of_a_station_sees_its_own_consumption_too() -> None:
    """What it takes at rest, over the time; more under load than at rest is uncertainty."""
    begin, end = reading(0, 0.05, 8.0, at_s=0.0), reading(1010, 0.05, 12.0, at_s=3600.0)
    cord, own = corrections(facts(measurement_plane="input"), begin, end, steady(6), 20.0)
    assert cord.name == "loss in the cord"
    assert own.name == "consumption of the station itself"
    assert own.wh == pytest.approx(10.0 + 5.0)
    told: list[Any] = [(part.name, part.value) for part in own.parts]
    assert told == [
        ("self-consumption, before against after", pytest.approx(2.0)),
        ("self-consumption under load", pytest.approx(5.0)),
    ]
    assert all(part.u == pytest.approx(part.value / math.sqrt(3)) for part in own.parts)


def test_looks_are_read_from_a_record() -> None:
    """Only unflagged readings of the reference meter, between two entries, with all three values."""

    def entry(seq: int, name: str, value: float | None, **more: Any) -> dict[str, Any]:
        return {
            "seq": seq,
            "kind": "reading",
            "role": "reference_meter",
            "name": name,
            "value": value,
            **more,
        }

    entries = [
        entry(1, "current", 99.0),
        entry(3, "voltage", 240.0),
        entry(4, "current", 16.0),
        entry(5, "power", 3840.0),
        entry(6, "energy", 12.0),
        {"seq": 7, "kind": "frame"},
        entry(8, "current", 16.0, role="chamber"),
        entry(9, "current", 16.0, flags=["over-range"]),
        entry(10, "power", 3840.0),
        entry(11, "energy", 13.0),
        entry(12, "current", None),
        entry(20, "energy", 14.0),
    ]
    assert looks(entries, 2, 19) == (Look(12.0, 16.0, 3840.0),)


def test_a_meter_that_shows_only_energy_leaves_the_cord_in_doubt() -> None:
    """Read by hand: no current and no power, so anything up to the rated current may have flowed."""
    begin, end = (
        replace(one, current=replace(one.current, flags=NO_DATA), power=replace(one.power, flags=NO_DATA))
        for one in (reading(0), reading(1000, at_s=3600.0))
    )
    cord, own = corrections(facts(measurement_plane="input"), begin, end, [], 20.0)
    ohm = EIGHT_AWG * (1 + 0.00393 * 10)
    assert cord.wh == pytest.approx(ohm * 1000 * 32 / 240 / 2)
    assert own.wh == pytest.approx(300.0 + 5.0)
    assert own.parts[0].value == pytest.approx(300.0)
