"""What a driver reads, as numbers."""

from __future__ import annotations

from decimal import Decimal

import pytest

from wattest.judge.screen import elapsed_s, energy_kwh, has_notice, wording


@pytest.mark.parametrize(
    ("lines", "energy"),
    [
        (["Charging", "1.234 kWh", "0:12:01"], ("1.234", "0.001")),
        (["1,23 kWh"], ("1.23", "0.01")),
        (["7 kwh"], ("7", "1")),
        (["850 Wh"], ("0.850", "0.001")),
        (["0.35 CAD/kWh", "2.0 kWh"], ("2.0", "0.1")),
        (["0.35 CAD/kWh + tax"], None),
        ([], None),
    ],
)
def test_energy(lines: list[str], energy: tuple[str, str] | None) -> None:
    """Point or comma, kWh or Wh, and what the last digit is worth; a price is no energy."""
    assert energy_kwh(lines) == (None if energy is None else tuple(Decimal(part) for part in energy))


@pytest.mark.parametrize(
    ("lines", "seconds"),
    [(["0:00:07"], 7), (["1.0 kWh 12:34:56"], 45296), (["12:34"], None), (["1:72:00"], None)],
)
def test_elapsed(lines: list[str], seconds: int | None) -> None:
    """Hours, minutes and seconds; a time of day in hours and minutes is none."""
    assert elapsed_s(lines) == seconds


@pytest.mark.parametrize(
    ("line", "there"),
    [
        ("Charging complete, please unplug", True),
        ("Recharge terminée", True),
        ("Votre véhicule est plein", True),
        ("Veuillez libérer la borne", True),
        ("Charging", False),
        ("Thankfully", False),
    ],
)
def test_notice(line: str, there: bool) -> None:
    """Words of a notice in both languages, as whole words."""
    assert has_notice([line]) is there


def test_wording() -> None:
    """Two screens of a running counter have the same wording; another message does not."""
    assert wording(["Charging", "1.234 kWh", "0:12:01"]) == wording(["Charging", "22.5 kWh", "1:00:00"])
    assert wording(["Charging"]) != wording(["Hello"])
