"""A tariff as OCPP 2.1 carries it (TariffType), for stations that reckon by themselves (I07 to I12, recalled).

Prices stand there before tax, energy per kWh and time per minute; of several prices of one kind the first whose
conditions all hold applies. What 2.1 cannot carry is said in sentences, and the central system bills it as in 2.0.1.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from wattest.csms.billing import price_text
from wattest.model.tariff import Tariff, TaxRate

MAX_TAXES = 5
_MICRO = Decimal("0.000001")
"""Decimals of OCPP have six places (Part 2, recalled)."""


def lacking(tariff: Tariff, rates: Sequence[TaxRate]) -> tuple[str, ...]:
    """What of a tariff a TariffType cannot carry, as sentences; empty when it carries all.

    >>> lacking(Tariff("t", energy=Decimal("0.35"), tax_included=True), ())
    ("Prices of OCPP 2.1 are before tax, and those of tariff 't' contain it.",)
    """
    found = []
    if tariff.tax_included:
        found.append(f"Prices of OCPP 2.1 are before tax, and those of tariff '{tariff.id}' contain it.")
    if tariff.steps and tariff.steps_by == "soc":
        found.append(
            f"No price of OCPP 2.1 hangs on the state of charge, as the steps of tariff '{tariff.id}' do."
        )
    if len(rates) > MAX_TAXES:
        found.append(f"A price of OCPP 2.1 has {MAX_TAXES} taxes at most; there are {len(rates)}.")
    hourly = {
        "time": tariff.time,
        "idle": tariff.idle,
        **{f"time of the step from {step.above}": step.time for step in tariff.steps},
    }
    for name, price in hourly.items():
        if (price / 60).quantize(_MICRO) * 60 != price:
            found.append(
                f"OCPP 2.1 prices time by the minute with six decimals; {price} {tariff.currency}/h ({name}) is no such price."
            )
    plain = [tariff.energy, tariff.flat, *(step.energy for step in tariff.steps)]
    found += [
        f"OCPP 2.1 has prices of six decimals; {price} {tariff.currency} of tariff '{tariff.id}' has more."
        for price in plain
        if price.quantize(_MICRO) != price
    ]
    if tariff.idle_grace_s % 1 or (tariff.idle and (_capped_s(tariff) or Decimal(0)) % 1):
        found.append(
            f"Conditions of OCPP 2.1 count whole seconds; grace or cap of the idle fee of '{tariff.id}' do not."
        )
    return tuple(found)


def tariff_type(tariff: Tariff, rates: Sequence[TaxRate], tariff_id: str) -> Mapping[str, Any]:
    """The TariffType of a tariff that lacks nothing, with the taxes of its province.

    A time price holds whether energy flows or not, so it stands under both kinds of time. The fee for idling begins after
    the grace and ends where its cap is reached. Whether a minimum holds for a session that costs nothing is not said by
    2.1 (recalled); ours does not.
    """
    taxes = [{"type": rate.name[:20], "tax": rate.percent} for rate in rates]
    with_taxes: dict[str, Any] = {"taxRates": taxes} if taxes else {}
    found: dict[str, Any] = {
        "tariffId": tariff_id,
        "currency": tariff.currency,
        "description": [{"format": "UTF8", "language": "en", "content": price_text(tariff)}],
    }
    energy = [
        _price("priceKwh", tariff.energy + step.energy, minPower=step.above or None)
        for step in reversed(tariff.steps)
    ] or [_price("priceKwh", tariff.energy)]
    charging = [
        _price("priceMinute", (tariff.time + step.time) / 60, minPower=step.above or None)
        for step in reversed(tariff.steps)
    ] or [_price("priceMinute", tariff.time / 60)]
    parts = {
        "energy": ("priceKwh", energy),
        "chargingTime": ("priceMinute", charging),
        "idleTime": ("priceMinute", _idle(tariff)),
        "fixedFee": ("priceFixed", [_price("priceFixed", tariff.flat)]),
    }
    for name, (word, prices) in parts.items():
        if any(price[word] for price in prices):
            found[name] = {"prices": prices, **with_taxes}
    if tariff.minimum is not None:
        found["minCost"] = {"exclTax": tariff.minimum, **with_taxes}
    if tariff.maximum is not None:
        found["maxCost"] = {"exclTax": tariff.maximum, **with_taxes}
    return found


def _price(word: str, price: Decimal, **conditions: Decimal | int | None) -> dict[str, Any]:
    stated = {name: value for name, value in conditions.items() if value is not None}
    exact = price.quantize(_MICRO).normalize() + Decimal(0)
    return {word: exact, **({"conditions": stated} if stated else {})}


def _capped_s(tariff: Tariff) -> Decimal | None:
    """Seconds of paid idling at which the cap is reached; None without a cap."""
    if tariff.idle_cap is None:
        return None
    return tariff.idle_cap * 3600 / tariff.idle


def _idle(tariff: Tariff) -> list[dict[str, Any]]:
    """Prices of a minute without energy: that of time, and the fee between its grace and its cap."""
    time = tariff.time + (tariff.steps[0].time if tariff.steps else 0)
    if not tariff.idle:
        return [_price("priceMinute", time / 60)]
    grace, capped = int(tariff.idle_grace_s), _capped_s(tariff)
    found = [] if grace == 0 else [_price("priceMinute", time / 60, maxIdleTime=grace)]
    until = None if capped is None else grace + int(capped)
    found.append(_price("priceMinute", (time + tariff.idle) / 60, maxIdleTime=until))
    if until is not None:
        found.append(_price("priceMinute", time / 60))
    return found
