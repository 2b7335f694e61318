from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, cast

import pytest

from wattest.clock import VirtualClock
from wattest.errors import BenchError, RigError
from wattest.roles import Part, ReadsBack, Surroundings, Vehicle
from wattest_instruments.http import Request, http

Make = Callable[..., Part]


def unnoted(_kind: str, /, **_fields: Any) -> int:
    return 0


@pytest.fixture
def clock() -> Iterator[VirtualClock]:
    with VirtualClock() as clock:
        yield clock


@pytest.fixture
def make(clock: VirtualClock) -> Make:
    def make(role: str, **options: Any) -> Part:
        around = Surroundings(clock=clock, note=unnoted, role=role, folder=".")
        return http(around, **{"base": "http://127.0.0.1:9", **options})

    return make


def test_an_unmapped_action_says_what_is_mapped(make: Make, clock: VirtualClock) -> None:
    """A lab that mapped two actions hears which one is missing, and of which role."""
    vehicle = cast("Vehicle", make("vehicle", actions={"plug_in": "POST /plug", "set_ready": "POST /ready"}))
    with pytest.raises(RigError) as error:
        clock.run(vehicle.unplug())
    assert str(error.value) == (
        "vehicle (http) cannot unplug: its bench entry maps no 'unplug' under 'actions' "
        "(mapped: plug_in, set_ready). Map it, or leave the scenarios that need it not tested."
    )


@pytest.mark.parametrize(
    ("role", "actions", "sentence"),
    [
        (
            "vehicle",
            {"plug": "POST /plug"},
            (
                "vehicle (http) has no action 'plug', which stands under 'actions'; it has plug_in, unplug, holster, "
                "set_ready, set_current, whereabouts, set_fault, set_pilot_resistance, "
                "set_proximity, read_pilot, set_state_of_charge, read_state_of_charge, read_back, identify, "
                "make_safe, clock."
            ),
        ),
        (
            "vehicle",
            {"plug_in": "POST /plug"},
            (
                "vehicle (http) could not be made safe: map 'set_ready' or 'make_safe' under 'actions', since a bench "
                "that cannot take energy away must not give any."
            ),
        ),
        (
            "card_reader",
            {"present": "POST /tap/{card}"},
            "card_reader.present (http) names {card}, which nobody fills; placeholders there are: {uid}.",
        ),
        (
            "display",
            {"read": "GET /screen"},
            (
                "display.read needs 'lines' in the answer: say where it stands, 'answer: {lines: path.to.it}', or "
                "'match:' with a group (?P<lines>...)."
            ),
        ),
        (
            "lock_sensor",
            {"read": Request("/l", answer={"bolt": "b"})},
            "lock_sensor.read reads 'bolt' from the answer; this action answers holster, connector.",
        ),
        (
            "load",
            {"set_current": "PUT /amps/{current_a}"},
            (
                "load (http) could not be made safe: map 'set_input' or 'make_safe' under 'actions', since a bench "
                "that cannot take energy away must not give any."
            ),
        ),
        (
            "thermometers",
            {"read_all": "GET /temperatures"},
            (
                "thermometers.read_all reads no place from the answer: name each, 'answer: {enclosure: path.to.it}', or "
                "'match:' with a group (?P<enclosure>...)."
            ),
        ),
        (
            "network",
            {"cut": "cut it"},
            "'cut it' under 'cut' is not a request; write it like 'POST /cable/plug'.",
        ),
    ],
)
def test_a_bench_entry_that_cannot_work_is_refused_at_once(
    make: Make, role: str, actions: dict[str, Any], sentence: str
) -> None:
    """Mistakes in the mapping are said before anything is opened."""
    with pytest.raises(BenchError) as error:
        make(role, actions=actions)
    assert str(error.value) == sentence


@pytest.mark.parametrize(
    ("role", "actions", "supports", "sentence"),
    [
        (
            "mains",
            {"set_power": "PUT /power/{on}"},
            ("supply_voltage",),
            (
                "mains (http) names 'supply_voltage' under 'supports' but maps no 'set_voltage' under 'actions': map it, "
                "or take 'supply_voltage' away."
            ),
        ),
        (
            "vehicle",
            {"set_ready": "PUT /ready/{ready}"},
            ("diode_falt",),
            (
                "vehicle (http) names 'diode_falt' under 'supports', which no scenario can need; "
                "did you mean 'diode_fault'?"
            ),
        ),
    ],
)
def test_a_promise_that_cannot_be_kept_is_refused(
    make: Make, role: str, actions: dict[str, Any], supports: tuple[str, ...], sentence: str
) -> None:
    """What the lab says that it supports is mapped, and is a word that a scenario can need."""
    with pytest.raises(BenchError) as error:
        make(role, actions=actions, supports=supports)
    assert str(error.value) == sentence


def test_a_fault_needs_its_own_capability(make: Make, clock: VirtualClock) -> None:
    """A rig that can short a diode is not taken to be able to open the protective earth."""
    vehicle = cast(
        "Vehicle",
        make(
            "vehicle",
            actions={"set_ready": "POST /ready", "set_fault": "POST /fault/{fault}/{on}"},
            supports=("diode_fault",),
        ),
    )
    assert "diode_fault" in vehicle.supports
    assert "pe_fault" not in vehicle.supports
    with pytest.raises(RigError) as error:
        clock.run(vehicle.set_fault("pe", True))
    assert str(error.value) == (
        "vehicle over HTTP cannot make the fault 'pe': its bench entry does not name 'pe_fault' under 'supports'."
    )


def test_only_a_part_that_can_be_asked_reads_back(make: Make) -> None:
    """``read_back`` is there when the bench entry maps it, and not otherwise."""
    plain = make("mains", actions={"set_power": "PUT /power"})
    asked = make(
        "mains",
        actions={"set_power": "PUT /power", "read_back": Request("/state", "GET", answer={"safe": "off"})},
    )
    assert not isinstance(plain, ReadsBack)
    assert isinstance(asked, ReadsBack)
