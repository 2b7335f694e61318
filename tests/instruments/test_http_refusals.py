from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, cast

import pytest

from wattest.clock import VirtualClock
from wattest.errors import BenchError, RigError
from wattest.roles import Part, Surroundings, Vehicle
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
                "set_ready, set_current, whereabouts, identify, make_safe."
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
