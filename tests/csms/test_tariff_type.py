"""A tariff in the words of OCPP 2.1, and what those words cannot say."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from wattest.csms.tariff_type import lacking, tariff_type
from wattest.model.library import library_folder
from wattest.model.read import read_tariff
from wattest.model.tariff import PriceStep, Tariff, TaxRate
from wattest.ocpp.validate import violations

FOLDER = library_folder("fixtures") / "tariffs"
RATES = (
    TaxRate("QC", "GST", Decimal(5), date(2008, 1, 1), None, "CRA"),
    TaxRate("QC", "QST", Decimal("9.975"), date(2013, 1, 1), None, "Revenu Québec"),
)


def plain(value: Any) -> Any:
    """As it is after JSON: numbers as text of their digits."""
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, dict):
        return {key: plain(one) for key, one in value.items()}
    return [plain(one) for one in value] if isinstance(value, list) else value


def test_energy_and_idling() -> None:
    """The fee for idling begins after the grace and ends where its cap is reached; taxes stand beside every price."""
    told = tariff_type(read_tariff(FOLDER / "energy_with_idle.yaml"), RATES, "t-1")
    taxes = [{"type": "GST", "tax": "5"}, {"type": "QST", "tax": "9.975"}]
    assert plain(told) == {
        "tariffId": "t-1",
        "currency": "CAD",
        "description": [
            {
                "format": "UTF8",
                "language": "en",
                "content": "0.35 CAD/kWh, 6.00 CAD/h idle after 10 min + tax",
            }
        ],
        "energy": {"prices": [{"priceKwh": "0.35"}], "taxRates": taxes},
        "idleTime": {
            "prices": [
                {"priceMinute": "0", "conditions": {"maxIdleTime": 600}},
                {"priceMinute": "0.1", "conditions": {"maxIdleTime": 7800}},
                {"priceMinute": "0"},
            ],
            "taxRates": taxes,
        },
    }


def test_time_flat_fee_and_limits() -> None:
    """A price of time holds with and without energy; minimum and maximum are before tax."""
    tariff = Tariff("t", time=Decimal("1.50"), flat=Decimal(1), minimum=Decimal(2), maximum=Decimal("9.5"))
    told = plain(tariff_type(tariff, (), "t-2"))
    assert told["chargingTime"] == told["idleTime"] == {"prices": [{"priceMinute": "0.025"}]}
    assert told["fixedFee"] == {"prices": [{"priceFixed": "1"}]}
    assert (told["minCost"], told["maxCost"]) == ({"exclTax": "2"}, {"exclTax": "9.5"})
    assert "energy" not in told


def test_steps_by_power() -> None:
    """The highest step stands first, since the first price that applies is taken; idling is billed as the lowest step."""
    told = plain(tariff_type(read_tariff(FOLDER / "power_steps.yaml"), (), "t-3"))
    assert told["energy"]["prices"] == [
        {"priceKwh": "0.41", "conditions": {"minPower": "9000"}},
        {"priceKwh": "0.47", "conditions": {"minPower": "3000"}},
        {"priceKwh": "0"},
    ]
    assert told["chargingTime"]["prices"][-1] == {"priceMinute": "0.02"}
    assert told["idleTime"]["prices"] == [{"priceMinute": "0.02"}]


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.yaml")), ids=lambda path: path.stem)
def test_every_tariff_of_the_library_is_carried_or_said_not_to_be(path: Any) -> None:
    """What lacks nothing satisfies the schema of SetDefaultTariff; what lacks something says so."""
    tariff = read_tariff(path)
    lacks = lacking(tariff, RATES)
    if not lacks:
        payload = {"evseId": 0, "tariff": tariff_type(tariff, RATES, "t")}
        assert violations("2.1", "SetDefaultTariff", False, payload) == ()
    carried = {"by_time", "capped", "energy_only", "energy_with_idle", "power_steps"}
    assert (not lacks) == (path.stem in carried)


@pytest.mark.parametrize(
    ("tariff", "sentence"),
    [
        (
            Tariff("t", energy=Decimal("0.35"), tax_included=True),
            "Prices of OCPP 2.1 are before tax, and those of tariff 't' contain it.",
        ),
        (
            Tariff("t", steps=(PriceStep(Decimal(0), Decimal(1)),), steps_by="soc"),
            "No price of OCPP 2.1 hangs on the state of charge, as the steps of tariff 't' do.",
        ),
        (
            Tariff("t", time=Decimal(1)),
            "OCPP 2.1 prices time by the minute with six decimals; 1 CAD/h (time) is no such price.",
        ),
        (
            Tariff("t", energy=Decimal("0.3456789")),
            "OCPP 2.1 has prices of six decimals; 0.3456789 CAD of tariff 't' has more.",
        ),
        (
            Tariff("t", idle=Decimal(6), idle_grace_s=Decimal("0.5")),
            "Conditions of OCPP 2.1 count whole seconds; grace or cap of the idle fee of 't' do not.",
        ),
        (
            Tariff("t", idle=Decimal(9), idle_cap=Decimal("0.001")),
            "Conditions of OCPP 2.1 count whole seconds; grace or cap of the idle fee of 't' do not.",
        ),
    ],
)
def test_what_21_cannot_carry(tariff: Tariff, sentence: str) -> None:
    """Each thing that a TariffType has no word for is a sentence."""
    assert lacking(tariff, RATES) == (sentence,)


def test_too_many_taxes() -> None:
    """A price has five taxes at most."""
    rates = tuple(replace(RATES[0], name=f"T{number}") for number in range(6))
    assert lacking(Tariff("t"), rates) == ("A price of OCPP 2.1 has 5 taxes at most; there are 6.",)
