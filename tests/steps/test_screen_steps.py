"""Steps that watch the display during a session."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from wattest.errors import Inconclusive, RequirementFailed
from wattest.roles import DisplayReading
from wattest.steps.screen import fill_up, watch_progress

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.steps.conftest import Stand


class Running:
    """A display that shows what a function of the seconds gives."""

    def __init__(self, stand: Stand, lines: Callable[[float], tuple[str, ...]]) -> None:
        self.stand, self.lines = stand, lines

    async def read(self) -> DisplayReading:
        return DisplayReading(self.lines(self.stand.clock.monotonic()), None, None, (9,))


class Car:
    """Stops asking for energy."""

    async def set_ready(self, ready: bool) -> None:
        assert not ready


def counter(every_s: float, first_kwh: float = 0.0) -> Callable[[float], tuple[str, ...]]:
    """Energy and time, redrawn so often, at 7.2 kW."""

    def lines(t: float) -> tuple[str, ...]:
        at = int((t + 1.5) // every_s * every_s)
        return ("Charging", f"{first_kwh + at * 0.002:.3f} kWh", f"0:{at // 60:02}:{at % 60:02}")

    return lines


def watch(stand: Stand, lines: Callable[[float], tuple[str, ...]]) -> None:
    stand.parts["display"] = Running(stand, lines)
    stand.do(watch_progress(stand.run_, for_=60.0))


@pytest.mark.parametrize("every_s", [0.5, 5.0, 10.0])
def test_progress_that_is_renewed(stand: Stand, every_s: float) -> None:
    """Energy from zero and time, every 10 s or more often: all is well, whenever the display is looked at."""
    watch(stand, counter(every_s))
    assert [outcome for _, outcome in stand.checks()] == ["pass"] * 4


@pytest.mark.parametrize(
    ("lines", "sentence"),
    [
        (counter(20.0), "The longest time for which the energy on the display stayed the same is 18 s"),
        (counter(1.0, 3.0), "The energy first shown in the session is 3.002 kWh"),
        (
            lambda t: ("0.000 kWh", counter(1.0)(t)[2]),
            "The longest time for which the energy on the display stayed the same is 60 s",
        ),
    ],
)
def test_progress_that_is_not(stand: Stand, lines: Callable[[float], tuple[str, ...]], sentence: str) -> None:
    """Renewed too seldom, not from zero, or standing still: the sentence says which, and how long."""
    with pytest.raises(RequirementFailed) as caught:
        watch(stand, lines)
    assert str(caught.value).startswith(sentence)


def test_progress_that_cannot_be_read(stand: Stand) -> None:
    """A display without figures that can be read decides nothing."""
    with pytest.raises(Inconclusive) as caught:
        watch(stand, lambda _t: ("Charging",))
    assert str(caught.value) == (
        "In 31 of 31 looks at the display no energy in kWh or no elapsed time as h:mm:ss could be read."
    )


def full(stand: Stand, lines: Callable[[float], tuple[str, ...]]) -> None:
    stand.parts["display"] = Running(stand, lines)
    stand.parts["vehicle"] = Car()
    stand.do(fill_up(stand.run_))


def test_a_full_car_is_told(stand: Stand) -> None:
    """The notice may come within the minute."""
    full(stand, lambda t: ("Charging" if t < 40 else "Recharge terminée", f"{t:.0f} s"))
    assert stand.checks() == [("driver of the full car told", "pass")]


def test_a_full_car_is_not_told(stand: Stand) -> None:
    """Only figures change: nobody is told, and that is a failure."""
    with pytest.raises(RequirementFailed) as caught:
        full(stand, lambda t: ("Charging", f"{t:.0f} s"))
    assert str(caught.value) == "The notice to the driver of the full car did not come within 60 s."


def test_other_words_are_for_a_person_to_judge(stand: Stand) -> None:
    """Words that nobody knows as a notice leave doubt, and stand in the sentence."""
    with pytest.raises(Inconclusive) as caught:
        full(stand, lambda t: ("Charging" if t < 9 else "Bye",))
    assert str(caught.value) == (
        "The display has other words since the car is full, and none that is known as a notice: 'Bye'."
    )
