"""Bills: golden vectors of all provinces, rounding, idle time."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wattest.csms.billing import bill as billed
from wattest.errors import BenchError
from wattest.judge.money import bill, half_up, idle_time, rates_on, taxed
from wattest.model.tariff import Tariff, TaxRate
from wattest.ocpp.neutral import ChargingState

NOON = datetime(2026, 1, 15, 12, tzinfo=UTC)
TODAY = date(2026, 11, 1)


def _rate(
    province: str, name: str, percent: str, since: str = "2008-01-01", until: str | None = None
) -> TaxRate:
    return TaxRate(
        province,
        name,
        Decimal(percent),
        date.fromisoformat(since),
        date.fromisoformat(until) if until else None,
        "CRA",
    )


RATES = (
    _rate("QC", "GST", "5"),
    _rate("QC", "QST", "9.975", "2013-01-01"),
    _rate("ON", "HST", "13"),
    _rate("NS", "HST", "15", until="2025-03-31"),
    _rate("NS", "HST", "14", "2025-04-01"),
    _rate("NB", "HST", "15"),
    _rate("AB", "GST", "5"),
    _rate("SK", "GST", "5"),
    _rate("SK", "PST", "6"),
    _rate("BC", "GST", "5"),
    _rate("BC", "PST", "7"),
)
QC = rates_on(RATES, "QC", TODAY)


@pytest.mark.parametrize(
    ("base", "totals"),
    [
        (
            "4.37",
            {
                "QC": "5.03",
                "ON": "4.94",
                "NS": "4.98",
                "NB": "5.03",
                "AB": "4.59",
                "SK": "4.85",
                "BC": "4.90",
            },
        ),
        (
            "12.50",
            {
                "QC": "14.38",
                "ON": "14.13",
                "NS": "14.25",
                "NB": "14.38",
                "AB": "13.13",
                "SK": "13.88",
                "BC": "14.01",
            },
        ),
        (
            "123.45",
            {
                "QC": "141.93",
                "ON": "139.50",
                "NS": "140.73",
                "NB": "141.97",
                "AB": "129.62",
                "SK": "137.03",
                "BC": "138.26",
            },
        ),
        (
            "0.10",
            {
                "QC": "0.12",
                "ON": "0.11",
                "NS": "0.11",
                "NB": "0.12",
                "AB": "0.11",
                "SK": "0.12",
                "BC": "0.12",
            },
        ),
    ],
)
def test_golden_totals(base: str, totals: dict[str, str]) -> None:
    """Each tax on the same base, rounded half up by itself."""
    found = {province: str(taxed(Decimal(base), rates_on(RATES, province, TODAY))[2]) for province in totals}
    assert found == totals


@pytest.mark.parametrize(
    ("base", "gst", "qst"),
    [
        ("4.37", "0.22", "0.44"),
        ("12.50", "0.63", "1.25"),
        ("123.45", "6.17", "12.31"),
        ("0.10", "0.01", "0.01"),
    ],
)
def test_golden_lines_of_quebec(base: str, gst: str, qst: str) -> None:
    """QST does not compound on GST."""
    _, lines, _ = taxed(Decimal(base), QC)
    assert [str(line.amount) for line in lines] == [gst, qst]


def test_tax_included_leaves_its_residual_cent_to_the_last_tax() -> None:
    """20.00 is 17.40 and 0.87 and 1.74, which is a cent too much."""
    base, lines, total = taxed(Decimal("20.00"), QC, included=True)
    assert (str(base), [str(line.amount) for line in lines], str(total)) == (
        "17.40",
        ["0.87", "1.73"],
        "20.00",
    )
    assert taxed(Decimal("1.00"), (), included=True) == (Decimal("1.00"), (), Decimal("1.00"))


def test_rates_have_dates() -> None:
    """Nova Scotia went from 15 to 14 % on 2025-04-01."""
    assert [rate.percent for rate in rates_on(RATES, "NS", date(2025, 3, 31))] == [15]
    assert [rate.percent for rate in rates_on(RATES, "NS", date(2025, 4, 1))] == [14]
    with pytest.raises(BenchError) as problem:
        rates_on(RATES, "QC", date(2000, 1, 1))
    assert str(problem.value) == "No tax rate of QC is in force on 2000-01-01; add it under fixtures/taxes."


def test_every_price_in_quebec_up_to_200() -> None:
    """All 20 000 cents: lines half up, none compounded, totals add up; and where other roundings would differ."""
    combined = even = residual = 0
    for cents in range(1, 20_001):
        base = Decimal(cents).scaleb(-2)
        before, (gst, qst), total = taxed(base, QC)
        assert before == base
        assert gst.amount * 100 == (5 * cents + 50) // 100
        assert qst.amount * 100 == (9975 * cents + 50_000) // 100_000
        assert total == base + gst.amount + qst.amount
        combined += total != base + half_up(Fraction(base) * Fraction("0.14975"))
        even += gst.amount != (base * 5 / 100).quantize(Decimal("0.01"), ROUND_HALF_EVEN)
        price, lines, whole = taxed(base, QC, included=True)
        assert whole == base == price + sum(line.amount for line in lines)
        assert abs(lines[1].amount - half_up(Fraction(price) * Fraction("0.09975"))) <= Decimal("0.01")
        residual += taxed(price, QC)[2] != base
    assert (combined, even, residual) == (5000, 500, 5750)


@settings(deadline=None)
@given(st.integers(-10_000, 10_000_000), st.integers(1, 10_000))
def test_half_up_is_nearest_and_symmetric(numerator: int, denominator: int) -> None:
    """Within half a cent, and the same for what is paid back."""
    exact = Fraction(numerator, denominator)
    found = half_up(exact)
    assert abs(Fraction(found) - exact) <= Fraction(1, 200)
    assert half_up(-exact) == -found


def _states(*told: tuple[int, ChargingState]) -> list[tuple[datetime, ChargingState]]:
    return [(NOON + timedelta(seconds=at), state) for at, state in told]


def test_idle_is_the_vehicle_asking_for_nothing() -> None:
    """Never while the EVSE withholds power (OCPI 2.3.0), nor after the end."""
    states = _states((600, "suspended ev"), (0, "charging"), (900, "suspended evse"), (1200, "suspended ev"))
    assert idle_time(states, NOON + timedelta(seconds=1500)) == timedelta(seconds=600)
    assert idle_time(states, NOON + timedelta(seconds=700)) == timedelta(seconds=100)
    assert idle_time([], NOON) == timedelta()


MIXED = Tariff(
    "mixed",
    energy=Decimal("0.35"),
    time=Decimal("3.00"),
    flat=Decimal("1.00"),
    idle=Decimal("12.00"),
    idle_grace_s=Decimal(600),
    idle_cap=Decimal("5.00"),
)


def test_a_bill_of_everything() -> None:
    """Energy, time by the second, flat fee, and idle after its grace."""
    found = bill(
        MIXED,
        RATES,
        energy_wh=Decimal(12486),
        started=NOON,
        ended=NOON + timedelta(seconds=5401),
        states=_states((0, "charging"), (3600, "suspended ev")),
    )
    assert [str(part) for part in (found.energy, found.time, found.flat, found.idle, found.before_tax)] == [
        "4.37",
        "4.50",
        "1.00",
        "4.00",
        "13.87",
    ]
    assert (str(found.total), found.currency) == ("15.94", "CAD")


def test_idle_is_capped_and_begins_after_its_grace() -> None:
    """A night in front of the charger costs the cap."""
    long = NOON + timedelta(hours=9)
    capped = bill(
        MIXED, RATES, energy_wh=Decimal(0), started=NOON, ended=long, states=_states((0, "suspended ev"))
    )
    assert str(capped.idle) == "5.00"
    open_ended = Tariff("x", idle=Decimal(12))
    short = NOON + timedelta(seconds=600)
    assert str(bill(open_ended, RATES, energy_wh=Decimal(0), started=NOON, ended=short).idle) == "0.00"
    assert (
        str(
            bill(
                open_ended,
                RATES,
                energy_wh=Decimal(0),
                started=NOON,
                ended=long,
                states=_states((0, "suspended ev")),
            ).idle
        )
        == "106.00"
    )


def test_a_bill_needs_what_it_charges_for() -> None:
    """A price cannot be guessed."""
    with pytest.raises(BenchError, match="A bill needs the start and the end of the session"):
        bill(MIXED, RATES, energy_wh=Decimal(1), started=None, ended=NOON)
    with pytest.raises(BenchError, match="A bill needs the energy of the session"):
        bill(MIXED, RATES, energy_wh=None, started=NOON, ended=NOON)


@settings(deadline=None)
@given(
    energy=st.integers(0, 100_000),
    seconds=st.integers(0, 200_000),
    idle=st.integers(0, 100_000),
    included=st.booleans(),
    rates=st.tuples(*(st.integers(0, 2000) for _ in range(4))),
)
def test_two_independent_computations_agree(
    energy: int, seconds: int, idle: int, included: bool, rates: tuple[int, ...]
) -> None:
    """The central system's bill and the judge's are equal to the cent, for any tariff."""
    prices = [Decimal(rate).scaleb(-2) for rate in rates]
    tariff = Tariff(
        "t",
        energy=prices[0],
        time=prices[1],
        flat=prices[2],
        idle=prices[3],
        idle_cap=Decimal("9.99"),
        tax_included=included,
    )
    ended = NOON + timedelta(seconds=seconds)
    idling = min(idle, seconds)
    states = _states((0, "charging"), (seconds - idling, "suspended ev"))
    first = bill(tariff, RATES, energy_wh=Decimal(energy), started=NOON, ended=ended, states=states)
    second = billed(
        tariff,
        RATES,
        energy_wh=Decimal(energy),
        started=NOON,
        ended=ended,
        idle=timedelta(seconds=idling),
        on=NOON.date(),
    )
    assert first == second
