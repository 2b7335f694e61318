"""Steps that ask whether the supply moves the error of the meter."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.steps.test_supply_steps import FakeMains

from wattest.errors import Inconclusive, RequirementFailed
from wattest.steps.influence import SuppliedError, check_influence, measure_error_supplied

if TYPE_CHECKING:
    from tests.steps.conftest import Stand

PLACE = "90 % of the voltage and 100 % of the frequency"


@pytest.mark.parametrize(
    ("shift", "u", "outcome"),
    [(0.2, 0.03, "pass"), (-0.3, 0.03, "inconclusive"), (0.36, 0.03, "inconclusive"), (-0.5, 0.03, "fail")],
)
def test_shift(stand: Stand, shift: float, u: float, outcome: str) -> None:
    """A third of 1 %, both signs, with the whole uncertainty of both sessions; inside it nothing is decided."""
    rated = SuppliedError(0.1, u, "100 % of the voltage and 100 % of the frequency", (1, 2))
    moved = SuppliedError(0.1 + shift, u, PLACE, (3, 4))
    step = check_influence(stand.run_, rated=rated, moved=moved)
    if outcome == "pass":
        stand.do(step)
    else:
        with pytest.raises(RequirementFailed if outcome == "fail" else Inconclusive) as caught:
            stand.do(step)
        assert str(caught.value).startswith(
            f"The shift of the energy error at {PLACE}, from +0.100 % to {0.1 + shift:+.3f} %, is "
            f"{abs(shift):g} +- 0.0848528 %; at most 0.333 % is allowed (influence_share, "
        )
    assert stand.checks() == [(f"shift of the energy error at {PLACE}", outcome)]
    (check,) = [entry for entry in stand.notes if entry["kind"] == "check"]
    assert check["evidence"] == (1, 2, 3, 4)


def test_a_supply_that_does_not_arrive(stand: Stand) -> None:
    """A session at a frequency that the source never had shifts nothing, and the rated supply is set again."""
    mains = FakeMains(stand)
    with pytest.raises(Inconclusive) as caught:
        stand.do(measure_error_supplied(stand.run_, card="driver", current=16.0, frequency=95.0))
    assert str(caught.value) == (
        "The supply's frequency is 60 Hz where 57 Hz were set: the station was not tried there."
    )
    assert mains.told == [240.0, 57.0, 240.0, 60.0]
