"""Steps that recompute a bill and look at the display."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from wattest.errors import BenchError, Inconclusive, RequirementFailed
from wattest.model.library import library_folder
from wattest.model.read import read_tariff
from wattest.steps.money import check_cost, check_idle, expect_price_shown

if TYPE_CHECKING:
    from tests.steps.conftest import Stand

TARIFF = read_tariff(library_folder("fixtures") / "tariffs" / "energy_only.yaml")


def due(stand: Stand) -> str:
    """The total that is due for the transaction, from the check of a display that shows none."""
    stand.given(tariff=TARIFF)
    stand.csms.put(stand.transaction())
    stand.display((None, None))
    with pytest.raises(RequirementFailed, match=r"^The total of transaction 7 on the display is missing; "):
        stand.do(check_cost(stand.run_, transaction=stand.transaction()))
    total = [entry for entry in stand.notes if entry["kind"] == "check"][-1]["inputs"]["expected"]
    stand.notes.clear()
    return str(total)


def test_a_total_to_the_cent(stand: Stand) -> None:
    """The total may come late; it is compared to the cent, in its currency."""
    total = due(stand)
    assert total == "0.40"
    stand.display((None, None), (None, None), (total, "CAD"))
    stand.do(check_cost(stand.run_, transaction=stand.transaction(), within=30.0))
    assert stand.checks()[-1] == ("total shown to the driver", "pass")


@pytest.mark.parametrize(
    ("shown", "currency", "problem", "sentence"),
    [
        ("0.41", "CAD", RequirementFailed, "The total of transaction 7 on the display is 0.41 CAD; 0.40 CAD"),
        (
            "0.40",
            "USD",
            RequirementFailed,
            "The total of transaction 7 on the display is in USD; CAD is due.",
        ),
        ("0.40", None, Inconclusive, "0.40, as due, but no currency was seen beside it."),
    ],
)
def test_a_total_that_is_not_right(
    stand: Stand, shown: str, currency: str | None, problem: type[Exception], sentence: str
) -> None:
    """One cent is too much, another currency is wrong, and no currency decides nothing."""
    due(stand)
    stand.display((shown, currency))
    with pytest.raises(problem) as caught:
        stand.do(check_cost(stand.run_, transaction=stand.transaction(), within=1.0))
    assert sentence in str(caught.value)


def test_a_cost_without_what_it_is_made_of(stand: Stand) -> None:
    """Energy or times that were never stated fail DAT-03; nothing is computed from guesses."""
    stand.given(tariff=TARIFF)
    stand.csms.put(stand.transaction(started_at=None))
    with pytest.raises(RequirementFailed) as caught:
        stand.do(check_cost(stand.run_, transaction=stand.transaction()))
    assert str(caught.value) == "Not there: energy, start and end of transaction 7."
    assert stand.notes[-1]["requirements"] == ("DAT-03",)


def test_a_cost_without_a_tariff(stand: Stand) -> None:
    """A scenario that checks money without a tariff is wrong itself."""
    stand.csms.put(stand.transaction())
    with pytest.raises(BenchError) as caught:
        stand.do(check_cost(stand.run_, transaction=stand.transaction()))
    assert str(caught.value) == "Scenario TINY-001 checks a cost without 'tariff:' under 'given:'."
    with pytest.raises(BenchError) as caught:
        stand.do(expect_price_shown(stand.run_))
    assert str(caught.value) == "Scenario TINY-001 checks a price without 'tariff:' under 'given:'."


def test_a_price_that_is_not_shown(stand: Stand) -> None:
    """The sentence names the price that is missing, and what the display shows instead."""
    stand.given(tariff=TARIFF)
    stand.display((None, None), lines=("Welcome",))
    with pytest.raises(RequirementFailed) as caught:
        stand.do(expect_price_shown(stand.run_, within=1.0))
    assert str(caught.value) == (
        f"Prices on the display (it shows 'Welcome') is '{TARIFF.energy} missing', but 'all shown' was expected."
    )


def test_idle_of_a_session_that_has_not_ended(stand: Stand) -> None:
    """No end, no idle time: undecided, never taken for 0."""
    stand.csms.put(stand.transaction(ended_at=None))
    with pytest.raises(Inconclusive, match="The idle time of transaction 7"):
        stand.do(check_idle(stand.run_, transaction=stand.transaction(), idle=600.0))
