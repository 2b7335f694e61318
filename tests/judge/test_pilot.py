"""The law of the control pilot, as the judge has it."""

from __future__ import annotations

import pytest

from wattest.judge.pilot import current_for, duty_for, spacings, state_of
from wattest.world.pilot import current_a, duty_pct

VECTORS = [
    (6.0, 10.0),
    (16.0, 26.67),
    (30.0, 50.0),
    (32.0, 53.33),
    (40.0, 66.67),
    (48.0, 80.0),
    (51.0, 85.0),
    (60.0, 88.0),
    (80.0, 96.0),
]


@pytest.mark.parametrize(("amperes", "duty"), VECTORS)
def test_duty_and_current_belong_together(amperes: float, duty: float) -> None:
    """The vectors of SAE J1772 hold both ways, and the simulated station has been taught the same law on its own."""
    assert duty_for(amperes) == pytest.approx(duty, abs=0.005)
    assert current_for(duty) == pytest.approx(amperes, abs=0.01)
    assert duty_for(amperes) == pytest.approx(duty_pct(amperes))
    assert current_for(duty) == pytest.approx(current_a(duty))


@pytest.mark.parametrize("duty", [0.0, 5.0, 7.9, 97.1, 100.0])
def test_no_charging(duty: float) -> None:
    """Digital communication, a steady pilot and the bands between offer no current."""
    assert current_for(duty) == 0.0


def test_eight_to_ten_percent_is_six_amperes() -> None:
    """From 8 % to 10 % it is 6 A, from 96 % to 97 % 80 A."""
    assert (current_for(8.0), current_for(9.9), current_for(97.0)) == (6.0, 6.0, 80.0)


def test_the_gap() -> None:
    """Between 51 A and 52.5 A nothing can be said, and below 6 A and above 80 A neither."""
    with pytest.raises(ValueError, match="52 A cannot be said by a duty cycle") as caught:
        duty_for(52.0)
    assert str(caught.value) == (
        "52 A cannot be said by a duty cycle, nor can anything between 51 A and 52.5 A: choose another current"
    )
    for amperes in (5.9, 80.1):
        with pytest.raises(ValueError, match="choose 6 A to 80 A"):
            duty_for(amperes)


@pytest.mark.parametrize(
    ("volts", "state"), [(12.3, "A"), (8.2, "B"), (5.5, "C"), (2.7, "D"), (0.2, "E"), (-11.0, "F")]
)
def test_state_is_the_nearest_level(volts: float, state: str) -> None:
    """A level outside its tolerance still belongs to a state."""
    assert state_of(volts) == state


def test_spacings_know_how_well_they_are_known() -> None:
    """A change lies between two samples; steady stretches and jitter are no changes."""
    samples = [(0.0, 50.0), (0.1, 50.2), (0.2, 20.0), (0.3, 20.0), (5.0, 100.0), (6.0, 20.0), (6.1, 30.0)]
    found = spacings(samples)
    assert [round(gap, 3) for gap, _u in found] == [5.9]
    assert found[0][1] == pytest.approx((0.1**2 + 0.1**2) ** 0.5 / 12**0.5)
    assert spacings(samples[:4]) == []
