"""The cost engine of the simulated charger: exact, stretch by stretch."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wattest.evse.reckoning import Reckoned, Unsupported, add_up, as_json, half_up, read

NOON = datetime(2026, 1, 15, 12, tzinfo=UTC)
VOLTS = Decimal(240)


def reckoned(charging: bool = True, **parts: Any) -> Reckoned:
    made = Reckoned(at=NOON, wh=Decimal(0), charging=charging)
    made.use(json.dumps({"tariffId": "t", "currency": "CAD", **parts}))
    return made


def prices(word: str, *rows: tuple[Any, dict[str, Any]], taxes: Any = ()) -> dict[str, Any]:
    found = {"prices": [{word: price, **({"conditions": c} if c else {})} for price, c in rows]}
    return {**found, "taxRates": list(taxes)} if taxes else found


def test_energy_and_a_fixed_fee() -> None:
    """Energy by its price, the fee once, unrounded until it is added up."""
    session = reckoned(energy=prices("priceKwh", (0.35, {})), fixedFee=prices("priceFixed", (1, {})))
    session.advance(NOON + timedelta(minutes=5), Decimal("1000.1"), VOLTS)
    session.advance(NOON + timedelta(minutes=10), Decimal("2345.6"), VOLTS)
    assert session.owed == {"t": {"energy": Decimal("0.820960"), "fixedFee": Decimal(1)}}
    assert session.energy_wh == Decimal("2345.6")
    assert (int(session.charging_s), int(session.idle_s)) == (600, 0)
    assert add_up(session, half_up).total == Decimal("1.82")
    assert len(session.periods) == 1


def test_idling_is_cut_at_its_grace_and_its_cap() -> None:
    """One long stretch is priced in three pieces, to the second."""
    idle = prices("priceMinute", (0, {"maxIdleTime": 600}), (0.1, {"maxIdleTime": 1800}), (0, {}))
    session = reckoned(charging=False, idleTime=idle)
    session.advance(NOON + timedelta(hours=2), Decimal(0), VOLTS)
    assert session.owed["t"]["idleTime"] == Decimal("2.0")
    assert [period.idle_s for period in session.periods] == [600, 1200, 5400]
    assert [period.since for period in session.periods][1] == NOON + timedelta(minutes=10)


def test_power_decides_stretch_by_stretch() -> None:
    """Mean power of a stretch picks the first price that applies; below every step none does."""
    energy = prices("priceKwh", (0.41, {"minPower": 9000}), (0.47, {"minPower": 3000, "maxCurrent": 35}))
    session = reckoned(energy=energy)
    for minutes, wh in ((60, 10_000), (120, 14_000), (180, 15_000)):
        session.advance(NOON + timedelta(minutes=minutes), Decimal(wh), VOLTS)
    assert session.owed["t"]["energy"] == Decimal("4.10") + Decimal("1.88")
    assert session.tariff.by_power
    assert not reckoned(energy=prices("priceKwh", (1, {"minEnergy": 5}))).tariff.by_power


def test_energy_thresholds_cut_a_stretch() -> None:
    """The first 5 kWh at one price, the rest at another, in one stretch of constant power."""
    session = reckoned(energy=prices("priceKwh", (0.2, {"maxEnergy": 5000}), (0.4, {})))
    session.advance(NOON + timedelta(hours=1), Decimal(9000), VOLTS)
    assert half_up(session.owed["t"]["energy"]) == Decimal("2.60")
    assert session.energy_wh == 9000


@settings(deadline=None, max_examples=50)
@given(st.lists(st.tuples(st.integers(0, 7200), st.integers(0, 20_000), st.booleans()), max_size=8))
def test_what_was_used_adds_up(steps: list[tuple[int, int, bool]]) -> None:
    """Whatever the stretches, their seconds and Wh are those of the session, and so are those of its periods."""
    session = reckoned(
        energy=prices("priceKwh", (0.3, {"maxEnergy": 7000}), (0.2, {})),
        chargingTime=prices("priceMinute", (0.01, {"maxChargingTime": 1000}), (0.02, {"minTime": 2000})),
        idleTime=prices("priceMinute", (0, {"maxIdleTime": 600}), (0.1, {})),
    )
    at, wh = NOON, Decimal(0)
    for seconds, more, charging in steps:
        session.charging = charging
        at, wh = at + timedelta(seconds=seconds), wh + more
        session.advance(at, wh, VOLTS)
    assert abs(session.energy_wh - wh) < Decimal("0.001")
    assert abs(session.charging_s + session.idle_s - Decimal((at - NOON).total_seconds())) < Decimal("0.001")
    assert abs(sum((one.energy_wh for one in session.periods), Decimal(0)) - wh) < Decimal("0.001")


def test_taxes_in_stacks_and_part_by_part() -> None:
    """A tax of stack 1 stands on the price with the taxes of stack 0; part by part may differ by a cent."""
    taxes = ({"type": "a", "tax": 5}, {"type": "b", "tax": 9.975}, {"type": "c", "tax": 10, "stack": 1})
    session = reckoned(fixedFee=prices("priceFixed", (10, {}), taxes=taxes))
    assert add_up(session, half_up).total == Decimal("12.65")
    two = (
        prices("priceFixed", (0.10, {}), taxes=taxes[:1]),
        prices("priceKwh", (0.10, {}), taxes=taxes[:1]),
    )
    session = reckoned(fixedFee=two[0], energy=two[1])
    session.advance(NOON + timedelta(hours=1), Decimal(1000), VOLTS)
    assert add_up(session, half_up).total == Decimal("0.21")
    assert add_up(session, half_up, by_part=True).total == Decimal("0.22")


@pytest.mark.parametrize(
    ("price", "kind", "total"), [(1, "MinCost", "2.26"), (5, "NormalCost", "5.65"), (50, "MaxCost", "9.04")]
)
def test_minimum_and_maximum(price: int, kind: str, total: str) -> None:
    """Both are before tax; what kind of cost it is goes out with it."""
    tax = ({"type": "HST", "tax": 13},)
    limits: dict[str, Any] = {"minCost": {"exclTax": 2}, "maxCost": {"exclTax": 8}}
    sum_ = add_up(reckoned(fixedFee=prices("priceFixed", (price, {}), taxes=tax), **limits), half_up)
    assert (sum_.kind, str(sum_.total)) == (kind, total)


def test_a_change_holds_from_then_on() -> None:
    """What was owed by the old tariff stays; the fixed fee is not due twice."""
    session = reckoned(energy=prices("priceKwh", (0.4, {})), fixedFee=prices("priceFixed", (1, {})))
    session.advance(NOON + timedelta(minutes=10), Decimal(1000), VOLTS)
    session.use(
        json.dumps(
            {
                "tariffId": "u",
                "currency": "CAD",
                "energy": prices("priceKwh", (0.9, {})),
                "fixedFee": prices("priceFixed", (1, {})),
            }
        )
    )
    session.advance(NOON + timedelta(minutes=20), Decimal(2000), VOLTS)
    assert add_up(session, half_up).parts == {"energy": Decimal("1.30"), "fixedFee": Decimal("1.00")}
    assert [period.tariff_id for period in session.periods] == ["t", "u"]


@pytest.mark.parametrize(
    ("parts", "sentence"),
    [
        (
            {"energy": prices("priceKwh", (1, {"startTimeOfDay": "08:00"}))},
            "knows no condition startTimeOfDay.",
        ),
        ({"reservationTime": prices("priceMinute", (1, {}))}, "the tariff prices reservationTime."),
        ({"maxCost": {"inclTax": 5}}, "This charger takes maxCost before tax only."),
    ],
)
def test_what_cannot_be_reckoned(parts: Any, sentence: str) -> None:
    """A condition, a part or a limit that the charger does not know is refused as a whole."""
    with pytest.raises(Unsupported, match=sentence.replace(".", r"\.")):
        read(json.dumps({"tariffId": "t", "currency": "CAD", **parts}))


def test_digits_stay() -> None:
    """A tariff kept as text has the digits that came."""
    assert as_json({"b": Decimal("0.10"), "a": 0.35}) == '{"a":0.35,"b":0.10}'
