"""Bills to the cent."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wattest.csms.billing import bill, cents, price_text, rates_on
from wattest.errors import BenchError
from wattest.judge import money
from wattest.model.tariff import Bill, Tariff, TaxRate

START = datetime(2026, 1, 15, 12, tzinfo=UTC)
SINCE = date(2008, 1, 1)
QC = (
    TaxRate("QC", "GST", Decimal(5), SINCE, None, ""),
    TaxRate("QC", "QST", Decimal("9.975"), SINCE, None, ""),
)
RATES = (
    *QC,
    TaxRate("ON", "HST", Decimal(13), SINCE, None, ""),
    TaxRate("NS", "HST", Decimal(15), SINCE, date(2025, 3, 31), ""),
    TaxRate("NS", "HST", Decimal(14), date(2025, 4, 1), None, ""),
    TaxRate("AB", "GST", Decimal(5), SINCE, None, ""),
)


def priced(tariff: Tariff, *, wh: str = "0", hours: float = 0.0, idle_s: float = 0.0, **more: Any) -> Bill:
    return bill(
        tariff,
        RATES,
        energy_wh=Decimal(wh),
        started=START,
        ended=START + timedelta(hours=hours),
        idle=timedelta(seconds=idle_s),
        on=more.get("on", START.date()),
    )


@pytest.mark.parametrize(
    ("base", "province", "taxes", "total"),
    [
        ("4.37", "QC", ("0.22", "0.44"), "5.03"),
        ("12.50", "QC", ("0.63", "1.25"), "14.38"),
        ("123.45", "QC", ("6.17", "12.31"), "141.93"),
        ("0.10", "QC", ("0.01", "0.01"), "0.12"),
        ("4.37", "ON", ("0.57",), "4.94"),
        ("12.50", "NS", ("1.75",), "14.25"),
        ("123.45", "AB", ("6.17",), "129.62"),
    ],
)
def test_golden_vectors(base: str, province: str, taxes: tuple[str, ...], total: str) -> None:
    """Taxes of four provinces, each line half up on the price before tax (calculated by hand)."""
    found = priced(Tariff("t", flat=Decimal(base), province=province))
    assert tuple(str(line.amount) for line in found.taxes) == taxes
    assert str(found.total) == total


def test_tax_included() -> None:
    """With tax included the total is the price; the odd cent goes to the last tax."""
    found = priced(Tariff("t", flat=Decimal("20.00"), tax_included=True))
    assert found.total == Decimal("20.00")
    assert found.before_tax == Decimal("17.40")
    assert [line.amount for line in found.taxes] == [Decimal("0.87"), Decimal("1.73")]


def test_lines() -> None:
    """Energy, time, flat fee and idling are lines of their own."""
    tariff = Tariff(
        "t",
        energy=Decimal("0.35"),
        time=Decimal("1.50"),
        flat=Decimal(1),
        idle=Decimal(6),
        idle_grace_s=Decimal(600),
        idle_cap=Decimal(12),
    )
    found = priced(tariff, wh="12486", hours=2.5, idle_s=1200)
    assert (found.energy, found.time, found.flat, found.idle) == (
        Decimal("4.37"),
        Decimal("3.75"),
        Decimal("1.00"),
        Decimal("1.00"),
    )
    assert found.before_tax == Decimal("10.12")
    assert priced(tariff, idle_s=600).idle == 0
    assert priced(tariff, idle_s=100_000).idle == Decimal("12.00")


def test_half_up() -> None:
    """Halves go up, unlike Python's round."""
    assert cents(Decimal("0.125")) == Decimal("0.13")
    assert cents(Decimal("2.675")) == Decimal("2.68")


def test_rate_of_the_day() -> None:
    """Nova Scotia changed from 15 to 14 % on 2025-04-01."""
    tariff = Tariff("t", flat=Decimal(100), province="NS")
    assert priced(tariff, on=date(2025, 3, 31)).total == 115
    assert priced(tariff, on=date(2025, 4, 1)).total == 114


def test_no_rate() -> None:
    """A province without a rate that day is an error, never tax-free by accident."""
    with pytest.raises(BenchError) as error:
        rates_on(RATES, "SK", date(2026, 1, 15))
    assert str(error.value) == (
        "No tax of province 'SK' is in force on 2026-01-15: the tax table needs a row for it, even of 0 %."
    )


def test_price_texts() -> None:
    """The prices that a driver reads before the start."""
    assert price_text(Tariff("t", energy=Decimal("0.35"))) == "0.35 CAD/kWh + tax"
    assert price_text(Tariff("t", time=Decimal("1.50"), flat=Decimal(1), tax_included=True)) == (
        "1.50 CAD/h, 1 CAD per session, tax included"
    )
    assert price_text(Tariff("t", idle=Decimal(6))) == "6 CAD/h idle after 10 min + tax"
    assert price_text(Tariff("t")) == "free of charge (CAD) + tax"


@given(
    st.decimals("0", "1", places=3),
    st.decimals("0", "5", places=2),
    st.decimals("0", "10", places=2),
    st.integers(0, 200_000),
    st.integers(0, 40_000_000),
    st.integers(0, 20_000),
    st.booleans(),
    st.sampled_from(["QC", "ON", "NS", "AB"]),
)
@settings(max_examples=200, deadline=None)
def test_agrees_with_the_judge(
    energy: Decimal,
    time: Decimal,
    idle: Decimal,
    wh: int,
    milliseconds: int,
    idle_s: int,
    included: bool,
    province: str,
) -> None:
    """Two computations that share no code give the same bill."""
    tariff = Tariff(
        "t",
        energy=energy,
        time=time,
        flat=Decimal("1.005"),
        idle=idle,
        tax_included=included,
        province=province,
    )
    ended = START + timedelta(milliseconds=milliseconds)
    idle_s = min(idle_s, milliseconds // 1000)
    mine = bill(
        tariff,
        RATES,
        energy_wh=Decimal(wh),
        started=START,
        ended=ended,
        idle=timedelta(seconds=idle_s),
        on=START.date(),
    )
    theirs = money.bill(
        tariff,
        RATES,
        energy_wh=Decimal(wh),
        started=START,
        ended=ended,
        states=[(ended - timedelta(seconds=idle_s), "suspended ev")],
    )
    assert mine == theirs
