"""What a session costs by a tariff that the charger was given (OCPP 2.1 TariffType), in ``Decimal`` throughout.

Time that passes with energy flowing is charging time, all other is idle time, except what the charger itself withholds:
that counts as charging (project: nobody pays for idling that the station caused, BIL-12). Of several prices of one part
the first whose conditions all hold applies; a stretch is cut where a count passes a threshold of a condition. Lines are
rounded half up to cents, taxes line by line on the sum (CRA).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, ROUND_UP, Decimal
from functools import lru_cache
from typing import Any

import orjson

CENT = Decimal("0.01")
_MICRO = Decimal("0.000001")
PARTS = {
    "energy": "priceKwh",
    "chargingTime": "priceMinute",
    "idleTime": "priceMinute",
    "fixedFee": "priceFixed",
}
COUNTS = {
    "Energy": "energy",
    "Time": "time",
    "ChargingTime": "charging",
    "IdleTime": "idle",
    "Power": "power",
    "Current": "current",
}
"""What a condition ``minX`` or ``maxX`` is about."""
_CUTS = ("energy", "time", "charging", "idle")


@dataclass(frozen=True)
class Price:
    """An amount per kWh, minute or session, and when it applies: lowest (inclusive) and highest (exclusive) counts."""

    amount: Decimal
    low: Mapping[str, Decimal]
    high: Mapping[str, Decimal]

    def applies(self, counts: Mapping[str, Decimal]) -> bool:
        """Whether all conditions hold."""
        return all(counts[name] >= value for name, value in self.low.items()) and all(
            counts[name] < value for name, value in self.high.items()
        )


@dataclass(frozen=True)
class Tax:
    """A percentage; those of one ``stack`` stand on the same amount, those of the next on that and its taxes."""

    percent: Decimal
    stack: int


@dataclass(frozen=True)
class LocalTariff:
    """A TariffType as it is reckoned with. ``minimum`` and ``maximum`` are before tax."""

    id: str
    currency: str
    text: str
    prices: Mapping[str, tuple[Price, ...]]
    taxes: Mapping[str, tuple[Tax, ...]]
    minimum: Decimal | None
    maximum: Decimal | None

    def price(self, part: str, counts: Mapping[str, Decimal]) -> Decimal:
        """The price of a part now; 0 where none applies."""
        return next((one.amount for one in self.prices.get(part, ()) if one.applies(counts)), Decimal(0))

    @property
    def by_power(self) -> bool:
        """Whether a price hangs on what flows at the moment."""
        bounds = [
            bound for prices in self.prices.values() for one in prices for bound in (*one.low, *one.high)
        ]
        return "power" in bounds or "current" in bounds


class Unsupported(Exception):
    """The tariff has a condition, or a limit, that this charger cannot reckon with."""


@lru_cache(maxsize=64)
def read(text: str) -> LocalTariff:
    """A tariff from its JSON, to the last digit. Raises ``Unsupported``."""
    told = read_json(text)
    unknown = set(told) & {"reservationTime", "reservationFixed"}
    if unknown:
        raise Unsupported(f"This charger takes no reservations, and the tariff prices {min(unknown)}.")
    described = told.get("description") or [{"content": ""}]
    return LocalTariff(
        id=told["tariffId"],
        currency=told["currency"],
        text=described[0]["content"],
        prices={part: _prices(told[part], word) for part, word in PARTS.items() if part in told},
        taxes={part: _taxes(told[part]) for part in PARTS if part in told},
        minimum=_limit(told, "minCost"),
        maximum=_limit(told, "maxCost"),
    )


def as_json(told: Mapping[str, Any]) -> str:
    """A tariff as text, every number with the digits that came."""

    def digits(value: object) -> Any:
        return orjson.Fragment(format(Decimal(str(value)), "f").encode())

    return orjson.dumps(told, default=digits, option=orjson.OPT_SORT_KEYS).decode()


def read_json(text: str) -> dict[str, Any]:
    """A tariff from its text; its fractions stay as they are written."""
    told: dict[str, Any] = json.loads(text, parse_float=Decimal)
    return told


def _prices(part: Mapping[str, Any], word: str) -> tuple[Price, ...]:
    return tuple(_price(one, word) for one in part["prices"])


def _price(told: Mapping[str, Any], word: str) -> Price:
    bounds: dict[str, dict[str, Decimal]] = {"min": {}, "max": {}}
    for name, value in (told.get("conditions") or {}).items():
        count = COUNTS.get(name[3:])
        if name[:3] not in bounds or count is None:
            raise Unsupported(f"This charger knows no condition {name}.")
        bounds[name[:3]][count] = Decimal(value)
    return Price(Decimal(told[word]), bounds["min"], bounds["max"])


def _taxes(part: Mapping[str, Any]) -> tuple[Tax, ...]:
    return tuple(Tax(Decimal(one["tax"]), one.get("stack", 0)) for one in part.get("taxRates") or ())


def _limit(told: Mapping[str, Any], name: str) -> Decimal | None:
    if name not in told:
        return None
    if "exclTax" not in told[name]:
        raise Unsupported(f"This charger takes {name} before tax only.")
    return Decimal(told[name]["exclTax"])


# --- counting --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Period:
    """A stretch of a session with one set of prices. Wh and seconds."""

    tariff_id: str
    since: datetime
    prices: tuple[Decimal, ...]
    energy_wh: Decimal = Decimal(0)
    charging_s: Decimal = Decimal(0)
    idle_s: Decimal = Decimal(0)


@dataclass
class Reckoned:
    """A session as it has been reckoned up to ``at``: by tariff what each part costs, and what was used.

    ``tariffs`` holds the JSON of each tariff by its id, in the order in which they came into use; ``owed`` the cost of
    each part by tariff, before tax and unrounded. ``charging`` says whether energy has flowed since ``at``.
    """

    at: datetime
    wh: Decimal
    tariffs: dict[str, str] = field(default_factory=dict)
    owed: dict[str, dict[str, Decimal]] = field(default_factory=dict)
    charging: bool = False
    energy_wh: Decimal = Decimal(0)
    charging_s: Decimal = Decimal(0)
    idle_s: Decimal = Decimal(0)
    periods: tuple[Period, ...] = ()

    @property
    def tariff(self) -> LocalTariff:
        """The tariff in use."""
        return read(list(self.tariffs.values())[-1])

    def use(self, text: str) -> None:
        """Reckon by this tariff from now on; the fixed fee is that of the first one (I12, recalled)."""
        first, tariff = not self.tariffs, read(text)
        self.tariffs[tariff.id] = text
        self.owed[tariff.id] = dict.fromkeys(tariff.prices, Decimal(0))
        if first and "fixedFee" in tariff.prices:
            self.owed[tariff.id]["fixedFee"] = tariff.price("fixedFee", self._counts(Decimal(0), Decimal(0)))

    def advance(self, to: datetime, wh: Decimal, phases_volts: Decimal) -> None:
        """Reckon up to a moment, at which the register reads ``wh``."""
        seconds = Decimal(max(to - self.at, timedelta()) // timedelta(microseconds=1)) / 1_000_000
        energy = max(wh - self.wh, Decimal(0))
        power = energy * 3600 / seconds if seconds else Decimal(0)
        start, self.wh = self.at, wh
        self.at = max(to, self.at)
        done, left = Decimal(0), energy
        while True:
            counts = self._counts(power, power / phases_volts)
            span = min([seconds - done, *self._cuts(power)])
            share = left if done + span >= seconds else power * span / 3600
            self._piece(start + timedelta(microseconds=int(done * 1_000_000)), span, share, counts)
            done, left = done + span, left - share
            if done >= seconds:
                return

    def _counts(self, power: Decimal, current: Decimal) -> dict[str, Decimal]:
        return {
            "energy": self.energy_wh,
            "time": self.charging_s + self.idle_s,
            "charging": self.charging_s,
            "idle": self.idle_s,
            "power": power,
            "current": current,
        }

    def _cuts(self, power: Decimal) -> list[Decimal]:
        """Seconds until a count passes a threshold of the tariff."""
        counts = self._counts(power, Decimal(0))
        pace = {"energy": power / 3600, "time": Decimal(1)}
        pace |= {"charging": Decimal(int(self.charging)), "idle": Decimal(int(not self.charging))}
        found = []
        for prices in self.tariff.prices.values():
            for one in prices:
                for bounds in (one.low, one.high):
                    found += [
                        ((bounds[name] - counts[name]) / pace[name]).quantize(_MICRO, ROUND_UP)
                        for name in _CUTS
                        if name in bounds and bounds[name] > counts[name] and pace[name]
                    ]
        return found

    def _piece(self, since: datetime, seconds: Decimal, wh: Decimal, counts: Mapping[str, Decimal]) -> None:
        tariff, time = self.tariff, "chargingTime" if self.charging else "idleTime"
        used = {"energy": wh / 1000, time: seconds / 60}
        prices = {part: tariff.price(part, counts) for part in ("energy", "chargingTime", "idleTime")}
        owed = self.owed[tariff.id]
        for part, quantity in used.items():
            if part in owed:
                owed[part] += quantity * prices[part]
        self.energy_wh += wh
        if self.charging:
            self.charging_s += seconds
        else:
            self.idle_s += seconds
        key = tuple(prices.values())
        last = self.periods[-1] if self.periods else None
        if last is None or (last.tariff_id, last.prices) != (tariff.id, key):
            self.periods += (Period(tariff.id, since, key),)
            last = self.periods[-1]
        more = Period(
            last.tariff_id,
            last.since,
            last.prices,
            last.energy_wh + wh,
            last.charging_s + (seconds if self.charging else 0),
            last.idle_s + (0 if self.charging else seconds),
        )
        self.periods = (*self.periods[:-1], more)


# --- the sum ---------------------------------------------------------------------------------------------

Rounding = Callable[[Decimal], Decimal]


def half_up(amount: Decimal) -> Decimal:
    """Whole cents, a half going up."""
    return amount.quantize(CENT, ROUND_HALF_UP)


@dataclass(frozen=True)
class Sum:
    """What a session costs: its parts and their sum before tax, and the total with taxes."""

    parts: Mapping[str, Decimal]
    before_tax: Decimal
    total: Decimal
    kind: str


def add_up(reckoned: Reckoned, rounded: Rounding, *, limited: bool = True, by_part: bool = False) -> Sum:
    """The sum of a session so far; ``by_part`` works taxes out part by part instead of on the sum.

    A minimum is due only of a session that costs something.
    """
    parts: dict[str, Decimal] = {}
    groups: dict[tuple[Tax, ...], list[Decimal]] = {}
    for id_, owed in reckoned.owed.items():
        tariff = read(reckoned.tariffs[id_])
        for part, amount in owed.items():
            line = rounded(amount)
            parts[part] = parts.get(part, Decimal(0)) + line
            groups.setdefault(tariff.taxes[part], []).append(line)
    before, kind, tariff = sum(parts.values(), Decimal(0)), "NormalCost", reckoned.tariff
    if limited and tariff.minimum is not None and Decimal(0) < before < tariff.minimum:
        before, kind = tariff.minimum, "MinCost"
    if limited and tariff.maximum is not None and before > tariff.maximum:
        before, kind = tariff.maximum, "MaxCost"
    if kind != "NormalCost":
        taxes = next(iter(groups), ())
        return Sum(parts, before, before + _tax(before, taxes, rounded), kind)
    total = before
    for taxes, lines in groups.items():
        for base in lines if by_part else [sum(lines, Decimal(0))]:
            total += _tax(base, taxes, rounded)
    return Sum(parts, before, total, kind)


def _tax(base: Decimal, taxes: tuple[Tax, ...], rounded: Rounding) -> Decimal:
    """All taxes on an amount, each rounded by itself."""
    total = Decimal(0)
    for stack in sorted({tax.stack for tax in taxes}):
        on = base + total
        total += sum((rounded(on * tax.percent / 100) for tax in taxes if tax.stack == stack), Decimal(0))
    return total
