from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from wattest.document.reader import read_text
from wattest.errors import DocumentError
from wattest.model.library import library_folder
from wattest.model.read_tariff import (
    cards_of,
    read_cards,
    read_tariff,
    read_taxes,
    tariff_of,
    taxes_of,
)
from wattest.model.scenario import Card
from wattest.model.tariff import PriceStep, Tariff, TaxRate

FIXTURES = library_folder("fixtures")


def percent(province: str, on: date) -> Decimal:
    lines = [
        rate.percent
        for rate in read_taxes()
        if rate.settled
        and rate.province == province
        and rate.valid_from <= on
        and (rate.valid_to is None or on <= rate.valid_to)
    ]
    return sum(lines, Decimal(0))


def test_reads_a_tariff() -> None:
    """Prices stay exact; what is not said costs nothing."""
    assert read_tariff(FIXTURES / "tariffs" / "energy_with_idle.yaml") == Tariff(
        "energy_with_idle", energy=Decimal("0.35"), idle=Decimal("6.00"), idle_cap=Decimal("12.00")
    )


def test_reads_steps() -> None:
    """Powers become W and stay exact, as do states of charge and prices."""
    found = read_tariff(FIXTURES / "tariffs" / "qc_fast_100.yaml")
    assert (found.steps_by, found.steps[1]) == ("power", PriceStep(Decimal(20_000), Decimal("0.47")))
    found = read_tariff(FIXTURES / "tariffs" / "qc_fast_soc.yaml")
    assert (found.steps_by, found.steps[1]) == ("soc", PriceStep(Decimal(90), time=Decimal("24.00")))
    assert all(not isinstance(step.above, float) for step in found.steps)


@pytest.mark.parametrize("path", sorted((FIXTURES / "tariffs").glob("*.yaml")), ids=lambda path: path.stem)
def test_tariffs_of_the_library_are_called_like_their_files(path: object) -> None:
    """A scenario finds a tariff by the name of its file."""
    assert read_tariff(str(path)).currency == "CAD"


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("energy: 0.35 CAD/kWh\n", ["a tariff needs the key 'tariff': its name, the same as the file's"]),
        ("tariff: b\n", ["the tariff is called 'b' and its file 'a.yaml'; name both alike"]),
        ("tariff: a\nidle_cap: -1 CAD\n", ["'idle_cap' is -1 CAD; a price is never below 0 CAD"]),
        (
            "tariff: a\nenergy: -1 CAD/kWh\n",
            ["'-1 CAD/kWh' is too low: a price of energy is never below 0 CAD/kWh"],
        ),
        ("tariff: a\ncurrency: USD\n", ["'USD' is not allowed here; known: 'CAD'"]),
        ("tariff: a\nprovince: XX\n", ["'XX' is not allowed here"]),
        (
            "tariff: a\nminimum: 3 CAD\nmaximum: 2 CAD\n",
            ["'minimum' is 3 CAD and 'maximum' 2 CAD; swap them"],
        ),
        (
            "tariff: a\npower_steps: [{above: 1 kW}]\n",
            ["the first of 'power_steps' begins at 1000 W; begin at 0 W"],
        ),
        (
            "tariff: a\nsoc_steps: [{above: 0 %}, {above: 90 %}, {above: 80 %}]\n",
            ["in 'soc_steps' 80 % follows 90 %; put them in rising order"],
        ),
        (
            "tariff: a\npower_steps: [{above: 0 kW}]\nsoc_steps: [{above: 0 %}]\n",
            ["a tariff has 'power_steps' or 'soc_steps', not both"],
        ),
        (
            "tariff: a\nprovincial_tax: applies\n",
            ["'provincial_tax' and 'provincial_tax_source' stand together: who says so, and what"],
        ),
        (
            "[]\n",
            [
                "a list stands here; a tariff is a mapping with the keys tariff, currency, energy, time, flat, idle, idle_grace, idle_cap, tax_included, province, power_steps, soc_steps, longest_gap, minimum, maximum, provincial_tax, provincial_tax_source"
            ],
        ),
    ],
)
def test_says_what_is_wrong_with_a_tariff(text: str, sentences: list[str]) -> None:
    """A tariff that nobody could find or pay is refused."""
    with pytest.raises(DocumentError) as refusal:
        tariff_of(read_text(text, "a.yaml"))
    assert [problem.sentence for problem in refusal.value.problems] == sentences


@pytest.mark.parametrize(
    ("province", "total"),
    [
        ("AB", "5"), ("BC", "5"), ("MB", "5"), ("NB", "15"), ("NL", "15"), ("NS", "14"), ("NT", "5"), ("NU", "5"),
        ("ON", "13"), ("PE", "15"), ("QC", "14.975"), ("SK", "5"), ("YT", "5"),
    ],
)  # fmt: skip
def test_taxes_of_thirteen_jurisdictions(province: str, total: str) -> None:
    """The settled taxes of each province and territory in November 2026."""
    assert percent(province, date(2026, 11, 1)) == Decimal(total)


def test_nova_scotia_changed_on_the_first_of_april() -> None:
    """Rates carry their dates: 15 % until 2025-03-31, 14 % from the next day."""
    assert percent("NS", date(2025, 3, 31)) == 15
    assert percent("NS", date(2025, 4, 1)) == 14


def test_provincial_sales_taxes_wait_for_the_operator() -> None:
    """PST and RST are not in the bill, and the row that is says so."""
    assert {(rate.province, rate.name) for rate in read_taxes() if not rate.settled} == {
        ("BC", "PST"),
        ("MB", "RST"),
        ("SK", "PST"),
    }
    told = {rate.province: rate.source for rate in read_taxes() if rate.settled}
    assert all("operator" in told[province] for province in ("BC", "MB", "SK"))


def test_every_tax_names_its_source() -> None:
    """No rate without somebody who says so."""
    assert all(rate.source for rate in read_taxes())


ROW = "{province: QC, name: GST, percent: 5 %, valid_from: 2008-01-01, source: s}"


@pytest.mark.parametrize(
    ("rows", "sentences"),
    [
        ([ROW, ROW], ["GST of QC from 2008-01-01 overlaps the rate in line 2; close that with 'valid_to'"]),
        (
            [ROW.replace("source", "valid_to: 2007-01-01, source")],
            ["valid_to 2007-01-01 lies before valid_from 2008-01-01"],
        ),
        ([ROW.replace("5 %", "5")], ["'5' has no unit; a percentage is needed here, such as '1.0 %'"]),
        (
            [ROW.replace("GST", "VAT")],
            ["'VAT' is not allowed here; known: 'GST', 'HST', 'QST', 'PST', 'RST'"],
        ),
    ],
)
def test_says_what_is_wrong_with_taxes(rows: list[str], sentences: list[str]) -> None:
    """Two rates at once, or a rate that ends before it begins, are refused."""
    with pytest.raises(DocumentError) as refusal:
        taxes_of(read_text("taxes:\n" + "".join(f"  - {row}\n" for row in rows)))
    assert [problem.sentence for problem in refusal.value.problems] == sentences


def test_rates_may_follow_one_another() -> None:
    """A rate that ends the day before the next begins does not overlap it; another name never does."""
    rows = [
        ROW.replace("source", "valid_to: 2012-12-31, source"),
        ROW.replace("2008-01-01", "2013-01-01"),
        ROW.replace("GST", "QST"),
    ]
    settled, unsettled = taxes_of(read_text("taxes:\n" + "".join(f"  - {row}\n" for row in rows)))
    assert settled[0] == TaxRate("QC", "GST", Decimal(5), date(2008, 1, 1), date(2012, 12, 31), "s")
    assert (len(settled), unsettled) == (3, ())


def test_reads_cards() -> None:
    """A UID alone is an accepted card."""
    assert read_cards(FIXTURES / "cards" / "standard.yaml")["driver"] == Card("04E2A1B2")
    assert cards_of(read_text("cards: {a: {uid: 01, status: blocked, group: G}}\n")) == {
        "a": Card("01", "blocked", "G")
    }
    with pytest.raises(DocumentError) as refusal:
        cards_of(read_text("cards: {a: {uid: 01, status: gone}}\n"))
    assert [problem.sentence for problem in refusal.value.problems] == [
        "'gone' is not allowed here; known: 'accepted', 'blocked', 'expired', 'invalid', 'unknown'"
    ]
