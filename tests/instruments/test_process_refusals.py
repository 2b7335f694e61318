from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from wattest.clock import VirtualClock
from wattest.errors import BenchError
from wattest.roles import Surroundings
from wattest_instruments.process import process, process_rig


def unnoted(_kind: str, /, **_fields: Any) -> int:
    return 0


@pytest.fixture
def around() -> Iterator[Callable[..., Surroundings]]:
    with VirtualClock() as clock:

        def around(role: str, **more: Any) -> Surroundings:
            return Surroundings(clock=clock, note=unnoted, role=role, folder=".", **more)

        yield around


@pytest.mark.parametrize(
    ("role", "options", "sentence"),
    [
        (
            "vehicle",
            {"rig": "robbot"},
            "vehicle (process) names rig 'robbot', which is no process_rig of this bench; those are: robot.",
        ),
        (
            "vehicle",
            {"actions": ("plug_in",)},
            (
                "vehicle (process) could not be made safe: map 'set_ready' or 'make_safe' under 'actions', since a "
                "bench that cannot take energy away must not give any."
            ),
        ),
        (
            "mains",
            {"actions": {"set_power": '{"do": "{what}"}'}},
            "mains.set_power (process) names {what}, which nobody fills; placeholders there are: {on}.",
        ),
    ],
)
def test_a_bench_entry_that_cannot_work_is_refused_at_once(
    around: Callable[..., Surroundings], role: str, options: dict[str, Any], sentence: str
) -> None:
    """Mistakes in the mapping are said before anything is started."""
    rig = process_rig(around("robot"), command=("true",))
    with pytest.raises(BenchError) as error:
        process(around(role, rigs={"robot": rig}), **{"rig": "robot", **options})
    assert str(error.value) == sentence


def test_a_command_that_names_nobody_is_refused(around: Callable[..., Surroundings]) -> None:
    """An unknown placeholder in a command is said before anything is started, with those there are."""
    with pytest.raises(BenchError) as error:
        process_rig(around("robot"), command=("evse", "{url}"))
    assert str(error.value) == (
        "The command of rig 'robot' names {url}, which nobody fills; placeholders there are: "
        "{csms}, {identity}, {dialect}, {python}, {folder}, {scratch}."
    )
    with pytest.raises(BenchError, match="Rig 'robot' has an empty 'command'"):
        process_rig(around("robot"), command=())


def test_plain_lines_need_a_mapping(around: Callable[..., Surroundings]) -> None:
    """A rig that talks plain lines has no words by default."""
    rig = process_rig(around("robot"), command=("true",), talk="lines")
    with pytest.raises(BenchError) as error:
        process(around("vehicle", rigs={"robot": rig}), rig="robot")
    assert str(error.value) == (
        "vehicle (process): rig 'robot' talks plain lines, so every action needs its line under 'actions', "
        "such as 'plug_in: PLUG 1'."
    )
