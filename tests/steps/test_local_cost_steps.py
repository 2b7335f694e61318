"""Steps of a cost that the station reckons: what it is given, and what is held against it."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from wattest.errors import BenchError, Inconclusive, RequirementFailed
from wattest.model.library import library_folder
from wattest.model.read import read_tariff
from wattest.model.tariff import Tariff
from wattest.steps.cost_details import check_cost_details
from wattest.steps.local_cost import change_session_tariff, give_tariff

if TYPE_CHECKING:
    from tests.steps.conftest import Stand

TARIFF = read_tariff(library_folder("fixtures") / "tariffs" / "energy_only.yaml")
"""0.35 CAD/kWh in Quebec: 1000 Wh cost 0.35, with taxes 0.40."""


@pytest.fixture
def stand(stand: Stand) -> Stand:
    """A station of 2.1 that was given the tariff before its session of 1000 Wh in one hour."""
    stand.run_.dialect = "2.1"
    stand.given(tariff=TARIFF)
    stand.csms.driver_tariffs = {}  # type: ignore[attr-defined]
    stand.do(give_tariff(stand.run_))
    start = stand.run_.clock.utc()
    stand.csms.put(
        stand.transaction(
            started_at=start, ended_at=start + timedelta(hours=1), states=((start, "charging"),)
        )
    )
    stand.display(("0.40", "CAD"))
    return stand


def tell(stand: Stand, kind: str = "Ended", **changes: Any) -> None:
    """The station's cost details; a name with a double underscore is a field inside."""
    details: dict[str, Any] = {
        "totalCost": {
            "currency": "CAD",
            "typeOfCost": "NormalCost",
            "energy": {"exclTax": 0.35},
            "total": {"exclTax": 0.35, "inclTax": 0.40},
        },
        "totalUsage": {"energy": 1000, "chargingTime": 3600, "idleTime": 0},
    }
    for name, value in changes.items():
        *path, last = name.split("__")
        inner = details
        for key in path:
            inner = inner[key]
        inner[last] = value
    payload = {"eventType": kind, "transactionInfo": {"transactionId": "7"}, "costDetails": details}
    entry = {
        "kind": "frame",
        "direction": "in",
        "seq": 11,
        "raw": json.dumps([2, "a", "TransactionEvent", payload]),
        "message": {"type": 2, "payload": payload},
    }
    stand.run_.entries = lambda: [entry]


def check(stand: Stand) -> None:
    stand.do(check_cost_details(stand.run_, transaction=stand.transaction(), within=1.0))


def test_what_is_right(stand: Stand) -> None:
    """Usage, periods, each total, each part and the display are checked, each again from its inputs."""
    own = stand.run_.local_tariffs[0][2]["tariffId"]
    period = {"tariffId": own, "startPeriod": stand.run_.clock.utc().isoformat()}
    tell(stand, chargingPeriods=[period])
    check(stand)
    assert stand.checks() == [
        (name, "pass")
        for name in (
            "cost details of the session",
            "energy and times of the session are stated",
            "usage of the session",
            "charging periods of the session",
            "total with taxes",
            "total before taxes",
            "energy before taxes",
            "total shown to the driver",
        )
    ]


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        (
            {"totalCost__total": {"inclTax": 0.39}},
            "The total with taxes in the cost details of transaction 7 is 0.39 CAD; 0.40 CAD (energy 0.35) is due.",
        ),
        (
            {"totalCost__total": {"inclTax": 0.40, "exclTax": 0.34}},
            "The total before taxes in the cost details of transaction 7 is 0.34 CAD; 0.35 CAD (energy 0.35) is due.",
        ),
        (
            {"totalCost__energy": {"exclTax": 0.3}},
            "The energy before taxes in the cost details of transaction 7 is 0.30 CAD; 0.35 CAD (energy 0.35) is due.",
        ),
        (
            {"totalCost__total": {}},
            "The total with taxes in the cost details of transaction 7 is missing; 0.40 CAD (energy 0.35) is due.",
        ),
        (
            {"totalCost__currency": "EUR"},
            "The total with taxes in the cost details of transaction 7 is in EUR; CAD is due.",
        ),
        (
            {"totalUsage__energy": 1002},
            "The energy of the usage is 1002 Wh; 999.0 to 1001.0 Wh is right.",
        ),
        ({"totalUsage__idleTime": 60}, "The idleTime of the usage is 60 s; -2.0 to 2.0 s is right."),
        (
            {"totalUsage__chargingTime": None},
            "The chargingTime of the usage is None s; 3598.0 to 3602.0 s is right.",
        ),
        (
            {"chargingPeriods": [{"tariffId": "other", "startPeriod": "2020-01-01T00:00:00Z"}]},
            "A charging period names the tariff 'other', which the session never had.",
        ),
    ],
)
def test_what_is_wrong(stand: Stand, changes: Any, sentence: str) -> None:
    """One cent, one watt-hour, another currency, a tariff that the session never had: each fails."""
    tell(stand, **changes)
    with pytest.raises(RequirementFailed) as caught:
        check(stand)
    assert sentence in str(caught.value)


def test_amounts_without_rounding_are_right(stand: Stand) -> None:
    """What is sent need not be in cents: it is rounded before it is compared."""
    tell(stand, totalCost__total={"inclTax": 0.402413}, totalCost__energy={"exclTax": 0.349999})
    check(stand)


def test_what_is_shown_is_what_is_sent(stand: Stand) -> None:
    """A display that shows another amount than the total that goes out is wrong."""
    tell(stand)
    stand.display(("0.35", "CAD"))
    with pytest.raises(RequirementFailed) as caught:
        check(stand)
    assert str(caught.value) == "The total of transaction 7 on the display is 0.35 CAD; 0.40 CAD is due."


def test_a_total_before_taxes_only(stand: Stand) -> None:
    """Then the display is held against our own computation."""
    tell(stand, totalCost__total={"exclTax": 0.35})
    check(stand)
    assert stand.notes[-1]["rule"] == "cost_within"


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        (
            {"failureToCalculate": True, "failureReason": "no clock"},
            "The station states that it could not reckon the cost of transaction 7: no clock.",
        ),
        ({"totalUsage__energy": 1}, "The energy of the usage is 1, as if in kWh; OCPP states energy in Wh."),
    ],
)
def test_what_is_doubtful(stand: Stand, changes: Any, sentence: str) -> None:
    """A station that says it failed, or seems to mean another unit, is neither right nor wrong."""
    tell(stand, **changes)
    with pytest.raises(Inconclusive) as caught:
        check(stand)
    assert str(caught.value) == sentence


def test_no_details(stand: Stand) -> None:
    """Details with the end of the session are asked for; those on the way do not count."""
    tell(stand, "Updated")
    with pytest.raises(RequirementFailed) as caught:
        check(stand)
    assert str(caught.value) == "Not there: cost details with the end of transaction 7."


def test_a_check_without_a_tariff(stand: Stand) -> None:
    """A scenario that gave no tariff cannot check what comes of it."""
    tell(stand)
    stand.run_.local_tariffs.clear()
    with pytest.raises(BenchError) as caught:
        check(stand)
    assert (
        str(caught.value)
        == "Scenario TINY-001 checks a cost that the station reckons, and gave it no tariff."
    )


def test_a_drivers_tariff_that_was_never_told(stand: Stand) -> None:
    """A station that did not ask about the card could not know: that decides nothing."""
    tell(stand)
    stand.do(give_tariff(stand.run_, card="driver", energy=Decimal("0.20")))
    stand.csms.put(replace(stand.csms.ledger.transactions["7"], token="04aa"))
    with pytest.raises(Inconclusive) as caught:
        check(stand)
    assert str(caught.value) == (
        "The station did not ask about card 04aa, so that it was not told its driver's tariff."
    )


def test_our_own_bill_must_agree(stand: Stand) -> None:
    """When the tariff in 2.1's words is not the scenario's, the suite says that it contradicts itself."""
    tell(stand)
    at, of, told = stand.run_.local_tariffs[0]
    dearer = {**told, "energy": {"prices": [{"priceKwh": Decimal(1)}]}}
    stand.run_.local_tariffs[0] = (at, of, dearer)
    with pytest.raises(BenchError, match="the suite contradicts itself"):
        check(stand)


def test_a_tariff_that_21_cannot_carry(stand: Stand) -> None:
    """It is said in the record, nothing is sent, and the central system goes on telling the cost."""
    before = list(stand.csms.fake.asked)
    stand.given(tariff=Tariff("inclusive", energy=Decimal("0.36"), tax_included=True))
    stand.do(give_tariff(stand.run_))
    assert stand.csms.fake.asked == before
    assert stand.notes[-1]["sentence"] == (
        "Prices of OCPP 2.1 are before tax, and those of tariff 'inclusive' contain it."
    )
    assert len(stand.run_.local_tariffs) == 1


def test_a_tariff_that_is_declined(stand: Stand) -> None:
    """A station may decline; the scenario then decides nothing."""
    stand.csms.fake.answers["call"] = "TooManyElements"
    with pytest.raises(Inconclusive) as caught:
        stand.do(give_tariff(stand.run_))
    assert str(caught.value) == (
        "The station answered 'TooManyElements' to a default tariff (entry 5): it does not reckon by it, "
        "the central system does."
    )


def test_a_change_for_the_running_session(stand: Stand) -> None:
    """It is told for that transaction alone; without exactly one that runs nobody knows whose."""
    with pytest.raises(
        Inconclusive, match=r"^0 transactions run: it is not clear whose tariff is to change\.$"
    ):
        stand.do(change_session_tariff(stand.run_, energy=Decimal("0.90")))
    stand.csms.put(stand.transaction(ended_at=None))
    stand.do(change_session_tariff(stand.run_, energy=Decimal("0.90")))
    _, of, told = stand.run_.local_tariffs[-1]
    assert (of, told["energy"]["prices"]) == ("7", [{"priceKwh": Decimal("0.9")}])


def test_a_tariff_without_one_in_the_scenario(stand: Stand) -> None:
    """There must be something to give."""
    stand.given(tariff=None)
    with pytest.raises(BenchError) as caught:
        stand.do(give_tariff(stand.run_))
    assert str(caught.value) == "Scenario TINY-001 gives a tariff without 'tariff:' under 'given:'."
