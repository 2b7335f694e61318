"""Tariffs by steps, minimum and maximum, and taxes that an operator must state: two computations, one result."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import accumulate
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wattest.csms.billing import bill, price_text
from wattest.errors import BenchError, Inconclusive
from wattest.judge import money
from wattest.model.library import library_folder
from wattest.model.read import read_tariff, read_taxes
from wattest.model.tariff import Bill, PriceStep, Tariff, TaxRate

START = datetime(2026, 1, 15, 12, tzinfo=UTC)
TAXES = read_taxes()
TARIFFS = library_folder("fixtures") / "tariffs"
STEPS = (
    PriceStep(Decimal(0), time=Decimal(12)),
    PriceStep(Decimal(20_000), energy=Decimal("0.47")),
    PriceStep(Decimal(50_000), energy=Decimal("0.41")),
)


def readings(*pieces: tuple[int, int]) -> list[tuple[datetime, Decimal]]:
    """Register readings from pieces of (seconds, Wh)."""
    ends = accumulate(pieces, lambda a, b: (a[0] + b[0], a[1] + b[1]), initial=(0, 1000))
    return [(START + timedelta(seconds=s), Decimal(wh)) for s, wh in ends]


def both(tariff: Tariff, register: list[tuple[datetime, Decimal]], **more: Any) -> tuple[Bill, Bill]:
    """The bill of the central system and that of the judge."""
    facts: dict[str, Any] = {
        "energy_wh": register[-1][1] - register[0][1],
        "started": START,
        "ended": register[-1][0],
        "register": register,
        **more,
    }
    return bill(tariff, TAXES, on=date(2026, 1, 15), **facts), money.bill(tariff, TAXES, **facts)


def test_power_steps_of_the_circuit_electrique() -> None:
    """Five minutes each at 60, 30 and 12 kW: 0.41 and 0.47 CAD/kWh, and the last by the hour; tax is in it."""
    tariff = read_tariff(TARIFFS / "qc_fast_100.yaml")
    for found in both(tariff, readings((300, 5000), (300, 2500), (300, 1000))):
        assert (found.energy, found.time) == (Decimal("3.23"), Decimal("1.00"))  # 2.05 + 1.175
        assert found.total == Decimal("4.23")
        assert found.before_tax + sum(line.amount for line in found.taxes) == found.total


@pytest.mark.parametrize(
    ("wh", "energy"),
    [(1666, "0.00"), (1667, "0.78"), (4166, "1.96"), (4167, "1.71")],
)
def test_a_threshold_belongs_to_its_step(wh: int, energy: str) -> None:
    """1667 Wh in 300 s are just above 20 kW, 4167 Wh just above 50 kW; a watt-hour less is the step below."""
    tariff = Tariff("t", steps=STEPS, tax_included=True)
    assert [str(found.energy) for found in both(tariff, readings((300, wh)))] == [energy] * 2


def test_steps_by_state_of_charge() -> None:
    """Time at 90 % and more costs double; the stretch belongs to what was told nearest to its begin."""
    tariff = read_tariff(TARIFFS / "qc_fast_soc.yaml")
    soc = [(START + timedelta(seconds=s), Decimal(p)) for s, p in ((300, 88), (600, 90), (900, 92))]
    register = readings((300, 900), (300, 900), (300, 600))
    assert [str(found.time) for found in both(tariff, register, soc=soc)] == ["4.00"] * 2


UNDECIDED = [
    ({"register": []}, r"register at (the )?start"),
    ({"register": readings((299, 5000), (301, 5000))}, r"not told for 301"),
    ({"energy_wh": Decimal(9999)}, r"add up to"),
    ({"register": readings((200, 5000), (200, -1000), (200, 6000))}, r"register goes back"),
]


@pytest.mark.parametrize(("change", "sentence"), UNDECIDED)
def test_an_unknown_step_is_no_bill(change: dict[str, Any], sentence: str) -> None:
    """No reading at start or end, a gap, a register that does not add up or goes back: doubt, never a guess."""
    facts: dict[str, Any] = {
        "energy_wh": Decimal(10_000),
        "started": START,
        "ended": START + timedelta(seconds=600),
        "register": readings((300, 5000), (300, 5000)),
        **change,
    }
    tariff = Tariff("t", steps=STEPS)
    with pytest.raises(Inconclusive, match=sentence):
        bill(tariff, TAXES, on=date(2026, 1, 15), **facts)
    with pytest.raises(Inconclusive, match=sentence):
        money.bill(tariff, TAXES, **facts)


@pytest.mark.parametrize("told", [[], [(START + timedelta(seconds=700), Decimal(50))]])
def test_an_unknown_state_of_charge_is_no_bill(told: list[tuple[datetime, Decimal]]) -> None:
    """A state of charge that was never told, or long after, prices nothing."""
    tariff = read_tariff(TARIFFS / "qc_fast_soc.yaml")
    register = readings((300, 900))
    with pytest.raises(Inconclusive, match="none was told within 300 s"):
        bill(tariff, TAXES, energy_wh=Decimal(900), started=START, ended=register[-1][0], on=date(2026, 1, 15), register=register, soc=told)  # fmt: skip
    with pytest.raises(Inconclusive, match="No state of charge was told within 300 s"):
        money.bill(tariff, TAXES, energy_wh=Decimal(900), started=START, ended=register[-1][0], register=register, soc=told)  # fmt: skip


@pytest.mark.parametrize(
    ("wh", "adjustment", "before"),
    [(0, "0", "0.00"), (1000, "0.70", "1.00"), (10_000, "0.00", "3.00"), (40_000, "-7.00", "5.00")],
)
def test_minimum_and_maximum(wh: int, adjustment: str, before: str) -> None:
    """Nothing stays nothing; a little costs the minimum, much the maximum, and the difference is a line of its own."""
    tariff = read_tariff(TARIFFS / "capped.yaml")
    for found in both(tariff, readings((600, wh))):
        assert (found.adjustment, found.before_tax) == (Decimal(adjustment), Decimal(before))


@given(
    st.lists(st.tuples(st.integers(2, 300), st.integers(0, 9000)), min_size=1, max_size=8),
    st.lists(st.integers(0, 100), min_size=8, max_size=8),
    st.sampled_from(["power", "soc"]),
    st.booleans(),
    st.none() | st.decimals("0", "3", places=2),
    st.none() | st.decimals("3", "9", places=2),
)
@settings(max_examples=200, deadline=None)
def test_two_computations_agree(
    pieces: list[tuple[int, int]],
    levels: list[int],
    by: Any,
    included: bool,
    minimum: Decimal | None,
    maximum: Decimal | None,
) -> None:
    """Any session, any steps, any bounds: the judge finds what the central system billed."""
    register = readings(*pieces)
    steps = STEPS if by == "power" else tuple(PriceStep(p, e, e * 7) for p, e in ((Decimal(0), Decimal("0.3")), (Decimal(50), Decimal("0.4"))))  # fmt: skip
    tariff = Tariff(
        "t",
        flat=Decimal("0.105"),
        steps=steps,
        steps_by=by,
        tax_included=included,
        minimum=minimum,
        maximum=maximum,
    )
    soc = [(at, Decimal(level)) for (at, _), level in zip(register, levels, strict=False)]
    one, two = both(tariff, register, soc=soc)
    assert one == two
    assert one.energy + one.time + one.flat + one.idle + one.adjustment == (
        one.total if included else one.before_tax
    )


@pytest.mark.parametrize(
    ("seconds", "due"),
    [(0, "0.00"), (12, "0.01"), (59, "0.02"), (60, "0.03"), (10_800, "4.50")],
)
@pytest.mark.parametrize(
    "start",
    [START, datetime(2026, 3, 8, 6, 59, 50, tzinfo=UTC), datetime(2026, 11, 1, 5, 59, 50, tzinfo=UTC)],
)
def test_time_by_the_second(seconds: int, due: str, start: datetime) -> None:
    """1.50 CAD/h for nothing, 12 s, 59 s, 60 s and 3 h, also over both changes of clocks in Montreal."""
    tariff = Tariff("t", time=Decimal("1.50"))
    ended = start + timedelta(seconds=seconds)
    facts: dict[str, Any] = {"energy_wh": Decimal(0), "started": start, "ended": ended}
    assert str(bill(tariff, TAXES, on=date(2026, 3, 8), **facts).time) == due
    assert str(money.bill(tariff, TAXES, **facts).time) == due


def test_prices_in_words() -> None:
    """Steps, minimum and maximum stand in the text that the driver reads before the start."""
    assert price_text(read_tariff(TARIFFS / "qc_fast_50.yaml")) == (
        "6.00 CAD/h from 0 kW, 0.36 CAD/kWh from 10 kW, tax included"
    )
    assert price_text(read_tariff(TARIFFS / "qc_fast_soc.yaml")) == (
        "12.00 CAD/h from 0 %, 24.00 CAD/h from 90 %, tax included"
    )
    assert price_text(read_tariff(TARIFFS / "capped.yaml")) == (
        "0.30 CAD/kWh, 6.00 CAD/h idle after 10 min, at least 1.00 CAD, at most 5.00 CAD + tax"
    )


def test_a_provincial_tax_must_be_stated() -> None:
    """In Saskatchewan there is no bill until the operator says whether PST applies; both answers are kept."""
    flat: dict[str, Any] = {"flat": Decimal("4.37"), "province": "SK"}
    facts: dict[str, Any] = {"energy_wh": Decimal(0), "started": START, "ended": START}
    with pytest.raises(BenchError) as told:
        bill(Tariff("t", **flat), TAXES, on=date(2026, 1, 15), **facts)
    assert str(told.value) == (
        "Whether PST of 6 % applies to charging in SK is not settled; the tariff must state 'provincial_tax: applies' or "
        "'exempt', with its 'provincial_tax_source'."
    )
    with pytest.raises(BenchError) as told:
        money.bill(Tariff("t", **flat), TAXES, **facts)
    assert str(told.value) == (
        "The tariff does not state whether PST (6 %) applies to charging in SK; only its operator can, with "
        "'provincial_tax' and 'provincial_tax_source'."
    )
    for stated, total in (("applies", "4.85"), ("exempt", "4.59")):
        tariff = Tariff("t", provincial_tax=stated, **flat)  # type: ignore[arg-type]  # both words are allowed
        assert str(bill(tariff, TAXES, on=date(2026, 1, 15), **facts).total) == total
        assert str(money.bill(tariff, TAXES, **facts).total) == total


def test_a_rate_that_changes_during_the_session() -> None:
    """Which rate is due of a session over the midnight of a change is not for a machine to say."""
    midnight = datetime(2025, 4, 1, 3, tzinfo=UTC)  # in Halifax
    tariff = Tariff("t", flat=Decimal(100), province="NS")
    facts: dict[str, Any] = {"energy_wh": Decimal(0)}
    hour = timedelta(hours=1)
    assert (
        money.bill(tariff, TAXES, started=midnight - hour, ended=midnight - hour / 60, **facts).total == 115
    )
    assert money.bill(tariff, TAXES, started=midnight, ended=midnight + hour, **facts).total == 114
    with pytest.raises(Inconclusive, match="The taxes of NS changed between 2025-03-31 and 2025-04-01"):
        money.bill(tariff, TAXES, started=midnight - hour, ended=midnight + hour, **facts)


def _days() -> list[tuple[str, date]]:
    """Of every province the first and last day of each row of its taxes, and the days beside them that have taxes."""
    found = set()
    for rate in TAXES:
        for day in (rate.valid_from, rate.valid_to):
            if day is not None:
                found |= {(rate.province, day + timedelta(days=off)) for off in (-1, 0, 1)}
    return sorted(found)


DUE = {
    "AB": [("2008-01-01", "4.59")],
    "BC": [("2010-07-01", "4.89"), ("2013-04-01", "4.90")],
    "MB": [("2008-01-01", "4.59"), ("2013-07-01", "4.94"), ("2019-07-01", "4.90")],
    "NB": [("2008-01-01", "4.94"), ("2016-07-01", "5.03")],
    "NL": [("2008-01-01", "4.94"), ("2016-07-01", "5.03")],
    "NS": [("2008-01-01", "4.94"), ("2010-07-01", "5.03"), ("2025-04-01", "4.98")],
    "NT": [("2008-01-01", "4.59")],
    "NU": [("2008-01-01", "4.59")],
    "ON": [("2010-07-01", "4.94")],
    "PE": [("2013-04-01", "4.98"), ("2016-10-01", "5.03")],
    "QC": [("2008-01-01", "4.59"), ("2013-01-01", "5.03")],
    "SK": [("2008-01-01", "4.81"), ("2017-03-23", "4.85")],
    "YT": [("2008-01-01", "4.59")],
}
"""What 4.37 costs with all taxes from a day on, worked out by hand; PST and RST are taken to apply."""


@pytest.mark.parametrize(("province", "day"), _days(), ids=str)
def test_every_jurisdiction_before_and_after_each_change(province: str, day: date) -> None:
    """All 13 jurisdictions on both sides of every change of rate, by both computations; before the table, no bill."""
    due = [total for since, total in DUE[province] if since <= day.isoformat()]
    tariff = Tariff(
        "t", flat=Decimal("4.37"), province=province, provincial_tax="applies", provincial_tax_source="test"
    )
    noon = datetime(day.year, day.month, day.day, 17, tzinfo=UTC)
    facts: dict[str, Any] = {"energy_wh": Decimal(0), "started": noon, "ended": noon}
    if not due:
        with pytest.raises(BenchError, match="in force on"):
            bill(tariff, TAXES, on=day, **facts)
        with pytest.raises(BenchError, match="in force on"):
            money.bill(tariff, TAXES, **facts)
        return
    assert str(bill(tariff, TAXES, on=day, **facts).total) == due[-1]
    assert str(money.bill(tariff, TAXES, **facts).total) == due[-1]


RATES_NOW = {
    province: money.rates_on(TAXES, province, date(2026, 11, 1), "applies") for province in sorted(DUE)
}


@pytest.mark.parametrize("province", ["AB", "BC", "NB", "NS", "ON", "QC", "SK"])
@pytest.mark.parametrize("included", [False, True])
def test_all_cents_to_two_hundred(province: str, included: bool) -> None:
    """For every amount from 0.01 to 200.00: parts add up, the total never falls, each tax is within half a cent.

    The other provinces have the rates of one of these.
    """
    last = Decimal(0)
    for cent in range(1, 20_001):
        amount = Decimal(cent) / 100
        before, lines, total = money.taxed(amount, RATES_NOW[province], included=included)
        assert before + sum((line.amount for line in lines), Decimal(0)) == total >= last
        assert not included or total == amount
        if not included:
            assert all(abs(line.amount - before * line.percent / 100) <= Decimal("0.005") for line in lines)
        last = total


@given(st.integers(1, 20_000), st.sampled_from(sorted(DUE)), st.booleans())
@settings(max_examples=400, deadline=None)
def test_both_computations_agree_on_any_cent(cent: int, province: str, included: bool) -> None:
    """The central system taxes every amount as the judge does, and every amount of a bill is a Decimal in cents."""
    tariff = Tariff(
        "t",
        flat=Decimal(cent) / 100,
        province=province,
        tax_included=included,
        provincial_tax="applies",
        provincial_tax_source="test",
    )
    one, two = both(tariff, readings((60, 0)))
    assert one == two
    amounts = [one.before_tax, one.total, *(line.amount for line in one.taxes)]
    assert all(isinstance(amount, Decimal) and amount == round(amount, 2) for amount in amounts)


def test_a_table_without_today() -> None:
    """A tax that ended leaves a province without any, and that is an error."""
    old = TaxRate("AB", "GST", Decimal(5), date(2008, 1, 1), date(2020, 1, 1), "test")
    with pytest.raises(BenchError, match="No tax of province 'AB' is in force on 2026-01-15"):
        bill(
            Tariff("t", province="AB"),
            [old],
            energy_wh=Decimal(0),
            started=START,
            ended=START,
            on=START.date(),
        )
