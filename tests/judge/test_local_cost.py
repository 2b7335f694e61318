"""What a session may cost by a TariffType: computed apart from the charger, with what 2.1 leaves open."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wattest.csms.tariff_type import lacking, tariff_type
from wattest.errors import Inconclusive
from wattest.judge import money
from wattest.judge.local_cost import owed, usage
from wattest.model.tariff import Tariff, TaxRate
from wattest.ocpp.ledger import Transaction

NOON = datetime(2026, 1, 15, 17, tzinfo=UTC)
RATES = (
    TaxRate("QC", "GST", Decimal(5), NOON.date(), None, ""),
    TaxRate("QC", "QST", Decimal("9.975"), NOON.date(), None, ""),
)


def after(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def transaction(wh: int = 2345, end: int = 1200, **facts: Any) -> Transaction:
    """Charging from the third second to the 1000th, then suspended by the vehicle."""
    found: dict[str, Any] = {
        "started_at": NOON,
        "ended_at": after(end),
        "meter_start_wh": Decimal(100),
        "meter_stop_wh": Decimal(100 + wh),
        "register": ((NOON, Decimal(100), 1), (after(end), Decimal(100 + wh), 2)),
        "states": ((NOON, "ev connected"), (after(3), "charging"), (after(1000), "suspended ev")),
        **facts,
    }
    return Transaction("T1", "CP1", **found)


def by(tariff: Tariff) -> Any:
    return tariff_type(tariff, RATES, tariff.id)


def test_the_order_of_rounding_is_open() -> None:
    """Line by line, or once at the end: both are right, and nothing a cent beyond."""
    tariff = Tariff("t", energy=Decimal("0.39"), flat=Decimal("1.29"))
    found = owed([(NOON, by(tariff))], transaction())
    assert found.lines == {"fixedFee": Decimal("1.29"), "energy": Decimal("0.91")}
    assert (found.low, found.high) == (Decimal("2.53"), Decimal("2.53"))
    assert found.parts["energy"] == (Decimal("0.91"), Decimal("0.91"))
    sliver = Tariff("t", energy=Decimal("0.045"), flat=Decimal("0.005"))
    wide = owed([(NOON, by(sliver))], transaction(wh=1000))
    assert (wide.low, wide.high) == (Decimal("0.05"), Decimal("0.07"))


def test_what_is_idle_is_open() -> None:
    """Time before the first energy may count as idle; the vehicle's own pause always does."""
    used = usage(transaction())
    assert [float(edge) for edge in used.idle_s] == [200.0, 203.0]
    tariff = Tariff("t", idle=Decimal(6), idle_grace_s=Decimal(60))
    found = owed([(NOON, by(tariff))], transaction())
    assert found.parts["idleTime"] == (Decimal("0.23"), Decimal("0.24"))
    capped = Tariff("t", idle=Decimal(6), idle_grace_s=Decimal(60), idle_cap=Decimal("0.10"))
    assert owed([(NOON, by(capped))], transaction()).parts["idleTime"] == (Decimal("0.10"), Decimal("0.10"))


def test_a_change_holds_from_then_on() -> None:
    """The register at the change decides; where it is not known, every split of it is right."""
    old, new = (Tariff(name, energy=Decimal(price)) for name, price in (("a", "0.40"), ("b", "0.90")))
    tariffs = [(NOON, by(old)), (after(600), by(new))]
    known = ((NOON, Decimal(100), 1), (after(600), Decimal(1100), 3), (after(1200), Decimal(2100), 2))
    found = owed(tariffs, transaction(wh=2000, register=known))
    assert (found.low_before_tax, found.high_before_tax) == (Decimal("1.30"), Decimal("1.30"))
    unknown = owed(tariffs, transaction(wh=2000))
    assert (unknown.low_before_tax, unknown.high_before_tax) == (Decimal("0.80"), Decimal("1.80"))


@pytest.mark.parametrize(
    ("tariff", "before", "total"),
    [
        (Tariff("t", energy=Decimal(1), minimum=Decimal(5)), "5.00", "5.75"),
        (Tariff("t", energy=Decimal(9), maximum=Decimal(5)), "5.00", "5.75"),
        (Tariff("t", minimum=Decimal(5)), "0.00", "0.00"),
    ],
)
def test_minimum_and_maximum(tariff: Tariff, before: str, total: str) -> None:
    """Both are before tax, and nothing stays nothing."""
    found = owed([(NOON, by(tariff))], transaction())
    assert (str(found.high_before_tax), str(found.high)) == (before, total)


@settings(deadline=None, max_examples=50)
@given(
    energy=st.integers(0, 200),
    flat=st.integers(0, 500),
    time=st.integers(0, 20),
    idle=st.integers(0, 20),
    wh=st.integers(0, 90_000),
)
def test_the_bill_by_our_own_tariff_is_near(energy: int, flat: int, time: int, idle: int, wh: int) -> None:
    """The bill by the scenario's tariff differs by no more than the rounding of its three lines and two taxes: 2.1 has other lines."""
    tariff = Tariff(
        "t",
        energy=Decimal(energy) / 100,
        flat=Decimal(flat) / 100,
        time=Decimal(time) * 3 / 10,
        idle=Decimal(idle) * 3 / 10,
        idle_grace_s=Decimal(60),
    )
    assert lacking(tariff, RATES) == ()
    session = transaction(wh=wh)
    bill = money.bill(
        tariff,
        RATES,
        energy_wh=session.energy_wh,
        started=session.started_at,
        ended=session.ended_at,
        states=session.states,
    )
    found = owed([(NOON, by(tariff))], session)
    lines, taxes = Decimal("0.02"), Decimal("0.02")
    assert found.low_before_tax - lines <= bill.before_tax <= found.high_before_tax + lines
    assert found.low - lines - taxes <= bill.total <= found.high + lines + taxes


@pytest.mark.parametrize(
    ("tariff", "facts", "sentence"),
    [
        (
            {"energy": {"prices": [{"priceKwh": 1, "conditions": {"minPower": 9000}}]}},
            {},
            "The price priceKwh hangs on minPower, which readings do not tell to the cent.",
        ),
        (
            {"idleTime": {"prices": [{"priceMinute": 1, "conditions": {"minTime": 60}}]}},
            {},
            "A price of a minute hangs on minTime, which readings do not tell to the cent.",
        ),
        ({}, {"ended_at": None}, "Transaction T1 has no energy, start or end: it cannot be priced."),
        ({}, {"states": ()}, "Transaction T1 has told no charging state: idle time is unknown."),
    ],
)
def test_what_cannot_be_told(tariff: Any, facts: Any, sentence: str) -> None:
    """Doubt is said, and never a verdict."""
    with pytest.raises(Inconclusive) as caught:
        owed([(NOON, {"tariffId": "t", "currency": "CAD", **tariff})], transaction(**facts))
    assert str(caught.value) == sentence


def test_a_change_without_a_register() -> None:
    """A change cannot be placed in a session whose register was never told."""
    plain = {"tariffId": "t", "currency": "CAD"}
    with pytest.raises(Inconclusive, match="a change of tariff cannot be placed"):
        owed([(NOON, plain), (after(5), plain)], transaction(register=()))
