"""Steps that hold display, protocol, session record and receipt together."""

from __future__ import annotations

from decimal import Decimal
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from wattest.csms.billing import price_text
from wattest.errors import BenchError, Inconclusive, RequirementFailed
from wattest.model.tariff import PriceStep, Tariff
from wattest.steps.money import change_tariff, check_cost
from wattest.steps.receipt import check_cost_kept, check_receipt, read_total

if TYPE_CHECKING:
    from tests.steps.conftest import Stand

ENERGY = Tariff("t", energy=Decimal("0.35"))
DEAR = Tariff("changed", energy=Decimal("9.00"))


def test_a_total_that_is_read(stand: Stand) -> None:
    """A total may come late, in French notation; it is kept with its evidence."""
    stand.display((None, None), ("5,03", "CAD"))
    stand.do(read_total(stand.run_, within=10.0))
    assert [amount for amount, _ in stand.run_.totals] == [Decimal("5.03")]


def test_a_total_that_never_comes(stand: Stand) -> None:
    """No total within the time fails."""
    stand.display((None, None))
    with pytest.raises(RequirementFailed) as caught:
        stand.do(read_total(stand.run_, within=10.0))
    assert str(caught.value) == "A total on the display did not come within 10 s."


def test_a_changed_tariff_is_for_later_sessions(stand: Stand) -> None:
    """The session that ran keeps its price; the station is told the new one; a scenario without a tariff is wrong."""
    csms: Any = stand.csms
    csms.till = SimpleNamespace(price_text=lambda: price_text(DEAR))
    with pytest.raises(BenchError) as caught:
        stand.do(change_tariff(stand.run_, energy=DEAR.energy))
    assert str(caught.value) == "Scenario TINY-001 changes a tariff without 'tariff:' under 'given:'."
    stand.given(tariff=ENERGY)
    stand.do(change_tariff(stand.run_, energy=DEAR.energy))
    assert csms.tariff == DEAR
    assert csms.fake.asked == [("configure", ("default_price", "9.00 CAD/kWh + tax"))]
    since = stand.run_.repriced[0][0]
    stand.csms.put(stand.transaction(started_at=since.replace(hour=11)))
    stand.display(("0.40", "CAD"))
    stand.do(check_cost(stand.run_, transaction=stand.transaction(), within=1.0))
    stand.csms.put(stand.transaction(started_at=since))
    with pytest.raises(RequirementFailed, match=r"is 0.40 CAD; 10.35 CAD"):
        stand.do(check_cost(stand.run_, transaction=stand.transaction(), within=1.0))


def test_a_price_that_is_undecided(stand: Stand) -> None:
    """A tariff by steps without readings in between leaves doubt, whatever the display shows."""
    steps = (PriceStep(Decimal(0), time=Decimal(1)), PriceStep(Decimal(9000)))
    stand.given(tariff=Tariff("s", steps=steps))
    stand.csms.put(stand.transaction())
    stand.display(("0.40", "CAD"))
    with pytest.raises(Inconclusive, match="The register at start and end of the session was not told"):
        stand.do(check_cost(stand.run_, transaction=stand.transaction(), within=1.0))


@pytest.mark.parametrize(("cost", "ended"), [("0.40", False), (None, True)])
def test_a_cost_that_is_kept(stand: Stand, cost: str | None, ended: bool) -> None:
    """The display shows it still, or the station told what it takes to compute it."""
    stand.csms.put(stand.transaction() if ended else stand.transaction(ended_at=None))
    stand.display((cost, "CAD"))
    stand.do(check_cost_kept(stand.run_, transaction=stand.transaction()))
    assert stand.checks() == [("cost of the session found", "pass")]


def test_a_cost_that_is_lost(stand: Stand) -> None:
    """Neither: the session has no cost any more. Without a link nobody can know."""
    stand.csms.put(stand.transaction(ended_at=None))
    stand.display((None, None))
    with pytest.raises(RequirementFailed) as caught:
        stand.do(check_cost_kept(stand.run_, transaction=stand.transaction()))
    assert str(caught.value) == (
        "Not there: the cost of transaction 7, on the display or from its energy, start and end."
    )
    stand.csms.connected = False
    with pytest.raises(Inconclusive):
        stand.do(check_cost_kept(stand.run_, transaction=stand.transaction()))


def test_a_receipt_of_a_session_that_is_not_there(stand: Stand) -> None:
    """Without the session in the record the error is ours."""
    stand.given(tariff=ENERGY)
    stand.csms.put(stand.transaction())
    with pytest.raises(BenchError) as caught:
        stand.do(check_receipt(stand.run_, transaction=stand.transaction()))
    assert str(caught.value) == "The record holds no session 7 that has ended: no receipt can be made."
